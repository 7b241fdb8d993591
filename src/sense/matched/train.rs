//! A channel's trains of pulses: by filters of some widths, the period known or searched; in chains of some lengths, and weaker ones as far as
//! their period holds.

use super::judged::Judged;
use super::{Heard, Place, centi, sigma_db};
use crate::analytics::chance::NoiseSum;
use crate::config::{ChannelConfig, Emission, PulseTrain};
use crate::dsp::chain::{
    ChainSearch, FRAMES_OF_PULSE, Group, Intervals, Lengths, PULSES_MAX, Periods, Train,
};
use crate::dsp::fine::{Fine, Matched};
use crate::dsp::frames::Piece;
use crate::sense::clock::SampleClock;
use crate::signal::{Hearing, HearingKind};

/// Ratio of one filter's width to the next: a pulse between two loses 0.9 dB.
const WIDTH_RATIO: f64 = 1.5;
/// Filters at most; over a wider range of widths they stand further apart.
const WIDTHS_MAX: f64 = 4.0;
/// Bands of intervals at most: over a wider range of periods they are wider than the jitter asks for.
const BANDS_MAX: f64 = 24.0;
/// Up to so many bands all lengths of chains are judged.
const BANDS_OF_LONG: usize = 6;
/// Pulses of the chains that are judged; the shortest is that of the settings if it is longer.
const PULSES: [usize; 2] = [4, 8];
/// Places of the trains whose period holds; the shortest is that of the settings.
const FOLD_PULSES: [usize; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16];
/// Their longest, s.
const FOLD_SPAN_MAX_S: f64 = 30.0;
/// Their share of the false alarms.
const FOLD_SHARE: f64 = 0.75;
/// Folds that are alike count once, and those of all lengths nearly so: noise passes a twentieth of the sum over all ways (at 40 and at 400
/// allowed in an hour alike).
const FOLDS_ALIKE: f64 = 0.1;
/// Longest chain, s.
const SPAN_MAX_S: f64 = 60.0;
/// Time over which what is on all the time is learned, s.
const MEAN_S: f64 = 3.0;
/// And at least so many frames.
const MEAN_FRAMES_MIN: f64 = 64.0;
/// A pulse may fill this share of its period at most.
const DUTY_MAX: f64 = 0.25;
/// Neighbouring frames are alike: of those of one pulse, so many are independent.
const INDEPENDENT: f64 = 2.0;

/// The noise in a chain: its frames are far apart.
fn noise_of(pulses: usize, group: &Group, fine: &Fine) -> NoiseSum {
    let count = (pulses * group.pulses()) as u32;
    NoiseSum { count, correlation: 0.0, level_error: fine.noise_error() }
}

/// One channel's, for pulses of one width.
pub(super) struct TrainListener {
    place: Place,
    fine: Fine,
    group: Group,
    search: ChainSearch,
    chains: Judge,
    folds: Judge,
}

/// Lengths that are judged, their sums being of the groups' means, and ln of the ways in which one of them passes by chance in an hour, in each band.
struct Judge {
    lengths: Lengths,
    ln_ways_per_hour: Vec<Vec<f64>>,
}

impl Judge {
    /// Of so many bands, that share equally what is `allowed`.
    fn new(
        fine: &Fine,
        group: &Group,
        pulses: Vec<usize>,
        bands: usize,
        allowed: f64,
        ln_ways: impl Fn(usize, usize) -> f64,
    ) -> Judge {
        let each = allowed / (bands * pulses.len()) as f64;
        let of = |value: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            (0..bands).map(|band| pulses.iter().map(|pulses| value(band, *pulses)).collect()).collect()
        };
        let ln_ways_per_hour = of(&ln_ways);
        let sum =
            |ln_chance: f64, pulses| noise_of(pulses, group, fine).at(ln_chance) / group.pulses() as f64;
        let thresholds = of(&|band, pulses| sum(each.ln() - ln_ways(band, pulses), pulses));
        Judge { lengths: Lengths { pulses, thresholds }, ln_ways_per_hour }
    }

    fn is_deaf(&self) -> bool {
        self.lengths.thresholds.iter().flatten().all(|threshold| threshold.is_infinite())
    }
}

