//! Steering: which way and how fast.

use super::*;
use crate::command::Aim;
use std::f64::consts::{FRAC_PI_2, PI};

/// The beacon is believed to be 28 m off.
fn with_yaw_and_bearing(yaw_rad: f64, bearing_rad: f64) -> World {
    let mut world = World::homing();
    world.vehicle.attitude.as_mut().unwrap().value.yaw_rad = yaw_rad;
    let (at, (sin, cos)) = (world.at(), bearing_rad.sin_cos());
    world.believe(NorthEast { north_m: at.north_m + 28.0 * cos, east_m: at.east_m + 28.0 * sin }, 5.0);
    world
}

#[test]
fn the_nose_turns_to_the_bearing_the_short_way() {
    for (yaw_rad, bearing_rad, turn_rad_s) in
        [(0.0, 0.2, 0.2), (0.0, -0.2, -0.2), (3.0, -3.0, 2.0 * PI - 6.0), (0.0, 2.0, 0.5), (0.0, -2.0, -0.5)]
    {
        let turn = velocity(with_yaw_and_bearing(yaw_rad, bearing_rad).step());
        assert!((turn.yaw_rate_rad_s - turn_rad_s).abs() < 1e-3, "{yaw_rad} {bearing_rad}: {turn:?}");
    }
}

#[test]
fn forward_is_where_the_nose_points_and_nowhere_when_the_course_is_behind() {
    let ahead = velocity(with_yaw_and_bearing(-FRAC_PI_2, -FRAC_PI_2).steps(100));
    assert!(ahead.north_mps.abs() < 1e-3 && (ahead.east_mps + 4.0).abs() < 1e-3, "{ahead:?}");
    let oblique = velocity(with_yaw_and_bearing(0.0, 1.0).steps(100));
    assert!((oblique.north_mps - 4.0 * 1f64.cos()).abs() < 1e-3, "{oblique:?}");
    let behind = velocity(with_yaw_and_bearing(0.0, 3.0).steps(100));
    assert_eq!((behind.north_mps, behind.east_mps), (0.0, 0.0));
}

#[test]
fn while_nothing_is_known_of_its_place_it_flies_straight_on_then_in_wider_and_wider_triangles_and_turns_from_fences()
 {
    let heading = |yaw_rad: f64| {
        let mut world = World::new();
        world.vehicle.attitude.as_mut().unwrap().value.yaw_rad = yaw_rad;
        world.switch_on();
        world.steps(60);
        world
    };
    let mut world = heading(PI - 0.1);
    let bearing = |world: &mut World, way_m: f64| {
        velocity(world.step());
        let course = world.homing.course().expect("a velocity");
        let (at, to) = (world.at(), Origin::new(HOME).ned_from_wgs84(course.to.expect("a goal")));
        assert_eq!((course.aim, (to.distance_m(at) - way_m).abs() < 0.1), (Aim::Ahead, true));
        world.fly_to(to);
        (to.east_m - at.east_m).atan2(to.north_m - at.north_m)
    };
    let first = bearing(&mut world, 80.0);
    assert!((first - (PI - 0.1)).abs() < 1e-3, "{first}");
    let yaw = world.vehicle.attitude.as_mut().unwrap();
    yaw.value.yaw_rad = first;
    let second = bearing(&mut world, 100.0);
    assert!((crate::geo::wrap_pi(second - first).abs() - 2.094).abs() < 1e-3, "{first} {second}");
    // The polygon ends 40 m to the east.
    let turned = bearing(&mut heading(FRAC_PI_2), 80.0);
    assert!((turned - FRAC_PI_2).abs() > 0.7, "{turned}");
}

#[test]
fn where_a_least_height_is_set_it_sinks_over_the_place_before_it_holds_and_climbs_on_the_way_elsewhere() {
    let settings = HomingConfig { height_min_m: Some(15.0), ..homing_config() };
    let mut world = World::in_state(State::Homing, &settings, &interlock_config());
    let began_m = world.vehicle.position.as_ref().unwrap().value.alt_rel_m;
    let at = world.at();
    world.believe(NorthEast { north_m: at.north_m + 20.0, ..at }, 5.0);
    assert_eq!(velocity(world.steps(40)).down_mps, 0.0, "not there yet");
    world.believe(at, 5.0);
    let sinks = velocity(world.steps(40));
    assert_eq!((sinks.down_mps, world.homing.state()), (1.0, State::Homing));
    let up_m = |world: &mut World, up_m: f64| {
        world.vehicle.position.as_mut().unwrap().value.alt_rel_m = up_m;
    };
    up_m(&mut world, 21.0);
    assert_eq!(velocity(world.step()).down_mps, 1.0);
    up_m(&mut world, 16.0);
    assert!((velocity(world.steps(20)).down_mps - 0.5).abs() < 1e-9, "softly");
    up_m(&mut world, 15.4);
    let there = velocity(world.steps(20));
    assert_eq!((there.down_mps, world.homing.state()), (0.0, State::Holding));
    world.believe(NorthEast { north_m: at.north_m + 60.0, ..at }, 60.0);
    let leaves = velocity(world.steps(60));
    assert_eq!((leaves.down_mps, world.homing.state()), (-1.0, State::Homing), "back to {began_m} m");
    // Homing that begins anew begins at its own height.
    let mut world = World::in_state(State::Homing, &settings, &interlock_config());
    world.switch_off();
    world.steps(40);
    up_m(&mut world, began_m + 5.0);
    world.switch_on();
    world.steps(40);
    up_m(&mut world, began_m + 2.0);
    assert_eq!((velocity(world.steps(40)).down_mps, world.homing.state()), (-1.0, State::Homing));
    // Ground that comes too near ends the sinking, not homing.
    let mut world = World::in_state(State::Homing, &settings, &interlock_config());
    world.vehicle.height_rangefinder_m = Some(Aged { value: 12.0, received_us: world.now });
    world.believe(world.at(), 5.0);
    world.step();
    assert_eq!((world.homing.state(), world.homing.latched()), (State::Holding, None));
}

