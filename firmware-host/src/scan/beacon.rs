//! From a line of a scan to the beacon that `fly` would hear there: its section of the settings, tried on what was surveyed.
//!
//! The survey's frames go through the sense pass and the statistics of a flight, with the very settings that are written. So
//! power, SNR and pulses are a flight's own, and what is said to be heard is heard.

use super::place::distress_channel;
use crate::message;
use serde_json::{Value, json};
use skyhound::analytics::Analytics;
use skyhound::config::{AnalyticsConfig, ChannelConfig, Emission, PulseTrain};
use skyhound::cospas::Message;
use skyhound::dsp::median::spacing;
use skyhound::dsp::survey::{Active, Survey, Timing};
use skyhound::facts::{Detection, DetectionKind, HeardAt};
use skyhound::limits::CHANNELS_MAX;
use skyhound::sense::listen::{Listened, Setup, listen, listen_to_all};
use skyhound::signal::{Hearing, HearingKind};
use skyhound::time::TimeUs;
use std::fmt::Write as _;

/// Time between passes of the statistics, as in a flight, µs.
const PASS_US: u64 = 50_000;
/// Longer than any detection waits for more, µs.
const END_US: u64 = 4_000_000_000;
/// Jitter up to which pulses are a train, share of the period.
const JITTER_MAX: f64 = 0.15;
/// What is on for more of the time is no train.
const PULSED_DUTY_MAX: f64 = 0.25;
/// What is so much weaker than the strongest pulse may be noise with which a chain ended, dB.
const PULSE_DB: f64 = 5.0;
/// Intervals between the ends of hearings that tell a period.
const INTERVALS_MIN: usize = 3;
/// The shortest pulse that settings can ask for, µs.
const PULSE_MIN_US: u32 = 100;

/// A beacon as found.
#[derive(Clone, Debug)]
pub struct Beacon {
    /// Its settings.
    pub channel: ChannelConfig,
    /// As what `fly` hears it with them; `None` = it does not.
    pub heard: Option<DetectionKind>,
    /// What its matched detectors heard, where nothing else does.
    pub matched: Option<HeardAt>,
    /// What a distress beacon says, where it was read.
    pub message: Option<Message>,
}

/// What was surveyed, with how a flight would listen.
pub struct Listener<'a> {
    /// What was surveyed.
    pub survey: &'a Survey,
    /// How a beacon is sought of which nothing is known.
    pub template: &'a ChannelConfig,
    /// How a distress beacon is.
    pub distress: &'a ChannelConfig,
    /// How a flight would detect.
    pub analytics: &'a AnalyticsConfig,
    /// How its sense pass is set up.
    pub setup: Setup<'a>,
}

/// What a flight would tell of a channel.
struct Told {
    channel: ChannelConfig,
    listened: Listened,
    /// The last detection, as it ended.
    last: Option<Detection>,
    count: usize,
}

