//! A drawing with two axes as SVG text: lines, areas, marks and words at the values' own places. It scales with its page.

use std::ops::RangeInclusive;

use super::style::{Colour, DEED, escape};

/// Width of a drawing in its own units. Small, so that its letters stay legible on a phone.
pub(super) const WIDTH: f64 = 620.0;
/// Room for the numbers of the axes: left, below; and free margin.
const LEFT: f64 = 62.0;
const BELOW: f64 = 32.0;
const MARGIN: f64 = 10.0;
const LETTER: f64 = 15.0;
/// Numbers on an axis, about.
const TICKS: f64 = 7.0;

/// Horizontal and vertical value.
pub(crate) type Point = (f64, f64);
/// From the least to the largest value.
pub(super) type Axis = RangeInclusive<f64>;

/// Width and height of the place for values in a drawing of this height.
pub(super) fn area(height: f64) -> (f64, f64) {
    (WIDTH - LEFT - MARGIN, height - BELOW - MARGIN)
}

/// The drawing as it grows.
pub(super) struct Chart {
    height: f64,
    x: Axis,
    y: Axis,
    svg: String,
}

impl Chart {
    /// Axes over these values; `label` says what stands on them, `unit` follows each horizontal number.
    pub fn new(height: f64, x: Axis, y: Axis, label: &str, unit: &str) -> Chart {
        let (wide, high) = area(height);
        let svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"{LETTER}\">\n\
             <rect x=\"{LEFT}\" y=\"{MARGIN}\" width=\"{wide}\" height=\"{high}\" fill=\"none\" stroke=\"#9e9e9e\"/>\n"
        );
        let (left, right, bottom) = (*x.start(), *x.end(), *y.start());
        let (x_ticks, y_ticks) = (ticks(&x), ticks(&y));
        let mut chart = Chart { height, x, y, svg };
        for value in x_ticks {
            chart.word((value, bottom), (0.0, LETTER + 6.0), "middle", DEED, &format!("{value:.0}{unit}"));
        }
        for value in y_ticks {
            chart.line(&[(left, value), (right, value)], "#e0e0e0", 1.0);
            chart.word((left, value), (-6.0, 5.0), "end", DEED, &format!("{value:.0}"));
        }
        let middle = MARGIN + high / 2.0;
        let turned = format!("transform=\"rotate(-90 {LETTER} {middle})\" text-anchor=\"middle\"");
        let label = escape(label);
        chart.svg += &format!("<text x=\"{LETTER}\" y=\"{middle}\" {turned}>{label}</text>\n");
        chart
    }

    fn place(&self, (x, y): Point) -> Point {
        let share = |value: f64, of: &Axis| (value - of.start()) / (of.end() - of.start());
        let (wide, high) = area(self.height);
        (LEFT + wide * share(x, &self.x), MARGIN + high * (1.0 - share(y, &self.y)))
    }

    pub fn line(&mut self, points: &[Point], colour: Colour, width: f64) {
        let places = points.iter().map(|point| self.place(*point));
        let places: Vec<String> = places.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let stroke = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"");
        self.svg += &format!("<polyline points=\"{}\" {stroke}/>\n", places.join(" "));
    }

    /// The area from the bottom up to these points.
    pub fn area(&mut self, points: &[Point], colour: Colour) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let bottom = *self.y.start();
        let outline = [(first.0, bottom)].into_iter().chain(points.iter().copied()).chain([(last.0, bottom)]);
        let places = outline.map(|point| self.place(point));
        let places: Vec<String> = places.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.svg +=
            &format!("<polygon points=\"{}\" fill=\"{colour}\" opacity=\"0.3\"/>\n", places.join(" "));
    }

    /// Rectangles of one colour, side by side without seams: west, south, east and north edge of each.
    pub fn tiles(&mut self, tiles: impl Iterator<Item = [f64; 4]>, colour: Colour) {
        let mut path = String::new();
        for [west, south, east, north] in tiles {
            let ((left, top), (right, bottom)) = (self.place((west, north)), self.place((east, south)));
            path += &format!("M{left:.1} {top:.1}H{right:.1}V{bottom:.1}H{left:.1}Z");
        }
        let ink = format!("fill=\"{colour}\" shape-rendering=\"crispEdges\"");
        self.svg += &format!("<path d=\"{path}\" {ink}/>\n");
    }

    /// A band from bottom to top.
    pub fn band(&mut self, from_x: f64, to_x: f64, colour: Colour) {
        let (left, top) = self.place((from_x, *self.y.end()));
        let (right, bottom) = self.place((to_x, *self.y.start()));
        let (wide, high) = (right - left, bottom - top);
        let place = format!("x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\"");
        self.svg += &format!("<rect {place} fill=\"{colour}\" opacity=\"0.13\"/>\n");
    }

    pub fn circle(&mut self, at: Point, radius: f64, colour: Colour, is_filled: bool) {
        let (x, y) = self.place(at);
        let fill = if is_filled { colour } else { "none" };
        let ink = format!("fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"2\"");
        self.svg += &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" {ink}/>\n");
    }

    /// Words beside a place, `(right, down)` of it; `anchor`: their start, middle or end is there.
    pub fn word(&mut self, at: Point, (right, down): Point, anchor: &str, colour: Colour, text: &str) {
        let (x, y) = self.place(at);
        let (x, y, text) = (x + right, y + down, escape(text));
        let ink = format!("text-anchor=\"{anchor}\" fill=\"{colour}\"");
        self.svg += &format!("<text x=\"{x:.1}\" y=\"{y:.1}\" {ink}>{text}</text>\n");
    }

    pub fn finish(self) -> String {
        self.svg + "</svg>\n"
    }
}

/// Round numbers within: steps of 1, 2 or 5 times a power of ten.
fn ticks(range: &Axis) -> Vec<f64> {
    let rough = (range.end() - range.start()) / TICKS;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|of| of * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power).max(1.0);
    let first = (range.start() / step).ceil() as i64;
    let last = (range.end() / step).floor() as i64;
    (first..=last).map(|number| number as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers_and_values_their_places() {
        assert_eq!(ticks(&(-12.0..=61.0)), [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(ticks(&(0.2..=3.9)), [1.0, 2.0, 3.0]);
        let chart = Chart::new(300.0, 0.0..=10.0, -50.0..=50.0, "m", "");
        let (wide, high) = area(300.0);
        assert_eq!(chart.place((0.0, 50.0)), (LEFT, MARGIN));
        assert_eq!(chart.place((10.0, -50.0)), (LEFT + wide, MARGIN + high));
    }
}
