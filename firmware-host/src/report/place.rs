//! Where each beacon is, as a search lead reads it out: the last estimate in degrees, on the grids of maps, and from home.

use super::facts::{Answer, BEACON, has, lines};
use super::way::{bearing_deg, distance_m};
use crate::grid::Utm;
use crate::locate::outline::{self, Polygon};
use duckdb::Connection;
use serde::Serialize;
use skyhound::facts::Run;
use skyhound::geo::{NorthEast, Origin, Wgs84};

/// Of two dimensions, the ellipse of 95 % is so many standard deviations wide: √(−2 ln 0.05).
const SIGMAS_95: f64 = 2.447_746_830_68;

/// Where home is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HomeLine {
    /// WGS84 latitude.
    pub lat_deg: f64,
    /// WGS84 longitude.
    pub lon_deg: f64,
    /// Over the sea, m.
    pub alt_amsl_m: Option<f64>,
    /// `home` as the autopilot told it, or `first position`.
    pub source: &'static str,
}

impl HomeLine {
    /// As a place.
    pub fn at(&self) -> Wgs84 {
        Wgs84 { lat_deg: self.lat_deg, lon_deg: self.lon_deg }
    }
}

/// Where a beacon is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlaceLine {
    /// Its channel.
    pub channel: i64,
    /// Channel's name.
    pub beacon: String,
    /// When that was known, s since start.
    pub at_s: f64,
    /// Mean of the posterior.
    pub lat_deg: f64,
    /// See `lat_deg`.
    pub lon_deg: f64,
    /// Its densest place.
    pub peak_lat_deg: f64,
    /// See `peak_lat_deg`.
    pub peak_lon_deg: f64,
    /// Mean on the UTM grid: zone with band, easting and northing in m; `None` at the poles.
    pub utm: Option<String>,
    /// The same as MGRS, to a metre.
    pub mgrs: Option<String>,
    /// Bearing from home, degrees from true north; `None` where home is not known.
    pub from_home_deg: Option<f64>,
    /// Distance from home, m.
    pub from_home_m: Option<f64>,
    /// Radius of a circle as large as the smallest region that holds it with 50 %, m.
    pub radius_50_m: f64,
    /// Likewise with 95 %, m.
    pub radius_95_m: f64,
    /// Longer half axis of the ellipse of 95 % of a normal law of the same covariance, m.
    pub ellipse_long_m: f64,
    /// Shorter one, m.
    pub ellipse_short_m: f64,
    /// Direction of the longer one, degrees from true north, 0..180.
    pub ellipse_deg: f64,
    /// Observations in it.
    pub observation_count: i64,
    /// Identifications of distress beacons that were read on its channel, 15 digits each.
    pub distress_ids: Vec<String>,
}

impl PlaceLine {
    /// Mean as a place.
    pub fn at(&self) -> Wgs84 {
        Wgs84 { lat_deg: self.lat_deg, lon_deg: self.lon_deg }
    }
}

/// A region as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Of this channel.
    pub channel: i64,
    /// Probability of it all, per cent.
    pub percent: i64,
    /// Of the metres of `runs`.
    pub origin: Origin,
    /// Squares side by side.
    pub runs: Vec<Run>,
}

const HOME: &str = "SELECT lat_deg, lon_deg, alt_amsl_m FROM home WHERE lat_deg IS NOT NULL AND (lat_deg <> 0 OR lon_deg <> 0)
    ORDER BY at_us DESC, rowid DESC LIMIT 1";
const LAST: &str = "SELECT channel, BEACON, at_us / 1e6, lat_deg, lon_deg, coalesce(peak_lat_deg, lat_deg), coalesce(peak_lon_deg, lon_deg),
    variance_north_m2::DOUBLE, covariance_m2::DOUBLE, variance_east_m2::DOUBLE, radius_50_m::DOUBLE, radius_95_m::DOUBLE, observation_count
    FROM (SELECT DISTINCT ON (channel) * FROM estimate ORDER BY channel, at_us DESC, rowid DESC) ORDER BY channel";
const IDS: &str = "SELECT DISTINCT id FROM beacon_message WHERE channel = ? ORDER BY id";
const REGIONS: &str = "SELECT channel, percent, lat_deg, lon_deg, size_m::DOUBLE, square_count FROM estimate_region
    WHERE (channel, at_us) IN (SELECT (channel, max(at_us)) FROM estimate_region GROUP BY channel) ORDER BY channel, percent DESC, lat_e7, lon_e7";

/// Home, or where the first position was.
pub(super) fn home(flight: &Connection, first: Option<Wgs84>) -> Answer<Option<HomeLine>> {
    let told = lines(flight, HOME, |r| {
        Ok(HomeLine { lat_deg: r.get(0)?, lon_deg: r.get(1)?, alt_amsl_m: r.get(2)?, source: "home" })
    })?;
    let first = first.map(|at| HomeLine {
        lat_deg: at.lat_deg,
        lon_deg: at.lon_deg,
        alt_amsl_m: None,
        source: "first position",
    });
    Ok(told.into_iter().next().or(first))
}