impl Listener<'_> {
    /// What lies behind `active`, and `active` as a flight reads it. Where nothing else hears it, matched detectors are asked, for trains only
    /// where there are pulses.
    pub fn beacon(&self, active: &Active) -> (Active, Beacon) {
        let plain = self.beacon_by(active, self.template.emission, self.plain());
        if plain.1.heard.is_some() {
            return plain;
        }
        let is_pulsed = |of: &Active| of.timing.pulse_count > 1 && of.timing.duty <= PULSED_DUTY_MAX;
        let has_pulses = is_pulsed(active) || is_pulsed(&plain.0);
        let emission = if has_pulses { self.template.emission } else { Emission::Continuous };
        let matched = self.beacon_by(active, emission, self.setup);
        if matched.1.heard.is_some() {
            return matched;
        }
        self.distress(active).unwrap_or(plain)
    }

    /// Pulses as long as bursts where distress beacons send: with bits that no detector takes for theirs they are one all the same.
    fn distress(&self, active: &Active) -> Option<(Active, Beacon)> {
        let told =
            self.told(distress_channel(self.survey, self.distress, active.frequency_hz)?, self.setup)?;
        let heard = Some(told.last?.kind);
        let read = Active { timing: told.timing(), ..active.clone() };
        Some((read, Beacon { channel: told.channel, heard, matched: None, message: None }))
    }

    /// What a flight tells of packets on `channel`, of which its matched detectors have read `message`.
    pub fn packets(&self, channel: ChannelConfig, message: Option<Message>) -> Beacon {
        let last = self.told(channel.clone(), self.setup).and_then(|told| told.last);
        let matched = last.and_then(|last| last.heard);
        Beacon { channel, heard: last.filter(|_| matched.is_some()).map(|last| last.kind), matched, message }
    }

    /// Without matched detectors.
    fn plain(&self) -> Setup<'_> {
        Setup { false_alarms_per_hour: 0.0, ..self.setup }
    }

    fn beacon_by(&self, active: &Active, emission: Emission, setup: Setup<'_>) -> (Active, Beacon) {
        let any = ChannelConfig {
            name: format!("{:.4} MHz", active.frequency_hz / 1e6),
            frequency_hz: active.frequency_hz.round(),
            bandwidth_hz: active.bandwidth_hz.round(),
            emission,
            ..self.template.clone()
        };
        let Some(any) = self.first(any.clone(), setup) else {
            return (active.clone(), Beacon { channel: any, heard: None, matched: None, message: None });
        };
        let timing = any.timing();
        let pulses = if any.matched().is_some() { &timing } else { &any.listened.timing };
        let own = self.told(sought(pulses, &timing, &any.channel), setup);
        let told = own.filter(|own| own.rank() <= any.rank()).unwrap_or(any);
        let matched = told.matched();
        let (power_dbfs, snr_db) = match told.last {
            Some(last) if matched.is_some() => (Some(last.power_peak_dbfs), Some(last.snr_peak_db)),
            _ => (told.listened.power_dbfs, told.listened.snr_db),
        };
        let read = Active {
            power_dbfs: power_dbfs.unwrap_or(active.power_dbfs),
            snr_db: snr_db.unwrap_or(active.snr_db),
            timing,
            ..active.clone()
        };
        let heard = told.last.map(|last| last.kind);
        (read, Beacon { channel: told.channel, heard, matched, message: None })
    }

    /// As the template seeks it; with shorter pulses where that hears nothing. `None` when such a channel cannot be.
    fn first(&self, any: ChannelConfig, setup: Setup<'_>) -> Option<Told> {
        let told = self.told(any, setup)?;
        let is_silent = told.last.is_none()
            && told.listened.pulses.is_empty()
            && told.listened.snr_db.is_none_or(|snr_db| snr_db < self.analytics.drop_db);
        if !is_silent || told.channel.pulse_width_min_us <= PULSE_MIN_US {
            return Some(told);
        }
        let short = ChannelConfig { pulse_width_min_us: PULSE_MIN_US, ..told.channel.clone() };
        self.told(short, setup).filter(|short| !short.listened.pulses.is_empty()).or(Some(told))
    }

    /// Judges those that would be written to the settings once more, all on one pass as in a flight: each has fewer quiet bins.
    pub fn judge_together(&self, beacons: &mut [Beacon]) {
        let heard =
            || beacons.iter().enumerate().filter(|(_, beacon)| beacon.heard.is_some()).take(CHANNELS_MAX);
        let (places, channels): (Vec<usize>, Vec<ChannelConfig>) =
            heard().map(|(place, beacon)| (place, beacon.channel.clone())).unzip();
        let is_matched = beacons.iter().any(|beacon| beacon.matched.is_some());
        let setup = if is_matched { self.setup } else { self.plain() };
        let Some(all) = listen_to_all(self.survey, &channels, setup) else { return };
        for (place, listened) in places.into_iter().zip(all) {
            beacons[place].heard = detected(&listened, self.analytics).0.map(|last| last.kind);
        }
    }

    fn told(&self, channel: ChannelConfig, setup: Setup<'_>) -> Option<Told> {
        let listened = listen(self.survey, &channel, setup)?;
        let (last, count) = detected(&listened, self.analytics);
        Some(Told { channel, listened, last, count })
    }
}

impl Told {
    /// The less the better: nothing heard is worst, and one thing heard is one detection.
    fn rank(&self) -> (u8, usize) {
        let kind = match self.last.map(|last| last.kind) {
            Some(DetectionKind::PulseTrain | DetectionKind::Carrier) => 0,
            Some(DetectionKind::Burst) => 1,
            None => 2,
        };
        (kind, self.count)
    }

    /// What matched detectors heard: they are asked only where nothing else heard it.
    fn matched(&self) -> Option<HeardAt> {
        self.last.filter(|_| !self.listened.hearings.is_empty())?.heard
    }

    /// When it was on, with the period of the train: of several pulses per period most are nearer to one another than that.
    fn timing(&self) -> Timing {
        let timing = self.listened.timing.clone();
        if let Some(last) = self.last.filter(|_| self.matched().is_some()) {
            let matched = timing_of(&last, &self.listened.hearings);
            // Peaks of pulses that do not stand out are shorter than those.
            let is_whole = timing.width_us >= matched.width_us.map(|width_us| width_us / 2.0);
            return if is_train(&timing) && is_whole { timing } else { matched };
        }
        let train = self.last.filter(|last| last.kind == DetectionKind::PulseTrain);
        match train.map(|train| train.pattern) {
            Some(pattern) if pattern.period_us.is_some() => Timing {
                period_us: pattern.period_us,
                jitter_us: pattern.jitter_us.or(timing.jitter_us),
                ..timing
            },
            _ => timing,
        }
    }
}

