//! Flights that others would have, made by the program, in every form of a report: read by readers that nobody here wrote.
//!
//! A beacon that was found, by a made table of telemetry; a recording without an aircraft; a way without readings; and of `SKYHOUND_DATA`, where
//! it is, recordings and tracks of real searches.

mod witness;

use duckdb::Connection;
use serde_json::{Value, json};
use skyhound_host::report::Form;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Metres of a degree of latitude; of longitude at 47.3° north.
const DEGREE_M: [f64; 2] = [111_195.0, 75_408.0];

fn skyhound(line: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
    command.env_remove("RUST_LOG").args(line);
    let done = command.output().unwrap();
    let [out, err] = [&done.stdout, &done.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
    assert!(done.status.success(), "{line:?}: {out}{err}");
    out
}

/// Three legs of 300 m about a beacon 60 m north and 40 m west of 47.3 8.5, four rows a second; `seed` moves the legs and the shadowing.
fn table(seed: f64) -> String {
    let mut text = "time_s,lat_deg,lon_deg,alt_rel_m,heading_deg,power_db,snr_db\n".to_string();
    let legs = [
        ((-90.0, -100.0), (210.0, -100.0)),
        ((210.0, 40.0), (-90.0, 40.0)),
        ((-20.0, 110.0), (-20.0, -190.0)),
    ];
    for row in 0..450 {
        let ((from_north_m, from_east_m), (to_north_m, to_east_m)) = legs[row / 150];
        let share = (row % 150) as f64 / 150.0;
        let north_m: f64 = from_north_m + (to_north_m - from_north_m) * share + 20.0 * seed;
        let east_m: f64 = from_east_m + (to_east_m - from_east_m) * share - 15.0 * seed;
        let way_m = (north_m - 60.0).hypot(east_m + 40.0).hypot(40.0);
        let n = row as f64 + 1_000.0 * seed;
        let power_db = -60.0 - 22.0 * (way_m / 100.0).log10() + 2.0 * (n * 0.31).sin() + (n * n * 0.37).sin();
        let (lat_deg, lon_deg) = (47.3 + north_m / DEGREE_M[0], 8.5 + east_m / DEGREE_M[1]);
        let heading_deg =
            (to_east_m - from_east_m).atan2(to_north_m - from_north_m).to_degrees().rem_euclid(360.0);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:.2},{lat_deg:.7},{lon_deg:.7},40.0,{heading_deg:.0},{power_db:.2},{:.2}",
            row as f64 * 0.25,
            power_db + 90.0
        );
    }
    text
}

/// Columns of a table, by their places.
fn columns(text: &str, places: &[usize]) -> String {
    let cut = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        places.iter().map(|place| cells[*place]).collect::<Vec<_>>().join(",") + "\n"
    };
    text.lines().map(cut).collect()
}

/// A flight of a table, as `skyhound import` makes it.
fn imported(folder: &Path, name: &str, text: &str) -> PathBuf {
    let (file, flights) = (folder.join(format!("{name}.csv")), folder.join(name));
    std::fs::write(&file, text).unwrap();
    skyhound(&[
        "import",
        file.to_str().unwrap(),
        "--flights",
        flights.to_str().unwrap(),
        "--set",
        "recorder.disk_reserve_mb=16",
    ]);
    only_flight(&flights)
}

/// A flight of a recording, without an aircraft, by settings in TOML.
fn recorded(folder: &Path, name: &str, recording: &Path, settings: &str) -> PathBuf {
    let (config, flights) = (folder.join(format!("{name}.toml")), folder.join(name));
    std::fs::write(&config, settings).unwrap();
    let sdr = format!("file:{}", recording.display());
    let line = [
        "fly",
        "--config",
        config.to_str().unwrap(),
        "--sdr",
        &sdr,
        "--pace",
        "max",
        "--autopilot",
        "none",
        "--for",
        "10s",
    ];
    let sets = ["sdr.file.repeat=true", "ground.listen=none", "recorder.disk_reserve_mb=16"];
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let line: Vec<&str> =
        line.into_iter().chain(["--flights", flights.to_str().unwrap()]).chain(sets).collect();
    skyhound(&line);
    only_flight(&flights)
}

fn only_flight(flights: &Path) -> PathBuf {
    let entries = std::fs::read_dir(flights).unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().find(|path| path.extension().is_some_and(|end| end == "duckdb")).expect("a flight")
}

const TWO_BEACONS: &str = "[[beacon]]\nname = \"fox\"\noffset_hz = 0\nbandwidth_hz = 40000\n[[beacon]]\nname = \"quiet / <b>&\"\noffset_hz = 60000\nbandwidth_hz = 4000\n";

