//! What a scan tells of emissions that were made: by what they are, and the aircraft's own as that.

use super::*;
use skyhound::config::OwnLine;

/// A recording at 48 kS/s of noise of −23 dBFS with what `add` adds to it, full scale 1.0, by the time in s.
fn recorded(folder: &tempfile::TempDir, name: &str, seconds: f64, add: impl Fn(f64) -> [f64; 2]) -> PathBuf {
    let mut noise = noise(0.005);
    let sample = |n: u32| {
        let (noise, own) = (noise(), add(f64::from(n) / 48e3));
        [cu8(noise[0] + own[0]), cu8(noise[1] + own[1])]
    };
    let path = folder.path().join(name);
    std::fs::write(&path, (0..(seconds * 48e3) as u32).flat_map(sample).collect::<Vec<u8>>()).unwrap();
    path
}

/// Amplitude of what has this C/N0 in that noise.
fn amplitude(cn0_db_hz: f64) -> f64 {
    (0.005 / 48e3 * 10f64.powf(cn0_db_hz / 10.0)).sqrt()
}

fn tone(at_s: f64, hz: f64, cn0_db_hz: f64) -> [f64; 2] {
    let (sin, cos) = (std::f64::consts::TAU * (hz * at_s).fract()).sin_cos();
    [amplitude(cn0_db_hz) * cos, amplitude(cn0_db_hz) * sin]
}

fn scan_with(path: &std::path::Path, options: ScanOptions) -> Scan {
    let settings = test_settings(&format!("file:{}", path.display()));
    let mut source = Source::open(&settings, Pace::Max, Clock::start()).unwrap();
    scan(&mut source, f64::INFINITY, options).unwrap()
}

#[test]
fn the_aircrafts_own_line_is_no_beacon_and_one_beside_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = recorded(&folder, "own_100M_48k.cu8", 4.0, |at_s| {
        let (own, other) = (tone(at_s, 5_000.0, 52.0), tone(at_s, 6_100.0, 24.0));
        [own[0] + other[0], own[1] + other[1]]
    });
    let line = OwnLine { low_hz: 100.004_96e6, high_hz: 100.005_04e6, cn0_db_hz: 50.0 };
    let found = scan_with(&path, ScanOptions { own_noise: vec![line], ..ScanOptions::default() });
    let text = found.to_text();
    let [beacon] = found.emissions().collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert!((beacon.peak_hz - 100.006_1e6).abs() < 3.0, "{text}");
    assert!(text.contains("a line of the aircraft's own"), "{text}");
    let json: Value = serde_json::from_str(&found.to_json()).unwrap();
    assert_eq!(json["channels"][1]["origin"], "own_noise", "{json:#}");
    assert_eq!(found.to_toml().matches("[[beacon]]").count(), 1);
    // Much stronger than it was learned it is something else.
    let weak = OwnLine { cn0_db_hz: 35.0, ..line };
    let found = scan_with(&path, ScanOptions { own_noise: vec![weak], ..ScanOptions::default() });
    assert!(
        found.emissions().any(|active| (active.peak_hz - 100.005e6).abs() < 800.0),
        "{}",
        found.to_text()
    );
}
