//! Curves over time for paper: one axis of time for all of a flight's, so that figures stand above each other.

use super::drawing::{Anchor, BEHIND, Drawing, FRAME, GRID, LINES, WIDTH, clock, number, step, ticks, wide};
use crate::report::series::{Series, Stay};
use std::fmt::Write as _;

const LEFT: f64 = 50.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 13.0;
const BOTTOM: f64 = 12.0;
/// Height of a figure, and of one that matters less, points.
const HIGH: f64 = 118.0;
const LOW: f64 = 84.0;
/// Height of a state's row.
const ROW: f64 = 11.0;
/// Steps of the axis of time, s, and about how far they stand apart.
const STEPS_S: [f64; 14] =
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0];
const STEP_WIDE: f64 = 55.0;
/// Least value that a logarithmic axis shows.
const LEAST: f64 = 0.1;

/// A figure over time: what it shows, with its unit, and its SVG.
pub type Figure = (String, String);

struct Line<'a> {
    name: &'a str,
    at_s: &'a [f64],
    value: &'a [Option<f64>],
    style: &'static str,
}

#[derive(Copy, Clone)]
struct Axis {
    height: f64,
    is_from_zero: bool,
    is_log: bool,
}

const PLAIN: Axis = Axis { height: HIGH, is_from_zero: false, is_log: false };

/// The time axis of a flight: from, until, s since start; `None` where nothing has a time.
pub fn span(series: &Series) -> Option<(f64, f64)> {
    let times = series.power.iter().map(|power| &power.at_s);
    let times = times.chain(series.snr.iter().map(|snr| &snr.at_s)).chain([&series.height.at_s]);
    let ends = times.filter_map(|at_s| Some((*at_s.first()?, *at_s.last()?)));
    let (from, until) = ends.reduce(|(from, until), (first, last)| (from.min(first), until.max(last)))?;
    Some((from, until.max(from + 1.0)))
}

/// Where a time stands from the left.
pub fn x(at_s: f64, (from, until): (f64, f64)) -> f64 {
    LEFT + (at_s.clamp(from, until) - from) / (until - from) * (WIDTH - LEFT - RIGHT)
}

/// All figures of a flight but the spectrum.
pub fn figures(series: &Series, span: (f64, f64)) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut put = |title: String, lines: &[Line<'_>], axis: Axis| {
        figures.extend(drawn(lines, axis, span).map(|svg| (title, svg)));
    };
    for power in &series.power {
        let line = |name, value, style| Line { name, at_s: &power.at_s, value, style };
        let lines = [
            line("strongest", &power.most, BEHIND),
            line("mean", &power.mean, LINES[0]),
            line("noise floor", &power.floor, LINES[1]),
        ];
        put(format!("Power of {}, dBFS", power.name), &lines, PLAIN);
    }
    for (title, curves, axis) in [
        ("SNR, dB", &series.snr, PLAIN),
        ("Radius of the 95 % region, m", &series.radius, Axis { is_log: true, ..PLAIN }),
    ] {
        // More than the eye tells apart without colours go into figures of their own.
        for some in curves.chunks(LINES.len()) {
            let lines: Vec<Line<'_>> = some
                .iter()
                .zip(LINES)
                .map(|(curve, style)| Line {
                    name: &curve.name,
                    at_s: &curve.at_s,
                    value: &curve.value,
                    style,
                })
                .collect();
            put(title.to_string(), &lines, axis);
        }
    }
    let low = Axis { height: LOW, ..PLAIN };
    let zero = Axis { is_from_zero: true, ..low };
    for (title, curve, axis) in [
        ("Height over home, m", &series.height, zero),
        ("Speed over the ground, m/s", &series.speed, zero),
        ("Battery, V", &series.battery, low),
    ] {
        let line = Line { name: "", at_s: &curve.at_s, value: &curve.value, style: LINES[0] };
        put(title.to_string(), &[line], axis);
    }
    figures.extend(states(&series.states, span).map(|svg| ("State".to_string(), svg)));
    figures
}

