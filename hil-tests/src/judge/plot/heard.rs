//! A curve of hearing: share of trials heard over C/N0; ours, the ideal, readings and pulses alone, and messages read.

use super::chart::{Chart, Point};
use super::style::{DEED, QUIET, STRONG, TRUTH};
use crate::hearing::{Curve, Point as At};

const HEIGHT: f64 = 320.0;

/// The drawing, a file by itself.
pub fn svg(curve: &Curve) -> String {
    let least = curve.points.first().map_or(0.0, |point| point.cn0_db_hz);
    let most = curve.points.last().map_or(1.0, |point| point.cn0_db_hz).max(least + 1.0);
    let label = format!("% heard in {:.0} s", curve.seconds);
    let mut chart = Chart::new(HEIGHT, least..=most, 0.0..=100.0, &label, " dB-Hz");
    let names = [
        ("ideal", TRUTH),
        ("ours", STRONG),
        ("readings and pulses alone", QUIET),
        ("its message read", DEED),
    ];
    let shares = |at: &At| [Some(at.ideal), Some(at.ours), Some(at.without_hearings), at.read];
    for (row, (name, colour)) in names.into_iter().enumerate() {
        let point = |at: &At| Some((at.cn0_db_hz, 100.0 * shares(at)[row]?));
        let points: Vec<Point> = curve.points.iter().filter_map(point).collect();
        if points.is_empty() {
            continue;
        }
        chart.line(&points, colour, 2.0);
        chart.word((least, 100.0), (10.0, 18.0 * (row + 1) as f64), "start", colour, name);
    }
    chart.word((most, 0.0), (-6.0, -8.0), "end", DEED, &format!("{}: {}", curve.name, curve.about));
    chart.finish().replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1)
}
