//! From readings, places and pulses to facts and detections: what a channel's power says, exactly and with its doubt.
//!
//! Per channel: the temporal noise floor ([`percentile`]), the spectral one, rolling mean, volatility and delta
//! ([`rolling`]), the filtered power ([`ewma`]), the trend ([`trend`]), the plane-fit gradient (`gradient`, over `cells`), the pulse pattern (`pulses`),
//! and detection (`detection`, from `carrier` and `train`, held to the operator's false-alarm figure by `chance`; what it is sure to hear: `lifted`).
//! The first four are SQL's own functions: DuckDB over the same rows gives the same numbers (tested in the host).
//!
//! Every window ends at the channel's newest reading (usable or not) and is half open, `now − span < acquired_us ≤ now`.
//! Readings with a flag of `Flags::UNUSABLE` take no part but let the windows age. Channels know nothing of each other.
//!
//! Budget: ≤ 100 ns per reading, nothing allocated after [`Analytics::new`]. Not here: what follows from the facts.

mod carrier;
mod cells;
pub mod chance;
mod code;
mod detection;
pub mod ewma;
mod gradient;
pub mod lifted;
mod open;
pub mod percentile;
pub mod prospect;
mod pulses;
#[cfg(test)]
pub(crate) mod random;
pub mod rolling;
mod train;
pub mod trend;
pub mod window;

use crate::config::{AnalyticsConfig, ChannelConfig};
use crate::facts::{Detection, Facts, Floor, NoGradient};
use crate::geo::NorthEast;
use crate::signal::{Flags, Hearing, Pulse, Reading};
use crate::time::TimeUs;
use crate::units::CentiDb;

use detection::{Detector, is_usable};
use ewma::Ewma;
use gradient::PlaneFit;
use percentile::SlidingPercentile;
use rolling::Rolling;
use trend::SlidingTrend;

/// Percentile of the readings' `quiet` that is the spectral floor.
const SPECTRAL_PERCENTILE: f64 = 0.5;

/// The statistics of all channels.
///
/// ```
/// use skyhound::analytics::Analytics;
/// use skyhound::config::{AnalyticsConfig, ChannelConfig, Emission};
/// use skyhound::signal::{Flags, Reading};
/// use skyhound::time::TimeUs;
/// use skyhound::units::CentiDb;
///
/// let config = AnalyticsConfig {
///     floor_window_us: 10_000_000, floor_percentile: 0.10, trend_window_us: 2_000_000,
///     rolling_window_us: 1_000_000, ewma_time_constant_us: 500_000, gradient_window_us: 20_000_000, gradient_cell_m: 2.0,
///     gradient_spread_min_m: 3.0, trigger_db: 12.0, drop_db: 6.0, debounce_us: 50_000,
///     hold_us: 1_000_000, false_alarms_per_hour: 0.05,
/// };
/// let channel = ChannelConfig {
///     name: "collar".into(), frequency_hz: 433.92e6, bandwidth_hz: 10e3, emission: Emission::Continuous,
///     pulse_width_min_us: 1_000, pulse_width_max_us: 500_000, pulse_bridge_us: 2_000, pulse_trigger_db: 10.0,
/// };
/// let mut analytics = Analytics::new(&config, &[channel], 10_000);
/// for hop in 0..100u64 {
///     analytics.reading(&Reading {
///         acquired_us: TimeUs(hop * 10_000), sample_index: hop * 2_500, channel: 0, flags: Flags::NONE,
///         frame_count: 9, clipping_e4: 0,
///         mean: CentiDb::from_hundredths(-7_000), peak: CentiDb::from_hundredths(-6_980),
///         quiet: CentiDb::from_hundredths(-9_000),
///     });
/// }
/// let mut heard = Vec::new();
/// analytics.detections(TimeUs(990_000), &mut |detection| heard.push(*detection));
/// assert_eq!((heard.len(), heard[0].snr_peak_db), (1, 20.0));
/// let facts = analytics.facts(0, TimeUs(990_000));
/// assert_eq!((facts.snr_db, facts.floor_temporal_dbfs, facts.heard), (Some(20.0), Some(-70.0), true));
/// ```
pub struct Analytics {
    channels: Box<[Channel]>,
    detection_count: u32,
    refused_total: u64,
}

struct Channel {
    floor: SlidingPercentile,
    quiet: SlidingPercentile,
    rolling: Rolling,
    ewma: Ewma,
    trend: SlidingTrend,
    plane: PlaneFit,
    detector: Detector,
    newest_us: TimeUs,
    newest_usable: Option<Reading>,
    /// Largest SNR since the facts before.
    strongest: Option<(f64, Floor)>,
}