/// The last estimate of each beacon.
pub(super) fn places(flight: &Connection, home: Option<&HomeLine>) -> Answer<Vec<PlaceLine>> {
    if !has(flight, "estimate")? {
        return Ok(Vec::new());
    }
    let mut places = lines(flight, &LAST.replace("BEACON", BEACON), |r| {
        let (long_m, short_m, deg) = ellipse(r.get(7)?, r.get(8)?, r.get(9)?);
        Ok(PlaceLine {
            channel: r.get(0)?,
            beacon: r.get(1)?,
            at_s: r.get(2)?,
            lat_deg: r.get(3)?,
            lon_deg: r.get(4)?,
            peak_lat_deg: r.get(5)?,
            peak_lon_deg: r.get(6)?,
            radius_50_m: r.get(10)?,
            radius_95_m: r.get(11)?,
            observation_count: r.get(12)?,
            ellipse_long_m: long_m,
            ellipse_short_m: short_m,
            ellipse_deg: deg,
            ..PlaceLine::default()
        })
    })?;
    let has_messages = has(flight, "beacon_message")?;
    for place in &mut places {
        let utm = Utm::of(place.at());
        place.utm = utm.map(|utm| utm.to_string());
        place.mgrs = utm.map(|utm| utm.mgrs());
        place.from_home_deg = home.map(|home| bearing_deg(home.at(), place.at()));
        place.from_home_m = home.map(|home| distance_m(home.at(), place.at()));
        if has_messages {
            let mut ids = flight.prepare(IDS)?;
            place.distress_ids = ids.query_map([place.channel], |r| r.get(0))?.collect::<Answer<_>>()?;
        }
    }
    Ok(places)
}

/// The newest regions of each beacon.
pub(super) fn regions(flight: &Connection) -> Answer<Vec<Region>> {
    if !has(flight, "estimate_region")? {
        return Ok(Vec::new());
    }
    let mut regions: Vec<Region> = Vec::new();
    let rows: Vec<(i64, i64, Wgs84, f64, u16)> = lines(flight, REGIONS, |r| {
        let at = Wgs84 { lat_deg: r.get(2)?, lon_deg: r.get(3)? };
        Ok((r.get(0)?, r.get(1)?, at, r.get(4)?, r.get(5)?))
    })?;
    for (channel, percent, at, size_m, count) in rows {
        if regions.last().is_none_or(|last| (last.channel, last.percent) != (channel, percent)) {
            regions.push(Region { channel, percent, origin: Origin::new(at), runs: Vec::new() });
        }
        if let Some(region) = regions.last_mut() {
            let from = region.origin.ned_from_wgs84(at);
            region.runs.push(Run { from, size_m, count });
        }
    }
    Ok(regions)
}

impl Region {
    /// Its outlines.
    pub fn polygons(&self) -> Vec<Polygon> {
        outline::of_runs(&self.runs)
    }

    /// Whether it holds a place.
    pub fn holds(&self, at: Wgs84) -> bool {
        let at = self.origin.ned_from_wgs84(at);
        self.runs.iter().any(|run| holds(run, at))
    }
}

fn holds(run: &Run, at: NorthEast) -> bool {
    let half_m = run.size_m / 2.0;
    let east_m = at.east_m - run.from.east_m + half_m;
    (at.north_m - run.from.north_m).abs() <= half_m
        && (0.0..=run.size_m * f64::from(run.count)).contains(&east_m)
}

/// Half axes of the ellipse of 95 % and the direction of the longer one (eigenvalues of a symmetric 2 × 2 matrix).
fn ellipse(north_m2: f64, covariance_m2: f64, east_m2: f64) -> (f64, f64, f64) {
    let (middle, half) = (0.5 * (north_m2 + east_m2), 0.5 * (north_m2 - east_m2));
    let root = half.hypot(covariance_m2);
    let axis_m = |m2: f64| SIGMAS_95 * m2.max(0.0).sqrt();
    let deg = 0.5 * covariance_m2.atan2(half).to_degrees();
    (axis_m(middle + root), axis_m(middle - root), deg.rem_euclid(180.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipse_lies_along_its_longer_axis() {
        let is_about = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let (long_m, short_m, deg) = ellipse(100.0, 0.0, 25.0);
        assert!(
            is_about(long_m, 10.0 * SIGMAS_95) && is_about(short_m, 5.0 * SIGMAS_95) && is_about(deg, 0.0)
        );
        assert!(is_about(ellipse(25.0, 0.0, 100.0).2, 90.0));
        // Along north-east: variance 2 there, 0 across.
        let (long_m, short_m, deg) = ellipse(1.0, 1.0, 1.0);
        assert!(is_about(long_m, 2_f64.sqrt() * SIGMAS_95) && short_m < 1e-6 && is_about(deg, 45.0));
        assert!(is_about(ellipse(1.0, -1.0, 1.0).2, 135.0));
        assert!((1.0 - (-0.5 * SIGMAS_95 * SIGMAS_95).exp() - 0.95).abs() < 1e-9);
    }

    #[test]
    fn a_region_holds_what_lies_in_its_squares() {
        let origin = Origin::new(Wgs84 { lat_deg: 47.3, lon_deg: 8.5 });
        let run = Run { from: NorthEast { north_m: 10.0, east_m: 20.0 }, size_m: 4.0, count: 3 };
        let region = Region { channel: 0, percent: 95, origin, runs: vec![run] };
        for (north_m, east_m, is_in) in [
            (10.0, 18.5, true),
            (11.9, 29.9, true),
            (10.0, 17.9, false),
            (12.1, 20.0, false),
            (10.0, 30.1, false),
        ] {
            assert_eq!(region.holds(origin.wgs84_from_ned(NorthEast { north_m, east_m })), is_in);
        }
        let polygons = region.polygons();
        assert_eq!((polygons.len(), polygons[0].len(), polygons[0][0].len()), (1, 1, 5));
    }
}
