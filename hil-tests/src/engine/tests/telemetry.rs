//! Depth a's link: rates, ages, what is lost with it.

use crate::aircraft::tests::{airborne, mode, steer};
use crate::aircraft::{Aircraft, Request, STEP_US, firmware_of};
use crate::engine::book::Unread;
use crate::engine::telemetry::Telemetry;
use crate::scenario::fault::{Absurdity, Impostor};
use crate::scenario::{Flavour, Kind};
use skyhound::command::Interlock;
use skyhound::config::Config;
use skyhound::decide::{Decide, PassInputs};
use skyhound::time::TimeUs;
use skyhound::vehicle::{Firmware, Health, Landed, PartHealth, Zones, parameter};
use skyhound_host::settings::{Flags, Settings};

/// An aircraft over home with a link to it.
fn met(flavour: Flavour) -> (Aircraft, Telemetry) {
    let aircraft = airborne(flavour, &[]);
    let link = Telemetry::new(&aircraft, 10.0, 20.0, 2.0);
    (aircraft, link)
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
    let (mut aircraft, mut link) = met(Flavour::ArduCopter);
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
    let rc = vehicle.rc.unwrap().value;
    assert_eq!(
        (&rc.channels_us[..5], rc.channel_count, rc.rssi),
        (&[1500, 1500, 1500, 1500, 1000][..], 16, Some(200))
    );
    assert_eq!((vehicle.landed.unwrap().value, vehicle.mode_told), (Landed::InAir, None));
    assert!((vehicle.height_terrain_m.unwrap().value - 30.0).abs() < 3.0);
    assert_eq!(
        vehicle.health.unwrap().value,
        Health { rc_receiver: PartHealth::Good, fence: PartHealth::Good }
    );
    assert_eq!(vehicle.zones.unwrap().value, Zones::default());
}

/// The defaults satisfy the engine's table, all of it, and what a scenario sets comes through.
#[test]
fn parameters_are_those_that_homing_needs() {
    for (flavour, name) in [(Flavour::ArduCopter, "FENCE_ENABLE"), (Flavour::Px4, "GF_ACTION")] {
        let (mut aircraft, mut link) = met(flavour);
        aircraft.request(&Request::GroundStation(255));
        listen(&mut aircraft, &mut link, 3.0);
        let now = TimeUs(aircraft.now_us());
        let vehicle = *link.vehicle(&aircraft, now);
        for (at, row) in parameter::of(firmware_of(flavour)) {
            assert!(vehicle.parameters.fresh(at, now).is_some(), "{}", row.name);
        }
        let mut decide = Decide::new(&config()).unwrap();
        let inputs =
            PassInputs { now, readings: &[], pulses: &[], vehicle: &vehicle, act: None, sdr_alive: true };
        decide.pass(&inputs, &mut Unread);
        let missing: Vec<_> =
            decide.missing().iter().filter(|trip| trip.interlock == Interlock::Failsafes).collect();
        assert!(missing.is_empty(), "{flavour:?}: {missing:?}");
        aircraft.parameters_mut().set(name, 0.0);
        listen(&mut aircraft, &mut link, 60.0);
        let vehicle = link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
        assert_eq!(vehicle.parameters.told(parameter::index(name)).unwrap().value, 0.0);
    }
}

fn config() -> Config {
    let settings = Settings::load(None, &[], &Flags::default()).unwrap();
    settings.engine(250e3, 433.92e6).unwrap()
}

#[test]
fn a_mode_change_is_heard_at_once_and_counted() {
    let (mut aircraft, mut link) = met(Flavour::ArduCopter);
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
    let (mut aircraft, mut link) = met(Flavour::ArduCopter);
    mode(&mut aircraft, "GUIDED");
    listen(&mut aircraft, &mut link, 2.0);
    link.fault(&Kind::LinkLost, true);
    assert!(link.passes().is_none());
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
    let (mut aircraft, mut link) = met(Flavour::ArduCopter);
    listen(&mut aircraft, &mut link, 5.0);
    aircraft.fault(&Kind::Reboot, true);
    listen(&mut aircraft, &mut link, 1.6);
    let vehicle = link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
    let fence = parameter::index("FENCE_ENABLE");
    assert_eq!((vehicle.parameters.told(fence), vehicle.zones), (None, None));
    listen(&mut aircraft, &mut link, 3.0);
    let vehicle = link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
    assert!(vehicle.parameters.told(fence).is_some() && vehicle.home.is_some() && vehicle.zones.is_some());
}

