//! Samples of any format, in pieces of any length, into the power of each bin of one frame (full scale² = 1.0).
//!
//! A frame is `fft_len` samples under a periodic Hann window (w = ½ − ½cos 2πn/N), without overlap: half the work of the
//! usual 50 % at the price of 1.8 dB of averaging. The window is scaled by 1/√(N·Σw²), so that by Parseval the sum of
//! |X|² over a tone's main lobe (3 to 4 bins) is A², and over B/Δ bins of white noise P·B/fs (Harris 1978, eq. 11–15).
//! Bins come in ascending frequency: bin b stands at (b − N/2)·Δ. Nothing is allocated after construction, and
//! where the pieces are cut makes no difference to a single bit.

use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

use crate::dsp::aligned::Aligned;
use crate::dsp::dc::DcSpike;
use crate::dsp::kernel::{self, Component};
use crate::limits::{FFT_LEN_MAX, FFT_LEN_MIN};
use crate::signal::{SampleFormat, Samples};

/// Pulse edges are found on frames, which should be about 1 ms: the power of two at or just under it, with room for rates
/// such as 250 000 (256 samples are 1.02 ms).
const FRAME_US_MAX: f64 = 1_100.0;

/// The FFT length for a sample rate where the settings name none.
pub fn fft_len_for(sample_rate_sps: f64) -> usize {
    let most = (sample_rate_sps * FRAME_US_MAX * 1e-6) as usize;
    let len = if most < 2 { 1 } else { 1 << most.ilog2() };
    len.clamp(FFT_LEN_MIN, FFT_LEN_MAX)
}

/// One frame at a time from samples to powers.
pub struct Spectrometer {
    fft: Arc<dyn Fft<f32>>,
    /// By format: the window times the size of the format's step.
    windows: [Aligned<f32>; 4],
    frame: Aligned<Complex32>,
    scratch: Aligned<Complex32>,
    power: Aligned<f32>,
    /// Sum of the scaled window.
    window_sum: f32,
    filled: usize,
    outside: Outside,
    /// One and the same zero at the beginning of the frame, and at the end so far.
    lead: Zeros,
    tail: Zeros,
    /// What the samples of the frame are, and the level from which they are more than a step away from zero.
    format: SampleFormat,
    signal_min: f32,
}

/// A run of samples that are all the same zero.
#[derive(Copy, Clone, Default)]
struct Zeros {
    count: usize,
    /// `cu8` has four zeros, and noise of one step moves between them.
    level: [f32; 2],
}

/// What was at full scale or beyond in a frame.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Samples at full scale.
    pub clipped_count: u32,
    /// Samples that are NaN, infinite or beyond +180 dBFS.
    pub bad_count: u32,
}

/// Share of samples at full scale from which a frame or a hop counts as clipped, 1/10 000.
const CLIPPED_E4: u64 = 10;

/// Whether so many samples of `count` at full scale make power a lower bound.
pub fn is_clipped(clipped_count: u64, count: u64) -> bool {
    clipped_count * 10_000 >= CLIPPED_E4 * count
}

impl Outside {
    /// Whether a frame of `len` samples was clipped.
    pub fn is_clipped(&self, len: u64) -> bool {
        is_clipped(u64::from(self.clipped_count), len)
    }
}

/// A gate that moves within this part of a frame from its end changes the frame's powers by less than a per mille: the
/// window is nearly closed there.
const GATE_SHARE: usize = 8;

/// Whether a receiver was squelched or gated in a frame.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It was not.
    Open,
    /// In a part of the frame.
    Moved,
    /// In all of it.
    Closed,
}

