use super::*;

#[test]
fn every_number_is_defined_once_and_ends_with_its_unit() {
    for (index, metric) in TABLE.iter().enumerate() {
        assert!(TABLE[..index].iter().all(|other| other.name != metric.name), "{} twice", metric.name);
        let ending = match metric.unit {
            "" => "",
            "m/s" => "_mps",
            "m/s²" => "_mps2",
            "dB" => "_db",
            "Hz" => "_hz",
            unit => &format!("_{unit}"),
        };
        assert!(metric.name.ends_with(ending), "{} in {}", metric.name, metric.unit);
    }
}

use crate::judge::sample;
use crate::scenario::Bounds;
use crate::trace::{SetpointRow, Trace};

fn near(numbers: &BTreeMap<String, f64>, name: &str, expected: f64) {
    let value = numbers.get(name).copied();
    assert!(value.is_some_and(|value| (value - expected).abs() < 0.02), "{name} = {value:?}, not {expected}");
    assert!(find(name).is_some(), "{name} is not in the table");
}

#[test]
fn a_flight_made_by_hand_counts_as_by_hand() {
    let numbers = metrics(&sample::scenario(), &sample::trace());
    for (name, expected) in [
        ("found", 1.0),
        ("final_error_m", 2.0),
        ("closest_m", 2.0),
        ("heard_distance_m", 100.0),
        ("time_to_heard_s", 20.0),
        ("time_to_homing_s", 22.0),
        ("time_to_holding_s", 42.0),
        ("time_ratio", 1.0),
        ("homing_s", 23.06),
        ("homings_total", 1.0),
        ("stops_total", 1.0),
        ("setpoints_total", 462.0),
        ("setpoint_rate_hz", 462.0 / 23.06),
        ("setpoint_gap_max_ms", 50.0),
        ("speed_max_mps", 5.0),
        ("slew_max_mps2", 2.5),
        ("ground_speed_max_mps", 4.9),
        ("fence_margin_min_m", 300.0 - 98_f64.hypot(100.0)),
        ("stop_delay_mode_ms", 0.0),
        ("stop_delay_max_ms", 0.0),
        ("moves_after_stop_total", 0.0),
        ("setpoints_late_total", 0.0),
        ("setpoints_refused_total", 0.0),
        ("setpoints_foreign_total", 0.0),
        ("violations_total", 0.0),
        ("flight_s", 50.0),
    ] {
        near(&numbers, name, expected);
    }
    for name in numbers.keys() {
        assert!(find(name).is_some(), "{name} is not in the table");
    }
}

#[test]
fn nothing_is_counted_that_is_not_defined() {
    let numbers = metrics(&sample::scenario(), &Trace::default());
    for name in
        ["final_error_m", "closest_m", "time_ratio", "setpoint_gap_max_ms", "fence_margin_min_m", "flight_s"]
    {
        assert_eq!(numbers.get(name), None, "{name}");
    }
    assert_eq!(numbers["found"], 0.0);
    let mut told = Trace::default();
    told.numbers.insert("dropped_readings_total".into(), 3.0);
    told.numbers.insert("exit_code".into(), f64::NAN);
    let numbers = metrics(&sample::scenario(), &told);
    assert_eq!(numbers["dropped_readings_total"], 3.0);
    assert_eq!(numbers.get("exit_code"), None, "no NaN gets through");
}

fn moving(at_us: u64) -> SetpointRow {
    SetpointRow { at_us, velocity_mps: [1.0, 0.0, 0.0], yaw_rate_rad_s: 0.0, taken: true, from: (1, 191) }
}

