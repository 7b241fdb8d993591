//! An estimate as people read it, as programs do, and as features of a map.

use super::Located;
use super::outline;
use super::truth::{Compared, median};
use crate::maps::{Feature, Shape};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use skyhound::geo::{NorthEast, Wgs84};
use std::fmt::Write as _;

/// Said of every table: the shape of power over place does not tell noise from a beacon.
const CANNOT_TELL: &str = "cannot tell whether this is a beacon: no noise floor in these data";
/// Rows of a path that are drawn at most.
const PATH_MAX: usize = 2_000;

impl Located<'_> {
    fn place(&self, at: NorthEast) -> Wgs84 {
        self.track.origin.wgs84_from_ned(at)
    }

    /// Root of the mean square distance from the mean, m.
    pub fn deviation_m(&self) -> f64 {
        let [north, _, east] = self.estimate.covariance_m2;
        (north + east).max(0.0).sqrt()
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let (estimate, fit, track) = (&self.estimate, &self.estimate.fit, self.track);
        let mut text = format!("{}: {} rows over {:.0} s\n", track.name, self.row_count, self.until_s);
        let mean = self.place(estimate.mean);
        let mut line = |name: &str, what: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {name:<11} {what}");
        };
        let what = if track.is_heard { "estimate" } else { "if it is one" };
        line(what, format!("{:.6} {:.6} ± {:.0} m", mean.lat_deg, mean.lon_deg, self.deviation_m()));
        let (half_m, most_m) = (estimate.radius_50_m, estimate.radius_95_m);
        line("region", format!("50 % as large as a circle of {half_m:.0} m, 95 % of {most_m:.0} m radius"));
        line(
            "fit",
            format!(
                "{:.1} dB at 100 m, exponent {:.2}, residuals {:.1} dB, correlated over {:.0} m; {} observations",
                fit.power_100_m_db,
                fit.exponent,
                fit.spread_db,
                fit.correlation_m,
                estimate.observation_count
            ),
        );
        if let Some(floor) = self.floor {
            let (level_db, count) = (floor.level_db, self.silence_count);
            line(
                "floor",
                format!("powers pile up at {level_db:.1} dB: {count} places tell only that it was weaker"),
            );
        }
        for note in &track.notes {
            line("note", note.clone());
        }
        if !track.is_heard {
            line("beware", CANNOT_TELL.into());
        }
        text
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let (estimate, fit) = (&self.estimate, &self.estimate.fit);
        let place = |at: NorthEast| {
            let place = self.place(at);
            json!({ "lat_deg": place.lat_deg, "lon_deg": place.lon_deg })
        };
        json!({
            "name": self.track.name,
            "row_count": self.row_count,
            "until_s": self.until_s,
            "is_beacon": self.track.is_heard.then_some(true),
            "mean": place(estimate.mean),
            "peak": place(estimate.peak),
            "covariance_m2": {
                "north_north": estimate.covariance_m2[0],
                "north_east": estimate.covariance_m2[1],
                "east_east": estimate.covariance_m2[2],
            },
            "deviation_m": self.deviation_m(),
            "radius_50_m": estimate.radius_50_m,
            "radius_95_m": estimate.radius_95_m,
            "fit": {
                "power_100_m_db": fit.power_100_m_db,
                "exponent": fit.exponent,
                "residual_db": fit.spread_db,
                "correlation_m": fit.correlation_m,
            },
            "observation_count": estimate.observation_count,
            "silence_count": self.silence_count,
            "floor_db": self.floor.map(|floor| floor.level_db),
            "notes": self.track.notes,
        })
    }

    /// Features: the estimate, its regions, the path.
    pub fn to_features(&self) -> Vec<Feature> {
        let about = |kind: &str| json!({ "name": self.track.name, "kind": kind });
        let region = |percent: u8, radius_m: f64, colour| {
            let polygons = outline::region(&self.posterior, f64::from(percent) / 100.0);
            let ring = |ring: Vec<NorthEast>| ring.into_iter().map(|at| self.place(at)).collect();
            let areas = polygons.into_iter().map(|polygon| polygon.into_iter().map(ring).collect());
            let title = format!("{} {percent} %", self.track.name);
            let more = json!({ "percent": percent, "radius_m": radius_m });
            let feature = Feature::new(title, Shape::Areas(areas.collect())).coloured(colour);
            feature.with(about("region")).with(more)
        };
        let rows = &self.track.rows[..self.row_count];
        let path = rows.iter().step_by(rows.len().div_ceil(PATH_MAX).max(1));
        let path = path.map(|row| self.place(row.at).into()).collect();
        let point = Shape::Point(self.place(self.estimate.mean).into());
        let estimate = Feature::new(&self.track.name, point).coloured("000000").with(about("estimate"));
        vec![
            estimate.with(json!({ "deviation_m": self.deviation_m() })),
            region(50, self.estimate.radius_50_m, "f0b058"),
            region(95, self.estimate.radius_95_m, "fbdcaa"),
            Feature::new(format!("{} path", self.track.name), Shape::Line(path)).with(about("path")),
        ]
    }
}

/// Tracks against their truths, and their medians.
pub fn table(compared: &[Compared]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "track",
        "error m",
        "in 95 %",
        "region %",
        "radius 95 % m",
        "strongest m",
        "centroid m",
    ]);
    let whole = |metres: f64| format!("{metres:.0}");
    for one in compared {
        table.add_row([
            one.name.clone(),
            whole(one.error_m),
            if one.is_in_95 { "yes" } else { "no" }.into(),
            format!("{:.1}", one.credibility_percent),
            whole(one.radius_95_m),
            whole(one.strongest_m),
            whole(one.centroid_m),
        ]);
    }
    let middle = |of: fn(&Compared) -> f64| whole(median(compared.iter().map(of)));
    table.add_row([
        "median".into(),
        middle(|one| one.error_m),
        format!("{} of {}", compared.iter().filter(|one| one.is_in_95).count(), compared.len()),
        String::new(),
        middle(|one| one.radius_95_m),
        middle(|one| one.strongest_m),
        middle(|one| one.centroid_m),
    ]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}
