//! The area that is searched: one simple polygon in NED metres, which no leg leaves.

use crate::geo::NorthEast;
use crate::limits::SEARCH_CORNERS_MAX;
use std::f64::consts::{PI, TAU};
use std::fmt;

/// What lies this near to the edge lies in the area, m: legs end on it.
const EDGE_M: f64 = 1e-6;
/// Corners nearer to each other are one, m.
const CORNER_M: f64 = 1e-3;

/// A simple polygon; corners in either direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    corners: Vec<NorthEast>,
}

/// Why corners make no area.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum AreaError {
    /// Fewer than three that differ, or all on one line.
    Flat,
    /// So many, more than [`SEARCH_CORNERS_MAX`].
    TooManyCorners(usize),
    /// The edges that begin at these corners (from 0) cross.
    CrossesItself(usize, usize),
    /// A coordinate or radius that is no number, or a radius of nothing.
    NotANumber,
}

impl fmt::Display for AreaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AreaError::Flat => {
                write!(f, "fewer than 3 corners that differ, or all on one line: draw an area")
            }
            AreaError::TooManyCorners(count) => {
                write!(f, "{count} corners, at most {SEARCH_CORNERS_MAX}: draw it simpler, or as two areas")
            }
            AreaError::CrossesItself(one, other) => {
                write!(f, "its edges {} and {} cross: draw it without crossings", one + 1, other + 1)
            }
            AreaError::NotANumber => {
                write!(f, "a place or radius that is no number over zero: write it anew")
            }
        }
    }
}

impl Area {
    /// From its corners; the first may stand at the end again.
    ///
    /// # Errors
    /// What is no simple polygon of 3 to [`SEARCH_CORNERS_MAX`] corners.
    pub fn new(corners: &[NorthEast]) -> Result<Area, AreaError> {
        if corners.iter().any(|corner| !(corner.north_m.is_finite() && corner.east_m.is_finite())) {
            return Err(AreaError::NotANumber);
        }
        let mut kept: Vec<NorthEast> = Vec::with_capacity(corners.len().min(SEARCH_CORNERS_MAX + 1));
        for corner in corners {
            if kept.last().is_none_or(|last| last.distance_m(*corner) > CORNER_M) {
                kept.push(*corner);
            }
        }
        while kept.len() > 1 && kept[0].distance_m(kept[kept.len() - 1]) <= CORNER_M {
            kept.pop();
        }
        if kept.len() > SEARCH_CORNERS_MAX {
            return Err(AreaError::TooManyCorners(kept.len()));
        }
        let area = Area { corners: kept };
        if area.corners.len() < 3 || area.width_m(area.long_axis_rad()) < CORNER_M {
            return Err(AreaError::Flat);
        }
        area.crossing().map_or(Ok(area), |(one, other)| Err(AreaError::CrossesItself(one, other)))
    }

    /// A disc, as the regular polygon of [`SEARCH_CORNERS_MAX`] corners in it: its edges lie up to 0.12 % of the radius within.
    ///
    /// # Errors
    /// [`AreaError::NotANumber`].
    pub fn disc(center: NorthEast, radius_m: f64) -> Result<Area, AreaError> {
        if !(radius_m.is_finite() && radius_m > 0.0) {
            return Err(AreaError::NotANumber);
        }
        let corner = |n: usize| ahead(center, TAU * n as f64 / SEARCH_CORNERS_MAX as f64, radius_m);
        Area::new(&(0..SEARCH_CORNERS_MAX).map(corner).collect::<Vec<_>>())
    }

    /// Its corners.
    pub fn corners(&self) -> &[NorthEast] {
        &self.corners
    }

