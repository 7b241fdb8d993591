//! Samples into steps of about a tenth of a second: sums of the power in the channel's cells and in the groups beside it.
//!
//! Frames of a Hann window with half of each in the next. Each is weighed by what the noise beside the channel was before it, in cells and groups
//! alike, so that a change of gain or of the noise favours no frame and lifts nothing; a frame in which all groups rise at once by more than
//! noise does (an impulse, a step) does not count, nor does one that was clipped. Frames and steps stand on the grid of the stream's numbers.

use super::beside::Layout;
use crate::dsp::frames::{Frames, Piece};
use crate::dsp::kernel;
use crate::dsp::layout::Run;
use crate::dsp::median::middle;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

/// Frames over which the noise beside is smoothed for a frame's weight.
const LEVEL_FRAMES: f32 = 8.0;
/// Deviations of the groups' median over which a frame is no noise.
const RISE: f64 = 6.0;
/// Cells over which a window spreads a line, either way.
const SPREAD_CELLS: f64 = 2.0;

/// Independent powers in a sum over so many neighbouring cells of one frame: n²/Σρ², Hann's neighbours correlating by 2/3 and 1/6
/// in amplitude (Harris 1978); of its frames that share a half 0.92 count where many cells are summed.
pub fn shape_of(cells: f64) -> f64 {
    let pairs = (cells - 1.0).max(0.0) * 4.0 / 9.0 + (cells - 2.0).max(0.0) / 36.0;
    0.92 * cells * cells / (cells + 2.0 * pairs)
}

/// One step. All sums are weighed alike.
#[derive(Clone, Debug)]
pub struct Step {
    /// Each of the channel's cells.
    pub channel: Vec<f32>,
    /// Mean over the cells of each group.
    pub groups: Vec<f32>,
    /// Power per Hz at the mirror image of each of some stretches of the channel.
    pub mirror: Vec<f32>,
    /// Sum of its weights.
    pub mirror_weight: f32,
    /// Sum of the frames' weights.
    pub weight: f32,
    /// Frames that count.
    pub frames: f32,
}

impl Step {
    /// An empty one, with the mirror images of so many stretches.
    pub fn of(layout: &Layout, mirrors: usize) -> Step {
        Step {
            channel: vec![0.0; layout.channel.len()],
            groups: vec![0.0; layout.groups().count()],
            mirror: vec![0.0; mirrors],
            mirror_weight: 0.0,
            weight: 0.0,
            frames: 0.0,
        }
    }

    /// As if nothing had been summed.
    pub fn clear(&mut self) {
        self.channel.fill(0.0);
        self.groups.fill(0.0);
        self.mirror.fill(0.0);
        (self.mirror_weight, self.weight, self.frames) = (0.0, 0.0, 0.0);
    }

    /// Adds another.
    pub fn add(&mut self, other: &Step) {
        kernel::add_scaled(&other.channel, 1.0, &mut self.channel);
        kernel::add_scaled(&other.groups, 1.0, &mut self.groups);
        kernel::add_scaled(&other.mirror, 1.0, &mut self.mirror);
        self.mirror_weight += other.mirror_weight;
        self.weight += other.weight;
        self.frames += other.frames;
    }
}

/// Makes the steps of one stream.
pub struct Steps {
    layout: Layout,
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    samples: Frames,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// Powers of the layout's cells, and the groups of those beside the channel.
    powers: Vec<f32>,
    groups: Vec<Run>,
    means: Vec<f32>,
    frames_per_step: u64,
    /// Number of the next frame, and frames of the step so far.
    next_frame: u64,
    frames: u64,
    step: Step,
    /// Noise beside the channel, full scale² per Hz.
    level: f32,
    rise: f32,
    is_mirror_due: bool,
    sorted: Vec<f32>,
    /// Samples before this one are of no use.
    spoilt_to: u64,
    /// The channel's cells that tell nothing.
    masked: Vec<std::ops::Range<usize>>,
}

