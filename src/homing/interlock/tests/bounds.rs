//! Every input at the last value that holds and the first that does not.

use super::*;
use crate::geo::Wgs84;
use crate::vehicle::{Attitude, Battery, Ekf, Firmware, Gps, Identity, Mode, Position};
use std::f64::consts::PI;

type Spoil<T> = fn(&mut T, f64);

/// Values that hold, values out of range or refused; what is not finite never holds.
fn number<T>(
    part: fn(&mut World) -> &mut T,
    set: Spoil<T>,
    interlock: Interlock,
    fault: Fault,
    good: &[f64],
    bad: &[f64],
) {
    for &value in good {
        assert_eq!(locked(|world| set(part(world), value)), None, "{interlock:?} {value}");
    }
    for &value in bad {
        assert_eq!(locked(|world| set(part(world), value)), Some((interlock, fault)), "{value}");
    }
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let expected = Some((interlock, Fault::NonFinite));
        assert_eq!(locked(|world| set(part(world), odd)), expected, "{odd}");
    }
}

fn identity(world: &mut World) -> &mut Identity {
    world.vehicle.identity.as_mut().unwrap()
}

fn mode(world: &mut World) -> &mut Mode {
    &mut world.vehicle.heartbeat.as_mut().unwrap().value.mode
}

fn attitude(world: &mut World) -> &mut Attitude {
    &mut world.vehicle.attitude.as_mut().unwrap().value
}

fn position(world: &mut World) -> &mut Position {
    &mut world.vehicle.position.as_mut().unwrap().value
}

fn gps(world: &mut World) -> &mut Gps {
    &mut world.vehicle.gps.as_mut().unwrap().value
}

fn ekf(world: &mut World) -> &mut Ekf {
    &mut world.vehicle.ekf.as_mut().unwrap().value
}

fn battery(world: &mut World) -> &mut Battery {
    &mut world.vehicle.battery.as_mut().unwrap().value
}

#[test]
fn identity_is_one_autopilot_of_a_known_firmware() {
    let refused = Some((Interlock::Identity, Fault::Refused));
    let out_of_range = Some((Interlock::Identity, Fault::OutOfRange));
    assert_eq!(locked(|world| world.vehicle.identity = None), Some((Interlock::Identity, Fault::Unknown)));
    assert_eq!(locked(|world| identity(world).component = 0), refused);
    assert_eq!(locked(|world| identity(world).firmware = Firmware::Other), refused);
    for (system, expected) in [(0, out_of_range), (1, None), (249, None), (250, out_of_range)] {
        assert_eq!(locked(|world| identity(world).system = system), expected, "{system}");
    }
}

#[test]
fn only_guided_and_offboard_are_ours() {
    let refused = Some((Interlock::Mode, Fault::Refused));
    for custom in 0..30 {
        let expected = if custom == 4 { None } else { refused };
        assert_eq!(locked(|world| mode(world).custom = custom), expected, "{custom}");
    }
    let px4 = |custom, firmware| {
        locked(|world| {
            identity(world).firmware = firmware;
            *mode(world) = Mode { firmware: Firmware::Px4, custom };
        })
    };
    assert_eq!(px4(6 << 16, Firmware::Px4), None);
    assert_eq!(px4(4 << 16, Firmware::Px4), refused);
    assert_eq!(px4(6 << 16, Firmware::ArduCopter), refused, "the bound autopilot speaks other modes");
    let disarmed = |world: &mut World| world.vehicle.heartbeat.as_mut().unwrap().value.armed = false;
    assert_eq!(locked(disarmed), Some((Interlock::Armed, Fault::Refused)));
}

#[test]
fn an_autopilot_in_trouble_is_not_commanded() {
    let status =
        |status| locked(|world| world.vehicle.heartbeat.as_mut().unwrap().value.system_status = status);
    assert_eq!((status(3), status(4)), (None, None), "standby, active");
    for trouble in [5, 6, 7, 8, 255] {
        assert_eq!(status(trouble), Some((Interlock::Armed, Fault::Refused)), "{trouble}");
    }
}

#[test]
fn mode_and_armed_are_unknown_without_a_heartbeat() {
    let mut world = World::new();
    world.vehicle.heartbeat = None;
    let inputs = inputs_of(&world);
    assert_eq!(inputs::mode(&inputs, &interlock_config()).unwrap_err().fault, Fault::Unknown);
    assert_eq!(inputs::armed(&inputs).unwrap_err().fault, Fault::Unknown);
}

