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
use super::fading::Split;
use crate::scenario::{self, Clutter, world::Fading};
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
    clutter: Clutter,
    decorrelation_m: f64,
    fading: Fading,
    /// At the horizon and overhead.
    rician_k_db: [f64; 2],
    /// At the horizon.
    split: Split,
    /// At even steps from the horizon to overhead; one where it does not change.
    fading_db: Vec<Moments>,
    emitter: Terminal,
    aircraft: scenario::world::Antenna,
}

impl Law {
    /// Of emitter `index` of `world`: beacons, then interferers. `None`: there is no such emitter.
    pub fn new(world: &scenario::World, index: usize) -> Option<Law> {
        let beacon = world.emitters().nth(index)?;
        let way = &world.propagation;
        let rician_k_db = [way.rician_k_db, way.rician_k_overhead_db];
        let last = if rician_k_db[0] == rician_k_db[1] { 0 } else { 90 };
        let fading_db =
            (0..=last).map(|deg| fading_db(way.fading, rising(rician_k_db, f64::from(deg)))).collect();
        Some(Law {
            loss: Loss::new(way.law(), beacon.frequency_hz),
            clutter: way.clutter,
            decorrelation_m: way.shadow_decorrelation_m,
            fading: way.fading,
            rician_k_db,
            split: Split::new(way.fading, way.rician_k_db),
            fading_db,
            emitter: Terminal::standing(beacon),
            aircraft: world.receiver.antenna,
        })
    }

    /// The emitter is elsewhere now, north and east, m, at its height.
    pub fn move_to(&mut self, [north_m, east_m]: [f64; 2]) {
        self.emitter.at_m = [north_m, east_m, self.emitter.at_m[2]];
    }

    /// The emitter as it truly stands. Another place for it is [`Terminal::at`].
    pub fn emitter(&self) -> &Terminal {
        &self.emitter
    }

    /// The aircraft at `pose`.
    pub fn aircraft(&self, pose: &TruePose) -> Terminal {
        Terminal::flying(self.aircraft, pose)
    }

    /// Mean received over transmitted power, before shadowing and fading, dB: path loss, both antennas and their polarisations, and what
    /// clutter costs at that elevation.
    #[inline]
    pub fn mean_db(&self, emitter: &Terminal, aircraft: &Terminal) -> f64 {
        let (way, distance_m) = way(emitter.at_m, aircraft.at_m);
        let ground_m = (way[0] * way[0] + way[1] * way[1]).sqrt();
        let to = direction(way, distance_m);
        let gain = self.loss.gain(ground_m, emitter.at_m[2], aircraft.at_m[2])
            * link_gain(&emitter.antenna, &aircraft.antenna, to);
        let loss_db = if self.clutter.is_even() {
            0.0
        } else {
            self.clutter.excess_db(elevation_deg(emitter.at_m, aircraft.at_m))
        };
        db_from_ratio(gain) - loss_db
    }

