//! What the truth alone tells: an aircraft that does not come to rest, and one beyond the fence.

use super::*;

#[test]
fn an_aircraft_that_flies_on_alone_is_invariant_9() {
    let mut flight = Flight::homing();
    let sky = |at_us: u64, north_mps: f64, custom_mode: u32| {
        let pose = TruePose { at_us, north_mps, up_m: 40.0, ..TruePose::default() };
        Sky { custom_mode, alive: false, ..over(pose) }
    };
    let died_us = flight.now;
    for (custom_mode, broken) in [(6, 0), (4, 1)] {
        flight.passes(1);
        for ms in 0..6_000 {
            flight.judge.sky(&sky(died_us + ms * 1000, 3.0, custom_mode));
        }
        assert_eq!(flight.judge.broken()[9], broken, "{custom_mode}: {:?}", flight.judge.violations());
    }
    let mut stops = Flight::homing();
    for ms in 0..6_000 {
        let speed_mps = if ms < 2_500 { 3.0 } else { 0.3 };
        stops.judge.sky(&sky(stops.now + ms * 1000, speed_mps, 4));
    }
    assert_eq!(stops.judge.broken()[9], 0);
    for (has_power, broken) in [(false, 0), (true, 1)] {
        let mut climbs = Flight::homing();
        for ms in 0..6_000 {
            let at_us = climbs.now + ms * 1000;
            let pose = TruePose { at_us, up_m: 40.0, down_mps: -1.5, ..TruePose::default() };
            climbs.judge.sky(&Sky { has_power, navigates: false, ..over(pose) });
        }
        assert_eq!(climbs.judge.broken()[9], broken, "{:?}", climbs.judge.violations());
    }
}

/// 4 m of error that came after the last velocity are flown off; a constant one moves nobody.
#[test]
fn an_aircraft_that_follows_a_believed_glitch_stands_still_for_itself() {
    for (jumps, broken) in [(true, 0), (false, 1)] {
        let mut flight = Flight::homing();
        for ms in 0..8_000 {
            let north_mps = if (1_000..=4_000).contains(&ms) { 0.0 } else { 1.7 };
            let at_us = flight.now + ms * 1000;
            let pose = TruePose { at_us, north_mps, up_m: 40.0, ..TruePose::default() };
            let north_m = if jumps && ms < 3_000 { 0.0 } else { 4.0 };
            let believed = Origin::new(HOME).wgs84_from_ned(NorthEast { north_m, east_m: 0.0 });
            flight.judge.sky(&Sky { believed: Some(believed), ..over(pose) });
        }
        assert_eq!(flight.judge.broken()[9], broken, "{:?}", flight.judge.violations());
    }
}

/// In GUIDED, armed, and as it believes itself to be.
fn over(pose: TruePose) -> Sky {
    Sky {
        pose,
        custom_mode: 4,
        armed: true,
        navigates: true,
        believed: Some(pose.place(&Origin::new(HOME))),
        site: HOME,
        ground_m: 0.0,
        heard_us: 0,
        has_power: true,
        alive: true,
    }
}

#[test]
fn a_true_place_beyond_the_fence_is_invariant_1() {
    let fence = config().interlock.fence;
    let (far_m, high_m, low_m) = (fence.radius_m, fence.alt_rel_max_m, fence.alt_rel_min_m);
    let told = |north_m: f64, up_m: f64, after_us: u64, change: &dyn Fn(&mut Sky)| {
        let mut flight = Flight::homing();
        let pose = TruePose { at_us: flight.now + after_us, north_m, up_m, ..TruePose::default() };
        let mut sky = over(pose);
        change(&mut sky);
        flight.judge.sky(&sky);
        flight.judge.broken()[1] > 0
    };
    let same = |_: &mut Sky| {};
    assert!(!told(far_m + 7.5, 40.0, 0, &same) && told(far_m + 8.5, 40.0, 0, &same));
    assert!(!told(0.0, high_m + 2.5, 0, &same) && told(0.0, high_m + 3.5, 0, &same));
    assert!(!told(0.0, low_m - 2.5, 0, &same) && told(0.0, low_m - 3.5, 0, &same));
    assert!(told(far_m + 20.0, 40.0, 900_000, &same), "coasting");
    assert!(!told(far_m + 20.0, 40.0, 1_100_000, &same), "it stood still");
    assert!(!told(0.0, 40.0, 0, &|sky| sky.ground_m = 37.0), "over a steep slope's foot");
    assert!(told(0.0, 40.0, 0, &|sky| sky.ground_m = 39.0));
    let excused: [fn(&mut Sky); 5] = [
        |sky| sky.believed = Some(HOME),
        |sky| sky.believed = None,
        |sky| sky.navigates = false,
        |sky| sky.custom_mode = 6,
        |sky| sky.armed = false,
    ];
    for (index, excused) in excused.into_iter().enumerate() {
        assert!(!told(far_m + 20.0, 40.0, 0, &excused), "{index}");
    }
    let mut flight = Flight::homing();
    let corner = |north_m, east_m| Origin::new(HOME).wgs84_from_ned(NorthEast { north_m, east_m });
    flight.judge.config.interlock.fence.polygon =
        [(-50.0, -50.0), (50.0, -50.0), (50.0, 50.0), (-50.0, 50.0)].map(|(n, e)| corner(n, e)).to_vec();
    for (north_m, broken) in [(0.0, 0), (57.0, 0), (59.0, 1)] {
        let pose = TruePose { at_us: flight.now, north_m, up_m: 40.0, ..TruePose::default() };
        flight.judge.sky(&over(pose));
        assert_eq!(flight.judge.broken()[1], broken, "{north_m}: {:?}", flight.judge.violations());
    }
}
