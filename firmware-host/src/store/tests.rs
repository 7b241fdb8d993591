//! Recording and reading back, states of files. Faults that need another process: `tests/kill.rs`,
//! `tests/disk.rs`.

mod broken;
mod chain;
mod cookbook;
mod fences;
mod parts;
mod paths;
mod two_wals;
mod values;

use super::sample::{self, settings, start};
use super::*;
use crate::realtime::{self, Role};
use skyhound::record::Record;
use skyhound::time::TimeUs;
use std::path::Path;
use std::time::{Duration, Instant};

fn text(path: &Path, sql: &str) -> String {
    let mut out = Vec::new();
    query(path, sql, Format::Csv, 0, &mut out).unwrap_or_else(|e| panic!("{sql}: {e}"));
    String::from_utf8(out).unwrap()
}

/// The answer without its header line.
fn value(path: &Path, sql: &str) -> String {
    text(path, sql).split_once('\n').unwrap().1.trim_end().to_string()
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Records a flight of 3 000 readings and one of each record.
fn record_one(folder: &Path) -> RecorderSummary {
    let (mut inlets, recorder) = start(&settings(folder));
    for index in 0..3_000 {
        assert!(inlets.readings.push(sample::reading(index, 0)));
    }
    assert!(inlets.spectra.push(sample::spectrum(1_000_000)));
    for record in sample::records(1_500_000) {
        assert!(inlets.control.push(record));
    }
    assert!(inlets.switches.push(sample::switch(1_500_000)));
    recorder.stop().unwrap()
}

#[test]
fn a_profile_that_took_over_is_read_back_and_its_channels_have_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = &record_one(folder.path()).files[0];
    let chain = Chain::open(path, 0).unwrap();
    let written = *sample::switch(1_500_000);
    assert_eq!(switches(&chain).unwrap(), [super::Switch { names: Vec::new(), ..written }]);
    let names = "SELECT string_agg(value, ' ' ORDER BY name) FROM setting WHERE name LIKE 'channel.%'";
    assert_eq!(value(path, names), "beacon other fox");
}

#[test]
fn what_goes_in_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let summary = record_one(folder.path());
    assert!(
        summary.is_clean && summary.dropped.is_empty() && summary.totals.unrecorded_us == 0,
        "{summary:?}"
    );
    assert_eq!(summary.totals.reading_total, 3_000);
    let path = &summary.files[0];
    let reading = sample::reading(2_001, 0);
    let pose = reading.pose.unwrap();
    let row = value(
        path,
        "SELECT COLUMNS(c -> c NOT LIKE '%_e2' AND c NOT LIKE '%_e7') FROM reading WHERE acquired_us = 20015000",
    );
    let expected = format!(
        "20015000,{},0,{},{},{},0,0,9,{},{},{},{},100000",
        2_001 * 2_500,
        reading.reading.mean.db(),
        reading.reading.peak.db(),
        reading.reading.quiet.db(),
        (pose.place.lat_deg * 1e7).round() / 1e7,
        (pose.place.lon_deg * 1e7).round() / 1e7,
        pose.alt_rel_m,
        "",
    );
    assert_eq!(row, expected);
    assert_eq!(value(path, "SELECT count(*) FROM reading WHERE quiet_dbfs IS NULL"), "60");
    assert_eq!(value(path, "SELECT len(power_dbfs), power_dbfs[200] FROM waterfall"), "200,-92.0");
    assert_eq!(
        value(path, "SELECT floor_temporal_dbfs, snr_floor, gradient_covariance, no_gradient FROM signal"),
        "-90.123,spectral,-0.001,\n,spectral,,not heard"
    );
    assert_eq!(value(path, "SELECT id, kind, length_s, beacon FROM detections"), "1,pulse_train,30.0,beacon");
    assert_eq!(value(path, "SELECT count(*) FROM detection_map WHERE lat_deg > 47"), "1");
    assert_eq!(
        value(
            path,
            "SELECT kind, north_mps, interlock, fault, detail, split_part(reason, ' ', 1), to_lat_deg, to_lon_deg FROM command"
        ),
        "velocity,1.0,,,,where,47.25,8.5\nstop,,,,,,,\nsilence,,failsafes,refused,GUID_TIMEOUT,,,"
    );
    assert_eq!(
        value(path, "SELECT from_state, to_state, reason, interlock FROM state_change"),
        "IDLE,SEARCHING,operator: homing on,\nSEARCHING,IDLE,interlock: failsafes refused: GUID_TIMEOUT,failsafes"
    );
    assert_eq!(
        value(path, "SELECT text FROM event WHERE kind = 'sdr_gap'"),
        "\"it said \"\"gap\"\", 2048 samples\""
    );
    assert_eq!(value(path, "SELECT string_agg(act, ' ') FROM operator"), "homing_on homing_off");
    assert_eq!(value(path, "SELECT miss_total, pushed_total FROM health WHERE name = 'control'"), "3,");
    assert_eq!(value(path, "SELECT dropped_total FROM health WHERE name = 'blocks'"), "2");
    assert_eq!(value(path, "SELECT name, dropped_total FROM health WHERE kind = 'discard'"), "refused,6");
    assert_eq!(value(path, "SELECT reconnect_total, crc_error_total FROM link"), "9,1");
    let late = "SELECT late_total, unread_total, recalled_bytes_total FROM link";
    assert_eq!(value(path, late), "10,11,12");
    assert_eq!(value(path, "SELECT value FROM setting WHERE name = 'channel.1.name'"), "other");
    assert_eq!(value(path, "SELECT utc_source, schema_version FROM flight"), "system clock,5");
    let hash =
        "SELECT settings_sha256 = sha256(value) FROM flight, setting WHERE setting.name = 'settings_toml'";
    assert_eq!(value(path, hash), "true");
    for table in super::batch::TABLES {
        assert_ne!(value(path, &format!("SELECT count(*) FROM {table}")), "0", "{table}");
    }
}

