//! The track from above, in the colours of our states, over home, fence, the true beacons, and where they were said to be. One scale for both
//! axes.

use std::f64::consts::TAU;

use super::chart::{Axis, Chart, Point, area};
use super::style::{DEED, QUIET, REGION_50, REGION_95, SAID, TRUTH, bands, colour, labels};
use crate::judge::metrics::{fence_radius_m, pose_at};
use crate::scenario::Scenario;
use crate::trace::{RegionRow, Trace};
use crate::truth::TruePose;

const HEIGHT: f64 = 600.0;
/// Free margin, share of the extent.
const PAD_RATIO: f64 = 0.08;
/// Width of a number, share of half the drawing.
const LABEL_RATIO: f64 = 0.08;
/// Least width of what is shown.
const EXTENT_MIN_M: f64 = 40.0;

/// What is shown: centre and half-extents east and north of home, m.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    pub centre: Point,
    half: Point,
    /// Length of a pixel on both axes, m.
    pub pixel_m: f64,
}

impl Frame {
    /// Everything of `points` and home, in so many `pixels` right and up.
    pub fn of(points: impl Iterator<Item = Point>, pixels: (f64, f64)) -> Frame {
        let (mut low, mut high) = ((0.0_f64, 0.0_f64), (0.0_f64, 0.0_f64));
        for (east, north) in points.filter(|(east, north)| east.is_finite() && north.is_finite()) {
            low = (low.0.min(east), low.1.min(north));
            high = (high.0.max(east), high.1.max(north));
        }
        let padded = |low: f64, high: f64| ((high - low) * (1.0 + 2.0 * PAD_RATIO)).max(EXTENT_MIN_M);
        let pixel_m = (padded(low.0, high.0) / pixels.0).max(padded(low.1, high.1) / pixels.1);
        let centre = ((low.0 + high.0) / 2.0, (low.1 + high.1) / 2.0);
        Frame { centre, half: (pixel_m * pixels.0 / 2.0, pixel_m * pixels.1 / 2.0), pixel_m }
    }

    fn holds(&self, (east, north): Point) -> bool {
        (east - self.centre.0).abs() <= self.half.0 && (north - self.centre.1).abs() <= self.half.1
    }

    /// East and north.
    fn axes(&self) -> (Axis, Axis) {
        let axis = |centre: f64, half: f64| centre - half..=centre + half;
        (axis(self.centre.0, self.half.0), axis(self.centre.1, self.half.1))
    }
}

fn point(pose: &TruePose) -> Point {
    (pose.east_m, pose.north_m)
}

/// The drawing.
pub(super) fn svg(scenario: &Scenario, trace: &Trace) -> String {
    let beacons = scenario.world.beacon.iter().map(|beacon| (beacon.east_m, beacon.north_m));
    let regions = [(95, REGION_95), (50, REGION_50)];
    let corners = trace.region(95, u64::MAX).map(RegionRow::edges_m);
    let corners = corners.flat_map(|[west, south, east, north]| [(west, south), (east, north)]);
    let flown = trace.truth.iter().map(|row| point(&row.pose));
    let view = Frame::of(flown.chain(beacons).chain(corners), area(HEIGHT));
    let (east, north) = view.axes();
    let mut chart = Chart::new(HEIGHT, east, north, "m north, over m east", "");
    for (percent, colour) in regions {
        chart.tiles(trace.region(percent, u64::MAX).map(RegionRow::edges_m), colour);
    }
    fence(&mut chart, scenario, view);
    let end_us = trace.truth.last().map_or(0, |row| row.pose.at_us);
    for (from_us, to_us, state) in bands(trace, end_us) {
        let first = trace.truth.partition_point(|row| row.pose.at_us < from_us).saturating_sub(1);
        let last = trace.truth.partition_point(|row| row.pose.at_us <= to_us);
        let piece = trace.truth.get(first..last).unwrap_or_default();
        let line: Vec<Point> = piece.iter().map(|row| point(&row.pose)).collect();
        chart.line(&line, colour(state), 3.0);
    }
    said(&mut chart, trace, view);
    marks(&mut chart, scenario, view);
    deeds(&mut chart, trace, view);
    chart.finish()
}

