//! Trains of pulses in whitened spectra: the best chain of K frames in one cell, each an allowed interval after the one before.
//!
//! A frame is as long as the pulse, so a cell holds the energy of one pulse over the noise density (1 + E/N0, noise alone is
//! exponential), and a train's K pulses add up: C₁ = x, C_k(t) = x(t) + max C_{k−1}(t − τ) over the allowed intervals τ: Viterbi's
//! recursion (track before detect; Tonissen & Evans, IEEE Trans. AES 32, 1996). The intervals are cut into bands, each about as
//! wide as the jitter allows, and each band has chains of its own: so an unknown period costs little more chance than a known one, and pulses
//! that come at random within a band (406 MHz beacons) are a train like any other.
//!
//! A pulse stands out of what is before and after it, so the begin of a carrier and the parts of something longer are none. It counts for no more than its cap allows, so that no one impulse makes a train, and what is on all the time is noise: each cell is
//! divided by its own mean over some seconds. Only the few cells that may be pulses are joined, each to those before it; a place between two may
//! be without one, which counts nothing: whatever noise is there would count for more, so the chance is no larger. Thresholds are given from
//! outside. Nothing is allocated after [`ChainSearch::new`].

/// No cell counts for more than this many times its own mean in it: what is on for a quarter of the time and more makes it grow, a pulse
/// does not.
const MEAN_CAP: f32 = 4.0;
/// The newest pulse of a chain holds this share of what each of its pulses must hold.
const NEWEST_SHARE: f32 = 0.3;
/// Less than this is no pulse: noise passes it in a twentieth of the cells.
const CANDIDATE_MIN: f32 = 3.0;
/// So many frames before and after its own a pulse has ended: its cell stands so far over those, ratio.
const APART: u64 = 6;
const CONTRAST_MIN: f32 = 2.0;
/// And so many cells to either side hold no more than itself then.
const SPLATTER_CELLS: usize = 4;
/// It stands as far over the mean of so many frames before that: a carrier that has just begun does not.
const BEFORE: u64 = 12;
/// Frames kept.
const ROWS: u64 = 2 * APART + BEFORE;
/// Of two chains that of the shorter interval is right if each of its pulses holds this share of the other's: where every second is a peak of
/// noise, two pulses and such a peak hold three quarters.
const HALF_SHARE: f32 = 0.78;
/// Frames of a pulse: neighbours see it too.
pub const FRAMES_OF_PULSE: u64 = 4;

/// A band of intervals and the chains along it.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// Shortest interval, frames.
    pub from: u64,
    /// Longest, frames.
    pub to: u64,
}

impl Intervals {
    /// Bands that cover `from..=to` frames, each twice as wide as the ratio `step` (> 1) by which neighbours are apart: intervals
    /// that differ by that ratio are in one.
    pub fn bands(from: f64, to: f64, step: f64) -> Vec<Intervals> {
        let count = ((to / from).ln() / step.ln()).ceil().max(1.0);
        let edge = |at: f64| from * (to / from).powf(at / count);
        let band = |at: u32| Intervals {
            from: (edge(f64::from(at)).floor() as u64).max(FRAMES_OF_PULSE),
            to: edge((f64::from(at) + 2.0).min(count)).ceil() as u64,
        };
        (0..(count as u32 - 1).max(1)).map(band).collect()
    }

    /// Frames from which a pulse's predecessor is chosen.
    pub fn choices(&self) -> f64 {
        (self.to - self.from + 1) as f64
    }
}

/// What a search is told: the lengths of chains that tell a train, with the sums they must reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Lengths {
    /// Places of a chain, ascending, 2 to [`PULSES_MAX`]. As many pulses as the first says must be there.
    pub pulses: Vec<usize>,
    /// For each band, the sum that a chain of each length must reach.
    pub thresholds: Vec<Vec<f64>>,
}

/// A train found.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Train {
    /// Frame of its newest pulse.
    pub last_frame: u64,
    /// Cell, by parabola between cells.
    pub cell: f64,
    /// The band of its intervals.
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

