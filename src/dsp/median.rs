//! Medians of powers: exact, of a bounded number of values, without allocation.
//!
//! 10·log10 and rounding keep the order of values, so the middle values of the powers are the middle values of the
//! decibels: two logarithms instead of one per bin, and still the number `percentile_cont(0.5)` of SQL gives.

use crate::units::CentiDb;

/// The one or two middle values (equal for an odd count); `None` of nothing. Reorders `values`.
pub fn middle(values: &mut [f32]) -> Option<(f32, f32)> {
    let upper_at = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable_by(upper_at, f32::total_cmp);
    let upper = *upper;
    let lower = if odd { upper } else { below.iter().copied().fold(f32::MIN, f32::max) };
    Some((lower, upper))
}

/// `percentile_cont(0.5)` in hundredths of a decibel (halves occur) of all `power · scale` rounded to 0.01 dB, of which
/// `middle` are the middle ones.
pub fn hundredths_of(middle: (f32, f32), scale: f64) -> f64 {
    let hundredths = |power: f32| {
        let power = CentiDb::from_power(f64::from(power) * scale).unwrap_or(CentiDb::LOWEST);
        f64::from(power.hundredths())
    };
    (hundredths(middle.0) + hundredths(middle.1)) / 2.0
}

/// Median ÷ mean of the mean power of `count` independent noise powers, each exponentially distributed
/// (Wilson & Hilferty 1931; within 1.5 % at 1, 0.2 % from 4 on).
pub fn median_of_noise(count: f64) -> f64 {
    (1.0 - 1.0 / (9.0 * count)).powi(3)
}

/// The median; of an even count the middle of the two in the middle.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    let upper = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    Some(if values.len() % 2 == 1 { values[upper] } else { (values[upper - 1] + values[upper]) / 2.0 })
}

/// Median interval between neighbours of ascending `times`, and the median deviation from it.
pub fn spacing(times: &[f64]) -> Option<(f64, f64)> {
    let intervals: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let period = median(intervals.clone())?;
    let jitter = median(intervals.iter().map(|interval| (interval - period).abs()).collect())?;
    Some((period, jitter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_percentile_cont_of_the_rounded_decibels(
            powers in prop::collection::vec(1e-12_f32..1e3, 1..300),
            scale in 1e-3_f64..1.0,
        ) {
            // SQL: the values sorted, the place (n − 1)/2, linear between its neighbours.
            let mut rows: Vec<f64> = powers
                .iter()
                .map(|p| f64::from(CentiDb::from_power(f64::from(*p) * scale).unwrap().hundredths()))
                .collect();
            rows.sort_by(f64::total_cmp);
            let (low, high) = ((rows.len() - 1) / 2, rows.len() / 2);
            let expected = rows[low] + (rows[high] - rows[low]) * 0.5;
            let middle = middle(&mut powers.clone()).unwrap();
            prop_assert_eq!(hundredths_of(middle, scale), expected);
        }
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(middle(&mut []), None);
        assert_eq!(hundredths_of((0.0, 0.0), 1.0), -20_000.0);
    }

    #[test]
    fn median_of_noise_meets_the_known_values() {
        // Of one: ln 2. Of four: the median of Gamma(4), 3.672061, over 4.
        assert!((median_of_noise(1.0) / std::f64::consts::LN_2 - 1.0).abs() < 0.015);
        assert!((median_of_noise(4.0) / 0.918_015 - 1.0).abs() < 0.002);
    }
}
