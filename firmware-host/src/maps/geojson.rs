//! Features → GeoJSON (RFC 7946); styles by simplestyle-spec 1.1, which GitHub and QGIS read, and CalTopo and SARTopo with `class`,
//! `folderId` and symbols of their own (as `caltopo_python` writes them to their servers).

use super::{Feature, Shape, Spot};
use crate::hash::sha256;
use serde_json::{Value, json};
use skyhound::geo::Wgs84;

/// Opacity of what is filled: a map shows through.
const FILL_OPACITY: f64 = 0.25;

/// A collection of them, as text.
pub fn write(features: &[Feature]) -> String {
    format!("{}\n", collection(features))
}

/// A collection of them as one thing of a map, as text: polygons each by itself, since CalTopo knows no others, and all in a folder of that
/// name, which comes last and has no geometry.
pub fn map(name: &str, features: &[Feature]) -> String {
    let hex = sha256(name);
    let id = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex[part].to_string()).join("-");
    let mut all: Vec<Value> = features.iter().flat_map(pieces).map(|piece| feature(&piece)).collect();
    all.iter_mut().for_each(|feature| feature["properties"]["folderId"] = json!(id));
    let about = json!({ "class": "Folder", "title": name });
    all.push(json!({ "type": "Feature", "id": id, "geometry": null, "properties": about }));
    format!("{}\n", json!({ "type": "FeatureCollection", "features": all }))
}

fn pieces(feature: &Feature) -> Vec<Feature> {
    let Shape::Areas(areas) = &feature.shape else { return vec![feature.clone()] };
    let count = areas.len();
    let piece = |(index, area): (usize, &Vec<super::Ring>)| {
        let title = match count {
            1 => feature.title.clone(),
            _ => format!("{} ({} of {count})", feature.title, index + 1),
        };
        Feature { title, shape: Shape::Areas(vec![area.clone()]), ..feature.clone() }
    };
    areas.iter().enumerate().map(piece).collect()
}

/// A collection of them.
pub fn collection(features: &[Feature]) -> Value {
    let features: Vec<Value> = features.iter().map(feature).collect();
    json!({ "type": "FeatureCollection", "features": features })
}

/// One of them.
pub fn feature(feature: &Feature) -> Value {
    let mut properties = feature.properties.clone();
    let mut put = |name: &str, value: Value| {
        properties.insert(name.to_string(), value);
    };
    if !feature.title.is_empty() {
        put("title", json!(feature.title));
    }
    if !feature.description.is_empty() {
        put("description", json!(feature.description));
    }
    put("class", json!(if matches!(feature.shape, Shape::Point(_)) { "Marker" } else { "Shape" }));
    if let Some(colour) = feature.colour.map(|colour| format!("#{colour}")) {
        if matches!(feature.shape, Shape::Point(_)) {
            put("marker-color", json!(colour));
        } else {
            put("stroke", json!(colour));
            put("stroke-width", json!(2));
            put("stroke-opacity", json!(1));
        }
        if matches!(feature.shape, Shape::Areas(_)) {
            put("fill", json!(colour));
            put("fill-opacity", json!(FILL_OPACITY));
        }
    }
    json!({ "type": "Feature", "geometry": geometry(&feature.shape), "properties": properties })
}

fn geometry(shape: &Shape) -> Value {
    match shape {
        Shape::Point(spot) => json!({ "type": "Point", "coordinates": position(spot) }),
        Shape::Line(spots) => {
            let line: Vec<Value> = spots.iter().map(position).collect();
            json!({ "type": "LineString", "coordinates": line })
        }
        Shape::Areas(areas) => {
            let ring = |ring: &Vec<Wgs84>| ring.iter().map(place).collect::<Value>();
            let mut areas: Vec<Value> = areas.iter().map(|area| area.iter().map(ring).collect()).collect();
            match areas.len() {
                1 => json!({ "type": "Polygon", "coordinates": areas.remove(0) }),
                _ => json!({ "type": "MultiPolygon", "coordinates": areas }),
            }
        }
    }
}

fn position(spot: &Spot) -> Value {
    let (lon_deg, lat_deg) = (degrees(spot.at.lon_deg), degrees(spot.at.lat_deg));
    spot.height_m.map_or_else(
        || json!([lon_deg, lat_deg]),
        |height_m| json!([lon_deg, lat_deg, (height_m * 100.0).round() / 100.0]),
    )
}

fn place(at: &Wgs84) -> Value {
    json!([degrees(at.lon_deg), degrees(at.lat_deg)])
}

/// Eight decimals: a millimetre.
fn degrees(degrees: f64) -> f64 {
    (degrees * 1e8).round() / 1e8
}
