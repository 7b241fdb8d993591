//! The fence of the autopilot itself: uploaded areas, and its own radius and ceiling.

use super::*;
use crate::geo::{NorthEast, Origin, Wgs84};
use crate::time::Aged;
use crate::vehicle::{Firmware, Identity, Mode, Zones};

const HOME: Wgs84 = Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };

fn place(north_m: f64, east_m: f64) -> Wgs84 {
    Origin::new(HOME).wgs84_from_ned(NorthEast { north_m, east_m })
}

fn square(middle: (f64, f64), half_m: f64) -> [Wgs84; 4] {
    [(1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)]
        .map(|(north, east)| place(middle.0 + half_m * north, middle.1 + half_m * east))
}

/// Whether a wish to fly north at 5 m/s (10 m to standing still, and FENCE_MARGIN of 2 m) holds with these areas.
fn northward(fill: impl Fn(&mut Zones), spoil: impl Fn(&mut World)) -> Option<(Interlock, Fault)> {
    at_speed((5.0, 0.0), fill, spoil)
}

fn at_speed(
    (north_mps, east_mps): (f64, f64),
    fill: impl Fn(&mut Zones),
    spoil: impl Fn(&mut World),
) -> Option<(Interlock, Fault)> {
    let mut limits = interlock_config();
    limits.fence.polygon.clear();
    let mut world = World::with(&homing_config(), &limits);
    let mut zones = Zones::default();
    fill(&mut zones);
    world.vehicle.zones = Some(Aged::new(zones, world.now));
    spoil(&mut world);
    let inputs = inputs_of(&world);
    match fence::Ways::of(&inputs, &limits, [wish(north_mps, east_mps, 0.0, 0.0), wish(0.0, 0.0, 0.0, 0.0)]) {
        Ok(ways) => zones::judge(&inputs, &ways).err().map(|trip| (trip.interlock, trip.fault)),
        Err(trip) => panic!("{trip}"),
    }
}

const REFUSED: Option<(Interlock, Fault)> = Some((Interlock::FenceAutopilot, Fault::Refused));

#[test]
fn inclusion_polygons_are_not_left() {
    for (half_m, expected) in [(12.001, None), (11.999, REFUSED)] {
        assert_eq!(
            northward(|zones| zones.push_polygon(true, &square((0.0, 0.0), half_m)), |_| {}),
            expected
        );
    }
    assert_eq!(
        northward(|zones| zones.push_polygon(true, &square((200.0, 0.0), 50.0)), |_| {}),
        REFUSED,
        "outside"
    );
    let edge = at_speed(
        (0.0, 0.0),
        |zones| zones.push_polygon(true, &square((-50.0, 0.0), 50.0)),
        |world| world.set_parameter("FENCE_MARGIN", 0.0),
    );
    assert_eq!(edge, REFUSED, "on the edge is outside");
}

#[test]
fn exclusion_polygons_are_not_entered() {
    for (north_m, expected) in [(62.001, None), (61.999, REFUSED)] {
        let middle = (north_m, 0.0);
        assert_eq!(northward(|zones| zones.push_polygon(false, &square(middle, 50.0)), |_| {}), expected);
    }
    assert_eq!(
        northward(|zones| zones.push_polygon(false, &square((0.0, 0.0), 50.0)), |_| {}),
        REFUSED,
        "inside"
    );
    assert_eq!(
        northward(|zones| zones.push_polygon(false, &square((0.0, 60.0), 50.0)), |_| {}),
        None,
        "beside"
    );
    assert_eq!(
        northward(|zones| zones.push_polygon(false, &square((-60.0, 0.0), 50.0)), |_| {}),
        None,
        "behind"
    );
}

