//! The oracle: the exact posterior of the beacon's place on a flown path, from the world's true parameters; and its bound.
//!
//! The limit that stands beside every figure of finding. Transmit power is unknown (flat prior); all else that the world is made of is
//! known: law, exponent, shadowing's variance and correlation, antennas and how they point, fading's variance, noise, heights, and the
//! aircraft's true poses. No estimator that hears the same flight has a smaller mean square error.
//!
//! Heard: the engine's own readings, by [`Listener`]. Their law: `flown`. Posterior: `posterior`. Bound: `bound`. Not here: what silence
//! tells (segments under the noise say nothing), directional antennas, several beacons.

mod bound;
mod cholesky;
mod flown;
mod listen;
mod posterior;

#[cfg(test)]
mod tests;

pub use bound::{Information, bound_m};
pub use listen::Listener;
pub use posterior::Area;

use crate::scenario::Scenario;
use flown::Flown;
use posterior::{Likelihood, Model, Posterior};
use serde::{Deserialize, Serialize};
use skyhound::geo::NorthEast;

/// Segments at most, where one factor of their covariance does for all places.
const SEGMENTS_MAX: usize = 200;
/// The same where each place has its own.
const SEGMENTS_VARYING_MAX: usize = 110;

/// What could be known of one flight's beacon at one time.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The estimate of least mean square error to the truth, m.
    pub error_m: f64,
    /// Root of the expected square of that error, by the posterior, m.
    pub rms_m: f64,
    /// Mass of the posterior within 25 m of the estimate.
    pub within_25_m: f64,
    /// Mass of the smallest region with the truth on its edge: even in 0..=1 where all is as it should be.
    pub truth_at: f64,
    /// Information about the truth.
    pub information: Information,
}

/// At `until_us` of a flight of `scenario`, as it is flown (nothing left to draw), to which `listener` listened.
pub fn limit(scenario: &Scenario, listener: &Listener, until_us: u64, area: &Area) -> Limit {
    let of = |most| Flown::new(scenario, &listener.segments(until_us, most));
    let mut flown = of(SEGMENTS_MAX);
    if flown.covariance_varies() {
        flown = of(SEGMENTS_VARYING_MAX);
    }
    let beacon = &scenario.world.beacon[0];
    let truth = NorthEast { north_m: beacon.north_m, east_m: beacon.east_m };
    let posterior = Posterior::new(&flown, area);
    Limit {
        error_m: posterior.mean.distance_m(truth),
        rms_m: posterior.rms_m,
        within_25_m: posterior.mass_within(posterior.mean, 25.0),
        truth_at: posterior.mass_denser(Likelihood::new(&flown, truth).log(truth)),
        information: Information::new(&flown, truth),
    }
}
