//! `search plan`: a search before it is flown: areas and missions from files, the route of a pattern, how likely it finds, and its preview.
//!
//! Patterns and search theory are the engine's (`skyhound::search`); here are the files: areas, QGC WPL, features of a map.

mod features;
pub mod wpl;
mod written;

pub use features::write_map;

use crate::failure::Failure;
use crate::polygons::Refused;
use skyhound::geo::{Origin, Wgs84};
use skyhound::search::{Area, PoaMap, Region, Route, Sight, theory};
use skyhound::time::TimeUs;
use std::path::Path;

/// The plane of metres about an origin is good to 0.1 % up to here, m.
const PLANE_M: f64 = 20e3;
/// Largest file that is read.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Track after which shadowing is drawn anew, m: what real tracks over rough country show (10–12 dB, correlated over some 40 m).
const SHADOW_M: f64 = 40.0;
/// Passes of the flown route, a second each.
const PASS_US: u64 = 1_000_000;

/// A route over its area, with what it is flown by.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Place of the metres.
    pub origin: Origin,
    /// The pattern, or the file that the route is from.
    pub name: String,
    /// Where it searches, if that is known.
    pub area: Option<Area>,
    /// Track spacing, m; `None` of a route of someone else.
    pub spacing_m: Option<f64>,
    /// The way.
    pub route: Route,
    /// Over home, m.
    pub height_m: f64,
    /// Over the ground, m/s.
    pub speed_mps: f64,
}

/// How likely a route finds.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// Koopman's sweep width, m.
    pub sweep_width_m: f64,
    /// Coverage; `None` without an area.
    pub coverage: Option<f64>,
    /// The map after the route was flown and nothing was heard; `None` where there is neither prior nor area.
    pub map: Option<PoaMap>,
}

impl Preview {
    /// Corners of its area.
    pub fn corners(&self) -> Option<Vec<Wgs84>> {
        let place = |corner: &skyhound::geo::NorthEast| self.origin.wgs84_from_ned(*corner);
        self.area.as_ref().map(|area| area.corners().iter().map(place).collect())
    }

    /// Waypoints.
    pub fn places(&self) -> Vec<Wgs84> {
        self.route.waypoints().iter().map(|at| self.origin.wgs84_from_ned(*at)).collect()
    }

    /// Waypoints outside of its area, from 1.
    pub fn strays(&self) -> Vec<usize> {
        let Some(area) = &self.area else { return Vec::new() };
        let is_out = |(_, at): &(usize, &skyhound::geo::NorthEast)| !area.contains(**at);
        self.route.waypoints().iter().enumerate().filter(is_out).map(|(n, _)| n + 1).collect()
    }

    /// Flies the route over the prior, or over the area evenly where there is none, with nothing heard.
    pub fn outlook(&self, prior: &[Region], sight: &Sight) -> Outlook {
        let sweep_width_m = sight.sweep_width_m(self.speed_mps);
        let area = self.area.as_ref();
        let coverage =
            area.map(|area| theory::coverage(sweep_width_m, self.route.length_m(), area.area_m2()));
        let even = area.map(|area| Region { area: area.clone(), weight: 1.0 });
        let regions = if prior.is_empty() { even.as_slice() } else { prior };
        let mut map = PoaMap::new(regions);
        if let Some(map) = &mut map {
            self.fly(map, sight);
        }
        Outlook { sweep_width_m, coverage, map }
    }

    fn fly(&self, map: &mut PoaMap, sight: &Sight) {
        let step_m = self.speed_mps * PASS_US as f64 * 1e-6;
        let (mut pass, mut ahead_m) = (0, 0.0);
        for pair in self.route.waypoints().windows(2) {
            let leg_m = pair[0].distance_m(pair[1]);
            while ahead_m <= leg_m {
                let t = if leg_m > 0.0 { ahead_m / leg_m } else { 0.0 };
                let at = skyhound::geo::NorthEast {
                    north_m: pair[0].north_m + t * (pair[1].north_m - pair[0].north_m),
                    east_m: pair[0].east_m + t * (pair[1].east_m - pair[0].east_m),
                };
                map.pass(TimeUs(pass * PASS_US), at, sight);
                pass += 1;
                ahead_m += step_m;
            }
            ahead_m -= leg_m;
        }
        map.finish(sight);
    }
}

/// The engine's sight of what `range` tells, unsure of the beacon by `unsure_db`.
pub fn sight(plan: &crate::range::Plan, unsure_db: f64) -> Sight {
    Sight::new(&plan.link(unsure_db), plan.question.seconds, SHADOW_M)
}

/// An area about an origin of its own: the middle of its corners.
///
/// # Errors
/// One that is larger than the plane.
pub fn area_of(path: &Path, corners: &[Wgs84], origin: &Origin) -> Result<Area, Failure> {
    let ned: Vec<_> = corners.iter().map(|corner| origin.ned_from_wgs84(*corner)).collect();
    let here = skyhound::geo::NorthEast::default();
    if let Some(far) = ned.iter().map(|at| at.distance_m(here)).find(|m| *m > PLANE_M) {
        let why = format!(
            "a corner {:.0} km from the middle of the search: at most {:.0} km",
            far / 1e3,
            PLANE_M / 1e3
        );
        return Err(Failure::Usage(format!("{}: {why}; plan it in parts", path.display())));
    }
    Area::new(&ned).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

/// The middle of places, on their own plane.
pub fn middle(places: &[Wgs84]) -> Option<Origin> {
    let origin = Origin::new(*places.first()?);
    let count = places.len() as f64;
    let sum = places
        .iter()
        .map(|place| origin.ned_from_wgs84(*place))
        .fold((0.0, 0.0), |sum, at| (sum.0 + at.north_m / count, sum.1 + at.east_m / count));
    Some(Origin::new(origin.wgs84_from_ned(skyhound::geo::NorthEast { north_m: sum.0, east_m: sum.1 })))
}

/// Reads a file by `parse`.
///
/// # Errors
/// A file that cannot be read, is larger than [`FILE_BYTES_MAX`] or is not what it should be; with its name and line.
pub fn read<T>(path: &Path, parse: impl Fn(&str) -> Result<T, Refused>) -> Result<T, Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| Failure::doing(format!("cannot read {shown}"), error);
    let bytes = std::fs::metadata(path).map_err(failed)?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(Failure::Usage(format!("{shown}: {} MB, at most {}", bytes >> 20, FILE_BYTES_MAX >> 20)));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::Usage(format!("{shown}: is no text in UTF-8; save it as such")))?;
    parse(&text).map_err(|refused| Failure::Usage(format!("{shown}:{}: {}", refused.line, refused.why)))
}

#[cfg(test)]
mod tests;
