//! Trains of pulses that no single pulse shows.

use super::*;
use crate::config::{Pattern, PulseTrain};
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
        pattern: Default::default(),
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

/// The later pulses of a group of four.
const GROUP_US: [u32; 3] = [60_000, 150_000, 210_000];

/// As [`tag`], of such groups or, by the settings, of single pulses.
fn coded(is_told: bool) -> SenseConfig {
    let mut config = tag(1.0, 2.0);
    let Emission::Pulsed(train) = &mut config.channels[0].emission else { unreachable!() };
    train.pattern = Pattern::new(if is_told { &GROUP_US } else { &[] }).expect("it ascends");
    config
}

/// Noise, and the group every 1.5 s, ten times.
fn groups(seed: u64, cn0_db_hz: f64) -> Made {
    let mut signal = Random(seed).noise(1e-3, (16.0 * RATE_SPS) as usize);
    let amplitude = (ratio_from_db(cn0_db_hz) * NOISE_HZ).sqrt();
    for first_s in (0..10).map(|n| 0.4 + 1.5 * f64::from(n)) {
        for later_us in std::iter::once(0).chain(GROUP_US) {
            let start = ((first_s + f64::from(later_us) * 1e-6) * RATE_SPS) as usize;
            add_tone(&mut signal, start..start + 480, 5_321.0, RATE_SPS, amplitude);
        }
    }
    Made::of(&signal, SampleFormat::Cf32)
}

#[test]
fn a_coded_tag_is_heard_3_db_deeper_by_its_pattern() {
    let heard = |is_told, cn0_db_hz| {
        let is_heard = |seed: &u64| !run(&coded(is_told), &groups(*seed, cn0_db_hz)).hearings.is_empty();
        (1..=8).filter(is_heard).count()
    };
    // Half of 40 each at 20.4 and at 23.7 dB-Hz.
    let (with, without) = (heard(true, 20.6), heard(false, 23.6));
    assert!(with >= 3 && without <= 6 && with >= without, "{with} {without}");
    assert_eq!(heard(false, 21.5), 0);
    assert!(heard(true, 22.0) >= 7);
}

#[test]
fn parts_of_a_loud_group_are_none_and_do_not_make_it_weaker() {
    let hearings = run(&coded(true), &groups(3, 35.0)).hearings;
    let is_so = |hearing: &&Hearing| {
        (f64::from(hearing.period_us.unwrap()) / 1.5e6 - 1.0).abs() < 0.01
            && (hearing.cn0.db() - 35.0).abs() < 4.0
    };
    let so = hearings.iter().filter(is_so).count();
    // From the third group on, and one of noise after them.
    assert!(so >= 7 && hearings.len() <= 9, "{so} {hearings:?}");
    // It is told when the newest group is over.
    assert!(hearings[0].until_us.0.abs_diff(3_400_000 + 230_000) < 20_000, "{:?}", hearings[0]);
}

#[test]
fn noise_makes_no_more_groups_than_are_accepted() {
    let mut config = coded(true);
    config.false_alarms_per_hour = 3_600.0;
    let noise = Random(11).noise(1e-3, (200.0 * RATE_SPS) as usize);
    let told = run(&config, &Made::of(&noise, SampleFormat::Cf32)).hearings.len();
    // Half of them are for trains: 100 (Poisson: up to 130), and nearly all are rarer than they need be.
    assert!((1..=100).contains(&told), "{told}");
}
