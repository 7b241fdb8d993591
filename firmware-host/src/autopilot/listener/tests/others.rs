//! Who else is on the line: ground stations, rivals, second autopilots.

use super::*;

#[test]
fn another_ground_station_takes_nothing_from_the_watched_one() {
    let mut bench = Bench::bound();
    let heard = |bench: &mut Bench, system: u32| {
        bench.beat((system, 190), 6, 8, 0, 4_000);
        bench.vehicle.ground_station.unwrap().value
    };
    assert_eq!(
        (heard(&mut bench, 255), heard(&mut bench, 254)),
        (255, 254),
        "nobody knows yet whom it watches"
    );
    bench.vehicle.parameters.keep(index("SYSID_MYGCS"), Some(Aged::new(255.0, TimeUs(5_000))));
    assert_eq!(heard(&mut bench, 253), 253, "the watched one was not heard since");
    for _ in 0..3 {
        assert_eq!((heard(&mut bench, 255), heard(&mut bench, 254)), (255, 255));
    }
    bench.vehicle.parameters.keep(index("SYSID_MYGCS"), Some(Aged::new(254.0, TimeUs(6_000))));
    assert_eq!((heard(&mut bench, 254), heard(&mut bench, 255)), (254, 254));
}

#[test]
fn a_rival_is_told_from_our_own_echo() {
    let mut bench = Bench::bound();
    bench.beat((1, 191), 18, 8, MARK, 2_000);
    bench.beat((2, 191), 18, 8, 7, 2_000);
    assert!(!bench.listener.rival(TimeUs(2_000)) && bench.events.is_empty());
    bench.beat((1, 191), 18, 8, 7, 3_000);
    bench.beat((1, 191), 18, 8, 7, 1_003_000);
    assert_eq!(bench.kinds(), ["rival"]);
    assert!(bench.listener.rival(TimeUs(6_003_000)));
    assert!(!bench.listener.rival(TimeUs(6_003_001)));
}

/// ArduPilot's routing keeps a heartbeat from lines on which its sender's ids were heard, so two daemons on two of its lines
/// never hear each other's: found by the rig, where both homed at once.
#[test]
fn a_rival_behind_a_router_is_told_by_its_mark() {
    let mut bench = Bench::bound();
    let mark = |mark: u32, name: &[u8; 10]| {
        MavMessage::NAMED_VALUE_INT(dialect::NAMED_VALUE_INT_DATA {
            time_boot_ms: 5,
            value: mark.cast_signed(),
            name: (*name).into(),
        })
    };
    bench.take((1, 191), &mark(MARK, b"SKY_MARK\0\0"), 2_000);
    bench.take((2, 191), &mark(7, b"SKY_MARK\0\0"), 2_000);
    bench.take((1, 191), &mark(7, b"SKY_STATE\0"), 2_000);
    assert!(!bench.listener.rival(TimeUs(2_000)) && bench.events.is_empty());
    bench.take((1, 191), &mark(7, b"SKY_MARK\0\0"), 3_000);
    assert_eq!(bench.kinds(), ["rival"]);
    assert!(bench.contested(3_000).unwrap().contains("another program"));
}

#[test]
fn a_rival_or_a_second_autopilot_contests_the_aircraft() {
    let mut bench = Bench::bound();
    assert_eq!(bench.contested(2_000), None);
    bench.beat((2, 1), 2, 3, 4, 3_000);
    bench.beat((1, 1), 2, 3, 4, 500_000);
    bench.beat((2, 1), 2, 3, 4, 1_003_000);
    bench.beat((2, 1), 2, 3, 4, 1_103_000);
    // That there is a second autopilot at all is worth a word, once.
    assert_eq!(bench.kinds(), ["second_autopilot"]);
    bench.beat((1, 1), 2, 3, 4, 5_000_000);
    assert!(bench.contested(6_003_000).unwrap().contains("two autopilots"));
    bench.beat((1, 1), 2, 3, 4, 6_100_000);
    assert_eq!(bench.contested(6_103_001), None);
    bench.beat((1, 191), 18, 8, 7, 7_000_000);
    assert!(bench.contested(7_000_000).unwrap().contains("another program"));
    // With the system in the settings there is no doubt whose commands go where.
    let mut named = Bench::new(Some(1));
    named.beat((1, 1), 2, 3, 4, 1_000);
    named.beat((2, 1), 2, 3, 4, 2_000);
    assert_eq!(named.contested(2_000), None);
}

#[test]
fn a_system_that_changed_its_id_is_no_second_autopilot() {
    let mut bench = Bench::bound();
    bench.beat((1, 1), 2, 3, 4, 500_000);
    for second in 1..12u64 {
        bench.beat((2, 1), 2, 3, 4, second * 1_000_000);
        let said = bench.contested(second * 1_000_000 + 1_000);
        assert!(said.is_none_or(|said| said.starts_with("the system we are bound to is silent")), "{said:?}");
        assert_eq!(said.is_some(), second > 1);
    }
    assert_eq!(bench.kinds(), Vec::<&str>::new(), "never two");
    assert!(bench.contested(11_000_000).unwrap().starts_with("the system we are bound to is silent"));
    assert_eq!(bench.vehicle.identity.unwrap().system, 1, "never taken over silently");
    // It is back: now there are two.
    bench.beat((1, 1), 2, 3, 4, 12_000_000);
    bench.beat((2, 1), 2, 3, 4, 12_000_000);
    assert_eq!(bench.kinds(), ["second_autopilot"]);
    assert!(bench.contested(12_000_000).unwrap().contains("two autopilots"));
}
