//! How weak an emission may be to be heard, before anything is heard: C/N0 at which a channel's detectors tell it in nine of ten
//! cases, by the thresholds in force and the time of listening.
//!
//! C/N0 is the emission's power while it is on (of a line that of the line alone) over the noise per Hz. The chances are those of
//! `analytics::lifted`. Taken into account: the windows' noise bandwidth and what is lost between two cells, two frames and two widths
//! of pulse, on average. Not taken into account: fading, an oscillator that does not hold its phase over a window (0.2 s of a line),
//! pulses that are missing. Measured beside it by `skyhound-rig hearing`.

use super::matched::judged::{Judged, judged};
use crate::analytics::prospect::Prospect;
use crate::config::{AnalyticsConfig, ChannelConfig, Emission, SenseConfig};
use crate::dsp::layout::NOISE_BINS_MIN;
use crate::units::db_from_ratio;

/// Probability of being heard that is told of.
pub const PROBABILITY: f64 = 0.9;

/// By which of a channel's detectors.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum HeardBy {
    /// Readings over the trigger.
    Readings,
    /// Lines in fine spectra.
    Lines,
    /// A train of single pulses over the trigger, or a burst.
    Pulses,
    /// A train of pulses summed.
    Trains,
    /// Energy that fills the channel.
    Energy,
    /// A packet's chirps.
    Chirps,
    /// One distress burst.
    Bursts,
}

impl HeardBy {
    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            HeardBy::Readings => "readings over the trigger",
            HeardBy::Lines => "a line in fine spectra",
            HeardBy::Pulses => "pulses over the trigger",
            HeardBy::Trains => "a train of weak pulses",
            HeardBy::Energy => "energy over the noise beside",
            HeardBy::Chirps => "chirps of a preamble",
            HeardBy::Bursts => "a distress burst",
        }
    }
}

/// The weakest that a detector hears.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Limit {
    /// Which one.
    pub by: HeardBy,
    /// C/N0 heard with [`PROBABILITY`], dB-Hz.
    pub cn0_db_hz: f64,
    /// Time of the emission that it takes for that, s: it must be there through all of it.
    pub seconds: f64,
}

/// Pulses as they are sent.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Sent {
    /// Width, s.
    pub width_s: f64,
    /// Start to start, s.
    pub period_s: f64,
}

impl Sent {
    /// In the middle of what a channel seeks (geometric mean of width and period); `None` where no pulses are sought.
    pub fn sought(channel: &ChannelConfig) -> Option<Sent> {
        let (Emission::Pulsed(train) | Emission::Any(train)) = channel.emission else { return None };
        let middle = |min_us: u32, max_us: u32| (f64::from(min_us) * f64::from(max_us)).sqrt() * 1e-6;
        let period_s = middle(train.period_min_us, train.period_max_us);
        let width_s = middle(channel.pulse_width_min_us, channel.pulse_width_max_us);
        Some(Sent { width_s: width_s.min(period_s / 4.0), period_s })
    }
}

/// For each detector of channel number `channel` that can hear something within `seconds` of listening, the weakest that it does, the
/// weakest of all first; pulses as [`Sent::sought`].
///
/// ```
/// use skyhound::config::{AnalyticsConfig, ChannelConfig, Emission, SenseConfig};
/// use skyhound::sense::reach::{HeardBy, limits};
///
/// let channel = ChannelConfig {
///     name: "beacon".into(), frequency_hz: 5e3, bandwidth_hz: 4e3, emission: Emission::Continuous,
///     pulse_width_min_us: 2_000, pulse_width_max_us: 500_000, pulse_bridge_us: 1_000, pulse_trigger_db: 10.0,
/// };
/// let sense = SenseConfig {
///     sample_rate_sps: 24e3, center_hz: 0.0, more_centers_hz: Vec::new(), own_noise: Vec::new(), fft_len: 64, hop_us: 10_000,
///     dc_exclude_hz: None, spectrum_interval_us: 0, false_alarms_per_hour: 0.05, channels: vec![channel],
/// };
/// let analytics = AnalyticsConfig {
///     floor_window_us: 10_000_000, floor_percentile: 0.10, trend_window_us: 2_000_000, rolling_window_us: 1_000_000,
///     ewma_time_constant_us: 500_000, gradient_window_us: 20_000_000, gradient_cell_m: 2.0, gradient_spread_min_m: 3.0,
///     trigger_db: 12.0, drop_db: 6.0, debounce_us: 50_000, hold_us: 1_000_000, false_alarms_per_hour: 0.05,
/// };
/// let [line, energy, readings] = limits(&sense, &analytics, 0, 10.0)[..] else { panic!() };
/// assert_eq!((line.by, energy.by, readings.by), (HeardBy::Lines, HeardBy::Energy, HeardBy::Readings));
/// assert!(line.cn0_db_hz < 12.0 && energy.cn0_db_hz > 20.0 && readings.cn0_db_hz > 40.0, "{line:?} {energy:?} {readings:?}");
/// ```
pub fn limits(sense: &SenseConfig, analytics: &AnalyticsConfig, channel: usize, seconds: f64) -> Vec<Limit> {
    let sent = sense.channels.get(channel).and_then(Sent::sought);
    limits_of(sense, analytics, channel, sent, seconds)
}

