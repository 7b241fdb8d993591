//! Sums of cosines over space: what shadowing and fading are made of.
//!
//! A stationary random field with spectral density S is Σ cos(k·r + φ) with wave vectors k drawn from S and phases φ drawn
//! evenly (Shinozuka & Jan 1972). It is a function of place alone: the same place gives the same value, in whatever order
//! places are visited, without a lattice to store.
//!
//! Budget: 2 to 4 ns a wave. The cosine is a polynomial without branches, so that the loop becomes vector instructions, and
//! so that its bits are the same on every machine.

use std::f64::consts::PI;

/// `N` waves.
#[derive(Clone, Debug)]
pub(super) struct Waves<const N: usize> {
    /// Turns per metre north, east and up.
    north: [f64; N],
    east: [f64; N],
    up: [f64; N],
    /// Turns.
    phase: [f64; N],
}

/// One wave: turns per metre north, east, up; phase in turns.
pub(super) type Wave = ([f64; 3], f64);

impl<const N: usize> Waves<N> {
    pub fn from_fn(wave: impl FnMut(usize) -> Wave) -> Waves<N> {
        let all: [Wave; N] = std::array::from_fn(wave);
        let axis = |n: usize| std::array::from_fn(|m: usize| all[m].0[n]);
        Waves { north: axis(0), east: axis(1), up: axis(2), phase: std::array::from_fn(|m| all[m].1) }
    }

    /// Σ cos 2π(k·r + φ) over all waves.
    #[inline]
    pub fn cosines(&self, at_m: [f64; 3]) -> f64 {
        let mut lanes = [0.0; LANES];
        for chunk in 0..N / LANES {
            for (lane, sum) in lanes.iter_mut().enumerate() {
                *sum += 1.0 - 2.0 * half_turn_sine(self.turns(chunk * LANES + lane, at_m)).powi(2);
            }
        }
        lanes.iter().sum()
    }

    /// Σ cos and Σ sin of 2π(k·r + φ + `ahead`), `ahead` in turns.
    #[inline]
    pub fn phasors(&self, at_m: [f64; 3], ahead: f64) -> [f64; 2] {
        let (mut real, mut imaginary) = ([0.0; LANES], [0.0; LANES]);
        for chunk in 0..N / LANES {
            for lane in 0..LANES {
                let turns = self.turns(chunk * LANES + lane, at_m) + ahead;
                let (sine, cosine) = (half_turn_sine(turns), half_turn_cosine(turns));
                real[lane] += 1.0 - 2.0 * sine * sine;
                imaginary[lane] += 2.0 * sine * cosine;
            }
        }
        [real.iter().sum(), imaginary.iter().sum()]
    }

    #[inline(always)]
    fn turns(&self, m: usize, at_m: [f64; 3]) -> f64 {
        self.north[m] * at_m[0] + self.east[m] * at_m[1] + self.up[m] * at_m[2] + self.phase[m]
    }
}

/// Waves are summed in so many sums side by side: of what floating point may not reorder by itself, vectors are made. Divides `N`.
const LANES: usize = 8;
/// 2^52 · 1.5: adding and subtracting it rounds to a whole number.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// From the nearest whole turn, −½..=½; |x| < 2^51.
#[inline(always)]
fn in_turn(x: f64) -> f64 {
    x - ((x + ROUNDER) - ROUNDER)
}

/// sin πy, y being `x` from the nearest whole number: Taylor's series to y¹¹, to 6e-8.
#[inline(always)]
fn half_turn_sine(x: f64) -> f64 {
    let y = PI * in_turn(x);
    let y2 = y * y;
    let tail = 1.0 / 120.0 + y2 * (-1.0 / 5_040.0 + y2 * (1.0 / 362_880.0 - y2 / 39_916_800.0));
    y * (1.0 + y2 * (-1.0 / 6.0 + y2 * tail))
}

/// cos πy of the same: to y¹², to 5e-7.
#[inline(always)]
fn half_turn_cosine(x: f64) -> f64 {
    let y = PI * in_turn(x);
    let y2 = y * y;
    let end = -1.0 / 3_628_800.0 + y2 / 479_001_600.0;
    let tail = -1.0 / 720.0 + y2 * (1.0 / 40_320.0 + y2 * end);
    1.0 + y2 * (-1.0 / 2.0 + y2 * (1.0 / 24.0 + y2 * tail))
}

/// cos 2πx for |x| < 2^51, to 3e-7.
#[inline]
pub(super) fn cos_turns(x: f64) -> f64 {
    let sine = half_turn_sine(x);
    1.0 - 2.0 * sine * sine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_is_one() {
        for n in -40_000..40_000 {
            let x = f64::from(n) * 0.000_371;
            assert!((cos_turns(x) - (2.0 * PI * x).cos()).abs() < 2.5e-7, "{x}");
        }
        assert!((cos_turns(123_456_789.25)).abs() < 3e-7);
    }

    #[test]
    fn sums_are_those_of_the_library() {
        let wave = |m: usize| ([0.3 + m as f64, 0.01 * m as f64, -0.7], 0.05 * m as f64);
        let waves = Waves::<24>::from_fn(wave);
        for n in 0..500 {
            let at = [f64::from(n) * 0.013, f64::from(n) * -0.3, 40.0];
            let ahead = 0.1 * f64::from(n);
            let mut closed = [0.0; 2];
            for ([north, east, up], phase) in (0..24).map(wave) {
                let turns = north * at[0] + east * at[1] + up * at[2] + phase + ahead;
                closed[0] += (2.0 * PI * turns).cos();
                closed[1] += (2.0 * PI * turns).sin();
            }
            let got = waves.phasors(at, ahead);
            assert!(
                (got[0] - closed[0]).abs() < 2e-5 && (got[1] - closed[1]).abs() < 2e-5,
                "{got:?} {closed:?}"
            );
            assert!((waves.cosines(at) - waves.phasors(at, 0.0)[0]).abs() < 1e-9);
        }
    }
}
