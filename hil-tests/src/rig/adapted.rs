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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::file;

    fn rig(more: &str) -> Rig {
        let text =
            "about = ''\ndepth = 'c'\nautopilot = 'udpin:127.0.0.1:1'\nrig_line = 'udpin:127.0.0.1:2'\n";
        file::parse("x", &format!("{text}{more}")).unwrap()
    }

    #[test]
    fn the_rigs_settings_go_over_the_scenarios_and_are_checked() {
        let fence: Scenario = toml::from_str(include_str!("../../scenarios/fence.toml")).unwrap();
        let rig_b = rig("[skyhound.interlock]\nterrain = 'may_be_unknown'\nfence = { alt_rel_max_m = 90.0 }");
        let adapted = rig_b.adapted(&fence).unwrap();
        let limits = adapted.config().unwrap().interlock;
        assert_eq!((limits.fence.radius_m, limits.fence.alt_rel_max_m), (60.0, 90.0));
        assert_eq!(rig_b.adapted(&adapted).unwrap().skyhound, adapted.skyhound);
        let why = rig("[skyhound.interlock]\nterain = 'known'").adapted(&fence).unwrap_err();
        assert!(why.starts_with("rig x: ") && why.contains("interlock.terain"), "{why}");
    }

    #[test]
    fn modes_are_what_they_do_on_the_other_firmware() {
        let pilot: Scenario = toml::from_str(include_str!("../../scenarios/pilot_mode.toml")).unwrap();
        let px4 = rig("flavour = 'px4'").adapted(&pilot).unwrap();
        assert_eq!(px4.aircraft.flavour, Flavour::Px4);
        assert_eq!(px4.fault[0].kind, Kind::Mode { mode: "POSCTL".into() });
        let same = rig("").adapted(&pilot).unwrap();
        assert_eq!(same.fault[0].kind, Kind::Mode { mode: "LOITER".into() });
    }
}
