//! Colours, the page's style sheet, and what all drawings share.

use plotters::prelude::*;

use crate::trace::Trace;

/// Width of a drawing in its own units; it is scaled to the page. Small, so that its letters stay legible on a phone.
pub(super) const WIDTH: u32 = 620;
/// Letters of axes.
pub(super) const FONT: (&str, u32) = ("sans-serif", 20);

/// Colour of power, of what was asked for.
pub(super) const STRONG: RGBColor = RGBColor(0x0d, 0x47, 0xa1);
/// Colour of the floor, of what was flown.
pub(super) const QUIET: RGBColor = RGBColor(0x8d, 0x6e, 0x63);
/// Colour of true beacons.
pub(super) const TRUTH: RGBColor = RGBColor(0xd3, 0x2f, 0x2f);
/// Colour of deeds.
pub(super) const DEED: RGBColor = RGBColor(0x21, 0x21, 0x21);

pub(super) const CSS: &str = "
body{font:16px/1.4 system-ui,sans-serif;color:#212121;background:#fff;margin:0 auto;padding:12px;max-width:880px}
h1{font-size:1.4em}h2{font-size:1.1em}figure{margin:16px 0}figure svg{display:block;width:100%;height:auto}
figcaption{margin-bottom:4px}table{border-collapse:collapse;font-size:.9em;display:block;overflow-x:auto}
td,th{text-align:left;padding:3px 10px 3px 0;border-bottom:1px solid #e0e0e0;vertical-align:top}td.n{text-align:right;white-space:nowrap}
code{overflow-wrap:anywhere}.passed{color:#2e7d32}.failed{color:#c62828;font-weight:bold}.ignored{color:#757575}
.legend span{display:inline-block;width:1em;height:1em;margin:0 .3em 0 .8em;vertical-align:-.1em}
";

/// Colour of one of our states.
pub(super) fn colour(state: &str) -> RGBColor {
    match state {
        "SEARCHING" => RGBColor(0x1e, 0x88, 0xe5),
        "DETECTING" => RGBColor(0xf5, 0x9f, 0x00),
        "HOMING" => RGBColor(0x2e, 0x9d, 0x3a),
        "HOLDING" => RGBColor(0x8e, 0x24, 0xaa),
        _ => RGBColor(0x9e, 0x9e, 0x9e),
    }
}

/// The same for the style sheet.
pub(super) fn css_colour(state: &str) -> String {
    let RGBColor(red, green, blue) = colour(state);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Text for HTML and SVG.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Our state over time: from, to (µs), name.
pub(super) fn bands(trace: &Trace, end_us: u64) -> Vec<(u64, u64, &str)> {
    let mut bands = Vec::new();
    let mut begin = (0, trace.states.first().map_or("IDLE", |row| row.from.as_str()));
    for row in &trace.states {
        bands.push((begin.0, row.at_us, begin.1));
        begin = (row.at_us, row.to.as_str());
    }
    bands.push((begin.0, end_us.max(begin.0), begin.1));
    bands.retain(|(from_us, to_us, _)| from_us < to_us);
    bands
}

/// Labels of numbered marks: runs of neighbours nearer than `near` share one, where the first of them is.
pub(super) fn labels(marks: &[(f64, f64)], near: f64) -> Vec<(String, (f64, f64))> {
    let mut labels: Vec<(String, (f64, f64))> = Vec::new();
    let mut first = 0;
    for (index, mark) in marks.iter().enumerate() {
        let number = index + 1;
        match labels.last_mut() {
            Some((label, at)) if (mark.0 - at.0).hypot(mark.1 - at.1) < near => {
                *label = format!("{first}–{number}")
            }
            _ => {
                labels.push((number.to_string(), *mark));
                first = number;
            }
        }
    }
    labels
}

/// A drawing that scales with the page instead of keeping its size in pixels.
pub(super) fn scaled(svg: &str, width: u32, height: u32) -> String {
    svg.replacen(&format!("width=\"{width}\" height=\"{height}\" "), "", 1)
}
