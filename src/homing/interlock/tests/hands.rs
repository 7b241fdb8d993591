//! The pilot's sticks, and jumps of position.

use super::*;

#[test]
fn homing_is_enabled_with_centred_sticks_only() {
    let refused = Some((Interlock::Sticks, Fault::Refused));
    for stick in [0, 1, 3] {
        for (us, expected) in [(1450, None), (1550, None), (1449, refused), (1551, refused)] {
            assert_eq!(locked(|world| *world.stick(stick) = us), expected, "{stick} {us}");
        }
    }
    for us in [800, 1000, 2200] {
        assert_eq!(locked(|world| *world.stick(2) = us), None, "throttle anywhere");
    }
}

#[test]
fn absent_sticks_are_no_sticks_at_rest() {
    for stick in 0..4 {
        for us in [0, 799, 2201, 65_535] {
            let expected = Some((Interlock::Sticks, Fault::OutOfRange));
            assert_eq!(locked(|world| *world.stick(stick) = us), expected, "{stick} {us}");
        }
    }
    let channels = |count| locked(|world| world.vehicle.rc.as_mut().unwrap().value.channel_count = count);
    assert_eq!((channels(4), channels(3)), (None, Some((Interlock::Sticks, Fault::Unknown))));
}

#[test]
fn three_samples_of_a_moved_stick_release_control() {
    for stick in 0..4 {
        for moved in [|us: u16| us + 51, |us: u16| us - 51] {
            let mut world = World::homing();
            *world.stick(stick) = moved(*world.stick(stick));
            velocity(world.step());
            velocity(world.step());
            assert_eq!(world.step(), Command::Stop);
            let trip = world.homing.latched().unwrap();
            assert_eq!((trip.interlock, trip.fault), (Interlock::Sticks, Fault::Refused));
        }
    }
}

#[test]
fn a_tenth_of_full_deflection_is_rest() {
    for stick in 0..4 {
        let mut world = World::homing();
        *world.stick(stick) += 50;
        velocity(world.steps(20));
    }
}

#[test]
fn samples_count_once_and_in_a_row() {
    let mut world = World::homing();
    *world.stick(0) = 1700;
    let rest = World::new().vehicle.rc.unwrap().value;
    velocity(world.step());
    velocity(world.step());
    let (moved, seen) = (world.vehicle.rc.unwrap().value, world.vehicle.rc);
    for _ in 0..10 {
        world.refresh(PASS_US);
        world.vehicle.rc = seen;
        velocity(world.pass(None));
    }
    for _ in 0..5 {
        world.vehicle.rc.as_mut().unwrap().value = rest;
        velocity(world.step());
        world.vehicle.rc.as_mut().unwrap().value = moved;
        velocity(world.step());
        velocity(world.step());
    }
    assert_eq!(world.step(), Command::Stop);
}

#[test]
fn the_sample_at_which_homing_was_enabled_does_not_count() {
    let mut world = World::new();
    world.switch_on();
    let seen = world.vehicle.rc;
    for _ in 0..10 {
        world.refresh(PASS_US);
        world.vehicle.rc = seen;
        *world.stick(0) = 1700;
        world.pass(None);
    }
    assert_eq!(world.homing.latched(), None);
}

#[test]
fn after_a_release_the_sticks_must_be_centred_again() {
    let mut world = World::homing();
    *world.stick(1) = 1800;
    world.steps(3);
    assert_eq!(world.homing.latched().unwrap().interlock, Interlock::Sticks);
    world.switch_on();
    assert_eq!(world.homing.state(), State::Idle);
    *world.stick(1) = 1500;
    world.switch_on();
    assert_eq!(world.homing.state(), State::Searching);
    velocity(world.steps(60));
}

#[test]
fn after_switching_off_one_moved_sample_keeps_homing_locked() {
    let mut world = World::homing();
    world.switch_off();
    *world.stick(0) = 1700;
    world.switch_on();
    assert_eq!(world.homing.state(), State::Idle);
    assert_eq!(world.homing.locked().unwrap().interlock, Interlock::Sticks);
}

