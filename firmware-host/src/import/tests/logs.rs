//! A log and the flight that it is of, both made here: joined, counted again, whole or nothing.

use super::super::logs;
use crate::store;
use duckdb::Connection;
use std::path::{Path, PathBuf};

/// The log's clock at the flight's time 0, µs.
const AHEAD_US: i64 = 90_000_000;
const UTC_US: i64 = 1_767_268_800_000_000;
const GPS_AHEAD_US: i64 = 18_000_000 - 315_964_800_000_000;

fn way(us: i64) -> (i32, i32) {
    let s = us as f64 / 1e6;
    let (north_m, east_m) = (120.0 * (s / 30.0).sin() + 3.0 * s, 80.0 * (s / 17.0).cos());
    ((473_000_000.0 + north_m * 89.93) as i32, (85_000_000.0 + east_m * 132.6) as i32)
}

/// 200 s of a flight, a place each 100 ms.
fn flight(folder: &Path) -> PathBuf {
    let path = folder.join("20260101T120000Z-00000001.duckdb");
    let flight = Connection::open(&path).unwrap();
    flight.execute_batch(&store::statements()).unwrap();
    let version = store::SCHEMA_VERSION;
    flight.execute_batch(&format!("BEGIN; INSERT INTO flight (name, schema_version, started_utc, utc_source, ended) VALUES ('one', {version}, make_timestamp(1767268800000000), 'gps', 'closed')")).unwrap();
    let mut place = flight
        .prepare("INSERT INTO vehicle_motion (at_us, position_us, lat_e7, lon_e7) VALUES (?, ?, ?, ?)")
        .unwrap();
    for us in (0..200_000_000_i64).step_by(100_000) {
        let (lat, lon) = way(us);
        place.execute(duckdb::params![us, us, lat, lon]).unwrap();
    }
    flight
        .execute(
            "INSERT INTO vehicle_fact (at_us, part, received_us, whole) VALUES (5, 'utc_us', 5, ?)",
            [UTC_US + 5],
        )
        .unwrap();
    flight.execute_batch("COMMIT").unwrap();
    flight.close().unwrap();
    path
}

/// 1 000 fixes of it as ArduCopter logs them, each 0.2 s late, and one that cannot be.
fn log(path: &Path) {
    let fmt = |kind: u8, bytes: u8, name: &str, types: &str, labels: &str| {
        let mut record = vec![0xA3, 0x95, 128, kind, bytes];
        for (text, width) in [(name, 4), (types, 16), (labels, 64)] {
            record.extend(text.bytes().chain(std::iter::repeat(0)).take(width));
        }
        record
    };
    let mut bin = fmt(128, 89, "FMT", "BBnNZ", "Type,Length,Name,Format,Columns");
    bin.extend(fmt(1, 26, "GPS", "QBIHLL", "TimeUS,Status,GMS,GWk,Lat,Lng"));
    bin.extend(fmt(2, 19, "POS", "QLL", "TimeUS,Lat,Lng"));
    for us in (0..200_000_000_i64).step_by(200_000) {
        let (lat, lon) = way(us);
        let gps_ms = (UTC_US + us + GPS_AHEAD_US) / 1000;
        bin.extend([0xA3, 0x95, 1]);
        bin.extend((us + AHEAD_US + 200_000).to_le_bytes());
        bin.push(3);
        bin.extend(((gps_ms % 604_800_000) as u32).to_le_bytes());
        bin.extend(((gps_ms / 604_800_000) as u16).to_le_bytes());
        bin.extend([lat.to_le_bytes(), lon.to_le_bytes()].concat());
        bin.extend([0xA3, 0x95, 2]);
        bin.extend((us + AHEAD_US).to_le_bytes());
        bin.extend([lat.to_le_bytes(), lon.to_le_bytes()].concat());
    }
    bin.extend([0xA3, 0x95, 2]);
    bin.extend(AHEAD_US.to_le_bytes());
    bin.extend([0x7F; 8]);
    std::fs::write(path, bin).unwrap();
}

