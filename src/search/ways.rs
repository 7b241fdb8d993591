//! Ways within the area, from the end of one leg to the begin of another: straight where they can be, else the shortest about its
//! inward corners (visibility graph, Lozano-Pérez & Wesley 1979; Dijkstra 1959).

use super::area::Area;
use crate::geo::NorthEast;

pub(super) struct Ways<'area> {
    area: &'area Area,
    corners: Vec<NorthEast>,
    /// Whether one corner sees another, row by row.
    seen: Vec<bool>,
}

impl<'area> Ways<'area> {
    pub(super) fn new(area: &'area Area) -> Ways<'area> {
        let corners = area.reflex_corners();
        let seen =
            corners.iter().flat_map(|one| corners.iter().map(|other| area.sees(*one, *other))).collect();
        Ways { area, corners, seen }
    }

    /// The corners about which the shortest way bends; of none when it is straight, or when the two are not in the area.
    pub(super) fn bends(&self, from: NorthEast, to: NorthEast) -> Vec<NorthEast> {
        if self.corners.is_empty() || self.area.sees(from, to) {
            return Vec::new();
        }
        let count = self.corners.len();
        let reach = |at: NorthEast, corner: &NorthEast| {
            if self.area.sees(at, *corner) { at.distance_m(*corner) } else { f64::INFINITY }
        };
        let mut length_m: Vec<f64> = self.corners.iter().map(|corner| reach(from, corner)).collect();
        let rest_m: Vec<f64> = self.corners.iter().map(|corner| reach(to, corner)).collect();
        let mut before: Vec<Option<usize>> = vec![None; count];
        let mut is_done = vec![false; count];
        while let Some(nearest) = (0..count)
            .filter(|n| !is_done[*n] && length_m[*n].is_finite())
            .min_by(|a, b| length_m[*a].total_cmp(&length_m[*b]))
        {
            is_done[nearest] = true;
            for next in 0..count {
                let over_m = length_m[nearest] + self.corners[nearest].distance_m(self.corners[next]);
                if self.seen[nearest * count + next] && over_m < length_m[next] {
                    (length_m[next], before[next]) = (over_m, Some(nearest));
                }
            }
        }
        let total_m = |n: &usize| length_m[*n] + rest_m[*n];
        let mut last =
            (0..count).filter(|n| total_m(n).is_finite()).min_by(|a, b| total_m(a).total_cmp(&total_m(b)));
        let mut bends = Vec::new();
        while let Some(corner) = last {
            bends.push(self.corners[corner]);
            last = before[corner];
        }
        bends.reverse();
        bends
    }

    /// Length of that way.
    pub(super) fn length_m(&self, from: NorthEast, to: NorthEast) -> f64 {
        let (mut at, mut length_m) = (from, 0.0);
        for next in self.bends(from, to).into_iter().chain([to]) {
            length_m += at.distance_m(next);
            at = next;
        }
        length_m
    }
}

#[cfg(test)]
mod tests {
    use super::super::area::U;
    use super::*;

    #[test]
    fn a_way_bends_about_the_corners_between() {
        let at = |north_m: f64, east_m: f64| NorthEast { north_m, east_m };
        let u = Area::new(&U.map(|(north_m, east_m)| at(north_m, east_m))).unwrap();
        let ways = Ways::new(&u);
        assert_eq!(ways.bends(at(90.0, 30.0), at(90.0, 70.0)), [at(20.0, 30.0), at(20.0, 70.0)]);
        assert_eq!(ways.length_m(at(90.0, 30.0), at(90.0, 70.0)), 180.0);
        assert_eq!(ways.bends(at(0.0, 0.0), at(90.0, 10.0)), []);
        assert_eq!(ways.bends(at(10.0, 50.0), at(90.0, 80.0)), [at(20.0, 70.0)]);
    }
}
