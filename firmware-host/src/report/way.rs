//! The way that was flown: positions, one a second → lengths, heights, times, and how straight the approach was.

use super::facts::{Answer, lines};
use duckdb::Connection;
use serde::Serialize;
use skyhound::geo::{NorthEast, Origin, Wgs84};

/// Higher over home than this it flies, m.
const AIRBORNE_M: f64 = 2.0;

/// A position; the first of its second.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Fix {
    /// When, µs since start.
    pub at_us: i64,
    /// Where.
    pub at: Wgs84,
    /// Over home, m.
    pub alt_rel_m: f64,
    /// Over the sea, m.
    pub alt_amsl_m: f64,
    /// Over the ground, m/s.
    pub speed_mps: f64,
}

/// The whole way.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WayLine {
    /// When it first flew, s since start.
    pub airborne_s: f64,
    /// When it last flew, s since start.
    pub landed_s: f64,
    /// Flown in the air, m.
    pub flown_m: f64,
    /// Highest over home, m.
    pub height_max_m: f64,
    /// Fastest over the ground, m/s.
    pub speed_max_mps: f64,
    /// Farthest from where it first flew, m.
    pub farthest_m: f64,
}

/// From where a beacon was first homed on to where it was held.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ApproachLine {
    /// Begin of HOMING, s since start.
    pub began_s: f64,
    /// First HOLDING after it, else the end of the last HOMING, s since start.
    pub ended_s: f64,
    /// Whether that was HOLDING.
    pub is_held: bool,
    /// Way that was flown between, m.
    pub flown_m: f64,
    /// The straight way, m.
    pub straight_m: f64,
    /// The second over the first, 0..=1; `None` where nothing was flown.
    pub efficiency_ratio: Option<f64>,
}

/// Leaves out what is no position.
const FIXES: &str = "SELECT arg_min(position_us, position_us), arg_min(lat_deg, position_us), arg_min(lon_deg, position_us),
    coalesce(arg_min(alt_rel_m, position_us), 0), coalesce(arg_min(alt_amsl_m, position_us), 0),
    coalesce(arg_min(sqrt(north_mps * north_mps + east_mps * east_mps), position_us), 0)
    FROM vehicle_motion WHERE position_us IS NOT NULL AND lat_deg IS NOT NULL AND lon_deg IS NOT NULL AND (lat_deg <> 0 OR lon_deg <> 0)
    GROUP BY position_us // 1000000 ORDER BY 1";
const APPROACH: &str = "SELECT began_us, coalesce(held_us, left_us, (SELECT max(at_us) FROM state_change)), held_us IS NOT NULL FROM (
    SELECT began_us, (SELECT min(at_us) FROM state_change WHERE to_state = 'HOLDING' AND at_us >= began_us) AS held_us,
        (SELECT max(at_us) FROM state_change WHERE from_state = 'HOMING') AS left_us
    FROM (SELECT min(at_us) AS began_us FROM state_change WHERE to_state = 'HOMING') WHERE began_us IS NOT NULL)";

/// The positions of a flight in order of time.
pub(super) fn fixes(flight: &Connection) -> Answer<Vec<Fix>> {
    lines(flight, FIXES, |r| {
        let at = Wgs84 { lat_deg: r.get(1)?, lon_deg: r.get(2)? };
        let (at_us, alt_rel_m, alt_amsl_m) = (r.get(0)?, r.get(3)?, r.get(4)?);
        Ok(Fix { at_us, at, alt_rel_m, alt_amsl_m, speed_mps: r.get(5)? })
    })
}

/// The whole way; `None` when it never flew.
pub(super) fn way(fixes: &[Fix]) -> Option<WayLine> {
    let aloft = |fix: &&Fix| fix.alt_rel_m > AIRBORNE_M;
    let (first, last) = (fixes.iter().find(aloft)?, fixes.iter().rfind(aloft)?);
    let most = |of: fn(&Fix) -> f64| fixes.iter().map(of).fold(0.0, f64::max);
    let origin = Origin::new(first.at);
    let far = |fix: &Fix| origin.ned_from_wgs84(fix.at).distance_m(NorthEast::default());
    Some(WayLine {
        airborne_s: first.at_us as f64 / 1e6,
        landed_s: last.at_us as f64 / 1e6,
        flown_m: flown_m(fixes, first.at_us, last.at_us),
        height_max_m: most(|fix| fix.alt_rel_m),
        speed_max_mps: most(|fix| fix.speed_mps),
        farthest_m: fixes.iter().map(far).fold(0.0, f64::max),
    })
}

