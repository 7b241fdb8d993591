//! What an autopilot is asked, and what it answers: MAVLink's commands without the wire; and the faults that are the aircraft's own.
//!
//! Sources: ArduPilot `mode.cpp` (`set_mode`: position needed only while armed), `takeoff.cpp` (armed, landed, upwards); PX4
//! `Commander.cpp` (`handle_command`: what is refused is TEMPORARILY_REJECTED), `UserModeIntention.cpp` (while disarmed any mode
//! may be chosen). Other answers: as remembered, not checked.

use super::mission::Waypoint;
use super::{Aircraft, Mode, custom_mode_of, estimator};
use crate::scenario::{Flavour, Kind};

const WARNING: u8 = 4;
const CRITICAL: u8 = 2;
/// A watchdog reset in the air, and a start on the ground.
const RESET_US: u64 = 1_500_000;
const START_US: u64 = 3_000_000;

/// A request, from whoever sent it.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// MAV_CMD_DO_SET_MODE or SET_MODE with the flavour's `custom_mode`. PX4's sub mode counts.
    Mode(u32),
    /// MAV_CMD_COMPONENT_ARM_DISARM.
    Arm(bool),
    /// The same with its magic number 21196: disarms in the air too; arms without checks.
    ArmForced(bool),
    /// MAV_CMD_NAV_TAKEOFF, to this height above home.
    TakeOff {
        /// Height above home.
        alt_m: f64,
    },
    /// The same, but to a far place: PX4's AUTO.TAKEOFF is entered, and never lifts off.
    TakeOffElsewhere,
    /// SET_POSITION_TARGET_LOCAL_NED.
    Setpoint(Setpoint),
    /// A setpoint of which nothing can be read. Stops ArduCopter's GUIDED.
    Unreadable,
    /// A whole mission was uploaded, as it was on the wire (ArduPilot's item 0 is home).
    Mission(Vec<Waypoint>),
    /// RC_CHANNELS_OVERRIDE: channels 1 to 8 in µs; 65535 leaves a channel, 0 gives it back to the radio.
    RcOverride([u16; 8]),
    /// A heartbeat of a ground station (MAV_TYPE_GCS) with this system id was heard.
    GroundStation(u8),
    /// MAV_CMD_PREFLIGHT_REBOOT_SHUTDOWN.
    Reboot,
}

/// MAV_RESULT.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Accepted = 0,
    /// Not now.
    TemporarilyRejected = 1,
    /// Not with these values, or not in this state.
    Denied = 2,
    /// Never.
    Unsupported = 3,
    /// Tried in vain.
    Failed = 4,
}

/// SET_POSITION_TARGET_LOCAL_NED as companions send it: a velocity with a yaw rate.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Setpoint {
    /// Velocity north, east, down.
    pub velocity_mps: [f64; 3],
    /// Yaw rate.
    pub yaw_rate_rad_s: f64,
}

/// INITIAL_MODE 0; PX4 without a mode switch waits in Hold.
pub(super) fn first_mode(flavour: Flavour) -> Mode {
    flavour.pick(Mode::Stabilize, Mode::Hold)
}

