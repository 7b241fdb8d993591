//! Golden report: a flight made here, its text compared letter by letter.

use super::report;
use crate::store::sample::{self, settings, start};
use skyhound::record::Record;
use std::path::PathBuf;

/// Two minutes: a beacon of 50 ms each second on channel 0, silence on channel 1.
fn flight(folder: &std::path::Path) -> PathBuf {
    let (mut inlets, recorder) = start(&settings(folder));
    let handle = recorder.handle();
    let mut pushed = 0;
    for index in 0..12_000 {
        while inlets.readings.vacant_count() < 2 {
            std::thread::yield_now();
        }
        pushed += u64::from(inlets.readings.push(sample::reading(index, 0)));
        if index.is_multiple_of(10) {
            pushed += u64::from(inlets.readings.push(sample::reading(index, 1)));
        }
        if index % 10 == 5 {
            while inlets.control.vacant_count() < 40 {
                std::thread::yield_now();
            }
            let heard = index > 3_000;
            inlets.control.push(Record::Facts(sample::facts(
                index * 10_000,
                if heard { 24.5 } else { 0.5 },
                heard,
            )));
        }
    }
    for record in sample::records(31_000_000) {
        assert!(inlets.control.push(record));
    }
    inlets.control.push(Record::Detection(sample::detection(2, 100_000_000, None)));
    assert_eq!(pushed, 13_200);
    drop(handle);
    recorder.stop().unwrap().files.remove(0)
}

#[test]
fn the_text_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = report(&flight(folder.path()), 0).unwrap();
    // What differs from run to run is checked and replaced.
    assert_eq!(report.name.len(), "20260101T000000Z-01234567".len());
    report.name = "20260101T000000Z-01234567".to_string();
    report.started_utc = "2026-01-01T00:00:00Z".to_string();
    assert!(report.passes.iter().any(|pass| pass.name == "recorder" && pass.pass_count > 0));
    report.passes.retain(|pass| pass.name != "recorder");
    let text = report.to_text();
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let golden = include_str!("golden.txt");
    assert!(text == golden, "the report changed; it reads now:\n{text}");
}

#[test]
fn the_json_has_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let json = report(&flight(folder.path()), 0).unwrap().to_json();
    assert_eq!(json["reading_count"], 13_200);
    assert_eq!(json["detections"][0]["pulse_period_ms"], 1000.0);
    assert_eq!(json["detections"][1]["length_s"], serde_json::Value::Null);
    assert_eq!(json["trips"][0]["interlock"], "failsafes");
    assert_eq!(json["link"]["sequence_lost_count"], 3);
    assert_eq!(json["minutes"][0]["reading_count"], 6_000);
}

#[test]
fn an_empty_flight_has_a_report_too() {
    let folder = tempfile::tempdir().unwrap();
    let (_inlets, recorder) = start(&settings(folder.path()));
    let text = report(&recorder.stop().unwrap().files[0], 0).unwrap().to_text();
    assert!(text.contains("Detections: nothing heard\n") && text.contains("Interlock trips: none"), "{text}");
}
