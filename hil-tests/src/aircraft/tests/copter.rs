//! GUIDED, and ArduCopter's failsafes.

use super::*;

fn copter(parameters: &[(&str, f64)]) -> Aircraft {
    airborne(Flavour::ArduCopter, parameters)
}

fn guided(parameters: &[(&str, f64)]) -> Aircraft {
    let mut aircraft = copter(parameters);
    mode(&mut aircraft, "GUIDED");
    aircraft
}

/// Flies straight on for GUID_TIMEOUT, then brakes: v·T + v²/2a + v·a/2j.
#[test]
fn guided_stops_after_its_timeout() {
    for timeout_s in [1.0, 3.0] {
        let mut aircraft = guided(&[("GUID_TIMEOUT", timeout_s)]);
        steer(&mut aircraft, [5.0, 0.0, 0.0], 10.0);
        let from_m = aircraft.truth().north_m;
        fly(&mut aircraft, timeout_s - 0.1);
        assert!((aircraft.truth().north_mps - 5.0).abs() < 0.3);
        fly(&mut aircraft, 6.0);
        let way_m = aircraft.truth().north_m - from_m;
        let expected_m = 5.0 * (timeout_s - 0.05) + 25.0 / 5.0 + 5.0 * 2.5 / 10.0;
        assert!((way_m - expected_m).abs() < 1.5, "{way_m} m for {expected_m} m");
        assert!(aircraft.truth().speed_mps() < 0.2);
        assert_eq!(aircraft.mode_name(), "GUIDED", "the mode stays");
    }
}

#[test]
fn guided_turns_for_as_long_as_it_is_told() {
    let mut aircraft = guided(&[]);
    aircraft.request(&Request::Setpoint(Setpoint { velocity_mps: [0.0; 3], yaw_rate_rad_s: 0.4 }));
    fly(&mut aircraft, 0.9);
    assert!((aircraft.truth().yaw_rate_rad_s - 0.4).abs() < 1e-6);
    fly(&mut aircraft, 1.5);
    assert!(aircraft.truth().yaw_rate_rad_s.abs() < 0.05);
}

/// `mode_guided.init(true)`: long before GUID_TIMEOUT it brakes, and holds.
#[test]
fn an_unreadable_setpoint_stops_guided() {
    let nan = Request::Setpoint(Setpoint { velocity_mps: [f64::NAN, 0.0, 0.0], yaw_rate_rad_s: 0.0 });
    for unreadable in [nan, Request::Unreadable] {
        let mut aircraft = copter(&[("GUID_TIMEOUT", 10.0)]);
        assert_eq!(aircraft.request(&unreadable), Answer::Denied, "in LOITER too");
        mode(&mut aircraft, "GUIDED");
        steer(&mut aircraft, [6.0, 0.0, 0.0], 6.0);
        assert!(aircraft.truth().speed_mps() > 4.0);
        assert_eq!(aircraft.request(&unreadable), Answer::Denied);
        fly(&mut aircraft, 5.0);
        assert!(aircraft.truth().speed_mps() < 1.0 && aircraft.mode_name() == "GUIDED");
    }
    let mut px4 = airborne(Flavour::Px4, &[]);
    steer(&mut px4, [6.0, 0.0, 0.0], 2.0);
    mode(&mut px4, "OFFBOARD");
    steer(&mut px4, [6.0, 0.0, 0.0], 4.0);
    assert_eq!(px4.request(&Request::Unreadable), Answer::Denied);
    fly(&mut px4, 0.4);
    assert!(px4.truth().speed_mps() > 5.0, "PX4 drops it");
}

