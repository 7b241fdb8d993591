//! The spectrum over time for paper: the darker, the louder, in steps that a copier keeps apart.

use super::curves::{times, x};
use super::drawing::{Anchor, Drawing, FRAME, WIDTH};
use crate::report::series::{LEVEL_STEP_DB, LEVEL_ZERO_DBFS, Waterfall};
use std::fmt::Write as _;

const HEIGHT: f64 = 150.0;
const TOP: f64 = 13.0;
const BOTTOM: f64 = 12.0;
/// Cells at most: of several bins or rows the loudest stands for all.
const BINS_MAX: usize = 96;
/// Grey of each step: of 0 nothing is drawn.
const GREYS: [&str; 6] = ["#fff", "#d8d8d8", "#b0b0b0", "#808080", "#484848", "#000"];
/// Least range that the greys cover, levels.
const RANGE_LEAST: u8 = 24;

/// The spectrum on the time axis of the curves: its title and its SVG; `None` of an empty one.
pub fn figure(fall: &Waterfall, span: (f64, f64)) -> Option<(String, String)> {
    let levels: Vec<u8> = fall.levels.as_bytes().chunks_exact(2).map(level).collect();
    let bins = fall.bin_count;
    if bins == 0 || levels.is_empty() {
        return None;
    }
    let mut sorted = levels.clone();
    sorted.sort_unstable();
    let low = sorted[sorted.len() / 20].min(u8::MAX - 1);
    let high = sorted[sorted.len() * 99 / 100].max(low.saturating_add(RANGE_LEAST));
    let rows: Vec<&[u8]> = levels.chunks_exact(bins).collect();
    let group = bins.div_ceil(BINS_MAX);
    let cells = bins.div_ceil(group);
    let high_of_cell = (HEIGHT - TOP - BOTTOM) / cells as f64;
    let mut drawing = Drawing::new(HEIGHT);
    let mut paths = vec![String::new(); GREYS.len()];
    let ends = ends_s(&fall.at_s);
    for cell in 0..cells {
        let y = HEIGHT - BOTTOM - (cell + 1) as f64 * high_of_cell;
        let grey = |row: &[u8]| {
            let most = row[cell * group..bins.min((cell + 1) * group)].iter().max().copied().unwrap_or(0);
            let share = f64::from(most.saturating_sub(low)) / f64::from(high - low);
            ((share * GREYS.len() as f64) as usize).min(GREYS.len() - 1)
        };
        let mut runs: Vec<(usize, f64, f64)> = Vec::new();
        for ((row, from), until) in rows.iter().zip(&fall.at_s).zip(&ends) {
            let (grey, from, until) = (grey(row), x(*from, span), x(*until, span));
            match runs.last_mut() {
                Some(last) if last.0 == grey && (from - last.2).abs() < 0.05 => last.2 = until,
                _ => runs.push((grey, from, until)),
            }
        }
        for (grey, from, until) in runs.into_iter().filter(|run| run.0 > 0) {
            // Writing to a String cannot fail. Cells overlap by a hair, or viewers show a net of white lines.
            let (wide, high) = (until - from + 0.15, high_of_cell + 0.15);
            let _ = write!(paths[grey], "M{from:.2} {y:.2}h{wide:.2}v{high:.2}h-{wide:.2}z");
        }
    }
    for (path, grey) in paths.iter().zip(GREYS).filter(|(path, _)| !path.is_empty()) {
        drawing.put(&format!("<path d=\"{path}\" fill=\"{grey}\"/>"));
    }
    times(&mut drawing, HEIGHT, span);
    let left = x(span.0, span);
    drawing.rect((left, TOP), (x(span.1, span) - left, HEIGHT - TOP - BOTTOM), FRAME);
    let mhz = |bin: usize| format!("{:.4}", (fall.first_bin_hz + fall.bin_hz * bin as f64) / 1e6);
    drawing.text((left - 3.0, HEIGHT - BOTTOM), Anchor::End, &mhz(0));
    drawing.text((left - 3.0, TOP + 5.0), Anchor::End, &mhz(bins - 1));
    legend(&mut drawing, left, low, high);
    Some(("Spectrum, MHz; the darker, the louder".to_string(), drawing.done()))
}

fn legend(drawing: &mut Drawing, left: f64, low: u8, high: u8) {
    let dbfs = |level: f64| format!("{:.0} dBFS", LEVEL_ZERO_DBFS + LEVEL_STEP_DB * level);
    let (wide, y) = (18.0, TOP - 9.0);
    drawing.text((left + 40.0, y + 6.0), Anchor::End, &format!("to {}", dbfs(f64::from(low))));
    for (n, grey) in GREYS.into_iter().enumerate() {
        let style = format!("fill=\"{grey}\" stroke=\"#000\" stroke-width=\"0.3\"");
        drawing.rect((left + 44.0 + wide * n as f64, y), (wide, 6.5), &style);
    }
    let end = (left + 48.0 + wide * GREYS.len() as f64).min(WIDTH);
    drawing.text((end, y + 6.0), Anchor::Start, &format!("{} and more", dbfs(f64::from(high))));
}

/// Two digits of hexadecimal.
fn level(pair: &[u8]) -> u8 {
    std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0)
}

/// Until when each row holds: until the next one, where that is not far.
fn ends_s(at_s: &[f64]) -> Vec<f64> {
    let mut steps: Vec<f64> = at_s.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_by(f64::total_cmp);
    let usual = steps.get(steps.len() / 2).copied().unwrap_or(1.0);
    let next = at_s.iter().skip(1).copied().map(Some).chain([None]);
    let end = |(at, next): (&f64, Option<f64>)| next.map_or(at + usual, |next| next.min(at + 3.0 * usual));
    at_s.iter().zip(next).map(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_is_black_and_the_floor_is_paper() {
        let levels = ["10101010", "1010ff10", "10101010"].concat();
        let fall =
            Waterfall { at_s: vec![0.0, 1.0, 2.0], first_bin_hz: 1e6, bin_hz: 1e3, bin_count: 4, levels };
        let (_, svg) = figure(&fall, (0.0, 3.0)).unwrap();
        // Each grey that is drawn is one path; those of the legend have a stroke.
        let drawn = |grey: &&&str| svg.contains(&format!("fill=\"{grey}\"/>"));
        assert_eq!(GREYS.iter().filter(drawn).collect::<Vec<_>>(), [&"#000"], "{svg}");
        assert_eq!(figure(&Waterfall::default(), (0.0, 3.0)), None);
    }
}
