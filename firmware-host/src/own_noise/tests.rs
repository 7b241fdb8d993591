//! A made recording learned from, written, and masked.

use super::*;
use crate::sdr::test_settings;
use crate::settings::{Deafness, Flags, Pace, Settings};
use skyhound::record::Severity;
use std::f64::consts::TAU;
use std::path::PathBuf;

/// 12 s at 32 kS/s about 433.92 MHz: noise, and a line 4 kHz up.
fn recorded(folder: &Path) -> PathBuf {
    let path = folder.join("own_433.92M_32k.cs8");
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / 16_777_216.0 - 0.5
    };
    let sample = |n: u32| {
        let (sin, cos) = (TAU * (f64::from(n) * 4e3 / 32e3).fract()).sin_cos();
        let mut half = |line: f64| (20.0 * (noise() + noise() + noise()) + 4.0 * line).round() as i8;
        [half(cos), half(sin)]
    };
    let bytes: Vec<u8> = (0..12 * 32_000).flat_map(sample).map(|half| half as u8).collect();
    std::fs::write(&path, bytes).unwrap();
    path
}

fn settings(sets: &[String]) -> Settings {
    Settings::load(None, sets, &Flags::default()).unwrap()
}

#[test]
fn a_line_is_learned_into_a_file_and_its_cost_told() {
    let folder = tempfile::tempdir().unwrap();
    let recording = recorded(folder.path());
    let open = || {
        let sdr = test_settings(&format!("file:{}", recording.display()));
        Source::open(&sdr, Pace::Max, Clock::start()).unwrap()
    };
    let learned = learn(&mut open(), 12.0, Clock::start()).unwrap();
    let [line] = learned.lines[..] else { panic!("{learned:?}") };
    assert!((line.low_hz..line.high_hz).contains(&433.924e6), "{line:?}");
    assert!(matches!(learn(&mut open(), 2.0, Clock::start()), Err(Failure::Usage(_))));

    let file = folder.path().join("own.toml");
    learned.write(&file).unwrap();
    learned.write(&file).expect("a file of its own is written anew");
    assert!(learned.write(&recording).is_err(), "another file is kept");
    let told = |offset_hz: f64, bandwidth_hz: f64| -> Vec<Deafness> {
        let settings = settings(&[
            format!("sdr.own_noise={}", file.display()),
            format!("beacon.0.offset_hz={offset_hz}"),
            format!("beacon.0.bandwidth_hz={bandwidth_hz}"),
            "beacon.0.emission=continuous".into(),
        ]);
        let config = settings.engine(32e3, 433.92e6).unwrap();
        settings.deafness(&config, &[], true)
    };
    let find = |told: &[Deafness], text: &str| told.iter().find(|deaf| deaf.mend.contains(text)).cloned();
    let on_it = find(&told(4_005.0, 1_000.0), "THE AIRCRAFT ITSELF").expect("it is warned of loudly");
    assert_eq!((on_it.key.as_str(), on_it.severity), ("beacon.0.frequency_hz", Severity::Warning));
    assert!(on_it.mend.contains("dB later"), "{on_it}");
    let beside = find(&told(5_000.0, 3_000.0), "are masked in this channel").expect("its cost is told");
    assert_eq!(beside.severity, Severity::Note);
    let elsewhere = find(&told(-6_000.0, 3_000.0), "none in a beacon's channel").expect("told");
    assert_eq!(elsewhere.key, "sdr.own_noise");
}
