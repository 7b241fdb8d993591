//! Several flights, made here by a law of power over distance: what they say of one beacon together, and of two under one name.

use super::super::{Debrief, Flight, Form, Joint, read};
use crate::locate::{self, flight};
use crate::maps::Shape;
use crate::store::sample::{detection, settings, start};
use skyhound::facts::Located;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::record::{PlacedReading, Record};
use skyhound::signal::{Flags, Reading};
use skyhound::time::TimeUs;
use skyhound::units::{CentiDb, db_from_ratio, ratio_from_db};
use skyhound::vehicle::Pose;
use std::path::{Path, PathBuf};

const HOME: Wgs84 = Wgs84 { lat_deg: 47.3, lon_deg: 8.5 };
const BEACON: NorthEast = NorthEast { north_m: 60.0, east_m: -40.0 };
const UP_M: f64 = 40.0;
/// Four readings a second at 8 m/s.
const STEP_M: f64 = 2.0;
const STEP_US: u64 = 250_000;
const FLOOR_DBFS: f64 = -110.0;

type Leg = [NorthEast; 2];

const fn at(north_m: f64, east_m: f64) -> NorthEast {
    NorthEast { north_m, east_m }
}

/// Past the beacon on three sides: of each alone it may as well lie on the other side of the leg.
const PASSES: [Leg; 3] = [
    [at(-60.0, -240.0), at(-60.0, 160.0)],
    [at(-140.0, -180.0), at(260.0, -180.0)],
    [at(220.0, 160.0), at(-60.0, 240.0)],
];

/// A file of the way along `legs`; with what is `known` of the beacon at its end.
fn recorded(folder: &Path, legs: &[Leg], beacon: NorthEast, known: Option<Located>) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let (mut inlets, recorder) = start(&settings(folder));
    let origin = Origin::new(HOME);
    let mut index = 0_u64;
    for [from, to] in legs {
        let count = (from.distance_m(*to) / STEP_M) as u64;
        for step in 0..count {
            let place = from.between(*to, step as f64 / count as f64);
            let way_m = place.distance_m(beacon).hypot(UP_M);
            // Shadowing of some 2 dB that is the same in each run.
            let n = index as f64;
            let shadowing_db = 2.0 * (n * 0.31).sin() + (n * n * 0.37).sin();
            let beacon_dbfs = -60.0 - 22.0 * (way_m / 100.0).log10() + shadowing_db;
            let dbfs = db_from_ratio(ratio_from_db(beacon_dbfs) + ratio_from_db(FLOOR_DBFS));
            let [power, quiet] = [dbfs, FLOOR_DBFS].map(|dbfs| CentiDb::from_db(dbfs as f32).unwrap());
            let reading = Reading {
                acquired_us: TimeUs(index * STEP_US),
                sample_index: index * STEP_US / 4,
                channel: 0,
                flags: Flags::NONE,
                frame_count: 9,
                clipping_e4: 0,
                mean: power,
                peak: power,
                quiet,
            };
            let pose = Pose {
                place: origin.wgs84_from_ned(place),
                alt_rel_m: UP_M,
                attitude: None,
                gap_us: 100_000,
            };
            while inlets.readings.vacant_count() == 0 {
                std::thread::yield_now();
            }
            assert!(inlets.readings.push(PlacedReading { reading, pose: Some(pose) }));
            index += 1;
        }
    }
    let until_us = index * STEP_US;
    for record in [Record::Detection(detection(1, 0, Some(until_us)))]
        .into_iter()
        .chain(known.map(|known| Record::Estimate(Located { at: TimeUs(until_us), ..known })))
    {
        assert!(inlets.control.push(record));
    }
    recorder.stop().unwrap().files.remove(0)
}