impl TrainListener {
    /// For all widths of the channel's pulses.
    pub fn all(place: Place, channel: &ChannelConfig, false_alarms_per_hour: f64) -> Vec<TrainListener> {
        let (Emission::Pulsed(train) | Emission::Any(train)) = channel.emission else { return Vec::new() };
        let seconds = |us: u32| f64::from(us) * 1e-6;
        let shortest_s = seconds(channel.pulse_width_min_us);
        let longest_s = seconds(channel.pulse_width_max_us).min(DUTY_MAX * seconds(train.period_max_us));
        if false_alarms_per_hour == 0.0 || longest_s < shortest_s {
            return Vec::new();
        }
        let octaves = (longest_s / shortest_s).ln();
        let count = (octaves / WIDTH_RATIO.ln()).round().clamp(1.0, WIDTHS_MAX);
        let width_s = |at: f64| shortest_s * ((at + 0.5) / count * octaves).exp();
        let widths = (0..count as u32).map(|at| width_s(f64::from(at)));
        let each = false_alarms_per_hour / count;
        widths.filter_map(|width_s| TrainListener::new(place, &train, width_s, each)).collect()
    }

    fn new(place: Place, train: &PulseTrain, width_s: f64, allowed: f64) -> Option<TrainListener> {
        let fine = place.fine(Matched::Pulse(width_s));
        let hop_s = fine.hop() as f64 / place.rate.sps;
        let jitter = train.jitter_ratio_max;
        let frames = |us: u32| (f64::from(us) * 1e-6 / hop_s).round() as u64;
        let group = Group::new(train.pattern.later_us().map(frames));
        let group_s = group.span() as f64 * hop_s + width_s;
        let shortest_s =
            (f64::from(train.period_min_us) * 1e-6 * (1.0 - jitter)).max(width_s / DUTY_MAX).max(group_s);
        let longest_s = f64::from(train.period_max_us) * 1e-6 * (1.0 + jitter);
        let steps = (longest_s / shortest_s).powf(1.0 / BANDS_MAX);
        let step = ((1.0 + 2.0 * jitter).max(1.0 + 2.0 * hop_s / shortest_s)).max(steps);
        let bands = Intervals::bands(shortest_s / hop_s, longest_s / hop_s, step);
        let least = usize::from(train.pulses_min);
        let fits = |pulses: usize| (pulses - 1) as f64 * shortest_s <= SPAN_MAX_S;
        let mut pulses: Vec<usize> =
            PULSES.iter().copied().filter(|pulses| *pulses > least && fits(*pulses)).collect();
        // Of many bands long chains take much memory, and add little.
        pulses.truncate(if bands.len() > BANDS_OF_LONG { 1 } else { PULSES.len() });
        pulses.insert(0, least.clamp(2, PULSES_MAX));
        // A band's frames that are alike count once.
        let alike = FRAMES_OF_PULSE as f64 / INDEPENDENT;
        let ends_per_hour = fine.cell_count() as f64 * 3_600.0 / hop_s / alike;
        let fits = |pulses: usize| (pulses - 1) as f64 * shortest_s <= FOLD_SPAN_MAX_S;
        let folded: Vec<usize> =
            FOLD_PULSES.iter().copied().filter(|pulses| *pulses >= least && fits(*pulses)).collect();
        let of_folds = if folded.is_empty() { 0.0 } else { allowed * FOLD_SHARE };
        let ln_ways = |band: usize, pulses: usize| {
            ends_per_hour.ln() + (pulses - 1) as f64 * (bands[band].choices() / alike).max(1.0).ln()
        };
        let chains = Judge::new(&fine, &group, pulses, bands.len(), allowed - of_folds, ln_ways);
        let octaves = Periods::octaves(shortest_s / hop_s, longest_s / hop_s);
        let ln_ways = |octave: usize, pulses: usize| {
            (ends_per_hour * Periods::choices(octaves[octave], pulses) * FOLDS_ALIKE).ln()
        };
        let folds = Judge::new(&fine, &group, folded, octaves.len(), of_folds, ln_ways);
        if chains.is_deaf() && folds.is_deaf() {
            return None;
        }
        let mean_frames = (MEAN_S / hop_s).max(MEAN_FRAMES_MIN);
        let periods = Periods {
            from: shortest_s / hop_s,
            to: longest_s / hop_s,
            span_max: (FOLD_SPAN_MAX_S / hop_s) as u64,
            lengths: folds.lengths.clone(),
        };
        let lengths = chains.lengths.clone();
        let search = ChainSearch::new(fine.cell_count(), mean_frames, &bands, lengths, group.clone());
        let search = if folds.is_deaf() { search } else { search.with_periods(periods) };
        Some(TrainListener { place, fine, group, search, chains, folds })
    }