#[test]
fn the_aircraft_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = &record_one(folder.path()).files[0];
    assert_eq!(
        value(
            path,
            "SELECT mode, armed, gps_hdop, rc3_us, ekf_position_ok, clock_offset_us, system, left_total FROM vehicle"
        ),
        "GUIDED,true,0.7,1100,true,-123,1,2\n,,,,,,,0"
    );
    assert_eq!(
        value(path, "SELECT told_us, name, value FROM parameter"),
        "1500000,GUID_TIMEOUT,1.0\n,GUID_TIMEOUT,"
    );
    assert_eq!(
        value(path, "SELECT kind, inside, corner, radius_m FROM zone ORDER BY rowid"),
        "fence,,,\ncorner,true,0,\ncorner,true,1,\ncorner,true,2,\ncircle,false,,20.0\nfence,,,"
    );
    assert_eq!(value(path, "SELECT ground_speed_mps, climb_mps FROM track"), "5.0,0.5");
}

#[test]
fn the_same_records_make_the_same_rows() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) =
        (record_one(first.path()).files.remove(0), record_one(second.path()).files.remove(0));
    for table in super::batch::TABLES {
        // Health rows of the recorder itself are about this run.
        let rest = if table == "health" { "WHERE name IN ('control', 'blocks')" } else { "" };
        let sql = format!("SELECT * FROM {table} {rest}");
        assert_eq!(text(&first, &sql), text(&second, &sql), "{table}");
    }
}

#[test]
fn an_estimate_comes_out_in_degrees() {
    let folder = tempfile::tempdir().unwrap();
    let path = record_one(folder.path()).files.remove(0);
    // 111 176.9 m and 75 600.9 m to the degree at 47.3° N, by the series that `geo` is tested with.
    assert_eq!(
        value(
            &path,
            "SELECT round(lat_deg, 6), round(lon_deg, 6), round(peak_lat_deg, 6), round(peak_lon_deg, 6) FROM estimate"
        ),
        "47.30036,8.500397,47.300378,8.50037"
    );
    assert_eq!(
        value(&path, "SELECT COLUMNS(c -> c NOT LIKE '%_e7' AND c NOT LIKE '%_deg') FROM estimate"),
        "1500000,0,64.0,-8.0,100.0,10.5,22.0,-80.5,2.25,4.5,35.0,60"
    );
    assert_eq!(
        value(
            &path,
            "SELECT percent, round(lat_deg, 5), round(lon_deg, 5), size_m, square_count FROM estimate_region"
        ),
        "50,47.30036,8.50026,2.0,4\n95,47.30036,8.50026,2.0,11"
    );
}

