//! Correlated log-normal shadowing: an emitter's spread and a place in, decibels out.
//!
//! Model: Gudmundson, "Correlation model for shadow fading in mobile radio systems", Electronics Letters 27 (1991): normal in
//! decibels, autocorrelation σ²·exp(−d/d_c). Construction: sum of sinusoids (`waves`) with the spectral density of that
//! autocorrelation in three dimensions, (4/π)·κ²/(1+κ²)² of κ = |k|·d_c, by which every straight line through the field has
//! exactly the exponential autocorrelation in the mean over seeds. Climbing changes it as flying on does.
//!
//! Radii and directions come from the additive recurrence of Roberts (R3, 2018) under a random shift: each wave is drawn from
//! the density, and together they cover it evenly, so a single seed is near its expectation too.

use super::waves::Waves;
use crate::random::Random;
use rand::RngExt;
use std::f64::consts::{PI, TAU};

/// Enough that the sum is normal to the eye: its excess kurtosis is −1.5/WAVES.
const WAVES: usize = 64;
/// Roberts' R3: powers of the inverse of x⁴ = x + 1's root.
const R3: [f64; 3] = [0.819_172_513_396_164_4, 0.671_043_606_703_789_2, 0.549_700_477_901_970_2];

/// The shadowing of one emitter's path.
#[derive(Clone, Debug)]
pub struct Shadowing {
    waves: Waves<WAVES>,
}

impl Shadowing {
    /// Autocorrelation 1/e at `decorrelation_m`.
    pub fn new(decorrelation_m: f64, random: &mut Random) -> Shadowing {
        let shift: [f64; 3] = std::array::from_fn(|_| random.random());
        let waves = Waves::from_fn(|m| {
            let [u, v, w] = std::array::from_fn(|n| (shift[n] + m as f64 * R3[n]).fract());
            let per_m = radius(u) / (decorrelation_m.max(0.1) * TAU);
            let up = 2.0 * v - 1.0;
            let level = (1.0 - up * up).sqrt();
            let (sin, cos) = (TAU * w).sin_cos();
            ([per_m * level * cos, per_m * level * sin, per_m * up], random.random())
        });
        Shadowing { waves }
    }

    /// Decibels added to the received power at metres north, east and up, where the standard deviation is `sigma_db`.
    #[inline]
    pub fn db(&self, sigma_db: f64, at_m: [f64; 3]) -> f64 {
        if sigma_db == 0.0 { 0.0 } else { sigma_db * (2.0 / WAVES as f64).sqrt() * self.waves.cosines(at_m) }
    }
}

/// κ at which the distribution of the density above, (2/π)(atan κ − κ/(1+κ²)), is `u`: by bisection.
fn radius(u: f64) -> f64 {
    let below = |kappa: f64| 2.0 / PI * (kappa.atan() - kappa / (1.0 + kappa * kappa));
    let (mut low, mut high) = (0.0, 1e4);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if below(middle) < u { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    /// Mean of f over places of many seeds' fields.
    fn mean(decorrelation_m: f64, f: impl Fn(&Shadowing, [f64; 3]) -> f64) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for seed in 0..400 {
            let field = Shadowing::new(decorrelation_m, &mut random::source(seed, "shadowing"));
            for n in 0..50 {
                let n = f64::from(n);
                sum += f(&field, [n * 61.0, (n * 37.0) % 400.0, (n * 13.0) % 90.0]);
                count += 1.0;
            }
        }
        sum / count
    }

    #[test]
    fn spread_and_autocorrelation_are_gudmundsons() {
        let (sigma, far) = (8.0, 25.0);
        assert!(mean(far, |s, at| s.db(sigma, at)).abs() < 0.15);
        let square = mean(far, |s, at| s.db(sigma, at).powi(2));
        assert!((square.sqrt() / sigma - 1.0).abs() < 0.02, "{}", square.sqrt());
        for distance in [2.0, 5.0, 12.5, 25.0, 50.0, 100.0] {
            for step in [[1.0, 0.0, 0.0], [0.6, -0.8, 0.0], [0.0, 0.0, 1.0]] {
                let there = |at: [f64; 3]| std::array::from_fn(|n| at[n] + distance * step[n]);
                let measured = mean(far, |s, at| s.db(sigma, at) * s.db(sigma, there(at))) / (sigma * sigma);
                let closed = (-distance / far).exp();
                assert!((measured - closed).abs() < 0.03, "{distance} m {step:?}: {measured} for {closed}");
            }
        }
    }

    #[test]
    fn it_is_normal() {
        // Shares within one and two σ, and the fourth moment.
        let share = |z: f64| mean(20.0, |s, at| if s.db(1.0, at).abs() < z { 1.0 } else { 0.0 });
        assert!((share(1.0) - 0.6827).abs() < 0.015);
        assert!((share(2.0) - 0.9545).abs() < 0.01);
        assert!((mean(20.0, |s, at| s.db(1.0, at).powi(4)) - (3.0 - 1.5 / WAVES as f64)).abs() < 0.15);
    }

    #[test]
    fn the_same_place_is_the_same_and_other_seeds_are_not() {
        let field = |seed| Shadowing::new(30.0, &mut random::source(seed, "shadowing"));
        let (one, at) = (field(3), [120.0, -40.0, 40.0]);
        let here = one.db(10.0, at);
        for n in 0..100 {
            one.db(10.0, [f64::from(n), 5.0, 6.0]);
        }
        assert_eq!(one.db(10.0, at).to_bits(), here.to_bits());
        assert_eq!(field(3).db(10.0, at).to_bits(), here.to_bits());
        assert_ne!(field(4).db(10.0, at), here);
        assert_eq!(one.db(0.0, at), 0.0);
    }
}
