//! Arming and disarming, with the checks before it and their texts.
//!
//! Sources: ArduPilot `AP_Arming.cpp`, `AP_Arming_Copter.cpp` (PreArm and Arm texts; modes that allow it: `allows_arming`). Forced:
//! 21196, no checks (also PX4's `Commander.cpp`), and in the air too. Else PX4 as remembered, not checked: denied in modes that
//! prevent it, landed only for disarming.

use super::copter::BATTERY;
use super::{Aircraft, Answer, Mode};
use crate::scenario::Flavour;

const CRITICAL: u8 = 2;
const INFORMATIONAL: u8 = 6;
/// Roll, pitch or yaw further than this, or a throttle that is not low where sticks are thrust, is no time to arm.
const STICK_RATIO: f64 = 0.2;

impl Aircraft {
    /// Why it cannot be armed, by the autopilot's checks; `None` = it can (SYS_STATUS's PREARM_CHECK).
    pub fn prearm_refusal(&self) -> Option<&'static str> {
        let has_position = self.estimator.position_is_ok();
        let is_low = |[_, _, least_v, least_mah]: [&str; 4]| {
            self.charge.left_mah() < self.parameters.get(least_mah)
                || self.charge.voltage_v() < self.parameters.get(least_v)
        };
        let radio_counts = self.parameters.whole("FS_THR_ENABLE") > 0;
        let is_outside = self.outside().breach_type() != 0;
        let failed: &[(bool, &str)] = match self.flavour {
            Flavour::ArduCopter if self.parameters.get("ARMING_CHECK") == 0.0 => &[],
            Flavour::ArduCopter => &[
                (self.belief.gps.fix < 3, "PreArm: GPS 1: Bad fix"),
                (!has_position, "PreArm: Need Position Estimate"),
                (self.estimator.is_glitching, "PreArm: GPS glitching"),
                (BATTERY.into_iter().any(is_low), "PreArm: Battery 1 low capacity failsafe"),
                (radio_counts && self.radio_is_lost(), "PreArm: RC not found"),
                (is_outside, "PreArm: vehicle outside fence"),
            ],
            Flavour::Px4 => &[
                (
                    self.flight.intended.needs_position() && !has_position,
                    "Arming denied: No valid position estimate",
                ),
                (self.charge.left_ratio < self.parameters.get("BAT_CRIT_THR"), "Arming denied: Low battery"),
                (is_outside, "Arming denied: Geofence violation"),
            ],
        };
        failed.iter().find(|(fails, _)| *fails).map(|(_, why)| *why)
    }

    fn mode_refusal(&self) -> Option<String> {
        let (throttle, mode) = (self.sticks()[2], self.flight.intended);
        let is_mission_armable = self.parameters.whole("AUTO_OPTIONS") & 1 != 0;
        let is_armable = match mode {
            Mode::Mission => is_mission_armable,
            mode => !matches!(mode, Mode::Return | Mode::Land | Mode::Hold),
        };
        let too_high = match mode {
            Mode::Stabilize => throttle > -0.9,
            Mode::AltHold | Mode::Position => throttle > STICK_RATIO,
            _ => false,
        };
        let why = match (self.flavour, mode) {
            (Flavour::ArduCopter, _) if !is_armable => {
                return Some(format!("Arm: {} mode not armable", self.name_of(mode)));
            }
            (Flavour::ArduCopter, _) if too_high => "Arm: Throttle too high",
            (Flavour::Px4, Mode::Return | Mode::Land) => "Arming denied: switch to another mode first",
            (Flavour::Px4, Mode::External) if !self.external.streams(self.now_us()) => {
                "Arming denied: No offboard signal"
            }
            (Flavour::Px4, Mode::Mission) => self.mission_refusal()?,
            _ => return None,
        };
        Some(why.into())
    }

    pub(super) fn arm(&mut self, forced: bool) -> Answer {
        if self.flight.armed {
            return Answer::Accepted;
        }
        let refusal = || self.prearm_refusal().map(str::to_owned).or_else(|| self.mode_refusal());
        if let Some(why) = if forced { None } else { refusal() } {
            self.tell(CRITICAL, why);
            return self.flavour.pick(Answer::Failed, Answer::TemporarilyRejected);
        }
        self.flight.armed = true;
        self.flight.armed_us = self.now_us();
        self.flight.has_flown = false;
        self.flight.held_m = None;
        if self.estimator.position_is_ok() {
            self.set_home(Some(self.here().at_m));
        }
        self.tell(INFORMATIONAL, self.flavour.pick("Arming motors", "Armed by external command").into());
        Answer::Accepted
    }

    pub(super) fn disarm_asked(&mut self, forced: bool) -> Answer {
        if self.flight.armed && !self.flight.is_landed && !forced {
            if self.flavour == Flavour::Px4 {
                self.tell(CRITICAL, "Disarming denied: not landed".into());
            }
            return self.flavour.pick(Answer::Failed, Answer::TemporarilyRejected);
        }
        if self.flight.armed {
            let told = self.flavour.pick("Disarming motors", "Disarmed by external command");
            self.tell(INFORMATIONAL, told.into());
        }
        self.disarm();
        Answer::Accepted
    }
}