#[test]
fn a_search_comes_out_as_it_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = record_one(folder.path()).files.remove(0);
    assert_eq!(
        value(&path, "SELECT * FROM search"),
        "1500000,spiral,60.5,0.25,true,0.375,250000.0,93000.0,17,-165.5,40.5"
    );
    assert_eq!(
        value(
            &path,
            "SELECT at_us, round(lat_deg, 5), round(lon_deg, 5), size_m, square_count, poa, pod FROM search_cell"
        ),
        "1500000,47.30036,8.50026,8.0,3,0.0625,0.62"
    );
}

#[test]
fn gps_time_sets_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (_inlets, recorder) = start(&settings(folder.path()));
    recorder.utc(TimeUs(5_000_000), 1_760_000_005_000_000);
    let path = recorder.stop().unwrap().files.remove(0);
    let sql = "SELECT epoch_us(started_utc), utc_source, epoch_us(utc(1500000)) FROM flight";
    assert_eq!(value(&path, sql), "1760000000000000,gps,1760000001500000");
}

#[test]
fn landing_checkpoints_while_recording_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut inlets, recorder) = start(&settings(folder.path()));
    let wal_bytes = || super::file::wal_bytes(&recorder.file().unwrap());
    inlets.readings.push(sample::reading(0, 0));
    wait_for("a commit", || recorder.handle().totals().reading_total == 1);
    let before = wal_bytes();
    assert!(before > 0);
    recorder.landed();
    wait_for("the checkpoint", || (1..before).contains(&wal_bytes()));
    inlets.readings.push(sample::reading(1, 0));
    let path = recorder.stop().unwrap().files.remove(0);
    assert_eq!(value(&path, "SELECT count(*) FROM reading"), "2");
}

#[test]
fn answers_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = record_one(folder.path()).files.remove(0);
    let answer = |sql: &str, format| {
        let mut out = Vec::new();
        let answered = query(&path, sql, format, 0, &mut out).unwrap();
        assert_eq!(answered.unread, None);
        (answered.row_count, out)
    };
    assert_eq!(answer("SELECT 1 AS a WHERE false", Format::Json), (0, b"[\n]\n".to_vec()));
    let (rows, out) = answer("FROM reading", Format::Table);
    let out = String::from_utf8(out).unwrap();
    assert_eq!(rows, 3_000);
    assert!(
        out.contains("mean_dbfs")
            && out.ends_with("3000 rows, the first 1000 shown; csv and json give all\n")
    );
    let (rows, out) = answer("FROM reading;", Format::Parquet);
    assert_eq!((rows, &out[..4], &out[out.len() - 4..]), (3_000, &b"PAR1"[..], &b"PAR1"[..]));
}

#[test]
fn sql_cannot_write_or_leave_the_flight() {
    let folder = tempfile::tempdir().unwrap();
    let path = record_one(folder.path()).files.remove(0);
    let aside = folder.path().join("aside.csv");
    for sql in [
        "DELETE FROM reading",
        "CREATE TABLE x (y INTEGER)",
        "FROM read_text('/etc/hostname')",
        &format!("COPY reading TO '{}'", aside.display()),
        "SET enable_external_access = true",
        "ATTACH '/tmp/other.duckdb'",
        "SELECT 'x'::INTEGER",
        "SELEC 1",
        " ; ",
    ] {
        for format in [Format::Csv, Format::Parquet] {
            let refused = query(&path, sql, format, 0, &mut Vec::new());
            assert!(matches!(refused, Err(StoreError::Sql(_))), "{sql}: {refused:?}");
        }
    }
    assert!(!aside.exists());
    assert_eq!(value(&path, "SELECT count(*) FROM reading"), "3000");
}

