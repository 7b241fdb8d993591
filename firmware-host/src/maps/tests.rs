//! What goes in comes out, whatever the names are.

use super::*;
use serde_json::json;

fn features() -> Vec<Feature> {
    let at = |lat_deg: f64, lon_deg: f64| Wgs84 { lat_deg, lon_deg };
    let spot = |lat_deg: f64| Spot {
        at: at(lat_deg, 8.5),
        height_m: Some(430.25),
        utc_us: Some(1_760_000_000_123_000),
    };
    let ring =
        |m: f64| vec![at(47.0 - m, 8.0 - m), at(47.0 - m, 8.0 + m), at(47.0 + m, 8.0), at(47.0 - m, 8.0 - m)];
    vec![
        Feature::new("estimate <\"fox\"> & co", Shape::Point(at(47.25, 8.5).into()))
            .with(json!({ "radius_95_m": 22.0 }))
            .coloured("d55e00")
            .described("it said\u{7} \"x\""),
        Feature::new("way", Shape::Line(vec![spot(47.0), spot(47.1)])),
        Feature::new("region", Shape::Areas(vec![vec![ring(0.02), ring(0.01)]])).coloured("e69f00"),
    ]
}

#[test]
fn geojson_has_positions_with_longitude_first_and_styles() {
    let value: Value = serde_json::from_str(&geojson::write(&features())).unwrap();
    let features = value["features"].as_array().unwrap();
    assert_eq!(features[0]["geometry"]["coordinates"], json!([8.5, 47.25]));
    assert_eq!(features[0]["properties"]["marker-color"], "#d55e00");
    assert_eq!(features[0]["properties"]["radius_95_m"], 22.0);
    assert_eq!(features[1]["geometry"]["coordinates"][1], json!([8.5, 47.1, 430.25]));
    assert_eq!(features[2]["geometry"]["type"], "Polygon");
    assert_eq!(features[2]["geometry"]["coordinates"].as_array().unwrap().len(), 2);
}

/// What CalTopo's import takes: as caltopo_python 2.0.0 writes markers, lines, polygons and folders.
#[test]
fn a_map_is_one_folder_of_markers_and_shapes_as_caltopo_has_them() {
    let mut all = features();
    let Shape::Areas(areas) = &mut all[2].shape else { panic!("the region is an area") };
    areas.push(areas[0].clone());
    let value: Value = serde_json::from_str(&geojson::map("flight <1>", &all)).unwrap();
    let (folder, rest) = value["features"].as_array().unwrap().split_last().unwrap();
    assert_eq!(folder["properties"], json!({ "class": "Folder", "title": "flight <1>" }));
    assert!(
        folder["geometry"].is_null() && folder["id"].as_str().is_some_and(|id| id.len() == 36),
        "{folder}"
    );
    let told: Vec<Value> = rest
        .iter()
        .map(|feature| {
            let about = &feature["properties"];
            assert_eq!(about["folderId"], folder["id"], "{feature}");
            json!([about["class"], feature["geometry"]["type"], about["title"], about["fill-opacity"]])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["Marker", "Point", "estimate <\"fox\"> & co", null]),
            json!(["Shape", "LineString", "way", null]),
            json!(["Shape", "Polygon", "region (1 of 2)", 0.25]),
            json!(["Shape", "Polygon", "region (2 of 2)", 0.25]),
        ]
    );
    let style = ["stroke", "stroke-width", "stroke-opacity", "fill"].map(|name| &rest[2]["properties"][name]);
    assert_eq!(style, [&json!("#e69f00"), &json!(2), &json!(1), &json!("#e69f00")]);
    assert_eq!(rest[0]["properties"]["description"], "it said\u{7} \"x\"");
    // And GDAL, of whom QGIS reads with.
    let file = tempfile::Builder::new().suffix(".geojson").tempfile().unwrap();
    std::fs::write(file.path(), value.to_string()).unwrap();
    let Ok(read) = std::process::Command::new("ogrinfo").args(["-al", "-so"]).arg(file.path()).output()
    else {
        println!("ignored in part, needs ogrinfo (gdal-bin)");
        return;
    };
    let said = String::from_utf8_lossy(&read.stdout);
    assert!(
        read.status.success() && said.contains("Feature Count: 5") && said.contains("stroke-opacity"),
        "{said}"
    );
}

#[test]
fn names_never_become_markup() {
    for text in [kml::write("a & b", &features()), gpx::write("a & b", &features())] {
        assert!(text.contains("estimate &lt;&quot;fox&quot;&gt; &amp; co"), "{text}");
        assert!(!text.contains('\u{7}') && text.contains("a &amp; b"));
        // As many elements are opened as closed.
        let count = |what: &str| text.matches(what).count();
        assert_eq!(count("</"), count("<") - count("</") - count("<?") - count("/>"), "{text}");
    }
}

#[test]
fn tracks_have_their_times_and_heights() {
    let (kml, gpx) = (kml::write("", &features()), gpx::write("", &features()));
    assert!(kml.contains("<when>2025-10-09T08:53:20.123Z</when>"), "{kml}");
    assert!(kml.contains("<gx:coord>8.50000000 47.10000000 430.2</gx:coord>"), "{kml}");
    assert!(gpx.contains("<ele>430.25</ele><time>2025-10-09T08:53:20.123Z</time></trkpt>"), "{gpx}");
    assert!(gpx.find("<wpt").unwrap() < gpx.find("<trk").unwrap());
}