    /// Edges, from corner to corner.
    pub(super) fn edges(&self) -> impl Iterator<Item = (NorthEast, NorthEast)> + Clone + '_ {
        let next = self.corners.iter().cycle().skip(1);
        self.corners.iter().copied().zip(next.copied())
    }

    /// Its size.
    pub fn area_m2(&self) -> f64 {
        self.twice_signed_m2().abs() / 2.0
    }

    fn twice_signed_m2(&self) -> f64 {
        let first = self.corners[0];
        self.edges().map(|(p, q)| cross(minus(p, first), minus(q, first))).sum()
    }

    /// Centre of its mass; of a concave one maybe outside.
    pub fn centroid(&self) -> NorthEast {
        let (first, total) = (self.corners[0], self.twice_signed_m2());
        let (mut north_m, mut east_m) = (0.0, 0.0);
        for (p, q) in self.edges().map(|(p, q)| (minus(p, first), minus(q, first))) {
            let share = cross(p, q) / (3.0 * total);
            north_m += share * (p.north_m + q.north_m);
            east_m += share * (p.east_m + q.east_m);
        }
        NorthEast { north_m: first.north_m + north_m, east_m: first.east_m + east_m }
    }

    /// South-west and north-east corner of the box about it.
    pub fn bounds(&self) -> (NorthEast, NorthEast) {
        let mut bounds = (self.corners[0], self.corners[0]);
        for corner in &self.corners {
            bounds.0.north_m = bounds.0.north_m.min(corner.north_m);
            bounds.0.east_m = bounds.0.east_m.min(corner.east_m);
            bounds.1.north_m = bounds.1.north_m.max(corner.north_m);
            bounds.1.east_m = bounds.1.east_m.max(corner.east_m);
        }
        bounds
    }

    /// Direction of the edge across which it is narrowest, from north, 0..π: legs along it are fewest.
    pub fn long_axis_rad(&self) -> f64 {
        let headings = self.edges().map(|(p, q)| p.bearing_rad(q).rem_euclid(PI));
        headings.min_by(|a, b| self.width_m(*a).total_cmp(&self.width_m(*b))).unwrap_or(0.0)
    }

    /// Its extent across a heading.
    fn width_m(&self, heading_rad: f64) -> f64 {
        let (sin, cos) = heading_rad.sin_cos();
        let across = self.corners.iter().map(|corner| cos * corner.east_m - sin * corner.north_m);
        let (low, high) =
            across.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
        high - low
    }

    /// Whether `at` lies in it or on its edge.
    pub fn contains(&self, at: NorthEast) -> bool {
        let is_crossed = |p: NorthEast, q: NorthEast| {
            (p.north_m > at.north_m) != (q.north_m > at.north_m)
                && at.east_m
                    < p.east_m + (at.north_m - p.north_m) / (q.north_m - p.north_m) * (q.east_m - p.east_m)
        };
        let crossed_count = self.edges().filter(|(p, q)| is_crossed(*p, *q)).count();
        crossed_count % 2 == 1 || self.edge_distance_m(at) <= EDGE_M
    }

    /// Distance from `at` to the nearest place of its edge.
    pub fn edge_distance_m(&self, at: NorthEast) -> f64 {
        self.edges().map(|(p, q)| segment_distance_m(at, p, q)).fold(f64::INFINITY, f64::min)
    }

    /// Whether the straight way from one place to another stays in it.
    pub fn sees(&self, from: NorthEast, to: NorthEast) -> bool {
        let way = minus(to, from);
        let length_m = way.north_m.hypot(way.east_m);
        if length_m <= EDGE_M {
            return self.contains(from);
        }
        // Between two places where it meets the edge it lies wholly in or out.
        let mut meets = vec![0.0, 1.0];
        for (p, q) in self.edges() {
            let (edge, begin) = (minus(q, p), minus(p, from));
            let turn = cross(way, edge);
            if turn.abs() <= 1e-12 * length_m * edge.north_m.hypot(edge.east_m) {
                let along = |corner: NorthEast| dot(minus(corner, from), way) / (length_m * length_m);
                meets.extend([along(p), along(q)]);
            } else if (-1e-9..=1.0 + 1e-9).contains(&(cross(begin, way) / turn)) {
                meets.push(cross(begin, edge) / turn);
            }
        }
        meets.retain(|t| (0.0..=1.0).contains(t));
        meets.sort_by(f64::total_cmp);
        meets.windows(2).all(|pair| self.contains(from.between(to, (pair[0] + pair[1]) / 2.0)))
    }

    /// Corners at which it turns in on itself: only about these does a shortest way within it bend.
    pub(super) fn reflex_corners(&self) -> Vec<NorthEast> {
        let (side, count) = (self.twice_signed_m2().signum(), self.corners.len());
        let corner = |n: usize| self.corners[n % count];
        let is_reflex = |n: usize| {
            let (before, at, after) = (corner(n + count - 1), corner(n), corner(n + 1));
            side * cross(minus(at, before), minus(after, at)) < 0.0
        };
        (0..count).filter(|n| is_reflex(*n)).map(corner).collect()
    }

    /// Two edges that meet though they are no neighbours, or neighbours that lie on each other.
    fn crossing(&self) -> Option<(usize, usize)> {
        let count = self.corners.len();
        let edge = |n: usize| (self.corners[n], self.corners[(n + 1) % count]);
        for one in 0..count {
            for other in one + 1..count {
                let ((p, q), (r, s)) = (edge(one), edge(other));
                let is_met = if other == one + 1 {
                    folds_back(p, q, s)
                } else if (other + 1) % count == one {
                    folds_back(r, s, q)
                } else {
                    meet(p, q, r, s)
                };
                if is_met {
                    return Some((one, other));
                }
            }
        }
        None
    }
}

/// Whether the way over `middle` turns back upon itself.
fn folds_back(before: NorthEast, middle: NorthEast, after: NorthEast) -> bool {
    let (one, other) = (minus(middle, before), minus(after, middle));
    dot(one, other) < 0.0
        && segment_distance_m(after, before, middle).min(segment_distance_m(before, middle, after)) <= EDGE_M
}

