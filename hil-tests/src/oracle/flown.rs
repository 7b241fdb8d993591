//! A flight's segments as Gaussian observations of the beacon's place, by the world's own law.
//!
//! Mean: the law's power, over [`POINTS`] places of each segment. Covariance: shadowing between those places (Gudmundson's), so that a
//! segment's own averaging counts; fading by its variance and the mean of J0² over all pairs of steps of two segments (Clarke: who comes
//! back to a place finds its fade); noise. Fading's power is averaged, not its decibels: of few steps that is not quite normal.

use super::listen::{Segment, apart_m};
use super::posterior::Model;
use crate::scenario::Scenario;
use crate::truth::TruePose;
use crate::world::LIGHT_MPS;
use crate::world::law::{Law, Terminal};
use skyhound::geo::NorthEast;
use skyhound::units::{db_from_ratio, ratio_from_db};
use std::f64::consts::{FRAC_PI_4, PI, TAU};

/// Steps of a segment that stand for all in the averages of fading.
const FADES: usize = 16;
/// Places of a segment that stand for all of it.
const POINTS: usize = 4;
/// Elevations at which it is seen whether the law's chances hang on it.
const PROBES_M: [f64; 3] = [0.0, 30.0, 1_000.0];

/// Observations of one beacon's place.
#[derive(Clone)]
pub struct Flown<'a> {
    scenario: &'a Scenario,
    law: Law,
    /// Of the emitter over its ground, m.
    height_m: f64,
    segments: Vec<Heard>,
    /// Of the shadowing of two segments, and of their fading.
    shadowing: Vec<f64>,
    fading: Vec<f64>,
    varies: bool,
}

#[derive(Clone)]
struct Heard {
    places: [Terminal; POINTS],
    power_db: f64,
    noise_db2: f64,
}

impl<'a> Flown<'a> {
    /// Of the first beacon of `scenario`, as it is flown (nothing left to draw).
    ///
    /// # Panics
    /// A scenario without a beacon.
    pub fn new(scenario: &'a Scenario, segments: &[Segment]) -> Flown<'a> {
        let law = Law::new(&scenario.world, 0).expect("a scenario has a beacon");
        let beacon = &scenario.world.beacon[0];
        let wavelength_m = LIGHT_MPS / beacon.frequency_hz;
        let size = segments.len();
        let places: Vec<[Terminal; POINTS]> = segments.iter().map(|segment| places(&law, segment)).collect();
        let (mut shadowing, mut fading) = (vec![0.0; size * size], vec![0.0; size * size]);
        let fades: Vec<Vec<&TruePose>> = segments.iter().map(thinned).collect();
        for i in 0..size {
            for j in i..size {
                let of_pair =
                    |a: &Terminal| places[j].iter().map(|b| law.correlation(a.at_m, b.at_m)).sum::<f64>();
                shadowing[i * size + j] =
                    places[i].iter().map(of_pair).sum::<f64>() / (POINTS * POINTS) as f64;
                fading[i * size + j] = faded(&fades[i], &fades[j], wavelength_m);
            }
        }
        let place = law.emitter().at_m;
        let over = |away_m: f64| [place[0] + away_m, place[1], place[2] + 30.0];
        let chances =
            PROBES_M.map(|away_m| (law.sigma_db(place, over(away_m)), law.fading_db(place, over(away_m))));
        let segments = segments.iter().zip(places);
        Flown {
            height_m: beacon.height_m - scenario.world.ground.height_m(beacon.north_m, beacon.east_m),
            segments: segments
                .map(|(of, places)| Heard { places, power_db: of.power_db, noise_db2: of.noise_db2 })
                .collect(),
            shadowing,
            fading,
            varies: chances.iter().any(|chance| *chance != chances[0]),
            scenario,
            law,
        }
    }

    fn emitter(&self, place: NorthEast) -> Terminal {
        let NorthEast { north_m, east_m } = place;
        let ground_m = self.scenario.world.ground.height_m(north_m, east_m);
        self.law.emitter().at([north_m, east_m, ground_m + self.height_m])
    }
}

impl Model for Flown<'_> {
    fn len(&self) -> usize {
        self.segments.len()
    }

