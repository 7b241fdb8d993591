//! PISAD's database and its telemetry, made here as it makes them.

use super::super::flights::{Request, take};
use super::super::{Imported, Kind};
use crate::failure::Failure;
use crate::profiles::Folder;
use crate::replay::Replay;
use crate::report::report;
use crate::settings::{Flags, Settings};
use crate::store::{Chain, Comparison, open_flight};
use std::fmt::Write;
use std::path::{Path, PathBuf};

struct Place {
    folder: tempfile::TempDir,
    profiles: Folder,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let profiles = Folder::at(&folder.path().join("profiles"));
        Place { folder, profiles }
    }

    fn flights(&self) -> PathBuf {
        self.folder.path().join("flights")
    }

    fn take(&self, file: &Path, is_dry_run: bool) -> Imported {
        let settings = |sets: &[String]| Settings::load(None, sets, &Flags::default()).map_err(Failure::from);
        let request = Request {
            flights: &self.flights(),
            reserve_mb: 0,
            profiles: &self.profiles,
            settings: &settings,
            is_dry_run,
            is_replacing: false,
        };
        take(file, &request)
    }

    /// All files there are, but what was imported.
    fn files(&self) -> Vec<PathBuf> {
        let folders = [self.flights(), self.folder.path().join("profiles")];
        let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn database(&self, sql: &str) -> PathBuf {
        let path = self.folder.path().join("any.name");
        let _ = std::fs::remove_file(&path);
        rusqlite::Connection::open(&path).unwrap().execute_batch(&format!("{PISAD}{sql}")).unwrap();
        path
    }
}

/// Its tables, by the columns that they have there.
const PISAD: &str = r#"
CREATE TABLE config_profiles (id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, description TEXT, sdr_config TEXT, signal_config TEXT,
    homing_config TEXT, is_default BOOLEAN DEFAULT 0, created_at TIMESTAMP, updated_at TIMESTAMP);
