//! Distress bursts, each by itself: heard far below the noise, read where they are strong enough, and nothing where none is.

use super::*;
use crate::allocation;
use crate::cospas::{Frame, Message};
use crate::dsp::burst406::{BIT_RATE_HZ, CARRIER_S, PHASE_RAD};
use crate::signal::HearingKind;
use crate::units::{db_from_ratio, ratio_from_db};

const RATE_SPS: f64 = 24e3;
const NOISE: f64 = 1e-3;
const LONG: &str = "FFFE2FA0D205F260850F3DC9E0B70B6E4FD7";
const SELF_TEST: &str = "FFFED04E86A265C600146DBC4076";

/// A channel of 4 kHz at 5 kHz.
fn beacon() -> SenseConfig {
    let mut config =
        SenseConfig { sample_rate_sps: RATE_SPS, fft_len: 64, dc_exclude_hz: None, ..config(5e3, 4e3) };
    config.channels[0].emission = Emission::CospasSarsat;
    config
}

fn noise(seed: u64, seconds: f64) -> Vec<[f64; 2]> {
    Random(seed).noise(NOISE, (seconds * RATE_SPS) as usize)
}

fn amplitude(cn0_db_hz: f64) -> f64 {
    (ratio_from_db(cn0_db_hz) * NOISE / RATE_SPS).sqrt()
}

/// The burst of a message from `begin_s` on, at `at_hz`.
fn add_burst(signal: &mut [[f64; 2]], hex: &str, begin_s: f64, at_hz: f64, cn0_db_hz: f64) -> Frame {
    let frame = Frame::from_hex(hex).unwrap();
    for (n, sample) in signal.iter_mut().enumerate().skip((begin_s * RATE_SPS).ceil() as usize) {
        let at_s = n as f64 / RATE_SPS - begin_s;
        let half = ((at_s - CARRIER_S) * 2.0 * BIT_RATE_HZ).floor();
        if half >= 2.0 * f64::from(frame.bit_count()) {
            break;
        }
        let is_positive = frame.bit((half.max(0.0) as u32) / 2 + 1) == (half as i64 % 2 == 0);
        let phase = if half < 0.0 {
            0.0
        } else if is_positive {
            PHASE_RAD
        } else {
            -PHASE_RAD
        };
        let (sin, cos) = (std::f64::consts::TAU * at_hz * at_s + 1.0 + phase).sin_cos();
        sample[0] += amplitude(cn0_db_hz) * cos;
        sample[1] += amplitude(cn0_db_hz) * sin;
    }
    frame
}

fn hearings(signal: &[[f64; 2]]) -> Vec<Hearing> {
    run(&beacon(), &Made::of(signal, SampleFormat::Cf32)).hearings
}

#[test]
fn a_burst_far_below_the_noise_is_heard_where_and_when_it_is() {
    // −11 dB in the channel, of which a reading shows nothing under +12 dB.
    for seed in 0..4 {
        let mut signal = noise(seed, 6.0);
        let begin_s = 2.0 + 0.013 * seed as f64;
        add_burst(&mut signal, LONG, begin_s, 5_321.0, 25.0);
        let made = Made::of(&signal, SampleFormat::Cf32);
        let kept = run(&beacon(), &made);
        let [hearing] = kept.hearings[..] else { panic!("{:?}", kept.hearings) };
        assert_eq!((hearing.kind, hearing.message, hearing.pulse_count), (HearingKind::Burst, None, 1));
        assert!((hearing.frequency_hz - 5_321.0).abs() < 1.5, "{hearing:?}");
        // Whether it was long is not known.
        let end_s = hearing.until_us.0 as f64 / 1e6;
        assert!((end_s - begin_s - 0.44).abs() < 0.06, "{hearing:?}");
        assert!((hearing.cn0.db() - 25.0).abs() < 3.5, "{hearing:?}");
        assert!((hearing.power.db() - db_from_ratio(amplitude(25.0).powi(2))).abs() < 3.5, "{hearing:?}");
        assert!(hearing.statistic >= hearing.threshold && hearing.ln_false_alarms_per_hour < -3.0);
        assert_eq!(run_cut(&beacon(), &made, &[1, 7_001, 60_000, 60_001, 100_003]), kept);
    }
}

