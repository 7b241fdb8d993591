//! The trend of power over time: SQL's `regr_slope` (dB/s) and `regr_r2` over a sliding window.
//!
//! The five sums are whole numbers (hundredths of a decibel, microseconds) in 128-bit arithmetic modulo 2^128. What a
//! query needs, n·Σt² − (Σt)² and its like, is a variance of one window and always fits, so it is exact even if the sums
//! themselves wrapped: no drift, no re-centring, after any number of updates.
//!
//! NULL as DuckDB 1.5.6 has it: no trend for fewer than two values or for one single time; `regr_r2` of a constant power
//! is 1 and its slope 0. (DuckDB says NaN for the first slope, where SQL says NULL: both are `None` here.)
//!
//! Budget: ≤ 15 ns per update and query. Not here: unusable readings (the caller leaves them out).

use super::window::{Window, capacity};
use crate::facts::Trend;
use crate::time::TimeUs;
use crate::units::CentiDb;

/// dB/s per hundredths of a decibel per microsecond.
const DB_S: f64 = 1e6 / 100.0;

/// The regression of the newest readings of a time window.
pub struct SlidingTrend {
    window: Window<CentiDb>,
    sums: Sums,
}

/// Sums over the window, modulo 2^128. Time t in µs, power y in hundredths of a decibel.
#[derive(Copy, Clone, Default)]
struct Sums {
    t: i128,
    y: i64,
    tt: i128,
    ty: i128,
    yy: i64,
}

impl Sums {
    #[inline]
    fn change(&mut self, at: TimeUs, value: CentiDb, sign: i64) {
        let (t, y) = (i128::from(at.0), i64::from(value.hundredths()));
        let (sign_wide, y_wide) = (i128::from(sign), i128::from(y));
        self.t = self.t.wrapping_add(sign_wide * t);
        self.y += sign * y;
        self.tt = self.tt.wrapping_add(sign_wide.wrapping_mul(t.wrapping_mul(t)));
        self.ty = self.ty.wrapping_add(t.wrapping_mul(sign_wide * y_wide));
        self.yy += sign * y * y;
    }
}

impl SlidingTrend {
    /// A window of `span_us` in which a reading comes about every `interval_us`.
    pub fn new(span_us: u32, interval_us: u32) -> SlidingTrend {
        SlidingTrend {
            window: Window::new(span_us, capacity(span_us, interval_us), CentiDb::LOWEST),
            sums: Sums::default(),
        }
    }

    /// A value taken at `at`; times must not decrease.
    #[inline]
    pub fn push(&mut self, at: TimeUs, value: CentiDb) {
        let sums = &mut self.sums;
        self.window.push(at, value, |left_at, old| sums.change(left_at, old, -1));
        sums.change(at, value, 1);
    }

    /// Lets the window end at `now` without a new value.
    pub fn slide(&mut self, now: TimeUs) {
        let sums = &mut self.sums;
        self.window.slide(now, |left_at, old| sums.change(left_at, old, -1));
    }

    /// Slope and r² of the window.
    #[inline]
    pub fn value(&self) -> Option<Trend> {
        let count = self.window.len() as i64;
        let wide = i128::from(count);
        let Sums { t, y, tt, ty, yy } = self.sums;
        let time_variance = wide.wrapping_mul(tt).wrapping_sub(t.wrapping_mul(t));
        if time_variance <= 0 {
            return None;
        }
        let covariance = float(wide.wrapping_mul(ty).wrapping_sub(t.wrapping_mul(i128::from(y))));
        let (time_variance, power_variance) = (float(time_variance), (count * yy - y * y) as f64);
        let slope = covariance / time_variance;
        // Not by way of the slope: the two divisions do not wait for each other.
        let explained = covariance * covariance / (time_variance * power_variance);
        let r2 = if power_variance == 0.0 { 1.0 } else { explained.min(1.0) };
        Some(Trend { slope_db_s: slope * DB_S, r2: Some(r2) })
    }
}

