//! Spectra of one channel as fine as an emission is narrow, whitened: noise is 1 in every cell, whatever its level.
//!
//! For lines, frames of a Hann window with half of each in the next, so that what lies between two windows is lost by neither; for
//! pulses, frames as long as a pulse, unweighted: the filter matched to it, four of them begin in its time, so that one is within an
//! eighth. At least twice as many cells as the window resolves, so that a line between two cells loses 0.4 dB at most (0.9 dB unweighted;
//! Harris 1978). For distress bursts, frames as long as a short one, weighted as the carrier is that goes through it. Each frame
//! is divided by its median, smoothed over some frames but where it rises, and by the slope of the channel's filter, learned from medians over neighbouring cells: a step of
//! noise and an impulse (which is in all cells alike) go out, what is narrow stays. Noise alone is then exponentially distributed with mean 1.
//!
//! Frame j covers the samples from j hops on, on the grid of the stream's numbers; a gap drops the frames across it.

use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

use crate::dsp::burst406::{BIT_RATE_HZ, CARRIER_S, PHASE_RAD, SHORT_BITS};
use crate::dsp::chain::FRAMES_OF_PULSE;
use crate::dsp::frames::{Frames, Piece};
use crate::dsp::kernel;
use crate::dsp::median::middle;

/// Cells over which the slope is told, at least: half as many are independent. Groups of them at most: over a channel it is smooth.
const NOISE_CELLS: usize = 256;
const GROUPS_MAX: usize = 8;
/// Frames over which it is learned.
const SLOPE_FRAMES: f32 = 16.0;
/// The median of an exponential law is told by the share of cells over any level near it, without sorting: with 0.9 to 1.4 times its error where
/// that share is from one of these to the other.
const SHARE_MIN: f64 = 0.25;
const SHARE_MAX: f64 = 0.75;
/// Cells per resolved bin, at least; of a burst, whose weights make its bins wider.
const PADDING: f64 = 2.0;
const PADDING_OF_BURST: f64 = 1.4;
/// Length of a burst's frame, and from one to the next, s.
const BURST_S: f64 = CARRIER_S + SHORT_BITS as f64 / BIT_RATE_HZ;
/// See [`BURST_S`].
pub const BURST_HOP_S: f64 = 0.04;

/// What a frame is matched to.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Matched {
    /// A line whose phase holds for about so many seconds.
    Line(f64),
    /// A pulse of so many seconds.
    Pulse(f64),
    /// A distress burst of 406 MHz: its carrier, and what is left of it in the bits.
    Burst,
}

impl Matched {
    /// Samples of a window, and from one to the next.
    fn samples(self, rate_sps: f64) -> (usize, usize) {
        match self {
            Matched::Line(seconds) => {
                let len = smooth((rate_sps * seconds) as usize);
                (len, len / 2)
            }
            Matched::Pulse(seconds) => {
                let hop = ((rate_sps * seconds / FRAMES_OF_PULSE as f64).round() as usize).max(1);
                (hop * FRAMES_OF_PULSE as usize, hop)
            }
            Matched::Burst => {
                ((rate_sps * BURST_S) as usize, ((rate_sps * BURST_HOP_S).round() as usize).max(1))
            }
        }
    }

    fn padding(self) -> f64 {
        if self == Matched::Burst { PADDING_OF_BURST } else { PADDING }
    }

    fn weight(self, along: f64) -> f64 {
        match self {
            Matched::Line(_) => 0.5 - 0.5 * (std::f64::consts::TAU * along).cos(),
            Matched::Pulse(_) => 1.0,
            Matched::Burst if along * BURST_S < CARRIER_S => 1.0,
            Matched::Burst => PHASE_RAD.cos(),
        }
    }

    /// Frames over which what lifts all cells is smoothed: some independent ones.
    fn level_frames(self) -> f32 {
        match self {
            Matched::Line(_) => 8.0,
            Matched::Pulse(_) => 64.0,
            Matched::Burst => 88.0,
        }
    }

    /// A frame's own median is taken as so many deviations lower than it is. To take the higher of it and the smoothed one costs 0.4 of a
    /// deviation, or 0.08 of one that is taken a deviation lower, which matters in the few bins of a pulse.
    fn rough_deviations(self) -> f32 {
        if matches!(self, Matched::Pulse(_)) { 1.0 } else { 0.0 }
    }

    /// Relative deviation of the median of one frame of so many bins: 1/(2·f(m)·m·√n) of an exponential law.
    fn median_error(self, bins: f64) -> f64 {
        let independent = match self {
            Matched::Line(_) => bins / 1.5,
            Matched::Pulse(_) => bins,
            Matched::Burst => bins / 1.16,
        };
        1.0 / (std::f64::consts::LN_2 * independent.max(1.0).sqrt())
    }