fn sum_of(chain: u32) -> f32 {
    (chain >> SUM_SHIFT) as f32 / SUM_STEPS
}

/// The search in one channel.
pub struct ChainSearch {
    cells: usize,
    lengths: Lengths,
    cap: f32,
    bands: Vec<Intervals>,
    mean: Vec<f32>,
    mean_frames: f32,
    candidate_min: f32,
    /// The newest frames, each cell by its own mean.
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
    /// The best of the newest frames, and by how much: told when it stays the best.
    best: Option<(Train, f32)>,
    begun: u64,
    next_frame: Option<u64>,
}

/// A cell's pulse.
#[derive(Copy, Clone, Default)]
struct Kept {
    frame: u64,
    /// Itself as a chain.
    chain: u32,
}

/// A cell that may be a pulse.
#[derive(Copy, Clone)]
struct Candidate {
    frame: u64,
    cell: usize,
    /// Its power, and what of it counts.
    power: f32,
    counted: f32,
}

impl ChainSearch {
    /// For frames of `cells` whose own mean is taken over `mean_frames`.
    pub fn new(cells: usize, mean_frames: f64, bands: &[Intervals], lengths: Lengths) -> ChainSearch {
        let longest = lengths.pulses.last().copied().unwrap_or(2);
        // Half of the shortest chain's pulses alone never pass.
        let shortest = lengths.pulses.first().copied().unwrap_or(1) as f64;
        let least =
            lengths.thresholds.iter().filter_map(|of| of.first()).copied().fold(f64::INFINITY, f64::min);
        let span = longest as u64 * bands.iter().map(|band| band.to).max().unwrap_or(0);
        let of_pulse = bands.len() * (longest - 1);
        ChainSearch {
            cells,
            cap: ((1.9 * least / shortest) as f32).min(SUM_MAX / longest as f32),
            lengths,
            bands: bands.to_vec(),
            mean: vec![1.0; cells],
            mean_frames: mean_frames as f32,
            candidate_min: CANDIDATE_MIN,
            rows: vec![0.0; cells * ROWS as usize],
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

    /// The same of those pulses alone that stand out of the noise by this ratio each.
    pub fn of_pulses_from(mut self, candidate_min: f32) -> ChainSearch {
        self.candidate_min = candidate_min;
        self
    }

    /// Takes the cells of a frame; a train whose newest pulse is known to be over.
    pub fn push(&mut self, frame: u64, cells: &[f32]) -> Option<Train> {
        if self.next_frame != Some(frame) {
            self.restart(frame);
        }
        self.next_frame = Some(frame + 1);
        let at = (frame % ROWS) as usize * self.cells;
        let row = &mut self.rows[at..at + self.cells];
        for ((row, cell), mean) in row.iter_mut().zip(cells).zip(&mut self.mean) {
            *row = cell / mean.max(1.0);
            *mean += (cell.min(MEAN_CAP * *mean) - *mean) / self.mean_frames;
        }
        if frame >= self.begun + ROWS - 1 {
            self.take(frame - APART);
        }
        let is_over = |(best, _): &(Train, f32)| frame >= best.last_frame + APART + FRAMES_OF_PULSE;
        self.best.take_if(|best| is_over(best)).map(|(train, _)| train)
    }

    /// Nothing of what was before counts.
    fn restart(&mut self, frame: u64) {
        self.counts.fill(0);
        (self.best, self.begun) = (None, frame);
    }

    fn row(&self, frame: u64) -> &[f32] {
        &self.rows[(frame % ROWS) as usize * self.cells..][..self.cells]
    }

    /// Chains that end with a pulse in this frame: a cell that stands out, of noise and of what is just before and after it.
    fn take(&mut self, frame: u64) {
        for cell in 0..self.cells {
            let power = self.row(frame)[cell];
            if power < self.candidate_min {
                continue;
            }
            if self.stands_out(frame, cell, power) {
                let counted = power.min(self.cap);
                self.extend(&Candidate { frame, cell, power, counted });
            }
        }
    }

    /// Over what is before and after it in its own cell, and in those about it: the edges of what is on for longer splatter over these.
    fn stands_out(&self, frame: u64, cell: usize, power: f32) -> bool {
        let about = cell.saturating_sub(SPLATTER_CELLS)..(cell + SPLATTER_CELLS + 1).min(self.cells);
        let stands_over = |beside: u64| {
            let row = self.row(beside);
            power >= CONTRAST_MIN * row[cell] && row[about.clone()].iter().all(|other| power >= *other)
        };
        let before = (frame + 1 - APART - BEFORE..=frame - APART).map(|before| self.row(before)[cell]);
        stands_over(frame - APART)
            && stands_over(frame + APART)
            && power * BEFORE as f32 >= CONTRAST_MIN * before.sum::<f32>()
    }

    /// Joins a pulse to those before it in its cell.
    fn extend(&mut self, pulse: &Candidate) {
        let begin = (pulse.frame / self.begin_frames) as u32 % (1 << BEGIN_BITS);
        let own = ((pulse.counted * SUM_STEPS) as u32) << SUM_SHIFT;
        self.fresh.fill(0);
        let count = self.counts[pulse.cell];
        for distance in 1..=count.min(KEPT - 1) {
            let before = pulse.cell * KEPT + (count - distance) % KEPT;
            let age = pulse.frame - self.pulses[before].frame;
            if self.bands.last().is_none_or(|band| age > PLACES_MAX * band.to) {
                break;
            }
            for places in 1..=PLACES_MAX {
                let first = self.bands.partition_point(|band| places * band.to < age);
                let fitting = self.bands[first..].iter().take_while(|band| places * band.from <= age);
                for band in first..first + fitting.count() {
                    self.join(before, band, places as usize, own);
                }
            }
        }
        self.judge(pulse);
        let slot = pulse.cell * KEPT + count % KEPT;
        self.pulses[slot] = Kept { frame: pulse.frame, chain: own | begin << COUNT_BITS };
        self.chains[slot * self.fresh.len()..][..self.fresh.len()].copy_from_slice(&self.fresh);
        self.counts[pulse.cell] = count + 1;
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

    /// The best chain is that which is furthest over its threshold: the longer the more likely so. Of intervals that differ by more it is the
    /// shorter, if that is no half of what it is.
    fn judge(&mut self, pulse: &Candidate) {
        let least = self.lengths.pulses.first().copied().unwrap_or(0) as u32;
        for (band, thresholds) in self.lengths.thresholds.iter().enumerate() {
            for (length, (threshold, places)) in thresholds.iter().zip(&self.lengths.pulses).enumerate() {
                let chain = self.fresh[band * self.more_max + places - 2];
                let margin = sum_of(chain) - *threshold as f32;
                // What ends a chain is a pulse itself: strong ones would be followed by noise otherwise.
                let is_pulse = pulse.counted >= NEWEST_SHARE * *threshold as f32 / *places as f32;
                let pulses = chain % (1 << COUNT_BITS) + 1;
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
                    cell: super::line::between(self.row(pulse.frame), pulse.cell) + pulse.cell as f64,
                    band,
                    length,
                    pulses,
                    sum: sum_of(chain),
                    interval: f64::from(age) * self.begin_frames as f64 / (places - 1) as f64,
                    newest: pulse.power,
                };
                if self.best.is_none_or(|best| ChainSearch::is_better(&(train, margin), &best)) {
                    self.best = Some((train, margin));
                }
            }
        }
    }

    fn is_better((train, margin): &(Train, f32), (best, best_margin): &(Train, f32)) -> bool {
        let (own, other) = (train.sum / train.pulses as f32, best.sum / best.pulses as f32);
        match train.interval / best.interval {
            ratio if ratio < 0.75 => own >= HALF_SHARE * other,
            ratio if ratio > 1.33 => other < HALF_SHARE * own,
            _ => margin > best_margin,
        }
    }
}

#[cfg(test)]
mod tests;
