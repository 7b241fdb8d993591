//! Trains whose period holds: sums of the cells at places a period apart, whatever is there.
//!
//! A chain chooses each of its intervals anew, and so may noise: K − 1 choices. A period that holds is chosen once, to a frame over the
//! whole time: (K − 1)·(longest − shortest) + 1 ways, each a fold of the frames (Staelin, Proc. IEEE 57, 1969). So a weak train needs
//! far less to be told from noise. Few folds are made: a pulse that stands out ends a train, another one or two periods before it tells
//! about what the period is, and that range is halved as often as the places go back, as long as the sum may still pass. A pulse that
//! is missing counts as the noise that is there.

use super::{APART, Group, Lengths, SPLATTER_CELLS, pulse_min};
use std::cell::Cell;

/// Less than this ends no train and tells no period, of single pulses: of the pulses of a weak train every second is more.
pub(super) const ANCHOR_MIN: f32 = 4.0;
/// Periods from one such pulse to the next at most.
const PERIODS_MAX: u64 = 2;
/// A period is reckoned in so many steps of a frame.
const STEPS: u64 = 1 << 16;
/// Their distance is known to so much either way, and the oldest place of a fold is so wide.
const SLACK: u64 = STEPS * 3 / 2;
const PLACE: u64 = STEPS * 7 / 10;
/// Deviations by which a fold may lag behind what leads to its threshold.
const LAG: f64 = 0.2;
/// A pulse holds this share of the strongest, and the newest twice that: beside strong ones noise is none.
const STRONGEST_SHARE: f32 = 0.15;
/// Where pulses are on average this share of those of a fold, and more, are pulses too.
const BETWEEN_SHARE: f32 = 0.5;
/// An edge has so much of what it begins or ends this far away, cells: 1/(π·Δf·T) of the amplitude, three times over.
const EDGE_CELLS: f32 = 6.0 / std::f32::consts::PI;
/// Places that are looked at in a frame, of each cell, at most; noise takes a tenth. What is strong in all cells would take hundreds of times as
/// many, and needs no folds to be told.
const LOOKS_MAX: u32 = 64;
/// Places that cost one of those where cells follow one another.
const AT_ONCE: usize = 8;
/// The amplitude is kept in so many steps, and so the power in so many.
const AMPLITUDE_STEPS: f32 = 16.0;
const POWER_STEPS: f32 = AMPLITUDE_STEPS * AMPLITUDE_STEPS;

/// The periods that are searched, and the sums that tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Periods {
    /// Shortest, frames.
    pub from: f64,
    /// Longest, frames.
    pub to: f64,
    /// Longest time from the first pulse to the last, frames.
    pub span_max: u64,
    /// Places, ascending, and for each of [`Periods::octaves`] the sums that they must reach.
    pub lengths: Lengths,
}

impl Periods {
    /// The range from `from` to `to` frames in octaves, the last of them cut: of short periods there are few.
    pub fn octaves(from: f64, to: f64) -> Vec<(f64, f64)> {
        let count = (to / from).log2().ceil().max(1.0) as i32;
        (0..count).map(|at| (from * 2_f64.powi(at), (from * 2_f64.powi(at + 1)).min(to))).collect()
    }

    /// Periods in a range that so many places tell apart.
    pub fn choices((from, to): (f64, f64), places: usize) -> f64 {
        1.0 + (places - 1) as f64 * (to - from)
    }
}

/// A fold that passes.
#[derive(Copy, Clone, Debug)]
pub(super) struct Fold {
    pub octave: usize,
    /// Place of its length in the lengths.
    pub length: usize,
    pub sum: f32,
    /// Frames.
    pub period: f64,
}

/// Newest frames of all cells.
pub(super) struct Steady {
    periods: Periods,
    /// For each octave, what the sum over so many places must hold to be followed, in steps.
    least: Vec<Vec<u32>>,
    /// Place in the lengths of so many places.
    length_of: Vec<Option<usize>>,
    /// No cell counts for more, in steps.
    cap: u32,
    /// See [`Group::contrast`].
    contrast: f32,
    shortest: u64,
    longest: u64,
    /// Frames that are kept after a pulse that is looked at.
    after: u64,
    /// Frames kept, of each cell together by their numbers modulo this.
    span: u64,
    kept: Vec<u8>,
    /// Places that may still be looked at in this frame, of so many.
    looks: Cell<u32>,
    looks_max: u32,
}

