//! A grid of places that the beacon may have, each with the sums from which its likelihood follows.
//!
//! For each place, pattern and texture: the normal equations of the whitened linear model, of which everything else is marginal in closed
//! form. A grid is brought up to date by one row and observation at a time, so the work of a pass is bounded.
#![allow(clippy::needless_range_loop, reason = "several rows and matrices are walked at once by one index")]

use super::Antenna;
use super::lanes::{Row, SIDE};
use super::memory::{Memory, NEIGHBOURS, TEXTURES};
use super::pattern::{COLUMNS, PATTERNS, Ways};

/// Power of the likelihood: no pattern, axis or texture that is tried is quite the true one, and their errors are alike along a leg
/// (P. G. Bissiri, C. C. Holmes & S. G. Walker, J. R. Stat. Soc. B 78 (2016) 1103).
pub(super) const WEIGHT: f64 = 0.8;
/// Combinations of pattern and texture.
pub(super) const KINDS: usize = PATTERNS * TEXTURES.len();
/// Lower triangle of the matrix, its right side, the square of the data, Σ ln of the scales.
pub(super) const SUMS: usize = COLUMNS * (COLUMNS + 1) / 2 + COLUMNS + 2;
/// Where they begin.
pub(super) const RIGHT: usize = COLUMNS * (COLUMNS + 1) / 2;
pub(super) const SQUARE: usize = RIGHT + COLUMNS;
pub(super) const SCALE: usize = SQUARE + 1;

/// Sums of one row of cells for one kind.
pub(super) type Sums = [Row; SUMS];

/// A grid.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    antenna: Antenna,
    /// South-western cell's middle, north and east of the origin, m.
    pub(super) corner_m: [f64; 2],
    pub(super) step_m: f64,
    /// By row and kind.
    sums: Vec<Sums>,
    /// Square of the least distance of each cell to where it was listened, m².
    pub(super) near2: Vec<Row>,
    /// Kinds that are still likely.
    pub(super) alive: [bool; KINDS],
    /// Whitened observations in the sums, and Σ ln of their variances by texture.
    pub(super) count: usize,
    pub(super) log_variance: [f64; TEXTURES.len()],
    next: usize,
    row: usize,
}

impl Grid {
    pub(super) fn new(antenna: Antenna) -> Grid {
        Grid {
            antenna,
            corner_m: [0.0; 2],
            step_m: 1.0,
            sums: vec![[[0.0; SIDE]; SUMS]; SIDE * KINDS],
            near2: vec![[f32::INFINITY; SIDE]; SIDE],
            alive: [true; KINDS],
            count: 0,
            log_variance: [0.0; TEXTURES.len()],
            next: 0,
            row: 0,
        }
    }

    /// Begins anew about a place. The sums are emptied as the first observation comes to them: all at once are ten megabytes, and some
    /// milliseconds of one pass.
    pub(super) fn reset(&mut self, centre_m: [f64; 2], step_m: f64, memory: &Memory) {
        let half_m = step_m * (SIDE - 1) as f64 / 2.0;
        self.corner_m = centre_m.map(|at| at - half_m);
        self.step_m = step_m;
        self.near2.iter_mut().for_each(|row| row.fill(f32::INFINITY));
        self.count = 0;
        self.log_variance = [0.0; TEXTURES.len()];
        self.next = memory.oldest();
        self.row = 0;
    }

    /// Its middle.
    pub(super) fn centre_m(&self) -> [f64; 2] {
        self.corner_m.map(|at| at + self.step_m * (SIDE - 1) as f64 / 2.0)
    }

    /// Most western cell of a row, m.
    pub(super) fn first_of(&self, row: usize) -> [f32; 2] {
        [(self.corner_m[0] + row as f64 * self.step_m) as f32, self.corner_m[1] as f32]
    }

    /// Whether all that is known is in it.
    pub(super) fn is_current(&self, memory: &Memory) -> bool {
        self.next >= memory.total()
    }

    /// Observations that are not in it yet.
    pub(super) fn behind(&self, memory: &Memory) -> usize {
        memory.total().saturating_sub(self.next)
    }

    pub(super) fn sums(&self, row: usize, kind: usize) -> &Sums {
        &self.sums[row * KINDS + kind]
    }

