//! The aircraft: a multirotor with its autopilot, ArduCopter or PX4, as far as one can tell from outside. Pure and seeded.
//!
//! Requests, setpoints, faults and steps of 10 ms in; the true pose (`truth`) and what the autopilot believes and reports
//! (`belief`) out. Nothing of the wire: `autopilot` gives it a MAVLink face.
//! ```text
//! wind ─→ motion (body) ─→ gps, estimator ─→ belief ─→ MAVLink face
//!            ↑ velocity, yaw                    │
//! flight (modes) ← external (setpoints), itinerary (mission), radio (sticks)
//!            ↑ mode changes
//! orders (requests, the scenario's faults), arming, copter | px4 (failsafes, fence)
//! ```
//! The same seed and the same calls give the same flight. A step allocates nothing unless a text is told; target ≤ 0.5 µs.
//! Behaviour copied from a document names it in the module's header; no code is copied. Not here: other vehicles,
//! obstacles, rally points, SMART_RTL, the stick modes beyond their outside.

mod arming;
mod battery;
mod belief;
mod copter;
mod estimator;
mod external;
mod fence;
mod flight;
mod gps;
mod itinerary;
mod mission;
mod motion;
mod orders;
mod parameters;
mod px4;
mod radio;
mod tuned;
mod wind;

pub use crate::scenario::mode::{Mode, custom_mode_of, firmware_of, name_of};
pub use belief::{Attitude, Battery, Belief, Ekf, Gps, Home, Landed, Position, Rc};
pub use mission::{Waypoint, plan};
pub use orders::{Answer, Request, Setpoint};
pub use parameters::{Parameter, ParameterType, Parameters};

use crate::scenario::{self, Flavour, Ground, Place};
use crate::trace::TruthRow;
use crate::truth::TruePose;
use skyhound::geo::{Origin, Wgs84};
use std::collections::VecDeque;

/// Length of a step.
pub const STEP_US: u64 = 10_000;
/// Texts kept until they are fetched; more push out the oldest.
const TEXT_COUNT_MAX: usize = 64;

/// The aircraft.
#[derive(Clone, Debug)]
pub struct Aircraft {
    settings: scenario::Aircraft,
    flavour: Flavour,
    seed: u64,
    /// Home, where it stood at the begin: the origin of the truth.
    pub(crate) place: Place,
    ground: Ground,
    origin: Origin,
    body: motion::Body,
    wind: wind::Wind,
    receiver: gps::Receiver,
    estimator: estimator::Estimator,
    charge: battery::Charge,
    radio: radio::Radio,
    /// What is set holds from the next step.
    pub(crate) parameters: Parameters,
    tuned: tuned::Tuned,
    flight: flight::Flight,
    external: external::External,
    pub(crate) mission: mission::Mission,
    copter: copter::Failsafes,
    px4: px4::Failsafes,
    /// What the mode asked of the body in the last step.
    lead: motion::Lead,
    /// North, east, up.
    home_m: Option<[f64; 3]>,
    /// The last heartbeat of a ground station: when, and its system id.
    pub(crate) ground_station: Option<(u64, u8)>,
    /// The one whose loss counts.
    gcs_heard_us: Option<u64>,
    boot_us: u64,
    silent_until_us: u64,
    belief: Belief,
    texts: VecDeque<(u8, String)>,
}

impl Aircraft {
    /// On the ground at `place`, disarmed, at time 0. It can be armed when it has a position, about 4 s later
    /// ([`Aircraft::prearm_refusal`]).
    pub fn new(scenario: &scenario::Aircraft, place: &Place, seed: u64) -> Aircraft {
        let flavour = scenario.flavour;
        let parameters = Parameters::new(scenario);
        let tuned = tuned::Tuned::new(flavour, &parameters);
        let capacity_mah = parameters.value(flavour.pick("BATT_CAPACITY", "BAT1_CAPACITY"));
        let capacity_ah = capacity_mah.unwrap_or(5000.0).max(100.0) / 1000.0;
        let mut aircraft = Aircraft {
            settings: scenario.clone(),
            flavour,
            seed,
            place: *place,
            ground: Ground::default(),
            origin: Origin::new(Wgs84 { lat_deg: place.lat_deg, lon_deg: place.lon_deg }),
            body: motion::Body::new(),
            wind: wind::Wind::new(scenario.wind_mps, scenario.gust_mps, seed),
            receiver: gps::Receiver::new(scenario.gps_noise_m, scenario.gps_drift_m, seed),
            estimator: estimator::Estimator::new(flavour, seed),
            charge: battery::Charge::new(capacity_ah, scenario.endurance_min, scenario.battery_ratio),
            radio: radio::Radio::new(tuned.sticks),
            tuned,
            parameters,
            flight: flight::Flight::new(orders::first_mode(flavour)),
            external: external::External::default(),
            mission: mission::Mission::new(flavour),
            copter: copter::Failsafes::default(),
            px4: px4::Failsafes::default(),
            lead: motion::Lead::Off,
            home_m: None,
            ground_station: None,
            gcs_heard_us: None,
            boot_us: 0,
            silent_until_us: 0,
            belief: Belief::default(),
            texts: VecDeque::new(),
        };
        aircraft.report();
        aircraft
    }

    /// The same, over this ground.
    pub fn over(mut self, ground: &Ground) -> Aircraft {
        self.ground = ground.clone();
        self.report();
        self
    }

