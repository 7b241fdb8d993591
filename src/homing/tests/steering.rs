//! Steering: which way and how fast.

use super::*;
use crate::facts::NoGradient;
use std::f64::consts::{FRAC_PI_2, PI};

fn with_yaw_and_bearing(yaw_rad: f64, bearing_rad: f64) -> World {
    let mut world = World::homing();
    world.vehicle.attitude.as_mut().unwrap().value.yaw_rad = yaw_rad;
    world.facts[0].gradient.as_mut().unwrap().bearing_rad = bearing_rad;
    world
}

#[test]
fn the_nose_turns_to_the_bearing_the_short_way() {
    for (yaw_rad, bearing_rad, turn_rad_s) in
        [(0.0, 0.2, 0.2), (0.0, -0.2, -0.2), (3.0, -3.0, 2.0 * PI - 6.0), (0.0, 2.0, 0.5), (0.0, -2.0, -0.5)]
    {
        let turn = velocity(with_yaw_and_bearing(yaw_rad, bearing_rad).step());
        assert!((turn.yaw_rate_rad_s - turn_rad_s).abs() < 1e-9, "{yaw_rad} {bearing_rad}: {turn:?}");
    }
}

#[test]
fn forward_is_where_the_nose_points_and_nowhere_when_the_course_is_behind() {
    let ahead = velocity(with_yaw_and_bearing(-FRAC_PI_2, -FRAC_PI_2).steps(100));
    assert!(ahead.north_mps.abs() < 1e-9 && (ahead.east_mps + 4.0).abs() < 1e-9, "{ahead:?}");
    let oblique = velocity(with_yaw_and_bearing(0.0, 1.0).steps(100));
    assert!((oblique.north_mps - 4.0 * 1f64.cos()).abs() < 1e-9, "{oblique:?}");
    let behind = velocity(with_yaw_and_bearing(0.0, 3.0).steps(100));
    assert_eq!((behind.north_mps, behind.east_mps), (0.0, 0.0));
}

#[test]
fn without_a_usable_gradient_it_s_turns_about_the_last_course() {
    for spoil in [
        |facts: &mut Facts| facts.gradient = Err(NoGradient::TooNarrow),
        |facts: &mut Facts| facts.gradient.as_mut().unwrap().bearing_sigma_rad = 0.51,
    ] {
        let mut world = with_yaw_and_bearing(0.0, 0.3);
        world.step();
        spoil(&mut world.facts[0]);
        // Yaw rate is 1/s of the heading error while under its limit: it shows the course, here against yaw 0.
        let turns: Vec<f64> = (0..240).map(|_| velocity(world.step()).yaw_rate_rad_s).collect();
        assert!((turns[0] - 0.3).abs() < 1e-9, "begins at the course: {}", turns[0]);
        assert_eq!(turns[60], 0.5, "a quarter on: +0.9 rad, at the limit of yaw rate");
        assert!((turns[180] + 0.3).abs() < 1e-6, "three quarters on: −0.3 rad, {}", turns[180]);
    }
}

#[test]
fn after_holding_the_last_course_is_flown_on() {
    let mut world = with_yaw_and_bearing(0.0, 0.3);
    world.step();
    world.facts[0].gradient = Err(NoGradient::TooNarrow);
    world.facts[0].snr_db = Some(45.0);
    world.facts[0].trend = Some(Trend { slope_db_s: 0.0, r2: None });
    world.step();
    assert_eq!(world.homing.state(), State::Holding);
    world.facts[0].snr_db = Some(30.0);
    let again = (0..200).find_map(|_| {
        let command = world.step();
        (world.homing.state() == State::Homing).then(|| velocity(command))
    });
    let turn_rad_s = again.expect("10 s at −2 dB/s").yaw_rate_rad_s;
    assert!((turn_rad_s - 0.3).abs() < 1e-9, "not the heading: {turn_rad_s}");
}

#[test]
fn a_strong_beacon_is_approached_slowly_also_between_its_pulses() {
    let mut world = World::homing();
    world.facts[0].snr_db = Some(34.9);
    world.steps(40);
    world.facts[0].snr_db = Some(0.0);
    assert!((velocity(world.steps(40)).north_mps - 1.5).abs() < 1e-9, "2 s later still 30.9 dB");
    assert!((velocity(world.steps(100)).north_mps - 4.0).abs() < 1e-9, "7 s later weak");
}

#[test]
fn nothing_but_the_interlocks_makes_commands() {
    let sources = [include_str!("../mod.rs"), include_str!("../state.rs"), include_str!("../steering.rs")];
    for source in sources {
        assert!(!source.contains("Command::Velocity(") && !source.contains("Command::Stop"));
    }
}
