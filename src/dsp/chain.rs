//! Trains of pulses in whitened spectra: the best chain of K frames in one cell, each an allowed interval after the one before.
//!
//! A frame is as long as the pulse, so a cell holds the energy of one pulse over the noise density (1 + E/N0, noise alone is
//! exponential), and a train's K pulses add up: C₁ = x, C_k(t) = x(t) + max C_{k−1}(t − τ) over the allowed intervals τ: Viterbi's
//! recursion (track before detect; Tonissen & Evans, IEEE Trans. AES 32, 1996). The intervals are cut into bands, each about as
//! wide as the jitter allows, and each band has chains of its own: so an unknown period costs little more chance than a known one, and pulses
//! that come at random within a band (406 MHz beacons) are a train like any other. Pulses that come in groups (coded tags) are summed first.
//!
//! A pulse stands out of what is before and after it, so the begin of a carrier and the parts of something longer are none. It counts for no more than its cap allows, so that no one impulse makes a train, and what is on all the time is noise: each cell is
//! divided by its own mean over some seconds. Only the few cells that may be pulses are joined, each to those before it; a place between two may
//! be without one, which counts nothing: whatever noise is there would count for more, so the chance is no larger. Thresholds are given from
//! outside. Nothing is allocated after [`ChainSearch::new`].

mod group;
mod intervals;
mod steady;

pub use group::Group;
use group::GroupSum;
pub use intervals::{Intervals, Lengths};
pub use steady::Periods;
use steady::{ANCHOR_MIN, Steady};

/// No cell counts for more than this many times its own mean in it: what is on for a quarter of the time and more makes it grow, a pulse
/// does not.
const MEAN_CAP: f32 = 4.0;
/// Frames of noise that it begins with.
const MEAN_FRAMES_MIN: f32 = 16.0;
/// A pulse of a train holds this share of what they hold over the noise on average: the newest does, or strong ones would be followed by
/// noise.
const PULSE_SHARE: f32 = 0.5;
/// Less than this is no pulse, of single ones: noise passes it in a twentieth of the cells.
const CANDIDATE_MIN: f32 = 3.0;
/// A pulse of a chain holds this share of what those of the longest must hold.
const CHAINED_SHARE: f32 = 0.42;
/// So many frames before and after its own a pulse has ended.
const APART: u64 = 6;
/// And so many cells to either side hold no more than itself then.
const SPLATTER_CELLS: usize = 4;
/// It stands as far over the mean of so many frames before that: a carrier that has just begun does not.
const BEFORE: u64 = 12;
/// Of two chains that of the shorter interval is right if each of its pulses holds this share of the other's: where every second is a peak of
/// noise, two pulses and such a peak hold three quarters.
const HALF_SHARE: f32 = 0.78;
/// Frames of a pulse: neighbours see it too.
pub const FRAMES_OF_PULSE: u64 = 4;

/// A train found.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Train {
    /// Frame of its newest pulse, of groups of the newest one's first.
    pub last_frame: u64,
    /// Cell, by parabola between cells.
    pub cell: f64,
    /// Whether its period holds.
    pub is_steady: bool,
    /// The band of its intervals, or the octave of its period.
    pub band: usize,
    /// Place of its length in [`Lengths::pulses`].
    pub length: usize,
    /// Pulses that are there.
    pub pulses: u32,
    /// Sum of its cells, noise being 1 each.
    pub sum: f32,
    /// Mean interval, frames.
    pub interval: f64,
    /// The newest pulse's cell without a cap.
    pub newest: f32,
}

