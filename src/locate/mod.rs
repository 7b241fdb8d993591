//! Where a beacon is: powers (dB) joined to the aircraft's poses in, the posterior of its place out.
//!
//! Unknown beside the place: transmitted power, path-loss exponent, what clutter costs, the pattern and the lie of its antenna, how shadowing
//! spreads and how it is correlated. At each cell of a grid all that is linear in decibels is marginal in closed form, the rest is tried
//! (`pattern`, `memory`, `solved`): a Rao-Blackwellised grid (Doucet, de Freitas, Murphy & Russell, UAI 2000), exact where its hypotheses hold.
//! Two grids: a coarse one over all that is in reach and a fine one where the mass is (`grid`); the density is a raster over both (`raster`),
//! blurred by how well the aircraft knows its own place. It stays what it is: a ring, two hills, a spot.
//!
//! A pass gives [`Locate::work`] a bound; observations, grids and the next density come up to date within some passes. Same calls, same
//! result, bit for bit. Nothing allocates after [`Locate::new`].
//!
//! Not here: which readings carry the beacon (`decide`), where to fly (`homing`).
#![allow(clippy::needless_range_loop, reason = "several rows and matrices are walked at once by one index")]

mod fit;
mod given;
mod grid;
mod lanes;
mod layer;
mod likelihood;
mod memory;
mod pattern;
mod raster;
mod region;
mod silence;
mod solved;
mod tally;

use crate::facts::Estimate;
use fit::Fitting;
pub use given::{Antenna, LocateConfig, Observation, Place};
use grid::{Grid, KINDS};
use lanes::{SIDE, exp, ln};
use layer::Layer;
use memory::{Memory, TEXTURES};
use raster::{ACROSS, Kernel};
pub use silence::Silence;
use silence::Silences;
use solved::Prior;
use tally::Tally;

/// Coarse grid: 1.2 km across at first.
const COARSE_STEP_M: f64 = 36.0;
/// At the most 4.6 km.
const COARSE_STEP_MAX_M: f64 = 144.0;
/// Fine grid: 256 m across.
const FINE_STEP_M: f64 = 8.0;
/// Observations before a place is told.
const OBSERVATIONS_MIN: usize = 4;
/// So much less likely than the best, a row is looked at again only now and then, and when there is time.
const QUIET: f32 = 25.0;
const QUIET_READINGS: u32 = 8;
/// Power of 1 + (distance/near)² by which places far from where it was listened are less likely.
const FAR_POWER: f32 = 2.5;
/// With less of the mass in it, the fine grid is not worth reading.
const FINE_SHARE_MIN: f64 = 0.3;
/// The fine grid moves once in so many observations.
const MOVE_EVERY: usize = 2;
/// What the model is off by itself, m.
const MODEL_SIGMA_M: f64 = 4.0;
/// Less likely kinds are given up.
const ALIVE: f64 = 1e-6;

/// What is being done.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Phase {
    Likelihood { grid: usize, row: usize, kind: usize },
    Fill { grid: usize, row: usize },
    Blur { grid: usize, row: usize },
    Spread { grid: usize, row: usize },
    Tally { grid: usize, row: usize },
    Fit { kind: usize },
}

/// The posterior of one beacon's place.
pub struct Locate {
    settings: LocateConfig,
    priors: [Prior; KINDS],
    memory: Memory,
    silences: Silences,
    /// Coarse, fine.
    layers: [Layer; 2],
    phase: Option<Phase>,
    /// Observed in the last reading; observations, and all that was observed, in the present one.
    read_total: usize,
    reading_total: usize,
    reading_observed: usize,
    readings: u32,
    /// Whether the present reading looks at quiet rows too, and whether it left some as they were.
    all_rows: bool,
    skipped: bool,
    /// The fine grid was moved and is not read yet; observations when it was moved last.
    is_fresh: bool,
    moved_total: usize,
    reference_db: f64,
    /// Highest logarithm of the present reading.
    most: f32,
    kernels: [Kernel; 2],
    tally: Tally,
    fitting: Fitting,
    told: Option<Tally>,
}