/// The frames of one cell before a pulse.
struct Past<'a> {
    kept: &'a [u8],
    /// Where the pulse is, and how many frames before it there are.
    at: usize,
    back_max: u64,
    least: &'a [u32],
}

impl Steady {
    pub fn new(cells: usize, cap: f32, group: &Group, periods: Periods) -> Steady {
        let Lengths { pulses, thresholds } = &periods.lengths;
        let longest = pulses.last().copied().unwrap_or(1);
        let after = APART + APART.max(group.span());
        let span = (longest as u64 * periods.to as u64).min(periods.span_max) + 2 * APART + after;
        // The course of a bridge from nothing to the threshold, of cells that hold noise and a pulse.
        let least = |thresholds: &[f64], so_far: usize| {
            let to = |(threshold, places): (&f64, &usize)| {
                let (share, each) = (so_far as f64 / *places as f64, threshold / *places as f64);
                let variance = (2.0 * each - 1.0) / group.pulses() as f64;
                let deviation = (so_far as f64 * (1.0 - share) * variance).sqrt();
                threshold * share - LAG * deviation
            };
            let longer = thresholds.iter().zip(pulses).filter(|(_, places)| **places >= so_far);
            (longer.map(to).fold(f64::INFINITY, f64::min) * f64::from(POWER_STEPS)) as u32
        };
        let of_octave =
            |thresholds: &Vec<f64>| (0..=longest).map(|so_far| least(thresholds, so_far)).collect();
        Steady {
            least: thresholds.iter().map(of_octave).collect(),
            length_of: (0..=longest).map(|places| pulses.binary_search(&places).ok()).collect(),
            cap: (cap * POWER_STEPS) as u32,
            contrast: group.contrast(),
            after,
            shortest: (periods.from * STEPS as f64) as u64,
            longest: (periods.to * STEPS as f64) as u64,
            span,
            kept: vec![0; cells * span as usize],
            looks: Cell::new(0),
            looks_max: LOOKS_MAX * cells as u32,
            periods,
        }
    }

    pub fn lengths(&self) -> &Lengths {
        &self.periods.lengths
    }

    pub fn push(&mut self, frame: u64, row: &[f32]) {
        self.looks.set(self.looks_max);
        let at = (frame % self.span) as usize;
        for (kept, power) in self.kept.chunks_exact_mut(self.span as usize).zip(row) {
            kept[at] = (power.sqrt() * AMPLITUDE_STEPS) as u8;
        }
    }

    /// Folds that pass, of those that end with the pulse in a cell of `frame` and have one `age` frames before it; nothing was before `begun`.
    pub fn folds(&self, cell: usize, frame: u64, age: u64, begun: u64, told: &mut impl FnMut(Fold)) {
        let oldest = begun.max((frame + self.after).saturating_sub(self.span));
        let kept = &self.kept[cell * self.span as usize..][..self.span as usize];
        let at = (frame % self.span) as usize;
        for periods in 1..=PERIODS_MAX {
            let low = ((age * STEPS).saturating_sub(SLACK) / periods).max(self.shortest);
            let high = ((age * STEPS + SLACK) / periods).min(self.longest);
            if low > high {
                continue;
            }
            let back_max = frame.saturating_sub(oldest + APART);
            let past = Past { kept, at, back_max, least: &self.least[self.octave(low)] };
            self.follow(&past, (low, high), 1, self.counted(kept[at]), told);
        }
    }

    fn octave(&self, period: u64) -> usize {
        ((period / self.shortest).max(1).ilog2() as usize).min(self.least.len() - 1)
    }

    fn counted(&self, amplitude: u8) -> u32 {
        u32::from(amplitude).pow(2).min(self.cap)
    }

