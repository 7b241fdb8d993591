//! A grid's log-likelihoods as a density on four times as fine a raster.
//!
//! How power changes with the beacon's place is smooth over the aircraft's height, so between nodes a third of it apart the logarithm is a
//! cubic (Keys, IEEE Trans. ASSP 29 (1981) 1153, a = −½).

use super::lanes::{Row, SIDE, exp};

/// Places of a raster between two nodes.
pub(super) const FINER: usize = 4;
/// Places along a side: the outermost nodes have no neighbours on one side and give none.
pub(super) const ACROSS: usize = (SIDE - 3) * FINER;

/// Weights of four nodes in a row for each of the places between the middle two.
const WEIGHTS: [[f32; 4]; FINER] = {
    let mut weights = [[0.0; 4]; FINER];
    let mut n = 0;
    while n < FINER {
        let t = (n as f32 + 0.5) / FINER as f32;
        weights[n] = [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ];
        n += 1;
    }
    weights
};

/// A density over places.
#[derive(Clone, Debug)]
pub(super) struct Raster {
    /// Middle of the south-western place, m.
    pub(super) corner_m: [f64; 2],
    pub(super) step_m: f64,
    /// Mass of each place, by row from south to north; not normalised.
    pub(super) mass: Vec<f32>,
    blurred: Vec<f32>,
}

impl Raster {
    pub(super) fn new() -> Raster {
        Raster {
            corner_m: [0.0; 2],
            step_m: 1.0,
            mass: vec![0.0; ACROSS * ACROSS],
            blurred: vec![0.0; ACROSS * ACROSS],
        }
    }

    /// Puts it over a grid.
    pub(super) fn place(&mut self, corner_m: [f64; 2], step_m: f64) {
        self.step_m = step_m / FINER as f64;
        self.corner_m = corner_m.map(|at| at + step_m + self.step_m / 2.0);
    }

    /// Where a place is, north and east, m.
    pub(super) fn at_m(&self, row: usize, column: usize) -> [f64; 2] {
        [self.corner_m[0] + row as f64 * self.step_m, self.corner_m[1] + column as f64 * self.step_m]
    }

    /// Whether it covers a place.
    pub(super) fn holds(&self, at_m: [f64; 2]) -> bool {
        let side_m = ACROSS as f64 * self.step_m;
        at_m.iter()
            .zip(self.corner_m)
            .all(|(at, from)| (0.0..side_m).contains(&(at - from + self.step_m / 2.0)))
    }

    /// One row of places from the grid's logarithms, those of `most` as 1 per square metre.
    pub(super) fn fill(&mut self, row: usize, nodes: &[Row], most: f32) {
        let below = row / FINER;
        let up = &WEIGHTS[row % FINER];
        let mixed: Row =
            std::array::from_fn(|k| (0..4).map(|n| up[n] * (nodes[below + n][k] - most).max(-120.0)).sum());
        let area = (self.step_m * self.step_m) as f32;
        let places = &mut self.mass[row * ACROSS..(row + 1) * ACROSS];
        for (column, mass) in places.iter_mut().enumerate() {
            let along = &WEIGHTS[column % FINER];
            let from = column / FINER;
            let log: f32 = (0..4).map(|n| along[n] * mixed[from + n]).sum();
            *mass = if log < -30.0 { 0.0 } else { exp(log.min(20.0)) * area };
        }
    }

    /// Spreads one row eastwards by a normal law of this deviation, m; [`Raster::blur_column`] then northwards.
    pub(super) fn blur_row(&mut self, row: usize, kernel: &Kernel) {
        let from = &self.mass[row * ACROSS..(row + 1) * ACROSS];
        let to = &mut self.blurred[row * ACROSS..(row + 1) * ACROSS];
        to.fill(0.0);
        for (column, mass) in from.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
            for (at, weight) in kernel.about(column) {
                to[at] += mass * weight;
            }
        }
    }

    /// The second half, of one row of the result.
    pub(super) fn blur_column(&mut self, row: usize, kernel: &Kernel) {
        let to = &mut self.mass[row * ACROSS..(row + 1) * ACROSS];
        to.fill(0.0);
        for (from, weight) in kernel.about(row) {
            let from = &self.blurred[from * ACROSS..(from + 1) * ACROSS];
            to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
        }
    }
}

/// Places that a blur reaches to each side.
const REACH: usize = 24;

/// A sampled normal law.
#[derive(Copy, Clone, Debug)]
pub(super) struct Kernel {
    weights: [f32; REACH + 1],
    reach: usize,
}

impl Kernel {
    /// Of a deviation in places.
    pub(super) fn new(sigma: f64) -> Kernel {
        let reach = ((3.0 * sigma).ceil() as usize).min(REACH);
        let weight = |n: usize| if n == 0 { 1.0 } else { (-0.5 * (n as f64 / sigma).powi(2)).exp() };
        let sum = weight(0) + 2.0 * (1..=reach).map(weight).sum::<f64>();
        Kernel { weights: std::array::from_fn(|n| (weight(n) / sum) as f32), reach }
    }

    /// The places about one, within a raster, with their weights.
    fn about(&self, middle: usize) -> impl Iterator<Item = (usize, f32)> {
        let from = middle.saturating_sub(self.reach);
        let to = (middle + self.reach).min(ACROSS - 1);
        (from..=to).map(move |at| (at, self.weights[at.abs_diff(middle)]))
    }
}
