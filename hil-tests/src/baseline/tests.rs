//! Both laws against a made field of power: they must find its top, and say so.

use super::*;
use skyhound::geo::wrap_pi;
use skyhound_host::settings::{Flags, Settings};

const TOP: NorthEast = NorthEast { north_m: 80.0, east_m: -40.0 };

fn snr(at: NorthEast) -> f64 {
    62.0 - 20.0 * at.distance_m(TOP).max(3.0).log10()
}

/// With a repeatable ripple of ±2 dB.
fn power(at: NorthEast, index: u64) -> i32 {
    (snr(at) * 100.0) as i32 - 9_000 + (index * 7919 % 401) as i32 - 200
}

/// Flies a point mass for `seconds`; gives where it ends and when it first held.
fn fly(policy: Policy, seconds: u64) -> (NorthEast, Option<u64>) {
    let settings = Settings::load(None, &[], &Flags::default()).unwrap();
    let (homing, limits) = (settings.homing, settings.interlock);
    let (mut at, mut yaw_rad) = (NorthEast::default(), 0.3);
    let mut steer: Option<Box<dyn Steer>> = None;
    let (mut held_us, mut snr_db) = (None, 0.0);
    // Heard on a leg across, as a search gives it.
    let leg = (0..400_u64).map(|hop| {
        let at = NorthEast { north_m: -5.0, east_m: hop as f64 / 20.0 - 20.0 };
        Sample { at_us: hop * 10_000, at, power: Some(power(at, hop)), is_hearing: false }
    });
    let mut samples: Vec<Sample> = leg.collect();
    for pass in 80..seconds * 20 {
        let now_us = pass * 50_000;
        samples.extend((0..5).map(|hop| {
            let index = pass * 5 + hop;
            Sample { at_us: index * 10_000, at, power: Some(power(at, index)), is_hearing: false }
        }));
        let next_db = snr(at);
        let seen = Seen {
            now_us,
            until_us: seconds * 1_000_000,
            at,
            yaw_rad,
            samples: &samples,
            heard: true,
            snr_db: Some(next_db),
            slope_db_s: Some((next_db - snr_db) * 20.0),
        };
        snr_db = next_db;
        let law = steer.get_or_insert_with(|| policy.begin(&homing, &limits, &seen));
        let wish = law.steer(&seen);
        samples.clear();
        match wish {
            Wish::Hold => held_us = held_us.or(Some(now_us)),
            Wish::Fly(velocity) => {
                at.north_m += velocity.north_mps * 0.05;
                at.east_m += velocity.east_mps * 0.05;
                yaw_rad = wrap_pi(yaw_rad + velocity.yaw_rate_rad_s * 0.05);
                let speed_mps = velocity.north_mps.hypot(velocity.east_mps);
                assert!(speed_mps <= limits.speed_max_mps + 1e-9, "{speed_mps}");
            }
        }
    }
    (at, held_us)
}

#[test]
fn the_climber_climbs_to_the_top_and_holds() {
    let (end, held_us) = fly(Policy::Climber, 200);
    assert!(end.distance_m(TOP) < 15.0, "{end:?}");
    assert!(held_us.is_some());
}

#[test]
fn the_spiral_comes_back_to_the_strongest_place() {
    let (end, held_us) = fly(Policy::Spiral, 2_000);
    assert!(end.distance_m(TOP) < 12.0, "{end:?}");
    assert!(held_us.is_some());
    let (early, held_us) = fly(Policy::Spiral, 120);
    assert!(held_us.is_some() && early.distance_m(TOP) > 20.0, "the time was enough: {early:?}");
}

#[test]
fn the_lawnmower_surveys_and_comes_back_to_the_strongest_place() {
    let (end, held_us) = fly(Policy::Lawnmower, 2_000);
    assert!(end.distance_m(TOP) < 15.0, "{end:?}");
    // It knew of the top long before: the survey is flown to its end.
    assert!(held_us.is_some_and(|held_us| held_us > 1_000_000_000), "{held_us:?}");
}
