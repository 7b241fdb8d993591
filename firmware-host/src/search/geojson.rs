//! A plan as GeoJSON (RFC 7946), and the map of a search.

use super::Preview;
use serde_json::{Value, json};
use skyhound::geo::{Origin, Wgs84};
use skyhound::search::PoaMap;

/// A plan for maps: its area, its route with what it is, and where it commences.
pub fn write(preview: &Preview) -> String {
    let position = |place: Wgs84| json!([degrees(place.lon_deg), degrees(place.lat_deg)]);
    let feature = |kind: &str, coordinates: Value, properties: Value| {
        json!({
            "type": "Feature",
            "properties": properties,
            "geometry": { "type": kind, "coordinates": coordinates },
        })
    };
    let mut features = Vec::new();
    if let Some(corners) = preview.corners() {
        let mut ring: Vec<Value> = corners.iter().map(|corner| position(*corner)).collect();
        ring.extend(ring.first().cloned());
        features.push(feature("Polygon", json!([ring]), json!({ "role": "area" })));
    }
    let places = preview.places();
    let line: Vec<Value> = places.iter().map(|place| position(*place)).collect();
    let about = json!({
        "role": "route",
        "name": preview.name,
        "track_spacing_m": preview.spacing_m,
        "height_over_home_m": preview.height_m,
        "speed_mps": preview.speed_mps,
        "length_m": preview.route.length_m(),
        "time_s": preview.route.time_s(preview.speed_mps),
    });
    features.push(feature("LineString", json!(line), about));
    features.push(feature("Point", position(places[0]), json!({ "role": "commence search point" })));
    text(features)
}

/// The map after the search: a square for each cell that has some of the prior.
pub fn write_map(origin: &Origin, map: &PoaMap) -> String {
    let half_m = map.cell_m() / 2.0;
    let square = |center: skyhound::geo::NorthEast| {
        let turns = [(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)];
        turns.map(|(north, east)| {
            let place = origin.wgs84_from_ned(skyhound::geo::NorthEast {
                north_m: center.north_m + north * half_m,
                east_m: center.east_m + east * half_m,
            });
            [degrees(place.lon_deg), degrees(place.lat_deg)]
        })
    };
    let cells = map.cells().filter(|cell| cell.prior > 0.0).map(|cell| {
        json!({
            "type": "Feature",
            "properties": { "poa_before": cell.prior, "pod": cell.pod, "poa_now": map.poa_now(&cell) },
            "geometry": { "type": "Polygon", "coordinates": [square(cell.center)] },
        })
    });
    text(cells.collect())
}

fn text(features: Vec<Value>) -> String {
    format!("{:#}\n", json!({ "type": "FeatureCollection", "features": features }))
}

/// Eight decimals: a millimetre.
fn degrees(degrees: f64) -> f64 {
    (degrees * 1e8).round() / 1e8
}
