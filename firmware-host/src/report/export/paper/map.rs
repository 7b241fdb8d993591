//! A map for paper: north up, with the lines of the UTM grid, so that a place can be read from it and entered into a handheld.

use super::drawing::{Anchor, Drawing, FRAME, GRID, LETTERS, WIDTH, step, ticks, wide};
use crate::grid::Utm;
use crate::maps::{Feature, Ring, Shape};
use serde_json::Value;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use std::fmt::Write as _;

/// Least and greatest height of the map, points, and the room about it.
const HEIGHTS: (f64, f64) = (230.0, 440.0);
const MARGIN: f64 = 30.0;
/// Least width and height that is shown, m.
const LEAST_M: f64 = 60.0;
/// Height of a row of the legend, and half of a mark, points.
const ROW: f64 = 12.0;
const MARK: f64 = 5.0;
/// Places whose power is drawn at most, and the radius of the loudest and of the quietest one, points.
const POWERS_MAX: usize = 160;
const RADII: (f64, f64) = (0.7, 4.0);
/// Hatching: of regions lines, the denser the surer; of what was searched dots, the denser the better.
const PATTERNS: &str = "<defs>\
    <pattern id=\"r95\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path d=\"M0 0V7\" stroke=\"#000\" stroke-width=\"0.5\"/></pattern>\
    <pattern id=\"r50\" width=\"3\" height=\"3\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path d=\"M0 0V3\" stroke=\"#000\" stroke-width=\"0.7\"/></pattern>\
    <pattern id=\"p1\" width=\"11\" height=\"11\" patternUnits=\"userSpaceOnUse\"><circle cx=\"3\" cy=\"3\" r=\"0.55\"/></pattern>\
    <pattern id=\"p2\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\"><circle cx=\"3\" cy=\"3\" r=\"0.6\"/></pattern>\
    <pattern id=\"p3\" width=\"4.5\" height=\"4.5\" patternUnits=\"userSpaceOnUse\"><circle cx=\"2\" cy=\"2\" r=\"0.6\"/></pattern>\
    <pattern id=\"p4\" width=\"3\" height=\"3\" patternUnits=\"userSpaceOnUse\"><circle cx=\"1.5\" cy=\"1.5\" r=\"0.6\"/></pattern></defs>";
/// POD from which the denser dots stand for it.
const PODS: [(f64, &str); 5] = [(0.9, "p4"), (0.75, "p3"), (0.5, "p2"), (0.25, "p1"), (0.0, "")];
const REGION_95: &str = "fill=\"url(#r95)\" stroke=\"#000\" stroke-width=\"1\" stroke-dasharray=\"5 2.5\"";
const REGION_50: &str = "fill=\"url(#r50)\" stroke=\"#000\" stroke-width=\"1\"";
const WAY: &str = "stroke=\"#000\" stroke-width=\"0.6\"";
const POWER: &str = "fill=\"#fff\" stroke=\"#666\" stroke-width=\"0.5\"";
const HEARD: &str = "fill=\"none\" stroke=\"#000\" stroke-width=\"1.3\"";
const SYMBOL: &str = "stroke=\"#000\" stroke-width=\"1.6\" fill=\"#fff\"";

/// Where what lies on the drawing.
struct Frame {
    origin: Origin,
    per_m: f64,
    height: f64,
    middle: NorthEast,
}

impl Frame {
    /// Over all these places; `None` where there is none.
    fn over(places: &[Wgs84]) -> Option<Frame> {
        let origin = Origin::new(*places.first()?);
        let all = places.iter().map(|at| origin.ned_from_wgs84(*at)).map(|at| (at, at));
        let (low, high) = all.reduce(|(low, high), (at, _)| {
            let low = NorthEast { north_m: low.north_m.min(at.north_m), east_m: low.east_m.min(at.east_m) };
            let high =
                NorthEast { north_m: high.north_m.max(at.north_m), east_m: high.east_m.max(at.east_m) };
            (low, high)
        })?;
        let (wide_m, high_m) =
            ((high.east_m - low.east_m).max(LEAST_M), (high.north_m - low.north_m).max(LEAST_M));
        let inner = |side: f64| side - 2.0 * MARGIN;
        let per_m = (inner(WIDTH) / wide_m).min(inner(HEIGHTS.1) / high_m);
        let height = (high_m * per_m + 2.0 * MARGIN).max(HEIGHTS.0);
        Some(Frame { origin, per_m, height, middle: low.between(high, 0.5) })
    }

