//! IQ around detections by the binary: kept sample for sample, heard again, bounded, and kept with its flight.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const RATE: u64 = 48_000;
const BEACONS: [&str; 7] = [
    "beacon.0.offset_hz=6000",
    "beacon.0.bandwidth_hz=2000",
    "beacon.0.emission=continuous",
    "beacon.1.name=other one",
    "beacon.1.offset_hz=-9000",
    "beacon.1.bandwidth_hz=2000",
    "beacon.1.emission=continuous",
];

fn run(line: &[&str], sets: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
    command.env_remove("RUST_LOG").env_remove("JOURNAL_STREAM").env_remove("XDG_RUNTIME_DIR");
    command.env("SKYHOUND_PROFILES", "/nonexistent").args(line);
    command.args(sets.iter().flat_map(|set| ["--set", *set]));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Twelve seconds of noise, in which a carrier 6 kHz off is on from 3 to 6 s and one at -9 kHz from 8 to 10 s.
fn recording(folder: &Path) -> (String, Vec<u8>) {
    let mut seed = 7_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed >> 8) / f64::from(1 << 24) - 0.5
    };
    let sample = |n: u64| {
        let at_s = n as f64 / RATE as f64;
        let (level, offset_hz) = match at_s {
            3.0..6.0 => (20.0, 6e3),
            8.0..10.0 => (20.0, -9e3),
            _ => (0.0, 0.0),
        };
        let (sin, cos) = (std::f64::consts::TAU * offset_hz * at_s).sin_cos();
        [cos, sin].map(|part| (127.5 + level * part + 24.0 * noise()).round() as u8)
    };
    let samples: Vec<u8> = (0..12 * RATE).flat_map(sample).collect();
    let file = folder.join("tone_433.92M_48k.cu8");
    std::fs::write(&file, &samples).unwrap();
    (format!("file:{}", file.display()), samples)
}

/// Flies it to `flights`; the flight's file.
fn fly(sdr: &str, pace: &str, flights: &Path, sets: &[&str]) -> PathBuf {
    let line = ["fly", "--sdr", sdr, "--pace", pace, "--flights", flights.to_str().unwrap()];
    let socket = format!("daemon.ctl_socket={}", flights.with_extension("sock").display());
    let (code, out, said) = run(&line, &[&BEACONS[..], &[&socket], sets].concat());
    assert_eq!(code, Some(0), "{said}");
    PathBuf::from(out.trim())
}

/// Metadata and samples of each recording of the flight, by name.
fn kept(flight: &Path) -> Vec<(PathBuf, Value, Vec<u8>)> {
    let folder = flight.with_file_name(format!("{}-iq", flight.file_stem().unwrap().display()));
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.collect();
    found.sort();
    assert!(found.iter().all(|path| path.extension().is_some_and(|end| end != "part")), "{found:?}");
    let metadata = found.into_iter().filter(|path| path.extension().is_some_and(|end| end == "sigmf-meta"));
    let read = |path: PathBuf| {
        let meta = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let samples = std::fs::read(path.with_extension("sigmf-data")).unwrap();
        (path, meta, samples)
    };
    metadata.map(read).collect()
}

fn asked(flight: &Path, sql: &str) -> String {
    let (code, out, said) = run(&["query", flight.to_str().unwrap(), sql, "--format", "csv"], &[]);
    assert_eq!(code, Some(0), "{said}");
    out
}

/// What was written is what was recorded at that place, and the flight file names it by its hash.
fn is_what_was_recorded(flight: &Path, recorded: &[u8]) {
    for (path, meta, samples) in kept(flight) {
        let [capture] = &meta["captures"].as_array().unwrap()[..] else { panic!("{meta}") };
        let from = 2 * capture["core:global_index"].as_u64().unwrap() as usize;
        assert!(samples == recorded[from..from + samples.len()], "{} is something else", path.display());
        assert_eq!(capture["core:frequency"], 433_920_000.0);
        let sums = Command::new("sha256sum").arg(path.with_extension("sigmf-data")).output().unwrap();
        let sha256 = String::from_utf8(sums.stdout).unwrap()[..64].to_string();
        let rows = asked(flight, &format!("select source, kind from log where text like '%sha256 {sha256}'"));
        assert_eq!(rows, "source,kind\nevent,iq_kept\n");
    }
}

