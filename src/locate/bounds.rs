//! Where the beacon's power is known only to be under a bound, for nothing was heard there, or over one, for the receiver clipped.
//!
//! Few places stand for many: shadowing is correlated, and each costs as much as an observation. When they get too many, those nearest to
//! each other make room. Each is evidence by the normal law of what the observations and the bounds before it foretell for it (Tobin,
//! Econometrica 26 (1958) 24); what it tells of the coefficients is kept as their mean and covariance (assumed-density filtering: Minka,
//! UAI 2001). Their shadowing is taken as independent: they are as far apart as it is correlated.
//!
//! Where nothing is heard the beacon may also have been off, or something stood before it. So all between two observations are one spell, which
//! either tells nothing or all of what its places do: no spell speaks for any place more than over [`OFF`], the one that lasts over [`OFF_NOW`].
#![allow(clippy::needless_range_loop, reason = "several rows and matrices are walked at once by one index")]

use super::lanes::{Row, SIDE, exp, ln};
use super::memory::{TEXTURES, Texture};
use super::pattern::{COLUMNS, HIDDEN, Lies, Seen};
use super::solved::{Solved, Triangle};
use super::sums::TRIANGLE;
use super::{Antenna, Frame, Observation};
use crate::time::TimeUs;

/// Places kept at most.
const BOUNDS_MAX: usize = 24;
/// Nearer ones tell the same, m: silence is wide, clipping near.
const UNDER_SPACING_M: f64 = 30.0;
const OVER_SPACING_M: f64 = 10.0;
/// How likely a spell of silence is for another reason than the place: one after which it was heard again, and one that lasts.
const OFF: f32 = 0.05;
const OFF_NOW: f32 = 0.3;

/// A bound of power at a place.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Bound {
    /// Metres north and east of the flight's origin.
    pub at_m: [f64; 2],
    /// Height above the beacon's supposed ground, m.
    pub up_m: f64,
    /// How the aircraft lay.
    pub frame: Frame,
    /// The bound, dB of the observations' reference; of silence less [`Locate::hears_from`](super::Locate::hears_from).
    pub power_db: f64,
    /// On which side of it the beacon's power was.
    pub side: Side,
    /// When.
    pub at_us: TimeUs,
}

/// On which side of a bound.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// Nothing was heard.
    Under,
    /// The receiver clipped: it was this much, or more.
    Over,
}

/// One that is kept, and which spell of silence it is of.
#[derive(Clone, Debug)]
struct Kept {
    bound: Bound,
    spell: u32,
}

/// All that are kept, and how they are read.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    kept: Vec<Kept>,
    /// Spacings are so many times as wide as they were at first.
    wider: f64,
    /// Number of the spell that lasts, or will be.
    spell: u32,
    /// Added to the bounds of silence, dB.
    edge_db: f64,
    /// Columns of the model and scale of the shadowing at each, of the row that is judged.
    seen: Vec<(Seen, Row)>,
    /// How often something changed.
    pub(super) total: usize,
}

