//! Modes of both flavours by what they do, and their numbers on the wire.
//!
//! Numbers: ArduPilot `ArduCopter/mode.h` (Mode::Number); PX4 `px4_custom_mode.h` (main mode in bits 16..24, sub mode in
//! bits 24..32). Names are the engine's own table (`skyhound::vehicle::mode`), so that both sides spell them alike.

use super::Flavour;
use skyhound::vehicle::{Firmware, Mode as Numbered};

/// What a mode does.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Sticks are lean angles: STABILIZE, PX4 STABILIZED.
    Stabilize,
    /// Sticks are lean angles, height is held: ALT_HOLD, ALTCTL.
    AltHold,
    /// Sticks are velocities, the place is held: LOITER, POSCTL.
    Position,
    /// Stops and holds the place, sticks do nothing: BRAKE, AUTO.LOITER.
    Hold,
    /// Flown from outside: GUIDED, OFFBOARD.
    External,
    /// AUTO, AUTO.MISSION.
    Mission,
    /// AUTO.TAKEOFF; ArduCopter takes off in GUIDED or AUTO.
    TakeOff,
    /// RTL, AUTO.RTL.
    Return,
    /// LAND, AUTO.LAND.
    Land,
}

use Mode::*;

const ARDUCOPTER: [(Mode, u32); 8] = [
    (Stabilize, 0),
    (AltHold, 2),
    (Mission, 3),
    (External, 4),
    (Position, 5),
    (Return, 6),
    (Land, 9),
    (Hold, 17),
];
const PX4: [(Mode, u32); 9] = [
    (AltHold, 2 << 16),
    (Position, 3 << 16),
    (TakeOff, 4 << 16 | 2 << 24),
    (Hold, 4 << 16 | 3 << 24),
    (Mission, 4 << 16 | 4 << 24),
    (Return, 4 << 16 | 5 << 24),
    (Land, 4 << 16 | 6 << 24),
    (External, 6 << 16),
    (Stabilize, 7 << 16),
];

fn table(flavour: Flavour) -> &'static [(Mode, u32)] {
    match flavour {
        Flavour::ArduCopter => &ARDUCOPTER,
        Flavour::Px4 => &PX4,
    }
}

impl Flavour {
    /// What is one thing to ArduCopter and another to PX4.
    pub fn pick<T>(self, copter: T, px4: T) -> T {
        match self {
            Flavour::ArduCopter => copter,
            Flavour::Px4 => px4,
        }
    }
}

/// As the engine calls the flavour.
pub const fn firmware_of(flavour: Flavour) -> Firmware {
    match flavour {
        Flavour::ArduCopter => Firmware::ArduCopter,
        Flavour::Px4 => Firmware::Px4,
    }
}

/// The names of the flavour's modes.
pub fn names(flavour: Flavour) -> impl Iterator<Item = &'static str> {
    table(flavour).iter().map(move |&(_, custom)| name_of(flavour, custom))
}

/// The `custom_mode` of the mode with this name; `None` = the flavour, or this simulation of it, has none.
pub fn custom_mode_of(flavour: Flavour, name: &str) -> Option<u32> {
    table(flavour).iter().map(|&(_, custom)| custom).find(|&custom| name_of(flavour, custom) == name)
}

/// The autopilot's own name of a `custom_mode`.
pub fn name_of(flavour: Flavour, custom: u32) -> &'static str {
    Numbered { firmware: firmware_of(flavour), custom }.name()
}

impl Mode {
    /// Its number on the wire; a mode that the flavour has not is never entered.
    pub fn custom(self, flavour: Flavour) -> u32 {
        table(flavour).iter().find(|(mode, _)| *mode == self).map_or(0, |&(_, custom)| custom)
    }

    /// The mode with this number.
    pub fn of(flavour: Flavour, custom: u32) -> Option<Mode> {
        table(flavour).iter().find(|&&(_, number)| number == custom).map(|&(mode, _)| mode)
    }

    /// Whether it cannot be flown without an estimate of position.
    pub const fn needs_position(self) -> bool {
        !matches!(self, Stabilize | AltHold | Land)
    }

    /// Whether sticks fly in it.
    pub const fn is_manual(self) -> bool {
        matches!(self, Stabilize | AltHold | Position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_has_its_name_and_comes_back() {
        for flavour in [Flavour::ArduCopter, Flavour::Px4] {
            for &(mode, custom) in table(flavour) {
                assert_eq!((mode.custom(flavour), Mode::of(flavour, custom)), (custom, Some(mode)));
                assert_eq!(custom_mode_of(flavour, name_of(flavour, custom)), Some(custom));
            }
        }
        assert_eq!(custom_mode_of(Flavour::ArduCopter, "GUIDED"), Some(4));
        assert_eq!(custom_mode_of(Flavour::ArduCopter, "BRAKE"), Some(17));
        assert_eq!(custom_mode_of(Flavour::Px4, "OFFBOARD"), Some(0x0006_0000));
        assert_eq!(custom_mode_of(Flavour::Px4, "AUTO.RTL"), Some(0x0504_0000));
        assert_eq!(custom_mode_of(Flavour::Px4, "GUIDED"), None);
    }
}
