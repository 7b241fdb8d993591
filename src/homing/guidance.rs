//! Where to fly next: the belief of the beacon's place (m about the flight's origin) and where the aircraft is in, a place out.
//!
//! Each of the legs that could be flown now (to places around, to the mean, around it) is judged by what would be left of the loss: for each
//! hypothesis h taken for true, how well the powers heard along the leg would tell it from every other h′. They differ by Δ = the change of
//! 10·n·log10 d from here to there under h less that under h′, against a spread that shadowing makes, so h′ keeps the weight
//! exp(−½·Σ Δ²/(2s²)); the loss is the root of the mean square distance that remains. The leg by which it falls fastest per second is
//! flown (expected loss reduction: Lindley 1956; of search: Stone, *Theory of Optimal Search*, 1975; turning time counts). Some legs are
//! judged in each pass; after a round the best is the goal until the next round is over. When no leg is worth its time, when the region
//! is as small as was asked for, or when the time for it is over, the goal is the mean: there it is held.
//!
//! Not here: whether a way is safe (`interlock`), how a goal is flown (`steering`).

use crate::belief::{Belief, HYPOTHESES};
use crate::config::HomingConfig;
use crate::geo::{NorthEast, wrap_pi};
use crate::time::TimeUs;
use std::f64::consts::TAU;

/// Legs judged in a round: bearings × lengths, and around the mean.
const BEARINGS: usize = 12;
const LENGTHS_M: [f64; 3] = [15.0, 35.0, 80.0];
const AROUND: usize = 8;
const LEGS: usize = BEARINGS * LENGTHS_M.len() + AROUND + 1;
/// Legs judged in a pass.
const LEGS_PER_PASS: usize = 3;
/// Shares of a leg at which power is thought of.
const SHARES: [f64; 3] = [0.34, 0.67, 1.0];
/// Path-loss exponent and shadowing that are reckoned with: dB, and the distance over which it is correlated, m.
const EXPONENT: f64 = 2.2;
const SHADOWING_DB: f64 = 4.0;
const CORRELATED_M: f64 = 35.0;
/// A leg that wins less than this a second is not worth flying, m/s.
const WORTH_MPS: f64 = 0.1;
/// While the region is wider than this, no leg is too little worth, m.
const WIDE_M: f64 = 60.0;
/// So near to a goal is there, m.
const THERE_M: f64 = 4.0;
/// The beacon has moved away from where it is held: by this at least, m.
const LEFT_M: f64 = 15.0;
/// Turning about takes this long, s.
const TURN_S: f64 = 4.0;

/// Why a goal is flown to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// What is heard on the way tells most.
    Survey,
    /// The beacon is believed to be there.
    Mean,
}

