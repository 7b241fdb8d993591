//! A scenario as a rig flies it: with the rig's settings of the daemon over the scenario's, and in the modes of the autopilot
//! that is there; and what it needs that a rig cannot do: someone else's autopilot does what its simulator can be told, a real
//! SDR nothing.

use toml::{Table, Value};

use super::{Autopilot, Depth, Foreign, Rig, Sdr};
use crate::aircraft::{Mode, custom_mode_of, name_of};
use crate::scenario::{Aircraft, Fault, Flavour, Kind, Scenario};

const SIMULATED_AUTOPILOT: &str = "a rig with autopilot = \"simulated\"";
/// The engine alone is switched by nobody: profiles are found, checked and made by the host.
const DAEMON: &str = "a rig with depth = \"b\" or \"c\"";
const SIMULATED_SDR: &str = "a rig with sdr = \"simulated\"";
const ARDUPILOT_SIMULATOR: &str =
    "a rig with simulator = true and an ArduCopter, or autopilot = \"simulated\"";
const SIMULATOR: &str = "a rig with simulator = true, or autopilot = \"simulated\"";

impl Rig {
    /// `scenario` on this rig. Adapted again it stays the same.
    ///
    /// # Errors
    /// The rig's `[skyhound]` holds what the daemon would refuse.
    pub fn adapted(&self, scenario: &Scenario) -> Result<Scenario, String> {
        let mut adapted = scenario.clone();
        if let Autopilot::At(foreign) = &self.autopilot {
            speak(&mut adapted, foreign.flavour);
        }
        if !self.skyhound.is_empty() {
            lay_over(&mut adapted.skyhound, &self.skyhound);
            adapted.config().map_err(|why| format!("rig {}: {why}", self.name))?;
        }
        Ok(adapted)
    }

    /// What `scenario` needs and this rig cannot do; none = it can fly.
    pub fn lacks(&self, scenario: &Scenario) -> Option<String> {
        let switches = |fault: &Fault| matches!(fault.kind, Kind::Profile { .. });
        if self.depth == Depth::A && scenario.fault.iter().any(switches) {
            return Some(DAEMON.into());
        }
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

/// ArduCopter's modes are taken for what they do, so that its scenarios fly on a PX4 too. A scenario of PX4 is about PX4.
fn speak(scenario: &mut Scenario, flavour: Flavour) {
    if (scenario.aircraft.flavour, flavour) != (Flavour::ArduCopter, Flavour::Px4) {
        return;
    }
    scenario.aircraft.flavour = flavour;
    // Values of the other firmware's parameters mean nothing here.
    scenario.aircraft.parameters.clear();
    for fault in &mut scenario.fault {
        if let Kind::Mode { mode } = &mut fault.kind {
            let meant = custom_mode_of(Flavour::ArduCopter, mode)
                .and_then(|custom| Mode::of(Flavour::ArduCopter, custom));
            if let Some(meant) = meant {
                *mode = name_of(flavour, meant.custom(flavour)).to_string();
            }
        }
    }
}

fn lay_over(under: &mut Table, over: &Table) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay_over(under, over),
            _ => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
}

impl Foreign {
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
