//! Strong pulses elsewhere in the band, whose edges and image reach a channel in step with them.

use super::*;
use crate::config::PulseTrain;
use crate::units::ratio_from_db;

const RATE_SPS: f64 = 24e3;
const NOISE: f64 = 1e-8;

/// 4 kHz at that frequency, pulses of 15 to 27 ms, every 0.5 to 3 s.
fn tag(at_hz: f64) -> SenseConfig {
    let train = PulseTrain {
        period_min_us: 500_000,
        period_max_us: 3_000_000,
        jitter_ratio_max: 0.02,
        pulses_min: 3,
        pattern: Default::default(),
    };
    let mut config =
        SenseConfig { sample_rate_sps: RATE_SPS, fft_len: 64, dc_exclude_hz: None, ..config(at_hz, 4e3) };
    let channel = &mut config.channels[0];
    channel.emission = Emission::Pulsed(train);
    (channel.pulse_width_min_us, channel.pulse_width_max_us) = (15_000, 27_000);
    config
}

/// Adds 20 ms every `period_s`, keyed hard.
fn add_pulses(signal: &mut [[f64; 2]], period_s: f64, at_hz: f64, cn0_db_hz: f64) {
    let amplitude = (ratio_from_db(cn0_db_hz) * NOISE / RATE_SPS).sqrt();
    let end = signal.len();
    let start = |n: u32| ((0.4 + period_s * f64::from(n)) * RATE_SPS) as usize;
    for start in (0..).map(start).take_while(|at| at + 480 < end) {
        add_tone(signal, start..start + 480, at_hz, RATE_SPS, amplitude);
    }
}

#[test]
fn pulses_that_strong_ones_elsewhere_make_are_not_told_and_others_are() {
    let mut strong = Random(3).noise(NOISE, (16.0 * RATE_SPS) as usize);
    add_pulses(&mut strong, 1.3, 5_321.0, 100.0);
    // With its image 37 dB under it, as a receiver makes one.
    let imaged: Vec<[f64; 2]> = strong.iter().map(|[re, im]| [re * 1.03, *im]).collect();
    let own =
        |signal: &[[f64; 2]], at_hz: f64| run(&tag(at_hz), &Made::of(signal, SampleFormat::Cf32)).hearings;
    assert!(!own(&strong, 5e3).is_empty(), "it is heard where it is");
    assert_eq!(own(&strong, -9e3), [], "its edges, 55 dB under it and 45 over the noise");
    assert_eq!(own(&imaged, -5e3), [], "its image");
    let mut both = imaged;
    add_pulses(&mut both, 0.91, -8_700.0, 35.0);
    let heard = own(&both, -9e3);
    assert!(!heard.is_empty(), "a weak one beside it");
    assert!(heard.iter().all(|hearing| (hearing.frequency_hz + 8_700.0).abs() < 60.0), "{heard:?}");
}
