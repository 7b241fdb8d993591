//! Truth for the control pass: the same inputs give the same records, nothing is allocated, and each reading is recorded
//! once, with the pose of its own moment.

mod succeeding;

use super::*;
use crate::command::OperatorAct;
use crate::config::*;
use crate::facts::Floor;
use crate::geo::Wgs84;
use crate::record::PlacedReading;
use crate::signal::Pulse;
use crate::time::Aged;
use crate::units::CentiDb;
use crate::vehicle::part::Joined;
use crate::vehicle::{Attitude, Firmware, Heartbeat, Identity, Mode, Position};
use crate::{allocation, analytics};

const HOP_US: u32 = 10_000;
const PASS_US: u64 = 50_000;

fn config() -> Config {
    let train = PulseTrain {
        period_min_us: 20_000,
        period_max_us: 2_000_000,
        jitter_ratio_max: 0.1,
        pulses_min: 3,
        pattern: Default::default(),
    };
    Config {
        sense: SenseConfig {
            sample_rate_sps: 250e3,
            center_hz: 433.92e6,
            more_centers_hz: Vec::new(),
            own_noise: Vec::new(),
            fft_len: 256,
            hop_us: HOP_US,
            dc_exclude_hz: Some(1_500.0),
            spectrum_interval_us: 0,
            false_alarms_per_hour: 0.05,
            channels: vec![ChannelConfig {
                name: "beacon".to_string(),
                frequency_hz: 433.96e6,
                bandwidth_hz: 10e3,
                emission: Emission::Any(train),
                pulse_width_min_us: 2_000,
                pulse_width_max_us: 1_000_000,
                pulse_bridge_us: 5_000,
                pulse_trigger_db: 9.0,
            }],
        },
        analytics: analytics::tests::config(),
        homing: homing::tests::homing_config(),
        interlock: homing::tests::interlock_config(),
        antenna: crate::config::Antenna::Omni,
        search: Some(SearchConfig {
            area: SearchArea::Disc(Wgs84 { lat_deg: 47.0, lon_deg: 8.0 }, 100.0),
            prior: Vec::new(),
            pattern: SearchPattern::ParallelTrack,
            spacing_m: None,
            heading_rad: None,
            speed_mps: 2.0,
            height_m: 40.0,
            sought: Sought {
                power_dbm: -20.0,
                unsure_db: 3.0,
                exponent: 2.2,
                sigma_db: 6.0,
                cn0_db_hz: 35.0,
                listen_s: 1.0,
                floor_dbm_hz: -165.0,
                full_scale_dbm: Some(-60.0),
                noise_bandwidth_hz: 10e3,
            },
            flies: true,
        }),
    }
}

/// A beacon that is on from 2 s to 8 s, 25 dB over the noise, heard by an aircraft that flies north at 5 m/s.
struct World {
    seed: u64,
}

impl World {
    fn reading(&mut self, index: u64) -> Reading {
        // A linear congruential generator (Knuth's MMIX constants): repeatable ripple of 2.55 dB.
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let ripple = (self.seed >> 56) as i16;
        let acquired_us = TimeUs(index * u64::from(HOP_US) + u64::from(HOP_US) / 2);
        let on = (2_000_000..8_000_000).contains(&acquired_us.0);
        let mean = CentiDb::from_hundredths(-6_000 + ripple + if on { 2_500 } else { 0 });
        Reading {
            acquired_us,
            sample_index: index * 2_500,
            channel: 0,
            flags: Flags::NONE,
            frame_count: 9,
            clipping_e4: 0,
            mean,
            peak: mean,
            quiet: CentiDb::from_hundredths(-5_900),
        }
    }

    fn vehicle(now: TimeUs) -> Vehicle {
        // Positions come at 10 Hz.
        let seen = TimeUs(now.0 - now.0 % 100_000);
        let mode = Mode { firmware: Firmware::ArduCopter, custom: 4 };
        let position = Position {
            place: Wgs84 { lat_deg: 47.0 + lat_step_deg(seen), lon_deg: 8.0 },
            alt_amsl_m: 430.0,
            alt_rel_m: 30.0,
            north_mps: 5.0,
            east_mps: 0.0,
            down_mps: 0.0,
        };
        let level = Attitude { roll_rad: 0.0, pitch_rad: 0.0, yaw_rad: 0.0, yaw_rate_rad_s: 0.0 };
        Vehicle {
            identity: Some(Identity { system: 1, component: 1, firmware: Firmware::ArduCopter }),
            heartbeat: Some(Aged::new(Heartbeat { mode, armed: true, system_status: 4 }, seen)),
            attitude: Some(Aged::new(level, seen)),
            position: Some(Aged::new(position, seen)),
            ..Vehicle::default()
        }
    }
}

fn lat_step_deg(at: TimeUs) -> f64 {
    5.0 * at.0 as f64 / 1e6 / 111_000.0
}

