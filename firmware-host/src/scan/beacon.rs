//! From a line of a scan to the beacon that `fly` would hear there: its section of the settings, tried on what was surveyed.
//!
//! The survey's frames go through the sense pass and the statistics of a flight, with the very settings that are written. So
//! power, SNR and pulses are a flight's own, and what is said to be heard is heard.

use serde_json::{Value, json};
use skyhound::analytics::Analytics;
use skyhound::config::{AnalyticsConfig, ChannelConfig, Emission, PulseTrain};
use skyhound::dsp::survey::{Active, Survey, Timing};
use skyhound::facts::DetectionKind;
use skyhound::sense::listen::{Listened, listen};
use skyhound::time::TimeUs;
use std::fmt::Write as _;

/// Time between passes of the statistics, as in a flight, µs.
const PASS_US: u64 = 50_000;
/// Jitter up to which pulses are a train, share of the period.
const JITTER_MAX: f64 = 0.15;

/// A beacon as found.
#[derive(Clone, Debug)]
pub struct Beacon {
    /// Its settings.
    pub channel: ChannelConfig,
    /// As what `fly` hears it with them; `None` = it does not.
    pub heard: Option<DetectionKind>,
}

/// What lies behind `active`, and `active` as a flight reads it: by `analytics`, sought like `template`. `None` when there is
/// nothing that a flight could read there.
pub fn of(
    survey: &Survey,
    active: &Active,
    template: &ChannelConfig,
    analytics: &AnalyticsConfig,
) -> Option<(Active, Beacon)> {
    let any = ChannelConfig {
        name: format!("{:.4} MHz", active.frequency_hz / 1e6),
        frequency_hz: active.frequency_hz.round(),
        bandwidth_hz: active.bandwidth_hz.round(),
        ..template.clone()
    };
    let first = listen(survey, &any)?;
    if first.pulses.is_empty() && first.snr_db.is_none_or(|snr_db| snr_db < analytics.drop_db) {
        return None;
    }
    let own = sought(&first.timing, &any);
    let tries =
        [own, any].into_iter().filter_map(|channel| listen(survey, &channel).map(|heard| (channel, heard)));
    let tried: Vec<_> =
        tries.map(|(channel, listened)| (detected(&listened, analytics), channel, listened)).collect();
    let (heard, channel, listened) =
        tried.iter().find(|(heard, ..)| heard.is_some()).or(tried.first())?.clone();
    let read = Active {
        power_dbfs: listened.power_dbfs.unwrap_or(active.power_dbfs),
        snr_db: listened.snr_db.unwrap_or(active.snr_db),
        timing: first.timing,
        ..active.clone()
    };
    Some((read, Beacon { channel, heard }))
}

/// The channel with what is to be sought on it, from when it was on.
fn sought(timing: &Timing, any: &ChannelConfig) -> ChannelConfig {
    let us = |value: f64| value.round() as u32;
    let pulsed = |train: PulseTrain| {
        let width_us = timing.width_us.unwrap_or(f64::from(any.pulse_width_max_us) / 2.0);
        let width_min_us = us(width_us / 2.0).clamp(100, 10_000_000);
        ChannelConfig {
            emission: Emission::Pulsed(train),
            pulse_width_min_us: width_min_us,
            pulse_width_max_us: us(width_us * 2.0).clamp(width_min_us, 60_000_000),
            // The dip between two pulses must not be bridged.
            pulse_bridge_us: timing
                .period_us
                .map_or(any.pulse_bridge_us, |period| any.pulse_bridge_us.min(us((period - width_us) / 2.0))),
            ..any.clone()
        }
    };
    let (Emission::Any(own) | Emission::Pulsed(own)) = any.emission else { return any.clone() };
    match (timing.width_us, timing.period_us, timing.jitter_us) {
        (None, _, _) if timing.duty > 0.5 => ChannelConfig { emission: Emission::Continuous, ..any.clone() },
        (Some(_), Some(period_us), Some(jitter_us))
            if timing.pulse_count >= 3 && jitter_us <= JITTER_MAX * period_us =>
        {
            pulsed(PulseTrain {
                period_min_us: us(period_us * 0.8).max(1_000),
                period_max_us: us(period_us * 1.25).min(600_000_000),
                jitter_ratio_max: (3.0 * jitter_us / period_us).clamp(0.05, 0.3),
                pulses_min: 3,
            })
        }
        _ => pulsed(PulseTrain { pulses_min: 1, ..own }),
    }
}

/// What the statistics of a flight make of it: the first detection's kind.
fn detected(listened: &Listened, analytics: &AnalyticsConfig) -> Option<DetectionKind> {
    let config = &listened.config;
    let mut statistics = Analytics::new(analytics, &config.channels, config.hop_us);
    let mut pulses = listened.pulses.iter().peekable();
    let mut first = None;
    let mut pass = |statistics: &mut Analytics, now: TimeUs| {
        while let Some(pulse) =
            pulses.next_if(|pulse| pulse.start_us.plus_us(u64::from(pulse.width_us)) <= now)
        {
            statistics.pulse(pulse);
        }
        statistics.detections(now, &mut |detection| {
            first.get_or_insert(detection.kind);
        });
    };
    let mut due_us = PASS_US;
    let mut end = TimeUs(0);
    for reading in &listened.readings {
        while reading.acquired_us.0 > due_us {
            pass(&mut statistics, TimeUs(due_us));
            due_us += PASS_US;
        }
        statistics.reading(reading);
        end = reading.acquired_us;
    }
    pass(&mut statistics, end.plus_us(2 * PASS_US));
    first
}

impl Beacon {
    /// As people read it: `carrier`, `pulse_train`, `burst` or `no`.
    pub fn heard_as(&self) -> &'static str {
        self.heard.map_or("no", DetectionKind::name)
    }

    /// Its section of the settings file. `about_hz` is where the source is tuned, 0 when nobody knows.
    pub fn write_toml(&self, text: &mut String, about_hz: f64) -> std::fmt::Result {
        let channel = &self.channel;
        writeln!(text, "[[beacon]]\nname = \"{}\"", channel.name)?;
        let key = if about_hz == 0.0 { "offset_hz" } else { "frequency_hz" };
        writeln!(text, "{key} = {:.1}", channel.frequency_hz)?;
        writeln!(text, "bandwidth_hz = {:.1}", channel.bandwidth_hz)?;
        let (word, train) = match channel.emission {
            Emission::Continuous => ("continuous", None),
            Emission::Pulsed(train) => ("pulsed", Some(train)),
            Emission::Any(train) => ("any", Some(train)),
        };
        writeln!(text, "emission = \"{word}\"")?;
        let ms = |us: u32| f64::from(us) / 1e3;
        let Some(train) = train else { return Ok(()) };
        for (key, us) in [
            ("pulse_width_min_ms", channel.pulse_width_min_us),
            ("pulse_width_max_ms", channel.pulse_width_max_us),
            ("pulse_bridge_ms", channel.pulse_bridge_us),
            ("period_min_ms", train.period_min_us),
            ("period_max_ms", train.period_max_us),
        ] {
            writeln!(text, "{key} = {:?}", ms(us))?;
        }
        writeln!(text, "jitter_ratio_max = {:.3}\npulses_min = {}", train.jitter_ratio_max, train.pulses_min)
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({ "heard_as": self.heard.map(DetectionKind::name), "bandwidth_hz": self.channel.bandwidth_hz })
    }
}
