//! The track from above, in the colours of our states, over home, fence and the true beacons. One scale for both axes.

use std::f64::consts::TAU;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Drawn;
use super::style::{DEED, FONT, QUIET, TRUTH, WIDTH, bands, colour, labels, scaled};
use crate::judge::metrics::fence_radius_m;
use crate::scenario::Scenario;
use crate::trace::Trace;
use crate::truth::TruePose;

const HEIGHT: u32 = 600;
const MARGIN: u32 = 6;
const LEFT: u32 = 62;
const BELOW: u32 = 26;
/// Share of the track's extent that is shown around it.
const PAD_RATIO: f64 = 0.08;
/// Width of a number, share of half the drawing.
const LABEL_RATIO: f64 = 0.08;
/// Least width of what is shown.
const EXTENT_MIN_M: f64 = 40.0;

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Done = Result<(), Box<dyn std::error::Error>>;
/// East and north of home, m.
type Point = (f64, f64);

/// What is shown: centre and half-extents, m.
#[derive(Copy, Clone, Debug, PartialEq)]
struct View {
    centre: Point,
    half: Point,
}

impl View {
    /// Everything of `points`, with the same metres for a pixel on both axes.
    fn of(points: impl Iterator<Item = Point>) -> View {
        let (mut low, mut high) = ((0.0_f64, 0.0_f64), (0.0_f64, 0.0_f64));
        for (east, north) in points.filter(|(east, north)| east.is_finite() && north.is_finite()) {
            low = (low.0.min(east), low.1.min(north));
            high = (high.0.max(east), high.1.max(north));
        }
        let padded = |low: f64, high: f64| ((high - low) * (1.0 + 2.0 * PAD_RATIO)).max(EXTENT_MIN_M);
        let pixels = (f64::from(WIDTH - LEFT - 3 * MARGIN), f64::from(HEIGHT - BELOW - 2 * MARGIN));
        let metres_a_pixel = (padded(low.0, high.0) / pixels.0).max(padded(low.1, high.1) / pixels.1);
        View {
            centre: ((low.0 + high.0) / 2.0, (low.1 + high.1) / 2.0),
            half: (metres_a_pixel * pixels.0 / 2.0, metres_a_pixel * pixels.1 / 2.0),
        }
    }

    fn holds(&self, (east, north): Point) -> bool {
        (east - self.centre.0).abs() <= self.half.0 && (north - self.centre.1).abs() <= self.half.1
    }
}

fn point(pose: &TruePose) -> Point {
    (pose.east_m, pose.north_m)
}

/// The drawing.
pub(super) fn svg(scenario: &Scenario, trace: &Trace) -> Drawn {
    let beacons = scenario.world.beacon.iter().map(|beacon| (beacon.east_m, beacon.north_m));
    let view = View::of(trace.truth.iter().map(|row| point(&row.pose)).chain(beacons));
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .margin(MARGIN)
            .margin_right(2 * MARGIN)
            .x_label_area_size(BELOW)
            .y_label_area_size(LEFT)
            .build_cartesian_2d(
                view.centre.0 - view.half.0..view.centre.0 + view.half.0,
                view.centre.1 - view.half.1..view.centre.1 + view.half.1,
            )?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_labels(7)
            .y_labels(7)
            .x_label_formatter(&|east_m| format!("{east_m:.0}"))
            .y_label_formatter(&|north_m| format!("{north_m:.0}"))
            .y_desc("m north, over m east")
            .label_style(FONT)
            .axis_desc_style(FONT)
            .draw()?;
        fence(&mut chart, scenario, view)?;
        flown(&mut chart, trace)?;
        marks(&mut chart, scenario, view)?;
        deeds(&mut chart, trace, view)?;
        root.present()?;
    }
    Ok(scaled(&svg, WIDTH, HEIGHT))
}

