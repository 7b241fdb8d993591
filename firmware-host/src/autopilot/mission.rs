//! A mission to the autopilot by the mission protocol (mavlink.io, "Mission Protocol"): looked at, offered, asked for item by item,
//! acknowledged, read back and compared. No line, no clock: what is heard goes in, what is to be said comes out.
//!
//! What goes lost is said again after 1.5 s, five times, as the document asks. While items go up it is the autopilot that asks
//! again (ArduPilot each second, PX4 each 250 ms); what it takes for an item out of turn, a doubled one, is no error. Whether it
//! is aboard is told by what is read back, not by an acknowledgement, which may go lost or be of a doubled item. A try that the
//! autopilot gave up, or that reads back otherwise, is begun anew, [`UPLOADS_MAX`] times in all.

use std::collections::VecDeque;

use skyhound::geo::Wgs84;
use skyhound::time::TimeUs;
use skyhound::vehicle::Firmware;

use super::message_id::{MISSION_ACK, MISSION_COUNT, MISSION_ITEM_INT, MISSION_REQUEST, MISSION_REQUEST_INT};
use super::names::mission_result_name;
use super::payload::Payload;
use super::zones::{ZoneRequest, is_for};

/// MAV_MISSION_TYPE_MISSION.
pub const TYPE_MISSION: u8 = 0;
/// MAV_CMD.
const WAYPOINT: u16 = 16;
const CHANGE_SPEED: u16 = 178;
/// MAV_FRAME: no place; over home (its integer form is the older name of the same).
const FRAME_MISSION: u8 = 2;
const FRAME_RELATIVE: u8 = 3;
const FRAMES_RELATIVE: [u8; 2] = [FRAME_RELATIVE, 6];

/// MAV_MISSION_RESULT.
const ACCEPTED: u8 = 0;
const ERROR: u8 = 1;
const INVALID_SEQUENCE: u8 = 13;
const CANCELLED: u8 = 15;

/// "Recommended default timeout" and retries of the document.
const ANSWER_US: u64 = 1_500_000;
const TRIES_MAX: u8 = 6;
/// The autopilot asks for an item no more: longer than any pause between its questions.
const SILENCE_US: u64 = 5_000_000;
const UPLOADS_MAX: u8 = 3;
/// What autopilots keep of a height, and of a parameter: centimetres.
const KEPT: f32 = 0.02;
/// What they keep of a place: PX4 has it as a double of degrees.
const KEPT_E7: i32 = 2;

/// MISSION_ITEM_INT.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Item {
    /// MAV_FRAME.
    pub frame: u8,
    /// MAV_CMD.
    pub command: u16,
    /// The first four.
    pub params: [f32; 4],
    /// Latitude and longitude, 1e-7 degrees.
    pub place_e7: [i32; 2],
    /// Over home, m.
    pub height_m: f32,
}

impl Item {
    fn waypoint(place: Wgs84, height_m: f64) -> Item {
        let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
        Item {
            frame: FRAME_RELATIVE,
            command: WAYPOINT,
            params: [0.0; 4],
            place_e7: [e7(place.lat_deg), e7(place.lon_deg)],
            height_m: height_m as f32,
        }
    }

    /// Ground speed; the throttle stays as it is.
    fn speed(speed_mps: f64) -> Item {
        let params = [1.0, speed_mps as f32, -1.0, 0.0];
        Item { frame: FRAME_MISSION, command: CHANGE_SPEED, params, place_e7: [0; 2], height_m: 0.0 }
    }

    /// On the wire, as item `seq` for `to` (system, component).
    pub fn payload(&self, seq: u16, to: (u8, u8)) -> [u8; 38] {
        let mut bytes = [0; 38];
        for (at, param) in self.params.iter().enumerate() {
            bytes[4 * at..4 * at + 4].copy_from_slice(&param.to_le_bytes());
        }
        bytes[16..20].copy_from_slice(&self.place_e7[0].to_le_bytes());
        bytes[20..24].copy_from_slice(&self.place_e7[1].to_le_bytes());
        bytes[24..28].copy_from_slice(&self.height_m.to_le_bytes());
        bytes[28..30].copy_from_slice(&seq.to_le_bytes());
        bytes[30..32].copy_from_slice(&self.command.to_le_bytes());
        // Current: none, nothing is started. Autocontinue: on.
        bytes[32..].copy_from_slice(&[to.0, to.1, self.frame, 0, 1, TYPE_MISSION]);
        bytes
    }

