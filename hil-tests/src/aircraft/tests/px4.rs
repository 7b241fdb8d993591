//! OFFBOARD, and PX4's failsafes.

use super::*;

fn px4(parameters: &[(&str, f64)]) -> Aircraft {
    airborne(Flavour::Px4, parameters)
}

fn offboard(parameters: &[(&str, f64)]) -> Aircraft {
    let mut aircraft = px4(parameters);
    steer(&mut aircraft, [0.0; 3], 1.5);
    assert_eq!(mode(&mut aircraft, "OFFBOARD"), Answer::Accepted);
    aircraft
}

#[test]
fn offboard_wants_setpoints_faster_than_2_hz_for_a_second() {
    let mut aircraft = px4(&[]);
    assert_eq!(mode(&mut aircraft, "OFFBOARD"), Answer::TemporarilyRejected);
    assert_eq!(
        texts(&mut aircraft),
        ["Switching to OFFBOARD is currently not available: No offboard signal"]
    );
    steer(&mut aircraft, [0.0; 3], 0.5);
    assert_eq!(mode(&mut aircraft, "OFFBOARD"), Answer::TemporarilyRejected, "half a second is not enough");
    let still = Request::Setpoint(Setpoint::default());
    for _ in 0..5 {
        fly(&mut aircraft, 0.6);
        aircraft.request(&still);
    }
    assert_eq!(mode(&mut aircraft, "OFFBOARD"), Answer::TemporarilyRejected, "1.7 Hz is too slow");
    for _ in 0..4 {
        fly(&mut aircraft, 0.4);
        aircraft.request(&still);
    }
    assert_eq!(mode(&mut aircraft, "OFFBOARD"), Answer::Accepted, "2.5 Hz is enough");
    assert_eq!(aircraft.mode_name(), "OFFBOARD");
}

/// COM_OF_LOSS_T after the last setpoint it acts, and gives the aircraft back when they return.
#[test]
fn offboard_loss_holds_and_comes_back() {
    let mut aircraft = offboard(&[]);
    steer(&mut aircraft, [5.0, 0.0, 0.0], 8.0);
    let after_s = until(&mut aircraft, 5.0, |aircraft| aircraft.mode_name() != "OFFBOARD");
    assert!((after_s - 1.0).abs() < 0.15, "{after_s}");
    assert_eq!(state(&aircraft), ("AUTO.LOITER", 5));
    assert_eq!(texts(&mut aircraft), ["Failsafe activated"]);
    fly(&mut aircraft, 6.0);
    assert!(aircraft.truth().speed_mps() < 0.2);
    steer(&mut aircraft, [0.0; 3], 0.5);
    assert_eq!(state(&aircraft), ("OFFBOARD", 4));
    assert_eq!(aircraft.left_total(), 1);
}

#[test]
fn offboard_loss_acts_as_set() {
    for (action, name) in
        [(0.0, "POSCTL"), (1.0, "ALTCTL"), (3.0, "AUTO.RTL"), (4.0, "AUTO.LAND"), (5.0, "AUTO.LOITER")]
    {
        let mut aircraft = offboard(&[("COM_OBL_RC_ACT", action), ("COM_OF_LOSS_T", 0.5)]);
        let after_s = until(&mut aircraft, 5.0, |aircraft| aircraft.mode_name() != "OFFBOARD");
        assert_eq!(aircraft.mode_name(), name);
        assert!((after_s - 0.6).abs() < 0.15, "{after_s}");
    }
    let mut stopped = offboard(&[("COM_OBL_RC_ACT", 7.0)]);
    fly(&mut stopped, 1.5);
    assert!(!stopped.belief().armed);
}

#[test]
fn the_fence_holds_until_the_mode_is_changed() {
    let mut aircraft = offboard(&[("GF_MAX_HOR_DIST", 40.0)]);
    steer(&mut aircraft, [6.0, 0.0, 0.0], 9.0);
    assert_eq!((aircraft.mode_name(), aircraft.belief().fence_breach), ("AUTO.LOITER", 3));
    steer(&mut aircraft, [6.0, 0.0, 0.0], 3.0);
    assert_eq!(aircraft.mode_name(), "AUTO.LOITER", "setpoints do not bring it out");
    assert_eq!(mode(&mut aircraft, "AUTO.RTL"), Answer::Accepted);
    fly(&mut aircraft, 2.0);
    assert_eq!(aircraft.mode_name(), "AUTO.RTL");
    let mut returns = offboard(&[("GF_MAX_HOR_DIST", 40.0), ("GF_ACTION", 3.0)]);
    steer(&mut returns, [6.0, 0.0, 0.0], 9.0);
    assert_eq!(returns.mode_name(), "AUTO.RTL");
}

