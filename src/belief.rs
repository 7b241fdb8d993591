//! Where a beacon is believed to be, as guidance needs it: places drawn evenly from the posterior, and how wide it is.

use crate::geo::NorthEast;

/// Places drawn from a posterior.
pub const HYPOTHESES: usize = 48;

/// A posterior in few numbers. Metres about the flight's origin.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Belief {
    /// Each as likely as the others.
    pub hypotheses: [NorthEast; HYPOTHESES],
    /// Mean of the posterior.
    pub mean: NorthEast,
    /// Radius of a circle as large as the smallest region of 95 %, m.
    pub radius_95_m: f64,
    /// Observations in it.
    pub observation_count: u32,
}