#[test]
fn the_ground_station_that_counts_is_watched_once_heard() {
    let mut aircraft = guided(&[]);
    fly(&mut aircraft, 20.0);
    assert_eq!(aircraft.mode_name(), "GUIDED", "never heard");
    watched(&mut aircraft, 2);
    let lost_s = until_mode(&mut aircraft, "RTL");
    assert!((lost_s - 4.0).abs() < 0.15, "1 s after the last heartbeat it has {lost_s} s left");
    assert_eq!((state(&aircraft).1, aircraft.left_total()), (5, 1));
    aircraft.request(&Request::GroundStation(254));
    fly(&mut aircraft, 0.2);
    assert_eq!(aircraft.belief().system_status, 5, "that is not SYSID_MYGCS");
    watched(&mut aircraft, 1);
    assert_eq!(state(&aircraft), ("RTL", 4));
    assert_eq!(texts(&mut aircraft), ["GCS Failsafe", "GCS Failsafe Cleared"]);
    // FS_OPTIONS 16: in LOITER the pilot has it.
    for (begins, enable, ends) in
        [("GUIDED", 0.0, "GUIDED"), ("GUIDED", 5.0, "LAND"), ("LOITER", 1.0, "LOITER")]
    {
        let mut aircraft = copter(&[("FS_GCS_ENABLE", enable)]);
        mode(&mut aircraft, begins);
        watched(&mut aircraft, 1);
        fly(&mut aircraft, 10.0);
        assert_eq!(aircraft.mode_name(), ends, "FS_GCS_ENABLE {enable} in {begins}");
    }
}

#[test]
fn battery_actions_come_once_for_each_level() {
    let mut aircraft = guided(&[]);
    aircraft.fault(&Kind::Battery { ratio: 0.25 }, true);
    fly(&mut aircraft, 1.0);
    assert_eq!(state(&aircraft), ("GUIDED", 4));
    aircraft.fault(&Kind::Battery { ratio: 0.19 }, true);
    fly(&mut aircraft, 0.2);
    assert_eq!(state(&aircraft), ("RTL", 5));
    assert!(texts(&mut aircraft)[0].starts_with("Battery 1 is low"));
    mode(&mut aircraft, "LOITER");
    fly(&mut aircraft, 5.0);
    assert_eq!(aircraft.mode_name(), "LOITER", "not again");
    aircraft.fault(&Kind::Battery { ratio: 0.09 }, true);
    fly(&mut aircraft, 0.2);
    assert_eq!(aircraft.mode_name(), "LAND");
    let mut warned = copter(&[("BATT_FS_LOW_ACT", 0.0)]);
    warned.fault(&Kind::Battery { ratio: 0.19 }, true);
    fly(&mut warned, 1.0);
    assert_eq!(warned.mode_name(), "LOITER");
}

/// By voltage it takes BATT_LOW_TIMER, so that a sag does not count.
#[test]
fn low_voltage_counts_after_its_time() {
    let mut aircraft = copter(&[("BATT_LOW_VOLT", 14.9), ("BATT_LOW_MAH", 0.0)]);
    aircraft.fault(&Kind::Battery { ratio: 0.4 }, true);
    let after_s = until_mode(&mut aircraft, "RTL");
    assert!((after_s - 10.1).abs() < 0.2, "{after_s}");
}

#[test]
fn radio_loss_returns() {
    let mut aircraft = guided(&[]);
    aircraft.fault(&Kind::RcLost { zeroed: false, rssi_kept: false }, true);
    let after_s = until_mode(&mut aircraft, "RTL");
    assert!((after_s - 1.0).abs() < 0.15, "RC_FS_TIMEOUT: {after_s}");
    assert!(!aircraft.belief().rc_is_well && aircraft.belief().rc.channel_count == 16, "frozen");
    let mut unseen = guided(&[("FS_THR_ENABLE", 0.0)]);
    unseen.fault(&Kind::RcLost { zeroed: false, rssi_kept: true }, true);
    fly(&mut unseen, 5.0);
    assert_eq!(state(&unseen), ("GUIDED", 4));
    assert!(unseen.belief().rc_is_well && unseen.belief().rc.rssi > 0, "nobody is told");
    let mut goes_on = guided(&[("FS_OPTIONS", 4.0)]);
    goes_on.fault(&Kind::RcLost { zeroed: false, rssi_kept: false }, true);
    fly(&mut goes_on, 3.0);
    assert_eq!(state(&goes_on), ("GUIDED", 5));
}

#[test]
fn gps_loss_lands_where_it_drifts() {
    let mut aircraft = guided(&[]);
    aircraft.fault(&Kind::GpsLoss, true);
    fly(&mut aircraft, 0.3);
    assert_eq!(aircraft.belief().gps.fix, 1);
    let after_s = until_mode(&mut aircraft, "LAND");
    assert!((after_s - 7.7).abs() < 0.5, "7 s of dead reckoning, 1 s of doubt: {after_s}");
    assert!(texts(&mut aircraft).contains(&"EKF Failsafe: changed to LAND Mode".to_owned()));
    assert_eq!(mode(&mut aircraft, "GUIDED"), Answer::Failed);
    assert_eq!(texts(&mut aircraft), ["Mode change to GUIDED failed: requires position"]);
    assert!(until_disarmed(&mut aircraft) < 70.0);
}

