//! What a leg is worth: a belief (dB by hypothesis), where the aircraft is and the leg's end (m) in, loss won per second (m/s) out; and what
//! one burst is, and a turn in place.
//!
//! For each hypothesis h taken for true, the powers heard along the leg would tell it from every other h′. They differ by Δ = the change of
//! the power from here to there under h less that under h′, against shadowing that is correlated along the way (an Ornstein–Uhlenbeck
//! process: Gudmundson, Electron. Lett. 27 (1991) 2145), so h′ keeps the weight exp(−½·∫(Δ² + L²·Δ̇²)/(2·L·2σ²)); the loss is the mean
//! distance that remains, no more than a bound for each, so that a few hypotheses far off do not lead. Expected loss: Lindley 1956; of
//! search: Stone, *Theory of Optimal Search*, 1975. Turning takes time too.

use crate::belief::{Belief, HYPOTHESES};
use crate::geo::{NorthEast, wrap_pi};

/// Steps of a leg at which power is thought of.
const SAMPLES: usize = 6;
/// What no shadowing explains, dB².
const NOISE_DB2: f64 = 1.0;
/// No hypothesis counts as further off than this, m, or than so many times the radius of 50 %.
const LOSS_MAX_M: f64 = 300.0;
const LOSS_MAX_RATIO: f64 = 2.0;
/// Headings of a turn of which each tells for itself.
const HEADINGS: usize = 8;
/// Of a directional antenna's gain: what differs from heading to heading, of the shadowing's variance, and of what its file tells, dB².
const SCATTERED: f64 = 0.2;
const FILE_DB2: f64 = 2.0;
/// Turning about takes this long, s.
const TURN_S: f64 = 4.0;

/// Where the aircraft is and how it flies.
#[derive(Copy, Clone, Debug)]
pub(super) struct Standpoint {
    pub(super) at: NorthEast,
    /// Over the beacon's supposed ground, m.
    pub(super) height_m: f64,
    pub(super) course_rad: f64,
}

/// Time to fly from here to there, turning to it first.
pub(super) fn time_s(from: &Standpoint, to: NorthEast, speed_mps: f64) -> f64 {
    let turn_rad = wrap_pi(from.at.bearing_rad(to) - from.course_rad).abs();
    from.at.distance_m(to) / speed_mps + TURN_S * turn_rad / std::f64::consts::PI + 1.0
}

/// Loss that is won per second of flying from here to there, m/s, by an emission that is heard all the way.
pub(super) fn worth_mps(belief: &Belief, from: &Standpoint, to: NorthEast, speed_mps: f64) -> f64 {
    let length_m = from.at.distance_m(to);
    let heading_rad = from.at.bearing_rad(to);
    let mut heard = [[0.0_f32; SAMPLES + 1]; HYPOTHESES];
    for (heard, hypothesis) in heard.iter_mut().zip(&belief.hypotheses) {
        for (n, power_db) in heard.iter_mut().enumerate() {
            let share = n as f64 / SAMPLES as f64;
            let at = from.at.between(to, share);
            *power_db = belief.power_db(hypothesis, at, from.height_m as f32, heading_rad);
        }
        let here = heard[0];
        heard.iter_mut().for_each(|power_db| *power_db -= here);
    }
    let step_m = (length_m / SAMPLES as f64).max(0.1);
    let (correlation_m, variance) = (belief.fit.correlation_m, belief.fit.spread_db.powi(2) + NOISE_DB2);
    let level = (step_m / (4.0 * correlation_m * variance)) as f32;
    let slope = (correlation_m / (4.0 * step_m * variance)) as f32;
    let told = |one: usize, other: usize| {
        let (mut told, mut last) = (0.0, 0.0);
        for (one, other) in heard[one].iter().zip(&heard[other]).skip(1) {
            let apart = one - other;
            told += level * apart * apart + slope * (apart - last) * (apart - last);
            last = apart;
        }
        told
    };
    won_m(belief, told) / time_s(from, to, speed_mps)
}

/// Loss that is won per second by a turn in place that takes so long, m/s: shadowing is the same to all sides, so the shape of what is heard
/// over the heading tells, not its level.
pub(super) fn turn_worth_mps(belief: &Belief, from: &Standpoint, turn_s: f64) -> f64 {
    let heard = belief.hypotheses.each_ref().map(|hypothesis| {
        let heading_rad = |n: usize| std::f64::consts::TAU * n as f64 / HEADINGS as f64;
        let power_db = |n| belief.power_db(hypothesis, from.at, from.height_m as f32, heading_rad(n));
        let heard: [f32; HEADINGS] = std::array::from_fn(power_db);
        let mean = heard.iter().sum::<f32>() / HEADINGS as f32;
        heard.map(|power_db| power_db - mean)
    });
    let variance = SCATTERED * belief.fit.spread_db.powi(2) + FILE_DB2 + NOISE_DB2;
    let scale = (0.25 / variance) as f32;
    let told = |one: usize, other: usize| {
        let pairs = heard[one].iter().zip(&heard[other]);
        scale * pairs.map(|(one, other)| (one - other) * (one - other)).sum::<f32>()
    };
    won_m(belief, told) / turn_s
}

/// Loss that is won by one burst that is heard at a place, flown to from here, m.
pub(super) fn worth_of_one_m(belief: &Belief, from: &Standpoint, at: NorthEast) -> f64 {
    let heading_rad = if from.at.distance_m(at) > 1.0 { from.at.bearing_rad(at) } else { from.course_rad };
    let heard = belief
        .hypotheses
        .each_ref()
        .map(|hypothesis| belief.power_db(hypothesis, at, from.height_m as f32, heading_rad));
    let scale = (0.25 / (belief.fit.spread_db.powi(2) + NOISE_DB2)) as f32;
    won_m(belief, |one, other| scale * (heard[one] - heard[other]).powi(2))
}

/// Loss less what is left of it, m, where the weight of one hypothesis beside another, taken for true, falls to the exponential of less
/// `told`, which is the same both ways.
fn won_m(belief: &Belief, told: impl Fn(usize, usize) -> f32) -> f64 {
    let loss_max_m = LOSS_MAX_M.max(LOSS_MAX_RATIO * belief.radius_50_m);
    let (mut weight, mut sum, mut all) = ([1.0_f32; HYPOTHESES], [0.0_f32; HYPOTHESES], 0.0_f64);
    for one in 1..HYPOTHESES {
        for other in 0..one {
            let (h, i) = (&belief.hypotheses[one], &belief.hypotheses[other]);
            let kept = (-told(one, other)).exp();
            let apart_m = h.at.distance_m(i.at).min(loss_max_m);
            for n in [one, other] {
                weight[n] += kept;
                sum[n] += kept * apart_m as f32;
            }
            all += 2.0 * apart_m;
        }
    }
    let left_m: f64 = sum.iter().zip(&weight).map(|(sum, weight)| f64::from(sum / weight)).sum();
    (all / HYPOTHESES as f64 - left_m) / HYPOTHESES as f64
}