/// The same for pulses that are known; without any, of what is on all the time alone.
pub fn limits_of(
    sense: &SenseConfig,
    analytics: &AnalyticsConfig,
    channel: usize,
    sent: Option<Sent>,
    seconds: f64,
) -> Vec<Limit> {
    let Some(settings) = sense.channels.get(channel) else { return Vec::new() };
    let Some(center_hz) = sense.centers_hz().find(|center_hz| sense.holds(*center_hz, settings)) else {
        return Vec::new();
    };
    let judged = judged(sense, channel, center_hz, sent.map(|sent| (sent.width_s, sent.period_s)), seconds);
    let mut limits: Vec<Limit> = plain(sense, analytics, settings, sent, seconds);
    for (by, judged) in [
        (HeardBy::Lines, &judged.lines),
        (HeardBy::Trains, &judged.trains),
        (HeardBy::Energy, &judged.energy),
        (HeardBy::Chirps, &judged.chirps),
        (HeardBy::Bursts, &judged.bursts),
    ] {
        limits.extend(weakest(by, judged));
    }
    limits.sort_by(|a, b| a.cn0_db_hz.total_cmp(&b.cn0_db_hz));
    limits
}

/// Noise bandwidth of a channel's readings, Hz: its bandwidth, at least four bins.
pub fn noise_bandwidth_hz(sense: &SenseConfig, channel: &ChannelConfig) -> f64 {
    channel.bandwidth_hz.max(NOISE_BINS_MIN * sense.sample_rate_sps / sense.fft_len as f64)
}

/// What the sense pass's own frames tell.
fn plain(
    sense: &SenseConfig,
    analytics: &AnalyticsConfig,
    channel: &ChannelConfig,
    sent: Option<Sent>,
    seconds: f64,
) -> Vec<Limit> {
    let bin_hz = sense.sample_rate_sps / sense.fft_len as f64;
    let noise_hz = noise_bandwidth_hz(sense, channel);
    let prospect = Prospect::new(analytics, channel, sense.hop_us, 1e6 / bin_hz);
    let limit =
        |by: HeardBy, snr: f64, seconds: f64| Limit { by, cn0_db_hz: db_from_ratio(snr * noise_hz), seconds };
    let carrier = prospect.carrier_snr(seconds, PROBABILITY).zip(prospect.carrier_us());
    let readings = carrier.map(|(snr, us)| limit(HeardBy::Readings, snr, us as f64 * 1e-6));
    let pulses = sent.and_then(|Sent { width_s, period_s }| {
        let width_us = (width_s * 1e6) as u32;
        let (snr, pulses) = prospect.pulses_snr(period_s * 1e6, width_us, seconds, PROBABILITY)?;
        Some(limit(HeardBy::Pulses, snr, (pulses - 1) as f64 * period_s + width_s))
    });
    readings.into_iter().chain(pulses).collect()
}

fn weakest(by: HeardBy, judged: &[Judged]) -> Option<Limit> {
    let told = judged.iter().filter_map(|judged| {
        Some(Limit { by, cn0_db_hz: judged.cn0_db_hz(PROBABILITY)?, seconds: judged.seconds })
    });
    told.min_by(|a, b| a.cn0_db_hz.total_cmp(&b.cn0_db_hz))
}
