//! From sums to likelihoods: the coefficients are marginal in closed form.
//!
//! With u = X·β + ε, ε of variance σ²/precision and β normal before, ln p(u | particle) = −½(c − |t|²) − ½ ln|M| + ½ ln|Λ| − N·ln σ −
//! ½ Σ ln v − Σ ln scale, where M = XᵀX/σ² + Λ = L·Lᵀ, L·t = Xᵀu/σ² + Λ·m, c = u²/σ² + mᵀΛm (Bishop, *Pattern Recognition and Machine
//! Learning*, 3.5.1).
#![allow(clippy::needless_range_loop, reason = "several rows and matrices are walked at once by one index")]

use super::Antenna;
use super::lanes::{Row, SIDE, ln};
use super::memory::{TEXTURES, textures};
use super::pattern::{COLUMNS, prior};
use super::sums::{Sums, TRIANGLE};

/// What is known of the coefficients before, as the likelihood wants it, of one kind.
#[derive(Copy, Clone, Debug)]
struct Prior {
    precision: [f32; COLUMNS],
    pull: [f32; COLUMNS],
    square: f32,
    /// Half the logarithm of the determinant.
    log: f32,
}

/// Of dipoles or not, by texture.
#[derive(Clone, Debug)]
pub(super) struct Priors([[Prior; TEXTURES]; 2]);

impl Priors {
    pub(super) fn new(antenna: Antenna) -> Priors {
        Priors([false, true].map(|is_dipole| {
            textures(antenna).map(|texture| {
                let of = prior(antenna, is_dipole, &texture);
                Prior {
                    precision: of.map(|(_, sigma)| (1.0 / (sigma * sigma)) as f32),
                    pull: of.map(|(mean, sigma)| (mean / (sigma * sigma)) as f32),
                    square: of.iter().map(|(mean, sigma)| mean * mean / (sigma * sigma)).sum::<f64>() as f32,
                    log: -of.iter().map(|(_, sigma)| sigma.ln()).sum::<f64>() as f32,
                }
            })
        }))
    }

    /// Of each particle of a row.
    pub(super) fn of_row(&self, dipole: &Row, textures: &[u8; SIDE]) -> RowPrior {
        let mut row = RowPrior {
            precision: [[0.0; SIDE]; COLUMNS],
            pull: [[0.0; SIDE]; COLUMNS],
            square: [0.0; SIDE],
            log: [0.0; SIDE],
        };
        for k in 0..SIDE {
            let prior = &self.0[usize::from(dipole[k] != 0.0)][usize::from(textures[k])];
            for p in 0..COLUMNS {
                row.precision[p][k] = prior.precision[p];
                row.pull[p][k] = prior.pull[p];
            }
            row.square[k] = prior.square;
            row.log[k] = prior.log;
        }
        row
    }
}

/// What is known of the coefficients of a row of particles before.
pub(super) struct RowPrior {
    precision: [Row; COLUMNS],
    pull: [Row; COLUMNS],
    square: Row,
    log: Row,
}

/// Lower triangle of a matrix over a row of cells.
pub(super) type Triangle = [Row; TRIANGLE];

/// The factor L of M and t over a row of cells.
pub(super) struct Solved {
    factor: Triangle,
    right: [Row; COLUMNS],
}

impl Solved {
    pub(super) const NONE: Solved = Solved { factor: [[0.0; SIDE]; TRIANGLE], right: [[0.0; SIDE]; COLUMNS] };

    /// Solves for residuals of `sigma_db`: the log-likelihoods of `count` observations.
    pub(super) fn solve(&mut self, sums: &Sums, prior: &RowPrior, sigma_db: &Row, count: usize) -> Row {
        let inverse: Row = std::array::from_fn(|k| 1.0 / (sigma_db[k] * sigma_db[k]));
        let Solved { factor, right: solved } = self;
        let mut square: Row = std::array::from_fn(|k| sums.square[k] * inverse[k] + prior.square[k]);
        let mut volume: Row = [1.0; SIDE];
        for p in 0..COLUMNS {
            let row = p * (p + 1) / 2;
            let mut right: Row = std::array::from_fn(|k| sums.right[p][k] * inverse[k] + prior.pull[p][k]);
            for q in 0..=p {
                let column = q * (q + 1) / 2;
                let mut value: Row = std::array::from_fn(|k| sums.matrix[row + q][k] * inverse[k]);
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
                        let least = prior.precision[p][k];
                        value[k] = (value[k] + least).max(least).sqrt();
                        volume[k] *= value[k];
                        solved[p][k] = right[k] / value[k];
                        square[k] -= solved[p][k] * solved[p][k];
                    }
                }
                factor[row + q] = value;
            }
        }
        let count = count as f32;
        std::array::from_fn(|k| {
            prior.log[k]
                - 0.5 * square[k].max(0.0)
                - ln(volume[k])
                - count * ln(sigma_db[k])
                - sums.log_deviations[k]
        })
    }

    /// The coefficients as a normal law: mean β = L⁻ᵀ·t and covariance L⁻ᵀ·L⁻¹, lower triangle.
    pub(super) fn law(&self, mean: &mut [Row; COLUMNS], covariance: &mut Triangle) {
        let mut inverse = [[0.0; SIDE]; TRIANGLE];
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

    /// The first two coefficients, power and exponent, most likely: L'·β = t from below.
    pub(super) fn first_two(&self) -> [Row; 2] {
        let mut beta = [[0.0_f32; SIDE]; COLUMNS];
        for p in (0..COLUMNS).rev() {
            for k in 0..SIDE {
                let known: f32 =
                    (p + 1..COLUMNS).map(|q| self.factor[q * (q + 1) / 2 + p][k] * beta[q][k]).sum();
                beta[p][k] = (self.right[p][k] - known) / self.factor[p * (p + 1) / 2 + p][k];
            }
        }
        [beta[0], beta[1]]
    }
}
