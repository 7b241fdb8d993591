//! What is searched before anything is heard, and for what.

use super::check::within;
use super::{ConfigError, InterlockConfig};
use crate::geo::Wgs84;
use crate::limits::SEARCH_CORNERS_MAX;

/// A pattern by its name in the IAMSAR manual.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SearchPattern {
    /// Expanding square (SS): from the datum, legs of 1, 1, 2, 2, 3, 3, … spacings, each a right angle to the right.
    ExpandingSquare,
    /// Sector (VS): three sectors about the datum, each a triangle out, across and back, turned by 120° to the right of the one before;
    /// then a second time, 30° to the right. Its radius is the datum's distance from the area's edge; it has no spacing.
    Sector,
    /// Parallel track (PS): legs on the heading, one beside the other.
    ParallelTrack,
    /// Creeping line (CS): legs across the heading, which is where it creeps to.
    CreepingLine,
    /// Archimedean spiral out of the datum, and a circle half a spacing within the distance to the area's edge.
    Spiral,
}

/// Where it is searched.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchArea {
    /// Corners in order, 3 to [`SEARCH_CORNERS_MAX`].
    Polygon(Vec<Wgs84>),
    /// A disc: its middle and its radius, m.
    Disc(Wgs84, f64),
}

/// A part of the prior: where the beacon may lie.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorRegion {
    /// Corners in order, 3 or more.
    pub corners: Vec<Wgs84>,
    /// Its POA beside that of the others, > 0; spread evenly over it. Where regions overlap they add up.
    pub weight: f64,
}

/// The beacon that is sought, of the first channel, and its way to the aircraft.
#[derive(Clone, Debug, PartialEq)]
pub struct Sought {
    /// Power into its antenna while it is on, less what the antennas lose, dBm.
    pub power_dbm: f64,
    /// Deviation of what is not known of that, dB.
    pub unsure_db: f64,
    /// Path-loss exponent.
    pub exponent: f64,
    /// Deviation of shadowing, dB.
    pub sigma_db: f64,
    /// C/N0 that its detectors need, dB-Hz, when they listen for `listen_s` s.
    pub cn0_db_hz: f64,
    /// See `cn0_db_hz`.
    pub listen_s: f64,
    /// Noise at the antenna as it is reckoned with, dBm/Hz.
    pub floor_dbm_hz: f64,
    /// Power at the antenna that is 0 dBFS: with it the floor is the present one. dBm.
    pub full_scale_dbm: Option<f64>,
    /// Noise bandwidth of the channel, Hz.
    pub noise_bandwidth_hz: f64,
}

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchConfig {
    /// Where.
    pub area: SearchArea,
    /// Where the beacon may lie, for the map; empty: evenly over the area.
    pub prior: Vec<PriorRegion>,
    /// By which pattern.
    pub pattern: SearchPattern,
    /// Track spacing, m; `None`: that at which the beacon is heard between two tracks.
    pub spacing_m: Option<f64>,
    /// First heading from true north, rad; `None`: along the polygon, of a disc north.
    pub heading_rad: Option<f64>,
    /// Ground speed, m/s.
    pub speed_mps: f64,
    /// Height over home for which the spacing is reckoned, m.
    pub height_m: f64,
    /// For what.
    pub sought: Sought,
    /// The route is flown by our own velocities.
    pub flies: bool,
}

impl SearchConfig {
    pub(super) fn check(&self, limits: &InterlockConfig) -> Result<(), ConfigError> {
        let speed_max_mps = limits.speed_max_mps;
        within("search.speed_mps", self.speed_mps, 0.1, speed_max_mps, "m/s (interlock.speed_max_mps)")?;
        within("search.height_m", self.height_m, 1.0, 1000.0, "m above home")?;
        within("search.spacing_m", self.spacing_m.unwrap_or(1.0), 1.0, 20e3, "m")?;
        let sought = &self.sought;
        within("search.power_dbm", sought.power_dbm, -200.0, 100.0, "dBm")?;
        within("search.unsure_db", sought.unsure_db, 0.0, 40.0, "dB")?;
        within("search.exponent", sought.exponent, 1.5, 6.0, "")?;
        within("search.sigma_db", sought.sigma_db, 0.0, 40.0, "dB")?;
        within("search.listen_s", sought.listen_s, 0.1, 1800.0, "s")?;
        within("search.floor_dbm_hz", sought.floor_dbm_hz, -250.0, 0.0, "dBm/Hz")?;
        within("search.full_scale_dbm", sought.full_scale_dbm.unwrap_or(0.0), -250.0, 100.0, "dBm")?;
        match &self.area {
            SearchArea::Disc(_, radius_m) => within("search.radius_m", *radius_m, 1.0, 20e3, "m"),
            SearchArea::Polygon(corners) if (3..=SEARCH_CORNERS_MAX).contains(&corners.len()) => Ok(()),
            SearchArea::Polygon(corners) => {
                let mend = format!("{} corners; write 3 to {SEARCH_CORNERS_MAX}", corners.len());
                Err(ConfigError::new("search.polygon", mend))
            }
        }
    }
}
