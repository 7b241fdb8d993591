//! The exact percentile of a sliding window: SQL's `percentile_cont`, the noise floor's own definition.
//!
//! Powers are whole hundredths of a decibel in 16 bits, so the window is a histogram of 65 536 bins, one per value the
//! type could have (no index can be out of bounds, and pages that no power reaches are never touched). A pointer
//! rests on the bin of the wanted rank; each value that comes or goes moves the rank by at most one, so the pointer moves
//! to a neighbouring *occupied* bin, found with two levels of bit masks however far away it is (a 60 dB jump costs as
//! much as a 0.01 dB step).
//!
//! The interpolation is the one of DuckDB 1.5.6 (`Interpolator<false>` and `lerp` of its quantile aggregate, confirmed
//! by experiment): rank r = (n − 1)·q, result lo·(1 − frac) + hi·frac in f64, bit for bit.
//!
//! Budget: ≤ 10 ns per update and query, p99.99 ≤ 0.5 µs. A gap in the readings lets many values leave in one update:
//! the cost is constant per value, not per call. Not here: unusable readings (the caller leaves them out).

use super::window::{Window, capacity};
use crate::time::TimeUs;
use crate::units::CentiDb;

const BIN_COUNT: usize = 1 << 16;
const WORD_COUNT: usize = BIN_COUNT / 64;
const SUMMARY_COUNT: usize = WORD_COUNT / 64;

/// `percentile_cont(ratio)` over the newest readings of a time window.
///
/// ```
/// use skyhound::analytics::percentile::SlidingPercentile;
/// use skyhound::time::TimeUs;
/// use skyhound::units::CentiDb;
///
/// let mut floor = SlidingPercentile::new(0.10, 10_000_000, 10_000);
/// assert_eq!(floor.value_db(), None);
/// for (i, hundredths) in [-9050, -9010, -3000].into_iter().enumerate() {
///     floor.push(TimeUs(i as u64 * 10_000), CentiDb::from_hundredths(hundredths));
/// }
/// // Rank (3 − 1)·0.1 = 0.2: two tenths of the way from −90.50 to −90.10.
/// assert_eq!(floor.value_db(), Some(-90.5 * 0.8 + -90.1 * 0.2));
/// ```
pub struct SlidingPercentile {
    ratio: f64,
    window: Window<CentiDb>,
    histogram: Histogram,
}

impl SlidingPercentile {
    /// The percentile `ratio` (0..=1) of a window of `span_us` in which a reading comes about every `interval_us`.
    pub fn new(ratio: f64, span_us: u32, interval_us: u32) -> SlidingPercentile {
        let window = Window::new(span_us, capacity(span_us, interval_us), CentiDb::LOWEST);
        SlidingPercentile { ratio, window, histogram: Histogram::new() }
    }

    /// A value taken at `at`; times must not decrease.
    #[inline]
    pub fn push(&mut self, at: TimeUs, value: CentiDb) {
        let histogram = &mut self.histogram;
        self.window.push(at, value, |_, old| histogram.remove(old));
        histogram.add(value);
    }

    /// Lets the window end at `now` without a new value.
    pub fn slide(&mut self, now: TimeUs) {
        let histogram = &mut self.histogram;
        self.window.slide(now, |_, old| histogram.remove(old));
    }

    /// The percentile in dB, `None` (SQL's NULL) of an empty window.
    #[inline]
    pub fn value_db(&mut self) -> Option<f64> {
        self.histogram.percentile_db(self.ratio)
    }

    /// Values in the window.
    pub fn len(&self) -> usize {
        self.window.len()
    }

    /// Whether the window is empty.
    pub fn is_empty(&self) -> bool {
        self.window.is_empty()
    }
}

/// Counts per hundredth of a decibel, with a pointer at one rank.
struct Histogram {
    counts: Box<[u32; BIN_COUNT]>,
    /// Bit b of word w: bin 64·w + b is occupied.
    words: [u64; WORD_COUNT],
    /// Bit b of summary s: word 64·s + b is not zero.
    summaries: [u64; SUMMARY_COUNT],
    total: u32,
    bin: u16,
    /// Values in bins under `bin`.
    below: u32,
}

impl Histogram {
    fn new() -> Histogram {
        let counts = vec![0; BIN_COUNT].into_boxed_slice();
        Histogram {
            counts: counts.try_into().unwrap_or_else(|_| Box::new([0; BIN_COUNT])),
            words: [0; WORD_COUNT],
            summaries: [0; SUMMARY_COUNT],
            total: 0,
            bin: 0,
            below: 0,
        }
    }

    #[inline]
    fn add(&mut self, value: CentiDb) {
        let bin = bin_of(value);
        let (word, summary) = (usize::from(bin >> 6), usize::from(bin >> 12));
        self.counts[usize::from(bin)] += 1;
        self.words[word] |= 1 << (bin & 63);
        self.summaries[summary] |= 1 << (word & 63);
        self.total += 1;
        self.below += u32::from(bin < self.bin);
    }

