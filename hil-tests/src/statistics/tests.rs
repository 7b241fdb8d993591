//! The report of a real scenario: the same for any threads, paired by seed, and it finds what is in the open.

use super::*;
use crate::scenario;

#[test]
fn a_report_hangs_on_scenario_seed_and_count_alone() {
    let near = scenario::find("near_carrier").unwrap();
    let reported = |seed, flights, threads| report(&near, seed, flights, threads, &|_| {}).unwrap();
    let whole = reported(5, 12, 1);
    assert_eq!(whole, reported(5, 12, 3));
    let later = reported(11, 6, 2);
    for (row, later) in whole.rows.iter().zip(&later.rows) {
        assert_eq!(row.flights[6..], later.flights[..], "{}: a flight hangs on those before it", row.policy);
    }
    assert_ne!(whole.rows[0].flights[0], whole.rows[0].flights[1], "seeds change nothing");
}

#[test]
fn in_the_open_the_beacon_is_found_and_the_climber_is_as_good_as_the_law_it_copies() {
    let open = scenario::find("open_carrier").unwrap();
    let report = report(&open, 1, 40, 2, &|_| {}).unwrap();
    let [ours, climber, spiral, _] = &report.rows[..] else { panic!("four policies") };
    let error_m = |row: &Row| row.final_error_m.median.unwrap();
    let table = table::text(&report);
    assert!(ours.found.ratio >= 0.8 && climber.found.ratio >= 0.8, "{table}");
    assert!((error_m(ours) - error_m(climber)).abs() <= 5.0, "{table}");
    assert!(error_m(spiral) > error_m(ours) && spiral.found.ratio <= ours.found.ratio, "{table}");
    for row in &report.rows {
        assert!(row.homed.count == 40, "{} was not led in every flight", row.policy);
    }
}

#[test]
fn json_has_the_flights_and_the_histograms() {
    let near = scenario::find("near_carrier").unwrap();
    let json = serde_json::to_value(report(&near, 1, 2, 1, &|_| {}).unwrap()).unwrap();
    assert_eq!(json["rows"][0]["policy"], "skyhound");
    assert_eq!(json["rows"][2]["flights"].as_array().unwrap().len(), 2);
    assert!(json["rows"][0]["final_error_m"]["histogram"]["counts"].is_array());
}