/// `None` where no curve has a value.
fn drawn(lines: &[Line<'_>], axis: Axis, span: (f64, f64)) -> Option<String> {
    let scaled = |value: f64| if axis.is_log { value.max(LEAST).log10() } else { value };
    let known = |line: &&Line<'_>| line.value.iter().any(Option::is_some);
    let lines: Vec<&Line<'_>> = lines.iter().filter(known).collect();
    let values = lines.iter().flat_map(|line| line.value).flatten().filter(|value| value.is_finite());
    let range = values.map(|value| scaled(*value)).map(|value| (value, value));
    let (mut low, mut high) = range.reduce(|(low, high), (a, b)| (low.min(a), high.max(b)))?;
    if axis.is_from_zero {
        low = low.min(0.0);
    }
    let room = ((high - low) * 0.06).max(0.05);
    if !axis.is_from_zero {
        low -= room;
    }
    high += room;
    let (top, bottom) = (TOP, axis.height - BOTTOM);
    let y = |scaled: f64| top + (high - scaled) / (high - low) * (bottom - top);
    let mut drawing = Drawing::new(axis.height);
    let labels: Vec<(f64, String)> = if axis.is_log {
        decades(low, high).map(|tick| (tick, number(10_f64.powf(tick)))).collect()
    } else {
        ticks(low, high, step(high - low, 4.0)).map(|tick| (tick, number(tick))).collect()
    };
    for (tick, label) in labels {
        drawing.line((LEFT, y(tick)), (WIDTH - RIGHT, y(tick)), GRID);
        drawing.text((LEFT - 3.0, y(tick) + 2.5), Anchor::End, &label);
    }
    times(&mut drawing, axis.height, span);
    let gap_s = 6.0 * ((span.1 - span.0) / 1200.0 + 0.5);
    for line in &lines {
        drawing.open_path(&path(line, gap_s, |at_s, value| (x(at_s, span), y(scaled(value)))), line.style);
    }
    drawing.rect((LEFT, top), (WIDTH - LEFT - RIGHT, bottom - top), FRAME);
    if lines.len() > 1 || lines.iter().any(|line| !line.name.is_empty()) {
        let mut left = LEFT;
        for line in &lines {
            drawing.line((left, top - 6.0), (left + 24.0, top - 6.0), line.style);
            drawing.text((left + 28.0, top - 3.5), Anchor::Start, line.name);
            left += 44.0 + wide(line.name);
        }
    }
    Some(drawing.done())
}

/// A pen that is lifted over gaps.
fn path(line: &Line<'_>, gap_s: f64, place: impl Fn(f64, f64) -> (f64, f64)) -> String {
    let mut path = String::new();
    let mut last_s = None;
    for (at_s, value) in line.at_s.iter().zip(line.value) {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            last_s = None;
            continue;
        };
        let is_on = last_s.is_some_and(|last_s| at_s - last_s <= gap_s);
        let (x, y) = place(*at_s, value);
        // Writing to a String cannot fail.
        let _ = write!(path, "{}{x:.1} {y:.1}", if is_on { 'L' } else { 'M' });
        last_s = Some(*at_s);
    }
    path
}

/// 1, 2, 5 of each decade, or the decades alone where there are many; as logarithms.
fn decades(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let within: &[f64] = if high - low > 2.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let all = (low.floor() as i32..=high.ceil() as i32)
        .flat_map(move |n| within.iter().map(move |m| f64::from(n) + m.log10()));
    all.filter(move |tick| (low..=high).contains(tick))
}

/// The axis of time at the foot of a figure.
pub fn times(drawing: &mut Drawing, height: f64, span: (f64, f64)) {
    let least = (span.1 - span.0) * STEP_WIDE / (WIDTH - LEFT - RIGHT);
    let step_s = STEPS_S.into_iter().find(|step_s| *step_s >= least).unwrap_or(14_400.0);
    for tick in ticks(span.0, span.1, step_s) {
        let at = x(tick, span);
        drawing.line((at, TOP), (at, height - BOTTOM), GRID);
        let middle = at.clamp(LEFT, WIDTH - 12.0);
        drawing.text((middle, height - 3.5), Anchor::Middle, &clock(tick));
    }
}

/// A row for each state, in the order in which they were entered.
fn states(stays: &[Stay], span: (f64, f64)) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for stay in stays {
        if !names.contains(&stay.state.as_str()) {
            names.push(&stay.state);
        }
    }
    if names.is_empty() {
        return None;
    }
    let height = TOP + ROW * names.len() as f64 + BOTTOM;
    let mut drawing = Drawing::new(height);
    times(&mut drawing, height, span);
    for (row, name) in names.iter().enumerate() {
        let top = TOP + ROW * row as f64;
        for stay in stays.iter().filter(|stay| stay.state == *name) {
            let (from, until) = (x(stay.from_s, span), x(stay.until_s, span));
            drawing.rect((from, top + 2.0), ((until - from).max(0.4), ROW - 4.0), "fill=\"#000\"");
        }
        drawing.text((LEFT - 3.0, top + ROW - 3.0), Anchor::End, name);
    }
    drawing.rect((LEFT, TOP), (WIDTH - LEFT - RIGHT, height - TOP - BOTTOM), FRAME);
    Some(drawing.done())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_no_line_over_a_gap() {
        let (at_s, value) =
            ([0.0, 1.0, 30.0, 31.0, 32.0], [Some(1.0), Some(2.0), Some(3.0), None, Some(4.0)]);
        let line = Line { name: "", at_s: &at_s, value: &value, style: LINES[0] };
        assert_eq!(path(&line, 5.0, |x, y| (x, y)), "M0.0 1.0L1.0 2.0M30.0 3.0M32.0 4.0");
    }

    #[test]
    fn what_was_never_known_has_no_figure() {
        let line = Line { name: "", at_s: &[0.0], value: &[None], style: LINES[0] };
        assert_eq!(drawn(&[line], PLAIN, (0.0, 1.0)), None);
    }
}
