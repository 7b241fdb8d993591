//! Patterns beside the geometry that the manual gives them, and coverage beside a fine grid.

use super::super::area::{U, segment_distance_m};
use super::*;
use crate::geo::wrap_pi;
use proptest::prelude::*;

const ORIGIN: NorthEast = NorthEast { north_m: 0.0, east_m: 0.0 };

fn polygon(corners: &[(f64, f64)]) -> Area {
    let corners: Vec<_> = corners.iter().map(|&(north_m, east_m)| NorthEast { north_m, east_m }).collect();
    Area::new(&corners).unwrap()
}

fn order(pattern: Pattern, spacing_m: f64, heading_deg: f64) -> Order {
    Order { pattern, spacing_m, heading_rad: heading_deg.to_radians(), start: ORIGIN }
}

/// Length and heading of each leg, degrees 0..360.
fn legs_of(route: &Route) -> Vec<(f64, f64)> {
    let leg = |pair: &[NorthEast]| {
        (pair[0].distance_m(pair[1]), pair[0].bearing_rad(pair[1]).to_degrees().rem_euclid(360.0))
    };
    route.waypoints().windows(2).map(leg).collect()
}

fn stays_in(area: &Area, route: &Route) -> bool {
    route.waypoints().windows(2).all(|pair| area.sees(pair[0], pair[1]))
}

/// The farthest that a place of the area is from the route, by a grid of `step_m`.
fn farthest_m(area: &Area, route: &Route, step_m: f64) -> f64 {
    let (low, high) = area.bounds();
    let mut farthest_m: f64 = 0.0;
    let steps =
        |from: f64, to: f64| (0..=((to - from) / step_m) as usize).map(move |n| from + n as f64 * step_m);
    for north_m in steps(low.north_m, high.north_m) {
        for east_m in steps(low.east_m, high.east_m) {
            let at = NorthEast { north_m, east_m };
            if area.contains(at) {
                let legs = route.waypoints().windows(2);
                let near =
                    legs.map(|pair| segment_distance_m(at, pair[0], pair[1])).fold(f64::INFINITY, f64::min);
                farthest_m = farthest_m.max(near);
            }
        }
    }
    farthest_m
}

#[test]
fn an_expanding_square_grows_by_a_spacing_each_second_leg() {
    let area = Area::disc(ORIGIN, 500.0).unwrap();
    let route = Route::new(&area, &order(Pattern::ExpandingSquare, 50.0, 30.0)).unwrap();
    assert_eq!(route.waypoints()[0], ORIGIN);
    for (n, (length_m, heading_deg)) in legs_of(&route).into_iter().enumerate() {
        assert!((length_m - 50.0 * (n / 2 + 1) as f64).abs() < 1e-9, "{n}: {length_m}");
        let off_rad = wrap_pi((heading_deg - 30.0 - 90.0 * n as f64).to_radians());
        assert!(off_rad.abs() < 1e-9, "{n}: {heading_deg}");
    }
    // Corners at half the diagonal: 13 legs reach 350 m to each side.
    assert!(route.leg_count() >= 25 && stays_in(&area, &route), "{}", route.leg_count());
    let sum_m: f64 = legs_of(&route).iter().map(|leg| leg.0).sum();
    assert!((route.length_m() - sum_m).abs() < 1e-9 && (route.time_s(5.0) - sum_m / 5.0).abs() < 1e-9);
}

#[test]
fn a_sector_search_has_three_sectors_and_a_second_pass_turned_by_30_degrees() {
    let area = Area::disc(ORIGIN, 300.0).unwrap();
    let route = Route::new(&area, &order(Pattern::Sector, 50.0, 0.0)).unwrap();
    let legs = legs_of(&route);
    assert_eq!(legs.len(), 18);
    let first = [0.0, 120.0, 240.0, 240.0, 0.0, 120.0, 120.0, 240.0, 0.0];
    for (n, (length_m, heading_deg)) in legs.iter().enumerate() {
        let expected_deg = first[n % 9] + if n < 9 { 0.0 } else { 30.0 };
        assert!(wrap_pi((heading_deg - expected_deg).to_radians()).abs() < 1e-9, "{n}: {heading_deg}");
        assert!((length_m - legs[0].0).abs() < 1e-9 && (299.0..300.0).contains(length_m), "{n}: {length_m}");
    }
    assert!(route.waypoints().iter().step_by(3).all(|at| at.distance_m(ORIGIN) < 1e-9));
    assert!(stays_in(&area, &route));
}

