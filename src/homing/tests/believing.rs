//! A world in which a beacon is believed to be somewhere.

use super::*;
use crate::belief::{HYPOTHESES, Hypothesis};
use crate::config::Antenna;
use crate::facts::{Estimate, Fit};

impl World {
    /// Where the aircraft is, about home.
    pub(crate) fn at(&self) -> NorthEast {
        let position = self.vehicle.position.expect("a position");
        Origin::new(HOME).ned_from_wgs84(position.value.place)
    }

    /// Flies to within 3 m of a place, whatever is commanded on the way.
    pub(crate) fn fly_to(&mut self, to: NorthEast) {
        while to.distance_m(self.at()) > 3.0 {
            let (at, away_m) = (self.at(), to.distance_m(self.at()));
            self.shift(2.0 * (to.north_m - at.north_m) / away_m, 2.0 * (to.east_m - at.east_m) / away_m);
            velocity(self.step());
        }
    }

    /// The beacon is believed to be here, within this with 95 %.
    pub(crate) fn believe(&mut self, mean: NorthEast, radius_95_m: f64) {
        // Normal: half of the places within 0.48 of it.
        let hypotheses = std::array::from_fn(|n| {
            // In pairs about the mean, so that it is the median too.
            let (pair, side) = ((n / 2) as f64, if n % 2 == 0 { 1.0 } else { -1.0 });
            let share = (pair + 0.5) / (HYPOTHESES / 2) as f64;
            let radius_m = radius_95_m * (-2.0 * (1.0 - share).ln()).sqrt() / 2.448;
            let (sin, cos) = (pair * 2.399_963).sin_cos();
            let at = NorthEast {
                north_m: mean.north_m + side * radius_m * cos,
                east_m: mean.east_m + side * radius_m * sin,
            };
            Hypothesis { at, rise_m: 0.0, axis: None, exponent: 2.2, power_100_m_db: 0.0 }
        });
        let fit = Fit { power_100_m_db: -80.0, exponent: 2.2, spread_db: 4.0, correlation_m: 35.0 };
        let estimate = Estimate {
            mean,
            covariance_m2: [radius_95_m.powi(2) / 6.0, 0.0, radius_95_m.powi(2) / 6.0],
            peak: mean,
            radius_50_m: 0.48 * radius_95_m,
            radius_95_m,
            fit,
            observation_count: 20,
        };
        self.belief = Some(Belief::new(&estimate, hypotheses, Antenna::Omni, f32::INFINITY));
    }
}
