//! What is sent arrives, is what TAK's readers take, and nobody who hangs holds anybody up.

mod peers;
mod witness;

use super::*;
use crate::ctl::{
    ChannelStatus, EstimateLine, Picture, RecorderStatus, RegionLine, RegionRow, Status, VehicleStatus,
};

/// 2025-10-09T08:53:20Z.
const STARTED_UTC_US: i64 = 1_760_000_000_000_000;
/// Of the status below, µs since start.
const NOW_US: u64 = 100_500_000;

/// An aircraft over a beacon whose name is hard on XML.
fn status() -> Status {
    let vehicle = VehicleStatus {
        lat_deg: Some(47.3),
        lon_deg: Some(8.5),
        alt_rel_m: Some(40.0),
        alt_amsl_m: Some(450.0),
        course_deg: Some(271.5),
        speed_mps: Some(4.25),
        battery_ratio: Some(0.87),
        position_age_s: Some(0.5),
        started_utc_us: Some(STARTED_UTC_US),
        ..VehicleStatus::default()
    };
    let channel = ChannelStatus { heard: true, snr_db: Some(12.34), ..ChannelStatus::default() };
    let file = Some("/flights/20251009T085320Z-0123abcd.duckdb".to_string());
    Status {
        uptime_s: 100.0,
        state: "HOMING".to_string(),
        course: Some("nearer <to> \"it\" & on".to_string()),
        vehicle,
        channels: vec![channel],
        recorder: RecorderStatus { file, ..RecorderStatus::default() },
        ..Status::default()
    }
}

/// An estimate, and a region of so many pieces.
fn picture(at_us: u64, pieces: u32) -> Picture {
    let beacon = "fox <\"&'> 🦊\u{7}".to_string();
    let estimate = EstimateLine {
        at_us,
        channel: 0,
        beacon: beacon.clone(),
        lat_deg: 47.301,
        lon_deg: 8.502,
        peak_lat_deg: 47.301,
        peak_lon_deg: 8.502,
        variance_north_m2: 100.0,
        covariance_m2: 0.0,
        variance_east_m2: 100.0,
        radius_50_m: 9.4,
        radius_95_m: 22.4,
        observation_count: 34,
    };
    let row = |piece: u32| RegionRow {
        lat_deg: 47.301 + f64::from(piece) * 1e-3,
        lon_deg: 8.502,
        size_m: 4.0,
        square_count: 9 - piece as u16,
    };
    let region = |percent| RegionLine {
        at_us,
        channel: 0,
        beacon: beacon.clone(),
        percent,
        rows: (0..pieces).map(row).collect(),
    };
    Picture { spectrum: None, estimates: vec![estimate], regions: vec![region(50), region(95)] }
}

fn live() -> Live {
    Live::new("hound <1>", 2_000_000)
}

fn texts(events: Option<Vec<Event>>) -> Vec<String> {
    events.unwrap().iter().map(ToString::to_string).collect()
}

/// The value of the first attribute of this name.
fn attribute<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, after) = text.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name} in {text}"));
    after.split('"').next().unwrap()
}