    fn xy(&self, at: Wgs84) -> (f64, f64) {
        let at = self.origin.ned_from_wgs84(at);
        let x = WIDTH / 2.0 + (at.east_m - self.middle.east_m) * self.per_m;
        (x, self.height / 2.0 - (at.north_m - self.middle.north_m) * self.per_m)
    }

    fn at(&self, x: f64, y: f64) -> Wgs84 {
        let east_m = self.middle.east_m + (x - WIDTH / 2.0) / self.per_m;
        let north_m = self.middle.north_m - (y - self.height / 2.0) / self.per_m;
        self.origin.wgs84_from_ned(NorthEast { north_m, east_m })
    }

    fn path(&self, places: impl Iterator<Item = Wgs84>) -> String {
        let mut path = String::new();
        let mut last = (f64::NAN, f64::NAN);
        for at in places {
            let (x, y) = self.xy(at);
            // What paper cannot show is left out; the first of a path is never near to NaN.
            if (x - last.0).abs() < 0.3 && (y - last.1).abs() < 0.3 {
                continue;
            }
            // Writing to a String cannot fail.
            let _ = write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { 'M' } else { 'L' });
            last = (x, y);
        }
        path
    }

    fn areas(&self, areas: &[Vec<Ring>]) -> String {
        areas.iter().flatten().map(|ring| self.path(ring.iter().copied()) + "Z").collect()
    }
}

/// A map of features and of powers along the way (place, dBFS); `None` where nothing has a place.
pub fn figure(features: &[Feature], powers: &[(Wgs84, f64)]) -> Option<String> {
    let mut places: Vec<Wgs84> = powers.iter().map(|(at, _)| *at).collect();
    for feature in features {
        match &feature.shape {
            Shape::Point(spot) => places.push(spot.at),
            Shape::Line(spots) => places.extend(spots.iter().map(|spot| spot.at)),
            Shape::Areas(areas) => places.extend(areas.iter().flatten().flatten()),
        }
    }
    let frame = Frame::over(&places)?;
    let legend = legend(features, !powers.is_empty());
    let mut drawing = Drawing::new(frame.height + 4.0 + ROW * legend.len() as f64);
    drawing.put(PATTERNS);
    let of = |kind: &'static str| features.iter().filter(move |feature| is(feature, kind));
    for feature in of("coverage").chain(of("region")) {
        if let Shape::Areas(areas) = &feature.shape {
            let (path, style) = (frame.areas(areas), style(feature));
            drawing.put(&format!("<path d=\"{path}\" fill-rule=\"evenodd\" {style}/>"));
        }
    }
    let grid = grid(&mut drawing, &frame);
    for feature in of("way") {
        if let Shape::Line(spots) = &feature.shape {
            drawing.open_path(&frame.path(spots.iter().map(|spot| spot.at)), WAY);
        }
    }
    louder(&mut drawing, &frame, powers);
    for feature in of("detection") {
        if let Shape::Point(spot) = &feature.shape {
            circle(&mut drawing, frame.xy(spot.at), MARK, HEARD);
        }
    }
    let marks: Vec<_> =
        features.iter().filter(|f| ["home", "truth", "estimate"].iter().any(|k| is(f, k))).collect();
    named(&mut drawing, &frame, &marks);
    edges(&mut drawing, &frame, grid.as_deref());
    for (row, entries) in legend.iter().enumerate() {
        keys(&mut drawing, frame.height + 4.0 + ROW * row as f64, entries);
    }
    Some(drawing.done())
}

fn is(feature: &Feature, kind: &str) -> bool {
    feature.properties.get("kind").and_then(Value::as_str) == Some(kind)
}

fn of_number(feature: &Feature, name: &str) -> f64 {
    feature.properties.get(name).and_then(Value::as_f64).unwrap_or(0.0)
}

fn pattern(pod_from: f64) -> &'static str {
    PODS.iter().find(|(from, _)| pod_from >= *from - 1e-9).map_or("", |(_, pattern)| pattern)
}

fn style(feature: &Feature) -> String {
    if is(feature, "region") {
        return if of_number(feature, "percent") < 60.0 { REGION_50 } else { REGION_95 }.to_string();
    }
    searched(pattern(of_number(feature, "pod_from")))
}

fn searched(pattern: &str) -> String {
    let fill = if pattern.is_empty() { "none".to_string() } else { format!("url(#{pattern})") };
    format!("fill=\"{fill}\" stroke=\"#888\" stroke-width=\"0.4\"")
}

