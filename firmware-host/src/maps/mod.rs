//! Features of a map, as every door writes them: [`geojson`] (RFC 7946, with the styles that CalTopo and SARTopo read), [`kml`] (2.2, plain or
//! packed as KMZ), [`gpx`] (1.1, points and tracks only, for handhelds).

pub mod geojson;
pub mod gpx;
pub mod kml;
pub mod kmz;

use serde_json::{Map, Value};
use skyhound::geo::Wgs84;

/// A place on a line, or a point.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Spot {
    /// Where.
    pub at: Wgs84,
    /// How high; what from, the feature says.
    pub height_m: Option<f64>,
    /// When, µs since 1970 UTC.
    pub utc_us: Option<i64>,
}

impl From<Wgs84> for Spot {
    fn from(at: Wgs84) -> Spot {
        Spot { at, height_m: None, utc_us: None }
    }
}

/// A ring of corners, the last of which is the first.
pub type Ring = Vec<Wgs84>;

/// What a feature looks like.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A place.
    Point(Spot),
    /// A way.
    Line(Vec<Spot>),
    /// Areas: of each its outer ring, then holes.
    Areas(Vec<Vec<Ring>>),
}

/// What heights are counted from.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    /// Mean sea level.
    Sea,
    /// The ground, or home.
    Ground,
}

/// Something on a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// What people read beside it.
    pub title: String,
    /// More for people; may be empty.
    pub description: String,
    /// Its shape.
    pub shape: Shape,
    /// Of the heights in it.
    pub datum: Datum,
    /// Colour as `rrggbb`; `None`: the reader's own.
    pub colour: Option<&'static str>,
    /// For programs.
    pub properties: Map<String, Value>,
}

impl Feature {
    /// One with a title and nothing else.
    pub fn new(title: impl Into<String>, shape: Shape) -> Feature {
        let (title, description) = (title.into(), String::new());
        Feature { title, description, shape, datum: Datum::Sea, colour: None, properties: Map::new() }
    }

    /// With what programs read: an object.
    #[must_use]
    pub fn with(mut self, properties: Value) -> Feature {
        if let Value::Object(properties) = properties {
            self.properties.extend(properties);
        }
        self
    }

    /// In a colour, `rrggbb`.
    #[must_use]
    pub fn coloured(self, colour: &'static str) -> Feature {
        Feature { colour: Some(colour), ..self }
    }

    /// With a description.
    #[must_use]
    pub fn described(self, description: impl Into<String>) -> Feature {
        Feature { description: description.into(), ..self }
    }
}

/// Text as XML takes it: markup escaped, control characters left out.
pub fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '"' => plain.push_str("&quot;"),
            '\n' | '\t' => plain.push(' '),
            c if c.is_control() || ['\u{fffe}', '\u{ffff}'].contains(&c) => {}
            c => plain.push(c),
        }
    }
    plain
}

/// A time as ISO 8601 in UTC, to the millisecond.
pub fn utc_text(utc_us: i64) -> Option<String> {
    let at = jiff::Timestamp::from_microsecond(utc_us).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

#[cfg(test)]
mod tests;
