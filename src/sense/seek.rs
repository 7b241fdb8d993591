//! Lines and trains of pulses anywhere in a surveyed band, as the matched detectors of a flight would hear each on a channel of its own.
//!
//! The band is taken apart in overlapping parts; each is tuned to and searched as a beacon's channel is. Of what one channel would hold the most certain is kept. What stands beside something
//! much stronger is its skirt. Parts are independent: whoever has several cores may seek in some of them on each.

use super::clock::SampleClock;
use super::listen::{Setup, sense_config};
use super::matched::{Band, Frame, LineRule, Stream, block_of};
use crate::config::ChannelConfig;
use crate::dsp::layout::NOISE_BINS_MIN;
use crate::dsp::spectrometer::Gate;
use crate::dsp::survey::{Findings, Survey};
use crate::signal::Hearing;
use crate::time::TimeUs;

/// Width of a part, and from one to the next, Hz.
const PART_HZ: f64 = 50e3;
const STEP_HZ: f64 = 45e3;
/// Longest time that is summed, s.
const SPAN_MAX_S: f64 = 16.0;
/// Of so much of a part the strongest line is told, Hz.
const APART_HZ: f64 = 500.0;
/// False ones accepted in a survey of the whole band, of lines and of trains.
const FALSE_ALARMS: f64 = 0.01;
/// Trains are sought in surveys from this length on, s: in a shorter one they are too few pulses to be weak.
const TRAINS_FROM_S: f64 = 3.0;
/// What is so much weaker than its neighbour is a skirt of it, dB, within so many bins.
const SKIRT_DB: f64 = 30.0;
const SKIRT_BINS: f64 = 16.0;

/// A part of a band: its middle from the tuned frequency and its width, Hz.
pub type Part = (f64, f64);

/// The parts of a surveyed band.
pub fn parts(survey: &Survey) -> Vec<Part> {
    let rate_hz = survey.sample_rate_sps();
    let width_hz = PART_HZ.min(rate_hz);
    let count = ((rate_hz - width_hz) / STEP_HZ).ceil().max(0.0);
    let step_hz = if count > 0.0 { (rate_hz - width_hz) / count } else { 0.0 };
    (0..=count as u32).map(|n| ((width_hz - rate_hz) / 2.0 + f64::from(n) * step_hz, width_hz)).collect()
}

/// Every line, and every train as `template` has it, that is heard at any time in some `parts` of a band, `total` in all.
pub fn hearings(
    survey: &Survey,
    found: &Findings,
    template: &ChannelConfig,
    setup: Setup<'_>,
    parts: &[Part],
    total: usize,
) -> Vec<Hearing> {
    let config = sense_config(survey, &[], setup);
    let hours = found.seconds / 3_600.0;
    let rule = LineRule {
        width_max_hz: f64::INFINITY,
        span_max_s: SPAN_MAX_S.min(found.seconds),
        pulse_s: f64::from(template.pulse_width_max_us) * 1e-6,
        false_alarms_per_hour: FALSE_ALARMS / total as f64 / hours,
        apart_hz: Some(APART_HZ),
    };
    let trains = (found.seconds >= TRAINS_FROM_S).then_some(template);
    let mut band = Band::of_parts(&config, parts, &rule, trains);
    let mut stream = Stream::new(config.fft_len, block_of(&config, parts));
    let clock = SampleClock { anchor: Some((0, TimeUs(0))), us_per_sample: 1e6 / config.sample_rate_sps };
    let mut heard = Vec::new();
    for row in survey.rows().filter(|row| row.gate == Gate::Open) {
        // What a receiver makes of a strong pulse is all over the band.
        if row.is_busy {
            stream.silence();
        } else {
            stream.fill(row.samples, 0, row.samples.len());
        }
        band.frame(
            &mut stream,
            Frame::of(row.first_sample, &[], row.is_clipped),
            &clock,
            |hz| found.mean_power_at(hz),
            |line| heard.push(*line),
        );
        stream.restart();
    }
    distinct(heard, found.bin_hz)
}

/// Of what one channel holds the most certain, without the skirts of others; the strongest first.
pub fn distinct(mut heard: Vec<Hearing>, bin_hz: f64) -> Vec<Hearing> {
    heard.sort_by(|a, b| a.ln_false_alarms_per_hour.total_cmp(&b.ln_false_alarms_per_hour));
    let mut kept: Vec<Hearing> = Vec::new();
    for line in heard {
        let apart_hz = |other: &Hearing| (other.frequency_hz - line.frequency_hz).abs();
        let is_known = kept.iter().any(|other| apart_hz(other) <= NOISE_BINS_MIN / 2.0 * bin_hz);
        if !is_known {
            kept.push(line);
        }
    }
    let is_skirt = |line: &Hearing, other: &Hearing| {
        (other.frequency_hz - line.frequency_hz).abs() <= SKIRT_BINS * bin_hz
            && other.cn0.db() - line.cn0.db() >= SKIRT_DB
    };
    let mut lines: Vec<Hearing> =
        kept.iter().filter(|line| !kept.iter().any(|other| is_skirt(line, other))).copied().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.cn0));
    lines
}