/// Most windows fit 64 bits, whose conversion is one instruction.
#[inline]
fn float(value: i128) -> f64 {
    i64::try_from(value).map_or_else(|_| value as f64, |small| small as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow obvious way: two passes over the window, about its means.
    fn regression(rows: &[(f64, f64)]) -> Option<(f64, f64)> {
        let n = rows.len() as f64;
        let (tm, ym) = (rows.iter().map(|r| r.0).sum::<f64>() / n, rows.iter().map(|r| r.1).sum::<f64>() / n);
        let sum = |f: &dyn Fn(f64, f64) -> f64| rows.iter().map(|r| f(r.0 - tm, r.1 - ym)).sum::<f64>();
        let (tt, ty, yy) = (sum(&|t, _| t * t), sum(&|t, y| t * y), sum(&|_, y| y * y));
        (tt > 0.0).then(|| (ty / tt, if yy < 1e-18 { 1.0 } else { ty * ty / (tt * yy) }))
    }

    #[test]
    fn a_ramp_has_its_slope() {
        let mut trend = SlidingTrend::new(2_000_000, 10_000);
        for i in 0..1_000i64 {
            // 3 dB/s, late in a long flight.
            let at = TimeUs(40_000_000_000 + i as u64 * 10_000);
            trend.push(at, CentiDb::from_hundredths((-9_000 + 3 * i) as i16));
        }
        let value = trend.value().unwrap();
        assert!((value.slope_db_s - 3.0).abs() < 1e-14 && value.r2 == Some(1.0), "{value:?}");
    }

    #[test]
    fn one_time_has_no_trend_and_a_constant_has_none_to_explain() {
        let mut trend = SlidingTrend::new(2_000_000, 10_000);
        trend.push(TimeUs(5), CentiDb::from_hundredths(-9_010));
        trend.push(TimeUs(5), CentiDb::from_hundredths(-9_000));
        assert_eq!(trend.value(), None);
        trend.slide(TimeUs(2_000_005));
        trend.push(TimeUs(2_000_010), CentiDb::from_hundredths(-9_010));
        trend.push(TimeUs(2_000_020), CentiDb::from_hundredths(-9_010));
        assert_eq!(trend.value(), Some(Trend { slope_db_s: 0.0, r2: Some(1.0) }));
    }

    #[test]
    fn nothing_drifts_even_when_the_sums_wrap() {
        let values = |i: u64| CentiDb::from_hundredths((i * 7_919 % 6_000) as i16 - 12_000);
        let (mut long, mut fresh) = (SlidingTrend::new(200_000, 1_000), SlidingTrend::new(200_000, 1_000));
        // Near the end of the clock t² is 2^127: the sums have wrapped many times.
        let at = |i: u64| TimeUs(u64::MAX - 400_000_000 + i * 1_000);
        for i in 0..300_000 {
            long.push(at(i), values(i));
        }
        for i in 299_000..300_000 {
            fresh.push(at(i), values(i));
        }
        assert_eq!(long.value(), fresh.value());
        assert!(long.value().is_some());
    }

    proptest! {
        #[test]
        fn equals_two_passes_over_the_window(
            rows in prop::collection::vec((0u64..90_000, -20_000i16..=10_000), 2..150),
        ) {
            let mut ours = SlidingTrend::new(2_000_000, 1_000);
            let (mut now, mut all) = (1_000_000_000, Vec::new());
            for (step, value) in rows {
                now += step;
                all.push((now, value));
                ours.push(TimeUs(now), CentiDb::from_hundredths(value));
                let window: Vec<(f64, f64)> = all.iter().filter(|row| row.0 + 2_000_000 > now)
                    .map(|row| ((row.0 - 1_000_000_000) as f64 / 1e6, f64::from(row.1) / 100.0)).collect();
                let expected = regression(&window);
                prop_assert_eq!(ours.value().is_some(), expected.is_some());
                if let (Some(trend), Some((slope, r2))) = (ours.value(), expected) {
                    prop_assert!((trend.slope_db_s - slope).abs() <= 1e-9 * slope.abs().max(1.0), "{trend:?} {slope}");
                    prop_assert!((trend.r2.unwrap() - r2).abs() <= 1e-9, "{trend:?} {r2}");
                }
            }
        }
    }
}
