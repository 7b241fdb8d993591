//! A channel's line: in cells of some hertz, over 0.1 to 10 s, drift followed. Times shorter than the longest pulse tell no carrier.

use super::{Heard, Place, centi, sigma_db};
use crate::analytics::chance::NoiseSum;
use crate::config::ChannelConfig;
use crate::dsp::fine::{Fine, Matched};
use crate::dsp::line::{self, Line, LineSearch};
use crate::sense::clock::SampleClock;
use crate::signal::{Hearing, HearingKind};

/// Window of the fine spectra, s: what a free oscillator's phase and a drone's Doppler shift keep still for.
const WINDOW_S: f64 = 0.2;
/// Channels wider than so many resolved bins are searched in wider bins.
const BINS_MAX: f64 = 2_000.0;
/// Longest time that is summed, s.
const SPAN_MAX_S: f64 = 10.0;
/// Correlation of two Hann windows that share a half (Welch 1967: their powers correlate by 1/36).
const OVERLAP: f64 = 1.0 / 6.0;

/// One channel's.
pub(super) struct LineListener {
    place: Place,
    fine: Fine,
    search: LineSearch,
    levels: Vec<Level>,
    /// Frame up to which a line was told, by the shortest sums that show it.
    told: Option<(u64, usize)>,
}

/// What a sum over 2^level frames must reach, and in how many ways it could by chance in an hour.
#[derive(Copy, Clone)]
struct Level {
    threshold: f64,
    noise: NoiseSum,
    ln_ways_per_hour: f64,
}

impl LineListener {
    pub fn new(place: Place, channel: &ChannelConfig, false_alarms_per_hour: f64) -> LineListener {
        let window_s = WINDOW_S.min(BINS_MAX / place.width_hz);
        let fine = place.fine(Matched::Line(window_s));
        let hop_s = fine.hop() as f64 / place.rate.sps;
        let top = (SPAN_MAX_S / hop_s).log2() as usize;
        let pulse_s = f64::from(channel.longest_pulse_us()) * 1e-6;
        let is_usable = |level: &usize| ((1_u64 << level) as f64 + 1.0) * hop_s > pulse_s;
        let allowed = false_alarms_per_hour / (0..=top).filter(is_usable).count().max(1) as f64;
        let chance = |level: usize| {
            let frames = (1_u64 << level) as f64;
            let noise = NoiseSum { count: 1 << level, correlation: OVERLAP, level_error: fine.noise_error() };
            let sums_per_hour = 3_600.0 / hop_s / (frames / 2.0).max(1.0);
            let ways = fine.cell_count() as f64 * line::tracks(level) * sums_per_hour;
            let threshold = if is_usable(&level) { noise.at((allowed / ways).ln()) } else { f64::INFINITY };
            Level { threshold, noise, ln_ways_per_hour: ways.ln() }
        };
        let levels: Vec<Level> = (0..=top).map(chance).collect();
        let thresholds: Vec<f64> = levels.iter().map(|level| level.threshold).collect();
        let search = LineSearch::new(fine.cell_count(), &thresholds);
        LineListener { place, fine, search, levels, told: None }
    }

    /// Takes a sample of the channel; what it completes.
    pub fn push(&mut self, number: u64, sample: [f32; 2], clock: &SampleClock) -> Option<Heard> {
        let LineListener { fine, search, told, .. } = self;
        let (frame, cells) = fine.push(number, sample)?;
        let mut found = None;
        search.push(frame, cells, |line| {
            // Longer sums say again, later and of a longer time, what a shorter one has told.
            let is_known = told.is_some_and(|(last, level)| {
                level < line.level && last + line.frame_count() / 2 > line.last_frame
            });
            if !is_known {
                *told = Some((line.last_frame, line.level));
                found = Some(*line);
            }
        });
        found.map(|line| self.heard(&line, clock))
    }

    fn heard(&self, line: &Line, clock: &SampleClock) -> Heard {
        let LineListener { place, fine, levels, .. } = self;
        let level = levels[line.level];
        let hop = (fine.hop() * place.rate.step) as f64;
        let frames = line.frame_count() as f64;
        let cn0_hz = fine.cn0_hz(line.excess());
        let noise_per_hz = f64::from(fine.noise_per_hz(line.cell));
        let span_us = (frames + 1.0) * hop * clock.us_per_sample;
        let ln_tail = level.noise.ln_tail(f64::from(line.sum));
        let hearing = Hearing {
            until_us: clock.at((line.last_frame + 2) as f64 * hop),
            span_us: span_us as u32,
            channel: place.number,
            kind: HearingKind::Line,
            frequency_hz: place.frequency_hz + fine.offset_hz(line.cell),
            drift_hz_s: f64::from(line.drift_cells) * fine.cell_hz() / (span_us * 1e-6),
            period_us: None,
            pulse_count: 0,
            width_us: 0,
            cn0: centi(cn0_hz),
            cn0_sigma: sigma_db(line.excess(), frames),
            power: centi(cn0_hz * noise_per_hz),
            statistic: line.excess() + 1.0,
            threshold: level.threshold / frames,
            ln_false_alarms_per_hour: level.ln_ways_per_hour + ln_tail,
            message: None,
        };
        Heard { hearing, power: cn0_hz * noise_per_hz, noise_per_hz }
    }
}
