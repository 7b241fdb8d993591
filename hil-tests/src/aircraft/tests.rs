//! Whole flights of both flavours; what is common to the tests of the failsafes.

use super::*;
use crate::scenario::Kind;

mod copter;
mod modes;
mod px4;

fn scenario(flavour: Flavour, parameters: &[(&str, f64)]) -> scenario::Aircraft {
    scenario::Aircraft {
        flavour,
        gust_mps: 0.0,
        parameters: parameters.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
        ..scenario::Aircraft::default()
    }
}

pub(crate) fn airborne(flavour: Flavour, parameters: &[(&str, f64)]) -> Aircraft {
    let mut aircraft = Aircraft::new(&scenario(flavour, parameters), &Place::default(), 1);
    aircraft.begin_airborne(0.0, 0.0, 30.0, 0.0);
    aircraft
}

fn fly(aircraft: &mut Aircraft, seconds: f64) {
    for _ in 0..(seconds * 100.0).round() as u32 {
        aircraft.step();
    }
}

/// Seconds until it is so; at most `most_s`.
fn until(aircraft: &mut Aircraft, most_s: f64, so: impl Fn(&Aircraft) -> bool) -> f64 {
    for step in 0..(most_s * 100.0) as u32 {
        if so(aircraft) {
            return f64::from(step) / 100.0;
        }
        aircraft.step();
    }
    f64::INFINITY
}

/// Seconds until it is in this mode.
fn until_mode(aircraft: &mut Aircraft, name: &str) -> f64 {
    until(aircraft, 60.0, |aircraft| aircraft.mode_name() == name)
}

/// Seconds until its motors stand.
fn until_disarmed(aircraft: &mut Aircraft) -> f64 {
    until(aircraft, 200.0, |aircraft| !aircraft.belief().armed)
}

/// Its mode and MAV_STATE.
fn state(aircraft: &Aircraft) -> (&'static str, u8) {
    (aircraft.mode_name(), aircraft.belief().system_status)
}

fn grounded(flavour: Flavour, seed: u64) -> Aircraft {
    Aircraft::new(&scenario(flavour, &[]), &Place::default(), seed)
}

/// How far it gets from home within `seconds`, looked at each second.
fn worst_m(aircraft: &mut Aircraft, seconds: u32) -> f64 {
    let away_m = (0..seconds).map(|_| {
        fly(aircraft, 1.0);
        aircraft.truth().distance_m(0.0, 0.0)
    });
    away_m.fold(0.0, f64::max)
}

pub(crate) fn mode(aircraft: &mut Aircraft, name: &str) -> Answer {
    let custom = custom_mode_of(aircraft.flavour(), name).unwrap();
    aircraft.request(&Request::Mode(custom))
}

/// A setpoint at 20 Hz for this long.
pub(crate) fn steer(aircraft: &mut Aircraft, velocity_mps: [f64; 3], seconds: f64) {
    let setpoint = Request::Setpoint(Setpoint { velocity_mps, yaw_rate_rad_s: 0.0 });
    for _ in 0..(seconds * 20.0).round() as u32 {
        aircraft.request(&setpoint);
        fly(aircraft, 0.05);
    }
}

fn texts(aircraft: &mut Aircraft) -> Vec<String> {
    aircraft.texts().map(|(_, text)| text).collect()
}

/// Heartbeats of the ground station that is watched, at 1 Hz, for this long.
fn watched(aircraft: &mut Aircraft, seconds: u32) {
    for _ in 0..seconds {
        aircraft.request(&Request::GroundStation(255));
        fly(aircraft, 1.0);
    }
}

