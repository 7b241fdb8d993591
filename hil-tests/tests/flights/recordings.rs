//! Real recordings as fast as they can be read: what CONTENT.md says of each is in the flight file, and where there is
//! only noise, nothing is. The same file flown twice leaves the same rows.

use super::daemon::{Field, SAMPLE_BEACON, count, number, period_us, recording, rows, told, value};
use serde_json::Value;
use skyhound_rig::daemon::query;
use std::path::{Path, PathBuf};

const BRENNSTUHL: &str = "iq/rtl433t_brennstuhl_gfile015_433.92M_250k.cu8";
const BRENNSTUHL_BEACON: &str = "beacon.0.offset_hz=40800 beacon.0.bandwidth_hz=30000";
const NOISE: [&str; 2] = [
    "iq/noise-excerpt_lacrosse_gfile010_0-184ms_915M_250k.cu8",
    "iq/rtl433t_owlcm160_gfile005_433.92M_250k.cu8",
];

/// The recording `name` as `--sdr` takes it.
fn sdr(name: &str) -> Option<String> {
    recording(name).map(|path| format!("file:{}", path.display()))
}

/// Flies `name` with this beacon and these settings; `None` where it is not.
fn flown(field: &Field, name: &str, settings: &str) -> Option<PathBuf> {
    Some(field.flown(&sdr(name)?, &format!("{settings} sense.dc_exclude_hz=1000")))
}

/// The detections: each once.
fn detections(file: &Path) -> Vec<Value> {
    rows(file, "select * from detection where ended_us is not null order by id")
}

/// The pulses of a train of `count` and the one detection that they are.
fn is_one_train(file: &Path, pulse_count: f64, width_us: f64, period: f64) {
    assert_eq!(count(file, "pulse"), pulse_count);
    let off = format!("select max(abs(width_us::bigint - {width_us})) from pulse");
    assert!(number(file, &off) < 1_600.0, "{}", number(file, &off));
    assert!((period_us(file) - period).abs() < 300.0, "{}", period_us(file));
    let found = detections(file);
    let [train] = &found[..] else { panic!("{found:?}") };
    assert_eq!(train["kind"], "pulse_train", "{train}");
    assert_eq!(value(train, "pulse_count"), pulse_count, "{train}");
    assert!((value(train, "pulse_width_us") - width_us).abs() < 1_200.0, "{train}");
    assert!((value(train, "pulse_period_us") - period).abs() < 100.0, "{train}");
    assert!(value(train, "false_alarm_probability") < 1e-4, "{train}");
    let report = told(&format!("report {}", file.display()));
    assert!(report.contains("pulse_train"), "{report}");
}

#[test]
fn brennstuhl_and_waveman_are_trains_of_8_and_12_pulses() {
    let field = Field::new();
    let Some(file) = flown(&field, BRENNSTUHL, BRENNSTUHL_BEACON) else { return };
    is_one_train(&file, 8.0, 31_600.0, 41_680.0);
    let beacon = "beacon.0.offset_hz=-35900 beacon.0.bandwidth_hz=30000";
    let Some(file) = flown(&field, "iq/rtl433t_waveman_gfile012_433.92M_250k.cu8", beacon) else { return };
    is_one_train(&file, 12.0, 35_070.0, 46_530.0);
}

/// Pulses of half a millisecond need shorter frames than 1 ms.
const SHORT: &str = "sense.fft_len=64 beacon.0.pulse_width_min_ms=0.2 beacon.0.pulse_bridge_ms=0 beacon.0.pulse_trigger_db=10";

#[test]
fn nexus_and_prologue_are_hundreds_of_short_pulses() {
    let field = Field::new();
    let nexus = "iq/rtl433t_nexus_gfile001_433.92M_250k.cu8";
    let beacon = format!("beacon.0.offset_hz=77600 beacon.0.bandwidth_hz=30000 {SHORT}");
    let Some(file) = flown(&field, nexus, &beacon) else { return };
    // Twelve packets of 36 bits and a stop pulse each; the 239 of CONTENT.md are the gaps of 2 ms among them.
    assert_eq!(count(&file, "pulse"), 444.0);
    let gaps = "(select start_us - lag(start_us) over (order by start_us) as gap from pulse)";
    assert_eq!(count(&file, &format!("{gaps} where abs(gap - 2400) < 350")), 239.0);
    let prologue = "iq/rtl433t_prologue_gfile001_433.92M_250k.cu8";
    let beacon = format!("beacon.0.offset_hz=10500 beacon.0.bandwidth_hz=16000 {SHORT}");
    let Some(file) = flown(&field, prologue, &beacon) else { return };
    assert_eq!(count(&file, "pulse"), 266.0); // seven packets of 37 bits and a stop pulse each
}