#[test]
fn battery_returns_then_lands_after_a_moment_to_take_over() {
    let mut aircraft = offboard(&[]);
    // Low is a warning; critical waits for COM_FAIL_ACT_T first.
    for (ratio, seconds, name) in [
        (0.14, 1.0, "OFFBOARD"),
        (0.065, 1.0, "AUTO.LOITER"),
        (0.065, 5.0, "AUTO.RTL"),
        (0.04, 0.5, "AUTO.LAND"),
    ] {
        aircraft.fault(&Kind::Battery { ratio }, true);
        steer(&mut aircraft, [0.0; 3], seconds);
        assert_eq!(aircraft.mode_name(), name, "at {ratio} for {seconds} s");
    }
}

#[test]
fn lost_links_return() {
    let mut aircraft = px4(&[]);
    watched(&mut aircraft, 1);
    let after_s = until_mode(&mut aircraft, "AUTO.RTL");
    assert!((after_s - (10.0 - 1.0 + 5.0)).abs() < 0.3, "COM_DL_LOSS_T, then COM_FAIL_ACT_T: {after_s}");
    let mut radio = px4(&[]);
    radio.fault(&Kind::RcLost { zeroed: false, rssi_kept: false }, true);
    let after_s = until_mode(&mut radio, "AUTO.RTL");
    assert!((after_s - 5.5).abs() < 0.3, "COM_RC_LOSS_T, then COM_FAIL_ACT_T: {after_s}");
    let mut none = px4(&[("NAV_DLL_ACT", 0.0)]);
    watched(&mut none, 1);
    fly(&mut none, 20.0);
    assert_eq!(state(&none), ("AUTO.LOITER", 4));
}

#[test]
fn the_pilot_takes_over_in_a_failsafe() {
    let mut aircraft = px4(&[]);
    aircraft.fault(&Kind::Battery { ratio: 0.065 }, true);
    fly(&mut aircraft, 6.0);
    assert_eq!(aircraft.mode_name(), "AUTO.RTL");
    assert_eq!(mode(&mut aircraft, "POSCTL"), Answer::Accepted);
    fly(&mut aircraft, 2.0);
    assert_eq!(aircraft.mode_name(), "POSCTL");
}

/// COM_RC_OVERRIDE: AUTO modes by default, OFFBOARD with bit 1.
#[test]
fn sticks_take_over_where_they_may() {
    for (mut aircraft, ends) in
        [(px4(&[]), "POSCTL"), (offboard(&[]), "OFFBOARD"), (offboard(&[("COM_RC_OVERRIDE", 3.0)]), "POSCTL")]
    {
        aircraft.fault(&Kind::Stick { channel: 1, us: 1800 }, true);
        steer(&mut aircraft, [0.0; 3], 0.5);
        assert_eq!(aircraft.mode_name(), ends);
    }
}

#[test]
fn without_a_position_it_descends() {
    let mut aircraft = offboard(&[]);
    aircraft.fault(&Kind::GpsLoss, true);
    steer(&mut aircraft, [0.0; 3], 4.5);
    assert_eq!(aircraft.mode_name(), "OFFBOARD");
    steer(&mut aircraft, [0.0; 3], 1.5);
    assert_eq!(aircraft.mode_name(), "AUTO.LAND");
    assert_eq!(mode(&mut aircraft, "OFFBOARD"), Answer::TemporarilyRejected);
    assert!(until_disarmed(&mut aircraft) < 70.0);
}

/// `UserModeIntention::onDisarm`: whatever brought it home, the mode chosen before is intended again.
#[test]
fn after_a_landing_from_return_the_mode_before_is_back() {
    let mut aircraft = offboard(&[]);
    assert_eq!(mode(&mut aircraft, "AUTO.RTL"), Answer::Accepted);
    assert!(until_disarmed(&mut aircraft) < 110.0);
    fly(&mut aircraft, 0.2);
    assert_eq!((aircraft.mode_name(), aircraft.belief().armed), ("OFFBOARD", false));
}

#[test]
fn a_take_off_to_nowhere_is_acknowledged_and_stays_on_the_ground() {
    let mut aircraft = grounded(Flavour::Px4, 1);
    assert!(until(&mut aircraft, 20.0, |aircraft| aircraft.prearm_refusal().is_none()) < 10.0);
    assert_eq!(aircraft.request(&Request::Arm(true)), Answer::Accepted);
    assert_eq!(aircraft.request(&Request::TakeOffElsewhere), Answer::Accepted);
    fly(&mut aircraft, 8.0);
    assert_eq!((aircraft.mode_name(), aircraft.truth().up_m), ("AUTO.TAKEOFF", 0.0));
}
