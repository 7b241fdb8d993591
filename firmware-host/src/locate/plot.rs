//! A map as SVG: the path with its powers, the regions, the estimate, and the truth where it is known; below it what the colours mean.

use super::Located;
use super::outline::{self, Polygon};
use skyhound::geo::{NorthEast, Wgs84};
use std::fmt::Write as _;

/// Width and least and largest height of the map, and the margin in it, pixels.
const WIDTH: f64 = 800.0;
const HEIGHTS: (f64, f64) = (400.0, 1_000.0);
const MARGIN: f64 = 30.0;
/// Height of what explains it.
const LEGEND: f64 = 60.0;
/// Points of the path at most, and the radius of one: large where they are few.
const PATH_MAX: usize = 4_000;
const RADII: (f64, f64) = (2.0, 5.0);
const RADIUS_OF_ONE: f64 = 40.0;
/// Length of the scale bar: the longest of these that is under a quarter of the picture, m.
const BARS_M: [f64; 9] = [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0];
/// Regions and their colours.
const REGIONS: [(f64, &str); 2] = [(0.95, "#fbdcaa"), (0.5, "#f0b058")];
const ESTIMATE: &str = "#000000";
const TRUTH: &str = "#0a7d2c";
/// Hues of the weakest and the strongest power; steps of the bar that shows those between.
const HUES: (f64, f64) = (240.0, 0.0);
const STEPS: u32 = 24;

struct Map {
    middle: NorthEast,
    per_m: f64,
    height: f64,
}

impl Map {
    /// Over all these places, as high as they need.
    fn over(places: impl Iterator<Item = NorthEast>) -> Map {
        let none = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY];
        let [south, north, west, east] = places.fold(none, |[south, north, west, east], at| {
            [south.min(at.north_m), north.max(at.north_m), west.min(at.east_m), east.max(at.east_m)]
        });
        let middle = NorthEast { north_m: 0.5 * (south + north), east_m: 0.5 * (west + east) };
        let (high_m, wide_m) = ((north - south).max(10.0), (east - west).max(10.0));
        let inner = |side: f64| side - 2.0 * MARGIN;
        let per_m = (inner(WIDTH) / wide_m).min(inner(HEIGHTS.1) / high_m);
        Map { middle, per_m, height: (high_m * per_m + 2.0 * MARGIN).max(HEIGHTS.0) }
    }

    fn xy(&self, at: NorthEast) -> (f64, f64) {
        let x = WIDTH / 2.0 + (at.east_m - self.middle.east_m) * self.per_m;
        (x, self.height / 2.0 - (at.north_m - self.middle.north_m) * self.per_m)
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

    /// A cross with its name, which stays legible over all that is there.
    fn cross(&self, at: NorthEast, colour: &str, name: &str) -> String {
        let (x, y) = self.xy(at);
        let (left, right, up, down) = (x - 8.0, x + 8.0, y - 8.0, y + 8.0);
        let (anchor, beside) = if x > WIDTH - 100.0 { ("end", left) } else { ("start", right) };
        format!(
            "<path d=\"M{left:.1} {y:.1}H{right:.1}M{x:.1} {up:.1}V{down:.1}\" stroke=\"{colour}\" stroke-width=\"3\"/>\n\
             <text x=\"{beside:.1}\" y=\"{up:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\" stroke=\"#ffffff\" \
             stroke-width=\"3\" paint-order=\"stroke\">{name}</text>\n"
        )
    }

    /// Scale, powers, regions.
    fn legend(&self, low_db: f64, high_db: f64) -> String {
        let (top, words) = (self.height + 14.0, self.height + 44.0);
        let bar_m = BARS_M.into_iter().rfind(|bar_m| bar_m * self.per_m < WIDTH / 4.0).unwrap_or(BARS_M[0]);
        let (end, middle) = (MARGIN + bar_m * self.per_m, top + 6.0);
        let mut svg = format!(
            "<path d=\"M{MARGIN} {top}v12M{MARGIN} {middle}H{end:.1}M{end:.1} {top}v12\" stroke=\"#000000\" stroke-width=\"2\"/>\n\
             <text x=\"{MARGIN}\" y=\"{words}\">{bar_m} m, north is up</text>\n"
        );
        let (from, step) = (290.0, 8.0);
        for n in 0..STEPS {
            let (x, colour) = (from + step * f64::from(n), colour(f64::from(n) / f64::from(STEPS - 1)));
            // Writing to a String cannot fail.
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{top}\" width=\"{step}\" height=\"12\" fill=\"{colour}\" shape-rendering=\"crispEdges\"/>"
            );
        }
        let end = from + step * f64::from(STEPS);
        let _ = writeln!(
            svg,
            "<text x=\"{from}\" y=\"{words}\">{low_db:.0} dB</text>\n\
             <text x=\"{end}\" y=\"{words}\" text-anchor=\"end\">{high_db:.0} dB</text>"
        );
        for (n, (share, colour)) in REGIONS.into_iter().enumerate() {
            let (x, percent) = (560.0 + 120.0 * n as f64, 100.0 * share);
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{top}\" width=\"24\" height=\"12\" fill=\"{colour}\"/>\n\
                 <text x=\"{x}\" y=\"{words}\">{percent:.0} % region</text>"
            );
        }
        svg
    }
}

