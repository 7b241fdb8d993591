//! Requests: each answered as the flavour answers it.
//!
//! Sources: ArduPilot `mode.cpp` (`set_mode`: position needed only while armed), `takeoff.cpp` (armed, landed, upwards); PX4
//! `Commander.cpp` (`handle_command`: what is refused is TEMPORARILY_REJECTED), `UserModeIntention.cpp` (while disarmed any mode
//! may be chosen). Other answers: as remembered, not checked.

use super::{Aircraft, Answer, Mode, Request};
use crate::scenario::Flavour;

const WARNING: u8 = 4;
const CRITICAL: u8 = 2;
/// A watchdog reset in the air, and a start on the ground.
const RESET_US: u64 = 1_500_000;
const START_US: u64 = 3_000_000;

impl Aircraft {
    /// Asks the autopilot.
    pub fn request(&mut self, request: &Request) -> Answer {
        if self.belief.is_silent {
            return Answer::Failed;
        }
        let answer = match request {
            Request::Mode(custom) => self.change_mode(*custom),
            Request::Arm(true) => self.arm(false),
            Request::Arm(false) => self.disarm_asked(false),
            Request::ArmForced(true) => self.arm(true),
            Request::ArmForced(false) => self.disarm_asked(true),
            Request::TakeOff { alt_m } => self.take_off_asked(*alt_m),
            Request::TakeOffElsewhere => {
                let answer = self.change_px4_mode(Mode::TakeOff);
                // Far below: nothing lifts it.
                self.flight.take_off_m = self.here().at_m[2] - self.tuned.take_off_m;
                answer
            }
            Request::Setpoint(setpoint) => return self.take_setpoint(setpoint),
            Request::Unreadable => return self.take_unreadable(),
            Request::Mission(items) => {
                self.mission.upload(items);
                Answer::Accepted
            }
            Request::RcOverride(channels_us) => {
                let now_us = self.now_us();
                self.radio.override_with(*channels_us, now_us);
                Answer::Accepted
            }
            Request::GroundStation(system) => self.hear_ground_station(*system),
            Request::Reboot if self.flight.armed => Answer::Failed,
            Request::Reboot => {
                self.reboot();
                Answer::Accepted
            }
        };
        self.report_state();
        answer
    }

    fn change_mode(&mut self, custom: u32) -> Answer {
        let Some(mode) = Mode::of(self.flavour, custom) else {
            self.tell(WARNING, format!("No such mode {custom}"));
            return if self.flavour == Flavour::Px4 { Answer::Denied } else { Answer::Failed };
        };
        match self.flavour {
            Flavour::ArduCopter => self.change_copter_mode(mode),
            Flavour::Px4 => self.change_px4_mode(mode),
        }
    }

    fn change_copter_mode(&mut self, mode: Mode) -> Answer {
        if mode == self.flight.mode {
            return Answer::Accepted;
        }
        let blind = self.flight.armed && mode.needs_position() && !self.estimator.position_is_ok();
        let mission = if mode == Mode::Mission { self.mission_refusal() } else { None };
        let name = self.name_of(mode);
        let refusal = match (blind, mission) {
            (true, _) => Some(format!("Mode change to {name} failed: requires position")),
            (false, Some(why)) => Some(why.to_owned()),
            (false, None) => None,
        };
        if let Some(why) = refusal {
            self.tell(WARNING, why);
            return Answer::Failed;
        }
        let now_us = self.now_us();
        self.copter.pilot_recovers(now_us);
        self.change_to(mode);
        Answer::Accepted
    }

    fn change_px4_mode(&mut self, mode: Mode) -> Answer {
        if self.flight.armed {
            let why = match mode {
                _ if mode.needs_position() && !self.estimator.position_is_ok() => {
                    Some("No valid position estimate")
                }
                Mode::External if !self.external.streams(self.now_us()) => Some("No offboard signal"),
                Mode::Mission => self.mission_refusal(),
                _ => None,
            };
            if let Some(why) = why {
                let name = self.name_of(mode);
                self.tell(CRITICAL, format!("Switching to {name} is currently not available: {why}"));
                return Answer::TemporarilyRejected;
            }
        }
        if mode == Mode::TakeOff {
            self.flight.take_off_m = self.here().at_m[2] + self.tuned.take_off_m;
        }
        if mode == Mode::Mission && self.mission.is_over() {
            self.mission.rewind();
        }
        if !matches!(mode, Mode::Return | Mode::Land) {
            self.flight.after_disarming = mode;
        }
        let changes = self.flight.intended != mode;
        self.flight.intended = mode;
        self.check_px4(changes);
        Answer::Accepted
    }

    fn take_off_asked(&mut self, alt_m: f64) -> Answer {
        let home_up_m = self.home_m.map_or(0.0, |home| home[2]);
        let up_m = home_up_m + alt_m;
        match self.flavour {
            Flavour::ArduCopter => {
                let guided = self.flight.mode == Mode::External;
                let ready = self.flight.armed && self.flight.is_landed && up_m > self.here().at_m[2];
                if !guided || !ready || !alt_m.is_finite() {
                    return Answer::Failed;
                }
                self.external.begin();
                self.flight.held_m = None;
                self.external.take_off_m = Some(up_m);
                Answer::Accepted
            }
            Flavour::Px4 => {
                let answer = self.change_px4_mode(Mode::TakeOff);
                if answer == Answer::Accepted && alt_m.is_finite() {
                    self.flight.take_off_m = up_m.max(self.here().at_m[2]);
                }
                answer
            }
        }
    }

    fn hear_ground_station(&mut self, system: u8) -> Answer {
        let now_us = self.now_us();
        self.ground_station = Some((now_us, system));
        if self.tuned.gcs_system == 0 || self.tuned.gcs_system == system {
            self.gcs_heard_us = Some(now_us);
        }
        Answer::Accepted
    }

    /// On the ground it starts as from power-up. In the air it is a watchdog reset: ArduPilot's and PX4's keep flying armed, in
    /// the mode of the pilot's switch (here LOITER, POSCTL); the motors go on hovering meanwhile. As remembered, not checked.
    pub(super) fn reboot(&mut self) {
        let now_us = self.now_us();
        let flies = self.flight.armed && !self.flight.is_landed;
        self.boot_us = now_us;
        self.silent_until_us = now_us + if flies { RESET_US } else { START_US };
        self.copter = super::copter::Failsafes::default();
        self.px4 = super::px4::Failsafes::default();
        self.gcs_heard_us = None;
        self.external = super::external::External::default();
        self.texts.clear();
        let mode = if flies { Mode::Position } else { Self::first_mode(self.flavour) };
        self.change_to(mode);
        if !flies {
            self.disarm();
            self.set_home(None);
            self.estimator = super::estimator::Estimator::new(self.flavour, self.seed ^ now_us);
        }
        self.belief.is_silent = true;
    }

    pub(super) fn first_mode(flavour: Flavour) -> Mode {
        match flavour {
            // INITIAL_MODE 0; PX4 without a mode switch waits in Hold.
            Flavour::ArduCopter => Mode::Stabilize,
            Flavour::Px4 => Mode::Hold,
        }
    }

    /// Throttle as shown: 0.5 hovers.
    pub(super) fn throttle_ratio(&self) -> f64 {
        if self.flight.armed { (0.5 * self.body.thrust_ratio).clamp(0.0, 1.0) } else { 0.0 }
    }
}
