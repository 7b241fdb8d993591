//! Where to fly next: the belief of the beacon's place (m about the flight's origin) and where the aircraft is in, a place with its reason
//! out.
//!
//! Legs lead to rings about the middle of the belief, so that they pass it. Each is judged by what would be left of the loss
//! ([`worth_mps`]); the leg by which it falls fastest per second is flown to its end, which goes with the middle of the belief. While legs
//! are judged, some in each pass, it flies to the middle. When no leg is worth its time, when the region is as small as was asked for, or
//! when the time for it is over, the middle is the goal: there it is held. Before anything is believed it flies straight on, for power along a line
//! tells what is ahead and what behind, then in ever wider triangles; a beacon that falls silent is looked for in an expanding square about
//! where it was believed to be.
//! A directional antenna is turned about before anything is believed, where a turn in place wins more a second than any leg, and in a silence.
//! Between bursts that come seldom nothing is heard on the way: there it flies to where the next one tells most, of what is reached by then.
//!
//! Not here: whether a way is safe (`interlock`), how a goal is flown (`steering`).

use super::turning::Turning;
use super::worth::{Standpoint, time_s, turn_worth_mps, worth_mps, worth_of_one_m};
use crate::belief::Belief;
use crate::command::Aim;
use crate::config::{Antenna, HomingConfig};
use crate::geo::NorthEast;
use crate::time::TimeUs;
use std::f64::consts::{FRAC_PI_2, TAU};

/// Rings about the middle on which legs end: shares of the radius of 50 %, no nearer than so many seconds and no further than. Two more
/// are about the aircraft: where the middle lies across a fence, none of the others may be reached.
const RINGS: [f64; 3] = [0.7, 1.5, 3.0];
const OWN_RINGS_S: [f64; 2] = [20.0, 45.0];
const RING_MIN_S: f64 = 8.0;
const RING_MAX_M: f64 = 250.0;
const BEARINGS: usize = 12;
const LEGS: usize = (RINGS.len() + OWN_RINGS_S.len()) * BEARINGS;
/// Legs judged in a pass: some 15 µs each on a desk.
const LEGS_PER_PASS: usize = 4;
/// A leg that wins less than this a second is not worth flying, m/s.
const WORTH_MPS: f64 = 0.05;
/// While the region is wider than this, no leg is too little worth, m.
const WIDE_M: f64 = 40.0;
/// So near to a goal is there, m.
const THERE_M: f64 = 4.0;
/// The beacon has moved away from where it is held: by this at least, m.
const LEFT_M: f64 = 15.0;
/// A beacon that moves is lost where its region is wider than so many times what was asked for.
const LOST_RATIO: f64 = 3.0;
/// Once small, a region is small until it is so many times what was asked for.
const KEPT_RATIO: f64 = 1.5;
/// A leg is given up after so many times what it should take.
const LEG_PATIENCE: f64 = 1.5;
/// Straight on for so long, then in triangles, each side longer than the one before by this share of the first.
const AHEAD_S: f64 = 20.0;
const AHEAD_GROWS: f64 = 0.25;
/// Bursts further apart than this are flown between, µs.
const SELDOM_US: f64 = 8e6;
/// It is at its place so long before a burst, s.
const EARLY_S: f64 = 4.0;
/// A burst that wins less than this is not worth waiting for, m.
const WORTH_M: f64 = 1.0;
/// Corners of the expanding square; then it begins anew.
const CORNERS: usize = 40;
/// Spacing of the expanding square: by the radius of 50 %, but between.
const SPACING_M: (f64, f64) = (20.0, 80.0);

/// A goal and its reason.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Goal {
    pub(super) to: NorthEast,
    pub(super) aim: Aim,
    /// How fast to turn there, where a turn is the aim, rad/s.
    pub(super) turn_rad_s: f64,
}

impl Goal {
    pub(super) const fn new(to: NorthEast, aim: Aim) -> Goal {
        Goal { to, aim, turn_rad_s: 0.0 }
    }
}

/// What a goal is asked for by.
#[derive(Copy, Clone, Debug)]
pub(super) struct Asked<'a> {
    pub(super) now: TimeUs,
    pub(super) belief: Option<&'a Belief>,
    /// Of a train that is heard.
    pub(super) period_us: Option<f64>,
    /// The beacon was not heard for too long.
    pub(super) is_unheard: bool,
}