/// Whether two segments have a place in common.
fn meet(p: NorthEast, q: NorthEast, r: NorthEast, s: NorthEast) -> bool {
    let side = |a: NorthEast, b: NorthEast, c: NorthEast| cross(minus(b, a), minus(c, a));
    let crosses = side(p, q, r) * side(p, q, s) < 0.0 && side(r, s, p) * side(r, s, q) < 0.0;
    let near = |at: NorthEast, a: NorthEast, b: NorthEast| segment_distance_m(at, a, b) <= EDGE_M;
    crosses || near(p, r, s) || near(q, r, s) || near(r, p, q) || near(s, p, q)
}

/// Distance from a place to a segment.
pub(super) fn segment_distance_m(at: NorthEast, p: NorthEast, q: NorthEast) -> f64 {
    let edge = minus(q, p);
    let t = (dot(minus(at, p), edge) / dot(edge, edge).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    at.distance_m(p.between(q, t))
}

/// The place `distance_m` from `at` on a heading from north.
pub(super) fn ahead(at: NorthEast, heading_rad: f64, distance_m: f64) -> NorthEast {
    let (sin, cos) = heading_rad.sin_cos();
    NorthEast { north_m: at.north_m + distance_m * cos, east_m: at.east_m + distance_m * sin }
}

pub(super) fn minus(a: NorthEast, b: NorthEast) -> NorthEast {
    NorthEast { north_m: a.north_m - b.north_m, east_m: a.east_m - b.east_m }
}

pub(super) fn dot(a: NorthEast, b: NorthEast) -> f64 {
    a.north_m * b.north_m + a.east_m * b.east_m
}

fn cross(a: NorthEast, b: NorthEast) -> f64 {
    a.north_m * b.east_m - a.east_m * b.north_m
}

/// A U that opens to the north, north and east.
#[cfg(test)]
pub(super) const U: [(f64, f64); 8] = [
    (0.0, 0.0),
    (100.0, 0.0),
    (100.0, 30.0),
    (20.0, 30.0),
    (20.0, 70.0),
    (100.0, 70.0),
    (100.0, 100.0),
    (0.0, 100.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn at(north_m: f64, east_m: f64) -> NorthEast {
        NorthEast { north_m, east_m }
    }

    fn area(corners: &[(f64, f64)]) -> Result<Area, AreaError> {
        Area::new(&corners.iter().map(|(north_m, east_m)| at(*north_m, *east_m)).collect::<Vec<_>>())
    }

    #[test]
    fn sizes_and_places_are_the_polygons() {
        let u = area(&U).unwrap();
        assert!((u.area_m2() - 6_800.0).abs() < 1e-9);
        let centroid = u.centroid();
        assert!((centroid.east_m - 50.0).abs() < 1e-9 && (centroid.north_m - 45.294_118).abs() < 1e-6);
        assert!(u.contains(at(100.0, 100.0)) && u.contains(at(10.0, 50.0)) && !u.contains(at(60.0, 50.0)));
        assert_eq!(u.edge_distance_m(at(60.0, 50.0)), 20.0);
        assert!(u.sees(at(0.0, 0.0), at(20.0, 100.0)) && u.sees(at(20.0, 0.0), at(20.0, 100.0)));
        assert!(!u.sees(at(60.0, 10.0), at(60.0, 90.0)) && !u.sees(at(50.0, 0.0), at(150.0, 0.0)));
        assert_eq!(u.reflex_corners(), [at(20.0, 30.0), at(20.0, 70.0)]);
        let disc = Area::disc(at(5.0, 5.0), 100.0).unwrap();
        assert!(
            (disc.edge_distance_m(at(5.0, 5.0)) - 99.88).abs() < 0.01 && disc.reflex_corners().is_empty()
        );
        let wide = area(&[(0.0, 0.0), (10.0, 0.0), (10.0, 50.0), (0.0, 50.0)]).unwrap();
        assert!((wide.long_axis_rad() - PI / 2.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_area_is_told() {
        let flat = Err(AreaError::Flat);
        assert_eq!(area(&[(0.0, 0.0), (1.0, 1.0), (0.0, 0.0)]), flat);
        assert_eq!(area(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]), flat);
        let bow = [(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 20.0)];
        assert_eq!(area(&bow), Err(AreaError::CrossesItself(0, 2)));
        let even = [(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)];
        assert_eq!(area(&even), Err(AreaError::CrossesItself(0, 2)), "though its halves cancel out");
        let spike = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (10.0, 20.0), (10.0, 5.0), (0.0, 10.0)];
        assert!(matches!(area(&spike), Err(AreaError::CrossesItself(..))));
        assert_eq!(area(&[(f64::NAN, 0.0), (1.0, 0.0), (1.0, 1.0)]), Err(AreaError::NotANumber));
        assert_eq!(Area::disc(at(0.0, 0.0), -1.0), Err(AreaError::NotANumber));
        let round: Vec<_> = (0..65).map(|n| ahead(at(0.0, 0.0), TAU * f64::from(n) / 65.0, 50.0)).collect();
        assert_eq!(Area::new(&round), Err(AreaError::TooManyCorners(65)));
    }
}