/// What is being judged, and what is flown to.
#[derive(Clone, Debug)]
pub(super) struct Guidance {
    hold_radius_m: f64,
    refine_us: u64,
    speed_mps: f64,
    /// Since when it refines; not while holding.
    began: TimeUs,
    next_leg: usize,
    /// Of the round that goes on: what is won a second, and where.
    best: (f64, NorthEast),
    goal: Option<(NorthEast, Aim)>,
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
            best: (f64::NEG_INFINITY, NorthEast::default()),
            goal: None,
            is_over: false,
        }
    }

    /// HOMING begins.
    pub(super) fn begin(&mut self, now: TimeUs) {
        self.began = now;
        self.next_leg = 0;
        self.best.0 = f64::NEG_INFINITY;
        self.goal = None;
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
        let is_small = belief.radius_95_m <= self.hold_radius_m;
        if is_small || now.since_us(self.began) >= self.refine_us || self.is_over {
            return (belief.mean, Aim::Mean);
        }
        for _ in 0..LEGS_PER_PASS {
            let leg = self.next_leg;
            let to = leg_end(leg, belief, from);
            if is_allowed(to) {
                let won_mps = worth_mps(belief, from, to, self.speed_mps);
                if won_mps > self.best.0 {
                    self.best = (won_mps, to);
                }
            }
            self.next_leg += 1;
            if self.next_leg == LEGS {
                let (won_mps, to) = self.best;
                self.is_over = won_mps < WORTH_MPS && belief.radius_95_m < WIDE_M;
                self.goal = Some((to, Aim::Survey));
                self.next_leg = 0;
                self.best.0 = f64::NEG_INFINITY;
            }
        }
        if self.is_over {
            return (belief.mean, Aim::Mean);
        }
        self.goal.unwrap_or((belief.mean, Aim::Survey))
    }

    /// Whether the place to hold is reached.
    pub(super) fn arrives(goal: (NorthEast, Aim), at: NorthEast) -> bool {
        goal.1 == Aim::Mean && goal.0.distance_m(at) <= THERE_M
    }

    /// Whether the beacon is believed elsewhere than where it is held.
    pub(super) fn leaves(belief: &Belief, at: NorthEast) -> bool {
        belief.mean.distance_m(at) > LEFT_M.max(0.5 * belief.radius_95_m)
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

/// Where leg number `leg` of a round ends.
fn leg_end(leg: usize, belief: &Belief, from: &Standpoint) -> NorthEast {
    let off = |middle: NorthEast, bearing_rad: f64, length_m: f64| NorthEast {
        north_m: middle.north_m + length_m * bearing_rad.cos(),
        east_m: middle.east_m + length_m * bearing_rad.sin(),
    };
    if leg < BEARINGS * LENGTHS_M.len() {
        let bearing_rad = TAU * (leg % BEARINGS) as f64 / BEARINGS as f64;
        return off(from.at, bearing_rad, LENGTHS_M[leg / BEARINGS]);
    }
    let around = leg - BEARINGS * LENGTHS_M.len();
    if around == AROUND {
        return belief.mean;
    }
    let radius_m = (0.6 * belief.radius_95_m).clamp(12.0, 120.0);
    off(belief.mean, TAU * around as f64 / AROUND as f64, radius_m)
}

/// Loss that is won per second of flying from here to there, m/s.
fn worth_mps(belief: &Belief, from: &Standpoint, to: NorthEast, speed_mps: f64) -> f64 {
    let way = NorthEast { north_m: to.north_m - from.at.north_m, east_m: to.east_m - from.at.east_m };
    let length_m = way.north_m.hypot(way.east_m);
    let turn_rad = wrap_pi(way.east_m.atan2(way.north_m) - from.course_rad).abs();
    let time_s = length_m / speed_mps + TURN_S * turn_rad / std::f64::consts::PI + 1.0;
    let height2 = from.height_m * from.height_m;
    let db = |at: NorthEast, beacon: NorthEast| {
        let (north, east) = (at.north_m - beacon.north_m, at.east_m - beacon.east_m);
        (-5.0 * EXPONENT * (north * north + east * east + height2 + 1.0).log10()) as f32
    };
    let mut changes = [[0.0_f32; SHARES.len()]; HYPOTHESES];
    for (change, beacon) in changes.iter_mut().zip(belief.hypotheses) {
        let here = db(from.at, beacon);
        for (change, share) in change.iter_mut().zip(SHARES) {
            let at = NorthEast {
                north_m: from.at.north_m + share * way.north_m,
                east_m: from.at.east_m + share * way.east_m,
            };
            *change = db(at, beacon) - here;
        }
    }
    let scales = SHARES.map(|share| {
        let apart = 1.0 - (-share * length_m / CORRELATED_M).exp();
        // Two powers differ by twice the variance; three on one leg tell not three times as much.
        (0.25 / (2.0 * SHADOWING_DB.powi(2) * apart * 1.5 + 1.0)) as f32
    });
    let (mut before, mut after) = (0.0_f64, 0.0_f64);
    for (one, at) in changes.iter().zip(belief.hypotheses) {
        let (mut weight, mut square, mut all) = (0.0_f32, 0.0_f32, 0.0_f32);
        for (other, there) in changes.iter().zip(belief.hypotheses) {
            let mut told = 0.0;
            for k in 0..SHARES.len() {
                told += scales[k] * (one[k] - other[k]) * (one[k] - other[k]);
            }
            let kept = (-told).exp();
            let (north, east) = ((at.north_m - there.north_m) as f32, (at.east_m - there.east_m) as f32);
            let apart2 = north * north + east * east;
            weight += kept;
            square += kept * apart2;
            all += apart2;
        }
        before += f64::from(all) / HYPOTHESES as f64;
        after += f64::from(square / weight);
    }
    let root_m = |sum: f64| (sum / HYPOTHESES as f64).sqrt();
    (root_m(before) - root_m(after)) / time_s
}
