//! Flight modes of ArduCopter and PX4: their names, and the one in which each takes our commands.
//!
//! Sources: ArduPilot `ArduCopter/mode.h` (Mode::Number) and MAVLink `COPTER_MODE`; PX4 `px4_custom_mode.h` (main mode in
//! bits 16..24, sub mode in bits 24..32).

/// Whose modes are spoken.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Firmware {
    /// MAV_AUTOPILOT_ARDUPILOTMEGA with a multirotor's MAV_TYPE.
    ArduCopter,
    /// MAV_AUTOPILOT_PX4.
    Px4,
    /// Anything else: it is shown and recorded, never commanded.
    Other,
}

/// A flight mode as the heartbeat's `custom_mode` has it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mode {
    /// Whose mode.
    pub firmware: Firmware,
    /// `custom_mode` of the heartbeat.
    pub custom: u32,
}

const COPTER_GUIDED: u32 = 4;
const PX4_MAIN_AUTO: u32 = 4;
const PX4_MAIN_OFFBOARD: u32 = 6;

impl Mode {
    /// Whether velocity commands are accepted in this mode: GUIDED of ArduCopter, OFFBOARD of PX4.
    pub fn accepts_commands(self) -> bool {
        match self.firmware {
            Firmware::ArduCopter => self.custom == COPTER_GUIDED,
            Firmware::Px4 => self.px4_main() == PX4_MAIN_OFFBOARD,
            Firmware::Other => false,
        }
    }

    /// The autopilot's own name of the mode, or `UNKNOWN`.
    pub fn name(self) -> &'static str {
        match self.firmware {
            Firmware::ArduCopter => copter_name(self.custom),
            Firmware::Px4 => px4_name(self.px4_main(), self.custom >> 24),
            Firmware::Other => "UNKNOWN",
        }
    }

    fn px4_main(self) -> u32 {
        (self.custom >> 16) & 0xff
    }
}

fn copter_name(custom: u32) -> &'static str {
    match custom {
        0 => "STABILIZE",
        1 => "ACRO",
        2 => "ALT_HOLD",
        3 => "AUTO",
        COPTER_GUIDED => "GUIDED",
        5 => "LOITER",
        6 => "RTL",
        7 => "CIRCLE",
        9 => "LAND",
        11 => "DRIFT",
        13 => "SPORT",
        14 => "FLIP",
        15 => "AUTOTUNE",
        16 => "POSHOLD",
        17 => "BRAKE",
        18 => "THROW",
        19 => "AVOID_ADSB",
        20 => "GUIDED_NOGPS",
        21 => "SMART_RTL",
        22 => "FLOWHOLD",
        23 => "FOLLOW",
        24 => "ZIGZAG",
        25 => "SYSTEMID",
        26 => "AUTOROTATE",
        27 => "AUTO_RTL",
        28 => "TURTLE",
        _ => "UNKNOWN",
    }
}

fn px4_name(main: u32, sub: u32) -> &'static str {
    match (main, sub) {
        (1, _) => "MANUAL",
        (2, _) => "ALTCTL",
        (3, _) => "POSCTL",
        (PX4_MAIN_AUTO, 2) => "AUTO.TAKEOFF",
        (PX4_MAIN_AUTO, 3) => "AUTO.LOITER",
        (PX4_MAIN_AUTO, 4) => "AUTO.MISSION",
        (PX4_MAIN_AUTO, 5) => "AUTO.RTL",
        (PX4_MAIN_AUTO, 6) => "AUTO.LAND",
        (PX4_MAIN_AUTO, 8) => "AUTO.FOLLOW",
        (PX4_MAIN_AUTO, 9) => "AUTO.PRECLAND",
        (PX4_MAIN_AUTO, _) => "AUTO",
        (5, _) => "ACRO",
        (PX4_MAIN_OFFBOARD, _) => "OFFBOARD",
        (7, _) => "STABILIZED",
        (8, _) => "RATTITUDE",
        _ => "UNKNOWN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_mode_of_each_firmware_accepts_commands() {
        let accepting = |firmware, customs: &mut dyn Iterator<Item = u32>| {
            customs.filter(|&custom| Mode { firmware, custom }.accepts_commands()).collect::<Vec<_>>()
        };
        assert_eq!(accepting(Firmware::ArduCopter, &mut (0..1000)), [4]);
        let mains = &mut (0..256u32).map(|main| main << 16);
        assert_eq!(accepting(Firmware::Px4, mains), [6 << 16]);
        assert_eq!(accepting(Firmware::Other, &mut (0..1000)), [0u32; 0]);
    }
}