#[test]
fn copter_arms_takes_off_flies_returns_lands_and_disarms() {
    let mut aircraft = grounded(Flavour::ArduCopter, 3);
    fly(&mut aircraft, 0.5);
    mode(&mut aircraft, "GUIDED");
    assert_eq!(aircraft.request(&Request::Arm(true)), Answer::Failed);
    assert_eq!(texts(&mut aircraft), ["PreArm: GPS 1: Bad fix"]);
    assert_eq!(aircraft.belief().home, None);
    assert!(until(&mut aircraft, 20.0, |aircraft| aircraft.prearm_refusal().is_none()) < 10.0);
    assert_eq!(aircraft.request(&Request::TakeOff { alt_m: 20.0 }), Answer::Failed, "not armed");
    assert_eq!(aircraft.request(&Request::Arm(true)), Answer::Accepted);
    assert_eq!((aircraft.belief().armed, state(&aircraft).1), (true, 3));
    steer(&mut aircraft, [3.0, 0.0, -3.0], 2.0);
    assert_eq!(aircraft.truth().up_m, 0.0, "only a take-off takes off");
    assert_eq!(aircraft.request(&Request::TakeOff { alt_m: 20.0 }), Answer::Accepted);
    assert!(until(&mut aircraft, 60.0, |aircraft| aircraft.truth().up_m > 19.0) < 30.0);
    assert_eq!((aircraft.belief().landed, state(&aircraft).1), (Landed::TakingOff, 4));
    fly(&mut aircraft, 10.0);
    assert_eq!(aircraft.belief().landed, Landed::InAir);
    assert!((aircraft.belief().position.unwrap().alt_rel_m - 20.0).abs() < 1.0);
    assert_eq!(aircraft.request(&Request::TakeOff { alt_m: 30.0 }), Answer::Failed, "it flies already");
    assert_eq!(aircraft.request(&Request::Arm(false)), Answer::Failed, "nobody disarms in the air unforced");
    steer(&mut aircraft, [5.0, -5.0, 0.0], 10.0);
    let truth = aircraft.truth();
    assert!((truth.north_mps - 5.0).abs() < 0.5 && (truth.east_mps + 5.0).abs() < 0.5, "{truth:?}");
    assert_eq!(mode(&mut aircraft, "RTL"), Answer::Accepted);
    assert!(until_disarmed(&mut aircraft) < 100.0);
    let truth = aircraft.truth();
    assert!(truth.up_m == 0.0 && truth.distance_m(0.0, 0.0) < 4.0, "{truth:?}");
    assert_eq!((aircraft.belief().landed, aircraft.belief().system_status), (Landed::OnGround, 3));
}

/// RTL_ALT is climbed to before anything else, RTL_LOIT_TIME is waited over home, then it lands.
#[test]
fn rtl_climbs_returns_waits_and_lands() {
    let parameters = [("RTL_ALT", 5000.0), ("RTL_LOIT_TIME", 4000.0)];
    let mut aircraft = Aircraft::new(&scenario(Flavour::ArduCopter, &parameters), &Place::default(), 1);
    aircraft.begin_airborne(80.0, 0.0, 30.0, 0.0);
    mode(&mut aircraft, "RTL");
    until(&mut aircraft, 60.0, |aircraft| aircraft.truth().up_m > 48.0);
    assert!(aircraft.truth().distance_m(80.0, 0.0) < 3.0, "it climbs first");
    until(&mut aircraft, 60.0, |aircraft| aircraft.truth().distance_m(0.0, 0.0) < 3.0);
    assert!((aircraft.truth().up_m - 50.0).abs() < 2.0);
    let waited_s = until(&mut aircraft, 60.0, |aircraft| aircraft.truth().up_m < 47.0);
    assert!((4.0..9.0).contains(&waited_s), "{waited_s}");
    let landed_s = until_disarmed(&mut aircraft);
    // From 47 m: 37 m at 2.5 m/s, the last 10 m at LAND_SPEED 0.5 m/s, then 1 s of standing.
    assert!((landed_s - (37.0 / 2.5 + 10.0 / 0.5 + 1.0)).abs() < 5.0, "{landed_s}");
}

#[test]
fn px4_takes_off_loiters_flies_offboard_and_returns() {
    let mut aircraft = grounded(Flavour::Px4, 3);
    assert_eq!(aircraft.request(&Request::Arm(true)), Answer::TemporarilyRejected);
    until(&mut aircraft, 20.0, |aircraft| aircraft.prearm_refusal().is_none());
    assert_eq!(aircraft.request(&Request::Arm(true)), Answer::Accepted);
    assert_eq!(aircraft.request(&Request::TakeOff { alt_m: 15.0 }), Answer::Accepted);
    assert_eq!(aircraft.mode_name(), "AUTO.TAKEOFF");
    assert!(until_mode(&mut aircraft, "AUTO.LOITER") < 20.0);
    fly(&mut aircraft, 5.0);
    assert!((aircraft.truth().up_m - 15.0).abs() < 1.5);
    steer(&mut aircraft, [0.0; 3], 1.5);
    assert_eq!(mode(&mut aircraft, "OFFBOARD"), Answer::Accepted);
    steer(&mut aircraft, [0.0, 6.0, 0.0], 8.0);
    assert_eq!(aircraft.mode_name(), "OFFBOARD");
    assert!((aircraft.truth().east_mps - 6.0).abs() < 0.5);
    assert_eq!(mode(&mut aircraft, "AUTO.RTL"), Answer::Accepted);
    assert!(until_disarmed(&mut aircraft) < 150.0);
    assert!(aircraft.truth().distance_m(0.0, 0.0) < 4.0);
}