    /// Whether so many places may be looked at.
    fn may_look(&self, count: usize) -> bool {
        let left = self.looks.get();
        self.looks.set(left.saturating_sub(count as u32));
        left > 0
    }

    /// From so many places on, the period being in a range.
    fn follow(
        &self,
        past: &Past<'_>,
        (low, high): (u64, u64),
        mut places: usize,
        mut sum: u32,
        told: &mut impl FnMut(Fold),
    ) {
        let middle = (low + high) / 2;
        while places + 1 < past.least.len() && self.may_look(1) {
            if (high - low) * places as u64 > PLACE {
                self.follow(past, (low, middle), places, sum, told);
                self.follow(past, (middle, high), places, sum, told);
                return;
            }
            let back = (middle * places as u64 + STEPS / 2) / STEPS;
            if back > past.back_max {
                return;
            }
            let around = if back as usize > past.at { past.kept.len() } else { 0 };
            sum += self.counted(past.kept[past.at + around - back as usize]);
            places += 1;
            if sum < past.least[places] {
                return;
            }
            let Some(length) = self.length_of[places] else { continue };
            let fold = Fold {
                octave: self.octave(middle),
                length,
                sum: sum as f32 / POWER_STEPS,
                period: middle as f64 / STEPS as f64,
            };
            if f64::from(fold.sum) >= self.periods.lengths.thresholds[fold.octave][length] {
                told(fold);
            }
        }
    }

    /// How many pulses are there of those that a fold ends with in a cell of `frame`, and their period, frames; `None` where that are few, where as much is before
    /// or after them, or where something begins or ends with them whose edges reach so far. `mean` is what the cells are divided by.
    pub fn pulses(&self, cell: usize, frame: u64, fold: &Fold, mean: &[f32]) -> Option<(u32, f64)> {
        let places = self.periods.lengths.pulses[fold.length];
        if !self.may_look(mean.len() * 2 * places / AT_ONCE) {
            return None;
        }
        let back = |place: usize| (fold.period * place as f64 + 0.5) as u64;
        let power = |cell: usize, frame: u64| {
            let amplitude = self.kept[cell * self.span as usize + (frame % self.span) as usize];
            f32::from(amplitude).powi(2) / POWER_STEPS
        };
        let strongest = (0..places).map(|place| power(cell, frame - back(place))).fold(0.0, f32::max);
        let least = pulse_min(fold.sum, places).max(STRONGEST_SHARE * strongest);
        let there = (0..places).filter(|place| power(cell, frame - back(*place)) >= least).count();
        let fewest = self.periods.lengths.pulses[0].max((places * 5).div_ceil(8));
        if there < fewest || power(cell, frame) < least.max(2.0 * STRONGEST_SHARE * strongest) {
            return None;
        }
        let sum = |cell: usize, to: u64| (0..places).map(|place| power(cell, to - back(place))).sum::<f32>();
        let is_apart = mean.iter().enumerate().all(|(other, mean)| {
            let (before, after) = (sum(other, frame - APART), sum(other, frame + APART));
            let apart = other.abs_diff(cell);
            let edges =
                (after - before).abs() * mean.max(1.0) * (EDGE_CELLS / apart.max(1) as f32).powi(2).min(1.0);
            let most = before.max(after);
            let contrast = if apart == 0 { self.contrast } else { 1.0 };
            fold.sum >= edges && (apart > SPLATTER_CELLS || fold.sum >= contrast * most)
        });
        // The period is a part of this one where as much stands in between.
        let between = |part: f64| {
            let at = |place: usize| frame - (fold.period * (place as f64 + part) + 0.5) as u64;
            (0..places - 1).map(|place| power(cell, at(place))).sum::<f32>() / (places - 1) as f32
        };
        let is_part = |parts: &u32| {
            let stands = |part| {
                between(f64::from(part) / f64::from(*parts)) >= BETWEEN_SHARE * fold.sum / places as f32
            };
            fold.period >= f64::from(*parts) * self.periods.from && (1..*parts).all(stands)
        };
        let parts = [4, 3, 2].into_iter().find(is_part).unwrap_or(1);
        is_apart.then_some((there as u32, fold.period / f64::from(parts)))
    }
}
