//! Depth a's link: rates, ages, what is lost with it.

use super::super::tests::{airborne, mode};
use super::super::{Request, STEP_US};
use super::*;
use crate::scenario::Flavour;
use crate::scenario::fault::Absurdity;

fn link() -> Telemetry {
    Telemetry::new(10.0, 20.0, 2.0)
}

/// Steps and listens for this long; gives each part's times of reception.
fn listen(aircraft: &mut Aircraft, link: &mut Telemetry, seconds: f64) -> [usize; 6] {
    let mut heard = [0; 6];
    let mut last = [None; 6];
    for _ in 0..(seconds * 1e6) as u64 / STEP_US {
        aircraft.step();
        let vehicle = link.vehicle(aircraft, TimeUs(aircraft.now_us()));
        let times = [
            vehicle.heartbeat.map(|part| part.received_us),
            vehicle.position.map(|part| part.received_us),
            vehicle.attitude.map(|part| part.received_us),
            vehicle.rc.map(|part| part.received_us),
            vehicle.gps.map(|part| part.received_us),
            vehicle.home.map(|part| part.received_us),
        ];
        for ((count, last), time) in heard.iter_mut().zip(&mut last).zip(times) {
            *count += usize::from(time != *last);
            *last = time;
        }
    }
    heard
}

#[test]
fn messages_come_at_their_rates() {
    let (mut aircraft, mut link) = (airborne(Flavour::ArduCopter, &[]), link());
    let heard = listen(&mut aircraft, &mut link, 30.0);
    for (heard, expected) in heard.into_iter().zip([30_usize, 300, 600, 1_200, 60, 3]) {
        assert!(expected.abs_diff(heard) <= 1, "{heard} for {expected}");
    }
    let vehicle = *link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
    let identity = vehicle.identity.unwrap();
    assert_eq!((identity.system, identity.component, identity.firmware), (1, 1, Firmware::ArduCopter));
    assert_eq!(vehicle.contested, None);
    let position = vehicle.position.unwrap().value;
    assert!((position.alt_rel_m - 30.0).abs() < 1.0 && (position.place.lat_deg - 47.397_742).abs() < 1e-4);
    let (gps, ekf) = (vehicle.gps.unwrap().value, vehicle.ekf.unwrap().value);
    assert!(gps.fix == 3 && gps.satellites == Some(14) && gps.hdop == Some(0.8));
    assert!(ekf.attitude_ok && ekf.position_horizontal_ok && !ekf.degraded && ekf.variance_max < 0.5);
    assert_eq!(
        (vehicle.rc.unwrap().value.sticks_us, vehicle.rc.unwrap().value.channel_count),
        ([1500; 4], 16)
    );
}

/// The defaults satisfy the interlocks' table (`homing/interlock/failsafes.rs`), and what a scenario sets comes through.
#[test]
fn parameters_are_those_that_homing_needs() {
    let (mut aircraft, mut link) = (airborne(Flavour::ArduCopter, &[]), link());
    listen(&mut aircraft, &mut link, 2.0);
    let set = link.vehicle(&aircraft, TimeUs(aircraft.now_us())).failsafes;
    assert_eq!((set.guid_timeout_s, set.fs_gcs_enable, set.fence_enable), (Some(1.0), Some(1.0), Some(1.0)));
    assert_eq!((set.battery_action, set.gcs_system), (Some(2.0), Some(255.0)));
    let mut px4_link = super::tests::link();
    let mut px4 = airborne(Flavour::Px4, &[("COM_OF_LOSS_T", 0.5)]);
    listen(&mut px4, &mut px4_link, 2.0);
    let set = px4_link.vehicle(&px4, TimeUs(px4.now_us())).failsafes;
    assert_eq!((set.offboard_loss_s, set.offboard_loss_action), (Some(0.5), Some(5.0)));
    assert_eq!((set.geofence_action, set.battery_action), (Some(2.0), Some(3.0)));
    aircraft.parameters_mut().set("FENCE_ENABLE", 0.0);
    listen(&mut aircraft, &mut link, 60.0);
    assert_eq!(link.vehicle(&aircraft, TimeUs(aircraft.now_us())).failsafes.fence_enable, Some(0.0));
}

#[test]
fn a_mode_change_is_heard_at_once_and_counted() {
    let (mut aircraft, mut link) = (airborne(Flavour::ArduCopter, &[]), link());
    mode(&mut aircraft, "GUIDED");
    listen(&mut aircraft, &mut link, 1.5);
    let left = link.vehicle(&aircraft, TimeUs(aircraft.now_us())).left_total;
    mode(&mut aircraft, "LOITER");
    let now = TimeUs(aircraft.now_us());
    let vehicle = link.vehicle(&aircraft, now);
    assert_eq!((vehicle.left_total, vehicle.heartbeat.unwrap().received_us), (left + 1, now));
    assert_eq!(vehicle.heartbeat.unwrap().value.mode.name(), "LOITER");
    // Came and went between two passes.
    mode(&mut aircraft, "GUIDED");
    mode(&mut aircraft, "LOITER");
    mode(&mut aircraft, "GUIDED");
    let vehicle = link.vehicle(&aircraft, now.plus_us(1));
    assert_eq!((vehicle.left_total, vehicle.heartbeat.unwrap().value.mode.custom), (left + 2, 4));
}

