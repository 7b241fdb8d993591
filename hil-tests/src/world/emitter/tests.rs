//! Waveforms against their standards, and the two views of one transmission against each other.

use super::super::tests::{mean_and_deviation, power};
use super::super::waveform::{AM_HIGH_HZ, AM_LOW_HZ, BURST_HALF_BIT_US};
use super::*;
use crate::scenario::DistressMessage;
use std::f64::consts::TAU;

fn emitter(waveform: Waveform, seed: u64) -> Emitter {
    let beacon: Beacon =
        toml::from_str("north_m = 0\neast_m = 0\nfrequency_hz = 433.92e6\npower_dbm = 0").unwrap();
    Emitter::new(&Beacon { waveform, ..beacon }, seed)
}

const PULSES: Waveform =
    Waveform::Pulses { width_ms: 20.0, period_ms: 1_000.0, jitter_ms: 15.0, missing_ratio: 0.2 };
const CHIRPS: Waveform = Waveform::Chirps { spreading: 7, bandwidth_hz: 125e3, symbols: 20, period_s: 0.1 };
const FSK: Waveform = Waveform::Fsk { tones: 4, spacing_hz: 400.0, baud: 100.0 };

fn all() -> [Waveform; 6] {
    let bursts = Waveform::Burst406 { period_s: 2.0, message: DistressMessage::default() };
    [Waveform::Continuous, Waveform::AmSweep { rate_hz: 3.0 }, PULSES, bursts, CHIRPS, FSK]
}

fn samples(emitter: &mut Emitter, from_us: f64, rate_sps: f64, count: usize) -> Vec<[f32; 2]> {
    let mut out = vec![[9.0; 2]; count];
    emitter.baseband(from_us, rate_sps, &mut out);
    out
}

/// Turns of phase from one sample to the next.
fn turn(a: [f32; 2], b: [f32; 2]) -> f64 {
    let [re, im] = [a[0] * b[0] + a[1] * b[1], a[0] * b[1] - a[1] * b[0]];
    f64::from(im).atan2(f64::from(re)) / TAU
}

/// Starts of transmissions in `seconds`.
fn starts_us(emitter: &mut Emitter, seconds: f64) -> Vec<f64> {
    let schedule = emitter.sent.schedule.as_mut().unwrap();
    let (first, last) = (schedule.slot(0.0) + 1, schedule.slot(seconds * 1e6));
    (first..last).filter_map(|slot| schedule.transmission(slot).map(|span| span.from_us)).collect()
}

#[test]
fn pulses_jitter_and_go_missing_as_told() {
    let mut tag = emitter(PULSES, 5);
    let starts = starts_us(&mut tag, 20_000.0);
    let missing = 1.0 - starts.len() as f64 / 20_000.0;
    assert!((missing - 0.2).abs() < 0.01, "{missing}");
    // The phase is anywhere: unroll about the first.
    let about = starts[0].rem_euclid(1e6);
    let near: Vec<f64> = starts.iter().map(|start| (start - about + 0.5e6).rem_euclid(1e6) - 0.5e6).collect();
    let (mean_us, deviation_us) = mean_and_deviation(&near);
    assert!((deviation_us / 15e3 - 1.0).abs() < 0.03, "{deviation_us}");
    let phase_us = about + mean_us;
    let other = starts_us(&mut emitter(PULSES, 6), 10.0)[0].rem_euclid(1e6);
    assert!((other - phase_us).abs() > 1e3, "each has a phase of its own");
    // Pulses never overlap, however strong the jitter.
    let wild = Waveform::Pulses { width_ms: 400.0, period_ms: 500.0, jitter_ms: 300.0, missing_ratio: 0.0 };
    let starts = starts_us(&mut emitter(wild, 1), 500.0);
    assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 400e3 - 1e-3));
}

#[test]
fn bursts_come_at_c_s_t001s_times() {
    let starts = starts_us(
        &mut emitter(Waveform::Burst406 { period_s: 50.0, message: DistressMessage::default() }, 8),
        100_000.0,
    );
    let gaps_s: Vec<f64> = starts.windows(2).map(|pair| (pair[1] - pair[0]) / 1e6).collect();
    assert!(gaps_s.iter().all(|gap| (47.5..=52.5).contains(gap)));
    assert!(gaps_s.iter().any(|gap| *gap < 48.5) && gaps_s.iter().any(|gap| *gap > 51.5));
    assert!((gaps_s.iter().sum::<f64>() / gaps_s.len() as f64 - 50.0).abs() < 0.1);
}

