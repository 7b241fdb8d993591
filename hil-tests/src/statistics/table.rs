//! A report as people read it: a row per policy, what it knew beside the limit, distributions as bars with their scale, pairs. And many
//! reports as one table, for people and as CSV: a row per world, beacon, policy and time.

use super::{Limits, Paired, Report, Row, Share};
use comfy_table::{Table, presets};
use std::collections::BTreeSet;

/// A column of the table of many reports: its name with the unit, how many decimals people want, and its value. Shares are per cent.
type Column = (&'static str, usize, fn(&Row, &Limits) -> Option<f64>);

const COLUMNS: [Column; 12] = [
    ("at_s", 0, |_, at| Some(at.at_s)),
    ("median_m", 1, |_, at| at.said.median_m),
    ("rmse_m", 1, |_, at| at.said.rmse_m),
    ("in_15_m_%", 1, |_, at| percent(&at.said.within_15_m)),
    ("in_25_m_%", 1, |_, at| percent(&at.said.within_25_m)),
    ("in_region_%", 1, |_, at| at.in_region.as_ref().and_then(percent)),
    ("oracle_rmse_m", 1, |_, at| at.oracle.rmse_m),
    ("efficiency", 2, |_, at| at.efficiency),
    ("led_%", 1, |row, _| percent(&row.homed)),
    ("found_%", 1, |row, _| percent(&row.found)),
    ("hold_s", 0, |row, _| row.hold_s),
    ("over_straight", 2, |row, _| row.time_ratio.median),
];

fn percent(share: &Share) -> Option<f64> {
    (share.total > 0).then_some(100.0 * share.ratio)
}

/// World, beacon and policy, then the columns' values.
fn lines(reports: &[Report]) -> impl Iterator<Item = ([String; 3], [Option<f64>; COLUMNS.len()])> {
    reports.iter().flat_map(|report| {
        let rows = report.rows.iter().flat_map(|row| row.limits.iter().map(move |at| (row, at)));
        rows.map(|(row, at)| {
            let beacon = report.beacon.unwrap_or("as written");
            ([&report.scenario, beacon, row.policy].map(Into::into), COLUMNS.map(|(_, _, of)| of(row, at)))
        })
    })
}

const NAMES: [&str; 3] = ["world", "beacon", "policy"];

/// Many reports as one table.
pub fn many(reports: &[Report]) -> String {
    let mut table = Table::new();
    let head = NAMES.into_iter().chain(COLUMNS.map(|(name, ..)| name));
    table.load_style(presets::NOTHING).set_header(head.map(|name| name.replace('_', " ")));
    for (names, values) in lines(reports) {
        let shown = values.into_iter().zip(COLUMNS);
        let shown = shown
            .map(|(value, (_, decimals, _))| value.map_or("-".into(), |value| format!("{value:.decimals$}")));
        table.add_row(names.into_iter().chain(shown));
    }
    let flights = reports.first().map_or(0, |report| report.flights);
    let note = |is_so: fn(&Report) -> bool, what: &str| {
        let named = reports.iter().filter(|report| is_so(report));
        let named: BTreeSet<&str> = named.map(|report| report.beacon.unwrap_or(&report.scenario)).collect();
        let named = named.into_iter().collect::<Vec<_>>().join(", ");
        if named.is_empty() { named } else { format!("{named}: {what}\n") }
    };
    let notes = note(|report| !report.is_drawn, "not drawn, the oracle looks where it never is")
        + &note(|report| report.has_hearings, "the oracle hears readings alone and is no limit");
    format!("{flights} flights each\n\n{}\n{notes}", table.trim_fmt())
}

/// The same as CSV, with all digits; what is not known is empty.
pub fn csv(reports: &[Report]) -> String {
    let head: Vec<&str> = NAMES.into_iter().chain(COLUMNS.map(|(name, ..)| name)).collect();
    let mut text = head.join(",") + "\n";
    for (names, values) in lines(reports) {
        let values = values.map(|value| value.map_or(String::new(), |value| value.to_string()));
        text += &(names.into_iter().chain(values).collect::<Vec<String>>().join(",") + "\n");
    }
    text
}

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
    let ours = ["policy", "at", "error median", "in 15 m", "in 25 m", "RMSE", "in its region"];
    let theirs = ["oracle: median", "in 25 m", "RMSE", "bound", "efficiency"];
    table.load_style(presets::NOTHING).set_header(ours.into_iter().chain(theirs));
    let metres = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.1} m"));
    let percent = |share: &Share| format!("{:.1} %", 100.0 * share.ratio);
    for row in &report.rows {
        table.add_rows(row.limits.iter().map(|at| {
            let near = [&at.said.within_15_m, &at.said.within_25_m].map(percent);
            let said = [metres(at.said.median_m)].into_iter().chain(near).chain([metres(at.said.rmse_m)]);
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