#[test]
fn px4_disarms_when_nobody_takes_off() {
    let mut aircraft = grounded(Flavour::Px4, 3);
    fly(&mut aircraft, 6.0);
    aircraft.request(&Request::Arm(true));
    let after_s = until_disarmed(&mut aircraft);
    assert!((after_s - 10.0).abs() < 0.1, "COM_DISARM_PRFLT: {after_s}");
}

fn square(flavour: Flavour, take_off: bool) -> Vec<Waypoint> {
    let points = [[60.0, 0.0, 25.0], [60.0, 60.0, 25.0], [0.0, 60.0, 25.0]];
    plan(flavour, &Place::default(), take_off, 6.0, &points)
}

#[test]
fn missions_are_flown_to_their_end() {
    for (flavour, auto) in [(Flavour::ArduCopter, "AUTO"), (Flavour::Px4, "AUTO.MISSION")] {
        let mut aircraft = grounded(flavour, 2);
        fly(&mut aircraft, 6.0);
        let first = flavour.pick("GUIDED", "AUTO.LOITER");
        mode(&mut aircraft, first);
        assert_ne!(mode(&mut aircraft, auto), Answer::Denied);
        mode(&mut aircraft, flavour.pick("GUIDED", auto));
        aircraft.request(&Request::Mission(square(flavour, true)));
        assert_eq!(aircraft.request(&Request::Arm(true)), Answer::Accepted, "{:?}", texts(&mut aircraft));
        assert_eq!(mode(&mut aircraft, auto), Answer::Accepted);
        let mut corners = [f64::INFINITY; 3];
        let mut fastest_mps: f64 = 0.0;
        for _ in 0..6_000 {
            aircraft.step();
            let truth = aircraft.truth();
            fastest_mps = fastest_mps.max(truth.speed_mps());
            for (corner, at) in corners.iter_mut().zip([[60.0, 0.0], [60.0, 60.0], [0.0, 60.0]]) {
                *corner = corner.min(truth.distance_m(at[0], at[1]));
            }
        }
        assert!(corners.iter().all(|nearest_m| *nearest_m < 4.0), "{flavour:?}: {corners:?}");
        assert!((fastest_mps - 6.0).abs() < 0.6, "{flavour:?}: {fastest_mps} m/s");
        assert_eq!(aircraft.mode_name(), auto, "it stays in its mode over the last one");
        assert!(aircraft.truth().distance_m(0.0, 60.0) < 3.0 && aircraft.truth().speed_mps() < 0.3);
        assert!((aircraft.truth().up_m - 25.0).abs() < 1.5);
    }
}

#[test]
fn copter_missions_need_a_take_off_on_the_ground() {
    let mut aircraft = grounded(Flavour::ArduCopter, 2);
    fly(&mut aircraft, 6.0);
    mode(&mut aircraft, "GUIDED");
    aircraft.request(&Request::Mission(square(Flavour::ArduCopter, false)));
    aircraft.request(&Request::Arm(true));
    texts(&mut aircraft);
    assert_eq!(mode(&mut aircraft, "AUTO"), Answer::Failed);
    assert_eq!(texts(&mut aircraft), ["Auto: Missing Takeoff Cmd"]);
    let mut flying = airborne(Flavour::ArduCopter, &[]);
    assert_eq!(mode(&mut flying, "AUTO"), Answer::Failed, "there is no mission");
    flying.request(&Request::Mission(square(Flavour::ArduCopter, false)));
    assert_eq!(mode(&mut flying, "AUTO"), Answer::Accepted);
    fly(&mut flying, 3.0);
    mode(&mut flying, "LOITER");
    let item = flying.belief().mission_item;
    mode(&mut flying, "AUTO");
    fly(&mut flying, 0.1);
    assert_eq!(flying.belief().mission_item, item, "AUTO resumes");
}

