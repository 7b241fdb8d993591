//! The autopilot's own failsafes: each parameter of the table at the last value that holds and the first that does not, and
//! what empties a failsafe whose action is set.

use super::*;
use crate::time::Aged;
use crate::vehicle::parameter::{self, Need, Parameters};
use crate::vehicle::{Firmware, Mode, PartHealth, Vehicle};

fn with(firmware: Firmware, parameters: &[(&str, f64)]) -> Vec<(Interlock, Fault, &'static str)> {
    missing(|world| {
        as_firmware(world, firmware);
        parameters.iter().for_each(|&(name, value)| world.set_parameter(name, value));
    })
}

fn as_firmware(world: &mut World, firmware: Firmware) {
    world.vehicle.identity.as_mut().unwrap().firmware = firmware;
    let custom = if firmware == Firmware::Px4 { 6 << 16 } else { 4 };
    world.vehicle.heartbeat.as_mut().unwrap().value.mode = Mode { firmware, custom };
}

#[test]
fn every_parameter_of_the_table_is_asked_for_its_value() {
    for (at, row) in parameter::PARAMETERS.iter().enumerate() {
        let expect = |fault| vec![(Interlock::Failsafes, fault, row.mend)];
        let refused = |value: f64| {
            let told = with(row.firmware, &[(row.name, value)]);
            assert_eq!(
                told.first().map(|trip| (trip.0, trip.1)),
                Some((Interlock::Failsafes, Fault::Refused))
            );
            assert!(told.iter().any(|trip| trip.2 == row.mend), "{} {value}: {told:?}", row.name);
        };
        match row.need {
            Need::Within(low, high) => {
                assert_eq!(with(row.firmware, &[(row.name, low.max(1e-300))]), [], "{}", row.name);
                refused(low.next_down());
                if high < f64::MAX {
                    refused(high.next_up());
                }
            }
            Need::AnyBit(bits) => {
                refused(0.0);
                refused(f64::from(!bits & 0xff));
                for bit in (0..32).filter(|bit| bits & (1 << bit) != 0) {
                    let told = with(row.firmware, &[(row.name, f64::from(1u32 << bit))]);
                    assert!(told.iter().all(|trip| trip.0 != Interlock::Failsafes), "{told:?}");
                }
            }
            Need::OneOf(values) => {
                for &value in values {
                    assert_eq!(with(row.firmware, &[(row.name, value)]), [], "{}", row.name);
                    refused(value.next_up());
                }
                let between = (0..8).map(f64::from).filter(|value| !values.contains(value));
                between.chain([-1.0, 255.0]).for_each(refused);
            }
            Need::NoBit(bits) | Need::NoBitIfTold(bits) => {
                refused(f64::from(bits));
                refused(255.0);
                assert_eq!(with(row.firmware, &[(row.name, f64::from(!bits & 0xff))]), []);
            }
            Need::GroundStation => {
                refused(0.0);
                refused(1.0);
                refused(256.0);
            }
            Need::Battery(..) | Need::Told => {}
        }
        let forgotten = missing(|world| {
            as_firmware(world, row.firmware);
            world.vehicle.parameters.keep(at, None);
        });
        assert_eq!(
            forgotten.first(),
            Some(&expect(Fault::Unknown)[0]).filter(|_| needs(row)),
            "{}",
            row.name
        );
        for odd in [f64::NAN, f64::INFINITY] {
            if !matches!(row.need, Need::Battery(..)) {
                assert_eq!(with(row.firmware, &[(row.name, odd)])[0], expect(Fault::NonFinite)[0]);
            }
        }
    }
}

/// Of the battery's chains the first alone is enough here, and an older release does not know each parameter.
fn needs(row: &parameter::Parameter) -> bool {
    !matches!(row.need, Need::Battery(..) | Need::NoBitIfTold(_))
}

#[test]
fn a_value_told_too_long_ago_is_unknown() {
    let mut world = World::new();
    let told = world.vehicle.parameters;
    let mut last = None;
    for pass in 0..=120 * 20 {
        world.refresh(PASS_US);
        world.vehicle.parameters = told;
        world.pass(None);
        if let Some(trip) = world.homing.locked() {
            last = Some((pass, trip));
            break;
        }
    }
    let (pass, trip) = last.expect("old parameters are believed for ever");
    assert_eq!((pass, trip.interlock, trip.fault), (120 * 20, Interlock::Failsafes, Fault::Unknown));
}

