//! What goes wrong on the link, on command: it is lost, strangers speak on it, values are absurd, bytes are no messages.
//!
//! Strangers' frames leave on every outside link, as if another box sat on the same radio; they are in the wire log under
//! their own names. A fault of the link concerns outside links only: the ground station inside hears on.

use super::face::{Face, lock};
use super::messages;
use super::outbox::Leaving;
use super::wire::{Layout, Message};
use super::wire_log::Says;
use crate::random::{self, Random};
use crate::scenario::Kind;
use crate::scenario::fault::{Absurdity, Impostor};
use rand::Rng;
use std::collections::BTreeMap;

/// The companion's component: ONBOARD_COMPUTER.
const COMPANION: u8 = 191;
const GIMBAL: u8 = 154;
const STRANGER: (u8, u8) = (66, 190);
/// An antenna tracker: its system, and how long it is there before the aircraft.
const TRACKER: u8 = 41;
const TRACKER_FIRST_US: u64 = 3_000_000;
const STRANGERS_EVERY_US: u64 = 200_000;
const GARBAGE_EVERY_US: u64 = 40_000;
const GARBAGE_BYTES_MAX: usize = 60;

/// Faults that are on now.
pub struct Faults {
    /// Nothing passes on outside links.
    pub link_lost: bool,
    /// Nothing leaves on outside links; what comes is received and logged.
    pub is_mute: bool,
    /// Nothing that comes on outside links is heard.
    pub transmit_off: bool,
    /// Everything is so late on outside links.
    pub slow_us: Option<u64>,
    /// What leaves on outside links comes again so late.
    pub copies_us: Option<u64>,
    /// The autopilot is switched on then: a tracker was there first.
    first_us: Option<u64>,
    impostors: Vec<Impostor>,
    absurd: Vec<(String, Absurdity)>,
    is_garbage: bool,
    random: Random,
    strangers_us: u64,
    garbage_us: u64,
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
    ///
    /// # Errors
    /// An absurd field that no message of ours has.
    pub fn apply(&mut self, kind: &Kind, begins: bool) -> Result<bool, String> {
        match kind {
            Kind::LinkLost => self.link_lost = begins,
            Kind::TransmitOff => self.transmit_off = begins,
            Kind::SlowLink { delay_s } => self.slow_us = begins.then_some((delay_s * 1e6) as u64),
            Kind::LateCopies { delay_s } => self.copies_us = begins.then_some((delay_s * 1e6) as u64),
            Kind::Garbage => self.is_garbage = begins,
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

    fn garbage(&mut self) -> Vec<u8> {
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

/// # Errors
/// No message of ours has it.
fn check_field(which: &str) -> Result<(), String> {
    let (name, field) = which.split_once('.').unwrap_or((which, ""));
    let layout = Layout::named(name);
    if which == "all" || layout.is_some_and(|layout| layout.fields.iter().any(|known| known.name == field)) {
        return Ok(());
    }
    Err(format!("absurd field `{which}`: use MESSAGE.field as MAVLink spells them (ATTITUDE.roll), or all"))
}

impl Face {
    /// A fault of the link begins or ends; whether it was one. What waits on a line that is lost is lost too.
    ///
    /// # Errors
    /// As [`Faults::apply`].
    pub(super) fn apply(&mut self, kind: &Kind, begins: bool) -> Result<bool, String> {
        let is_ours = self.faults.apply(kind, begins)?;
        if self.faults.link_lost {
            self.lose_waiting();
        }
        Ok(is_ours)
    }

    /// The way out is cut or mended; what waits on it is lost.
    pub(super) fn fall_mute(&mut self, begins: bool) {
        self.faults.is_mute = begins;
        if begins {
            self.lose_waiting();
        }
    }

    fn lose_waiting(&self) {
        for link in self.outside() {
            if let Some(open) = &self.links[link] {
                open.outbox.clear();
            }
        }
    }

    /// What strangers say now, and garbage.
    pub(super) fn play_faults(&mut self, now_us: u64) {
        if self.faults.is_garbage && now_us >= self.faults.garbage_us {
            self.faults.garbage_us = now_us + GARBAGE_EVERY_US;
            for link in self.outside() {
                let bytes = self.faults.garbage();
                self.push(link, Leaving { bytes, row: None });
            }
        }
        if now_us < self.faults.strangers_us {
            return;
        }
        self.faults.strangers_us = now_us + STRANGERS_EVERY_US;
        for who in self.faults.impostors.clone() {
            let (from, said) = self.said_by(who);
            for message in said {
                self.say_as(from, &message);
            }
        }
    }

    fn say_as(&mut self, from: (u8, u8), message: &Message) {
        self.faults.sequence = self.faults.sequence.wrapping_add(1);
        let bytes = message.frame(from, self.faults.sequence);
        for link in self.outside() {
            self.push(link, Leaving::new(bytes.clone(), link, message.layout.id, from, Says::of(message)));
        }
    }

    fn said_by(&self, who: Impostor) -> ((u8, u8), Vec<Message>) {
        let beat = Message::new("HEARTBEAT").with("autopilot", 8u8).with("mavlink_version", 3u8);
        let beat = beat.with("system_status", 4u8);
        let system = self.own.0;
        match who {
            // MAV_TYPE_GIMBAL, armed and in the mode of the autopilot, as careless ones copy it.
            Impostor::GimbalHeartbeat => {
                let custom_mode = lock(&self.aircraft).custom_mode();
                let beat = beat.with("type", 26u8).with("base_mode", 0x81u8).with("custom_mode", custom_mode);
                ((system, GIMBAL), vec![beat])
            }
            Impostor::OtherSystem => ((if system == 42 { 43 } else { 42 }, 1), self.other_aircraft()),
            // MAV_TYPE_ANTENNA_TRACKER, of ArduPilot, which tells its own place, in a mode with the number of GUIDED.
            Impostor::Tracker => {
                let beat = beat.with("type", 5u8).with("autopilot", 3u8).with("custom_mode", 4u8);
                let here =
                    Message::new("GLOBAL_POSITION_INT").with("lat", 473_970_000).with("lon", 85_450_000);
                ((TRACKER, 1), vec![beat.with("base_mode", 0x81u8), here.with("alt", 490_000)])
            }
            Impostor::Commander => (STRANGER, orders((system, COMPANION))),
            Impostor::OwnIds => {
                let beat = beat.with("type", 18u8).with("custom_mode", 0x5EED_u32);
                ((system, COMPANION), vec![beat])
            }
        }
    }

    /// The telemetry of another aircraft: somewhere else, its battery empty, its sticks moved, disarmed and in its first mode.
    fn other_aircraft(&self) -> Vec<Message> {
        let aircraft = lock(&self.aircraft);
        let names = [
            "HEARTBEAT",
            "SYS_STATUS",
            "SYSTEM_TIME",
            "GPS_RAW_INT",
            "GLOBAL_POSITION_INT",
            "ATTITUDE",
            "RC_CHANNELS",
            "BATTERY_STATUS",
            "HOME_POSITION",
        ];
        let own = names.iter().filter_map(|name| messages::telemetry(name, &aircraft));
        let other = |message: Message| match message.name() {
            "HEARTBEAT" => message.with("custom_mode", 0u8).with("base_mode", 1u8),
            "SYS_STATUS" | "BATTERY_STATUS" => message.with("battery_remaining", 2u8),
            "GLOBAL_POSITION_INT" | "GPS_RAW_INT" => {
                let lat_e7 = message.whole("lat") + 500_000;
                message.with("lat", lat_e7).with("lon", 0u8)
            }
            "HOME_POSITION" => message.with("latitude", 0u8).with("longitude", 10_000_000),
            "ATTITUDE" => message.with("roll", 1.0).with("yaw", -3.0),
            "RC_CHANNELS" => message.with("chan1_raw", 1_900u16).with("chan2_raw", 1_100u16),
            _ => message,
        };
        own.map(other).collect()
    }
}

/// What would enable homing on a companion that obeys anybody: parameters, commands, a mission, a mode.
fn orders(to: (u8, u8)) -> Vec<Message> {
    let command =
        |id: u16, param1: f64| Message::new("COMMAND_LONG").with("command", id).with("param1", param1);
    let mut orders = Vec::new();
    for name in ["HOMING_ENABLE", "HOMING", "HOME_EN"] {
        orders.push(
            Message::new("PARAM_SET")
                .with_text("param_id", name)
                .with("param_value", 1.0)
                .with("param_type", 9u8),
        );
    }
    // USER_1 to USER_5, MISSION_START, DO_SET_MODE, COMPONENT_ARM_DISARM.
    for id in [31_010, 31_011, 31_012, 31_013, 31_014, 300, 176, 400] {
        orders.push(command(id, 1.0));
    }
    orders.push(Message::new("MISSION_COUNT").with("count", 1u8));
    orders.push(Message::new("SET_MODE").with("base_mode", 1u8).with("custom_mode", 4u8));
    orders.push(Message::new("MISSION_SET_CURRENT").with("seq", 1u8));
    orders.into_iter().map(|message| message.to(to)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aircraft::Aircraft;
    use crate::autopilot::clock::Clock;
    use crate::autopilot::wire_log::WireLog;
    use crate::scenario::{self, Place};
    use std::sync::{Arc, Mutex};

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

    #[test]
    fn a_mute_autopilot_still_receives() {
        let aircraft = Aircraft::new(&scenario::Aircraft::default(), &Place::default(), 1);
        let log = Arc::new(Mutex::new(WireLog::default()));
        let clock = Arc::new(Clock::new(0, false));
        let mut face = Face::new(Arc::new(Mutex::new(aircraft)), clock, Arc::clone(&log));
        let (link, outbox) = face.open(1_000, true);
        let beat = Message::new("HEARTBEAT").with("type", 18u8);
        // Without room a frame would be refused; into the air it always goes.
        let mut free_bytes = 1_000;
        let frame_bytes = beat.frame((1, 1), 0).len();
        while free_bytes >= frame_bytes {
            assert!(face.send(link, beat.clone()));
            free_bytes -= frame_bytes;
        }
        assert!(!face.send(link, beat.clone()));
        face.fall_mute(true);
        assert!((0..100).all(|_| face.send(link, beat.clone())));
        assert_eq!(outbox.dropped_total(), 1);
        face.receive(link, &beat.frame((1, COMPANION), 0), 7);
        assert!(
            lock(&log).rows().iter().any(|row| !row.is_out && row.component == COMPANION && row.at_us == 7)
        );
        face.fall_mute(false);
        assert!(!(0..100).all(|_| face.send(link, beat.clone())), "it speaks again, so that its line fills");
    }
}
