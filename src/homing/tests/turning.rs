//! Turns in place of a directional antenna.

use super::*;
use crate::command::Aim;
use crate::config::AntennaPattern;
use crate::geo::wrap_pi;
use crate::homing::turning::Turning;
use crate::homing::worth::Standpoint;
use std::f64::consts::TAU;

/// 12 dB less behind than ahead.
fn directional() -> Antenna {
    Antenna::Directional(AntennaPattern::new(|bearing_rad| 6.0 * bearing_rad.cos(), true))
}

/// In HOMING with an antenna, nothing believed yet, the nose turning as it is told.
fn homing(antenna: &Antenna, period_us: Option<f64>) -> World {
    let mut world = World::hearing(&homing_config(), &interlock_config(), antenna);
    world.facts[0].pattern.period_us = period_us;
    world.switch_on();
    while world.homing.state() != State::Homing {
        world.step();
    }
    world
}

/// What is led to until the aim is another; how far it turned in it.
fn turned_rad(world: &mut World, aim: Aim) -> f64 {
    let mut sum_rad = 0.0;
    for _ in 0..4_000 {
        let command = velocity(world.step());
        if world.homing.course().unwrap().aim != aim {
            break;
        }
        let turned_rad = command.yaw_rate_rad_s * PASS_US as f64 / 1e6;
        let attitude = &mut world.vehicle.attitude.as_mut().unwrap().value;
        attitude.yaw_rad = wrap_pi(attitude.yaw_rad + turned_rad);
        sum_rad += turned_rad;
        assert!(aim != Aim::Turn || command.north_mps.hypot(command.east_mps) < 1e-9, "{command:?}");
    }
    sum_rad
}

#[test]
fn before_anything_is_believed_it_turns_once_about() {
    let mut world = homing(&directional(), None);
    let turned = turned_rad(&mut world, Aim::Turn);
    assert!((TAU..TAU + 0.1).contains(&turned), "{turned}");
    assert_eq!(world.homing.course().unwrap().aim, Aim::Ahead);
    assert!(turned_rad(&mut world, Aim::Ahead).abs() < 0.1, "not again at the same place");
    // Who begins anew knows nothing of before.
    world.switch_off();
    world.steps(40);
    world.switch_on();
    while world.homing.state() != State::Homing {
        world.step();
    }
    world.steps(2);
    assert_eq!(world.homing.course().unwrap().aim, Aim::Turn);
    let mut omni = homing(&Antenna::Whip, None);
    omni.step();
    assert_eq!(omni.homing.course().unwrap().aim, Aim::Ahead);
}

#[test]
fn it_turns_again_the_sooner_the_nearer_the_beacon_is() {
    let mut turning = Turning::new(&homing_config(), &directional());
    let from = Standpoint { at: NorthEast::default(), height_m: 30.0, course_rad: 0.0 };
    assert!((turning.time_s(from.at, 400.0, None).unwrap() - TAU / 0.5).abs() < 1e-9);
    turning.begin(TimeUs(0), &from, None);
    let turns = |flown_m: f64, away_m: f64| {
        let at = NorthEast { north_m: flown_m, east_m: 0.0 };
        turning.time_s(at, away_m, None).is_some()
    };
    assert_eq!([turns(29.5, 10.0), turns(30.0, 10.0)], [false, true]);
    assert_eq!([turns(55.0, 400.0), turns(65.0, 400.0)], [false, true]);
}

#[test]
fn what_sounds_seldom_is_turned_about_slowly_or_not_at_all() {
    let mut world = homing(&directional(), Some(1e6));
    world.step();
    assert!((velocity(world.steps(20)).yaw_rate_rad_s - 0.35).abs() < 1e-9, "20° from one pulse to the next");
    let mut world = homing(&directional(), Some(10e6));
    world.steps(3);
    assert_eq!(world.homing.course().unwrap().aim, Aim::Ahead);
}

#[test]
fn what_is_not_heard_any_more_is_listened_for_all_about_first() {
    let mut world = homing(&directional(), None);
    turned_rad(&mut world, Aim::Turn);
    world.believe(NorthEast { north_m: 100.0, east_m: 0.0 }, 80.0);
    world.fly_to(NorthEast { north_m: 60.0, east_m: 0.0 });
    world.facts[0].heard = false;
    world.step();
    while world.homing.course().unwrap().aim == Aim::Survey {
        world.step();
    }
    // The pass that tells that it is not heard leads back; the next ones turn.
    assert_eq!(world.homing.course().unwrap().aim, Aim::Return);
    world.steps(40);
    assert_eq!(world.homing.course().unwrap().aim, Aim::Turn);
}

#[test]
fn a_turn_that_the_autopilot_does_not_fly_is_given_up() {
    let mut world = homing(&directional(), None);
    world.step();
    let began = world.now;
    while world.homing.course().unwrap().aim == Aim::Turn {
        world.step();
    }
    let tried_s = world.now.since_us(began) as f64 / 1e6;
    assert!((18.0..20.0).contains(&tried_s), "half as long again as it takes at 0.5 rad/s: {tried_s}");
}
