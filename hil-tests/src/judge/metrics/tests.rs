//! Numbers of a hand-made flight, counted by hand.

use super::*;

use crate::judge::sample;
use crate::scenario::Bounds;
use crate::script::Do;
use skyhound::geo::{NorthEast, Origin, Wgs84};

use crate::trace::{DeedRow, SetpointRow, Trace};

#[test]
fn every_number_is_defined_once() {
    for (index, (name, about)) in table().enumerate() {
        assert!(table().take(index).all(|(other, _)| other != name), "{name} twice");
        assert!(!about.is_empty(), "{name}");
    }
    assert_eq!(table().count(), TABLE.lines().count());
}

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
        ("time_ratio", 20.0 / 19.6),
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
    let undefined =
        ["final_error_m", "closest_m", "time_ratio", "setpoint_gap_max_ms", "fence_margin_min_m", "flight_s"];
    for name in undefined {
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

#[test]
fn lost_readings_are_a_share_of_those_due() {
    let mut trace = sample::trace();
    assert_eq!(metrics(&sample::scenario(), &trace).get("readings_lost_ratio"), None, "nobody counted");
    trace.numbers.insert("readings_due_total".into(), 400.0);
    trace.numbers.insert("readings_lost_total".into(), 100.0);
    near(&metrics(&sample::scenario(), &trace), "readings_lost_ratio", 0.25);
    trace.numbers.insert("readings_due_total".into(), 0.0);
    assert_eq!(metrics(&sample::scenario(), &trace).get("readings_lost_ratio"), None);
}

#[test]
fn a_floor_rises_for_longer_than_a_moment_and_only_where_we_command() {
    let rise_db = |trace: &Trace| metrics(&sample::scenario(), trace)["floor_rise_db"];
    let mut trace = sample::trace();
    assert_eq!(rise_db(&trace), 0.0);
    let lift = |trace: &mut Trace, from_us: u64, until_us: u64| {
        for row in trace.signal.iter_mut().filter(|row| (from_us..until_us).contains(&row.at_us)) {
            row.floor_dbfs = row.floor_dbfs.map(|floor_dbfs| floor_dbfs + 6.0);
        }
    };
    lift(&mut trace, 2_000_000, sample::HOMING_US);
    lift(&mut trace, 30_000_000, 30_500_000);
    assert_eq!(rise_db(&trace), 0.0, "before HOMING, and half a second");
    lift(&mut trace, 34_000_000, 40_000_000);
    assert_eq!(rise_db(&trace), 6.0);
}

fn moving(at_us: u64) -> SetpointRow {
    sample::moving(at_us, 1.0)
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

    trace.setpoints.push(sample::moving(45_100_000, 0.0));
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
fn a_beacon_that_was_switched_off_is_no_longer_found() {
    let mut scenario = sample::scenario();
    let mut other = scenario.world.beacon[0].clone();
    other.east_m = 200.0;
    scenario.world.beacon.push(other);
    scenario.fault.push(toml::from_str("do = 'beacon_off'\nbeacon = 0").unwrap());
    let kind = scenario.fault[0].kind.clone();
    let mut trace = sample::trace();
    let near_m = |trace: &Trace| metrics(&scenario, trace)["final_error_m"];
    assert!((near_m(&trace) - 2.0).abs() < 0.02, "it was never switched off");
    trace.deeds.push(DeedRow { at_us: 30_000_000, what: kind.to_string() });
    assert!((near_m(&trace) - 100.0).abs() < 0.1, "the other one is 100 m away");
    trace.deeds.push(DeedRow { at_us: 35_000_000, what: Do::End(kind).to_string() });
    assert!((near_m(&trace) - 2.0).abs() < 0.02, "on again");
}

#[test]
fn only_what_could_have_caused_a_stop_is_its_cause() {
    let delay = |deeds: &[(u64, &str)]| {
        let mut trace = sample::trace();
        trace.setpoints.iter_mut().for_each(|row| row.velocity_mps = [1.0, 0.0, 0.0]);
        trace.deeds =
            deeds.iter().map(|(at_us, what)| DeedRow { at_us: *at_us, what: (*what).into() }).collect();
        metrics(&sample::scenario(), &trace).get("stop_delay_mode_ms").copied()
    };
    assert_eq!(delay(&[(45_000_000, "mode LOITER")]), Some(50.0));
    assert_eq!(delay(&[(44_000_000, "mode LOITER"), (45_000_000, "gcs_lost ends")]), Some(1050.0));
    assert_eq!(delay(&[(44_000_000, "mode LOITER"), (45_000_000, "operator: homing on")]), Some(1050.0));
    assert_eq!(delay(&[(30_000_000, "noise_step db=3")]), None, "15 s before is no cause");
    assert_eq!(delay(&[(46_000_000, "mode LOITER")]), None, "what comes after is no cause");
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
    let told = "scenario open_carrier: expect.number.stop_delay_moon_ms: no such number; `skyhound-rig metrics` lists them";
    assert_eq!(why, told);
    let mut wrong = scenario;
    wrong.expect.only.insert("d".into(), BTreeMap::new());
    assert!(check(&wrong).unwrap_err().contains("expect.only.d: no such depth or flavour; write a, b, c"));
}

#[test]
fn a_polygon_fence_counts_from_its_nearest_edge() {
    let corner = |north_m, east_m| NorthEast { north_m, east_m };
    // An L: the notch is its north-east quarter.
    let corners = [(0.0, 0.0), (0.0, 100.0), (50.0, 100.0), (50.0, 50.0), (100.0, 50.0), (100.0, 0.0)];
    let corners = corners.map(|(north_m, east_m)| corner(north_m, east_m));
    for (north_m, east_m, margin_m) in [
        (25.0, 25.0, 25.0),
        (25.0, 90.0, 10.0),
        (90.0, 90.0, -40.0),
        (45.0, 45.0, 50_f64.sqrt()),
        (-3.0, -4.0, -5.0),
    ] {
        let measured_m = crate::scenario::zone::polygon_margin_m(&corners, corner(north_m, east_m));
        assert!((measured_m - margin_m).abs() < 1e-9, "{north_m}, {east_m}: {measured_m} m");
    }
    assert_eq!(crate::scenario::zone::polygon_margin_m(&[], corner(0.0, 0.0)), f64::INFINITY);

    let mut scenario = sample::scenario();
    let home = Origin::new(Wgs84 { lat_deg: scenario.place.lat_deg, lon_deg: scenario.place.lon_deg });
    let corners = [(-200.0, -200.0), (-200.0, 200.0), (120.0, 200.0), (120.0, -200.0)];
    let polygon = corners.map(|(north_m, east_m)| {
        let place = home.wgs84_from_ned(corner(north_m, east_m));
        format!("[{:?}, {:?}]", place.lat_deg, place.lon_deg)
    });
    let settings = format!("[interlock.fence]\nradius_m = 300.0\npolygon = [{}]", polygon.join(", "));
    scenario.skyhound = toml::from_str(&settings).unwrap();
    let numbers = metrics(&scenario, &sample::trace());
    assert!((numbers["fence_margin_min_m"] - 22.0).abs() < 0.1, "{}", numbers["fence_margin_min_m"]);
}
