//! Depth a's link: the aircraft's belief as the engine's [`Vehicle`], at the rates at which the daemon asks for messages.

use super::Aircraft;
use crate::scenario::Kind;
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;

/// The link.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    vehicle: Vehicle,
}

impl Telemetry {
    /// A link on which nothing was heard yet. Rates in Hz as the settings name them (`[autopilot]`).
    pub fn new(position_hz: f64, attitude_hz: f64, status_hz: f64) -> Telemetry {
        let _ = (position_hz, attitude_hz, status_hz);
        Telemetry::default()
    }

    /// What is known at `now`, which is the aircraft's own time. Call it at least at each control pass.
    pub fn vehicle(&mut self, _aircraft: &Aircraft, _now: TimeUs) -> &Vehicle {
        &self.vehicle
    }

    /// A fault of the link begins or ends (LinkLost, Impostor, Absurd). Whether it was one.
    pub fn fault(&mut self, _kind: &Kind, _begins: bool) -> bool {
        false
    }

    /// Whether what the daemon sends reaches the autopilot.
    pub fn passes(&self) -> bool {
        true
    }
}
