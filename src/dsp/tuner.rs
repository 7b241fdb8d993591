//! Channels out of the band: all samples in, samples of each channel alone out, at a rate that just holds it.
//!
//! Fast convolution by overlap-save (Oppenheim & Schafer, Discrete-Time Signal Processing, § 8.7.3): one FFT of a block of the band for
//! all channels ([`Spectra`]); of each channel the bins about it times the response of its low-pass, and a short inverse FFT, which
//! gives every D-th value alone ([`Tuner`]). The low-pass is Kaiser's window on the ideal one (Kaiser 1974; ibid. § 7.5.3), symmetric
//! about 0: flat to 0.01 dB within the channel, [`STOP_DB`] down wherever the rate folds onto it. Gain 1: a tone keeps its amplitude,
//! noise its density per Hz.
//!
//! Blocks lie on a grid of the stream's samples and output m stands at sample m·D, so where the stream is cut changes nothing. A gap drops
//! the blocks across it, of some milliseconds. What is constant in the samples is followed in bin 0 of the blocks and taken out there.

use std::sync::Arc;

use rustfft::num_complex::{Complex32, Complex64};
use rustfft::{Fft, FftPlanner};

use crate::dsp::aligned::Aligned;
use crate::dsp::frames::Piece;
use crate::dsp::kernel;

/// What folds onto the channel is this far down, dB.
const STOP_DB: f64 = 80.0;
/// Output rate over the channel's width, at least: room for the filter's edge.
pub const RATE_RATIO: f64 = 2.0;
/// And of what is so wide that its filter is shorter than a channel's even so.
pub const RATE_RATIO_OF_WIDE: f64 = 1.5;
/// A block over the longest filter, at least: a quarter of each block is the next one's too.
const BLOCK_RATIO: usize = 4;
/// Shortest and longest block. A channel of less than a three thousandth of the band leaves at the rate of a wider one.
const BLOCK_MIN: usize = 192;
const BLOCK_MAX: usize = 49_152;
/// Of the constant in the samples, that of the last so many blocks is taken out.
const DC_BLOCKS: f32 = 256.0;

/// An output rate, and samples of the input that make one of the output.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Rate {
    /// Samples per second.
    pub sps: f64,
    /// Input samples per output: 2ⁱ or 3·2ⁱ, so that blocks hold whole steps.
    pub step: usize,
}

/// The rate at which a channel of `width_hz` leaves the tuner: at least `ratio` times that.
pub fn rate_for(sample_rate_sps: f64, width_hz: f64, ratio: f64) -> Rate {
    let most = (sample_rate_sps / (ratio * width_hz)) as usize;
    let steps = (0..40).flat_map(|power| [1 << power, (3 << power) / 2]);
    let at = |step: usize| Rate { sps: sample_rate_sps / step as f64, step };
    let fits = |rate: &Rate| rate.step <= most && block_for(sample_rate_sps, width_hz, *rate) <= BLOCK_MAX;
    steps.map(at).take_while(|rate| rate.step <= most.max(1)).filter(fits).last().unwrap_or(at(1))
}

/// Samples of a block that holds the filter of such a channel.
fn block_for(sample_rate_sps: f64, width_hz: f64, rate: Rate) -> usize {
    let taps = 2 * filter_half(sample_rate_sps, width_hz, rate) + 1;
    (0..).map(|power| BLOCK_MIN << power).find(|block| *block >= BLOCK_RATIO * taps).unwrap_or(BLOCK_MAX)
}

/// Samples of the blocks for channels of these widths.
pub fn block_len(sample_rate_sps: f64, widths_hz: impl Iterator<Item = f64>) -> usize {
    let len =
        |width_hz: f64| block_for(sample_rate_sps, width_hz, rate_for(sample_rate_sps, width_hz, RATE_RATIO));
    widths_hz.map(len).max().unwrap_or(BLOCK_MIN)
}

/// The stream's newest samples, and the spectrum of its newest block.
pub struct Spectra {
    fft: Arc<dyn Fft<f32>>,
    samples: Aligned<Complex32>,
    /// Number of the first sample held: a block begins with it.
    first: u64,
    held: usize,
    spectrum: Aligned<Complex32>,
    scratch: Aligned<Complex32>,
    dc: Option<Complex32>,
}

