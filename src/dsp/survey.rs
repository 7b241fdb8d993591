//! A survey of a band: IQ samples to the active channels with frequency, bandwidth, power and SNR.
//!
//! For people who choose a beacon's channel, not for the flight: it keeps the samples of what it saw, and a spectrogram, the
//! very frames that the sense pass would have made (a byte of 0.5 dB per bin), and judges it at the end. `find` says what is
//! a channel; when one was on, and whether it would be heard, is found by giving the [`Row`]s to a sense pass laid out for it.
//! Powers are |X|²/(N·Σw²): the sum over all bins is the mean power (Parseval), full scale |x| = 1.0.
//!
//! Memory is taken with the first samples and bounded by `bytes_max` of [`Survey::new`]; what does not fit is not surveyed
//! and [`Survey::pass`] says so. Frames never span a gap. The spike at 0 Hz is taken out (`dc`); a bare carrier that stands
//! exactly there goes with it. Not here: demodulation.

mod find;
mod kept;
mod lifted;

pub use find::{Active, Origin};

use crate::dsp::dc::DcSpike;
use crate::dsp::spectrometer::{Gate, Spectrometer, fft_len_for};
use crate::signal::{SampleFormat, Samples};
use kept::Kept;

/// Level 0 of the grid, dBFS per bin, and what is less; the highest is full scale.
const LOWEST_DBFS: f32 = -127.0;
/// Steps of the grid per dB.
const STEPS_PER_DB: f32 = 2.0;

/// Collects a band's spectrogram.
pub struct Survey {
    sample_rate_sps: f64,
    center_hz: f64,
    spectrometer: Spectrometer,
    dc: DcSpike,
    /// Index of the next sample.
    index: u64,
    bytes_max: usize,
    grid: Grid,
    /// The samples of its frames, and of the one being filled.
    kept: Kept,
    rows_max: usize,
    sums: Vec<f32>,
    mean: Vec<f64>,
    peak: Vec<f32>,
    clipped_total: u64,
}

/// The spectrogram: rows of levels, bin 0 at the lowest frequency.
struct Grid {
    bin_count: usize,
    levels: Vec<u8>,
    frames: Vec<Frame>,
    /// Share of the samples that were at full scale.
    clipped_share: f64,
    /// Of each row whether something stands out in it that is not always there; known once it was judged.
    busy: Vec<bool>,
    /// Power of each level.
    powers: [f32; 256],
}

/// What a row is of.
#[derive(Copy, Clone)]
struct Frame {
    first_sample: u64,
    /// Whether the receiver was gated in it.
    gate: Gate,
    is_clipped: bool,
}

/// One frame of the survey.
pub struct Row<'a> {
    /// Index of its first sample.
    pub first_sample: u64,
    /// Whether the receiver was gated.
    pub gate: Gate,
    /// The samples.
    pub samples: Samples<'a>,
    /// Whether samples are at full scale, as many as make a reading clipped.
    pub is_clipped: bool,
    /// Whether something stands out in it that is not always there; told by [`Survey::finish`].
    pub is_busy: bool,
    /// Level of each bin; none where a gate was closed.
    levels: &'a [u8],
    /// Power of each level.
    powers: &'a [f32; 256],
}

impl Row<'_> {
    /// Power of each bin, 0.5 dB fine, full scale² = 1.0; none where the receiver was gated all through.
    pub fn power(&self) -> impl ExactSizeIterator<Item = f32> {
        self.levels.iter().map(|level| self.powers[usize::from(*level)])
    }

    /// Writes those into `room`, as long as a frame; the part that they fill.
    pub fn write_power<'a>(&self, room: &'a mut [f32]) -> &'a [f32] {
        let filled = &mut room[..self.levels.len()];
        filled.iter_mut().zip(self.power()).for_each(|(bin, power)| *bin = power);
        filled
    }
}