    /// Standard deviation of the shadowing, dB.
    #[inline]
    pub fn sigma_db(&self, emitter: Place, aircraft: Place) -> f64 {
        match self.clutter {
            Clutter::Even { sigma_db } => sigma_db,
            Clutter::Sight(_) => self.clutter.sigma_db(elevation_deg(emitter, aircraft)),
        }
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
    pub fn fading_db(&self, emitter: Place, aircraft: Place) -> Moments {
        if self.fading_db.len() == 1 {
            return self.fading_db[0];
        }
        let at = elevation_deg(emitter, aircraft);
        let below = (at as usize).min(self.fading_db.len() - 2);
        let (low, high, share) = (self.fading_db[below], self.fading_db[below + 1], at - below as f64);
        Moments {
            mean_db: low.mean_db + (high.mean_db - low.mean_db) * share,
            variance_db2: low.variance_db2 + (high.variance_db2 - low.variance_db2) * share,
        }
    }

    /// How the fading's rays are split.
    #[inline]
    pub(super) fn split(&self, aircraft: Place) -> Split {
        if self.rician_k_db[0] == self.rician_k_db[1] {
            return self.split;
        }
        Split::new(self.fading, rising(self.rician_k_db, elevation_deg(self.emitter.at_m, aircraft)))
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

/// Elevation of the aircraft over the emitter's horizon, 0..=90°.
#[inline]
pub fn elevation_deg(emitter: Place, aircraft: Place) -> f64 {
    let ([north_m, east_m, up_m], _) = way(emitter, aircraft);
    up_m.atan2((north_m * north_m + east_m * east_m).sqrt()).to_degrees().max(0.0)
}

/// From the horizon's value straight to that overhead.
fn rising([horizon, overhead]: [f64; 2], elevation_deg: f64) -> f64 {
    horizon + (overhead - horizon) * elevation_deg / 90.0
}

/// Moments of the fading of mean power 1.
fn fading_db(kind: Fading, rician_k_db: f64) -> Moments {
    match kind {
        Fading::None => Moments::default(),
        Fading::Rician => rician_db(10f64.powf(rician_k_db / 10.0)),
        Fading::Rayleigh => rician_db(0.0),
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
    use super::super::{Air, fading};
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
                    let rays = fading::Fading::new(433.92e6, &mut random::source(seed, "fading"));
                    (0..50).map(move |n| {
                        let [re, im] = rays.gain(
                            Split::new(Rician, k_db),
                            [f64::from(n) * 7.31, f64::from(n * n % 97), 40.0],
                            100.0,
                        );
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
        // What arrives over many seeds: its mean, its spread, and the covariance of two places.
        for class in ["rough_country", "urban"] {
            let scenario = scenario(&format!("{LEANING}\npropagation = {{ class = '{class}' }}"));
            let law = Law::new(&scenario.world, 1).unwrap();
            assert!(Law::new(&scenario.world, 2).is_none());
            let pose = |north_m| TruePose {
                north_m,
                east_m: 30.0,
                up_m: 40.0,
                roll_rad: 0.1,
                ..TruePose::default()
            };
            let poses = [pose(0.0), pose(12.0)];
            let [a, b] = poses.map(|pose| law.aircraft(&pose));
            let expected = [&a, &b].map(|at| -30.0 + law.mean_db(law.emitter(), at));
            let residuals: Vec<[f64; 2]> = (0..4_000)
                .map(|seed| {
                    let mut air = Air::new(&scenario, seed);
                    std::array::from_fn(|n| air.arrivals(&poses[n])[1].power_dbm - expected[n])
                })
                .collect();
            let emitter = law.emitter().at_m;
            for (n, at) in [&a, &b].into_iter().enumerate() {
                let sigma_db = law.sigma_db(emitter, at.at_m);
                let (mean, deviation) =
                    mean_and_deviation(&residuals.iter().map(|r| r[n]).collect::<Vec<_>>());
                assert!(mean.abs() < 0.1 * sigma_db, "{class}: {mean}");
                assert!((deviation / sigma_db - 1.0).abs() < 0.06, "{class}: {deviation} for {sigma_db}");
            }
            let product = residuals.iter().map(|[a, b]| a * b).sum::<f64>() / residuals.len() as f64;
            let closed = law.covariance_db2(emitter, a.at_m, b.at_m);
            assert!((product / closed - 1.0).abs() < 0.1, "{class}: {product} for {closed}");
        }
    }

    #[test]
    fn with_elevation_the_direct_ray_gains_on_the_scatter() {
        let scenario = scenario(&format!("{LEANING}\npropagation = {{ class = 'urban' }}"));
        let law = Law::new(&scenario.world, 0).unwrap();
        let [low, half, overhead] = [[1e4, 0.0, 1.0], [40.0, 0.0, 41.0], [0.0, 0.0, 41.0]]
            .map(|at| law.fading_db([0.0, 0.0, 1.0], at));
        for (moments, k_db) in [(low, 5.0), (half, 10.0), (overhead, 15.0)] {
            let closed = fading_db(Rician, k_db);
            assert!(
                (moments.variance_db2 / closed.variance_db2 - 1.0).abs() < 1e-3,
                "{moments:?} for {closed:?}"
            );
        }
    }
}
