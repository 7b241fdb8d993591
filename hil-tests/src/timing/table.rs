//! The trials as a table: median, p99 and worst for each cause, for people and as JSON.

use super::{Cause, Outcome, Plan, Trial};
use comfy_table::{CellAlignment, Table as Drawn, presets};
use serde::Serialize;

/// One cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// For people.
    pub cause: &'static str,
    /// Trials that stopped by it.
    pub count: usize,
    /// Trials in which movement went on: each is a fault of the daemon.
    pub went_on_count: usize,
    /// Trials that something else spoilt.
    pub spoilt_count: usize,
    /// How long nobody tells it, by the daemon's settings.
    pub untold_ms: f64,
    /// From the cause to the last movement received: median, p99, worst.
    pub physical_ms: Option<[f64; 3]>,
    /// From the first message that carried it: median, p99, worst.
    pub told_ms: Option<[f64; 3]>,
}

/// All causes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// Seed, so that the order can be repeated.
    pub seed: u64,
    /// Whether all cores were busy.
    pub busy: bool,
    /// Whether the daemon asked for real-time scheduling.
    pub realtime: bool,
    /// Daemons at once.
    pub parallel: usize,
    /// One row for each cause.
    pub causes: Vec<Row>,
    /// Time between setpoints while homing: median of the medians, longest of all.
    pub gap_median_ms: Option<f64>,
    /// The longest.
    pub gap_longest_ms: Option<f64>,
}

impl Table {
    /// Of all trials.
    pub fn new(trials: &[Trial], plan: &Plan) -> Table {
        let causes = if plan.causes.is_empty() { &Cause::ALL } else { plan.causes.as_slice() };
        let mut medians_ms: Vec<f64> =
            trials.iter().filter_map(|trial| trial.gap_ms).map(|(_, median)| median).collect();
        medians_ms.sort_by(f64::total_cmp);
        Table {
            seed: plan.seed,
            busy: plan.busy,
            realtime: plan.realtime,
            parallel: plan.parallel,
            causes: causes.iter().map(|cause| row(*cause, trials)).collect(),
            gap_median_ms: medians_ms.get(medians_ms.len() / 2).copied(),
            gap_longest_ms: trials
                .iter()
                .filter_map(|trial| trial.gap_ms)
                .map(|(longest, _)| longest)
                .max_by(f64::total_cmp),
        }
    }

    /// Whether every trial that was not spoilt stopped, and each within `limit_ms` after it was told.
    pub fn holds(&self, limit_ms: f64) -> bool {
        self.causes.iter().all(|row| {
            row.went_on_count == 0 && row.told_ms.is_some_and(|[.., worst_ms]| worst_ms <= limit_ms)
        })
    }
}

fn row(cause: Cause, trials: &[Trial]) -> Row {
    let of_cause: Vec<&Trial> = trials.iter().filter(|trial| trial.cause == cause).collect();
    let times = |pick: fn(&Outcome) -> Option<f64>| -> Option<[f64; 3]> {
        let mut times: Vec<f64> = of_cause.iter().filter_map(|trial| pick(&trial.outcome)).collect();
        times.sort_by(f64::total_cmp);
        let at = |ratio: f64| times[((times.len() as f64 * ratio).ceil() as usize).clamp(1, times.len()) - 1];
        (!times.is_empty()).then(|| [at(0.5), at(0.99), at(1.0)])
    };
    let count = |is: fn(&Outcome) -> bool| of_cause.iter().filter(|trial| is(&trial.outcome)).count();
    Row {
        cause: cause.name(),
        count: count(|outcome| matches!(outcome, Outcome::Stopped { .. })),
        went_on_count: count(|outcome| *outcome == Outcome::WentOn),
        spoilt_count: count(|outcome| *outcome == Outcome::Spoilt),
        untold_ms: cause.untold_us() as f64 / 1e3,
        physical_ms: times(|outcome| match outcome {
            Outcome::Stopped { physical_ms, .. } => Some(*physical_ms),
            _ => None,
        }),
        told_ms: times(|outcome| match outcome {
            Outcome::Stopped { told_ms, .. } => Some(*told_ms),
            _ => None,
        }),
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut drawn = Drawn::new();
        drawn.load_style(presets::UTF8_HORIZONTAL_ONLY);
        drawn.set_header([
            "cause, to the last movement received",
            "n",
            "went on",
            "spoilt",
            "untold for",
            "from the cause, ms: median",
            "p99",
            "worst",
            "after it was told, ms: median",
            "p99",
            "worst",
        ]);
        let shown = |times: Option<[f64; 3]>| {
            times.map_or(["—", "—", "—"].map(String::from), |times| times.map(|ms| format!("{ms:.1}")))
        };
        for row in &self.causes {
            let counts = [row.count, row.went_on_count, row.spoilt_count].map(|count| count.to_string());
            let untold = if row.untold_ms > 0.0 { format!("{:.0} ms", row.untold_ms) } else { String::new() };
            let mut cells = vec![row.cause.to_owned()];
            cells.extend(counts);
            cells.push(untold);
            cells.extend(shown(row.physical_ms));
            cells.extend(shown(row.told_ms));
            drawn.add_row(cells);
        }
        for column in drawn.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{drawn}")?;
        let gap = |gap_ms: Option<f64>| gap_ms.map_or("—".to_owned(), |gap_ms| format!("{gap_ms:.1}"));
        let machine = if self.busy { "all cores busy with other work" } else { "no other work" };
        write!(
            f,
            "time between setpoints while homing: median {} ms, longest {} ms; {} daemons at once, {machine}, seed {}",
            gap(self.gap_median_ms),
            gap(self.gap_longest_ms),
            self.parallel,
            self.seed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_stop_is_no_time() {
        let plan = Plan {
            trials: 4,
            parallel: 1,
            busy: false,
            realtime: false,
            seed: 3,
            causes: vec![Cause::Disarm],
        };
        let trial = |outcome| Trial { cause: Cause::Disarm, outcome, gap_ms: Some((120.0, 100.0)) };
        let stopped = |ms: f64| trial(Outcome::Stopped { physical_ms: ms, told_ms: ms / 2.0 });
        let mut trials: Vec<Trial> = (1..=200).map(|ms| stopped(f64::from(ms))).collect();
        let table = Table::new(&trials, &plan);
        assert_eq!(table.causes[0].physical_ms, Some([100.0, 198.0, 200.0]));
        assert!(table.holds(100.0) && !table.holds(99.0));
        trials.push(trial(Outcome::WentOn));
        trials.push(trial(Outcome::Spoilt));
        let table = Table::new(&trials, &plan);
        let row = &table.causes[0];
        assert_eq!((row.count, row.went_on_count, row.spoilt_count), (200, 1, 1));
        assert!(!table.holds(1e9), "a daemon that goes on is no quick one");
        assert!(!Table::new(&[], &plan).holds(1e9), "nothing measured holds nothing");
        assert!(table.to_string().contains("longest 120.0 ms"), "{table}");
    }
}
