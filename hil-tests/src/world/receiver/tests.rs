//! Each impairment of the receiver against its closed form.

use super::*;
use crate::world::tests::power;
use skyhound::units::db_from_ratio as db;
use std::f64::consts::{PI, TAU};

/// A receiver without impairments but its converter's.
fn clean(adc_bits: u8) -> scenario::Receiver {
    scenario::Receiver {
        adc_bits,
        gain_db: 0.0,
        dc_offset_dbfs: -200.0,
        iq_gain_db: 0.0,
        iq_phase_deg: 0.0,
        oscillator_ppm: 0.0,
        ..scenario::Receiver::default()
    }
}

/// 2¹⁶ samples of a carrier with `turns` whole turns; an odd number visits every phase once.
fn tone(amplitude: f64, turns: usize) -> Vec<[f32; 2]> {
    let sample = |n: usize| {
        let (sin, cos) = (TAU * (n * turns % 65_536) as f64 / 65_536.0).sin_cos();
        [(amplitude * cos) as f32, (amplitude * sin) as f32]
    };
    (0..65_536).map(sample).collect()
}

/// Power at `turns` turns over the samples.
fn bin(samples: &[[f32; 2]], turns: i64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, [i, q]) in samples.iter().enumerate() {
        let turn = (n as i64 * turns).rem_euclid(samples.len() as i64) as f64 / samples.len() as f64;
        let (sin, cos) = (-TAU * turn).sin_cos();
        re += f64::from(*i) * cos - f64::from(*q) * sin;
        im += f64::from(*i) * sin + f64::from(*q) * cos;
    }
    (re * re + im * im) / (samples.len() as f64).powi(2)
}

#[test]
fn image_rejection_is_that_of_the_formula() {
    for (iq_gain_db, iq_phase_deg) in [(1.0, 0.0), (0.0, 3.0), (0.5, -2.0), (0.1, 0.5), (-0.3, 1.0)] {
        let receiver = Receiver::new(&scenario::Receiver { iq_gain_db, iq_phase_deg, ..clean(20) });
        let mut samples = tone(0.5, 1_001);
        receiver.convert(&mut samples);
        let (g, phase) = (10f64.powf(iq_gain_db / 20.0), iq_phase_deg.to_radians());
        let cross = 2.0 * g * phase.cos();
        let expected = db((1.0 + cross + g * g) / (1.0 - cross + g * g));
        let found = db(bin(&samples, 1_001) / bin(&samples, -1_001));
        let what = format!("{iq_gain_db} dB, {iq_phase_deg}°: {found} against {expected}");
        assert!((found - expected).abs() < 0.05, "{what}");
    }
}

#[test]
fn quantisation_leaves_six_decibels_a_bit() {
    for bits in [6, 8, 10, 12, 14] {
        let receiver = Receiver::new(&clean(bits));
        // As loud as fits below the highest code, which is one step short of full scale.
        let amplitude = 1.0 - f64::from(bits - 1).exp2().recip();
        let ideal = tone(amplitude, 12_345);
        let mut samples = ideal.clone();
        receiver.convert(&mut samples);
        let error: Vec<[f32; 2]> =
            samples.iter().zip(&ideal).map(|(a, b)| [a[0] - b[0], a[1] - b[1]]).collect();
        // W. R. Bennett, 1948: a full-scale sine over uniform error of one step.
        let expected = 6.02 * f64::from(bits) + 1.76 + db(amplitude * amplitude);
        let found = db(power(&ideal) / power(&error));
        assert!((found - expected).abs() < 0.2, "{bits} bits: {found} against {expected}");
    }
}

