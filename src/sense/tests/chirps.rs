//! Packets of chirps below the noise, and what is none.

use super::*;
use crate::config::{PulseTrain, Spreading};
use crate::signal::HearingKind;
use crate::units::{db_from_ratio, ratio_from_db};

const RATE_SPS: f64 = 24e3;
const BANDWIDTH_HZ: f64 = 7_812.5;
const AT_HZ: f64 = 4_500.0;
const NOISE_HZ: f64 = 1e-8;

fn lora(min: u8, max: u8) -> SenseConfig {
    let mut config = SenseConfig {
        sample_rate_sps: RATE_SPS,
        fft_len: 64,
        dc_exclude_hz: None,
        ..config(AT_HZ, BANDWIDTH_HZ)
    };
    config.channels[0].emission = Emission::Chirp(Spreading { min, max });
    config
}

fn noise(seed: u64, seconds: f64) -> Vec<[f64; 2]> {
    Random(seed).noise(NOISE_HZ * RATE_SPS, (seconds * RATE_SPS) as usize)
}

fn chirp_s(spreading: u8) -> f64 {
    f64::from(1_u32 << spreading) / BANDWIDTH_HZ
}

/// Adds eight rising chirps and some of content from `from_s` on; `slope`: how often they rise in their time.
fn add_packet(signal: &mut [[f64; 2]], from_s: f64, spreading: u8, at_hz: f64, cn0_db_hz: f64, slope: f64) {
    let amplitude = (ratio_from_db(cn0_db_hz) * NOISE_HZ).sqrt();
    let (chirp_s, mut random) = (chirp_s(spreading), Random(3));
    let is_plain = slope != 1.0;
    for chirp in 0..14_u32 {
        let start = if chirp < 8 || is_plain { 0.0 } else { random.unit() };
        let begin = ((from_s + f64::from(chirp) * chirp_s) * RATE_SPS) as usize;
        for n in begin..(begin + (chirp_s * RATE_SPS) as usize).min(signal.len()) {
            let second = n as f64 / RATE_SPS;
            let along = (second - from_s) / chirp_s - f64::from(chirp);
            // Frequency (along + start, wrapped, − ½)·B: its phase, but for whole turns at the wrap.
            let place = along + start;
            let turns = BANDWIDTH_HZ
                * chirp_s
                * (0.5 * slope * place * place
                    - place * 0.5
                    - if is_plain { 0.0 } else { (place - 1.0).max(0.0) });
            let (sin, cos) = (std::f64::consts::TAU * (turns + at_hz * second).fract()).sin_cos();
            signal[n] = [signal[n][0] + amplitude * cos, signal[n][1] + amplitude * sin];
        }
    }
}

fn told(config: &SenseConfig, signal: &[[f64; 2]]) -> Vec<Hearing> {
    run(config, &Made::of(signal, SampleFormat::Cf32)).hearings
}

#[test]
fn packets_of_each_spreading_are_heard_below_the_noise() {
    for spreading in 7..=12_u8 {
        // 14 dB in a chirp's time: −7 to −22 dB in the bandwidth, known to no reading.
        let cn0_db_hz = 14.0 - db_from_ratio(chirp_s(spreading));
        for offset_hz in [0.0, 700.0, -800.0] {
            let config = lora(7, 12);
            let mut signal = noise(u64::from(spreading), 1.0 + 15.0 * chirp_s(spreading));
            add_packet(&mut signal, 0.7, spreading, AT_HZ + offset_hz, cn0_db_hz, 1.0);
            let kept = run(&config, &Made::of(&signal, SampleFormat::Cf32));
            let [first, ..] = kept.hearings[..] else { panic!("SF{spreading} {offset_hz}") };
            assert_eq!((first.kind, first.width_us), (HearingKind::Chirp, (chirp_s(spreading) * 1e6) as u32));
            assert!((first.frequency_hz - AT_HZ - offset_hz).abs() < BANDWIDTH_HZ / 5.0, "{first:?}");
            assert!((first.cn0.db() - cn0_db_hz).abs() < 3.0 * first.cn0_sigma.db() + 1.0, "{first:?}");
            let power_dbfs = cn0_db_hz + db_from_ratio(NOISE_HZ);
            assert!((first.power.db() - power_dbfs).abs() < 3.0 * first.cn0_sigma.db() + 1.5, "{first:?}");
            let end_us = (0.7 + 12.0 * chirp_s(spreading)) * 1e6;
            assert!((first.until_us.0 as f64) < end_us, "SF{spreading}: {first:?} {end_us}");
        }
    }
}