#[test]
fn a_detection_is_kept_sample_for_sample_and_heard_again() {
    let folder = tempfile::tempdir().unwrap();
    let (sdr, recorded) = recording(folder.path());
    let flights = folder.path().join("flights");
    let ring = ["recorder.iq.ring_s=5", "recorder.iq.interval_s=0", "recorder.iq.after_s=1.5"];
    let flight = fly(&sdr, "max", &flights, &ring);
    is_what_was_recorded(&flight, &recorded);
    let found = kept(&flight);
    assert_eq!(found.len(), 2);
    let (path, meta, samples) = &found[0];
    let label = &meta["annotations"][0];
    let from = meta["captures"][0]["core:global_index"].as_u64().unwrap();
    let began = from + label["core:sample_start"].as_u64().unwrap();
    assert!((3 * RATE..3 * RATE + RATE / 10).contains(&began), "{meta}");
    assert!(from <= began - 2 * RATE && (samples.len() as u64) > 2 * 4 * RATE, "{meta}");
    assert_eq!(
        (&label["core:label"], &label["core:freq_lower_edge"]),
        (&"beacon".into(), &433_925_000.0.into())
    );

    let again = format!("file:{}", path.display());
    let (code, out, said) = run(&["scan", "--sdr", &again, "--for", "6s", "--json"], &[]);
    assert_eq!(code, Some(0), "{said}");
    let scanned: Value = serde_json::from_str(&out).unwrap();
    assert!(out.contains("433926") && !scanned["channels"].as_array().unwrap().is_empty(), "{out}");
    let flown = fly(&again, "max", &folder.path().join("again"), &[]);
    assert_eq!(asked(&flown, "select count(distinct id) as n from detection"), "n\n1\n");
    assert!(kept(&flown).is_empty(), "nobody asked for it");

    // By the clock, by threads, the same samples; and as many readings as without.
    let live = fly(&sdr, "realtime", &folder.path().join("live"), &ring);
    is_what_was_recorded(&live, &recorded);
    assert_eq!(kept(&live).len(), 2);
    assert_eq!(asked(&live, "select count(*) as n from reading"), "n\n2400\n");
    assert_eq!(
        asked(&live, "select count(*) as n from event where kind in ('iq_lost', 'iq_failed')"),
        "n\n0\n"
    );
}

