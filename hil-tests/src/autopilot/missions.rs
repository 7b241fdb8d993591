//! The mission protocol, up and down (mavlink.io, "Mission Protocol"), with each firmware's own habits.
//!
//! ArduPilot (`MissionItemProtocol.cpp`) asks for items with the old MISSION_REQUEST, again each second, and gives up after
//! 8 s; it denies a second uploader, and its item 0 is home, whatever was uploaded. PX4 (`mavlink_mission.cpp`) asks with
//! MISSION_REQUEST_INT, again each 250 ms, gives up after 5 s, and has no home item. Items are MISSION_ITEM_INT; what cannot
//! be read in one is INVALID, where real ones say which number. The fence is the scenario's: it is told, and cannot be uploaded.

use super::face::{Face, Upload, lock};
use super::messages;
use super::wire::Message;
use crate::aircraft::{Answer, Request, Waypoint};
use crate::scenario::Flavour;
use skyhound::geo::Wgs84;

const ACCEPTED: u8 = 0;
const ERROR: u8 = 1;
const UNSUPPORTED: u8 = 3;
const NO_SPACE: u8 = 4;
const INVALID: u8 = 5;
const INVALID_SEQUENCE: u8 = 13;
const DENIED: u8 = 14;
const OPERATION_CANCELLED: u8 = 15;

const TYPE_MISSION: u8 = 0;
const TYPE_FENCE: u8 = 1;
const TYPE_ALL: u8 = 255;
/// Of ArduPilot boards with small storage.
const ITEMS_MAX: i64 = 724;

impl Face {
    pub(super) fn mission(&mut self, link: usize, from: (u8, u8), message: &Message, at_us: u64) {
        let upload = self.upload.as_ref();
        let is_uploading = upload.is_some();
        let is_others = upload.is_some_and(|upload| upload.from != from);
        let kind = || message.byte("mission_type");
        match message.name() {
            "MISSION_COUNT" if is_others => self.mission_ack(link, from, DENIED, kind()),
            "MISSION_COUNT" => self.begin_upload(link, from, message, at_us),
            "MISSION_ITEM_INT" => self.take_item(link, from, message, at_us),
            "MISSION_CLEAR_ALL" if is_uploading => self.mission_ack(link, from, ERROR, kind()),
            "MISSION_CLEAR_ALL" => {
                let clears = matches!(kind(), TYPE_MISSION | TYPE_ALL);
                let result = if clears { self.store(Vec::new()) } else { ACCEPTED };
                self.mission_ack(link, from, result, kind());
            }
            "MISSION_REQUEST_LIST" | "MISSION_REQUEST_INT" if is_uploading => {
                self.mission_ack(link, from, DENIED, kind());
            }
            "MISSION_REQUEST_LIST" => {
                let answer = messages::mission_count(self.items(kind()).len(), kind());
                self.send(link, answer.to(from));
            }
            "MISSION_REQUEST_INT" => self.send_item(link, from, message.whole("seq") as u16, kind()),
            "MISSION_ACK" if !is_others && message.byte("type") != ACCEPTED => self.upload = None,
            _ => {}
        }
    }

    /// As they are told: ArduPilot's first item is home.
    fn items(&self, kind: u8) -> Vec<Waypoint> {
        let aircraft = lock(&self.aircraft);
        match kind {
            TYPE_FENCE => aircraft.fence_items(),
            TYPE_MISSION => {
                let mut items = aircraft.mission.items.clone();
                if let (Some(first), Some(home), Flavour::ArduCopter) =
                    (items.first_mut(), aircraft.belief().home, self.flavour)
                {
                    *first = Waypoint { frame: 0, place: home.place, alt_m: home.alt_amsl_m, ..*first };
                }
                items
            }
            _ => Vec::new(),
        }
    }

    fn begin_upload(&mut self, link: usize, from: (u8, u8), message: &Message, at_us: u64) {
        let (count, kind) = (message.whole("count"), message.byte("mission_type"));
        let result = match (kind, count) {
            (TYPE_MISSION, _) if count > ITEMS_MAX => NO_SPACE,
            (TYPE_MISSION, 0) => self.store(Vec::new()),
            (TYPE_MISSION, _) => {
                let (count, items) = (count as u16, Vec::new());
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
        let name = self.flavour.pick("MISSION_REQUEST", "MISSION_REQUEST_INT");
        let message = Message::new(name).with("seq", upload.items.len() as u16).to(upload.from);
        let link = upload.link;
        self.send(link, message);
    }

    fn take_item(&mut self, link: usize, from: (u8, u8), message: &Message, at_us: u64) {
        let Some(upload) = &mut self.upload else { return self.mission_ack(link, from, ERROR, TYPE_MISSION) };
        if upload.from != from {
            return self.mission_ack(link, from, DENIED, TYPE_MISSION);
        }
        if message.whole("seq") != upload.items.len() as i64 {
            // To PX4, an answer to a question that was asked twice.
            if self.flavour == Flavour::ArduCopter {
                self.mission_ack(link, from, INVALID_SEQUENCE, TYPE_MISSION);
            }
            return;
        }
        let Some(item) = item(message, self.flavour) else {
            self.upload = None;
            return self.mission_ack(link, from, INVALID, TYPE_MISSION);
        };
        upload.items.push(item);
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
        let answer = lock(&self.aircraft).request(&Request::Mission(items));
        if answer == Answer::Accepted { ACCEPTED } else { ERROR }
    }

    fn send_item(&mut self, link: usize, to: (u8, u8), index: u16, kind: u8) {
        let Some(item) = self.items(kind).get(usize::from(index)).copied() else {
            return self.mission_ack(link, to, self.flavour.pick(ERROR, INVALID_SEQUENCE), kind);
        };
        let is_current = lock(&self.aircraft).belief().mission_item == index;
        self.send(link, messages::mission_item(&item, index, is_current).with("mission_type", kind).to(to));
    }

    /// Asks again for an item that did not come, or gives up.
    pub(super) fn step_upload(&mut self, now_us: u64) {
        let Some(upload) = &self.upload else { return };
        let (again_us, patience_us) = self.flavour.pick((1_000_000, 8_000_000), (250_000, 5_000_000));
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

/// The item in MISSION_ITEM_INT; `None` = a part of it cannot be flown.
fn item(message: &Message, flavour: Flavour) -> Option<Waypoint> {
    let frame = match message.byte("frame") {
        0 | 5 => 0,
        2 => 2,
        3 | 6 => 3,
        _ => return None,
    };
    let params = ["param1", "param2", "param3", "param4"].map(|name| message.real(name) as f32);
    // To PX4, NaN is "as you think best"; ArduPilot refuses it.
    let is_read = flavour == Flavour::Px4 || params.iter().all(|param| param.is_finite());
    let (lat_deg, lon_deg) = (message.real("x") / 1e7, message.real("y") / 1e7);
    let is_nowhere = lat_deg == 0.0 && lon_deg == 0.0;
    let place = Wgs84::checked(lat_deg, lon_deg).or(is_nowhere.then_some(Wgs84 { lat_deg, lon_deg }))?;
    let alt_m = Some(message.real("z")).filter(|alt_m| alt_m.is_finite())?;
    let command = message.whole("command") as u16;
    is_read.then_some(Waypoint { frame, command, params, place, alt_m })
}