#[test]
fn one_whole_chain_of_the_batterys_failsafe_is_enough() {
    let judge =
        |parameters: &[(&str, f64)]| with(Firmware::ArduCopter, parameters).first().map(|trip| trip.1);
    let none = ("BATT_FS_CRT_ACT", 0.0);
    assert_eq!(judge(&[]), None);
    assert_eq!(judge(&[none]), None, "low: action and mAh");
    assert_eq!(judge(&[none, ("BATT_LOW_MAH", 0.0)]), Some(Fault::Refused), "an action at no threshold");
    assert_eq!(judge(&[none, ("BATT_LOW_MAH", 0.0), ("BATT_LOW_VOLT", 14.0)]), None);
    assert_eq!(
        judge(&[none, ("BATT_FS_LOW_ACT", 0.0)]),
        Some(Fault::Refused),
        "a threshold without an action"
    );
    assert_eq!(judge(&[("BATT_FS_LOW_ACT", 0.0)]), None, "critical: action and volts");
    assert_eq!(judge(&[("BATT_FS_LOW_ACT", 0.0), ("BATT_CRT_VOLT", 0.0)]), Some(Fault::Refused));
    assert_eq!(judge(&[none, ("BATT_LOW_MAH", f64::NAN)]), Some(Fault::Refused));
    assert_eq!(judge(&[none, ("BATT_FS_LOW_ACT", 5.0)]), Some(Fault::Refused), "the motors stop in the air");
    assert_eq!(judge(&[none, ("BATT_FS_LOW_ACT", 6.0)]), None);
    let unread = missing(|world| {
        world.set_parameter("BATT_FS_CRT_ACT", 0.0);
        world.vehicle.parameters.keep(parameter::index("BATT_FS_LOW_ACT"), None);
    });
    assert_eq!(unread[0].1, Fault::Unknown);
}

#[test]
fn a_loss_that_nobody_would_notice_is_no_failsafe() {
    let gone = missing(|world| world.vehicle.ground_station = None);
    assert!(gone[0].0 == Interlock::Failsafes && gone[0].2.contains("ground station"), "{gone:?}");
    let other = missing(|world| world.vehicle.ground_station.as_mut().unwrap().value = 252);
    assert_eq!(other.len(), 1, "another one than is watched: {other:?}");
    let px4 = missing(|world| {
        as_firmware(world, Firmware::Px4);
        world.vehicle.ground_station = None;
    });
    assert_eq!(px4, []);
}

#[test]
fn the_fence_must_be_well_by_the_autopilots_own_word() {
    let fence = |firmware, health| {
        missing(|world| {
            as_firmware(world, firmware);
            world.vehicle.health.as_mut().unwrap().value.fence = health;
        })
    };
    for (firmware, absent_is_refused) in [(Firmware::ArduCopter, true), (Firmware::Px4, false)] {
        assert_eq!(fence(firmware, PartHealth::Good), []);
        assert!(fence(firmware, PartHealth::Bad)[0].2.contains("breached"));
        assert!(fence(firmware, PartHealth::Off)[0].2.contains("switched off"));
        assert_eq!(!fence(firmware, PartHealth::Absent).is_empty(), absent_is_refused);
        let silent = |age_us: Option<u64>| {
            missing(|world| {
                as_firmware(world, firmware);
                let health = world.vehicle.health.unwrap().value;
                world.vehicle.health = age_us.map(|age_us| Aged::new(health, world.now.minus_us(age_us)));
            })
        };
        for (age_us, fault) in [(None, Fault::Unknown), (Some(3_000_001), Fault::Stale)] {
            let told = silent(age_us);
            assert_eq!((told.len(), told[0].0, told[0].1), (1, Interlock::Failsafes, fault), "{told:?}");
        }
        assert_eq!(silent(Some(3_000_000)), []);
    }
}

#[test]
fn all_that_is_missing_is_told_at_once_and_nothing_twice() {
    let told = missing(|world| {
        world.vehicle.parameters = Parameters::default();
        world.set_parameter("GUID_TIMEOUT", 3.0);
        world.vehicle.gps = None;
        world.sdr_alive = false;
    });
    assert_eq!(told[0], (Interlock::Failsafes, Fault::Refused, "GUID_TIMEOUT: set it to 1 s or less"));
    let has = |interlock| told.iter().filter(|trip| trip.0 == interlock).count();
    assert_eq!((has(Interlock::Gps), has(Interlock::Sdr)), (1, 1), "{told:?}");
    let mends: std::collections::HashSet<_> =
        parameter::of(Firmware::ArduCopter).map(|(_, row)| row.mend).collect();
    assert_eq!(has(Interlock::Failsafes), mends.len(), "each mend once: {told:?}");
    assert!(told.iter().all(|trip| !trip.2.is_empty()), "each with its mend: {told:?}");
    let nothing = missing(|world| {
        let bound = world.vehicle.identity;
        world.vehicle = Vehicle { identity: bound, ..Vehicle::default() };
        world.facts.clear();
        world.newest_reading_us = None;
    });
    assert!(nothing.iter().all(|trip| !trip.2.is_empty()), "{nothing:?}");
    let nobody = missing(|world| world.vehicle.identity = None);
    assert_eq!(
        nobody,
        [(Interlock::Identity, Fault::Unknown, "no autopilot heard")],
        "causes, no consequences"
    );
}
