//! `scan` through a device: the rig's driver plays a pulse train it was given as a file.

use super::*;
use skyhound_host::scan::{ScanOptions, scan};

/// Two seconds of CS8: noise of about one step and, every 100 ms, 25 ms of a tone at +40 kHz.
fn train() -> Vec<u8> {
    let mut random = 1u64;
    (0..500_000u32)
        .flat_map(|index| {
            let t = f64::from(index) / RATE_SPS;
            let amplitude = if t % 0.1 < 0.025 { 40.0 } else { 0.0 };
            let turn = std::f64::consts::TAU * (40_000.0 * t).fract();
            [turn.cos(), turn.sin()].map(|v| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let noise = (random >> 33) as f64 / f64::from(1u32 << 31) * 4.0 - 2.0;
                (amplitude * v + noise).round() as i8 as u8
            })
        })
        .collect()
}

#[test]
fn a_device_is_scanned_like_a_recording() {
    on_rig("scan::a_device_is_scanned_like_a_recording", |rig| {
        let file = rig.control.with_extension("cs8");
        std::fs::write(&file, train()).unwrap();
        let settings = rig.settings(&format!("native=CS8,file={}", file.display()));
        let mut source = Source::open(&settings, Pace::Realtime, Clock::start()).unwrap();
        let found = scan(&mut source, 1.0, ScanOptions::default()).unwrap();
        let active: Vec<_> = found.emissions().collect();
        let [active] = active[..] else { panic!("{}", found.to_text()) };
        assert!((active.frequency_hz - 433.96e6).abs() < 300.0, "{active:?}");
        assert!((9..=11).contains(&active.timing.pulse_count), "{active:?}");
        assert!((active.timing.width_us.unwrap() - 25_000.0).abs() < 500.0, "{active:?}");
        assert!((active.timing.period_us.unwrap() - 100_000.0).abs() < 500.0, "{active:?}");
        // 40 of 128: −10.1 dBFS.
        assert!((active.power_dbfs + 10.1).abs() < 0.4, "{active:?}");
        let json: serde_json::Value = serde_json::from_str(&found.to_json()).unwrap();
        assert_eq!(json["gain_db"], 20.0);
    });
}

#[test]
fn a_silent_device_is_an_error() {
    on_rig("scan::a_silent_device_is_an_error", |rig| {
        let mut source = Source::open(&rig.settings(""), Pace::Realtime, Clock::start()).unwrap();
        rig.faults("unplug=silent");
        let options = ScanOptions { silence_max_us: 500_000, ..ScanOptions::default() };
        let error = scan(&mut source, 1.0, options).unwrap_err().to_string();
        assert!(error.contains("no samples") && error.contains("skyhound-rig"), "{error}");
    });
}