    /// Noise bandwidth of the window in bins, Σw²·N/(Σw)² (of a burst N/Σw², its carrier being as the weights are), over what is lost on
    /// average between two cells, and two frames.
    fn noise_bins(self) -> f64 {
        match self {
            Matched::Line(_) => 1.5 / 0.97,
            Matched::Pulse(_) => 1.0 / 0.88,
            Matched::Burst => 2.02 / 0.92,
        }
    }
}

/// Makes the frames of one channel.
pub struct Fine {
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    frames: Frames,
    matched: Matched,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    cells: Vec<f32>,
    sorted: Vec<f32>,
    rate_sps: f64,
    /// Noise of each group of cells, full scale² per Hz, but for what lifts the newest frame.
    slope: Vec<f32>,
    /// Frames that have told it, as far as it matters.
    slope_frames: f32,
    /// What lifts all cells: smoothed, and as it is taken for the newest frame.
    level: f32,
    lift: f32,
    lift_error: f32,
    /// Cells that do not count.
    masked: Vec<std::ops::Range<usize>>,
}

impl Fine {
    /// For a channel of `width_hz` at `rate_sps`.
    pub fn new(rate_sps: f64, width_hz: f64, matched: Matched) -> Fine {
        let (len, hop) = matched.samples(rate_sps);
        let padded = smooth((len as f64 * matched.padding()) as usize);
        let fft = FftPlanner::new().plan_fft_forward(padded);
        let weight = |n: usize| matched.weight(n as f64 / len as f64);
        let energy: f64 = (0..len).map(|n| weight(n) * weight(n)).sum();
        let scale = (energy * rate_sps).sqrt().recip();
        let count = ((width_hz / (rate_sps / padded as f64)) as usize + 1).min(padded);
        Fine {
            scratch: vec![Complex32::default(); fft.get_inplace_scratch_len()],
            fft,
            window: (0..len).map(|n| (weight(n) * scale) as f32).collect(),
            frames: Frames::new(len, hop),
            matched,
            spectrum: vec![Complex32::default(); padded],
            cells: vec![0.0; count],
            sorted: vec![0.0; count],
            rate_sps,
            slope: vec![0.0; (count / NOISE_CELLS).clamp(1, GROUPS_MAX)],
            slope_frames: 0.0,
            level: 0.0,
            lift: 0.0,
            lift_error: matched.median_error(count as f64 * len as f64 / padded as f64) as f32,
            masked: Vec::new(),
        }
    }

    /// Leaves the cells `from..to` out of all that follows: they are 0.
    pub fn mask(&mut self, (from, to): (usize, usize)) {
        self.masked.push(from.min(self.cells.len())..to.min(self.cells.len()));
    }

    /// Cells of a frame.
    pub fn cell_count(&self) -> usize {
        self.cells.len()
    }

    /// Distance between cells, Hz.
    pub fn cell_hz(&self) -> f64 {
        self.rate_sps / self.spectrum.len() as f64
    }

    /// Distance of a cell from the channel's middle, Hz; between cells too.
    pub fn offset_hz(&self, cell: f64) -> f64 {
        (cell - (self.cells.len() / 2) as f64) * self.cell_hz()
    }

    /// Samples from one frame to the next.
    pub fn hop(&self) -> usize {
        self.frames.shape().1
    }

    /// C/N0 of a line that lifts a cell by `excess` times the noise, Hz (10·log10 of it is dB-Hz).
    pub fn cn0_hz(&self, excess: f64) -> f64 {
        excess * self.matched.noise_bins() * self.rate_sps / self.window.len() as f64
    }

    /// Noise about a cell in the newest frame, full scale² per Hz.
    pub fn noise_per_hz(&self, cell: f64) -> f32 {
        let each = self.cells.len().div_ceil(self.slope.len());
        self.slope[(cell.max(0.0) as usize / each).min(self.slope.len() - 1)] * self.lift
    }

    /// By how much the noise of one frame is known, relative, one sigma: half and a quarter of one frame's own, smoothed.
    pub fn noise_error(&self) -> f64 {
        let share = if matches!(self.matched, Matched::Line(_)) { 0.5 } else { 0.25 };
        f64::from(self.lift_error) * share
    }

    /// Takes of a piece what completes a frame, or all; the frame's number and its cells.
    pub fn push(&mut self, piece: &mut Piece<'_>) -> Option<(u64, &[f32])> {
        let (frame, samples) = self.frames.take(piece)?;
        let (weighed, padding) = self.spectrum.split_at_mut(samples.len());
        kernel::weigh(samples, &self.window, weighed);
        padding.fill(Complex32::default());
        self.transform();
        self.whiten();
        for masked in &self.masked {
            self.cells[masked.clone()].fill(0.0);
        }
        Some((frame, &self.cells))
    }