    fn read(payload: Payload) -> Item {
        let real = |at: usize| payload.finite(at).unwrap_or(f64::NAN) as f32;
        Item {
            frame: payload.u8(34),
            command: payload.u16(30),
            params: [0, 4, 8, 12].map(real),
            place_e7: [payload.i32(16), payload.i32(20)],
            height_m: real(24),
        }
    }

    /// Whether an autopilot that keeps `self` may tell it as `told`.
    fn is_told_as(&self, told: &Item) -> bool {
        let is_near = |(a, b): (&f32, &f32)| (a - b).abs() <= KEPT;
        let has_params = self.params.iter().zip(&told.params).all(is_near);
        let is_there = || {
            let is_at = |(a, b): (&i32, &i32)| a.abs_diff(*b) <= KEPT_E7.unsigned_abs();
            FRAMES_RELATIVE.contains(&told.frame)
                && self.place_e7.iter().zip(&told.place_e7).all(is_at)
                && (self.height_m - told.height_m).abs() <= KEPT
        };
        self.command == told.command && has_params && (self.frame == FRAME_MISSION || is_there())
    }
}

/// A route as a mission: its speed, its waypoints. ArduPilot's item 0 is home, whatever is sent for it.
pub fn items(firmware: Firmware, waypoints: &[(Wgs84, f64)], speed_mps: f64) -> Vec<Item> {
    let at_home = waypoints.first().filter(|_| firmware == Firmware::ArduCopter);
    let home = at_home.map(|(place, _)| Item::waypoint(*place, 0.0));
    let route = waypoints.iter().map(|(place, height_m)| Item::waypoint(*place, *height_m));
    home.into_iter().chain([Item::speed(speed_mps)]).chain(route).collect()
}

/// What is to be said.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// Of reading.
    Read(ZoneRequest),
    /// MISSION_COUNT.
    Count(u16),
    /// MISSION_ITEM_INT of this item.
    Item(u16),
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// How long is what is there?
    Looks,
    Offers,
    /// Whether the last item went up.
    Sends {
        has_last: bool,
    },
    Counts,
    Reads(u16),
    Done,
}

/// An upload.
#[derive(Debug)]
pub struct Upload {
    items: Vec<Item>,
    /// Items that are the autopilot's own.
    own_count: u16,
    may_replace: bool,
    stage: Stage,
    said: Option<TimeUs>,
    tries: u8,
    upload_count: u8,
    answers: VecDeque<Say>,
    failed: Option<String>,
}

impl Upload {
    /// Of [`items`] to an autopilot of `firmware`; over a mission that is there only if it may.
    pub fn new(firmware: Firmware, items: Vec<Item>, may_replace: bool) -> Upload {
        Upload {
            items,
            own_count: u16::from(firmware == Firmware::ArduCopter),
            may_replace,
            stage: Stage::Looks,
            said: None,
            tries: 0,
            upload_count: 0,
            answers: VecDeque::new(),
            failed: None,
        }
    }

    /// Its items.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Whether something of the mission that was there may be gone by now.
    pub fn has_begun(&self) -> bool {
        self.upload_count > 0
    }

    /// `None` while it goes on; then why it failed, if it did.
    pub fn end(&self) -> Option<Result<(), &str>> {
        match (&self.failed, self.stage) {
            (Some(why), _) => Some(Err(why)),
            (None, Stage::Done) if self.answers.is_empty() => Some(Ok(())),
            _ => None,
        }
    }

