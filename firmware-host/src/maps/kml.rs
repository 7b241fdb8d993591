//! Features → KML 2.2 (OGC 07-147r2), for Google Earth, ATAK and ground stations; a line whose places have times is a track in time
//! (`gx:Track`) there too.

use super::{Datum, Feature, Shape, Spot, escaped, utc_text};
use skyhound::geo::Wgs84;
use std::fmt::Write as _;

/// Without a colour of its own.
const COLOUR: &str = "0055ff";

/// A document of this name.
pub fn write(name: &str, features: &[Feature]) -> String {
    let mut kml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <kml xmlns=\"http://www.opengis.net/kml/2.2\" xmlns:gx=\"http://www.google.com/kml/ext/2.2\">\n\
         <Document>\n<name>{}</name>\n",
        escaped(name)
    );
    for feature in features {
        placemark(&mut kml, feature, shape);
        // Besides, for readers that know no tracks.
        if matches!(&feature.shape, Shape::Line(spots) if is_timed(spots)) {
            let title = format!("{} in time", feature.title);
            placemark(&mut kml, &Feature { title, ..feature.clone() }, track);
        }
    }
    kml + "</Document>\n</kml>\n"
}

fn placemark(kml: &mut String, feature: &Feature, shape: fn(&mut String, &Feature)) {
    // Of AABBGGRR.
    let rgb = feature.colour.unwrap_or(COLOUR);
    let bgr = format!("{}{}{}", &rgb[4..6], &rgb[2..4], &rgb[0..2]);
    let (title, description) = (escaped(&feature.title), escaped(&feature.description));
    let fill = if feature.colour.is_some() {
        format!("<color>40{bgr}</color>")
    } else {
        "<fill>0</fill>".to_string()
    };
    // In the order of the schema, which some readers hold to.
    let time = match &feature.shape {
        Shape::Point(spot) => spot.utc_us.and_then(utc_text),
        _ => None,
    };
    let time = time.map_or(String::new(), |when| format!("<TimeStamp><when>{when}</when></TimeStamp>\n"));
    // Writing to a String cannot fail.
    let _ = write!(
        kml,
        "<Placemark>\n<name>{title}</name>\n<description>{description}</description>\n{time}<Style><IconStyle><color>ff{bgr}</color></IconStyle>\
         <LineStyle><color>ff{bgr}</color><width>2</width></LineStyle><PolyStyle>{fill}</PolyStyle></Style>\n"
    );
    kml.push_str("<ExtendedData>\n");
    for (name, value) in &feature.properties {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        let _ = writeln!(kml, "<Data name=\"{}\"><value>{}</value></Data>", escaped(name), escaped(&value));
    }
    kml.push_str("</ExtendedData>\n");
    shape(kml, feature);
    kml.push_str("</Placemark>\n");
}

fn is_timed(spots: &[Spot]) -> bool {
    spots.iter().all(|spot| spot.utc_us.is_some())
}

fn datum(feature: &Feature, spots: &[Spot]) -> &'static str {
    match feature.datum {
        _ if spots.iter().any(|spot| spot.height_m.is_none()) => "clampToGround",
        Datum::Sea => "absolute",
        Datum::Ground => "relativeToGround",
    }
}

fn track(kml: &mut String, feature: &Feature) {
    let Shape::Line(spots) = &feature.shape else { return };
    // Writing to a String cannot fail.
    let _ = writeln!(kml, "<gx:Track>\n<altitudeMode>{}</altitudeMode>", datum(feature, spots));
    for spot in spots {
        let when = spot.utc_us.and_then(utc_text).unwrap_or_default();
        let _ = writeln!(kml, "<when>{when}</when>");
    }
    for spot in spots {
        let _ = writeln!(kml, "<gx:coord>{}</gx:coord>", position(spot).replace(',', " "));
    }
    let _ = writeln!(kml, "</gx:Track>");
}

fn shape(kml: &mut String, feature: &Feature) {
    // Writing to a String cannot fail.
    let _ = match &feature.shape {
        Shape::Point(spot) => {
            let (mode, place) = (datum(feature, &[*spot]), position(spot));
            writeln!(
                kml,
                "<Point><altitudeMode>{mode}</altitudeMode><coordinates>{place}</coordinates></Point>"
            )
        }
        Shape::Line(spots) => {
            let places: Vec<String> = spots.iter().map(position).collect();
            let (mode, places) = (datum(feature, spots), places.join("\n"));
            writeln!(
                kml,
                "<LineString><altitudeMode>{mode}</altitudeMode><coordinates>\n{places}\n</coordinates></LineString>"
            )
        }
        Shape::Areas(areas) => {
            let polygons: String = areas.iter().map(|rings| polygon(rings)).collect();
            writeln!(kml, "<MultiGeometry>\n{polygons}</MultiGeometry>")
        }
    };
}

fn polygon(rings: &[Vec<Wgs84>]) -> String {
    let mut text = "<Polygon>".to_string();
    for (index, ring) in rings.iter().enumerate() {
        let side = if index == 0 { "outerBoundaryIs" } else { "innerBoundaryIs" };
        let corners: Vec<String> = ring.iter().map(|corner| position(&(*corner).into())).collect();
        let corners = corners.join(" ");
        // Writing to a String cannot fail.
        let _ =
            write!(text, "<{side}><LinearRing><coordinates>{corners}</coordinates></LinearRing></{side}>");
    }
    text + "</Polygon>\n"
}

fn position(spot: &Spot) -> String {
    let (lon_deg, lat_deg) = (spot.at.lon_deg, spot.at.lat_deg);
    format!("{lon_deg:.8},{lat_deg:.8},{:.1}", spot.height_m.unwrap_or(0.0))
}
