//! Search patterns, and the route that each makes over an area.

use super::area::{Area, ahead};
use super::strips::{Leg, legs, strip_count};
use super::ways::Ways;
use crate::geo::NorthEast;
use crate::limits::SEARCH_WAYPOINTS_MAX;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_3, FRAC_PI_6, TAU};
use std::fmt;

/// How far a spiral's chords leave it at most, as a share of the spacing.
const CHORD_RATIO: f64 = 0.02;
/// Longest step of a spiral about its datum.
const STEP_MAX_RAD: f64 = 0.5;

pub use crate::config::SearchPattern as Pattern;

impl Pattern {
    /// All of them.
    pub const ALL: [Pattern; 5] = [
        Pattern::ExpandingSquare,
        Pattern::Sector,
        Pattern::ParallelTrack,
        Pattern::CreepingLine,
        Pattern::Spiral,
    ];

    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Pattern::ExpandingSquare => "expanding square (SS)",
            Pattern::Sector => "sector (VS)",
            Pattern::ParallelTrack => "parallel track (PS)",
            Pattern::CreepingLine => "creeping line (CS)",
            Pattern::Spiral => "spiral",
        }
    }

    /// Whether it grows from a datum, and not over the whole area.
    pub const fn has_datum(self) -> bool {
        matches!(self, Pattern::ExpandingSquare | Pattern::Sector | Pattern::Spiral)
    }
}

/// What is to be flown.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Order {
    /// Which pattern.
    pub pattern: Pattern,
    /// Track spacing, m, > 0.
    pub spacing_m: f64,
    /// First heading from true north, rad; of CS that on which it creeps.
    pub heading_rad: f64,
    /// The datum; of PS and CS where the aircraft comes from: they commence at the end of a leg that is nearest.
    pub start: NorthEast,
}

/// Why an order makes no route.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum RouteError {
    /// More waypoints than [`SEARCH_WAYPOINTS_MAX`].
    TooLong,
    /// The datum is not in the area.
    DatumOutside,
    /// Not even its first turn fits about the datum: this much is needed, and this much is there, m.
    TooNarrow(f64, f64),
    /// A spacing, heading or start that is no number, or a spacing of nothing.
    NotANumber,
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteError::TooLong => {
                write!(
                    f,
                    "more than {SEARCH_WAYPOINTS_MAX} waypoints: take a wider spacing or a smaller area"
                )
            }
            RouteError::DatumOutside => write!(f, "the datum is not in the area: move one of them"),
            RouteError::TooNarrow(needed_m, there_m) => write!(
                f,
                "about the datum {needed_m:.0} m are needed and {there_m:.0} m are there: take a narrower spacing, or ps"
            ),
            RouteError::NotANumber => {
                write!(
                    f,
                    "a spacing, heading or start that is no number, or no spacing over zero: write it anew"
                )
            }
        }
    }
}

/// Waypoints to fly straight between, in turn. At most [`SEARCH_WAYPOINTS_MAX`]; nothing allocates after it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    waypoints: Vec<NorthEast>,
    length_m: f64,
}

impl Route {
    /// The route of an order: it never leaves the area.
    ///
    /// # Errors
    /// See [`RouteError`].
    pub fn new(area: &Area, order: &Order) -> Result<Route, RouteError> {
        let Order { pattern, spacing_m, heading_rad, start } = *order;
        let numbers = [spacing_m, heading_rad, start.north_m, start.east_m];
        if numbers.iter().any(|number| !number.is_finite()) || spacing_m <= 0.0 {
            return Err(RouteError::NotANumber);
        }
        if pattern.has_datum() && !area.contains(start) {
            return Err(RouteError::DatumOutside);
        }
        match pattern {
            Pattern::ExpandingSquare => Route::expanding_square(area, order),
            Pattern::Sector => Route::sector(area, order),
            Pattern::ParallelTrack => Route::parallel(area, order, heading_rad),
            Pattern::CreepingLine => Route::parallel(area, order, heading_rad + FRAC_PI_2),
            Pattern::Spiral => Route::spiral(area, order),
        }
    }

