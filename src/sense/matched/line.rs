//! A channel's line: in cells of some hertz and of less than one, over 0.1 to 10 s, drift followed. A window of a second gains 2 dB over one
//! of a fifth where the carrier holds still for it. Times shorter than the longest pulse tell no carrier.

use super::judged::Judged;
use super::{Heard, Place, centi, sigma_db};
use crate::analytics::chance::NoiseSum;
use crate::config::ChannelConfig;
use crate::dsp::fine::{Fine, Matched};
use crate::dsp::frames::Piece;
use crate::dsp::line::{self, Line, LineSearch};
use crate::sense::clock::SampleClock;
use crate::signal::{Hearing, HearingKind};

/// Windows of the fine spectra: what a free oscillator's phase and a drone's Doppler shift keep still for, and a crystal's. The longer one is for
/// weak carriers alone, which hold still: stronger ones are sooner heard with the other, and of these modulation is no matter.
const WINDOWS: [Kind; 2] = [
    Kind { window_s: 0.2, frames_min: 1, filled_max: usize::MAX },
    Kind { window_s: 1.0, frames_min: 4, filled_max: 12 },
];
/// Channels wider than this are searched in wider bins, Hz.
const WIDTH_MAX_HZ: f64 = 10e3;
/// Longest time that is summed, s.
const SPAN_MAX_S: f64 = 10.0;
/// Correlation of two Hann windows that share a half (Welch 1967: their powers correlate by 1/36).
const OVERLAP: f64 = 1.0 / 6.0;

/// What is searched, and how deep.
pub struct LineRule {
    /// Wider channels are searched in wider bins, Hz.
    pub width_max_hz: f64,
    /// Longest time that is summed, s.
    pub span_max_s: f64,
    /// What is on for less tells no line, s.
    pub pulse_s: f64,
    /// Accepted.
    pub false_alarms_per_hour: f64,
    /// Of so much of the channel the strongest line is told, and anew with each sum that shows it, Hz; `None`: of all of it, once.
    pub apart_hz: Option<f64>,
}

/// One channel's.
pub(super) struct LineListener {
    place: Place,
    windows: Vec<Window>,
    /// The newest line told: sample of its end, and its samples.
    told: Option<(u64, u64)>,
    tells_all: bool,
}

/// A window, the frames that are summed at least, and the cells that a line may fill to half its power.
#[derive(Copy, Clone)]
struct Kind {
    window_s: f64,
    frames_min: usize,
    filled_max: usize,
}

/// The search with one window.
struct Window {
    fine: Fine,
    search: LineSearch,
    levels: Vec<Level>,
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
        let rule = LineRule {
            width_max_hz: WIDTH_MAX_HZ,
            span_max_s: SPAN_MAX_S,
            pulse_s: f64::from(channel.longest_pulse_us()) * 1e-6,
            false_alarms_per_hour,
            apart_hz: None,
        };
        LineListener::by(place, &rule)
    }

    /// By any rule.
    pub fn by(place: Place, rule: &LineRule) -> LineListener {
        let windows = WINDOWS.iter().map(|kind| Window::new(place, kind, rule)).collect();
        LineListener { place, windows, told: None, tells_all: rule.apart_hz.is_some() }
    }

    /// Hears nothing so far from the channel's middle, Hz.
    pub fn mask(&mut self, part: (f64, f64)) {
        self.windows.iter_mut().for_each(|window| self.place.mask(&mut window.fine, part));
    }

    /// Takes samples of the channel; gives what they complete.
    pub fn push(&mut self, mut piece: Piece<'_>, clock: &SampleClock, mut out: impl FnMut(Heard)) {
        let LineListener { place, windows, told, tells_all } = self;
        while !piece.samples.is_empty() {
            // To where the next frame of any window ends: what ends first is told first.
            let ends =
                windows.iter().map(|window| (piece.number + 1).next_multiple_of(window.fine.hop() as u64));
            let count = ends.min().map_or(1, |end| end - piece.number);
            let part = piece.split_off(count as usize);
            let mut is_told = false;
            for window in windows.iter_mut() {
                if *tells_all {
                    window.push(part, |_| true);
                    window.found.iter().for_each(|line| out(window.heard(line, place, clock)));
                } else {
                    let hop = (window.fine.hop() * place.rate.step) as u64;
                    window.push(part, |line| is_news(line, hop, told));
                    if let Some(line) = window.found.last().filter(|_| !is_told) {
                        is_told = true;
                        out(window.heard(line, place, clock));
                    }
                }
            }
        }
    }

    /// The sums that are judged within `seconds`, of a line that is on throughout.
    pub fn judged(&self, seconds: f64) -> impl Iterator<Item = Judged> {
        self.windows.iter().flat_map(move |window| window.judged(self.place.rate.sps, seconds))
    }
}

