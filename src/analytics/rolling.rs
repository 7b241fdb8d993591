//! Rolling mean, volatility and delta of power: SQL's `avg`, `stddev_samp` and newest minus oldest, in dB.
//!
//! Sums are whole numbers (hundredths of a decibel and their squares), so they are exact however long they run: nothing
//! drifts and nothing has to be computed anew. Budget: a few ns per update, one root and three divisions per query.

use super::window::{Window, capacity};
use crate::limits::WINDOW_READINGS_MAX;
use crate::time::TimeUs;
use crate::units::CentiDb;

// The largest product of a query, n·Σv² ≤ n²·20000², stays within i64.
const _: () = assert!((WINDOW_READINGS_MAX as i64).pow(2) < i64::MAX / (20_000 * 20_000));

/// The moments of the newest readings of a time window.
pub struct Rolling {
    window: Window<CentiDb>,
    sum: i64,
    square_sum: i64,
}

impl Rolling {
    /// A window of `span_us` in which a reading comes about every `interval_us`.
    pub fn new(span_us: u32, interval_us: u32) -> Rolling {
        Rolling {
            window: Window::new(span_us, capacity(span_us, interval_us), CentiDb::LOWEST),
            sum: 0,
            square_sum: 0,
        }
    }

    /// A value taken at `at`; times must not decrease.
    pub fn push(&mut self, at: TimeUs, value: CentiDb) {
        let (sum, square_sum) = (&mut self.sum, &mut self.square_sum);
        self.window.push(at, value, |_, old| add(sum, square_sum, old, -1));
        add(sum, square_sum, value, 1);
    }

    /// Lets the window end at `now` without a new value.
    pub fn slide(&mut self, now: TimeUs) {
        let (sum, square_sum) = (&mut self.sum, &mut self.square_sum);
        self.window.slide(now, |_, old| add(sum, square_sum, old, -1));
    }

    /// `avg` in dB; `None` of an empty window.
    pub fn mean_db(&self) -> Option<f64> {
        (!self.window.is_empty()).then(|| self.sum as f64 / (100.0 * self.window.len() as f64))
    }

    /// `stddev_samp` in dB; `None` of fewer than two values.
    pub fn deviation_db(&self) -> Option<f64> {
        let count = self.window.len() as i64;
        if count < 2 {
            return None;
        }
        let scaled = count * self.square_sum - self.sum * self.sum;
        Some((scaled as f64 / (count * (count - 1)) as f64).sqrt() / 100.0)
    }

    /// Newest minus oldest value, dB; `None` of an empty window.
    pub fn delta_db(&self) -> Option<f64> {
        let (_, first) = self.window.first()?;
        let (_, last) = self.window.last()?;
        Some((f64::from(last.hundredths()) - f64::from(first.hundredths())) / 100.0)
    }
}

fn add(sum: &mut i64, square_sum: &mut i64, value: CentiDb, sign: i64) {
    let hundredths = i64::from(value.hundredths());
    *sum += sign * hundredths;
    *square_sum += sign * hundredths * hundredths;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fewer_values_than_sql_needs_are_unknown() {
        let mut rolling = Rolling::new(1_000, 1);
        assert_eq!((rolling.mean_db(), rolling.deviation_db(), rolling.delta_db()), (None, None, None));
        rolling.push(TimeUs(1), CentiDb::from_hundredths(-9_012));
        assert_eq!(
            (rolling.mean_db(), rolling.deviation_db(), rolling.delta_db()),
            (Some(-90.12), None, Some(0.0))
        );
    }

    proptest! {
        #[test]
        fn equals_two_passes_over_the_window(
            rows in prop::collection::vec((0u64..400, -20_000i16..=10_000), 1..200),
        ) {
            let mut ours = Rolling::new(5_000, 1);
            let (mut now, mut all) = (0, Vec::new());
            for (step, value) in rows {
                now += step;
                all.push((now, f64::from(value) / 100.0));
                ours.push(TimeUs(now), CentiDb::from_hundredths(value));
                let window: Vec<f64> = all.iter().filter(|row| row.0 + 5_000 > now).map(|row| row.1).collect();
                let mean = window.iter().sum::<f64>() / window.len() as f64;
                prop_assert!((ours.mean_db().unwrap() - mean).abs() < 1e-10);
                prop_assert!((ours.delta_db().unwrap() - (window[window.len() - 1] - window[0])).abs() < 1e-10);
                if window.len() > 1 {
                    let squares: f64 = window.iter().map(|v| (v - mean).powi(2)).sum();
                    let deviation = (squares / (window.len() - 1) as f64).sqrt();
                    prop_assert!((ours.deviation_db().unwrap() - deviation).abs() < 1e-9);
                }
            }
        }
    }
}
