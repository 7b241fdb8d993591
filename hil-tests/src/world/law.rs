//! The law of one emitter's path: what of the received power is not chance, for any place that the emitter might have; and of what is
//! chance its moments. The air draws by it, and who wants the exact likelihood of a flight's powers has it here.
//!
//! In decibels, with the emitter at a place and the aircraft at another:
//!
//! ```text
//! received = transmitted + mean_db + shadowing + fading
//! shadowing: normal, mean 0, covariance σ₁·σ₂·exp(−d/d_c)       d: between the aircraft's places
//! fading:    fading_db, another draw at each half wavelength
//! ```
//! Shadowing: Gudmundson 1991 (`shadowing`). Fading of mean power 1 in decibels, exact: |h|²·(1 + K) is a gamma variable whose shape is
//! 1 + a Poisson variable of mean K (the noncentral χ² of two degrees of freedom: Johnson, Kotz & Balakrishnan, *Continuous Univariate
//! Distributions* 2, ch. 29), and the logarithm of a gamma variable of shape s has mean ψ(s) and variance ψ′(s).

use super::antenna::{Pointed, link_gain};
use crate::scenario;
use crate::truth::TruePose;
use skyhound::propagation::Loss;
use skyhound::units::db_from_ratio;
use std::f64::consts::{LN_10, PI};

/// Metres north, east and up of home.
pub type Place = [f64; 3];

/// One end of a path.
#[derive(Copy, Clone, Debug)]
pub struct Terminal {
    /// Where it is.
    pub at_m: Place,
    /// Its antenna.
    pub antenna: Pointed,
}

/// Mean and variance.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Mean, dB.
    pub mean_db: f64,
    /// Variance, dB².
    pub variance_db2: f64,
}

/// The law of the path from one emitter to the aircraft.
#[derive(Clone, Debug)]
pub struct Law {
    loss: Loss,
    sigma_db: f64,
    decorrelation_m: f64,
    fading_db: Moments,
    emitter: Terminal,
    aircraft: scenario::world::Antenna,
}

impl Law {
    /// Of emitter `index` of `world`: beacons, then interferers. `None`: there is no such emitter.
    pub fn new(world: &scenario::World, index: usize) -> Option<Law> {
        let beacon = world.emitters().nth(index)?;
        let way = &world.propagation;
        Some(Law {
            loss: Loss::new(way.law(), beacon.frequency_hz),
            sigma_db: way.shadow_sigma_db,
            decorrelation_m: way.shadow_decorrelation_m,
            fading_db: fading_db(way.fading, way.rician_k_db),
            emitter: Terminal::standing(beacon),
            aircraft: world.receiver.antenna,
        })
    }

    /// The emitter as it truly stands. Another place for it is [`Terminal::at`].
    pub fn emitter(&self) -> &Terminal {
        &self.emitter
    }

    /// The aircraft at `pose`.
    pub fn aircraft(&self, pose: &TruePose) -> Terminal {
        Terminal::flying(self.aircraft, pose)
    }

    /// Mean received over transmitted power, before shadowing and fading, dB: path loss, both antennas, polarisation.
    #[inline]
    pub fn mean_db(&self, emitter: &Terminal, aircraft: &Terminal) -> f64 {
        let (way, distance_m) = way(emitter.at_m, aircraft.at_m);
        let ground_m = (way[0] * way[0] + way[1] * way[1]).sqrt();
        let to = direction(way, distance_m);
        let gain = self.loss.gain(ground_m, emitter.at_m[2], aircraft.at_m[2])
            * link_gain(&emitter.antenna, &aircraft.antenna, to);
        db_from_ratio(gain)
    }

    /// Standard deviation of the shadowing, dB.
    #[inline]
    pub fn sigma_db(&self, _emitter: Place, _aircraft: Place) -> f64 {
        self.sigma_db
    }

    /// Covariance of the shadowing, dB², of an emitter at one place met from two places.
    pub fn covariance_db2(&self, emitter: Place, one: Place, other: Place) -> f64 {
        self.sigma_db(emitter, one) * self.sigma_db(emitter, other) * self.correlation(one, other)
    }