#[test]
fn bursts_are_biphase_l_of_1_1_rad() {
    let mut beacon = emitter(Waveform::Burst406 { period_s: 2.0, message: DistressMessage::default() }, 8);
    let start_us = starts_us(&mut beacon, 10.0)[0];
    let rate_sps = 100e3;
    let all = samples(&mut beacon, start_us, rate_sps, 54_000);
    let on = all.iter().filter(|s| s[0] != 0.0 || s[1] != 0.0).count();
    assert_eq!(on, 52_000, "160 ms and 144 bits of 2.5 ms");
    assert!(all[..16_000].iter().all(|s| *s == [1.0, 0.0]));
    // A bit's halves are opposite, in their middles at full deviation; the first says the bit.
    let phase = |us: f64| {
        let s = all[(us * rate_sps / 1e6) as usize];
        f64::from(s[1]).atan2(f64::from(s[0]))
    };
    let bits: Vec<bool> = (0..144)
        .map(|bit| {
            let begin_us = BURST_CARRIER_US + f64::from(bit) * 2.0 * BURST_HALF_BIT_US;
            let (first, second) = (phase(begin_us + 800.0), phase(begin_us + 2_050.0));
            assert!((first.abs() - 1.1).abs() < 1e-6 && (first + second).abs() < 1e-6);
            first > 0.0
        })
        .collect();
    assert!(bits[..15].iter().all(|bit| *bit));
    assert_eq!(bits[15..24], [false, false, false, true, false, true, true, true, true]);
    let sent = bits[24..].iter().fold(0, |sent, bit| sent << 1 | u128::from(*bit));
    assert_eq!(sent, DistressMessage::default().0.bits.value());
    // 10 to 90 % of a transition in 150 µs ± 100 µs.
    let begin_us = BURST_CARRIER_US + 25.0 * 2.0 * BURST_HALF_BIT_US + BURST_HALF_BIT_US;
    let way = |us: f64| (phase(begin_us + us) - phase(begin_us - 50.0)).abs() / 2.2;
    let length_us = |share: f64| (0..400).find(|us| way(f64::from(*us)) >= share).unwrap();
    assert!((130..=170).contains(&(length_us(0.9) - length_us(0.1))));
}

#[test]
fn the_am_tone_sweeps_down_within_annex_10() {
    let mut elt = emitter(Waveform::AmSweep { rate_hz: 3.0 }, 2);
    let rate_sps = 48e3;
    let all = samples(&mut elt, 0.0, rate_sps, 48_000);
    assert!(all.iter().all(|s| s[1] == 0.0));
    let (low, high) = all.iter().fold((9f32, 0f32), |(low, high), s| (low.min(s[0]), high.max(s[0])));
    assert!(((high - low) / (high + low) - 0.9).abs() < 0.01, "modulation factor");
    // Frequency from the spacing of upward crossings of the carrier's level, over one sweep.
    let level = (high + low) / 2.0;
    let crossings: Vec<f64> = all[..16_000]
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0][0] < level && pair[1][0] >= level)
        .map(|(n, pair)| n as f64 + f64::from((level - pair[0][0]) / (pair[1][0] - pair[0][0])))
        .collect();
    let tones: Vec<f64> = crossings.windows(2).map(|pair| rate_sps / (pair[1] - pair[0])).collect();
    assert!(tones.windows(2).all(|pair| pair[1] < pair[0] + 2.0), "downwards");
    assert!((tones[0] - AM_HIGH_HZ).abs() < 10.0 && (tones[tones.len() - 1] - AM_LOW_HZ).abs() < 10.0);
    assert!(tones[0] <= 1_600.0 && tones[tones.len() - 1] >= 300.0);
    assert!(tones[0] - tones[tones.len() - 1] >= 700.0);
}

