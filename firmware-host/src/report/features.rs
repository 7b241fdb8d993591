//! A flight on a map: where each beacon is with its regions, the way, detections, home, truth, what was searched.
//!
//! Colours are Okabe and Ito's, which colour-blind people tell apart.

use super::coverage::{CoverageLine, PodLine, runs_of};
use super::debrief::Debrief;
use super::place::PlaceLine;
use crate::locate::outline::{self, Polygon};
use crate::maps::{Datum, Feature, Shape, Spot};
use serde_json::json;
use skyhound::facts::Run;
use skyhound::geo::{NorthEast, Origin, Wgs84};

const ESTIMATE: &str = "d55e00";
/// Of what a region is filled with.
pub const REGION: &str = "e69f00";
const WAY: &str = "0072b2";
const HEARD: &str = "009e73";
const HOME: &str = "000000";
const TRUTH: &str = "cc79a7";
const SEARCHED: &str = "56b4e9";

/// All of it; the estimate first, since readers list features in their order.
pub fn features(flight: &Debrief) -> Vec<Feature> {
    let mut features: Vec<Feature> = flight.places.iter().map(|place| estimate(flight, place)).collect();
    features.extend(region_features(flight).map(|(_, feature)| feature));
    features.extend(flight.home.iter().map(|home| {
        let about = json!({ "kind": "home", "source": home.source, "marker-symbol": "flag-1" });
        Feature::new("home", Shape::Point(home.at().into())).coloured(HOME).with(about)
    }));
    features.extend(flight.truth.iter().map(|truth| {
        let at = Wgs84 { lat_deg: truth.lat_deg, lon_deg: truth.lon_deg };
        let about = json!({ "kind": "truth", "beacon": truth.beacon, "error_m": truth.error_m, "marker-symbol": "c:ring" });
        Feature::new(format!("{} (truth)", truth.beacon), Shape::Point(at.into())).coloured(TRUTH).with(about)
    }));
    features.extend(detections(flight));
    let classes = flight.coverage.iter();
    features.extend(classes.flat_map(|line| coverage_features(line, |class| runs_of(&flight.cells, class))));
    features.extend(way(flight));
    features
}

fn estimate(flight: &Debrief, place: &PlaceLine) -> Feature {
    let at = Spot { utc_us: Some(flight.utc_us((place.at_s * 1e6) as i64)), ..place.at().into() };
    let grid = place.mgrs.clone().unwrap_or_default();
    let says = format!(
        "{:.6} {:.6}, {grid}; 95 % within a region as large as a circle of {:.0} m radius",
        place.lat_deg, place.lon_deg, place.radius_95_m
    );
    let about = json!({
        "kind": "estimate",
        "beacon": place.beacon,
        "at_s": place.at_s,
        "utm": place.utm,
        "mgrs": place.mgrs,
        "radius_50_m": place.radius_50_m,
        "radius_95_m": place.radius_95_m,
        "from_home_deg": place.from_home_deg,
        "from_home_m": place.from_home_m,
        "distress_ids": place.distress_ids,
        "marker-symbol": "c:target1",
    });
    let title = format!("{} (estimate)", place.beacon);
    Feature::new(title, Shape::Point(at)).coloured(ESTIMATE).described(says).with(about)
}

/// Regions with the names of their beacons.
pub fn region_features(flight: &Debrief) -> impl Iterator<Item = (String, Feature)> {
    flight.regions.iter().map(|region| {
        let named = |place: &&PlaceLine| place.channel == region.channel;
        let beacon = flight.places.iter().find(named).map_or_else(String::new, |place| place.beacon.clone());
        let shape = Shape::Areas(placed(&region.origin, region.polygons()));
        let about = json!({ "kind": "region", "beacon": beacon, "percent": region.percent });
        let feature = Feature::new(format!("{beacon} {} %", region.percent), shape);
        (beacon, feature.coloured(REGION).with(about))
    })
}

fn detections(flight: &Debrief) -> impl Iterator<Item = Feature> {
    flight.report.detections.iter().filter_map(|detection| {
        let at = Wgs84 { lat_deg: detection.lat_deg?, lon_deg: detection.lon_deg? };
        let began_us = (detection.began_s * 1e6) as i64;
        let spot = Spot { utc_us: Some(flight.utc_us(began_us)), ..at.into() };
        let title = format!("{} heard, detection {}", detection.beacon, detection.id);
        let about = json!({
            "kind": "detection",
            "beacon": detection.beacon,
            "began_s": detection.began_s,
            "length_s": detection.length_s,
            "snr_peak_db": detection.snr_peak_db,
            "marker-symbol": "point",
        });
        Some(Feature::new(title, Shape::Point(spot)).coloured(HEARD).with(about))
    })
}

/// An area for each class of POD, whose squares `runs` gives.
pub fn coverage_features(
    line: &CoverageLine,
    runs: impl Fn(&PodLine) -> Option<(Origin, Vec<Run>)>,
) -> impl Iterator<Item = Feature> {
    line.classes.iter().filter_map(move |class| {
        let (origin, runs) = runs(class)?;
        let shape = Shape::Areas(placed(&origin, outline::of_runs(&runs)));
        let (from, to) = (100.0 * class.pod_from, 100.0 * class.pod_to);
        let about = json!({
            "kind": "coverage",
            "pod_from": class.pod_from,
            "pod_to": class.pod_to,
            "area_km2": class.area_km2,
            "poa_now": class.poa_now,
        });
        Some(Feature::new(format!("POD {from:.0} to {to:.0} %"), shape).coloured(SEARCHED).with(about))
    })
}

fn way(flight: &Debrief) -> Option<Feature> {
    let spot = |fix: &super::way::Fix| Spot {
        at: fix.at,
        height_m: Some(fix.alt_amsl_m),
        utc_us: Some(flight.utc_us(fix.at_us)),
    };
    let spots: Vec<Spot> = flight.fixes.iter().map(spot).collect();
    if spots.len() < 2 {
        return None;
    }
    let flown_m = flight.way.as_ref().map(|way| way.flown_m);
    let about = json!({ "kind": "way", "flown_m": flown_m });
    let feature = Feature::new(&flight.report.name, Shape::Line(spots)).coloured(WAY).with(about);
    Some(Feature { datum: Datum::Sea, ..feature })
}

fn placed(origin: &Origin, polygons: Vec<Polygon>) -> Vec<Vec<Vec<Wgs84>>> {
    let ring = |ring: Vec<NorthEast>| ring.into_iter().map(|at| origin.wgs84_from_ned(at)).collect();
    polygons.into_iter().map(|polygon| polygon.into_iter().map(ring).collect()).collect()
}
