//! What was searched: the newest map of the table `search_cell` → squares, shares by probability of detection, and what is left.

use super::facts::{Answer, has, lines};
use duckdb::Connection;
use serde::Serialize;
use skyhound::facts::Run;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::search::theory::not_there;

/// Bounds of the classes of POD.
const CLASSES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 0.9];

/// Squares side by side that were searched alike.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Cells {
    /// Middle of the most western one.
    pub from: Wgs84,
    /// Edge of each, m.
    pub size_m: f64,
    /// How many.
    pub count: u16,
    /// Probability of area of each, before the search.
    pub poa: f64,
    /// Probability of detection in each.
    pub pod: f64,
}

/// A part of the area by how well it was searched.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PodLine {
    /// POD from here, 0..=1.
    pub pod_from: f64,
    /// To here; the last one to 1.
    pub pod_to: f64,
    /// Its size, km².
    pub area_km2: f64,
    /// Probability that the beacon lay in it before the search.
    pub poa: f64,
    /// Probability that it lies in it now, nothing having been heard.
    pub poa_now: f64,
}

/// Coverage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CoverageLine {
    /// When, s since start.
    pub at_s: f64,
    /// Probability of success, by the map: that a beacon which lies in the area as supposed would have been heard.
    pub pos: f64,
    /// That a beacon which was there with even odds is not there, nothing having been heard.
    pub not_there: f64,
    /// POD of the area as a whole, weighted by size.
    pub pod_mean: f64,
    /// By POD, worst first.
    pub classes: Vec<PodLine>,
}

const CELLS: &str =
    "SELECT at_us, lat_deg, lon_deg, size_m::DOUBLE, square_count, poa::DOUBLE, pod FROM search_cell
    WHERE at_us = (SELECT max(at_us) FROM search_cell) ORDER BY lat_e7, lon_e7";

/// The newest map, and when it was.
pub(super) fn cells(flight: &Connection) -> Answer<(f64, Vec<Cells>)> {
    if !has(flight, "search_cell")? {
        return Ok((0.0, Vec::new()));
    }
    let mut at_us = 0;
    let cells = lines(flight, CELLS, |r| {
        at_us = r.get::<_, i64>(0)?;
        let from = Wgs84 { lat_deg: r.get(1)?, lon_deg: r.get(2)? };
        Ok(Cells { from, size_m: r.get(3)?, count: r.get(4)?, poa: r.get(5)?, pod: r.get(6)? })
    })?;
    Ok((at_us as f64 / 1e6, cells))
}

/// What a map says; `None` of an empty one.
pub fn coverage(at_s: f64, cells: &[Cells]) -> Option<CoverageLine> {
    let sum = |of: &dyn Fn(&Cells) -> f64| cells.iter().map(of).sum::<f64>();
    let count = |c: &Cells| f64::from(c.count);
    let (pos, poa) = (sum(&|c| count(c) * c.poa * c.pod), sum(&|c| count(c) * c.poa));
    let area_m2 = sum(&|c| count(c) * c.size_m * c.size_m);
    if area_m2 <= 0.0 || poa <= 0.0 {
        return None;
    }
    // As rounded in the file the prior hardly sums to 1.
    let pos = pos / poa;
    let class = |index: usize| {
        let (from, to) = (CLASSES[index], CLASSES.get(index + 1).copied().unwrap_or(f64::INFINITY));
        let of = |value: &dyn Fn(&Cells) -> f64| {
            let within = cells.iter().filter(|c| c.pod >= from && c.pod < to);
            within.map(|c| count(c) * value(c)).sum::<f64>()
        };
        PodLine {
            pod_from: from,
            pod_to: to.min(1.0),
            area_km2: of(&|c| c.size_m * c.size_m) / 1e6,
            poa: of(&|c| c.poa) / poa,
            poa_now: of(&|c| c.poa * (1.0 - c.pod)) / poa / (1.0 - pos).max(1e-12),
        }
    };
    Some(CoverageLine {
        at_s,
        pos,
        not_there: not_there(0.5, pos),
        pod_mean: sum(&|c| count(c) * c.size_m * c.size_m * c.pod) / area_m2,
        classes: (0..CLASSES.len()).map(class).filter(|class| class.area_km2 > 0.0).collect(),
    })
}

/// Squares of a class of POD as runs about an origin, for their outline.
pub fn runs_of(cells: &[Cells], class: &PodLine) -> Option<(Origin, Vec<Run>)> {
    let origin = Origin::new(cells.first()?.from);
    let is_last = class.pod_to >= 1.0;
    let within = cells.iter().filter(|c| c.pod >= class.pod_from && (is_last || c.pod < class.pod_to));
    let run = |c: &Cells| Run { from: origin.ned_from_wgs84(c.from), size_m: c.size_m, count: c.count };
    Some((origin, within.map(run).collect()))
}

/// Squares along a side of a united map at most.
const UNITED_MAX: f64 = 800.0;