impl Analytics {
    /// Allocates everything. `hop_us` (time between readings of a channel) sizes the windows; a window that would hold
    /// more than [`crate::limits::WINDOW_READINGS_MAX`] readings holds that many newest ones.
    pub fn new(config: &AnalyticsConfig, channels: &[ChannelConfig], hop_us: u32) -> Analytics {
        let channels = channels.iter().map(|channel| Channel::new(config, channel, hop_us)).collect();
        Analytics { channels, detection_count: 0, refused_total: 0 }
    }

    /// A reading, in time order per channel. One that is older than its predecessor, or of an unknown channel, is refused
    /// and counted.
    pub fn reading(&mut self, reading: &Reading) {
        match self.channels.get_mut(usize::from(reading.channel)) {
            Some(channel) if reading.acquired_us >= channel.newest_us => channel.reading(reading),
            _ => self.refused_total += 1,
        }
    }

    /// The same reading once its place is known, at most about a second later and in the same order. The power in it of a carrier that
    /// is heard now.
    pub fn place(&mut self, reading: &Reading, at: NorthEast) -> Option<CentiDb> {
        let Some(channel) = self.channels.get_mut(usize::from(reading.channel)) else {
            self.refused_total += 1;
            return None;
        };
        channel.place(reading, at)
    }

    /// A pulse, in order of its end. One that began before its predecessor, or is of an unknown channel, is refused and
    /// counted. Whether it tells where the beacon is that is heard.
    pub fn pulse(&mut self, pulse: &Pulse) -> bool {
        let channel = self.channels.get_mut(usize::from(pulse.channel));
        let Some(detector) = channel.map(|channel| &mut channel.detector) else {
            self.refused_total += 1;
            return false;
        };
        let is_taken = detector.pulse(pulse);
        self.refused_total += u64::from(!is_taken);
        is_taken && detector.locates_by_pulse()
    }

    /// What a matched detector heard, in order of its end. Of an unknown channel it is refused and counted.
    pub fn hearing(&mut self, hearing: &Hearing) {
        match self.channels.get_mut(usize::from(hearing.channel)) {
            Some(channel) => channel.detector.hearing(hearing),
            None => self.refused_total += 1,
        }
    }

    /// The same once the place where it was heard is known.
    pub fn place_hearing(&mut self, channel: u8, power: CentiDb, at: NorthEast) {
        if let Some(channel) = self.channels.get_mut(usize::from(channel)) {
            // Readings of later moments may have been placed before.
            channel.plane.place(channel.newest_us, at, Some(power));
        }
    }

    /// Closes and opens detections up to `now`; `out` gets each begin and each end once. Call it at every pass, after the
    /// pass's readings and pulses.
    pub fn detections(&mut self, now: TimeUs, out: &mut dyn FnMut(&Detection)) {
        for (index, channel) in self.channels.iter_mut().enumerate() {
            // It may have begun as another one's.
            let mut out = |detection: &Detection| out(&Detection { channel: index as u8, ..*detection });
            channel.detector.update(now, index as u8, &mut self.detection_count, &mut out);
        }
    }

    /// The facts of a channel as of its newest reading. An unknown channel has none of them.
    pub fn facts(&mut self, channel: u8, now: TimeUs) -> Facts {
        match self.channels.get_mut(usize::from(channel)) {
            Some(own) => own.facts(channel, now),
            None => no_facts(channel, now),
        }
    }

    /// Goes on for `old` with all that it knows of those channels that `kept` names: (place here, place there). What is open of the others ends.
    pub fn take_over(
        &mut self,
        old: &mut Analytics,
        kept: impl Iterator<Item = (usize, usize)>,
        out: &mut dyn FnMut(&Detection),
    ) {
        for (here, there) in kept {
            if let (Some(own), Some(before)) = (self.channels.get_mut(here), old.channels.get_mut(there)) {
                std::mem::swap(own, before);
            }
        }
        // Those that were kept are here by now, and what is there instead has heard nothing.
        for (index, channel) in old.channels.iter_mut().enumerate() {
            channel.detector.end(&mut |detection| out(&Detection { channel: index as u8, ..*detection }));
        }
        (self.detection_count, self.refused_total) = (old.detection_count, old.refused_total);
    }

    /// Readings and pulses that were out of order or of an unknown channel.
    pub fn refused_total(&self) -> u64 {
        self.refused_total
    }
}