    /// What to say at `now`, if anything; until it is `None`.
    pub fn due(&mut self, now: TimeUs) -> Option<Say> {
        if let Some(answer) = self.answers.pop_front() {
            return Some(answer);
        }
        let say = match self.stage {
            _ if self.failed.is_some() => return None,
            Stage::Done => return None,
            Stage::Sends { has_last } => {
                if now.since_us(*self.said.get_or_insert(now)) > SILENCE_US {
                    if has_last {
                        self.begin(Stage::Counts)
                    } else {
                        self.again("it asked for no more items")
                    }
                }
                return None;
            }
            Stage::Looks | Stage::Counts => Say::Read(ZoneRequest::List),
            Stage::Offers => Say::Count(self.items.len() as u16),
            Stage::Reads(seq) => Say::Read(ZoneRequest::Item(seq)),
        };
        if self.said.is_some_and(|said| now.since_us(said) < ANSWER_US) {
            return None;
        }
        if self.tries == TRIES_MAX {
            self.fail(format!("asked {TRIES_MAX} times, the autopilot did not answer: {say:?}"));
            return None;
        }
        (self.said, self.tries) = (Some(now), self.tries + 1);
        Some(say)
    }

    /// Takes a message of the autopilot, at `now`; we are `us` (system, component) to it.
    pub fn take(&mut self, id: u32, payload: Payload, us: (u8, u8), now: TimeUs) {
        // System, component, mission type.
        let [system, component, kind] = match id {
            MISSION_ITEM_INT => [32, 33, 37],
            MISSION_ACK => [0, 1, 3],
            MISSION_COUNT | MISSION_REQUEST | MISSION_REQUEST_INT => [2, 3, 4],
            _ => return,
        };
        if !is_for(us, payload.u8(system), payload.u8(component)) || payload.u8(kind) != TYPE_MISSION {
            return;
        }
        match id {
            MISSION_COUNT => self.take_count(payload.u16(0)),
            MISSION_ITEM_INT => self.take_item(payload),
            MISSION_ACK => self.take_ack(payload.u8(2)),
            _ => self.take_request(payload.u16(0), now),
        }
    }

    fn take_count(&mut self, count: u16) {
        match self.stage {
            Stage::Looks if count > self.own_count && !self.may_replace => {
                let count = count - self.own_count;
                self.fail(format!(
                    "a mission of {count} items is aboard: write --replace to put this in its place"
                ));
            }
            Stage::Looks => self.offer(),
            Stage::Counts if usize::from(count) != self.items.len() => {
                self.again(&format!("{count} items came back, not {}", self.items.len()));
            }
            Stage::Counts => self.begin(Stage::Reads(0)),
            _ => {}
        }
    }

    fn take_item(&mut self, payload: Payload) {
        let Stage::Reads(seq) = self.stage else { return };
        if payload.u16(28) != seq {
            return;
        }
        let (sent, told) = (self.items[usize::from(seq)], Item::read(payload));
        if seq >= self.own_count && !sent.is_told_as(&told) {
            return self.again(&format!("item {seq} came back as {told:?}, not {sent:?}"));
        }
        if usize::from(seq) + 1 == self.items.len() {
            self.begin(Stage::Done);
            self.answers.push_back(Say::Read(ZoneRequest::Thanks));
        } else {
            self.begin(Stage::Reads(seq + 1));
        }
    }

    fn take_request(&mut self, seq: u16, now: TimeUs) {
        let is_last = usize::from(seq) + 1 == self.items.len();
        let has_last = match self.stage {
            Stage::Offers => is_last,
            Stage::Sends { has_last } => has_last || is_last,
            _ => return,
        };
        if usize::from(seq) < self.items.len() {
            self.begin(Stage::Sends { has_last });
            self.said = Some(now);
            self.answers.push_back(Say::Item(seq));
        }
    }

    fn take_ack(&mut self, result: u8) {
        match (self.stage, result) {
            (Stage::Done, _) | (_, INVALID_SEQUENCE) => {}
            (Stage::Sends { has_last: true }, ACCEPTED | ERROR) => self.begin(Stage::Counts),
            (Stage::Offers | Stage::Sends { .. }, ERROR | CANCELLED) => {
                self.again(&format!("the autopilot gave up: {}", mission_result_name(result)));
            }
            (Stage::Counts | Stage::Reads(_), ERROR) | (_, ACCEPTED) => {}
            _ => self.fail(format!("the autopilot refuses: {}", mission_result_name(result))),
        }
    }

    fn offer(&mut self) {
        self.upload_count += 1;
        self.begin(Stage::Offers);
    }

