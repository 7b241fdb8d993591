//! A flight replayed as its crew would: the same to the bit, told where it is not, and asked what if.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use duckdb::Connection;

fn skyhound(line: &[&str]) -> (Option<i32>, String, String) {
    led(line, "", Path::new(env!("CARGO_TARGET_TMPDIR")))
}

/// With lines on its stdin, and a cache of its own.
fn led(line: &[&str], lines: &str, cache: &Path) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
    command.env_remove("RUST_LOG").env("XDG_CACHE_HOME", cache).args(line);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    // Who reads none of them may be gone before they are written.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    let output = child.wait_with_output().unwrap();
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

#[test]
fn a_flight_flown_again_is_a_flight_file() {
    let folder = tempfile::tempdir().unwrap();
    let flight = flown(folder.path());
    let file = flight.to_str().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (again, what_if) = (path("again.duckdb"), path("what_if.duckdb"));
    let (code, told, said) = skyhound(&["replay", file, "--into", &again]);
    assert!(code == Some(0) && told.contains("again.duckdb: ") && !told.contains("differ"), "{told}{said}");
    let before = std::fs::read(&again).unwrap();
    for there in [&again, file] {
        let (code, _, said) = skyhound(&["replay", file, "--into", there]);
        assert!(code == Some(1) && said.contains("nothing is replaced"), "{said}");
    }
    assert_eq!(std::fs::read(&again).unwrap(), before);
    // All but what tells of the file: of rows of passes and of others, those of each in their order.
    let differs = |sql: &str| {
        let answers = [file, &again].map(|of| skyhound(&["query", of, sql, "--format", "csv"]).1);
        assert!(answers[0].lines().count() > 1, "{sql}: {}", answers[0]);
        answers[0] != answers[1]
    };
    for table in ["reading", "pulse", "hearing", "pass", "spectrum", "signal", "detection", "command"] {
        assert!(!differs(&format!("SELECT * FROM {table}")), "{table}");
    }
    assert!(!differs("SELECT at_us, source, kind, text FROM log ORDER BY at_us, source, text"));
    assert!(!differs("SELECT * FROM event ORDER BY at_us, kind, text"));
    assert!(!differs("SELECT * FROM health WHERE kind <> 'discard'"));

    let set = ["--set", "analytics.trigger_db=60"];
    let (code, told, said) = skyhound(&[&["replay", file, "--into", &what_if], &set[..]].concat());
    assert!(code == Some(0) && told.contains("4.1 s") && told.contains("taken over"), "{told}{said}");
    let (code, told, _) = skyhound(&["replay", &what_if, "--verify"]);
    assert!(code == Some(0) && told.contains("signal") && !told.contains("differ"), "{told}");
    let sql = "SELECT (SELECT value FROM setting WHERE name = 'replayed.set'), (SELECT value = (SELECT name FROM flight) FROM setting
        WHERE name = 'replayed.from'), settings_sha256 = sha256((SELECT value FROM setting WHERE name = 'settings_toml')),
        (SELECT contains(value, 'trigger_db = 60') FROM setting WHERE name = 'settings_toml'), ended FROM flight";
    let (_, told, said) = skyhound(&["query", &what_if, sql, "--format", "csv"]);
    assert!(told.contains("analytics.trigger_db=60,false,true,true,closed"), "{told}{said}");
    let (code, told, _) = skyhound(&["report", &what_if]);
    let name = flight.file_stem().unwrap().to_str().unwrap();
    let replayed = format!("REPLAYED   from {name}, with analytics.trigger_db=60, by skyhound 0.1.0+");
    assert!(code == Some(0) && told.contains("Flight what_if") && told.contains(&replayed), "{told}");

    // What cannot be replayed in whole leaves nothing, nor does what is cut off: it has another name until it is whole.
    change(&flight, "DELETE FROM reading WHERE rowid > 1000");
    let cut = path("cut.duckdb");
    let (code, _, said) = skyhound(&["replay", file, "--into", &cut]);
    assert!(code == Some(0) && said.contains("ends before the flight does"), "{said}");
    let (code, told, _) = skyhound(&["replay", &cut, "--verify"]);
    assert!(code == Some(0) && told.contains("ends before the flight does"), "{told}");
    change(&flight, "DELETE FROM pass");
    let (code, _, said) = skyhound(&["replay", file, "--into", &path("none.duckdb")]);
    assert!(
        code == Some(1) && said.contains("it holds no passes") && !Path::new(&path("none.duckdb")).exists()
    );
    let left = std::fs::read_dir(folder.path()).unwrap().flatten();
    let left = left.filter(|entry| entry.file_name().to_string_lossy().contains(".part")).count();
    assert_eq!(left, 0);
}