/// When a channel was on, as far as pulses tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timing {
    /// Pulses seen, also those cut by the beginning or end of the survey.
    pub pulse_count: usize,
    /// Median width of the whole pulses, µs; `None` when none was whole.
    pub width_us: Option<f64>,
    /// Median time from start to start, µs; `None` with fewer than two pulses.
    pub period_us: Option<f64>,
    /// Median deviation from that, µs.
    pub jitter_us: Option<f64>,
    /// Share of the time it was on, 0..=1.
    pub duty: f64,
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
    /// Power of the spike at 0 Hz that was taken out, dBFS.
    pub spike_dbfs: f64,
    /// Channels with a signal, strongest first; those that are products of another say so.
    pub channels: Vec<Active>,
}

impl Grid {
    /// The rows that a receiver saw all of.
    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        let rows = self.levels.chunks_exact(self.bin_count).zip(&self.frames);
        rows.filter(|(_, frame)| frame.gate == Gate::Open).map(|(row, _)| row)
    }
}

impl Findings {
    /// Mean power of the bin at a frequency; beyond the band's edge it comes in at the other.
    pub fn mean_power_at(&self, hz: f64) -> f32 {
        let bin = ((hz - self.first_bin_hz) / self.bin_hz).round() as i64;
        let dbfs = self.mean_dbfs[bin.rem_euclid(self.mean_dbfs.len() as i64) as usize];
        10f32.powf(dbfs / 10.0)
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
    /// For a stream at `sample_rate_sps` (> 0) tuned to `center_hz`, with at most `bytes_max` of spectrogram and samples.
    pub fn new(sample_rate_sps: f64, center_hz: f64, bytes_max: usize) -> Survey {
        Survey::in_frames(fft_len_for(sample_rate_sps), sample_rate_sps, center_hz, bytes_max)
    }

    /// The same in frames of `len` samples, a power of two.
    pub fn in_frames(len: usize, sample_rate_sps: f64, center_hz: f64, bytes_max: usize) -> Survey {
        Survey {
            sample_rate_sps,
            center_hz,
            spectrometer: Spectrometer::new(len),
            dc: DcSpike::new(len as f64 / sample_rate_sps * 1e6),
            index: 0,
            bytes_max,
            grid: Grid {
                bin_count: len,
                levels: Vec::new(),
                frames: Vec::new(),
                clipped_share: 0.0,
                busy: Vec::new(),
                powers: std::array::from_fn(|level| find::power_of(level as i32) as f32),
            },
            kept: Kept::with_room(SampleFormat::Cf32, 0),
            rows_max: 0,
            sums: vec![0.0; len],
            mean: vec![0.0; len],
            peak: vec![0.0; len],
            clipped_total: 0,
        }
    }

    /// Samples are missing, or something was retuned: the next ones begin at `sample_index`.
    pub fn gap(&mut self, sample_index: u64) {
        self.drop_frame();
        self.index = sample_index;
    }

    /// Memory for as many frames as are allowed, now that it is known what a sample takes.
    fn make_room(&mut self, format: SampleFormat) {
        let len = self.spectrometer.fft_len();
        self.rows_max = (self.bytes_max / (len * (1 + format.sample_bytes()))).max(1);
        self.grid.levels.reserve_exact(self.rows_max * len);
        self.grid.frames.reserve_exact(self.rows_max);
        self.kept = Kept::with_room(format, (self.rows_max + 1) * len);
    }

    /// What is of the frame being filled is of none.
    fn drop_frame(&mut self) {
        self.spectrometer.restart();
        self.kept.truncate(self.grid.frames.len() * self.spectrometer.fft_len());
    }

    /// Takes samples, all of one format; false when the memory is full and the rest was not taken.
    pub fn pass(&mut self, samples: Samples<'_>) -> bool {
        if self.rows_max == 0 {
            self.make_room(samples.format());
        }
        let fft_len = self.spectrometer.fft_len() as u64;
        let mut at = 0;
        while at < samples.len() {
            let after_grid = self.index % fft_len;
            let taken = if self.spectrometer.is_empty() && after_grid != 0 {
                ((fft_len - after_grid) as usize).min(samples.len() - at)
            } else {
                let taken = self.spectrometer.fill(samples, at);
                self.kept.take(samples, at, taken);
                taken
            };
            at += taken;
            self.index += taken as u64;
            if self.spectrometer.is_full() {
                if self.grid.frames.len() == self.rows_max {
                    self.drop_frame();
                    return false;
                }
                self.close_frame();
            }
        }
        true
    }

    fn close_frame(&mut self) {
        let (outside, gate) = (self.spectrometer.outside(), self.spectrometer.gate());
        if outside.bad_count > 0 {
            return self.drop_frame();
        }
        self.clipped_total += u64::from(outside.clipped_count);
        let len = self.spectrometer.fft_len() as u64;
        let is_clipped = outside.is_clipped(len);
        self.grid.frames.push(Frame { first_sample: self.index - len, gate, is_clipped });
        let dc = (gate == Gate::Open).then_some(&mut self.dc);
        let power = self.spectrometer.transform(dc, &mut self.sums);
        self.grid.levels.extend(power.iter().map(|power| level_of(*power)));
        if gate == Gate::Open {
            for (power, (mean, peak)) in power.iter().zip(self.mean.iter_mut().zip(&mut self.peak)) {
                *mean += f64::from(*power);
                *peak = peak.max(*power);
            }
        }
    }

    /// Every frame, in order: what a sense pass makes of them is what it would have made of the samples.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let len = self.grid.bin_count;
        self.grid.frames.iter().enumerate().map(move |(number, frame)| {
            let Frame { first_sample, gate, is_clipped } = *frame;
            let bins = if gate == Gate::Closed { 0 } else { len };
            Row {
                first_sample,
                gate,
                samples: self.kept.frame(number, len),
                is_clipped,
                is_busy: self.grid.busy.get(number).copied().unwrap_or_default(),
                levels: &self.grid.levels[number * len..][..bins],
                powers: &self.grid.powers,
            }
        })
    }

