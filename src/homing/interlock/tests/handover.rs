//! What may not change since homing was enabled, though it looks right again; and who may contest the aircraft.

use super::*;
use crate::geo::{NorthEast, Origin, Wgs84};

const HOME: Wgs84 = Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };

fn cause(world: &World) -> (Interlock, Fault) {
    let trip = world.homing.latched().unwrap();
    (trip.interlock, trip.fault)
}

#[test]
fn a_mode_left_and_regained_between_two_passes_ends_homing() {
    let mut world = World::homing();
    world.vehicle.left_total += 1;
    assert_eq!(world.step(), Command::Stop);
    assert_eq!(cause(&world), (Interlock::Mode, Fault::Refused));
    // The operator may begin anew: what was left before does not count.
    world.switch_on();
    velocity(world.steps(60));
}

#[test]
fn home_may_be_restated_but_not_moved() {
    let moved = |north_m: f64| {
        let mut world = World::homing();
        let to = Origin::new(HOME).wgs84_from_ned(NorthEast { north_m, east_m: 0.0 });
        world.vehicle.home.as_mut().unwrap().value.place = to;
        world.step();
        world.homing.latched().map(|trip| (trip.interlock, trip.detail))
    };
    assert_eq!(moved(4.99), None);
    assert_eq!(moved(5.01), Some((Interlock::FenceRadius, "home moved")));
    assert_eq!(moved(-5.01), Some((Interlock::FenceRadius, "home moved")));
}

#[test]
fn home_lost_in_flight_ends_homing() {
    let mut world = World::homing();
    world.vehicle.home = None;
    world.step();
    assert_eq!(cause(&world), (Interlock::FenceRadius, Fault::Unknown));
}

#[test]
fn a_home_that_moved_before_is_taken_as_it_is() {
    let mut world = World::homing();
    world.pass(Some(OperatorAct::HomingOff));
    let to = Origin::new(HOME).wgs84_from_ned(NorthEast { north_m: 20.0, east_m: 0.0 });
    world.vehicle.home.as_mut().unwrap().value.place = to;
    world.switch_on();
    velocity(world.steps(60));
}

#[test]
fn home_is_stale_after_a_minute() {
    let aged = |age_us: u64| {
        let mut world = World::new();
        world.refresh(90_000_000);
        world.pass(None);
        world.refresh(PASS_US);
        world.vehicle.home.as_mut().unwrap().received_us = world.now.minus_us(age_us);
        world.pass(None);
        world.homing.locked().map(|trip| (trip.interlock, trip.fault))
    };
    assert_eq!(aged(60_000_000), None);
    assert_eq!(aged(60_000_001), Some((Interlock::FenceRadius, Fault::Stale)));
}

#[test]
fn a_contested_aircraft_is_not_commanded() {
    let mut world = World::homing();
    world.vehicle.contested = Some("another program");
    // Not even zeros: whoever else commands it must not be fought.
    assert!(matches!(world.step(), Command::Silence(_)));
    assert_eq!(cause(&world), (Interlock::Identity, Fault::Refused));
    assert_eq!(world.homing.latched().unwrap().detail, "another program");
}
