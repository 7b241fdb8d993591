//! The mission protocol, up and down (mavlink.io, "Mission Protocol"), with each firmware's own habits.
//!
//! ArduPilot (`MissionItemProtocol.cpp`) asks for items with the old MISSION_REQUEST, again each second, and gives up after
//! 8 s; it denies a second uploader, and its item 0 is home, whatever was uploaded. PX4 (`mavlink_mission.cpp`) asks with
//! MISSION_REQUEST_INT, again each 250 ms, gives up after 5 s, and has no home item. Both take either form of item.
//! The fence is the scenario's: it is told, and cannot be uploaded. Rally lists are always empty.

use super::face::{Face, lock};
use super::messages;
use super::wire::Message;
use crate::aircraft::{Answer, Request, Waypoint};
use crate::scenario::Flavour;
use skyhound::geo::Wgs84;

const ACCEPTED: u8 = 0;
const ERROR: u8 = 1;
const UNSUPPORTED_FRAME: u8 = 2;
const UNSUPPORTED: u8 = 3;
const NO_SPACE: u8 = 4;
const INVALID: u8 = 5;
const INVALID_PARAM1: u8 = 6;
const INVALID_PARAM5_X: u8 = 10;
const INVALID_PARAM7: u8 = 12;
const INVALID_SEQUENCE: u8 = 13;
const DENIED: u8 = 14;
const OPERATION_CANCELLED: u8 = 15;

const TYPE_MISSION: u8 = 0;
const TYPE_FENCE: u8 = 1;
const TYPE_ALL: u8 = 255;
/// Of ArduPilot boards with small storage.
const ITEMS_MAX: i64 = 724;

/// A mission on its way up.
#[derive(Debug)]
pub struct Upload {
    link: usize,
    from: (u8, u8),
    count: u16,
    items: Vec<Waypoint>,
    heard_us: u64,
    asked_us: u64,
}

impl Face {
    pub(super) fn mission(&mut self, link: usize, from: (u8, u8), message: &Message, at_us: u64) {
        let kind = match message.name() {
            "MISSION_SET_CURRENT" => TYPE_MISSION,
            _ => message.byte("mission_type"),
        };
        let upload = self.upload.as_ref();
        let is_uploading = upload.is_some();
        let is_others = upload.is_some_and(|upload| upload.from != from);
        match message.name() {
            "MISSION_COUNT" if is_others => self.mission_ack(link, from, DENIED, kind),
            "MISSION_COUNT" => self.begin_upload(link, from, message, at_us),
            "MISSION_ITEM_INT" | "MISSION_ITEM" => self.take_item(link, from, message, at_us),
            "MISSION_CLEAR_ALL" if is_uploading => self.mission_ack(link, from, ERROR, kind),
            "MISSION_CLEAR_ALL" => {
                let result =
                    if matches!(kind, TYPE_MISSION | TYPE_ALL) { self.store(Vec::new()) } else { ACCEPTED };
                self.mission_ack(link, from, result, kind);
            }
            "MISSION_REQUEST_LIST" | "MISSION_REQUEST_INT" | "MISSION_REQUEST" if is_uploading => {
                self.mission_ack(link, from, DENIED, kind);
            }
            "MISSION_REQUEST_LIST" => {
                let count = match kind {
                    TYPE_MISSION => lock(&self.aircraft).mission().len(),
                    TYPE_FENCE => lock(&self.aircraft).fence_items().len(),
                    _ => 0,
                };
                let answer =
                    Message::new("MISSION_COUNT").with("count", count as u16).with("mission_type", kind);
                self.send(link, answer.to(from));
            }
            "MISSION_REQUEST_INT" | "MISSION_REQUEST" => self.send_item(link, from, message, kind),
            "MISSION_ACK" if !is_others && message.byte("type") != ACCEPTED => self.upload = None,
            "MISSION_SET_CURRENT" => {
                let asked = Request::MissionCurrent(message.whole("seq") as u16);
                if lock(&self.aircraft).request(&asked) == Answer::Accepted
                    && let Some(open) = &mut self.links[link]
                {
                    open.streams.ask("MISSION_CURRENT");
                }
            }
            _ => {}
        }
    }

    fn begin_upload(&mut self, link: usize, from: (u8, u8), message: &Message, at_us: u64) {
        let (count, kind) = (message.whole("count"), message.byte("mission_type"));
        let result = match (kind, count) {
            (TYPE_MISSION, _) if count > ITEMS_MAX => NO_SPACE,
            (TYPE_MISSION, 0) => self.store(Vec::new()),
            (TYPE_MISSION, _) => {
                let count = count as u16;
                let items = Vec::with_capacity(count.into());
                self.upload = Some(Upload { link, from, count, items, heard_us: at_us, asked_us: at_us });
                return self.ask_item(at_us);
            }
            (_, 0) => ACCEPTED,
            _ => UNSUPPORTED,
        };
        self.mission_ack(link, from, result, kind);
    }

    fn ask_item(&mut self, now_us: u64) {
        let Some(upload) = &mut self.upload else { return };
        upload.asked_us = now_us;
        let name = match self.flavour {
            Flavour::ArduCopter => "MISSION_REQUEST",
            Flavour::Px4 => "MISSION_REQUEST_INT",
        };
        let (link, message) =
            (upload.link, Message::new(name).with("seq", upload.items.len() as u16).to(upload.from));
        self.send(link, message);
    }