/// A chain is one number, so that the larger sum is the larger number: its sum in steps of 1/256, in [`BEGIN_BITS`] bits in which time
/// it begins, and in [`COUNT_BITS`] its pulses but the first. 0 is no chain.
const BEGIN_BITS: u32 = 12;
const COUNT_BITS: u32 = 4;
const SUM_SHIFT: u32 = BEGIN_BITS + COUNT_BITS;
const SUM_STEPS: f32 = 256.0;
/// Sums beyond have no room.
const SUM_MAX: f32 = 255.0;
/// Pulses of the longest chain.
pub const PULSES_MAX: usize = 1 << COUNT_BITS;
/// Newest pulses of a cell that are kept: noise brings some thirty in the time of the longest interval.
const KEPT: usize = 48;
/// Of neighbouring pulses of a chain one may be missing in between.
const PLACES_MAX: u64 = 2;

/// By how much a sum of so many exponentials is rarer than its threshold, nats: (x − t) − K·ln(x/t) of Chernoff's bound.
fn rarity(sum: f32, threshold: f32, places: usize) -> f32 {
    sum - threshold - places as f32 * (sum / threshold).ln()
}

/// What the least of so many pulses holds.
fn pulse_min(sum: f32, pulses: usize) -> f32 {
    PULSE_SHARE * (sum / pulses as f32 - 1.0)
}

fn sum_of(chain: u32) -> f32 {
    (chain >> SUM_SHIFT) as f32 / SUM_STEPS
}

/// The search in one channel.
pub struct ChainSearch {
    cells: usize,
    lengths: Lengths,
    cap: f32,
    group: Group,
    groups: GroupSum,
    /// Frames from a pulse to the newest frame when it is looked at.
    delay: u64,
    /// Frames kept less one, all ones.
    row_mask: u64,
    bands: Vec<Intervals>,
    mean: Vec<f32>,
    /// Frames over which that is taken: at the stream's begin it is that of all so far, so that what is always there is known at once.
    mean_frames: f32,
    mean_frames_max: f32,
    anchor_min: f32,
    candidate_min: f32,
    chained_min: f32,
    steady: Option<Steady>,
    /// The newest frames, each cell by its own mean: that of the group that begins in it.
    rows: Vec<f32>,
    /// Of each cell the newest pulses, by turns, and how many there were.
    pulses: Vec<Kept>,
    counts: Vec<usize>,
    /// Of each of them the best chain that ends with it, by band and its places from two on; and those of the pulse in hand.
    chains: Vec<u32>,
    fresh: Vec<u32>,
    /// Places of the longest chain, but the first.
    more_max: usize,
    /// Frames of a step of the begin's time.
    begin_frames: u64,
    /// The best of the newest frames: told when it stays the best.
    best: Option<Found>,
    begun: u64,
    next_frame: Option<u64>,
}

/// A cell's pulse.
#[derive(Copy, Clone, Default)]
struct Kept {
    frame: u64,
    /// Itself as a chain; 0 where it is too weak for one.
    chain: u32,
    /// Whether it is more than its neighbours.
    is_peak: bool,
}

/// What may be told.
#[derive(Copy, Clone)]
struct Found {
    train: Train,
    /// See [`rarity`].
    rarity: f32,
    /// What its pulses hold on average.
    mean: f32,
}

/// A cell that may be a pulse.
#[derive(Copy, Clone)]
struct Candidate {
    frame: u64,
    cell: usize,
    /// Its cell by parabola.
    at: f64,
    /// Its power, and what of it counts.
    power: f32,
    counted: f32,
}

