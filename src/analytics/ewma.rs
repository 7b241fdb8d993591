//! Power as people's eyes want it: the exponentially weighted mean of a channel's mean power, in dB.
//!
//! y₀ = x₀, y ← y + (1 − exp(−Δt/τ))·(x − y): the recursion of a first-order low-pass with time constant τ, exact for readings
//! that do not come evenly (Roberts, Technometrics 1, 1959, with the weight of the time that has passed). In closed form
//! yₙ = x₀·e^(−(tₙ−t₀)/τ) + Σ xₖ·(1 − e^(−(tₖ−tₖ₋₁)/τ))·e^(−(tₙ−tₖ)/τ). Nothing decides on it.

use crate::time::TimeUs;
use crate::units::CentiDb;

/// The filter of one channel.
pub struct Ewma {
    time_constant_us: f64,
    newest: Option<(TimeUs, f64)>,
}

impl Ewma {
    /// With time constant `time_constant_us` (> 0): after a step 63 % of it are reached.
    pub fn new(time_constant_us: u32) -> Ewma {
        Ewma { time_constant_us: f64::from(time_constant_us.max(1)), newest: None }
    }

    /// A value taken at `at`; times must not decrease.
    pub fn push(&mut self, at: TimeUs, value: CentiDb) {
        let value_db = value.db();
        let filtered_db = self.newest.map_or(value_db, |(before, filtered_db)| {
            let share = -(-(at.since_us(before) as f64) / self.time_constant_us).exp_m1();
            filtered_db + share * (value_db - filtered_db)
        });
        self.newest = Some((at, filtered_db));
    }

    /// The filtered power; `None` before the first value.
    pub fn value_db(&self) -> Option<f64> {
        self.newest.map(|(_, filtered_db)| filtered_db)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_step_is_63_per_cent_there_after_the_time_constant() {
        let mut ewma = Ewma::new(500_000);
        assert_eq!(ewma.value_db(), None);
        ewma.push(TimeUs(0), CentiDb::from_hundredths(-9_000));
        for hop in 1..=50 {
            ewma.push(TimeUs(hop * 10_000), CentiDb::from_hundredths(-7_000));
        }
        let truth = -70.0 - 20.0 * (-1.0f64).exp();
        assert!((ewma.value_db().unwrap() - truth).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn equals_the_closed_form(
            rows in prop::collection::vec((0u64..300_000, -20_000i16..=10_000), 1..200),
            time_constant_us in 10_000u32..5_000_000,
        ) {
            let mut ewma = Ewma::new(time_constant_us);
            let (mut at_us, mut times) = (0, Vec::new());
            for (step_us, hundredths) in &rows {
                at_us += step_us;
                times.push(at_us as f64);
                ewma.push(TimeUs(at_us), CentiDb::from_hundredths(*hundredths));
            }
            let decay = |from: f64, to: f64| (-(to - from) / f64::from(time_constant_us)).exp();
            let now = times[times.len() - 1];
            let closed: f64 = (0..rows.len())
                .map(|k| {
                    let own = if k == 0 { 1.0 } else { 1.0 - decay(times[k - 1], times[k]) };
                    f64::from(rows[k].1) / 100.0 * own * decay(times[k], now)
                })
                .sum();
            prop_assert!((ewma.value_db().unwrap() - closed).abs() < 1e-9 * 200.0);
        }
    }
}
