//! Real recordings as fast as they can be read: what CONTENT.md says of each is in the flight file, and where there is
//! only noise, nothing is. The same file flown twice leaves the same rows.

use super::daemon::{Field, is_clean, number, recording, rows, told};
use serde_json::Value;
use std::path::{Path, PathBuf};

const BRENNSTUHL: &str = "iq/rtl433t_brennstuhl_gfile015_433.92M_250k.cu8";
const NOISE: [&str; 2] = [
    "iq/noise-excerpt_lacrosse_gfile010_0-184ms_915M_250k.cu8",
    "iq/rtl433t_owlcm160_gfile005_433.92M_250k.cu8",
];

/// Flies `name` with a beacon `offset_hz` from its centre; `None` where it is not.
fn flown(field: &Field, name: &str, offset_hz: f64, bandwidth_hz: f64, sets: &[&str]) -> Option<PathBuf> {
    let sdr = format!("file:{}", recording(name)?.display());
    let offset = format!("beacon.0.offset_hz={offset_hz}");
    let bandwidth = format!("beacon.0.bandwidth_hz={bandwidth_hz}");
    let mut args = vec!["--sdr", &sdr, "--pace", "max", "--set", &offset, "--set", &bandwidth];
    args.extend(["--set", "sense.dc_exclude_hz=1000"]);
    args.extend(sets.iter().flat_map(|set| ["--set", set]));
    let file = field.flown(&args);
    is_clean(&file);
    Some(file)
}

fn pulse_count(file: &Path) -> f64 {
    number(file, "select count(*) from pulse")
}

/// Median time from start to start, µs.
fn period_us(file: &Path) -> f64 {
    number(
        file,
        "select median(gap) from (select start_us - lag(start_us) over (order by start_us) as gap from pulse)",
    )
}

/// The detections: each once.
fn detections(file: &Path) -> Vec<Value> {
    rows(file, "select * from detection where ended_us is not null order by id")
}

fn float(row: &Value, column: &str) -> f64 {
    row[column].as_f64().unwrap_or_else(|| panic!("{column} of {row}"))
}

/// The pulses of a train of `count` and the one detection that they are.
fn is_one_train(file: &Path, count: f64, width_us: f64, period: f64) {
    assert_eq!(pulse_count(file), count);
    let off = format!("select max(abs(width_us::bigint - {width_us})) from pulse");
    assert!(number(file, &off) < 1_600.0, "{}", number(file, &off));
    assert!((period_us(file) - period).abs() < 300.0, "{}", period_us(file));
    let found = detections(file);
    let [train] = &found[..] else { panic!("{found:?}") };
    assert_eq!(train["kind"], "pulse_train", "{train}");
    assert_eq!(float(train, "pulse_count"), count, "{train}");
    assert!((float(train, "pulse_width_us") - width_us).abs() < 1_200.0, "{train}");
    assert!((float(train, "pulse_period_us") - period).abs() < 100.0, "{train}");
    assert!(float(train, "false_alarm_probability") < 1e-4, "{train}");
    let report = told(&["report", file.to_str().unwrap()]);
    assert!(report.contains("pulse_train"), "{report}");
}

#[test]
fn brennstuhl_is_a_train_of_8_pulses_of_33_ms_every_42_ms() {
    let field = Field::new();
    let Some(file) = flown(&field, BRENNSTUHL, 40.8e3, 30e3, &[]) else { return };
    is_one_train(&file, 8.0, 31_600.0, 41_680.0);
}

#[test]
fn waveman_is_a_train_of_12_keyed_bursts() {
    let name = "iq/rtl433t_waveman_gfile012_433.92M_250k.cu8";
    let field = Field::new();
    let Some(file) = flown(&field, name, -35.9e3, 30e3, &[]) else { return };
    is_one_train(&file, 12.0, 35_070.0, 46_530.0);
}

/// Pulses of half a millisecond need shorter frames than 1 ms.
const SHORT: [&str; 4] = [
    "sense.fft_len=64",
    "beacon.0.pulse_width_min_ms=0.2",
    "beacon.0.pulse_bridge_ms=0",
    "beacon.0.pulse_trigger_db=10",
];

#[test]
fn nexus_and_prologue_are_hundreds_of_short_pulses() {
    let field = Field::new();
    let nexus = "iq/rtl433t_nexus_gfile001_433.92M_250k.cu8";
    let Some(file) = flown(&field, nexus, 77.6e3, 30e3, &SHORT) else { return };
    // Twelve packets of 36 bits and a stop pulse each; the 239 of CONTENT.md are the gaps of 2 ms among them.
    assert_eq!(pulse_count(&file), 444.0);
    let zeros =
        "select count(*) from (select start_us - lag(start_us) over (order by start_us) as gap from pulse)
                 where abs(gap - 2400) < 350";
    assert_eq!(number(&file, zeros), 239.0);
    let prologue = "iq/rtl433t_prologue_gfile001_433.92M_250k.cu8";
    let Some(file) = flown(&field, prologue, 10.5e3, 16e3, &SHORT) else { return };
    assert_eq!(pulse_count(&file), 266.0); // seven packets of 37 bits and a stop pulse each
}

/// One pulse of this width, and one detection of a single burst.
fn is_one_burst(file: &Path, width_us: f64, tolerance_us: f64) {
    assert_eq!(pulse_count(file), 1.0);
    let width = number(file, "select width_us from pulse");
    assert!((width - width_us).abs() < tolerance_us, "{width}");
    let found = detections(file);
    let [burst] = &found[..] else { panic!("{found:?}") };
    assert_eq!(burst["kind"], "burst", "{burst}");
    assert_eq!(float(burst, "pulse_width_us"), width);
}

