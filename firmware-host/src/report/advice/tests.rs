//! Each recommendation by the number it rests on: just past its bound, and not before.

use super::super::battery::BatteryLine;
use super::super::coverage::{CoverageLine, PodLine};
use super::super::message::MessageLine;
use super::super::noise::HeightLine;
use super::super::place::PlaceLine;
use super::super::way::ApproachLine;
use super::super::{LaneLine, LinkLine, MinuteLine, PassLine, Report, TripLine};
use super::*;

/// The numbers that a flight's advice rests on.
fn numbers(flight: &Debrief) -> Vec<&'static str> {
    advice(flight).into_iter().map(|advice| advice.number).collect()
}

fn report(change: impl FnOnce(&mut Report)) -> Debrief {
    let mut flight = Debrief::default();
    flight.report.reading_count = 10_000;
    change(&mut flight.report);
    flight
}

#[test]
fn a_flight_without_faults_has_no_advice() {
    assert_eq!(numbers(&report(|_| ())), Vec::<&str>::new());
}

#[test]
fn readings_speak_of_their_faults() {
    for (flight, expected) in [
        (report(|r| r.unread = Some("cut short".into())), vec!["unread"]),
        (report(|r| r.overflow_count = 2), vec!["overflow_count"]),
        (report(|r| r.overflow_count = 1), vec![]),
        (report(|r| r.clipped_count = 101), vec!["clipped_count"]),
        (report(|r| r.clipped_count = 100), vec![]),
        (report(|r| r.placed_ratio = Some(0.949)), vec!["placed_ratio"]),
        (report(|r| r.placed_ratio = Some(0.95)), vec![]),
        (
            report(|r| {
                r.placed_ratio = Some(0.0);
                r.autopilot = "none".into();
            }),
            vec![],
        ),
    ] {
        assert_eq!(numbers(&flight), expected);
    }
    let lane = LaneLine { name: "blocks".into(), pushed_count: 98, dropped_count: 2 };
    let lost = advice(&report(|r| r.lanes.push(lane)));
    let discard = |dropped_count| LaneLine { name: "refused".into(), pushed_count: 0, dropped_count };
    assert_eq!(numbers(&report(|r| r.lanes.push(discard(11)))), ["lanes.dropped_count"]);
    assert!(numbers(&report(|r| r.lanes.push(discard(10)))).is_empty());
    assert!(
        lost[0].says.starts_with("2 of 100 were lost in lane blocks") && lost[0].value == 2.0,
        "{lost:?}"
    );
}

#[test]
fn threads_and_the_link_have_bounds() {
    let passes = |miss_count| {
        let pass = PassLine { pass_count: 1_000, miss_count, ..PassLine::default() };
        report(|r| r.passes.push(pass))
    };
    assert_eq!((numbers(&passes(2)), numbers(&passes(1))), (vec!["passes.miss_count"], vec![]));
    let link = |sequence_lost_count| {
        let link = LinkLine { received_count: 990, sequence_lost_count, ..LinkLine::default() };
        report(|r| r.link = Some(link))
    };
    assert_eq!((numbers(&link(11)), numbers(&link(10))), (vec!["link.sequence_lost_count"], vec![]));
    let trip = TripLine { interlock: "battery".into(), fault: "out of range".into(), count: 3, first_s: 7.0 };
    let trips = advice(&report(|r| r.trips.push(trip)));
    assert!(trips[0].says.contains("battery (out of range) ended a state 3 ×"), "{trips:?}");
}

#[test]
fn noise_is_told_by_time_and_height() {
    let minutes = |rise_db: f64| {
        let minute = |floor_dbfs| MinuteLine {
            beacon: "fox".into(),
            floor_dbfs: Some(floor_dbfs),
            ..MinuteLine::default()
        };
        let mut flight = report(|r| r.minutes = vec![minute(-100.0), minute(-100.0 + rise_db)]);
        flight.beacons.push("fox".into());
        numbers(&flight)
    };
    assert_eq!((minutes(6.5), minutes(5.9)), (vec!["minutes.floor_dbfs"], vec![]));
    let heights = |drop_db: f64, count| {
        let band = |height_from_m, floor_p50_dbfs| {
            let beacon = "fox".to_string();
            HeightLine {
                beacon,
                height_from_m,
                floor_p50_dbfs,
                reading_count: count,
                ..HeightLine::default()
            }
        };
        let noise_by_height = vec![band(20.0, -95.0), band(30.0, -95.0 - drop_db)];
        numbers(&Debrief { noise_by_height, ..Debrief::default() })
    };
    assert_eq!(heights(3.5, 100), ["noise_by_height.floor_p50_dbfs"]);
    assert!(heights(2.9, 100).is_empty() && heights(9.0, 99).is_empty());
}

#[test]
fn the_search_is_told_when_to_go_on() {
    let message = |test| MessageLine { id: "41A40BE4C0FFBFF".into(), test, ..MessageLine::default() };
    assert_eq!(numbers(&report(|r| r.messages.push(message(false)))), ["messages"]);
    assert!(numbers(&report(|r| r.messages.push(message(true)))).is_empty());
    let unsure = |radius_95_m| Debrief {
        places: vec![PlaceLine { radius_95_m, ..PlaceLine::default() }],
        ..Debrief::default()
    };
    assert_eq!((numbers(&unsure(61.0)), numbers(&unsure(60.0))), (vec!["places.radius_95_m"], vec![]));
    let searched = |pos| {
        let classes = vec![PodLine { area_km2: 0.125, ..PodLine::default() }];
        Debrief {
            coverage: Some(CoverageLine { pos, classes, ..CoverageLine::default() }),
            ..Debrief::default()
        }
    };
    assert!(advice(&searched(0.5))[0].says.contains("50 %") && numbers(&searched(0.9)).is_empty());
    let left = |last_ratio| {
        let battery = Some(BatteryLine { last_ratio: Some(last_ratio), ..BatteryLine::default() });
        numbers(&Debrief { battery, ..Debrief::default() })
    };
    assert_eq!((left(0.24), left(0.25)), (vec!["battery.last_ratio"], vec![]));
}

#[test]
fn an_approach_is_judged_by_its_way() {
    let approach = |is_held, efficiency_ratio, straight_m| {
        let efficiency_ratio = Some(efficiency_ratio);
        let approach =
            Some(ApproachLine { is_held, efficiency_ratio, straight_m, ..ApproachLine::default() });
        numbers(&Debrief { approach, ..Debrief::default() })
    };
    assert_eq!(approach(false, 0.8, 100.0), ["approach.is_held"]);
    assert_eq!(approach(true, 0.29, 100.0), ["approach.efficiency_ratio"]);
    assert!(approach(true, 0.3, 100.0).is_empty() && approach(true, 0.1, 49.0).is_empty());
}
