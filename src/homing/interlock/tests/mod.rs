//! Each interlock by itself: the last value that holds, the first that does not, and the kind of fault.

mod bounds;
mod failsafes_set;
mod fences;
mod ground;
mod handover;
mod hands;
mod offer;
mod radio;
mod uploaded;

use super::*;
use crate::command::{OperatorAct, State};
use crate::config::Antenna;
use crate::homing::Homing;
use crate::homing::tests::{PASS_US, World, homing_config, interlock_config, is_silent, velocity};

/// What a spoiled world keeps homing locked with.
fn locked(spoil: impl FnOnce(&mut World)) -> Option<(Interlock, Fault)> {
    let mut world = World::new();
    spoil(&mut world);
    world.pass(None);
    world.homing.locked().map(|trip| (trip.interlock, trip.fault))
}

/// All that keeps a spoiled world locked.
fn missing(spoil: impl FnOnce(&mut World)) -> Vec<(Interlock, Fault, &'static str)> {
    let mut world = World::new();
    spoil(&mut world);
    world.pass(None);
    let told = world.homing.missing().iter();
    told.map(|trip| (trip.interlock, trip.fault, trip.detail)).collect()
}

/// The interlocks of a world, judging a wish while enabled.
fn asked(wish: Velocity) -> Result<Velocity, Trip> {
    asked_with(&interlock_config(), wish)
}

fn asked_with(limits: &InterlockConfig, wish: Velocity) -> Result<Velocity, Trip> {
    let world = World::with(&homing_config(), limits);
    let inputs = inputs_of(&world);
    let mut interlocks = world.homing.interlocks.clone();
    interlocks.observe(&inputs);
    assert!(interlocks.enable(&inputs), "{:?}", interlocks.locked());
    match interlocks.command(&inputs, Some(Wish { velocity: wish })) {
        Command::Velocity(velocity) => Ok(velocity),
        _ => Err(interlocks.latched().expect("a cause")),
    }
}

fn inputs_of(world: &World) -> Inputs<'_> {
    Inputs {
        now: world.now,
        vehicle: &world.vehicle,
        act: None,
        facts: &world.facts,
        beliefs: &[],
        origin: None,
        newest_reading_us: world.newest_reading_us,
        sdr_alive: world.sdr_alive,
        search: world.search,
    }
}

fn wish(north_mps: f64, east_mps: f64, down_mps: f64, yaw_rate_rad_s: f64) -> Velocity {
    Velocity { north_mps, east_mps, down_mps, yaw_rate_rad_s }
}

#[test]
fn a_wish_beyond_a_limit_is_refused_not_clamped() {
    let refused = |w| asked(w).map_err(|trip| (trip.interlock, trip.fault)).err();
    let beyond = Some((Interlock::CommandLimits, Fault::OutOfRange));
    assert_eq!(refused(wish(3.0, -4.0, 0.0, 0.0)), None);
    assert_eq!(refused(wish(3.0, (-4.0f64).next_down().next_down(), 0.0, 0.0)), beyond);
    for sign in [1.0, -1.0] {
        assert_eq!(refused(wish(0.0, 0.0, sign, 0.0)), None);
        assert_eq!(refused(wish(0.0, 0.0, sign * 1f64.next_up(), 0.0)), beyond);
        assert_eq!(refused(wish(0.0, 0.0, 0.0, sign * 0.8)), None);
        assert_eq!(refused(wish(0.0, 0.0, 0.0, sign * 0.8f64.next_up())), beyond);
    }
}

#[test]
fn a_wish_that_is_not_finite_is_refused() {
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for w in [wish(odd, 0.0, 0.0, 0.0), wish(0.0, odd, 0.0, 0.0), wish(0.0, 0.0, odd, 0.0)] {
            let trip = asked(w).unwrap_err();
            assert_eq!((trip.interlock, trip.fault), (Interlock::CommandLimits, Fault::NonFinite));
        }
        let trip = asked(wish(0.0, 0.0, 0.0, odd)).unwrap_err();
        assert_eq!((trip.interlock, trip.fault), (Interlock::CommandLimits, Fault::NonFinite));
    }
}

