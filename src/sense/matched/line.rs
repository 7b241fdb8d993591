//! A channel's line: in cells of some hertz, over 0.1 to 10 s, drift followed. Times shorter than the longest pulse tell no carrier.

use super::judged::Judged;
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

/// What is searched, and how deep.
pub struct LineRule {
    /// Window of the fine spectra, s.
    pub window_s: f64,
    /// Longest time that is summed, s.
    pub span_max_s: f64,
    /// What is on for less tells no line, s.
    pub pulse_s: f64,
    /// Accepted.
    pub false_alarms_per_hour: f64,
    /// Of so much of the channel the strongest line is told, and anew with each sum that shows it, Hz; `None`: of all of it, once.
    pub apart_hz: Option<f64>,
}

impl LineRule {
    /// Of a beacon's channel.
    fn of(channel: &ChannelConfig, width_hz: f64, false_alarms_per_hour: f64) -> LineRule {
        LineRule {
            window_s: WINDOW_S.min(BINS_MAX / width_hz),
            span_max_s: SPAN_MAX_S,
            pulse_s: f64::from(channel.longest_pulse_us()) * 1e-6,
            false_alarms_per_hour,
            apart_hz: None,
        }
    }
}

/// One channel's.
pub(super) struct LineListener {
    place: Place,
    fine: Fine,
    search: LineSearch,
    levels: Vec<Level>,
    /// Frame up to which a line was told, by the shortest sums that show it.
    told: Option<(u64, usize)>,
    tells_all: bool,
    /// Lines of the newest frame; more than one only where all are told.
    found: Vec<Line>,
}

/// What a sum over 2^level frames must reach, and in how many ways it could by chance in an hour.
#[derive(Copy, Clone)]
struct Level {
    threshold: f64,
    noise: NoiseSum,
    ln_ways_per_hour: f64,
}

impl LineListener {
    /// For a beacon's channel.
    pub fn new(place: Place, channel: &ChannelConfig, false_alarms_per_hour: f64) -> LineListener {
        LineListener::by(place, &LineRule::of(channel, place.width_hz, false_alarms_per_hour))
    }

    /// By any rule.
    pub fn by(place: Place, rule: &LineRule) -> LineListener {
        let fine = place.fine(Matched::Line(rule.window_s));
        let hop_s = fine.hop() as f64 / place.rate.sps;
        let top = (rule.span_max_s / hop_s).max(1.0).log2() as usize;
        let is_usable = |level: &usize| ((1_u64 << level) as f64 + 1.0) * hop_s > rule.pulse_s;
        let usable_count = (0..=top).filter(is_usable).count().max(1) as f64;
        let allowed = rule.false_alarms_per_hour / usable_count;
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
        let segment = rule.apart_hz.map_or(fine.cell_count(), |hz| (hz / fine.cell_hz()) as usize);
        let search = search.in_segments(segment);
        LineListener {
            place,
            fine,
            search,
            levels,
            told: None,
            tells_all: rule.apart_hz.is_some(),
            found: Vec::with_capacity(1),
        }
    }

    /// Hears nothing so far from the channel's middle, Hz.
    pub fn mask(&mut self, part: (f64, f64)) {
        self.place.mask(&mut self.fine, part);
    }

    /// Takes a sample of the channel; gives what it completes.
    pub fn push(&mut self, number: u64, sample: [f32; 2], clock: &SampleClock, out: impl FnMut(Heard)) {
        let LineListener { fine, search, told, tells_all, found, .. } = self;
        let Some((frame, cells)) = fine.push(number, sample) else { return };
        found.clear();
        search.push(frame, cells, |line| {
            // Longer sums say again, later and of a longer time, what a shorter one has told.
            let is_known = told.is_some_and(|(last, level)| {
                level < line.level && last + line.frame_count() / 2 > line.last_frame
            });
            if *tells_all {
                found.push(*line);
            } else if !is_known {
                *told = Some((line.last_frame, line.level));
                found.clear();
                found.push(*line);
            }
        });
        self.found.iter().map(|line| self.heard(line, clock)).for_each(out);
    }

    /// The sums that are judged within `seconds`, of a line that is on throughout.
    pub fn judged(&self, seconds: f64) -> impl Iterator<Item = Judged> {
        let hop_s = self.fine.hop() as f64 / self.place.rate.sps;
        let heard = (seconds / hop_s).floor() - 1.0;
        let excess_per_hz = 1.0 / self.fine.cn0_hz(1.0);
        self.levels.iter().zip(0..).map(move |(level, power)| {
            let frames = f64::from(1_u32 << power);
            // Halves lie on the grid of the stream's frames: so many at least are whole.
            let half = (frames / 2.0).max(1.0);
            let halves = ((heard + 1.0) / half).floor() - 1.0;
            let tries = if power == 0 { halves } else { halves - 1.0 };
            Judged {
                count: frames,
                level: level.threshold / frames,
                correlation: OVERLAP,
                excess_per_hz,
                tries: tries.max(0.0) as u32,
                shared: if power == 0 { 0.0 } else { 0.5 },
                seconds: (frames + 1.0) * hop_s,
            }
        })
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
        };
        Heard { hearing, power: cn0_hz * noise_per_hz, noise_per_hz, width_hz: 0.0 }
    }
}