#[test]
fn a_burst_that_is_strong_enough_is_read_even_at_the_end_of_the_stream() {
    for (hex, begin_s, seconds) in
        [(LONG, 0.6, 3.0), (SELF_TEST, 0.3, 2.0), (LONG, 0.7, 1.25), (SELF_TEST, 0.0, 0.8)]
    {
        for cn0_db_hz in [33.0, 60.0] {
            let mut signal = noise(3, seconds);
            let frame = add_burst(&mut signal, hex, begin_s, 4_200.0, cn0_db_hz);
            let hearings = hearings(&signal);
            let [hearing] = hearings[..] else { panic!("{hex} {cn0_db_hz}: {hearings:?}") };
            let told = |message: Message| (message.bits, message.is_self_test, message.position);
            let said = Message::of(frame).unwrap();
            assert_eq!(hearing.message.map(told), Some(told(said)), "{hex} {cn0_db_hz}");
            let length_s = CARRIER_S + f64::from(frame.bit_count()) / BIT_RATE_HZ;
            let end_s = hearing.until_us.0 as f64 / 1e6;
            assert!((end_s - begin_s - length_s).abs() < 0.002, "{hearing:?}");
            // Of a very strong one its own bits are what noise there is.
            let off_db = if cn0_db_hz > 50.0 { 6.0 } else { 1.2 };
            assert!((hearing.cn0.db() - cn0_db_hz).abs() < off_db, "{hearing:?}");
            assert!((hearing.frequency_hz - 4_200.0).abs() < 0.3, "{hearing:?}");
            let power_dbfs = db_from_ratio(amplitude(cn0_db_hz).powi(2));
            assert!((hearing.power.db() - power_dbfs).abs() < 0.5, "{hearing:?}");
        }
    }
}

#[test]
fn what_comes_and_goes_otherwise_is_no_burst() {
    let keyed = |is_on: fn(f64) -> bool| {
        let mut signal = noise(5, 12.0);
        for (n, sample) in signal.iter_mut().enumerate() {
            let at_s = n as f64 / RATE_SPS;
            let (sin, cos) = (std::f64::consts::TAU * 5_100.0 * at_s).sin_cos();
            if is_on(at_s) {
                *sample = [sample[0] + amplitude(45.0) * cos, sample[1] + amplitude(45.0) * sin];
            }
        }
        hearings(&signal)
    };
    // A carrier that begins and ends, pulses of half a second, tags, and Morse code.
    for is_on in [
        |at_s: f64| (3.0..9.0).contains(&at_s),
        |at_s: f64| at_s % 2.0 < 0.5,
        |at_s: f64| at_s % 1.3 < 0.02,
        |at_s: f64| at_s % 0.25 < 0.12 && at_s % 3.0 < 1.5,
    ] {
        assert_eq!(keyed(is_on), []);
    }
    // Steps of noise, impulses.
    let mut signal = noise(6, 20.0);
    for (n, sample) in signal.iter_mut().enumerate() {
        let step = if n / 96_000 % 2 == 0 { 1.0 } else { 4.0 };
        *sample = sample.map(|half| half * step + if n % 50_000 == 0 { 0.9 } else { 0.0 });
    }
    assert_eq!(hearings(&signal), []);
}

#[test]
fn hearing_and_reading_a_burst_allocates_nothing() {
    let mut signal = noise(8, 3.0);
    add_burst(&mut signal, LONG, 0.5, 5_000.0, 35.0);
    let made = Made::of(&signal, SampleFormat::Cf32);
    let mut sense = Sense::new(&beacon()).unwrap();
    struct Read(u32);
    impl SenseSink for Read {
        fn reading(&mut self, _: &Reading) {}
        fn pulse(&mut self, _: &Pulse) {}
        fn hearing(&mut self, hearing: &Hearing) {
            self.0 += u32::from(hearing.message.is_some());
        }
        fn spectrum(&mut self, _: &Spectrum) {}
    }
    let mut read = Read(0);
    let ((), calls) = allocation::count(|| {
        sense.pass(&stamp(0, RATE_SPS), made.samples(0, made.len()), &mut read);
        sense.finish(&mut read);
    });
    assert_eq!((calls, read.0), (0, 1));
}