#[test]
fn discs_are_seen_from_where_the_aircraft_is() {
    // At 10 m north, 20 m east; 3 m/s north and 4 m/s east lead 6 and 8 m on.
    let away = |fill: &dyn Fn(&mut Zones)| at_speed((3.0, 4.0), fill, |world| world.shift(10.0, 20.0));
    // From the centre the way's end is (46, -17) m.
    let far_m = 46f64.hypot(17.0);
    for (radius_m, expected) in [(far_m + 2.01, None), (far_m + 1.99, REFUSED)] {
        assert_eq!(away(&|zones| zones.push_circle(true, place(-30.0, 45.0), radius_m)), expected);
    }
    // Half way along, 7 m to the left.
    for (radius_m, expected) in [(4.99, None), (5.01, REFUSED)] {
        assert_eq!(away(&|zones| zones.push_circle(false, place(7.4, 28.2), radius_m)), expected);
    }
    let edge = at_speed(
        (0.0, 0.0),
        |zones| zones.push_circle(false, HOME, 0.0),
        |world| world.set_parameter("FENCE_MARGIN", 0.0),
    );
    assert_eq!(edge, REFUSED, "on the edge is inside what is excluded");
}

#[test]
fn areas_alone_are_a_fence_only_when_one_is_there_to_stay_inside() {
    let areas_alone =
        |types: f64, fill: fn(&mut Zones)| northward(fill, |world| world.set_parameter("FENCE_TYPE", types));
    let excluded: fn(&mut Zones) = |zones| zones.push_circle(false, place(500.0, 0.0), 10.0);
    let included: fn(&mut Zones) = |zones| zones.push_circle(true, HOME, 500.0);
    for types in [4.0, 5.0, 12.0] {
        assert_eq!((areas_alone(types, |_| {}), areas_alone(types, excluded)), (REFUSED, REFUSED), "{types}");
        assert_eq!(areas_alone(types, included), None);
    }
    assert_eq!((areas_alone(6.0, |_| {}), areas_alone(6.0, excluded)), (None, None), "a circle besides");
}

#[test]
fn discs_are_not_left_and_not_entered() {
    for (radius_m, expected) in [(12.001, None), (11.999, REFUSED)] {
        assert_eq!(northward(|zones| zones.push_circle(true, HOME, radius_m), |_| {}), expected);
    }
    for (north_m, expected) in [(22.001, None), (21.999, REFUSED)] {
        assert_eq!(northward(|zones| zones.push_circle(false, place(north_m, 0.0), 10.0), |_| {}), expected);
    }
    // Passed at 5 m north of here, 12 m to the side.
    for (east_m, expected) in [(12.001, None), (11.999, REFUSED)] {
        assert_eq!(northward(|zones| zones.push_circle(false, place(5.0, east_m), 10.0), |_| {}), expected);
    }
    assert_eq!(northward(|zones| zones.push_circle(false, place(-13.0, 0.0), 10.0), |_| {}), None, "behind");
    assert_eq!(
        northward(|zones| zones.push_circle(false, place(-11.0, 0.0), 10.0), |_| {}),
        REFUSED,
        "too near"
    );
}

#[test]
fn all_inclusions_hold_unless_the_autopilot_takes_them_for_one() {
    let both = |zones: &mut Zones| {
        zones.push_polygon(true, &square((0.0, 0.0), 50.0));
        zones.push_polygon(true, &square((0.0, 200.0), 50.0));
    };
    assert_eq!(northward(both, |_| {}), REFUSED);
    assert_eq!(northward(both, |world| world.set_parameter("FENCE_OPTIONS", 2.0)), None);
    assert_eq!(northward(both, |world| world.set_parameter("FENCE_OPTIONS", 1.0)), REFUSED);
    let neither = |zones: &mut Zones| {
        zones.push_polygon(true, &square((0.0, 300.0), 50.0));
        zones.push_polygon(true, &square((0.0, 200.0), 50.0));
    };
    assert_eq!(northward(neither, |world| world.set_parameter("FENCE_OPTIONS", 2.0)), REFUSED);
    let exclusion_only = |zones: &mut Zones| zones.push_circle(false, place(0.0, 100.0), 10.0);
    assert_eq!(northward(exclusion_only, |world| world.set_parameter("FENCE_OPTIONS", 2.0)), None);
}

