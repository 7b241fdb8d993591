//! Where to fly next: the belief of the beacon's place (m about the flight's origin) and where the aircraft is in, a place out.
//!
//! Legs lead to rings about the middle of the belief, so that they pass it. Each is judged by what would be left of the loss: for each
//! hypothesis h taken for true, how well the powers heard along the leg would tell it from every other h′. They differ by Δ = the change of
//! 10·n·log10 d from here to there under h less that under h′, against a spread that shadowing makes, so h′ keeps the weight
//! exp(−½·Σ Δ²/(2s²)); the loss is the mean distance that remains, no more than a bound for each, so that a few hypotheses far off do
//! not lead. The leg by which it falls fastest per second is flown to its end (expected loss: Lindley 1956; of search: Stone, *Theory
//! of Optimal Search*, 1975; turning takes time too); its end goes with the middle of the belief. While legs are judged, some in each pass, it flies to
//! the middle. When no leg is worth its time, when the region is as small as was asked for, or when the time for it is over, the middle
//! is the goal: there it is held.
//!
//! Not here: whether a way is safe (`interlock`), how a goal is flown (`steering`).

use crate::belief::{Belief, HYPOTHESES};
use crate::config::HomingConfig;
use crate::geo::{NorthEast, wrap_pi};
use crate::time::TimeUs;
use std::f64::consts::TAU;

/// Rings about the middle on which legs end: shares of the radius of 50 %, no nearer than so many seconds and no further than.
const RINGS: [f64; 3] = [0.7, 1.5, 3.0];
const RING_MIN_S: f64 = 10.0;
const RING_MAX_M: f64 = 250.0;
const BEARINGS: usize = 12;
const LEGS: usize = RINGS.len() * BEARINGS;
/// Legs judged in a pass.
const LEGS_PER_PASS: usize = 6;
/// Steps of a leg at which power is thought of.
const SAMPLES: usize = 6;
/// What no shadowing explains, dB².
const NOISE_DB2: f64 = 1.0;
/// No hypothesis counts as further off than this, m.
const LOSS_MAX_M: f64 = 150.0;
/// A leg that wins less than this a second is not worth flying, m/s.
const WORTH_MPS: f64 = 0.05;
/// While the region is wider than this, no leg is too little worth, m.
const WIDE_M: f64 = 40.0;
/// So near to a goal is there, m.
const THERE_M: f64 = 4.0;
/// The beacon has moved away from where it is held: by this at least, m.
const LEFT_M: f64 = 15.0;
/// Turning about takes this long, s.
const TURN_S: f64 = 4.0;
/// Once small, a region is small until it is so many times what was asked for.
const KEPT_RATIO: f64 = 1.5;
/// A leg is given up after so many times what it should take.
const LEG_PATIENCE: f64 = 1.5;

/// Why a goal is flown to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// What is heard on the way tells most.
    Survey,
    /// The beacon is believed to be there.
    Place,
}

/// A leg: its end is so far from the middle, to this side.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Leg {
    bearing_rad: f64,
    radius_m: f64,
}

impl Leg {
    fn end(&self, middle: NorthEast) -> NorthEast {
        NorthEast {
            north_m: middle.north_m + self.radius_m * self.bearing_rad.cos(),
            east_m: middle.east_m + self.radius_m * self.bearing_rad.sin(),
        }
    }
}

/// What is being judged, and what is flown.
#[derive(Clone, Debug)]
pub(super) struct Guidance {
    hold_radius_m: f64,
    refine_us: u64,
    speed_mps: f64,
    /// Since when it refines.
    began: TimeUs,
    next_leg: usize,
    /// Of the round that goes on: what is won a second, and by which leg.
    best: Option<(f64, Leg)>,
    /// The leg that is flown, and when it is over in any case.
    leg: Option<(Leg, TimeUs)>,
    is_small: bool,
    is_over: bool,
}

impl Guidance {
    pub(super) fn new(settings: &HomingConfig) -> Guidance {
        Guidance {
            hold_radius_m: settings.hold_radius_m,
            refine_us: u64::from(settings.refine_us),
            speed_mps: settings.speed_mps,
            began: TimeUs(0),
            next_leg: 0,
            best: None,
            leg: None,
            is_small: false,
            is_over: false,
        }
    }

    /// HOMING begins.
    pub(super) fn begin(&mut self, now: TimeUs) {
        self.began = now;
        self.next_leg = 0;
        self.best = None;
        self.leg = None;
        self.is_small = false;
        self.is_over = false;
    }

    /// The goal of this pass, from where the aircraft is, its height over the beacon and its course; `is_allowed` says where it may go.
    pub(super) fn goal(
        &mut self,
        now: TimeUs,
        belief: &Belief,
        from: &Standpoint,
        is_allowed: impl Fn(NorthEast) -> bool,
    ) -> (NorthEast, Aim) {
        let bound_m = self.hold_radius_m * if self.is_small { KEPT_RATIO } else { 1.0 };
        self.is_small = belief.radius_95_m <= bound_m;
        if self.is_small || now.since_us(self.began) >= self.refine_us || self.is_over {
            return (belief.median, Aim::Place);
        }
        if let Some((leg, until)) = self.leg {
            let to = leg.end(belief.median);
            if to.distance_m(from.at) > THERE_M && now.0 < until.0 && is_allowed(to) {
                return (to, Aim::Survey);
            }
            self.leg = None;
        }
        self.judge(now, belief, from, is_allowed);
        (self.leg.map_or(belief.median, |(leg, _)| leg.end(belief.median)), Aim::Survey)
    }

