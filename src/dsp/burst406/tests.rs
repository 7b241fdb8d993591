//! Bursts as beacons send them, in noise, and what becomes of them.

use super::*;
use crate::cospas::Frame;
use std::f64::consts::TAU;

const SPS: f64 = 24_000.0;
/// A message of a beacon on the air.
const HEX: &str = "A0D205F260850F3DC9E0B70B6E4FD7";

/// A burst, and what is not nominal about it.
#[derive(Copy, Clone)]
struct Sent {
    hex: &'static str,
    is_self_test: bool,
    cn0_db_hz: f64,
    frequency_hz: f64,
    drift_hz_s: f64,
    bit_rate_hz: f64,
    late_s: f64,
    is_turned: bool,
}

const NOMINAL: Sent = Sent {
    hex: HEX,
    is_self_test: false,
    cn0_db_hz: 45.0,
    frequency_hz: 1_234.0,
    drift_hz_s: 0.0,
    bit_rate_hz: 400.0,
    late_s: 0.0,
    is_turned: false,
};

struct Noise(u64);

impl Noise {
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Of variance 1 in all (Box & Muller 1958).
    fn next(&mut self) -> [f64; 2] {
        let radius = (-self.even().ln()).sqrt();
        let (sin, cos) = (TAU * self.even()).sin_cos();
        [radius * cos, radius * sin]
    }
}

impl Sent {
    /// In noise of power 1 per sample.
    fn samples(&self, seed: u64) -> Vec<[f32; 2]> {
        let mut noise = Noise(seed.wrapping_mul(77_777) + 1);
        let frame = Frame { is_self_test: Some(self.is_self_test), ..Frame::from_hex(self.hex).unwrap() };
        let amplitude = (10f64.powf(self.cn0_db_hz / 10.0) / SPS).sqrt();
        let first_turn = noise.even();
        let sample = |n: usize| {
            let [re, im] = noise.next();
            let at_s = n as f64 / SPS - SLACK_S - self.late_s;
            let keyed_s = at_s - CARRIER_S;
            // What is after the last bit is not sent.
            let last = 2.0 * f64::from(frame.bit_count()) - 1.0;
            let half = (keyed_s * 2.0 * self.bit_rate_hz).floor().min(last);
            let phase = if keyed_s < 0.0 {
                0.0
            } else {
                let level =
                    |half: f64| match frame.bit(half as u32 / 2 + 1) == (half as u32).is_multiple_of(2) {
                        true => PHASE_RAD,
                        false => -PHASE_RAD,
                    };
                // 150 µs from 10 to 90 %.
                let way = ((keyed_s - half / 2.0 / self.bit_rate_hz) / 187.5e-6).min(1.0);
                let before = if half == 0.0 { 0.0 } else { level(half - 1.0) };
                before + (level(half) - before) * way
            };
            let is_on = at_s >= 0.0 && keyed_s * self.bit_rate_hz < f64::from(frame.bit_count());
            let level = if is_on { amplitude } else { 0.0 };
            let sign = if self.is_turned { -1.0 } else { 1.0 };
            let turns = first_turn + at_s * (self.frequency_hz + self.drift_hz_s / 2.0 * at_s);
            let (sin, cos) = (TAU * turns + sign * phase).sin_cos();
            [(re + level * cos) as f32, (im + level * sin) as f32]
        };
        (0..(Demodulator::span_s() * SPS) as usize).map(sample).collect()
    }

    fn received(&self, seed: u64, thought_hz: f64) -> Option<Received> {
        let mut demodulator = Demodulator::new(SPS);
        demodulator.take(self.samples(seed).into_iter(), thought_hz);
        demodulator.receive()
    }
}

/// Not nominal in any way, each seed in its own.
fn crooked(seed: u64) -> Sent {
    let of = |count: u64| (seed % count) as f64 / (count - 1) as f64 * 2.0 - 1.0;
    Sent {
        bit_rate_hz: 400.0 * (1.0 + 0.01 * of(21)),
        drift_hz_s: 3.0 * of(7),
        late_s: 0.02 * of(11),
        ..NOMINAL
    }
}

