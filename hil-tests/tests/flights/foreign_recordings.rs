//! Recordings as other programs write them: one scene in every container, flown and scanned by the real program; captures
//! at several frequencies; what is no IQ; samples through a pipe.
//!
//! The scene: 250 kS/s at 433.92 MHz, white noise, 20 pulses of 20 ms every 100 ms at 433.96 MHz, −20 dBFS, 2 s.

use super::daemon::{Field, Said, count, number, period_us, rows, run, texts, told, value};
use super::tape::{SILENCE, cs16, tone};
use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

const RATE_SPS: f64 = 250e3;
const START_UTC_US: f64 = 1_716_553_845e6; // 2024-05-24T12:30:45Z
const BEACON: &str = "beacon.0.frequency_hz=433.96e6 beacon.0.bandwidth_hz=20000";
/// The capture of a scene.
const CAPTURE: &str =
    r#"{"core:sample_start": 0, "core:frequency": 433920000, "core:datetime": "2024-05-24T12:30:45Z"}"#;

fn made(is_on: impl Fn(f64) -> bool) -> Vec<f64> {
    super::tape::made(RATE_SPS, 2.0, |t| if is_on(t) { tone(0.1, 40e3, t) } else { SILENCE })
}

fn pulses() -> Vec<f64> {
    made(|t| t > 0.0137 && (t - 0.0137) % 0.1 < 0.02)
}

fn cu8(scene: &[f64]) -> Vec<u8> {
    scene.iter().map(|v| (v * 127.5 + 127.5).round() as u8).collect()
}

fn cf32(scene: &[f64], scale: f64) -> Vec<u8> {
    scene.iter().flat_map(|v| ((v * scale) as f32).to_le_bytes()).collect()
}

/// 24-bit samples, each the low bytes of 32.
fn cs24(scene: &[f64]) -> Vec<[u8; 4]> {
    scene.iter().map(|v| ((v * 8_388_607.0) as i32).to_le_bytes()).collect()
}

fn chunk(id: &[u8], body: &[u8]) -> Vec<u8> {
    [id, &(body.len() as u32).to_le_bytes(), body, &vec![0; body.len() % 2]].concat()
}

/// WAV of format `tag` with `more` chunks before the samples, said to be `size` bytes.
fn wav(id: &[u8], more: &[u8], tag: u16, bits: u16, samples: &[u8], size: u32) -> Vec<u8> {
    let align = bits / 4;
    let mut format = [tag, 2].map(u16::to_le_bytes).concat();
    format.extend([RATE_SPS as u32, RATE_SPS as u32 * u32::from(align)].map(u32::to_le_bytes).concat());
    format.extend([align, bits].map(u16::to_le_bytes).concat());
    let ds64 = if id == b"RIFF" {
        Vec::new()
    } else {
        chunk(b"ds64", &[0, samples.len() as u64, 0, 0].map(u64::to_le_bytes).concat()[..28])
    };
    let size = size.to_le_bytes();
    [id, &[0xff; 4], b"WAVE", &ds64, &chunk(b"fmt ", &format), more, b"data", &size, samples].concat()
}

fn auxi() -> Vec<u8> {
    let start = [2024u16, 5, 5, 24, 12, 30, 45, 0].map(u16::to_le_bytes).concat();
    let mut body = [&start[..], &start, &433_920_000u32.to_le_bytes()].concat();
    body.resize(164, 0);
    chunk(b"auxi", &body)
}

fn sdriq(bits: u32, samples: &[u8]) -> Vec<u8> {
    let mut head = (RATE_SPS as u32).to_le_bytes().to_vec();
    head.extend([433_920_000u64, START_UTC_US as u64 / 1_000].map(u64::to_le_bytes).concat());
    head.extend([bits, 0].map(u32::to_le_bytes).concat());
    let crc = !head.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    });
    [&head[..], &crc.to_le_bytes(), samples].concat()
}

fn sigmf(datatype: &str, global: &str, captures: &str, annotations: &str) -> Vec<u8> {
    format!(
        r#"{{"global": {{"core:datatype": "{datatype}", "core:sample_rate": 250000.0, "core:version": "1.2.6"{global}}},
            "captures": [{captures}], "annotations": [{annotations}]}}"#
    )
    .into_bytes()
}

