//! Beside a truth: the error, whether the region holds it, and what two plain methods make of the same rows.

use super::{Located, Row};
use crate::table::{Table, Wrong, number};
use skyhound::geo::{NorthEast, Wgs84};

/// Share of the rows whose centroid is taken.
const STRONGEST_RATIO: f64 = 0.02;

/// Where beacons were, by the name of a track.
///
/// # Errors
/// The first cell that is wrong.
pub fn read(text: &str) -> Result<Vec<(String, Wgs84)>, Wrong> {
    let table = Table::read(text)?;
    let place = |(line, [name, lat, lon]): (usize, [&str; 3])| {
        let lat_deg = number(line, "lat_deg", lat, -90.0, 90.0)?;
        let lon_deg = number(line, "lon_deg", lon, -180.0, 180.0)?;
        Ok((name.to_string(), Wgs84 { lat_deg, lon_deg }))
    };
    table.columns(["name", "lat_deg", "lon_deg"])?.into_iter().map(place).collect()
}

/// A track against its truth.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Compared {
    /// Track's name.
    pub name: String,
    /// From the mean of the posterior to the truth, m.
    pub error_m: f64,
    /// Whether the region of 95 % holds it.
    pub is_in_95: bool,
    /// The smallest region that holds it, per cent.
    pub credibility_percent: f64,
    /// Radius of a circle as large as the region, m.
    pub radius_95_m: f64,
    /// Error of the strongest row's place, m.
    pub strongest_m: f64,
    /// Error of the centroid of the strongest 2 % of the rows, m.
    pub centroid_m: f64,
}

impl Compared {
    /// Compares.
    pub fn of(located: &Located<'_>, truth: Wgs84) -> Compared {
        let truth = located.track.origin.ned_from_wgs84(truth);
        let credibility = located.posterior.credibility(truth);
        let mut rows: Vec<&Row> = located.track.rows[..located.row_count].iter().collect();
        rows.sort_by(|a, b| b.power_db.total_cmp(&a.power_db));
        let count = ((STRONGEST_RATIO * rows.len() as f64).ceil() as usize).max(1);
        let middle = |of: fn(&NorthEast) -> f64| {
            rows[..count].iter().map(|row| of(&row.at)).sum::<f64>() / count as f64
        };
        let centroid = NorthEast { north_m: middle(|at| at.north_m), east_m: middle(|at| at.east_m) };
        Compared {
            name: located.track.name.clone(),
            error_m: located.estimate.mean.distance_m(truth),
            is_in_95: credibility <= 0.95,
            credibility_percent: 100.0 * credibility,
            radius_95_m: located.estimate.radius_95_m,
            strongest_m: rows[0].at.distance_m(truth),
            centroid_m: centroid.distance_m(truth),
        }
    }

    /// What a good method is allowed here, m: half more than the better of both plain ones, and 20 m are good.
    pub fn goal_m(&self) -> f64 {
        1.5 * self.strongest_m.min(self.centroid_m).max(20.0)
    }
}

/// The middle of some numbers.
pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    let middle = |n: usize| sorted.get(n).copied().unwrap_or(f64::NAN);
    0.5 * (middle(sorted.len() / 2) + middle(sorted.len().saturating_sub(1) / 2))
}
