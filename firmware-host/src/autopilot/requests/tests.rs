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
        for (id, every) in [(33, 2), (30, 2), (65, 1), (24, 10), (193, 10), (1, 10), (147, 10), (2, 20)] {
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
    assert_eq!(all.len(), 8, "{all:?}");
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
    refusing.answered(511, 3);
    assert!(asked(&mut refusing, 0, 2, false, |_| false).contains(&Request::Stream(Stream::Position, 10)));
    let mut old = Requests::new(&settings(), Firmware::ArduCopter);
    assert!(asked(&mut old, 0, 2, true, |_| false).contains(&Request::Stream(Stream::Attitude, 10)));
    let mut other = Requests::new(&settings(), Firmware::ArduCopter);
    other.answered(400, 4);
    other.answered(511, 0);
    assert_eq!(asked(&mut other, 0, 2, false, |_| true).len(), 8);
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
