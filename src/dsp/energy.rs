//! Emissions of any modulation, by their energy over the noise beside: windows of several widths, at any place in the channel, summed over
//! several times.
//!
//! Steps of a tenth of a second (`steps`) are summed in blocks of 1, 2, 4 … of them, of each length whenever another half is complete. A window's mean
//! over the noise beside the channel (`beside`) is what is judged (Urkowitz, Proc. IEEE 55, 1967). What passes must last: see
//! [`Found`]'s conditions in `is_steady`; and be no image: a hundredth of what stands at the mirror frequency.
//!
//! Thresholds are given from outside. Nothing is allocated after [`EnergySearch::new`].

pub mod beside;
pub mod steps;

use crate::dsp::layout::IMAGE_RATIO_MAX;
use beside::{Layout, Noise, QUARTILE_VARIANCE};
use steps::{Step, shape_of};

/// Ratio of one window's width to the next one's.
const WIDTH_RATIO: f64 = std::f64::consts::SQRT_2;
/// Cells of the narrowest.
const CELLS_MIN: f64 = 3.0;
/// Power is told of a window so much wider than the emission seems: what lies at its edges too.
const MEASURED: f64 = 1.25;
/// By so many deviations a wider window must hold more to be taken for the emission's.
const SURELY: f64 = 4.0;
/// Share of the frames that must count.
const FRAMES_MIN: f32 = 0.5;
/// An emission may be so much stronger now than then, deviation over mean: half of the time off is 1.
const UNEVEN_MAX: f64 = 0.6;
/// Of a threshold; what rounding may take.
const NEARLY: f64 = 1.0 - 1e-9;
/// What is this far over the noise may have an image.
const LOUD: f64 = 4.0;

/// An emission found.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Found {
    /// Its newest step.
    pub last_step: u64,
    /// log₂ of the steps summed.
    pub level: usize,
    /// Which of [`EnergySearch::widths`].
    pub width: usize,
    /// Mean power in the window over the noise.
    pub ratio: f64,
    /// What it had to be.
    pub threshold: f64,
    /// Cells that the emission fills.
    pub cells: usize,
    /// Middle of the emission, Hz from the middle of the stream.
    pub at_hz: f64,
    /// Power over the noise's density, Hz.
    pub cn0_hz: f64,
    /// One sigma of that, relative.
    pub cn0_error: f64,
    /// The noise's density, full scale² per Hz.
    pub noise_per_hz: f64,
}

/// The search in one channel.
pub struct EnergySearch {
    layout: Layout,
    widths: Vec<usize>,
    /// By level and width.
    thresholds: Vec<Vec<f64>>,
    frames_per_step: u64,
    /// Width of the bins in which the mirror images were measured.
    mirror_bin_hz: f64,
    /// The newest steps.
    steps: Vec<Step>,
    /// Number of the newest, and how many came in a row.
    newest: Option<u64>,
    whole: u64,
    sum: Step,
    powers: Vec<f64>,
    /// Sums over the channel's cells up to each, and how many of those count.
    along: Vec<f64>,
    counted: Vec<f64>,
}

impl EnergySearch {
    /// For steps of so many frames each, with the mirror images of so many stretches, measured in bins of a width in Hz; `thresholds` as many
    /// as levels, each for all of [`EnergySearch::widths`]. Infinity: such sums tell nothing.
    pub fn new(
        layout: &Layout,
        frames_per_step: u64,
        (mirrors, mirror_bin_hz): (usize, f64),
        thresholds: Vec<Vec<f64>>,
    ) -> EnergySearch {
        let channel = &layout.channel;
        let is_masked = |cell: usize| layout.masked.contains(&(channel.start + cell));
        let mut counted = vec![0.0; channel.len() + 1];
        for cell in 0..channel.len() {
            counted[cell + 1] = counted[cell] + f64::from(u8::from(!is_masked(cell)));
        }
        EnergySearch {
            widths: EnergySearch::widths(layout),
            frames_per_step,
            mirror_bin_hz,
            steps: vec![Step::of(layout, mirrors); 1 << (thresholds.len() - 1)],
            thresholds,
            newest: None,
            whole: 0,
            sum: Step::of(layout, mirrors),
            powers: vec![0.0; layout.groups().count()],
            along: vec![0.0; channel.len() + 1],
            counted,
            layout: layout.clone(),
        }
    }

