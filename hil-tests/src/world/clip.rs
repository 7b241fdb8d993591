//! The converter's limit: powers over full scale into the share of samples at full scale, and what is left of a signal.
//!
//! I and Q are limited each for itself. Of a tone of amplitude A > 1 the fundamental that remains is A·(2/π)(asin(1/A) + √(1−1/A²)/A),
//! at most 4/π (the describing function of a limiter: A. Gelb & W. Vander Velde 1968, table B). Everything else in the
//! band is taken to lose as much. The harmonics (−3, 5 …) land elsewhere in the band and are left out.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, SQRT_2, TAU};

/// What a limit does to one frame.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Clipping {
    /// Share of samples of which I or Q is at full scale.
    pub share: f64,
    /// Power gain of what is in the band, ≤ 1.
    pub gain: f64,
}

/// Angles of the tone in a quarter turn, and phases of its modulation.
const ANGLES: u32 = 24;
const PHASES: u32 = 8;
/// Standard deviations that noise does not reach: the chance is 1e-19, below what `1.0 - x` can show.
const NEVER: f64 = 9.0;

/// A tone of mean power `tone`, its amplitude modulated by `crest` (0 = not), in Gaussian noise of power `rest`.
pub(super) fn clipping(tone: f64, crest: f64, rest: f64) -> Clipping {
    let deviation = (rest / 2.0).sqrt().max(1e-9);
    let carrier = (tone / (1.0 + crest * crest / 2.0)).sqrt();
    if carrier * (1.0 + crest) + NEVER * deviation < 1.0 {
        return Clipping { share: 0.0, gain: 1.0 };
    }
    let phases = if crest > 0.0 { PHASES } else { 1 };
    let (mut share, mut left) = (0.0, 0.0);
    for phase in 0..phases {
        let turn = (f64::from(phase) + 0.5) / f64::from(phases);
        let amplitude = carrier * (1.0 + crest * (TAU * turn).cos());
        share += share_of_tone(amplitude, deviation) / f64::from(phases);
        left += fundamental(amplitude).powi(2) / f64::from(phases);
    }
    let gain = if tone > 0.0 { (left / tone).min(1.0) } else { 1.0 };
    Clipping { share, gain }
}

fn share_of_tone(amplitude: f64, deviation: f64) -> f64 {
    let inside = |x: f64| 1.0 - over((1.0 - x) / deviation) - over((1.0 + x) / deviation);
    let outside = |n: u32| {
        let (sin, cos) = (FRAC_PI_2 * (f64::from(n) + 0.5) / f64::from(ANGLES)).sin_cos();
        1.0 - inside(amplitude * sin) * inside(amplitude * cos)
    };
    ((0..ANGLES).map(outside).sum::<f64>() / f64::from(ANGLES)).clamp(0.0, 1.0)
}

fn fundamental(amplitude: f64) -> f64 {
    if amplitude <= 1.0 {
        return amplitude;
    }
    let ratio = amplitude.recip();
    amplitude * FRAC_2_PI * (ratio.asin() + ratio * (1.0 - ratio * ratio).sqrt())
}

/// Chance that a standard normal is over `x`: Abramowitz & Stegun 7.1.26, to 1.5e-7.
fn over(x: f64) -> f64 {
    if x.abs() > NEVER {
        return if x > 0.0 { 0.0 } else { 1.0 };
    }
    let z = x.abs() / SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = t
        * (0.254_829_592
            + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let tail = 0.5 * series * (-z * z).exp();
    if x >= 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_over_full_scale_is_clipped_as_long_as_it_is_over() {
        assert!((clipping(0.9, 0.0, 0.0).gain - 1.0).abs() < 1e-12);
        assert!(clipping(0.9, 0.0, 0.0).share < 1e-9);
        // (4/π)·acos(1/A) of the time, up to A = √2.
        for amplitude in [1.05, 1.2, 1.35_f64] {
            let closed = 4.0 / std::f64::consts::PI * amplitude.recip().acos();
            let got = clipping(amplitude * amplitude, 0.0, 0.0).share;
            assert!((got - closed).abs() < 0.03, "{amplitude}: {got} for {closed}");
        }
        assert!((clipping(4.0, 0.0, 0.0).share - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_left_is_what_a_limiter_leaves() {
        for amplitude in [1.1, 1.7, 5.0, 100.0_f64] {
            // The fundamental of the limited cosine, by its Fourier integral.
            let count = 10_000;
            let integral: f64 = (0..count)
                .map(|n| (TAU * (f64::from(n) + 0.5) / f64::from(count)).cos())
                .map(|cos| 2.0 * cos * (amplitude * cos).clamp(-1.0, 1.0) / f64::from(count))
                .sum();
            let got = (clipping(amplitude * amplitude, 0.0, 0.0).gain * amplitude * amplitude).sqrt();
            assert!((got / integral - 1.0).abs() < 1e-4, "{amplitude}: {got} for {integral}");
        }
    }

    #[test]
    fn noise_and_modulation_clip_before_their_mean_does() {
        // Gaussian of σ = 0.5 each: 4.55 % of I and of Q.
        let noise = clipping(0.0, 0.0, 0.5).share;
        assert!((noise - (1.0 - 0.954_5_f64.powi(2))).abs() < 1e-3, "{noise}");
        assert!(clipping(0.6, 0.0, 0.0).share < 1e-9);
        assert!(clipping(0.6, 0.9, 0.0).share > 0.05);
    }
}
