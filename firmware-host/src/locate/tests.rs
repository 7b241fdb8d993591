//! Tables that are made here, and real tracks where they are.

use super::truth::{Compared, median};
use super::{Track, csv, flight, locate, truth};
use crate::maps::{Feature, Shape};
use crate::settings::antenna;
use crate::store::sample;
use skyhound::geo::{NorthEast, Origin, Wgs84, wrap_pi};
use skyhound::locate::Antenna;
use std::fmt::Write as _;
use std::path::PathBuf;

const HOME: Wgs84 = Wgs84 { lat_deg: 47.3, lon_deg: 8.5 };
const BEACON: NorthEast = NorthEast { north_m: 35.0, east_m: -20.0 };

/// Legs of 200 m, 40 m apart, a row each second at 8 m/s and 40 m over a ground of `ground_m`; over a floor of −60 dB.
fn table(ground_m: f64) -> String {
    let origin = Origin::new(HOME);
    let mut text = "time_s,lat_deg,lon_deg,alt_rel_m,power_db\n".to_string();
    for n in 0..150 {
        let (leg, along) = (n / 25, f64::from(n % 25) * 8.0 - 100.0);
        let at = NorthEast {
            north_m: f64::from(leg) * 40.0 - 100.0,
            east_m: if leg % 2 == 0 { along } else { -along },
        };
        let place = origin.wgs84_from_ned(at);
        let way_m = at.distance_m(BEACON).hypot(40.0);
        // Shadowing of some 2 dB that is the same in each test.
        let shadowing_db = 2.0 * (f64::from(n) * 0.7).sin() + (f64::from(n * n) * 0.37).sin();
        let signal_db = -35.0 - 25.0 * (way_m / 50.0).log10() + shadowing_db;
        let power_db = 10.0 * (10_f64.powf(signal_db / 10.0) + 1e-6).log10();
        let (lat_deg, lon_deg) = (place.lat_deg, place.lon_deg);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{n},{lat_deg:.7},{lon_deg:.7},{:.1},{power_db:.2}", ground_m + 40.0);
    }
    text
}

fn error_m(track: &Track, at: NorthEast) -> f64 {
    let truth = Origin::new(HOME).wgs84_from_ned(BEACON);
    track.origin.ned_from_wgs84(truth).distance_m(at)
}

#[test]
fn a_table_tells_where_and_that_it_cannot_tell_what() {
    let track = csv::read("made", &table(0.0), Antenna::Omni).unwrap();
    let located = locate(&track, None).unwrap();
    let error_m = error_m(&track, located.estimate.mean);
    assert!(error_m < 15.0 && located.estimate.radius_95_m < 60.0, "{error_m}: {:?}", located.estimate);
    let text = located.to_text();
    assert!(text.contains("if it is one") && text.contains("cannot tell whether this is a beacon"), "{text}");
    assert_eq!(located.to_json()["is_beacon"], serde_json::Value::Null);
    let features = located.to_features();
    let area_m2 = |feature: &Feature| -> f64 {
        let Shape::Areas(areas) = &feature.shape else { panic!("{feature:?}") };
        let ring_m2 = |ring: &Vec<Wgs84>| {
            let corners: Vec<NorthEast> =
                ring.iter().map(|corner| track.origin.ned_from_wgs84(*corner)).collect();
            let cross =
                |pair: &[NorthEast]| pair[0].east_m * pair[1].north_m - pair[1].east_m * pair[0].north_m;
            0.5 * corners.windows(2).map(cross).sum::<f64>()
        };
        areas.iter().flatten().map(ring_m2).sum()
    };
    // As large as the circle of the same name: outer rings count, holes are taken off.
    for (feature, radius_m) in [(1, located.estimate.radius_50_m), (2, located.estimate.radius_95_m)] {
        let ratio = area_m2(&features[feature]) / (std::f64::consts::PI * radius_m * radius_m);
        assert!((0.85..1.2).contains(&ratio), "{ratio}");
    }
    let svg = located.to_svg(Some(HOME));
    assert!(svg.ends_with("</svg>\n") && svg.contains(">truth<") && !svg.contains("NaN"));
    let early = locate(&track, Some(30.0)).unwrap();
    assert!(early.row_count == 31 && early.estimate.radius_95_m > located.estimate.radius_95_m);
    assert!(locate(&track, Some(1.0)).err().unwrap().contains("too few places"));
}

