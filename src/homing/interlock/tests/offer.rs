//! PX4's OFFBOARD: zeros before it is entered and while there is nothing to home on; ArduCopter gets none of them.

use super::*;
use crate::homing::interlock::offer::OFFER_US;
use crate::vehicle::parameter::index;
use crate::vehicle::{Firmware, Identity, Mode};

const POSCTL: u32 = 3 << 16;
const OFFBOARD: u32 = 6 << 16;

fn px4(custom: u32) -> World {
    let mut world = World::new();
    world.vehicle.identity = Some(Identity { system: 1, component: 1, firmware: Firmware::Px4 });
    set_mode(&mut world, custom);
    world.facts[0].heard = false;
    world.step();
    world
}

fn set_mode(world: &mut World, custom: u32) {
    world.vehicle.heartbeat.as_mut().unwrap().value.mode = Mode { firmware: Firmware::Px4, custom };
}

fn offered() -> World {
    let mut world = px4(POSCTL);
    assert_eq!(world.switch_on(), Command::Stop);
    assert!(world.homing.is_offered());
    world
}

#[test]
fn zeros_stream_until_offboard_is_entered_and_then_homing_begins() {
    let mut world = offered();
    for _ in 0..100 {
        assert_eq!((world.step(), world.homing.state()), (Command::Stop, State::Idle));
    }
    set_mode(&mut world, OFFBOARD);
    for _ in 0..100 {
        assert_eq!((world.step(), world.homing.state()), (Command::Stop, State::Searching));
    }
    assert!(!world.homing.is_offered());
    world.facts[0].heard = true;
    for _ in 0..10 {
        assert_eq!(world.step(), Command::Stop);
    }
    velocity(world.step());
    world.switch_off();
    assert_eq!(world.steps(usize::from(STOP_PASSES) - 1), Command::Stop);
    assert!(is_silent(world.step()), "and PX4 holds after COM_OF_LOSS_T");
    let reasons: Vec<_> = world.changes.iter().map(|change| change.reason.to_string()).collect();
    assert_eq!(reasons[0], "operator: homing on");
}

#[test]
fn the_offer_ends_after_its_time_and_is_not_renewed_by_itself() {
    let mut world = offered();
    assert_eq!(world.steps((OFFER_US / PASS_US) as usize), Command::Stop, "until its last moment");
    let Command::Silence(trip) = world.step() else { panic!("an offer for ever") };
    assert_eq!((trip.interlock, trip.fault), (Interlock::Mode, Fault::Stale));
    set_mode(&mut world, OFFBOARD);
    assert!(is_silent(world.steps(50)));
    assert_eq!(world.homing.state(), State::Idle);
}

#[test]
fn offboard_entered_too_late_begins_nothing() {
    let mut world = offered();
    world.steps((OFFER_US / PASS_US) as usize);
    set_mode(&mut world, OFFBOARD);
    assert!(is_silent(world.step()));
    assert_eq!((world.homing.state(), world.homing.is_offered()), (State::Idle, false));
}

#[test]
fn whatever_else_is_missing_makes_no_offer_and_ends_one() {
    let spoils: [fn(&mut World); 6] = [
        |world| world.vehicle.heartbeat.as_mut().unwrap().value.armed = false,
        |world| world.vehicle.rc = None,
        |world| world.vehicle.battery = None,
        |world| world.sdr_alive = false,
        |world| world.vehicle.contested = Some("another program"),
        |world| world.vehicle.parameters.keep(index("COM_OF_LOSS_T"), None),
    ];
    for (index, spoil) in spoils.iter().enumerate() {
        let mut world = px4(POSCTL);
        spoil(&mut world);
        assert!(is_silent(world.switch_on()) && !world.homing.is_offered(), "{index}");
        let mut world = offered();
        spoil(&mut world);
        assert!(is_silent(world.step()) && !world.homing.is_offered(), "{index}");
        assert!(world.homing.latched().is_some_and(|trip| trip.interlock != Interlock::Mode), "{index}");
        let healthy = offered();
        (world.vehicle, world.sdr_alive) = (healthy.vehicle, true);
        set_mode(&mut world, OFFBOARD);
        assert!(is_silent(world.steps(20)), "{index}");
        assert_eq!(world.homing.state(), State::Idle, "{index}");
    }
}