    /// Widths of the windows, cells, the widest first.
    pub fn widths(layout: &Layout) -> Vec<usize> {
        let all = layout.channel.len() as f64;
        let width = |n: i32| all / WIDTH_RATIO.powi(n);
        (0..)
            .map(width)
            .take_while(|cells| *cells >= CELLS_MIN.min(all))
            .map(|cells| cells.round() as usize)
            .collect()
    }

    /// Independent powers in a window of `cells` over `frames`, and in the noise beside.
    pub fn shapes(layout: &Layout, cells: usize, frames: f64) -> (f64, f64) {
        (frames * shape_of(cells as f64), frames * shape_of(layout.side_cells() as f64) / QUARTILE_VARIANCE)
    }

    /// Takes a step; gives what is found in the sums that it completes, the shortest first.
    pub fn push(&mut self, number: u64, step: &Step, mut out: impl FnMut(&Found)) {
        let follows = self.newest.is_some_and(|newest| newest + 1 == number);
        self.whole = if follows { self.whole + 1 } else { 1 };
        self.newest = Some(number);
        let kept = self.steps.len() as u64;
        let place = &mut self.steps[(number % kept) as usize];
        place.clear();
        place.add(step);
        for level in 0..self.thresholds.len() {
            let (count, half) = (1_u64 << level, (1_u64 << level) / 2);
            if count > self.whole || half > 1 && !(number + 1).is_multiple_of(half) {
                return;
            }
            if self.thresholds[level].iter().any(|threshold| threshold.is_finite()) {
                self.add_up(number, count);
                if let Some(found) = self.strongest(number, level).filter(|found| !self.is_image(found)) {
                    out(&found);
                }
            }
        }
    }

    /// A new stream.
    pub fn restart(&mut self) {
        (self.newest, self.whole) = (None, 0);
    }

    /// The newest `count` steps up to `number`.
    fn rows(&self, number: u64, count: u64) -> impl Iterator<Item = &Step> {
        let kept = self.steps.len() as u64;
        (number + 1 - count..=number).map(move |at| &self.steps[(at % kept) as usize])
    }

    fn add_up(&mut self, number: u64, count: u64) {
        self.sum.clear();
        let kept = self.steps.len() as u64;
        (number + 1 - count..=number).for_each(|at| self.sum.add(&self.steps[(at % kept) as usize]));
        let mut total = 0.0;
        for (cell, along) in self.along.iter_mut().enumerate().skip(1) {
            let counts = self.counted[cell] > self.counted[cell - 1];
            total += if counts { f64::from(self.sum.channel[cell - 1]) } else { 0.0 };
            *along = total;
        }
        self.powers.iter_mut().zip(&self.sum.groups).for_each(|(to, power)| *to = f64::from(*power));
    }

    /// Sum over the window of `cells` from `first` on, and the cells that count in it.
    fn window(&self, first: usize, cells: usize) -> (f64, f64) {
        let of = |along: &[f64]| along[first + cells] - along[first];
        (of(&self.along), of(&self.counted))
    }

