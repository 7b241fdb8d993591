//! What a scenario needs that a rig cannot do: someone else's autopilot does what its simulator can be told, a real SDR nothing.

use super::{Autopilot, Depth, Rig, Sdr};
use crate::scenario::{Aircraft, Flavour, Kind, Scenario};

const SIMULATED_AUTOPILOT: &str = "a rig with autopilot = \"simulated\"";
const SIMULATED_SDR: &str = "a rig with sdr = \"simulated\"";
const ARDUPILOT_SIMULATOR: &str =
    "a rig with simulator = true and an ArduCopter, or autopilot = \"simulated\"";
const SIMULATOR: &str = "a rig with simulator = true, or autopilot = \"simulated\"";

impl Rig {
    /// What `scenario` needs and this rig cannot do; none = it can fly.
    pub fn lacks(&self, scenario: &Scenario) -> Option<String> {
        if self.depth != Depth::C {
            return None;
        }
        let foreign = match &self.autopilot {
            Autopilot::At(foreign) => Some(foreign),
            Autopilot::Simulated(_) => None,
        };
        if foreign.is_some_and(|foreign| foreign.flavour != scenario.aircraft.flavour) {
            return Some(format!("an autopilot that is {:?}", scenario.aircraft.flavour));
        }
        if foreign.is_some() && is_made(scenario) {
            return Some(SIMULATED_AUTOPILOT.into());
        }
        let kinds = || scenario.fault.iter().map(|fault| &fault.kind);
        let of_autopilot = foreign
            .and_then(|foreign| kinds().find_map(|kind| of_autopilot(kind).filter(|_| !foreign.does(kind))));
        let of_sdr = kinds().find_map(of_sdr).filter(|_| matches!(self.sdr, Sdr::Device(_)));
        of_autopilot.or(of_sdr).map(str::to_string)
    }

    /// Which parts of a rig `scenario` needs to be simulated, as `lacks` asks for them.
    pub fn needs(scenario: &Scenario) -> Vec<&'static str> {
        let kinds = || scenario.fault.iter().map(|fault| &fault.kind);
        let made = is_made(scenario).then_some(SIMULATED_AUTOPILOT);
        [made.or(kinds().find_map(of_autopilot)), kinds().find_map(of_sdr)].into_iter().flatten().collect()
    }
}

impl super::Foreign {
    /// Whether it can be told to do this, of what a real aircraft does not do on demand.
    fn does(&self, kind: &Kind) -> bool {
        match of_autopilot(kind) {
            Some(SIMULATOR) => self.is_simulator,
            Some(ARDUPILOT_SIMULATOR) => self.is_simulator && self.flavour == Flavour::ArduCopter,
            _ => false,
        }
    }
}

/// Whether its aircraft or its ground is made otherwise than one finds them.
fn is_made(scenario: &Scenario) -> bool {
    let (here, usual) = (&scenario.aircraft, Aircraft::default());
    let is_usual = here.terrain == usual.terrain && here.rc_hz_max == usual.rc_hz_max;
    // Someone else's radio has its own channels.
    let is_mapped =
        here.parameters.keys().any(|name| name.starts_with("RCMAP_") || name.starts_with("RC_MAP_"));
    let is_made = is_mapped || !here.zone.is_empty() || !here.absent.is_empty();
    !is_usual || is_made || !scenario.world.ground.is_flat()
}

/// What `kind` needs that someone else's real aircraft does not offer.
fn of_autopilot(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::EkfBad
        | Kind::LinkLost
        | Kind::LateCopies { .. }
        | Kind::SlowLink { .. }
        | Kind::TransmitOff
        | Kind::SystemId { .. }
        | Kind::RcLost { zeroed: true, .. }
        | Kind::Impostor { .. }
        | Kind::Absurd { .. }
        // What the daemon sends while its disk is full stands in no file: only on the wire.
        | Kind::DiskFull
        | Kind::Garbage => Some(SIMULATED_AUTOPILOT),
        Kind::GpsGlitch { .. }
        | Kind::GpsLoss
        | Kind::Gust { .. }
        | Kind::RcLost { zeroed: false, .. }
        | Kind::Battery { .. } => Some(ARDUPILOT_SIMULATOR),
        Kind::Disarm | Kind::Reboot => Some(SIMULATOR),
        _ => None,
    }
}

/// What `kind` needs that a real SDR does not offer.
fn of_sdr(kind: &Kind) -> Option<&'static str> {
    let simulated = matches!(
        kind,
        Kind::SdrUnplug { .. }
            | Kind::SdrStall
            | Kind::SdrRate { .. }
            | Kind::SdrStuck
            | Kind::SdrOverflow { .. }
            | Kind::BeaconOff { .. }
            | Kind::NoiseStep { .. }
            | Kind::InterfererOn { .. }
    );
    simulated.then_some(SIMULATED_SDR)
}