#[test]
fn the_same_seed_is_the_same_flight() {
    let fly_it = |seed: u64| {
        let gusty = scenario::Aircraft { gust_mps: 2.0, wind_mps: [4.0, -2.0], ..Default::default() };
        let mut aircraft = Aircraft::new(&gusty, &Place::default(), seed);
        aircraft.begin_airborne(10.0, 20.0, 30.0, 1.0);
        mode(&mut aircraft, "GUIDED");
        steer(&mut aircraft, [3.0, 2.0, 0.0], 5.0);
        aircraft.fault(&Kind::GpsGlitch { north_m: 20.0, east_m: 0.0 }, true);
        fly(&mut aircraft, 15.0);
        (aircraft.truth(), aircraft.belief().clone())
    };
    assert_eq!(fly_it(9), fly_it(9));
    assert_ne!(fly_it(9).0, fly_it(10).0);
}

#[test]
fn holds_its_place_in_gusts() {
    let gusty = scenario::Aircraft { gust_mps: 1.5, wind_mps: [6.0, 0.0], ..Default::default() };
    let mut aircraft = Aircraft::new(&gusty, &Place::default(), 5);
    aircraft.begin_airborne(0.0, 0.0, 40.0, 0.0);
    let worst_m = worst_m(&mut aircraft, 60);
    assert!((0.1..4.0).contains(&worst_m), "{worst_m}");
    assert!(aircraft.truth().pitch_rad > 0.02, "it leans into the wind");
}

#[test]
fn sticks_fly_in_loiter_and_do_nothing_in_guided() {
    let mut aircraft = airborne(Flavour::ArduCopter, &[]);
    assert!(aircraft.fault(&Kind::Stick { channel: 2, us: 1000 }, true));
    fly(&mut aircraft, 3.0);
    assert!(aircraft.truth().north_mps > 3.0, "stick forward flies ahead: {:?}", aircraft.truth());
    aircraft.fault(&Kind::Stick { channel: 2, us: 1000 }, false);
    fly(&mut aircraft, 8.0);
    assert!(aircraft.truth().speed_mps() < 0.2);
    mode(&mut aircraft, "GUIDED");
    aircraft.fault(&Kind::Stick { channel: 1, us: 2000 }, true);
    assert_eq!(aircraft.belief().rc.channels_us[0], 2000);
    fly(&mut aircraft, 3.0);
    assert!(aircraft.truth().speed_mps() < 0.2);
}

#[test]
fn in_the_air_a_reboot_is_a_watchdog_reset() {
    let mut aircraft = airborne(Flavour::ArduCopter, &[]);
    fly(&mut aircraft, 2.0);
    mode(&mut aircraft, "GUIDED");
    assert_eq!(aircraft.request(&Request::Reboot), Answer::Failed, "not while armed");
    aircraft.fault(&Kind::Reboot, true);
    assert!(aircraft.belief().is_silent);
    assert_eq!(aircraft.request(&Request::Arm(false)), Answer::Failed, "nobody listens");
    fly(&mut aircraft, 2.0);
    let belief = aircraft.belief();
    assert!(!belief.is_silent && belief.armed && belief.boot_us <= 2_000_000);
    assert_eq!(aircraft.mode_name(), "LOITER");
    assert!((aircraft.truth().up_m - 30.0).abs() < 1.0);
}

#[test]
fn a_forced_disarm_in_the_air_falls() {
    let mut aircraft = airborne(Flavour::ArduCopter, &[]);
    mode(&mut aircraft, "GUIDED");
    assert!(aircraft.fault(&Kind::Disarm, true));
    assert_eq!((aircraft.belief().armed, aircraft.left_total()), (false, 1));
    fly(&mut aircraft, 5.0);
    assert_eq!(aircraft.truth().up_m, 0.0);
}

#[test]
fn faults_of_others_are_left_to_them() {
    let mut aircraft = airborne(Flavour::Px4, &[]);
    for kind in [Kind::LinkLost, Kind::GcsLost, Kind::Garbage, Kind::SdrStall, Kind::HomingOff] {
        assert!(!aircraft.fault(&kind, true));
    }
}