#[test]
fn wmbus_and_honda_are_single_bursts() {
    let field = Field::new();
    let wmbus = "iq/rtlwmbus_issue48_868.625M_2400k.cu8";
    let sets = ["beacon.0.pulses_min=1", "sense.fft_len=1024"];
    let Some(file) = flown(&field, wmbus, 229.7e3, 200e3, &sets) else { return };
    is_one_burst(&file, 6_820.0, 300.0);
    let honda = "iq/rtl433t_honda-lock2_433.92M_250k.cu8";
    let Some(file) = flown(&field, honda, 24.17e3, 25e3, &["beacon.0.pulses_min=1"]) else { return };
    is_one_burst(&file, 209_900.0, 1_200.0);
    let clipped = number(&file, "select count(*) from reading where flags & 4 <> 0");
    assert!((18.0..=24.0).contains(&clipped), "a fifth of it is at full scale: {clipped} hops");
}

/// Beacons looked for in noise: offset in kHz, bandwidth in kHz.
const LOOKED_FOR: [(f64, f64); 16] = [
    (-105.0, 10.0),
    (-95.0, 10.0),
    (-85.0, 3.0),
    (-60.0, 10.0),
    (-50.0, 3.0),
    (-30.0, 25.0),
    (-13.9, 5.0),
    (-5.0, 3.0),
    (3.7, 3.0),
    (15.0, 5.0),
    (25.0, 10.0),
    (40.8, 30.0),
    (55.0, 50.0),
    (77.6, 10.0),
    (95.0, 25.0),
    (110.0, 10.0),
];
/// Before its step, the noise of owlcm160 is not flat: it stands 5 to 7 dB higher here, and a pulse of that may be seen,
/// as in a channel of only three bins, whose noise power scatters by decibels. It is no detection, all the same.
const HUMP_KHZ: std::ops::Range<f64> = -100.0..-75.0;
const NARROW_KHZ: f64 = 3.0;

#[test]
fn noise_and_a_step_of_noise_are_no_beacon() {
    let field = Field::new();
    for name in NOISE {
        let Some(path) = recording(name) else { return };
        let sdr = format!("file:{}", path.display());
        let file = field.flown(&["--sdr", &sdr, "--pace", "max"]);
        assert!(number(&file, "select count(*) from reading") > 15.0);
        for table in ["detection", "pulse"] {
            let found = rows(&file, &format!("select * from {table}"));
            assert!(found.is_empty(), "{name} by default: {found:?}");
        }
        for beacons in LOOKED_FOR.chunks(8) {
            // One pulse is enough for a detection, if it is one.
            let of_beacon = |(offset_khz, bandwidth_khz): &(f64, f64)| {
                let (offset_hz, bandwidth_hz) = (offset_khz * 1e3, bandwidth_khz * 1e3);
                format!(
                    "[[beacon]]\nname = \"{offset_khz}\"\noffset_hz = {offset_hz:.1}\nbandwidth_hz = {bandwidth_hz:.1}\npulses_min = 1\n"
                )
            };
            let config = field.folder().join("beacons.toml");
            std::fs::write(&config, beacons.iter().map(of_beacon).collect::<String>()).unwrap();
            let file = field.flown(&["--config", config.to_str().unwrap(), "--sdr", &sdr, "--pace", "max"]);
            assert_eq!(number(&file, "select count(distinct channel) from reading"), beacons.len() as f64);
            let found = rows(&file, "select * from detection");
            assert!(found.is_empty(), "{name}: {found:?}");
            for pulse in rows(&file, "select * from pulse") {
                let (offset_khz, bandwidth_khz) = beacons[pulse["channel"].as_u64().unwrap() as usize];
                assert!(
                    HUMP_KHZ.contains(&offset_khz) || bandwidth_khz <= NARROW_KHZ,
                    "{name} at {offset_khz} kHz: {pulse}"
                );
            }
        }
    }
}

#[test]
fn the_same_file_flown_twice_leaves_the_same_rows() {
    let field = Field::new();
    let made = skyhound_rig::sample_flight::write(&field.folder().join("made"), 6.0).unwrap();
    let mut inputs = vec![(made, "40000", "4000")];
    let real = recording(BRENNSTUHL).map(|path| format!("file:{}", path.display()));
    inputs.extend(real.map(|sdr| (sdr, "40800", "30000")));
    for (sdr, offset, bandwidth) in inputs {
        let (offset, bandwidth) =
            (format!("beacon.0.offset_hz={offset}"), format!("beacon.0.bandwidth_hz={bandwidth}"));
        let args = ["--sdr", &sdr, "--pace", "max", "--set", &offset, "--set", &bandwidth];
        let (first, second) = (field.flown(&args), field.flown(&args));
        for table in [
            "reading",
            "pulse",
            "signal",
            "detection",
            "event",
            "state_change",
            "command",
            "spectrum",
            "operator",
            "vehicle",
        ] {
            let all = |file: &Path| {
                told(&["query", file.to_str().unwrap(), &format!("select * from {table}"), "--format", "csv"])
            };
            let (one, two) = (all(&first), all(&second));
            let must_have_rows =
                ["reading", "pulse", "signal", "detection", "event", "spectrum"].contains(&table);
            assert!(!must_have_rows || one.lines().count() > 1, "{table} of {sdr} is empty");
            assert!(one == two, "{table} of {sdr} differs");
        }
    }
}
