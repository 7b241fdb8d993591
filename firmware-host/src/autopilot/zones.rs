//! The fence uploaded to the autopilot, read by the mission protocol (mavlink.io, "Mission Protocol"; type fence): list, count,
//! item by item, acknowledged. Nothing is ever uploaded here.
//!
//! What goes lost is asked for again; an autopilot that does not answer is left alone for a while. The count is asked for each
//! 5 s: an upload on another link shows by it, or by the opaque id that newer firmware sends with it. The items are read when
//! either changed, each minute, and when someone else's upload was acknowledged. Only what is addressed to us, or to everybody,
//! within our own reading counts, and only by its number in turn: a ground station may read at the same time.

use skyhound::geo::Wgs84;
use skyhound::limits::ZONE_CORNERS_MAX;
use skyhound::time::TimeUs;
use skyhound::vehicle::Zones;

use super::payload::Payload;

/// MAV_MISSION_TYPE_FENCE.
pub const TYPE_FENCE: u8 = 1;
const ACCEPTED: u8 = 0;
const UNSUPPORTED: u8 = 3;
const POLYGON_INSIDE: u16 = 5001;
const POLYGON_OUTSIDE: u16 = 5002;
const CIRCLE_INSIDE: u16 = 5003;
const CIRCLE_OUTSIDE: u16 = 5004;
const RETURN_POINT: u16 = 5000;
/// MAV_FRAME_GLOBAL, _RELATIVE_ALT, _INT, _RELATIVE_ALT_INT, _TERRAIN_ALT, _TERRAIN_ALT_INT: latitude and longitude.
const FRAMES: [u8; 6] = [0, 3, 5, 6, 10, 11];

/// Over a radio modem an answer takes up to 0.5 s.
const ANSWER_US: u64 = 1_000_000;
const TRIES_MAX: u8 = 5;
const READ_EVERY_US: u64 = 60_000_000;
const COUNT_EVERY_US: u64 = 5_000_000;
/// After a reading that failed, or a change that was heard of.
const READ_AGAIN_US: u64 = 5_000_000;
/// More items than any fence that is understood here has.
const ITEMS_MAX: u16 = 512;

/// What is sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ZoneRequest {
    /// MISSION_REQUEST_LIST.
    List,
    /// MISSION_REQUEST_INT of this item.
    Item(u16),
    /// MISSION_ACK: we have it all.
    Thanks,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum State {
    /// Until then.
    Rests(TimeUs),
    AsksCount,
    AsksItem {
        seq: u16,
        count: u16,
    },
    Thanks,
}

/// Reads it.
#[derive(Debug)]
pub struct ZoneReader {
    state: State,
    asked: Option<TimeUs>,
    tries: u8,
    count_asked: TimeUs,
    /// Count and opaque id, as told last, and of what was read, with when that began.
    told: (u16, u32),
    known: Option<((u16, u32), TimeUs)>,
    has_changed: bool,
    has_failed: bool,
    zones: Zones,
    polygon: Vec<Wgs84>,
    /// Of the polygon that is being read: command, corners.
    polygon_is: (u16, usize),
}

impl Default for ZoneReader {
    fn default() -> ZoneReader {
        ZoneReader {
            state: State::Rests(TimeUs(0)),
            asked: None,
            tries: 0,
            count_asked: TimeUs(0),
            told: (0, 0),
            known: None,
            has_changed: false,
            has_failed: false,
            zones: Zones::default(),
            polygon: Vec::with_capacity(ZONE_CORNERS_MAX),
            polygon_is: (0, 0),
        }
    }
}

impl ZoneReader {
    /// What to send at `now`, if anything.
    pub fn due(&mut self, now: TimeUs) -> Option<ZoneRequest> {
        match self.state {
            State::Rests(until) if now < until => None,
            State::Rests(_) => self.ask(State::AsksCount, now),
            State::Thanks => {
                self.rest(now, COUNT_EVERY_US);
                Some(ZoneRequest::Thanks)
            }
            _ if self.asked.is_some_and(|asked| now.since_us(asked) < ANSWER_US) => None,
            _ if self.tries >= TRIES_MAX => {
                self.has_failed = true;
                self.rest(now, READ_AGAIN_US);
                None
            }
            state => {
                self.asked = Some(now);
                self.tries += 1;
                request(state)
            }
        }
    }

    /// Whether the last try to read it came to nothing.
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Whether what was read is not there any more, and what is there could not be read.
    pub fn is_outdated(&self) -> bool {
        self.has_changed && self.has_failed
    }