#[test]
fn four_tones_take_turns_without_a_jump() {
    let rate_sps = 48e3;
    let all = samples(&mut emitter(FSK, 3), 0.0, rate_sps, 48_000);
    let mut counts = [0; 4];
    for (n, pair) in all.windows(2).enumerate() {
        let hz = turn(pair[0], pair[1]) * rate_sps;
        let tone = (hz / 400.0 + 1.5).round().clamp(0.0, 3.0);
        // Where one follows the other the turn lies between.
        let is_between = n % 480 == 479;
        assert!(is_between && hz.abs() < 605.0 || (hz - (tone - 1.5) * 400.0).abs() < 1.0, "{n}: {hz}");
        counts[tone as usize] += 1;
    }
    assert!(counts.iter().all(|count| *count > 8_000), "{counts:?}");
}

#[test]
fn chirps_rise_through_the_band_and_join_in_phase() {
    let mut lora = emitter(CHIRPS, 3);
    let start_us = starts_us(&mut lora, 10.0)[0];
    let (rate_sps, symbol_us) = (2e6, 1_024.0);
    let all = samples(&mut lora, start_us, rate_sps, (20.0 * symbol_us * 2.0) as usize);
    assert!((power(&all) - 1.0).abs() < 1e-6);
    // In the preamble the frequency is (t/T − ½)·B.
    let hz = |n: usize| turn(all[n], all[n + 1]) * rate_sps;
    for n in (10..2_000).step_by(97) {
        let closed = ((n as f64 + 0.5) / 2_048.0 - 0.5) * 125e3;
        assert!((hz(n) - closed).abs() < 50.0, "{n}: {} for {closed}", hz(n));
    }
    // Never a jump of phase, at most the band's edge.
    assert!((0..all.len() - 1).all(|n| hz(n).abs() < 63.5e3));
    // Content shifts the symbols.
    let starts: Vec<f64> = (8..20).map(|symbol| lora.sent.chirp_start(0, symbol, 7)).collect();
    assert!(starts.windows(2).any(|pair| pair[0] != pair[1]));
}

/// Σ w²|x|² / Σ w² of a frame's samples.
fn windowed_power(samples: &[[f32; 2]]) -> f64 {
    let count = samples.len() as f64;
    let (mut sum, mut weights) = (0.0, 0.0);
    for (n, s) in samples.iter().enumerate() {
        let weight = (0.5 - 0.5 * (TAU * n as f64 / count).cos()).powi(2);
        sum += weight * f64::from(s[0] * s[0] + s[1] * s[1]);
        weights += weight;
    }
    sum / weights
}

#[test]
fn a_frame_sees_the_windowed_power_of_its_samples() {
    for (seed, waveform) in (1..).zip(all()) {
        let mut one = emitter(waveform, seed);
        let mut edges = 0;
        for frame in 0..3_000 {
            let span = Span { from_us: f64::from(frame) * 1_024.0, to_us: f64::from(frame + 1) * 1_024.0 };
            let got = one.frame_power(span, &Share::ALL);
            let counted = windowed_power(&samples(&mut one, span.from_us, 500e3, 512));
            edges += i32::from((0.01..0.99).contains(&got));
            assert!((got - counted).abs() < 0.02, "{waveform:?} frame {frame}: {got} for {counted}");
        }
        let is_even = matches!(waveform, Waveform::Continuous | Waveform::Fsk { .. });
        assert!(is_even || edges > 2, "{waveform:?}: {edges}");
    }
}

#[test]
fn a_narrow_channel_takes_of_a_chirp_the_time_it_is_inside() {
    let mut lora = emitter(CHIRPS, 3);
    let narrow = |low, high| Share { edges_hz: [low, high], ..Share::ALL };
    let mut sums = [0.0; 3];
    for frame in 0..20_000 {
        let span = Span { from_us: f64::from(frame) * 256.0, to_us: f64::from(frame + 1) * 256.0 };
        for (sum, edges) in sums.iter_mut().zip([(-10e3, 15e3), (-200e3, -62.5e3), (-62.5e3, 62.5e3)]) {
            *sum += lora.frame_power(span, &narrow(edges.0, edges.1)) / 20_000.0;
        }
    }
    assert!((sums[2] - 0.2048).abs() < 0.01);
    assert!((sums[0] / sums[2] - 25.0 / 125.0).abs() < 0.01, "{sums:?}");
    assert_eq!(sums[1], 0.0);
}