    /// Samples per second.
    pub fn sample_rate_sps(&self) -> f64 {
        self.sample_rate_sps
    }

    /// Frequency of 0 Hz.
    pub fn center_hz(&self) -> f64 {
        self.center_hz
    }

    /// Samples of a frame.
    pub fn fft_len(&self) -> usize {
        self.spectrometer.fft_len()
    }

    /// Judges what was seen. Allocates; takes some tens of ms per second surveyed.
    pub fn finish(&mut self) -> Findings {
        let len = self.spectrometer.fft_len();
        let bin_hz = self.sample_rate_sps / len as f64;
        let frames = &self.grid.frames;
        let samples = match (frames.first(), frames.last()) {
            (Some(first), Some(last)) => last.first_sample - first.first_sample + len as u64,
            _ => 0,
        };
        self.grid.clipped_share = self.clipped_total as f64 / (frames.len() * len).max(1) as f64;
        let open = self.grid.rows().count().max(1) as f64;
        let band = find::Band {
            grid: &self.grid,
            first_bin_hz: self.center_hz - self.sample_rate_sps / 2.0,
            bin_hz,
        };
        let first_bin_hz = band.first_bin_hz;
        let find::Found { channels, floor_dbfs, busy } = find::channels(&band);
        let mut calm_or_busy = busy.into_iter();
        let of_row = |frame: &Frame| frame.gate == Gate::Open && calm_or_busy.next().unwrap_or_default();
        self.grid.busy = self.grid.frames.iter().map(of_row).collect();
        let db = |power: f64| (10.0 * power.max(1e-30).log10()) as f32;
        Findings {
            seconds: samples as f64 / self.sample_rate_sps,
            first_bin_hz,
            bin_hz,
            mean_dbfs: self.mean.iter().map(|sum| db(sum / open)).collect(),
            peak_dbfs: self.peak.iter().map(|peak| db(f64::from(*peak))).collect(),
            floor_dbfs,
            spike_dbfs: f64::from(db(f64::from(self.dc.level().norm_sqr()))),
            channels,
        }
    }
}

#[cfg(test)]
mod tests;
