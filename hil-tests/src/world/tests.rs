//! The readings level against the real sense pass on samples of the same emitters; repeatability; the real tracks.

mod against_sense;
mod tracks;

use super::*;
use skyhound::config::{ChannelConfig, Emission};
use skyhound::signal::Flags;

/// A scenario of which only the world counts.
pub(super) fn scenario(world: &str) -> Scenario {
    let text = format!("about = 't'\nduration_s = 1\n[search]\npattern = 'hover'\n[world]\n{world}");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// 250 kS/s, 256 bins, hops of 10 ms, channels as (frequency, bandwidth).
fn config(channels: &[(f64, f64)]) -> SenseConfig {
    let channel = |&(frequency_hz, bandwidth_hz): &(f64, f64)| ChannelConfig {
        name: "beacon".into(),
        frequency_hz,
        bandwidth_hz,
        emission: Emission::Continuous,
        pulse_width_min_us: 2_000,
        pulse_width_max_us: 700_000,
        pulse_bridge_us: 3_000,
        pulse_trigger_db: 10.0,
    };
    SenseConfig {
        sample_rate_sps: 250e3,
        center_hz: 433.92e6,
        more_centers_hz: Vec::new(),
        own_noise: Vec::new(),
        fft_len: 256,
        hop_us: 10_000,
        dc_exclude_hz: Some(500.0),
        spectrum_interval_us: 0,
        false_alarms_per_hour: 0.05,
        channels: channels.iter().map(channel).collect(),
    }
}

/// Where the aircraft is at `at_us`: flying east at 12 m/s past a beacon near home.
fn flying(at_us: u64) -> TruePose {
    TruePose {
        at_us,
        north_m: -60.0,
        east_m: 12.0 * at_us as f64 * 1e-6 - 30.0,
        up_m: 40.0,
        east_mps: 12.0,
        pitch_rad: -0.15,
        yaw_rad: std::f64::consts::FRAC_PI_2,
        ..TruePose::default()
    }
}

/// Mean and standard deviation.
pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
}

/// Mean power of samples.
pub(super) fn power(samples: &[[f32; 2]]) -> f64 {
    samples.as_flattened().iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / samples.len() as f64
}

fn fly(world: &mut World, pose: impl Fn(u64) -> TruePose, hops: u64) -> Heard {
    let mut heard = Heard::default();
    for hop in 0..hops {
        world.hop(&pose(hop * 10_000), hop * 10_000, &mut heard);
    }
    heard
}

const TWO: &str = "beacon = [{ north_m = 0, east_m = 0, frequency_hz = 433.96e6, power_dbm = -20 }, \
     { north_m = 80, east_m = 10, frequency_hz = 433.90e6, power_dbm = -20, \
       waveform = { kind = 'pulses', width_ms = 20, period_ms = 300, jitter_ms = 9, missing_ratio = 0.1 } }]";

#[test]
fn the_same_seed_is_the_same_flight_bit_for_bit() {
    let channels = config(&[(433.96e6, 4e3), (433.90e6, 4e3)]);
    let heard = |seed| fly(&mut World::new(&scenario(TWO), &channels, seed), flying, 500);
    let first = heard(7);
    assert_eq!(first, heard(7));
    assert_ne!(first, heard(8));
    assert_eq!(first.readings.len(), 1_000);
    assert!(first.pulses.len() > 8, "{}", first.pulses.len());
}

#[test]
fn looking_at_arrivals_or_adding_an_interferer_leaves_the_rest_as_it_was() {
    let channels = config(&[(433.96e6, 4e3)]);
    let plain = fly(&mut World::new(&scenario(TWO), &channels, 7), flying, 100);
    let mut looked_at = World::new(&scenario(TWO), &channels, 7);
    let mut heard = Heard::default();
    for hop in 0..100 {
        looked_at.air.arrivals(&flying(hop * 777));
        looked_at.hop(&flying(hop * 10_000), hop * 10_000, &mut heard);
    }
    assert_eq!(heard, plain);
    let far = "interferer = [{ north_m = 0, east_m = 9, frequency_hz = 433.83e6, power_dbm = -90 }]";
    let far = format!("{TWO}\n{far}");
    assert_eq!(fly(&mut World::new(&scenario(&far), &channels, 7), flying, 100), plain);
}

#[test]
fn hops_left_out_are_a_gap() {
    let mut world = World::new(&scenario(TWO), &config(&[(433.96e6, 4e3)]), 7);
    let mut heard = Heard::default();
    for hop in [0_u64, 1, 2, 5, 6] {
        world.hop(&flying(hop * 10_000), hop * 10_000, &mut heard);
    }
    let gaps: Vec<bool> = heard.readings.iter().map(|r| r.flags.any(Flags::GAP)).collect();
    assert_eq!(gaps, [false, false, false, true, false]);
    assert_eq!((heard.readings[3].acquired_us.0, heard.readings[3].sample_index), (55_000, 12_500));
    // The carrier was a pulse until then.
    assert_eq!(heard.pulses.len(), 1);
    assert!(heard.pulses[0].flags.any(Flags::END_UNSEEN));
}
