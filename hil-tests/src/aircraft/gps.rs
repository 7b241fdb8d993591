//! The GPS receiver: the true position in, fixes 5 times a second out (m north, east, up of home; m/s).
//!
//! Position error = white noise + a first-order Gauss-Markov process with 120 s (multipath, ionosphere and orbits as seen over a
//! flight: Rankin, "GPS and differential GPS: an error model for sensor simulation", IEEE PLANS 1994), vertically 1.6 times as
//! large (usual VDOP / HDOP). Velocity is from Doppler: white, 0.06 m/s. Glitch and loss are the scenario's.

use crate::random::{self, Random};
use crate::truth::TruePose;
use rand_distr::{Distribution, StandardNormal};

/// Time between fixes: 5 Hz, ArduPilot's GPS_RATE_MS default and a u-blox M8's default under PX4.
pub(super) const FIX_EVERY_US: u64 = 200_000;
/// Correlation time of the slow part.
pub(super) const DRIFT_S: f64 = 120.0;
const VERTICAL_RATIO: f64 = 1.6;
const VELOCITY_SIGMA_MPS: f64 = 0.06;
/// After power-up with a warm receiver.
const FIRST_FIX_US: u64 = 1_000_000;

/// A fix.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Fix {
    /// North, east, up.
    pub(super) at_m: [f64; 3],
    /// North, east, up.
    pub(super) velocity_mps: [f64; 3],
}

/// The receiver.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    /// The scenario's jump north, east.
    pub(super) glitch_m: [f64; 2],
    /// No signal.
    pub(super) is_lost: bool,
    /// It has been on for long.
    pub(super) is_warm: bool,
    noise_m: f64,
    drift_sigma_m: f64,
    drift_m: [f64; 3],
    random: Random,
}

impl Receiver {
    pub(super) fn new(noise_m: f64, drift_sigma_m: f64, seed: u64) -> Receiver {
        let mut random = random::source(seed, "aircraft gps");
        let drift_m = [1.0, 1.0, VERTICAL_RATIO].map(|ratio| ratio * drift_sigma_m * normal(&mut random));
        let (glitch_m, is_lost, is_warm) = ([0.0; 2], false, false);
        Receiver { glitch_m, is_lost, is_warm, noise_m, drift_sigma_m, drift_m, random }
    }

    /// Called every [`FIX_EVERY_US`]: the fix, or none.
    pub(super) fn fix(&mut self, truth: &TruePose) -> Option<Fix> {
        let keep = (-(FIX_EVERY_US as f64 / 1e6) / DRIFT_S).exp();
        let draw = (1.0 - keep * keep).sqrt();
        let mut at_m = [truth.north_m, truth.east_m, truth.up_m];
        let ratios = [1.0, 1.0, VERTICAL_RATIO];
        for ((at_m, drift_m), ratio) in at_m.iter_mut().zip(&mut self.drift_m).zip(ratios) {
            *drift_m = keep * *drift_m + draw * ratio * self.drift_sigma_m * normal(&mut self.random);
            *at_m += *drift_m + ratio * self.noise_m * normal(&mut self.random);
        }
        at_m[0] += self.glitch_m[0];
        at_m[1] += self.glitch_m[1];
        let velocity = [truth.north_mps, truth.east_mps, -truth.down_mps];
        let velocity_mps = velocity.map(|speed| speed + VELOCITY_SIGMA_MPS * normal(&mut self.random));
        let has_fix = !self.is_lost && (self.is_warm || truth.at_us >= FIRST_FIX_US);
        has_fix.then_some(Fix { at_m, velocity_mps })
    }
}

pub(super) fn normal(random: &mut Random) -> f64 {
    StandardNormal.sample(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow part: variance as asked, autocorrelation e^(−τ/120 s), over many flights rather than one long one.
    #[test]
    fn drift_is_gauss_markov() {
        let truth = TruePose { at_us: 10_000_000, ..TruePose::default() };
        let lags = [0usize, 150, 300, 600];
        let mut sums = [0.0; 4];
        let flights = 3_000;
        for seed in 0..flights {
            let mut receiver = Receiver::new(0.0, 0.8, seed);
            let fixes: Vec<f64> = (0..=600).map(|_| receiver.fix(&truth).unwrap().at_m[0]).collect();
            for (sum, lag) in sums.iter_mut().zip(lags) {
                *sum += fixes[0] * fixes[lag];
            }
        }
        for (sum, lag) in sums.into_iter().zip(lags) {
            let expected = 0.64 * (-(lag as f64) * 0.2 / DRIFT_S).exp();
            let found = sum / flights as f64;
            assert!((found - expected).abs() < 0.06, "lag {lag}: {found} for {expected}");
        }
    }

    #[test]
    fn white_noise_glitch_and_loss() {
        let mut receiver = Receiver::new(0.5, 0.0, 4);
        let truth = TruePose { at_us: 2_000_000, north_m: 100.0, east_mps: 3.0, ..TruePose::default() };
        receiver.glitch_m = [0.0, 30.0];
        let fixes: Vec<Fix> = (0..20_000).map(|_| receiver.fix(&truth).unwrap()).collect();
        let mean = fixes.iter().map(|fix| fix.at_m[1]).sum::<f64>() / 20_000.0;
        let spread = fixes.iter().map(|fix| (fix.at_m[0] - 100.0).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - 30.0).abs() < 0.02 && (spread.sqrt() - 0.5).abs() < 0.02, "{mean} {spread}");
        assert!(fixes.iter().all(|fix| (fix.velocity_mps[1] - 3.0).abs() < 0.5));
        receiver.is_lost = true;
        assert_eq!(receiver.fix(&truth), None);
        let mut cold = Receiver::new(0.0, 0.0, 4);
        assert_eq!(cold.fix(&TruePose::default()), None);
    }
}