    /// Correlation of the shadowing between two places of the aircraft, 0..=1; the same for every place of the emitter.
    pub fn correlation(&self, one: Place, other: Place) -> f64 {
        (-way(one, other).1 / self.decorrelation_m).exp()
    }

    /// Moments of the fading of a carrier at one place, dB. Its autocorrelation over d is about that of J0(2πd/λ)²: over half a
    /// wavelength it is as good as drawn anew.
    pub fn fading_db(&self, _emitter: Place, _aircraft: Place) -> Moments {
        self.fading_db
    }
}

impl Terminal {
    /// An emitter.
    pub fn standing(beacon: &scenario::Beacon) -> Terminal {
        Terminal {
            at_m: [beacon.north_m, beacon.east_m, beacon.height_m],
            antenna: Pointed::standing(beacon.antenna, beacon.tilt_deg, beacon.lean_deg),
        }
    }

    /// The aircraft.
    #[inline]
    pub fn flying(antenna: scenario::world::Antenna, pose: &TruePose) -> Terminal {
        Terminal { at_m: [pose.north_m, pose.east_m, pose.up_m], antenna: Pointed::flying(antenna, pose) }
    }

    /// The same elsewhere.
    pub fn at(&self, at_m: Place) -> Terminal {
        Terminal { at_m, ..*self }
    }
}

/// From one place to another, and its length.
#[inline]
pub(super) fn way(from_m: Place, to_m: Place) -> ([f64; 3], f64) {
    let way: [f64; 3] = std::array::from_fn(|n| to_m[n] - from_m[n]);
    (way, (way[0] * way[0] + way[1] * way[1] + way[2] * way[2]).sqrt())
}

/// Direction of a way, NED; of none, upwards.
#[inline]
pub(super) fn direction(way: [f64; 3], distance_m: f64) -> [f64; 3] {
    if distance_m < 1e-6 {
        return [0.0, 0.0, -1.0];
    }
    [way[0] / distance_m, way[1] / distance_m, -way[2] / distance_m]
}

/// Moments of the fading of mean power 1.
fn fading_db(kind: scenario::world::Fading, rician_k_db: f64) -> Moments {
    match kind {
        scenario::world::Fading::None => Moments::default(),
        scenario::world::Fading::Rician => rician_db(10f64.powf(rician_k_db / 10.0)),
        scenario::world::Fading::Rayleigh => rician_db(0.0),
    }
}

/// Over this K the direct ray is all: the rest of 1/K² is under 1e-5 of the variance.
const K_MAX: f64 = 1e3;
/// Euler's constant, −ψ(1).
const EULER: f64 = 0.577_215_664_901_532_9;