#[test]
fn a_stale_heartbeat_ends_the_offer() {
    let mut world = offered();
    let seen = world.vehicle.heartbeat;
    let mut last = Command::Stop;
    for _ in 0..51 {
        world.refresh(PASS_US);
        world.vehicle.heartbeat = seen;
        last = world.pass(None);
    }
    assert!(is_silent(last));
    assert_eq!(world.homing.latched().unwrap().interlock, Interlock::Heartbeat);
}

#[test]
fn the_operator_takes_the_offer_back() {
    let mut world = offered();
    assert!(is_silent(world.switch_off()));
    set_mode(&mut world, OFFBOARD);
    assert!(is_silent(world.steps(20)));
    assert_eq!(world.homing.state(), State::Idle);
}

#[test]
fn asked_again_the_offer_lasts_longer() {
    let mut world = offered();
    world.steps(200);
    world.switch_on();
    assert_eq!(world.steps(200), Command::Stop);
    set_mode(&mut world, OFFBOARD);
    world.step();
    assert_eq!(world.homing.state(), State::Searching);
}

#[test]
fn arducopter_is_offered_nothing() {
    let mut world = World::new();
    world.facts[0].heard = false;
    world.vehicle.heartbeat.as_mut().unwrap().value.mode.custom = 5;
    assert!(is_silent(world.switch_on()) && !world.homing.is_offered());
    world.vehicle.heartbeat.as_mut().unwrap().value.mode.custom = 4;
    assert!(is_silent(world.step()), "what was refused is not made up for");
    assert_eq!(world.homing.state(), State::Idle);
}

#[test]
fn another_firmwares_mode_is_no_offer() {
    let mut world = px4(POSCTL);
    world.vehicle.heartbeat.as_mut().unwrap().value.mode.firmware = Firmware::ArduCopter;
    assert!(is_silent(world.switch_on()) && !world.homing.is_offered());
}

#[test]
fn leaving_offboard_silences_at_once() {
    let mut world = px4(OFFBOARD);
    world.switch_on();
    assert_eq!(world.step(), Command::Stop);
    set_mode(&mut world, POSCTL);
    assert!(is_silent(world.step()));
    assert_eq!(world.homing.latched().unwrap().interlock, Interlock::Mode);
}

#[test]
fn what_ends_commanding_hurries_and_nothing_else() {
    let hurries = |world: &World| world.homing.hurries(&inputs_of(world));
    let mut world = World::homing();
    world.refresh(10_000);
    assert!(!hurries(&world), "all is well");
    let well = world.clone();
    world.vehicle.heartbeat.as_mut().unwrap().value.mode.custom = 5;
    assert!(hurries(&world));
    world = well.clone();
    world.vehicle.battery.as_mut().unwrap().value.remaining_ratio = Some(0.1);
    assert!(hurries(&world));
    world.pass(None);
    assert!(!hurries(&world), "it is over by then");
    world = well.clone();
    *world.stick(1) = 1600;
    assert!(hurries(&world));
    velocity(world.pass(None));
    assert!(!hurries(&world), "a sample counts once");
    world.refresh(25_000);
    assert!(hurries(&world), "the next one counts again");
    let mut idle = World::new();
    idle.vehicle.battery = None;
    assert!(!hurries(&idle), "nothing is commanded");
}

#[test]
fn what_was_offered_is_not_for_another_beacon() {
    let mut world = offered();
    let mut next = crate::homing::Homing::new(
        &crate::homing::tests::homing_config(),
        &crate::homing::tests::interlock_config(),
        &crate::config::Antenna::Omni,
    );
    assert!(!world.homing.take_settings(&mut next));
    assert!(world.homing.is_offered());
}
