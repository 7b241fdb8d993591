//! The report of a real scenario: the same for any threads, paired by seed, and it finds what is in the open.

use super::*;
use crate::scenario;

fn plan(name: &str, seed: u64, flights: u64) -> Plan {
    let scenario = scenario::find(name).unwrap();
    Plan { scenario, beacon: None, level: Level::Readings, seed, flights, oracle_every: 1 }
}

fn reported(name: &str, seed: u64, flights: u64) -> Report {
    report(&plan(name, seed, flights), 1, &Journal::default(), &|_| {}).unwrap()
}

#[test]
fn a_report_hangs_on_scenario_seed_and_count_alone() {
    let reported = |seed, flights, threads| {
        let plan = Plan { oracle_every: 3, ..plan("near_carrier", seed, flights) };
        report(&plan, threads, &Journal::default(), &|_| {}).unwrap()
    };
    let whole = reported(5, 12, 1);
    assert_eq!(whole, reported(5, 12, 3));
    let later = reported(11, 6, 2);
    for (row, later) in whole.rows.iter().zip(&later.rows) {
        assert_eq!(row.flights[6..], later.flights[..], "{}: a flight hangs on those before it", row.policy);
    }
    assert_ne!(whole.rows[0].flights[0], whole.rows[0].flights[1], "seeds change nothing");
}

#[test]
fn in_the_open_the_beacon_is_found_and_no_policy_finds_it_better() {
    let plan = Plan { oracle_every: u64::MAX, ..plan("open_carrier", 1, 40) };
    let report = report(&plan, 2, &Journal::default(), &|_| {}).unwrap();
    let [ours, climber, spiral, lawnmower] = &report.rows[..] else { panic!("four policies") };
    let error_m = |row: &Row| row.final_error_m.median.unwrap();
    let table = table::text(&report);
    assert!(ours.found.ratio >= 0.97 && error_m(ours) < 10.0, "{table}");
    assert!(climber.found.ratio >= 0.75 && error_m(climber) < 30.0, "{table}");
    for row in [climber, spiral, lawnmower] {
        assert!(error_m(row) >= error_m(ours) && row.found.ratio <= ours.found.ratio, "{table}");
    }
    for row in &report.rows {
        assert!(row.homed.count == 40, "{} was not led in every flight", row.policy);
    }
}

#[test]
fn json_has_the_flights_and_the_histograms() {
    let json = serde_json::to_value(reported("near_carrier", 1, 2)).unwrap();
    assert_eq!(json["rows"][0]["policy"], "skyhound");
    assert_eq!(json["rows"][2]["flights"].as_array().unwrap().len(), 2);
    assert!(json["rows"][0]["final_error_m"]["histogram"]["counts"].is_array());
}

#[test]
fn what_landed_is_not_flown_again_and_what_was_broken_off_is() {
    let file = std::env::temp_dir().join(format!("skyhound-journal-{}", std::process::id()));
    let first = report(&plan("near_carrier", 3, 2), 1, &Journal::open(&file).unwrap(), &|_| {}).unwrap();
    let lines = || std::fs::read_to_string(&file).unwrap();
    let whole = lines();
    assert_eq!(whole.lines().count(), 2);
    std::fs::write(&file, &whole[..whole.len() - 9]).unwrap();
    let again = report(&plan("near_carrier", 3, 3), 1, &Journal::open(&file).unwrap(), &|_| {}).unwrap();
    for (again, first) in again.rows.iter().zip(&first.rows) {
        // What was read may be off in its last digit.
        let errors_m =
            |row: &Row| row.flights.iter().map(|flight| flight.at[0].error_m).collect::<Vec<f64>>();
        let apart = errors_m(again).iter().zip(errors_m(first)).any(|(a, b)| (a - b).abs() > 1e-9);
        assert!(again.flights.len() == 3 && !apart, "{}", first.policy);
    }
    assert_eq!((lines().lines().count(), &lines()[..whole.len()]), (3, &whole[..]), "one again and one more");
    std::fs::write(&file, "not a journal\n").unwrap();
    assert!(Journal::open(&file).unwrap_err().contains("line 1"));
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn many_reports_are_one_table_with_the_same_numbers_for_machines() {
    let reports = [reported("near_carrier", 1, 2), reported("near_carrier", 3, 2)];
    let (text, csv) = (table::many(&reports), table::csv(&reports));
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 1 + 2 * 4, "a row for each policy at the one time:\n{csv}");
    assert!(rows.iter().all(|row| row.split(',').count() == rows[0].split(',').count()), "{csv}");
    assert!(rows[1].starts_with("near_carrier,as written,skyhound,"), "{csv}");
    assert!(text.contains("efficiency") && text.contains("lawnmower"), "{text}");
    assert!(text.contains("near_carrier: not drawn") && !text.contains("no limit"), "{text}");
}