    fn again(&mut self, why: &str) {
        if self.upload_count < UPLOADS_MAX {
            self.offer();
        } else {
            self.fail(format!("uploaded {UPLOADS_MAX} times in vain: {why}"));
        }
    }

    fn begin(&mut self, stage: Stage) {
        (self.stage, self.said, self.tries) = (stage, None, 0);
    }

    fn fail(&mut self, why: String) {
        self.answers.clear();
        self.failed.get_or_insert(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: (u8, u8) = (1, 192);
    const PLACE: Wgs84 = Wgs84 { lat_deg: 47.397_742, lon_deg: 8.545_594 };

    fn upload(may_replace: bool) -> Upload {
        Upload::new(Firmware::Px4, items(Firmware::Px4, &[(PLACE, 40.0)], 5.0), may_replace)
    }

    fn count(count: u16) -> [u8; 5] {
        let [low, high] = count.to_le_bytes();
        [low, high, US.0, US.1, TYPE_MISSION]
    }

    /// An autopilot that keeps `kept` of what it is sent; what it was told, until the end.
    fn talk(upload: &mut Upload, kept: impl Fn(Item) -> Item) -> Vec<Say> {
        let (mut told, mut now) = (Vec::new(), TimeUs(0));
        let mut aboard: Vec<Item> = Vec::new();
        while upload.end().is_none() && told.len() < 100 {
            while let Some(say) = upload.due(now) {
                told.push(say);
                match say {
                    Say::Read(ZoneRequest::List) => {
                        upload.take(MISSION_COUNT, Payload(&count(aboard.len() as u16)), US, now);
                    }
                    Say::Count(_) => {
                        aboard.clear();
                        upload.take(MISSION_REQUEST_INT, Payload(&count(0)), US, now);
                    }
                    Say::Item(seq) => {
                        aboard.push(kept(upload.items()[usize::from(seq)]));
                        if aboard.len() == upload.items().len() {
                            upload.take(MISSION_ACK, Payload(&[US.0, US.1, ACCEPTED, TYPE_MISSION]), US, now);
                        } else {
                            upload.take(MISSION_REQUEST_INT, Payload(&count(seq + 1)), US, now);
                        }
                    }
                    Say::Read(ZoneRequest::Item(seq)) => {
                        let bytes = aboard[usize::from(seq)].payload(seq, US);
                        upload.take(MISSION_ITEM_INT, Payload(&bytes), US, now);
                    }
                    Say::Read(ZoneRequest::Thanks) => {}
                }
            }
            now = now.plus_us(100_000);
        }
        told
    }

    #[test]
    fn what_comes_back_otherwise_is_uploaded_three_times_and_told() {
        let mut same = upload(false);
        let told = talk(&mut same, |item| item);
        assert_eq!(same.end(), Some(Ok(())));
        assert_eq!(told.iter().filter(|say| matches!(say, Say::Count(2))).count(), 1);
        let mut other = upload(false);
        let told = talk(&mut other, |item| Item { height_m: item.height_m + 1.0, ..item });
        assert!(other.end().unwrap().unwrap_err().contains("in vain"), "{:?}", other.end());
        assert_eq!(told.iter().filter(|say| matches!(say, Say::Count(2))).count(), 3);
    }

    #[test]
    fn nothing_is_offered_over_a_mission_or_without_an_answer() {
        let mut upload_over = upload(false);
        assert_eq!(upload_over.due(TimeUs(0)), Some(Say::Read(ZoneRequest::List)));
        upload_over.take(MISSION_COUNT, Payload(&[3, 0, US.0, 190, TYPE_MISSION]), US, TimeUs(0));
        assert!(upload_over.end().is_none(), "told to another");
        upload_over.take(MISSION_COUNT, Payload(&count(3)), US, TimeUs(0));
        assert!(upload_over.end().unwrap().unwrap_err().contains("--replace") && !upload_over.has_begun());
        let mut unanswered = upload(true);
        let asked = (0..200).filter(|n| unanswered.due(TimeUs(n * 100_000)).is_some()).count();
        assert!(asked == 6 && !unanswered.has_begun() && unanswered.end().unwrap().is_err());
    }
}