    /// Takes MISSION_COUNT for `us` (system, component). Returns the fence when it is read.
    pub fn take_count(&mut self, payload: Payload, us: (u8, u8)) -> Option<Zones> {
        let is_mine = is_for(us, payload.u8(2), payload.u8(3)) && payload.u8(4) == TYPE_FENCE;
        if !is_mine || self.state != State::AsksCount {
            return None;
        }
        self.told = (payload.u16(0), payload.u32(5));
        let is_new = |(_, read): (_, TimeUs)| self.count_asked.since_us(read) < READ_EVERY_US;
        let is_same = self.known.is_some_and(|known| known.0 == self.told);
        self.has_changed |= self.known.is_some() && !is_same;
        if is_same && !self.has_changed && self.known.is_some_and(is_new) {
            self.begin(State::Thanks);
            return None;
        }
        (self.zones, self.polygon_is) = (Zones::default(), (0, 0));
        self.polygon.clear();
        match payload.u16(0) {
            0 => Some(self.end()),
            count if count > ITEMS_MAX => {
                self.zones.is_cut = true;
                Some(self.end())
            }
            count => {
                self.begin(State::AsksItem { seq: 0, count });
                None
            }
        }
    }

    /// Takes MISSION_ITEM_INT for `us`. Returns the fence when it is read.
    pub fn take_item(&mut self, payload: Payload, us: (u8, u8)) -> Option<Zones> {
        let State::AsksItem { seq, count } = self.state else { return None };
        let is_mine = is_for(us, payload.u8(32), payload.u8(33)) && payload.u8(37) == TYPE_FENCE;
        if !is_mine || payload.u16(28) != seq {
            return None;
        }
        self.read(payload);
        if seq + 1 == count {
            self.zones.is_cut |= !self.polygon.is_empty();
            return Some(self.end());
        }
        self.begin(State::AsksItem { seq: seq + 1, count });
        None
    }

    /// Takes MISSION_ACK. Returns the fence when it is known thereby: there is none.
    pub fn take_ack(&mut self, payload: Payload, us: (u8, u8), now: TimeUs) -> Option<Zones> {
        if payload.u8(3) != TYPE_FENCE {
            return None;
        }
        let is_reading = matches!(self.state, State::AsksCount | State::AsksItem { .. });
        if !is_for(us, payload.u8(0), payload.u8(1)) || !is_reading {
            // Somebody's upload.
            if payload.u8(2) == ACCEPTED && matches!(self.state, State::Rests(_)) {
                (self.state, self.known) = (State::Rests(now), None);
            }
            return None;
        }
        if payload.u8(2) == UNSUPPORTED && self.state == State::AsksCount {
            self.rest(now, READ_EVERY_US);
            return Some(Zones::default());
        }
        self.has_failed = true;
        self.rest(now, READ_AGAIN_US);
        None
    }

    fn ask(&mut self, state: State, now: TimeUs) -> Option<ZoneRequest> {
        self.begin(state);
        self.count_asked = now;
        (self.asked, self.tries) = (Some(now), 1);
        request(state)
    }

    fn begin(&mut self, state: State) {
        (self.state, self.asked, self.tries) = (state, None, 0);
    }

    fn rest(&mut self, now: TimeUs, rest_us: u64) {
        self.begin(State::Rests(now.plus_us(rest_us)));
    }

    fn end(&mut self) -> Zones {
        self.begin(State::Thanks);
        self.known = Some((self.told, self.count_asked));
        (self.has_changed, self.has_failed) = (false, false);
        self.zones
    }

    fn read(&mut self, payload: Payload) {
        let (command, param1) = (payload.u16(30), payload.finite(0).unwrap_or(0.0));
        let place = Wgs84::checked(f64::from(payload.i32(16)) / 1e7, f64::from(payload.i32(20)) / 1e7);
        let place = place.filter(|_| FRAMES.contains(&payload.u8(34)));
        match (command, place) {
            (RETURN_POINT, _) => {}
            (POLYGON_INSIDE | POLYGON_OUTSIDE, Some(corner)) => self.read_corner(command, param1, corner),
            (CIRCLE_INSIDE | CIRCLE_OUTSIDE, Some(center)) => {
                self.zones.push_circle(command == CIRCLE_INSIDE, center, param1);
            }
            _ => self.zones.is_cut = true,
        }
    }

    fn read_corner(&mut self, command: u16, corner_count: f64, corner: Wgs84) {
        let is = (command, corner_count.clamp(0.0, f64::from(u16::MAX)) as usize);
        if self.polygon.is_empty() {
            self.polygon_is = is;
        }
        if self.polygon_is != is || is.1 > ZONE_CORNERS_MAX {
            self.zones.is_cut = true;
            self.polygon.clear();
            return;
        }
        self.polygon.push(corner);
        if self.polygon.len() == is.1 {
            self.zones.push_polygon(command == POLYGON_INSIDE, &self.polygon);
            self.polygon.clear();
        }
    }
}

fn request(state: State) -> Option<ZoneRequest> {
    match state {
        State::AsksCount => Some(ZoneRequest::List),
        State::AsksItem { seq, .. } => Some(ZoneRequest::Item(seq)),
        State::Rests(_) | State::Thanks => None,
    }
}

/// Whether a message is for `us`, or for everybody.
pub fn is_for(us: (u8, u8), system: u8, component: u8) -> bool {
    [0, us.0].contains(&system) && [0, us.1].contains(&component)
}

#[cfg(test)]
mod tests;
