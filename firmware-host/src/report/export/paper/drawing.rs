//! A drawing as SVG for paper: black on white, points as units, as wide as the text of a page. What lines mean is told by dashes, widths and
//! hatching, never by hue.

use crate::maps::escaped;
use std::fmt::Write as _;

/// Width of every drawing, points.
pub const WIDTH: f64 = 504.0;
/// Letters, points.
pub const LETTERS: f64 = 7.5;
/// Of a letter on average, of its height.
const LETTER_WIDE: f64 = 0.47;
/// How the curves of one figure differ, the most important first.
pub const LINES: [&str; 4] = [
    "stroke=\"#000\" stroke-width=\"0.9\"",
    "stroke=\"#000\" stroke-width=\"0.9\" stroke-dasharray=\"5 2.5\"",
    "stroke=\"#000\" stroke-width=\"1.1\" stroke-dasharray=\"1 2\"",
    "stroke=\"#000\" stroke-width=\"0.8\" stroke-dasharray=\"9 2 1.5 2\"",
];
/// For a curve behind another.
pub const BEHIND: &str = "stroke=\"#999\" stroke-width=\"0.6\"";
/// Of a grid.
pub const GRID: &str = "stroke=\"#aaa\" stroke-width=\"0.3\"";
/// Of a frame.
pub const FRAME: &str = "stroke=\"#000\" stroke-width=\"0.7\" fill=\"none\"";

/// Where a text stands of its place.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// To the right of it.
    Start,
    /// About it.
    Middle,
    /// To the left of it.
    End,
}

/// A drawing that is being made.
#[derive(Clone, Debug)]
pub struct Drawing {
    svg: String,
    height: f64,
}

impl Drawing {
    /// An empty one of this height, points.
    pub fn new(height: f64) -> Drawing {
        Drawing { svg: String::new(), height }
    }

    /// An element with its attributes. Numbers and fixed words only: nothing is escaped.
    pub fn put(&mut self, element: &str) {
        self.svg.push_str(element);
        self.svg.push('\n');
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.svg,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" fill=\"none\" {style}/>",
            from.0, from.1, to.0, to.1
        );
    }

    /// A path that is not filled.
    pub fn open_path(&mut self, path: &str, style: &str) {
        let _ = writeln!(self.svg, "<path d=\"{path}\" fill=\"none\" stroke-linejoin=\"round\" {style}/>");
    }

    /// A rectangle.
    pub fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), style: &str) {
        let _ = writeln!(
            self.svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {style}/>"
        );
    }

    /// Words, legible over all that is there.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        let _ = writeln!(
            self.svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" stroke=\"#fff\" stroke-width=\"1.8\" \
             stroke-linejoin=\"round\" paint-order=\"stroke\">{text}</text>"
        );
    }

    /// The whole.
    pub fn done(self) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {0:.0}\" width=\"{WIDTH}\" height=\"{0:.0}\" \
             font-family=\"Libertinus Serif\" font-size=\"{LETTERS}\">\n{1}</svg>\n",
            self.height, self.svg
        )
    }
}

/// About how wide words are, points.
pub fn wide(text: &str) -> f64 {
    text.chars().count() as f64 * LETTERS * LETTER_WIDE
}

/// A step of 1, 2 or 5 times a power of ten, so that about `count` of them fit in `span`.
pub fn step(span: f64, count: f64) -> f64 {
    let raw = (span / count).max(1e-9);
    let power = 10_f64.powf(raw.log10().floor());
    let fits = [1.0, 2.0, 5.0, 10.0].into_iter().find(|n| n * power >= raw * (1.0 - 1e-9));
    fits.unwrap_or(10.0) * power
}

/// Multiples of `step` within a range.
pub fn ticks(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(move |n| n as f64 * step)
}

/// Of a tick: no more decimals than it has.
pub fn number(value: f64) -> String {
    // Adding 0 makes a zero of a negative one.
    format!("{}", (value * 1e4).round() / 1e4 + 0.0)
}

/// A time since the start as h:mm:ss.
pub fn clock(at_s: f64) -> String {
    let whole = at_s.max(0.0).round() as u64;
    format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(step(7.0, 4.0), 2.0);
        assert_eq!(step(0.3, 4.0), 0.1);
        let all: Vec<String> = ticks(-0.25, 0.35, 0.1).map(number).collect();
        assert_eq!(all, ["-0.2", "-0.1", "0", "0.1", "0.2", "0.3"]);
        assert_eq!(clock(3_725.4), "1:02:05");
    }

    #[test]
    fn words_of_others_are_no_markup() {
        let mut drawing = Drawing::new(20.0);
        drawing.text((0.0, 10.0), Anchor::Start, "<script>&\"");
        assert!(drawing.done().contains("&lt;script&gt;&amp;&quot;"));
    }
}