#[test]
fn flights_tells_every_state() {
    let folder = tempfile::tempdir().unwrap();
    let clean = record_one(folder.path()).files.remove(0);
    let aside = quarantine(&record_one(folder.path()).files[0]).unwrap();
    let damaged = folder.path().join("20260101T000000Z-00000000.duckdb");
    std::fs::write(&damaged, b"not a database").unwrap();
    std::fs::write(folder.path().join("notes.txt"), b"").unwrap();
    let (_inlets, recorder) = start(&settings(folder.path()));
    let found = flights(folder.path()).unwrap();
    let state = |path: &Path| &found.iter().find(|entry| entry.path == path).unwrap().state;
    assert_eq!(found.len(), 4);
    assert_eq!(state(&clean), &FlightState::Clean);
    assert_eq!(state(&aside), &FlightState::Quarantined);
    assert!(matches!(state(&damaged), FlightState::Damaged { .. }));
    assert_eq!(state(&recorder.file().unwrap()), &FlightState::Open);
    let entry = found.iter().find(|entry| entry.path == clean).unwrap();
    assert!((entry.duration_s.unwrap() - 29.99).abs() < 1e-6, "{entry:?}");
    let named = clean.file_stem().unwrap().to_string_lossy().into_owned();
    assert_eq!(entry.name, named);
    assert!(matches!(
        query(&recorder.file().unwrap(), "SELECT 1", Format::Csv, 0, &mut Vec::new()),
        Err(StoreError::LiveHere(_))
    ));
    assert!(matches!(
        query(&damaged, "SELECT 1", Format::Csv, 0, &mut Vec::new()),
        Err(StoreError::Damaged { .. })
    ));
    let nowhere = folder.path().join("none.duckdb");
    assert!(matches!(
        query(&nowhere, "SELECT 1", Format::Csv, 0, &mut Vec::new()),
        Err(StoreError::NotFound(_))
    ));
    recorder.stop().unwrap();
}

#[test]
fn creation_is_whole_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["20260101T000000Z-0123abcd.tmp", "20260101T000000Z-0123abcd.tmp.wal", "mine.tmp"] {
        std::fs::write(folder.path().join(name), b"half").unwrap();
    }
    let (_inlets, recorder) = start(&settings(folder.path()));
    let path = recorder.stop().unwrap().files.remove(0);
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [path.file_name().unwrap().to_str().unwrap(), "mine.tmp"]);
}

#[test]
fn files_of_one_flight_are_named_and_listed_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["20260101T000000Z-01234567", "20260101T000000Z-01234567-2", "20260101T000000Z-01234567-10"];
    for name in names.iter().rev() {
        std::fs::write(folder.path().join(format!("{name}.duckdb")), b"not a database").unwrap();
    }
    let found = flights(folder.path()).unwrap();
    assert_eq!(found.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), names);
    assert!(found.iter().all(|entry| entry.started_utc_us == Some(1_767_225_600_000_000)), "{found:?}");
}

#[test]
fn what_does_not_fit_is_counted_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (mut inlets, outlets) = lanes(&settings(folder.path()), 1_000.0);
    let capacity = outlets.readings.gauge().capacity_count() as u64;
    assert_eq!(capacity, 13_000);
    for index in 0..capacity + 5 {
        assert_eq!(inlets.readings.push(sample::reading(index, 0)), index < capacity);
    }
    inlets.receiver.push(Record::Operator(TimeUs(1), skyhound::command::OperatorAct::HomingOn));
    let recorder = Recorder::start(
        &settings(folder.path()),
        &sample::about(),
        outlets,
        crate::clock::Clock::start(),
        |body| realtime::start(Role::Recorder, body),
    )
    .unwrap();
    let summary = recorder.stop().unwrap();
    assert_eq!(summary.dropped, [("record-readings", 5)]);
    assert_eq!(value(&summary.files[0], "SELECT count(*) FROM reading"), "13000");
    let sql = "SELECT max(dropped_total) FROM health WHERE name = 'record-readings'";
    assert_eq!(value(&summary.files[0], sql), "5");
}
