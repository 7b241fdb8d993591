//! A report as people read it: a row per policy, distributions as bars with their scale, pairs.

use super::{Report, Row};
use comfy_table::{Table, presets};
use std::fmt::Write;

/// The report as text.
pub fn text(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "policy",
        "found",
        "95 % interval",
        "error median",
        "p90",
        "time / straight: median",
        "p90",
        "never led",
    ]);
    table.add_rows(report.rows.iter().map(cells));
    let mut text = format!(
        "{}: {} flights from seed {}, found = within {} m\n\n{}\n",
        report.scenario,
        report.flights,
        report.seed,
        report.within_m,
        table.trim_fmt()
    );
    let spread = |text: &mut String, what: &str, of: fn(&Row) -> &super::Spread| {
        let edges = &of(&report.rows[0]).histogram.edges;
        let scale: Vec<String> = edges.iter().map(|edge| format!("{edge}")).collect();
        let _ = writeln!(text, "\n{what}, bins from {}", scale.join(" "));
        for row in &report.rows {
            let _ = writeln!(text, "  {:9}|{}|", row.policy, of(row).histogram.bars());
        }
    };
    spread(&mut text, "final error, m", |row| &row.final_error_m);
    spread(&mut text, "time over straight-line time", |row| &row.time_ratio);
    text.push('\n');
    for pair in &report.against {
        let _ = writeln!(
            text,
            "same seeds: skyhound alone found it {} times, {} alone {} times (sign test p = {:.2e})",
            pair.found.first_only, pair.policy, pair.found.second_only, pair.found.p_value
        );
    }
    text
}

fn cells(row: &Row) -> [String; 8] {
    let metres = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.1} m"));
    let times = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.2}"));
    [
        row.policy.into(),
        format!("{:.1} %", 100.0 * row.found.ratio),
        format!("{:.1} to {:.1} %", 100.0 * row.found.low, 100.0 * row.found.high),
        metres(row.final_error_m.median),
        metres(row.final_error_m.p90),
        times(row.time_ratio.median),
        times(row.time_ratio.p90),
        (row.homed.total - row.homed.count).to_string(),
    ]
}