    /// Waypoints that someone else chose.
    ///
    /// # Errors
    /// Too many, or such as are no numbers.
    pub fn of(waypoints: &[NorthEast]) -> Result<Route, RouteError> {
        let is_number = |at: &NorthEast| at.north_m.is_finite() && at.east_m.is_finite();
        if !waypoints.iter().all(is_number) {
            return Err(RouteError::NotANumber);
        }
        let mut route = Route::empty();
        waypoints.iter().try_for_each(|at| route.push(*at))?;
        Ok(route)
    }

    fn empty() -> Route {
        Route { waypoints: Vec::with_capacity(64), length_m: 0.0 }
    }

    fn push(&mut self, at: NorthEast) -> Result<(), RouteError> {
        if self.waypoints.len() == SEARCH_WAYPOINTS_MAX {
            return Err(RouteError::TooLong);
        }
        self.length_m += self.waypoints.last().map_or(0.0, |last| last.distance_m(at));
        self.waypoints.push(at);
        Ok(())
    }

    /// In their order.
    pub fn waypoints(&self) -> &[NorthEast] {
        &self.waypoints
    }

    /// Straight pieces between them.
    pub fn leg_count(&self) -> usize {
        self.waypoints.len().saturating_sub(1)
    }

    /// From the first to the last along all of them.
    pub fn length_m(&self) -> f64 {
        self.length_m
    }

    /// Time that it takes at a ground speed, without what turns cost, s.
    pub fn time_s(&self, speed_mps: f64) -> f64 {
        self.length_m / speed_mps
    }

    fn expanding_square(area: &Area, order: &Order) -> Result<Route, RouteError> {
        let mut route = Route::empty();
        let mut at = order.start;
        route.push(at)?;
        for n in 0_usize.. {
            let leg_m = (n / 2 + 1) as f64 * order.spacing_m;
            let next = ahead(at, order.heading_rad + n as f64 * FRAC_PI_2, leg_m);
            if !area.sees(at, next) {
                break;
            }
            route.push(next)?;
            at = next;
        }
        // One turn about the datum: less is no square.
        if route.leg_count() < 4 {
            let needed_m = std::f64::consts::SQRT_2 * order.spacing_m;
            return Err(RouteError::TooNarrow(needed_m, area.edge_distance_m(order.start)));
        }
        Ok(route)
    }

    fn sector(area: &Area, order: &Order) -> Result<Route, RouteError> {
        let (datum, radius_m) = (order.start, area.edge_distance_m(order.start));
        if radius_m < 1.0 {
            return Err(RouteError::TooNarrow(1.0, radius_m));
        }
        let mut route = Route::empty();
        route.push(datum)?;
        for n in 0..6_u32 {
            let second_rad = if n < 3 { 0.0 } else { FRAC_PI_6 };
            // In on a heading, straight on through the datum: 60° back from where the sector's far side ended.
            let out_rad = order.heading_rad + second_rad + f64::from(n % 3) * 4.0 * FRAC_PI_3;
            route.push(ahead(datum, out_rad, radius_m))?;
            route.push(ahead(datum, out_rad + FRAC_PI_3, radius_m))?;
            route.push(datum)?;
        }
        Ok(route)
    }

    fn spiral(area: &Area, order: &Order) -> Result<Route, RouteError> {
        let Order { spacing_m, heading_rad, start: datum, .. } = *order;
        let edge_m = area.edge_distance_m(datum);
        let last_m = edge_m - spacing_m / 2.0;
        if last_m < spacing_m / 2.0 {
            return Err(RouteError::TooNarrow(spacing_m, edge_m));
        }
        let mut route = Route::empty();
        // A chord of angle a at radius r leaves its arc by r·a²/8.
        let step_rad = |radius_m: f64| {
            (8.0 * CHORD_RATIO * spacing_m / radius_m.max(f64::MIN_POSITIVE)).sqrt().min(STEP_MAX_RAD)
        };
        let (mut turned_rad, end_rad) = (0.0, TAU * last_m / spacing_m);
        while turned_rad < end_rad {
            let radius_m = spacing_m * turned_rad / TAU;
            route.push(ahead(datum, heading_rad + turned_rad, radius_m))?;
            turned_rad += step_rad(radius_m);
        }
        let count = (TAU / step_rad(last_m)).ceil();
        for n in 0..=count as usize {
            route.push(ahead(datum, heading_rad + end_rad + TAU * n as f64 / count, last_m))?;
        }
        Ok(route)
    }

