//! The holes of the system this one replaces, each shut.

use super::*;
use crate::homing::steering::Steering;

fn tripped(world: &World) -> (Interlock, Fault) {
    let trip = world.homing.latched().expect("a cause");
    assert_eq!(world.changes.len(), 1, "one recorded cause");
    assert_eq!(world.changes[0].reason, Reason::Interlock(trip));
    assert_eq!(world.homing.state(), State::Idle);
    (trip.interlock, trip.fault)
}

/// The origin's `max(-5, min(5, NaN))` made +5 m/s of it.
#[test]
fn a_nan_velocity_becomes_a_stop_never_five_metres_per_second() {
    for spoil in [
        |world: &mut World| world.facts[0].gradient.as_mut().unwrap().bearing_rad = f64::NAN,
        |world: &mut World| world.vehicle.attitude.as_mut().unwrap().value.yaw_rad = f64::NAN,
        |world: &mut World| world.vehicle.position.as_mut().unwrap().value.north_mps = f64::NAN,
        |world: &mut World| {
            world.homing.steering =
                Steering::new(&HomingConfig { speed_mps: f64::NAN, ..homing_config() }, 1.0);
        },
    ] {
        let mut world = World::homing();
        spoil(&mut world);
        assert_eq!(world.step(), Command::Stop);
        assert_eq!(tripped(&world).1, Fault::NonFinite);
    }
    let mut world = World::homing();
    world.believe(NorthEast { north_m: f64::NAN, east_m: 0.0 }, 5.0);
    assert_eq!(velocity(world.steps(60)), Velocity::default(), "nowhere is no place to fly to");
}

/// A gimbal's heartbeat kept the origin's link "alive": here only the bound autopilot's telemetry comes in at all, and
/// anything that says to come from another component or firmware stops homing.
#[test]
fn telemetry_of_another_component_keeps_nothing_alive() {
    let mut world = World::homing();
    world.vehicle.identity.as_mut().unwrap().component = 154;
    world.step();
    assert_eq!(tripped(&world), (Interlock::Identity, Fault::Refused));
    let mut world = World::homing();
    world.vehicle.heartbeat.as_mut().unwrap().value.mode.firmware = Firmware::Other;
    assert!(is_silent(world.step()));
    assert_eq!(tripped(&world), (Interlock::Mode, Fault::Refused));
}

/// With id 255 the companion's own heartbeats passed for the ground station's and hid its loss.
#[test]
fn our_system_id_is_never_the_ground_stations() {
    for (own, watched, accepted) in
        [(1, 255.0, true), (255, 255.0, false), (255, 1.0, false), (250, 255.0, false), (7, 7.0, false)]
    {
        let mut world = World::new();
        world.vehicle.identity.as_mut().unwrap().system = own;
        world.set_parameter("SYSID_MYGCS", watched);
        world.switch_on();
        assert_eq!(world.homing.state() == State::Searching, accepted, "{own} {watched}");
    }
}

/// Time-outs on the wall clock: time is an argument here; where it goes back or leaps, homing stops.
#[test]
fn a_clock_that_steps_stops_homing() {
    let mut world = World::homing();
    world.refresh(0);
    world.now = world.now.minus_us(1);
    world.pass(None);
    assert_eq!(tripped(&world).1, Fault::Stale, "everything comes from the future");
    let mut world = World::homing();
    world.refresh(3_600_000_000);
    assert_eq!(world.pass(None), Command::Stop);
    assert_eq!(tripped(&world), (Interlock::PassLate, Fault::Stale));
}

/// The battery started at 100 %, and missing RC was no override.
#[test]
fn what_was_never_received_is_unsafe() {
    for (forget, interlock) in [
        ((|vehicle| vehicle.battery = None) as fn(&mut Vehicle), Interlock::Battery),
        (|vehicle| vehicle.rc = None, Interlock::Sticks),
        (|vehicle| vehicle.gps = None, Interlock::Gps),
        (|vehicle| vehicle.ekf = None, Interlock::Ekf),
        (|vehicle| vehicle.home = None, Interlock::FenceRadius),
        (|vehicle| vehicle.position = None, Interlock::Position),
        (|vehicle| vehicle.attitude = None, Interlock::Attitude),
        (|vehicle| vehicle.heartbeat = None, Interlock::Heartbeat),
        (|vehicle| vehicle.identity = None, Interlock::Identity),
        (|vehicle| vehicle.parameters = Parameters::default(), Interlock::Failsafes),
    ] {
        let mut world = World::homing();
        forget(&mut world.vehicle);
        world.step();
        assert_eq!(tripped(&world), (interlock, Fault::Unknown));
        let mut world = World::new();
        forget(&mut world.vehicle);
        world.switch_on();
        assert_eq!((world.homing.state(), world.changes.len()), (State::Idle, 0));
        assert_eq!(world.homing.locked().map(|trip| trip.interlock), Some(interlock));
    }
}

