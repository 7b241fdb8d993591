//! The ground: off it, and high enough over it, here and ahead.

use super::*;
use crate::config::TerrainRule;
use crate::time::Aged;
use crate::vehicle::Landed;

#[test]
fn homing_begins_in_the_air_and_at_rest() {
    let refused = Some((Interlock::Airborne, Fault::Refused));
    let landed = |landed| locked(|world| world.vehicle.landed.as_mut().unwrap().value = landed);
    assert_eq!(landed(Landed::InAir), None);
    for other in [Landed::OnGround, Landed::TakingOff, Landed::Landing] {
        assert_eq!(landed(other), refused, "{other:?}");
        let mut world = World::homing();
        world.vehicle.landed.as_mut().unwrap().value = other;
        assert_eq!(world.step(), Command::Stop);
    }
    assert_eq!(locked(|world| world.vehicle.landed = None), Some((Interlock::Airborne, Fault::Unknown)));
    let old = |age_us| {
        locked(|world| world.vehicle.landed = Some(Aged::new(Landed::InAir, world.now.minus_us(age_us))))
    };
    assert_eq!((old(3_000_000), old(3_000_001)), (None, Some((Interlock::Airborne, Fault::Stale))));
    let climb = |down_mps| locked(|world| world.vehicle.position.as_mut().unwrap().value.down_mps = down_mps);
    assert_eq!((climb(0.5), climb(-0.5)), (None, None));
    assert_eq!((climb(0.501), climb(-0.501)), (refused, refused));
    let mut gusty = World::homing();
    gusty.vehicle.position.as_mut().unwrap().value.down_mps = -0.8;
    velocity(gusty.step());
}

#[test]
fn both_heights_are_judged_where_they_are_known() {
    let refused = Some((Interlock::Terrain, Fault::Refused));
    let set = |map: Option<f64>, rangefinder: Option<f64>| {
        locked(|world| {
            world.vehicle.height_terrain_m = map.map(|height_m| Aged::new(height_m, world.now));
            world.vehicle.height_rangefinder_m = rangefinder.map(|height_m| Aged::new(height_m, world.now));
        })
    };
    assert_eq!((set(Some(10.0), None), set(None, Some(10.0))), (None, None));
    assert_eq!((set(Some(9.99), None), set(None, Some(9.99))), (refused, refused));
    assert_eq!((set(Some(9.99), Some(30.0)), set(Some(30.0), Some(9.99))), (refused, refused));
    assert_eq!(set(None, None), Some((Interlock::Terrain, Fault::Unknown)));
    assert_eq!(set(Some(f64::NAN), None), Some((Interlock::Terrain, Fault::NonFinite)));
    assert_eq!(set(Some(10_001.0), None), Some((Interlock::Terrain, Fault::OutOfRange)));
    let sinking = |down_mps| {
        locked(|world| {
            world.vehicle.height_terrain_m = Some(Aged::new(10.1, world.now));
            world.vehicle.position.as_mut().unwrap().value.down_mps = down_mps;
        })
    };
    assert_eq!((sinking(-0.5), sinking(0.0), sinking(0.5)), (None, None, refused));
    let old = |age_us| {
        locked(|world| {
            world.refresh(5_000_000);
            world.vehicle.height_terrain_m = Some(Aged::new(30.0, world.now.minus_us(age_us)));
        })
    };
    assert_eq!(old(1_500_000).map(|trip| trip.0), Some(Interlock::PassLate));
    assert_eq!(old(1_500_001).map(|trip| trip.0), Some(Interlock::Terrain));
}

#[test]
fn the_setting_says_whether_unknown_ground_may_be_flown_over() {
    let limits = InterlockConfig { terrain: TerrainRule::MayBeUnknown, ..interlock_config() };
    let mut world = World::with(&homing_config(), &limits);
    world.vehicle.height_terrain_m = None;
    world.step();
    assert_eq!(world.homing.locked(), None);
    assert_eq!(Homing::height_m(&world.vehicle, world.now), None);
    world.vehicle.height_rangefinder_m = Some(Aged::new(5.0, world.now));
    world.step();
    assert_eq!(
        world.homing.locked().map(|trip| trip.interlock),
        Some(Interlock::Terrain),
        "known, and too low"
    );
    assert_eq!(Homing::height_m(&world.vehicle, world.now), Some(5.0));
}

/// Flies north, climbing by `climb` m per m, over ground that rises by `slope` from 20 m on; where it stops and how high over the
/// ground it is then.
fn flown_over(slope: f64, climb: f64) -> Option<(f64, f64)> {
    let mut limits = interlock_config();
    limits.fence.polygon.clear();
    let mut world = World::with(&homing_config(), &limits);
    (world.facts[0].heard, world.search) = (false, Some((4.0, 0.0)));
    world.switch_on();
    let mut north_m = 0.0;
    for _ in 0..1_000 {
        let command = world.step();
        let height_m = 30.0 + climb * north_m - slope * (north_m - 20.0_f64).max(0.0);
        world.vehicle.position.as_mut().unwrap().value.alt_amsl_m = 440.0 + climb * north_m;
        world.vehicle.height_terrain_m = Some(Aged::new(height_m, world.now));
        if let Command::Velocity(v) = command {
            north_m += v.north_mps * 0.05;
            world.shift(v.north_mps * 0.05, 0.0);
            world.vehicle.position.as_mut().unwrap().value.north_mps = v.north_mps;
        } else if world.homing.latched().is_some_and(|trip| trip.interlock == Interlock::Terrain) {
            return Some((north_m, height_m));
        }
    }
    None
}

#[test]
fn a_hillside_is_not_flown_into() {
    assert_eq!(flown_over(0.0, 0.0), None);
    let (_, height_m) = flown_over(0.0, -0.2).expect("it sinks on");
    assert!((9.8..10.0).contains(&height_m), "flat ground has no slope for who sinks over it: {height_m}");
    for slope in [0.2, 0.5, 1.0, 2.0] {
        let (north_m, height_m) = flown_over(slope, 0.0).expect("it flies on");
        // 4 m/s: 4 + 16/5 = 7.2 m to standing still.
        let left_m = height_m - 7.2 * slope;
        assert!(
            left_m > 10.0 - 3.0 * slope && height_m < 10.0 + 9.0 * slope,
            "{slope}: {north_m} {height_m}"
        );
    }
}
