//! Sums of cosines over space: what shadowing and fading are made of.
//!
//! A stationary random field with spectral density S is Σ cos(k·r + φ) with wave vectors k drawn from S and phases φ drawn
//! evenly (Shinozuka & Jan 1972). It is a function of place alone: the same place gives the same value, in whatever order
//! places are visited, without a lattice to store.
//!
//! Budget: about 2 ns a cosine. The cosine is a polynomial without branches, so that the loop becomes vector instructions, and
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

    /// Σ cos 2π(k·r + φ + `ahead`) with `ahead` in turns.
    #[inline]
    pub fn cosines(&self, at_m: [f64; 3], ahead: f64) -> f64 {
        let mut sum = 0.0;
        for m in 0..N {
            let turns = self.north[m] * at_m[0] + self.east[m] * at_m[1] + self.up[m] * at_m[2];
            sum += cos_turns(turns + self.phase[m] + ahead);
        }
        sum
    }
}

/// 2^52 · 1.5: adding and subtracting it rounds to a whole number.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// cos 2πx for |x| < 2^51, to 2e-7: 1 − 2 sin²(πx) with the Taylor series of the sine to x¹¹ on ±½.
#[inline]
pub(super) fn cos_turns(x: f64) -> f64 {
    let y = PI * (x - ((x + ROUNDER) - ROUNDER));
    let y2 = y * y;
    let series = 1.0
        + y2 * (-1.0 / 6.0
            + y2 * (1.0 / 120.0 + y2 * (-1.0 / 5_040.0 + y2 * (1.0 / 362_880.0 - y2 / 39_916_800.0))));
    let sine = y * series;
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
}