impl Locate {
    /// Allocates everything: some 20 MB.
    pub fn new(settings: LocateConfig) -> Locate {
        Locate {
            settings,
            priors: solved::priors(),
            memory: Memory::new(),
            silences: Silences::new(),
            layers: [Layer::new(settings.antenna), Layer::new(settings.antenna)],
            phase: None,
            read_total: 0,
            reading_total: 0,
            reading_observed: 0,
            readings: 0,
            all_rows: true,
            skipped: false,
            is_fresh: false,
            moved_total: 0,
            reference_db: 0.0,
            most: 0.0,
            kernels: [Kernel::new(0.0); 2],
            tally: Tally::default(),
            fitting: Fitting::NONE,
            told: None,
        }
    }

    /// One more observation.
    pub fn observe(&mut self, observation: Observation) {
        if self.memory.total() == 0 {
            self.reference_db = observation.power_db;
            for (layer, step_m) in self.layers.iter_mut().zip([COARSE_STEP_M, FINE_STEP_M]) {
                layer.grid.reset(observation.at_m, step_m, &self.memory);
            }
        }
        self.memory.push(Observation { power_db: observation.power_db - self.reference_db, ..observation });
    }

    /// Nothing was heard at a place.
    pub fn observe_silence(&mut self, silence: Silence) {
        self.silences.push(silence);
    }

    /// Works on what is to be done until `budget` is used up, in units of some tenth of a microsecond; whether something is left.
    pub fn work(&mut self, budget: usize) -> bool {
        let mut left = budget;
        loop {
            let Some(cost) = self.step() else { return false };
            if cost >= left {
                return true;
            }
            left -= cost;
        }
    }

    /// Whether what is read by place ([`Locate::places`], [`Locate::region`], [`Locate::credibility`]) is that of the newest estimate, and not
    /// half of the next.
    pub fn is_whole(&self) -> bool {
        self.phase.is_none()
    }

    /// The newest estimate.
    pub fn estimate(&self) -> Option<Estimate> {
        self.told.as_ref().map(Tally::estimate)
    }

    fn step(&mut self) -> Option<usize> {
        if let Some(phase) = self.phase {
            return Some(self.read(phase));
        }
        let is_new = self.observed() - self.read_total;
        let [coarse, fine] = &mut self.layers;
        if self.memory.total() > 0 && !coarse.grid.is_current(&self.memory) {
            return Some(coarse.grid.advance(&self.memory));
        }
        let behind = fine.grid.behind(&self.memory);
        let can_tell = self.memory.total() >= OBSERVATIONS_MIN;
        if can_tell
            && ((behind == 0 && (is_new > 0 || self.is_fresh || self.skipped)) || (behind > 2 && is_new >= 4))
        {
            let is_worth = self.share_in_fine() >= FINE_SHARE_MIN;
            return Some(self.begin(behind == 0 && is_worth));
        }
        (behind > 0).then(|| self.layers[1].grid.advance(&self.memory))
    }

    /// Observations and silences that came.
    fn observed(&self) -> usize {
        self.memory.total() + self.silences.total
    }

    /// Begins a reading.
    fn begin(&mut self, with_fine: bool) -> usize {
        self.reading_total = self.memory.total();
        self.all_rows = self.observed() == self.read_total
            || self.readings < QUIET_READINGS
            || self.readings.is_multiple_of(QUIET_READINGS);
        self.skipped = false;
        self.reading_observed = self.observed();
        self.readings += 1;
        self.tally = Tally::default();
        self.fitting = Fitting::NONE;
        for layer in &mut self.layers {
            layer.kinds = [(f32::NEG_INFINITY, 0.0); KINDS];
            layer.raster.place(layer.grid.corner_m, layer.grid.step_m);
        }
        for (kernel, layer) in self.kernels.iter_mut().zip(&self.layers) {
            *kernel = Kernel::new(self.settings.place_sigma_m.hypot(MODEL_SIGMA_M) / layer.raster.step_m);
        }
        self.layers[0].is_read = true;
        self.layers[1].is_read = with_fine;
        self.phase = Some(Phase::Likelihood { grid: 0, row: 0, kind: 0 });
        1
    }