#[test]
fn a_result_is_found_again_until_flight_or_question_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let flight = flown(folder.path());
    let (file, cache) = (flight.to_str().unwrap(), folder.path().join("cache"));
    let ask = |line: &[&str]| {
        let (_, told, said) = led(&[&["replay", file], line].concat(), "", &cache);
        (told, said.contains("found: computed at 20"))
    };
    let (computed, is_found) = ask(&["--verify", "--json"]);
    assert!(!is_found && computed.contains("\"different\": 0"));
    assert_eq!(ask(&["--verify", "--json"]), (computed, true));
    assert!(!ask(&["--verify", "--again"]).1 && !ask(&["--verify", "--until", "5"]).1);
    let set = ["--set", "analytics.trigger_db=60"];
    let (computed, is_found) = ask(&set);
    assert!(!is_found);
    assert_eq!(ask(&set), (computed, true));
    assert!(!ask(&["--set", "analytics.trigger_db=59"]).1);
    // A name is nothing, a bit is all.
    let moved = folder.path().join("moved.duckdb");
    std::fs::rename(&flight, &moved).unwrap();
    let (code, _, said) = led(&["replay", moved.to_str().unwrap(), "--verify"], "", &cache);
    assert!(code == Some(0) && said.contains("found"), "{said}");
    change(
        &moved,
        "UPDATE setting SET value = '0.0.9' WHERE name = 'version.skyhound'; UPDATE signal SET ewma_e3 = 1",
    );
    for _ in 0..2 {
        let (code, _, said) = led(&["replay", moved.to_str().unwrap(), "--verify"], "", &cache);
        assert!(
            code == Some(1) && said.contains("of a flight by another version: 0.0.9, and this is 0.1.0+"),
            "{said}"
        );
    }
    assert_eq!(std::fs::read_dir(cache.join("skyhound/replays")).unwrap().count(), 5);
}

#[test]
fn a_flight_is_played_as_it_is_led() {
    let folder = tempfile::tempdir().unwrap();
    let flight = flown(folder.path());
    let (file, cache) = (flight.to_str().unwrap(), folder.path());
    let lines = |line: &[&str], lead: &str| {
        let (code, told, said) = led(&[&["replay", file], line].concat(), lead, cache);
        assert_eq!(code, Some(0), "{said}");
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>()
    };
    let told = lines(&["--speed", "max"], "");
    let what: Vec<_> = told.iter().map(|line| line["kind"].as_str().unwrap_or_default()).collect();
    assert_eq!(what, ["ready", "silence", "confirmed", "detection", "ended", "ended"]);
    assert_eq!(told[5]["at_us"], told[5]["end_us"]);

    // The state of a second is the same from either side; what refuses changes nothing.
    let lead = "seek 6\nseek 12\nstep\nseek 6\nstep 3\nseek x\nspeed 3\nwhere\nspeed max\nplay\n";
    let told = lines(&["--control"], lead);
    let [_, six, twelve, _, again, stepped, no_seek, no_speed, here] = &told[..9] else {
        panic!("{told:#?}")
    };
    assert_eq!(six["now"], again["now"]);
    assert!(six["at_us"] == 6_000_000 && six["now"]["channels"][0]["heard"] == true, "{six:#}");
    assert!(twelve["at_us"] == 12_000_000 && twelve["now"] != six["now"], "{twelve:#}");
    assert_eq!((&stepped["at_us"], &here["at_us"]), (&6_150_000.into(), &6_150_000.into()));
    for refused in [no_seek, no_speed] {
        assert!(
            refused["kind"] == "refused" && refused["text"].as_str().unwrap().contains("write"),
            "{refused}"
        );
    }
    let (_, at, _) = skyhound(&["at", file, "6", "--json"]);
    let mut at: serde_json::Value = serde_json::from_str(&at).unwrap();
    at.as_object_mut().unwrap().remove("file");
    assert_eq!(at, six["now"]);
    assert_eq!(told.last().unwrap()["kind"], "ended");
    for line in [&["--speed", "3"][..], &["--verify", "--speed", "1x"], &["--control", "--into", "x.duckdb"]]
    {
        assert_eq!(led(&[&["replay", file], line].concat(), "", cache).0, Some(2));
    }
}
