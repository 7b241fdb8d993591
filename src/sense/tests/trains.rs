//! Trains of pulses that no single pulse shows.

use super::*;
use crate::config::PulseTrain;
use crate::signal::HearingKind;
use crate::units::{db_from_ratio, ratio_from_db};

const RATE_SPS: f64 = 24e3;
const NOISE_HZ: f64 = 1e-3 / RATE_SPS;

/// 4 kHz at 5 kHz, pulses of 15 to 27 ms.
fn tag(period_min_s: f64, period_max_s: f64) -> SenseConfig {
    let train = PulseTrain {
        period_min_us: (period_min_s * 1e6) as u32,
        period_max_us: (period_max_s * 1e6) as u32,
        jitter_ratio_max: 0.02,
        pulses_min: 3,
    };
    let mut config =
        SenseConfig { sample_rate_sps: RATE_SPS, fft_len: 64, dc_exclude_hz: None, ..config(5e3, 4e3) };
    let channel = &mut config.channels[0];
    channel.emission = Emission::Pulsed(train);
    (channel.pulse_width_min_us, channel.pulse_width_max_us) = (15_000, 27_000);
    config
}

/// Noise, and 20 ms every 1.3 s at 5321 Hz.
fn pulses(seed: u64, seconds: f64, cn0_db_hz: f64) -> Made {
    let mut signal = Random(seed).noise(1e-3, (seconds * RATE_SPS) as usize);
    let (amplitude, end) = ((ratio_from_db(cn0_db_hz) * NOISE_HZ).sqrt(), signal.len());
    for start in
        (0..).map(|n| ((0.4 + 1.3 * f64::from(n)) * RATE_SPS) as usize).take_while(|at| at + 480 < end)
    {
        add_tone(&mut signal, start..start + 480, 5_321.0, RATE_SPS, amplitude);
    }
    Made::of(&signal, SampleFormat::Cf32)
}

#[test]
fn a_tag_far_below_the_noise_is_heard_known_or_searched() {
    // −7 dB in the channel, where single pulses stand out from +9 dB on.
    for config in [tag(1.3, 1.3), tag(0.5, 3.0)] {
        let kept = run(&config, &pulses(3, 16.0, 29.0));
        assert_eq!(kept.pulses, []);
        let first = kept.hearings.first().expect("heard");
        assert!(first.until_us.0 < 9_000_000, "{first:?}");
        for hearing in &kept.hearings {
            assert_eq!(hearing.kind, HearingKind::Train);
            // To a bin of the filter, and a pulse's width over its periods.
            assert!((hearing.frequency_hz - 5_321.0).abs() < 30.0, "{hearing:?}");
            let spread_db = (3.0 * hearing.cn0_sigma.db()).max(8.0);
            assert!((hearing.cn0.db() - 29.0).abs() < spread_db, "{hearing:?}");
            let power_dbfs = db_from_ratio(ratio_from_db(29.0) * NOISE_HZ);
            assert!((hearing.power.db() - power_dbfs).abs() < spread_db + 1.0, "{hearing:?}");
        }
        // Where it is searched, noise in between or a pulse that is missed may make half or twice of it.
        let is_so = |hearing: &&Hearing| (f64::from(hearing.period_us.unwrap()) / 1.3e6 - 1.0).abs() < 0.05;
        let so = kept.hearings.iter().filter(is_so).count();
        assert!(2 * so > kept.hearings.len(), "{so} of {}", kept.hearings.len());
    }
}

#[test]
fn noise_a_carrier_and_longer_pulses_are_no_train() {
    let config = tag(0.1, 0.6);
    let mut signal = Random(5).noise(1e-3, (40.0 * RATE_SPS) as usize);
    assert_eq!(run(&config, &Made::of(&signal, SampleFormat::Cf32)).hearings, []);
    // A carrier from 5 s on, and pulses of 150 ms every 400 ms beside it.
    let end = signal.len();
    let amplitude = (ratio_from_db(33.0) * NOISE_HZ).sqrt();
    add_tone(&mut signal, (5.0 * RATE_SPS) as usize..end, 4_200.0, RATE_SPS, amplitude);
    for start in (0..90).map(|n| ((1.0 + 0.4 * f64::from(n)) * RATE_SPS) as usize) {
        add_tone(&mut signal, start..start + 3_600, 6_100.0, RATE_SPS, amplitude);
    }
    let hearings = run(&config, &Made::of(&signal, SampleFormat::Cf32)).hearings;
    let told = |from_s: f64, to_s: f64| {
        let until_s = |hearing: &&Hearing| (from_s..to_s).contains(&(hearing.until_us.0 as f64 / 1e6));
        hearings.iter().filter(until_s).count()
    };
    // Until it is known that they are on for most of the time.
    assert!(told(0.0, 12.0) <= 4 && told(12.0, 40.0) == 0, "{} {:?}", hearings.len(), hearings.first());
}
