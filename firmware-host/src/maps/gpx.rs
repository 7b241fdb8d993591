//! Features → GPX 1.1 (topografix.com), for handhelds: points as waypoints, ways as tracks; areas as tracks along their rings, for GPX has none.

use super::{Datum, Feature, Shape, Spot, escaped, utc_text};
use std::fmt::Write as _;

/// A file of this name.
pub fn write(name: &str, features: &[Feature]) -> String {
    let mut gpx = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gpx version=\"1.1\" creator=\"skyhound\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n\
         <metadata><name>{}</name></metadata>\n",
        escaped(name)
    );
    // The schema wants all waypoints before the first track.
    for feature in features {
        if let Shape::Point(spot) = &feature.shape {
            gpx.push_str(&point("wpt", spot, feature, &names(feature)));
        }
    }
    for feature in features {
        let lines: Vec<Vec<Spot>> = match &feature.shape {
            Shape::Point(_) => continue,
            Shape::Line(spots) => vec![spots.clone()],
            Shape::Areas(areas) => {
                areas.iter().flatten().map(|ring| ring.iter().map(|at| (*at).into()).collect()).collect()
            }
        };
        let _ = write!(gpx, "<trk>{}", names(feature));
        for line in lines.iter().filter(|line| !line.is_empty()) {
            gpx.push_str("<trkseg>\n");
            gpx.extend(line.iter().map(|spot| point("trkpt", spot, feature, "")));
            gpx.push_str("</trkseg>");
        }
        gpx.push_str("</trk>\n");
    }
    gpx + "</gpx>\n"
}

fn names(feature: &Feature) -> String {
    let (title, description) = (escaped(&feature.title), escaped(&feature.description));
    if description.is_empty() {
        return format!("<name>{title}</name>");
    }
    format!("<name>{title}</name><desc>{description}</desc>")
}

/// Its elevation is over the sea, or there is none.
fn point(element: &str, spot: &Spot, feature: &Feature, names: &str) -> String {
    let height_m = spot.height_m.filter(|_| feature.datum == Datum::Sea);
    let height = height_m.map_or(String::new(), |m| format!("<ele>{m:.2}</ele>"));
    let time = spot.utc_us.and_then(utc_text).map_or(String::new(), |utc| format!("<time>{utc}</time>"));
    let (lat_deg, lon_deg) = (spot.at.lat_deg, spot.at.lon_deg);
    format!("<{element} lat=\"{lat_deg:.8}\" lon=\"{lon_deg:.8}\">{height}{time}{names}</{element}>\n")
}