#[test]
fn a_log_is_joined_to_a_copy_of_its_flight_and_counted_there() {
    let folder = tempfile::tempdir().unwrap();
    let (flight, bin, text) =
        (flight(folder.path()), folder.path().join("1.BIN"), folder.path().join("notes.txt"));
    log(&bin);
    std::fs::write(&text, "no log at all, and long enough to be one").unwrap();
    let before = std::fs::read(&flight).unwrap();
    let names = || std::fs::read_dir(folder.path()).unwrap().count();
    let files = [bin.clone(), text.clone()];

    let (made, dry) = logs::take(&files, &flight, 0, true).unwrap();
    assert_eq!((made, names()), (None, 3));
    let (made, told) = logs::take(&files, &flight, 0, false).unwrap();
    assert_eq!(dry, told, "a dry run tells what happens");
    let made = made.unwrap();
    assert_eq!(made, folder.path().canonicalize().unwrap().join("20260101T120000Z-00000001-joined.duckdb"));
    assert_eq!(std::fs::read(&flight).unwrap(), before, "the flight itself was written to");
    assert_eq!(names(), 4, "nothing else stays");

    let account = &told[0].account;
    assert_eq!((account.record_count, account.taken_count, account.refused_count), (2_004, 2_000, 1));
    assert!(account.adds_up() && account.refused[0].why.contains("is no place"), "{account:?}");
    let joined = told[0].joined.as_ref().unwrap();
    assert!((joined.offset_us + AHEAD_US).abs() < 5_000, "{joined:?}");
    assert!((joined.by_gps_us.unwrap() + AHEAD_US + 200_000).abs() < 1_000, "{joined:?}");
    assert!(told[1].refused.as_ref().unwrap().starts_with("byte 0: neither"), "{:?}", told[1]);

    let connection = Connection::open(&made).unwrap();
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(one("SELECT count(*) FROM vehicle_motion"), 2_000);
    assert_eq!(one("SELECT count(*) FROM import_gps") + one("SELECT count(*) FROM import_position"), 2_000);
    // By the joined time the log's places are those of the flight: at 6 m/s, 5 ms are 3 cm.
    let apart = "SELECT count(*) FROM import_position AS p JOIN vehicle_motion AS m ON m.position_us = (round(p.at_us / 1e5) * 100000)::BIGINT
        WHERE abs(m.lat_deg - p.lat_deg) < 1e-6 AND abs(m.lon_deg - p.lon_deg) < 1e-6";
    assert_eq!(one(apart), 1_000);
    connection.close().unwrap();

    // The same bytes are not taken twice, and what was made stays.
    let before = std::fs::read(&made).unwrap();
    let (again, told) = logs::take(&files[..1], &flight, 0, false).unwrap();
    assert_eq!(again, None);
    assert!(told[0].refused.as_ref().unwrap().starts_with("was taken before"), "{:?}", told[0].refused);
    assert_eq!(std::fs::read(&made).unwrap(), before);
    assert_eq!(names(), 4);
}

#[test]
fn annotations_of_a_recording_are_joined_by_its_utc() {
    let folder = tempfile::tempdir().unwrap();
    let flight = flight(folder.path());
    // What it is, is told by what is in it.
    let meta = folder.path().join("marks.txt");
    let written = |annotations: &str| {
        let text = format!(
            r#"{{"global": {{"core:datatype": "cu8", "core:sample_rate": 1000.0, "core:version": "1.2.0"}}, "captures": [
            {{"core:sample_start": 0, "core:datetime": "2026-01-01T12:00:10Z"}},
            {{"core:sample_start": 5000, "core:datetime": "2026-01-01T12:01:00.5Z"}}, {{"core:sample_start": 9000}}],
            "annotations": [{annotations}]}}"#
        );
        std::fs::write(&meta, text).unwrap();
    };
    written(
        r#"{"core:sample_start": 2000, "core:sample_count": 500, "core:label": "tag", "core:freq_lower_edge": 150.1e6, "core:freq_upper_edge": 150.2e6, "own:pulse": 7},
        {"core:sample_start": 6000, "core:comment": "ü"}, {"core:sample_start": 9500, "core:label": "no time"}, {"core:label": "nowhere"}"#,
    );
    let (made, told) = logs::take(std::slice::from_ref(&meta), &flight, 0, false).unwrap();
    let account = &told[0].account;
    assert_eq!((account.record_count, account.taken_count, account.refused_count), (4, 2, 2), "{told:?}");
    assert!(account.refused[0].why.contains("core:datetime"), "{account:?}");
    assert_eq!(account.refused[1].place, "annotations[3]");
    assert_eq!(told[0].joined.as_ref().unwrap().method, "UTC of the recording");
    let connection = Connection::open(made.unwrap()).unwrap();
    let sql = "SELECT at_us, duration_s, freq_lower_hz, label, fields FROM import_annotation ORDER BY at_us";
    let mut marks = connection.prepare(sql).unwrap();
    let mark = |row: &duckdb::Row| {
        let label: Option<String> = row.get(3)?;
        let (at_us, fields): (i64, String) = (row.get(0)?, row.get(4)?);
        Ok((at_us, [row.get::<_, Option<f64>>(1)?, row.get(2)?], label.unwrap_or_default(), fields))
    };
    let marks: Vec<_> = marks.query_map([], mark).unwrap().map(Result::unwrap).collect();
    // The flight's clock began at 12:00:00.
    assert_eq!((marks[0].0, marks[0].1), (12_000_000, [Some(0.5), Some(150.1e6)]));
    assert!(marks[0].2 == "tag" && marks[0].3.contains("\"own:pulse\":7"), "{marks:?}");
    assert_eq!((marks[1].0, marks[1].1, marks[1].2.as_str()), (61_500_000, [None, None], "ü"));
    drop(connection);

    written("");
    let (made, told) = logs::take(&[meta], &flight, 0, false).unwrap();
    assert!(made.is_none() && told[0].refused.as_ref().unwrap().contains("annotation"), "{told:?}");
}