    fn read(&mut self, phase: Phase) -> usize {
        let (next, cost) = match phase {
            Phase::Likelihood { grid, row, kind } => self.read_likelihood(grid, row, kind),
            Phase::Fill { grid, row } => {
                if (grid, row) == (0, 0) {
                    self.most =
                        self.layers.iter().filter(|l| l.is_read).map(Layer::most).fold(f32::MIN, f32::max);
                }
                let layer = &mut self.layers[grid];
                layer.raster.fill(row, &layer.logs, self.most);
                (
                    self.after(
                        grid,
                        row,
                        ACROSS,
                        |grid, row| Phase::Fill { grid, row },
                        Phase::Blur { grid: 0, row: 0 },
                    ),
                    60,
                )
            }
            Phase::Blur { grid, row } => {
                self.layers[grid].raster.blur_row(row, &self.kernels[grid]);
                let then = Phase::Spread { grid: 0, row: 0 };
                (self.after(grid, row, ACROSS, |grid, row| Phase::Blur { grid, row }, then), 10)
            }
            Phase::Spread { grid, row } => {
                self.layers[grid].raster.blur_column(row, &self.kernels[grid]);
                let then = Phase::Tally { grid: 0, row: 0 };
                (self.after(grid, row, ACROSS, |grid, row| Phase::Spread { grid, row }, then), 10)
            }
            Phase::Tally { grid, row } => {
                let [coarse, fine] = &self.layers;
                let finer = (grid == 0 && fine.is_read).then_some(&fine.raster);
                self.tally.add(if grid == 0 { &coarse.raster } else { &fine.raster }, finer, row);
                (
                    self.after(
                        grid,
                        row,
                        ACROSS,
                        |grid, row| Phase::Tally { grid, row },
                        Phase::Fit { kind: 0 },
                    ),
                    10,
                )
            }
            Phase::Fit { kind } => {
                self.fit(kind);
                if kind + 1 == KINDS {
                    self.finish();
                }
                ((kind + 1 < KINDS).then_some(Phase::Fit { kind: kind + 1 }), 45)
            }
        };
        self.phase = next;
        cost
    }

    /// The next row, the next grid, or what comes after both.
    fn after(
        &self,
        grid: usize,
        row: usize,
        rows: usize,
        same: fn(usize, usize) -> Phase,
        then: Phase,
    ) -> Option<Phase> {
        Some(match () {
            () if row + 1 < rows => same(grid, row + 1),
            () if grid == 0 && self.layers[1].is_read => same(1, 0),
            () => then,
        })
    }

    fn read_likelihood(&mut self, grid: usize, row: usize, kind: usize) -> (Option<Phase>, usize) {
        let most = if kind == 0 { self.layers[grid].most() } else { 0.0 };
        let next_row = self.after_row(grid, row);
        let layer = &mut self.layers[grid];
        if kind == 0 {
            let is_quiet = layer.logs[row].iter().all(|log| *log < most - QUIET);
            if is_quiet && !self.all_rows {
                self.skipped = true;
                return (next_row, 1);
            }
            layer.best = [f32::NEG_INFINITY; SIDE];
            layer.sum = [0.0; SIDE];
        }
        let mut cost = 1;
        if layer.grid.alive[kind] {
            let texture = kind % TEXTURES.len();
            let cell = layer.grid.first_of(row);
            let is_calm_above = TEXTURES[texture].is_calm_above;
            self.silences.see(
                (kind / TEXTURES.len(), is_calm_above),
                self.settings.antenna,
                cell,
                layer.grid.step_m as f32,
            );
            let logs = likelihood::of_row(
                layer.grid.sums(row, kind),
                &self.priors[kind],
                (layer.grid.count, layer.grid.log_variance[texture]),
                &self.silences,
                self.reference_db,
            );
            for k in 0..SIDE {
                let most = layer.best[k].max(logs[k]);
                layer.sum[k] = layer.sum[k] * exp(layer.best[k] - most) + exp(logs[k] - most);
                layer.best[k] = most;
            }
            let highest = logs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let (best, sum) = &mut layer.kinds[kind];
            let most = best.max(highest);
            *sum = *sum * exp(*best - most) + logs.iter().map(|log| exp(log - most)).sum::<f32>();
            *best = most;
            cost = 45 + 40 * self.silences.len();
        }
        if kind + 1 < KINDS {
            return (Some(Phase::Likelihood { grid, row, kind: kind + 1 }), cost);
        }
        let per_near = (1.0 / self.settings.near_m.powi(2)) as f32;
        for k in 0..SIDE {
            let far = ln(1.0 + layer.grid.near2[row][k] * per_near);
            layer.logs[row][k] = layer.best[k] + ln(layer.sum[k]) - FAR_POWER * far;
        }
        (next_row, cost)
    }