    /// The window in the newest sum that passes its threshold by most.
    fn strongest(&self, number: u64, level: usize) -> Option<Found> {
        let (frames, all) = (self.sum.frames, (self.frames_per_step << level) as f32);
        if frames < FRAMES_MIN * all {
            return None;
        }
        // With fewer frames noise goes farther.
        let scale = f64::from(all / frames).sqrt();
        let spread = self.group_spread(f64::from(frames));
        let noise = self.layout.noise(&self.powers, spread);
        if noise.most.is_nan() || noise.most <= 0.0 {
            return None;
        }
        let mut best: Option<(f64, usize, usize, f64, f64)> = None;
        for (width, (cells, threshold)) in self.widths.iter().zip(&self.thresholds[level]).enumerate() {
            let threshold = (1.0 + (threshold - 1.0) * scale) * (1.0 + self.layout.wall);
            // Nearly always it finds nothing.
            if !self.is_over(*cells, NEARLY * threshold * noise.most) {
                continue;
            }
            for first in 0..=self.layout.channel.len() - cells {
                let (sum, counted) = self.window(first, *cells);
                let ratio = sum / counted / noise.most;
                let margin = (ratio - 1.0) / (threshold - 1.0);
                if 2.0 * counted >= *cells as f64 && margin >= best.map_or(1.0, |best| best.0) {
                    best = Some((margin, width, first, ratio, threshold));
                }
            }
        }
        let (_, width, first, ratio, threshold) = best?;
        let cells = self.widths[width];
        if !self.is_steady(number, level, (first, cells), noise) {
            return None;
        }
        let measured = self.measured((first, cells), noise);
        Some(Found { last_step: number, level, width, ratio, threshold, ..measured })
    }

    /// Whether any window of so many cells holds more than this a cell.
    fn is_over(&self, cells: usize, level: f64) -> bool {
        let ends = self.along[cells..].iter().zip(&self.counted[cells..]);
        let begins = self.along.iter().zip(&self.counted);
        let over = |((to, counted_to), (from, counted_from)): ((&f64, &f64), (&f64, &f64))| {
            (to - from) - level * (counted_to - counted_from) > 0.0
        };
        ends.zip(begins).fold(false, |any, window| any | over(window))
    }

    /// Relative deviation of a group over so many frames.
    fn group_spread(&self, frames: f64) -> f64 {
        let cells = self.layout.groups().next().map_or(1.0, |(_, length)| f64::from(*length));
        (frames * shape_of(cells)).sqrt().recip()
    }

    /// The window about that one which surely holds the most of the emission: what it holds, less some deviations, is greatest.
    fn extent(&self, (first, cells): (usize, usize), noise: Noise) -> (usize, usize) {
        let frames = f64::from(self.sum.frames);
        let held = |first: usize, cells: usize| {
            let (sum, counted) = self.window(first, cells);
            let (shape, level_shape) = EnergySearch::shapes(&self.layout, cells, frames);
            sum - noise.mean * counted * (1.0 + SURELY * (shape.recip() + level_shape.recip()).sqrt())
        };
        let mut best = (held(first, cells), first, cells);
        for wider in self.widths.iter().copied().filter(|wider| *wider > cells) {
            let last = first.min(self.layout.channel.len() - wider);
            for from in (first + cells).saturating_sub(wider)..=last {
                let sure = held(from, wider);
                if sure > best.0 {
                    best = (sure, from, wider);
                }
            }
        }
        (best.1, best.2)
    }

    /// Power, place and noise of the emission that a window shows.
    fn measured(&self, window: (usize, usize), noise: Noise) -> Found {
        let Layout { cell_hz, low, channel, .. } = &self.layout;
        let (first, cells) = self.extent(window, noise);
        // What lies at its edges too.
        let wider = ((cells as f64 * MEASURED).round() as usize).min(channel.len());
        let from = (first + cells / 2).saturating_sub(wider / 2).min(channel.len() - wider);
        let (sum, counted) = self.window(from, wider);
        let excess = (sum / counted / noise.mean - 1.0).max(0.0);
        let (mut weights, mut moment) = (0.0, 0.0);
        for cell in first..first + cells {
            let (power, counted) = self.window(cell, 1);
            let over = power / noise.mean - counted;
            (weights, moment) = (weights + over, moment + over * (cell - first) as f64);
        }
        let middle = first as f64 + (moment / weights).clamp(0.0, cells as f64);
        let (shape, level_shape) = EnergySearch::shapes(&self.layout, wider, f64::from(self.sum.frames));
        let cn0_hz = excess * wider as f64 * cell_hz;
        Found {
            last_step: 0,
            level: 0,
            width: 0,
            ratio: 0.0,
            threshold: 0.0,
            cells,
            at_hz: (*low as f64 + channel.start as f64 + middle) * cell_hz,
            cn0_hz,
            cn0_error: (1.0 + excess) * (shape.recip() + level_shape.recip()).sqrt() / excess.max(1e-9),
            noise_per_hz: noise.mean / f64::from(self.sum.weight),
        }
    }

