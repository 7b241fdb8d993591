//! The state machine: every state × every reason, and when the beacon gives one.

use super::*;
use crate::command::Trip;
use crate::facts::NoGradient;
use crate::homing::state::next;

const TRIP: Trip = Trip { interlock: Interlock::Battery, fault: Fault::Stale, detail: "" };

#[test]
fn every_state_with_every_reason() {
    use State::{Detecting, Holding, Homing, Idle, Searching};
    let (on, off) = (Reason::Operator(OperatorAct::HomingOn), Reason::Operator(OperatorAct::HomingOff));
    let trip = Reason::Interlock(TRIP);
    // One row per reason: where it leads from IDLE, SEARCHING, DETECTING, HOMING, HOLDING.
    let table: [(Reason, [Option<State>; 5]); 9] = [
        (on, [Some(Searching), None, None, None, None]),
        (off, [None, Some(Idle), Some(Idle), Some(Idle), Some(Idle)]),
        (trip, [None, Some(Idle), Some(Idle), Some(Idle), Some(Idle)]),
        (Reason::Heard, [None, Some(Detecting), None, None, None]),
        (Reason::Confirmed, [None, None, Some(Homing), None, None]),
        (Reason::Lost, [None, None, Some(Searching), Some(Searching), Some(Searching)]),
        (Reason::Peak, [None, None, None, Some(Holding), None]),
        (Reason::PeakLeft, [None, None, None, None, Some(Homing)]),
        (Reason::HeldLongEnough, [None, None, None, None, Some(Idle)]),
    ];
    for (reason, row) in table {
        for (from, to) in State::ALL.into_iter().zip(row) {
            assert_eq!(next(from, &reason), to, "{from:?} {reason}");
        }
    }
}

fn last_reason(world: &World) -> Option<Reason> {
    world.changes.last().map(|change| change.reason)
}

#[test]
fn the_strongest_beacon_heard_is_the_target() {
    let mut world = World::new();
    world.facts = (0..3).map(|channel| facts(channel, world.now)).collect();
    world.facts[0].snr_db = None;
    world.facts[1].snr_db = Some(25.0);
    world.facts[2].snr_db = Some(50.0);
    world.facts[2].heard = false;
    world.switch_on();
    world.step();
    assert_eq!(world.homing.target(), Some(1));
    world.switch_off();
    assert_eq!(world.homing.target(), None);
}

#[test]
fn detecting_needs_the_beacon_without_pause() {
    let mut world = World::in_state(State::Detecting, &homing_config(), &interlock_config());
    world.facts[0].heard = false;
    world.step();
    assert_eq!((last_reason(&world), world.homing.state()), (Some(Reason::Lost), State::Searching));
}

#[test]
fn a_beacon_lost_while_homing_ends_in_zeros_and_searching() {
    for state in [State::Homing, State::Holding] {
        let mut world = World::in_state(state, &homing_config(), &interlock_config());
        world.facts[0].heard = false;
        world.facts[0].gradient = Err(NoGradient::NotHeard);
        velocity(world.steps(60));
        assert_eq!(world.step(), Command::Stop, "3 s without a sound");
        assert_eq!((last_reason(&world), world.homing.state()), (Some(Reason::Lost), State::Searching));
        assert_eq!(world.steps(9), Command::Stop);
        let Command::Silence(trip) = world.step() else { panic!() };
        assert_eq!((trip.interlock, trip.fault), (Interlock::Facts, Fault::Refused));
        world.facts[0].heard = true;
        velocity(world.steps(40));
    }
}

#[test]
fn the_peak_is_near_and_falls_or_lies_behind() {
    let peak = |snr_db, slope_db_s, bearing_rad, sigma_rad| {
        let mut world = World::homing();
        world.facts[0].snr_db = Some(snr_db);
        world.facts[0].trend = Some(Trend { slope_db_s, r2: None });
        let gradient = world.facts[0].gradient.as_mut().unwrap();
        (gradient.bearing_rad, gradient.bearing_sigma_rad) = (bearing_rad, sigma_rad);
        world.step();
        world.homing.state() == State::Holding
    };
    assert!(peak(45.0, 0.0, 0.0, 0.1));
    assert!(peak(45.0, 1.0, 1.58, 0.1), "behind");
    assert!(!peak(44.9, 0.0, 0.0, 0.1), "far");
    assert!(!peak(45.0, 0.01, 1.56, 0.1), "rises, ahead");
    assert!(!peak(45.0, 0.01, 1.58, 0.51), "nobody knows where");
}

#[test]
fn holding_ends_when_the_power_is_elsewhere() {
    let holding_at = |snr_db, step_count| {
        let mut world = World::homing();
        world.facts[0].snr_db = Some(45.0);
        world.facts[0].trend = Some(Trend { slope_db_s: 0.0, r2: None });
        world.step();
        assert_eq!(world.homing.state(), State::Holding);
        world.facts[0].snr_db = Some(snr_db);
        world.steps(step_count);
        (last_reason(&world), world.homing.state())
    };
    assert_eq!(holding_at(42.1, 90).1, State::Holding, "2.9 dB less are noise");
    assert_eq!(holding_at(41.0, 29).1, State::Holding, "45 dB less 2 dB/s: 42.1 dB");
    assert_eq!(holding_at(41.0, 31), (Some(Reason::PeakLeft), State::Homing));
}

#[test]
fn the_operator_ends_it_from_every_state() {
    for state in State::ALL {
        let mut world = World::in_state(state, &homing_config(), &interlock_config());
        let command = world.switch_off();
        assert_eq!(world.homing.state(), State::Idle);
        assert_eq!(command == Command::Stop, state.commands());
        assert_eq!(world.changes.len(), usize::from(state != State::Idle));
        assert_eq!(world.homing.latched(), None);
        assert!(is_silent(world.steps(usize::from(super::super::interlock::STOP_PASSES))));
    }
}

#[test]
fn switching_on_again_changes_nothing() {
    for state in [State::Searching, State::Detecting, State::Homing, State::Holding] {
        let mut world = World::in_state(state, &homing_config(), &interlock_config());
        let mut other = world.clone();
        assert_eq!(world.switch_on(), other.step());
        assert_eq!(world.homing.state(), other.homing.state());
        assert_eq!(world.changes, other.changes);
    }
}

#[test]
fn between_rare_pulses_falling_power_is_no_peak() {
    let held = |period_us: Option<f64>| {
        let mut world = World::homing();
        world.facts[0].snr_db = Some(60.0);
        world.facts[0].trend = Some(Trend { slope_db_s: -0.1, r2: None });
        world.facts[0].pattern.period_us = period_us;
        world.step();
        world.homing.state() == State::Holding
    };
    assert!(held(None) && held(Some(1_500_000.0)));
    assert!(!held(Some(1_500_001.0)));
}
