//! Real recordings (the folder SKYHOUND_DATA, by default `../shared/data` beside the workspace): what its CONTENT.md says
//! of each is found, and nothing is found where there is only noise.

use super::*;
use std::path::PathBuf;

/// The samples of a cu8 recording; `None`, said aloud, where the recordings are not.
fn recording(name: &str) -> Option<Made> {
    let near = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("SKYHOUND_DATA").map_or(near, PathBuf::from);
    let Ok(bytes) = std::fs::read(folder.join("iq").join(name)) else {
        println!("{name}: ignored, needs SKYHOUND_DATA");
        return None;
    };
    Some(Made::Cu8(bytes.as_chunks::<2>().0.to_vec()))
}

/// Offsets from the tuned frequency; pulses of 2 ms to 500 ms, dips of 3 ms bridged, 10 dB over the floor.
fn tuned(offset_hz: f64, bandwidth_hz: f64) -> SenseConfig {
    SenseConfig { dc_exclude_hz: Some(1e3), ..config(offset_hz, bandwidth_hz) }
}

fn pulses(name: &str, config: &SenseConfig) -> Option<Vec<Pulse>> {
    let pulses = run(config, &recording(name)?).pulses;
    for pulse in &pulses {
        println!("{name}: {} µs + {} µs, {:?}", pulse.start_us.0, pulse.width_us, pulse.flags);
    }
    Some(pulses)
}

/// Median of the time between starts, µs.
fn period_us(pulses: &[Pulse]) -> u64 {
    let mut gaps: Vec<u64> = pulses.windows(2).map(|two| two[1].start_us.since_us(two[0].start_us)).collect();
    gaps.sort_unstable();
    gaps[gaps.len() / 2]
}

#[test]
fn brennstuhl_sends_eight_pulses_of_33_ms_every_42_ms() {
    let Some(pulses) = pulses("rtl433t_brennstuhl_gfile015_433.92M_250k.cu8", &tuned(40.8e3, 30e3)) else {
        return;
    };
    assert_eq!(pulses.len(), 8);
    // Its envelope, sample by sample: 31.6 ms every 41.68 ms, the first at 160.85 ms (33 ms in whole 1 ms frames).
    for (pulse, number) in pulses.iter().zip(0..) {
        let start_us = 160_850.0 + 41_680.0 * f64::from(number);
        assert!((pulse.start_us.0 as f64 - start_us).abs() < 800.0, "{pulse:?} {start_us}");
        assert!(pulse.width_us.abs_diff(31_600) < 1_200, "{pulse:?}");
    }
    assert!(period_us(&pulses).abs_diff(41_680) < 300);
}

#[test]
fn rtlwmbus_is_one_burst_of_7_ms() {
    let config = SenseConfig { sample_rate_sps: 2.4e6, fft_len: 1_024, ..tuned(229.7e3, 200e3) };
    let Some(pulses) = pulses("rtlwmbus_issue48_868.625M_2400k.cu8", &config) else { return };
    assert_eq!(pulses.len(), 1);
    // Its envelope: from 30.60 to 37.42 ms, −4.8 dBFS over the whole band.
    assert!(pulses[0].start_us.0.abs_diff(30_600) < 200 && pulses[0].width_us.abs_diff(6_820) < 300);
    assert!((pulses[0].mean.db() + 4.8).abs() < 0.6, "{:?}", pulses[0]);
}

#[test]
fn honda_is_one_burst_of_211_ms_although_a_fifth_of_it_is_clipped() {
    let name = "rtl433t_honda-lock2_433.92M_250k.cu8";
    let Some(pulses) = pulses(name, &tuned(24.17e3, 25e3)) else { return };
    assert_eq!(pulses.len(), 1);
    // Its envelope: 209.9 ms from 274.4 ms on (211 ms in whole frames).
    assert!(pulses[0].width_us.abs_diff(209_900) < 1_200);
    let kept = run(&tuned(24.17e3, 25e3), &recording(name).unwrap());
    let clipped = kept.readings.iter().filter(|reading| reading.flags.any(Flags::CLIPPED)).count();
    assert!((18..=24).contains(&clipped), "{clipped} hops of 10 ms");
}

#[test]
fn waveman_is_a_train_of_twelve_keyed_bursts_12_ms_apart() {
    let Some(pulses) = pulses("rtl433t_waveman_gfile012_433.92M_250k.cu8", &tuned(-35.9e3, 30e3)) else {
        return;
    };
    assert_eq!(pulses.len(), 12);
    // Its envelope: twelve frames of 25 keyed bits, 35.1 ms every 46.53 ms.
    assert!(period_us(&pulses).abs_diff(46_530) < 300);
    assert!(pulses.iter().all(|pulse| pulse.width_us.abs_diff(35_070) < 900));
}

/// Pulses of half a millisecond need shorter frames than 1 ms: 64 bins at 250 kS/s are 0.256 ms, and the shortest pulse
/// and the bridge must be told to be as short.
fn short_pulses(offset_hz: f64, bandwidth_hz: f64) -> SenseConfig {
    let mut config = SenseConfig { fft_len: 64, ..tuned(offset_hz, bandwidth_hz) };
    (config.channels[0].pulse_width_min_us, config.channels[0].pulse_bridge_us) = (200, 0);
    config
}

#[test]
fn nexus_is_444_pulses_239_of_them_zeros() {
    let Some(pulses) = pulses("rtl433t_nexus_gfile001_433.92M_250k.cu8", &short_pulses(77.6e3, 30e3)) else {
        return;
    };
    // Twelve packets of 36 bits and a stop pulse each. The 239 of CONTENT.md are the gaps of 2 ms among them.
    assert_eq!(pulses.len(), 12 * 37);
    let zeros =
        pulses.windows(2).filter(|two| two[1].start_us.since_us(two[0].start_us).abs_diff(2_400) < 350);
    assert_eq!(zeros.count(), 239);
}

#[test]
fn prologue_is_pulses_of_half_a_millisecond() {
    let config = short_pulses(10.5e3, 16e3);
    let Some(pulses) = pulses("rtl433t_prologue_gfile001_433.92M_250k.cu8", &config) else { return };
    assert_eq!(pulses.len(), 7 * 38); // seven packets of 37 bits and a stop pulse each
}

#[test]
fn noise_and_a_step_of_noise_are_no_pulses_on_any_channel() {
    let names = [
        "noise-excerpt_lacrosse_gfile010_0-184ms_915M_250k.cu8",
        "rtl433t_owlcm160_gfile005_433.92M_250k.cu8",
    ];
    for name in names {
        let Some(made) = recording(name) else { return };
        for offset_khz in (-110..=110).step_by(10) {
            for bandwidth_hz in [5e3, 10e3, 25e3, 100e3] {
                for (fft_len, bridge_us) in [(256, 3_000), (256, 0), (64, 0), (1_024, 5_000)] {
                    let offset_hz = f64::from(offset_khz) * 1e3 + 5e3;
                    let mut config = SenseConfig { fft_len, ..tuned(offset_hz, bandwidth_hz) };
                    config.channels[0].pulse_bridge_us = bridge_us;
                    if config.check().is_err() {
                        continue; // outside the band
                    }
                    let pulses = run(&config, &made).pulses;
                    assert_eq!(pulses, [], "{name} {offset_hz} ± {bandwidth_hz} Hz, {fft_len}");
                }
            }
        }
    }
}
