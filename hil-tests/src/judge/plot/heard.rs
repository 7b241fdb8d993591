//! A curve of hearing: share of trials heard over C/N0; ours, the ideals, readings and pulses alone, and messages read.

use super::chart::{Chart, Point, WIDTH};
use super::style::{Colour, DEED, QUIET, STRONG, TRUTH};
use crate::hearing::{Curve, Point as At};

const HEIGHT: f64 = 320.0;
/// Room for title and legend over the axes, and for the horizontal one's name below.
const OVER: f64 = 88.0;
const UNDER: f64 = 20.0;
const LINE: f64 = 20.0;
const COLUMN: f64 = 240.0;
const SEARCHING: Colour = "#8e24aa";

/// The drawing, a file by itself.
pub fn svg(curve: &Curve) -> String {
    let least = curve.points.first().map_or(0.0, |point| point.cn0_db_hz);
    let most = curve.points.last().map_or(1.0, |point| point.cn0_db_hz).max(least + 1.0);
    let label = format!("% heard in {:.0} s", curve.seconds);
    // A little more than all and nothing, so that neither lies on the frame.
    let (bottom, top) = (-3.0, 103.0);
    let mut chart = Chart::new(HEIGHT, least..=most, bottom..=top, &label, "");
    let names = [
        ("ideal told all", TRUTH),
        ("ideal that searches", SEARCHING),
        ("readings and pulses alone", QUIET),
        ("ours", STRONG),
        ("its message read", DEED),
    ];
    let shares = |at: &At| {
        [Some(at.ideal), Some(at.ideal_searching), Some(at.without_hearings), Some(at.ours), at.read]
    };
    let mut over = |row: f64, column: f64, colour, text: &str| {
        chart.word((least, top), (column * COLUMN, LINE * row - OVER + 6.0), "start", colour, text);
    };
    over(0.0, 0.0, DEED, &format!("{}: {}", curve.name, curve.about));
    let drawn = names
        .into_iter()
        .enumerate()
        .filter(|(of, _)| curve.points.iter().any(|at| shares(at)[*of].is_some()));
    for (of, (name, colour)) in drawn.clone() {
        over((1 + of / 2) as f64, (of % 2) as f64, colour, &format!("— {name}"));
    }
    for (of, (_, colour)) in drawn {
        let point = |at: &At| Some((at.cn0_db_hz, 100.0 * shares(at)[of]?));
        let points: Vec<Point> = curve.points.iter().filter_map(point).collect();
        chart.line(&points, colour, 2.0);
    }
    chart.word(((least + most) / 2.0, bottom), (0.0, 2.0 * LINE), "middle", DEED, "C/N0, dB-Hz");
    let of_axes = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\"");
    let of_all = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 {} {WIDTH} {}\"",
        -OVER,
        OVER + HEIGHT + UNDER
    );
    chart.finish().replacen(&of_axes, &of_all, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_is_a_file_by_itself_with_each_curve_that_there_is() {
        let point = |cn0_db_hz, ours| At {
            cn0_db_hz,
            ours,
            without_hearings: 0.0,
            ideal: 1.0,
            ideal_searching: 0.9,
            read: None,
            misread: None,
        };
        let curve = Curve {
            name: "tag",
            about: "< 3 s",
            seconds: 12.0,
            points: vec![point(20.0, 0.0), point(21.0, 1.0)],
            ours_db_hz: None,
            read_db_hz: None,
            ideal_db_hz: 18.0,
            ideal_searching_db_hz: 21.0,
            cells: 1.0,
            noise_hours: 0.0,
            false_alarms: 0,
        };
        let svg = svg(&curve);
        assert!(
            svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 -88 620 428\""),
            "{svg}"
        );
        assert!(svg.contains("tag: &lt; 3 s") && svg.contains("C/N0, dB-Hz"));
        for name in ["ideal told all", "ideal that searches", "ours", "readings and pulses alone"] {
            assert!(svg.contains(name), "{name}");
        }
        assert!(!svg.contains("its message read"), "it sends none");
    }
}
