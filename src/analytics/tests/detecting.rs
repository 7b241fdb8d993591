//! Detection: what is heard, as what, from when to when, and what must not be.

use super::*;
use crate::facts::DetectionKind;

/// Feeds hops of `mean_db(hop)` over a floor of −90 dB and calls `detections` every 50 ms.
fn hear(analytics: &mut Analytics, hops: u64, row: impl Fn(u64) -> (f64, f64)) -> Vec<Detection> {
    let mut found = Vec::new();
    for hop in 0..hops {
        let (mean_db, quiet_db) = row(hop);
        analytics.reading(&reading(hop * HOP_US, mean_db, quiet_db));
        if hop % 5 == 4 {
            found.extend(reports(analytics, hop * HOP_US));
        }
    }
    found
}

fn analytics(emission: Emission) -> Analytics {
    Analytics::new(&config(), &[channel(emission)], HOP_US as u32)
}

#[test]
fn a_carrier_is_reported_when_it_begins_and_when_it_ends() {
    for emission in [Emission::Continuous, Emission::Any(train())] {
        let on = |hop: u64| if (100..300).contains(&hop) { (-70.0, -90.0) } else { (-90.0, -90.0) };
        let found = hear(&mut analytics(emission), 500, on);
        assert_eq!(found.len(), 2, "{found:?}");
        let (begin, end) = (found[0], found[1]);
        assert_eq!(
            (begin.kind, begin.began_us, begin.ended_us),
            (DetectionKind::Carrier, TimeUs(1_000_000), None)
        );
        assert!((1_300_000..1_400_000).contains(&begin.confirmed_us.0), "{begin:?}");
        assert_eq!((end.id, end.ended_us, end.snr_peak_db), (begin.id, Some(TimeUs(2_990_000)), 20.0));
        assert!(begin.false_alarm_probability < 1e-9);
    }
}

#[test]
fn hysteresis_keeps_what_began_and_starts_nothing() {
    // 9 dB lies between drop (6) and trigger (12).
    let weak = hear(&mut analytics(Emission::Continuous), 500, |_| (-81.0, -90.0));
    assert!(weak.is_empty(), "{weak:?}");
    let fading =
        hear(&mut analytics(Emission::Continuous), 900, |hop| (if hop < 50 { -70.0 } else { -81.0 }, -90.0));
    assert_eq!(fading.len(), 1, "{fading:?}");
}

#[test]
fn a_short_dip_does_not_end_a_carrier() {
    let dips = |hop: u64| (if hop > 100 && hop % 150 < 80 { -90.0 } else { -70.0 }, -90.0);
    assert_eq!(hear(&mut analytics(Emission::Continuous), 1_500, dips).len(), 1);
}

#[test]
fn a_wideband_noise_step_is_no_beacon() {
    for emission in [Emission::Continuous, Emission::Any(train()), Emission::Pulsed(train())] {
        let mut analytics = analytics(emission);
        let step = |hop: u64| if hop < 200 { (-90.0, -90.2) } else { (-75.0, -75.2) };
        assert!(hear(&mut analytics, 1_000, step).is_empty());
        assert_eq!(analytics.facts(0, TimeUs(10_000_000)).floor_spectral_dbfs.map(f64::round), Some(-75.0));
    }
}

#[test]
fn single_bursts_are_no_carrier() {
    let bursts = |hop: u64| (if hop % 400 < 21 { -50.0 } else { -90.0 }, -90.0);
    for emission in [Emission::Continuous, Emission::Any(train())] {
        assert!(hear(&mut analytics(emission), 2_000, bursts).is_empty());
    }
}

/// A train of 33 ms every 42 ms: no hop lies wholly in a gap, so every hop's mean is far over the drop level.
fn strong_train(analytics: &mut Analytics, pulse_count: u64) -> Vec<Detection> {
    let mut found = Vec::new();
    let is_on =
        |us: u64| (500_000..500_000 + pulse_count * 42_000).contains(&us) && (us - 500_000) % 42_000 < 33_000;
    // Long enough for a train of few pulses to end.
    let hops = 400 + pulse_count * 42_000 / HOP_US;
    for hop in 0..hops {
        let from = hop * HOP_US;
        let share = (from..from + HOP_US).step_by(100).filter(|us| is_on(*us)).count() as f64 / 100.0;
        analytics.reading(&reading(from, -90.0 + 10.0 * (1.0 + 1e5 * share).log10(), -90.0));
        for i in 0..pulse_count {
            let start = 500_000 + i * 42_000;
            if (from..from + HOP_US).contains(&(start + 33_000)) {
                analytics.pulse(&pulse(start, 33_000, 50.0));
            }
        }
        if hop % 5 == 4 {
            found.extend(reports(analytics, from));
        }
    }
    found
}

