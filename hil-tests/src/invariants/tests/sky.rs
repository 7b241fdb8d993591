//! What the truth alone tells: an aircraft that does not come to rest, and one beyond the fence.

use super::*;

#[test]
fn an_aircraft_that_flies_on_alone_is_invariant_9() {
    // 4 m of error that came after the last velocity are flown off; a constant one moves nobody.
    fn glitch(ms: u64, sky: &mut Sky, north_m: f64) {
        sky.pose.north_mps = if (1_000..=4_000).contains(&ms) { 0.0 } else { 1.7 };
        sky.believed = Some(Origin::new(HOME).wgs84_from_ned(NorthEast { north_m, east_m: 0.0 }));
    }
    type Change = fn(u64, &mut Sky);
    let cases: [(Change, u32); 7] = [
        (|_, sky| (sky.pose.north_mps, sky.alive, sky.custom_mode) = (3.0, false, 6), 0),
        (|_, sky| (sky.pose.north_mps, sky.alive) = (3.0, false), 1),
        (|ms, sky| (sky.pose.north_mps, sky.alive) = (if ms < 2_500 { 3.0 } else { 0.3 }, false), 0),
        (|_, sky| (sky.pose.down_mps, sky.navigates, sky.has_power) = (-1.5, false, false), 0),
        (|_, sky| (sky.pose.down_mps, sky.navigates) = (-1.5, false), 1),
        (|ms, sky| glitch(ms, sky, if ms < 3_000 { 0.0 } else { 4.0 }), 0),
        (|ms, sky| glitch(ms, sky, 4.0), 1),
    ];
    for (index, (change, broken)) in cases.into_iter().enumerate() {
        let mut flight = Flight::homing();
        for ms in 0..8_000 {
            let at_us = flight.now + ms * 1000;
            let mut sky = over(TruePose { at_us, up_m: 40.0, ..TruePose::default() });
            change(ms, &mut sky);
            flight.judge.sky(&sky);
        }
        assert_eq!(flight.judge.broken()[9], broken, "{index}: {:?}", flight.judge.violations());
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
    for (north_m, up_m, after_us, ground_m, is_told) in [
        (far_m + 7.5, 40.0, 0, 0.0, false),
        (far_m + 8.5, 40.0, 0, 0.0, true),
        (0.0, high_m + 2.5, 0, 0.0, false),
        (0.0, high_m + 3.5, 0, 0.0, true),
        (0.0, low_m - 2.5, 0, 0.0, false),
        (0.0, low_m - 3.5, 0, 0.0, true),
        // It coasts, and then it stood still.
        (far_m + 20.0, 40.0, 900_000, 0.0, true),
        (far_m + 20.0, 40.0, 1_100_000, 0.0, false),
        // Over a steep slope's foot, and higher.
        (0.0, 40.0, 0, 37.0, false),
        (0.0, 40.0, 0, 39.0, true),
    ] {
        let told = told(north_m, up_m, after_us, &|sky| sky.ground_m = ground_m);
        assert_eq!(told, is_told, "{north_m} m north, {up_m} m up, {ground_m} m of ground");
    }
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