    fn observed_db(&self, index: usize) -> f64 {
        self.segments[index].power_db
    }

    fn means_db(&self, place: NorthEast) -> Vec<f64> {
        let emitter = self.emitter(place);
        let power = |at: &Terminal| ratio_from_db(self.law.mean_db(&emitter, at));
        let mean = |of: &Heard| db_from_ratio(of.places.iter().map(power).sum::<f64>() / POINTS as f64);
        self.segments.iter().map(mean).collect()
    }

    fn covariance_db2(&self, place: NorthEast) -> Vec<f64> {
        let at_m = self.emitter(place).at_m;
        let spreads_db: Vec<[f64; 2]> = (self.segments.iter())
            .map(|of| {
                let middle_m = of.places[POINTS / 2].at_m;
                let fading_db2 = self.law.fading_db(at_m, middle_m).variance_db2;
                [self.law.sigma_db(at_m, middle_m), fading_db2.sqrt()]
            })
            .collect();
        let size = self.segments.len();
        let mut covariance = vec![0.0; size * size];
        for (i, one) in spreads_db.iter().enumerate() {
            for (j, other) in spreads_db.iter().enumerate().skip(i) {
                let at = i * size + j;
                covariance[at] = one[0] * other[0] * self.shadowing[at] + one[1] * other[1] * self.fading[at];
            }
            // Quantised levels: in a still world the rest would be nothing at all.
            covariance[i * size + i] += self.segments[i].noise_db2 + 1e-4;
        }
        covariance
    }

    fn covariance_varies(&self) -> bool {
        self.varies
    }

    fn thinned(&self, stride: usize) -> Self {
        let size = self.segments.len();
        let kept = |matrix: &[f64]| -> Vec<f64> {
            let rows = (0..size).step_by(stride);
            rows.flat_map(|i| (0..size).step_by(stride).map(move |j| matrix[i * size + j])).collect()
        };
        Flown {
            segments: self.segments.iter().step_by(stride).cloned().collect(),
            shadowing: kept(&self.shadowing),
            fading: kept(&self.fading),
            law: self.law.clone(),
            ..*self
        }
    }
}

/// The aircraft at even places of the segment.
fn places(law: &Law, segment: &Segment) -> [Terminal; POINTS] {
    std::array::from_fn(|n| law.aircraft(&segment.poses[(2 * n + 1) * segment.poses.len() / (2 * POINTS)]))
}

fn thinned(segment: &Segment) -> Vec<&TruePose> {
    segment.poses.iter().step_by(segment.poses.len().div_ceil(FADES)).collect()
}

/// Mean of J0(2πd/λ)² over the pairs of two segments' steps.
fn faded(one: &[&TruePose], other: &[&TruePose], wavelength_m: f64) -> f64 {
    let reach_m = |of: &[&TruePose]| apart_m(of[0], of[of.len() - 1]);
    if apart_m(one[0], other[0]) > reach_m(one) + reach_m(other) + 2.0 * wavelength_m {
        return 0.0;
    }
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| apart_m(a, b)));
    let sum: f64 = pairs.map(|apart_m| j0(TAU * apart_m / wavelength_m).powi(2)).sum();
    sum / (one.len() * other.len()) as f64
}

/// J0 by its series near 0 and its first asymptotic terms (Abramowitz & Stegun 9.1.12, 9.2.5), to 3e-3.
fn j0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    if x > 3.0 {
        let (sin, cos) = (x - FRAC_PI_4).sin_cos();
        return (2.0 / (PI * x)).sqrt() * (cos + sin / (8.0 * x));
    }
    let terms = (1..12).scan(1.0, |term, n| {
        *term *= -quarter / f64::from(n * n);
        Some(*term)
    });
    1.0 + terms.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j0_is_the_bessel_function() {
        // Abramowitz & Stegun, table 9.1.
        for (x, closed) in [
            (0.0, 1.0),
            (1.0, 0.765_198),
            (2.4, 0.002_508),
            (2.9, -0.224_312),
            (3.1, -0.292_064),
            (5.0, -0.177_597),
            (12.0, 0.047_689),
        ] {
            assert!((j0(x) - closed).abs() < 3e-3, "{x}: {} for {closed}", j0(x));
        }
    }
}