impl Spectra {
    /// Blocks of `block` samples ([`block_len`]) of a stream that comes in pieces of `piece`.
    pub fn new(block: usize, piece: usize) -> Spectra {
        let fft = FftPlanner::new().plan_fft_forward(block);
        let none = Complex32::default();
        Spectra {
            samples: Aligned::filled(none, block + piece),
            first: 0,
            held: 0,
            spectrum: Aligned::filled(none, block),
            scratch: Aligned::filled(none, fft.get_immutable_scratch_len()),
            fft,
            dc: None,
        }
    }

    /// Samples of a block.
    pub fn block_len(&self) -> usize {
        self.spectrum.len()
    }

    /// What comes next is not of this stream.
    pub fn forget(&mut self) {
        (self.held, self.dc) = (0, None);
    }

    /// Room for the next piece.
    pub fn room(&mut self) -> &mut [Complex32] {
        &mut self.samples[self.held..]
    }

    /// The first `count` of the room are the samples from number `first` on. What does not follow the samples held begins anew,
    /// with the next block of the grid.
    pub fn join(&mut self, first: u64, count: usize) {
        if self.held == 0 || first != self.first + self.held as u64 {
            let hop = hop_of(self.spectrum.len()) as u64;
            self.first = first.next_multiple_of(hop);
            let early = ((self.first - first).min(count as u64)) as usize;
            self.samples.copy_within(self.held + early..self.held + count, 0);
            self.held = count - early;
        } else {
            self.held += count;
        }
    }

    /// The next block that is whole, if any.
    pub fn next_block(&mut self) -> Option<Block<'_>> {
        let len = self.spectrum.len();
        if self.held < len {
            return None;
        }
        let Spectra { samples, spectrum, scratch, .. } = self;
        self.fft.process_immutable_with_scratch(&samples[..len], spectrum, scratch);
        let dc = self.dc.map_or(spectrum[0], |dc| dc + (spectrum[0] - dc) / DC_BLOCKS);
        self.dc = Some(dc);
        spectrum[0] -= dc;
        let first = self.first;
        self.samples.copy_within(hop_of(len)..self.held, 0);
        (self.first, self.held) = (first + hop_of(len) as u64, self.held - hop_of(len));
        Some(Block { first, spectrum: &self.spectrum })
    }
}

/// Samples from one block to the next.
fn hop_of(block: usize) -> usize {
    block - block / BLOCK_RATIO
}

/// The spectrum of a block.
pub struct Block<'a> {
    /// Number of its first sample.
    first: u64,
    spectrum: &'a [Complex32],
}

/// One channel.
pub struct Tuner {
    fft: Arc<dyn Fft<f32>>,
    step: usize,
    /// Bin of the block in the channel's middle.
    middle: usize,
    /// The response, for as many bins below the channel's middle as the inverse FFT has, and for as many from there on.
    below: Vec<f32>,
    above: Vec<f32>,
    bins: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// The turn that is left after whole bins, for each output of a block.
    turns: Vec<Complex32>,
    turns_per_sample: f64,
}

impl Tuner {
    /// For a channel of `width_hz` that lies `offset_hz` from the tuned frequency and leaves at `rate`, from blocks of `block` samples.
    pub fn new(sample_rate_sps: f64, offset_hz: f64, width_hz: f64, rate: Rate, block: usize) -> Tuner {
        let count = block / rate.step;
        let (bin_hz, turns_per_sample) = (sample_rate_sps / block as f64, -offset_hz / sample_rate_sps);
        let middle = (offset_hz / bin_hz).round();
        let taps = low_pass(sample_rate_sps, rate, width_hz);
        let response = |bin: f64| {
            let turns = ((middle + bin) * bin_hz - offset_hz) / sample_rate_sps;
            (response(&taps, turns) / block as f64) as f32
        };
        let bins = 0..count;
        let above = bins.clone().map(|bin| response(bin as f64)).collect();
        // Where all bins are kept, they are those above.
        let below = bins.map(|bin| if rate.step == 1 { 0.0 } else { response(bin as f64 - count as f64) });
        let left = turns_per_sample + middle / block as f64;
        let turn = |n: usize| unit(left * (n * rate.step) as f64);
        let fft = FftPlanner::new().plan_fft_inverse(count);
        Tuner {
            step: rate.step,
            middle: (middle as i64).rem_euclid(block as i64) as usize,
            below: below.collect(),
            above,
            bins: vec![Complex32::default(); count],
            scratch: vec![Complex32::default(); fft.get_inplace_scratch_len()],
            fft,
            turns: (0..count).map(turn).collect(),
            turns_per_sample,
        }
    }

