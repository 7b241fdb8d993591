//! Features → GeoJSON (RFC 7946); styles by simplestyle-spec 1.1, which CalTopo, SARTopo, GitHub and QGIS read.

use super::{Feature, Shape, Spot};
use serde_json::{Value, json};
use skyhound::geo::Wgs84;

/// A collection of them, as text.
pub fn write(features: &[Feature]) -> String {
    format!("{}\n", collection(features))
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
    if let Some(colour) = feature.colour.map(|colour| format!("#{colour}")) {
        match feature.shape {
            Shape::Point(_) => put("marker-color", json!(colour)),
            Shape::Line(_) => {
                put("stroke", json!(colour));
                put("stroke-width", json!(2));
            }
            Shape::Areas(_) => {
                put("stroke", json!(colour));
                put("fill", json!(colour));
                put("fill-opacity", json!(0.25));
            }
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
