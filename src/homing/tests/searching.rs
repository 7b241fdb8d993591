//! A search's route is flown while nothing is confirmed, and by no one's leave but the operator's and every interlock's.

use super::combinations::{SPOILS, near_edges};
use super::*;
use crate::homing::interlock::STOP_PASSES;

/// North-east.
const ROUTE: Option<(f64, f64)> = Some((2.0, 2.0));

/// SEARCHING, nothing heard, led along a route.
fn searching(limits: &InterlockConfig) -> World {
    let mut world = World::with(&homing_config(), limits);
    world.facts[0].heard = false;
    world.search = ROUTE;
    assert!(is_silent(world.steps(3)), "not before the operator says so");
    world.switch_on();
    world.steps(40);
    assert_eq!(world.homing.state(), State::Searching);
    world.changes.clear();
    world
}

#[test]
fn the_nose_turns_to_the_route_and_the_speed_is_the_routes() {
    let mut world = searching(&interlock_config());
    let turning = velocity(world.step());
    assert!(turning.yaw_rate_rad_s > 0.4 && turning.east_mps.abs() < 1e-9, "{turning:?}");
    world.vehicle.attitude.as_mut().unwrap().value.yaw_rad = std::f64::consts::FRAC_PI_4;
    let along = velocity(world.steps(40));
    assert!((along.north_mps - 2.0).abs() < 1e-6 && (along.east_mps - 2.0).abs() < 1e-6, "{along:?}");
    assert!(along.down_mps == 0.0 && along.yaw_rate_rad_s.abs() < 1e-9);
}

#[test]
fn it_is_flown_until_a_beacon_is_confirmed_and_again_when_it_is_lost() {
    let mut world = searching(&interlock_config());
    world.facts[0].heard = true;
    velocity(world.step());
    assert_eq!(world.homing.state(), State::Detecting);
    let mut passes = 0;
    while world.homing.state() == State::Detecting {
        velocity(world.step());
        passes += 1;
    }
    assert!(world.homing.state() == State::Homing && passes as u64 * PASS_US <= 2_000_000, "{passes}");
    world.facts[0].heard = false;
    while world.homing.state() == State::Homing {
        velocity(world.step());
    }
    assert_eq!(world.homing.state(), State::Searching);
    world.search = ROUTE;
    velocity(world.step());
    // Flown to its end: it stands, and homing stays on.
    world.search = None;
    for _ in 0..STOP_PASSES {
        assert_eq!(world.step(), Command::Stop);
    }
    assert!(is_silent(world.step()) && world.homing.state() == State::Searching);
}

#[test]
fn every_interlock_ends_it_for_good() {
    for (interlock, spoil) in SPOILS {
        let good = searching(&near_edges());
        let mut world = good.clone();
        world.refresh(PASS_US);
        spoil(&mut world);
        let mut command = world.pass(None);
        let trip = world.homing.latched().unwrap_or_else(|| panic!("{interlock:?} does not end it"));
        assert_eq!((trip.interlock, world.homing.state()), (interlock, State::Idle));
        let ours = !matches!(interlock, Interlock::Identity | Interlock::Heartbeat | Interlock::Mode);
        let homing = world.homing.clone();
        world = World { homing, changes: Vec::new(), now: world.now, ..good };
        for _ in 0..if ours { STOP_PASSES } else { 0 } {
            assert_eq!(command, Command::Stop, "{interlock:?}");
            command = world.step();
        }
        for _ in 0..100 {
            assert!(is_silent(command), "{interlock:?}");
            command = world.step();
        }
        world.switch_on();
        velocity(world.steps(20));
    }
}

#[test]
fn the_operator_and_the_time_limit_end_it_too() {
    let mut world = searching(&interlock_config());
    assert_eq!(world.switch_off(), Command::Stop);
    assert!(is_silent(world.steps(usize::from(STOP_PASSES))));
    let short = InterlockConfig { homing_max_us: 3_000_000, ..interlock_config() };
    let mut world = World::with(&homing_config(), &short);
    world.facts[0].heard = false;
    world.search = ROUTE;
    world.switch_on();
    world.steps(70);
    assert_eq!(world.homing.latched().map(|trip| trip.interlock), Some(Interlock::HomingTime));
}
