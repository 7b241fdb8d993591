//! Noise against height and place: readings → percentiles of the spectral floor (of mean power where there is none).

use super::facts::{Answer, BEACON, lines};
use duckdb::Connection;
use serde::Serialize;

/// Noise in a band of height.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HeightLine {
    /// Channel's name.
    pub beacon: String,
    /// From here over home, m.
    pub height_from_m: f64,
    /// To here.
    pub height_to_m: f64,
    /// Usable readings.
    pub reading_count: i64,
    /// 10th percentile of the floor, dBFS.
    pub floor_p10_dbfs: f64,
    /// Median.
    pub floor_p50_dbfs: f64,
    /// 90th percentile.
    pub floor_p90_dbfs: f64,
}

/// Noise and power in a square of the ground.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SquareLine {
    /// Channel's name.
    pub beacon: String,
    /// Its middle.
    pub lat_deg: f64,
    /// See `lat_deg`.
    pub lon_deg: f64,
    /// Usable readings.
    pub reading_count: i64,
    /// Median of the floor, dBFS.
    pub floor_p50_dbfs: f64,
    /// Strongest mean power, dBFS.
    pub power_max_dbfs: f64,
}

const HEIGHTS: &str = "SELECT BEACON, band * 10, band * 10 + 10, n, q[1], q[2], q[3] FROM (
    SELECT channel, band, count(*) AS n, quantile_cont(floor_dbfs, [0.1, 0.5, 0.9]) AS q FROM (
        SELECT channel, floor(alt_rel_m / 10)::INTEGER AS band, coalesce(quiet_dbfs, mean_dbfs) AS floor_dbfs
        FROM reading WHERE flags & 1144 = 0 AND alt_rel_m IS NOT NULL) GROUP BY channel, band) ORDER BY channel, band";
/// Squares of 1/2000 degree: some 55 m north to south.
const SQUARES: &str = "SELECT BEACON, lat / 2e3, lon / 2e3, n, floor_dbfs, power_dbfs FROM (
    SELECT channel, round(lat_deg * 2e3) AS lat, round(lon_deg * 2e3) AS lon, count(*) AS n,
        median(coalesce(quiet_dbfs, mean_dbfs)) AS floor_dbfs, max(mean_dbfs) AS power_dbfs
    FROM reading WHERE flags & 1144 = 0 AND lat_deg IS NOT NULL GROUP BY ALL) ORDER BY channel, n DESC, lat, lon LIMIT 4000";

/// By height, lowest first.
pub(super) fn heights(flight: &Connection) -> Answer<Vec<HeightLine>> {
    lines(flight, &HEIGHTS.replace("BEACON", BEACON), |r| {
        Ok(HeightLine {
            beacon: r.get(0)?,
            height_from_m: r.get::<_, i32>(1)?.into(),
            height_to_m: r.get::<_, i32>(2)?.into(),
            reading_count: r.get(3)?,
            floor_p10_dbfs: r.get(4)?,
            floor_p50_dbfs: r.get(5)?,
            floor_p90_dbfs: r.get(6)?,
        })
    })
}

/// By place, the most visited first.
pub(super) fn squares(flight: &Connection) -> Answer<Vec<SquareLine>> {
    lines(flight, &SQUARES.replace("BEACON", BEACON), |r| {
        Ok(SquareLine {
            beacon: r.get(0)?,
            lat_deg: r.get(1)?,
            lon_deg: r.get(2)?,
            reading_count: r.get(3)?,
            floor_p50_dbfs: r.get(4)?,
            power_max_dbfs: r.get(5)?,
        })
    })
}