    fn transform(&mut self) {
        self.fft.process_with_scratch(&mut self.spectrum, &mut self.scratch);
        let below = self.cells.len() / 2;
        let (low, high) = self.cells.split_at_mut(below);
        kernel::scaled_power(&self.spectrum[self.spectrum.len() - below..], 1.0, low);
        kernel::scaled_power(&self.spectrum[..high.len()], 1.0, high);
    }

    /// Divides by the slope over the channel, slowly learned, and by what lifts all of this frame.
    fn whiten(&mut self) {
        let Fine { cells, sorted, slope, slope_frames, .. } = self;
        let each = cells.len().div_ceil(slope.len());
        let mut over = [0; GROUPS_MAX];
        for ((group, floor), over) in cells.chunks_mut(each).zip(slope.iter_mut()).zip(&mut over) {
            if *floor == 0.0 {
                *floor = median(group, sorted).max(f32::MIN_POSITIVE);
            }
            kernel::scale(group, floor.recip());
            *over = kernel::count_over(group, self.level);
        }
        let share = f64::from(over.iter().sum::<u32>()) / cells.len() as f64;
        let is_near = self.level > 0.0 && (SHARE_MIN..=SHARE_MAX).contains(&share);
        let lift = if is_near { self.level / medians(share) } else { median(cells, sorted) };
        let lift = lift.max(f32::MIN_POSITIVE);
        let counted_at = self.level;
        if self.level == 0.0 {
            self.level = lift;
        }
        self.level += (lift - self.level) / self.matched.level_frames();
        // Noise that rises, at once or slowly, is told by the frame itself: what lags it passes for an emission in every frame of a sum.
        let rough = self.matched.rough_deviations() * self.lift_error;
        self.lift = self.level.max(lift / (1.0 + rough)) / std::f32::consts::LN_2;
        let share = self.lift.recip();
        kernel::scale(cells, share);
        *slope_frames = (*slope_frames + 1.0).min(SLOPE_FRAMES);
        if slope.len() == 1 || !is_near {
            return;
        }
        for ((group, floor), over) in cells.chunks(each).zip(slope).zip(over) {
            let own = counted_at / medians(f64::from(over) / group.len() as f64) / lift;
            // No further at once than noise goes by chance.
            *floor *= 1.0 + (own.clamp(0.5, 2.0) - 1.0) / *slope_frames;
        }
    }
}

/// How many medians of an exponential law a level is which that share of it is over.
fn medians(share: f64) -> f32 {
    -share.clamp(SHARE_MIN, SHARE_MAX).log2() as f32
}

/// The shortest length from `len` on that an FFT likes: 2ⁱ·3ʲ, even.
fn smooth(len: usize) -> usize {
    let of = |threes: usize| len.div_ceil(threes).next_power_of_two().max(2) * threes;
    [1, 3, 9, 27].map(of).into_iter().fold(usize::MAX, usize::min)
}

/// Of those cells that are a resolved bin apart; the upper of the two in the middle of an even count.
fn median(values: &[f32], sorted: &mut [f32]) -> f32 {
    let apart = values.iter().step_by(PADDING as usize);
    let sorted = &mut sorted[..apart.len()];
    sorted.iter_mut().zip(apart).for_each(|(sorted, value)| *sorted = *value);
    middle(sorted).map_or(0.0, |(_, upper)| upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_cells_do_not_count() {
        let mut fine = Fine::new(1e3, 500.0, Matched::Line(0.064));
        fine.mask((4, 6));
        fine.mask((20, 21));
        let mut noise = 1_u32;
        let mut next = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 8) as f32 / 16_777_216.0 - 0.5
        };
        let mut frames = 0;
        for number in 0..1_000 {
            let samples = [Complex32::new(next(), next())];
            if let Some((_, cells)) = fine.push(&mut Piece { number, samples: &samples }) {
                assert_eq!((&cells[4..6], cells[20]), (&[0.0, 0.0][..], 0.0));
                assert!(cells.iter().filter(|cell| **cell == 0.0).count() == 3);
                frames += 1;
            }
        }
        assert!(frames > 20);
    }

    #[test]
    fn noise_that_rises_is_white_in_every_frame() {
        let mut state = 9_u64;
        let mut half = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let sum: i32 = state.to_le_bytes()[3..].iter().map(|byte| i32::from(*byte) - 128).sum();
            sum as f32
        };
        // 1 dB a second.
        let mut fine = Fine::new(8e3, 4e3, Matched::Line(0.5));
        let (mut sum, mut count) = (0.0, 0.0);
        for number in 0..160_000_u64 {
            let gain = 10f32.powf(number as f32 / 8e3 / 20.0);
            let samples = [Complex32::new(half() * gain, half() * gain)];
            if let Some((_, cells)) = fine.push(&mut Piece { number, samples: &samples }) {
                sum += cells.iter().sum::<f32>();
                count += cells.len() as f32;
            }
        }
        assert!((sum / count - 1.0).abs() < 0.02, "{}", sum / count);
    }
}