/// One pulse of this width, and one detection of a single burst.
fn is_one_burst(file: &Path, width_us: f64, tolerance_us: f64) {
    assert_eq!(count(file, "pulse"), 1.0);
    let width = number(file, "select width_us from pulse");
    assert!((width - width_us).abs() < tolerance_us, "{width}");
    let found = detections(file);
    let [burst] = &found[..] else { panic!("{found:?}") };
    assert_eq!(burst["kind"], "burst", "{burst}");
    assert_eq!(value(burst, "pulse_width_us"), width);
}

#[test]
fn wmbus_and_honda_are_single_bursts() {
    let field = Field::new();
    let wmbus = "iq/rtlwmbus_issue48_868.625M_2400k.cu8";
    let beacon =
        "beacon.0.offset_hz=229700 beacon.0.bandwidth_hz=200000 beacon.0.pulses_min=1 sense.fft_len=1024";
    let Some(file) = flown(&field, wmbus, beacon) else { return };
    is_one_burst(&file, 6_820.0, 300.0);
    let honda = "iq/rtl433t_honda-lock2_433.92M_250k.cu8";
    let beacon = "beacon.0.offset_hz=24170 beacon.0.bandwidth_hz=25000 beacon.0.pulses_min=1";
    let Some(file) = flown(&field, honda, beacon) else { return };
    is_one_burst(&file, 209_900.0, 1_200.0);
    let clipped = count(&file, "reading where flags & 4 <> 0");
    assert!((18.0..=24.0).contains(&clipped), "a fifth of it is at full scale: {clipped} hops");
}

/// Beacons looked for in noise: offset in kHz, bandwidth in kHz.
#[rustfmt::skip]
const LOOKED_FOR: [(f64, f64); 16] = [
    (-105.0, 10.0), (-95.0, 10.0), (-85.0, 3.0), (-60.0, 10.0), (-50.0, 3.0), (-30.0, 25.0), (-13.9, 5.0), (-5.0, 3.0),
    (3.7, 3.0), (15.0, 5.0), (25.0, 10.0), (40.8, 30.0), (55.0, 50.0), (77.6, 10.0), (95.0, 25.0), (110.0, 10.0),
];
/// Before its step, the noise of owlcm160 is not flat: it stands 5 to 7 dB higher here, and a pulse of that may be seen,
/// as in a channel of only three bins, whose noise power scatters by decibels. It is no detection, all the same.
const HUMP_KHZ: std::ops::Range<f64> = -100.0..-75.0;
const NARROW_KHZ: f64 = 3.0;

#[test]
fn noise_and_a_step_of_noise_are_no_beacon() {
    let field = Field::new();
    for name in NOISE {
        let Some(sdr) = sdr(name) else { return };
        let file = field.flown(&sdr, "");
        assert!(count(&file, "reading") > 15.0);
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
            let config = field.write("beacons.toml", beacons.iter().map(of_beacon).collect::<String>());
            let file = field.flown(&sdr, &format!("--config {config}"));
            assert_eq!(number(&file, "select count(distinct channel) from reading"), beacons.len() as f64);
            let found = rows(&file, "select * from detection");
            assert!(found.is_empty(), "{name}: {found:?}");
            for pulse in rows(&file, "select * from pulse") {
                let (offset_khz, bandwidth_khz) = beacons[pulse["channel"].as_u64().unwrap() as usize];
                let may_be = HUMP_KHZ.contains(&offset_khz) || bandwidth_khz <= NARROW_KHZ;
                assert!(may_be, "{name} at {offset_khz} kHz: {pulse}");
            }
        }
    }
}

#[test]
fn the_same_file_flown_twice_leaves_the_same_rows() {
    let field = Field::new();
    let mut inputs = vec![(field.sample(6.0), SAMPLE_BEACON)];
    inputs.extend(sdr(BRENNSTUHL).map(|sdr| (sdr, BRENNSTUHL_BEACON)));
    let with_rows = ["reading", "pulse", "signal", "detection", "event", "spectrum"];
    for (sdr, beacon) in inputs {
        let (first, second) = (field.flown(&sdr, beacon), field.flown(&sdr, beacon));
        for table in with_rows.into_iter().chain(["state_change", "command", "operator", "vehicle"]) {
            let all = |file: &Path| query(file, &format!("select * from {table}"), "csv").unwrap();
            let (one, two) = (all(&first), all(&second));
            assert!(!with_rows.contains(&table) || one.lines().count() > 1, "{table} of {sdr} is empty");
            assert!(one == two, "{table} of {sdr} differs");
        }
    }
}
