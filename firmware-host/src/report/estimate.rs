//! The last estimate of each beacon: a row of the table `estimate` → what the report tells.

use duckdb::Row;
use serde::Serialize;

/// Where a beacon is, as it was known last.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EstimateLine {
    /// Channel's name.
    pub beacon: String,
    /// When, s since start.
    pub at_s: f64,
    /// Mean.
    pub lat_deg: f64,
    /// See `lat_deg`.
    pub lon_deg: f64,
    /// Root of the mean square distance from it, m.
    pub deviation_m: f64,
    /// Radius of a circle as large as the region of 50 %, m.
    pub radius_50_m: f64,
    /// Likewise of 95 %, m.
    pub radius_95_m: f64,
    /// Path-loss exponent that fits.
    pub exponent: f64,
    /// Standard deviation of shadowing that fits, dB.
    pub spread_db: f64,
    /// Observations in it.
    pub observation_count: i64,
}

pub(super) const LAST: &str = "SELECT BEACON, at_us / 1e6, lat_deg, lon_deg,
    sqrt(greatest(variance_north_m2, 0)::DOUBLE + greatest(variance_east_m2, 0)), radius_50_m, radius_95_m, exponent, spread_db,
    observation_count
    FROM (SELECT DISTINCT ON (channel) * FROM estimate ORDER BY channel, at_us DESC, rowid DESC) ORDER BY channel";

pub(super) fn line(r: &Row<'_>) -> Result<EstimateLine, duckdb::Error> {
    let float = |column: usize| r.get::<_, f32>(column).map(f64::from);
    Ok(EstimateLine {
        beacon: r.get(0)?,
        at_s: r.get(1)?,
        lat_deg: r.get(2)?,
        lon_deg: r.get(3)?,
        deviation_m: r.get(4)?,
        radius_50_m: float(5)?,
        radius_95_m: float(6)?,
        exponent: float(7)?,
        spread_db: float(8)?,
        observation_count: r.get(9)?,
    })
}
