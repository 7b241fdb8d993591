//! Colours, the page's style sheet, and what all drawings share.

use crate::trace::Trace;

/// `#rrggbb`.
pub(super) type Colour = &'static str;

/// Of power, of what was asked for.
pub(super) const STRONG: Colour = "#0d47a1";
/// Of the floor, of what was flown.
pub(super) const QUIET: Colour = "#8d6e63";
/// Of true beacons.
pub(super) const TRUTH: Colour = "#d32f2f";
/// Of where the beacon is said to be, and of the regions said to hold it.
pub(super) const SAID: Colour = "#6a1b9a";
pub(super) const REGION_50: Colour = "#ffb74d";
pub(super) const REGION_95: Colour = "#ffe0b2";
/// Of deeds.
pub(super) const DEED: Colour = "#212121";

pub(super) const CSS: &str = "
body{font:16px/1.4 system-ui,sans-serif;color:#212121;background:#fff;margin:0 auto;padding:12px;max-width:880px}
h1{font-size:1.4em}h2{font-size:1.1em}figure{margin:16px 0}figure svg{display:block;width:100%;height:auto}
figcaption{margin-bottom:4px}table{border-collapse:collapse;font-size:.9em;display:block;overflow-x:auto}
td,th{text-align:left;padding:3px 10px 3px 0;border-bottom:1px solid #e0e0e0;vertical-align:top}td.n{text-align:right;white-space:nowrap}
code{overflow-wrap:anywhere}.passed{color:#2e7d32}.failed{color:#c62828;font-weight:bold}.ignored{color:#757575}
.legend span{display:inline-block;width:1em;height:1em;margin:0 .3em 0 .8em;vertical-align:-.1em}
";

/// Colour of one of our states.
pub(super) fn colour(state: &str) -> Colour {
    match state {
        "SEARCHING" => "#1e88e5",
        "DETECTING" => "#f59f00",
        "HOMING" => "#2e9d3a",
        "HOLDING" => "#8e24aa",
        _ => "#9e9e9e",
    }
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
