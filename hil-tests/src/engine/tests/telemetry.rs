//! Depth a's link: rates, ages, what is lost with it.

use crate::aircraft::tests::{airborne, mode, steer};
use crate::aircraft::{Aircraft, Request, STEP_US, firmware_of};
use crate::engine::book::Unread;
use crate::engine::telemetry::Telemetry;
use crate::scenario::fault::{Absurdity, Impostor};
use crate::scenario::{Flavour, Kind};
use skyhound::command::Interlock;
use skyhound::decide::{Decide, PassInputs};
use skyhound::time::TimeUs;
use skyhound::vehicle::{Firmware, Health, Landed, PartHealth, Vehicle, Zones, parameter};
use skyhound_host::settings::{Flags, Settings};

/// An aircraft over home with a link to it.
struct Met {
    aircraft: Aircraft,
    link: Telemetry,
}

fn met(flavour: Flavour) -> Met {
    let aircraft = airborne(flavour, &[]);
    let link = Telemetry::new(&aircraft, 10.0, 20.0, 2.0);
    Met { aircraft, link }
}

impl Met {
    fn vehicle(&mut self) -> Vehicle {
        *self.link.vehicle(&self.aircraft, TimeUs(self.aircraft.now_us()))
    }

    /// Steps and listens for this long; gives how often each part was received.
    fn listen(&mut self, seconds: f64) -> [usize; 6] {
        let mut heard = [0; 6];
        let mut last = [None; 6];
        for _ in 0..(seconds * 1e6) as u64 / STEP_US {
            self.aircraft.step();
            let vehicle = self.vehicle();
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

    /// Listens, then tells what is known.
    fn after(&mut self, seconds: f64) -> Vehicle {
        self.listen(seconds);
        self.vehicle()
    }
}

#[test]
fn messages_come_at_their_rates() {
    let mut met = met(Flavour::ArduCopter);
    let heard = met.listen(30.0);
    for (heard, expected) in heard.into_iter().zip([30_usize, 300, 600, 1_200, 60, 3]) {
        assert!(expected.abs_diff(heard) <= 1, "{heard} for {expected}");
    }
    let vehicle = met.vehicle();
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
        let mut met = met(flavour);
        met.aircraft.request(&Request::GroundStation(255));
        met.listen(3.0);
        let now = TimeUs(met.aircraft.now_us());
        let vehicle = *met.link.vehicle(&met.aircraft, now);
        for (at, row) in parameter::of(firmware_of(flavour)) {
            assert!(vehicle.parameters.fresh(at, now).is_some(), "{}", row.name);
        }
        let settings = Settings::load(None, &[], &Flags::default()).unwrap();
        let mut decide = Decide::new(&settings.engine(250e3, 433.92e6).unwrap()).unwrap();
        let inputs = PassInputs {
            now,
            readings: &[],
            pulses: &[],
            hearings: &[],
            vehicle: &vehicle,
            act: None,
            sdr_alive: true,
        };
        decide.pass(&inputs, &mut Unread);
        let missing: Vec<_> =
            decide.missing().iter().filter(|trip| trip.interlock == Interlock::Failsafes).collect();
        assert!(missing.is_empty(), "{flavour:?}: {missing:?}");
        met.aircraft.parameters.set(name, 0.0);
        let vehicle = met.after(60.0);
        assert_eq!(vehicle.parameters.told(parameter::index(name)).unwrap().value, 0.0);
    }
}

#[test]
fn a_mode_change_is_heard_at_once_and_counted() {
    let mut met = met(Flavour::ArduCopter);
    mode(&mut met.aircraft, "GUIDED");
    let left = met.after(1.5).left_total;
    mode(&mut met.aircraft, "LOITER");
    let now = TimeUs(met.aircraft.now_us());
    let vehicle = met.link.vehicle(&met.aircraft, now);
    assert_eq!((vehicle.left_total, vehicle.heartbeat.unwrap().received_us), (left + 1, now));
    assert_eq!(vehicle.heartbeat.unwrap().value.mode.name(), "LOITER");
    // Came and went between two passes.
    mode(&mut met.aircraft, "GUIDED");
    mode(&mut met.aircraft, "LOITER");
    mode(&mut met.aircraft, "GUIDED");
    let vehicle = met.link.vehicle(&met.aircraft, now.plus_us(1));
    assert_eq!((vehicle.left_total, vehicle.heartbeat.unwrap().value.mode.custom), (left + 2, 4));
}

#[test]
fn with_the_link_lost_everything_grows_old() {
    let mut met = met(Flavour::ArduCopter);
    mode(&mut met.aircraft, "GUIDED");
    met.listen(2.0);
    met.link.fault(&Kind::LinkLost, true);
    assert!(met.link.passes().is_none());
    let lost_us = met.aircraft.now_us();
    let vehicle = met.after(3.0);
    assert!(vehicle.position.unwrap().received_us.0 <= lost_us);
    assert!(vehicle.heartbeat.unwrap().received_us.0 <= lost_us);
    let left = vehicle.left_total;
    mode(&mut met.aircraft, "LOITER");
    assert_eq!(met.vehicle().left_total, left, "nobody heard it");
    met.link.fault(&Kind::LinkLost, false);
    let vehicle = met.after(0.1);
    assert_eq!((vehicle.left_total, vehicle.heartbeat.unwrap().value.mode.name()), (left + 1, "LOITER"));
}

#[test]
fn a_reboot_is_forgotten_and_learnt_again() {
    let mut met = met(Flavour::ArduCopter);
    met.listen(5.0);
    met.aircraft.fault(&Kind::Reboot, true);
    let vehicle = met.after(1.6);
    let fence = parameter::index("FENCE_ENABLE");
    assert_eq!((vehicle.parameters.told(fence), vehicle.zones), (None, None));
    let vehicle = met.after(3.0);
    assert!(vehicle.parameters.told(fence).is_some() && vehicle.home.is_some() && vehicle.zones.is_some());
}

#[test]
fn strangers_make_it_contested_for_a_while() {
    let mut met = met(Flavour::ArduCopter);
    for who in [Impostor::OwnIds, Impostor::OtherSystem] {
        met.link.fault(&Kind::Impostor { who }, true);
        assert!(met.after(0.1).contested.is_some());
        met.link.fault(&Kind::Impostor { who }, false);
        assert_eq!(met.after(5.2).contested, None);
    }
    met.link.fault(&Kind::Impostor { who: Impostor::GimbalHeartbeat }, true);
    let heard = met.listen(5.0);
    assert!(heard[0] <= 1 && heard[1] > 40, "the autopilot's own heartbeats have stopped: {heard:?}");
}

#[test]
fn absurd_values_come_through_as_the_wire_lets_them() {
    let mut met = met(Flavour::ArduCopter);
    met.listen(2.0);
    let mut spoil = |field: &str, value: Absurdity| {
        let kind = Kind::Absurd { field: field.into(), value };
        met.link.fault(&kind, true);
        let vehicle = met.after(0.6);
        met.link.fault(&kind, false);
        met.listen(0.6);
        (vehicle, met.aircraft.now_us() - 600_000)
    };
    let (vehicle, now_us) = spoil("ATTITUDE.roll", Absurdity::Nan);
    assert!(now_us - vehicle.attitude.unwrap().received_us.0 >= 500_000, "refused: it grows old");
    assert!(vehicle.attitude.unwrap().value.roll_rad.is_finite());
    let (vehicle, _) = spoil("ATTITUDE.roll", Absurdity::Huge);
    assert_eq!(vehicle.attitude.unwrap().value.roll_rad, f64::from(-1e30_f32));
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
    let mut met = met(Flavour::ArduCopter);
    met.aircraft.request(&Request::GroundStation(255));
    let at_us = met.aircraft.now_us();
    let heard = met.after(2.0).ground_station.unwrap();
    assert_eq!((heard.value, heard.received_us), (255, TimeUs(at_us)));
}

#[test]
fn a_slow_link_tells_its_age_and_a_late_copy_replaces_nothing() {
    let mut met = met(Flavour::ArduCopter);
    mode(&mut met.aircraft, "GUIDED");
    met.listen(2.0);
    met.link.fault(&Kind::LateCopies { delay_s: 1.5 }, true);
    for _ in 0..40 {
        let heard = met.listen(0.1);
        let vehicle = met.vehicle();
        assert!(vehicle.position.unwrap().received_us.0 + 100_000 >= met.aircraft.now_us() && heard[1] <= 2);
    }
    met.link.fault(&Kind::LateCopies { delay_s: 1.5 }, false);
    met.link.fault(&Kind::SlowLink { delay_s: 1.0 }, true);
    assert_eq!(met.link.passes(), Some(1_000_000));
    let heard_us = met.after(5.0).position.unwrap().received_us.0;
    let age_us = met.aircraft.now_us() - heard_us;
    assert!((1_000_000..=1_110_000).contains(&age_us), "{age_us}");
}

/// PX4's heartbeat keeps to its grid; CURRENT_MODE tells sooner, and counts what the heartbeat would count twice.
#[test]
fn px4_tells_its_mode_beside_its_heartbeat() {
    let mut met = met(Flavour::Px4);
    steer(&mut met.aircraft, [0.0; 3], 1.5);
    mode(&mut met.aircraft, "OFFBOARD");
    for _ in 0..47 {
        steer(&mut met.aircraft, [0.0; 3], 0.05);
        met.vehicle();
    }
    let beat = met.vehicle().heartbeat.unwrap();
    mode(&mut met.aircraft, "POSCTL");
    let vehicle = met.after(0.11);
    assert_eq!((vehicle.mode_told.unwrap().value.name(), vehicle.heartbeat), ("POSCTL", Some(beat)));
    assert!(vehicle.left_total > 0);
    assert_eq!(met.after(1.0).heartbeat.unwrap().value.mode.name(), "POSCTL");
}
