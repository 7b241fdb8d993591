//! Wind: steady, with Dryden gusts (m/s, towards north, east, up), one step at a time.
//!
//! Source: MIL-F-8785C § 3.7 / MIL-HDBK-1797A app. A, Dryden form, low altitude (h < 1000 ft): scale lengths
//! L_u = h / (0.177 + 0.000823 h)^1.2 and L_w = h, h in feet and at least 10 ft; σ_w = σ_u · (0.177 + 0.000823 h)^0.4. Each axis has
//! the longitudinal form, spectrum Φ(ω) = σ² · 2L/πV / (1 + (Lω/V)²), which is a first-order Gauss-Markov process with
//! time constant L/V: its step is exact, x' = φx + σ√(1−φ²)·n with φ = exp(−dt·V/L). V is the speed through the air; a
//! hovering aircraft in calm air still sees the field drift by at 1 m/s.
//! Not here: the second-order transverse form (the aircraft has no preferred direction), wind shear with height.

use super::gps::normal;
use super::motion::STEP_S;
use crate::random::{self, Random};

const FEET_PER_M: f64 = 3.280_84;
const HEIGHT_LEAST_FT: f64 = 10.0;
const HEIGHT_MOST_FT: f64 = 1000.0;
const SPEED_LEAST_MPS: f64 = 1.0;
/// Height and speed change slowly: their share in φ is renewed this often.
const RENEW_STEPS: u32 = 10;

/// The wind.
#[derive(Clone, Debug)]
pub(super) struct Wind {
    steady_mps: [f64; 2],
    /// A gust of the scenario's, on top.
    pub(super) extra_mps: [f64; 2],
    sigma_mps: f64,
    gust_mps: [f64; 3],
    keep: [f64; 2],
    draw_mps: [f64; 2],
    renew_in: u32,
    random: Random,
}

impl Wind {
    pub(super) fn new(steady_mps: [f64; 2], sigma_mps: f64, seed: u64) -> Wind {
        Wind {
            steady_mps,
            extra_mps: [0.0; 2],
            sigma_mps,
            gust_mps: [0.0; 3],
            keep: [0.0; 2],
            draw_mps: [0.0; 2],
            renew_in: 0,
            random: random::source(seed, "aircraft wind"),
        }
    }

    /// One step at this height above ground and with this velocity: the wind now.
    pub(super) fn step(&mut self, up_m: f64, velocity_mps: [f64; 3]) -> [f64; 3] {
        if self.sigma_mps > 0.0 {
            if self.renew_in == 0 {
                self.renew(up_m, velocity_mps);
                self.renew_in = RENEW_STEPS;
            }
            self.renew_in -= 1;
            for axis in 0..3 {
                let of = axis / 2;
                let drawn = normal(&mut self.random);
                self.gust_mps[axis] = self.keep[of] * self.gust_mps[axis] + self.draw_mps[of] * drawn;
            }
        }
        let [north, east] = self.mean_mps();
        [north + self.gust_mps[0], east + self.gust_mps[1], self.gust_mps[2]]
    }

    /// Without gusts.
    pub(super) fn mean_mps(&self) -> [f64; 2] {
        [self.steady_mps[0] + self.extra_mps[0], self.steady_mps[1] + self.extra_mps[1]]
    }

    fn renew(&mut self, up_m: f64, velocity_mps: [f64; 3]) {
        let through = [0, 1].map(|axis: usize| velocity_mps[axis] - self.mean_mps()[axis]);
        let speed_mps = through[0].hypot(through[1]).max(SPEED_LEAST_MPS);
        let (level_m, up_scale_m, up_ratio) = dryden(up_m);
        self.keep = [level_m, up_scale_m].map(|scale_m| (-STEP_S * speed_mps / scale_m).exp());
        let drawn = self.keep.map(|keep| (1.0 - keep * keep).sqrt());
        self.draw_mps = [self.sigma_mps * drawn[0], self.sigma_mps * up_ratio * drawn[1]];
    }
}