/// Of a power, 0 the weakest to 1 the strongest.
fn colour(share: f64) -> String {
    format!("hsl({:.0},85%,45%)", HUES.0 + (HUES.1 - HUES.0) * share)
}

impl Located<'_> {
    /// The map.
    pub fn to_svg(&self, truth: Option<Wgs84>) -> String {
        let truth = truth.map(|truth| self.track.origin.ned_from_wgs84(truth));
        let rows = &self.track.rows[..self.row_count];
        let regions = REGIONS.map(|(share, colour)| (outline::region(&self.posterior, share), colour));
        let corners = regions[0].0.iter().flatten().flatten().copied();
        let places = rows.iter().map(|row| row.at).chain(corners).chain(truth).chain([self.estimate.mean]);
        let map = Map::over(places);
        let (height, all) = (map.height, map.height + LEGEND);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {all:.0}\" font-family=\"sans-serif\" font-size=\"14\">\n\
             <rect width=\"{WIDTH}\" height=\"{all:.0}\" fill=\"#ffffff\"/>\n\
             <rect x=\"0.5\" y=\"0.5\" width=\"{:.0}\" height=\"{height:.0}\" fill=\"none\" stroke=\"#bdbdbd\"/>\n",
            WIDTH - 1.0
        );
        for (polygons, colour) in &regions {
            let path = map.path(polygons);
            // Writing to a String cannot fail.
            let _ = writeln!(svg, "<path d=\"{path}\" fill=\"{colour}\" fill-rule=\"evenodd\"/>");
        }
        let powers = rows.iter().map(|row| row.power_db);
        let (low, high) = (powers.clone().fold(f64::INFINITY, f64::min), powers.fold(f64::MIN, f64::max));
        let shown = || rows.iter().step_by(rows.len().div_ceil(PATH_MAX).max(1));
        let way = shown().map(|row| map.xy(row.at));
        let way: Vec<String> = way.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#9e9e9e\" stroke-width=\"1\"/>",
            way.join(" ")
        );
        let radius = (RADIUS_OF_ONE / (rows.len() as f64).sqrt()).clamp(RADII.0, RADII.1);
        for row in shown() {
            let (x, y) = map.xy(row.at);
            let colour = colour((row.power_db - low) / (high - low).max(1e-9));
            let _ =
                writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{colour}\"/>");
        }
        svg += &map.cross(self.estimate.mean, ESTIMATE, "estimate");
        svg.extend(truth.map(|truth| map.cross(truth, TRUTH, "truth")));
        svg + &map.legend(low, high) + "</svg>\n"
    }
}