CREATE TABLE state_history (id INTEGER PRIMARY KEY AUTOINCREMENT, from_state TEXT NOT NULL, to_state TEXT NOT NULL,
    timestamp DATETIME NOT NULL, reason TEXT, operator_id TEXT, action_duration_ms INTEGER, created_at DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE test_runs (run_id TEXT PRIMARY KEY, timestamp TEXT NOT NULL, test_type TEXT NOT NULL, environment TEXT NOT NULL,
    system_config TEXT, total_tests INTEGER, passed INTEGER, failed INTEGER, errors INTEGER, skipped INTEGER, total_duration_ms REAL, success_rate REAL);
CREATE TABLE test_results (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, test_name TEXT NOT NULL, test_type TEXT NOT NULL,
    status TEXT NOT NULL, duration_ms REAL, timestamp TEXT NOT NULL, error_message TEXT, stack_trace TEXT, metadata TEXT);
"#;
const ROWS: &str = r#"
INSERT INTO config_profiles VALUES ('1', 'Dog Collar', '', '{"frequency": 433.92e6, "sampleRate": 2e6, "gain": 30, "bandwidth": 1e6}',
    '{"ewmaAlpha": 0.1}', NULL, 1, NULL, NULL), ('2', 'No Frequency', '', '{}', NULL, NULL, 0, NULL, NULL);
INSERT INTO state_history (from_state, to_state, timestamp, reason, operator_id, action_duration_ms) VALUES
    ('IDLE', 'SEARCHING', '2025-08-12T10:00:00+00:00', 'begins', NULL, NULL), ('SEARCHING', 'HOMING', '2025-08-12T10:00:30.5+00:00', 'heard', 'ann', 12),
    ('HOMING', 'IDLE', '2025-08-12T10:01:00', 'done', NULL, 3), ('IDLE', 'HOMING', 'soon', NULL, NULL, NULL);
INSERT INTO test_runs VALUES ('a', '2025-08-12T09:00:00+00:00', 'sitl', 'development', '{}', 2, 1, 1, 0, 0, 12.5, 50.0);
INSERT INTO test_results (run_id, test_name, test_type, status, duration_ms, timestamp, error_message) VALUES
    ('a', 'one', 'sitl', 'pass', 4.25, '2025-08-12T09:00:00+00:00', NULL), ('a', 'two', 'sitl', 'fail', 8.25, '2025-08-12T09:00:01+00:00', 'ü');
-- What is known nowhere is kept too: a column of several kinds, and one that is called as one of ours.
CREATE TABLE notes (source TEXT, value, bytes BLOB);
INSERT INTO notes VALUES ('x', 1, x'00ff'), ('y', 'two', NULL), ('z', 2.5, NULL);
"#;

#[test]
fn every_row_and_column_of_pisads_database_is_taken_refused_or_told() {
    let place = Place::new();
    let path = place.database(ROWS);
    let dry = place.take(&path, true);
    assert!(place.files().is_empty(), "a dry run wrote {:?}", place.files());
    let told = place.take(&path, false);
    assert_eq!(told, dry, "a dry run tells what happens");
    assert_eq!((told.kind, told.refused.as_deref()), (Some(Kind::Pisad), None), "{told:?}");
    let account = &told.account;
    // 2 profiles, 4 + 1 + 2 + 3 rows, and two of SQLite's own: its counters.
    assert_eq!(
        (account.record_count, account.taken_count, account.refused_count, account.left_count()),
        (14, 11, 1, 2)
    );
    assert!(account.adds_up() && account.refused[0].why.contains("sdrConfig.frequency"), "{account:?}");
    let changed: Vec<&String> = account.changed.keys().collect();
    for why in ["notes.value holds texts and numbers", "without zone", "import_state_history only"] {
        assert!(changed.iter().any(|told| told.contains(why)), "{why}: {changed:?}");
    }
    assert_eq!(place.profiles.find("dog-collar").unwrap().settings().unwrap().sdr.gain_db, Some(30.0));

    let made = told.made.as_ref().unwrap();
    assert!(made.file_name().unwrap().to_str().unwrap().starts_with("20250812T100000Z-"), "{made:?}");
    let flight = open_flight(made, 0).unwrap();
    let one = |sql: &str| flight.connection().query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    let states = "SELECT string_agg(at_us || ' ' || from_state || ' ' || to_state || ' ' || reason, ', ' ORDER BY at_us) FROM state_change";
    assert_eq!(
        one(states),
        "0 IDLE SEARCHING begins, 30500000 SEARCHING HOMING heard (operator ann), 60000000 HOMING IDLE done"
    );
    assert_eq!(one("SELECT string_agg(kind, ' ' ORDER BY id) FROM log"), "SEARCHING HOMING IDLE");
    assert_eq!(
        one("SELECT sum(action_duration_ms) || ' ' || count(created_at) FROM import_state_history"),
        "15 4"
    );
    assert_eq!(
        one(
            "SELECT sum(duration_ms) || ' ' || max(error_message) || ' ' || min(at_us) FROM import_test_results"
        ),
        "12.5 ü -3600000000"
    );
    assert_eq!(one("SELECT total_duration_ms::VARCHAR FROM import_test_runs"), "12.5");
    assert_eq!(
        one(
            "SELECT string_agg(source_ || value || coalesce(hex(bytes), ''), ' ' ORDER BY record) FROM import_notes"
        ),
        "x100FF ytwo z2.5"
    );
    drop(flight);
    let homing = report(made, 0).unwrap().states.into_iter().find(|state| state.state == "HOMING").unwrap();
    assert_eq!((homing.entered_count, homing.time_s), (1, 29.5));

    let before = place.files();
    let again = place.take(&path, false);
    assert!(again.refused.as_ref().unwrap().contains("taken before"), "{again:?}");
    assert_eq!(place.files(), before);
}

#[test]
fn a_database_that_cannot_be_taken_whole_leaves_nothing() {
    let place = Place::new();
    // No profile can be written where its folder is a file; the flight was made by then.
    std::fs::write(place.folder.path().join("profiles"), "").unwrap();
    let told = place.take(&place.database(ROWS), false);
    assert!(told.refused.is_some() && told.made.is_none(), "{told:?}");
    assert!(std::fs::read_dir(place.flights()).unwrap().next().is_none(), "the flight stayed");

    let place = Place::new();
    let mut bytes = std::fs::read(place.database(ROWS)).unwrap();
    bytes.truncate(bytes.len() / 2);
    let half = place.folder.path().join("half.db");
    std::fs::write(&half, bytes).unwrap();
    let told = place.take(&half, false);
    assert!(told.refused.is_some() && place.files().is_empty(), "{told:?}");
    let told = place.take(&place.database(""), false);
    assert!(told.refused.as_ref().unwrap().starts_with("there is nothing in it"), "{told:?}");
}

const HEADER: &str = "timestamp,latitude,longitude,altitude,relative_altitude,roll,heading,battery_percent,battery_voltage,battery_current,gps_satellites,rssi_dbm,snr_db,beacon_detected,system_state,armed,mode,cpu_percent";

/// 120 s at 10 Hz, by a beacon 60 m north that is on from 40 s to 80 s; with four lines that cannot be.
fn telemetry() -> String {
    let mut text = format!("# PiSAD Telemetry Data Export\n{HEADER}\n");
    for index in 0..1200_u32 {
        let s = f64::from(index) / 10.0;
        let (lat, lon) = (47.3 + s * 1e-5, 8.5 + (s / 9.0).sin() * 4e-4);
        let is_on = (40.0..80.0).contains(&s);
        let noise_db = -105.0 + f64::from((index * 7_919) % 97) / 97.0;
        let power_db = if is_on { -75.0 + f64::from((index * 31) % 53) / 53.0 } else { noise_db };
        let state = if is_on { "HOMING" } else { "SEARCHING" };
        let _ = writeln!(
            text,
            "2025-08-12T10:{:02}:{:06.3}+00:00,{lat},{lon},450.5,40.25,0.1,350.0,80.5,15.9,10.1,14,{power_db:.3},{:.3},{},{state},True,GUIDED,12.5",
            index / 600,
            s % 60.0,
            power_db + 105.0,
            if is_on { "True" } else { "False" },
        );
    }
    text + "2025-08-12T10:01:00+00:00,47.3,8.5,450,40,0,0,80,15,1,14,-100,5,False,IDLE,True,GUIDED,1\nsoon,47.3\n\
        never,47.3,8.5,450,40,0,0,80,15,1,14,-100,5,False,IDLE,True,GUIDED,1\n\
        2025-08-12T10:03:00+00:00,0,0,450,40,0,0,80,15,1,14,none,5,False,IDLE,True,DANCE,\"1,5\"\n"
}

#[test]
fn telemetry_is_flown_and_replays_to_the_bit() {
    let place = Place::new();
    let path = place.folder.path().join("data");
    std::fs::write(&path, telemetry()).unwrap();
    let dry = place.take(&path, true);
    assert!(place.files().is_empty());
    let told = place.take(&path, false);
    assert_eq!(told, dry);
    assert_eq!((told.kind, told.refused.as_deref()), (Some(Kind::Telemetry), None), "{told:?}");
    let account = &told.account;
    assert_eq!((account.record_count, account.taken_count, account.refused_count), (1_204, 1_201, 3));
    assert!(
        account.refused[0].place == "line 1203" && account.refused[0].why.contains("not after"),
        "{account:?}"
    );
    let changed: Vec<&String> = account.changed.keys().collect();
    for why in ["a place that is none", "Power is no number", "none of ArduCopter", "taken as dBFS"] {
        assert!(changed.iter().any(|told| told.contains(why)), "{why}: {changed:?}");
    }
    assert_eq!((told.rows["reading"], told.rows["detection"]), (1_200, 2), "{:?}", told.rows);

    let made = told.made.as_ref().unwrap();
    let flight = open_flight(made, 0).unwrap();
    let one = |sql: &str| flight.connection().query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(
        one("SELECT count(lat_deg) || ' ' || min(alt_rel_m) || ' ' || min(yaw_deg) FROM reading"),
        "1200 40.25 -10.0"
    );
    assert_eq!(
        one("SELECT sum(gps_satellites) || ' ' || max(cpu_percent) FROM import_telemetry"),
        "16814 12.5"
    );
    let events = "SELECT string_agg(at_us // 1000000 || ' ' || text, ', ' ORDER BY at_us, kind DESC) FROM event WHERE kind LIKE 'imported%'";
    assert_eq!(
        one(events),
        "0 SEARCHING, 40 SEARCHING to HOMING, 40 the beacon is heard, 80 HOMING to SEARCHING, 80 not heard any more, 180 SEARCHING to IDLE"
    );
    drop(flight);
    let chain = Chain::open(made, 0).unwrap();
    let mut replay = Replay::new(&chain, &[]).unwrap();
    let mut comparison = Comparison::read(&chain).unwrap();
    let flown = replay.fly(None, &mut comparison);
    assert_eq!((flown.reading_count, flown.cut), (1_200, None));
    let compared = comparison.finish(false).unwrap();
    assert!(compared.iter().all(|one| one.different_count == 0), "{compared:?}");
    drop((replay, chain));
    let report = report(made, 0).unwrap();
    let [heard] = &report.detections[..] else { panic!("{report:?}") };
    assert!(
        (heard.began_s - 40.0).abs() < 2.0 && heard.lat_deg.is_some() && heard.snr_peak_db > 25.0,
        "{heard:?}"
    );
}