/// Scale lengths, horizontal and vertical, and σ_w / σ_u, at this height.
fn dryden(up_m: f64) -> (f64, f64, f64) {
    let height_ft = (up_m * FEET_PER_M).clamp(HEIGHT_LEAST_FT, HEIGHT_MOST_FT);
    let base = 0.177 + 0.000_823 * height_ft;
    (height_ft / base.powf(1.2) / FEET_PER_M, height_ft / FEET_PER_M, base.powf(0.4))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 1000 ft both lengths are 1000 ft and σ_w = σ_u; at 20 m the standard's formula by hand.
    #[test]
    fn scale_lengths_are_the_standards() {
        let (level_m, up_m, ratio) = dryden(304.8);
        assert!((level_m - 304.8).abs() < 0.5 && (up_m - 304.8).abs() < 0.1 && (ratio - 1.0).abs() < 1e-3);
        let (level_m, up_m, ratio) = dryden(20.0);
        // h = 65.617 ft; 0.177 + 0.054003 = 0.231003; ^1.2 = 0.172345; 65.617 / 0.172345 = 380.73 ft.
        assert!((level_m - 116.05).abs() < 0.2, "{level_m}");
        assert!((up_m - 20.0).abs() < 1e-9 && (ratio - 0.5565).abs() < 1e-3, "{ratio}");
    }

    /// Variance σ², autocorrelation e^(−τV/L): the pair of the Dryden spectrum.
    #[test]
    fn gusts_have_their_variance_and_correlation() {
        // At the least height the scale is shortest, so that an hour holds many of them: h = 10 ft.
        let (scale_m, _, up_ratio) = dryden(0.0);
        let speed_mps = 10.0;
        let mut wind = Wind::new([0.0; 2], 1.5, 7);
        let gusts: Vec<[f64; 3]> = (0..1_000_000).map(|_| wind.step(0.0, [speed_mps, 0.0, 0.0])).collect();
        let variance =
            |axis: usize| gusts.iter().map(|gust| gust[axis].powi(2)).sum::<f64>() / gusts.len() as f64;
        for (axis, expected) in [(0, 2.25), (1, 2.25), (2, 2.25 * up_ratio * up_ratio)] {
            assert!((variance(axis) / expected - 1.0).abs() < 0.1, "axis {axis}: {}", variance(axis));
        }
        for lag in [50, 150, 300] {
            let pairs = gusts.iter().zip(&gusts[lag..]);
            let product = pairs.map(|(a, b)| a[0] * b[0]).sum::<f64>() / (gusts.len() - lag) as f64;
            let expected = (-(lag as f64) * STEP_S * speed_mps / scale_m).exp();
            assert!((product / variance(0) - expected).abs() < 0.05, "lag {lag}: {product}");
        }
    }

    /// The spectrum itself: power in bands, by the Goertzel sum over many stretches, against Φ(ω).
    #[test]
    fn gusts_have_their_spectrum() {
        let (scale_m, _, _) = dryden(0.0);
        let speed_mps = 10.0;
        let mut wind = Wind::new([0.0; 2], 1.0, 3);
        let (stretches, length) = (400, 2048);
        for cycles in [4.0, 16.0, 64.0] {
            let omega = std::f64::consts::TAU * cycles / (f64::from(length) * STEP_S);
            let mut power = 0.0;
            for _ in 0..stretches {
                let (mut re, mut im) = (0.0, 0.0);
                for step in 0..length {
                    let gust = wind.step(0.0, [speed_mps, 0.0, 0.0])[0];
                    let hann =
                        0.5 - 0.5 * (std::f64::consts::TAU * f64::from(step) / f64::from(length)).cos();
                    let (sin, cos) = (omega * f64::from(step) * STEP_S).sin_cos();
                    re += hann * gust * cos;
                    im += hann * gust * sin;
                }
                // Two-sided density per rad/s: |X|²·dt / (2π Σw²); Σ of the squared Hann window is 3/8 of its length.
                power += (re * re + im * im) * STEP_S / (std::f64::consts::TAU * 0.375 * f64::from(length));
            }
            let found = power / f64::from(stretches);
            let ratio = scale_m / speed_mps;
            let expected = ratio / std::f64::consts::PI / (1.0 + (ratio * omega).powi(2));
            assert!((found / expected - 1.0).abs() < 0.25, "at {omega} rad/s: {found} for {expected}");
        }
    }

    #[test]
    fn calm_air_draws_nothing() {
        let mut wind = Wind::new([3.0, -4.0], 0.0, 1);
        assert_eq!(wind.step(10.0, [0.0; 3]), [3.0, -4.0, 0.0]);
        wind.extra_mps = [1.0, 1.0];
        assert_eq!(wind.step(10.0, [0.0; 3]), [4.0, -3.0, 0.0]);
    }
}
