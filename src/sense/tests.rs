//! What the tests of the sense pass share: made signals in every format, a sink that keeps all, one way to run.

mod bands;
mod bursts;
mod chirps;
mod energies;
mod envelope;
mod lines;
mod listening;
mod own_noise;
mod power;
mod reach;
mod recordings;
mod rough;
mod seeking;
mod splatter;
mod stream;
mod successor;
mod trains;

use super::*;
use crate::config::{ChannelConfig, Emission};
use crate::signal::SampleFormat;

/// Keeps all that comes.
#[derive(Default, Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub readings: Vec<Reading>,
    pub pulses: Vec<Pulse>,
    pub rows: Vec<Spectrum>,
    pub hearings: Vec<Hearing>,
}

impl SenseSink for Kept {
    fn reading(&mut self, reading: &Reading) {
        self.readings.push(*reading);
    }
    fn pulse(&mut self, pulse: &Pulse) {
        self.pulses.push(*pulse);
    }
    fn hearing(&mut self, hearing: &Hearing) {
        self.hearings.push(*hearing);
    }
    fn spectrum(&mut self, spectrum: &Spectrum) {
        self.rows.push(*spectrum);
    }
}

pub(super) fn channel(frequency_hz: f64, bandwidth_hz: f64) -> ChannelConfig {
    ChannelConfig {
        name: "beacon".into(),
        frequency_hz,
        bandwidth_hz,
        emission: Emission::Continuous,
        pulse_width_min_us: 2_000,
        pulse_width_max_us: 500_000,
        pulse_bridge_us: 3_000,
        pulse_trigger_db: 10.0,
    }
}

/// 250 kS/s about 0 Hz, 256 bins, one channel.
pub(super) fn config(frequency_hz: f64, bandwidth_hz: f64) -> SenseConfig {
    SenseConfig {
        sample_rate_sps: 250e3,
        center_hz: 0.0,
        more_centers_hz: Vec::new(),
        own_noise: Vec::new(),
        fft_len: 256,
        hop_us: 10_000,
        dc_exclude_hz: Some(500.0),
        spectrum_interval_us: 0,
        false_alarms_per_hour: 0.05,
        channels: vec![channel(frequency_hz, bandwidth_hz)],
    }
}

/// Samples that own their memory, quantised from f64 with full scale 1.0 as the format defines it.
#[derive(Clone, Debug)]
pub(super) enum Made {
    Cu8(Vec<[u8; 2]>),
    Cs8(Vec<[i8; 2]>),
    Cs16(Vec<[i16; 2]>),
    Cf32(Vec<[f32; 2]>),
}

pub(super) const FORMATS: [SampleFormat; 4] =
    [SampleFormat::Cu8, SampleFormat::Cs8, SampleFormat::Cs16, SampleFormat::Cf32];

impl Made {
    pub fn of(signal: &[[f64; 2]], format: SampleFormat) -> Made {
        // `as` saturates and rounds towards zero after `round`: what a converter does.
        match format {
            SampleFormat::Cu8 => {
                Made::Cu8(signal.iter().map(|s| s.map(|v| (v * 127.5 + 127.5).round() as u8)).collect())
            }
            SampleFormat::Cs8 => {
                Made::Cs8(signal.iter().map(|s| s.map(|v| (v * 128.0).round() as i8)).collect())
            }
            SampleFormat::Cs16 => {
                Made::Cs16(signal.iter().map(|s| s.map(|v| (v * 32_768.0).round() as i16)).collect())
            }
            SampleFormat::Cf32 => Made::Cf32(signal.iter().map(|s| s.map(|v| v as f32)).collect()),
        }
    }

    pub fn samples(&self, from: usize, to: usize) -> Samples<'_> {
        match self {
            Made::Cu8(all) => Samples::Cu8(&all[from..to]),
            Made::Cs8(all) => Samples::Cs8(&all[from..to]),
            Made::Cs16(all) => Samples::Cs16(&all[from..to]),
            Made::Cf32(all) => Samples::Cf32(&all[from..to]),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Made::Cu8(all) => all.len(),
            Made::Cs8(all) => all.len(),
            Made::Cs16(all) => all.len(),
            Made::Cf32(all) => all.len(),
        }
    }
}

/// The stamp of the sample at `index` of a stream that began at time 0.
pub(super) fn stamp(index: usize, rate_sps: f64) -> BlockStamp {
    BlockStamp {
        sample_index: index as u64,
        acquired_us: TimeUs((index as f64 * 1e6 / rate_sps).round() as u64),
        ..BlockStamp::default()
    }
}

/// Runs all samples through a fresh pass, cut into blocks at `cuts`.
pub(super) fn run_cut(config: &SenseConfig, made: &Made, cuts: &[usize]) -> Kept {
    let (mut sense, mut kept) = (Sense::new(config).unwrap(), Kept::default());
    let mut from = 0;
    for to in cuts.iter().copied().chain([made.len()]) {
        sense.pass(&stamp(from, config.sample_rate_sps), made.samples(from, to), &mut kept);
        from = to;
    }
    sense.finish(&mut kept);
    kept
}

pub(super) fn run(config: &SenseConfig, made: &Made) -> Kept {
    run_cut(config, made, &[])
}

/// Numbers without pattern: SplitMix64 (Steele, Lea & Flood 2014).
pub(super) struct Random(pub u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// White complex noise of mean power `power` (Box & Muller 1958).
    pub fn noise(&mut self, power: f64, count: usize) -> Vec<[f64; 2]> {
        let mut one = || {
            let radius = (-(1.0 - self.unit()).ln() * power).sqrt();
            let (sin, cos) = (self.unit() * std::f64::consts::TAU).sin_cos();
            [radius * cos, radius * sin]
        };
        (0..count).map(|_| one()).collect()
    }
}

/// Adds a tone of amplitude `amplitude` to the samples `range` of the signal.
pub(super) fn add_tone(
    signal: &mut [[f64; 2]],
    range: std::ops::Range<usize>,
    frequency_hz: f64,
    rate_sps: f64,
    amplitude: f64,
) {
    for (n, sample) in signal.iter_mut().enumerate().take(range.end).skip(range.start) {
        let (sin, cos) = (std::f64::consts::TAU * frequency_hz * n as f64 / rate_sps + 0.7).sin_cos();
        sample[0] += amplitude * cos;
        sample[1] += amplitude * sin;
    }
}

/// Mean power over all readings, dBFS.
pub(super) fn mean_dbfs(readings: &[Reading]) -> f64 {
    let linear = readings.iter().map(|reading| crate::units::ratio_from_db(reading.mean.db()));
    crate::units::db_from_ratio(linear.sum::<f64>() / readings.len() as f64)
}