/// A leg's end: so far from the middle, to this side; or a place.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Leg {
    About { bearing_rad: f64, radius_m: f64 },
    To(NorthEast),
}

impl Leg {
    fn end(&self, middle: NorthEast) -> NorthEast {
        match *self {
            Leg::About { bearing_rad, radius_m } => at_bearing(middle, bearing_rad, radius_m),
            Leg::To(place) => place,
        }
    }
}

/// What is being judged, and what is flown.
#[derive(Clone, Debug)]
pub(super) struct Guidance {
    hold_radius_m: f64,
    refine_us: u64,
    speed_mps: f64,
    /// The beacon may move.
    moves: bool,
    /// Since when it refines, and from where: there the beacon was heard.
    began: TimeUs,
    from: NorthEast,
    next_leg: usize,
    /// Of the round that goes on: what is won a second, and by which leg.
    best: Option<(f64, Leg)>,
    /// The leg that is flown, and when it is over in any case.
    leg: Option<(Leg, TimeUs)>,
    is_small: bool,
    is_over: bool,
    /// The end of the way straight on, and how many there were.
    ahead: Option<NorthEast>,
    ahead_count: u32,
    /// Where the next burst is awaited, how many observations there were before it, and since when.
    stand: Option<NorthEast>,
    heard: (u32, TimeUs),
    /// Corner of the expanding square that is flown to; the first is its middle.
    corner: usize,
    is_unheard: bool,
    turning: Turning,
}

impl Guidance {
    pub(super) fn new(settings: &HomingConfig, antenna: &Antenna) -> Guidance {
        Guidance {
            hold_radius_m: settings.hold_radius_m,
            refine_us: u64::from(settings.refine_us),
            speed_mps: settings.speed_mps,
            moves: settings.beacon_speed_mps > 0.0,
            began: TimeUs(0),
            from: NorthEast::default(),
            next_leg: 0,
            best: None,
            leg: None,
            is_small: false,
            is_over: false,
            ahead: None,
            ahead_count: 0,
            stand: None,
            heard: (0, TimeUs(0)),
            corner: 0,
            is_unheard: false,
            turning: Turning::new(settings, antenna),
        }
    }

    /// HOMING begins, anew or after HOLDING: then the time for making the place surer goes on.
    pub(super) fn begin(&mut self, now: TimeUs, at: NorthEast, is_anew: bool) {
        if is_anew || self.moves {
            (self.began, self.from) = (now, at);
            (self.is_small, self.is_over) = (false, false);
        }
        self.next_leg = 0;
        self.best = None;
        self.leg = None;
        self.ahead = None;
        self.ahead_count = 0;
        self.stand = None;
        self.corner = 0;
        self.turning.forget();
    }

    /// The goal of this pass; `is_allowed` says where it may be flown to, straight from where it is.
    pub(super) fn goal(
        &mut self,
        asked: &Asked<'_>,
        from: &Standpoint,
        is_allowed: &impl Fn(NorthEast) -> bool,
    ) -> Goal {
        if let Some((to, turn_rad_s)) = self.turning.follow(asked.now, from) {
            return Goal { to, aim: Aim::Turn, turn_rad_s };
        }
        let was_unheard = std::mem::replace(&mut self.is_unheard, asked.is_unheard);
        if asked.is_unheard {
            if !was_unheard {
                self.look_about(asked, from);
            }
            return self.recover(asked.belief, from, is_allowed);
        }
        self.corner = 0;
        let Some(belief) = asked.belief else {
            self.look_about(asked, from);
            return Goal::new(self.ahead(from, is_allowed), Aim::Ahead);
        };
        self.find(asked, belief, from, is_allowed)
    }

    /// A directional antenna is turned, where that was not done hereabouts; from the next pass on.
    fn look_about(&mut self, asked: &Asked<'_>, from: &Standpoint) {
        if self.turning.time_s(from.at, 0.0, asked.period_us).is_some() {
            self.turning.begin(asked.now, from, asked.period_us);
        }
    }