#[test]
fn clipping_is_that_of_a_hard_limiter() {
    let receiver = Receiver::new(&clean(14));
    for amplitude in [0.9, 1.2, 2.0, 10.0] {
        let mut samples = tone(amplitude, 12_345);
        receiver.convert(&mut samples);
        // Mean square of a sine cut at 1: A²·(θ − sin θ·cos θ)/π + (1 − 2θ/π) with θ = asin(1/A); twice for I and Q.
        let theta = (1.0 / amplitude).min(1.0).asin();
        let cut = amplitude * amplitude * (theta - theta.sin() * theta.cos()) / PI + 1.0 - 2.0 * theta / PI;
        let found = power(&samples);
        assert!((found / (2.0 * cut) - 1.0).abs() < 1e-3, "{amplitude}: {found} against {}", 2.0 * cut);
        let ends =
            samples.as_flattened().iter().fold([0f32; 2], |[low, high], v| [low.min(*v), high.max(*v)]);
        assert!(amplitude < 1.0 || ends == [-1.0, 1.0 - 1.0 / 8_192.0], "{ends:?}");
    }
}

#[test]
fn dc_stands_where_it_is_set() {
    let dc_db = |dc_offset_dbfs: f64| {
        let mut samples = tone(0.3, 777);
        Receiver::new(&scenario::Receiver { dc_offset_dbfs, ..clean(16) }).convert(&mut samples);
        db(bin(&samples, 0))
    };
    assert!((dc_db(-30.0) + 30.0).abs() < 0.02 && dc_db(-200.0) < -90.0, "{}", dc_db(-30.0));
}

#[test]
fn levels_follow_gain_and_full_scale() {
    let mut receiver = Receiver::new(&scenario::Receiver { full_scale_dbm: -10.0, ..clean(8) });
    assert_eq!(receiver.dbfs(-70.0), -60.0);
    receiver.gain_db = 30.0;
    assert_eq!(receiver.dbfs(-70.0), -30.0);
    assert!((receiver.amplitude(-40.0) - 1.0).abs() < 1e-12);
    // −168 dBm/Hz at 1 MS/s is −108 dBm: −68 dBFS in I and Q together.
    assert!((db(2.0 * receiver.noise_sigma(-168.0, 1e6).powi(2)) + 68.0).abs() < 1e-9);
}

#[test]
fn a_fast_oscillator_is_tuned_too_high() {
    let receiver = Receiver::new(&scenario::Receiver { oscillator_ppm: 2.0, ..clean(8) });
    assert!((receiver.true_center_hz(433.92e6) - 433.92e6 - 867.84).abs() < 1e-6);
}

#[test]
fn a_carrier_is_exact_and_continuous_over_blocks_of_any_length() {
    let turns_per_sample = 0.123_456_789;
    let mut carrier = Carrier::default();
    let mut made: Vec<[f32; 2]> = Vec::new();
    for count in [1, 7, 8, 9, 2_048, 2_049, 10_000, 333] {
        let mut out = vec![[0.0; 2]; count];
        carrier.add(&vec![[1.0, 0.0]; count], turns_per_sample, [0.5, 0.0], [0.5, 0.0], &mut out);
        made.extend(out);
    }
    for (n, found) in made.iter().enumerate() {
        let (sin, cos) = (TAU * (turns_per_sample * n as f64).fract()).sin_cos();
        let error = (f64::from(found[0]) - 0.5 * cos).hypot(f64::from(found[1]) - 0.5 * sin);
        assert!(error < 2e-5, "sample {n}: {error}");
    }
}

#[test]
fn gain_goes_in_a_straight_line() {
    let (from, to) = ([0.2f32, 0.1], [-0.4f32, 0.5]);
    let count = 5_000;
    // An envelope of j turns the line by a quarter.
    let mut out = vec![[1.0, 1.0]; count];
    Carrier::default().add(&vec![[0.0, 1.0]; count], 0.0, from, to, &mut out);
    for (n, found) in out.iter().enumerate() {
        let at = |part: usize| from[part] + (to[part] - from[part]) * n as f32 / count as f32;
        let error = (found[0] - 1.0 + at(1)).hypot(found[1] - 1.0 - at(0));
        assert!(error < 1e-5, "sample {n}: {error}");
    }
}