/// What several searches cover together: where each listened for itself, POD is 1 − Π(1 − POD). POA is that of the map which tells most of a
/// place, by its area.
pub fn united(maps: &[&[Cells]]) -> Vec<Cells> {
    let all = || maps.iter().flat_map(|map| map.iter());
    let Some(first) = all().next() else { return Vec::new() };
    let origin = Origin::new(first.from);
    // South, north, west, east.
    let none = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY];
    let [south, north, west, east] = all().fold(none, |[south, north, west, east], cells| {
        let (at, half_m) = (origin.ned_from_wgs84(cells.from), 0.5 * cells.size_m);
        let end_m = at.east_m - half_m + cells.size_m * f64::from(cells.count);
        [
            south.min(at.north_m - half_m),
            north.max(at.north_m + half_m),
            west.min(at.east_m - half_m),
            east.max(end_m),
        ]
    });
    let finest_m = all().map(|cells| cells.size_m).fold(f64::INFINITY, f64::min);
    let step_m = finest_m.max((north - south).max(east - west) / UNITED_MAX);
    let count = |from: f64, to: f64| ((to - from) / step_m).round().max(1.0) as usize;
    let (rows, columns) = (count(south, north), count(west, east));
    // POA per m², and the probability of having missed it.
    let mut raster = vec![(0.0_f64, 1.0_f64); rows * columns];
    for cells in all() {
        let (at, half_m) = (origin.ned_from_wgs84(cells.from), 0.5 * cells.size_m);
        let place =
            |m: f64, from: f64, most: usize| (((m - from) / step_m).round().max(0.0) as usize).min(most);
        let (low, high) = (place(at.north_m - half_m, south, rows), place(at.north_m + half_m, south, rows));
        let left = at.east_m - half_m;
        let right = left + cells.size_m * f64::from(cells.count);
        for row in low..high {
            for square in
                &mut raster[row * columns..][place(left, west, columns)..place(right, west, columns)]
            {
                *square = (square.0.max(cells.poa / cells.size_m.powi(2)), square.1 * (1.0 - cells.pod));
            }
        }
    }
    let square = |index: usize, (density, missed): (f64, f64)| {
        let at = NorthEast {
            north_m: south + ((index / columns) as f64 + 0.5) * step_m,
            east_m: west + ((index % columns) as f64 + 0.5) * step_m,
        };
        let from = origin.wgs84_from_ned(at);
        Cells { from, size_m: step_m, count: 1, poa: density * step_m.powi(2), pod: 1.0 - missed }
    };
    let squares = raster.into_iter().enumerate().filter(|(_, (density, _))| *density > 0.0);
    squares.map(|(index, values)| square(index, values)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_searched_and_what_is_left_sum_up() {
        let from = Wgs84 { lat_deg: 47.3, lon_deg: 8.5 };
        let cells = |count, poa, pod| Cells { from, size_m: 100.0, count, poa, pod };
        // Half of it was searched with 0.8, a quarter with 0.5, a quarter not.
        let map = [cells(20, 0.025, 0.8), cells(10, 0.025, 0.5), cells(10, 0.025, 0.0)];
        let coverage = coverage(60.0, &map).unwrap();
        assert!((coverage.pos - 0.525).abs() < 1e-12 && (coverage.pod_mean - 0.525).abs() < 1e-12);
        assert!((coverage.not_there - 0.5 / (0.5 + 0.5 * 0.475)).abs() < 1e-12);
        let areas: Vec<f64> = coverage.classes.iter().map(|class| class.area_km2).collect();
        assert_eq!(areas.len(), 3);
        assert!((areas.iter().sum::<f64>() - 0.4).abs() < 1e-12, "{areas:?}");
        let now: f64 = coverage.classes.iter().map(|class| class.poa_now).sum();
        assert!((now - 1.0).abs() < 1e-12, "{now}");
        let (_, runs) = runs_of(&map, &coverage.classes[2]).unwrap();
        assert_eq!(runs.len(), 1);
        assert_eq!(super::coverage(0.0, &[]), None);
    }

    #[test]
    fn two_searches_cover_more_than_either() {
        let origin = Origin::new(Wgs84 { lat_deg: 47.3, lon_deg: 8.5 });
        let cells = |east_m: f64, count, pod| {
            let from = origin.wgs84_from_ned(NorthEast { north_m: 0.0, east_m });
            vec![Cells { from, size_m: 100.0, count, poa: 0.05, pod }]
        };
        // The second begins in the middle of the first.
        let (one, other) = (cells(0.0, 10, 0.5), cells(500.0, 10, 0.5));
        let both = united(&[&one, &other]);
        assert_eq!(both.len(), 15);
        let line = coverage(0.0, &both).unwrap();
        assert!((line.pos - (10.0 * 0.5 + 5.0 * 0.75) / 15.0).abs() < 1e-9, "{line:?}");
        assert!(united(&[&[], &[]]).is_empty());
    }
}
