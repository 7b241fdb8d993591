//! Lines: as weak as the theory allows, where they are, and nothing where nothing is.

use super::*;
use crate::units::{db_from_ratio, ratio_from_db};

const RATE_SPS: f64 = 24e3;
/// Noise of the whole band, and of one Hz of it.
const NOISE: f64 = 1e-3;
const NOISE_HZ: f64 = NOISE / RATE_SPS;

/// A channel of 4 kHz at 5 kHz, no pulses longer than 20 ms.
fn narrow() -> SenseConfig {
    let mut config =
        SenseConfig { sample_rate_sps: RATE_SPS, fft_len: 64, dc_exclude_hz: None, ..config(5e3, 4e3) };
    config.channels[0].pulse_width_max_us = 20_000;
    config
}

fn noise(seed: u64, seconds: f64) -> Vec<[f64; 2]> {
    Random(seed).noise(NOISE, (seconds * RATE_SPS) as usize)
}

/// Amplitude of a tone of this C/N0.
fn amplitude(cn0_db_hz: f64) -> f64 {
    (ratio_from_db(cn0_db_hz) * NOISE_HZ).sqrt()
}

/// With a tone from second `from_s` to `to_s`.
fn heard(
    config: &SenseConfig,
    seconds: f64,
    cn0_db_hz: f64,
    at_hz: f64,
    (from_s, to_s): (f64, f64),
) -> Vec<Hearing> {
    let mut signal = noise(7, seconds);
    let range = (from_s * RATE_SPS) as usize..((to_s * RATE_SPS) as usize).min(signal.len());
    add_tone(&mut signal, range, at_hz, RATE_SPS, amplitude(cn0_db_hz));
    run(config, &Made::of(&signal, SampleFormat::Cf32)).hearings
}

#[test]
fn a_carrier_far_below_the_noise_is_heard_where_it_is() {
    // −23 dB in the channel, where a reading shows nothing under +12 dB.
    let hearings = heard(&narrow(), 20.0, 13.0, 5_321.0, (0.0, 20.0));
    assert!(hearings.len() >= 2, "{hearings:?}");
    for hearing in &hearings {
        // The frequency to a cell, the drift to two over the time.
        let drift_hz = hearing.drift_hz_s.abs() * f64::from(hearing.span_us) * 1e-6;
        assert!((hearing.frequency_hz - 5_321.0).abs() < 1.5 && drift_hz < 3.0, "{hearing:?}");
        assert!((hearing.cn0.db() - 13.0).abs() < 3.5 * hearing.cn0_sigma.db(), "{hearing:?}");
        assert!((hearing.power.db() - db_from_ratio(amplitude(13.0).powi(2))).abs() < 4.0, "{hearing:?}");
        assert!(hearing.statistic >= hearing.threshold && hearing.ln_false_alarms_per_hour < -3.0);
    }
}

#[test]
fn a_strong_carrier_is_heard_at_once_and_no_longer_than_it_lasts() {
    let hearings = heard(&narrow(), 16.0, 40.0, 6_100.0, (3.0, 9.0));
    let until = |hearing: &Hearing| hearing.until_us.0 as f64 / 1e6;
    let (first, last) = (until(&hearings[0]), until(hearings.last().unwrap()));
    assert!((3.0..3.6).contains(&first), "{first}");
    assert!((8.5..9.4).contains(&last), "{last}");
    for hearing in hearings.iter().filter(|hearing| until(hearing) < 9.0).skip(1) {
        assert!((hearing.cn0.db() - 40.0).abs() < 1.0, "{hearing:?}");
        assert!((hearing.power.db() - db_from_ratio(amplitude(40.0).powi(2))).abs() < 0.7, "{hearing:?}");
    }
}

#[test]
fn a_carrier_that_drifts_is_followed() {
    let mut signal = noise(11, 12.0);
    let mut turns = 0.0_f64;
    for (n, sample) in signal.iter_mut().enumerate() {
        turns += (4_300.0 + 2.0 * n as f64 / RATE_SPS) / RATE_SPS;
        let (sin, cos) = (std::f64::consts::TAU * turns.fract()).sin_cos();
        sample[0] += amplitude(16.0) * cos;
        sample[1] += amplitude(16.0) * sin;
    }
    let hearings = run(&narrow(), &Made::of(&signal, SampleFormat::Cf32)).hearings;
    assert!(!hearings.is_empty());
    for hearing in &hearings {
        let truth = 4_300.0 + 2.0 * hearing.power_at_us().0 as f64 / 1e6;
        assert!((hearing.frequency_hz - truth).abs() < 3.0, "{hearing:?} {truth}");
    }
    let longest = hearings.iter().max_by_key(|hearing| hearing.span_us).unwrap();
    assert!((longest.drift_hz_s - 2.0).abs() < 1.5, "{longest:?}");
}

#[test]
fn noise_its_steps_and_impulses_are_no_carrier() {
    let mut signal = noise(3, 60.0);
    for (n, sample) in signal.iter_mut().enumerate() {
        let second = n as f64 / RATE_SPS;
        let step = if (20.0..33.3).contains(&second) { 10.0 } else { 1.0 };
        *sample = sample.map(|half| half * step);
        if n % 2_399 == 0 {
            sample[0] += 0.9;
        }
    }
    assert_eq!(run(&narrow(), &Made::of(&signal, SampleFormat::Cf32)).hearings, []);
}

#[test]
fn a_receivers_own_spike_and_images_are_no_carrier() {
    // The spike lies outside, and inside the channel.
    for at_hz in [5e3, 1e3] {
        let mut config = narrow();
        config.channels[0].frequency_hz = at_hz;
        let mut signal = noise(5, 20.0);
        signal.iter_mut().for_each(|sample| sample[0] += 0.3);
        let hearings = run(&config, &Made::of(&signal, SampleFormat::Cf32)).hearings;
        assert_eq!(hearings, [], "{at_hz}");
    }
    // 26 dB under a carrier at the mirror frequency.
    let mut signal = noise(5, 20.0);
    let all = 0..signal.len();
    add_tone(&mut signal, all.clone(), -5_500.0, RATE_SPS, 0.1);
    add_tone(&mut signal, all, 5_500.0, RATE_SPS, 0.005);
    assert_eq!(run(&narrow(), &Made::of(&signal, SampleFormat::Cf32)).hearings, []);
}

#[test]
fn where_blocks_are_cut_changes_no_hearing() {
    let mut signal = noise(9, 6.0);
    let all = 0..signal.len();
    add_tone(&mut signal, all, 4_000.0, RATE_SPS, amplitude(22.0));
    for format in FORMATS {
        // Integers have steps of their own noise.
        signal.iter_mut().for_each(|sample| *sample = sample.map(|half| half.clamp(-0.9, 0.9)));
        let made = Made::of(&signal, format);
        let whole = run(&narrow(), &made).hearings;
        let cuts: Vec<usize> = (1..70).map(|n| n * n * 29).filter(|cut| *cut < made.len()).collect();
        assert!(!whole.is_empty(), "{format:?}");
        assert_eq!(run_cut(&narrow(), &made, &cuts).hearings, whole, "{format:?}");
    }
}
