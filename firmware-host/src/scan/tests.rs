//! Scans of real recordings and of silence, as people and programs read them.

use super::*;
use crate::clock::Clock;
use crate::sdr::test_settings;
use crate::settings::Pace;
use std::path::PathBuf;

fn recording(name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = std::env::var_os("SKYHOUND_DATA").map_or(beside, PathBuf::from).join("iq").join(name);
    if !path.is_file() {
        println!("ignored, needs SKYHOUND_DATA ({name})");
        return None;
    }
    Some(path)
}

fn scan_file(path: &std::path::Path, seconds: f64) -> Scan {
    let settings = test_settings(&format!("file:{}", path.display()));
    let mut source = Source::open(&settings, Pace::Max, Clock::start()).unwrap();
    scan(&mut source, seconds, ScanOptions::default()).unwrap()
}

#[test]
fn a_pulse_train_is_one_line_of_the_table() {
    let Some(path) = recording("rtl433t_brennstuhl_gfile015_433.92M_250k.cu8") else { return };
    let scan = scan_file(&path, 10.0);
    let text = scan.to_text();
    let line = text.lines().find(|line| line.contains("433.96")).unwrap_or_else(|| panic!("{text}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[6], "8", "pulses in {text}");
    assert!((words[7].parse::<f64>().unwrap() - 32.5).abs() < 1.5, "width in {text}");
    assert!((words[8].parse::<f64>().unwrap() - 41.7).abs() < 0.7, "period in {text}");
    let json: Value = serde_json::from_str(&scan.to_json()).unwrap();
    assert_eq!(json["channels"][0]["pulse_count"], 8);
    assert_eq!(json["channels"][0]["origin"], "emission");
    assert!((json["channels"][0]["offset_hz"].as_f64().unwrap() - 40_800.0).abs() < 500.0);
}

#[test]
fn a_frequency_keyed_burst_tells_its_stronger_tone_too() {
    let Some(path) = recording("rtlwmbus_issue48_868.625M_2400k.cu8") else { return };
    let scan = scan_file(&path, 1.0);
    let burst = scan.emissions().next().unwrap();
    assert!((burst.peak_hz - 868.625e6 - 229_700.0).abs() < 5_000.0, "{burst:?}");
    assert!((burst.frequency_hz - burst.peak_hz).abs() < burst.bandwidth_hz / 2.0);
    assert!(burst.timing.width_us.is_some_and(|us| (us - 6_900.0).abs() < 500.0), "{burst:?}");
}

#[test]
fn noise_is_nothing_active() {
    for name in [
        "noise-excerpt_lacrosse_gfile010_0-184ms_915M_250k.cu8",
        "rtl433t_owlcm160_gfile005_433.92M_250k.cu8",
    ] {
        let Some(path) = recording(name) else { return };
        let text = scan_file(&path, f64::INFINITY).to_text();
        assert!(text.contains("nothing active"), "{text}");
    }
}

#[test]
fn it_ends_in_time_and_says_when_memory_ended_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x_433.92M_250k.cu8");
    let noise: Vec<u8> =
        (0..1_000_000u64).map(|i| 120 + (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60) as u8).collect();
    std::fs::write(&path, noise).unwrap();
    let scan_of = |seconds: f64, options| {
        let settings = test_settings(&format!("file:{}", path.display()));
        let mut source = Source::open(&settings, Pace::Max, Clock::start()).unwrap();
        scan(&mut source, seconds, options).unwrap()
    };
    let half = scan_of(0.5, ScanOptions::default());
    assert!((half.findings.seconds - 0.5).abs() < 0.02 && !half.is_cut_short);
    let cut = scan_of(2.0, ScanOptions { grid_bytes_max: 100_000, ..ScanOptions::default() });
    assert!(cut.is_cut_short && cut.to_text().contains("ended early"));
}

#[test]
fn too_short_a_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x_433.92M_250k.cu8");
    std::fs::write(&path, [1; 100]).unwrap();
    let settings = test_settings(&format!("file:{}", path.display()));
    let mut source = Source::open(&settings, Pace::Max, Clock::start()).unwrap();
    assert!(scan(&mut source, 1.0, ScanOptions::default()).unwrap_err().to_string().contains("too short"));
}
