//! A map as SVG: the path coloured by power, the regions, the estimate, and the truth where it is known.

use super::Located;
use super::outline::{self, Polygon};
use skyhound::geo::{NorthEast, Wgs84};
use std::fmt::Write as _;

/// Width and height, and the margin in it, pixels.
const SIDE: f64 = 800.0;
const MARGIN: f64 = 30.0;
/// Points of the path at most.
const PATH_MAX: usize = 4_000;
/// Length of the scale bar: the longest of these that is under a third of the picture, m.
const BARS_M: [f64; 9] = [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0];

struct Map {
    middle: NorthEast,
    per_m: f64,
}

impl Map {
    /// Over all these places.
    fn over(places: impl Iterator<Item = NorthEast>) -> Map {
        let none = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY];
        let [south, north, west, east] = places.fold(none, |[south, north, west, east], at| {
            [south.min(at.north_m), north.max(at.north_m), west.min(at.east_m), east.max(at.east_m)]
        });
        let middle = NorthEast { north_m: 0.5 * (south + north), east_m: 0.5 * (west + east) };
        Map { middle, per_m: (SIDE - 2.0 * MARGIN) / (north - south).max(east - west).max(10.0) }
    }

    fn xy(&self, at: NorthEast) -> (f64, f64) {
        let x = SIDE / 2.0 + (at.east_m - self.middle.east_m) * self.per_m;
        (x, SIDE / 2.0 - (at.north_m - self.middle.north_m) * self.per_m)
    }

    fn path(&self, polygons: &[Polygon]) -> String {
        let mut path = String::new();
        for ring in polygons.iter().flatten() {
            for (n, corner) in ring.iter().enumerate() {
                let (x, y) = self.xy(*corner);
                // Writing to a String cannot fail.
                let _ = write!(path, "{}{x:.1} {y:.1}", if n == 0 { "M" } else { "L" });
            }
            path.push('Z');
        }
        path
    }
}

impl Located<'_> {
    /// The map.
    pub fn to_svg(&self, truth: Option<Wgs84>) -> String {
        let truth = truth.map(|truth| self.track.origin.ned_from_wgs84(truth));
        let rows = &self.track.rows[..self.row_count];
        let regions = [0.95, 0.5].map(|share| outline::region(&self.posterior, share));
        let corners = regions[0].iter().flatten().flatten().copied();
        let places = rows.iter().map(|row| row.at).chain(corners).chain(truth).chain([self.estimate.mean]);
        let map = Map::over(places);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIDE} {SIDE}\" font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"{SIDE}\" height=\"{SIDE}\" fill=\"#ffffff\"/>\n"
        );
        for (polygons, colour) in regions.iter().zip(["#f5c36b", "#e08a1e"]) {
            let path = map.path(polygons);
            // Writing to a String cannot fail.
            let _ = writeln!(
                svg,
                "<path d=\"{path}\" fill=\"{colour}\" fill-opacity=\"0.55\" stroke=\"{colour}\" fill-rule=\"evenodd\"/>"
            );
        }
        let powers = rows.iter().map(|row| row.power_db);
        let (low, high) = (powers.clone().fold(f64::INFINITY, f64::min), powers.fold(f64::MIN, f64::max));
        for row in rows.iter().step_by(rows.len().div_ceil(PATH_MAX).max(1)) {
            let (x, y) = map.xy(row.at);
            let hue = 240.0 * (1.0 - (row.power_db - low) / (high - low).max(1e-9));
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"hsl({hue:.0},85%,45%)\"/>"
            );
        }
        let mut cross = |at: NorthEast, colour: &str, name: &str| {
            let (x, y) = map.xy(at);
            let (left, right, up, down) = (x - 8.0, x + 8.0, y - 8.0, y + 8.0);
            let _ = writeln!(
                svg,
                "<path d=\"M{left:.1} {y:.1}H{right:.1}M{x:.1} {up:.1}V{down:.1}\" stroke=\"{colour}\" stroke-width=\"3\"/>\n\
                 <text x=\"{right:.1}\" y=\"{up:.1}\" fill=\"{colour}\">{name}</text>"
            );
        };
        cross(self.estimate.mean, "#000000", "estimate");
        truth.into_iter().for_each(|truth| cross(truth, "#0a7d2c", "truth"));
        let bar_m = BARS_M.into_iter().rfind(|bar_m| bar_m * map.per_m < SIDE / 3.0).unwrap_or(BARS_M[0]);
        let (end, text) = (MARGIN + bar_m * map.per_m, SIDE - 16.0);
        let _ = writeln!(
            svg,
            "<path d=\"M{MARGIN} {0:.1}H{end:.1}\" stroke=\"#000000\" stroke-width=\"2\"/>\n\
             <text x=\"{MARGIN}\" y=\"{text:.1}\">{bar_m} m; power {low:.0} dB blue to {high:.0} dB red; regions of 50 and 95 %; north is up</text>",
            SIDE - 32.0
        );
        svg.push_str("</svg>\n");
        svg
    }
}
