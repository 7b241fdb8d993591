//! A distress beacon of the world, heard and read by the program, told in the flight file, to people and in the report.

use super::daemon::{self, Field, count, number, rows, texts, value};
use skyhound_rig::scenario::{DistressMessage, Waveform};
use skyhound_rig::world::sent::Envelope;
use std::path::Path;

const RATE_SPS: f64 = 48e3;

/// Samples of bursts every `period_s`, 20 kHz over the tuned frequency, `level` strong in noise of 0.002.
fn bursts(message: DistressMessage, period_s: f64, seconds: f64, level: f64) -> Vec<u8> {
    let mut envelope = Envelope::new(Waveform::Burst406 { period_s, message }, 3);
    let mut random = 7_u64;
    let mut even = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let sample = |n: u64| {
        let at_s = n as f64 / RATE_SPS;
        let [re, im] = envelope.at(at_s * 1e6).unwrap_or_default().map(f64::from);
        let (sin, cos) = (std::f64::consts::TAU * 15e3 * at_s).sin_cos();
        let mut noise = || 0.002 * (even() + even() + even() + even());
        let whole = [level * (re * cos - im * sin) + noise(), level * (re * sin + im * cos) + noise()];
        whole.map(|half| ((half * 32_768.0).round() as i16).to_le_bytes())
    };
    (0..(seconds * RATE_SPS) as u64).flat_map(sample).flatten().collect()
}

fn flown(field: &Field, message: DistressMessage, level: f64) -> std::path::PathBuf {
    let path = field.write("made_406.01M_48k.cs16", bursts(message, 8.0, 20.0, level));
    field.flown(
        &format!("file:{path}"),
        "beacon.0.frequency_hz=406.025e6 beacon.0.emission=cospas_sarsat beacon.0.bandwidth_hz=12000",
    )
}

fn said(file: &Path) -> Vec<serde_json::Value> {
    rows(file, "select * from beacon_message order by until_us")
}

#[test]
fn a_beacon_too_weak_for_any_reading_is_heard_and_read() {
    let field = Field::new();
    let message = DistressMessage::default();
    // 35 dB-Hz: −6 dB in the channel.
    let file = flown(&field, message, 0.000_42);
    let told = said(&file);
    assert!((2..=3).contains(&told.len()), "{told:?}");
    let id = format!("{:015X}", message.id().unwrap());
    for row in &told {
        assert_eq!((row["id"].as_str(), row["test"].as_bool()), (Some(id.as_str()), Some(true)), "{row}");
        assert_eq!((row["self_test"].as_bool(), row["country"].as_str()), (Some(false), Some("Switzerland")));
        assert!((value(row, "says_lat_deg") - 47.3).abs() < 1e-6, "{row}");
        assert!((value(row, "says_lon_deg") - 8.55).abs() < 1e-6 && value(row, "resolution_arcsec") == 4.0);
        assert!((value(row, "frequency_hz") - 406.025e6).abs() < 1.0, "{row}");
        assert_eq!(row["hex"].as_str(), Some(message.0.bits.hex(true).to_string().as_str()));
    }
    assert_eq!(count(&file, "pulse"), 0.0);
    assert_eq!(count(&file, "detections where kind = 'burst'"), 1.0, "its bursts are one beacon");
    let of_burst = format!("detections where kind = 'burst' and beacon_id = '{id}'");
    assert_eq!(count(&file, &of_burst), 1.0);
    assert_eq!(count(&file, "command where kind = 'velocity'"), 0.0);
    let cn0_db_hz = number(&file, "select min(cn0_db_hz) from beacon_message");
    assert!((33.0..38.0).contains(&cn0_db_hz), "{cn0_db_hz}");
    let events = texts(&file, "select text from event where kind = 'beacon_message'");
    assert!(events.len() == told.len() && events.iter().all(|text| text.contains(&id)), "{events:?}");
    let report = daemon::told(&format!("report {}", file.display()));
    assert!(report.contains(&id) && report.contains("a TEST, Switzerland"), "{report}");
}

#[test]
fn a_self_test_is_told_apart() {
    let field = Field::new();
    let hex = "FFFED0A0D205F260850F3DC9E0B70B6E4FD7".to_string();
    let file = flown(&field, DistressMessage::try_from(hex).unwrap(), 0.02);
    let told = said(&file);
    assert!((2..=3).contains(&told.len()), "{told:?}");
    for row in &told {
        let names = (row["id"].as_str(), row["identity"].as_str());
        assert_eq!(names, (Some("41A40BE4C0FFBFF"), Some("MMSI 525024358")), "{row}");
        assert_eq!((row["self_test"].as_bool(), row["test"].as_bool()), (Some(true), Some(true)));
    }
    // Strong enough to be pulses too, and yet each is told once.
    assert_eq!(count(&file, "pulse"), told.len() as f64);
    let events = texts(&file, "select text from event where kind = 'beacon_message'");
    assert!(events.iter().all(|text| text.contains("self-test of EPIRB")), "{events:?}");
}