#[test]
fn the_first_command_is_zero_and_each_next_within_the_slew_limit() {
    let mut world = World::new();
    let mut interlocks = world.homing.interlocks.clone();
    interlocks.observe(&inputs_of(&world));
    interlocks.enable(&inputs_of(&world));
    let mut ask = |elapsed_us, to| {
        world.refresh(elapsed_us);
        interlocks.observe(&inputs_of(&world));
        match interlocks.command(&inputs_of(&world), Some(Wish { velocity: to })) {
            Command::Velocity(v) => v,
            other => panic!("{other:?}"),
        }
    };
    let close = |v: Velocity, to: [f64; 4]| {
        let off = (v.north_mps - to[0]).abs().max((v.east_mps - to[1]).abs()).max((v.down_mps - to[2]).abs());
        assert!(off < 1e-12 && v.yaw_rate_rad_s == to[3], "{v:?} {to:?}");
    };
    close(ask(0, wish(2.0, 1.0, -1.0, 0.3)), [0.0, 0.0, 0.0, 0.3]);
    close(ask(100_000, wish(3.0, 0.0, 0.0, 0.1)), [0.25, 0.0, 0.0, 0.1]);
    // 0.6, 0.64 and 0.48 are the parts of a step of length 1: here 0.25 m/s long.
    close(ask(100_000, wish(0.25 + 0.6, 0.64, 0.48, 0.0)), [0.4, 0.16, 0.12, 0.0]);
    close(ask(100_000, wish(0.4, 0.1, 0.1, 0.0)), [0.4, 0.1, 0.1, 0.0]);
    close(ask(100_000, wish(0.4, 0.1, 0.1, 0.0)), [0.4, 0.1, 0.1, 0.0]);
    close(ask(0, wish(0.4, 0.1, 0.1, 0.0)), [0.4, 0.1, 0.1, 0.0]);
    close(ask(50_000, wish(-0.6, 0.1, 0.1, 0.0)), [0.275, 0.1, 0.1, 0.0]);
}

#[test]
fn slew_begins_at_zero_again_after_a_stop() {
    let mut world = World::homing();
    world.steps(20);
    world.switch_off();
    world.switch_on();
    let first = (0..100).map(|_| world.step()).find(|command| matches!(command, Command::Velocity(_)));
    let first = first.expect("a velocity");
    assert!(velocity(first).north_mps <= 0.125 + 1e-12, "{first:?}");
}

#[test]
fn an_ekf_reset_does_not_step_the_command() {
    let mut world = World::homing();
    let before = velocity(world.step());
    let attitude = world.vehicle.attitude.as_mut().unwrap();
    attitude.value.yaw_rad = 3.0;
    let position = world.vehicle.position.as_mut().unwrap();
    (position.value.north_mps, position.value.east_mps) = (-4.0, 4.0);
    let after = velocity(world.step());
    let step_mps = (after.north_mps - before.north_mps).hypot(after.east_mps - before.east_mps);
    assert!((step_mps - 0.125).abs() < 1e-9, "{step_mps}");
}

#[test]
fn the_time_limit_counts_commanding_only_and_starts_anew() {
    let mut limits = interlock_config();
    limits.homing_max_us = 5_000_000;
    let mut world = World::in_state(State::Searching, &homing_config(), &limits);
    world.steps(200);
    world.facts[0].heard = true;
    let mut commanded_count = 0;
    for _ in 0..1_000 {
        commanded_count += u32::from(matches!(world.step(), Command::Velocity(_)));
        if world.homing.latched().is_some() {
            break;
        }
    }
    let trip = world.homing.latched().unwrap();
    assert_eq!((trip.interlock, trip.fault), (Interlock::HomingTime, Fault::Refused));
    // The first velocity stands for no time yet; 100 passes of 50 ms later the limit is reached, not passed.
    assert_eq!(commanded_count, 101);
    world.step();
    assert_eq!(world.homing.locked(), None);
    world.switch_on();
    velocity(world.steps(60));
}