    fn take_item(&mut self, link: usize, from: (u8, u8), message: &Message, at_us: u64) {
        let Some(upload) = &mut self.upload else { return self.mission_ack(link, from, ERROR, TYPE_MISSION) };
        let read = if upload.from != from {
            Err(DENIED)
        } else if message.whole("seq") != upload.items.len() as i64 {
            Err(INVALID_SEQUENCE)
        } else {
            item(message, self.flavour)
        };
        match read {
            // An answer to a question that was asked twice.
            Err(INVALID_SEQUENCE) if self.flavour == Flavour::Px4 => return,
            Err(why @ (DENIED | INVALID_SEQUENCE)) => return self.mission_ack(link, from, why, TYPE_MISSION),
            Err(why) => {
                self.upload = None;
                return self.mission_ack(link, from, why, TYPE_MISSION);
            }
            Ok(item) => upload.items.push(item),
        }
        upload.heard_us = at_us;
        if upload.items.len() < usize::from(upload.count) {
            return self.ask_item(at_us);
        }
        let items = std::mem::take(&mut upload.items);
        self.upload = None;
        let result = self.store(items);
        self.mission_ack(link, from, result, TYPE_MISSION);
    }

    fn store(&mut self, items: Vec<Waypoint>) -> u8 {
        match lock(&self.aircraft).request(&Request::Mission(items)) {
            Answer::Accepted => ACCEPTED,
            Answer::Unsupported => UNSUPPORTED,
            Answer::Denied => INVALID,
            Answer::TemporarilyRejected | Answer::Failed => ERROR,
        }
    }

    fn send_item(&mut self, link: usize, to: (u8, u8), message: &Message, kind: u8) {
        let index = message.whole("seq") as u16;
        let found = {
            let aircraft = lock(&self.aircraft);
            let belief = aircraft.belief();
            let found = match kind {
                TYPE_MISSION => aircraft.mission().get(usize::from(index)).copied(),
                TYPE_FENCE => aircraft.fence_items().get(usize::from(index)).copied(),
                _ => None,
            };
            let has_home = kind == TYPE_MISSION && index == 0 && self.flavour == Flavour::ArduCopter;
            let found = found.map(|item| match belief.home {
                Some(home) if has_home => {
                    Waypoint { frame: 0, place: home.place, alt_m: home.alt_amsl_m, ..item }
                }
                _ => item,
            });
            found.map(|item| (item, belief.mission_item == index))
        };
        let Some((item, is_current)) = found else {
            let why = if self.flavour == Flavour::ArduCopter { ERROR } else { INVALID_SEQUENCE };
            return self.mission_ack(link, to, why, kind);
        };
        let is_float = message.name() == "MISSION_REQUEST";
        let item = messages::mission_item(&item, index, is_current, is_float).with("mission_type", kind);
        self.send(link, item.to(to));
    }

    /// Asks again for an item that did not come, or gives up.
    pub(super) fn step_upload(&mut self, now_us: u64) {
        let Some(upload) = &self.upload else { return };
        let (again_us, patience_us) = match self.flavour {
            Flavour::ArduCopter => (1_000_000, 8_000_000),
            Flavour::Px4 => (250_000, 5_000_000),
        };
        let (link, from) = (upload.link, upload.from);
        if now_us > upload.heard_us + patience_us {
            self.upload = None;
            self.mission_ack(link, from, OPERATION_CANCELLED, TYPE_MISSION);
        } else if now_us > upload.asked_us + again_us {
            self.ask_item(now_us);
        }
    }

    fn mission_ack(&mut self, link: usize, to: (u8, u8), result: u8, kind: u8) {
        let ack = Message::new("MISSION_ACK").with("type", result).with("mission_type", kind);
        self.send(link, ack.to(to));
    }
}

/// The item in MISSION_ITEM_INT or MISSION_ITEM, or the MAV_MISSION_RESULT of what is wrong with it.
fn item(message: &Message, flavour: Flavour) -> Result<Waypoint, u8> {
    if message.byte("mission_type") != TYPE_MISSION {
        return Err(UNSUPPORTED);
    }
    let frame = match message.byte("frame") {
        0 | 5 => 0,
        2 => 2,
        3 | 6 => 3,
        _ => return Err(UNSUPPORTED_FRAME),
    };
    let params = ["param1", "param2", "param3", "param4"].map(|name| message.real(name) as f32);
    // To PX4, NaN is "as you think best"; ArduPilot refuses it.
    if let Some(bad) = params.iter().position(|param| !param.is_finite())
        && flavour == Flavour::ArduCopter
    {
        return Err(INVALID_PARAM1 + bad as u8);
    }
    let scale = if message.name() == "MISSION_ITEM" { 1.0 } else { 1e7 };
    let (lat_deg, lon_deg) = (message.real("x") / scale, message.real("y") / scale);
    let is_nowhere = lat_deg == 0.0 && lon_deg == 0.0;
    let place = Wgs84::checked(lat_deg, lon_deg).or(is_nowhere.then_some(Wgs84 { lat_deg, lon_deg }));
    Ok(Waypoint {
        frame,
        command: message.whole("command") as u16,
        autocontinue: message.byte("autocontinue") != 0,
        params,
        place: place.ok_or(INVALID_PARAM5_X)?,
        alt_m: Some(message.real("z")).filter(|alt_m| alt_m.is_finite()).ok_or(INVALID_PARAM7)?,
    })
}
