//! Trains whose pulses have no edges of their own.

use super::*;
use crate::dsp::survey::Survey;
use crate::sense::envelope;
use crate::units::{db_from_ratio, ratio_from_db};

const RATE_SPS: f64 = 250e3;
const NOISE: f64 = 1e-3;

/// What is on a channel of 8 kHz at 40 kHz, with noise modulated onto it so far over that of the channel.
fn trained(seed: u64, snr_db: f64, is_on: impl Fn(usize) -> bool) -> Option<envelope::Train> {
    let (mut signal, mut random) = (Random(seed).noise(NOISE, 500_000), Random(seed + 1));
    let amplitude = (ratio_from_db(snr_db) * NOISE * 8e3 / RATE_SPS).sqrt();
    let mut phase = 0.0;
    for (n, sample) in signal.iter_mut().enumerate() {
        // Phases that jump 2000 times a second fill some kHz.
        phase = if n.is_multiple_of(125) { random.unit() } else { phase };
        let (sin, cos) = (std::f64::consts::TAU * (40e3 * n as f64 / RATE_SPS + phase)).sin_cos();
        let on = f64::from(u8::from(is_on(n)));
        *sample = [sample[0] + on * amplitude * cos, sample[1] + on * amplitude * sin];
    }
    let mut survey = Survey::new(RATE_SPS, 0.0, 64 << 20);
    assert!(survey.pass(Made::of(&signal, SampleFormat::Cf32).samples(0, signal.len())));
    envelope::train(&survey, &channel(40e3, 8e3))
}

#[test]
fn a_train_of_modulated_pulses_keeps_its_width_and_period_down_to_the_noise() {
    // 30 ms every 70 ms.
    for snr_db in [6.0, 10.0, 14.0] {
        let found = trained(51, snr_db, |n| n % 17_500 < 7_500).unwrap_or_else(|| panic!("{snr_db} dB"));
        let timing = &found.timing;
        assert!((26..=29).contains(&timing.pulse_count), "{timing:?}");
        assert!((timing.width_us.unwrap() - 30e3).abs() < 2e3, "{timing:?}");
        assert!((timing.period_us.unwrap() - 70e3).abs() < 1e3, "{timing:?}");
        // Of what fills some kHz the channel holds not all.
        let told_db = db_from_ratio(found.power / found.noise);
        assert!((snr_db - 1.5..=snr_db + 1.0).contains(&told_db), "{told_db} dB of {snr_db}");
    }
}

#[test]
fn noise_what_is_always_on_and_what_comes_at_random_are_no_train() {
    for seed in 60..64 {
        assert_eq!(trained(seed, 10.0, |_| false), None);
        assert_eq!(trained(seed, 10.0, |_| true), None);
        // Pieces of 10 ms, on or off by chance.
        let mut random = Random(seed);
        let pieces: Vec<bool> = (0..200).map(|_| random.unit() < 0.5).collect();
        assert_eq!(trained(seed, 10.0, |n| pieces[n / 2_500]), None);
    }
}
