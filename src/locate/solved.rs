//! From sums to likelihoods: the coefficients are marginal in closed form, the spread of the residuals over a few values.
//!
//! With u = X·β + ε, ε of variance σ²/precision and β normal before, ln p(u | place, kind, σ) = −½(c − |t|²) − ½ ln|M| + ½ ln|Λ| − N·ln σ −
//! ½ Σ ln v − Σ ln scale, where M = XᵀX/σ² + Λ = L·Lᵀ, L·t = Xᵀu/σ² + Λ·m, c = u²/σ² + mᵀΛm (Bishop, *Pattern Recognition and Machine
//! Learning*, 3.5.1).
#![allow(clippy::needless_range_loop, reason = "several rows and matrices are walked at once by one index")]

use super::grid::{KINDS, RIGHT, SQUARE, Sums, WEIGHT};
use super::lanes::{Row, SIDE, ln};
use super::memory::TEXTURES;
use super::pattern::{COLUMNS, PATTERNS, UNKNOWN, prior};

/// Standard deviations of shadowing that are tried, dB: even steps of its logarithm, each as likely.
pub(super) const SPREADS_DB: [f64; 3] = [2.2, 4.6, 10.0];
/// A beacon is a dipole of known kind as often as not.
const DIPOLE_RATIO: f64 = 0.5;

/// What is known of a pattern's coefficients, as the likelihood wants it.
#[derive(Copy, Clone, Debug)]
pub(super) struct Prior {
    precision: [f32; COLUMNS],
    pull: [f32; COLUMNS],
    square: f32,
    /// Half the logarithm of the determinant, and of the pattern's share.
    log: f64,
}

/// Of all kinds.
pub(super) fn priors() -> [Prior; KINDS] {
    std::array::from_fn(|kind| {
        let pattern = kind / TEXTURES.len();
        let of = prior(pattern, TEXTURES[kind % TEXTURES.len()].is_calm_above);
        let share =
            if pattern == UNKNOWN { 1.0 - DIPOLE_RATIO } else { DIPOLE_RATIO / (PATTERNS - 1) as f64 };
        Prior {
            precision: of.map(|(_, sigma)| (1.0 / (sigma * sigma)) as f32),
            pull: of.map(|(mean, sigma)| (mean / (sigma * sigma)) as f32),
            square: of.iter().map(|(mean, sigma)| mean * mean / (sigma * sigma)).sum::<f64>() as f32,
            log: share.ln() - of.iter().map(|(_, sigma)| sigma.ln()).sum::<f64>(),
        }
    })
}

impl Prior {
    /// What is the same at all places.
    pub(super) fn always(&self, spread: usize, count: usize, log_variance: f64) -> f64 {
        self.log - 0.5 * WEIGHT * log_variance - WEIGHT * count as f64 * SPREADS_DB[spread].ln()
    }
}

/// Lower triangle of a matrix over a row of cells.
pub(super) type Triangle = [Row; COLUMNS * (COLUMNS + 1) / 2];

/// The factor L of M and t over a row of cells.
pub(super) struct Solved {
    factor: Triangle,
    right: [Row; COLUMNS],
}

impl Solved {
    pub(super) const NONE: Solved =
        Solved { factor: [[0.0; SIDE]; COLUMNS * (COLUMNS + 1) / 2], right: [[0.0; SIDE]; COLUMNS] };

    /// Solves for one spread: the log-likelihoods less what is the same at all places and of the scales.
    pub(super) fn solve(&mut self, sums: &Sums, prior: &Prior, spread: usize) -> Row {
        let sigma_db = SPREADS_DB[spread];
        let inverse = (1.0 / (sigma_db * sigma_db)) as f32;
        let Solved { factor, right: solved } = self;
        let mut square: Row = sums[SQUARE].map(|square| square * inverse + prior.square);
        let mut volume: Row = [1.0; SIDE];
        for p in 0..COLUMNS {
            let row = p * (p + 1) / 2;
            let mut right: Row = sums[RIGHT + p].map(|right| right * inverse + prior.pull[p]);
            for q in 0..=p {
                let column = q * (q + 1) / 2;
                let mut value: Row = sums[row + q].map(|sum| sum * inverse);
                for m in 0..q {
                    for k in 0..SIDE {
                        value[k] -= factor[row + m][k] * factor[column + m][k];
                    }
                }
                if q < p {
                    for k in 0..SIDE {
                        value[k] /= factor[column + q][k];
                        right[k] -= value[k] * solved[q][k];
                    }
                } else {
                    for k in 0..SIDE {
                        // No less than what was known before, whatever rounding says.
                        value[k] = (value[k] + prior.precision[p]).max(prior.precision[p]).sqrt();
                        volume[k] *= value[k];
                        solved[p][k] = right[k] / value[k];
                        square[k] -= solved[p][k] * solved[p][k];
                    }
                }
                factor[row + q] = value;
            }
        }
        std::array::from_fn(|k| -0.5 * square[k].max(0.0) - ln(volume[k]))
    }

    /// The coefficients as a normal law: mean β = L⁻ᵀ·t and covariance L⁻ᵀ·L⁻¹, lower triangle.
    pub(super) fn law(&self, mean: &mut [Row; COLUMNS], covariance: &mut Triangle) {
        let mut inverse = [[0.0; SIDE]; COLUMNS * (COLUMNS + 1) / 2];
        for p in 0..COLUMNS {
            let row = p * (p + 1) / 2;
            for k in 0..SIDE {
                inverse[row + p][k] = 1.0 / self.factor[row + p][k];
            }
            for q in 0..p {
                for k in 0..SIDE {
                    let sum: f32 =
                        (q..p).map(|m| self.factor[row + m][k] * inverse[m * (m + 1) / 2 + q][k]).sum();
                    inverse[row + q][k] = -sum * inverse[row + p][k];
                }
            }
        }
        let at = |p: usize, q: usize| p * (p + 1) / 2 + q;
        for p in 0..COLUMNS {
            for k in 0..SIDE {
                mean[p][k] = (p..COLUMNS).map(|m| inverse[at(m, p)][k] * self.right[m][k]).sum();
            }
            for q in 0..=p {
                for k in 0..SIDE {
                    covariance[at(p, q)][k] =
                        (p..COLUMNS).map(|m| inverse[at(m, p)][k] * inverse[at(m, q)][k]).sum();
                }
            }
        }
    }

    /// The first two coefficients, power and exponent, most likely in one column: L'·β = t from below.
    pub(super) fn first_two(&self, column: usize) -> [f32; 2] {
        let mut beta = [0.0_f32; COLUMNS];
        for p in (0..COLUMNS).rev() {
            let known: f32 =
                (p + 1..COLUMNS).map(|q| self.factor[q * (q + 1) / 2 + p][column] * beta[q]).sum();
            beta[p] = (self.right[p][column] - known) / self.factor[p * (p + 1) / 2 + p][column];
        }
        [beta[0], beta[1]]
    }
}