#[test]
fn a_glitch_is_told_and_does_not_move_it_until_it_is_believed() {
    let mut aircraft = copter(&[]);
    fly(&mut aircraft, 5.0);
    aircraft.fault(&Kind::GpsGlitch { north_m: 0.0, east_m: 40.0 }, true);
    fly(&mut aircraft, 3.0);
    assert!(aircraft.belief().ekf.flags & 32768 != 0 && aircraft.belief().ekf.ratios[1] > 1.0);
    let before = aircraft.belief().position.unwrap().local_m[1];
    assert!(before.abs() < 4.0, "not believed: {before}");
    fly(&mut aircraft, 8.0);
    let after = aircraft.belief().position.unwrap().local_m[1];
    assert!((after - 40.0).abs() < 4.0, "believed after 10 s: {after}");
    assert!(aircraft.truth().distance_m(0.0, 0.0) < 4.0, "the place held moved with it");
    assert_eq!(texts(&mut aircraft)[0], "GPS Glitch or Compass error");
}

#[test]
fn a_lost_estimator_lands() {
    let mut aircraft = guided(&[]);
    aircraft.fault(&Kind::EkfBad, true);
    let after_s = until_mode(&mut aircraft, "LAND");
    assert!((after_s - 1.0).abs() < 0.15, "{after_s}");
    aircraft.fault(&Kind::EkfBad, false);
    fly(&mut aircraft, 2.0);
    assert_eq!(aircraft.belief().system_status, 4);
    assert_eq!(mode(&mut aircraft, "LOITER"), Answer::Accepted);
}

#[test]
fn guided_stops_before_the_fence_and_others_return_at_it() {
    let mut aircraft = guided(&[("FENCE_RADIUS", 60.0)]);
    steer(&mut aircraft, [8.0, 3.0, 0.0], 25.0);
    let far_m = aircraft.truth().distance_m(0.0, 0.0);
    assert_eq!(aircraft.mode_name(), "GUIDED");
    assert!((52.0..61.0).contains(&far_m), "avoidance: {far_m}");
    let mut without = guided(&[("FENCE_RADIUS", 60.0), ("AVOID_ENABLE", 0.0)]);
    steer(&mut without, [8.0, 0.0, 0.0], 8.0);
    assert!(until_mode(&mut without, "RTL") < 2.0);
    assert!(texts(&mut without).contains(&"Circle fence breached".to_owned()));
    fly(&mut without, 30.0);
    assert!(without.truth().distance_m(0.0, 0.0) < 10.0);
    for (parameters, velocity_mps, ends) in [
        ([("FENCE_RADIUS", 60.0), ("FENCE_ACTION", 2.0)], [8.0, 0.0, 0.0], "LAND"),
        ([("FENCE_ALT_MAX", 40.0), ("FENCE_ACTION", 1.0)], [0.0, 0.0, -2.0], "RTL"),
    ] {
        let mut aircraft = guided(&[&parameters[..], &[("AVOID_ENABLE", 0.0)]].concat());
        steer(&mut aircraft, velocity_mps, 12.0);
        assert_eq!(aircraft.mode_name(), ends);
    }
}

#[test]
fn in_the_rtl_of_a_failsafe_the_pilot_may_change_the_mode() {
    let mut aircraft = guided(&[("FENCE_RADIUS", 60.0), ("AVOID_ENABLE", 0.0)]);
    for _ in 0..40 {
        if aircraft.mode_name() == "GUIDED" {
            steer(&mut aircraft, [8.0, 0.0, 0.0], 0.5);
        }
    }
    assert_eq!(aircraft.mode_name(), "RTL");
    assert_eq!(mode(&mut aircraft, "LOITER"), Answer::Accepted);
    fly(&mut aircraft, 9.0);
    assert_eq!(aircraft.mode_name(), "LOITER", "ten seconds to bring it back");
}
