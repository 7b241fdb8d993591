//! What a density says: mean, covariance, peak, and the smallest regions that hold half and nineteen twentieths of it.

use super::raster::{ACROSS, Raster};
use crate::facts::{Estimate, Fit};
use crate::geo::NorthEast;

/// Classes of density, eight to an octave, from 2^−32 on.
const CLASSES: usize = 512;

/// Sums over a density.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    mass: f64,
    /// About `about_m`.
    first: [f64; 2],
    second: [f64; 3],
    about_m: Option<[f64; 2]>,
    peak: (f64, [f64; 2]),
    /// Mass and area by class of density.
    classes: [(f32, f32); CLASSES],
    estimate: Estimate,
}

impl Default for Tally {
    fn default() -> Tally {
        let nowhere = NorthEast::default();
        Tally {
            mass: 0.0,
            first: [0.0; 2],
            second: [0.0; 3],
            about_m: None,
            peak: (0.0, [0.0; 2]),
            classes: [(0.0, 0.0); CLASSES],
            estimate: Estimate {
                mean: nowhere,
                covariance_m2: [0.0; 3],
                peak: nowhere,
                radius_50_m: 0.0,
                radius_95_m: 0.0,
                fit: Fit::default(),
                observation_count: 0,
            },
        }
    }
}

fn class(density: f64) -> usize {
    ((density.max(1e-30).log2() + 32.0) * 8.0).clamp(0.0, (CLASSES - 1) as f64) as usize
}

impl Tally {
    /// Adds one row of a raster.
    pub(super) fn add(&mut self, raster: &Raster, row: usize) {
        let about_m = *self.about_m.get_or_insert(raster.corner_m);
        let area_m2 = raster.step_m * raster.step_m;
        for (column, mass) in raster.mass[row * ACROSS..(row + 1) * ACROSS].iter().enumerate() {
            let mass = f64::from(*mass);
            if mass <= 0.0 {
                continue;
            }
            let at_m = raster.at_m(row, column);
            let [north, east] = [at_m[0] - about_m[0], at_m[1] - about_m[1]];
            self.mass += mass;
            self.first[0] += mass * north;
            self.first[1] += mass * east;
            self.second[0] += mass * north * north;
            self.second[1] += mass * north * east;
            self.second[2] += mass * east * east;
            let density = mass / area_m2;
            if density > self.peak.0 {
                self.peak = (density, at_m);
            }
            let (sum, area) = &mut self.classes[class(density)];
            *sum += mass as f32;
            *area += area_m2 as f32;
        }
    }

    /// All rows were added.
    pub(super) fn close(&mut self, observation_count: usize, fit: Fit) {
        let about_m = self.about_m.unwrap_or_default();
        let mass = self.mass.max(f64::MIN_POSITIVE);
        let first = self.first.map(|sum| sum / mass);
        let variance = |n: usize, a: usize, b: usize| self.second[n] / mass - first[a] * first[b];
        let place = |at_m: [f64; 2]| NorthEast { north_m: at_m[0], east_m: at_m[1] };
        self.estimate = Estimate {
            mean: place([0, 1].map(|n| about_m[n] + first[n])),
            covariance_m2: [variance(0, 0, 0), variance(1, 0, 1), variance(2, 1, 1)],
            peak: place(self.peak.1),
            radius_50_m: self.radius_m(0.5),
            radius_95_m: self.radius_m(0.95),
            fit,
            observation_count: observation_count as u32,
        };
    }

    pub(super) fn estimate(&self) -> Estimate {
        self.estimate
    }

    /// All of the mass.
    pub(super) fn mass(&self) -> f64 {
        self.mass.max(f64::MIN_POSITIVE)
    }

    /// Least density of the places that hold `share` of the mass, of a mass of 1.
    pub(super) fn density_of(&self, share: f64) -> f64 {
        let mut mass = 0.0;
        for (class, (sum, _)) in self.classes.iter().enumerate().rev() {
            mass += f64::from(*sum);
            if mass >= share * self.mass {
                return (class as f64 / 8.0 - 32.0).exp2() / self.mass();
            }
        }
        0.0
    }

    /// Of a circle as large as the densest places that hold `share` of the mass.
    fn radius_m(&self, share: f64) -> f64 {
        let (mut mass, mut area_m2) = (0.0, 0.0);
        for (sum, area) in self.classes.iter().rev() {
            let sum = f64::from(*sum);
            let needed = share * self.mass - mass;
            if sum >= needed && sum > 0.0 {
                area_m2 += f64::from(*area) * needed / sum;
                break;
            }
            mass += sum;
            area_m2 += f64::from(*area);
        }
        (area_m2 / std::f64::consts::PI).sqrt()
    }

    /// Share of the mass that is denser than this.
    pub(super) fn credibility(&self, density: f64) -> f64 {
        let own = class(density);
        let denser: f64 = self.classes[own + 1..].iter().map(|(sum, _)| f64::from(*sum)).sum();
        (denser + 0.5 * f64::from(self.classes[own].0)) / self.mass.max(f64::MIN_POSITIVE)
    }
}