#[test]
fn a_train_is_a_train_with_its_pattern_and_no_carrier() {
    for emission in [Emission::Pulsed(train()), Emission::Any(train())] {
        let mut analytics = analytics(emission);
        let found = strong_train(&mut analytics, 8);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|detection| detection.kind == DetectionKind::PulseTrain));
        let end = found[1];
        assert_eq!((end.pattern.pulse_count, end.pattern.width_us), (8, Some(33_000)));
        assert!((end.pattern.period_us.unwrap() - 42_000.0).abs() < 1.0, "{end:?}");
        assert_eq!(
            (end.began_us, end.ended_us),
            (TimeUs(500_000), Some(TimeUs(500_000 + 7 * 42_000 + 33_000)))
        );
        let pattern = analytics.facts(0, TimeUs(2_000_000)).pattern;
        assert_eq!((pattern.pulse_count, pattern.jitter_us), (8, Some(0.0)));
    }
    let as_carrier = strong_train(&mut analytics(Emission::Continuous), 200);
    assert!(as_carrier.is_empty(), "{as_carrier:?}");
}

#[test]
fn a_carrier_cut_into_longest_pulses_is_no_train() {
    for emission in [Emission::Pulsed(train()), Emission::Any(train())] {
        let mut analytics = analytics(emission);
        let mut found = Vec::new();
        for hop in 0..1_000 {
            analytics.reading(&reading(hop * HOP_US, -60.0, -90.0));
            if hop % 30 == 29 {
                let cut = pulse((hop - 29) * HOP_US, 300_000, 30.0);
                analytics.pulse(&Pulse { flags: Flags::END_UNSEEN, ..cut });
            }
            found.extend(reports(&mut analytics, hop * HOP_US));
        }
        let trains = found.iter().filter(|detection| detection.kind != DetectionKind::Carrier).count();
        let expected = if matches!(emission, Emission::Any(_)) { 1 } else { 0 };
        assert_eq!((trains, found.len()), (0, expected), "{found:?}");
    }
}

#[test]
fn a_slow_train_is_held_for_two_and_a_half_periods() {
    let mut analytics = analytics(Emission::Pulsed(train()));
    let mut found = Vec::new();
    for pass in 0..800u64 {
        let now = pass * 50_000;
        // A pulse every 2 s, one of them missing.
        if now % 2_000_000 == 100_000 && now < 24_000_000 && now / 2_000_000 != 8 {
            analytics.pulse(&pulse(now - 30_000, 20_000, 25.0));
        }
        found.extend(reports(&mut analytics, now));
    }
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[1].pattern.pulse_count, found[1].ended_us), (11, Some(TimeUs(22_090_000))));
    assert!((found[1].pattern.period_us.unwrap() - 2e6).abs() < 1.0);
}

#[test]
fn one_pulse_is_a_burst_where_the_settings_ask_for_one() {
    let single = PulseTrain { pulses_min: 1, ..train() };
    let mut one = analytics(Emission::Pulsed(single));
    one.pulse(&pulse(1_000_000, 211_000, 27.0));
    let found = reports(&mut one, 1_250_000);
    assert_eq!((found.len(), found[0].kind, found[0].pattern.pulse_count), (1, DetectionKind::Burst, 1));
    assert!(reports(&mut one, 1_300_000).is_empty());
    assert!(reports(&mut one, 3_200_000).is_empty(), "the next may come a period later");
    assert_eq!(reports(&mut one, 5_211_000)[0].ended_us, Some(TimeUs(1_211_000)));
    let mut five = analytics(Emission::Pulsed(train()));
    five.pulse(&pulse(1_000_000, 211_000, 27.0));
    assert!(reports(&mut five, 1_250_000).is_empty());
}

#[test]
fn without_quiet_bins_the_temporal_floor_stands_in() {
    let mut analytics = analytics(Emission::Continuous);
    let mut found = Vec::new();
    for hop in 0..900 {
        let mean_db = if hop < 400 { -90.0 } else { -70.0 };
        let row = Reading { flags: Flags::NO_QUIET, ..reading(hop * HOP_US, mean_db, 0.0) };
        analytics.reading(&row);
        found.extend(reports(&mut analytics, hop * HOP_US));
    }
    assert_eq!((found.len(), found[0].snr_peak_db), (1, 20.0));
    assert_eq!(analytics.facts(0, TimeUs(9_000_000)).snr_floor, Floor::Temporal);
}

