//! What matched detectors hear becomes a detection of its kind.

use super::*;
use crate::config::Spreading;
use crate::facts::DetectionKind;
use crate::signal::{Hearing, HearingKind};

fn hearing(kind: HearingKind, until_us: u64, span_us: u32, cn0_db_hz: f32) -> Hearing {
    let is_train = kind == HearingKind::Train;
    Hearing {
        until_us: TimeUs(until_us),
        span_us,
        channel: 0,
        kind,
        frequency_hz: 433.921e6,
        drift_hz_s: 0.0,
        period_us: is_train.then_some(500_000),
        pulse_count: if is_train { 4 } else { 0 },
        width_us: if is_train { 20_000 } else { 0 },
        cn0: CentiDb::from_db(cn0_db_hz).unwrap(),
        cn0_sigma: CentiDb::from_db(1.0).unwrap(),
        power: CentiDb::from_db(-100.0).unwrap(),
        statistic: 1.2,
        threshold: 1.1,
        ln_false_alarms_per_hour: -9.0,
        message: None,
    }
}

fn begun(analytics: &mut Analytics, now_us: u64) -> Vec<DetectionKind> {
    let begun = reports(analytics, now_us).into_iter().filter(|detection| detection.ended_us.is_none());
    begun.map(|detection| detection.kind).collect()
}

#[test]
fn energy_is_a_carrier_and_a_preamble_a_burst_where_they_are_sought() {
    let chirp = Emission::Chirp(Spreading { min: 7, max: 12 });
    let kinds = [HearingKind::Energy, HearingKind::Chirp];
    for (emission, kind, told) in [
        (Emission::Continuous, kinds[0], Some(DetectionKind::Carrier)),
        (Emission::Any(train()), kinds[0], Some(DetectionKind::Carrier)),
        (Emission::Pulsed(train()), kinds[0], None),
        (chirp, kinds[1], Some(DetectionKind::Burst)),
        (Emission::Any(train()), kinds[1], None),
    ] {
        let mut analytics = Analytics::new(&config(), &[channel(emission)], HOP_US as u32);
        analytics.hearing(&hearing(kind, 3_000_000, 600_000, 30.0));
        let found = reports(&mut analytics, 3_100_000);
        assert_eq!(found.first().map(|detection| detection.kind), told, "{emission:?}");
        let Some(detection) = found.first() else { continue };
        assert_eq!((detection.began_us, detection.confirmed_us), (TimeUs(2_400_000), TimeUs(3_000_000)));
        assert_eq!(detection.heard.map(|heard| heard.cn0_db_hz), Some(30.0));
        // Over when nothing more comes: a carrier of such energy may be missed once.
        let ended = reports(&mut analytics, 3_000_000 + 1_300_000);
        assert_eq!(ended.first().and_then(|detection| detection.ended_us), Some(TimeUs(3_000_000)));
    }
}

#[test]
fn symbols_of_what_is_steady_are_no_train() {
    let mut analytics = Analytics::new(&config(), &[channel(Emission::Any(train()))], HOP_US as u32);
    analytics.hearing(&hearing(HearingKind::Energy, 3_000_000, 1_300_000, 36.0));
    analytics.hearing(&hearing(HearingKind::Train, 3_100_000, 1_000_000, 38.0));
    assert_eq!(begun(&mut analytics, 3_200_000), [DetectionKind::Carrier]);
    // Much stronger ones are, and so are those of a later time.
    for (until_us, cn0_db_hz) in [(3_100_000, 50.0), (6_000_000, 38.0)] {
        let mut analytics = Analytics::new(&config(), &[channel(Emission::Any(train()))], HOP_US as u32);
        analytics.hearing(&hearing(HearingKind::Energy, 3_000_000, 1_300_000, 36.0));
        analytics.hearing(&hearing(HearingKind::Train, until_us, 1_000_000, cn0_db_hz));
        assert_eq!(begun(&mut analytics, until_us + 100_000), [DetectionKind::PulseTrain], "{until_us}");
    }
}

#[test]
fn the_surest_hearing_tells_a_weak_trains_period() {
    let mut analytics = Analytics::new(&config(), &[channel(Emission::Pulsed(train()))], HOP_US as u32);
    let mut last = None;
    for (n, (period_us, ln)) in [(250_000, -9.0), (500_000, -30.0), (170_000, -20.0)].into_iter().enumerate()
    {
        let until_us = 3_000_000 + 500_000 * n as u64;
        let train = hearing(HearingKind::Train, until_us, 1_500_000, 30.0);
        analytics.hearing(&Hearing { period_us: Some(period_us), ln_false_alarms_per_hour: ln, ..train });
        last = reports(&mut analytics, until_us + 100_000).pop().or(last);
    }
    let ended = reports(&mut analytics, 60_000_000).pop().or(last).expect("it ends");
    assert!(ended.ended_us.is_some(), "{ended:?}");
    assert_eq!(ended.pattern.period_us, Some(500_000.0));
    assert!((ended.false_alarm_probability.ln() + 30.0).abs() < 1e-9, "{ended:?}");
}