#[test]
fn noise_carriers_and_other_sweeps_are_no_packet() {
    let config = lora(7, 9);
    let mut signal = noise(5, 60.0);
    for (n, sample) in signal.iter_mut().enumerate() {
        let second = n as f64 / RATE_SPS;
        let gain = if (20.0..30.0).contains(&second) { 5.0 } else { 1.0 };
        *sample = sample.map(|half| half * gain);
        sample[0] += if n % 7_919 == 0 { 0.9 } else { 0.0 };
    }
    assert_eq!(told(&config, &signal), []);
    let strong_db_hz = 70.0;
    // A carrier, one that is keyed, and tones that take turns.
    let mut signal = noise(6, 16.0);
    let amplitude = (ratio_from_db(strong_db_hz) * NOISE_HZ).sqrt();
    for (n, at_hz) in (0..16).zip([4_500.0, 3_000.0, 6_200.0, 4_510.0].iter().cycle()) {
        let from = n * 24_000;
        let to = from + if n < 6 { 24_000 } else { 6_000 };
        add_tone(&mut signal, from..to, *at_hz, RATE_SPS, amplitude);
    }
    assert_eq!(told(&config, &signal), []);
    // Chirps that fall, rise at another rate, or are of another spreading.
    for (spreading, slope) in [(8, -1.0), (8, 1.4), (10, 1.0), (11, 1.0)] {
        let mut signal = noise(7, 4.0);
        add_packet(&mut signal, 0.5, spreading, AT_HZ, 45.0, slope);
        assert_eq!(told(&config, &signal), [], "SF{spreading} {slope}");
    }
}

#[test]
fn noise_passes_no_more_often_than_is_accepted() {
    let mut config = lora(7, 10);
    config.false_alarms_per_hour = 1_200.0;
    let (mut sense, mut kept) = (Sense::new(&config).unwrap(), Kept::default());
    let mut random = Random(41);
    for second in 0..240 {
        let made = Made::of(&random.noise(NOISE_HZ * RATE_SPS, 24_000), SampleFormat::Cf32);
        sense.pass(&stamp(second * 24_000, RATE_SPS), made.samples(0, 24_000), &mut kept);
        kept.readings.clear();
    }
    // 80 in this time.
    assert!(kept.hearings.len() <= 80, "{}", kept.hearings.len());
    let train = PulseTrain {
        period_min_us: 1_000,
        period_max_us: 2_000,
        jitter_ratio_max: 0.1,
        pulses_min: 3,
        pattern: Default::default(),
    };
    config.channels[0].emission = Emission::Pulsed(train);
    assert_eq!(config.channels[0].shares().chirp, 0.0);
}

#[test]
fn where_blocks_are_cut_changes_no_packet() {
    let config = lora(7, 8);
    let mut signal = noise(9, 2.0);
    add_packet(&mut signal, 0.4, 7, AT_HZ + 300.0, 36.0, 1.0);
    for format in FORMATS {
        let made = Made::of(&signal, format);
        let whole = run(&config, &made).hearings;
        assert!(!whole.is_empty(), "{format:?}");
        let cuts: Vec<usize> = (1..90).map(|n| n * n * 5).filter(|cut| *cut < made.len()).collect();
        assert_eq!(run_cut(&config, &made, &cuts).hearings, whole, "{format:?}");
    }
}
