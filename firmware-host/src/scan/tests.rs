//! Scans of real recordings and of silence, as people and programs read them.

use super::*;
use crate::clock::Clock;
use crate::sdr::test_settings;
use crate::settings::Pace;
use serde_json::{Value, json};
use skyhound::facts::DetectionKind;
use std::path::PathBuf;

mod heard;

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
    let cut = scan_of(2.0, ScanOptions { bytes_max: 300_000, ..ScanOptions::default() });
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

/// A recording of one second at each of these frequencies, ten soft pulses of 20 ms so far above each.
fn retuned(folder: &tempfile::TempDir, tuned: &[(f64, f64)]) -> PathBuf {
    let captures: Vec<Value> = tuned
        .iter()
        .enumerate()
        .map(|(n, (hz, _))| json!({ "core:sample_start": n * 250_000, "core:frequency": hz }))
        .collect();
    let label = json!({ "core:sample_start": 10, "core:sample_count": 1, "core:label": "a label" });
    let meta = json!({
        "global": { "core:datatype": "cu8", "core:sample_rate": 250e3 },
        "captures": captures,
        "annotations": vec![label; 30],
    });
    let mut noise = 1_u64;
    let mut level = |value: f64| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (128.0 + 20.0 * value + (noise >> 32) as f64 / f64::from(u32::MAX) * 8.0 - 4.0) as u8
    };
    let samples: Vec<u8> = (0..250_000 * tuned.len())
        .flat_map(|n| {
            let turns = tuned[n / 250_000].1 / 250e3;
            let (sin, cos) = (std::f64::consts::TAU * (n as f64 * turns).fract()).sin_cos();
            let since = n % 25_000;
            let gate = (since.min(5_000_usize.saturating_sub(since)) as f64 / 250.0).min(1.0);
            [level(gate * cos), level(gate * sin)]
        })
        .collect();
    std::fs::write(folder.path().join("r.sigmf-data"), samples).unwrap();
    let path = folder.path().join("r.sigmf-meta");
    std::fs::write(&path, meta.to_string()).unwrap();
    path
}

#[test]
fn what_was_taken_at_two_frequencies_is_told_for_each_and_flown_at_both() {
    let folder = tempfile::tempdir().unwrap();
    // The third is the first again, rounded otherwise.
    let found = scan_file(
        &retuned(&folder, &[(433.92e6, 40e3), (868.3e6, 40e3), (433.92e6 + 1.0, 40e3)]),
        f64::INFINITY,
    );
    let tones: Vec<f64> = found.emissions().map(|active| active.frequency_hz).collect();
    assert_eq!(tones.len(), 2, "{tones:?}");
    let json: Value = serde_json::from_str(&found.to_json()).unwrap();
    for number in 0..2 {
        let offset_hz = json["channels"][number]["offset_hz"].as_f64().unwrap();
        assert!((offset_hz - 40e3).abs() < 500.0, "{offset_hz}");
    }
    let text = found.to_text();
    assert!(!text.contains("a label") && text.contains("and 30 more events"), "{text}");
    let toml = found.to_toml();
    assert_eq!(toml.matches("[[beacon]]").count(), 2, "{toml}");
    let path = folder.path().join("found.toml");
    std::fs::write(&path, &toml).unwrap();
    let settings = Settings::load(Some(&path), &[], &crate::settings::Flags::default()).unwrap();
    let config = settings.engine_through(250e3, &[100e6, 433.92e6, 868.3e6], 0.0).unwrap();
    assert_eq!(config.sense.centers_hz().collect::<Vec<_>>(), [433.92e6, 868.3e6], "{toml}");
}

#[test]
fn what_two_bands_share_is_one_beacon() {
    let folder = tempfile::tempdir().unwrap();
    let found =
        scan_file(&retuned(&folder, &[(433.92e6, 40e3), (433.9e6, 60e3), (433.96e6, -30e3)]), f64::INFINITY);
    let tones: Vec<f64> = found.emissions().map(|active| active.frequency_hz).collect();
    assert_eq!(tones.len(), 3, "{tones:?}");
    let toml = found.to_toml();
    assert_eq!((toml.matches("[[beacon]]").count(), toml.matches("written above").count()), (2, 1), "{toml}");
    let path = folder.path().join("found.toml");
    std::fs::write(&path, &toml).unwrap();
    let settings = Settings::load(Some(&path), &[], &crate::settings::Flags::default()).unwrap();
    let config = settings.engine_through(250e3, &[433.92e6, 433.9e6, 433.96e6], 0.0).unwrap();
    assert_eq!(config.sense.centers_hz().count(), 3, "each holds both");
}