/// Inputs without age: each goes stale by itself while all others stay fresh.
#[test]
fn every_input_has_its_age() {
    type Keep = fn(&mut World, &World);
    let keeps: [(Keep, Interlock, u64); 9] = [
        (|w, o| w.vehicle.heartbeat = o.vehicle.heartbeat, Interlock::Heartbeat, 2_500_000),
        (|w, o| w.vehicle.attitude = o.vehicle.attitude, Interlock::Attitude, 500_000),
        (|w, o| w.vehicle.position = o.vehicle.position, Interlock::Position, 500_000),
        (|w, o| w.vehicle.gps = o.vehicle.gps, Interlock::Gps, 3_000_000),
        (|w, o| w.vehicle.ekf = o.vehicle.ekf, Interlock::Ekf, 3_000_000),
        (|w, o| w.vehicle.battery = o.vehicle.battery, Interlock::Battery, 3_000_000),
        (|w, o| w.vehicle.rc = o.vehicle.rc, Interlock::Sticks, 1_000_000),
        (|w, o| w.newest_reading_us = o.newest_reading_us, Interlock::Sdr, 500_000),
        (|w, o| w.facts.clone_from(&o.facts), Interlock::Facts, 500_000),
    ];
    for (keep, interlock, age_max_us) in keeps {
        let mut world = World::homing();
        let old = world.clone();
        for _ in 0..age_max_us / PASS_US {
            world.refresh(PASS_US);
            keep(&mut world, &old);
            velocity(world.pass(None));
        }
        world.refresh(PASS_US);
        keep(&mut world, &old);
        world.pass(None);
        assert_eq!(tripped(&world), (interlock, Fault::Stale));
    }
}

/// A safety loop that died silently: a late pass stops, and the first pass after a pause sees that it was one.
#[test]
fn a_pass_that_hung_is_noticed() {
    let mut world = World::homing();
    world.refresh(150_000);
    velocity(world.pass(None));
    world.refresh(150_001);
    assert_eq!(world.pass(None), Command::Stop);
    assert_eq!(tripped(&world), (Interlock::PassLate, Fault::Stale));
}

/// An emergency stop that only logged, or left to a stick mode and disarmed; no zero setpoint (15 m more at 5 m/s).
#[test]
fn a_stop_sends_zeros_at_once() {
    let mut world = World::homing();
    assert_eq!(world.switch_off(), Command::Stop);
    let mut world = World::homing();
    world.sdr_alive = false;
    assert_eq!(world.step(), Command::Stop);
}

/// The autopilot alone holds the aircraft when we are gone: without its failsafes set, homing stays locked.
#[test]
fn a_long_guid_timeout_keeps_homing_locked() {
    let mut world = World::new();
    world.set_parameter("GUID_TIMEOUT", 3.0);
    world.switch_on();
    assert_eq!(world.homing.state(), State::Idle);
    let text = world.homing.locked().unwrap().to_string();
    assert_eq!(text, "failsafes refused: GUID_TIMEOUT: set it to 1 s or less");
}

/// PARAM_SET from anyone enabled homing: here only an act does, once, and never by being repeated after a stop.
#[test]
fn only_an_act_enables_and_a_level_does_not() {
    let mut world = World::homing();
    world.sdr_alive = false;
    world.step();
    world.sdr_alive = true;
    for _ in 0..200 {
        world.step();
        assert_eq!(world.homing.state(), State::Idle);
    }
}

/// A mode change silences in the same pass, and no zero follows even when the mode comes back.
#[test]
fn a_changed_mode_is_silence_at_once() {
    let mut world = World::homing();
    world.vehicle.heartbeat.as_mut().unwrap().value.mode.custom = 5;
    assert!(is_silent(world.step()));
    assert_eq!(tripped(&world), (Interlock::Mode, Fault::Refused));
    world.vehicle.heartbeat.as_mut().unwrap().value.mode.custom = 4;
    assert!(is_silent(world.steps(3)));
    let mut world = World::homing();
    world.sdr_alive = false;
    assert_eq!(world.steps(3), Command::Stop);
    world.vehicle.heartbeat.as_mut().unwrap().value.mode.custom = 16;
    assert!(is_silent(world.step()));
    world.vehicle.heartbeat.as_mut().unwrap().value.mode.custom = 4;
    assert!(is_silent(world.step()), "what is over stays over");
}