    /// Takes the next observation into the next row. How many kinds of how many observations it looked at: the cost.
    pub(super) fn advance(&mut self, memory: &Memory) -> usize {
        self.next = self.next.max(memory.oldest());
        let kept = memory.get(self.next);
        let row = self.row;
        let cost = self.take(row, memory);
        self.row += 1;
        if self.row == SIDE {
            self.row = 0;
            self.next += 1;
            self.count += 1;
            for (sum, precision) in self.log_variance.iter_mut().zip(kept.precision) {
                *sum -= f64::from(precision).ln();
            }
        }
        cost
    }

    fn take(&mut self, row: usize, memory: &Memory) -> usize {
        let kept = memory.get(self.next);
        let points = 1 + kept.neighbour_count;
        let cell = self.first_of(row);
        let mut ways = [Ways::NONE; 1 + NEIGHBOURS];
        let mut powers = [0.0_f32; 1 + NEIGHBOURS];
        for (n, (ways, power)) in ways.iter_mut().zip(&mut powers).enumerate().take(points) {
            let of = if n == 0 { kept } else { memory.slot(kept.neighbours[n - 1]) };
            let at = &of.observation;
            let to = [at.at_m[0] as f32, at.at_m[1] as f32, at.up_m as f32];
            ways.fill(cell, self.step_m as f32, to);
            *power = at.power_db as f32;
        }
        let near2 = &mut self.near2[row];
        near2.iter_mut().zip(&ways[0].ground2).for_each(|(near, new)| *near = near.min(*new));
        let mut columns = [[[0.0; SIDE]; COLUMNS]; 1 + NEIGHBOURS];
        let mut kinds = 0;
        for pattern in 0..PATTERNS {
            let first = pattern * TEXTURES.len();
            if !self.alive[first..first + TEXTURES.len()].contains(&true) {
                continue;
            }
            for (ways, columns) in ways.iter().zip(&mut columns).take(points) {
                ways.columns(pattern, self.antenna, columns);
            }
            for (texture, what) in TEXTURES.iter().enumerate().filter(|(t, _)| self.alive[first + t]) {
                let mut weights = [1.0_f32; 1 + NEIGHBOURS];
                weights[1..].iter_mut().zip(kept.weights[texture]).for_each(|(to, from)| *to = -from);
                let scales = ways.each_ref().map(|ways| &ways.calm);
                let scales = what.is_calm_above.then_some(&scales[..points]);
                let whitened = whiten(&columns[..points], &powers[..points], &weights, scales);
                let sums = &mut self.sums[row * KINDS + first + texture];
                if self.count == 0 {
                    *sums = [[0.0; SIDE]; SUMS];
                }
                add(sums, &whitened, WEIGHT as f32 * kept.precision[texture]);
                if let Some(scales) = scales {
                    let log_scales = scales[0].iter().map(|scale| WEIGHT as f32 * super::lanes::ln(*scale));
                    sums[SCALE].iter_mut().zip(log_scales).for_each(|(sum, log)| *sum += log);
                }
                kinds += 1;
            }
        }
        kinds * points
    }
}

/// The row of the model and its datum, less what the neighbours tell.
fn whiten(
    columns: &[[Row; COLUMNS]],
    powers: &[f32],
    weights: &[f32],
    scales: Option<&[&Row]>,
) -> [Row; COLUMNS + 1] {
    let mut whitened = [[0.0; SIDE]; COLUMNS + 1];
    for (n, (columns, power)) in columns.iter().zip(powers).enumerate() {
        let mut factor = [weights[n]; SIDE];
        if let Some(scales) = scales {
            factor.iter_mut().zip(scales[n]).for_each(|(factor, scale)| *factor /= scale);
        }
        for (to, from) in whitened.iter_mut().zip(columns) {
            for k in 0..SIDE {
                to[k] += factor[k] * from[k];
            }
        }
        for k in 0..SIDE {
            whitened[COLUMNS][k] += factor[k] * power;
        }
    }
    whitened
}

fn add(sums: &mut Sums, whitened: &[Row; COLUMNS + 1], precision: f32) {
    let mut at = 0;
    for p in 0..COLUMNS {
        for q in 0..=p {
            for k in 0..SIDE {
                sums[at][k] += precision * whitened[p][k] * whitened[q][k];
            }
            at += 1;
        }
    }
    let power = &whitened[COLUMNS];
    for p in 0..=COLUMNS {
        for k in 0..SIDE {
            sums[RIGHT + p][k] += precision * whitened[p][k] * power[k];
        }
    }
}
