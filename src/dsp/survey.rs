//! A survey of a band: IQ samples to the active channels with frequency, bandwidth, power, SNR, pulses and duty.
//!
//! For people who choose a beacon's channel, not for the flight: it keeps a spectrogram of what it saw (Hann frames of
//! 0.75 to 1.5 ms, half overlapping, a byte of 0.5 dB per bin) and judges it at the end. `find` says what is a
//! channel, `timing` when it was on. Powers are |X|²/(N·Σw²): the sum over all bins is the mean power (Parseval), full
//! scale |x| = 1.0.
//!
//! Memory is taken in [`Survey::new`] and bounded by its `grid_bytes`; what does not fit is not surveyed and
//! [`Survey::pass`] says so. Frames never span a gap. Not here: DC (three bins about 0 Hz are ignored), demodulation.

mod find;
mod timing;

pub use find::{Active, Origin};
pub use timing::Timing;

use crate::signal::Samples;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

/// Level 0 of the grid, dBFS per bin.
const LOWEST_DBFS: f32 = -120.0;
/// Steps of the grid per dB.
const STEPS_PER_DB: f32 = 2.0;

/// Collects a band's spectrogram.
pub struct Survey {
    sample_rate_sps: f64,
    center_hz: f64,
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    scale: f32,
    /// The samples of the frame at hand.
    pending: Vec<Complex32>,
    frame: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// Index of the next sample.
    index: u64,
    grid: Grid,
    rows_max: usize,
    mean: Vec<f64>,
    peak: Vec<f32>,
}

/// The spectrogram: rows of levels, bin 0 at the lowest frequency.
struct Grid {
    bin_count: usize,
    levels: Vec<u8>,
    /// First sample of each row's frame.
    starts: Vec<u64>,
}

/// What a survey found.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// Time surveyed, from the first frame to the last, s.
    pub seconds: f64,
    /// Centre of the first bin, Hz.
    pub first_bin_hz: f64,
    /// Distance between bins, Hz.
    pub bin_hz: f64,
    /// Mean power per bin, dBFS.
    pub mean_dbfs: Vec<f32>,
    /// Strongest power per bin, dBFS.
    pub peak_dbfs: Vec<f32>,
    /// Noise floor of the whole band (mean noise power per bin summed), dBFS.
    pub floor_dbfs: f64,
    /// Channels with a signal, strongest first; those that are products of another say so.
    pub channels: Vec<Active>,
}

/// FFT length for a frame of 0.75 to 1.5 ms.
fn fft_len(sample_rate_sps: f64) -> usize {
    let mut len = 64;
    while (len as f64) < 0.75e-3 * sample_rate_sps && len < 16_384 {
        len *= 2;
    }
    len
}

impl Grid {
    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.levels.chunks_exact(self.bin_count)
    }
}

fn level_of(power: f32) -> u8 {
    // The cast saturates; a NaN becomes 0.
    ((10.0 * power.log10() - LOWEST_DBFS) * STEPS_PER_DB + 0.5) as u8
}

fn dbfs_of(level: f64) -> f64 {
    level / f64::from(STEPS_PER_DB) + f64::from(LOWEST_DBFS)
}

impl Survey {
    /// For a stream at `sample_rate_sps` (> 0) tuned to `center_hz`, with at most `grid_bytes` of spectrogram.
    pub fn new(sample_rate_sps: f64, center_hz: f64, grid_bytes: usize) -> Survey {
        let len = fft_len(sample_rate_sps);
        let fft = FftPlanner::new().plan_fft_forward(len);
        let turn = std::f32::consts::TAU / len as f32;
        let window: Vec<f32> = (0..len).map(|i| 0.5 - 0.5 * (turn * i as f32).cos()).collect();
        let energy: f32 = window.iter().map(|w| w * w).sum();
        let rows_max = (grid_bytes / len).max(1);
        Survey {
            sample_rate_sps,
            center_hz,
            scratch: vec![Complex32::default(); fft.get_inplace_scratch_len()],
            fft,
            window,
            scale: 1.0 / (len as f32 * energy),
            pending: Vec::with_capacity(len),
            frame: vec![Complex32::default(); len],
            index: 0,
            grid: Grid {
                bin_count: len,
                levels: Vec::with_capacity(rows_max * len),
                starts: Vec::with_capacity(rows_max),
            },
            rows_max,
            mean: vec![0.0; len],
            peak: vec![0.0; len],
        }
    }

    /// Samples are missing, or something was retuned: the next ones begin at `sample_index`.
    pub fn gap(&mut self, sample_index: u64) {
        self.pending.clear();
        self.index = sample_index;
    }

    /// Takes samples; false when the spectrogram is full and the rest was not taken.
    pub fn pass(&mut self, samples: Samples<'_>) -> bool {
        match samples {
            Samples::Cu8(s) => self.take(s, |v| (f32::from(v) - 127.5) / 127.5),
            Samples::Cs8(s) => self.take(s, |v| f32::from(v) / 128.0),
            Samples::Cs16(s) => self.take(s, |v| f32::from(v) / 32_768.0),
            Samples::Cf32(s) => self.take(s, |v| v),
        }
    }

    fn take<T: Copy>(&mut self, samples: &[[T; 2]], to_float: impl Fn(T) -> f32) -> bool {
        for &[i, q] in samples {
            self.pending.push(Complex32::new(to_float(i), to_float(q)));
            self.index += 1;
            if self.pending.len() == self.window.len() {
                if self.grid.starts.len() == self.rows_max {
                    return false;
                }
                self.transform();
                self.pending.drain(..self.window.len() / 2);
            }
        }
        true
    }

    fn transform(&mut self) {
        let len = self.window.len();
        for ((out, sample), weight) in self.frame.iter_mut().zip(&self.pending).zip(&self.window) {
            *out = sample * weight;
        }
        self.fft.process_with_scratch(&mut self.frame, &mut self.scratch);
        // Lowest frequency first.
        let (upper, lower) = self.frame.split_at(len / 2);
        let bins = lower.iter().chain(upper).zip(self.mean.iter_mut().zip(&mut self.peak));
        for (value, (mean, peak)) in bins {
            let power = value.norm_sqr() * self.scale;
            let power = if power.is_finite() { power } else { 0.0 };
            *mean += f64::from(power);
            *peak = peak.max(power);
            self.grid.levels.push(level_of(power));
        }
        self.grid.starts.push(self.index - len as u64);
    }

    /// Judges what was seen. Allocates; takes some tens of ms per second surveyed.
    pub fn finish(&self) -> Findings {
        let len = self.window.len();
        let bin_hz = self.sample_rate_sps / len as f64;
        let rows = self.grid.starts.len();
        let samples = match (self.grid.starts.first(), self.grid.starts.last()) {
            (Some(first), Some(last)) => last - first + len as u64,
            _ => 0,
        };
        let band = find::Band {
            grid: &self.grid,
            sample_rate_sps: self.sample_rate_sps,
            first_bin_hz: self.center_hz - self.sample_rate_sps / 2.0,
            bin_hz,
        };
        let (channels, floor_dbfs) = find::channels(&band);
        let db = |power: f64| (10.0 * power.max(1e-30).log10()) as f32;
        Findings {
            seconds: samples as f64 / self.sample_rate_sps,
            first_bin_hz: band.first_bin_hz,
            bin_hz,
            mean_dbfs: self.mean.iter().map(|sum| db(sum / rows.max(1) as f64)).collect(),
            peak_dbfs: self.peak.iter().map(|peak| db(f64::from(*peak))).collect(),
            floor_dbfs,
            channels,
        }
    }
}

#[cfg(test)]
mod tests;
