//! Invariant 9: the aircraft, left alone (the process dead, the link lost, or nothing sent), stands still within its
//! time-out. From the truth alone: what the autopilot makes of silence is what counts.
//!
//! The time-out is at most 1 s; then the speed that it had goes down by its own acceleration. Wind pushes an aircraft that
//! holds its place a little: level speeds under [`STILL_MPS`] and vertical ones under [`LEVEL_MPS`] are still. One that does not
//! know its place, or changed its mind about it (a glitch that was believed), is judged by its vertical speed alone, and
//! one with an empty battery not at all, because it falls. Counted only in modes that leave it where it is: the one that takes
//! setpoints and PX4's AUTO.LOITER, its answer to silence. Other modes fly on by their own right.

use super::conditions;
use super::{Sky, Told};
use skyhound::geo::NorthEast;
use skyhound::vehicle::Firmware;

/// GUID_TIMEOUT and COM_OF_LOSS_T at most.
pub(super) const TIMEOUT_US: u64 = 1_000_000;
/// To notice silence, to brake and settle.
const SETTLE_US: u64 = 1_000_000;
/// Braking that is reckoned with.
pub(super) const BRAKE_MPS2: f64 = 1.5;
/// Slower is still.
const STILL_MPS: f64 = 1.2;
/// Climbing or sinking slower is still.
const LEVEL_MPS: f64 = 1.0;
/// A gust pushes for less.
const GUST_US: u64 = 700_000;
/// Without a position no autopilot can stand still; it needs this long from its return to do so.
const REGAIN_US: u64 = 8_000_000;
/// A change of the autopilot's error by which it moves to stay where it believes itself to be.
const STRAY_M: f64 = 1.5;
/// `custom_mode` of PX4's AUTO.LOITER: main mode 4, sub mode 3.
const PX4_LOITER: u32 = 4 << 16 | 3 << 24;

#[derive(Clone, Debug, Default)]
pub(super) struct Alone {
    /// When the last velocity left, and in whose modes.
    moved: Option<(u64, Firmware)>,
    /// Speed when it did.
    speed_mps: f64,
    /// Since when it is too fast.
    flies_us: Option<u64>,
    /// When its autopilot last did not know where it is, or changed its mind.
    lost_us: Option<u64>,
    /// How wrong it was then.
    error: Option<NorthEast>,
    told: bool,
}

impl Alone {
    /// A velocity left.
    pub(super) fn moved(&mut self, at_us: u64, firmware: Firmware) {
        self.moved = Some((at_us, firmware));
        (self.told, self.flies_us) = (false, None);
    }

    pub(super) fn judge(&mut self, sky: &Sky, told: &mut Told) {
        let Some((moved_us, firmware)) = self.moved else { return };
        if !stays(firmware, sky.custom_mode) || !sky.armed || !sky.has_power {
            self.moved = None;
            return;
        }
        let (level_mps, vertical_mps) = (sky.pose.speed_mps(), sky.pose.down_mps.abs());
        let speed_mps = level_mps.hypot(vertical_mps);
        // On a slow link the last velocities come late.
        let silent_us = sky.pose.at_us.saturating_sub(moved_us.max(sky.heard_us));
        if silent_us <= 100_000 {
            (self.speed_mps, self.error) = (speed_mps, sky.error());
            return;
        }
        let strays = match (self.error, sky.error()) {
            (Some(then), Some(now)) => then.distance_m(now) > STRAY_M,
            (then, now) => then.is_some() != now.is_some(),
        };
        if strays || !sky.navigates {
            (self.lost_us, self.error) = (Some(sky.pose.at_us), sky.error());
        }
        let knows = self.lost_us.is_none_or(|lost_us| sky.pose.at_us > lost_us + REGAIN_US);
        let due_us = TIMEOUT_US + SETTLE_US + (self.speed_mps / BRAKE_MPS2 * 1e6) as u64;
        let moves = (knows && level_mps > STILL_MPS) || vertical_mps > LEVEL_MPS;
        if silent_us <= due_us || !moves {
            self.flies_us = None;
            return;
        }
        let since_us = *self.flies_us.get_or_insert(sky.pose.at_us);
        if sky.pose.at_us - since_us >= GUST_US && !self.told {
            self.told = true;
            let alive = if sky.alive { "alive" } else { "dead" };
            told.tell(9, || {
                let (after_ms, up_m, mode) = (silent_us / 1000, sky.pose.up_m, sky.custom_mode);
                let flown = format!(
                    "{level_mps:.1} m/s level, {vertical_mps:.1} m/s vertical at {up_m:.0} m in mode {mode:#x}"
                );
                format!("{flown}, {after_ms} ms after the last velocity, process {alive}")
            });
        }
    }
}

/// Whether this mode leaves an aircraft that nobody leads where it is.
pub(super) fn stays(firmware: Firmware, custom_mode: u32) -> bool {
    conditions::takes_setpoints(firmware, custom_mode)
        || (firmware == Firmware::Px4 && custom_mode == PX4_LOITER)
}