impl ChainSearch {
    /// For frames of `cells` whose own mean is taken over `mean_frames`, what is sent each time being a `group`.
    pub fn new(
        cells: usize,
        mean_frames: f64,
        bands: &[Intervals],
        lengths: Lengths,
        group: Group,
    ) -> ChainSearch {
        let longest = lengths.pulses.last().copied().unwrap_or(2);
        // Half of the shortest chain's pulses alone never pass.
        let shortest = lengths.pulses.first().copied().unwrap_or(1) as f64;
        let least =
            lengths.thresholds.iter().filter_map(|of| of.first()).copied().fold(f64::INFINITY, f64::min);
        let span = longest as u64 * bands.iter().map(|band| band.to).max().unwrap_or(0);
        let of_pulse = bands.len() * (longest - 1);
        let candidate_min = group.as_rare_as(CANDIDATE_MIN);
        let delay = APART.max(group.span());
        let row_count = (2 * delay + BEFORE).next_power_of_two();
        ChainSearch {
            cells,
            cap: ((1.9 * least / shortest) as f32).min(SUM_MAX / longest as f32),
            lengths,
            bands: bands.to_vec(),
            mean: vec![1.0; cells],
            mean_frames: MEAN_FRAMES_MIN,
            mean_frames_max: mean_frames as f32,
            anchor_min: group.as_rare_as(ANCHOR_MIN),
            candidate_min,
            chained_min: candidate_min.max(CHAINED_SHARE * (least / longest as f64) as f32),
            steady: None,
            rows: vec![0.0; cells * row_count as usize],
            groups: GroupSum::new(&group, cells),
            group,
            delay,
            row_mask: row_count - 1,
            pulses: vec![Kept::default(); cells * KEPT],
            counts: vec![0; cells],
            chains: vec![0; cells * KEPT * of_pulse],
            fresh: vec![0; of_pulse],
            more_max: longest - 1,
            begin_frames: (span >> BEGIN_BITS) + 1,
            best: None,
            begun: 0,
            next_frame: None,
        }
    }

    /// The same, and trains whose period holds: those are told from far weaker pulses.
    pub fn with_periods(mut self, periods: Periods) -> ChainSearch {
        let steady = Steady::new(self.cells, self.cap, &self.group, periods);
        self.candidate_min = self.chained_min.min(self.anchor_min);
        self.steady = Some(steady);
        self
    }

    /// The same of those pulses alone that stand out of the noise by this ratio each.
    pub fn of_pulses_from(mut self, candidate_min: f32) -> ChainSearch {
        self.candidate_min = candidate_min;
        self
    }

    /// Takes the cells of a frame; gives a train whose newest pulse is known to be over.
    pub fn push(&mut self, frame: u64, cells: &[f32]) -> Option<Train> {
        if self.next_frame != Some(frame) {
            self.restart(frame);
        }
        self.next_frame = Some(frame + 1);
        let whitened = self.groups.row(frame).iter_mut();
        for ((whitened, cell), mean) in whitened.zip(cells).zip(&mut self.mean) {
            *whitened = cell / mean.max(1.0);
            *mean += (cell.min(MEAN_CAP * *mean) - *mean) / self.mean_frames;
        }
        self.mean_frames = (self.mean_frames + 1.0).min(self.mean_frames_max);
        let frame = frame.checked_sub(self.group.span()).filter(|first| *first >= self.begun)?;
        let at = (frame & self.row_mask) as usize * self.cells;
        let row = &mut self.rows[at..at + self.cells];
        self.groups.mean(frame, row);
        if let Some(steady) = &mut self.steady {
            steady.push(frame, row);
        }
        if frame >= self.begun + 2 * self.delay + BEFORE - 1 {
            self.take(frame - self.delay);
        }
        // A side lobe may come before the group itself.
        let told_after = self.delay + FRAMES_OF_PULSE + self.group.span();
        let is_over = |best: &mut Found| frame >= best.train.last_frame + told_after;
        self.best.take_if(is_over).map(|best| best.train)
    }

    /// Nothing of what was before counts.
    fn restart(&mut self, frame: u64) {
        self.counts.fill(0);
        (self.best, self.begun) = (None, frame);
    }

    fn row(&self, frame: u64) -> &[f32] {
        &self.rows[(frame & self.row_mask) as usize * self.cells..][..self.cells]
    }

    /// Chains that end with a pulse in this frame: a cell that stands out, of noise and of what is just before and after it.
    fn take(&mut self, frame: u64) {
        let from = (frame & self.row_mask) as usize * self.cells;
        for cell in 0..self.cells {
            let power = self.rows[from + cell];
            if power < self.candidate_min {
                continue;
            }
            if self.stands_out(frame, cell, power) {
                let at = cell as f64 + super::line::between(self.row(frame), cell);
                let counted = power.min(self.cap);
                self.extend(&Candidate { frame, cell, at, power, counted });
            }
        }
    }

