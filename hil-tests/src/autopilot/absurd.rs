//! Absurd values in the autopilot's own messages: which fields, and what stands in them.
//!
//! Fields are named as in MAVLink (`ATTITUDE.roll`). Of an integer, "NaN" is its largest, "infinity" its smallest value, "huge" is 0.
//! With `all`, each message in turn has each of its fields spoilt.

use super::wire::{Layout, Message};
use crate::scenario::fault::Absurdity;
use std::collections::BTreeMap;

/// What is absurd now.
#[derive(Clone, Debug, Default)]
pub struct Absurd {
    fields: Vec<(String, Absurdity)>,
    /// With `all`: how often each message was spoilt.
    turns: BTreeMap<u32, usize>,
}

impl Absurd {
    /// A field is absurd from now on, or no more.
    ///
    /// # Errors
    /// No message has that field.
    pub fn apply(&mut self, field: &str, value: Absurdity, begins: bool) -> Result<(), String> {
        let (name, of) = field.split_once('.').unwrap_or((field, ""));
        let has = |layout: &Layout| layout.fields.iter().any(|known| known.name == of);
        if field != "all" && !Layout::named(name).is_some_and(has) {
            return Err(format!(
                "absurd field `{field}`: use MESSAGE.field as MAVLink spells them (ATTITUDE.roll), or all"
            ));
        }
        self.fields.retain(|on| (on.0.as_str(), on.1) != (field, value));
        self.fields.extend(begins.then(|| (field.to_owned(), value)));
        Ok(())
    }

    /// Puts absurd values into a message of the autopilot.
    pub fn spoil(&mut self, message: &mut Message) {
        let layout = message.layout;
        for (which, value) in &self.fields {
            let field = if which == "all" {
                let turn = self.turns.entry(layout.id).or_default();
                let field = layout.fields.get(*turn % layout.fields.len());
                *turn += 1;
                field
            } else {
                let (name, wanted) = which.split_once('.').unwrap_or((which, ""));
                layout.fields.iter().find(|field| name == layout.name && field.name == wanted)
            };
            let Some(field) = field else { continue };
            match value {
                Absurdity::Nan => message.spoil(field, f64::NAN, |_, most| most),
                Absurdity::Infinity => message.spoil(field, f64::INFINITY, |least, _| least),
                Absurdity::Huge => message.spoil(field, -1e30, |_, _| 0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_field_is_spoilt_and_no_other() {
        let mut absurd = Absurd::default();
        assert_eq!(absurd.apply("ATTITUDE.roll", Absurdity::Nan, true), Ok(()));
        assert_eq!(absurd.apply("BATTERY_STATUS.voltages", Absurdity::Infinity, true), Ok(()));
        let mut attitude = Message::new("ATTITUDE").with("pitch", 0.5);
        absurd.spoil(&mut attitude);
        assert!(attitude.real("roll").is_nan() && attitude.real("pitch") == 0.5);
        let mut battery = Message::new("BATTERY_STATUS").with_all("voltages", &[9u16; 10]);
        absurd.spoil(&mut battery);
        assert!((0..10).all(|cell| battery.whole_at("voltages", cell) == 0));
        assert_eq!(absurd.apply("ATTITUDE.roll", Absurdity::Nan, false), Ok(()));
        let mut attitude = Message::new("ATTITUDE");
        absurd.spoil(&mut attitude);
        assert_eq!(attitude.real("roll"), 0.0);
        let why = absurd.apply("ATTITUDE.rol", Absurdity::Nan, true).unwrap_err();
        assert!(why.contains("ATTITUDE.rol") && why.contains("MESSAGE.field"), "{why}");
    }

    #[test]
    fn all_means_each_field_in_turn() {
        let mut absurd = Absurd::default();
        absurd.apply("all", Absurdity::Nan, true).unwrap();
        let mut seen = Vec::new();
        for _ in 0..7 {
            let mut attitude = Message::new("ATTITUDE");
            absurd.spoil(&mut attitude);
            let names = ["roll", "pitch", "yaw", "rollspeed", "pitchspeed", "yawspeed"];
            seen.extend(names.into_iter().filter(|name| attitude.real(name).is_nan()));
            seen.extend((attitude.whole("time_boot_ms") as u32 == u32::MAX).then_some("time_boot_ms"));
        }
        assert_eq!(seen, ["time_boot_ms", "roll", "pitch", "yaw", "rollspeed", "pitchspeed", "yawspeed"]);
    }
}