#[test]
fn attitude_is_finite_upright_and_possible() {
    let check = |set, good: &[f64], bad: &[f64]| {
        number(attitude, set, Interlock::Attitude, Fault::OutOfRange, good, bad);
    };
    check(|a, v| a.roll_rad = v, &[-1.05, 1.05], &[-1.051, 1.051]);
    check(|a, v| a.pitch_rad = v, &[-1.05, 1.05], &[-1.051, 1.051]);
    let half_turn = f64::from(std::f32::consts::PI);
    assert!(half_turn > PI);
    check(|a, v| a.yaw_rad = v, &[-half_turn, half_turn], &[-3.15, 3.15]);
    check(|a, v| a.yaw_rate_rad_s = v, &[-20.0, 20.0], &[-20.1, 20.1]);
}

#[test]
fn position_is_finite_and_possible() {
    let check = |set, good: &[f64], bad: &[f64]| {
        number(position, set, Interlock::Position, Fault::OutOfRange, good, bad);
    };
    check(|p, v| p.place.lat_deg = v, &[47.0], &[-90.1, 90.1]);
    check(|p, v| p.place.lon_deg = v, &[8.0], &[-180.1, 180.1]);
    check(|p, v| p.alt_amsl_m = v, &[-1_000.0, 10_000.0], &[-1_000.1, 10_000.1]);
    check(|p, v| p.alt_rel_m = v, &[30.0], &[-1_000.1, 10_000.1]);
    check(|p, v| p.north_mps = v, &[4.0], &[-50.1, 50.1]);
    check(|p, v| p.east_mps = v, &[4.0], &[-50.1, 50.1]);
    check(|p, v| p.down_mps = v, &[0.5, -0.5], &[-50.1, 50.1]);
    let nowhere = |world: &mut World| position(world).place = Wgs84 { lat_deg: 0.0, lon_deg: 0.0 };
    assert_eq!(locked(nowhere), Some((Interlock::Position, Fault::OutOfRange)));
}

#[test]
fn the_last_possible_position_is_one() {
    // The fence refuses these in the end, so the position's own interlock is asked.
    for set in [
        (|p| p.place.lat_deg = 90.0) as fn(&mut Position),
        |p| p.place.lat_deg = -90.0,
        |p| p.place.lon_deg = 180.0,
        |p| p.place.lon_deg = -180.0,
        |p| p.alt_rel_m = -1_000.0,
        |p| p.alt_rel_m = 10_000.0,
        |p| (p.north_mps, p.east_mps, p.down_mps) = (50.0, 50.0, 50.0),
        |p| (p.north_mps, p.east_mps, p.down_mps) = (-50.0, -50.0, -50.0),
    ] {
        let mut world = World::new();
        set(position(&mut world));
        assert_eq!(inputs::position(&inputs_of(&world), &interlock_config()), Ok(()));
    }
}

#[test]
fn gps_has_fix_satellites_and_hdop() {
    let refused = Some((Interlock::Gps, Fault::Refused));
    for (fix, expected) in
        [(2, refused), (3, None), (8, None), (9, Some((Interlock::Gps, Fault::OutOfRange)))]
    {
        assert_eq!(locked(|world| gps(world).fix = fix), expected, "{fix}");
    }
    assert_eq!(locked(|world| gps(world).satellites = Some(8)), None);
    assert_eq!(locked(|world| gps(world).satellites = Some(7)), refused);
    let unknown = Some((Interlock::Gps, Fault::Unknown));
    assert_eq!(locked(|world| gps(world).satellites = None), unknown);
    assert_eq!(locked(|world| gps(world).hdop = None), unknown);
    let set: Spoil<Gps> = |gps, hdop| gps.hdop = Some(hdop);
    number(gps, set, Interlock::Gps, Fault::OutOfRange, &[0.1, 2.0], &[0.0, -0.5]);
    assert_eq!(locked(|world| gps(world).hdop = Some(2f64.next_up())), refused);
}

#[test]
fn the_estimator_says_that_it_is_good() {
    let set: Spoil<Ekf> = |ekf, variance| ekf.variance_max = variance;
    number(ekf, set, Interlock::Ekf, Fault::OutOfRange, &[0.0, 0.8f64.next_down()], &[-0.01]);
    let refused = Some((Interlock::Ekf, Fault::Refused));
    assert_eq!(locked(|world| ekf(world).variance_max = 0.8), refused);
    assert_eq!(locked(|world| ekf(world).attitude_ok = false), refused);
    assert_eq!(locked(|world| ekf(world).velocity_horizontal_ok = false), refused);
    assert_eq!(locked(|world| ekf(world).position_horizontal_ok = false), refused);
    assert_eq!(locked(|world| ekf(world).position_vertical_ok = false), refused);
    assert_eq!(locked(|world| ekf(world).degraded = true), refused);
}