fn fence(chart: &mut Chart<'_, '_>, scenario: &Scenario, view: View) -> Done {
    let Some(radius_m) = fence_radius_m(scenario) else { return Ok(()) };
    let steps = 720;
    let circle: Vec<Point> = (0..=steps)
        .map(|step| TAU * f64::from(step) / f64::from(steps))
        .map(|angle| (radius_m * angle.sin(), radius_m * angle.cos()))
        .collect();
    for piece in circle.chunk_by(|before, after| view.holds(*before) == view.holds(*after)) {
        if view.holds(piece[0]) {
            chart.draw_series([PathElement::new(piece.to_vec(), TRUTH.mix(0.5).stroke_width(2))])?;
        }
    }
    Ok(())
}

fn flown(chart: &mut Chart<'_, '_>, trace: &Trace) -> Done {
    let end_us = trace.truth.last().map_or(0, |row| row.pose.at_us);
    for (from_us, to_us, state) in bands(trace, end_us) {
        let first = trace.truth.partition_point(|row| row.pose.at_us < from_us).saturating_sub(1);
        let last = trace.truth.partition_point(|row| row.pose.at_us <= to_us);
        let piece = trace.truth.get(first..last).unwrap_or_default();
        let line = piece.iter().map(|row| point(&row.pose));
        chart.draw_series(LineSeries::new(line, colour(state).stroke_width(3)))?;
    }
    Ok(())
}

fn marks(chart: &mut Chart<'_, '_>, scenario: &Scenario, view: View) -> Done {
    let font = TextStyle::from(FONT);
    let beside = |east_m: f64| {
        let (side, aside) = if east_m > view.centre.0 { (HPos::Right, -12) } else { (HPos::Left, 12) };
        (Pos::new(side, VPos::Center), aside)
    };
    let (pos, aside) = beside(0.0);
    chart.draw_series([EmptyElement::at((0.0, 0.0))
        + TriangleMarker::new((0, 0), 8, BLACK.filled())
        + Text::new("home", (aside, 14), font.clone().pos(pos))])?;
    let emitters = scenario.world.beacon.iter().map(|beacon| (beacon, TRUTH));
    for (emitter, colour) in emitters.chain(scenario.world.interferer.iter().map(|beacon| (beacon, QUIET))) {
        let at = (emitter.east_m, emitter.north_m);
        if !view.holds(at) {
            continue;
        }
        let (pos, aside) = beside(at.0);
        let said = if emitter.on { emitter.name.clone() } else { format!("{} (off)", emitter.name) };
        chart.draw_series([EmptyElement::at(at)
            + Circle::new((0, 0), 9, colour.stroke_width(2))
            + Cross::new((0, 0), 5, colour.stroke_width(2))
            + Text::new(said, (aside, -14), font.clone().color(&colour).pos(pos))])?;
    }
    Ok(())
}

/// The number of each deed where the aircraft was.
fn deeds(chart: &mut Chart<'_, '_>, trace: &Trace, view: View) -> Done {
    let font = TextStyle::from(FONT).color(&DEED).pos(Pos::new(HPos::Left, VPos::Bottom));
    let place = |at_us: u64| {
        let after = trace.truth.partition_point(|row| row.pose.at_us <= at_us);
        trace.truth.get(after.saturating_sub(1)).map(|row| point(&row.pose))
    };
    // A flight has truth from its first moment on, or none at all: the numbers stay those of the list.
    let marks: Vec<Point> = trace.deeds.iter().filter_map(|deed| place(deed.at_us)).collect();
    chart.draw_series(marks.iter().map(|mark| Circle::new(*mark, 4, DEED.filled())))?;
    for (label, at) in labels(&marks, view.half.0 * LABEL_RATIO) {
        chart.draw_series([EmptyElement::at(at) + Text::new(label, (6, -3), font.clone())])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metre_is_as_long_north_as_east() {
        for points in [vec![(0.0, 0.0), (1000.0, 10.0)], vec![(5.0, -300.0)], vec![(f64::NAN, 1.0)]] {
            let view = View::of(points.iter().copied());
            let pixels = (f64::from(WIDTH - LEFT - 3 * MARGIN), f64::from(HEIGHT - BELOW - 2 * MARGIN));
            assert!((view.half.0 / pixels.0 - view.half.1 / pixels.1).abs() < 1e-9, "{view:?}");
            assert!(points.iter().all(|point| point.0.is_nan() || view.holds(*point)), "{view:?}");
        }
    }
}