    #[inline]
    fn remove(&mut self, value: CentiDb) {
        let bin = bin_of(value);
        let (word, summary) = (usize::from(bin >> 6), usize::from(bin >> 12));
        let count = &mut self.counts[usize::from(bin)];
        *count -= 1;
        if *count == 0 {
            self.words[word] &= !(1 << (bin & 63));
            if self.words[word] == 0 {
                self.summaries[summary] &= !(1 << (word & 63));
            }
        }
        self.total -= 1;
        self.below -= u32::from(bin < self.bin);
    }

    #[inline]
    fn percentile_db(&mut self, ratio: f64) -> Option<f64> {
        if self.total == 0 {
            return None;
        }
        let rank = f64::from(self.total - 1) * ratio;
        let low_rank = rank as u32;
        let fraction = rank - f64::from(low_rank);
        self.seek(low_rank);
        let low_db = db_of(self.bin);
        if fraction == 0.0 {
            return Some(low_db);
        }
        let same_bin = low_rank + 1 < self.below + self.count();
        let high_db = if same_bin { low_db } else { db_of(self.occupied_after(self.bin)) };
        Some(low_db * (1.0 - fraction) + high_db * fraction)
    }

    /// Values in the pointer's bin.
    #[inline]
    fn count(&self) -> u32 {
        self.counts[usize::from(self.bin)]
    }

    /// Moves the pointer to the bin that holds the value of this rank (`rank < total`).
    #[inline]
    fn seek(&mut self, rank: u32) {
        while rank < self.below {
            self.bin = self.occupied_before(self.bin);
            self.below -= self.count();
        }
        while rank >= self.below + self.count() {
            self.below += self.count();
            self.bin = self.occupied_after(self.bin);
        }
    }

    /// The next occupied bin over `bin`; the last bin when there is none (never asked for then).
    #[inline]
    fn occupied_after(&self, bin: u16) -> u16 {
        let word = usize::from(bin >> 6);
        let rest = self.words[word] & (!1 << (bin & 63));
        if rest != 0 {
            return index(word, rest.trailing_zeros());
        }
        let mut summary = word / 64;
        let mut words = self.summaries[summary] & (!1 << (word & 63));
        while words == 0 && summary + 1 < SUMMARY_COUNT {
            summary += 1;
            words = self.summaries[summary];
        }
        if words == 0 {
            return u16::MAX;
        }
        let word = summary * 64 + words.trailing_zeros() as usize;
        index(word, self.words[word].trailing_zeros())
    }

    /// The next occupied bin under `bin`; the first bin when there is none (never asked for then).
    #[inline]
    fn occupied_before(&self, bin: u16) -> u16 {
        let word = usize::from(bin >> 6);
        let rest = self.words[word] & ((1 << (bin & 63)) - 1);
        if rest != 0 {
            return index(word, rest.ilog2());
        }
        let mut summary = word / 64;
        let mut words = self.summaries[summary] & ((1 << (word & 63)) - 1);
        while words == 0 && summary > 0 {
            summary -= 1;
            words = self.summaries[summary];
        }
        if words == 0 {
            return 0;
        }
        let word = summary * 64 + words.ilog2() as usize;
        index(word, self.words[word].checked_ilog2().unwrap_or(0))
    }
}

/// The bin of bit `bit` of a word.
#[inline]
fn index(word: usize, bit: u32) -> u16 {
    (word * 64) as u16 + bit as u16
}

/// In the order of the powers: the sign bit turned.
#[inline]
fn bin_of(value: CentiDb) -> u16 {
    value.hundredths() as u16 ^ 0x8000
}

#[inline]
fn db_of(bin: u16) -> f64 {
    f64::from((bin ^ 0x8000) as i16) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow obvious way: sort a copy of the window.
    fn sorted_percentile(values: &[i16], ratio: f64) -> Option<f64> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let rank = (sorted.len().checked_sub(1)?) as f64 * ratio;
        let db = |rank: f64| f64::from(sorted[rank as usize]) / 100.0;
        let fraction = rank - rank.floor();
        Some(db(rank.floor()) * (1.0 - fraction) + db(rank.ceil()) * fraction)
    }

    proptest! {
        #[test]
        fn equals_sorting_a_copy(
            ratio in prop_oneof![Just(0.1), Just(0.5), Just(0.0), Just(1.0), 0.0..1.0],
            rows in prop::collection::vec(
                (prop_oneof![9 => 1u64..200, 1 => 0u64..1, 1 => 1_000u64..9_000],
                 prop_oneof![-20_000i16..=10_000, -9_010i16..-9_000, Just(-20_000i16), Just(10_000i16)]), 1..300),
        ) {
            let mut ours = SlidingPercentile::new(ratio, 5_000, 1);
            let (mut now, mut all) = (0, Vec::new());
            for (step, value) in rows {
                now += step;
                all.push((now, value));
                ours.push(TimeUs(now), CentiDb::from_hundredths(value));
                let window: Vec<i16> = all.iter().filter(|row| row.0 + 5_000 > now).map(|row| row.1).collect();
                let expected = sorted_percentile(&window, ratio).map(f64::to_bits);
                prop_assert_eq!(ours.value_db().map(f64::to_bits), expected);
            }
            ours.slide(TimeUs(now + 5_000));
            prop_assert!(ours.is_empty() && ours.value_db().is_none());
        }
    }
}
