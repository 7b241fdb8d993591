//! A flight replayed as its crew would: the same to the bit, told where it is not, and asked what if.

use std::path::{Path, PathBuf};
use std::process::Command;

use duckdb::Connection;

fn skyhound(line: &[&str]) -> (Option<i32>, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_skyhound")).env_remove("RUST_LOG").args(line).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Twelve seconds at 48 kS/s of noise, in which a carrier 6 kHz off is on from 3 to 9 s; flown.
fn flown(folder: &Path) -> PathBuf {
    let (rate, mut seed) = (48_000.0, 7_u32);
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed >> 8) / f64::from(1 << 24) - 0.5
    };
    let sample = |n: u32| {
        let at_s = f64::from(n) / rate;
        let level = if (3.0..9.0).contains(&at_s) { 20.0 } else { 0.0 };
        let (sin, cos) = (std::f64::consts::TAU * 6e3 * at_s).sin_cos();
        [cos, sin].map(|part| (127.5 + level * part + 24.0 * noise()).round() as u8)
    };
    let file = folder.join("tone_433.92M_48k.cu8");
    std::fs::write(&file, (0..12 * 48_000).flat_map(sample).collect::<Vec<u8>>()).unwrap();
    let (file, flights) = (format!("file:{}", file.display()), folder.join("flights"));
    let line = ["fly", "--sdr", &file, "--pace", "max", "--flights", flights.to_str().unwrap()];
    let sets = ["beacon.0.offset_hz=6000", "beacon.0.bandwidth_hz=2000", "beacon.0.emission=continuous"];
    let sets = sets.iter().flat_map(|set| ["--set", *set]);
    let (code, _, said) = skyhound(&line.into_iter().chain(sets).collect::<Vec<_>>());
    assert_eq!(code, Some(0), "{said}");
    let mut files = std::fs::read_dir(flights).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|ending| ending == "duckdb")).unwrap()
}

fn change(flight: &Path, sql: &str) {
    let connection = Connection::open(flight).unwrap();
    connection.execute_batch(sql).unwrap();
    connection.close().map_err(|(_, error)| error).unwrap();
}

#[test]
fn a_flight_is_its_replay_and_what_is_not_is_told_by_table_row_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let flight = flown(folder.path());
    let file = flight.to_str().unwrap();
    let (code, told, said) = skyhound(&["replay", file, "--verify"]);
    assert_eq!(code, Some(0), "{told}{said}");
    assert!(told.contains("readings, 12.") && !told.contains("differ"), "{told}");
    assert!(told.contains("signal") && told.contains("detection") && told.contains("event"), "{told}");

    // Of one row alone DuckDB makes a new one at the table's end.
    change(&flight, "UPDATE signal SET ewma_e3 = ewma_e3 + 1");
    let (code, told, said) = skyhound(&["replay", file, "--verify"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains(" differ\n    row 1: ewma_e3 was "), "{told}");
    assert!(said.contains(" rows differ, of a flight by the same version"), "{said}");
    change(
        &flight,
        "UPDATE signal SET ewma_e3 = ewma_e3 - 1; DELETE FROM signal WHERE at_us = (SELECT max(at_us) FROM signal)",
    );
    let (_, told, _) = skyhound(&["replay", file, "--verify"]);
    assert!(told.contains("the replay has 1 rows more"), "{told}");

    // Inputs that are not all there: what can be replayed is, and it is told that this is not all.
    change(&flight, "DELETE FROM reading WHERE rowid > 1000");
    let (_, told, _) = skyhound(&["replay", file, "--verify", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(told["cut"].as_str().unwrap().contains("is not all in the file"), "{told}");
    change(&flight, "DELETE FROM pass");
    let (code, _, said) = skyhound(&["replay", file, "--verify"]);
    assert!(code == Some(1) && said.contains("it holds no passes"), "{said}");
}

#[test]
fn what_if_is_answered_of_what_was_heard_and_refused_of_what_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let flight = flown(folder.path());
    let file = flight.to_str().unwrap();
    let asked = |set: &str| {
        let (code, told, said) = skyhound(&["replay", file, "--set", set, "--json"]);
        assert_eq!(code, Some(0), "{said}");
        serde_json::from_str::<serde_json::Value>(&told).unwrap()
    };
    let told = asked("analytics.trigger_db=60");
    // As a line it is heard all the same, somewhat later.
    let [flown, heard] = ["flown", "asked"].map(|of| told[of]["heard_s"].as_f64().unwrap());
    assert!(3.0 < flown && flown < heard && heard < 5.0, "{told:#}");
    let same = asked("homing.lost_s=7");
    assert_eq!(same["flown"], same["asked"]);
    let (code, table, _) = skyhound(&["replay", file, "--set", "analytics.trigger_db=60"]);
    assert!(code == Some(0) && table.contains("first heard") && table.contains("4.1 s"), "{table}");

    for (line, told) in [
        (&["--set", "sdr.gain_db=3"][..], "--set: sdr.gain_db: is not asked in a replay"),
        (&["--set", "homing.speed_mps=99"], "homing.speed_mps"),
        (&["--set", "homing.sped_mps=1"], "homing.sped_mps"),
        (&[], "--verify"),
    ] {
        let (code, _, said) = skyhound(&[&["replay", file], line].concat());
        assert!(code == Some(2) && said.contains(told), "{line:?}: {said}");
    }
    let (code, told, said) = skyhound(&["at", file, "6"]);
    assert!(code == Some(0) && told.starts_with("at         6.0"), "{told}{said}");
    assert!(told.contains("HEARD") && told.contains("locked") && told.contains("heard: carrier"), "{told}");
    let (_, told, _) = skyhound(&["at", file, "1", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(told["channels"][0]["heard"] == false && told["state"] == "IDLE", "{told}");
    let (code, _, said) = skyhound(&["replay", "none.duckdb", "--verify"]);
    assert!(code == Some(1) && said.contains("none.duckdb"), "{said}");
}