/// Whether no shorter sum has told it: longer ones say again, later and of a longer time, what a shorter one has told. Notes it.
fn is_news(line: &Line, hop: u64, told: &mut Option<(u64, u64)>) -> bool {
    let (end, span) = ((line.last_frame + 2) * hop, (line.frame_count() + 1) * hop);
    let is_news = told.is_none_or(|(told_end, told_span)| told_span >= span || told_end + span / 2 <= end);
    if is_news {
        *told = Some((end, span));
    }
    is_news
}

impl Window {
    /// Of one kind.
    fn new(place: Place, kind: &Kind, rule: &LineRule) -> Window {
        let share = (rule.width_max_hz / place.width_hz).min(1.0);
        let fine = place.fine(Matched::Line(kind.window_s * share));
        let hop_s = fine.hop() as f64 / place.rate.sps;
        let top = (rule.span_max_s / hop_s).max(1.0).log2() as usize;
        let is_usable = |level: &usize| {
            1 << level >= kind.frames_min && ((1 << level) as f64 + 1.0) * hop_s > rule.pulse_s
        };
        let each = rule.false_alarms_per_hour / WINDOWS.len() as f64;
        let allowed = each / (0..=top).filter(is_usable).count().max(1) as f64;
        let chance = |level: usize| {
            let frames = (1_u64 << level) as f64;
            let noise = NoiseSum { count: 1 << level, correlation: OVERLAP, level_error: fine.noise_error() };
            let sums_per_hour = 3_600.0 / hop_s / (frames / 4.0).max(1.0);
            let ways = fine.cell_count() as f64 * line::tracks(level) * sums_per_hour;
            let threshold = if is_usable(&level) { noise.at((allowed / ways).ln()) } else { f64::INFINITY };
            Level { threshold, noise, ln_ways_per_hour: ways.ln() }
        };
        let levels: Vec<Level> = (0..=top).map(chance).collect();
        let thresholds: Vec<f64> = levels.iter().map(|level| level.threshold).collect();
        let search = LineSearch::new(fine.cell_count(), &thresholds, kind.filled_max);
        let segment = rule.apart_hz.map_or(fine.cell_count(), |hz| (hz / fine.cell_hz()) as usize);
        Window { fine, search: search.in_segments(segment), levels, found: Vec::with_capacity(top + 1) }
    }

    /// Takes samples up to the end of a frame at most; finds the lines that it completes and that are `wanted`.
    fn push(&mut self, mut piece: Piece<'_>, mut wanted: impl FnMut(&Line) -> bool) {
        let Window { fine, search, found, .. } = self;
        found.clear();
        let Some((frame, cells)) = fine.push(&mut piece) else { return };
        search.push(frame, cells, |line| {
            if wanted(line) {
                found.push(*line);
            }
        });
    }

    fn judged(&self, rate_sps: f64, seconds: f64) -> impl Iterator<Item = Judged> {
        let hop_s = self.fine.hop() as f64 / rate_sps;
        let heard = (seconds / hop_s).floor() - 1.0;
        let excess_per_hz = 1.0 / self.fine.cn0_hz(1.0);
        self.levels.iter().zip(0..).map(move |(level, power)| {
            let frames = f64::from(1_u32 << power);
            // Sums end at every quarter; the line begins anywhere between two of them.
            let quarter = (frames / 4.0).max(1.0);
            let tries = ((heard - frames) / quarter).floor();
            Judged {
                count: frames,
                level: level.threshold / frames,
                correlation: OVERLAP,
                excess_per_hz,
                tries: tries.max(0.0) as u32,
                shared: 1.0 - quarter / frames,
                seconds: (frames + 1.0) * hop_s,
            }
        })
    }

    fn heard(&self, line: &Line, place: &Place, clock: &SampleClock) -> Heard {
        let Window { fine, levels, .. } = self;
        let level = levels[line.level];
        let hop = (fine.hop() * place.rate.step) as f64;
        let frames = line.frame_count() as f64;
        let excess = unselected(line.excess(), level.threshold / frames - 1.0, frames);
        let cn0_hz = fine.cn0_hz(excess);
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
            cn0_sigma: sigma_db(excess, frames),
            power: centi(cn0_hz * noise_per_hz),
            statistic: line.excess() + 1.0,
            threshold: level.threshold / frames,
            ln_false_alarms_per_hour: level.ln_ways_per_hour + ln_tail,
            message: None,
        };
        Heard { hearing, power: cn0_hz * noise_per_hz, noise_per_hz, width_hz: 0.0 }
    }
}

/// What an excess that passed `threshold` was likely to be, told without those that did not pass. Of one at the threshold, which passes by a
/// half-normal law, the mean stays a quarter of a sigma high in place of 0.8; from half a sigma over it on it is right to a sixth.
fn unselected(excess: f64, threshold: f64, frames: f64) -> f64 {
    let sigma = ((1.0 + 2.0 * excess) / frames).sqrt();
    excess - sigma * (-(excess - threshold) / sigma).exp()
}
