//! Which beacons these settings cannot hear, before anything flies: told by `config check` and `fly`, with what to write.
//!
//! The engine is asked ([`Prospect`]) with the best beacon that each setting allows. What can never be heard is refused; what
//! is heard only in part, or later than the time at hand, is warned of.

mod own_noise;

use std::ops::Range;
use std::time::Duration;

use skyhound::analytics::prospect::Prospect;
use skyhound::config::{AnalyticsConfig, ChannelConfig, Config, Emission, PulseTrain};
use skyhound::dsp::layout::{self, ChannelBins};
use skyhound::dsp::spectrometer::fft_len_for;
use skyhound::limits::BURST_WIDTH_MAX_HZ;
use skyhound::record::Severity;

use super::Settings;

/// Periods of the sought range that are asked about.
const PERIODS: usize = 9;
/// Largest deviations that are offered in place of a larger one, share of the period.
const JITTERS: [f64; 5] = [0.2, 0.1, 0.05, 0.02, 0.01];
/// False alarms per hour that are offered.
const FALSE_ALARMS: [f64; 4] = [0.01, 0.05, 0.2, 1.0];

/// What is not heard, and what to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Deafness {
    /// Key in the file.
    pub key: String,
    /// What is wrong and what to write instead.
    pub mend: String,
    /// `Critical`: nothing at all can be heard of this beacon, which is refused. `Note`: there is nothing to mend.
    pub severity: Severity,
}

impl std::fmt::Display for Deafness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.mend)
    }
}

impl Deafness {
    /// Why settings are refused of which this is told, a line for each beacon of which nothing at all can be heard.
    pub fn refusal(told: &[Deafness]) -> Option<String> {
        let refused = told.iter().filter(|deaf| deaf.severity == Severity::Critical);
        let refused: Vec<String> = refused.map(ToString::to_string).collect();
        (!refused.is_empty()).then(|| refused.join("\n"))
    }
}

/// The time in which a beacon can be heard.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum AtHand {
    /// As much as it takes.
    Enough,
    /// So much was asked for: what needs more is a mistake.
    Asked(Duration),
    /// So much was recorded where it is: nobody can add to that, and the rest may be worth flying.
    Recorded(Duration),
}

impl AtHand {
    /// For a beacon whose band was recorded in `span_us` after the begin (`None`: as long as it takes), of a flight of at
    /// most `limit`.
    pub fn of(span_us: Option<Range<u64>>, limit: Option<Duration>) -> AtHand {
        match (span_us, limit.map(|limit| limit.as_micros() as u64)) {
            (None, None) => AtHand::Enough,
            (None, Some(limit_us)) => AtHand::Asked(Duration::from_micros(limit_us)),
            (Some(span), Some(limit_us)) if limit_us < span.end => {
                AtHand::Asked(Duration::from_micros(limit_us.saturating_sub(span.start)))
            }
            (Some(span), _) => AtHand::Recorded(Duration::from_micros(span.end.saturating_sub(span.start))),
        }
    }

    fn us(self) -> f64 {
        match self {
            AtHand::Enough => f64::INFINITY,
            AtHand::Asked(time) | AtHand::Recorded(time) => time.as_micros() as f64,
        }
    }

    fn is_recorded(self) -> bool {
        matches!(self, AtHand::Recorded(_))
    }
}

/// Of a source that tells its rate itself the FFT frames are taken for the shortest that there are where no length is set:
/// what is not heard with them is not heard with longer ones.
const SHORT_FRAME_RATE_SPS: f64 = 465e3;

impl Settings {
    /// What cannot be heard whatever the source's rate and frequency.
    pub fn deafness_anywhere(&self) -> Vec<Deafness> {
        let mut config = self.unchecked(SHORT_FRAME_RATE_SPS, 0.0, 0.0);
        config.sense.fft_len = fft_len_for(SHORT_FRAME_RATE_SPS);
        let mut found = Vec::new();
        for (number, channel) in config.sense.channels.iter().enumerate() {
            Asked { config: &config, channel, number, at_hand: AtHand::Enough }.pulses(&mut found);
        }
        found
    }

