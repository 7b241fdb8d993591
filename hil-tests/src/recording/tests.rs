//! Recordings read back as SigMF.

use super::*;

/// A tag of 20 ms every 100 ms and a carrier, from a line flown north at 10 m/s; the carrier falls silent for a while.
fn scenario() -> Scenario {
    let text = r#"
        about = "a tag and a carrier"
        duration_s = 60
        search = { pattern = "line", speed_mps = 10.0, leg_m = 5.0, airborne = true }
        fault = [{ after_s = 0.25, for_s = 0.5, do = "interferer_on" }]
        [[world.beacon]]
        name = "tag"
        north_m = 50.0
        east_m = 0.0
        frequency_hz = 433.94e6
        power_dbm = 0.0
        waveform = { kind = "pulses", width_ms = 20.0, period_ms = 100.0 }
        [[world.interferer]]
        name = "carrier"
        north_m = -50.0
        east_m = 0.0
        frequency_hz = 433.88e6
        power_dbm = 0.0
        on = false
    "#;
    toml::from_str(text).unwrap()
}

fn written(format: SampleFormat, seconds: f64) -> (Written, Value, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let written = write(&folder.path().join("out.sigmf-meta"), &scenario(), 3, seconds, format).unwrap();
    let meta = serde_json::from_slice(&fs::read(&written.meta).unwrap()).unwrap();
    let bytes = fs::read(&written.samples).unwrap();
    (written, meta, bytes)
}

/// Power of `samples` of CF32.
fn power(bytes: &[u8], first: u64, count: u64) -> f64 {
    let bytes = &bytes[first as usize * 8..(first + count) as usize * 8];
    let values = bytes.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes)));
    values.map(|v| v * v).sum::<f64>() / count as f64
}

#[test]
fn every_transmission_is_annotated_where_it_is() {
    let (written, meta, bytes) = written(SampleFormat::Cf32, 1.0);
    assert_eq!((written.sample_count, bytes.len()), (250_000, 2_000_000));
    assert_eq!(meta["global"]["core:datatype"], "cf32_le");
    let all = meta["annotations"].as_array().unwrap();
    assert_eq!(all.len(), written.annotation_count);
    let of = |label: &str| -> Vec<(u64, u64, f64)> {
        let named = all.iter().filter(|a| a["core:label"] == label);
        let middle = |a: &Value| {
            (a["core:freq_lower_edge"].as_f64().unwrap() + a["core:freq_upper_edge"].as_f64().unwrap()) / 2.0
        };
        let count = |a: &Value, key: &str| a[key].as_u64().unwrap();
        named.map(|a| (count(a, "core:sample_start"), count(a, "core:sample_count"), middle(a))).collect()
    };
    let tag = of("tag");
    assert!((9..=11).contains(&tag.len()), "{tag:?}");
    for (first, count, hz) in &tag[1..tag.len() - 1] {
        assert_eq!(count.abs_diff(5_000), 0, "20 ms");
        // Half a ppm fast: 217 Hz lower; up to 14 Hz of Doppler higher.
        assert!((hz - (433.94e6 - 217.0)).abs() < 16.0, "{hz}");
        let (on, before) = (power(&bytes, *first, *count), power(&bytes, first - 1_000, 1_000));
        assert!(*first < 62_500 || on > before, "it is on while it is on: {on}, {before}");
    }
    assert!(tag[1..].windows(2).all(|pair| pair[1].0 - pair[0].0 == 25_000), "{tag:?}");
    let [(first, count, _)] = of("carrier")[..] else { panic!("{all:#?}") };
    assert_eq!((first, count), (62_500, 125_000), "from 0.25 s for 0.5 s");
}

#[test]
fn a_seed_is_a_recording() {
    let (_, _, bytes) = written(SampleFormat::Cs8, 0.2);
    assert_eq!(bytes, written(SampleFormat::Cs8, 0.2).2);
    assert_eq!(bytes.len(), 100_000);
}