/// Length of the way between two times, m.
pub(super) fn flown_m(fixes: &[Fix], from_us: i64, until_us: i64) -> f64 {
    let Some(first) = fixes.first() else { return 0.0 };
    let origin = Origin::new(first.at);
    let within = fixes.iter().filter(|fix| (from_us..=until_us).contains(&fix.at_us));
    let places: Vec<NorthEast> = within.map(|fix| origin.ned_from_wgs84(fix.at)).collect();
    // Not `sum`: that of nothing is -0, and is printed so.
    places.windows(2).fold(0.0, |flown_m, pair| flown_m + pair[0].distance_m(pair[1]))
}

/// The newest position at a time; the first one before there is any.
pub(super) fn fix_at(fixes: &[Fix], at_us: i64) -> Option<&Fix> {
    fixes.get(fixes.partition_point(|fix| fix.at_us <= at_us).saturating_sub(1))
}

/// The approach; `None` when nothing was homed on.
pub(super) fn approach(flight: &Connection, fixes: &[Fix]) -> Answer<Option<ApproachLine>> {
    let asked = lines(flight, APPROACH, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.pop();
    let Some((began_us, ended_us, is_held)): Option<(i64, i64, bool)> = asked else { return Ok(None) };
    let (Some(from), Some(to)) = (fix_at(fixes, began_us), fix_at(fixes, ended_us)) else { return Ok(None) };
    let flown_m = flown_m(fixes, from.at_us, to.at_us);
    let straight_m = distance_m(from.at, to.at);
    Ok(Some(ApproachLine {
        began_s: began_us as f64 / 1e6,
        ended_s: ended_us as f64 / 1e6,
        is_held,
        flown_m,
        straight_m,
        efficiency_ratio: (flown_m > 1.0).then(|| (straight_m / flown_m).min(1.0)),
    }))
}

/// Distance of two places on the local plane, m.
pub(super) fn distance_m(from: Wgs84, to: Wgs84) -> f64 {
    Origin::new(from).ned_from_wgs84(to).distance_m(NorthEast::default())
}

/// Bearing of `to` from `from`, from true north, 0..360 degrees.
pub(super) fn bearing_deg(from: Wgs84, to: Wgs84) -> f64 {
    let at = Origin::new(from).ned_from_wgs84(to);
    NorthEast::default().bearing_rad(at).to_degrees().rem_euclid(360.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten seconds north at 5 m/s, then back to half of it.
    fn there_and_back() -> Vec<Fix> {
        let origin = Origin::new(Wgs84 { lat_deg: 47.3, lon_deg: 8.5 });
        let north_m = |n: i64| 5.0 * (if n <= 10 { n } else { 20 - n }) as f64;
        let fix = |n: i64| Fix {
            at_us: n * 1_000_000,
            at: origin.wgs84_from_ned(NorthEast { north_m: north_m(n), east_m: 0.0 }),
            alt_rel_m: if n == 0 { 0.0 } else { 40.0 },
            alt_amsl_m: 440.0,
            speed_mps: 5.0,
        };
        (0..=15).map(fix).collect()
    }

    #[test]
    fn a_way_is_as_long_as_its_legs() {
        let fixes = there_and_back();
        let way = way(&fixes).unwrap();
        assert!((way.flown_m - 70.0).abs() < 0.01 && (way.farthest_m - 45.0).abs() < 0.01, "{way:?}");
        assert_eq!((way.airborne_s, way.landed_s, way.height_max_m), (1.0, 15.0, 40.0));
        assert!((flown_m(&fixes, 0, 10_000_000) - 50.0).abs() < 0.01);
        assert_eq!(fix_at(&fixes, 3_500_000).unwrap().at_us, 3_000_000);
        assert_eq!(fix_at(&fixes, -1).unwrap().at_us, 0);
        assert!(fix_at(&[], 0).is_none());
    }

    #[test]
    fn bearings_go_round_from_north() {
        let from = Wgs84 { lat_deg: 47.3, lon_deg: 8.5 };
        for (lat_deg, lon_deg, deg) in
            [(47.4, 8.5, 0.0), (47.3, 8.6, 90.0), (47.2, 8.5, 180.0), (47.3, 8.4, 270.0)]
        {
            assert!((bearing_deg(from, Wgs84 { lat_deg, lon_deg }) - deg).abs() < 0.1);
        }
    }
}