fn circle(drawing: &mut Drawing, (x, y): (f64, f64), r: f64, style: &str) {
    drawing.put(&format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\" {style}/>"));
}

/// The louder, the larger.
fn louder(drawing: &mut Drawing, frame: &Frame, powers: &[(Wgs84, f64)]) {
    let values = powers.iter().map(|(_, dbfs)| (*dbfs, *dbfs));
    let Some((low, high)) = values.reduce(|(low, high), (a, b)| (low.min(a), high.max(b))) else { return };
    for some in powers.chunks(powers.len().div_ceil(POWERS_MAX).max(1)) {
        let Some((at, dbfs)) = some.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        let share = (dbfs - low) / (high - low).max(1.0);
        circle(drawing, frame.xy(*at), RADII.0 + (RADII.1 - RADII.0) * share, POWER);
    }
}

/// Marks with their names, which keep out of each other's way.
fn named(drawing: &mut Drawing, frame: &Frame, marks: &[&Feature]) {
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut seen: Vec<(&str, i64, i64)> = Vec::new();
    for feature in marks {
        let Shape::Point(spot) = &feature.shape else { continue };
        let (x, y) = frame.xy(spot.at);
        // Several flights have one home.
        let key = (feature.title.as_str(), x.round() as i64, y.round() as i64);
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        mark(drawing, (x, y), feature.properties.get("kind").and_then(Value::as_str).unwrap_or_default());
        let mut row = y - MARK - 1.0;
        while taken.iter().any(|(tx, ty)| (tx - x).abs() < 110.0 && (ty - row).abs() < LETTERS + 1.0) {
            row += LETTERS + 1.0;
        }
        taken.push((x, row));
        let is_right = x + 3.0 * MARK + wide(&feature.title) > WIDTH;
        let (at, anchor) =
            if is_right { (x - 1.6 * MARK, Anchor::End) } else { (x + 1.6 * MARK, Anchor::Start) };
        drawing.text((at, row), anchor, &feature.title);
    }
}

fn mark(drawing: &mut Drawing, (x, y): (f64, f64), kind: &str) {
    let r = MARK;
    let path = match kind {
        "home" => format!("M{} {}h{}v{}l-{r} -{r}l-{r} {r}z", x - r, y + r * 0.8, 2.0 * r, -r),
        "truth" => format!("M{x} {}l{r} {r}l-{r} {r}l-{r} -{r}z", y - r),
        _ => format!("M{} {y}h{}M{x} {}v{}", x - 1.6 * r, 3.2 * r, y - 1.6 * r, 3.2 * r),
    };
    if kind == "estimate" {
        drawing.open_path(&path, "stroke=\"#fff\" stroke-width=\"4\"");
    }
    drawing.put(&format!("<path d=\"{path}\" {SYMBOL}/>"));
}

/// Lines of the UTM grid with their numbers; what they are, or `None` where the map lies in several zones or in none.
fn grid(drawing: &mut Drawing, frame: &Frame) -> Option<String> {
    let (right, bottom) = (WIDTH, frame.height);
    let [nw, ne, sw, se] = [(0.0, 0.0), (right, 0.0), (0.0, bottom), (right, bottom)]
        .map(|(x, y)| Utm::of(frame.at(x, y)).map(|utm| (utm.zone, utm.band, utm.easting_m, utm.northing_m)));
    let (nw, ne, sw, se) = (nw?, ne?, sw?, se?);
    let is_one = [ne, sw, se].iter().all(|corner| (corner.0, corner.1 >= 'N') == (nw.0, nw.1 >= 'N'));
    let step_m = step((ne.2 - nw.2).abs(), 5.0);
    if !is_one || step_m < 1.0 {
        return None;
    }
    // Over a map the grid is straight: linear between the edges.
    let share = |from: f64, to: f64, m: f64| (m - from) / (to - from);
    for m in ticks(nw.2.min(sw.2), ne.2.max(se.2), step_m) {
        let (top, foot) = (share(nw.2, ne.2, m) * right, share(sw.2, se.2, m) * right);
        if (18.0..right - 18.0).contains(&top) && (0.0..right).contains(&foot) {
            drawing.line((top, 0.0), (foot, bottom), GRID);
            drawing.text((top, LETTERS), Anchor::Middle, &format!("{m:.0}"));
        }
    }
    for m in ticks(sw.3.min(se.3), nw.3.max(ne.3), step_m) {
        let (left, at_right) = (share(nw.3, sw.3, m) * bottom, share(ne.3, se.3, m) * bottom);
        if (LETTERS * 3.0..bottom - 24.0).contains(&left) && (0.0..bottom).contains(&at_right) {
            drawing.line((0.0, left), (right, at_right), GRID);
            drawing.text((3.0, left - 1.5), Anchor::Start, &format!("{m:.0}"));
        }
    }
    Some(format!("UTM {}{}, lines each {step_m:.0} m", nw.0, nw.1))
}