impl Steps {
    /// For frames of `len` samples at `rate_sps`, and steps of at least `step_s` with the mirror images of so many stretches.
    pub fn new(layout: &Layout, rate_sps: f64, len: usize, step_s: f64, mirrors: usize) -> Steps {
        let fft = FftPlanner::new().plan_fft_forward(len);
        let hann = |n: usize| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / len as f64).cos();
        let energy: f64 = (0..len).map(|n| hann(n) * hann(n)).sum();
        let scale = (energy * rate_sps).sqrt().recip();
        let cells: u32 = layout.groups().map(|(_, length)| length).sum();
        Steps {
            scratch: vec![Complex32::default(); fft.get_inplace_scratch_len()],
            fft,
            window: (0..len).map(|n| (hann(n) * scale) as f32).collect(),
            samples: Frames::new(len, len / 2),
            powers: vec![0.0; layout.count],
            groups: layout.groups().copied().collect(),
            means: vec![0.0; layout.groups().count()],
            spectrum: vec![Complex32::default(); len],
            frames_per_step: (step_s * rate_sps / (len / 2) as f64).ceil() as u64,
            next_frame: 0,
            frames: 0,
            step: Step::of(layout, mirrors),
            level: 0.0,
            // Of a median, by 1.25 more than of the mean.
            rise: (1.0 + RISE * 1.25 / shape_of(f64::from(cells)).sqrt()) as f32,
            is_mirror_due: false,
            sorted: vec![0.0; layout.groups().count()],
            spoilt_to: 0,
            masked: Vec::new(),
            layout: layout.clone(),
        }
    }

    /// Whatever the channel's cells from `low` to `high` hold (from the middle of the spectrum, between cells too), and those over which it
    /// spreads: it counts as noise.
    pub fn mask(&mut self, low: f64, high: f64) {
        let first = (self.layout.low + self.layout.channel.start as i64) as f64;
        let count = self.layout.channel.len() as f64;
        let (from, to) = (low.round() - first - SPREAD_CELLS, high.round() - first + SPREAD_CELLS + 1.0);
        self.masked.push(from.clamp(0.0, count) as usize..to.clamp(0.0, count) as usize);
    }

    /// Frames of a step.
    pub fn frames_per_step(&self) -> u64 {
        self.frames_per_step
    }

    /// Samples of a step.
    pub fn step_samples(&self) -> u64 {
        self.frames_per_step * self.samples.shape().1 as u64
    }

    /// Samples before number `to` are of no use.
    pub fn spoil(&mut self, to: u64) {
        self.spoilt_to = self.spoilt_to.max(to);
    }

    /// A new stream: numbers begin at 0 again.
    pub fn restart(&mut self) {
        self.samples.forget();
        (self.frames, self.spoilt_to, self.level, self.is_mirror_due) = (0, 0, 0.0, false);
        self.step.clear();
    }

    /// Power per Hz at the mirror image of each stretch, now; once a frame is enough.
    pub fn mirror(&mut self, power_of: impl Fn(usize) -> f32) {
        if std::mem::take(&mut self.is_mirror_due) {
            let weight = self.level.recip();
            self.step.mirror.iter_mut().enumerate().for_each(|(n, sum)| *sum += weight * power_of(n));
            self.step.mirror_weight += weight;
        }
    }

    /// Takes samples; gives each step that they complete, and its number.
    pub fn push(&mut self, mut piece: Piece<'_>, mut out: impl FnMut(u64, &Step)) {
        while let Some((frame, samples)) = self.samples.take(&mut piece) {
            kernel::weigh(samples, &self.window, &mut self.spectrum);
            if frame != self.next_frame || frame.is_multiple_of(self.frames_per_step) {
                self.step.clear();
                self.frames = 0;
            }
            self.next_frame = frame + 1;
            self.frames += 1;
            self.add_frame(frame);
            if self.frames == self.frames_per_step {
                out(frame / self.frames_per_step, &self.step);
            }
        }
    }

    fn add_frame(&mut self, frame: u64) {
        self.fft.process_with_scratch(&mut self.spectrum, &mut self.scratch);
        let from = self.layout.low.rem_euclid(self.spectrum.len() as i64) as usize;
        let (low, high) = self.powers.split_at_mut(self.layout.count.min(self.spectrum.len() - from));
        kernel::scaled_power(&self.spectrum[from..from + low.len()], 1.0, low);
        kernel::scaled_power(&self.spectrum[..high.len()], 1.0, high);
        kernel::sum_runs(&self.powers, &self.groups, &mut self.means);
        self.means.iter_mut().zip(&self.groups).for_each(|(mean, (_, length))| *mean /= *length as f32);
        self.sorted.copy_from_slice(&self.means);
        let own = middle(&mut self.sorted).map_or(0.0, |(low, high)| (low + high) / 2.0);
        if !own.is_finite() || own < f32::MIN_POSITIVE {
            return;
        }
        if self.level == 0.0 {
            self.level = own;
        }
        let counts = own <= self.rise * self.level && frame * self.samples.shape().1 as u64 >= self.spoilt_to;
        let weight = self.level.recip();
        // No further at once than noise goes by chance.
        self.level *= 1.0 + ((own / self.level).clamp(0.5, 2.0) - 1.0) / LEVEL_FRAMES;
        if !counts {
            return;
        }
        self.is_mirror_due = true;
        let Steps { layout, powers, means, step, masked, rise, .. } = self;
        let channel = &mut powers[layout.channel.clone()];
        masked.iter().for_each(|cells| channel[cells.clone()].fill(own));
        kernel::add_scaled(means, weight, &mut step.groups);
        kernel::add_scaled(channel, weight, &mut step.channel);
        step.weight += weight;
        // What noise that fell has left adds so much less to the sum: fewer frames make it up.
        step.frames += if own * *rise < 1.0 / weight { own * weight } else { 1.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::energy::beside::Where;

    fn steps_of(pieces: &[(u64, usize)], sample: impl Fn(u64) -> [f32; 2]) -> Vec<(u64, Step)> {
        let at = Where {
            channel_hz: 0.0,
            width_hz: 1e3,
            zero_hz: 3e3,
            zero_half_hz: 10.0,
            half_band_hz: 8e3,
            half_held_hz: 3e3,
        };
        let layout = Layout::new(&at, 8e3 / 128.0).expect("room");
        let mut steps = Steps::new(&layout, 8e3, 128, 0.1, 1);
        let mut made = Vec::new();
        for (from, count) in pieces {
            let samples: Vec<Complex32> =
                (*from..from + *count as u64).map(&sample).map(|[re, im]| Complex32::new(re, im)).collect();
            let piece = Piece { number: *from, samples: &samples };
            steps.push(piece, |number, step| made.push((number, step.clone())));
        }
        made
    }

    fn noise(number: u64) -> [f32; 2] {
        let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678;
        let mut half = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let sum: i32 = state.to_le_bytes()[3..].iter().map(|byte| i32::from(*byte) - 128).sum();
            sum as f32 * 1e-3
        };
        [half(), half()]
    }

    #[test]
    fn steps_are_the_same_however_the_stream_is_cut() {
        let whole = steps_of(&[(0, 8_000)], noise);
        let pieces = steps_of(&[(0, 1), (1, 130), (131, 4_000), (4_131, 3_869)], noise);
        assert_eq!(whole.len(), pieces.len());
        assert!(whole.len() >= 8, "{}", whole.len());
        for ((number, step), (other, cut)) in whole.iter().zip(&pieces) {
            assert_eq!((number, &step.channel, &step.groups), (other, &cut.channel, &cut.groups));
            // Noise beside the channel and in it is the same, and about 1 a frame whatever its level.
            let mean = |powers: &[f32]| powers.iter().sum::<f32>() / powers.len() as f32 / step.frames;
            let (within, beside) = (mean(&step.channel), mean(&step.groups));
            assert!(
                (within / beside - 1.0).abs() < 0.45 && (0.7..1.7).contains(&beside),
                "{within} {beside}"
            );
        }
        // A gap leaves steps out.
        let gap = steps_of(&[(0, 3_000), (3_500, 4_500)], noise);
        assert!(gap.len() < whole.len() && gap.windows(2).any(|pair| pair[1].0 > pair[0].0 + 1));
    }

    #[test]
    fn an_impulse_and_a_step_of_noise_count_for_nothing() {
        let rough = |number: u64| {
            let gain = if (20_000..30_000).contains(&number) { 10.0 } else { 1.0 };
            let [re, im] = noise(number).map(|half| half * gain);
            if number.is_multiple_of(4_001) { [re + 40.0, im] } else { [re, im] }
        };
        let steps = steps_of(&[(0, 48_000)], rough);
        let (calm, all) = (steps_of(&[(0, 48_000)], noise), steps.len());
        assert_eq!(calm.len(), all);
        let ratio = |step: &Step| {
            let of = |powers: &[f32]| powers.iter().sum::<f32>() / powers.len() as f32;
            of(&step.channel) / of(&step.groups)
        };
        for (number, step) in steps.iter().filter(|(_, step)| step.frames > 6.0) {
            assert!((ratio(step) - 1.0).abs() < 0.45, "{number}: {}", ratio(step));
        }
        let frames = |steps: &[(u64, Step)]| steps.iter().map(|(_, step)| step.frames).sum::<f32>();
        let (left, whole) = (frames(&steps), frames(&calm));
        assert!(left < whole && left > 0.8 * whole, "{left} of {whole}");
    }
}
