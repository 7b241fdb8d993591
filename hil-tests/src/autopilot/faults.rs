//! What is wrong with the link now: it is lost, late, mute, strangers speak on it, values are absurd, bytes are no messages.

use super::wire::{Layout, Message};
use crate::random::{self, Random};
use crate::scenario::Kind;
use crate::scenario::fault::{Absurdity, Impostor};
use rand::Rng;
use std::collections::BTreeMap;

/// How long a tracker is there before the aircraft.
const TRACKER_FIRST_US: u64 = 3_000_000;
const GARBAGE_BYTES_MAX: usize = 60;

/// Faults that are on now.
pub struct Faults {
    /// Nothing passes on links.
    pub link_lost: bool,
    /// Nothing leaves on links; what comes is received and logged.
    pub is_mute: bool,
    /// Nothing that comes on links is heard.
    pub transmit_off: bool,
    /// Everything is so late on links.
    pub slow_us: Option<u64>,
    /// What leaves on links comes again so late.
    pub copies_us: Option<u64>,
    /// The autopilot is switched on then: a tracker was there first.
    first_us: Option<u64>,
    /// The ground station inside does not beat.
    pub station_is_silent: bool,
    pub(super) impostors: Vec<Impostor>,
    absurd: Vec<(String, Absurdity)>,
    pub(super) is_garbage: bool,
    random: Random,
    pub(super) strangers_us: u64,
    pub(super) garbage_us: u64,
    sequence: u8,
    /// With `all`: how often each message was spoilt.
    turns: BTreeMap<u32, usize>,
}

impl Faults {
    /// None yet.
    pub fn new(system: u8) -> Faults {
        Faults {
            link_lost: false,
            is_mute: false,
            transmit_off: false,
            slow_us: None,
            copies_us: None,
            first_us: None,
            station_is_silent: false,
            impostors: Vec::new(),
            absurd: Vec::new(),
            is_garbage: false,
            random: random::source(system.into(), "garbage"),
            strangers_us: 0,
            garbage_us: 0,
            sequence: 0,
            turns: BTreeMap::new(),
        }
    }

    /// Begins or ends one; whether it was one of the link's.
    pub fn apply(&mut self, kind: &Kind, begins: bool) -> Result<bool, String> {
        match kind {
            Kind::LinkLost => self.link_lost = begins,
            Kind::TransmitOff => self.transmit_off = begins,
            Kind::SlowLink { delay_s } => self.slow_us = begins.then_some((delay_s * 1e6) as u64),
            Kind::LateCopies { delay_s } => self.copies_us = begins.then_some((delay_s * 1e6) as u64),
            Kind::Garbage => self.is_garbage = begins,
            Kind::GcsLost => self.station_is_silent = begins,
            Kind::Impostor { who } => {
                self.impostors.retain(|on| on != who);
                self.impostors.extend(begins.then_some(*who));
            }
            Kind::Absurd { field, value } => {
                check_field(field)?;
                self.absurd.retain(|on| *on != (field.clone(), *value));
                self.absurd.extend(begins.then(|| (field.clone(), *value)));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The autopilot's own heartbeats have stopped, and a gimbal's go on.
    pub fn is_heartless(&self) -> bool {
        self.impostors.contains(&Impostor::GimbalHeartbeat)
    }

    /// Whether only the tracker is on the line yet.
    pub fn is_still_off(&mut self, now_us: u64) -> bool {
        let has_tracker = self.impostors.contains(&Impostor::Tracker);
        has_tracker && now_us < *self.first_us.get_or_insert(now_us + TRACKER_FIRST_US)
    }

    /// Puts absurd values into a message of the autopilot. With `all`, each message in turn has each of its fields spoilt.
    pub fn spoil(&mut self, message: &mut Message) {
        let layout = message.layout;
        for (which, value) in &self.absurd {
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

    /// Of strangers' frames, all in one row.
    pub(super) fn next_sequence(&mut self) -> u8 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    pub(super) fn garbage(&mut self) -> Vec<u8> {
        let count = 1 + self.random.next_u64() as usize % GARBAGE_BYTES_MAX;
        let mut bytes: Vec<u8> = (0..count).map(|_| self.random.next_u64() as u8).collect();
        // Half of it looks like the begin of a frame.
        match self.random.next_u64() % 4 {
            0 => bytes[0] = 0xFD,
            1 => bytes[0] = 0xFE,
            _ => {}
        }
        bytes
    }
}

fn check_field(which: &str) -> Result<(), String> {
    let (name, field) = which.split_once('.').unwrap_or((which, ""));
    let layout = Layout::named(name);
    if which == "all" || layout.is_some_and(|layout| layout.fields.iter().any(|known| known.name == field)) {
        return Ok(());
    }
    Err(format!("absurd field `{which}`: use MESSAGE.field as MAVLink spells them (ATTITUDE.roll), or all"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absurd(field: &str, value: Absurdity) -> Kind {
        Kind::Absurd { field: field.into(), value }
    }

    #[test]
    fn the_named_field_is_spoilt_and_no_other() {
        let mut faults = Faults::new(1);
        assert_eq!(faults.apply(&absurd("ATTITUDE.roll", Absurdity::Nan), true), Ok(true));
        assert_eq!(faults.apply(&absurd("BATTERY_STATUS.voltages", Absurdity::Infinity), true), Ok(true));
        let mut attitude = Message::new("ATTITUDE").with("pitch", 0.5);
        faults.spoil(&mut attitude);
        assert!(attitude.real("roll").is_nan() && attitude.real("pitch") == 0.5);
        let mut battery = Message::new("BATTERY_STATUS").with_all("voltages", &[9u16; 10]);
        faults.spoil(&mut battery);
        assert!((0..10).all(|cell| battery.whole_at("voltages", cell) == 0));
        assert_eq!(faults.apply(&absurd("ATTITUDE.roll", Absurdity::Nan), false), Ok(true));
        let mut attitude = Message::new("ATTITUDE");
        faults.spoil(&mut attitude);
        assert_eq!(attitude.real("roll"), 0.0);
        let why = faults.apply(&absurd("ATTITUDE.rol", Absurdity::Nan), true).unwrap_err();
        assert!(why.contains("ATTITUDE.rol") && why.contains("MESSAGE.field"), "{why}");
    }

    #[test]
    fn all_means_each_field_in_turn() {
        let mut faults = Faults::new(1);
        faults.apply(&absurd("all", Absurdity::Nan), true).unwrap();
        let mut seen = Vec::new();
        for _ in 0..7 {
            let mut attitude = Message::new("ATTITUDE");
            faults.spoil(&mut attitude);
            let names = ["roll", "pitch", "yaw", "rollspeed", "pitchspeed", "yawspeed"];
            seen.extend(names.into_iter().filter(|name| attitude.real(name).is_nan()));
            seen.extend((attitude.whole("time_boot_ms") as u32 == u32::MAX).then_some("time_boot_ms"));
        }
        assert_eq!(seen, ["time_boot_ms", "roll", "pitch", "yaw", "rollspeed", "pitchspeed", "yawspeed"]);
    }
}