    /// One step of [`STEP_US`].
    pub fn step(&mut self) {
        if std::mem::take(&mut self.parameters.is_changed) {
            self.tuned = tuned::Tuned::new(self.flavour, &self.parameters);
        }
        let now_us = self.now_us();
        let wind_mps = self.wind.step(self.body.pose.up_m, self.body.velocity_mps());
        self.estimator.predict(!self.flight.is_landed);
        if now_us.is_multiple_of(gps::FIX_EVERY_US) {
            self.take_fix();
        }
        if now_us.is_multiple_of(copter::CHECK_EVERY_US) {
            self.charge.drain(self.body.thrust_ratio, (copter::CHECK_EVERY_US / STEP_US) as f64);
            self.belief.fence_breach = self.outside().breach_type();
            match self.flavour {
                Flavour::ArduCopter => self.check_copter(),
                Flavour::Px4 => self.check_px4(false),
            }
        }
        let (lead, turn) = self.demand();
        self.lead = lead;
        let ground_m = self.ground_m();
        self.body.step(lead, turn, &self.tuned.limits, self.estimator.velocity_error_mps, wind_mps, ground_m);
        self.judge_ground();
        self.report();
    }

    fn take_fix(&mut self) {
        let fix = self.receiver.fix(&self.body.pose);
        let (before_m, resets) = (self.estimator.position_error_m, self.estimator.reset_total);
        self.estimator.correct(&self.body.pose, fix);
        // A reset of the estimator moves the place held with it: both flavours' controllers take resets out of their targets.
        if self.estimator.reset_total != resets
            && let Some(held) = self.flight.held_m.as_mut()
        {
            held[0] += self.estimator.position_error_m[0] - before_m[0];
            held[1] += self.estimator.position_error_m[1] - before_m[1];
        }
        if self.home_m.is_none() && self.estimator.position_is_ok() {
            self.set_home(Some(self.here().at_m));
        }
        self.report_gps(fix);
    }

    /// µs since the scenario began.
    pub fn now_us(&self) -> u64 {
        self.body.pose.at_us
    }

    /// Puts it into the air there (metres from home), armed, hovering against the wind with its sensors settled, in LOITER
    /// (ArduCopter) or AUTO.LOITER (PX4).
    pub fn begin_airborne(&mut self, north_m: f64, east_m: f64, up_m: f64, yaw_rad: f64) {
        self.receiver.is_warm = true;
        let ground = TruePose { at_us: self.now_us(), ..TruePose::default() };
        if let Some(fix) = self.receiver.fix(&ground) {
            self.estimator.align(&ground, &fix);
        }
        let error_m = self.estimator.position_error_m;
        self.set_home(Some(error_m));
        let [north_mps, east_mps] = self.wind.mean_mps();
        self.body.hover([north_m, east_m, up_m], yaw_rad, [north_mps, east_mps, 0.0]);
        self.change_to(self.flavour.pick(Mode::Position, Mode::Hold));
        self.flight.armed = true;
        self.flight.armed_us = self.now_us();
        self.flight.has_flown = true;
        self.flight.is_landed = false;
        self.flight.contact_us = 0;
        self.flight.held_m = Some([north_m + error_m[0], east_m + error_m[1], up_m + error_m[2]]);
        let fix = self.receiver.fix(&self.body.pose);
        self.report_gps(fix);
        self.report();
    }

    /// Height of the ground below, over home's.
    pub fn ground_m(&self) -> f64 {
        self.ground.height_m(self.body.pose.north_m, self.body.pose.east_m)
    }

    /// RC_CHANNELS leaves no more often, whatever is asked for.
    pub fn rc_every_us(&self) -> u64 {
        (1e6 / self.settings.rc_hz_max) as u64
    }

    /// Where it truly is.
    pub fn truth(&self) -> TruePose {
        self.body.pose
    }

    /// That, with what it says of itself.
    pub fn truth_row(&self) -> TruthRow {
        let (armed, battery_ratio) = (self.belief.armed, self.belief.battery.remaining_ratio);
        TruthRow { pose: self.truth(), mode: self.mode_name(), armed, battery_ratio }
    }

    /// What the autopilot believes.
    pub fn belief(&self) -> &Belief {
        &self.belief
    }

    /// The mode's own name.
    pub fn mode_name(&self) -> &'static str {
        self.name_of(self.flight.mode)
    }

    fn name_of(&self, mode: Mode) -> &'static str {
        name_of(self.flavour, mode.custom(self.flavour))
    }

    /// Whose modes it speaks.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// Its MAVLink system id.
    pub fn system(&self) -> u8 {
        self.settings.system
    }

    /// Gives each STATUSTEXT (MAV_SEVERITY, text) once.
    pub fn texts(&mut self) -> impl Iterator<Item = (u8, String)> {
        self.texts.drain(..)
    }

    fn tell(&mut self, severity: u8, text: String) {
        if self.texts.len() == TEXT_COUNT_MAX {
            self.texts.pop_front();
        }
        self.texts.push_back((severity, text));
    }

    /// The pilot's roll, pitch, throttle and yaw, −1..=1.
    fn sticks(&self) -> [f64; 4] {
        self.radio.sticks(self.now_us(), self.tuned.sticks)
    }

    /// How often the mode in which it takes commands was left, or the motors disarmed in it.
    pub fn left_total(&self) -> u32 {
        self.flight.left_total
    }
}

#[cfg(test)]
pub(crate) mod tests;
