//! Where nothing was heard: the beacon's power was not over a bound there.
//!
//! Few places stand for many: shadowing is correlated, and each costs as much as an observation. When they get too many, those nearest to
//! each other make room. Each is evidence by the normal law of what the observations and the silences before it foretell for it (Tobin,
//! Econometrica 26 (1958) 24); what it tells of the coefficients is kept as their mean and covariance (assumed-density filtering: Minka,
//! UAI 2001). Their shadowing is taken as independent: they are as far apart as it is correlated.
#![allow(clippy::needless_range_loop, reason = "several rows and matrices are walked at once by one index")]

use super::lanes::{Row, SIDE, exp, ln};
use super::memory::{TEXTURES, Texture};
use super::pattern::{COLUMNS, HIDDEN, Lies, Seen};
use super::solved::{Solved, Triangle};
use super::sums::TRIANGLE;
use super::{Antenna, Frame, Observation};

/// Places kept at most.
const SILENCES_MAX: usize = 24;
/// Nearer ones tell the same, m.
const SPACING_M: f64 = 30.0;

/// Nothing over a bound at a place.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Silence {
    /// Metres north and east of the flight's origin.
    pub at_m: [f64; 2],
    /// Height above the beacon's supposed ground, m.
    pub up_m: f64,
    /// What the beacon's power was not over, dB of the observations' reference.
    pub below_db: f64,
}

/// All that are kept, and how they are read.
#[derive(Clone, Debug)]
pub(super) struct Silences {
    kept: Vec<Silence>,
    spacing_m: f64,
    /// Columns of the model and scale of the shadowing at each, of the row that is judged.
    seen: Vec<(Seen, Row)>,
    /// How often something changed.
    pub(super) total: usize,
}

impl Silences {
    pub(super) fn new() -> Silences {
        let seen = vec![(Seen::NONE, [0.0; SIDE]); SILENCES_MAX];
        Silences { kept: Vec::with_capacity(SILENCES_MAX), spacing_m: SPACING_M, seen, total: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Takes one more.
    pub(super) fn push(&mut self, silence: Silence) {
        let distance_m = |a: &Silence, b: &Silence| (a.at_m[0] - b.at_m[0]).hypot(a.at_m[1] - b.at_m[1]);
        if self.kept.iter().any(|kept| distance_m(kept, &silence) < self.spacing_m) {
            return;
        }
        while self.kept.len() == SILENCES_MAX {
            self.spacing_m *= 1.3;
            let mut at = 0;
            while at < self.kept.len() {
                let is_near =
                    self.kept[..at].iter().any(|kept| distance_m(kept, &self.kept[at]) < self.spacing_m);
                if is_near {
                    self.kept.remove(at);
                } else {
                    at += 1;
                }
            }
        }
        self.kept.push(silence);
        self.total += 1;
    }

    /// Looks at them from a row of particles.
    pub(super) fn see(
        &mut self,
        lies: &Lies,
        (of, textures): (&[u8; SIDE], &[Texture; TEXTURES]),
        antenna: Antenna,
    ) {
        for (silence, (seen, scale)) in self.kept.iter().zip(&mut self.seen) {
            let frame = Frame::default();
            let at = Observation { at_m: silence.at_m, up_m: silence.up_m, power_db: 0.0, frame };
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
        for (silence, (seen, scale)) in self.kept.iter().zip(&self.seen) {
            let columns = &seen.columns;
            let below = (silence.below_db - reference_db) as f32;
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
                let z = (below - foretold[k]) / sigma;
                let ln_p = ln_normal(z);
                let hazard = exp(-0.5 * z * z - LN_ROOT_TAU - ln_p);
                logs[k] += ln_p;
                shift[k] = -hazard / sigma;
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
        }
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
    fn silences_stay_few_and_apart() {
        let mut silences = Silences::new();
        for n in 0..4_000 {
            let at_m = [f64::from(n / 40) * 10.0, f64::from(n % 40) * 10.0];
            silences.push(Silence { at_m, up_m: 30.0, below_db: -100.0 });
        }
        assert!((8..=SILENCES_MAX).contains(&silences.len()), "{}", silences.len());
        for (n, a) in silences.kept.iter().enumerate() {
            assert!(
                silences.kept[..n]
                    .iter()
                    .all(|b| { (a.at_m[0] - b.at_m[0]).hypot(a.at_m[1] - b.at_m[1]) >= SPACING_M })
            );
        }
    }
}
