//! How far a search has come: the last row of the table `search` → what the report tells.

use duckdb::Row;
use serde::Serialize;
use skyhound::search::theory::not_there;

/// The search as it was left.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SearchLine {
    /// When, s since start.
    pub at_s: f64,
    /// Name of its pattern.
    pub pattern: String,
    /// Track spacing, m; `None` where the pattern has none.
    pub spacing_m: Option<f64>,
    /// Share of the route that was flown by our own velocities.
    pub progress: f64,
    /// Whether any of it was.
    pub is_flown: bool,
    /// Probability of success: that a beacon in the area would have been heard.
    pub pos: f64,
    /// That a beacon which was there with even odds before is not there, nothing having been heard.
    pub not_there: f64,
    /// Size of the area, km².
    pub area_km2: f64,
    /// Of it where the probability of detection is a half or more, km².
    pub searched_km2: f64,
    /// Listenings that counted.
    pub listening_count: i64,
    /// Noise that is reckoned with, dBm/Hz.
    pub floor_dbm_hz: f64,
    /// Detections of the whole flight.
    pub detection_count: i64,
}

pub(super) const LAST: &str = "SELECT at_us / 1e6, pattern, spacing_m, progress, (SELECT bool_or(flown) FROM search), pos, area_m2 / 1e6,
    searched_m2 / 1e6, listening_count, floor_dbm_hz, (SELECT count(*) FROM detections) FROM search ORDER BY at_us DESC, rowid DESC LIMIT 1";

pub(super) fn line(r: &Row<'_>) -> Result<SearchLine, duckdb::Error> {
    let pos: f64 = r.get(5)?;
    Ok(SearchLine {
        at_s: r.get(0)?,
        pattern: r.get(1)?,
        spacing_m: r.get::<_, Option<f32>>(2)?.map(f64::from),
        progress: r.get::<_, f32>(3).map(f64::from)?,
        is_flown: r.get(4)?,
        pos,
        not_there: not_there(0.5, pos),
        area_km2: r.get(6)?,
        searched_km2: r.get(7)?,
        listening_count: r.get(8)?,
        floor_dbm_hz: r.get::<_, f32>(9).map(f64::from)?,
        detection_count: r.get(10)?,
    })
}
