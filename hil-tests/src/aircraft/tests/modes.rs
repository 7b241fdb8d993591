//! Modes and mission items one by one, and the requests that are not flights of their own.

use super::*;

#[test]
fn land_goes_down_slowly_at_last_and_disarms() {
    for (flavour, name, expected_s) in [
        // 20 m at 2.5 m/s, 10 m at 0.5 m/s, 1 s of standing.
        (Flavour::ArduCopter, "LAND", 20.0 / 2.5 + 10.0 / 0.5 + 1.0),
        // 25 m at 2.5 m/s, 5 m at 0.7 m/s, 1 s of standing, COM_DISARM_LAND 2 s.
        (Flavour::Px4, "AUTO.LAND", 25.0 / 2.5 + 5.0 / 0.7 + 3.0),
    ] {
        let mut aircraft = airborne(flavour, &[]);
        assert_eq!(mode(&mut aircraft, name), Answer::Accepted);
        let landed_s = until_disarmed(&mut aircraft);
        assert!((landed_s - expected_s).abs() < 5.0, "{name}: {landed_s} for {expected_s}");
        assert!(aircraft.truth().distance_m(0.0, 0.0) < 3.0);
    }
}

#[test]
fn brake_and_loiter_stop_and_hold() {
    for name in ["BRAKE", "LOITER"] {
        let mut aircraft = airborne(Flavour::ArduCopter, &[]);
        mode(&mut aircraft, "GUIDED");
        steer(&mut aircraft, [6.0, 0.0, 0.0], 8.0);
        assert_eq!(mode(&mut aircraft, name), Answer::Accepted);
        fly(&mut aircraft, 6.0);
        let at = aircraft.truth();
        fly(&mut aircraft, 20.0);
        assert!(aircraft.truth().distance_m(at.north_m, at.east_m) < 1.5, "{name}");
    }
}

/// Stick by half: half the tilt's acceleration, and no place is held.
#[test]
fn stabilize_leans_by_sticks() {
    let mut aircraft = airborne(Flavour::ArduCopter, &[]);
    mode(&mut aircraft, "STABILIZE");
    aircraft.fault(&Kind::Stick { channel: 1, us: 1750 }, true);
    fly(&mut aircraft, 1.0);
    let expected_rad = (0.5 * 30.0_f64.to_radians().tan()).atan();
    assert!((aircraft.truth().roll_rad - expected_rad).abs() < 0.02, "{:?}", aircraft.truth());
    aircraft.fault(&Kind::Stick { channel: 1, us: 1750 }, false);
    fly(&mut aircraft, 1.0);
    assert!(aircraft.truth().speed_mps() > 1.0, "it drifts on");
}

#[test]
fn unknown_modes_are_refused_and_disarmed_ones_are_free() {
    let mut copter = airborne(Flavour::ArduCopter, &[]);
    assert_eq!(copter.request(&Request::Mode(99)), Answer::Failed);
    assert_eq!(texts(&mut copter), ["No such mode 99"]);
    let mut px4 = grounded(Flavour::Px4, 1);
    assert_eq!(px4.request(&Request::Mode(99 << 16)), Answer::Denied);
    assert_eq!(mode(&mut px4, "OFFBOARD"), Answer::Accepted, "while disarmed any mode may be chosen");
    assert_eq!(px4.mode_name(), "OFFBOARD");
    fly(&mut px4, 6.0);
    assert_eq!(px4.request(&Request::Arm(true)), Answer::TemporarilyRejected, "but not armed in");
    let mut ground = grounded(Flavour::ArduCopter, 1);
    assert_eq!(mode(&mut ground, "GUIDED"), Answer::Accepted);
}

