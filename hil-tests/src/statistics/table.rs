//! A report as people read it: a row per policy, distributions as bars with their scale, pairs.

use super::{Paired, Report, Row};
use comfy_table::{Table, presets};

/// The report as text.
pub fn text(report: &Report) -> String {
    let mut table = Table::new();
    let found = ["policy", "found", "95 % interval"];
    let spreads = ["error median", "p90", "time / straight: median", "p90", "never led"];
    table.load_style(presets::NOTHING).set_header(found.into_iter().chain(spreads));
    table.add_rows(report.rows.iter().map(cells));
    let Report { scenario, seed, flights, within_m, .. } = report;
    let mut text = format!("{scenario}: {flights} flights from seed {seed}, found = within {within_m} m\n\n");
    text += &format!("{}\n", table.trim_fmt());
    let spread = |text: &mut String, what: &str, of: fn(&Row) -> &super::Spread| {
        let edges = &of(&report.rows[0]).histogram.edges;
        let scale: Vec<String> = edges.iter().map(|edge| format!("{edge}")).collect();
        *text += &format!("\n{what}, bins from {}\n", scale.join(" "));
        for row in &report.rows {
            *text += &format!("  {:9}|{}|\n", row.policy, of(row).histogram.bars());
        }
    };
    spread(&mut text, "final error, m", |row| &row.final_error_m);
    spread(&mut text, "time over straight-line time", |row| &row.time_ratio);
    text.push('\n');
    for pair in &report.against {
        let Paired { first_only, second_only, p_value } = pair.found;
        text += &format!(
            "same seeds: skyhound alone found it {first_only} times, {} alone {second_only} times (sign test p = {p_value:.2e})\n",
            pair.policy
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