#[test]
fn it_is_bounded_and_what_cannot_be_is_refused_before_the_flight() {
    let folder = tempfile::tempdir().unwrap();
    let (sdr, recorded) = recording(folder.path());
    let flights = folder.path().join("flights");
    let sets = [
        "recorder.iq.ring_s=12",
        "recorder.iq.after_s=9",
        "recorder.iq.interval_s=0",
        "recorder.iq.disk_mb=1",
    ];
    let flight = fly(&sdr, "max", &flights, &sets);
    is_what_was_recorded(&flight, &recorded);
    let bytes: usize = kept(&flight).iter().map(|(_, _, samples)| samples.len()).sum();
    // Of 96 kB a second, so 1 MB is less than the 11 s that were asked for.
    assert!(bytes > 960_000 && bytes < 1_000_000, "{bytes}");
    let refused = "select count(*) > 0 as yes from event where kind = 'iq_refused' and text like '%recorder.iq.disk_mb%'";
    assert_eq!(asked(&flight, refused), "yes\ntrue\n");

    let line = ["fly", "--sdr", &sdr, "--pace", "max", "--flights", flights.to_str().unwrap()];
    let (code, _, said) = run(&line, &["recorder.iq.ring_s=600", "sdr.sample_rate_sps=100e6"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("recorder.iq.ring_s = 600: the ring takes 1200") && said.contains("write at most"),
        "{said}"
    );
    let (code, _, said) = run(&line, &["recorder.iq.ring_s=1"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("recorder.iq.ring_s: 1 is too little for recorder.iq.before_s = 2"), "{said}");
    let files = std::fs::read_dir(&flights).unwrap().count();
    assert_eq!(files, 2, "what cannot fly leaves nothing");
}

#[test]
fn it_belongs_to_its_flight() {
    let folder = tempfile::tempdir().unwrap();
    let (sdr, recorded) = recording(folder.path());
    let (flights, stick) = (folder.path().join("flights"), folder.path().join("stick"));
    let flight = fly(&sdr, "max", &flights, &["recorder.iq.ring_s=5"]);
    let [file, stick_text] = [&flight, &stick].map(|path| path.to_str().unwrap());
    let in_flights = format!("recorder.flights={}", flights.display());
    let listed = |folder: &Path| {
        let (_, out, _) = run(&["flights", "--flights", folder.to_str().unwrap(), "--json"], &[]);
        serde_json::from_str::<Value>(&out).unwrap()[0].clone()
    };
    let size = listed(&flights)["iq_bytes"].as_u64().unwrap();
    assert!(size > 500_000, "{size}");

    // Rows elsewhere are no copy of samples: neither archive nor retention lets them go.
    let archive = folder.path().join("archive");
    let to_archive = ["archive", file, "--to", archive.to_str().unwrap(), "--free"];
    let (code, _, said) = run(&to_archive, &[]);
    assert!(code == Some(1) && said.contains("`skyhound backup` it first; it stays"), "{said}");
    assert!(said.contains("-iq: IQ is not archived"), "{said}");
    let retain = ["flights", "--flights", flights.to_str().unwrap(), "--retain"];
    let full = ["retention.free_mb=1000000"];
    let (code, _, said) = run(&retain, &full);
    assert!(code == Some(1) && said.contains("1 flights should make room") && flight.exists(), "{said}");

    let (code, out, said) = run(&["backup", file, stick_text], &[&in_flights]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("; 2 files of IQ, "), "{out}");
    let copy = stick.join(flight.file_name().unwrap());
    assert_eq!(
        kept(&copy),
        kept(&flight)
            .into_iter()
            .map(|(path, meta, samples)| {
                (stick.join(path.strip_prefix(&flights).unwrap()), meta, samples)
            })
            .collect::<Vec<_>>()
    );
    assert_eq!(run(&["verify", copy.to_str().unwrap()], &[]).0, Some(0));
    let (code, out, said) = run(&retain, &full);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.starts_with("gone: "), "{out}");
    assert_eq!(std::fs::read_dir(&flights).unwrap().count(), 0, "all of it went");

    // A copy that rotted is told, and does not become the flight again.
    let restore = ["restore", copy.to_str().unwrap()];
    let samples = kept(&copy)[0].0.with_extension("sigmf-data");
    let mut rotten = std::fs::read(&samples).unwrap();
    rotten[1_000] ^= 1;
    std::fs::write(&samples, &rotten).unwrap();
    let (code, out, _) = run(&["verify", copy.to_str().unwrap()], &[]);
    assert!(code == Some(1) && out.contains("its samples are not those that were written"), "{out}");
    let (code, _, said) = run(&restore, &[&in_flights]);
    assert!(code == Some(1) && said.contains("its IQ is not whole"), "{said}");
    rotten[1_000] ^= 1;
    std::fs::write(&samples, &rotten).unwrap();
    let (code, _, said) = run(&restore, &[&in_flights]);
    assert_eq!(code, Some(0), "{said}");
    is_what_was_recorded(&flight, &recorded);
    assert_eq!(listed(&flights)["iq_bytes"], size);
}
