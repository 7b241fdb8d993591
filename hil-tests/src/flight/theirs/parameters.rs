//! Someone else's parameters by the parameter protocol (mavlink.io): asked for by name, set where the rig file says so.
//!
//! ArduPilot carries every value as the number it is. PX4 carries integers as their bytes in the field of a float.

use super::Theirs;
use super::heard::Told;
use crate::autopilot::wire::Message;
use crate::flight::NotFlown;
use crate::scenario::{Flavour, Scenario};
use crate::shared::{lock, within};
use crate::watch::Watcher;
use std::collections::BTreeMap;
use std::time::Duration;

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
                lock(&self.borrowed).push((one.name.clone(), present));
            }
        }
        match self.foreign.wanted(more, &self.read(&names)?).first() {
            None => Ok(()),
            Some(one) => Err(NotFlown::Failed(format!("the autopilot does not keep its parameters: {one}"))),
        }
    }

    /// What is told of each, by whichever of its names it is known; what is not told in ten tries is not there.
    pub(super) fn read(&self, names: &[Vec<String>]) -> Result<BTreeMap<String, f64>, String> {
        let before = self.heard().parameters.clone();
        let count = |of: &BTreeMap<String, Told>, name: &str| of.get(name).map_or(0, |told| told.count);
        // Told before this reading only: it does not answer now.
        let is_told = |names: &[String]| {
            let heard = self.heard();
            names.iter().any(|name| count(&heard.parameters, name) > count(&before, name))
        };
        for _ in 0..TRIES {
            let missing: Vec<_> = names.iter().filter(|names| !is_told(names)).collect();
            for some in missing.chunks(AT_ONCE) {
                for name in some.iter().copied().flatten() {
                    let question = Message::new("PARAM_REQUEST_READ").with("param_index", -1);
                    self.send(question.with_text("param_id", name))?;
                }
                within(TOLD_WITHIN, || some.iter().all(|names| is_told(names)).then_some(()));
            }
        }
        let known: Vec<&String> = names.iter().filter(|names| is_told(names)).flatten().collect();
        let heard = self.heard();
        let told = known.into_iter().filter_map(|name| {
            let told = heard.parameters.get(name)?;
            Some((name.clone(), number(self.foreign.flavour, told.raw, told.kind)))
        });
        Ok(told.collect())
    }

    /// Sets one, until the autopilot tells it so.
    pub(super) fn set(&self, name: &str, value: f64) -> Result<(), String> {
        let told = || self.heard().parameters.get(name).copied();
        let kind = told().ok_or_else(|| format!("parameter {name}: not known"))?.kind;
        let raw = on_the_wire(self.foreign.flavour, value, kind);
        let set = Message::new("PARAM_SET").with_text("param_id", name).with("param_type", kind);
        let set = set.with_raw("param_value", raw);
        for _ in 0..TRIES {
            self.send(set.clone())?;
            if within(TOLD_WITHIN, || told().filter(|told| told.raw == raw)).is_some() {
                return Ok(());
            }
        }
        Err(format!("parameter {name}: {value} was not taken"))
    }
}

/// MAV_PARAM_TYPE_REAL32.
const REAL32: u8 = 9;

fn number(flavour: Flavour, raw: [u8; 4], kind: u8) -> f64 {
    match flavour {
        Flavour::Px4 if kind != REAL32 => f64::from(i32::from_le_bytes(raw)),
        _ => f64::from(f32::from_le_bytes(raw)),
    }
}

fn on_the_wire(flavour: Flavour, value: f64, kind: u8) -> [u8; 4] {
    match flavour {
        Flavour::Px4 if kind != REAL32 => (value as i32).to_le_bytes(),
        _ => (value as f32).to_le_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn px4s_integers_are_bytes_and_nobody_elses() {
        const INT32: u8 = 6;
        for value in [5.0, -1.0, 100_000.0] {
            for (flavour, kind) in
                [(Flavour::Px4, INT32), (Flavour::Px4, REAL32), (Flavour::ArduCopter, INT32)]
            {
                assert_eq!(number(flavour, on_the_wire(flavour, value, kind), kind), value);
            }
        }
        assert_eq!(on_the_wire(Flavour::Px4, 5.0, INT32), [5, 0, 0, 0]);
        assert_eq!(on_the_wire(Flavour::ArduCopter, 5.0, INT32), 5.0_f32.to_le_bytes());
    }
}