#[test]
fn a_stop_that_comes_late_is_seen_from_the_autopilots_side() {
    let mut trace = sample::trace();
    trace.setpoints.retain(|row| row.at_us < sample::MODE_US);
    trace.setpoints.extend([45_000_000, 45_050_000, 45_090_000].map(moving));
    let numbers = metrics(&sample::scenario(), &trace);
    near(&numbers, "stop_delay_mode_ms", 90.0);
    near(&numbers, "stop_delay_max_ms", 90.0);
    assert_eq!(numbers["moves_after_stop_total"], 0.0, "on its way when we stopped");

    trace.setpoints.push(SetpointRow { velocity_mps: [0.0; 3], ..moving(45_100_000) });
    trace.setpoints.push(moving(45_150_000));
    let numbers = metrics(&sample::scenario(), &trace);
    assert_eq!(numbers["moves_after_stop_total"], 1.0, "after the zero");
    near(&numbers, "stop_delay_mode_ms", 150.0);

    trace.setpoints.truncate(trace.setpoints.len() - 2);
    trace.setpoints.extend([45_400_000, 47_000_000].map(moving));
    let numbers = metrics(&sample::scenario(), &trace);
    assert_eq!(numbers["moves_after_stop_total"], 2.0, "no zero came, and 250 ms are over");
    assert_eq!(numbers["setpoints_late_total"], 1.0);
}

#[test]
fn gaps_count_from_the_begin_and_to_the_end_of_homing() {
    let mut trace = sample::trace();
    let all = trace.setpoints.clone();
    let gap_ms = |trace: &Trace| metrics(&sample::scenario(), trace)["setpoint_gap_max_ms"];
    trace.setpoints.retain(|row| row.at_us >= sample::HOMING_US + 400_000);
    assert_eq!(gap_ms(&trace), 400.0);
    trace.setpoints = all.clone();
    trace.setpoints.retain(|row| row.at_us <= sample::STOP_US - 560_000);
    assert_eq!(gap_ms(&trace), 560.0);
    trace.setpoints = all;
    trace.setpoints.retain(|row| !(30_000_000..30_700_000).contains(&row.at_us));
    assert_eq!(gap_ms(&trace), 750.0);
}

#[test]
fn strangers_refusals_and_jumps_are_told_apart() {
    let mut trace = sample::trace();
    trace.setpoints[10].from = (1, 190);
    trace.setpoints[20].taken = false;
    trace.setpoints[100].velocity_mps[0] += 1.0;
    let numbers = metrics(&sample::scenario(), &trace);
    assert_eq!(numbers["setpoints_foreign_total"], 1.0);
    assert_eq!(numbers["setpoints_refused_total"], 1.0);
    near(&numbers, "slew_max_mps2", 20.0);
    near(&numbers, "speed_max_mps", 6.0);
}

#[test]
fn found_means_near_a_true_beacon_by_the_scenarios_own_bound() {
    let mut scenario = sample::scenario();
    scenario.expect.number.insert("final_error_m".into(), Bounds { min: None, max: Some(1.5) });
    let numbers = metrics(&scenario, &sample::trace());
    assert_eq!(numbers["found"], 0.0, "2 m is not 1.5 m");
    assert_eq!(numbers.get("time_ratio"), None);
    scenario.world.beacon[0].on = false;
    let numbers = metrics(&scenario, &sample::trace());
    assert_eq!(numbers.get("final_error_m"), None, "no beacon is on");
}

#[test]
fn a_scenario_cannot_expect_what_nobody_counts() {
    let mut scenario = sample::scenario();
    check(&scenario).unwrap();
    scenario.expect.number.insert("stop_delay_fence_radius_ms".into(), Bounds::default());
    check(&scenario).unwrap();
    let mut wrong = scenario.clone();
    wrong.expect.number.insert("stop_delay_moon_ms".into(), Bounds::default());
    let why = check(&wrong).unwrap_err();
    assert_eq!(
        why,
        "scenario open_carrier: expect.number.stop_delay_moon_ms: no such number; `skyhound-rig metrics` lists them"
    );
    let mut wrong = scenario;
    wrong.expect.only.insert("d".into(), BTreeMap::new());
    assert!(check(&wrong).unwrap_err().contains("expect.only.d: no such depth; write a, b or c"));
}