impl Bounds {
    pub(super) fn new() -> Bounds {
        Bounds {
            kept: Vec::with_capacity(BOUNDS_MAX),
            wider: 1.0,
            spell: 0,
            edge_db: 0.0,
            seen: vec![(Seen::NONE, [0.0; SIDE]); BOUNDS_MAX],
            total: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// It is heard: a spell is over.
    pub(super) fn end(&mut self) {
        if self.kept.last().is_some_and(|last| last.spell == self.spell) {
            self.spell += 1;
            self.total += 1;
        }
    }

    /// Bounds of silence are higher by this.
    pub(super) fn set_edge(&mut self, edge_db: f64) {
        self.edge_db = edge_db;
        self.total += usize::from(!self.is_empty());
    }

    /// Gives up what is older than `window_us`.
    pub(super) fn forget(&mut self, now: TimeUs, window_us: u64) {
        let before = self.kept.len();
        self.kept.retain(|kept| now.since_us(kept.bound.at_us) <= window_us);
        self.total += usize::from(self.kept.len() != before);
    }

    /// The weakest power at which the receiver clipped, dB; infinite where it did not.
    pub(super) fn clips_from(&self) -> f64 {
        let over = self.kept.iter().filter(|kept| kept.bound.side == Side::Over);
        over.map(|kept| kept.bound.power_db).fold(f64::INFINITY, f64::min)
    }

    /// Takes one more; before anything was observed (`is_first`) the last ones alone are kept.
    pub(super) fn push(&mut self, bound: Bound, is_first: bool) {
        let new = Kept { bound, spell: self.spell };
        if self.kept.iter().any(|kept| new.is_near(kept, self.wider)) {
            return;
        }
        if is_first && self.kept.len() == BOUNDS_MAX {
            self.kept.remove(0);
        }
        while self.kept.len() == BOUNDS_MAX {
            self.wider *= 1.3;
            let mut at = 0;
            while at < self.kept.len() {
                if self.kept[..at].iter().any(|kept| self.kept[at].is_near(kept, self.wider)) {
                    self.kept.remove(at);
                } else {
                    at += 1;
                }
            }
        }
        self.kept.push(new);
        self.total += 1;
        if bound.side == Side::Over {
            self.end();
        }
    }

    /// Looks at them from a row of particles.
    pub(super) fn see(
        &mut self,
        lies: &Lies,
        (of, textures): (&[u8; SIDE], &[Texture; TEXTURES]),
        antenna: Antenna,
    ) {
        for (Kept { bound, .. }, (seen, scale)) in self.kept.iter().zip(&mut self.seen) {
            let Bound { at_m, up_m, frame, at_us, .. } = *bound;
            let at = Observation { at_m, up_m, power_db: 0.0, frame, at_us };
            seen.look(lies, antenna, &at);
            for k in 0..SIDE {
                let texture = &textures[usize::from(of[k])];
                seen.columns[HIDDEN][k] = texture.hidden(seen.sine2[k]);
                scale[k] = texture.calm(seen.sine2[k]);
            }
        }
    }

    /// Adds to the log-likelihoods what they tell: one after the other, each makes the coefficients' law narrower.
    pub(super) fn add(&self, logs: &mut Row, solved: &Solved, sigma_db: &Row, reference_db: f64) {
        let variance: Row = sigma_db.map(|sigma| sigma * sigma);
        let (mut mean, mut covariance): ([Row; COLUMNS], Triangle) =
            ([[0.0; SIDE]; COLUMNS], [[0.0; SIDE]; TRIANGLE]);
        solved.law(&mut mean, &mut covariance);
        let mut of_spell = [0.0; SIDE];
        for (n, (kept, (seen, scale))) in self.kept.iter().zip(&self.seen).enumerate() {
            let columns = &seen.columns;
            let (edge_db, sign) = match kept.bound.side {
                Side::Under => (self.edge_db, 1.0),
                Side::Over => (0.0, -1.0),
            };
            let power = (kept.bound.power_db + edge_db - reference_db) as f32;
            let mut along = [[0.0; SIDE]; COLUMNS];
            // Power without the gain is that of none less the gain.
            let (mut foretold, mut unsure) = (seen.power.map(|power| -power), [0.0; SIDE]);
            for p in 0..COLUMNS {
                for q in 0..COLUMNS {
                    let part = &covariance[at(p.max(q), p.min(q))];
                    for k in 0..SIDE {
                        along[p][k] += part[k] * columns[q][k];
                    }
                }
                for k in 0..SIDE {
                    foretold[k] += mean[p][k] * columns[p][k];
                    unsure[k] += along[p][k] * columns[p][k];
                }
            }
            let (mut shift, mut shrink) = ([0.0; SIDE], [0.0; SIDE]);
            for k in 0..SIDE {
                let total = unsure[k].max(0.0) + variance[k] * scale[k] * scale[k];
                let sigma = total.sqrt();
                let z = sign * (power - foretold[k]) / sigma;
                let ln_p = ln_normal(z);
                let hazard = exp(-0.5 * z * z - LN_ROOT_TAU - ln_p);
                of_spell[k] += ln_p;
                shift[k] = -sign * hazard / sigma;
                shrink[k] = hazard * (hazard + z) / total;
            }
            for p in 0..COLUMNS {
                for k in 0..SIDE {
                    mean[p][k] += along[p][k] * shift[k];
                }
                for q in 0..=p {
                    for k in 0..SIDE {
                        covariance[at(p, q)][k] -= along[p][k] * along[q][k] * shrink[k];
                    }
                }
            }
            if self.kept.get(n + 1).is_none_or(|next| next.spell != kept.spell) {
                let off = if kept.spell == self.spell { OFF_NOW } else { OFF };
                for k in 0..SIDE {
                    logs[k] += ln(off + (1.0 - off) * exp(of_spell[k]));
                }
                of_spell = [0.0; SIDE];
            }
        }
    }
}

impl Kept {
    fn is_near(&self, other: &Kept, wider: f64) -> bool {
        let spacing_m = match self.bound.side {
            Side::Under => UNDER_SPACING_M,
            Side::Over => OVER_SPACING_M,
        };
        let [north, east] = [0, 1].map(|n| self.bound.at_m[n] - other.bound.at_m[n]);
        self.bound.side == other.bound.side && north.hypot(east) < wider * spacing_m
    }
}

const fn at(p: usize, q: usize) -> usize {
    p * (p + 1) / 2 + q
}

/// ½·ln 2π.
const LN_ROOT_TAU: f32 = 0.918_938_5;

/// ln of the normal law's distribution function (Abramowitz & Stegun 26.2.17).
fn ln_normal(z: f32) -> f32 {
    let x = z.abs().min(12.0);
    let t = 1.0 / (1.0 + 0.231_641_9 * x);
    let p = t * (0.319_381_53 + t * (-0.356_563_78 + t * (1.781_477_9 + t * (-1.821_256 + t * 1.330_274_4))));
    let tail = -0.5 * x * x - LN_ROOT_TAU + ln(p);
    if z < 0.0 { tail } else { ln(1.0 - exp(tail)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_law_is_the_tables() {
        for (z, ln_p) in
            [(0.5, -0.368_946), (1.0, -0.172_754), (-1.0, -1.841_022), (-4.0, -10.360_1), (3.0, -0.001_351)]
        {
            assert!((ln_normal(z) - ln_p).abs() < 1e-3, "{z}: {}", ln_normal(z));
        }
    }

    #[test]
    fn bounds_stay_few_and_apart() {
        let mut bounds = Bounds::new();
        let (frame, side, at_us) = (Frame::default(), Side::Under, TimeUs(0));
        for n in 0..4_000 {
            let at_m = [f64::from(n / 40) * 10.0, f64::from(n % 40) * 10.0];
            bounds.push(Bound { at_m, up_m: 30.0, frame, power_db: -100.0, side, at_us }, false);
        }
        assert!((8..=BOUNDS_MAX).contains(&bounds.len()), "{}", bounds.len());
        for (n, a) in bounds.kept.iter().enumerate() {
            assert!(bounds.kept[..n].iter().all(|b| !a.is_near(b, 1.0)));
        }
    }
}