#[test]
fn aircraft_beacon_and_region_are_told_as_tak_names_them() {
    let [aircraft, beacon, region]: [String; 3] =
        texts(live().events(NOW_US, &status(), &picture(98_000_000, 1))).try_into().unwrap();
    let id = "skyhound.20251009T085320Z-0123abcd";
    let told = |text: &str| {
        ["uid", "type", "how", "time", "start", "stale"].map(|name| attribute(text, name).to_string())
    };
    let at = |time: &str| format!("2025-10-09T08:{time}Z");
    // The position is of half a second before a status that is half a second old.
    assert_eq!(
        told(&aircraft),
        [id, "a-f-A-M-H-Q", "m-g", &at("55:00.500"), &at("54:59.500"), &at("55:29.500")].map(str::to_string)
    );
    for part in [
        "<track course=\"271.5\" speed=\"4.25\"/>",
        "<contact callsign=\"hound &lt;1&gt;\"/>",
        "<status battery=\"87\"/>",
        "<remarks>HOMING, nearer &lt;to&gt; &quot;it&quot; &amp; on; 40 m over home; 450 m over the sea</remarks>",
        "lat=\"47.3000000\" lon=\"8.5000000\" hae=\"9999999.0\" ce=\"9999999.0\" le=\"9999999.0\"",
    ] {
        assert!(aircraft.contains(part), "{part} in {aircraft}");
    }
    assert_eq!(told(&beacon)[..5], [&format!("{id}.0"), "a-u-G", "m-f", &at("55:00.500"), &at("54:58.000")]);
    assert_eq!(told(&beacon)[5], "2025-10-10T08:55:00.500Z");
    for part in [
        "ce=\"22.4\" le=\"9999999.0\"",
        "circle of 22 m radius, 50 % of 9 m; heard, SNR 12.3 dB; 34 observations; worked out 2025-10-09T08:54:58.000Z<",
        "<contact callsign=\"fox &lt;&quot;&amp;'&gt; 🦊\"/>",
    ] {
        assert!(beacon.contains(part), "{part} in {beacon}");
    }
    assert_eq!(told(&region)[..2], [&format!("{id}.0.region.0"), "u-d-f"]);
    // Nine squares of 4 m eastwards from there: the ring is closed, south-west first.
    assert_eq!(region.matches("<link point=\"").count(), 5, "{region}");
    let first = attribute(&region, "point").to_string();
    let (_, last) = region.rsplit_once("<link point=\"").unwrap();
    assert!(last.starts_with(&first) && first.starts_with("47.30098"), "{region}");
}

#[test]
fn without_the_time_or_a_file_nothing_is_told_and_an_old_position_is_none() {
    let told = |change: fn(&mut Status)| {
        let mut status = status();
        change(&mut status);
        live().events(NOW_US, &status, &picture(98_000_000, 1)).map(|events| events.len())
    };
    assert_eq!(told(|status| status.vehicle.started_utc_us = None), None);
    assert_eq!(told(|status| status.recorder.file = None), None);
    assert_eq!(told(|status| status.vehicle.position_age_s = Some(6.0)), Some(2));
    assert_eq!(told(|status| status.uptime_s = 90.0), Some(2), "the control pass hangs");
    assert_eq!(told(|status| status.vehicle.lat_deg = None), Some(2));
}

#[test]
fn ids_hold_through_the_flights_files_and_pieces_that_went_are_taken_away() {
    let mut live = live();
    let ids = |events: Option<Vec<Event>>| {
        texts(events).iter().map(|text| attribute(text, "uid")[33..].to_string()).collect::<Vec<_>>()
    };
    let mut status = status();
    assert_eq!(
        ids(live.events(NOW_US, &status, &picture(1, 3))),
        ["d", "d.0", "d.0.region.0", "d.0.region.1", "d.0.region.2"]
    );
    status.recorder.file = Some("/flights/20251009T085320Z-0123abcd-2.duckdb".to_string());
    let next = live.events(NOW_US, &status, &picture(2, 1));
    let gone = next.as_ref().unwrap()[3].to_string();
    assert_eq!(ids(next), ["d", "d.0", "d.0.region.0", "d.0.region.1.gone", "d.0.region.2.gone"]);
    assert!(
        gone.contains("type=\"t-x-d-d\"")
            && gone.contains("<link uid=\"skyhound.20251009T085320Z-0123abcd.0.region.1\""),
        "{gone}"
    );
    let other = Live::new("", 1).events(NOW_US, &status, &picture(2, 1)).unwrap()[0].to_string();
    assert_eq!(
        attribute(&other, "uid"),
        "skyhound.20251009T085320Z-0123abcd",
        "of the next file alone: the same flight"
    );
}
