//! Judged flights to a table for a terminal or a pipe: one block a flight, one row an expectation, and what repeats a failure.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::{Check, Flown, Outcome};

/// Columns that a terminal is taken to have.
const WIDTH: u16 = 120;

/// The table, a line that sums it up, and the commands that repeat the failures.
pub fn text(flights: &[Flown]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(WIDTH).set_header(["scenario", "seed", "rig", "verdict", "number", "measured", "wanted"]);
    table.add_rows(flights.iter().flat_map(rows));
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    if let Some(column) = table.column_mut(4) {
        // Names are found by searching for them: they stay whole.
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(28)));
    }
    let mut text = format!("{table}\n{}\n", summary(flights));
    for flown in flights.iter().filter(|flown| flown.verdict.outcome == Outcome::Failed) {
        text +=
            &format!("repeat {} seed {} ({}):  {}\n", flown.scenario, flown.seed, flown.rig, flown.repeat);
    }
    text
}

/// How many passed, failed and were ignored.
pub fn summary(flights: &[Flown]) -> String {
    let count = |outcome: fn(&Outcome) -> bool| {
        flights.iter().filter(|flown| outcome(&flown.verdict.outcome)).count()
    };
    let passed = count(|outcome| *outcome == Outcome::Passed);
    let failed = count(|outcome| *outcome == Outcome::Failed);
    let ignored = count(|outcome| matches!(outcome, Outcome::Ignored { .. }));
    let took_s: f64 = flights.iter().map(|flown| flown.took_s).sum();
    format!("{passed} passed, {failed} failed, {ignored} ignored in {took_s:.1} s")
}

/// Those of a flight: what is the same in all stands in the first.
fn rows(flown: &Flown) -> Vec<[String; 7]> {
    let verdict = word(&flown.verdict.outcome);
    let mut head = [flown.scenario.clone(), flown.seed.to_string(), flown.rig.clone(), verdict.to_string()];
    let mut row = |name: String, measured: &str, wanted: &str| {
        let [scenario, seed, rig, verdict] = std::mem::take(&mut head);
        [scenario, seed, rig, verdict, name, measured.to_string(), wanted.to_string()]
    };
    if let Outcome::Ignored { needs } = &flown.verdict.outcome {
        return vec![row("needs".into(), "", needs)];
    }
    let mark = |check: &Check| format!("{} {}", if check.passed { '✓' } else { '✗' }, check.name);
    let checks = flown.verdict.checks.iter();
    checks.map(|check| row(mark(check), &check.measured, &check.wanted)).collect()
}

/// The outcome in one word.
pub fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "FAILED",
        Outcome::Ignored { .. } => "ignored",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::sample;

    #[test]
    fn a_failure_shows_what_was_measured_what_was_wanted_and_how_to_repeat_it() {
        let flights = [sample::failed(), sample::ignored()];
        let text = text(&flights);
        let row = text.lines().find(|line| line.contains("final_error_m")).unwrap();
        for words in ["open_carrier", "7", "engine", "FAILED", "✗ final_error_m", "2 m", "at most 1"] {
            assert!(row.contains(words), "{words} in {row}");
        }
        let second = text.lines().find(|line| line.contains("✓ found ")).unwrap();
        assert!(!second.contains("FAILED") && !second.contains("open_carrier"), "{second}");
        assert!(text.contains("0 passed, 1 failed, 1 ignored in 0.5 s"), "{text}");
        let repeat = "repeat open_carrier seed 7 (engine):  skyhound-rig run open_carrier --seed 7\n";
        assert!(text.ends_with(repeat), "{text}");
        assert!(text.lines().any(|line| line.contains("ignored") && line.contains("root")), "{text}");
    }
}
