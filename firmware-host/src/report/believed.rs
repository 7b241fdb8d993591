//! What was believed of each beacon's place, second by second: rows of the table `estimate`.

use super::facts::{Answer, BEACON, has, lines};
use duckdb::Connection;
use skyhound::geo::Wgs84;

/// An estimate of a second.
#[derive(Clone, Debug, PartialEq)]
pub struct Believed {
    /// Its channel.
    pub channel: i64,
    /// Channel's name.
    pub beacon: String,
    /// When, µs since start.
    pub at_us: i64,
    /// Mean.
    pub at: Wgs84,
    /// Variance northwards, covariance, variance eastwards, m².
    pub covariance_m2: [f64; 3],
    /// Radius of a circle as large as the region of 50 %, m.
    pub radius_50_m: f64,
    /// Likewise of 95 %, m.
    pub radius_95_m: f64,
}

const ALL: &str = "SELECT channel, BEACON, at_us, lat_deg, lon_deg, variance_north_m2::DOUBLE, covariance_m2::DOUBLE, variance_east_m2::DOUBLE,
    radius_50_m::DOUBLE, radius_95_m::DOUBLE FROM estimate ORDER BY channel, at_us, rowid";

/// All of them, a channel after another.
pub(super) fn believed(flight: &Connection) -> Answer<Vec<Believed>> {
    if !has(flight, "estimate")? {
        return Ok(Vec::new());
    }
    lines(flight, &ALL.replace("BEACON", BEACON), |r| {
        Ok(Believed {
            channel: r.get(0)?,
            beacon: r.get(1)?,
            at_us: r.get(2)?,
            at: Wgs84 { lat_deg: r.get(3)?, lon_deg: r.get(4)? },
            covariance_m2: [r.get(5)?, r.get(6)?, r.get(7)?],
            radius_50_m: r.get(8)?,
            radius_95_m: r.get(9)?,
        })
    })
}