#[test]
fn weak_bursts_are_read_and_weaker_ones_never_wrongly() {
    let id = Message::of(Frame::from_hex(HEX).unwrap()).unwrap().id();
    for (cn0_db_hz, least) in [(31.5, 30), (28.0, 0), (22.0, 0)] {
        let received = (0..32).filter_map(|seed| {
            let sent = Sent { cn0_db_hz, ..crooked(seed) };
            sent.received(seed, sent.frequency_hz + 0.7 * (seed % 5) as f64 - 1.4)
        });
        let ids: Vec<u64> = received.map(|received| received.message.id()).collect();
        assert!(ids.iter().all(|own| *own == id), "{cn0_db_hz}: {ids:X?}");
        assert!(ids.len() >= least, "{cn0_db_hz}: {} of 32", ids.len());
    }
}

#[test]
fn what_is_told_of_a_burst_is_what_was_sent() {
    let short = "4E86A265C600146DBC4076";
    for (hex, is_self_test, is_turned) in [
        (HEX, false, false),
        (HEX, true, false),
        (HEX, false, true),
        (short, false, false),
        (short, true, true),
    ] {
        for seed in 0..4 {
            let sent = Sent { hex, is_self_test, is_turned, ..crooked(seed * 5) };
            let received = sent.received(seed, sent.frequency_hz + 1.0).expect("a strong burst is read");
            let said = Message::of(Frame::from_hex(hex).unwrap()).unwrap();
            let expected = Message { is_self_test: Some(is_self_test), ..said };
            assert_eq!(received.message, expected, "{seed} {is_self_test} {is_turned}");
            let begin = (SLACK_S + sent.late_s) * SPS;
            assert!((received.begin - begin).abs() < 0.001 * SPS, "{} {begin}", received.begin);
            let frequency_hz = sent.frequency_hz + sent.drift_hz_s * CARRIER_S;
            assert!((received.frequency_hz - frequency_hz).abs() < 0.3, "{received:?} {frequency_hz}");
            assert!((received.cn0_hz.log10() * 10.0 - sent.cn0_db_hz).abs() < 1.0, "{received:?}");
            assert!((received.bit_rate_hz - sent.bit_rate_hz).abs() < 0.5, "{received:?}");
        }
    }
}

#[test]
fn noise_and_carriers_are_no_burst_and_say_nothing() {
    let noise_per_hz = 1.0 / SPS;
    let mut demodulator = Demodulator::new(SPS);
    let mut judged = |samples: Vec<[f32; 2]>| {
        demodulator.take(samples.into_iter(), NOMINAL.frequency_hz);
        (demodulator.is_burst(noise_per_hz), demodulator.receive().is_some())
    };
    for seed in 0..10 {
        let noise = Sent { cn0_db_hz: -20.0, ..NOMINAL }.samples(seed);
        assert!(!judged(noise.clone()).1);
        let strong = NOMINAL.samples(seed);
        assert_eq!(judged(strong), (true, true));
        // A carrier all along, one of 500 ms, and three pulses of 30 ms.
        for is_on in [|_: f64| true, |at_s: f64| (0.05..0.55).contains(&at_s), |at_s: f64| at_s % 0.1 < 0.03]
        {
            let amplitude = (10f64.powf(4.5) / SPS).sqrt();
            let keyed = noise.iter().enumerate().map(|(n, [re, im])| {
                let at_s = n as f64 / SPS;
                let level = if is_on(at_s) { amplitude } else { 0.0 };
                let (sin, cos) = (TAU * at_s * NOMINAL.frequency_hz).sin_cos();
                [re + (level * cos) as f32, im + (level * sin) as f32]
            });
            assert_eq!(judged(keyed.collect()), (false, false));
        }
    }
}