#[test]
fn with_the_link_lost_everything_grows_old() {
    let (mut aircraft, mut link) = (airborne(Flavour::ArduCopter, &[]), link());
    mode(&mut aircraft, "GUIDED");
    listen(&mut aircraft, &mut link, 2.0);
    assert!(link.fault(&Kind::LinkLost, true) && !link.passes());
    let lost_us = aircraft.now_us();
    listen(&mut aircraft, &mut link, 3.0);
    let vehicle = link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
    assert!(vehicle.position.unwrap().received_us.0 <= lost_us);
    assert!(vehicle.heartbeat.unwrap().received_us.0 <= lost_us);
    let left = vehicle.left_total;
    mode(&mut aircraft, "LOITER");
    assert_eq!(link.vehicle(&aircraft, TimeUs(aircraft.now_us())).left_total, left, "nobody heard it");
    link.fault(&Kind::LinkLost, false);
    listen(&mut aircraft, &mut link, 0.1);
    let vehicle = link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
    assert_eq!((vehicle.left_total, vehicle.heartbeat.unwrap().value.mode.name()), (left + 1, "LOITER"));
}

#[test]
fn a_reboot_is_forgotten_and_learnt_again() {
    let (mut aircraft, mut link) = (airborne(Flavour::ArduCopter, &[]), link());
    listen(&mut aircraft, &mut link, 5.0);
    aircraft.fault(&Kind::Reboot, true);
    listen(&mut aircraft, &mut link, 1.6);
    let vehicle = link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
    assert_eq!(vehicle.failsafes.fence_enable, None);
    listen(&mut aircraft, &mut link, 3.0);
    let vehicle = link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
    assert!(vehicle.failsafes.fence_enable.is_some() && vehicle.home.is_some());
}

#[test]
fn strangers_make_it_contested_for_a_while() {
    let (mut aircraft, mut link) = (airborne(Flavour::ArduCopter, &[]), link());
    for who in [Impostor::OwnIds, Impostor::OtherSystem] {
        link.fault(&Kind::Impostor { who }, true);
        listen(&mut aircraft, &mut link, 0.1);
        assert!(link.vehicle(&aircraft, TimeUs(aircraft.now_us())).contested.is_some());
        link.fault(&Kind::Impostor { who }, false);
        listen(&mut aircraft, &mut link, 5.2);
        assert_eq!(link.vehicle(&aircraft, TimeUs(aircraft.now_us())).contested, None);
    }
    link.fault(&Kind::Impostor { who: Impostor::GimbalHeartbeat }, true);
    let heard = listen(&mut aircraft, &mut link, 5.0);
    assert!(heard[0] <= 1 && heard[1] > 40, "the autopilot's own heartbeats have stopped: {heard:?}");
}

#[test]
fn absurd_values_come_through_as_the_wire_lets_them() {
    let (mut aircraft, mut link) = (airborne(Flavour::ArduCopter, &[]), link());
    listen(&mut aircraft, &mut link, 2.0);
    let mut spoil = |field: &str, value: Absurdity| {
        let kind = Kind::Absurd { field: field.into(), value };
        link.fault(&kind, true);
        listen(&mut aircraft, &mut link, 0.6);
        let vehicle = *link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
        link.fault(&kind, false);
        listen(&mut aircraft, &mut link, 0.6);
        (vehicle, aircraft.now_us() - 600_000)
    };
    let (vehicle, now_us) = spoil("ATTITUDE.roll", Absurdity::Nan);
    assert!(now_us - vehicle.attitude.unwrap().received_us.0 >= 500_000, "refused: it grows old");
    assert!(vehicle.attitude.unwrap().value.roll_rad.is_finite());
    let (vehicle, _) = spoil("ATTITUDE.roll", Absurdity::Huge);
    assert_eq!(vehicle.attitude.unwrap().value.roll_rad, -1e30);
    let (vehicle, now_us) = spoil("GLOBAL_POSITION_INT.lat", Absurdity::Nan);
    assert!(now_us - vehicle.position.unwrap().received_us.0 >= 500_000, "214.7° is no place");
    let (vehicle, _) = spoil("GLOBAL_POSITION_INT.relative_alt", Absurdity::Nan);
    assert!((vehicle.position.unwrap().value.alt_rel_m - 2_147_483.647).abs() < 1e-6);
    let (vehicle, _) = spoil("SYS_STATUS.battery_remaining", Absurdity::Infinity);
    assert_eq!(vehicle.battery.unwrap().value.remaining_ratio, None);
    let (vehicle, _) = spoil("RC_CHANNELS.chan2_raw", Absurdity::Nan);
    assert_eq!(vehicle.rc.unwrap().value.sticks_us[1], 65_535);
    let (vehicle, _) = spoil("GPS_RAW_INT.eph", Absurdity::Nan);
    assert_eq!(vehicle.gps.unwrap().value.hdop, None);
}

#[test]
fn the_ground_stations_heartbeats_are_heard_on_the_link() {
    let (mut aircraft, mut link) = (airborne(Flavour::ArduCopter, &[]), link());
    aircraft.request(&Request::GroundStation(255));
    let at_us = aircraft.now_us();
    listen(&mut aircraft, &mut link, 2.0);
    let heard = link.vehicle(&aircraft, TimeUs(aircraft.now_us())).ground_station.unwrap();
    assert_eq!((heard.value, heard.received_us), (255, TimeUs(at_us)));
}
