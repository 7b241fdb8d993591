//! What a scan tells of emissions that were made: by what they are, and the aircraft's own as that.

use super::*;
use skyhound::config::OwnLine;
use skyhound::cospas::Frame;
use skyhound::dsp::burst406::{BIT_RATE_HZ, CARRIER_S, PHASE_RAD};

/// Noise of so much in each Hz, full scale² = 1.0.
const NOISE_PER_HZ: f64 = 1e-7;

/// A recording of that noise with what `add` adds to it by the time in s.
fn recorded(
    folder: &tempfile::TempDir,
    (name, rate_sps, seconds): (&str, f64, f64),
    add: impl Fn(f64) -> [f64; 2],
) -> PathBuf {
    let mut noise = noise(NOISE_PER_HZ * rate_sps);
    let sample = |n: u32| {
        let (noise, own) = (noise(), add(f64::from(n) / rate_sps));
        [cu8(noise[0] + own[0]), cu8(noise[1] + own[1])]
    };
    let path = folder.path().join(name);
    std::fs::write(&path, (0..(seconds * rate_sps) as u32).flat_map(sample).collect::<Vec<u8>>()).unwrap();
    path
}

/// What has this C/N0 in that noise, after so many turns.
fn turned(turns: f64, cn0_db_hz: f64) -> [f64; 2] {
    let amplitude = (NOISE_PER_HZ * 10f64.powf(cn0_db_hz / 10.0)).sqrt();
    let (sin, cos) = (std::f64::consts::TAU * turns.fract()).sin_cos();
    [amplitude * cos, amplitude * sin]
}

fn tone(at_s: f64, hz: f64, cn0_db_hz: f64) -> [f64; 2] {
    turned(hz * at_s, cn0_db_hz)
}

/// A burst `hz` from the middle that began so long ago.
fn burst(frame: &Frame, since_s: f64, hz: f64, cn0_db_hz: f64) -> [f64; 2] {
    let half = (since_s - CARRIER_S) * 2.0 * BIT_RATE_HZ;
    if since_s < 0.0 || half >= 2.0 * f64::from(frame.bit_count()) {
        return [0.0; 2];
    }
    let is_positive = frame.bit(half.max(0.0) as u32 / 2 + 1) == (half as u32).is_multiple_of(2);
    let phase_rad = if half < 0.0 { 0.0 } else { PHASE_RAD * if is_positive { 1.0 } else { -1.0 } };
    turned(hz * since_s + phase_rad / std::f64::consts::TAU, cn0_db_hz)
}

fn scan_with(path: &std::path::Path, options: ScanOptions) -> Scan {
    let settings = test_settings(&format!("file:{}", path.display()));
    let mut source = Source::open(&settings, Pace::Max, Clock::start()).unwrap();
    scan(&mut source, f64::INFINITY, options).unwrap()
}

#[test]
fn the_aircrafts_own_line_is_no_beacon_and_one_beside_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = recorded(&folder, ("own_100M_48k.cu8", 48e3, 4.0), |at_s| {
        let (own, other) = (tone(at_s, 5_000.0, 52.0), tone(at_s, 6_100.0, 24.0));
        [own[0] + other[0], own[1] + other[1]]
    });
    let line = OwnLine { low_hz: 100.004_96e6, high_hz: 100.005_04e6, cn0_db_hz: 50.0 };
    let found = scan_with(&path, ScanOptions { own_noise: vec![line], ..ScanOptions::default() });
    let text = found.to_text();
    let [beacon] = found.emissions().collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert!((beacon.peak_hz - 100.006_1e6).abs() < 3.0, "{text}");
    assert!(text.contains("a line of the aircraft's own"), "{text}");
    let json = json_of(&found);
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

