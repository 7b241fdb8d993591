//! Someone else's parameters by the parameter protocol (mavlink.io): asked for by name, set where the rig file says so.
//!
//! ArduPilot carries every value as the number it is. PX4 carries integers as their bytes in the field of a float.

use super::{POLL, Theirs};
use crate::flight::NotFlown;
use crate::scenario::{Flavour, Scenario};
use crate::watch::Watcher;
use mavlink::dialects::ardupilotmega::{MavMessage, MavParamType, PARAM_REQUEST_READ_DATA, PARAM_SET_DATA};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// ArduPilot keeps five questions and forgets the rest.
const AT_ONCE: usize = 4;
const TOLD_WITHIN: Duration = Duration::from_millis(700);
/// It answers when it has nothing else to do: a simulator on a busy machine takes seconds.
const TRIES: u32 = 10;

impl Theirs {
    /// Makes the autopilot's parameters what `scenario` needs, or says which are not.
    ///
    /// # Errors
    /// They are not so and the rig may not set them; or the autopilot does not take them.
    pub(super) fn agree(&self, scenario: &Scenario, watcher: &mut dyn Watcher) -> Result<(), NotFlown> {
        let more = &scenario.aircraft.parameters;
        let names = self.foreign.names(more);
        let wanted = self.foreign.wanted(more, &self.read(&names)?);
        if wanted.is_empty() {
            return Ok(());
        }
        let listed = wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let nobody_can = wanted.iter().any(|one| one.value.is_none() || one.present.is_none());
        if nobody_can || !self.foreign.sets_parameters {
            let mend =
                "set them, or let the rig do it: set_parameters = true in the rig file, or --set-parameters";
            return Err(NotFlown::Ignored(format!("other parameters of the autopilot: {listed}; {mend}")));
        }
        watcher.told(&format!("sets {listed}"));
        for one in &wanted {
            if let Some(value) = one.value {
                self.set(&one.name, value)?;
            }
            if let Some(present) = one.present.filter(|_| more.contains_key(&one.name)) {
                let mut borrowed = self.borrowed.lock().unwrap_or_else(PoisonError::into_inner);
                borrowed.push((one.name.clone(), present));
            }
        }
        match self.foreign.wanted(more, &self.read(&names)?).first() {
            None => Ok(()),
            Some(one) => Err(NotFlown::Failed(format!("the autopilot does not keep its parameters: {one}"))),
        }
    }

    /// What is told of each, by whichever of its names it is known; what is not told in ten tries is not there.
    pub(super) fn read(&self, names: &[Vec<String>]) -> Result<BTreeMap<String, f64>, String> {
        let counts = |heard: &super::Heard| heard.parameters.clone();
        let before = counts(&self.link.shared().heard());
        let is_told = |names: &[String]| {
            let heard = self.link.shared().heard();
            let count = |of: &BTreeMap<String, (f32, MavParamType, u32)>, name| {
                of.get(name).map_or(0, |(.., count)| *count)
            };
            names.iter().any(|name| count(&heard.parameters, name) > count(&before, name))
        };
        for _ in 0..TRIES {
            let missing: Vec<_> = names.iter().filter(|names| !is_told(names)).collect();
            for some in missing.chunks(AT_ONCE) {
                for name in some.iter().copied().flatten() {
                    self.link.send(self.question(name))?;
                }
                let begun = Instant::now();
                while begun.elapsed() < TOLD_WITHIN && !some.iter().all(|names| is_told(names)) {
                    std::thread::sleep(POLL);
                }
            }
        }
        let heard = self.link.shared().heard();
        let known = names.iter().filter(|names| {
            // Told before this reading only: it does not answer now.
            names.iter().any(|name| {
                let now = heard.parameters.get(name).map_or(0, |(.., count)| *count);
                now > before.get(name).map_or(0, |(.., count)| *count)
            })
        });
        let told = known.flatten().filter_map(|name| {
            let (value, kind, _) = heard.parameters.get(name)?;
            Some((name.clone(), self.number(*value, *kind)))
        });
        Ok(told.collect())
    }

    /// Sets one, until the autopilot tells it so.
    pub(super) fn set(&self, name: &str, value: f64) -> Result<(), String> {
        let known = self.link.shared().heard().parameters.get(name).copied();
        let Some((_, param_type, _)) = known else { return Err(format!("parameter {name}: not known")) };
        let param_value = self.on_the_wire(value, param_type);
        for _ in 0..TRIES {
            self.link.send(MavMessage::PARAM_SET(PARAM_SET_DATA {
                param_value,
                target_system: self.system,
                target_component: 1,
                param_id: name.into(),
                param_type,
            }))?;
            let begun = Instant::now();
            while begun.elapsed() < TOLD_WITHIN {
                let told = self.link.shared().heard().parameters.get(name).map(|(value, ..)| value.to_bits());
                if told == Some(param_value.to_bits()) {
                    return Ok(());
                }
                std::thread::sleep(POLL);
            }
        }
        Err(format!("parameter {name}: {value} was not taken"))
    }

    fn question(&self, name: &str) -> MavMessage {
        MavMessage::PARAM_REQUEST_READ(PARAM_REQUEST_READ_DATA {
            param_index: -1,
            target_system: self.system,
            target_component: 1,
            param_id: name.into(),
        })
    }

    fn number(&self, value: f32, kind: MavParamType) -> f64 {
        number(self.foreign.flavour, value, kind)
    }

    fn on_the_wire(&self, value: f64, kind: MavParamType) -> f32 {
        on_the_wire(self.foreign.flavour, value, kind)
    }
}

fn is_bytes(flavour: Flavour, kind: MavParamType) -> bool {
    flavour == Flavour::Px4 && kind != MavParamType::MAV_PARAM_TYPE_REAL32
}

fn number(flavour: Flavour, value: f32, kind: MavParamType) -> f64 {
    if is_bytes(flavour, kind) { f64::from(value.to_bits() as i32) } else { f64::from(value) }
}

fn on_the_wire(flavour: Flavour, value: f64, kind: MavParamType) -> f32 {
    if is_bytes(flavour, kind) { f32::from_bits(value as i32 as u32) } else { value as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn px4s_integers_are_bytes_and_nobody_elses() {
        let (int, real) = (MavParamType::MAV_PARAM_TYPE_INT32, MavParamType::MAV_PARAM_TYPE_REAL32);
        for value in [5.0, -1.0, 100_000.0] {
            for (flavour, kind) in [(Flavour::Px4, int), (Flavour::Px4, real), (Flavour::ArduCopter, int)] {
                assert_eq!(number(flavour, on_the_wire(flavour, value, kind), kind), value);
            }
        }
        assert_eq!(on_the_wire(Flavour::Px4, 5.0, int).to_bits(), 5);
        assert_eq!(on_the_wire(Flavour::ArduCopter, 5.0, int), 5.0);
    }
}