#[test]
fn pulses_under_the_drop_level_are_no_evidence() {
    let mut analytics = analytics(Emission::Pulsed(train()));
    for i in 0..16 {
        // Every second one is too weak: what is left has a period of 0.4 s.
        analytics.pulse(&pulse(1_000_000 + i * 200_000, 20_000, if i % 2 == 0 { 30.0 } else { 5.0 }));
    }
    let found = reports(&mut analytics, 4_100_000);
    assert_eq!((found.len(), found[0].pattern.pulse_count), (1, 8), "{found:?}");
    assert!((found[0].pattern.period_us.unwrap() - 400_000.0).abs() < 1.0);
}

/// As [`hear`], but with readings only where `row` has one; then the end of the flight, long after.
fn hear_to_the_end(analytics: &mut Analytics, hops: u64, row: impl Fn(u64) -> Option<f64>) -> Vec<Detection> {
    let mut found = Vec::new();
    for hop in 0..hops {
        if let Some(mean_db) = row(hop) {
            analytics.reading(&reading(hop * HOP_US, mean_db, -90.0));
        }
        found.extend(reports(analytics, hop * HOP_US));
    }
    found.extend(reports(analytics, hops * HOP_US + u64::from(u32::MAX)));
    found
}

/// Begin and end of each detection, in order: nothing else may be told.
fn spans(found: &[Detection]) -> Vec<(u64, u64)> {
    let mut pairs = found.chunks_exact(2);
    let spans: Vec<_> = pairs
        .by_ref()
        .map(|pair| {
            assert_eq!((pair[0].id, pair[0].ended_us), (pair[1].id, None), "{found:?}");
            (pair[0].began_us.0, pair[1].ended_us.expect("an end").0)
        })
        .collect();
    assert!(pairs.remainder().is_empty(), "{found:?}");
    assert!(spans.windows(2).all(|two| two[0].1 < two[1].0), "{spans:?}");
    spans
}

#[test]
fn a_carrier_that_is_cut_off_is_told_once() {
    for emission in [Emission::Continuous, Emission::Any(train())] {
        // The samples stop for ten seconds, come back with the carrier, and end with it.
        let row = |hop: u64| (!(400..1_400).contains(&hop)).then_some(-70.0);
        let found = hear_to_the_end(&mut analytics(emission), 2_000, row);
        assert_eq!(spans(&found), [(0, 3_990_000), (14_000_000, 19_990_000)]);
    }
    // A hold that is shorter than what a run bridges.
    let config = AnalyticsConfig { hold_us: 20_000, ..config() };
    let mut short = Analytics::new(&config, &[channel(Emission::Continuous)], HOP_US as u32);
    let found = hear_to_the_end(&mut short, 2_000, |hop| (hop % 200 > 4).then_some(-70.0));
    assert!(spans(&found).len() > 5, "{found:?}");
}

#[test]
fn pulses_that_were_told_of_are_no_evidence_of_a_further_train() {
    let mut analytics = analytics(Emission::Pulsed(PulseTrain { pulses_min: 3, ..train() }));
    let mut found = Vec::new();
    // Two trains on one grid of a second; the six empty places between them end the first.
    for place in (0..8).chain(14..20) {
        let start = 1_000_000 + place * 1_000_000;
        found.extend(reports(&mut analytics, start - 500_000));
        analytics.pulse(&pulse(start, 20_000, 25.0));
        found.extend(reports(&mut analytics, start + 30_000));
    }
    found.extend(reports(&mut analytics, 60_000_000));
    assert_eq!(spans(&found), [(1_000_000, 8_020_000), (15_000_000, 20_020_000)]);
}

/// Begin, period and end of all that is told when these pulses come in, each as soon as it ended.
fn told_of(analytics: &mut Analytics, pulses: impl IntoIterator<Item = (u64, u32)>) -> Vec<Detection> {
    let (mut found, mut now_us) = (Vec::new(), 0);
    for (start_us, width_us) in pulses {
        let end_us = start_us + u64::from(width_us);
        while now_us + 50_000 < end_us {
            now_us += 50_000;
            found.extend(reports(analytics, now_us));
        }
        analytics.pulse(&pulse(start_us, width_us, 25.0));
    }
    found.extend(reports(analytics, now_us + 50_000));
    found.extend(reports(analytics, now_us + 60_000_000));
    found
}

