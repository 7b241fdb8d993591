//! Power, SNR and speed over time, over bands in the colours of our states, with numbered deeds.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Drawn;
use super::style::{DEED, FONT, QUIET, STRONG, TRUTH, WIDTH, bands, colour, labels, scaled};
use crate::judge::metrics::is_ours;
use crate::scenario::Scenario;
use crate::trace::Trace;

const HEIGHT: u32 = 280;
/// Height of the stroke for an event, share of the drawing.
const EVENT_RATIO: f64 = 0.05;
/// Width of a number, share of the drawing.
const LABEL_RATIO: f64 = 0.05;
/// A line is broken where its rows are further apart.
const BREAK_S: f64 = 1.0;

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
/// Time in s and value.
type Point = (f64, f64);

struct Line {
    points: Vec<Point>,
    colour: RGBColor,
    width: u32,
}

/// Power and temporal noise floor.
pub(super) fn power(trace: &Trace) -> Drawn {
    let power = trace.signal.iter().filter_map(|row| Some((seconds(row.at_us), row.power_dbfs?))).collect();
    let floor = trace.signal.iter().filter_map(|row| Some((seconds(row.at_us), row.floor_dbfs?))).collect();
    let lines =
        [Line { points: power, colour: STRONG, width: 1 }, Line { points: floor, colour: QUIET, width: 2 }];
    draw(trace, &lines, "dBFS: power blue, floor brown", None)
}

/// SNR, thick while heard.
pub(super) fn snr(trace: &Trace) -> Drawn {
    let all = trace.signal.iter().filter_map(|row| Some((seconds(row.at_us), row.snr_db?))).collect();
    let heard = trace.signal.iter().filter(|row| row.heard);
    let heard = heard.filter_map(|row| Some((seconds(row.at_us), row.snr_db?))).collect();
    let lines =
        [Line { points: all, colour: QUIET, width: 1 }, Line { points: heard, colour: STRONG, width: 2 }];
    draw(trace, &lines, "dB: heard blue", None)
}

/// Horizontal speed of our setpoints, and of the aircraft.
pub(super) fn speed(scenario: &Scenario, trace: &Trace) -> Drawn {
    let flown = trace.truth.iter().map(|row| (seconds(row.pose.at_us), row.pose.speed_mps())).collect();
    let ours = trace.setpoints.iter().filter(|row| is_ours(scenario, row));
    let asked =
        ours.map(|row| (seconds(row.at_us), row.velocity_mps[0].hypot(row.velocity_mps[1]))).collect();
    let lines =
        [Line { points: flown, colour: QUIET, width: 1 }, Line { points: asked, colour: STRONG, width: 2 }];
    draw(trace, &lines, "m/s: asked blue, flown brown", Some(0.0))
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

fn draw(trace: &Trace, lines: &[Line], label: &str, lowest: Option<f64>) -> Drawn {
    let end_us = trace.truth.last().map_or(0, |row| row.pose.at_us).max(1_000_000);
    let values =
        || lines.iter().flat_map(|line| &line.points).map(|point| point.1).filter(|value| value.is_finite());
    let (Some(low), Some(high)) = (values().min_by(f64::total_cmp), values().max_by(f64::total_cmp)) else {
        return Ok("<p>Nothing was measured.</p>".into());
    };
    let pad = ((high - low) * 0.06).max(0.5);
    let (low, high) = (lowest.unwrap_or(low - pad), high + pad * 2.0);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .margin(6)
            .margin_right(14)
            .x_label_area_size(26)
            .y_label_area_size(62)
            .build_cartesian_2d(0.0..seconds(end_us), low..high)?;
        for (from_us, to_us, state) in bands(trace, end_us) {
            let area = [(seconds(from_us), low), (seconds(to_us), high)];
            chart.draw_series([Rectangle::new(area, colour(state).mix(0.13).filled())])?;
        }
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_labels(8)
            .y_labels(6)
            .x_label_formatter(&|at_s| format!("{at_s:.0} s"))
            .y_label_formatter(&|value| format!("{value:.0}"))
            .y_desc(label)
            .label_style(FONT)
            .axis_desc_style(FONT)
            .draw()?;
        for line in lines {
            for piece in pieces(&line.points) {
                chart.draw_series(LineSeries::new(
                    piece.iter().copied(),
                    line.colour.stroke_width(line.width),
                ))?;
            }
        }
        events(&mut chart, trace, (low, high))?;
        deeds(&mut chart, trace, (low, high))?;
        root.present()?;
    }
    Ok(scaled(&svg, WIDTH, HEIGHT))
}

/// Runs of points without a long pause between them.
fn pieces(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points.chunk_by(|before, after| after.0 - before.0 <= BREAK_S)
}

/// A short stroke at the bottom for each event of the flight file.
fn events(
    chart: &mut Chart<'_, '_>,
    trace: &Trace,
    (low, high): (f64, f64),
) -> Result<(), Box<dyn std::error::Error>> {
    let top = low + (high - low) * EVENT_RATIO;
    let strokes = trace.events.iter().map(|event| seconds(event.at_us));
    chart.draw_series(
        strokes.map(|at_s| PathElement::new([(at_s, low), (at_s, top)], TRUTH.stroke_width(2))),
    )?;
    Ok(())
}

fn deeds(
    chart: &mut Chart<'_, '_>,
    trace: &Trace,
    (low, high): (f64, f64),
) -> Result<(), Box<dyn std::error::Error>> {
    let font = TextStyle::from(FONT).color(&DEED).pos(Pos::new(HPos::Center, VPos::Top));
    let marks: Vec<Point> = trace.deeds.iter().map(|deed| (seconds(deed.at_us), high)).collect();
    for (at_s, _) in &marks {
        chart.draw_series([PathElement::new([(*at_s, low), (*at_s, high)], DEED.mix(0.4))])?;
    }
    let shown_s = chart.x_range().end - chart.x_range().start;
    for (label, at) in labels(&marks, shown_s * LABEL_RATIO) {
        chart.draw_series([Text::new(label, at, font.clone())])?;
    }
    Ok(())
}