    fn judge(
        &mut self,
        now: TimeUs,
        belief: &Belief,
        from: &Standpoint,
        is_allowed: impl Fn(NorthEast) -> bool,
    ) {
        for _ in 0..LEGS_PER_PASS {
            let radius_m = RINGS[self.next_leg / BEARINGS] * belief.radius_50_m;
            let leg = Leg {
                bearing_rad: TAU * (self.next_leg % BEARINGS) as f64 / BEARINGS as f64,
                radius_m: radius_m.clamp((RING_MIN_S * self.speed_mps).min(RING_MAX_M), RING_MAX_M),
            };
            let to = leg.end(belief.median);
            if to.distance_m(from.at) > THERE_M && is_allowed(to) {
                let won_mps = worth_mps(belief, from, to, self.speed_mps);
                if self.best.is_none_or(|(best, _)| won_mps > best) {
                    self.best = Some((won_mps, leg));
                }
            }
            self.next_leg += 1;
            if self.next_leg == LEGS {
                self.next_leg = 0;
                if let Some((won_mps, leg)) = self.best.take() {
                    self.is_over = won_mps < WORTH_MPS && belief.radius_95_m < WIDE_M;
                    let way_s = time_s(from, leg.end(belief.median), self.speed_mps);
                    self.leg = Some((leg, now.plus_us((LEG_PATIENCE * way_s * 1e6) as u64)));
                }
                return;
            }
        }
    }

    /// Whether the place to hold is reached.
    pub(super) fn arrives(goal: (NorthEast, Aim), at: NorthEast) -> bool {
        goal.1 == Aim::Place && goal.0.distance_m(at) <= THERE_M
    }

    /// Whether the beacon is believed elsewhere than where it is held.
    pub(super) fn leaves(belief: &Belief, at: NorthEast) -> bool {
        belief.median.distance_m(at) > LEFT_M.max(0.5 * belief.radius_95_m)
    }
}

/// Where the aircraft is and how it flies.
#[derive(Copy, Clone, Debug)]
pub(super) struct Standpoint {
    pub(super) at: NorthEast,
    /// Over the beacon's supposed ground, m.
    pub(super) height_m: f64,
    pub(super) course_rad: f64,
}

/// Time to fly from here to there, turning to it first.
fn time_s(from: &Standpoint, to: NorthEast, speed_mps: f64) -> f64 {
    let (north_m, east_m) = (to.north_m - from.at.north_m, to.east_m - from.at.east_m);
    let turn_rad = wrap_pi(east_m.atan2(north_m) - from.course_rad).abs();
    north_m.hypot(east_m) / speed_mps + TURN_S * turn_rad / std::f64::consts::PI + 1.0
}

/// Loss that is won per second of flying from here to there, m/s.
fn worth_mps(belief: &Belief, from: &Standpoint, to: NorthEast, speed_mps: f64) -> f64 {
    let length_m = from.at.distance_m(to);
    let mut heard = [[0.0_f32; SAMPLES + 1]; HYPOTHESES];
    for (heard, hypothesis) in heard.iter_mut().zip(&belief.hypotheses) {
        for (n, power_db) in heard.iter_mut().enumerate() {
            let share = n as f64 / SAMPLES as f64;
            let at = NorthEast {
                north_m: from.at.north_m + share * (to.north_m - from.at.north_m),
                east_m: from.at.east_m + share * (to.east_m - from.at.east_m),
            };
            *power_db = hypothesis.power_db(at, from.height_m as f32, belief.antenna);
        }
        let here = heard[0];
        heard.iter_mut().for_each(|power_db| *power_db -= here);
    }
    let step_m = (length_m / SAMPLES as f64).max(0.1);
    let (correlation_m, variance) = (belief.fit.correlation_m, belief.fit.spread_db.powi(2) + NOISE_DB2);
    let level = (step_m / (4.0 * correlation_m * variance)) as f32;
    let slope = (correlation_m / (4.0 * step_m * variance)) as f32;
    let (mut before, mut after) = (0.0_f64, 0.0_f64);
    for (one, h) in heard.iter().zip(&belief.hypotheses) {
        let (mut weight, mut sum, mut all) = (0.0_f32, 0.0_f32, 0.0_f32);
        for (other, i) in heard.iter().zip(&belief.hypotheses) {
            let mut told = 0.0;
            let mut last = 0.0;
            for k in 1..=SAMPLES {
                let apart = one[k] - other[k];
                told += level * apart * apart + slope * (apart - last) * (apart - last);
                last = apart;
            }
            let kept = (-told).exp();
            let apart_m = h.at.distance_m(i.at).min(LOSS_MAX_M) as f32;
            weight += kept;
            sum += kept * apart_m;
            all += apart_m;
        }
        before += f64::from(all) / HYPOTHESES as f64;
        after += f64::from(sum / weight);
    }
    (before - after) / HYPOTHESES as f64 / time_s(from, to, speed_mps)
}
