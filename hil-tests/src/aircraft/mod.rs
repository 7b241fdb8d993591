//! The aircraft: a multirotor with its autopilot, without the wire. Pure and seeded.

mod belief;
mod mission;
mod mode;
mod parameters;
mod request;
pub mod telemetry;

pub use belief::{Attitude, Battery, Belief, Ekf, Gps, Home, Landed, Position, Rc};
pub use mission::{Waypoint, plan};
pub use mode::{Mode, custom_mode_of, firmware_of, name_of};
pub use parameters::{Parameter, ParameterType, Parameters};
pub use request::{Answer, Frame, Request, Setpoint};

use crate::scenario::{self, Flavour, Kind, Place};
use crate::truth::TruePose;
use std::collections::VecDeque;

/// Length of a step.
pub const STEP_US: u64 = 10_000;

/// The aircraft.
#[derive(Clone, Debug)]
pub struct Aircraft {
    flavour: Flavour,
    system: u8,
    truth: TruePose,
    belief: Belief,
    parameters: Parameters,
    mission: Vec<Waypoint>,
    texts: VecDeque<(u8, String)>,
}

impl Aircraft {
    /// On the ground at `place`, disarmed, at time 0.
    pub fn new(scenario: &scenario::Aircraft, _place: &Place, _seed: u64) -> Aircraft {
        Aircraft {
            flavour: scenario.flavour,
            system: scenario.system,
            truth: TruePose::default(),
            belief: Belief::default(),
            parameters: Parameters::new(scenario),
            mission: Vec::new(),
            texts: VecDeque::new(),
        }
    }

    /// One step of [`STEP_US`].
    pub fn step(&mut self) {
        self.truth.at_us += STEP_US;
    }

    /// µs since the scenario began.
    pub fn now_us(&self) -> u64 {
        self.truth.at_us
    }

    /// Puts it into the air there, armed, with its sensors settled, in LOITER (ArduCopter) or AUTO.LOITER (PX4).
    pub fn begin_airborne(&mut self, north_m: f64, east_m: f64, up_m: f64, yaw_rad: f64) {
        self.truth = TruePose { north_m, east_m, up_m, yaw_rad, ..self.truth };
    }

    /// Where it truly is.
    pub fn truth(&self) -> TruePose {
        self.truth
    }

    /// What the autopilot believes.
    pub fn belief(&self) -> &Belief {
        &self.belief
    }

    /// Asks the autopilot.
    pub fn request(&mut self, _request: &Request) -> Answer {
        Answer::Unsupported
    }

    /// A fault begins or ends. Whether it was one of the aircraft's.
    pub fn fault(&mut self, _kind: &Kind, _begins: bool) -> bool {
        false
    }

    /// The mode's own name.
    pub fn mode_name(&self) -> &'static str {
        name_of(self.flavour, self.custom_mode())
    }

    /// HEARTBEAT.custom_mode.
    pub fn custom_mode(&self) -> u32 {
        self.belief.custom_mode
    }

    /// Whose modes it speaks.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// Its MAVLink system id.
    pub fn system(&self) -> u8 {
        self.system
    }

    /// The mission as it was uploaded.
    pub fn mission(&self) -> &[Waypoint] {
        &self.mission
    }

    /// Parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Parameters to be set; they hold from the next step.
    pub fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    /// Gives each STATUSTEXT (MAV_SEVERITY, text) once.
    pub fn texts(&mut self, each: &mut dyn FnMut(u8, &str)) {
        for (severity, text) in self.texts.drain(..) {
            each(severity, &text);
        }
    }

    /// How often the mode in which it takes commands was left, or the motors disarmed in it.
    pub fn left_total(&self) -> u32 {
        0
    }

    /// The last heartbeat of a ground station: when, and its system id.
    pub fn ground_station(&self) -> Option<(u64, u8)> {
        None
    }
}