    /// The outputs of a block. Numbers that are left out fell into a gap.
    pub fn take(&mut self, block: &Block<'_>) -> Piece<'_> {
        let len = block.spectrum.len();
        // What the rate folds together is added up.
        self.bins.fill(Complex32::default());
        add(block.spectrum, self.middle, &self.above, &mut self.bins);
        add(block.spectrum, (self.middle + len - self.bins.len()) % len, &self.below, &mut self.bins);
        self.fft.process_with_scratch(&mut self.bins, &mut self.scratch);
        let begin = unit((block.first as f64 * self.turns_per_sample).fract());
        // Half of what blocks share is lost at either end.
        let edge = len / BLOCK_RATIO / 2 / self.step;
        let whole = edge..edge + hop_of(len) / self.step;
        let samples = &mut self.bins[whole.clone()];
        kernel::turn(&self.turns[whole], begin, samples);
        Piece { number: block.first / self.step as u64 + edge as u64, samples }
    }
}

/// Adds the bins from `from` on, around the end of the spectrum, each times its response.
fn add(spectrum: &[Complex32], from: usize, response: &[f32], out: &mut [Complex32]) {
    let (first, rest) = response.split_at(response.len().min(spectrum.len() - from));
    let (out_first, out_rest) = out.split_at_mut(first.len());
    for (bins, weights, out) in [(&spectrum[from..], first, out_first), (spectrum, rest, out_rest)] {
        kernel::add_weighed(&bins[..weights.len()], weights, out);
    }
}

/// e^(j·2π·turns).
fn unit(turns: f64) -> Complex32 {
    let turned = Complex64::cis(std::f64::consts::TAU * turns);
    Complex32::new(turned.re as f32, turned.im as f32)
}

/// Taps of the low-pass on one side of its middle.
fn filter_half(sample_rate_sps: f64, width_hz: f64, rate: Rate) -> usize {
    if rate.step == 1 {
        return 0;
    }
    // What folds onto the channel's edge lies that far from the other.
    let edge = std::f64::consts::TAU * (rate.sps - width_hz) / sample_rate_sps;
    ((STOP_DB - 7.95) / (2.285 * edge) / 2.0).ceil() as usize
}

/// Taps of the low-pass from its middle on; one where nothing is left out.
fn low_pass(sample_rate_sps: f64, rate: Rate, width_hz: f64) -> Vec<f64> {
    let half = filter_half(sample_rate_sps, width_hz, rate);
    if half == 0 {
        return vec![1.0];
    }
    let beta = 0.1102 * (STOP_DB - 8.7);
    let cut = rate.sps / sample_rate_sps;
    let tap = |n: usize| {
        let x = std::f64::consts::PI * cut * n as f64;
        let ideal = if n == 0 { cut } else { cut * x.sin() / x };
        let along = n as f64 / (half + 1) as f64;
        ideal * bessel_i0(beta * (1.0 - along * along).sqrt()) / bessel_i0(beta)
    };
    let taps: Vec<f64> = (0..=half).map(tap).collect();
    let sum = 2.0 * taps.iter().sum::<f64>() - taps[0];
    taps.iter().map(|tap| tap / sum).collect()
}

/// Response of a filter of these taps from its middle on, at a frequency in turns a sample.
fn response(taps: &[f64], turns: f64) -> f64 {
    let pair = |(n, tap): (usize, &f64)| 2.0 * tap * (std::f64::consts::TAU * turns * n as f64).cos();
    taps.iter().enumerate().map(pair).sum::<f64>() - taps[0]
}

/// Modified Bessel function of the first kind and order 0 (Abramowitz & Stegun 9.6.12), arguments up to 20.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..60 {
        term *= (x / (2.0 * f64::from(n))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests;