/// Frame, scale, north.
fn edges(drawing: &mut Drawing, frame: &Frame, grid: Option<&str>) {
    drawing.rect((0.3, 0.3), (WIDTH - 0.6, frame.height - 0.6), FRAME);
    let bar_m = step(WIDTH / frame.per_m / 6.0, 1.0);
    let (bar, y) = (bar_m * frame.per_m, frame.height - 8.0);
    let text = if bar_m >= 1_000.0 { format!("{} km", bar_m / 1_000.0) } else { format!("{bar_m} m") };
    drawing.open_path(&format!("M10 {0:.1}v4h{bar:.1}v-4", y - 4.0), "stroke=\"#000\" stroke-width=\"1.2\"");
    drawing.text((14.0 + bar, y), Anchor::Start, &text);
    if let Some(grid) = grid {
        drawing.text((WIDTH - 6.0, y), Anchor::End, grid);
    }
    let (x, y) = (WIDTH - 14.0, 22.0);
    drawing.open_path(
        &format!("M{x} {}V{y}M{} {}L{x} {y}L{} {}", y + 20.0, x - 4.0, y + 7.0, x + 4.0, y + 7.0),
        "stroke=\"#000\" stroke-width=\"1.2\"",
    );
    drawing.text((x, y - 3.0), Anchor::Middle, "N");
}

/// What a mark means.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    kind: &'static str,
    style: String,
    text: String,
}

/// What is on the map, as rows that fit.
fn legend(features: &[Feature], has_powers: bool) -> Vec<Vec<Key>> {
    let has = |kind: &str| features.iter().any(|feature| is(feature, kind));
    let mut keys = Vec::new();
    let mut put = |is: bool, kind, style: &str, text: String| {
        let key = Key { kind, style: style.to_string(), text };
        if is && !keys.contains(&key) {
            keys.push(key);
        }
    };
    put(has("estimate"), "estimate", "", "estimate".into());
    for feature in features.iter().filter(|feature| is(feature, "region")) {
        put(true, "area", &style(feature), format!("in it with {:.0} %", of_number(feature, "percent")));
    }
    put(has("truth"), "truth", "", "truth".into());
    put(has("home"), "home", "", "home".into());
    put(has("way"), "line", WAY, "way".into());
    put(has_powers, "power", POWER, "the louder, the larger".into());
    put(has("detection"), "detection", HEARD, "heard here".into());
    for feature in features.iter().filter(|feature| is(feature, "coverage")) {
        let [from, to] = ["pod_from", "pod_to"].map(|name| 100.0 * of_number(feature, name));
        put(true, "area", &style(feature), format!("searched: POD {from:.0} to {to:.0} %"));
    }
    let mut rows: Vec<Vec<Key>> = Vec::new();
    let mut room = 0.0;
    for key in keys {
        let needs = 32.0 + wide(&key.text);
        if room < needs || rows.is_empty() {
            rows.push(Vec::new());
            room = WIDTH;
        }
        room -= needs;
        if let Some(row) = rows.last_mut() {
            row.push(key);
        }
    }
    rows
}

fn keys(drawing: &mut Drawing, top: f64, keys: &[Key]) {
    let (mut left, middle) = (4.0, top + ROW / 2.0);
    for key in keys {
        match key.kind {
            "area" => drawing.rect((left, middle - 4.0), (18.0, 8.0), &key.style),
            "line" => drawing.line((left, middle), (left + 18.0, middle), &key.style),
            "power" => {
                circle(drawing, (left + 4.0, middle), 1.2, &key.style);
                circle(drawing, (left + 12.0, middle), RADII.1, &key.style);
            }
            "detection" => circle(drawing, (left + 9.0, middle), MARK * 0.8, &key.style),
            kind => mark(drawing, (left + 9.0, middle), kind),
        }
        drawing.text((left + 22.0, middle + 2.5), Anchor::Start, &key.text);
        left += 32.0 + wide(&key.text);
    }
}
