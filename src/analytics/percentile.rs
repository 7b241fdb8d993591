//! The exact percentile of a sliding window: SQL's `percentile_cont`, the noise floor's own definition.
//!
//! Powers are whole hundredths of a decibel in a known range, so the window is a histogram of 30 001 bins. A pointer
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

const BIN_COUNT: usize = (CentiDb::HIGHEST.hundredths() - CentiDb::LOWEST.hundredths()) as usize + 1;
const WORD_COUNT: usize = BIN_COUNT.div_ceil(64);
const SUMMARY_COUNT: usize = WORD_COUNT.div_ceil(64);

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
    counts: Box<[u32]>,
    /// Bit b of word w: bin 64·w + b is occupied.
    words: [u64; WORD_COUNT],
    /// Bit b of summary s: word 64·s + b is not zero.
    summaries: [u64; SUMMARY_COUNT],
    total: u32,
    bin: usize,
    /// Values in bins under `bin`.
    below: u32,
}

impl Histogram {
    fn new() -> Histogram {
        Histogram {
            counts: vec![0; BIN_COUNT].into_boxed_slice(),
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
        self.counts[bin] += 1;
        self.words[bin / 64] |= 1 << (bin % 64);
        self.summaries[bin / 4096] |= 1 << (bin / 64 % 64);
        self.total += 1;
        self.below += u32::from(bin < self.bin);
    }

    #[inline]
    fn remove(&mut self, value: CentiDb) {
        let bin = bin_of(value);
        self.counts[bin] -= 1;
        if self.counts[bin] == 0 {
            self.words[bin / 64] &= !(1 << (bin % 64));
            if self.words[bin / 64] == 0 {
                self.summaries[bin / 4096] &= !(1 << (bin / 64 % 64));
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
        let same_bin = low_rank + 1 < self.below + self.counts[self.bin];
        let high_db = if same_bin { low_db } else { db_of(self.occupied_after(self.bin)) };
        Some(low_db * (1.0 - fraction) + high_db * fraction)
    }

    /// Moves the pointer to the bin that holds the value of this rank (`rank < total`).
    #[inline]
    fn seek(&mut self, rank: u32) {
        while rank < self.below {
            self.bin = self.occupied_before(self.bin);
            self.below -= self.counts[self.bin];
        }
        while rank >= self.below + self.counts[self.bin] {
            self.below += self.counts[self.bin];
            self.bin = self.occupied_after(self.bin);
        }
    }

    /// The next occupied bin over `bin`; the last bin when there is none (never asked for then).
    #[inline]
    fn occupied_after(&self, bin: usize) -> usize {
        let word = bin / 64;
        let rest = self.words[word] & (!1 << (bin % 64));
        if rest != 0 {
            return word * 64 + rest.trailing_zeros() as usize;
        }
        let mut summary = word / 64;
        let mut words = self.summaries[summary] & (!1 << (word % 64));
        while words == 0 && summary + 1 < SUMMARY_COUNT {
            summary += 1;
            words = self.summaries[summary];
        }
        if words == 0 {
            return BIN_COUNT - 1;
        }
        let word = summary * 64 + words.trailing_zeros() as usize;
        word * 64 + self.words[word].trailing_zeros() as usize
    }

    /// The next occupied bin under `bin`; the first bin when there is none (never asked for then).
    #[inline]
    fn occupied_before(&self, bin: usize) -> usize {
        let word = bin / 64;
        let rest = self.words[word] & ((1 << (bin % 64)) - 1);
        if rest != 0 {
            return word * 64 + highest_bit(rest);
        }
        let mut summary = word / 64;
        let mut words = self.summaries[summary] & ((1 << (word % 64)) - 1);
        while words == 0 && summary > 0 {
            summary -= 1;
            words = self.summaries[summary];
        }
        if words == 0 {
            return 0;
        }
        let word = summary * 64 + highest_bit(words);
        word * 64 + highest_bit(self.words[word])
    }
}

#[inline]
fn highest_bit(bits: u64) -> usize {
    63 - bits.leading_zeros() as usize
}

#[inline]
fn bin_of(value: CentiDb) -> usize {
    (i32::from(value.hundredths()) - i32::from(CentiDb::LOWEST.hundredths())) as usize
}

#[inline]
fn db_of(bin: usize) -> f64 {
    (bin as f64 + f64::from(CentiDb::LOWEST.hundredths())) / 100.0
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