/// White complex noise of this power (Box & Muller 1958), the same each time.
fn noise(power: f64) -> impl FnMut() -> [f64; 2] {
    let mut random = 1_u64;
    let mut unit = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((random >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    move || {
        let radius = (-unit().ln() * power).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * unit()).sin_cos();
        [radius * cos, radius * sin]
    }
}

/// Full scale 1.0 as 8-bit receivers write it.
fn cu8(level: f64) -> u8 {
    (127.5 + 127.5 * level).round() as u8
}

#[test]
fn a_real_train_keeps_its_width_and_period_in_noise_until_it_is_lost() {
    // Name, kHz from the centre, pulses, their width and period, ms.
    let known = [
        ("rtl433t_brennstuhl_gfile015_433.92M_250k.cu8", 40.8, 8, 31.0, 41.7),
        ("rtl433t_waveman_gfile012_433.92M_250k.cu8", -35.9, 12, 35.0, 46.5),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, khz, count, width_ms, period_ms) in known {
        let Some(path) = recording(name) else { continue };
        let samples = std::fs::read(path).unwrap();
        for noise_dbfs in [-10.0_f64, -2.0, 3.0, 7.0] {
            let mut noise = noise(10f64.powf(noise_dbfs / 10.0));
            // Less gain, so that nothing clips.
            let gain = 0.2 * 10f64.powf(-noise_dbfs.max(-6.0) / 20.0);
            let noisy = samples.as_chunks::<2>().0.iter().flat_map(|sample| {
                let noise = noise();
                [0, 1].map(|at| cu8(gain * ((f64::from(sample[at]) - 127.5) / 127.5 + noise[at])))
            });
            let path = folder.path().join("noisy_433.92M_250k.cu8");
            std::fs::write(&path, noisy.collect::<Vec<u8>>()).unwrap();
            let found = scan_file(&path, f64::INFINITY);
            let case = format!("{name} in noise of {noise_dbfs} dBFS:\n{}", found.to_text());
            let train = found.emissions().next().unwrap_or_else(|| panic!("{case}"));
            let ms = |us: Option<f64>| us.unwrap_or(0.0) / 1e3;
            assert!((train.frequency_hz / 1e3 - 433_920.0 - khz).abs() < 1.0, "{case}");
            assert!(train.timing.pulse_count.abs_diff(count) <= 1, "{case}");
            assert!((ms(train.timing.width_us) - width_ms).abs() < 3.0, "{case}");
            assert!((ms(train.timing.period_us) - period_ms).abs() < 1.6, "{case}");
        }
    }
}

/// Noise of −23 dBFS at 48 kS/s with an emission of this C/N0 over 100 MHz by as much as `offset_hz` tells of each 10 ms, 8 bits.
fn weak(
    folder: &tempfile::TempDir,
    seconds: usize,
    cn0_db_hz: f64,
    offset_hz: impl Fn(usize) -> f64,
) -> PathBuf {
    let mut noise = noise(0.005);
    let amplitude = (0.005 / 48e3 * 10f64.powf(cn0_db_hz / 10.0)).sqrt();
    let mut turns = 0.0_f64;
    let samples: Vec<u8> = (0..seconds * 48_000)
        .flat_map(|n| {
            let (noise, (sin, cos)) = (noise(), (std::f64::consts::TAU * turns).sin_cos());
            turns = (turns + offset_hz(n / 480) / 48e3).fract();
            [cu8(noise[0] + amplitude * cos), cu8(noise[1] + amplitude * sin)]
        })
        .collect();
    let path = folder.path().join("weak_100M_48k.cu8");
    std::fs::write(&path, samples).unwrap();
    path
}

#[test]
fn a_line_far_below_the_noise_is_told_with_its_settings_once_it_was_listened_to_for_long() {
    let folder = tempfile::tempdir().unwrap();
    // −21 dB in its channel of four bins.
    let path = weak(&folder, 8, 13.5, |_| 5e3);
    let found = scan_file(&path, f64::INFINITY);
    let [line] = found.emissions().collect::<Vec<_>>()[..] else { panic!("{}", found.to_text()) };
    assert!((line.frequency_hz - 100.005e6).abs() < 2.0 && line.is_faint, "{line:?}");
    assert!((line.power_dbfs - (-23.0 - 10.0 * 48e3_f64.log10() + 13.5)).abs() < 2.5, "{line:?}");
    let json: Value = serde_json::from_str(&found.to_json()).unwrap();
    assert_eq!(json["channels"][0]["fly"]["heard_as"], "carrier");
    assert!((json["channels"][0]["fly"]["cn0_db_hz"].as_f64().unwrap() - 13.5).abs() < 2.5, "{json:#}");
    let toml = found.to_toml();
    assert!(toml.contains("emission = \"continuous\"") && toml.contains("heard as carrier"), "{toml}");
    let short = scan_file(&path, 2.0);
    assert_eq!(short.emissions().count(), 0, "{}", short.to_text());
    let depth_db_hz = |scan: &Scan| scan.depth.carrier.map(|limit| limit.cn0_db_hz);
    let (deep, shallow) = (depth_db_hz(&found).unwrap(), depth_db_hz(&short).unwrap());
    assert!(deep < 12.5 && shallow > deep + 2.0, "{deep} {shallow}");
    assert!(found.to_text().contains("the weakest that fly would have heard in this time: a carrier of"));
}

#[test]
fn keying_whose_peaks_look_like_pulses_now_and_then_is_told_as_matched_detectors_hear_it() {
    let folder = tempfile::tempdir().unwrap();
    // Four tones of a balloon, in any order.
    let tone_hz = |symbol: usize| 6_100.0 + 270.0 * ((symbol * symbol * 7 % 31 % 4) as f64 - 1.5);
    for cn0_db_hz in [34.0, 37.0, 40.0] {
        let found = scan_file(&weak(&folder, 3, cn0_db_hz, tone_hz), f64::INFINITY);
        let text = found.to_text();
        let [keyed] = found.emissions().collect::<Vec<_>>()[..] else { panic!("{cn0_db_hz}:\n{text}") };
        assert!((keyed.frequency_hz - 100.0061e6).abs() < 400.0, "{cn0_db_hz}:\n{text}");
        assert_eq!(found.beacons[0].heard, Some(DetectionKind::Carrier), "{cn0_db_hz}:\n{text}");
    }
}