#[test]
fn a_lost_beacon_does_not_start_the_time_limit_anew() {
    let mut limits = interlock_config();
    limits.homing_max_us = 8_000_000;
    let mut world =
        World::homing_with(&crate::config::HomingConfig { recover_us: 0, ..homing_config() }, &limits);
    let mut commanded_count = 50;
    for step in 0..1_000 {
        world.facts[0].heard = step % 200 > 100;
        commanded_count += u32::from(matches!(world.step(), Command::Velocity(_)));
        if world.homing.latched().is_some() {
            break;
        }
    }
    assert_eq!(world.homing.latched().unwrap().interlock, Interlock::HomingTime);
    let lost_count = world.changes.iter().filter(|change| change.to == State::Searching).count();
    // 160 times 50 ms is the limit, reached and not passed. What lies between, without a velocity, does not count.
    assert_eq!((commanded_count, lost_count), (161, 1));
}

#[test]
fn a_pass_is_late_beyond_the_gap_and_when_the_clock_goes_back() {
    let gap = |elapsed_us: u64| {
        let mut world = World::new();
        world.pass(None);
        world.refresh(elapsed_us);
        world.pass(None);
        world.homing.locked().map(|trip| (trip.interlock, trip.fault))
    };
    assert_eq!(gap(0), None);
    assert_eq!(gap(150_000), None);
    assert_eq!(gap(150_001), Some((Interlock::PassLate, Fault::Stale)));
    let mut world = World::new();
    world.vehicle.home.as_mut().unwrap().received_us = TimeUs(0);
    world.pass(None);
    world.now = world.now.minus_us(1);
    world.refresh(0);
    world.pass(None);
    let trip = world.homing.locked().unwrap();
    assert_eq!((trip.interlock, trip.fault), (Interlock::PassLate, Fault::OutOfRange));
    world.step();
    assert_eq!(world.homing.locked(), None);
}

#[test]
fn before_any_pass_homing_is_locked() {
    let homing = Homing::new(&homing_config(), &interlock_config(), &Antenna::Omni);
    assert_eq!(homing.locked(), Some(NOT_ENABLED));
    assert_eq!((homing.latched(), homing.target(), homing.state()), (None, None, State::Idle));
}

#[test]
fn an_act_ends_what_was_latched_even_when_it_is_refused() {
    for act in [OperatorAct::HomingOn, OperatorAct::HomingOff] {
        let mut world = World::homing();
        world.sdr_alive = false;
        world.step();
        assert!(world.homing.latched().is_some());
        world.refresh(PASS_US);
        world.pass(Some(act));
        assert_eq!((world.homing.latched(), world.homing.state()), (None, State::Idle));
        assert_eq!(world.homing.locked().unwrap().interlock, Interlock::Sdr);
        let last = world.steps(usize::from(STOP_PASSES));
        assert_eq!(last, Command::Silence(NOT_ENABLED));
    }
}

#[test]
fn zeros_go_on_when_the_operator_enables_again_meanwhile() {
    let mut world = World::homing();
    world.facts[0].heard = false;
    world.switch_off();
    assert_eq!(world.switch_on(), Command::Stop);
    for _ in 2..STOP_PASSES {
        assert_eq!(world.step(), Command::Stop);
    }
    assert_eq!(world.step(), Command::Silence(NOTHING_TO_HOME_ON));
}

#[test]
fn a_trip_while_nothing_is_commanded_sends_nothing() {
    for state in [State::Searching, State::Detecting] {
        let mut world = World::in_state(state, &homing_config(), &interlock_config());
        world.vehicle.ekf = None;
        let command = world.step();
        assert!(is_silent(command), "{command:?}");
        assert_eq!(world.homing.latched().unwrap().interlock, Interlock::Ekf);
        assert!(is_silent(world.step()));
    }
}

#[test]
fn the_order_of_judging_is_the_order_of_the_list() {
    for (index, interlock) in Interlock::ALL.iter().enumerate() {
        assert_eq!(*interlock as usize, index);
    }
}