    fn parallel(area: &Area, order: &Order, heading_rad: f64) -> Result<Route, RouteError> {
        if strip_count(area, order.spacing_m, heading_rad) > SEARCH_WAYPOINTS_MAX / 2 {
            return Err(RouteError::TooLong);
        }
        let legs = legs(area, order.spacing_m, heading_rad);
        let ways = Ways::new(area);
        let mut route = Route::empty();
        let mut at = order.start;
        let mut cells = cells(&legs);
        while let Some((cell, is_last_first, is_end_first)) = nearest(&legs, &cells, &ways, at) {
            let mut cell = cells.swap_remove(cell);
            if is_last_first {
                cell.reverse();
            }
            let mut is_backwards = is_end_first;
            for (n, leg) in cell.iter().map(|number| &legs[*number]).enumerate() {
                let (begin, end) = (leg.points[0], leg.points[leg.points.len() - 1]);
                if n > 0 {
                    is_backwards = at.distance_m(end) < at.distance_m(begin);
                }
                let first = if is_backwards { end } else { begin };
                if !route.waypoints.is_empty() {
                    ways.bends(at, first).into_iter().try_for_each(|bend| route.push(bend))?;
                }
                if is_backwards {
                    leg.points.iter().rev().try_for_each(|point| route.push(*point))?;
                } else {
                    leg.points.iter().try_for_each(|point| route.push(*point))?;
                }
                at = if is_backwards { begin } else { end };
            }
        }
        Ok(route)
    }
}

/// Legs that follow each other, each with one alone beside it in the strips before and after: what is flown to and fro in one go
/// (boustrophedon cells; Choset & Pignon 1998). By their numbers.
fn cells(legs: &[Leg]) -> Vec<Vec<usize>> {
    let beside = |number: usize, strip: usize| {
        let is_beside =
            move |other: &usize| legs[*other].strip == strip && legs[number].is_beside(&legs[*other]);
        let mut found = (0..legs.len()).filter(is_beside);
        found.next().filter(|_| found.next().is_none())
    };
    let mut cells: Vec<Vec<usize>> = Vec::new();
    let mut cell_of = vec![usize::MAX; legs.len()];
    for (number, leg) in legs.iter().enumerate() {
        let before = leg.strip.checked_sub(1).and_then(|strip| beside(number, strip));
        let before = before.filter(|before| beside(*before, leg.strip) == Some(number));
        cell_of[number] = before.map_or(cells.len(), |before| cell_of[before]);
        match before {
            Some(_) => cells[cell_of[number]].push(number),
            None => cells.push(vec![number]),
        }
    }
    cells
}

/// The cell that is nearest to go to, and how it is entered: at its last leg, at that leg's end.
fn nearest(
    legs: &[Leg],
    cells: &[Vec<usize>],
    ways: &Ways<'_>,
    at: NorthEast,
) -> Option<(usize, bool, bool)> {
    let (mut best, mut best_m) = (None, f64::INFINITY);
    for (number, cell) in cells.iter().enumerate() {
        for (is_last, leg) in [(false, cell[0]), (true, cell[cell.len() - 1])] {
            let points = &legs[leg].points;
            for (is_end, place) in [(false, points[0]), (true, points[points.len() - 1])] {
                // The straight way is never longer than the way.
                if at.distance_m(place) < best_m {
                    let way_m = ways.length_m(at, place);
                    if way_m < best_m {
                        (best, best_m) = (Some((number, is_last, is_end)), way_m);
                    }
                }
            }
        }
    }
    best
}

#[cfg(test)]
mod tests;
