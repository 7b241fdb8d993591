//! The state machine: every state × every reason, and when the beacon gives one.

use super::*;
use crate::command::{Aim, Trip};
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
    // Whichever comes first.
    world.facts[2].heard = true;
    for (louder, softer) in [(0, 2), (2, 0)] {
        world.facts[louder].snr_db = Some(50.0);
        world.facts[softer].snr_db = Some(30.0);
        world.switch_on();
        world.step();
        assert_eq!(world.homing.target(), Some(louder as u8));
        world.switch_off();
    }
}

#[test]
fn detecting_needs_the_beacon_without_pause() {
    let mut world = World::in_state(State::Detecting, &homing_config(), &interlock_config());
    world.facts[0].heard = false;
    world.step();
    assert_eq!((last_reason(&world), world.homing.state()), (Some(Reason::Lost), State::Searching));
}

#[test]
fn a_beacon_lost_for_good_ends_in_zeros_and_searching() {
    let settings = HomingConfig { holding_us: 60_000_000, ..homing_config() };
    for state in [State::Homing, State::Holding] {
        let mut world = World::in_state(state, &settings, &interlock_config());
        world.facts[0].heard = false;
        world.facts[0].gradient = Err(NoGradient::NotHeard);
        velocity(world.steps(140));
        assert_eq!(world.step(), Command::Stop, "3 s without a sound, and 4 s in which it was looked for");
        assert_eq!((last_reason(&world), world.homing.state()), (Some(Reason::Lost), State::Searching));
        assert_eq!(world.steps(9), Command::Stop);
        let Command::Silence(trip) = world.step() else { panic!() };
        assert_eq!((trip.interlock, trip.fault), (Interlock::Facts, Fault::Refused));
        world.facts[0].heard = true;
        velocity(world.steps(40));
    }
}

#[test]
fn a_beacon_that_falls_silent_is_looked_for_where_it_was_and_around_it() {
    let settings = HomingConfig { recover_us: 600_000_000, ..homing_config() };
    let mut world = World::in_state(State::Homing, &settings, &interlock_config());
    let place = NorthEast { north_m: world.at().north_m - 40.0, east_m: world.at().east_m - 90.0 };
    world.believe(place, 60.0);
    velocity(world.steps(40));
    world.facts[0].heard = false;
    let course = |world: &World| {
        let course = world.homing.course().expect("a velocity");
        (course.aim, Origin::new(HOME).ned_from_wgs84(course.to.expect("a goal")))
    };
    velocity(world.steps(60));
    assert_eq!(course(&world).0, Aim::Survey);
    world.step();
    let (aim, to) = course(&world);
    assert!(aim == Aim::Return && to.distance_m(place) < 0.1, "{to:?}");
    let mut sides_m = Vec::new();
    for _ in 0..9 {
        let from = course(&world).1;
        world.fly_to(from);
        velocity(world.step());
        let (aim, to) = course(&world);
        assert_eq!(aim, Aim::Widen);
        sides_m.push((to.distance_m(from) / 10.0).round() as i32);
    }
    // Half of the places are within 29 m.
    assert_eq!(sides_m, [3, 3, 6, 6, 9, 9, 12, 12, 14], "an expanding square");
    assert!(world.homing.recovers());
    world.facts[0].heard = true;
    velocity(world.steps(2));
    assert_eq!((course(&world).0, world.homing.state()), (Aim::Survey, State::Homing));
    assert!(!world.homing.recovers());
}

#[test]
fn the_place_of_the_beacon_is_held_when_it_is_reached_and_known_well_enough() {
    let held = |away_m, radius_95_m, step_count| {
        let mut world = World::homing();
        let at = world.at();
        world.believe(NorthEast { north_m: at.north_m + away_m, ..at }, radius_95_m);
        world.steps(step_count);
        world.homing.state() == State::Holding
    };
    assert!(held(0.0, 10.0, 1) && held(3.9, 10.0, 1));
    assert!(!held(4.1, 10.0, 1), "not there");
    assert!(!held(0.0, 60.0, 100), "it could be made surer");
    assert!(held(0.0, 60.0, 1_200), "the time for it is over");
    for snr_db in [0.0, 120.0] {
        let mut world = World::homing();
        world.facts[0].snr_db = Some(snr_db);
        world.steps(100);
        assert_eq!(world.homing.state(), State::Homing, "no level of power counts");
    }
}

#[test]
fn holding_ends_when_the_beacon_is_believed_elsewhere() {
    let holding_at = |away_m| {
        let mut world = World::in_state(State::Holding, &homing_config(), &interlock_config());
        let at = world.at();
        world.believe(NorthEast { north_m: at.north_m + away_m, ..at }, 8.0);
        world.step();
        (last_reason(&world), world.homing.state())
    };
    assert_eq!(holding_at(14.9), (None, State::Holding));
    assert_eq!(holding_at(15.1), (Some(Reason::PeakLeft), State::Homing));
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
fn other_settings_are_taken_in_idle_alone_and_leave_the_interlocks_and_the_permission_as_they_are() {
    let (homing, interlock) = (homing_config(), interlock_config());
    let other = HomingConfig { detecting_us: 60_000_000, ..homing.clone() };
    let other = |world: &mut World| {
        let mut next = Homing::new(&other, &interlock, &Antenna::Whip);
        world.homing.take_settings(&mut next)
    };
    for state in State::ALL {
        let mut world = World::in_state(state, &homing, &interlock);
        let target = world.homing.target();
        assert_eq!(other(&mut world), state == State::Idle, "{state:?}");
        assert_eq!((world.homing.state(), world.homing.target()), (state, target));
    }
    // What stopped it is remembered, and nothing resumes by itself.
    let mut world = World::homing();
    world.vehicle.battery.as_mut().unwrap().value.remaining_ratio = Some(0.01);
    assert_eq!(world.step(), Command::Stop);
    let latched = world.homing.latched();
    assert!(latched.is_some_and(|trip| trip.interlock == Interlock::Battery));
    assert!(other(&mut world), "while zeros still leave");
    assert_eq!(world.step(), Command::Stop, "and they go on to leave");
    world.vehicle.battery.as_mut().unwrap().value.remaining_ratio = Some(0.8);
    assert!(is_silent(world.steps(100)));
    assert_eq!((world.homing.state(), world.homing.latched()), (State::Idle, latched));
    // By the operator it begins again, and by the other settings.
    world.switch_on();
    world.steps(60);
    assert_eq!(world.homing.state(), State::Detecting);
}