/// The same, with what its own readings say of the beacon; and within which radius that is with 95 %, m.
fn flown(folder: &Path, legs: &[Leg], beacon: NorthEast) -> (PathBuf, f64) {
    let blind = recorded(&folder.join("blind"), legs, beacon, None);
    let (track, _) = flight::read(&blind, None, 0).unwrap();
    let estimate = locate::locate(&track, None).unwrap().estimate;
    let known = Located { at: TimeUs(0), channel: 0, origin: track.origin.place(), estimate };
    (recorded(&folder.join("own"), legs, beacon, Some(known)), estimate.radius_95_m)
}

fn joint(files: &[PathBuf]) -> Joint {
    let flights: Vec<Flight> = files.iter().map(|file| read(file, Form::Json, &[], 0).unwrap()).collect();
    let debriefs: Vec<&Debrief> = flights.iter().map(|flight| &flight.debrief).collect();
    Joint::of(files, &debriefs, None, 0).unwrap()
}

/// Whether a region that the joint report draws holds a place: crossings of its rings by a ray east.
fn holds(joint: &Joint, percent: u8, place: Wgs84) -> bool {
    let region =
        joint.features.iter().find(|feature| feature.properties.get("percent") == Some(&percent.into()));
    let Shape::Areas(areas) = &region.expect("a region").shape else { panic!("no areas") };
    let is_crossed = |pair: &&[Wgs84]| {
        let (a, b) = (pair[0], pair[1]);
        let share = (place.lat_deg - a.lat_deg) / (b.lat_deg - a.lat_deg);
        (a.lat_deg > place.lat_deg) != (b.lat_deg > place.lat_deg)
            && place.lon_deg < a.lon_deg + share * (b.lon_deg - a.lon_deg)
    };
    let crossed: usize = areas.iter().flatten().map(|ring| ring.windows(2).filter(is_crossed).count()).sum();
    crossed % 2 == 1
}

#[test]
fn flights_of_one_beacon_together_are_surer_than_each_and_hold_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let flights = PASSES.iter().enumerate();
    let flights = flights.map(|(n, leg)| flown(&folder.path().join(n.to_string()), &[*leg], BEACON));
    let (files, alone_m): (Vec<PathBuf>, Vec<f64>) = flights.unzip();
    let truth = Origin::new(HOME).wgs84_from_ned(BEACON);
    let mut before_m = f64::INFINITY;
    for count in [2, 3] {
        let joint = joint(&files[..count]);
        let told = &joint.to_json()["estimates"][0];
        let joint_m = told["radius_95_m"].as_f64().unwrap();
        let surest_m = alone_m[..count].iter().copied().fold(before_m, f64::min);
        assert!(joint_m < 0.7 * surest_m, "{count} flights: {joint_m} m, alone {alone_m:?}");
        assert!(holds(&joint, 95, truth), "{count} flights: {told}");
        assert!(!joint.notes.iter().any(|note| note.contains("do not trust")), "{:?}", joint.notes);
        before_m = joint_m;
    }
    // The mirror image, of which the first flight alone can tell nothing.
    let mirror = Origin::new(HOME).wgs84_from_ned(at(-180.0, BEACON.east_m));
    assert!(!holds(&joint(&files), 95, mirror));
}

#[test]
fn two_beacons_under_one_name_are_doubted_aloud() {
    let folder = tempfile::tempdir().unwrap();
    let around = |beacon: NorthEast, name: &str| {
        let by = |north_m: f64, east_m: f64| at(beacon.north_m + north_m, beacon.east_m + east_m);
        let legs = [
            [by(-150.0, -60.0), by(150.0, -60.0)],
            [by(150.0, 80.0), by(-150.0, 80.0)],
            [by(-80.0, 150.0), by(-80.0, -150.0)],
        ];
        flown(&folder.path().join(name), &legs, beacon).0
    };
    let files = [around(BEACON, "one"), around(at(BEACON.north_m + 400.0, BEACON.east_m + 100.0), "other")];
    let joint = joint(&files);
    let doubted = joint
        .notes
        .iter()
        .any(|note| note.contains("rules out") && note.contains("do not trust the joint one"));
    assert!(doubted, "{:?}: {}", joint.notes, joint.to_json()["estimates"]);
}