#[test]
fn a_deflection_counted_before_is_forgotten_by_enabling() {
    let mut world = World::homing();
    *world.stick(0) = 1700;
    world.steps(2);
    world.switch_off();
    *world.stick(0) = 1500;
    world.switch_on();
    *world.stick(0) = 1700;
    world.steps(2);
    assert_eq!(world.homing.latched(), None);
    world.step();
    assert!(world.homing.latched().is_some());
}

/// Steps of position with the time between; whether homing is locked by the last.
fn jumps(set: fn(&mut World), elapsed_us: u64, speed_mps: [f64; 2]) -> bool {
    let mut world = World::new();
    world.vehicle.position.as_mut().unwrap().value.east_mps = -speed_mps[0];
    world.pass(None);
    world.refresh(elapsed_us);
    world.vehicle.position.as_mut().unwrap().value.east_mps = -speed_mps[1];
    set(&mut world);
    world.pass(None);
    world.homing.locked().is_some_and(|trip| trip.interlock == Interlock::Jump)
}

#[test]
fn a_step_beyond_what_speed_explains_is_a_jump() {
    assert!(!jumps(|w| w.shift(6.0, 7.9), 100_000, [0.0, 0.0]), "9.92 m");
    assert!(jumps(|w| w.shift(6.0, 8.1), 100_000, [0.0, 0.0]), "10.08 m");
    assert!(!jumps(|w| w.shift(-6.0, 8.1), 100_000, [2.0, 0.0]), "10.2 m are explained");
    assert!(!jumps(|w| w.shift(-6.0, 8.1), 100_000, [0.0, 2.0]), "by the faster of both");
    assert!(jumps(|w| w.shift(-6.0, 8.1), 25_000, [2.0, 2.0]), "10.05 m are explained");
}

#[test]
fn a_step_of_altitude_is_a_jump() {
    let climb = |world: &mut World, climb_m| {
        world.vehicle.position.as_mut().unwrap().value.alt_rel_m += climb_m;
    };
    assert!(!jumps(|_| {}, 0, [0.0, 0.0]));
    for (climb_m, jump) in [(10.0, false), (10.1, true), (-10.0, false), (-10.1, true)] {
        let mut world = World::new();
        world.pass(None);
        world.refresh(PASS_US);
        climb(&mut world, climb_m);
        world.pass(None);
        assert_eq!(world.homing.locked().is_some_and(|t| t.interlock == Interlock::Jump), jump, "{climb_m}");
    }
    let mut world = World::new();
    world.vehicle.position.as_mut().unwrap().value.down_mps = 3.0;
    world.pass(None);
    world.refresh(100_000);
    climb(&mut world, -10.2);
    world.pass(None);
    let jumped = world.homing.missing().iter().any(|trip| trip.interlock == Interlock::Jump);
    assert!(!jumped, "sinking at 3 m/s explains it");
}

#[test]
fn a_jump_locks_for_five_seconds_and_stops() {
    let mut world = World::homing();
    world.shift(-11.0, 0.0);
    assert_eq!(world.step(), Command::Stop);
    for _ in 0..99 {
        world.step();
        assert_eq!(world.homing.locked().map(|trip| trip.interlock), Some(Interlock::Jump));
    }
    world.step();
    assert_eq!(world.homing.locked(), None, "5 s later");
}

#[test]
fn positions_seen_twice_out_of_order_or_refused_are_no_jump() {
    let mut world = World::homing();
    let old = world.vehicle.position;
    world.step();
    world.vehicle.position = old;
    world.shift(-20.0, 0.0);
    world.now = world.now.plus_us(PASS_US);
    world.pass(None);
    let cause = world.homing.latched().map(|trip| trip.interlock);
    assert_ne!(cause, Some(Interlock::Jump), "older than the newest");
    let mut world = World::new();
    world.pass(None);
    world.shift(-20.0, 0.0);
    world.pass(None);
    assert_eq!(world.homing.locked(), None, "the same sample");
    let mut world = World::new();
    let good = world.vehicle;
    world.pass(None);
    world.vehicle.position.as_mut().unwrap().value.place.lat_deg = 91.0;
    world.step();
    world.vehicle = good;
    world.step();
    assert_eq!(world.homing.locked(), None, "no place was jumped to");
}