impl Spectrometer {
    /// For frames of `fft_len` samples, a power of two.
    pub fn new(fft_len: usize) -> Spectrometer {
        let fft = FftPlanner::new().plan_fft_forward(fft_len);
        let hann = |n: usize| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / fft_len as f64).cos();
        let energy: f64 = (0..fft_len).map(|n| hann(n) * hann(n)).sum();
        let scale = (fft_len as f64 * energy).sqrt().recip();
        let window = |step: f64| {
            let mut weights = Aligned::filled(0.0, fft_len);
            weights.iter_mut().enumerate().for_each(|(n, weight)| *weight = (hann(n) * scale * step) as f32);
            weights
        };
        Spectrometer {
            scratch: Aligned::filled(Complex32::default(), fft.get_inplace_scratch_len()),
            fft,
            windows: [SampleFormat::Cu8, SampleFormat::Cs8, SampleFormat::Cs16, SampleFormat::Cf32]
                .map(|format| window(format.step())),
            frame: Aligned::filled(Complex32::default(), fft_len),
            power: Aligned::filled(0.0, fft_len),
            window_sum: (fft_len as f64 / 2.0 * scale) as f32,
            filled: 0,
            outside: Outside::default(),
            lead: Zeros::default(),
            tail: Zeros::default(),
            format: SampleFormat::Cf32,
            signal_min: 0.0,
        }
    }

    /// Samples of a frame.
    pub fn fft_len(&self) -> usize {
        self.frame.len()
    }

    /// Whether no sample of the frame is there yet.
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Whether the frame has all its samples.
    pub fn is_full(&self) -> bool {
        self.filled == self.frame.len()
    }

    /// Takes samples from number `from` on until the frame is full; how many it took.
    #[inline]
    pub fn fill(&mut self, samples: Samples<'_>, from: usize) -> usize {
        match samples {
            Samples::Cu8(all) => self.take(all, from, SampleFormat::Cu8),
            Samples::Cs8(all) => self.take(all, from, SampleFormat::Cs8),
            Samples::Cs16(all) => self.take(all, from, SampleFormat::Cs16),
            Samples::Cf32(all) => self.take(all, from, SampleFormat::Cf32),
        }
    }

    fn take<T: Component>(&mut self, all: &[[T; 2]], from: usize, format: SampleFormat) -> usize {
        let offered = all.get(from..).unwrap_or_default();
        let count = offered.len().min(self.frame.len() - self.filled);
        let (samples, place) = (&offered[..count], self.filled..self.filled + count);
        self.take_zeros(samples);
        (self.format, self.signal_min) = (format, T::SIGNAL_MIN);
        let window = &self.windows[format as usize][place.clone()];
        if !kernel::window(samples, window, &mut self.frame[place]) {
            let (clipped, bad) = kernel::count_outside(samples);
            self.outside.clipped_count += clipped;
            self.outside.bad_count += bad;
        }
        self.filled += count;
        count
    }

    /// The runs go on where they were, but only with the same zero: where a frame is cut into pieces tells nothing.
    fn take_zeros<T: Component>(&mut self, samples: &[[T; 2]]) {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return };
        let (first, last) = (first.map(T::level), last.map(T::level));
        let (lead, tail) = kernel::zero_runs(samples);
        if self.filled == 0 {
            self.lead = Zeros { count: lead, level: first };
        } else if self.lead.count == self.filled && self.lead.level == first {
            self.lead.count += lead;
        }
        let goes_on = tail == samples.len() && self.tail.level == last;
        self.tail = Zeros { count: if goes_on { self.tail.count + tail } else { tail }, level: last };
    }

    /// Forgets the samples of a frame that will not be completed.
    pub fn restart(&mut self) {
        self.filled = 0;
        self.outside = Outside::default();
        (self.lead, self.tail) = (Zeros::default(), Zeros::default());
    }

    /// How much of the full frame was kept from us: whether exactly zero, which no receiver's noise is for long, unless it is
    /// so weak that the rest is hardly more.
    pub fn gate(&self) -> Gate {
        let (run, len) = (self.lead.count.max(self.tail.count), self.frame.len());
        match run {
            _ if self.lead.count == len => Gate::Closed,
            // The window takes all of the first sample.
            _ if run + 1 >= len || (run * GATE_SHARE >= len && self.has_signal()) => Gate::Moved,
            _ => Gate::Open,
        }
    }

    /// Whether any sample of the full frame is more than a step away from zero.
    fn has_signal(&self) -> bool {
        let window = &self.windows[self.format as usize];
        self.frame
            .iter()
            .zip(window.iter())
            .any(|(sample, weight)| sample.re.abs().max(sample.im.abs()) > self.signal_min * weight)
    }

    /// What was outside in the samples of the frame so far.
    pub fn outside(&self) -> Outside {
        self.outside
    }

    /// The power of each bin of a full frame, without the spike at 0 Hz where `dc` follows it, also added to `sums`; begins
    /// the next frame.
    pub fn transform(&mut self, dc: Option<&mut DcSpike>, sums: &mut [f32]) -> &[f32] {
        self.fft.process_with_scratch(&mut self.frame, &mut self.scratch);
        if let Some(dc) = dc {
            dc.remove(&mut self.frame, self.window_sum);
        }
        let half = self.frame.len() / 2;
        let (positive, negative) = self.frame.split_at(half);
        let (power_low, power_high) = self.power.split_at_mut(half);
        let (sums_low, sums_high) = sums.split_at_mut(half);
        kernel::power(negative, power_low, sums_low);
        kernel::power(positive, power_high, sums_high);
        self.restart();
        &self.power
    }
}
