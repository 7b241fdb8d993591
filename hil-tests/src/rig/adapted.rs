//! A scenario as a rig flies it: with the rig's settings of the daemon over the scenario's, and in the modes of the autopilot
//! that is there.

use toml::{Table, Value};

use super::{Autopilot, Rig};
use crate::aircraft::{Mode, custom_mode_of, name_of};
use crate::scenario::{Flavour, Kind, Scenario};

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