#[test]
fn a_spirals_turns_are_a_spacing_apart() {
    let area = Area::disc(ORIGIN, 300.0).unwrap();
    let route = Route::new(&area, &order(Pattern::Spiral, 40.0, 90.0)).unwrap();
    // Where it meets the heading that it begins on, turn after turn.
    let radii_m: Vec<f64> = (0..)
        .map(|turn| f64::from(turn) * 40.0)
        .take_while(|radius_m| *radius_m < 270.0)
        .map(|radius_m| {
            let at = ahead(ORIGIN, std::f64::consts::FRAC_PI_2, radius_m);
            let legs = route.waypoints().windows(2);
            legs.map(|pair| segment_distance_m(at, pair[0], pair[1])).fold(f64::INFINITY, f64::min)
        })
        .collect();
    assert!(radii_m.len() == 7 && radii_m.iter().all(|off_m| *off_m < 0.02 * 40.0), "{radii_m:?}");
    assert!(stays_in(&area, &route));
    let farthest_m = farthest_m(&area, &route, 7.0);
    // Half a spacing, what a chord leaves its arc, and the disc's own corners.
    assert!(farthest_m < 20.0 + 0.8 + 0.4, "{farthest_m}");
}

#[test]
fn parallel_tracks_run_along_and_creeping_lines_across() {
    let box_ = polygon(&[(0.0, 0.0), (0.0, 400.0), (200.0, 400.0), (200.0, 0.0)]);
    let ps = Route::new(&box_, &order(Pattern::ParallelTrack, 50.0, 90.0)).unwrap();
    let expected: Vec<NorthEast> = [25.0, 75.0, 125.0, 175.0]
        .into_iter()
        .enumerate()
        .flat_map(|(n, north_m)| {
            let ends = if n % 2 == 0 { [0.0, 400.0] } else { [400.0, 0.0] };
            ends.map(|east_m| NorthEast { north_m, east_m })
        })
        .collect();
    assert_eq!(ps.leg_count(), 7);
    assert!(ps.waypoints().iter().zip(&expected).all(|(at, to)| at.distance_m(*to) < 1e-9), "{ps:?}");
    let cs = Route::new(&box_, &order(Pattern::CreepingLine, 50.0, 90.0)).unwrap();
    assert!(cs.leg_count() == 15 && (legs_of(&cs)[0].0 - 200.0).abs() < 1e-9, "{cs:?}");
    let easts: Vec<f64> = cs.waypoints().iter().step_by(2).map(|at| at.east_m).collect();
    assert!(easts.windows(2).all(|pair| (pair[1] - pair[0] - 50.0).abs() < 1e-9), "{easts:?}");
    // It commences where the aircraft comes from.
    let far = Order {
        start: NorthEast { north_m: 500.0, east_m: 450.0 },
        ..order(Pattern::ParallelTrack, 50.0, 90.0)
    };
    let from_there = Route::new(&box_, &far).unwrap();
    assert!(from_there.waypoints()[0].distance_m(NorthEast { north_m: 175.0, east_m: 400.0 }) < 1e-9);
    // Of 210 m 50 m wide, ten remain: five on either side.
    let wider = polygon(&[(0.0, 0.0), (0.0, 400.0), (210.0, 400.0), (210.0, 0.0)]);
    let ps = Route::new(&wider, &order(Pattern::ParallelTrack, 50.0, 90.0)).unwrap();
    assert!((ps.waypoints()[0].north_m - 5.0).abs() < 1e-9 && ps.leg_count() == 9, "{ps:?}");
}

