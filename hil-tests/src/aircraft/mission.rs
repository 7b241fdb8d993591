//! Missions: items as they are on the wire, and how far the aircraft has come in them.
//!
//! Item semantics: MAVLink `MAV_CMD_NAV_*`; ArduPilot `AP_Mission` (item 0 is home, a mission that is over leaves the aircraft
//! hovering in AUTO); PX4 guide "Mission Mode (Multicopter)" (after the last item it holds; that item 0 is the first and the mode
//! stays AUTO.MISSION: as remembered, not checked).

use crate::scenario::{Flavour, Place};
use skyhound::geo::{NorthEast, Origin, Wgs84};

// MAV_CMD, then MAV_FRAME, by their numbers.
pub const WAYPOINT: u16 = 16;
pub const LOITER_UNLIMITED: u16 = 17;
pub const LOITER_TIME: u16 = 19;
pub const RETURN: u16 = 20;
pub const LAND: u16 = 21;
pub const TAKE_OFF: u16 = 22;
pub const CHANGE_SPEED: u16 = 178;

pub const FRAME_GLOBAL: u8 = 0;
pub const FRAME_MISSION: u8 = 2;
pub const FRAME_GLOBAL_RELATIVE: u8 = 3;

/// MISSION_ITEM_INT.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Waypoint {
    /// MAV_FRAME: global (0: AMSL), mission (2: no place), any other is about home.
    pub frame: u8,
    /// MAV_CMD.
    pub command: u16,
    /// Parameters 1 to 4.
    pub params: [f32; 4],
    /// Where; 0/0 = where the aircraft is then.
    pub place: Wgs84,
    /// Altitude in the frame's datum.
    pub alt_m: f64,
}

impl Waypoint {
    /// An item without a place.
    pub fn plain(command: u16, params: [f32; 4]) -> Waypoint {
        let place = Wgs84 { lat_deg: 0.0, lon_deg: 0.0 };
        Waypoint { frame: FRAME_MISSION, command, params, place, alt_m: 0.0 }
    }

    /// An item at a place, altitude above home.
    pub fn at(command: u16, place: Wgs84, alt_m: f64) -> Waypoint {
        Waypoint { frame: FRAME_GLOBAL_RELATIVE, command, params: [0.0; 4], place, alt_m }
    }
}

/// A mission as both flavours take it: take-off (when not in the air yet), speed, the points (north, east, up of home), and
/// then staying over the last one. For ArduPilot with home as item 0.
pub fn plan(
    flavour: Flavour,
    home: &Place,
    take_off: bool,
    speed_mps: f64,
    points_m: &[[f64; 3]],
) -> Vec<Waypoint> {
    let origin = Origin::new(Wgs84 { lat_deg: home.lat_deg, lon_deg: home.lon_deg });
    let mut items = Vec::with_capacity(points_m.len() + 3);
    if flavour == Flavour::ArduCopter {
        let at_home = Waypoint::at(WAYPOINT, origin.place(), home.alt_amsl_m);
        items.push(Waypoint { frame: FRAME_GLOBAL, ..at_home });
    }
    if take_off {
        let alt_m = points_m.first().map_or(10.0, |point| point[2]);
        items.push(Waypoint::at(TAKE_OFF, origin.place(), alt_m));
    }
    items.push(Waypoint::plain(CHANGE_SPEED, [1.0, speed_mps as f32, -1.0, 0.0]));
    for (index, &[north_m, east_m, up_m]) in points_m.iter().enumerate() {
        let command = if index + 1 == points_m.len() { LOITER_UNLIMITED } else { WAYPOINT };
        items.push(Waypoint::at(command, origin.wgs84_from_ned(NorthEast { north_m, east_m }), up_m));
    }
    items
}

/// What the current item asks for.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) enum Leg {
    /// To be begun.
    None,
    /// Up to a height.
    TakeOff(f64),
    /// To a place; there for this long (`None` = for good); arriving at a corner speed.
    Go { to_m: [f64; 3], stay_us: Option<u64>, corner_mps: f64 },
    /// Down.
    Land,
    /// As RTL.
    Return,
    /// No item is left.
    Over,
}

/// A mission and how far it has come.
#[derive(Clone, Debug)]
pub(crate) struct Mission {
    /// As they were uploaded.
    pub(crate) items: Vec<Waypoint>,
    first: usize,
    current: usize,
    pub(super) leg: Leg,
    /// It is at the current item since then.
    pub(super) arrived_us: Option<u64>,
    /// The last item reached, and how many were.
    pub(super) reached: (u16, u32),
}

impl Mission {
    pub(super) fn new(flavour: Flavour) -> Mission {
        let first = usize::from(flavour == Flavour::ArduCopter);
        let (items, leg, reached) = (Vec::new(), Leg::None, (0, 0));
        Mission { items, first, current: first, leg, arrived_us: None, reached }
    }

    /// Whether there is something to fly.
    pub(super) fn is_flyable(&self) -> bool {
        self.items.len() > self.first
    }

    pub(super) fn begins_with_take_off(&self) -> bool {
        self.items.get(self.current.max(self.first)).is_some_and(|item| item.command == TAKE_OFF)
    }

    /// The current item is begun anew.
    pub(super) fn resume(&mut self) {
        self.leg = Leg::None;
        self.arrived_us = None;
    }

    /// Back to the first item.
    pub(super) fn rewind(&mut self) {
        self.current = self.first;
        self.resume();
    }

    pub(super) fn is_landing(&self) -> bool {
        matches!(self.leg, Leg::Land | Leg::Return)
    }

    /// MISSION_CURRENT.seq.
    pub(super) fn current(&self) -> u16 {
        self.current.min(self.items.len().saturating_sub(1)) as u16
    }

    /// None when it is over.
    pub(super) fn item(&self) -> Option<&Waypoint> {
        self.items.get(self.current)
    }

    /// The next item that has a place.
    pub(super) fn item_after(&self) -> Option<&Waypoint> {
        self.items.iter().skip(self.current + 1).find(|item| item.frame != FRAME_MISSION)
    }

    /// The current item is done.
    pub(super) fn advance(&mut self, reached: bool) {
        if reached {
            self.reached = (self.current(), self.reached.1 + 1);
        }
        self.current += 1;
        self.resume();
    }
}