    /// The same of pulses that stand out of the noise by this ratio each: some of the weakest trains are missed, at a tenth of the work.
    pub fn of_pulses_from(mut self, candidate_min: f32) -> TrainListener {
        self.search = self.search.of_pulses_from(candidate_min);
        self
    }

    /// Hears nothing so far from the channel's middle, Hz.
    pub fn mask(&mut self, part: (f64, f64)) {
        self.place.mask(&mut self.fine, part);
    }

    /// Takes samples of the channel; gives what they complete.
    pub fn push(&mut self, mut piece: Piece<'_>, clock: &SampleClock, mut out: impl FnMut(Heard)) {
        while let Some((frame, cells)) = self.fine.push(&mut piece) {
            if let Some(train) = self.search.push(frame, cells) {
                out(self.heard(&train, clock));
            }
        }
    }

    /// The chains that are judged within `seconds`, of pulses of `width_s` every `period_s`: by the highest threshold of all bands.
    pub fn judged(&self, width_s: f64, period_s: f64, seconds: f64) -> impl Iterator<Item = Judged> {
        let hop_s = self.fine.hop() as f64 / self.place.rate.sps;
        let filter_s = FRAMES_OF_PULSE as f64 * hop_s;
        let group_s = self.group.span() as f64 * hop_s + width_s;
        let of_group = self.group.pulses() as f64;
        let excess_per_hz = (width_s / filter_s).min(1.0).powi(2) / self.fine.cn0_hz(1.0);
        let heard = (seconds / period_s) as u32;
        let all = [&self.chains.lengths, &self.folds.lengths];
        let each = all.into_iter().flat_map(|lengths| {
            let place = move |(length, pulses)| (lengths, length, pulses);
            lengths.pulses.iter().enumerate().map(place)
        });
        each.map(move |(lengths, length, pulses)| {
            let thresholds = lengths.thresholds.iter().map(|of| of[length]);
            let count = *pulses as f64;
            Judged {
                count: count * of_group,
                level: thresholds.fold(0.0, f64::max) / count,
                correlation: 0.0,
                excess_per_hz,
                tries: (heard + 1).saturating_sub(*pulses as u32),
                shared: 1.0 - 1.0 / count,
                seconds: (count - 1.0) * period_s + group_s,
            }
        })
    }

    fn heard(&self, train: &Train, clock: &SampleClock) -> Heard {
        let TrainListener { place, fine, group, .. } = self;
        let hop_us = (fine.hop() * place.rate.step) as f64 * clock.us_per_sample;
        let Judge { lengths, ln_ways_per_hour } = if train.is_steady { &self.folds } else { &self.chains };
        let pulses = lengths.pulses[train.length];
        let mean = f64::from(train.sum) / pulses as f64;
        let excess = (f64::from(train.newest) - 1.0).max(0.0);
        let cn0_hz = fine.cn0_hz(excess);
        let noise_per_hz = f64::from(fine.noise_per_hz(train.cell));
        let period_us = train.interval * hop_us;
        let of_group = group.pulses() as f64;
        let ln_tail = noise_of(pulses, group, fine).ln_tail(f64::from(train.sum) * of_group);
        let group_frames = group.span() + FRAMES_OF_PULSE;
        let end = (train.last_frame + group_frames) as f64 * (fine.hop() * place.rate.step) as f64;
        let hearing = Hearing {
            until_us: clock.at(end),
            span_us: ((pulses - 1) as f64 * period_us + group_frames as f64 * hop_us) as u32,
            channel: place.number,
            kind: HearingKind::Train,
            frequency_hz: place.frequency_hz + fine.offset_hz(train.cell),
            drift_hz_s: 0.0,
            period_us: Some(period_us as u32),
            pulse_count: train.pulses as u16,
            width_us: (FRAMES_OF_PULSE as f64 * hop_us) as u32,
            cn0: centi(cn0_hz),
            cn0_sigma: sigma_db(excess.max(1.0), of_group),
            power: centi(cn0_hz * noise_per_hz),
            statistic: mean,
            threshold: lengths.thresholds[train.band][train.length] / pulses as f64,
            ln_false_alarms_per_hour: ln_ways_per_hour[train.band][train.length] + ln_tail,
            message: None,
        };
        Heard { hearing, power: cn0_hz * noise_per_hz, noise_per_hz, width_hz: 0.0 }
    }
}