    /// The goal where something is believed.
    fn find(
        &mut self,
        asked: &Asked<'_>,
        belief: &Belief,
        from: &Standpoint,
        is_allowed: &impl Fn(NorthEast) -> bool,
    ) -> Goal {
        let Asked { now, period_us, .. } = *asked;
        let bound_m = self.hold_radius_m * if self.is_small { KEPT_RATIO } else { 1.0 };
        self.is_small = belief.radius_95_m <= bound_m;
        if self.is_small || now.since_us(self.began) >= self.refine_us || self.is_over {
            return Goal::new(belief.median, Aim::Place);
        }
        if let Some(period_us) = period_us.filter(|period_us| *period_us >= SELDOM_US) {
            let to = self.between_bursts(now, belief, period_us, from, is_allowed);
            return Goal::new(to, Aim::Survey);
        }
        if let Some((leg, until)) = self.leg {
            let to = leg.end(belief.median);
            if to.distance_m(from.at) > THERE_M && now.0 < until.0 && is_allowed(to) {
                return Goal::new(to, Aim::Survey);
            }
            self.leg = None;
        }
        self.judge(asked, belief, from, is_allowed);
        let to = self.leg.map_or(belief.median, |(leg, _)| leg.end(belief.median));
        Goal::new(to, Aim::Survey)
    }

    /// Where the next burst is awaited; while places are judged, the middle.
    fn between_bursts(
        &mut self,
        now: TimeUs,
        belief: &Belief,
        period_us: f64,
        from: &Standpoint,
        is_allowed: &impl Fn(NorthEast) -> bool,
    ) -> NorthEast {
        let is_late = now.since_us(self.heard.1) as f64 > 1.5 * period_us;
        if belief.observation_count != self.heard.0 || is_late {
            self.heard = (belief.observation_count, now);
            (self.stand, self.best, self.next_leg) = (None, None, 0);
        }
        self.stand = self.stand.filter(|stand| is_allowed(*stand));
        if let Some(stand) = self.stand {
            return stand;
        }
        let due_s = (period_us - now.since_us(self.heard.1) as f64) / 1e6 - EARLY_S;
        let reach_m = self.speed_mps * due_s.max(0.0);
        let end = |leg: &Leg| nearer(from.at, leg.end(belief.median), reach_m);
        let worth = |to: NorthEast| is_allowed(to).then(|| worth_of_one_m(belief, from, to));
        if let Some((won_m, leg)) = self.best_leg(belief, from, |leg| worth(end(leg))) {
            self.is_over = won_m < WORTH_M && belief.radius_95_m < WIDE_M;
            self.stand = Some(end(&leg));
        }
        self.stand.unwrap_or(belief.median)
    }

    fn candidate(&self, belief: &Belief, from: &Standpoint) -> Leg {
        let bearing_rad = TAU * self.next_leg as f64 / BEARINGS as f64;
        let ring = self.next_leg / BEARINGS;
        if let Some(share) = RINGS.get(ring) {
            let least_m = (RING_MIN_S * self.speed_mps).min(RING_MAX_M);
            let radius_m = (share * belief.radius_50_m).clamp(least_m, RING_MAX_M);
            return Leg::About { bearing_rad, radius_m };
        }
        let time_s = OWN_RINGS_S[ring - RINGS.len()];
        Leg::To(at_bearing(from.at, bearing_rad, time_s * self.speed_mps))
    }

    /// Where to look for a beacon that is not heard any more.
    fn recover(
        &mut self,
        belief: Option<&Belief>,
        from: &Standpoint,
        is_allowed: &impl Fn(NorthEast) -> bool,
    ) -> Goal {
        self.leg = None;
        let middle = belief.map_or(self.from, |belief| belief.median);
        let spacing_m =
            belief.map_or(SPACING_M.0, |belief| belief.radius_50_m.clamp(SPACING_M.0, SPACING_M.1));
        // What cannot be flown to is passed over, some in each pass.
        for _ in 0..LEGS_PER_PASS {
            let to = corner(middle, spacing_m, self.corner);
            if to.distance_m(from.at) > THERE_M && is_allowed(to) {
                return Goal::new(to, if self.corner == 0 { Aim::Return } else { Aim::Widen });
            }
            self.corner = (self.corner + 1) % CORNERS;
        }
        Goal::new(from.at, Aim::Widen)
    }