#[test]
fn the_place_of_the_beacon_is_approached_nose_first_to_a_stand() {
    let mut world = World::homing();
    let at = world.at();
    world.believe(NorthEast { north_m: at.north_m + 30.0, ..at }, 8.0);
    assert!((velocity(world.steps(40)).north_mps - 4.0).abs() < 1e-9, "far");
    world.believe(NorthEast { north_m: at.north_m + 6.0, ..at }, 8.0);
    assert!((velocity(world.steps(40)).north_mps - 3.0).abs() < 1e-9, "near");
    world.believe(NorthEast { north_m: at.north_m, east_m: at.east_m - 20.0 }, 8.0);
    let turning = velocity(world.steps(40));
    assert!(turning.yaw_rate_rad_s == -0.5 && turning.north_mps.abs() < 1e-9, "{turning:?}");
}

#[test]
fn what_tells_more_is_flown_first_and_never_towards_a_fence() {
    // Somewhere on a ring far out: where it is flown to is no place where it is believed to be.
    let mut world = World::homing();
    let at = world.at();
    world.believe(NorthEast { north_m: at.north_m - 60.0, ..at }, 60.0);
    let legs: Vec<Velocity> = (0..200).map(|_| velocity(world.step())).collect();
    assert!(legs.iter().any(|leg| leg.yaw_rate_rad_s.abs() > 0.1), "it goes elsewhere than ahead");
    // The polygon ends 40 m to the east, and beyond it nothing is flown to, however sure it is.
    let mut world = World::new();
    world.shift(0.0, 30.0);
    world.vehicle.attitude.as_mut().unwrap().value.yaw_rad = FRAC_PI_2;
    world.believe(NorthEast { north_m: 0.0, east_m: 300.0 }, 8.0);
    world.switch_on();
    let stands = velocity(world.steps(60));
    assert!(stands.north_mps.hypot(stands.east_mps) < 1e-9, "{stands:?}");
    assert_eq!((world.homing.latched(), world.homing.state()), (None, State::Holding), "as near as may be");
}

#[test]
fn nothing_but_the_interlocks_makes_commands() {
    let sources = [
        include_str!("../mod.rs"),
        include_str!("../guidance.rs"),
        include_str!("../state.rs"),
        include_str!("../steering.rs"),
        include_str!("../turning.rs"),
        include_str!("../worth.rs"),
    ];
    for source in sources {
        assert!(!source.contains("Command::Velocity(") && !source.contains("Command::Stop"));
    }
}

#[test]
fn between_bursts_it_flies_to_where_the_next_one_tells_most_and_waits_there() {
    let mut world = World::homing();
    world.facts[0].pattern.period_us = Some(50e6);
    let place = NorthEast { north_m: world.at().north_m - 40.0, east_m: world.at().east_m - 60.0 };
    world.believe(place, 80.0);
    let goal = |world: &World| {
        let course = world.homing.course().expect("a velocity");
        (course.aim, Origin::new(HOME).ned_from_wgs84(course.to.expect("a goal")))
    };
    velocity(world.steps(20));
    let (aim, stand) = goal(&world);
    assert_eq!(aim, Aim::Survey);
    // At 4 m/s within 46 s, 4 s of which are kept.
    assert!(stand.distance_m(place) > 30.0 && stand.distance_m(world.at()) < 185.0, "{stand:?}");
    world.fly_to(stand);
    world.fly_to(NorthEast { north_m: stand.north_m + 0.5, ..stand });
    let waits = velocity(world.steps(200));
    assert!(goal(&world).1.distance_m(stand) < 1.0, "it waits");
    assert!(waits.north_mps.hypot(waits.east_mps) < 1e-9, "and stands: {waits:?}");
    let count = world.belief.as_ref().unwrap().observation_count;
    world.believe(place, 60.0);
    world.belief.as_mut().unwrap().observation_count = count + 1;
    velocity(world.steps(20));
    assert!(goal(&world).1.distance_m(stand) > 10.0, "the next tells more elsewhere");
}
