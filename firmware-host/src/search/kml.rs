//! A plan as KML 2.2 (OGC 07-147r2) for Google Earth and ground stations: the area on the ground, the route at its height over it.

use super::Preview;
use skyhound::geo::Wgs84;

/// Writes it.
pub fn write(preview: &Preview) -> String {
    let area = preview.corners().map_or(String::new(), |corners| {
        let ring = positions(corners.iter().chain(corners.first()), 0.0);
        format!(
            "    <Placemark>\n      <name>area</name>\n      <styleUrl>#area</styleUrl>\n      <Polygon><outerBoundaryIs><LinearRing><coordinates>\n{ring}      </coordinates></LinearRing></outerBoundaryIs></Polygon>\n    </Placemark>\n"
        )
    });
    let route = positions(preview.places().iter(), preview.height_m);
    let name = escaped(&preview.name);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2">
  <Document>
    <name>{name}</name>
    <Style id="area"><LineStyle><color>ff00aaff</color></LineStyle><PolyStyle><fill>0</fill></PolyStyle></Style>
    <Style id="route"><LineStyle><color>ffff5500</color><width>2</width></LineStyle></Style>
{area}    <Placemark>
      <name>{name}</name>
      <styleUrl>#route</styleUrl>
      <LineString><altitudeMode>relativeToGround</altitudeMode><coordinates>
{route}      </coordinates></LineString>
    </Placemark>
  </Document>
</kml>
"#
    )
}

fn positions<'a>(places: impl Iterator<Item = &'a Wgs84>, height_m: f64) -> String {
    places.map(|place| format!("        {:.8},{:.8},{height_m:.1}\n", place.lon_deg, place.lat_deg)).collect()
}

fn escaped(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control()).collect::<String>();
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
