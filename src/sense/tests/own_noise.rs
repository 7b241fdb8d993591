//! The aircraft's own lines: learned, masked, and what of a beacon is left.

use super::*;
use crate::config::OwnLine;
use crate::sense::own_noise::OwnNoise;
use crate::units::ratio_from_db;

const RATE_SPS: f64 = 24e3;
const NOISE: f64 = 1e-3;

/// Noise with tones of these frequencies and C/N0, each from one second to another.
fn made(seconds: f64, tones: &[(f64, f64, std::ops::Range<f64>)]) -> Made {
    let mut signal = Random(11).noise(NOISE, (seconds * RATE_SPS) as usize);
    for (at_hz, cn0_db_hz, span_s) in tones {
        let amplitude = (ratio_from_db(*cn0_db_hz) * NOISE / RATE_SPS).sqrt();
        let index = |s: f64| ((s * RATE_SPS) as usize).min(signal.len());
        let range = index(span_s.start)..index(span_s.end);
        add_tone(&mut signal, range, *at_hz, RATE_SPS, amplitude);
    }
    Made::of(&signal, SampleFormat::Cf32)
}

fn learned(seconds: f64, made: &Made) -> Option<Vec<OwnLine>> {
    let mut own = OwnNoise::new(RATE_SPS, 100e3, seconds);
    for from in (0..made.len()).step_by(1_000) {
        own.pass(made.samples(from, (from + 1_000).min(made.len())));
    }
    own.finish()
}

#[test]
fn what_stands_still_is_learned_and_what_comes_and_goes_is_not() {
    let all = 0.0..30.0;
    let made = made(30.0, &[(4_321.0, 20.0, all.clone()), (-7_000.0, 45.0, all), (2_000.0, 30.0, 0.0..9.0)]);
    let lines = learned(30.0, &made).expect("enough was heard");
    let [low, high] = lines[..] else { panic!("{lines:?}") };
    for (line, hz, cn0_db_hz) in [(low, 93e3, 45.0), (high, 104_321.0, 20.0)] {
        assert!((line.low_hz..line.high_hz).contains(&hz), "{line:?}");
        assert!(line.high_hz - line.low_hz < 80.0, "{line:?}");
        assert!((line.cn0_db_hz - cn0_db_hz).abs() < 1.5, "{line:?}");
    }
    assert_eq!(learned(30.0, &self::made(30.0, &[])), Some(Vec::new()));
    assert_eq!(learned(30.0, &self::made(2.0, &[])), None);
}

#[test]
fn a_masked_line_tells_nothing_and_one_beside_it_is_heard() {
    let made = made(12.0, &[(5_400.0, 25.0, 0.0..12.0), (4_200.0, 15.0, 0.0..12.0)]);
    let mut config =
        SenseConfig { sample_rate_sps: RATE_SPS, fft_len: 64, dc_exclude_hz: None, ..config(5e3, 4e3) };
    config.channels[0].pulse_width_max_us = 20_000;
    let at = |config: &SenseConfig| -> Vec<f64> {
        run(config, &made).hearings.iter().map(|hearing| hearing.frequency_hz).collect()
    };
    let is_at = |hz: f64| move |heard: &f64| (heard - hz).abs() < 4.0;
    assert!(at(&config).iter().any(is_at(5_400.0)));
    config.own_noise = vec![OwnLine { low_hz: 5_390.0, high_hz: 5_410.0, cn0_db_hz: 25.0 }];
    let heard = at(&config);
    assert!(!heard.is_empty() && heard.iter().all(is_at(4_200.0)), "{heard:?}");
}

#[test]
fn a_strong_line_of_its_own_is_left_out_of_a_wide_channels_readings() {
    // 60 kHz of which a line of the aircraft's own is 15 dB over the noise.
    let own_db_hz = 15.0 + 10.0 * 60e3_f64.log10();
    let noise_hz = NOISE / 250e3;
    let mut signal = Random(12).noise(NOISE, 125_000);
    add_tone(&mut signal, 0..125_000, 55e3, 250e3, (ratio_from_db(own_db_hz) * noise_hz).sqrt());
    let made = Made::of(&signal, SampleFormat::Cf32);
    let mut config = SenseConfig { false_alarms_per_hour: 0.0, ..config(50e3, 60e3) };
    let over = |config: &SenseConfig| {
        let kept = run(config, &made);
        mean_dbfs(&kept.readings) - kept.readings[5].quiet.db()
    };
    assert!(over(&config) > 14.0, "{}", over(&config));
    config.own_noise = vec![OwnLine { low_hz: 54_990.0, high_hz: 55_010.0, cn0_db_hz: own_db_hz }];
    assert!(over(&config).abs() < 1.0, "{}", over(&config));
    // One that is less than a bin's noise is no reason to leave the bin out.
    let weak = OwnLine { cn0_db_hz: 20.0, ..config.own_noise[0] };
    config.own_noise = vec![weak];
    assert!(over(&config) > 14.0, "{}", over(&config));
}

#[test]
fn the_parts_of_a_channel_that_are_its_own_are_joined_and_cut() {
    let mut config = config(50e3, 10e3);
    let line = |low_hz: f64, high_hz: f64| OwnLine { low_hz, high_hz, cn0_db_hz: 30.0 };
    config.own_noise = vec![line(54e3, 60e3), line(47e3, 48e3), line(47.5e3, 49e3), line(80e3, 81e3)];
    assert_eq!(config.own_noise_in(&config.channels[0]), [(47e3, 49e3), (54e3, 55e3)]);
}