/// Moments of 10·log10|h|², h of Rician K (a ratio).
fn rician_db(k: f64) -> Moments {
    let per_nepers = 10.0 / LN_10;
    if k > K_MAX {
        // |h|² ≈ 1 + a normal variable of variance 2/K; the mean of its logarithm −1/K.
        return Moments { mean_db: -per_nepers / k, variance_db2: per_nepers * per_nepers * 2.0 / k };
    }
    let (mut psi, mut psi_slope, mut log_weight) = (-EULER, PI * PI / 6.0, -k);
    let (mut first, mut second) = (0.0, 0.0);
    let last = (k + 12.0 * k.sqrt() + 30.0) as u32;
    for n in 0..=last {
        let weight = log_weight.exp();
        first += weight * psi;
        second += weight * (psi * psi + psi_slope);
        let shape = f64::from(n) + 1.0;
        psi += 1.0 / shape;
        psi_slope -= 1.0 / (shape * shape);
        log_weight += if k > 0.0 { k.ln() } else { f64::NEG_INFINITY } - shape.ln();
    }
    Moments {
        mean_db: per_nepers * (first - (1.0 + k).ln()),
        variance_db2: per_nepers * per_nepers * (second - first * first),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{mean_and_deviation, scenario};
    use super::super::{Air, fading::Fading};
    use super::*;
    use crate::random;
    use crate::scenario::world::Fading::{Rayleigh, Rician};

    #[test]
    fn fading_has_the_moments_in_decibels_of_the_drawn_one() {
        // Rayleigh: −10·log10(e)·γ and 10·log10(e)·π/√6.
        let rayleigh = fading_db(Rayleigh, 0.0);
        assert!((rayleigh.mean_db + 2.5068).abs() < 1e-3, "{rayleigh:?}");
        assert!((rayleigh.variance_db2.sqrt() - 5.570).abs() < 1e-3, "{rayleigh:?}");
        for k_db in [0.0, 9.0, 15.0] {
            let drawn: Vec<f64> = (0..400)
                .flat_map(|seed| {
                    let fading = Fading::new(Rician, k_db, 433.92e6, &mut random::source(seed, "fading"));
                    (0..50).map(move |n| {
                        let [re, im] = fading.gain([f64::from(n) * 7.31, f64::from(n * n % 97), 40.0], 100.0);
                        db_from_ratio(re * re + im * im)
                    })
                })
                .collect();
            let (mean, deviation) = mean_and_deviation(&drawn);
            let closed = fading_db(Rician, k_db);
            assert!((mean - closed.mean_db).abs() < 0.1, "{k_db}: {mean} for {closed:?}");
            assert!(
                (deviation / closed.variance_db2.sqrt() - 1.0).abs() < 0.04,
                "{k_db}: {deviation} for {closed:?}"
            );
        }
        let (below, above) = (rician_db(K_MAX), rician_db(K_MAX * 1.000_001));
        assert!((below.variance_db2 / above.variance_db2 - 1.0).abs() < 2e-3, "{below:?} {above:?}");
    }

    /// Two beacons of which the second leans.
    const LEANING: &str = "beacon = [{ north_m = 0, east_m = 0, frequency_hz = 433.92e6, power_dbm = -20 }, \
         { north_m = 50, east_m = -20, height_m = 3, frequency_hz = 433.92e6, power_dbm = -30, tilt_deg = 60, lean_deg = 40 }]";

    #[test]
    fn the_air_draws_by_the_law() {
        // What arrives over many seeds: its mean, its spread, and the covariance of two places, in the default world.
        let scenario = scenario(LEANING);
        let law = Law::new(&scenario.world, 1).unwrap();
        assert!(Law::new(&scenario.world, 2).is_none());
        let pose =
            |north_m| TruePose { north_m, east_m: 30.0, up_m: 40.0, roll_rad: 0.1, ..TruePose::default() };
        let (one, other) = (pose(0.0), pose(20.0));
        let powers = |pose: &TruePose| -> Vec<f64> {
            (0..2_000).map(|seed| Air::new(&scenario, seed).arrivals(pose)[1].power_dbm).collect()
        };
        let [first, second] = [&one, &other].map(|pose| {
            let (drawn, aircraft) = (powers(pose), law.aircraft(pose));
            let expected_dbm = -30.0 + law.mean_db(law.emitter(), &aircraft);
            let sigma_db = law.sigma_db(law.emitter().at_m, aircraft.at_m);
            let (mean, deviation) = mean_and_deviation(&drawn);
            assert!((mean - expected_dbm).abs() < 0.1 * sigma_db, "{mean} for {expected_dbm}");
            assert!((deviation / sigma_db - 1.0).abs() < 0.06, "{deviation} for {sigma_db}");
            drawn.iter().map(|power| power - expected_dbm).collect::<Vec<_>>()
        });
        let product = first.iter().zip(&second).map(|(a, b)| a * b).sum::<f64>() / first.len() as f64;
        let [a, b] = [&one, &other].map(|pose| law.aircraft(pose).at_m);
        let closed = law.covariance_db2(law.emitter().at_m, a, b);
        assert!((product / closed - 1.0).abs() < 0.1, "{product} for {closed}");
    }
}
