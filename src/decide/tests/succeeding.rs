//! Another profile in flight: what stays goes on to the bit, what goes ends, and the same switches give the same records.

use super::*;
use crate::facts::Detection;

const SWITCH_US: u64 = 5_020_000;

fn of(channels: &[ChannelConfig]) -> Config {
    let mut config = config();
    config.sense.channels = channels.to_vec();
    config
}

fn channels() -> [ChannelConfig; 3] {
    let own = config().sense.channels.remove(0);
    let named = |name: &str, hz: f64| ChannelConfig { name: name.into(), frequency_hz: hz, ..own.clone() };
    [own.clone(), named("goes", 433.90e6), named("comes", 433.88e6)]
}

/// The beacon, and on 1 until the switch, on `other` from it on; what is heard there is the same.
fn flown_with(mut next: Option<Decide>, other: u8) -> (Collected, bool) {
    let [beacon, goes, _] = channels();
    let mut decide = Decide::new(&of(&[beacon, goes])).unwrap();
    let (mut world, mut collected) = (World { seed: 1 }, Collected::default());
    collected.records.reserve(100_000);
    collected.readings.reserve(100_000);
    let (mut hop, mut is_taken) = (0, false);
    for pass in 1..=240 {
        let now = TimeUs(pass * PASS_US);
        if let Some(mut next) = next.take_if(|_| now.0 >= SWITCH_US) {
            let (taken, calls) =
                allocation::count(|| decide.succeed(TimeUs(SWITCH_US), &mut next, &mut collected));
            assert_eq!(calls, 0);
            is_taken = taken;
        }
        let mut readings = Vec::new();
        while (hop + 1) * u64::from(HOP_US) <= now.0 {
            let reading = world.reading(hop);
            // The sense pass is somewhat later than this one.
            let is_other = is_taken && reading.acquired_us.0 >= SWITCH_US + 100_000;
            let channel = if is_other { other } else { 1 };
            readings.extend([reading, Reading { channel, ..reading }]);
            hop += 1;
        }
        let vehicle = World::vehicle(now);
        let inputs = PassInputs {
            now,
            readings: &readings,
            pulses: &[],
            hearings: &[],
            vehicle: &vehicle,
            act: None,
            sdr_alive: true,
        };
        let (_, calls) = allocation::count(|| decide.pass(&inputs, &mut collected));
        assert_eq!(calls, 0);
    }
    decide.finish(TimeUs(240 * PASS_US), &mut collected);
    (collected, is_taken)
}

fn flown(next: Option<Decide>) -> (Collected, bool) {
    flown_with(next, 1)
}

fn next(config: &Config, numbers: &[u8]) -> Option<Decide> {
    Some(Decide::numbered(config, numbers).unwrap())
}

fn detections(flown: &Collected, number: u8) -> Vec<Detection> {
    let detection = |record: &Record| match record {
        Record::Detection(detection) if detection.channel == number => Some(*detection),
        _ => None,
    };
    flown.records.iter().filter_map(detection).collect()
}

fn facts(flown: &Collected, number: u8) -> Vec<String> {
    let facts = |record: &Record| match record {
        Record::Facts(facts) if facts.channel == number => Some(format!("{facts:?}")),
        _ => None,
    };
    flown.records.iter().filter_map(facts).collect()
}

#[test]
fn what_stays_goes_on_to_the_bit_what_goes_ends_and_what_comes_is_heard() {
    let [beacon, _, comes] = channels();
    let (alone, _) = flown(None);
    let to = of(&[comes, beacon]);
    let (both, is_taken) = flown_with(next(&to, &[2, 0]), 2);
    assert!(is_taken);
    assert!(facts(&both, 0) == facts(&alone, 0));
    let own = |flown: &Collected| {
        let plain = |detection: &Detection| Detection { id: 0, ..*detection };
        detections(flown, 0).iter().map(plain).collect::<Vec<_>>()
    };
    assert_eq!((own(&both), own(&both).len()), (own(&alone), 2));
    // No reading of any is missing in the record, those too that came late.
    assert_eq!(both.readings.len(), alone.readings.len());
    assert!(both.readings.iter().zip(&alone.readings).all(|(a, b)| a.pose == b.pose));

    let [began, ended] = detections(&both, 1)[..] else { panic!("{:?}", detections(&both, 1)) };
    assert!(ended.id == began.id && ended.ended_us.is_some_and(|at| at.0 < SWITCH_US), "{ended:?}");
    let [began, _] = detections(&both, 2)[..] else { panic!("{:?}", detections(&both, 2)) };
    assert!(began.id > ended.id && began.began_us.0 >= SWITCH_US, "{began:?}");
    assert_eq!(facts(&both, 1).len() + facts(&both, 2).len(), facts(&alone, 1).len());
    let heard = both.records.iter().filter_map(|record| match record {
        Record::Event(event) if event.kind == "detection" => Some(event.text),
        _ => None,
    });
    let heard: Vec<_> = heard.map(|text| text.as_str().split(' ').next().unwrap().to_string()).collect();
    assert_eq!(heard, ["beacon", "goes", "comes"]);

    let (again, _) = flown_with(next(&to, &[2, 0]), 2);
    assert!(format!("{:?}", again.records) == format!("{:?}", both.records));
}

#[test]
fn other_thresholds_begin_the_statistics_anew_and_the_same_profile_changes_nothing() {
    let [beacon, goes, _] = channels();
    let (alone, _) = flown(None);
    let (same, is_taken) = flown(next(&of(&[beacon.clone(), goes]), &[0, 1]));
    assert!(is_taken);
    assert!(format!("{:?}", same.records) == format!("{:?}", alone.records));
    let mut deaf = of(&[beacon]);
    deaf.analytics.trigger_db = 60.0;
    let (deaf, _) = flown(next(&deaf, &[0]));
    let [_, ended] = detections(&deaf, 0)[..] else { panic!("{:?}", detections(&deaf, 0)) };
    assert!(ended.ended_us.is_some_and(|at| at.0 < SWITCH_US));
}

#[test]
fn what_would_loosen_an_interlock_or_change_the_hop_is_refused_whole() {
    let [beacon, goes, _] = channels();
    let (alone, _) = flown(None);
    let mut loose = of(&[goes]);
    loose.interlock.satellites_min -= 1;
    let mut slow = of(&[beacon]);
    slow.sense.hop_us *= 2;
    for config in [loose, slow] {
        let (flown, is_taken) = flown(next(&config, &[1]));
        assert!(!is_taken);
        assert!(format!("{:?}", flown.records) == format!("{:?}", alone.records));
    }
}

#[test]
fn numbers_stay_with_their_channels_and_names_are_told_apart() {
    let [beacon, goes, comes] = channels();
    let mut numbers = Numbers::default();
    assert_eq!(numbers.of(&[beacon.clone(), goes.clone()]), Some(vec![0, 1]));
    assert_eq!(numbers.of(&[comes, goes]), Some(vec![2, 1]));
    let wider = ChannelConfig { bandwidth_hz: 20e3, ..beacon.clone() };
    assert_eq!(numbers.of(&[wider, beacon.clone()]), Some(vec![3, 0]));
    assert_eq!(numbers.names(), ["beacon", "goes", "comes", "beacon #3"]);
    let many = (0..252).map(|n| ChannelConfig { frequency_hz: f64::from(n), ..beacon.clone() });
    assert!(numbers.of(&many.collect::<Vec<_>>()).is_some());
    assert_eq!(numbers.of(&[ChannelConfig { frequency_hz: 1e3, ..beacon }]), None);
}
