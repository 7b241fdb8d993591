//! A plan and the map of a search → features of a map.

use super::Preview;
use crate::maps::{Datum, Feature, Shape, Spot, geojson};
use serde_json::json;
use skyhound::geo::{NorthEast, Origin};
use skyhound::search::PoaMap;

impl Preview {
    /// A plan for maps: its area, its route with what it is, and where it commences.
    pub fn to_features(&self) -> Vec<Feature> {
        let mut features = Vec::new();
        if let Some(mut ring) = self.corners() {
            ring.extend(ring.first().copied());
            let area = Feature::new("area", Shape::Areas(vec![vec![ring]]));
            features.push(area.with(json!({ "role": "area" })));
        }
        let places = self.places();
        let spot = |at| Spot { at, height_m: Some(self.height_m), utc_us: None };
        let about = json!({
            "role": "route",
            "name": self.name,
            "track_spacing_m": self.spacing_m,
            "height_over_home_m": self.height_m,
            "speed_mps": self.speed_mps,
            "length_m": self.route.length_m(),
            "time_s": self.route.time_s(self.speed_mps),
        });
        let first = Shape::Point(places[0].into());
        let route = Shape::Line(places.into_iter().map(spot).collect());
        features.push(Feature { datum: Datum::Ground, ..Feature::new(&self.name, route).with(about) });
        let commence = "commence search point";
        features.push(Feature::new(commence, first).with(json!({ "role": commence })));
        features
    }
}

/// The map after the search: a square for each cell that has some of the prior.
pub fn write_map(origin: &Origin, map: &PoaMap) -> String {
    let half_m = map.cell_m() / 2.0;
    let square = |center: NorthEast| {
        let turns = [(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)];
        let corner = |(north, east): (f64, f64)| {
            let (north_m, east_m) = (center.north_m + north * half_m, center.east_m + east * half_m);
            origin.wgs84_from_ned(NorthEast { north_m, east_m })
        };
        vec![turns.map(corner).to_vec()]
    };
    let cells = map.cells().filter(|cell| cell.prior > 0.0).map(|cell| {
        let about = json!({ "poa_before": cell.prior, "pod": cell.pod, "poa_now": map.poa_now(&cell) });
        Feature::new("", Shape::Areas(vec![square(cell.center)])).with(about)
    });
    geojson::write(&cells.collect::<Vec<_>>())
}
