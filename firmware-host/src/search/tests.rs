//! Files in and out: round trips, and garbage refused by its line.

use super::*;
use crate::maps::{geojson, kml};
use crate::polygons;
use skyhound::search::{Order, Pattern};

const PLACE: Wgs84 = Wgs84 { lat_deg: 47.397_742, lon_deg: 8.545_594 };

fn preview() -> Preview {
    let area = Area::disc(skyhound::geo::NorthEast::default(), 300.0).unwrap();
    let order = Order {
        pattern: Pattern::ParallelTrack,
        spacing_m: 60.0,
        heading_rad: 0.5,
        start: skyhound::geo::NorthEast::default(),
    };
    let route = Route::new(&area, &order).unwrap();
    let name = "a <b> & c".into();
    let origin = Origin::new(PLACE);
    Preview { origin, name, area: Some(area), spacing_m: Some(60.0), route, height_m: 40.0, speed_mps: 5.0 }
}

fn is_same(a: &Wgs84, b: &Wgs84) -> bool {
    (a.lat_deg - b.lat_deg).abs() < 1e-7 && (a.lon_deg - b.lon_deg).abs() < 1e-7
}

#[test]
fn a_mission_comes_back_as_it_went() {
    for preview in
        [preview(), Preview { origin: Origin::new(Wgs84 { lat_deg: -17.0, lon_deg: 179.999 }), ..preview() }]
    {
        let places = preview.places();
        let text = wpl::write(&places, preview.height_m);
        let mission = wpl::read(&text).unwrap();
        assert!(places.len() > 15 && mission.places.len() == places.len());
        assert!(places.iter().zip(&mission.places).all(|(a, b)| is_same(a, b)));
        assert!(mission.heights_m.iter().all(|height_m| *height_m == 40.0));
        assert!(mission.others.is_empty() && mission.absolute.is_empty());
    }
}

#[test]
fn a_mission_of_others_is_read() {
    // As Mission Planner writes it: home, take-off, two waypoints, a speed, a spline, return.
    let text = "QGC WPL 110\r\n\
        0\t1\t0\t16\t0\t0\t0\t0\t47.3977420\t8.5455940\t488.000000\t1\r\n\
        1\t0\t3\t22\t15.00000000\t0\t0\t0\t0.00000000\t0.00000000\t40.000000\t1\r\n\
        2\t0\t3\t16\t0\t0\t0\t0\t47.39800000\t8.54600000\t40.000000\t1\r\n\
        3\t0\t3\t178\t1\t5\t0\t0\t0\t0\t0\t1\r\n\
        4\t0\t3\t82\t0\t0\t0\t0\t47.39900000\t8.54600000\t30.000000\t1\r\n\
        5\t0\t0\t20\t0\t0\t0\t0\t0\t0\t0\t1\r\n";
    let mission = wpl::read(text).unwrap();
    assert_eq!(mission.others, [(3, 22), (5, 178), (7, 20)]);
    assert_eq!((mission.places.len(), &mission.heights_m[..]), (2, &[40.0, 30.0][..]));
}

#[test]
fn what_is_no_mission_is_refused_by_its_line() {
    let item = "0\t1\t3\t16\t0\t0\t0\t0\t47.0\t8.0\t40\t1";
    for (text, line, told) in [
        (String::new(), 1, "QGC WPL 110"),
        ("QGC WPL 100\n".into(), 1, "QGC WPL 110"),
        ("QGC WPL 110\n".into(), 1, "no waypoints"),
        ("QGC WPL 110\n0\t1\t3\t16\n".into(), 2, "4 fields of 12"),
        (format!("QGC WPL 110\n{item}\n\n{item}\n"), 4, "item 0 where 1 belongs"),
        (format!("QGC WPL 110\n{}", item.replace("47.0", "97.0")), 2, "latitude and longitude in degrees"),
        (format!("QGC WPL 110\n{}", item.replace("47.0", "x")), 2, "latitude x"),
        (format!("QGC WPL 110\n{}", item.replace("47.0", "NaN")), 2, "latitude NaN"),
        (format!("QGC WPL 110\n{}", item.replace("\t3\t", "\t1\t")), 2, "frame 1"),
        (format!("QGC WPL 110\n{}", item.replace("\t16\t", "\t16.5\t")), 2, "command 16.5"),
    ] {
        let refused = wpl::read(&text).unwrap_err();
        assert!(refused.line == line && refused.why.contains(told), "{text}: {refused:?}");
    }
}

