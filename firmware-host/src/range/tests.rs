//! Plans beside closed formulas, and what is refused.

use super::*;
use crate::settings::{Flags, Settings};
use skyhound::propagation::{KT0_DBM_HZ, Surroundings};

/// A carrier at 433.96 MHz in 4 kHz, and a tag of 20 ms every 1.3 s.
fn config() -> Config {
    let sets = [
        "sdr.sample_rate_sps=250000",
        "sdr.frequency_hz=433920000",
        "beacon.0.name=carrier",
        "beacon.0.frequency_hz=433960000",
        "beacon.0.bandwidth_hz=4000",
        "beacon.0.emission=continuous",
        "beacon.1.name=tag",
        "beacon.1.frequency_hz=433980000",
        "beacon.1.bandwidth_hz=4000",
        "beacon.1.emission=pulsed",
        "beacon.1.pulse_width_min_ms=18",
        "beacon.1.pulse_width_max_ms=22",
        "beacon.1.period_min_ms=1300",
        "beacon.1.period_max_ms=1300",
        "beacon.1.jitter_ratio_max=0.01",
    ];
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    Settings::load(None, &sets, &Flags::default()).unwrap().engine(250e3, 433.92e6).unwrap()
}

fn question() -> Question {
    Question {
        power_dbm: -30.0,
        antenna_gain_db: 0.0,
        height_m: 40.0,
        beacon_height_m: 1.0,
        seconds: 10.0,
        speed_mps: 3.0,
        model: Model::FreeSpace,
        sigma_db: 0.0,
        floor: Floor::told(-165.0),
    }
}

#[test]
fn the_distance_is_the_link_budget() {
    let config = config();
    let plan = plan(&config, 0, question()).unwrap();
    let best = plan.heard[0];
    assert_eq!(best.limit.by, HeardBy::Lines);
    // ITU-R P.525: 32.45 + 20 log f/MHz + 20 log d/km.
    let loss_db = -30.0 - (best.limit.cn0_db_hz - 165.0);
    let slant_km = 10f64.powf((loss_db - 32.4478 - 20.0 * 433.96_f64.log10()) / 20.0);
    let ground_m = (slant_km.powi(2) * 1e6 - 39.0_f64.powi(2)).sqrt();
    let ground_m = ground_m.min(plan.horizon_m);
    assert!((best.first_gap_m / ground_m - 1.0).abs() < 0.005, "{best:?} for {ground_m} m");
    // Readings alone need some 40 dB more: a hundredth of the distance.
    let readings = plan.heard.iter().find(|heard| heard.limit.by == HeardBy::Readings).unwrap();
    let nearer_db = readings.limit.cn0_db_hz - best.limit.cn0_db_hz;
    assert!(nearer_db > 30.0 && readings.first_gap_m < best.first_gap_m / 20.0, "{plan:?}");
    let text = plan.to_text();
    assert!(text.contains("a line in fine spectra") && text.contains("no shadowing"), "{text}");
    assert_eq!(plan.to_json()["distance_m"], best.first_gap_m);
}

#[test]
fn shadowing_and_noise_cost_what_they_are() {
    let config = config();
    let loss_db = |question: Question| plan(&config, 0, question).unwrap().heard[0].loss_db;
    let plain_db = loss_db(question());
    assert!((loss_db(Question { sigma_db: 10.0, ..question() }) - plain_db - 12.816).abs() < 1e-9);
    let louder = Question { floor: Floor::told(-155.0), ..question() };
    assert!((loss_db(louder) - plain_db - 10.0).abs() < 1e-9);
    let floor = Floor::of(Surroundings::Quiet, 433.96e6, 5.0);
    assert!((floor.dbm_hz - KT0_DBM_HZ - 5.0).abs() < 0.2, "{floor:?}");
}

#[test]
fn lanes_narrow_with_speed_until_there_are_none() {
    let config = config();
    let weak = |speed_mps: f64| {
        let tag = Question { power_dbm: -70.0, speed_mps, ..question() };
        plan(&config, 0, tag).unwrap()
    };
    let (slow, fast) = (weak(1.0), weak(8.0));
    let reach_m = slow.heard[0].first_gap_m;
    assert!((slow.lanes_m.unwrap() / (2.0 * reach_m) - 1.0).abs() < 0.01, "{slow:?}");
    assert!(fast.lanes_m.unwrap() < slow.lanes_m.unwrap());
    let too_fast = weak(2.5 * reach_m / 10.0);
    assert!(too_fast.lanes_m.is_none() && too_fast.to_text().contains("passed before it is heard"));
}

#[test]
fn two_rays_tell_their_gaps() {
    let config = config();
    let rays = Question { power_dbm: -75.0, model: Model::TwoRay(0.95), ..question() };
    let plan = plan(&config, 0, rays).unwrap();
    assert!(plan.heard[0].farthest_m > 1.2 * plan.heard[0].first_gap_m, "{plan:?}");
    assert!(plan.to_text().contains("here and there up to"), "{}", plan.to_text());
}

#[test]
fn what_cannot_be_is_told_with_the_mend() {
    let config = config();
    let usage = |result: Result<usize, Failure>| match result {
        Err(Failure::Usage(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(place_of(&config, Some("tag")).unwrap(), 1);
    assert!(usage(place_of(&config, Some("tags"))).contains("carrier, tag"));
    assert!(usage(place_of(&config, None)).contains("carrier, tag"));
    let short = plan(&config, 1, Question { seconds: 2.0, ..question() }).map(|_| 0);
    assert!(usage(short).contains("--for 10s"));
}