#[test]
fn altitude_over_the_sea_is_told_and_changes_nothing() {
    let [low, high] =
        [0.0, 400.0].map(|ground_m| csv::read("made", &table(ground_m), Antenna::Omni).unwrap());
    assert!(low.notes.is_empty() && high.notes[0].contains("from the sea"), "{:?}", high.notes);
    let error_m = error_m(&high, locate(&high, None).unwrap().estimate.mean);
    assert!(error_m < 15.0, "{error_m}");
}

#[test]
fn a_wrong_table_is_told_by_line_and_column() {
    let wrong = |from: &str, to: &str| {
        csv::read("made", &table(0.0).replacen(from, to, 1), Antenna::Omni).unwrap_err().to_string()
    };
    assert!(wrong("power_db", "power").starts_with("line 1, column power_db: is not there"));
    assert!(wrong("\n3,", "\n3;").starts_with("line 5, column power_db: there are 4 cells of 5"));
    assert!(wrong("\n7,47.", "\n7,147.").starts_with("line 9, column lat_deg: \"147."));
    assert!(wrong("\n9,", "\nNaN,").starts_with("line 11, column time_s: \"NaN\": write a number"));
    assert!(wrong("\n9,", "\n4,").starts_with("line 11, column time_s: 4 s is before"));
    assert_eq!(csv::read("made", "", Antenna::Omni).unwrap_err().line, 1);
    let head = "time_s,lat_deg,lon_deg,alt_rel_m,power_db\n";
    assert_eq!(
        csv::read("made", head, Antenna::Omni).unwrap_err().to_string(),
        "line 2: there is no row in it"
    );
}

#[test]
fn a_flight_tells_where_the_beacon_that_it_heard_is() {
    let folder = tempfile::tempdir().unwrap();
    let (mut inlets, recorder) = sample::start(&sample::settings(folder.path()));
    for index in 3_200..6_000 {
        assert!(inlets.readings.push(sample::reading(index, 0)));
    }
    for record in sample::records(31_000_000) {
        assert!(inlets.control.push(record));
    }
    let file = recorder.stop().unwrap().files.remove(0);
    let (track, unread) = flight::read(&file, Some("beacon"), 0).unwrap();
    // 28 s with 50 ms in each that are over the floor, of which a tenth has no pose.
    assert_eq!((track.rows.len(), unread, track.is_heard), (28, None, true));
    assert!(track.rows.iter().all(|row| (-65.1..-62.8).contains(&row.power_db)), "{:?}", track.rows);
    let text = locate(&track, None).unwrap().to_text();
    assert!(
        text.contains("estimate") && text.contains("beacon beacon") && !text.contains("cannot"),
        "{text}"
    );
    let refused = flight::read(&file, Some("other"), 0).err().unwrap();
    assert!(refused.message().unwrap().contains("heard no such beacon, but beacon"), "{refused:?}");
}

/// Of a beam of two dipoles that lie level, an eighth of a wavelength apart.
const BEAM: &str = "bearing_deg,gain_db\n-180,-18\n-150,-17\n-120,-16\n-90,-18\n-75,-15\n-60,-9\n-45,-5\n-30,-2\n-15,-0.6\n0,0
15,-0.6\n30,-2\n45,-5\n60,-9\n75,-15\n90,-18\n120,-16\n150,-17\n";

fn beam() -> Antenna {
    Antenna::Directional(antenna::of_text(BEAM, false).unwrap())
}

/// Share of the posterior within some degrees of a bearing from the origin.
fn share_towards(track: &Track, bearing_deg: f64, within_deg: f64) -> f64 {
    let located = locate(track, None).unwrap();
    let bearing_rad = bearing_deg.to_radians();
    let is_towards =
        |at: NorthEast| wrap_pi(at.east_m.atan2(at.north_m) - bearing_rad).abs() <= within_deg.to_radians();
    located.posterior.places().filter(|place| is_towards(place.at)).map(|place| place.probability).sum()
}

