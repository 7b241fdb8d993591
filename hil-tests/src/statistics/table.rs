//! A report as people read it: a row per policy, what it knew beside the limit, distributions as bars with their scale, pairs.

use super::{Paired, Report, Row, Share};
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
    text += &limits(report);
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

/// What was said beside what could be known.
fn limits(report: &Report) -> String {
    let mut table = Table::new();
    let ours = ["policy", "at", "error median", "in 25 m", "RMSE", "in its region"];
    let theirs = ["oracle: median", "in 25 m", "RMSE", "bound", "efficiency"];
    table.load_style(presets::NOTHING).set_header(ours.into_iter().chain(theirs));
    let metres = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.1} m"));
    let percent = |share: &Share| format!("{:.1} %", 100.0 * share.ratio);
    for row in &report.rows {
        table.add_rows(row.limits.iter().map(|at| {
            let said = [metres(at.said.median_m), percent(&at.said.within_25_m), metres(at.said.rmse_m)];
            let known =
                [metres(at.oracle.median_m), percent(&at.oracle.within_25_m), metres(at.oracle.rmse_m)];
            let region = at.in_region.as_ref().map_or("-".into(), percent);
            let limit = [metres(at.bound_m), at.efficiency.map_or("-".into(), |ratio| format!("{ratio:.2}"))];
            let head = [row.policy.to_string(), format!("{} s", at.at_s)];
            head.into_iter().chain(said).chain([region]).chain(known).chain(limit)
        }));
    }
    let drawn =
        if report.is_drawn { "" } else { " (the beacon is not drawn: the oracle looks where it never is)" };
    format!(
        "\nwhat was said at a time, and what could be known of the same path{drawn}\n\n{}\n",
        table.trim_fmt()
    )
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