    fn ahead(&mut self, from: &Standpoint, is_allowed: &impl Fn(NorthEast) -> bool) -> NorthEast {
        if let Some(to) = self.ahead
            && to.distance_m(from.at) > THERE_M
            && is_allowed(to)
        {
            return to;
        }
        let turn_rad = if self.ahead.is_some() { TAU / 3.0 } else { 0.0 };
        let time_s = AHEAD_S * (1.0 + AHEAD_GROWS * f64::from(self.ahead_count));
        let sides = (0..BEARINGS).map(|n| {
            let side = if n % 2 == 0 { 1.0 } else { -1.0 };
            let bearing_rad =
                from.course_rad + turn_rad + side * n.div_ceil(2) as f64 * TAU / BEARINGS as f64;
            at_bearing(from.at, bearing_rad, time_s * self.speed_mps)
        });
        self.ahead = sides.into_iter().find(|to| is_allowed(*to));
        // Sides that no fence has room for are not made longer yet: it begins with the first.
        self.ahead_count = self.ahead.map_or(0, |_| self.ahead_count + 1);
        self.ahead.unwrap_or(from.at)
    }

    fn judge(
        &mut self,
        asked: &Asked<'_>,
        belief: &Belief,
        from: &Standpoint,
        is_allowed: &impl Fn(NorthEast) -> bool,
    ) {
        let speed_mps = self.speed_mps;
        let worth = |leg: &Leg| {
            let to = leg.end(belief.median);
            let is_open = to.distance_m(from.at) > THERE_M && is_allowed(to);
            is_open.then(|| worth_mps(belief, from, to, speed_mps))
        };
        if let Some((won_mps, leg)) = self.best_leg(belief, from, worth) {
            let away_m = from.at.distance_m(belief.median);
            let turn_s = self.turning.time_s(from.at, away_m, asked.period_us);
            if turn_s.is_some_and(|turn_s| turn_worth_mps(belief, from, turn_s) > won_mps.max(WORTH_MPS)) {
                self.turning.begin(asked.now, from, asked.period_us);
                return;
            }
            self.is_over = won_mps < WORTH_MPS && belief.radius_95_m < WIDE_M;
            let way_s = time_s(from, leg.end(belief.median), speed_mps);
            self.leg = Some((leg, asked.now.plus_us((LEG_PATIENCE * way_s * 1e6) as u64)));
        }
    }

    /// Judges some more legs; after the last of a round the best of it, with what it wins. A leg that may not be flown is worth nothing.
    fn best_leg(
        &mut self,
        belief: &Belief,
        from: &Standpoint,
        worth: impl Fn(&Leg) -> Option<f64>,
    ) -> Option<(f64, Leg)> {
        for _ in 0..LEGS_PER_PASS {
            let leg = self.candidate(belief, from);
            if let Some(won) = worth(&leg)
                && self.best.is_none_or(|(best, _)| won > best)
            {
                self.best = Some((won, leg));
            }
            self.next_leg += 1;
            if self.next_leg == LEGS {
                self.next_leg = 0;
                return self.best.take();
            }
        }
        None
    }

    /// Whether the place to hold is reached.
    pub(super) fn arrives(goal: Goal, at: NorthEast) -> bool {
        goal.aim == Aim::Place && goal.to.distance_m(at) <= THERE_M
    }

    /// Whether the beacon is believed elsewhere than where it is held, or may be, for it moves; `to` is where it would be held.
    pub(super) fn leaves(&self, belief: &Belief, to: NorthEast, at: NorthEast) -> bool {
        let is_lost = self.moves && belief.radius_95_m > LOST_RATIO * self.hold_radius_m;
        is_lost || to.distance_m(at) > LEFT_M.max(0.5 * belief.radius_95_m)
    }
}

fn at_bearing(from: NorthEast, bearing_rad: f64, away_m: f64) -> NorthEast {
    NorthEast {
        north_m: from.north_m + away_m * bearing_rad.cos(),
        east_m: from.east_m + away_m * bearing_rad.sin(),
    }
}

/// There, or as far as it reaches.
fn nearer(from: NorthEast, to: NorthEast, reach_m: f64) -> NorthEast {
    from.between(to, (reach_m / from.distance_m(to)).min(1.0))
}

/// Corners of an expanding square (IAMSAR manual, volume II, 5.5.4) about its middle, which is the first: legs north, east, south, west of
/// 1, 1, 2, 2, 3, 3 … spacings.
fn corner(middle: NorthEast, spacing_m: f64, number: usize) -> NorthEast {
    (0..number).fold(middle, |at, leg| {
        at_bearing(at, (leg % 4) as f64 * FRAC_PI_2, spacing_m * (leg / 2 + 1) as f64)
    })
}