fn wide(pulses_min: u8) -> Emission {
    let train = PulseTrain {
        period_min_us: 20_000,
        period_max_us: 2_000_000,
        jitter_ratio_max: 0.1,
        pulses_min,
        pattern: Default::default(),
    };
    Emission::Any(train)
}

#[test]
fn an_even_train_with_fades_stays_one_of_its_own_period() {
    use crate::analytics::random::Random;
    let (mut trains, mut false_periods) = (0, Vec::new());
    for seed in 0..600 {
        let mut random = Random::seeded(seed);
        let period_us = random.between(60_000.0, 400_000.0);
        let (fades, singles) = (random.between(0.05, 0.2), seed % 2 == 0);
        let (mut place, mut starts) = (10_u64, Vec::new());
        for _ in 0..150 {
            let jitter = random.between(-0.01, 0.01);
            starts.push(((place as f64 + jitter) * period_us) as u64);
            let missing = if random.unit() > fades {
                0
            } else if singles && random.unit() < 0.8 {
                1
            } else {
                random.between(0.0, 6.0).ceil() as u64
            };
            place += 1 + missing;
        }
        let found = told_of(&mut analytics(wide(5)), starts.into_iter().map(|start| (start, 20_000)));
        for period in found.iter().filter_map(|detection| detection.pattern.period_us) {
            trains += 1;
            if (period / period_us - 1.0).abs() > 0.02 {
                false_periods.push((seed, period / period_us));
            }
        }
    }
    assert!(trains >= 600, "{trains}");
    assert!(false_periods.is_empty(), "{} of {trains}: {false_periods:?}", false_periods.len());
}

#[test]
fn a_code_is_one_train_also_where_it_lies_on_an_even_grid() {
    for code in [&[0, 100_000][..], &[0, 100_000, 200_000], &[0, 40_000, 130_000, 180_000]] {
        for period_us in [700_000_u64, 1_300_000] {
            let starts =
                (0..40).flat_map(|place| code.iter().map(move |at| 1_000_000 + place * period_us + at));
            let found = told_of(&mut analytics(wide(3)), starts.map(|start| (start, 20_000)));
            let [_, end] = found[..] else { panic!("{code:?} {period_us}: {found:?}") };
            let period = end.pattern.period_us.unwrap();
            assert!((period - period_us as f64).abs() < 10.0, "{code:?} {period_us}: {end:?}");
        }
    }
}

#[test]
fn strangers_do_not_keep_a_coded_train_open() {
    let tag =
        (0..12_u64).flat_map(|place| [0, 100_000, 200_000].map(|at| 1_000_000 + place * 1_300_000 + at));
    let last_us = 1_000_000 + 11 * 1_300_000 + 200_000;
    // Within the longest gap of a group of one another, far on beyond the tag.
    let strangers = (1..60).map(|n| last_us + n * 130_000);
    let Emission::Any(train) = wide(3) else { unreachable!() };
    // So that none takes the place of a group's first.
    let mut all = analytics(Emission::Any(PulseTrain { jitter_ratio_max: 0.01, ..train }));
    let found = told_of(&mut all, tag.chain(strangers).map(|start| (start, 20_000)));
    let end = found.iter().find(|detection| detection.ended_us.is_some()).unwrap();
    assert!(end.ended_us.unwrap() < TimeUs(last_us + 2_000_000), "{found:?}");
}

#[test]
fn a_coded_train_is_heard_up_to_the_last_pulse_of_its_newest_group() {
    let sought = PulseTrain {
        period_min_us: 1_200_000,
        period_max_us: 1_400_000,
        jitter_ratio_max: 0.1,
        pulses_min: 3,
        pattern: Default::default(),
    };
    let mut analytics = analytics(Emission::Pulsed(sought));
    let starts =
        (0..8_u64).flat_map(|place| [0, 100_000, 230_000].map(|at| 1_000_000 + place * 1_300_000 + at));
    starts.for_each(|start| {
        analytics.pulse(&pulse(start, 20_000, 25.0));
    });
    let found = reports(&mut analytics, 10_400_000);
    let last_us = 1_000_000 + 7 * 1_300_000 + 230_000;
    assert_eq!((found.len(), found[0].confirmed_us), (1, TimeUs(last_us + 20_000)), "{found:?}");
}