    /// Over what is before and after it in its own cell, and in those about it: the edges of what is on for longer splatter over these.
    fn stands_out(&self, frame: u64, cell: usize, power: f32) -> bool {
        let contrast = self.group.contrast();
        let about = cell.saturating_sub(SPLATTER_CELLS)..(cell + SPLATTER_CELLS + 1).min(self.cells);
        let stands_over = |beside: u64| {
            let row = self.row(beside);
            power >= contrast * row[cell] && row[about.clone()].iter().all(|other| power >= *other)
        };
        let before = (frame + 1 - APART - BEFORE..=frame - APART).map(|before| self.row(before)[cell]);
        stands_over(frame - APART)
            && stands_over(frame + APART)
            && power * BEFORE as f32 >= contrast * before.sum::<f32>()
            && !self.group.is_lobe(frame, |frame| self.row(frame)[cell])
    }

    /// Whether it is no less than the frames and cells beside it.
    fn is_peak(&self, frame: u64, cell: usize, power: f32) -> bool {
        let row = self.row(frame);
        let beside = [frame - 2, frame - 1, frame + 1, frame + 2].map(|frame| self.row(frame)[cell]);
        let cells = &row[cell.saturating_sub(1)..(cell + 2).min(self.cells)];
        beside.iter().chain(cells).all(|other| power >= *other)
    }

    /// Joins a pulse to those before it in its cell.
    fn extend(&mut self, pulse: &Candidate) {
        let begin = (pulse.frame / self.begin_frames) as u32 % (1 << BEGIN_BITS);
        let own = ((pulse.counted * SUM_STEPS) as u32) << SUM_SHIFT;
        let is_chained = pulse.power >= self.chained_min;
        self.fresh.fill(0);
        let count = self.counts[pulse.cell];
        let mut looked_at = 0;
        for distance in 1..=count.min(KEPT - 1) {
            let before = pulse.cell * KEPT + (count - distance) % KEPT;
            let age = pulse.frame - self.pulses[before].frame;
            if self.bands.last().is_none_or(|band| age > PLACES_MAX * band.to) {
                break;
            }
            looked_at = distance;
            if !is_chained || self.pulses[before].chain == 0 {
                continue;
            }
            for places in 1..=PLACES_MAX {
                let first = self.bands.partition_point(|band| places * band.to < age);
                let fitting = self.bands[first..].iter().take_while(|band| places * band.from <= age);
                for band in first..first + fitting.count() {
                    self.join(before, band, places as usize, own);
                }
            }
        }
        self.fold(pulse, looked_at);
        let is_peak = pulse.power >= self.anchor_min && self.is_peak(pulse.frame, pulse.cell, pulse.power);
        let slot = pulse.cell * KEPT + count % KEPT;
        let chain = if is_chained { own | begin << COUNT_BITS } else { 0 };
        self.pulses[slot] = Kept { frame: pulse.frame, chain, is_peak };
        self.counts[pulse.cell] = count + 1;
        if is_chained {
            self.judge(pulse);
            self.chains[slot * self.fresh.len()..][..self.fresh.len()].copy_from_slice(&self.fresh);
        }
    }