    fn after_row(&self, grid: usize, row: usize) -> Option<Phase> {
        self.after(
            grid,
            row,
            SIDE,
            |grid, row| Phase::Likelihood { grid, row, kind: 0 },
            Phase::Fill { grid: 0, row: 0 },
        )
    }

    /// The reading is whole: tells it, and moves the grids to where the mass is.
    fn finish(&mut self) {
        self.read_total = self.reading_observed;
        self.is_fresh = false;
        self.tally.close(self.reading_total, self.fitting.fit(self.reference_db));
        self.told = Some(self.tally.clone());
        self.prune();
        let estimate = self.tally.estimate();
        let mean_m = [estimate.mean.north_m, estimate.mean.east_m];
        let off_m = |grid: &Grid| {
            let centre_m = grid.centre_m();
            (centre_m[0] - mean_m[0]).abs().max((centre_m[1] - mean_m[1]).abs())
        };
        let [coarse, fine] = &mut self.layers;
        let coarse_half_m = coarse.grid.step_m * SIDE as f64 / 2.0;
        if off_m(&coarse.grid) > 0.5 * coarse_half_m && coarse.grid.step_m < COARSE_STEP_MAX_M {
            let step_m = coarse.grid.step_m * 2.0;
            coarse.grid.reset(coarse.grid.centre_m(), step_m, &self.memory);
            coarse.grid.alive = [true; KINDS];
        }
        let peak_m = [estimate.peak.north_m, estimate.peak.east_m];
        let spread_m = estimate.radius_50_m;
        let to_m = if spread_m < 100.0 { mean_m } else { peak_m };
        let centre_m = fine.grid.centre_m();
        let away_m = (centre_m[0] - to_m[0]).abs().max((centre_m[1] - to_m[1]).abs());
        // Two hills as likely must not have it wander between them.
        let may_move =
            self.reading_total >= self.moved_total + MOVE_EVERY && fine.grid.is_current(&self.memory);
        if away_m > FINE_STEP_M * SIDE as f64 / 4.0 && may_move {
            fine.grid.reset(to_m, FINE_STEP_M, &self.memory);
            fine.grid.alive = coarse.grid.alive;
            self.is_fresh = true;
            self.moved_total = self.reading_total;
        }
    }

    /// Gives up kinds that are not likely any more, by the grid that holds the mass.
    fn prune(&mut self) {
        let by = usize::from(self.layers[1].is_read && self.tally.fine_share() > 0.8);
        let kinds = self.layers[by].kinds;
        let most = kinds.iter().map(|(best, _)| *best).fold(f32::NEG_INFINITY, f32::max);
        let weight = |(best, sum): (f32, f32)| f64::from(sum) * f64::from(best - most).exp();
        let total: f64 = kinds.iter().map(|kind| weight(*kind)).sum();
        let likely = kinds.map(|kind| weight(kind) > ALIVE * total);
        self.layers[1].grid.alive.iter_mut().zip(likely).for_each(|(alive, likely)| *alive &= likely);
        if by == 0 {
            self.layers[0].grid.alive.iter_mut().zip(likely).for_each(|(alive, likely)| *alive &= likely);
        }
    }
}

#[cfg(test)]
mod tests;