#[test]
fn a_turn_in_place_tells_the_bearing() {
    // A beacon lies at 130°, and the beam hears it as its pattern says, twice about.
    let pattern = antenna::of_text(BEAM, false).unwrap();
    let row = |n: i32| {
        let off_rad = f64::from(n * 10 - 130).to_radians();
        let [boom, across] = [off_rad.cos() as f32, off_rad.sin() as f32];
        let heard = pattern.array(boom) * (1.0 - across * across) + pattern.scatter();
        format!("{n},47.3,8.5,30,{:.2},{}\n", -40.0 + 10.0 * heard.log10(), (n * 10) % 360 - 180)
    };
    let rows: String = (18..90).map(row).collect();
    let head = "time_s,lat_deg,lon_deg,alt_rel_m,power_db,yaw_deg\n";
    let track = csv::read("turn", &format!("{head}{rows}"), beam()).unwrap();
    let mean = locate(&track, None).unwrap().estimate.mean;
    let bearing_deg = mean.east_m.atan2(mean.north_m).to_degrees();
    assert!((bearing_deg + 50.0).abs() < 15.0, "half a step: {bearing_deg}");
    // A table's places are taken as 8 m unsure, which is much at some twenty.
    let share = share_towards(&track, -50.0, 45.0);
    assert!(share > 0.55, "{share}");
    let unknown = csv::read("turn", &format!("{head}{rows}"), Antenna::Omni).unwrap();
    assert!(locate(&unknown, None).err().unwrap().contains("too few places"));
    let without = csv::read("turn", &format!("{head}{rows}").replace("yaw_deg", "yaw"), beam()).unwrap_err();
    assert!(without.to_string().starts_with("line 1, column yaw_deg: is not there"), "{without}");
}

/// A real turn, of an antenna whose pattern is not told, and with a tag that sounds 10 to 30 dB weaker now and then: any half or third of what
/// was heard tells the side.
#[test]
fn a_real_turn_in_place_tells_the_bearing() {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("SKYHOUND_DATA").map_or(beside, PathBuf::from).join("rssi_gps");
    let Ok(text) = std::fs::read_to_string(folder.join("uavrt_rotation.csv")) else {
        return println!("ignored, needs SKYHOUND_DATA (rssi_gps)");
    };
    let cells = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect::<Vec<f64>>();
    let heard = || text.lines().skip(1).map(cells).filter(|row| row[0] > 0.0);
    for part in [2, 3] {
        let mut made = "time_s,lat_deg,lon_deg,alt_rel_m,power_db,yaw_deg\n".to_string();
        for (n, row) in heard().enumerate().filter(|(n, _)| (n / 6) % part == 0) {
            let _ = writeln!(made, "{n},{},{},{},{},{}", row[4], row[5], row[6], row[0], row[9]);
        }
        let track = csv::read("turn", &made, beam()).unwrap();
        // Loudest from −180° to −130°.
        let share = share_towards(&track, -160.0, 60.0);
        assert!(share > 0.5, "{share}");
    }
}

/// What is reached on the six tracks of SKYHOUND_DATA (default `../shared/data` beside the workspace).
#[test]
fn real_tracks_are_located_as_well_as_they_were() {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("SKYHOUND_DATA").map_or(beside, PathBuf::from).join("rssi_gps");
    let Ok(truths) = std::fs::read_to_string(folder.join("truth.csv")) else {
        return println!("ignored, needs SKYHOUND_DATA (rssi_gps)");
    };
    let of = |(name, place): &(String, Wgs84)| {
        let text = std::fs::read_to_string(folder.join(format!("{name}.csv"))).unwrap();
        let track = csv::read(name, &text, Antenna::Omni).unwrap();
        Compared::of(&locate(&track, None).unwrap(), *place)
    };
    let compared: Vec<Compared> = truth::read(&truths).unwrap().iter().map(of).collect();
    let told = super::table(&compared);
    let far = compared.iter().filter(|one| one.error_m > one.goal_m()).count();
    let held = compared.iter().filter(|one| one.is_in_95).count();
    // The twin of the AFAR search has another pattern than what is tried: 51 m off, and surer than it should be.
    assert!(compared.len() == 6 && far <= 1 && held >= 5, "{told}");
    assert!(median(compared.iter().map(|one| one.error_m)) < 30.0, "{told}");
    assert!(median(compared.iter().map(|one| one.radius_95_m)) < 75.0, "{told}");
}
