//! Small-scale fading: a place in, the complex gain of all rays together out; mean power 1.
//!
//! Models: Rayleigh and Rician fading with Clarke's spectrum (R. H. Clarke, "A statistical theory of mobile-radio reception",
//! Bell Syst. Tech. J. 47, 1968): scatter arrives level from all around, so that its autocorrelation over a level
//! displacement d is J0(2πd/λ); the direct ray is K times as strong. Construction: sum of sinusoids at even angles under a random
//! turn with random phases (Patel, Stüber & Pratt 2005 review such sums), as a field over *space*: the Doppler of speed v is the
//! field passed through at v, with its maximum at v/λ; who hovers stays in the fade they are in, and who returns finds it.
//!
//! The gain is relative to the direct ray's phase: the direct ray's own Doppler is in [`super::Arrival::offset_hz`].

use super::waves::Waves;
use crate::random::Random;
use crate::scenario;
use rand::RngExt;
use std::f64::consts::TAU;

/// The autocorrelation of even angles is J0 up to 2πd/λ ≈ RAYS, and the envelope Rayleigh's to a few per cent (see the tests).
const RAYS: usize = 24;

/// Amplitudes of the direct ray and of each ray of the scatter.
#[derive(Copy, Clone, Debug)]
pub struct Split {
    direct: f64,
    scatter: f64,
}

impl Split {
    /// `rician_k_db` is of no account to other kinds.
    pub fn new(kind: scenario::world::Fading, rician_k_db: f64) -> Split {
        let k = 10f64.powf(rician_k_db / 10.0);
        let (direct, scatter) = match kind {
            scenario::world::Fading::None => (1.0, 0.0),
            scenario::world::Fading::Rician => ((k / (k + 1.0)).sqrt(), (1.0 / (k + 1.0)).sqrt()),
            scenario::world::Fading::Rayleigh => (0.0, 1.0),
        };
        Split { direct, scatter: scatter / (RAYS as f64).sqrt() }
    }
}

/// The fading of one emitter's path.
#[derive(Clone, Debug)]
pub struct Fading {
    rays: Waves<RAYS>,
    per_wavelength_m: f64,
}

impl Fading {
    /// At a carrier of `frequency_hz`.
    pub fn new(frequency_hz: f64, random: &mut Random) -> Fading {
        let per_m = frequency_hz / super::LIGHT_MPS;
        let turn: f64 = random.random();
        let rays = Waves::from_fn(|m| {
            let (sin, cos) = (TAU * (m as f64 + turn) / RAYS as f64).sin_cos();
            ([per_m * cos, per_m * sin, 0.0], random.random())
        });
        Fading { rays, per_wavelength_m: per_m }
    }

    /// The gain at metres north, east and up, `distance_m` from the emitter, where the rays are split so.
    #[inline]
    pub fn gain(&self, split: Split, at_m: [f64; 3], distance_m: f64) -> [f64; 2] {
        if split.scatter == 0.0 {
            return [split.direct, 0.0];
        }
        let [real, imaginary] = self.rays.phasors(at_m, distance_m * self.per_wavelength_m);
        [split.direct + split.scatter * real, split.scatter * imaginary]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::mean_and_deviation;
    use super::*;
    use crate::random;
    use scenario::world::Fading::{None as Still, Rayleigh, Rician};

    const WAVELENGTH_M: f64 = 0.7;

    fn fading(kind: scenario::world::Fading, k_db: f64, seed: u64) -> impl Fn([f64; 3], f64) -> [f64; 2] {
        let fading = Fading::new(super::super::LIGHT_MPS / WAVELENGTH_M, &mut random::source(seed, "fading"));
        move |at_m, distance_m| fading.gain(Split::new(kind, k_db), at_m, distance_m)
    }

    /// Gains at scattered places of many seeds.
    fn gains(kind: scenario::world::Fading, k_db: f64) -> Vec<[f64; 2]> {
        let place = |n: u32| [f64::from(n) * 7.31, f64::from(n * n % 97), 40.0];
        (0..300)
            .flat_map(|seed| {
                let fading = fading(kind, k_db, seed);
                (0..100).map(move |n| fading(place(n), 100.0 + f64::from(n) * 3.3))
            })
            .collect()
    }

    fn power(gain: &[f64; 2]) -> f64 {
        gain[0] * gain[0] + gain[1] * gain[1]
    }

    #[test]
    fn rayleighs_power_is_exponential() {
        let all = gains(Rayleigh, 0.0);
        let share_over =
            |level: f64| all.iter().filter(|g| power(g) > level).count() as f64 / all.len() as f64;
        for level in [0.01, 0.1, 0.5, 1.0, 2.0, 3.0] {
            assert!((share_over(level) - (-level).exp()).abs() < 0.012, "{level}: {}", share_over(level));
        }
        assert!((all.iter().map(power).sum::<f64>() / all.len() as f64 - 1.0).abs() < 0.02);
    }

    #[test]
    fn the_k_factor_is_the_one_asked_for() {
        // Greenwood & Hanzo's moment estimate: K from mean and variance of the power.
        for k_db in [0.0, 6.0, 10.0] {
            let all = gains(Rician, k_db);
            let (mean, deviation) = mean_and_deviation(&all.iter().map(power).collect::<Vec<f64>>());
            let root = (1.0 - (deviation / mean).powi(2)).max(0.0).sqrt();
            let measured_db = 10.0 * (root / (1.0 - root)).log10();
            assert!((measured_db - k_db).abs() < 0.5, "{k_db}: {measured_db}");
            assert!((mean - 1.0).abs() < 0.02);
        }
        assert_eq!(fading(Still, 6.0, 1)([1.0, 2.0, 3.0], 9.0), [1.0, 0.0]);
    }

    /// J0 by its integral, (1/π)∫cos(x·sin t) dt (Abramowitz & Stegun 9.1.18).
    fn j0(x: f64) -> f64 {
        (0..2_000).map(|n| (x * (TAU / 2.0 * (f64::from(n) + 0.5) / 2_000.0).sin()).cos()).sum::<f64>()
            / 2_000.0
    }

    #[test]
    fn the_autocorrelation_over_the_way_is_j0() {
        // The distance to the emitter is held, so that only the scatter turns.
        for turns in [0.05, 0.2, 0.38, 0.6, 1.0, 1.7] {
            let (mut sum, mut count) = (0.0, 0.0);
            for seed in 0..300 {
                let fading = fading(Rayleigh, 0.0, seed);
                for n in 0..60 {
                    let at = [f64::from(n) * 5.77, f64::from(n) * -3.1, 40.0];
                    let there =
                        [at[0] + 0.6 * turns * WAVELENGTH_M, at[1] + 0.8 * turns * WAVELENGTH_M, 40.0];
                    let (a, b) = (fading(at, 50.0), fading(there, 50.0));
                    sum += a[0] * b[0] + a[1] * b[1];
                    count += 1.0;
                }
            }
            let closed = j0(TAU * turns);
            assert!((sum / count - closed).abs() < 0.03, "{turns}: {} for {closed}", sum / count);
        }
    }
}