#[derive(Default)]
struct Collected {
    readings: Vec<PlacedReading>,
    records: Vec<Record>,
}

impl Sink for Collected {
    fn reading(&mut self, reading: &PlacedReading) {
        self.readings.push(*reading);
    }

    fn record(&mut self, record: &Record) {
        self.records.push(*record);
    }
}

/// Flies for 12 s and gives everything that was recorded.
fn flight(mut before_pass: impl FnMut(&mut Decide, &PassInputs<'_>, &mut Collected)) -> Collected {
    let mut decide = Decide::new(&config()).unwrap();
    let mut world = World { seed: 1 };
    let mut collected = Collected::default();
    let mut next = 0;
    for pass in 1..=240 {
        let now = TimeUs(pass * PASS_US);
        let mut readings = Vec::new();
        while (next + 1) * u64::from(HOP_US) <= now.0 {
            readings.push(world.reading(next));
            next += 1;
        }
        let vehicle = World::vehicle(now);
        let act = (pass == 30).then_some(OperatorAct::HomingOn);
        let inputs = PassInputs {
            now,
            readings: &readings,
            pulses: &[],
            hearings: &[],
            vehicle: &vehicle,
            act,
            sdr_alive: true,
        };
        before_pass(&mut decide, &inputs, &mut collected);
    }
    decide.finish(TimeUs(240 * PASS_US), &mut collected);
    collected
}

fn plain() -> Collected {
    flight(|decide, inputs, collected| {
        decide.pass(inputs, collected);
    })
}

#[test]
fn the_same_inputs_give_the_same_records_byte_for_byte() {
    let bytes = |flown: Collected| format!("{:?}{:?}", flown.readings, flown.records).into_bytes();
    let first = bytes(plain());
    assert!(first.len() > 100_000, "only {} bytes were recorded", first.len());
    assert_eq!(first, bytes(plain()));
}

#[test]
fn recorded_inputs_replay_to_the_same_records() {
    let flown = plain();
    // The readings as the flight file has them are the input of the second run.
    let recorded: Vec<Reading> = flown.readings.iter().map(|placed| placed.reading).collect();
    let mut decide = Decide::new(&config()).unwrap();
    let mut replayed = Collected::default();
    let mut rest = recorded.as_slice();
    let mut joined = Joined::default();
    for pass in 1..=240 {
        let now = TimeUs(pass * PASS_US);
        let count = rest.partition_point(|reading| reading.acquired_us.0 + u64::from(HOP_US) / 2 <= now.0);
        let (readings, later) = rest.split_at(count);
        rest = later;
        for record in &flown.records {
            if let Record::Vehicle(at, part) = record
                && *at == now
            {
                joined.take(part);
            }
        }
        let act = flown.records.iter().find_map(|record| match record {
            Record::Operator(at, act) if *at == now => Some(*act),
            _ => None,
        });
        let vehicle = &joined.vehicle;
        let inputs = PassInputs { now, readings, pulses: &[], hearings: &[], vehicle, act, sdr_alive: true };
        decide.pass(&inputs, &mut replayed);
    }
    decide.finish(TimeUs(240 * PASS_US), &mut replayed);
    assert_eq!(format!("{:?}", flown.readings), format!("{:?}", replayed.readings));
    assert_eq!(format!("{:?}", flown.records), format!("{:?}", replayed.records));
}

#[test]
fn each_reading_is_recorded_once_with_the_pose_of_its_own_moment() {
    let flown = plain();
    assert_eq!(flown.readings.len(), 1_200);
    for (index, placed) in flown.readings.iter().enumerate() {
        assert_eq!(placed.reading.sample_index, index as u64 * 2_500);
        let Some(pose) = placed.pose else {
            // Before the first position and after the last nothing brackets the reading.
            assert!(
                placed.reading.acquired_us < TimeUs(200_000)
                    || placed.reading.acquired_us > TimeUs(11_900_000)
            );
            continue;
        };
        let expected_deg = 47.0 + lat_step_deg(placed.reading.acquired_us);
        assert!((pose.place.lat_deg - expected_deg).abs() < 1e-9, "{index}: {pose:?}");
    }
}

#[test]
fn the_beacon_is_heard_while_it_is_on() {
    let flown = plain();
    let detections: Vec<_> = flown
        .records
        .iter()
        .filter_map(|record| if let Record::Detection(detection) = record { Some(detection) } else { None })
        .collect();
    assert_eq!(detections.len(), 2, "{detections:?}");
    assert!(detections[0].ended_us.is_none());
    let began_us = detections[0].began_us.0;
    let ended_us = detections[1].ended_us.unwrap().0;
    assert!((1_990_000..2_020_000).contains(&began_us), "{began_us}");
    assert!((7_970_000..8_020_000).contains(&ended_us), "{ended_us}");
    let loudest = flown.records.iter().filter_map(|record| match record {
        Record::Facts(facts) => facts.snr_db.map(|snr_db| (snr_db, facts.snr_floor)),
        _ => None,
    });
    let (snr_db, floor) = loudest.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    assert!((24.0..28.0).contains(&snr_db) && floor == Floor::Spectral, "{snr_db}");
}

#[test]
fn a_pass_allocates_nothing() {
    struct Nowhere;
    impl Sink for Nowhere {
        fn reading(&mut self, _: &PlacedReading) {}
        fn record(&mut self, _: &Record) {}
    }
    let mut allocated = 0;
    flight(|decide, inputs, _| {
        let (_, count) = allocation::count(|| decide.pass(inputs, &mut Nowhere));
        allocated += count;
    });
    assert_eq!(allocated, 0);
}

#[test]
fn every_discard_is_recorded() {
    let mut decide = Decide::new(&config()).unwrap();
    let (mut world, mut collected) = (World { seed: 1 }, Collected::default());
    let vehicle = World::vehicle(TimeUs(100_000));
    let first = world.reading(0);
    let foreign = Reading { channel: 1, ..first };
    let late = Reading { acquired_us: TimeUs(1), ..first };
    // More than may wait for the next position, which does not come.
    let mut readings = vec![foreign, foreign];
    readings.extend(
        (20..20 + decide.waiting_max as u64 + 3)
            .map(|index| Reading { acquired_us: TimeUs(200_000 + index), ..world.reading(index) }),
    );
    readings.push(late);
    for (now_us, readings) in [(300_000, &readings[..]), (400_000, &[])] {
        let now = TimeUs(now_us);
        decide.pass(
            &PassInputs {
                now,
                readings,
                pulses: &[],
                hearings: &[],
                vehicle: &vehicle,
                act: None,
                sdr_alive: true,
            },
            &mut collected,
        );
    }
    let told: Vec<_> = collected
        .records
        .iter()
        .filter_map(
            |record| if let Record::Discard(_, name, total) = record { Some((*name, *total)) } else { None },
        )
        .collect();
    assert_eq!(told, [(Name::new("refused"), 3), (Name::new("unplaced"), 4)]);
}

#[test]
fn what_a_distress_beacon_says_is_told_once_and_steers_nothing() {
    use crate::cospas::{Frame, Message};
    use crate::signal::HearingKind;
    let mut config = config();
    config.sense.channels[0].emission = Emission::CospasSarsat;
    let mut decide = Decide::new(&config).unwrap();
    let mut collected = Collected::default();
    let frame = Frame::from_hex("FFFED0A0D205F260850F3DC9E0B70B6E4FD7").unwrap();
    let decibels = CentiDb::from_hundredths;
    let hearing = Hearing {
        until_us: TimeUs(5_000_000),
        span_us: 520_000,
        channel: 0,
        kind: HearingKind::Burst,
        frequency_hz: 433.96e6,
        drift_hz_s: 0.0,
        period_us: None,
        pulse_count: 1,
        width_us: 520_000,
        cn0: decibels(3_500),
        cn0_sigma: decibels(100),
        power: decibels(-9_000),
        statistic: 500.0,
        threshold: 27.0,
        ln_false_alarms_per_hour: -470.0,
        message: Message::of(frame).ok(),
    };
    // The end of its pulse is told before, where it is strong: that is the same burst.
    let pulse = Pulse {
        start_us: TimeUs(4_480_000),
        width_us: 519_000,
        channel: 0,
        flags: Flags::NONE,
        mean: decibels(-6_000),
        peak: decibels(-6_000),
        floor: decibels(-9_000),
    };
    for (now_us, pulses, hearings) in
        [(5_050_000, &[pulse][..], &[][..]), (5_600_000, &[], &[hearing]), (80_000_000, &[], &[])]
    {
        let now = TimeUs(now_us);
        let (vehicle, act, sdr_alive) = (World::vehicle(now), None, true);
        let inputs = PassInputs { now, readings: &[], pulses, hearings, vehicle: &vehicle, act, sdr_alive };
        assert!(matches!(decide.pass(&inputs, &mut collected), Command::Silence(_)));
    }
    let told = |of: fn(&Record) -> Option<String>| -> Vec<String> {
        collected.records.iter().filter_map(of).collect()
    };
    let says = told(|record| match record {
        Record::Event(event) if event.kind == "beacon_message" => Some(event.text.as_str().to_string()),
        _ => None,
    });
    let expected = "beacon says: self-test of EPIRB 41A40BE4C0FFBFF, Indonesia, MMSI 525024358, says -4.9522 121.9878 to 62 m";
    assert_eq!(says, [expected]);
    let detections = told(|record| match record {
        Record::Detection(detection) => Some(format!(
            "{} {} {:?} {:X?}",
            detection.kind.name(),
            detection.ended_us.is_some(),
            detection.heard.map(|heard| heard.cn0_db_hz),
            detection.beacon_id
        )),
        _ => None,
    });
    assert_eq!(detections, ["burst false None None", "burst true Some(35.0) Some(41A40BE4C0FFBFF)"]);
}