#[test]
fn strangers_make_it_contested_for_a_while() {
    let (mut aircraft, mut link) = met(Flavour::ArduCopter);
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
    let (mut aircraft, mut link) = met(Flavour::ArduCopter);
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
    assert_eq!(vehicle.rc.unwrap().value.channels_us[1], 65_535);
    let (vehicle, _) = spoil("GPS_RAW_INT.eph", Absurdity::Nan);
    assert_eq!(vehicle.gps.unwrap().value.hdop, None);
}

#[test]
fn the_ground_stations_heartbeats_are_heard_on_the_link() {
    let (mut aircraft, mut link) = met(Flavour::ArduCopter);
    aircraft.request(&Request::GroundStation(255));
    let at_us = aircraft.now_us();
    listen(&mut aircraft, &mut link, 2.0);
    let heard = link.vehicle(&aircraft, TimeUs(aircraft.now_us())).ground_station.unwrap();
    assert_eq!((heard.value, heard.received_us), (255, TimeUs(at_us)));
}

#[test]
fn a_slow_link_tells_its_age_and_a_late_copy_replaces_nothing() {
    let (mut aircraft, mut link) = met(Flavour::ArduCopter);
    mode(&mut aircraft, "GUIDED");
    listen(&mut aircraft, &mut link, 2.0);
    link.fault(&Kind::LateCopies { delay_s: 1.5 }, true);
    for _ in 0..40 {
        let heard = listen(&mut aircraft, &mut link, 0.1);
        let vehicle = link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
        assert!(vehicle.position.unwrap().received_us.0 + 100_000 >= aircraft.now_us() && heard[1] <= 2);
    }
    link.fault(&Kind::LateCopies { delay_s: 1.5 }, false);
    link.fault(&Kind::SlowLink { delay_s: 1.0 }, true);
    assert_eq!(link.passes(), Some(1_000_000));
    listen(&mut aircraft, &mut link, 5.0);
    let heard_us = link.vehicle(&aircraft, TimeUs(aircraft.now_us())).position.unwrap().received_us.0;
    let age_us = aircraft.now_us() - heard_us;
    assert!((1_000_000..=1_110_000).contains(&age_us), "{age_us}");
}

/// PX4's heartbeat keeps to its grid; CURRENT_MODE tells sooner, and counts what the heartbeat would count twice.
#[test]
fn px4_tells_its_mode_beside_its_heartbeat() {
    let (mut aircraft, mut link) = met(Flavour::Px4);
    steer(&mut aircraft, [0.0; 3], 1.5);
    mode(&mut aircraft, "OFFBOARD");
    steer_listening(&mut aircraft, &mut link, 2.35);
    let beat = link.vehicle(&aircraft, TimeUs(aircraft.now_us())).heartbeat.unwrap();
    mode(&mut aircraft, "POSCTL");
    listen(&mut aircraft, &mut link, 0.11);
    let vehicle = *link.vehicle(&aircraft, TimeUs(aircraft.now_us()));
    assert_eq!((vehicle.mode_told.unwrap().value.name(), vehicle.heartbeat), ("POSCTL", Some(beat)));
    assert!(vehicle.left_total > 0);
    listen(&mut aircraft, &mut link, 1.0);
    assert_eq!(
        link.vehicle(&aircraft, TimeUs(aircraft.now_us())).heartbeat.unwrap().value.mode.name(),
        "POSCTL"
    );
}

fn steer_listening(aircraft: &mut Aircraft, link: &mut Telemetry, seconds: f64) {
    for _ in 0..(seconds * 20.0) as u32 {
        steer(aircraft, [0.0; 3], 0.05);
        link.vehicle(aircraft, TimeUs(aircraft.now_us()));
    }
}