    /// What `config` (made from these settings) cannot hear in the time `at_hand` for each beacon, enough where none is
    /// given. `is_fixed`: the source is tuned where it is.
    pub fn deafness(&self, config: &Config, at_hand: &[AtHand], is_fixed: bool) -> Vec<Deafness> {
        let mut found = Vec::new();
        let bands: Vec<_> =
            config.sense.centers_hz().filter_map(|hz| layout::bins_at(&config.sense, hz).ok()).collect();
        for (number, channel) in config.sense.channels.iter().enumerate() {
            let at_hand = at_hand.get(number).copied().unwrap_or(AtHand::Enough);
            let asked = Asked { config, channel, number, at_hand };
            asked.pulses(&mut found);
            asked.carrier(&mut found);
            asked.own_noise(&mut found);
            let is_loud = |bins: &ChannelBins| bins.quiet.is_empty();
            if bands.iter().filter_map(|band| band[number].as_ref()).any(is_loud) {
                asked.tell(&mut found, "bandwidth_hz", Severity::Warning, format!(
                    "{:.0} Hz leave no quiet bins beside it: a carrier that is on from the start is taken for noise; write at most {:.0} Hz, \
                     or raise sdr.sample_rate_sps",
                    channel.bandwidth_hz, 0.7 * config.sense.sample_rate_sps
                ));
            }
            let held = |hz: &f64| config.sense.holds(*hz, channel);
            if let Some(hz) = config.sense.centers_hz().filter(held).find(|hz| asked.is_on_the_spike(*hz)) {
                asked.on_the_spike(&mut found, hz, is_fixed);
            }
        }
        let sense = &config.sense;
        let is_free = |channel: &ChannelConfig| sense.own_noise_in(channel).is_empty();
        if !sense.own_noise.is_empty() && sense.channels.iter().all(is_free) {
            let mend = format!(
                "{} of the aircraft's own lines are masked, none in a beacon's channel",
                sense.own_noise.len()
            );
            found.push(Deafness { key: "sdr.own_noise".into(), mend, severity: Severity::Note });
        }
        found
    }
}

/// One beacon's settings.
struct Asked<'a> {
    config: &'a Config,
    channel: &'a ChannelConfig,
    number: usize,
    at_hand: AtHand,
}