#[test]
fn modes_that_are_not_to_be_armed_in_say_so() {
    let mut aircraft = grounded(Flavour::ArduCopter, 1);
    fly(&mut aircraft, 6.0);
    let in_mode = |aircraft: &mut Aircraft, name: &str| {
        mode(aircraft, name);
        texts(aircraft);
        let answer = aircraft.request(&Request::Arm(true));
        (answer, texts(aircraft).pop().unwrap_or_default())
    };
    assert_eq!(in_mode(&mut aircraft, "RTL"), (Answer::Failed, "Arm: RTL mode not armable".into()));
    assert_eq!(in_mode(&mut aircraft, "STABILIZE"), (Answer::Failed, "Arm: Throttle too high".into()));
    aircraft.fault(&Kind::Stick { channel: 3, us: 1000 }, true);
    assert_eq!(in_mode(&mut aircraft, "STABILIZE").0, Answer::Accepted);
    let after_s = until_disarmed(&mut aircraft);
    assert!((after_s - 10.0).abs() < 0.1, "DISARM_DELAY with the throttle low: {after_s}");
    aircraft.fault(&Kind::Battery { ratio: 0.1 }, true);
    assert_eq!(
        in_mode(&mut aircraft, "GUIDED"),
        (Answer::Failed, "PreArm: Battery 1 low capacity failsafe".into())
    );
    assert_eq!(aircraft.request(&Request::ArmForced(true)), Answer::Accepted, "by force");
}

fn items(commands: &[Waypoint]) -> Vec<Waypoint> {
    let mut items =
        plan(Flavour::ArduCopter, &Place::default(), false, 8.0, &[[30.0, 0.0, 30.0], [40.0, 0.0, 30.0]]);
    items.truncate(3);
    items.extend_from_slice(commands);
    items
}

#[test]
fn loiter_time_waits_and_return_comes_home() {
    let place = items(&[])[2].place;
    let mut waits = Waypoint::at(mission::LOITER_TIME, place, 30.0);
    waits.params[0] = 5.0;
    let home = Waypoint::plain(mission::RETURN, [0.0; 4]);
    let mut aircraft = airborne(Flavour::ArduCopter, &[]);
    aircraft.request(&Request::Mission(items(&[waits, home])));
    assert_eq!(mode(&mut aircraft, "AUTO"), Answer::Accepted);
    until(&mut aircraft, 60.0, |aircraft| aircraft.belief().mission_item == 3);
    let waited_s = until(&mut aircraft, 60.0, |aircraft| aircraft.belief().mission_item == 4);
    assert!((4.9..8.0).contains(&waited_s), "{waited_s}");
    assert_eq!(aircraft.belief().mission_reached, (3, 2));
    assert!(until_disarmed(&mut aircraft) < 90.0);
    assert_eq!(aircraft.mode_name(), "AUTO");
    assert!(aircraft.truth().distance_m(0.0, 0.0) < 4.0);
}

#[test]
fn a_mission_may_end_with_a_landing() {
    let mut aircraft = airborne(Flavour::ArduCopter, &[]);
    aircraft.request(&Request::Mission(items(&[Waypoint::plain(mission::LAND, [0.0; 4])])));
    mode(&mut aircraft, "AUTO");
    assert!(until_disarmed(&mut aircraft) < 90.0);
    assert!(aircraft.truth().distance_m(30.0, 0.0) < 4.0);
}

/// A limit set by PARAM_SET holds from the next step.
#[test]
fn parameters_take_effect_in_flight() {
    let mut aircraft = airborne(Flavour::ArduCopter, &[]);
    mode(&mut aircraft, "GUIDED");
    assert!(aircraft.parameters.set("WPNAV_SPEED", 300.0));
    steer(&mut aircraft, [9.0, 0.0, 0.0], 8.0);
    assert!((aircraft.truth().speed_mps() - 3.0).abs() < 0.2);
    assert!(!aircraft.parameters.set("WPNAV_SPEED", f64::NAN));
    let (index, parameter) = aircraft.parameters.find("WPNAV_SPEED").unwrap();
    assert_eq!((aircraft.parameters.at(index), parameter.value), (Some(parameter), 300.0));
}

/// A gust of the scenario's pushes, and it stands it.
#[test]
fn a_gust_leans_it_over() {
    let mut aircraft = airborne(Flavour::Px4, &[]);
    aircraft.fault(&Kind::Gust { north_mps: 0.0, east_mps: 9.0 }, true);
    let worst_m = worst_m(&mut aircraft, 20);
    assert!((0.2..6.0).contains(&worst_m) && aircraft.truth().roll_rad < -0.1, "{worst_m}");
    aircraft.fault(&Kind::Gust { north_mps: 0.0, east_mps: 9.0 }, false);
    fly(&mut aircraft, 15.0);
    assert!(aircraft.truth().roll_rad.abs() < 0.03);
}