fn fence(chart: &mut Chart, scenario: &Scenario, view: Frame) {
    let Some(radius_m) = fence_radius_m(scenario) else { return };
    let steps = 720;
    let circle: Vec<Point> = (0..=steps)
        .map(|step| TAU * f64::from(step) / f64::from(steps))
        .map(|angle| (radius_m * angle.sin(), radius_m * angle.cos()))
        .collect();
    let pieces = circle.chunk_by(|before, after| view.holds(*before) == view.holds(*after));
    pieces.filter(|piece| view.holds(piece[0])).for_each(|piece| chart.line(piece, TRUTH, 1.0));
}

/// The way of the estimate, as far as it is in view, and its end.
fn said(chart: &mut Chart, trace: &Trace, view: Frame) {
    let way: Vec<Point> = trace.estimates.iter().map(|row| (row.east_m, row.north_m)).collect();
    let pieces = way.chunk_by(|before, after| view.holds(*before) == view.holds(*after));
    pieces.filter(|piece| view.holds(piece[0])).for_each(|piece| chart.line(piece, SAID, 1.0));
    if let Some(last) = way.last().filter(|last| view.holds(**last)) {
        let (anchor, right) = side(*last, view);
        chart.circle(*last, 5.0, SAID, true);
        chart.word(*last, (right, 24.0), anchor, SAID, "estimate");
    }
}

/// On which side of a mark there is room for its name.
fn side(at: Point, view: Frame) -> (&'static str, f64) {
    if at.0 > view.centre.0 { ("end", -14.0) } else { ("start", 14.0) }
}

/// Home, and who sends: ring, dot and name, on the side where there is room for it.
fn marks(chart: &mut Chart, scenario: &Scenario, view: Frame) {
    let mut mark = |at: Point, colour, name: &str, down| {
        let (anchor, right) = side(at, view);
        chart.circle(at, 9.0, colour, false);
        chart.circle(at, 2.0, colour, true);
        chart.word(at, (right, down), anchor, colour, name);
    };
    mark((0.0, 0.0), DEED, "home", 16.0);
    let emitters = scenario.world.beacon.iter().map(|beacon| (beacon, TRUTH));
    for (emitter, colour) in emitters.chain(scenario.world.interferer.iter().map(|beacon| (beacon, QUIET))) {
        let at = (emitter.east_m, emitter.north_m);
        let name = if emitter.on { emitter.name.clone() } else { format!("{} (off)", emitter.name) };
        if view.holds(at) {
            mark(at, colour, &name, -10.0);
        }
    }
}

/// The number of each deed where the aircraft was.
fn deeds(chart: &mut Chart, trace: &Trace, view: Frame) {
    // A flight has truth from its first moment on, or none at all: the numbers stay those of the list.
    let poses = trace.deeds.iter().filter_map(|deed| pose_at(trace, deed.at_us));
    let marks: Vec<Point> = poses.map(point).collect();
    marks.iter().for_each(|mark| chart.circle(*mark, 3.0, DEED, true));
    for (label, at) in labels(&marks, view.half.0 * LABEL_RATIO) {
        chart.word(at, (6.0, -6.0), "start", DEED, &label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metre_is_as_long_north_as_east() {
        for points in [vec![(0.0, 0.0), (1000.0, 10.0)], vec![(5.0, -300.0)], vec![(f64::NAN, 1.0)]] {
            let view = Frame::of(points.iter().copied(), area(HEIGHT));
            let pixels = area(HEIGHT);
            assert!((view.half.0 / pixels.0 - view.half.1 / pixels.1).abs() < 1e-9, "{view:?}");
            assert!(points.iter().all(|point| point.0.is_nan() || view.holds(*point)), "{view:?}");
        }
    }
}