#[test]
fn distress_bursts_are_told_with_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let frame = Frame::from_hex("FFFE2FA0D205F260850F3DC9E0B70B6E4FD7").unwrap();
    // The second tells when the first was, and is too weak to be read.
    let path = recorded(&folder, ("plb_406.03M_48k.cu8", 48e3, 5.0), |at_s| {
        let first = burst(&frame, at_s - 0.7, 9_100.0, 40.0);
        if at_s < 2.5 { first } else { burst(&frame, at_s - 3.2, 9_150.0, 26.0) }
    });
    let found = scan_with(&path, ScanOptions::default());
    let text = found.to_text();
    let [beacon] = found.emissions().collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert!((beacon.frequency_hz - 406.0391e6).abs() < 5.0, "{text}");
    assert_eq!(beacon.timing.pulse_count, 2, "{text}");
    assert!(beacon.timing.period_us.is_some_and(|us| (us - 2.5e6).abs() < 60e3), "{:?}", beacon.timing);
    for words in ["41A40BE4C0FFBFF", "Indonesia", "standard location", "MMSI 525024358", "says"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let json = json_of(&found);
    let fly = &json["channels"][0]["fly"];
    assert_eq!((&fly["emission"], &fly["heard_as"]), (&json!("cospas_sarsat"), &json!("burst")), "{fly:#}");
    assert_eq!(fly["message"]["position"]["resolution_arcsec"], 4, "{fly:#}");
    let weakest_db_hz = json_of(&found)["weakest"]["burst"]["cn0_db_hz"].as_f64().unwrap();
    assert!((weakest_db_hz - 21.5).abs() < 1.5 && text.contains("a 406 MHz burst of"), "{text}");
    assert!(text.contains("--for 60s hears each that is on"), "{text}");
    assert_flies(&folder, &found, 48e3);
}

/// Two packets of eight chirps of SF 8 in 125 kHz, `hz` from the middle.
fn chirps(at_s: f64, hz: f64, cn0_db_hz: f64) -> [f64; 2] {
    let (width_hz, chirp_s) = (125e3, 256.0 / 125e3);
    let since_s = if at_s < 0.35 { at_s - 0.1 } else { at_s - 0.4 };
    let along_s = since_s.rem_euclid(chirp_s);
    let turns = 0.5 * width_hz * along_s * (along_s / chirp_s - 1.0) + hz * since_s;
    if (0.0..8.0 * chirp_s).contains(&since_s) { turned(turns, cn0_db_hz) } else { [0.0; 2] }
}

fn assert_chirps(found: &Scan, hz: f64) {
    let text = found.to_text();
    let [packets] = found.emissions().collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert!((packets.frequency_hz - hz).abs() < 125e3 / 6.0, "{text}");
    assert_eq!(packets.timing.pulse_count, 2, "{text}");
    assert!(text.contains("LoRa chirps of 125 kHz, SF 8"), "{text}");
    assert_eq!(json_of(found)["channels"][0]["fly"]["spreading"], 8, "{text}");
}

#[test]
fn chirps_below_the_noise_and_strong_ones_in_a_wide_band_are_told_by_bandwidth_and_spreading() {
    let folder = tempfile::tempdir().unwrap();
    // −7 dB in their bandwidth.
    let path = recorded(&folder, ("lora_433.8M_250k.cu8", 250e3, 0.6), |at_s| chirps(at_s, 31e3, 44.0));
    let found = scan_with(&path, ScanOptions::default());
    assert_chirps(&found, 433.831e6);
    let weakest = &json_of(&found)["weakest"]["chirps"];
    assert!(
        weakest[0]["cn0_db_hz"].as_f64().unwrap() > weakest[1]["cn0_db_hz"].as_f64().unwrap() + 10.0,
        "{weakest:#}"
    );
    assert_flies(&folder, &found, 250e3);
    // Where the whole band would be too much, by their energy.
    let path = recorded(&folder, ("lora_868.3M_600k.cu8", 600e3, 0.6), |at_s| chirps(at_s, -160e3, 66.0));
    let found = scan_with(&path, ScanOptions::default());
    assert_chirps(&found, 868.14e6);
    assert_flies(&folder, &found, 600e3);
}

fn json_of(found: &Scan) -> Value {
    serde_json::from_str(&found.to_json()).unwrap()
}

/// Its section is one of the settings, for the emission that was found.
fn assert_flies(folder: &tempfile::TempDir, found: &Scan, rate_sps: f64) {
    let (path, toml) = (folder.path().join("found.toml"), found.to_toml());
    std::fs::write(&path, &toml).unwrap();
    let settings = Settings::load(Some(&path), &[], &crate::settings::Flags::default()).unwrap();
    let config =
        settings.engine(rate_sps, found.stream.frequency_hz).unwrap_or_else(|e| panic!("{e}\n{toml}"));
    assert_eq!(config.sense.channels[0].emission, found.beacons[0].channel.emission, "{toml}");
}