    /// Trains whose period holds that end with a pulse and have one of the newest `kept` in them.
    fn fold(&mut self, pulse: &Candidate, kept: usize) {
        let Some(steady) = self.steady.as_ref().filter(|_| pulse.power >= self.anchor_min) else { return };
        let count = self.counts[pulse.cell];
        let of_cell = &self.pulses[pulse.cell * KEPT..][..KEPT];
        let before = (1..=kept.min(count)).map(|distance| of_cell[(count - distance) % KEPT]);
        for before in before.filter(|before| before.is_peak) {
            steady.folds(pulse.cell, pulse.frame, pulse.frame - before.frame, self.begun, &mut |fold| {
                let Lengths { pulses, thresholds } = steady.lengths();
                let rarity =
                    rarity(fold.sum, thresholds[fold.octave][fold.length] as f32, pulses[fold.length]);
                let mean = fold.sum / pulses[fold.length] as f32;
                let found = Train {
                    last_frame: pulse.frame,
                    cell: pulse.at,
                    is_steady: true,
                    band: fold.octave,
                    length: fold.length,
                    pulses: pulses[fold.length] as u32,
                    sum: fold.sum,
                    interval: fold.period,
                    newest: pulse.power,
                };
                if self.best.is_none_or(|best| Found { train: found, rarity, mean }.is_better(&best))
                    && let Some((pulses, interval)) =
                        steady.pulses(pulse.cell, pulse.frame, &fold, &self.mean)
                {
                    self.best = Some(Found { train: Train { pulses, interval, ..found }, rarity, mean });
                }
            });
        }
    }

    /// Longer by one pulse, so many places on: the chains of a band that end with the pulse kept at `before`.
    fn join(&mut self, before: usize, band: usize, places: usize, own: u32) {
        let of_band = band * self.more_max..(band + 1) * self.more_max;
        let chains = &self.chains[before * self.fresh.len()..][of_band.clone()];
        let fresh = &mut self.fresh[of_band][places - 1..];
        let all = std::iter::once(&self.pulses[before].chain).chain(chains);
        for (chain, longer) in all.zip(fresh) {
            if *chain > 0 {
                *longer = (*longer).max(chain + own + 1);
            }
        }
    }

    /// The best chain is that which is rarest beside its threshold: the longer the more likely so. Of intervals that differ by more it is the
    /// shorter, if that is no half of what it is.
    fn judge(&mut self, pulse: &Candidate) {
        let least = self.lengths.pulses.first().copied().unwrap_or(0) as u32;
        for (band, thresholds) in self.lengths.thresholds.iter().enumerate() {
            for (length, (threshold, places)) in thresholds.iter().zip(&self.lengths.pulses).enumerate() {
                let chain = self.fresh[band * self.more_max + places - 2];
                let margin = sum_of(chain) - *threshold as f32;
                let pulses = chain % (1 << COUNT_BITS) + 1;
                let is_pulse = pulse.counted >= pulse_min(sum_of(chain), pulses as usize);
                // With many places empty the interval is a part of what it is.
                let is_filled = pulses >= least && 4 * pulses as usize >= 3 * places;
                if margin < 0.0 || !is_pulse || !is_filled {
                    continue;
                }
                let around = 1 << BEGIN_BITS;
                let now = (pulse.frame / self.begin_frames) as u32 % around;
                let age = (now + around - (chain >> COUNT_BITS) % around) % around;
                let train = Train {
                    last_frame: pulse.frame,
                    cell: pulse.at,
                    is_steady: false,
                    band,
                    length,
                    pulses,
                    sum: sum_of(chain),
                    interval: f64::from(age) * self.begin_frames as f64 / (places - 1) as f64,
                    newest: pulse.power,
                };
                let rarity = rarity(train.sum, *threshold as f32, *places);
                let found = Found { train, rarity, mean: train.sum / pulses as f32 };
                if self.best.is_none_or(|best| found.is_better(&best)) {
                    self.best = Some(found);
                }
            }
        }
    }
}

impl Found {
    fn is_better(&self, best: &Found) -> bool {
        match self.train.interval / best.train.interval {
            ratio if ratio < 0.75 => self.mean >= HALF_SHARE * best.mean,
            ratio if ratio > 1.33 => best.mean < HALF_SHARE * self.mean,
            // Of strong ones all are as rare as the cap is.
            _ => (self.rarity, self.train.newest) > (best.rarity, best.train.newest),
        }
    }
}

#[cfg(test)]
mod tests;