    /// Whether an emission is there in all quarters of its time and not only in some of its steps: what is on now and then is no
    /// carrier, nor what has ended. A quarter may lack half of the mean, and twice what noise makes of it.
    fn is_steady(&self, number: u64, level: usize, (first, cells): (usize, usize), noise: Noise) -> bool {
        if level < 2 {
            return true;
        }
        let count = 1_u64 << level;
        let (_, counted) = self.window(first, cells);
        let each = noise.most / f64::from(self.sum.frames);
        let window = first..first + cells;
        let power = |step: &Step| -> f64 {
            let counts = |cell: &usize| self.counted[cell + 1] > self.counted[*cell];
            window.clone().filter(counts).map(|cell| f64::from(step.channel[cell])).sum::<f64>()
                / (counted * each)
        };
        let excess = self.window(first, cells).0 / (counted * noise.most) - 1.0;
        let shape = shape_of(cells as f64);
        let (mut quarters, mut squares, mut steps, mut frames) = ([(0.0, 0.0); 4], 0.0, 0.0, 0.0);
        for (at, step) in self.rows(number, count).enumerate().filter(|(_, step)| step.frames > 0.0) {
            let (power, own) = (power(step), f64::from(step.frames));
            let quarter = &mut quarters[4 * at / count as usize];
            *quarter = (quarter.0 + power, quarter.1 + own);
            squares += own * (power / own - 1.0 - excess).powi(2);
            (steps, frames) = (steps + 1.0, frames + own);
        }
        let is_through = quarters.iter().all(|(power, frames)| {
            let spread = 2.0 * ((1.0 + excess).powi(2) / (frames * shape)).sqrt();
            *frames > 0.0 && power / frames - 1.0 >= 0.5 * excess - spread
        });
        let of_noise = (1.0 + excess).powi(2) / (frames / steps * shape);
        let even_max = of_noise * (1.0 + 3.0 * (2.0_f64 / steps).sqrt()) + (UNEVEN_MAX * excess).powi(2);
        is_through && squares / frames <= even_max
    }

    /// Whether it may be the image of what stands at the mirror frequency.
    fn is_image(&self, found: &Found) -> bool {
        if self.sum.mirror_weight == 0.0 {
            return false;
        }
        let Layout { cell_hz, low, channel, .. } = &self.layout;
        let width = found.cells as f64;
        let cell = found.at_hz / cell_hz - (low + channel.start as i64) as f64;
        let stretch = |cell: f64| {
            let count = self.sum.mirror.len() as f64;
            (cell / channel.len() as f64 * count).clamp(0.0, count - 1.0) as usize
        };
        let mirror = &self.sum.mirror[stretch(cell - width / 2.0)..=stretch(cell + width / 2.0)];
        let loudest = f64::from(mirror.iter().fold(0.0_f32, |loudest, power| loudest.max(*power)))
            / f64::from(self.sum.mirror_weight);
        // What is narrower than a bin of the mirror fills only a part of it.
        let own = found.cn0_hz * found.noise_per_hz / (width * cell_hz).max(self.mirror_bin_hz);
        loudest > LOUD * found.noise_per_hz && own <= f64::from(IMAGE_RATIO_MAX) * loudest
    }
}
