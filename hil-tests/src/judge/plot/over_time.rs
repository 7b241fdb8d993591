//! Power, SNR, the estimate's error and speed over time, over bands in the colours of our states, with numbered deeds.

use super::chart::{Chart, Point};
use super::style::{Colour, DEED, QUIET, REGION_50, SAID, STRONG, TRUTH, bands, colour, labels};
use crate::judge::metrics::is_ours;
use crate::scenario::Scenario;
use crate::trace::{EstimateRow, SignalRow, Trace};

const HEIGHT: f64 = 280.0;
/// Height of the stroke for an event, share of the drawing.
const EVENT_RATIO: f64 = 0.05;
/// Width of a number, share of the drawing.
const LABEL_RATIO: f64 = 0.05;
/// As a line's width: what is under it is filled.
const AREA: f64 = 0.0;
/// A line is broken where its rows are further apart.
const BREAK_S: f64 = 1.5;

/// Points over time, their colour and width.
type Line = (Vec<Point>, Colour, f64);

fn signal(trace: &Trace, value: impl Fn(&SignalRow) -> Option<f64>) -> Vec<Point> {
    trace.signal.iter().filter_map(|row| Some((seconds(row.at_us), value(row)?))).collect()
}

/// Power and temporal noise floor.
pub(super) fn power(trace: &Trace) -> String {
    let power = (signal(trace, |row| row.power_dbfs), STRONG, 1.0);
    let floor = (signal(trace, |row| row.floor_dbfs), QUIET, 2.0);
    draw(trace, &[power, floor], "dBFS: power blue, floor brown", None)
}

/// SNR, thick while heard.
pub(super) fn snr(trace: &Trace) -> String {
    let all = (signal(trace, |row| row.snr_db), QUIET, 1.0);
    let heard = (signal(trace, |row| row.snr_db.filter(|_| row.heard)), STRONG, 2.0);
    draw(trace, &[all, heard], "dB: heard blue", None)
}

/// How far off the estimate was, and how far off it may be: the radius of a circle as large as its 95 % region.
pub(super) fn error(scenario: &Scenario, trace: &Trace) -> String {
    let Some(beacon) = scenario.world.beacon.first() else { return String::new() };
    let over_time = |value: &dyn Fn(&EstimateRow) -> f64| {
        trace.estimates.iter().map(|row| (seconds(row.at_us), value(row))).collect::<Vec<Point>>()
    };
    let error = over_time(&|row| (row.north_m - beacon.north_m).hypot(row.east_m - beacon.east_m));
    let region = over_time(&|row| row.radius_95_m);
    draw(trace, &[(region, REGION_50, AREA), (error, SAID, 2.0)], "m: error, in radius of 95 %", Some(0.0))
}

/// Horizontal speed of our setpoints, and of the aircraft.
pub(super) fn speed(scenario: &Scenario, trace: &Trace) -> String {
    let flown = trace.truth.iter().map(|row| (seconds(row.pose.at_us), row.pose.speed_mps())).collect();
    let ours = trace.setpoints.iter().filter(|row| is_ours(scenario, row));
    let asked =
        ours.map(|row| (seconds(row.at_us), row.velocity_mps[0].hypot(row.velocity_mps[1]))).collect();
    draw(trace, &[(flown, QUIET, 1.0), (asked, STRONG, 2.0)], "m/s: asked blue, flown brown", Some(0.0))
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

fn draw(trace: &Trace, lines: &[Line], label: &str, lowest: Option<f64>) -> String {
    let end_us = trace.truth.last().map_or(0, |row| row.pose.at_us).max(1_000_000);
    let values =
        || lines.iter().flat_map(|(points, ..)| points).map(|point| point.1).filter(|v| v.is_finite());
    let (Some(low), Some(high)) = (values().min_by(f64::total_cmp), values().max_by(f64::total_cmp)) else {
        return "<p>Nothing was measured.</p>".into();
    };
    let pad = ((high - low) * 0.06).max(0.5);
    let (low, high, end_s) = (lowest.unwrap_or(low - pad), high + pad * 2.0, seconds(end_us));
    let mut chart = Chart::new(HEIGHT, 0.0..=end_s, low..=high, label, " s");
    for (from_us, to_us, state) in bands(trace, end_us) {
        chart.band(seconds(from_us), seconds(to_us), colour(state));
    }
    for (points, colour, width) in lines {
        for piece in points.chunk_by(|before, after| after.0 - before.0 <= BREAK_S) {
            if *width == AREA {
                chart.area(piece, colour);
            } else {
                chart.line(piece, colour, *width);
            }
        }
    }
    // A short stroke at the bottom for each event of the flight file.
    let top = low + (high - low) * EVENT_RATIO;
    for at_s in trace.events.iter().map(|event| seconds(event.at_us)) {
        chart.line(&[(at_s, low), (at_s, top)], TRUTH, 2.0);
    }
    let marks: Vec<Point> = trace.deeds.iter().map(|deed| (seconds(deed.at_us), high)).collect();
    marks.iter().for_each(|(at_s, _)| chart.line(&[(*at_s, low), (*at_s, high)], DEED, 0.4));
    for (label, at) in labels(&marks, end_s * LABEL_RATIO) {
        chart.word(at, (0.0, 15.0), "middle", DEED, &label);
    }
    chart.finish()
}