#[test]
fn concave_areas_are_covered_without_leaving_them() {
    let mut comb = vec![(0.0, 0.0)];
    for tooth in 0..6 {
        let east_m = f64::from(tooth) * 20.0;
        comb.extend([(100.0, east_m), (100.0, east_m + 7.0), (10.0, east_m + 7.0), (10.0, east_m + 20.0)]);
    }
    comb.push((0.0, 120.0));
    for (corners, name) in [(&U[..], "u"), (&comb[..], "comb")] {
        let area = polygon(corners);
        for heading_deg in [0.0, 90.0, 37.0] {
            for spacing_m in [9.0, 25.0] {
                let route =
                    Route::new(&area, &order(Pattern::ParallelTrack, spacing_m, heading_deg)).unwrap();
                assert!(stays_in(&area, &route), "{name} {heading_deg} {spacing_m}");
                let farthest_m = farthest_m(&area, &route, 1.0);
                assert!(farthest_m <= spacing_m * 0.51, "{name} {heading_deg} {spacing_m}: {farthest_m}");
            }
        }
    }
}

#[test]
fn a_corner_on_the_border_of_two_strips_is_not_cut_off() {
    // Its corner at 20, 40 is the middle of its width: the border between the third and the fourth of six strips, but for rounding.
    let area = polygon(&[
        (0.0, 0.0),
        (70.0, 0.0),
        (70.0, 20.0),
        (60.0, 20.0),
        (60.0, 40.0),
        (20.0, 40.0),
        (20.0, 60.0),
        (10.0, 60.0),
        (10.0, 65.0),
        (50.0, 65.0),
        (50.0, 75.0),
        (40.0, 75.0),
        (40.0, 80.0),
        (0.0, 80.0),
    ]);
    let order = Order {
        heading_rad: 2.816_973_687_992_954,
        ..order(Pattern::ParallelTrack, 17.419_892_225_819_59, 0.0)
    };
    assert!(stays_in(&area, &Route::new(&area, &order).unwrap()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn any_area_is_covered_without_leaving_it(
        radii_m in prop::collection::vec(20.0..100.0_f64, 3..16),
        heading_deg in 0.0..360.0_f64,
        spacing_m in 8.0..60.0_f64,
        creeps in any::<bool>(),
    ) {
        let step_rad = TAU / radii_m.len() as f64;
        let corners: Vec<_> =
            radii_m.iter().enumerate().map(|(n, radius_m)| ahead(ORIGIN, n as f64 * step_rad, *radius_m)).collect();
        let area = Area::new(&corners).unwrap();
        let pattern = if creeps { Pattern::CreepingLine } else { Pattern::ParallelTrack };
        let route = Route::new(&area, &order(pattern, spacing_m, heading_deg)).unwrap();
        prop_assert!(stays_in(&area, &route));
        let farthest_m = farthest_m(&area, &route, 3.0);
        prop_assert!(farthest_m <= spacing_m * 0.51, "{} of {}", farthest_m, spacing_m);
    }
}

#[test]
fn what_cannot_be_flown_is_told() {
    let area = polygon(&[(-100.0, -100.0), (-100.0, 100.0), (100.0, 100.0), (100.0, -100.0)]);
    let refused = |order: Order| Route::new(&area, &order).unwrap_err();
    assert_eq!(refused(order(Pattern::ParallelTrack, 0.01, 0.0)), RouteError::TooLong);
    assert_eq!(refused(order(Pattern::Spiral, 0.5, 0.0)), RouteError::TooLong);
    assert_eq!(refused(order(Pattern::ExpandingSquare, f64::NAN, 0.0)), RouteError::NotANumber);
    assert_eq!(refused(order(Pattern::ExpandingSquare, 0.0, 0.0)), RouteError::NotANumber);
    let outside =
        Order { start: NorthEast { north_m: 101.0, east_m: 0.0 }, ..order(Pattern::Sector, 10.0, 0.0) };
    assert_eq!(refused(outside), RouteError::DatumOutside);
    assert_eq!(refused(order(Pattern::Spiral, 150.0, 0.0)), RouteError::TooNarrow(150.0, 100.0));
    assert!(matches!(refused(order(Pattern::ExpandingSquare, 150.0, 0.0)), RouteError::TooNarrow(..)));
}