impl Channel {
    fn new(config: &AnalyticsConfig, channel: &ChannelConfig, hop_us: u32) -> Channel {
        let placed = window::capacity(config.gradient_window_us, hop_us);
        Channel {
            floor: SlidingPercentile::new(config.floor_percentile, config.floor_window_us, hop_us),
            quiet: SlidingPercentile::new(SPECTRAL_PERCENTILE, config.rolling_window_us, hop_us),
            rolling: Rolling::new(config.rolling_window_us, hop_us),
            ewma: Ewma::new(config.ewma_time_constant_us),
            trend: SlidingTrend::new(config.trend_window_us, hop_us),
            plane: PlaneFit::new(
                config.gradient_window_us,
                placed,
                config.gradient_cell_m,
                config.gradient_spread_min_m,
            ),
            detector: Detector::new(config, channel, hop_us),
            newest_us: TimeUs(0),
            newest_usable: None,
            strongest: None,
        }
    }

    fn reading(&mut self, reading: &Reading) {
        let at = reading.acquired_us;
        self.newest_us = at;
        self.plane.seen(at);
        self.floor.slide(at);
        if !is_usable(reading) {
            self.quiet.slide(at);
            self.rolling.slide(at);
            self.trend.slide(at);
            return;
        }
        let floor_db = self.floor_without_quiet_db(reading);
        self.detector.reading(reading, floor_db);
        self.floor.push(at, reading.mean);
        self.rolling.push(at, reading.mean);
        self.ewma.push(at, reading.mean);
        self.trend.push(at, reading.mean);
        if reading.flags.any(Flags::NO_QUIET) {
            self.quiet.slide(at);
        } else {
            self.quiet.push(at, reading.quiet);
        }
        self.newest_usable = Some(*reading);
        self.strongest = strongest_of(self.strongest, snr(reading, floor_db));
    }

    fn place(&mut self, reading: &Reading, at: NorthEast) -> Option<CentiDb> {
        if !is_usable(reading) {
            return None;
        }
        let floor_db = self.floor_without_quiet_db(reading);
        let power = self.detector.beacon_power(reading, floor_db);
        self.plane.place(reading.acquired_us, at, power);
        self.detector.located_power(reading)
    }

    /// The temporal floor, where the reading brings none of its own.
    fn floor_without_quiet_db(&mut self, reading: &Reading) -> Option<f64> {
        reading.flags.any(Flags::NO_QUIET).then(|| self.floor.value_db()).flatten()
    }

    fn facts(&mut self, channel: u8, now: TimeUs) -> Facts {
        let power_dbfs = self.newest_usable.map(|reading| reading.mean.db());
        let floor_temporal_dbfs = self.floor.value_db();
        let floor_spectral_dbfs = self.quiet.value_db();
        let heard = self.detector.is_heard();
        let strongest = self.strongest.take();
        Facts {
            newest_reading_us: self.newest_usable.map_or(TimeUs(0), |reading| reading.acquired_us),
            reading_count: self.floor.len() as u32,
            power_dbfs,
            floor_temporal_dbfs,
            floor_spectral_dbfs,
            snr_db: strongest.map(|(snr_db, _)| snr_db),
            snr_floor: strongest.map_or(Floor::Temporal, |(_, floor)| floor),
            rolling_mean_dbfs: self.rolling.mean_db(),
            volatility_db: self.rolling.deviation_db(),
            delta_db: self.rolling.delta_db(),
            ewma_dbfs: self.ewma.value_db(),
            trend: self.trend.value(),
            gradient: if heard { self.plane.fit() } else { Err(NoGradient::NotHeard) },
            pattern: self.detector.pattern(now),
            heard,
            ..no_facts(channel, now)
        }
    }
}

/// SNR of a usable reading, and the floor it is counted from.
fn snr(reading: &Reading, floor_temporal_db: Option<f64>) -> Option<(f64, Floor)> {
    if reading.flags.any(Flags::NO_QUIET) {
        return floor_temporal_db.map(|floor_db| (reading.mean.db() - floor_db, Floor::Temporal));
    }
    // Hundredths are whole numbers: their difference has no rounding noise.
    let hundredths = i32::from(reading.mean.hundredths()) - i32::from(reading.quiet.hundredths());
    Some((f64::from(hundredths) / 100.0, Floor::Spectral))
}

fn strongest_of(a: Option<(f64, Floor)>, b: Option<(f64, Floor)>) -> Option<(f64, Floor)> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 > a.0 { b } else { a }),
        (one, other) => one.or(other),
    }
}

fn no_facts(channel: u8, now: TimeUs) -> Facts {
    Facts {
        at: now,
        newest_reading_us: TimeUs(0),
        channel,
        reading_count: 0,
        power_dbfs: None,
        floor_temporal_dbfs: None,
        floor_spectral_dbfs: None,
        snr_db: None,
        snr_floor: Floor::Temporal,
        rolling_mean_dbfs: None,
        volatility_db: None,
        delta_db: None,
        ewma_dbfs: None,
        trend: None,
        gradient: Err(NoGradient::NotHeard),
        pattern: Default::default(),
        heard: false,
    }
}

#[cfg(test)]
pub(crate) mod tests;
