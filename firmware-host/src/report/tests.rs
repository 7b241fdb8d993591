//! Golden report: a flight made here, its text compared letter by letter.

mod together;

use super::{Debrief, Flight, Form, Joint, Told, cot_events_at, read, report};
use crate::store::sample::{self, settings, start};
use skyhound::geo::Wgs84;
use skyhound::record::Record;
use std::path::{Path, PathBuf};

/// Two minutes: a beacon of 50 ms each second on channel 0, silence on channel 1.
fn flight(folder: &Path) -> PathBuf {
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
    assert!(
        text.contains("Detections: nothing heard; there are no readings")
            && text.contains("Interlock trips: none"),
        "{text}"
    );
}

/// The file of a form, of this flight alone.
fn written(file: &Path, form: &str, truths: &[(String, Wgs84)]) -> Vec<u8> {
    let form: Form = form.parse().unwrap();
    let flights = [read(file, form, truths, 0).unwrap()];
    Told { flights: &flights, joint: None }.write(form, file, 0).unwrap()
}

#[test]
fn every_form_is_written_and_is_what_its_ending_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = flight(folder.path());
    for (form, begin) in [
        ("html", &b"<!doctype html>"[..]),
        ("json", b"{"),
        ("csv", b"flight,kind,beacon,at_s,utc,"),
        ("kml", b"<?xml"),
        ("kmz", b"PK"),
        ("geojson", b"{"),
        ("gpx", b"<?xml"),
        ("xlsx", b"PK"),
        ("parquet", b"PAR1"),
        ("mcap", b"\x89MCAP0\r\n"),
    ] {
        let bytes = written(&file, form, &[]);
        assert!(bytes.starts_with(begin) && bytes.len() > 200, "{form}: {} bytes", bytes.len());
    }
    assert!("doc".parse::<Form>().unwrap_err().contains(".html, .pdf, .json"));
}

#[test]
fn a_search_lead_reads_where_and_how_sure() {
    let folder = tempfile::tempdir().unwrap();
    let file = flight(folder.path());
    // 40 m north and 30 m east of 47.3 8.5, and another place 100 m north of that.
    let truths = [("beacon".to_string(), Wgs84 { lat_deg: 47.301_259, lon_deg: 8.500_397 })];
    let json = String::from_utf8(written(&file, "json", &truths)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let place = &json["places"][0];
    assert_eq!((&place["beacon"], &place["mgrs"]), (&"beacon".into(), &"32TMT6223038663".into()));
    assert_eq!(place["radius_95_m"], 22.0);
    assert!((json["truth"][0]["error_m"].as_f64().unwrap() - 100.0).abs() < 1.0, "{}", json["truth"]);
    assert_eq!(json["truth"][0]["is_in_95"], false);
    assert_eq!(json["false_alarms"]["count"], 0);
    assert_eq!(json["heard"][0]["detection_count"], 2);
    assert_eq!(json["home"]["source"], "home");
    // One run of three squares of 8 m, POD 0.62.
    let class = &json["coverage"]["classes"][0];
    assert!((class["area_km2"].as_f64().unwrap() - 192e-6).abs() < 1e-12 && class["pod_from"] == 0.5);
    let advice: Vec<&str> = json["recommendations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["number"].as_str().unwrap())
        .collect();
    assert!(advice.contains(&"trips.count") && advice.contains(&"lanes.dropped_count"), "{advice:?}");
    // What the report on a terminal tells is all there, too.
    // By way of text both: numbers come back from it to a unit in their last place.
    let told = report(&file, 0).unwrap().to_json().to_string();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(told.as_object().unwrap().iter().all(|(name, value)| json[name] == *value));
}

#[test]
fn the_page_needs_nothing_else_and_shows_its_tables_without_script() {
    let folder = tempfile::tempdir().unwrap();
    let page = String::from_utf8(written(&flight(folder.path()), "html", &[])).unwrap();
    for told in ["32TMT6223038663", "41A40BE4C0FFBFF", "Where the beacon is", "failsafes", "it's.cu8"] {
        assert!(page.contains(told), "{told}");
    }
    for outside in ["src=", "href=\"http", "@import", "url(http", "fetch("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!((page.matches("<script").count(), page.matches("</script>").count()), (2, 2));
    assert!(page.len() < 500_000, "{}", page.len());
}

#[test]
fn flights_together_say_what_they_say_together() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files = [flight(one.path()), flight(other.path())];
    let flights: Vec<Flight> = files.iter().map(|file| read(file, Form::Json, &[], 0).unwrap()).collect();
    let debriefs: Vec<&Debrief> = flights.iter().map(|flight| &flight.debrief).collect();
    let joint = Joint::of(&files, &debriefs, None, 0).unwrap();
    // Twice with 0.62.
    let pos = joint.to_json()["pos"].as_f64().unwrap();
    assert!((pos - (1.0 - 0.38 * 0.38)).abs() < 1e-6, "{pos}");
    let titles: Vec<&str> = joint.sheets.iter().map(|sheet| sheet.title).collect();
    assert!(titles.contains(&"Comparison of flights") && titles.contains(&"Joint coverage"), "{titles:?}");
    let told = Told { flights: &flights, joint: Some(&joint) };
    let json: serde_json::Value =
        serde_json::from_slice(&told.write(Form::Json, &files[0], 0).unwrap()).unwrap();
    assert_eq!(json["flights"].as_array().unwrap().len(), 2);
    for form in [Form::Html, Form::Xlsx, Form::Kml] {
        assert!(told.write(form, &files[0], 0).unwrap().len() > 1_000);
    }
}

#[test]
fn what_was_found_is_told_to_tak_as_the_daemon_would() {
    let folder = tempfile::tempdir().unwrap();
    let file = flight(folder.path());
    let text = String::from_utf8(written(&file, "cot", &[])).unwrap();
    let name = file.file_stem().unwrap().to_string_lossy();
    assert!(
        text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<events>\n<event version=\"2.0\" ")
            && text.ends_with("</event>\n</events>\n"),
        "{text}"
    );
    for id in ["", ".0", ".0.region.0"] {
        assert_eq!(
            text.matches(&format!("<event version=\"2.0\" uid=\"skyhound.{name}{id}\" type=")).count(),
            1,
            "{id}: {text}"
        );
    }
    let flight = read(&file, Form::Cot, &[], 0).unwrap();
    let now: Vec<String> =
        cot_events_at(&flight.debrief, 1_760_000_000_000_000).iter().map(ToString::to_string).collect();
    assert!(
        now.len() >= 2 && !now.iter().any(|event| event.contains("type=\"a-f-A-M-H-Q\" how=")),
        "no aircraft is there: {now:?}"
    );
    assert!(
        now.iter().all(|event| event.contains(" time=\"2025-10-09T08:53:20.000Z\" ")
            && event.contains(" stale=\"2025-10-10T08:53:20.000Z\"")),
        "{now:?}"
    );
}