/// Flights by a name each.
fn flights(folder: &Path) -> BTreeMap<&'static str, PathBuf> {
    let found = table(0.0);
    let noise = folder.join("noise_433.92M_250k.cu8");
    let bytes: Vec<u8> = (0..500_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&noise, bytes).unwrap();
    let mut flights = BTreeMap::from([
        ("found", imported(folder, "found", &found)),
        ("no_readings", imported(folder, "no_readings", &columns(&found, &[0, 1, 2, 3]))),
        ("no_positions", imported(folder, "no_positions", &columns(&found, &[0, 5, 6]))),
        ("noise", recorded(folder, "noise", &noise, TWO_BEACONS)),
    ]);
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let shared = std::env::var_os("SKYHOUND_DATA").map_or(shared, PathBuf::from);
    let recording = shared.join("iq/rtl433t_honda-lock2_433.92M_250k.cu8");
    if recording.exists() {
        flights.insert("real_beacon", recorded(folder, "real_beacon", &recording, TWO_BEACONS));
        for (name, track) in [
            ("real_track", "ucsd2019_481"),
            ("real_sparse", "afar_1428"),
            ("real_collar", "ucsd2014_000419_collar1"),
        ] {
            let text = std::fs::read_to_string(shared.join(format!("rssi_gps/{track}.csv"))).unwrap();
            flights.insert(name, imported(folder, name, &text));
        }
    } else {
        println!("real flights: ignored, needs SKYHOUND_DATA");
    }
    flights
}

/// What the readers find in the files of `folder`; none, said aloud, where they are not there.
fn read(folder: &Path) -> Option<Value> {
    let mut python = witness::python("fastkml, gpxpy, lxml, mcap, openpyxl")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers.py");
    let done = python.arg(script).arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    Some(serde_json::from_slice(&done.stdout).unwrap())
}

/// GDAL reads them, where it is there.
fn gdal_reads(folder: &Path) {
    if Command::new("ogrinfo").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("ogrinfo: ignored, needs gdal-bin");
        return;
    }
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let end = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if ["kml", "geojson", "gpx", "xlsx", "csv"].contains(&end.as_str()) {
            let done = Command::new("ogrinfo").args(["-ro", "-al", "-so"]).arg(&path).output().unwrap();
            let [out, err] =
                [&done.stdout, &done.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
            assert!(done.status.success() && err.is_empty(), "{}: {out}{err}", path.display());
        }
    }
}

#[test]
fn every_form_of_any_flight_is_read_by_others_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let made = flights(folder.path());
    let reports = folder.path().join("reports");
    std::fs::create_dir(&reports).unwrap();
    let write = |name: &str, files: &[&Path], form: &str| {
        let out = reports.join(format!("{name}.{form}"));
        let files: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
        skyhound(&[&["report"], &files[..], &["-o", out.to_str().unwrap()]].concat());
        out
    };
    // Paper is made by another program, which has its own tests.
    let forms: Vec<&str> = Form::endings().filter(|form| *form != "pdf").collect();
    let database = Connection::open_in_memory().unwrap();
    for (name, file) in &made {
        for form in &forms {
            write(name, &[file], form);
        }
        let parquet = format!(
            "SELECT count(*) FROM read_parquet('{}')",
            reports.join(format!("{name}.parquet")).display()
        );
        let rows: i64 = database.query_row(&parquet, [], |row| row.get(0)).unwrap();
        assert!(rows > 0, "{name}");
    }
    let again = imported(folder.path(), "again", &table(1.0));
    for form in forms.iter().filter(|form| !form.parse::<Form>().unwrap().is_of_one()) {
        write("joint", &[&made["found"], &again], form);
    }
    let told = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(reports.join(format!("{name}.json"))).unwrap()).unwrap()
    };
    let found = told("found");
    assert!(
        (found["places"][0]["lat_deg"].as_f64().unwrap() - 47.300_54).abs() < 2e-4,
        "{}",
        found["places"]
    );
    assert_eq!((&told("no_readings")["heard"], &told("no_positions")["places"]), (&json!([]), &json!([])));
    let page = |name: &str| std::fs::read_to_string(reports.join(format!("{name}.html"))).unwrap();
    assert!(
        page("no_readings").contains("nothing was listened to")
            && page("no_positions").contains("there are no positions")
    );
    assert!(
        page("noise").contains("quiet / &lt;b&gt;&amp;") && !page("noise").contains("<b>&"),
        "markup in a name"
    );
    gdal_reads(&reports);
    let Some(read) = read(&reports) else { return };
    let count = |file: String, what: &str| {
        read[&file][what].as_u64().unwrap_or_else(|| panic!("{file} has no {what}: {read}"))
    };
    let names = |file: &str| -> BTreeSet<String> {
        let all = read[file]["names"].as_array().unwrap_or_else(|| panic!("{file}: {read}"));
        let all = all.iter().map(|name| name.as_str().unwrap().trim_end_matches(" in time").to_string());
        all.collect()
    };
    for name in made.keys() {
        // KML has the way twice: as a line, and with its times.
        let [geojson, kml, kmz] = ["geojson", "kml", "kmz"].map(|form| names(&format!("{name}.{form}")));
        assert!(kml == geojson && kml == kmz, "{name}: {geojson:?}, {kml:?}");
        let detections = told(name)["detections"].as_array().map_or(0, Vec::len) as u64;
        assert_eq!(count(format!("{name}.csv"), "detections"), detections, "{name}");
    }
    assert!(count("found.csv".into(), "estimates") > 50 && count("found.gpx".into(), "points") > 50);
    assert!(names("joint.geojson").len() > names("found.geojson").len());
    assert_eq!(count("joint.json".into(), "flights"), 2);
}
