//! Areas from GeoJSON (RFC 7946): polygons, alone, in features or in collections; each with a `weight` (or `poa`) among its properties, 1
//! where there is none. What is no such thing is refused by its line.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use skyhound::geo::{Origin, Wgs84};
use skyhound::search::Area;
use std::fmt;

/// What to draw instead, for what is none.
const MEND: &str = "write one Polygon or MultiPolygon, alone, as a Feature or in a FeatureCollection";

/// Why a file is not read: its line, and what is wrong with what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// From 1.
    pub line: usize,
    /// For people.
    pub why: String,
}

/// A polygon with its weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// Corners, the first one not repeated.
    pub corners: Vec<Wgs84>,
    /// Its POA beside that of the others, > 0.
    pub weight: f64,
}

/// All polygons of a GeoJSON text, one or more.
///
/// # Errors
/// What is no GeoJSON, or no polygon that can be searched, with its line.
pub fn read(text: &str) -> Result<Vec<Weighted>, Refused> {
    let refused = |error: serde_json::Error| {
        let said = error.to_string();
        let why = said.rfind(" at line ").map_or(said.as_str(), |end| &said[..end]);
        let mend = if why.contains(": ") { String::new() } else { format!(": {MEND}") };
        // Of the outermost object there is no line: it begins on the first.
        Refused { line: error.line().max(1), why: format!("{why}{mend}") }
    };
    let Top(polygons) = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(refused)?;
    if polygons.is_empty() {
        return Err(Refused { line: 1, why: format!("there is no polygon in it: {MEND}") });
    }
    Ok(polygons)
}

#[derive(serde::Deserialize)]
#[serde(try_from = "RawTop")]
struct Top(Vec<Weighted>);

#[derive(serde::Deserialize)]
struct RawTop {
    r#type: String,
    features: Option<Vec<Feature>>,
    geometry: Option<Geometry>,
    coordinates: Option<Nested>,
    properties: Option<Properties>,
}

impl TryFrom<RawTop> for Top {
    type Error = String;

    fn try_from(raw: RawTop) -> Result<Top, String> {
        if raw.r#type == "FeatureCollection" {
            let features = raw.features.ok_or("a FeatureCollection without features: write them")?;
            return Ok(Top(features.into_iter().flat_map(|feature| feature.0).collect()));
        }
        let RawTop { r#type, geometry, coordinates, properties, .. } = raw;
        if r#type == "Feature" {
            return Feature::try_from(RawFeature { r#type, geometry, properties })
                .map(|feature| Top(feature.0));
        }
        let geometry = Geometry::try_from(RawGeometry { r#type, coordinates })?;
        weighted(geometry, properties).map(Top)
    }
}

/// The polygons of one.
#[derive(serde::Deserialize)]
#[serde(try_from = "RawFeature")]
struct Feature(Vec<Weighted>);

#[derive(serde::Deserialize)]
struct RawFeature {
    r#type: String,
    geometry: Option<Geometry>,
    properties: Option<Properties>,
}

#[derive(serde::Deserialize)]
struct Properties {
    weight: Option<f64>,
    poa: Option<f64>,
}

impl TryFrom<RawFeature> for Feature {
    type Error = String;

    fn try_from(raw: RawFeature) -> Result<Feature, String> {
        if raw.r#type != "Feature" {
            return Err(format!("a {} where a Feature belongs: {MEND}", raw.r#type));
        }
        let geometry = raw.geometry.ok_or_else(|| format!("a Feature without geometry: {MEND}"))?;
        weighted(geometry, raw.properties).map(Feature)
    }
}

/// The weight is the feature's: its polygons share it by their size.
fn weighted(Geometry(rings): Geometry, properties: Option<Properties>) -> Result<Vec<Weighted>, String> {
    let told = properties.and_then(|properties| properties.weight.or(properties.poa));
    let weight = told.unwrap_or(1.0);
    if !(weight.is_finite() && weight > 0.0) {
        return Err(format!("a weight of {weight}: write a number over 0, or leave the polygon out"));
    }
    let total_m2: f64 = rings.iter().map(|ring| ring.area_m2).sum();
    let share = |ring: Ring| Weighted { weight: weight * ring.area_m2 / total_m2, corners: ring.corners };
    Ok(rings.into_iter().map(share).collect())
}

#[derive(serde::Deserialize)]
#[serde(try_from = "RawGeometry")]
struct Geometry(Vec<Ring>);

#[derive(serde::Deserialize)]
struct RawGeometry {
    r#type: String,
    coordinates: Option<Nested>,
}

struct Ring {
    corners: Vec<Wgs84>,
    area_m2: f64,
}

impl TryFrom<RawGeometry> for Geometry {
    type Error = String;

    fn try_from(raw: RawGeometry) -> Result<Geometry, String> {
        let polygons = match (raw.r#type.as_str(), raw.coordinates) {
            ("Polygon", Some(rings)) => vec![rings],
            ("MultiPolygon", Some(Nested::List(polygons))) => polygons,
            (kind, _) => return Err(format!("a {kind} is no area: {MEND}")),
        };
        polygons.into_iter().map(ring_of).collect::<Result<_, _>>().map(Geometry)
    }
}

/// The one ring of a polygon.
fn ring_of(polygon: Nested) -> Result<Ring, String> {
    let Nested::List(mut rings) = polygon else { return Err(format!("a polygon without rings: {MEND}")) };
    if rings.len() > 1 {
        return Err("a polygon with a hole: legs are not led about holes; draw it as polygons without".into());
    }
    let Some(Nested::List(positions)) = rings.pop() else {
        return Err(format!("a polygon without rings: {MEND}"));
    };
    let place = |position: Nested| match position {
        Nested::Position(place) => Ok(place),
        _ => Err(format!("a ring whose positions are none: {MEND}")),
    };
    let mut corners: Vec<Wgs84> = positions.into_iter().map(place).collect::<Result<_, _>>()?;
    if corners.len() < 4 || corners.first() != corners.last() {
        return Err("a ring that is not closed: repeat its first position at its end".into());
    }
    corners.pop();
    let origin = Origin::new(corners[0]);
    let ned: Vec<_> = corners.iter().map(|corner| origin.ned_from_wgs84(*corner)).collect();
    let area = Area::new(&ned).map_err(|error| error.to_string())?;
    Ok(Ring { corners, area_m2: area.area_m2() })
}

/// Coordinates, as deep as they are nested.
enum Nested {
    Number(f64),
    Position(Wgs84),
    List(Vec<Nested>),
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Nested, D::Error> {
        struct Coordinates;
        impl<'de> Visitor<'de> for Coordinates {
            type Value = Nested;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "coordinates")
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Nested, E> {
                Ok(Nested::Number(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Nested, E> {
                Ok(Nested::Number(number as f64))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Nested, E> {
                Ok(Nested::Number(number as f64))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Nested, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                match items[..] {
                    [Nested::Number(lon_deg), Nested::Number(lat_deg), ..] => {
                        Wgs84::checked(lat_deg, lon_deg).map(Nested::Position).ok_or_else(|| {
                            A::Error::custom(format!(
                                "no place at [{lon_deg}, {lat_deg}]: write [longitude, latitude] in degrees"
                            ))
                        })
                    }
                    [Nested::Number(_), ..] | [_, Nested::Number(_), ..] => {
                        Err(A::Error::custom("half a position: write [longitude, latitude] in degrees"))
                    }
                    _ => Ok(Nested::List(items)),
                }
            }
        }
        deserializer.deserialize_any(Coordinates)
    }
}
