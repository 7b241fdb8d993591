//! The pilot's radio: there, strong, told often enough, mapped; the mode by its second source; whose samples they are.

use super::*;
use crate::config::Samples;
use crate::time::Aged;
use crate::vehicle::{Firmware, Identity, Mode, PartHealth};

#[test]
fn a_radio_that_froze_is_lost() {
    let refused = Some((Interlock::Sticks, Fault::Refused));
    let health =
        |rc_receiver| locked(|world| world.vehicle.health.as_mut().unwrap().value.rc_receiver = rc_receiver);
    assert_eq!(health(PartHealth::Bad), refused);
    assert_eq!((health(PartHealth::Good), health(PartHealth::Absent)), (None, refused));
    assert_eq!(health(PartHealth::Off), refused);
    let px4 = |rc_receiver| {
        locked(|world| {
            world.vehicle.identity.as_mut().unwrap().firmware = Firmware::Px4;
            world.vehicle.heartbeat.as_mut().unwrap().value.mode =
                Mode { firmware: Firmware::Px4, custom: 6 << 16 };
            world.vehicle.health.as_mut().unwrap().value.rc_receiver = rc_receiver;
        })
    };
    assert_eq!((px4(PartHealth::Absent), px4(PartHealth::Off), px4(PartHealth::Bad)), (None, None, refused));
    let rssi = |rssi| locked(|world| world.vehicle.rc.as_mut().unwrap().value.rssi = rssi);
    assert_eq!((rssi(Some(0)), rssi(Some(1)), rssi(None)), (refused, None, None));
    let mut world = World::homing();
    world.vehicle.health.as_mut().unwrap().value.rc_receiver = PartHealth::Bad;
    assert_eq!(world.step(), Command::Stop);
}

/// Passes with the sticks told each `every` passes; what keeps homing locked at last.
fn told_each(every: usize) -> Option<Interlock> {
    let mut world = World::new();
    let mut rc = world.vehicle.rc;
    for pass in 0..100 {
        world.refresh(PASS_US);
        if pass % every == 0 {
            rc = world.vehicle.rc;
        }
        world.vehicle.rc = rc;
        world.pass(None);
    }
    world.homing.locked().map(|trip| trip.interlock)
}

#[test]
fn sticks_told_too_seldom_keep_homing_locked() {
    assert_eq!((told_each(1), told_each(5)), (None, None), "250 ms");
    assert_eq!((told_each(6), told_each(10)), (Some(Interlock::Sticks), Some(Interlock::Sticks)));
    let mut world = World::new();
    world.vehicle.rc = None;
    world.step();
    world.vehicle.rc = World::new().vehicle.rc;
    world.step();
    assert_eq!(world.homing.locked().map(|trip| trip.fault), Some(Fault::Unknown), "one sample is no rate");
    world.step();
    assert_eq!(world.homing.locked(), None);
}

#[test]
fn one_sample_stands_for_the_time_since_the_one_before() {
    let nudge = |pause_us: u64| {
        let mut world = World::homing();
        let still = world.vehicle.rc;
        for _ in 0..pause_us / PASS_US - 1 {
            world.refresh(PASS_US);
            world.vehicle.rc = still;
            velocity(world.pass(None));
        }
        world.refresh(PASS_US);
        *world.stick(1) = 1600;
        matches!(world.pass(None), Command::Velocity(_))
    };
    assert!(nudge(100_000), "100 ms of the 150 that the settings ask for");
    assert!(!nudge(150_000));
    assert!(!nudge(500_000), "at 2 Hz one sample is enough");
}

#[test]
fn the_sticks_are_where_the_parameters_say() {
    let mapped = |world: &mut World| {
        for (name, channel) in
            [("RCMAP_ROLL", 6.0), ("RCMAP_PITCH", 5.0), ("RCMAP_THROTTLE", 8.0), ("RCMAP_YAW", 7.0)]
        {
            world.set_parameter(name, channel);
        }
    };
    for (channel, is_stick) in
        [(0, false), (3, false), (4, true), (5, true), (6, true), (7, true), (8, false)]
    {
        let mut world = World::new();
        mapped(&mut world);
        world.switch_on();
        world.steps(60);
        velocity(world.step());
        *world.stick(channel) = 1100;
        let last = world.steps(3);
        assert_eq!(last == Command::Stop, is_stick, "channel {}", channel + 1);
    }
    let beyond = locked(|world| world.set_parameter("RCMAP_YAW", 9.0));
    assert_eq!(beyond, Some((Interlock::Sticks, Fault::Unknown)), "the receiver has 8");
    for odd in [0.0, -1.0, 19.0, f64::NAN] {
        assert!(
            missing(|world| world.set_parameter("RCMAP_YAW", odd))
                .iter()
                .any(|trip| trip.0 == Interlock::Sticks)
        );
    }
    let px4 = missing(|world| {
        world.vehicle.identity = Some(Identity { system: 1, component: 1, firmware: Firmware::Px4 });
        world.vehicle.heartbeat.as_mut().unwrap().value.mode =
            Mode { firmware: Firmware::Px4, custom: 6 << 16 };
        world.set_parameter("RC_MAP_ROLL", 5.0);
        world.set_parameter("RCMAP_PITCH", 0.0);
        *world.stick(4) = 1700;
    });
    assert_eq!(
        px4,
        [(Interlock::Sticks, Fault::Refused, "roll, pitch and yaw are not centred: let go of the sticks")]
    );
}

#[test]
fn either_word_of_another_mode_silences() {
    let told = |custom| Some(Aged::new(Mode { firmware: Firmware::ArduCopter, custom }, World::new().now));
    assert_eq!(locked(|world| world.vehicle.mode_told = told(4)), None);
    assert_eq!(locked(|world| world.vehicle.mode_told = told(5)), Some((Interlock::Mode, Fault::Refused)));
    let mut world = World::homing();
    world.refresh(PASS_US);
    world.vehicle.mode_told = Some(Aged::new(Mode { firmware: Firmware::ArduCopter, custom: 5 }, world.now));
    assert!(is_silent(world.pass(None)));
    let old = |age_us| {
        let mut world = World::new();
        world.refresh(10_000_000);
        world.vehicle.mode_told = told(5).map(|told| Aged::new(told.value, world.now.minus_us(age_us)));
        world.pass(None);
        world.homing.missing().iter().any(|trip| trip.interlock == Interlock::Mode)
    };
    assert!(old(2_500_000) && !old(2_500_001), "as fresh as a heartbeat must be");
}

#[test]
fn a_recording_steers_no_aircraft() {
    for (samples, expected) in [
        (Samples::Live, None),
        (Samples::Bench, None),
        (Samples::Recording, Some((Interlock::Sdr, Fault::Refused))),
    ] {
        let limits = InterlockConfig { samples, ..interlock_config() };
        let mut world = World::with(&homing_config(), &limits);
        world.step();
        assert_eq!(world.homing.locked().map(|trip| (trip.interlock, trip.fault)), expected);
    }
}