impl Aircraft {
    /// Asks the autopilot.
    pub fn request(&mut self, request: &Request) -> Answer {
        if self.belief.is_silent {
            return Answer::Failed;
        }
        let now_us = self.now_us();
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
                self.mission.items.clone_from(items);
                self.mission.rewind();
                Answer::Accepted
            }
            Request::RcOverride(channels_us) => {
                self.radio.override_with(*channels_us, now_us);
                Answer::Accepted
            }
            Request::GroundStation(system) => {
                self.ground_station = Some((now_us, *system));
                if [0, *system].contains(&self.tuned.gcs_system) {
                    self.gcs_heard_us = Some(now_us);
                }
                Answer::Accepted
            }
            Request::Reboot if self.flight.armed => Answer::Failed,
            Request::Reboot => {
                self.reboot();
                Answer::Accepted
            }
        };
        self.report();
        answer
    }

    fn change_mode(&mut self, custom: u32) -> Answer {
        let Some(mode) = Mode::of(self.flavour, custom) else {
            self.tell(WARNING, format!("No such mode {custom}"));
            return self.flavour.pick(Answer::Failed, Answer::Denied);
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
        let refusal = if self.flight.armed && mode.needs_position() && !self.estimator.position_is_ok() {
            Some(format!("Mode change to {} failed: requires position", self.name_of(mode)))
        } else {
            self.mission_refusal().filter(|_| mode == Mode::Mission).map(str::to_owned)
        };
        if let Some(why) = refusal {
            self.tell(WARNING, why);
            return Answer::Failed;
        }
        self.copter.pilot_recovers(self.now_us());
        self.change_to(mode);
        Answer::Accepted
    }

    fn change_px4_mode(&mut self, mode: Mode) -> Answer {
        let why = match mode {
            _ if !self.flight.armed => None,
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
        if mode == Mode::TakeOff {
            self.flight.take_off_m = self.here().at_m[2] + self.tuned.take_off_m;
        }
        if mode == Mode::Mission && self.mission.item().is_none() {
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
        let up_m = self.home_m()[2] + alt_m;
        if self.flavour == Flavour::Px4 {
            let answer = self.change_px4_mode(Mode::TakeOff);
            if answer == Answer::Accepted && alt_m.is_finite() {
                self.flight.take_off_m = up_m.max(self.here().at_m[2]);
            }
            return answer;
        }
        let guided = self.flight.mode == Mode::External;
        let ready = self.flight.armed && self.flight.is_landed && up_m > self.here().at_m[2];
        if !guided || !ready || !alt_m.is_finite() {
            return Answer::Failed;
        }
        self.flight.held_m = None;
        self.external.target = None;
        self.external.take_off_m = Some(up_m);
        Answer::Accepted
    }

    /// On the ground it starts as from power-up. In the air it is a watchdog reset: ArduPilot's and PX4's keep flying armed, in
    /// the mode of the pilot's switch (here LOITER, POSCTL); the motors go on hovering meanwhile. As remembered, not checked.
    fn reboot(&mut self) {
        let now_us = self.now_us();
        let flies = self.flight.armed && !self.flight.is_landed;
        self.boot_us = now_us;
        self.silent_until_us = now_us + if flies { RESET_US } else { START_US };
        self.copter = Default::default();
        self.px4 = Default::default();
        self.gcs_heard_us = None;
        self.external = Default::default();
        self.texts.clear();
        self.change_to(if flies { Mode::Position } else { first_mode(self.flavour) });
        if !flies {
            self.disarm();
            self.set_home(None);
            self.estimator = estimator::Estimator::new(self.flavour, self.seed ^ now_us);
        }
        self.belief.is_silent = true;
    }

    /// A fault begins or ends. Whether it was one of the aircraft's. Deeds (a mode change, a disarming, a reboot, a battery that
    /// dropped) have no end.
    pub fn fault(&mut self, kind: &Kind, begins: bool) -> bool {
        let now_us = self.now_us();
        let while_it_lasts = |north_east: [f64; 2]| if begins { north_east } else { [0.0; 2] };
        match *kind {
            Kind::GpsGlitch { north_m, east_m } => self.receiver.glitch_m = while_it_lasts([north_m, east_m]),
            Kind::GpsLoss => self.receiver.is_lost = begins,
            Kind::EkfBad => self.estimator.is_bad = begins,
            Kind::Gust { north_mps, east_mps } => {
                self.wind.extra_mps = while_it_lasts([north_mps, east_mps]);
            }
            Kind::Stick { channel, us } => self.radio.move_stick(channel, begins.then_some(us)),
            Kind::RcLost { zeroed, rssi_kept } if begins => self.radio.lose(now_us, zeroed, rssi_kept),
            Kind::RcLost { .. } => self.radio.regain(),
            Kind::Battery { .. }
            | Kind::Reboot
            | Kind::SystemId { .. }
            | Kind::Mode { .. }
            | Kind::Disarm
                if !begins => {}
            Kind::Battery { ratio } => self.charge.drop_to(ratio),
            Kind::Reboot => self.reboot(),
            Kind::SystemId { system } => {
                self.settings.system = system;
                self.reboot();
            }
            Kind::Mode { ref mode } => match custom_mode_of(self.flavour, mode) {
                Some(custom) => drop(self.request(&Request::Mode(custom))),
                None => self.tell(WARNING, format!("No such mode {mode}")),
            },
            Kind::Disarm => drop(self.request(&Request::ArmForced(false))),
            _ => return false,
        }
        // A real one makes its messages when it sends them, not at ticks of its own.
        self.report();
        true
    }
}