/// Whether its pulses come in time.
fn is_train(timing: &Timing) -> bool {
    let spacing = timing.period_us.zip(timing.jitter_us);
    timing.pulse_count >= 3
        && spacing.is_some_and(|(period_us, jitter_us)| jitter_us <= JITTER_MAX * period_us)
}

/// When that was on which matched detectors heard. Each hearing ends with a pulse: so those tell the period, of which chains now and then
/// take a part or a multiple.
fn timing_of(heard: &Detection, hearings: &[Hearing]) -> Timing {
    let pattern = heard.pattern;
    let width_us = pattern.width_us.map(f64::from);
    if let (DetectionKind::PulseTrain, Some(timing)) = (heard.kind, pulses_of(heard, hearings)) {
        return timing;
    }
    match heard.kind {
        DetectionKind::Carrier => Timing { pulse_count: 1, duty: 1.0, ..Timing::default() },
        DetectionKind::PulseTrain | DetectionKind::Burst => Timing {
            pulse_count: usize::from(pattern.pulse_count),
            width_us,
            period_us: pattern.period_us,
            jitter_us: pattern.jitter_us.or(Some(0.0)),
            duty: width_us.zip(pattern.period_us).map_or(0.0, |(width, period)| width / period),
        },
    }
}

/// The pulses with which the hearings of a train end, by filters of all widths; `None`: too few.
fn pulses_of(heard: &Detection, hearings: &[Hearing]) -> Option<Timing> {
    let strongest_db = heard.heard?.cn0_db_hz;
    let is_pulse = |hearing: &&Hearing| {
        hearing.kind == HearingKind::Train && hearing.cn0.db() >= strongest_db - PULSE_DB
    };
    let trains = hearings.iter().filter(is_pulse);
    let middles = trains.clone().map(|train| train.power_at_us().0 as f64);
    let mut middles: Vec<f64> = middles.collect();
    middles.sort_by(f64::total_cmp);
    // A filter longer than the pulse finds less in it, and so does a shorter one.
    let width_us = f64::from(trains.max_by_key(|train| train.cn0)?.width_us);
    let pulses: Vec<&[f64]> = middles.chunk_by(|a, b| b - a < width_us).collect();
    let starts: Vec<f64> = pulses.iter().map(|pulse| pulse[pulse.len() / 2]).collect();
    let (period_us, jitter_us) = spacing(&starts).filter(|_| starts.len() > INTERVALS_MIN)?;
    let span_us = heard.ended_us.map_or(0.0, |ended| ended.since_us(heard.began_us) as f64);
    (jitter_us <= JITTER_MAX * period_us).then_some(Timing {
        pulse_count: (span_us / period_us).round() as usize + 1,
        width_us: Some(width_us),
        period_us: Some(period_us),
        jitter_us: Some(jitter_us),
        duty: width_us / period_us,
    })
}

/// The channel with what is to be sought on it: from when it was on, pulse by pulse, and as a train.
fn sought(pulses: &Timing, timing: &Timing, any: &ChannelConfig) -> ChannelConfig {
    let us = |value: f64| value.round() as u32;
    let pulsed = |train: PulseTrain| {
        let width_us = timing.width_us.unwrap_or(f64::from(any.pulse_width_max_us) / 2.0);
        let width_min_us = us(width_us / 2.0).clamp(PULSE_MIN_US, 10_000_000);
        ChannelConfig {
            emission: Emission::Pulsed(train),
            pulse_width_min_us: width_min_us,
            pulse_width_max_us: us(width_us * 2.0).clamp(width_min_us, 60_000_000),
            // The dip between two pulses must not be bridged.
            pulse_bridge_us: pulses
                .period_us
                .map_or(any.pulse_bridge_us, |period| any.pulse_bridge_us.min(us((period - width_us) / 2.0))),
            ..any.clone()
        }
    };
    let (Emission::Any(own) | Emission::Pulsed(own)) = any.emission else { return any.clone() };
    match (timing.width_us, timing.period_us, timing.jitter_us) {
        (None, _, _) if timing.duty > 0.5 => ChannelConfig { emission: Emission::Continuous, ..any.clone() },
        (Some(_), Some(period_us), Some(jitter_us)) if is_train(timing) => pulsed(PulseTrain {
            period_min_us: us(period_us * 0.8).max(1_000),
            period_max_us: us(period_us * 1.25).min(600_000_000),
            jitter_ratio_max: (3.0 * jitter_us / period_us).clamp(0.05, 0.3),
            pulses_min: 3,
            pattern: Default::default(),
        }),
        _ => pulsed(PulseTrain { pulses_min: 1, ..own }),
    }
}

