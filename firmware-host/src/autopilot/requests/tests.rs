//! What is asked of the autopilot, when, and when it is given up.

use super::*;

fn settings() -> AutopilotSettings {
    AutopilotSettings {
        address: "none".into(),
        system: None,
        component: 191,
        setpoint_hz: 20.0,
        telemetry_hz: 1.0,
        position_hz: 10.0,
        attitude_hz: 10.0,
        status_hz: 2.0,
        reconnect_wait_min_us: 100_000,
        reconnect_wait_max_us: 1_000_000,
    }
}

/// What an obedient autopilot sends: each so many passes.
const RATES: [(u32, u64); 13] = [
    (33, 2),
    (30, 2),
    (65, 1),
    (24, 10),
    (193, 10),
    (1, 10),
    (147, 10),
    (2, 20),
    (436, 2),
    (245, 5),
    (132, 5),
    (136, 5),
    (168, 20),
];

/// Runs 20 Hz passes over `seconds` with an autopilot that sends what `obeys` says at the rate asked for.
fn asked(
    requests: &mut Requests,
    begin_s: u64,
    seconds: u64,
    v1: bool,
    obeys: impl Fn(u32) -> bool,
) -> Vec<Request> {
    let mut all = Vec::new();
    for pass in begin_s * 20..(begin_s + seconds) * 20 {
        all.extend(requests.due(TimeUs(pass * 50_000), v1, true));
        requests.answered(511, 0);
        for (id, every) in RATES {
            if obeys(id) && pass % every == 0 {
                requests.heard(id);
            }
        }
    }
    all.retain(|request| !matches!(request, Request::Home(_)));
    all
}

#[test]
fn an_obedient_autopilot_is_asked_once() {
    let mut requests = Requests::new(&settings(), Firmware::ArduCopter);
    let all = asked(&mut requests, 0, 60, false, |_| true);
    assert_eq!(all.len(), RATES.len(), "{all:?}");
    assert!(all.contains(&Request::Interval(33, 100_000)) && all.contains(&Request::Interval(193, 500_000)));
    assert!(all.contains(&Request::Interval(65, 25_000)), "sticks come at 40 Hz at least");
}

#[test]
fn only_what_is_missing_is_asked_again_and_then_in_the_old_way_too() {
    let mut requests = Requests::new(&settings(), Firmware::ArduCopter);
    asked(&mut requests, 0, 5, false, |id| id != 24);
    assert_eq!(asked(&mut requests, 5, 3, false, |id| id != 24), [Request::Interval(24, 500_000)]);
    let later = asked(&mut requests, 8, 7, false, |id| id != 24);
    assert_eq!(later[0], Request::Interval(24, 500_000));
    assert!(later.contains(&Request::Stream(Stream::Status, 2)), "{later:?}");
    let last = asked(&mut requests, 15, 120, false, |id| id != 24);
    assert!(last.len() < 6 * 6, "it becomes patient: {}", last.len());
}

#[test]
fn one_that_refuses_or_is_old_is_asked_in_the_old_way_at_once() {
    let mut refusing = Requests::new(&settings(), Firmware::ArduCopter);
    refusing.due(TimeUs(0), false, true);
    let refusal = refusing.answered(511, 3).unwrap();
    assert_eq!(refusal.to_string(), "message 33 each 100 ms: unsupported");
    assert!(asked(&mut refusing, 0, 2, false, |_| false).contains(&Request::Stream(Stream::Position, 10)));
    let mut old = Requests::new(&settings(), Firmware::ArduCopter);
    assert!(asked(&mut old, 0, 2, true, |_| false).contains(&Request::Stream(Stream::Attitude, 10)));
    let mut other = Requests::new(&settings(), Firmware::ArduCopter);
    other.answered(400, 4);
    other.answered(511, 0);
    assert_eq!(asked(&mut other, 0, 2, false, |_| true).len(), RATES.len());
}

#[test]
fn home_is_asked_for_both_ways_until_it_is_known() {
    let mut requests = Requests::new(&settings(), Firmware::Px4);
    let due = |requests: &mut Requests, from_s: u64, to_s: u64, known| {
        let passes =
            (from_s * 20..to_s * 20).filter_map(|pass| requests.due(TimeUs(pass * 50_000), false, known));
        passes.filter(|request| matches!(request, Request::Home(_))).collect::<Vec<_>>()
    };
    let unknown = due(&mut requests, 0, 8, false);
    assert!(unknown.contains(&Request::Home(true)) && unknown.contains(&Request::Home(false)), "{unknown:?}");
    assert_eq!(due(&mut requests, 8, 38, true).len(), 3);
}

#[test]
fn what_an_autopilot_may_lack_is_given_up_and_makes_it_no_refusing_one() {
    let may_lack = [436, 132, 136, 168];
    let mut silent = Requests::new(&settings(), Firmware::ArduCopter);
    let all = asked(&mut silent, 0, 300, false, |id| !may_lack.contains(&id));
    assert_eq!(all.len(), RATES.len() - may_lack.len() + may_lack.len() * 3, "{all:?}");
    assert!(!all.iter().any(|request| matches!(request, Request::Stream(..))));

    // It refuses each of them, each time: told once, and asked once.
    let mut refusing = Requests::new(&settings(), Firmware::ArduCopter);
    let (mut refusals, mut asked_count) = (Vec::new(), 0);
    for pass in 0..2_000u64 {
        let request = refusing.due(TimeUs(pass * 50_000), false, true);
        if let Some(Request::Interval(id, _)) = request {
            asked_count += 1;
            let result = if may_lack.contains(&id) { 2 } else { 0 };
            refusals.extend(refusing.answered(511, result).map(|refusal| refusal.to_string()));
        }
        assert!(!matches!(request, Some(Request::Stream(..))));
        for (id, every) in RATES {
            if !may_lack.contains(&id) && pass % every == 0 {
                refusing.heard(id);
            }
        }
    }
    assert_eq!(asked_count, RATES.len());
    assert_eq!(refusals.len(), may_lack.len());
    assert!(refusals.contains(&"message 436 each 100 ms: denied".to_owned()), "{refusals:?}");
}

/// Homing needs it fresh: one that was lost thrice is asked for still.
#[test]
fn whether_it_stands_on_the_ground_is_asked_for_until_it_comes() {
    let mut requests = Requests::new(&settings(), Firmware::ArduCopter);
    asked(&mut requests, 0, 120, false, |id| id != 245);
    assert!(asked(&mut requests, 120, 40, false, |id| id != 245).contains(&Request::Interval(245, 250_000)));
}

#[test]
fn an_answer_is_waited_for_before_the_next_question() {
    let mut requests = Requests::new(&settings(), Firmware::Px4);
    let mut rate = |pass: u64| {
        requests
            .due(TimeUs(pass * 50_000), false, true)
            .filter(|request| !matches!(request, Request::Home(_)))
    };
    assert!(rate(0).is_some());
    assert!((1..10).all(|pass| rate(pass).is_none()));
    assert!(rate(10).is_some(), "an answer that is lost costs half a second");
}

#[test]
fn a_refused_question_for_home_is_told_once_each_way() {
    let mut requests = Requests::new(&settings(), Firmware::Px4);
    assert_eq!(requests.answered(512, 3).unwrap().to_string(), "where home is: unsupported");
    assert!(requests.answered(410, 4).is_some());
    assert!(requests.answered(512, 3).is_none() && requests.answered(410, 4).is_none());
    assert!(requests.answered(410, 0).is_none() && requests.answered(511, 5).is_none());
}