#[test]
fn the_area_of_a_preview_is_an_area_again() {
    let preview = preview();
    let text = geojson::write(&preview.to_features());
    // Whoever reads areas has no use for its line and point.
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let features = json["features"].as_array_mut().unwrap();
    assert_eq!(features.len(), 3);
    let line = features[1]["geometry"]["coordinates"].as_array().unwrap();
    for (at, place) in line.iter().zip(preview.places()) {
        let read = Wgs84 { lon_deg: at[0].as_f64().unwrap(), lat_deg: at[1].as_f64().unwrap() };
        assert!(is_same(&read, &place));
    }
    features.truncate(1);
    let read = polygons::read(&json.to_string()).unwrap();
    let corners = preview.corners().unwrap();
    assert!(read.len() == 1 && read[0].weight == 1.0 && read[0].corners.len() == corners.len());
    assert!(read[0].corners.iter().zip(&corners).all(|(a, b)| is_same(a, b)));
    let kml = kml::write(&preview.name, &preview.to_features());
    assert!(kml.contains("<name>a &lt;b&gt; &amp; c</name>"), "{kml}");
    let first = preview.places()[0];
    assert!(kml.contains(&format!("{:.8},{:.8},40.0\n", first.lon_deg, first.lat_deg)), "{kml}");
}

/// A polygon of 0.01° with these properties, as a feature on four lines.
fn square(properties: &str, ring: &str) -> String {
    format!(
        "{{\"type\": \"Feature\",\n\"properties\": {properties},\n\"geometry\": {{\"type\": \"Polygon\", \"coordinates\":\n[[{ring}]]}}}}"
    )
}

const RING: &str = "[8.0, 47.0], [8.01, 47.0], [8.01, 47.01, 500], [8.0, 47.01], [8.0, 47.0]";

#[test]
fn weights_are_the_features() {
    let feature = |properties: &str| square(properties, RING);
    for (properties, weight) in
        [("null", 1.0), ("{}", 1.0), (r#"{"poa": 0.25, "x": [1]}"#, 0.25), (r#"{"weight": 3}"#, 3.0)]
    {
        let read = polygons::read(&feature(properties)).unwrap();
        assert!(read.len() == 1 && read[0].weight == weight && read[0].corners.len() == 4, "{read:?}");
    }
    let all = format!(
        r#"{{"type": "FeatureCollection", "features": [{}, {}]}}"#,
        feature(r#"{"weight": 2}"#),
        feature("null")
    );
    assert_eq!(polygons::read(&all).unwrap().len(), 2);
    // Of several polygons each has its share by size.
    let half = RING.replace("8.01", "8.005");
    let multi = format!(r#"{{"type": "MultiPolygon", "coordinates": [[[{RING}]], [[{half}]]]}}"#);
    let read = polygons::read(&multi).unwrap();
    assert!((read[0].weight - 2.0 / 3.0).abs() < 1e-6 && (read[1].weight - 1.0 / 3.0).abs() < 1e-6);
}

#[test]
fn what_is_no_area_is_refused_by_its_line() {
    for (text, line, told) in [
        (String::new(), 1, "write one Polygon"),
        ("{\"type\": \"FeatureCollection\",\n\"features\": []}".into(), 1, "no polygon in it"),
        ("{\"type\": \"Point\",\n\"coordinates\": [8, 47]}".into(), 1, "a Point is no area"),
        (square("null", RING).replace("Polygon", "LineString"), 4, "a LineString is no area"),
        (square("{\"weight\": 0}", RING), 1, "a weight of 0"),
        (square("{\"weight\": \"3\"}", RING), 2, "expected f64"),
        (square("null", &RING.replace("47.01,", "147.01,")), 4, "[longitude, latitude] in degrees"),
        (square("null", "[8.0], [8.0]"), 4, "half a position"),
        (square("null", &RING[..RING.len() - 13]), 4, "not closed"),
        (square("null", &format!("{RING}], [{RING}")), 4, "a hole"),
        (square("null", "[8.0, 47.0], [8.01, 47.01], [8.01, 47.0], [8.0, 47.01], [8.0, 47.0]"), 4, "cross"),
        (square("null", RING).replace("Feature\"", "Futur\""), 1, "Futur"),
        (square("null", RING)[..80].into(), 3, "EOF"),
    ] {
        let refused = polygons::read(&text).unwrap_err();
        assert!(refused.line == line && refused.why.contains(told), "{text}: {refused:?}");
    }
}
