//! Search patterns: their shape as points (m north, east, up of home), in the order in which they are flown.

use crate::aircraft::Aircraft;
use crate::scenario::{Pattern, Scenario, Search};
use std::f64::consts::{FRAC_PI_2, TAU};

/// Corners of a polygon flown for a circle.
const CIRCLE_CORNERS: u32 = 16;

/// The mission's points, first waypoint first. An orbit begins north of its centre's `start_m` by its radius, turned by the
/// heading, and has `legs` rounds.
pub fn points_m(search: &Search) -> Vec<[f64; 3]> {
    let heading_rad = search.heading_deg.to_radians();
    let [north_m, east_m] = search.start_m;
    let at = |ahead_m: f64, right_m: f64| {
        let (sin, cos) = heading_rad.sin_cos();
        [north_m + ahead_m * cos - right_m * sin, east_m + ahead_m * sin + right_m * cos, search.altitude_m]
    };
    match search.pattern {
        Pattern::Hover => vec![at(0.0, 0.0)],
        Pattern::Line => vec![at(0.0, 0.0), at(search.leg_m, 0.0)],
        Pattern::Lawnmower => {
            let leg = |leg: u32| {
                let right_m = f64::from(leg) * search.spacing_m;
                let (near, far) = (at(0.0, right_m), at(search.leg_m, right_m));
                if leg.is_multiple_of(2) { [near, far] } else { [far, near] }
            };
            (0..search.legs).flat_map(leg).collect()
        }
        Pattern::Orbit => {
            let corner = |number: u32| {
                let angle_rad = TAU * f64::from(number) / f64::from(CIRCLE_CORNERS);
                at(search.leg_m * angle_rad.cos(), search.leg_m * angle_rad.sin())
            };
            (0..=CIRCLE_CORNERS * search.legs).map(corner).collect()
        }
    }
}

/// The scenario's aircraft as it begins: on the ground at home, or in the air over the first waypoint.
pub fn aircraft(scenario: &Scenario, seed: u64) -> Aircraft {
    let search = &scenario.search;
    let mut aircraft = Aircraft::new(&scenario.aircraft, &scenario.place, seed).over(&scenario.world.ground);
    if let Some(&[north_m, east_m, up_m]) = points_m(search).first().filter(|_| search.airborne) {
        let turn_rad = if search.pattern == Pattern::Orbit { FRAC_PI_2 } else { 0.0 };
        let yaw_rad = skyhound::geo::wrap_pi(search.heading_deg.to_radians() + turn_rad);
        aircraft.begin_airborne(north_m, east_m, up_m, yaw_rad);
    }
    aircraft
}
