//! Particles as a density over places.
//!
//! Each is spread by a normal law as wide as where a fortieth of the mass about it lies: narrow where they are dense, wide where they are few
//! (variable kernels: Breiman, Meisel & Purcell, Technometrics 19 (1977) 135).

use super::cloud::{Cloud, PARTICLES};
use super::lanes::SIDE;

/// Places along a side.
pub(super) const ACROSS: usize = 128;
/// Share of the mass that makes a kernel's width.
const KERNEL_SHARE: f32 = 0.025;
/// Half sides of the boxes that are tried for it, places; the kernel's deviation is so much of them.
const BOXES: [usize; 9] = [0, 1, 2, 3, 4, 6, 9, 13, 18];
const OF_BOX: f64 = 0.8;
/// Share of the mass left out at each side.
const TAIL: f32 = 0.002;
/// Places that a kernel reaches to each side.
const REACH: usize = 44;
/// Least step, m.
const STEP_MIN_M: f64 = 1.0;

/// A density over places.
#[derive(Clone, Debug)]
pub(super) struct Raster {
    /// Middle of the south-western place, m.
    pub(super) corner_m: [f64; 2],
    pub(super) step_m: f64,
    /// Mass of each place, by row from south to north.
    pub(super) mass: Vec<f32>,
    /// Mass south-west of each corner, before it is spread.
    within: Vec<f32>,
    order: Vec<u16>,
    kernels: [Kernel; BOXES.len()],
}

impl Raster {
    pub(super) fn new() -> Raster {
        Raster {
            corner_m: [0.0; 2],
            step_m: 1.0,
            mass: vec![0.0; ACROSS * ACROSS],
            within: vec![0.0; (ACROSS + 1) * (ACROSS + 1)],
            order: (0..PARTICLES as u16).collect(),
            kernels: [Kernel::NONE; BOXES.len()],
        }
    }

    /// Puts it over where the particles are; `sigma_m`: the least that each is spread by.
    pub(super) fn place(&mut self, cloud: &Cloud, sigma_m: f64) {
        let spans = [0, 1].map(|axis| self.span(cloud, axis));
        let side_m = spans.iter().map(|(from, to)| to - from).fold(0.0, f64::max) * 1.2 + 8.0 * sigma_m;
        self.step_m = (side_m / ACROSS as f64).max(STEP_MIN_M);
        let half_m = self.step_m * (ACROSS - 1) as f64 / 2.0;
        self.corner_m = spans.map(|(from, to)| (from + to) / 2.0 - half_m);
        for (kernel, half) in self.kernels.iter_mut().zip(BOXES) {
            *kernel = Kernel::new((OF_BOX * half as f64).hypot(sigma_m / self.step_m));
        }
        self.mass.fill(0.0);
        self.within.fill(0.0);
        for particle in 0..PARTICLES {
            if let Some([row, column]) = self.cell_of(cloud, particle) {
                self.within[(row + 1) * (ACROSS + 1) + column + 1] += cloud.weights[particle];
            }
        }
        for row in 1..=ACROSS {
            let mut sum = 0.0;
            for column in 1..=ACROSS {
                let at = row * (ACROSS + 1) + column;
                sum += self.within[at];
                self.within[at] = sum + self.within[at - ACROSS - 1];
            }
        }
    }

    /// From where to where most of the mass lies, m.
    fn span(&mut self, cloud: &Cloud, axis: usize) -> (f64, f64) {
        let at = |particle: u16| cloud.place(usize::from(particle))[axis];
        self.order.sort_unstable_by(|a, b| at(*a).total_cmp(&at(*b)).then(a.cmp(b)));
        (self.edge(cloud, axis, self.order.iter()), self.edge(cloud, axis, self.order.iter().rev()))
    }

