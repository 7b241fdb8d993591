//! The mathematics: shares with their interval, quantiles, histograms, and a paired comparison.

use crate::shared::quantile;
use serde::Serialize;

/// z of a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// A share of successes with Wilson's score interval at 95 % (E. B. Wilson, JASA 22 (1927) 209; Brown, Cai and DasGupta,
/// Statistical Science 16 (2001) 101 for why this one).
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    pub count: usize,
    pub total: usize,
    /// count/total, 0..=1.
    pub ratio: f64,
    /// The interval.
    pub low: f64,
    pub high: f64,
}

impl Share {
    /// `count` of `total`; with no trial nothing is known: 0..1.
    pub fn of(count: usize, total: usize) -> Share {
        if total == 0 {
            return Share { count, total, ratio: 0.0, low: 0.0, high: 1.0 };
        }
        let (n, p, z2) = (total as f64, count as f64 / total as f64, Z_95 * Z_95);
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        // Rounding must not take the ends' own values out of the interval.
        Share {
            count,
            total,
            ratio: p,
            low: (centre - half).max(0.0).min(p),
            high: (centre + half).min(1.0).max(p),
        }
    }
}

/// Half are below.
pub fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// How values are spread.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    pub count: usize,
    pub median: Option<f64>,
    /// Nine of ten are below.
    pub p90: Option<f64>,
    pub histogram: Histogram,
}

impl Spread {
    /// Of `values`; the histogram has bins from each of `edges`.
    pub fn of(values: impl Iterator<Item = f64>, edges: &[f64]) -> Spread {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        Spread {
            count: sorted.len(),
            median: quantile(&sorted, 0.5),
            p90: quantile(&sorted, 0.9),
            histogram: Histogram::of(&sorted, edges),
        }
    }
}

/// Counts of values between edges: `counts[k]` in `edges[k] ≤ value < edges[k + 1]`, the last bin without an upper end.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Histogram {
    /// Lower ends of the bins.
    pub edges: Vec<f64>,
    pub counts: Vec<usize>,
}

impl Histogram {
    /// Of `values`; those under the first edge go into the first bin.
    pub fn of(values: &[f64], edges: &[f64]) -> Histogram {
        let mut counts = vec![0; edges.len()];
        for value in values {
            let bin = edges.partition_point(|edge| edge <= value).saturating_sub(1);
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        Histogram { edges: edges.to_vec(), counts }
    }

    /// The counts as a line of bars.
    pub fn bars(&self) -> String {
        const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let top = self.counts.iter().copied().max().unwrap_or(0).max(1);
        let bar = |count: &usize| match *count {
            0 => ' ',
            count => BARS[(count * BARS.len()).div_ceil(top).clamp(1, BARS.len()) - 1],
        };
        self.counts.iter().map(bar).collect()
    }
}

/// Two policies on the same seeds: who found what the other did not, and the exact two-sided sign test of it (McNemar's
/// with binomial probabilities: Conover, Practical Nonparametric Statistics, 3rd ed., § 3.5).
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct Paired {
    /// Found by the first alone.
    pub first_only: usize,
    /// Found by the second alone.
    pub second_only: usize,
    /// Chance of a difference this large were both as good.
    pub p_value: f64,
}

impl Paired {
    /// From what each found, by seed.
    pub fn of(pairs: impl Iterator<Item = (bool, bool)>) -> Paired {
        let (mut first_only, mut second_only) = (0, 0);
        for (first, second) in pairs {
            first_only += usize::from(first && !second);
            second_only += usize::from(second && !first);
        }
        let (n, k) = (first_only + second_only, first_only.min(second_only));
        // Sum of C(n, i) / 2^n for i ≤ k, in logarithms.
        let mut log_term = -(n as f64) * std::f64::consts::LN_2;
        let mut tail = log_term.exp();
        for i in 1..=k {
            log_term += ((n - i + 1) as f64 / i as f64).ln();
            tail += log_term.exp();
        }
        Paired { first_only, second_only, p_value: (2.0 * tail).min(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_the_published_one() {
        // Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3: 81/263, 15/148, 0/20, 1/29.
        for (count, total, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let share = Share::of(count, total);
            assert!((share.low - low).abs() < 6e-5 && (share.high - high).abs() < 6e-5, "{share:?}");
        }
        assert_eq!((Share::of(5, 5).high, Share::of(0, 0).high), (1.0, 1.0));
    }

    #[test]
    fn values_fall_into_their_bins() {
        let histogram = Histogram::of(&[-1.0, 0.0, 4.9, 5.0, 12.0, 99.0], &[0.0, 5.0, 10.0]);
        assert_eq!(histogram.counts, [3, 1, 2]);
        assert_eq!(histogram.bars().chars().count(), 3);
    }

    #[test]
    fn the_sign_test_is_exact() {
        // 9 against 1: 2·(1 + 10)/1024.
        let pairs = (0..9).map(|_| (true, false)).chain([(false, true), (true, true), (false, false)]);
        let paired = Paired::of(pairs);
        assert_eq!((paired.first_only, paired.second_only), (9, 1));
        assert!((paired.p_value - 22.0 / 1024.0).abs() < 1e-12);
        assert_eq!(Paired::of([(true, true)].into_iter()).p_value, 1.0);
    }
}