/// A tar of these files, as `tar --format=ustar` writes it.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (path, bytes) in files {
        let mut header = vec![0u8; 512];
        header[..path.len()].copy_from_slice(path.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        archive.extend(header);
        archive.extend(*bytes);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.extend([0; 1_024]);
    archive
}

/// Names and bytes.
type Files = Vec<(&'static str, Vec<u8>)>;

/// The scene in every container: the file to name, and files beside it.
fn containers(scene: &[f64]) -> Vec<(&'static str, Files)> {
    let (ints, bytes, i24) = (cs16(scene), cu8(scene), cs24(scene));
    let be16: Vec<u8> = ints.as_chunks::<2>().0.iter().flat_map(|[low, high]| [*high, *low]).collect();
    let packed: Vec<u8> = i24.iter().flat_map(|bytes| bytes[..3].to_vec()).collect();
    let turned: Vec<u8> = ints.as_chunks::<4>().0.iter().flat_map(|[a, b, c, d]| [*c, *d, *a, *b]).collect();
    let size = |samples: &[u8]| samples.len() as u32;
    let pair = |meta: Vec<u8>| vec![("s.sigmf-meta", meta), ("s.sigmf-data", ints.clone())];
    let text = b"sample_rate=250000\ncenter_frequency=433920000\n".to_vec();
    let one = |name: &'static str, bytes: Vec<u8>| (name, vec![(name, bytes)]);
    let begun_at = |sample: &str| CAPTURE.replace("\": 0", &format!("\": {sample}"));
    let early = r#"{"core:sample_start": -100, "core:sample_count": 500}"#;
    vec![
        one("gqrx_20240524_123045_433920000_250000_fc.raw", cf32(scene, 1.0)),
        one("unscaled_433.92M_250k.cf32", cf32(scene, 32_768.0)),
        one("g001_250k_433.92M.cu8", bytes.clone()),
        one("x_433.92M_250k.cs16qi", turned),
        ("BBD_0001.C16", vec![("BBD_0001.C16", ints.clone()), ("BBD_0001.TXT", text)]),
        one("SDRSharp_20240524_123045Z_433920000Hz_IQ.wav", wav(b"RIFF", b"", 1, 8, &bytes, size(&bytes))),
        one("baseband_433920000Hz_12-30-45_24-05-2024.wav", wav(b"RIFF", b"", 1, 16, &ints, 0)),
        one("HDSDR_20240524_123045Z_433920kHz_RF.wav", wav(b"RIFF", &auxi(), 1, 24, &packed, size(&packed))),
        one("rf64.wav", wav(b"RF64", &auxi(), 1, 16, &ints, u32::MAX)),
        one("killed.wav", wav(b"BW64", &auxi(), 3, 32, &cf32(scene, 1.0), 0)),
        one("rec.sdriq", sdriq(16, &ints)),
        one("rec24.sdriq", sdriq(24, &i24.concat())),
        ("s.sigmf-meta", pair(sigmf("ci16_le", "", CAPTURE, ""))),
        ("s.sigmf-data", pair(sigmf("ci16", r#", "core:offset": 500000"#, &begun_at("500000.0"), ""))),
        ("s.sigmf-meta", pair(sigmf("ci16_le", "", &begun_at("2500"), early))),
        ("s", vec![("s.sigmf-meta", sigmf("ci16_be", "", CAPTURE, "")), ("s.sigmf-data", be16)]),
        one(
            "a.sigmf",
            tar(&[("a/a.sigmf-meta", &sigmf("cu8", "", CAPTURE, "")), ("a/a.sigmf-data", &bytes)]),
        ),
    ]
}

fn scanned(sdr: &str) -> Value {
    serde_json::from_str(&told(&format!("scan --sdr {sdr} --for 10s --json"))).unwrap()
}

/// Whether it is the scene's 20 pulses, as `scan` sees them.
fn is_scene_to_scan(sdr: &str) {
    let found = scanned(sdr);
    let train = &found["channels"][0];
    let off_hz = value(train, "peak_hz") - 433.96e6;
    assert!(off_hz.abs() < 600.0 && train["pulse_count"] == 20, "{sdr}: {train}");
}

/// Whether it is, as a flight recorded it.
fn is_scene_to_fly(name: &str, file: &Path) {
    assert_eq!(count(file, "reading"), 200.0, "{name}");
    let true_pulses = "pulse where abs(width_us::bigint - 20000) < 1600 and abs(mean_dbfs + 20) < 0.7";
    for pulses in [true_pulses, "pulse"] {
        assert_eq!(count(file, pulses), 20.0, "{name}: {:?}", rows(file, "select * from pulse"));
    }
    assert!((period_us(file) - 100e3).abs() < 1e3, "{name}: {}", period_us(file));
}

#[test]
fn the_scene_is_the_same_in_every_container() {
    for (name, files) in containers(&pulses()) {
        let field = Field::new();
        for (path, bytes) in files {
            field.write(path, bytes);
        }
        let sdr = format!("file:{}", field.folder().join(name).display());
        is_scene_to_scan(&sdr);
        let file = field.flown(&sdr, BEACON);
        is_scene_to_fly(name, &file);
        let source = texts(&file, "select utc_source from flight");
        // SDR++'s names have no zone, raw names and PortaPack's text no time.
        let has_time =
            !["unscaled", "g001", "x_", "BBD", "baseband"].iter().any(|start| name.starts_with(start));
        assert_eq!(source, [if has_time { "recording" } else { "system clock" }], "{name}");
        if has_time {
            let start_us = number(&file, "select epoch_us(started_utc) from flight");
            assert!((start_us - START_UTC_US).abs() < 20e3, "{name}: {start_us}");
        }
    }
}

/// One scene at 433.92 MHz, then a carrier 40 kHz over 868.3 MHz; as `--sdr` takes it.
fn hop(field: &Field, first: &[f64]) -> String {
    let captures = r#"{"core:sample_start": 0, "core:frequency": 433920000},
        {"core:sample_start": 500000, "core:frequency": 868300000}"#;
    field.write("hop.sigmf-data", [cs16(first), cs16(&made(|_| true))].concat());
    format!("file:{}", field.write("hop.sigmf-meta", sigmf("ci16_le", "", captures, "")))
}

#[test]
fn a_capture_at_another_frequency_is_not_credited_to_the_beacon() {
    let field = Field::new();
    let sdr = hop(&field, &made(|_| false));
    let file = field.flown(&sdr, BEACON);
    assert_eq!(count(&file, "detection"), 0.0, "{:?}", rows(&file, "select * from detection"));
    assert_eq!(count(&file, "pulse"), 0.0);
    let late_and_away = "reading where flags & 1024 <> 0 and acquired_us > 2000000";
    assert_eq!(count(&file, late_and_away), 200.0);
    assert_eq!(count(&file, "reading where flags <> 0 and acquired_us < 2000000"), 0.0);
    // The beacon of the second capture is heard there, and only there.
    let file = field.flown(&sdr, "beacon.0.frequency_hz=868.34e6 beacon.0.bandwidth_hz=20000");
    let found = rows(&file, "select * from detections");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(value(&found[0], "began_us") >= 1.99e6, "{found:?}");
    assert_eq!(count(&file, late_and_away), 0.0);

    let found = scanned(&sdr);
    let channels = found["channels"].as_array().unwrap().iter();
    let emissions = channels.filter(|channel| channel["origin"] == "emission");
    let emissions: Vec<f64> = emissions.map(|channel| value(channel, "peak_hz")).collect();
    assert!(emissions.len() == 1 && (emissions[0] - 868.34e6).abs() < 600.0, "{emissions:?}");
    let is_told = |event: &Value| event["text"].as_str().is_some_and(|text| text.contains("868.3 MHz"));
    assert!(found["events"].as_array().unwrap().iter().any(is_told), "{found}");
    let said = run(&format!("scan --sdr {sdr} --for 10s"));
    assert!(said.out.contains("warning: capture 1 at 868.3 MHz"), "{}", said.out);
}

#[test]
fn each_beacon_is_read_in_the_captures_whose_band_holds_it() {
    let field = Field::new();
    let sdr = hop(&field, &pulses()).replace(".sigmf-meta", "");
    let section = |name: &str, hz: f64| {
        format!("[[beacon]]\nname = \"{name}\"\nfrequency_hz = {hz:.1}\nbandwidth_hz = 20000.0\n")
    };
    let written = section("first", 433.96e6) + &section("second", 868.34e6);
    let scanned = told(&format!("scan --sdr {sdr} --for 10s --toml"));
    assert_eq!(scanned.matches("[[beacon]]").count(), 2, "{scanned}");
    for config in [written, scanned] {
        let file = field.flown(&sdr, &format!("--config {}", field.write("beacons.toml", &config)));
        let of = |name: &str, mhz: &str| {
            let named = format!("name like 'channel.%.name' and (value = '{name}' or value like '{mhz}%')");
            number(&file, &format!("select split_part(name, '.', 2)::int from setting where {named}"))
        };
        let (first, second) = (of("first", "433.9"), of("second", "868.3"));
        let (early, late) = ("acquired_us < 2000000", "acquired_us > 2000000");
        for (channel, held, other) in [(first, early, late), (second, late, early)] {
            for which in [format!("{other} and flags & 1024 <> 0"), format!("{held} and flags & 1024 = 0")] {
                let readings = format!("reading where channel = {channel} and {which}");
                assert_eq!(count(&file, &readings), 200.0, "{readings}: {config}");
            }
        }
        assert_eq!(count(&file, &format!("pulse where channel = {first}")), 20.0);
        let found = rows(&file, "select * from detections order by began_us");
        let told: Vec<_> = found.iter().map(|row| (row["channel"].as_f64(), row["kind"].as_str())).collect();
        assert_eq!(told, [(Some(first), Some("pulse_train")), (Some(second), Some("carrier"))], "{found:?}");
        assert!(value(&found[1], "began_us") >= 1.99e6, "{found:?}");
    }
}

#[test]
fn what_is_no_iq_fails_by_name_and_leaves_no_flight() {
    let field = Field::new();
    let page = [
        &b"<!DOCTYPE html>\n<html><body>"[..],
        &b"<div>not samples</div>\n".repeat(4_000),
        b"</body></html>",
    ]
    .concat();
    let mut mono = wav(b"RIFF", b"", 1, 16, &[0; 800], 800);
    mono[22] = 1;
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".to_vec();
    for (name, bytes, word) in [
        ("downloaded_433.92M_250k.cu8", page, "HTML"),
        ("packed_433.92M_250k.cu8", b"\x1f\x8b\x08\0\0\0\0\0\0\0".to_vec(), "gunzip"),
        ("lfs_433.92M_250k.cu8", pointer, "git lfs pull"),
        ("tar_433.92M_250k.cu8", tar(&[("notes.txt", b"nothing")]), "without a SigMF"),
        ("sound.wav", mono, "mono"),
        ("empty_433.92M_250k.cu8", Vec::new(), "empty"),
        ("short_433.92M_250k.cu8", vec![127; 100], "no reading was made"),
    ] {
        let sdr = format!("file:{}", field.write(name, bytes));
        let said: Said = field.fly(&sdr, "--pace max").output().unwrap().into();
        assert_eq!(said.code, Some(1), "{name}: {}", said.err);
        assert!(said.err.contains(name) && said.err.contains(word), "{name}: {}", said.err);
        let scan = run(&format!("scan --sdr {sdr}"));
        assert_eq!(scan.code, Some(1), "{name}: {}", scan.err);
        let is_flight = word == "no reading was made";
        assert_eq!(field.left_behind().len(), usize::from(is_flight), "{name}");
    }
}

/// `skyhound fly` with these samples at its stdin, to its end.
fn piped(field: &Field, line: &str, samples: &[u8]) -> Said {
    let mut command = field.fly("file:-", line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(samples).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn samples_come_through_stdin_at_either_pace() {
    let field = Field::new();
    let form = "sdr.format=cu8 sdr.sample_rate_sps=250000 sdr.frequency_hz=433.92e6";
    let samples = cu8(&pulses());
    // By the clock, a machine that is busy elsewhere may drop some.
    for (pace, reading_count, pulse_count) in [("max", 200.0, 20.0), ("realtime", 20.0, 1.0)] {
        let said = piped(&field, &format!("--pace {pace} {form} {BEACON}"), &samples);
        assert_eq!(said.code, Some(0), "{pace}: {}", said.err);
        let file = Path::new(said.out.trim_end());
        assert!(count(file, "reading") >= reading_count, "{pace}");
        assert!(count(file, "pulse") >= pulse_count, "{pace}");
    }
    // The rate is not told: it is named, and nothing flies.
    let said = piped(&field, "", &[127; 1_000]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    for key in ["sdr.format", "sdr.sample_rate_sps", "sdr.frequency_hz"] {
        assert!(said.err.contains(key), "{}", said.err);
    }
}