impl Asked<'_> {
    fn tell(&self, found: &mut Vec<Deafness>, name: &str, severity: Severity, mend: String) {
        let key = format!("beacon.{}.{name}", self.number);
        found.push(Deafness { key, mend, severity });
    }

    fn frame_us(&self) -> f64 {
        self.config.sense.fft_len as f64 / self.config.sense.sample_rate_sps * 1e6
    }

    fn prospect(&self, channel: &ChannelConfig, analytics: &AnalyticsConfig) -> Prospect {
        Prospect::new(analytics, channel, self.config.sense.hop_us, self.frame_us())
    }

    /// Time until the best train of this period is heard, µs.
    fn train_us(&self, channel: &ChannelConfig, analytics: &AnalyticsConfig, period_us: f64) -> Option<f64> {
        // The pulse and the dip after it fit into the period.
        let room_us = period_us - f64::from(channel.pulse_bridge_us);
        let widest_us = f64::from(channel.pulse_width_max_us)
            .min(room_us / 2.0)
            .max(f64::from(channel.pulse_width_min_us));
        if widest_us >= room_us {
            return None;
        }
        let pulses = self.prospect(channel, analytics).pulses(period_us, widest_us as u32)?;
        Some((pulses - 1) as f64 * period_us + widest_us)
    }

    fn bursts(&self, found: &mut Vec<Deafness>) {
        if self.channel.bandwidth_hz > BURST_WIDTH_MAX_HZ {
            let most_hz = BURST_WIDTH_MAX_HZ;
            self.tell(
                found,
                "bandwidth_hz",
                Severity::Warning,
                format!(
                    "on a channel of {} Hz only bursts over the trigger are heard, and no message is read; write {most_hz} or less",
                    self.channel.bandwidth_hz
                ),
            );
        }
    }

    fn pulses(&self, found: &mut Vec<Deafness>) {
        let (total, train) = match self.channel.emission {
            Emission::Continuous | Emission::Chirp(_) => return,
            Emission::Pulsed(train) => (Severity::Critical, train),
            Emission::Any(train) => (Severity::Warning, train),
            // Each burst counts by itself.
            Emission::CospasSarsat => return self.bursts(found),
        };
        let (width_ms, frame_ms) = (f64::from(self.channel.pulse_width_max_us) / 1e3, self.frame_us() / 1e3);
        if frame_ms > width_ms {
            return self.tell(found, "pulse_width_max_ms", total, format!(
                "pulses of {width_ms} ms are shorter than an FFT frame of {frame_ms:.2} ms and read as that; write sense.fft_len = {} or \
                 less, or pulse_width_max_ms = {:.1}",
                fft_len_under(self.config, width_ms / 2.0), 3.0 * frame_ms
            ));
        }
        let (low, high) = (f64::from(train.period_min_us), f64::from(train.period_max_us));
        // Rounding must not leave the range.
        let period = |step: usize| {
            (low * (high / low).powf(step as f64 / (PERIODS - 1) as f64)).clamp(low, high.max(low))
        };
        let periods: Vec<f64> = (0..PERIODS).map(period).collect();
        let times: Vec<Option<f64>> = periods
            .iter()
            .map(|period_us| self.train_us(self.channel, &self.config.analytics, *period_us))
            .collect();
        let limit_us = self.at_hand.us();
        let known = || periods.iter().zip(&times);
        let deaf: Vec<f64> =
            known().filter(|(_, time)| time.is_none()).map(|(period_us, _)| *period_us).collect();
        if let (Some(first), Some(last)) = (deaf.first(), deaf.last()) {
            let severity = if deaf.len() == PERIODS { total } else { Severity::Warning };
            let (from_ms, to_ms) = (first / 1e3, last / 1e3);
            let (name, mend) = self.mend(train, *first, limit_us);
            let told = format!("pulses every {from_ms:.0} to {to_ms:.0} ms are never heard: {mend}");
            return self.tell(found, name, severity, told);
        }
        let late: Vec<(f64, f64)> = known()
            .filter_map(|(period_us, time)| time.map(|time_us| (*period_us, time_us)))
            .filter(|(_, time_us)| *time_us > limit_us)
            .collect();
        if let Some((period_us, time_us)) = late.last() {
            let severity = match late.len() == PERIODS {
                true => self.severity_of_all(total),
                // What is sought besides is heard.
                false if self.at_hand.is_recorded() => Severity::Note,
                false => Severity::Warning,
            };
            let (name, mend) = self.mend(train, *period_us, limit_us);
            let (period_ms, time_s, there) = (period_us / 1e3, time_us / 1e6, self.there_is());
            let told = format!(
                "pulses every {period_ms:.0} ms are heard after {time_s:.1} s at the earliest, and {there}: {mend}"
            );
            self.tell(found, name, severity, told);
        }
    }

    /// Of what is never heard in the time at hand.
    fn severity_of_all(&self, total: Severity) -> Severity {
        if self.at_hand.is_recorded() { Severity::Warning } else { total }
    }

    fn there_is(&self) -> String {
        let time_s = self.at_hand.us() / 1e6;
        match self.at_hand {
            AtHand::Recorded(_) => format!("{time_s:.1} s were recorded"),
            AtHand::Enough | AtHand::Asked(_) => format!("there are {time_s:.1} s"),
        }
    }

    /// The key to change so that a train of `period_us` is heard within `limit_us`, and what to write.
    fn mend(&self, train: PulseTrain, period_us: f64, limit_us: f64) -> (&'static str, String) {
        let (width_ms, bridge_ms) =
            (f64::from(self.channel.pulse_width_min_us) / 1e3, f64::from(self.channel.pulse_bridge_us) / 1e3);
        if width_ms + bridge_ms >= period_us / 1e3 {
            let mend = format!(
                "{width_ms} + {bridge_ms} ms of pulse and dip do not fit; write a longer period_min_ms or shorter pulse_width_min_ms or \
                 pulse_bridge_ms"
            );
            return ("period_min_ms", mend);
        }
        let analytics = &self.config.analytics;
        let is_heard = |train: PulseTrain, false_alarms_per_hour: f64| {
            let channel =
                ChannelConfig { emission: with(self.channel.emission, train), ..self.channel.clone() };
            let analytics = AnalyticsConfig { false_alarms_per_hour, ..analytics.clone() };
            self.train_us(&channel, &analytics, period_us).is_some_and(|time_us| time_us <= limit_us)
        };
        let own = analytics.false_alarms_per_hour;
        let mut tighter = JITTERS.into_iter().filter(|jitter| *jitter < train.jitter_ratio_max);
        if let Some(jitter) =
            tighter.find(|jitter| is_heard(PulseTrain { jitter_ratio_max: *jitter, ..train }, own))
        {
            return ("jitter_ratio_max", format!("write jitter_ratio_max = {jitter}"));
        }
        let mut fewer = (2..train.pulses_min).rev();
        if let Some(count) = fewer.find(|count| is_heard(PulseTrain { pulses_min: *count, ..train }, own)) {
            return ("pulses_min", format!("write pulses_min = {count}"));
        }
        let mut more = FALSE_ALARMS.into_iter().filter(|more| *more > own);
        if let Some(more) = more.find(|more| is_heard(train, *more)) {
            return ("pulses_min", format!("write analytics.false_alarms_per_hour = {more}"));
        }
        let longer = if self.at_hand.is_recorded() { "record for longer" } else { "take more time" };
        ("period_max_ms", format!("{longer}, write a shorter period_max_ms, or pulses_min = 1"))
    }

    fn carrier(&self, found: &mut Vec<Deafness>) {
        let needs = self.prospect(self.channel, &self.config.analytics).carrier_us().map(|us| us as f64);
        if let Some(needs_us) = needs.filter(|needs_us| *needs_us > self.at_hand.us()) {
            let is_all = matches!(self.channel.emission, Emission::Continuous);
            let severity = if is_all { self.severity_of_all(Severity::Critical) } else { Severity::Warning };
            let longer = if self.at_hand.is_recorded() { "record for longer" } else { "take more time" };
            self.tell(
                found,
                "pulse_width_max_ms",
                severity,
                format!(
                    "a carrier is heard after {:.1} s, when it outlasts the longest pulse, and {}; shorten \
                     pulse_width_max_ms or analytics.debounce_ms, or {longer}",
                    needs_us / 1e6,
                    self.there_is()
                ),
            );
        }
    }

    /// Whether the spike reaches into it where the source is tuned to `center_hz`.
    fn is_on_the_spike(&self, center_hz: f64) -> bool {
        let sense = &self.config.sense;
        let bin_hz = sense.sample_rate_sps / sense.fft_len as f64;
        let half_hz = self.channel.bandwidth_hz.max(layout::NOISE_BINS_MIN * bin_hz) / 2.0;
        let reach_hz = half_hz + sense.dc_exclude_hz.map_or(1.5 * bin_hz, |excluded_hz| excluded_hz);
        (self.channel.frequency_hz - center_hz).abs() < reach_hz && sense.dc_exclude_hz != Some(0.0)
    }

    fn on_the_spike(&self, found: &mut Vec<Deafness>, center_hz: f64, is_fixed: bool) {
        let sense = &self.config.sense;
        let severity = if sense.dc_exclude_hz.is_some() { Severity::Warning } else { Severity::Note };
        let text = match sense.dc_exclude_hz {
            Some(excluded_hz) => format!(
                "sense.dc_exclude_hz = {excluded_hz:.0} cuts into this channel, and what is sent there is lost or reads low; leave \
                 sense.dc_exclude_hz out: the spike is taken out then"
            ),
            None if is_fixed => format!(
                "{:.6} MHz is where the recording is tuned: the spike there is taken out, and with it a bare carrier within 1 Hz; record \
                 beside the beacon next time",
                center_hz / 1e6
            ),
            None => format!(
                "too wide to be tuned beside the device's spike: it is taken out, and with it a bare carrier within 1 Hz of {:.6} MHz; \
                 write a bandwidth_hz of at most {:.0}",
                center_hz / 1e6,
                0.4 * sense.sample_rate_sps
            ),
        };
        self.tell(found, "frequency_hz", severity, text);
    }
}

fn with(emission: Emission, train: PulseTrain) -> Emission {
    match emission {
        Emission::Any(_) => Emission::Any(train),
        Emission::Pulsed(_) | Emission::Continuous | Emission::Chirp(_) | Emission::CospasSarsat => {
            Emission::Pulsed(train)
        }
    }
}

/// The longest FFT whose frame is not over `frame_ms`.
fn fft_len_under(config: &Config, frame_ms: f64) -> usize {
    let most = (config.sense.sample_rate_sps * frame_ms * 1e-3) as usize;
    let len = if most < 2 { 1 } else { 1 << most.ilog2() };
    len.clamp(skyhound::limits::FFT_LEN_MIN, skyhound::limits::FFT_LEN_MAX)
}

#[cfg(test)]
mod tests;
