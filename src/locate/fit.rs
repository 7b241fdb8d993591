//! The law that fits at one node: means over the posterior of exponent, power, spread and texture, kinds weighed by how likely they are.

use super::Locate;
use super::grid::{SCALE, Sums};
use super::lanes::SIDE;
use super::memory::{TEXTURES, Texture};
use super::solved::{Prior, SPREADS_DB, Solved};
use crate::facts::Fit;

/// Sums over kinds and spreads, the most likely so far as 1.
#[derive(Copy, Clone, Debug)]
pub(super) struct Fitting {
    best: f64,
    weight: f64,
    sums: [f64; 4],
}

impl Fitting {
    pub(super) const NONE: Fitting = Fitting { best: f64::NEG_INFINITY, weight: 0.0, sums: [0.0; 4] };

    /// Adds one kind at the node in this column of its row.
    pub(super) fn add(
        &mut self,
        sums: &Sums,
        prior: &Prior,
        texture: &Texture,
        (count, log_variance): (usize, f64),
        column: usize,
    ) {
        let mut solved = Solved::NONE;
        for (spread, sigma_db) in SPREADS_DB.into_iter().enumerate() {
            let always = prior.always(spread, count, log_variance);
            let here = solved.solve(sums, prior, spread)[column] - sums[SCALE][column];
            let log = f64::from(here) + always;
            let [power, exponent] = solved.first_two(column).map(f64::from);
            if log > self.best {
                let less = (self.best - log).exp();
                self.weight *= less;
                self.sums.iter_mut().for_each(|sum| *sum *= less);
                self.best = log;
            }
            let weight = (log - self.best).exp();
            self.weight += weight;
            let of = [power, exponent, sigma_db, texture.length_m];
            self.sums.iter_mut().zip(of).for_each(|(sum, of)| *sum += weight * of);
        }
    }

    /// What fits, powers counted from `reference_db`.
    pub(super) fn fit(&self, reference_db: f64) -> Fit {
        let [power, exponent, spread_db, correlation_m] = self.sums.map(|sum| sum / self.weight.max(1e-300));
        Fit { power_100_m_db: power + reference_db, exponent, spread_db, correlation_m }
    }
}

impl Locate {
    /// What fits at the densest place, of one kind.
    pub(super) fn fit(&mut self, kind: usize) {
        let peak_m = self.tally.peak_m();
        let [coarse, fine] = &self.layers;
        let grid = if fine.is_read && fine.raster.holds(peak_m) { &fine.grid } else { &coarse.grid };
        if !grid.alive[kind] {
            return;
        }
        let [row, column] = [0, 1].map(|n| {
            (((peak_m[n] - grid.corner_m[n]) / grid.step_m).round().max(0.0) as usize).min(SIDE - 1)
        });
        let (prior, texture) = (&self.priors[kind], kind % TEXTURES.len());
        let sums = grid.sums(row, kind);
        let (count, log_variance) = (grid.count, grid.log_variance[texture]);
        self.fitting.add(sums, prior, &TEXTURES[texture], (count, log_variance), column);
    }
}