/// What the statistics of a flight make of it: the last detection as it ended, and how many there were.
fn detected(listened: &Listened, analytics: &AnalyticsConfig) -> (Option<Detection>, usize) {
    let channels = std::slice::from_ref(&listened.channel);
    let mut statistics = Analytics::new(analytics, channels, listened.hop_us);
    let mut pulses = listened.pulses.iter().peekable();
    let mut hearings = listened.hearings.iter().peekable();
    let (mut last, mut count) = (None, 0);
    let mut pass = |statistics: &mut Analytics, now: TimeUs| {
        while let Some(pulse) =
            pulses.next_if(|pulse| pulse.start_us.plus_us(u64::from(pulse.width_us)) <= now)
        {
            statistics.pulse(pulse);
        }
        while let Some(hearing) = hearings.next_if(|hearing| hearing.until_us <= now) {
            statistics.hearing(hearing);
        }
        statistics.detections(now, &mut |detection| {
            count += usize::from(detection.ended_us.is_none());
            last = Some(*detection);
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
    pass(&mut statistics, end.plus_us(END_US));
    (last, count)
}

impl Beacon {
    /// As people read it: `carrier`, `pulse_train`, `burst` or `no`.
    pub fn heard_as(&self) -> &'static str {
        self.heard.map_or("no", DetectionKind::name)
    }

    /// Whether half of the wider of the two channels reaches the middle of the other.
    pub fn overlaps(&self, other: &Beacon) -> bool {
        let (own, other) = (&self.channel, &other.channel);
        (own.frequency_hz - other.frequency_hz).abs() <= own.bandwidth_hz.max(other.bandwidth_hz) / 2.0
    }

    /// What it is known to be by what is in it, for people.
    pub fn what(&self) -> Option<String> {
        match self.channel.emission {
            Emission::CospasSarsat => Some(self.message.map_or_else(
                || "bursts of a 406 MHz distress beacon, not read".to_owned(),
                |message| format!("distress beacon, {}: {message}", message.protocol.name()),
            )),
            Emission::Chirp(spreading) => Some(format!(
                "LoRa chirps of {:.0} kHz, SF {}",
                self.channel.bandwidth_hz / 1e3,
                spreading.min
            )),
            Emission::Continuous | Emission::Pulsed(_) | Emission::Any(_) => None,
        }
    }

    /// Its section of the settings file. `about_hz` is where the source is tuned, 0 when nobody knows.
    pub fn write_toml(&self, text: &mut String, about_hz: f64) -> std::fmt::Result {
        let channel = &self.channel;
        writeln!(text, "[[beacon]]\nname = \"{}\"", channel.name)?;
        let key = if about_hz == 0.0 { "offset_hz" } else { "frequency_hz" };
        writeln!(text, "{key} = {:.1}", channel.frequency_hz)?;
        writeln!(text, "bandwidth_hz = {:.1}", channel.bandwidth_hz)?;
        if let Emission::Chirp(spreading) = channel.emission {
            writeln!(text, "spreading_min = {}\nspreading_max = {}", spreading.min, spreading.max)?;
        }
        writeln!(text, "emission = \"{}\"", self.emission_name())?;
        let ms = |us: u32| f64::from(us) / 1e3;
        let (Emission::Pulsed(train) | Emission::Any(train)) = channel.emission else { return Ok(()) };
        for (key, us) in [
            ("pulse_width_min_ms", channel.pulse_width_min_us),
            ("pulse_width_max_ms", channel.pulse_width_max_us),
            ("pulse_bridge_ms", channel.pulse_bridge_us),
            ("period_min_ms", train.period_min_us),
            ("period_max_ms", train.period_max_us),
        ] {
            writeln!(text, "{key} = {:?}", ms(us))?;
        }
        writeln!(
            text,
            "jitter_ratio_max = {:.3}\npulses_min = {}",
            train.jitter_ratio_max, train.pulses_min
        )?;
        let later_ms: Vec<f64> = train.pattern.later_us().map(ms).collect();
        writeln!(text, "pattern_ms = {later_ms:?}")
    }

    /// As the settings spell it.
    fn emission_name(&self) -> &'static str {
        match self.channel.emission {
            Emission::Continuous => "continuous",
            Emission::Pulsed(_) => "pulsed",
            Emission::Any(_) => "any",
            Emission::Chirp(_) => "chirp",
            Emission::CospasSarsat => "cospas_sarsat",
        }
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let spreading = match self.channel.emission {
            Emission::Chirp(spreading) => Some(spreading.min),
            _ => None,
        };
        json!({
            "heard_as": self.heard.map(DetectionKind::name),
            "emission": self.emission_name(),
            "bandwidth_hz": self.channel.bandwidth_hz,
            "spreading": spreading,
            "cn0_db_hz": self.matched.map(|heard| heard.cn0_db_hz),
            "message": self.message.as_ref().map(message::to_json),
        })
    }
}