    fn edge<'a>(&self, cloud: &Cloud, axis: usize, mut order: impl Iterator<Item = &'a u16>) -> f64 {
        let mut sum = 0.0;
        let inner = order.find(|particle| {
            sum += cloud.weights[usize::from(**particle)];
            sum >= TAIL
        });
        inner.map_or(0.0, |particle| f64::from(cloud.place(usize::from(*particle))[axis]))
    }

    fn cell_of(&self, cloud: &Cloud, particle: usize) -> Option<[usize; 2]> {
        self.cell(cloud.place(particle).map(f64::from))
    }

    /// Row and column of the place that one lies in.
    pub(super) fn cell(&self, at_m: [f64; 2]) -> Option<[usize; 2]> {
        self.holds(at_m).then(|| {
            [0, 1].map(|n| (((at_m[n] - self.corner_m[n]) / self.step_m).round() as usize).min(ACROSS - 1))
        })
    }

    /// Spreads one row of particles.
    pub(super) fn spread(&mut self, cloud: &Cloud, row: usize) {
        for particle in row * SIDE..(row + 1) * SIDE {
            let weight = cloud.weights[particle];
            if weight < 1e-9 {
                continue;
            }
            let Some([row, column]) = self.cell_of(cloud, particle) else { continue };
            let enough = BOXES.iter().position(|half| self.mass_about(row, column, *half) >= KERNEL_SHARE);
            let kernel = &self.kernels[enough.unwrap_or(BOXES.len() - 1)];
            let first = column.saturating_sub(kernel.reach);
            let last = (column + kernel.reach).min(ACROSS - 1);
            let along = &kernel.weights[REACH + first - column..=REACH + last - column];
            for to in row.saturating_sub(kernel.reach)..=(row + kernel.reach).min(ACROSS - 1) {
                let factor = weight * kernel.weights[REACH + to - row];
                let places = &mut self.mass[to * ACROSS + first..=to * ACROSS + last];
                places.iter_mut().zip(along).for_each(|(place, along)| *place += factor * along);
            }
        }
    }

    fn mass_about(&self, row: usize, column: usize, half: usize) -> f32 {
        let (south, north) = (row.saturating_sub(half), (row + half + 1).min(ACROSS));
        let (west, east) = (column.saturating_sub(half), (column + half + 1).min(ACROSS));
        let at = |row: usize, column: usize| self.within[row * (ACROSS + 1) + column];
        at(north, east) - at(south, east) - at(north, west) + at(south, west)
    }

    /// Where a place is, north and east, m.
    pub(super) fn at_m(&self, row: usize, column: usize) -> [f64; 2] {
        [self.corner_m[0] + row as f64 * self.step_m, self.corner_m[1] + column as f64 * self.step_m]
    }

    /// Whether it covers a place.
    fn holds(&self, at_m: [f64; 2]) -> bool {
        let side_m = ACROSS as f64 * self.step_m;
        at_m.iter()
            .zip(self.corner_m)
            .all(|(at, from)| (0.0..side_m).contains(&(at - from + self.step_m / 2.0)))
    }
}

/// A sampled normal law.
#[derive(Copy, Clone, Debug)]
struct Kernel {
    /// The middle one is number [`REACH`].
    weights: [f32; 2 * REACH + 1],
    reach: usize,
}

impl Kernel {
    const NONE: Kernel = Kernel { weights: [0.0; 2 * REACH + 1], reach: 0 };

    /// Of a deviation in places.
    fn new(sigma: f64) -> Kernel {
        let reach = ((2.8 * sigma).ceil() as usize).min(REACH);
        let weight = |n: usize| if n == 0 { 1.0 } else { (-0.5 * (n as f64 / sigma).powi(2)).exp() };
        let sum = weight(0) + 2.0 * (1..=reach).map(weight).sum::<f64>();
        let mut kernel = Kernel { reach, ..Kernel::NONE };
        for n in 0..=reach {
            let of = (weight(n) / sum) as f32;
            kernel.weights[REACH + n] = of;
            kernel.weights[REACH - n] = of;
        }
        kernel
    }
}
