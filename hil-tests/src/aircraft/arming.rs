//! Arming and disarming, with the checks before it and their texts.
//!
//! Sources: ArduPilot `AP_Arming.cpp`, `AP_Arming_Copter.cpp` (PreArm and Arm texts; modes that allow it: `allows_arming`). Forced:
//! 21196, no checks (also PX4's `Commander.cpp`), and in the air too. Else PX4 as remembered, not checked: denied in modes that
//! prevent it, landed only for disarming.

use super::{Aircraft, Answer, Mode};
use crate::scenario::Flavour;

const CRITICAL: u8 = 2;
/// Roll, pitch or yaw further than this, or a throttle that is not low where sticks are thrust, is no time to arm.
const STICK_RATIO: f64 = 0.2;

impl Aircraft {
    /// Why it cannot be armed, by the autopilot's checks; `None` = it can (SYS_STATUS's PREARM_CHECK).
    pub fn prearm_refusal(&self) -> Option<&'static str> {
        let has_position = self.estimator.position_is_ok();
        let battery = self.tuned.copter.battery;
        let is_low = |(_, least_v, least_mah): (i32, f64, f64)| {
            (least_mah > 0.0 && self.charge.left_mah() < least_mah)
                || (least_v > 0.0 && self.charge.voltage_v() < least_v)
        };
        let radio_lost = self.radio.lost_for_us(self.now_us()) >= self.tuned.radio_lost_us.max(1);
        match self.flavour {
            Flavour::ArduCopter if !self.tuned.copter.checks => None,
            Flavour::ArduCopter if self.belief.gps.fix < 3 => Some("PreArm: GPS 1: Bad fix"),
            Flavour::ArduCopter if !has_position => Some("PreArm: Need Position Estimate"),
            Flavour::ArduCopter if self.estimator.is_glitching() => Some("PreArm: GPS glitching"),
            Flavour::ArduCopter if battery.into_iter().any(is_low) => {
                Some("PreArm: Battery 1 low capacity failsafe")
            }
            Flavour::ArduCopter if radio_lost && self.tuned.copter.radio_action > 0 => {
                Some("PreArm: RC not found")
            }
            Flavour::ArduCopter if self.outside().breach_type() != 0 => Some("PreArm: vehicle outside fence"),
            Flavour::ArduCopter => None,
            Flavour::Px4 if self.flight.intended.needs_position() && !has_position => {
                Some("Arming denied: No valid position estimate")
            }
            Flavour::Px4 if self.charge.left_ratio() < self.tuned.px4.battery_ratio[1] => {
                Some("Arming denied: Low battery")
            }
            Flavour::Px4 if self.outside().breach_type() != 0 => Some("Arming denied: Geofence violation"),
            Flavour::Px4 => None,
        }
    }

    fn mode_refusal(&self) -> Option<&'static str> {
        let sticks = self.sticks();
        match (self.flavour, self.flight.intended) {
            (Flavour::ArduCopter, Mode::Mission) if self.tuned.copter.auto_options & 1 == 0 => {
                Some("Arm: AUTO mode not armable")
            }
            (Flavour::ArduCopter, Mode::Return) => Some("Arm: RTL mode not armable"),
            (Flavour::ArduCopter, Mode::Land) => Some("Arm: LAND mode not armable"),
            (Flavour::ArduCopter, Mode::Hold) => Some("Arm: BRAKE mode not armable"),
            (Flavour::ArduCopter, Mode::Stabilize) if sticks[2] > -0.9 => Some("Arm: Throttle too high"),
            (Flavour::ArduCopter, Mode::AltHold | Mode::Position) if sticks[2] > STICK_RATIO => {
                Some("Arm: Throttle too high")
            }
            (Flavour::Px4, Mode::Return | Mode::Land) => Some("Arming denied: switch to another mode first"),
            (Flavour::Px4, Mode::External) if !self.external.streams(self.now_us()) => {
                Some("Arming denied: No offboard signal")
            }
            (Flavour::Px4, Mode::Mission) => self.mission_refusal(),
            _ => None,
        }
    }

    pub(super) fn arm(&mut self, forced: bool) -> Answer {
        if self.flight.armed {
            return Answer::Accepted;
        }
        let refusal = if forced { None } else { self.prearm_refusal().or(self.mode_refusal()) };
        if let Some(why) = refusal {
            self.tell(CRITICAL, why.into());
            return match self.flavour {
                Flavour::ArduCopter => Answer::Failed,
                Flavour::Px4 => Answer::TemporarilyRejected,
            };
        }
        self.flight.armed = true;
        self.flight.armed_us = self.now_us();
        self.flight.has_flown = false;
        self.flight.held_m = None;
        if self.estimator.position_is_ok() {
            self.set_home(Some(self.here().at_m));
        }
        self.tell(
            6,
            if self.flavour == Flavour::Px4 { "Armed by external command" } else { "Arming motors" }.into(),
        );
        Answer::Accepted
    }

    pub(super) fn disarm_asked(&mut self, forced: bool) -> Answer {
        if self.flight.armed && !self.flight.is_landed && !forced {
            return match self.flavour {
                Flavour::ArduCopter => Answer::Failed,
                Flavour::Px4 => {
                    self.tell(CRITICAL, "Disarming denied: not landed".into());
                    Answer::TemporarilyRejected
                }
            };
        }
        if self.flight.armed {
            self.tell(
                6,
                if self.flavour == Flavour::Px4 {
                    "Disarmed by external command"
                } else {
                    "Disarming motors"
                }
                .into(),
            );
        }
        self.disarm();
        Answer::Accepted
    }
}