#[test]
fn the_battery_is_known_and_charged() {
    let ratio: Spoil<Battery> = |battery, ratio| battery.remaining_ratio = Some(ratio);
    number(battery, ratio, Interlock::Battery, Fault::OutOfRange, &[0.3, 1.0], &[-0.01, 1.01]);
    let refused = Some((Interlock::Battery, Fault::Refused));
    let unknown = Some((Interlock::Battery, Fault::Unknown));
    assert_eq!(locked(|world| battery(world).remaining_ratio = Some(0.3f64.next_down())), refused);
    assert_eq!(locked(|world| battery(world).remaining_ratio = None), unknown);
    let voltage: Spoil<Battery> = |battery, voltage_v| battery.voltage_v = Some(voltage_v);
    number(battery, voltage, Interlock::Battery, Fault::OutOfRange, &[0.0, 100.0], &[-0.1, 100.1]);
    assert_eq!(locked(|world| battery(world).voltage_v = None), None);
}

#[test]
fn where_a_least_voltage_is_set_the_voltage_counts() {
    let with_voltage = |voltage_v: Option<f64>, remaining_ratio: Option<f64>| {
        let mut world =
            World::with(&homing_config(), &InterlockConfig { battery_min_v: 14.0, ..interlock_config() });
        (battery(&mut world).voltage_v, battery(&mut world).remaining_ratio) = (voltage_v, remaining_ratio);
        world.pass(None);
        world.homing.locked().map(|trip| trip.fault)
    };
    assert_eq!(with_voltage(Some(14.0), Some(0.8)), None);
    assert_eq!(with_voltage(Some(14.0), None), None, "the voltage speaks for the charge");
    assert_eq!(with_voltage(Some(14f64.next_down()), Some(0.8)), Some(Fault::Refused));
    assert_eq!(with_voltage(None, Some(0.8)), Some(Fault::Unknown));
    assert_eq!(with_voltage(Some(15.0), Some(0.1)), Some(Fault::Refused));
}

#[test]
fn readings_arrive() {
    let sdr = |fault| Some((Interlock::Sdr, fault));
    assert_eq!(locked(|world| world.sdr_alive = false), sdr(Fault::Refused));
    assert_eq!(locked(|world| world.newest_reading_us = None), sdr(Fault::Unknown));
    let taken = |age_us: i64| {
        locked(|world| world.newest_reading_us = Some(TimeUs(world.now.0.wrapping_add_signed(-age_us))))
    };
    assert_eq!((taken(500_000), taken(500_001), taken(-1)), (None, sdr(Fault::Stale), sdr(Fault::Stale)));
}

#[test]
fn the_facts_of_every_channel_are_fresh_and_sane() {
    let facts = |fault| Some((Interlock::Facts, fault));
    assert_eq!(locked(|world| world.facts.clear()), facts(Fault::Unknown));
    let second = |spoil: fn(&mut crate::facts::Facts, TimeUs)| {
        locked(|world| {
            world.facts.push(crate::homing::tests::facts(1, world.now));
            spoil(&mut world.facts[1], world.now);
        })
    };
    assert_eq!(second(|_, _| {}), None);
    assert_eq!(second(|f, now| f.at = now.minus_us(500_000)), None);
    assert_eq!(second(|f, now| f.at = now.minus_us(500_001)), facts(Fault::Stale));
    assert_eq!(second(|f, now| f.at = now.plus_us(1)), facts(Fault::Stale));
    assert_eq!(second(|f, _| f.channel = 0), facts(Fault::OutOfRange));
    assert_eq!(second(|f, _| f.channel = 2), facts(Fault::OutOfRange));
    let check = |set: Spoil<crate::facts::Facts>, good: &[f64], bad: &[f64]| {
        number(|w| &mut w.facts[0], set, Interlock::Facts, Fault::OutOfRange, good, bad);
    };
    check(|f, v| f.snr_db = Some(v), &[-300.0, 300.0], &[-300.1, 300.1]);
    check(|f, v| f.trend.as_mut().unwrap().slope_db_s = v, &[-1e6, 1e6], &[-1.1e6, 1.1e6]);
    check(|f, v| f.gradient.as_mut().unwrap().bearing_rad = v, &[-PI, PI], &[-3.15, 3.15]);
    check(|f, v| f.gradient.as_mut().unwrap().bearing_sigma_rad = v, &[0.0, 100.0], &[-0.1]);
}
