//! What is given to the posterior, and the squares in which it is told.

pub use crate::config::Antenna;
use crate::geo::NorthEast;

/// Power at a place.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Observation {
    /// Metres north and east of the flight's origin.
    pub at_m: [f64; 2],
    /// Height above the beacon's supposed ground, m.
    pub up_m: f64,
    /// Power of the beacon alone, dB of any reference.
    pub power_db: f64,
}

impl Observation {
    pub(super) fn distance_m(&self, other: &Observation) -> f64 {
        let [north, east] = [0, 1].map(|n| self.at_m[n] - other.at_m[n]);
        (north * north + east * east + (self.up_m - other.up_m).powi(2)).sqrt()
    }
}

/// A square that the beacon may be in.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Place {
    /// Its middle.
    pub at: NorthEast,
    /// Its edge, m.
    pub size_m: f64,
    /// That it is there, 0..=1.
    pub probability: f64,
}

impl Place {
    /// Probability over area.
    pub fn density_per_m2(&self) -> f64 {
        self.probability / (self.size_m * self.size_m)
    }
}

/// Settings.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct LocateConfig {
    /// What it is heard with.
    pub antenna: Antenna,
    /// Places further than this from where it was listened are ever less likely, m.
    pub near_m: f64,
    /// How well the aircraft's place and moment are known, m.
    pub place_sigma_m: f64,
}

impl Default for LocateConfig {
    fn default() -> LocateConfig {
        LocateConfig { antenna: Antenna::Omni, near_m: 200.0, place_sigma_m: 3.0 }
    }
}
