//! AUTO and AUTO.MISSION: the current item in, what it asks of the body out.
//!
//! ArduPilot `mode_auto.cpp` (on the ground a mission begins with a take-off), `AP_Mission` (a waypoint is reached within
//! WPNAV_RADIUS and passed without stopping when the next one follows; after the last item the aircraft hovers in AUTO); PX4
//! `mission_block.cpp` (NAV_ACC_RAD), guide "Mission Mode (Multicopter)" (begun on the ground it takes off first; after the last
//! item it holds). Corners are flown at a speed that falls with the angle.

use super::flight::{Here, Phase};
use super::mission::{self, FRAME_GLOBAL, FRAME_MISSION, Leg, Waypoint};
use super::motion::{Lead, Turn};
use super::{Aircraft, Mode};
use crate::scenario::Flavour;
use skyhound::geo::Wgs84;

impl Aircraft {
    pub(super) fn follow_mission(&mut self, here: Here) -> (Lead, Turn) {
        if self.mission.leg == Leg::None {
            self.begin_item(here);
        }
        let (is_px4, is_landed) = (self.flavour == Flavour::Px4, self.flight.is_landed);
        match self.mission.leg {
            Leg::TakeOff(up_m) => {
                if !is_landed && here.is_at_height(up_m) {
                    self.finish_item();
                }
                (self.climb(here, up_m), Turn::Hold)
            }
            // PX4 on the ground: up to the first item's height, then on.
            Leg::Go { to_m, .. } if is_landed && is_px4 => (self.climb(here, to_m[2]), Turn::Hold),
            _ if is_landed && is_px4 => (Lead::Idle, Turn::Hold),
            Leg::Go { .. } if is_landed => (Lead::Idle, Turn::Hold),
            Leg::Go { to_m, stay_us, corner_mps } => {
                let lead = self.towards(here, to_m, corner_mps);
                let turn = self.turn_along(here, to_m);
                self.judge_arrival(here, to_m, stay_us);
                (lead, turn)
            }
            Leg::Land => (self.descend(here), Turn::Hold),
            Leg::Return => self.return_home(here),
            Leg::None | Leg::Over => (self.stay(here), Turn::Hold),
        }
    }

    fn judge_arrival(&mut self, here: Here, to_m: [f64; 3], stay_us: Option<u64>) {
        let accept_m = self.tuned.accept_m;
        if here.far_m(to_m) >= accept_m || (to_m[2] - here.at_m[2]).abs() >= accept_m {
            return;
        }
        let now_us = self.now_us();
        let since_us = *self.mission.arrived_us.get_or_insert(now_us);
        if stay_us.is_some_and(|stay_us| now_us - since_us >= stay_us) {
            self.finish_item();
        }
    }

    fn finish_item(&mut self) {
        self.flight.held_m = None;
        if self.flavour == Flavour::ArduCopter {
            let text = format!("Reached command #{}", self.mission.current());
            self.tell(6, text);
        }
        self.mission.advance(true);
        let here = self.here();
        self.begin_item(here);
    }

    /// Carries out items that take no time, up to one that does.
    fn begin_item(&mut self, here: Here) {
        loop {
            let Some(&item) = self.mission.item() else {
                return self.end_mission();
            };
            if let Some(leg) = self.leg_of(&item, here) {
                if leg == Leg::Return {
                    self.flight.phase = Phase::Begin;
                }
                self.mission.leg = leg;
                return;
            }
            if item.command == mission::CHANGE_SPEED && item.params[1] > 0.0 {
                self.flight.speed_mps = Some(f64::from(item.params[1]));
            }
            self.mission.advance(false);
        }
    }

    fn end_mission(&mut self) {
        self.mission.leg = Leg::Over;
        self.flight.held_m = None;
        if self.mission.is_flyable() {
            self.tell(6, self.flavour.pick("Mission complete", "Mission finished, loitering").into());
        }
    }

    fn leg_of(&self, item: &Waypoint, here: Here) -> Option<Leg> {
        let to_m = self.place_of(item, here);
        let seconds = |seconds: f32| Some((f64::from(seconds.max(0.0)) * 1e6) as u64);
        match item.command {
            mission::TAKE_OFF => Some(Leg::TakeOff(to_m[2])),
            mission::WAYPOINT => {
                let corner_mps = if item.params[0] > 0.0 { 0.0 } else { self.corner_mps(to_m, here) };
                Some(Leg::Go { to_m, stay_us: seconds(item.params[0]), corner_mps })
            }
            mission::LOITER_UNLIMITED => Some(Leg::Go { to_m, stay_us: None, corner_mps: 0.0 }),
            mission::LOITER_TIME => Some(Leg::Go { to_m, stay_us: seconds(item.params[0]), corner_mps: 0.0 }),
            mission::LAND => Some(Leg::Land),
            mission::RETURN => Some(Leg::Return),
            _ => None,
        }
    }

    /// (1 + cos of the angle) / 2 of the speed; none at the last item.
    fn corner_mps(&self, to_m: [f64; 3], here: Here) -> f64 {
        let Some(after) = self.mission.item_after() else { return 0.0 };
        let next_m = self.place_of(after, here);
        let legs = [here.way_m(to_m), [next_m[0] - to_m[0], next_m[1] - to_m[1]]];
        let lengths = legs.map(|leg| leg[0].hypot(leg[1]));
        if lengths[0] * lengths[1] == 0.0 {
            return 0.0;
        }
        let cos = (legs[0][0] * legs[1][0] + legs[0][1] * legs[1][1]) / (lengths[0] * lengths[1]);
        // No faster than the next leg can brake away again.
        let most = (self.tuned.limits.acceleration_mps2 * lengths[1]).sqrt();
        (0.5 * (1.0 + cos) * self.speed_mps()).min(most)
    }

    /// Where an item is: north, east, up.
    fn place_of(&self, item: &Waypoint, here: Here) -> [f64; 3] {
        let up_m = match item.frame {
            FRAME_GLOBAL => item.alt_m - self.place.alt_amsl_m,
            FRAME_MISSION => here.at_m[2],
            _ => item.alt_m + self.home_m()[2],
        };
        if item.place == (Wgs84 { lat_deg: 0.0, lon_deg: 0.0 }) {
            return [here.at_m[0], here.at_m[1], up_m];
        }
        let at = self.origin.ned_from_wgs84(item.place);
        [at.north_m, at.east_m, up_m]
    }

    /// ArduPilot's AUTO and PX4's AUTO.MISSION, from a request.
    pub(super) fn mission_refusal(&self) -> Option<&'static str> {
        if !self.mission.is_flyable() {
            let why = ("Mode change to AUTO failed: init failed", "No valid mission available");
            return Some(self.flavour.pick(why.0, why.1));
        }
        let starts_on_ground = self.flight.armed && self.flight.is_landed;
        let needs_take_off = self.flavour == Flavour::ArduCopter && starts_on_ground;
        let lacks =
            needs_take_off && !self.mission.begins_with_take_off() && self.flight.mode != Mode::Mission;
        lacks.then_some("Auto: Missing Takeoff Cmd")
    }
}