#[test]
fn a_fence_that_is_not_known_is_not_flown_in() {
    let fault = |fault| Some((Interlock::FenceAutopilot, fault));
    assert_eq!(northward(|_| {}, |_| {}), None, "none there");
    assert_eq!(northward(|_| {}, |world| world.vehicle.zones = None), fault(Fault::Unknown));
    assert_eq!(northward(|zones| zones.is_cut = true, |_| {}), fault(Fault::Refused));
    for (age_us, expected) in [(200_000_000, None), (200_000_001, fault(Fault::Stale))] {
        let old = northward(
            |_| {},
            |world| {
                world.refresh(300_000_000);
                world.vehicle.zones.as_mut().unwrap().received_us = world.now.minus_us(age_us);
            },
        );
        assert_eq!(old, expected);
    }
    let unused = northward(
        |_| {},
        |world| {
            world.vehicle.zones = None;
            world.set_parameter("FENCE_TYPE", 3.0);
        },
    );
    assert_eq!(unused, None, "polygons are switched off in FENCE_TYPE");
    let px4 = northward(
        |_| {},
        |world| {
            world.vehicle.zones = None;
            world.vehicle.identity = Some(Identity { system: 1, component: 1, firmware: Firmware::Px4 });
            world.set_parameter("FENCE_TYPE", 3.0);
        },
    );
    assert_eq!(px4, fault(Fault::Unknown));
}

#[test]
fn the_autopilots_own_cylinder_bounds_ours() {
    let judge = |parameters: &[(&str, f64)], at: (f64, f64)| {
        missing(|world| {
            world.shift(at.0, 0.0);
            world.vehicle.position.as_mut().unwrap().value.alt_rel_m = at.1;
            parameters.iter().for_each(|&(name, value)| world.set_parameter(name, value));
        })
    };
    let inside = |told: Vec<(Interlock, Fault, &str)>, interlock| told.iter().all(|trip| trip.0 != interlock);
    let radius = Interlock::FenceRadius;
    assert!(inside(judge(&[("FENCE_RADIUS", 102.1)], (100.0, 30.0)), radius));
    assert!(!inside(judge(&[("FENCE_RADIUS", 101.9)], (100.0, 30.0)), radius), "less its margin of 2 m");
    let off = [("FENCE_RADIUS", 101.9), ("FENCE_TYPE", 5.0)];
    assert!(inside(judge(&off, (100.0, 30.0)), radius), "no circle");
    assert!(inside(judge(&[("FENCE_RADIUS", 0.0)], (100.0, 30.0)), radius));
    let band = Interlock::FenceAltitude;
    assert!(inside(judge(&[("FENCE_ALT_MAX", 52.1)], (0.0, 50.0)), band));
    assert!(!inside(judge(&[("FENCE_ALT_MAX", 51.9)], (0.0, 50.0)), band));
    assert!(inside(judge(&[("FENCE_ALT_MAX", 51.9), ("FENCE_TYPE", 6.0)], (0.0, 50.0)), band));
    let px4 = |parameters: &[(&str, f64)]| {
        missing(|world| {
            world.vehicle.identity.as_mut().unwrap().firmware = Firmware::Px4;
            world.vehicle.heartbeat.as_mut().unwrap().value.mode =
                Mode { firmware: Firmware::Px4, custom: 6 << 16 };
            world.shift(100.0, 0.0);
            world.vehicle.position.as_mut().unwrap().value.alt_rel_m = 50.0;
            parameters.iter().for_each(|&(name, value)| world.set_parameter(name, value));
        })
    };
    assert!(
        inside(px4(&[("GF_MAX_HOR_DIST", 100.1)]), radius)
            && !inside(px4(&[("GF_MAX_HOR_DIST", 99.9)]), radius)
    );
    assert!(
        inside(px4(&[("GF_MAX_VER_DIST", 50.1)]), band) && !inside(px4(&[("GF_MAX_VER_DIST", 49.9)]), band)
    );
}
