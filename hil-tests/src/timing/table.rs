//! The trials as a table: median, p99 and worst for each cause, and whether they hold, for people and as JSON.

use super::{Cause, Outcome, Plan, Trial};
use crate::rig::Line;
use comfy_table::{CellAlignment, Table as Drawn, presets};
use serde::Serialize;

/// Worst times that hold, from the cause itself or from the end of what nobody tells: idle machine, all cores busy.
pub const LIMITS_MS: [f64; 2] = [100.0, 250.0];
/// Longest time between setpoints while homing that holds: three periods.
const GAP_MAX_MS: f64 = 300.0;
/// One trial of so many may be spoilt: with more, what stopped homing is not what was tried.
const SPOILT_ONE_IN: usize = 10;

/// One cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Row {
    cause: &'static str,
    /// Trials that stopped by it.
    count: usize,
    /// Trials in which movement went on: each is a fault of the daemon.
    went_on_count: usize,
    /// Trials that something else spoilt.
    spoilt_count: usize,
    /// How long nobody tells it, by the daemon's settings.
    untold_ms: f64,
    /// From the cause to the last movement received: median, p99, worst.
    physical_ms: Option<[f64; 3]>,
    /// From the first message that carried it: median, p99, worst.
    told_ms: Option<[f64; 3]>,
    /// Worst physical time that holds.
    limit_ms: f64,
    /// Whether it held; `None`: never tried.
    holds: Option<bool>,
}

impl Row {
    /// Whether all stopped within `limit_ms` of the cause, but for a few spoilt ones. `None`: never tried.
    fn holds_within(&self, limit_ms: f64) -> Option<bool> {
        let tried_count = self.count + self.went_on_count + self.spoilt_count;
        let is_in_time = self.physical_ms.is_some_and(|[.., worst_ms]| worst_ms <= limit_ms);
        let is_measured = self.spoilt_count * SPOILT_ONE_IN <= tried_count;
        (tried_count > 0).then_some(self.went_on_count == 0 && is_in_time && is_measured)
    }
}

/// All causes, under the plan by which they can be repeated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    seed: u64,
    /// As a rig file spells it.
    line: String,
    busy: bool,
    realtime: bool,
    parallel: usize,
    causes: Vec<Row>,
    /// Time between setpoints while homing: median of the medians.
    gap_median_ms: Option<f64>,
    /// The longest of all.
    gap_longest_ms: Option<f64>,
}

impl Table {
    pub(super) fn new(trials: &[Trial], plan: &Plan) -> Table {
        let (longest_ms, mut medians_ms): (Vec<f64>, Vec<f64>) =
            trials.iter().filter_map(|trial| trial.gap_ms).unzip();
        medians_ms.sort_by(f64::total_cmp);
        let reaction_ms = LIMITS_MS[usize::from(plan.busy)];
        Table {
            seed: plan.seed,
            line: match plan.line {
                Line::Udp => "udp".into(),
                Line::Tcp => "tcp".into(),
                Line::Pty { baud } => format!("pty:{baud}"),
            },
            busy: plan.busy,
            realtime: plan.realtime,
            parallel: plan.parallel,
            causes: plan.causes().iter().map(|cause| row(*cause, trials, reaction_ms)).collect(),
            gap_median_ms: medians_ms.get(medians_ms.len() / 2).copied(),
            gap_longest_ms: longest_ms.into_iter().max_by(f64::total_cmp),
        }
    }

    /// Whether setpoints came in time, and every cause that was tried stopped them within `limit_ms`; one that nobody tells,
    /// within that much more than nobody tells it.
    pub fn holds(&self, limit_ms: f64) -> bool {
        let mut verdicts = self.causes.iter().filter_map(|row| row.holds_within(row.untold_ms + limit_ms));
        // Nothing measured holds nothing.
        let is_tried = self.causes.iter().any(|row| row.holds.is_some());
        is_tried && verdicts.all(|holds| holds) && self.gap_holds()
    }

    /// A table without a gap has no homing in it.
    fn gap_holds(&self) -> bool {
        self.gap_longest_ms.is_some_and(|gap_ms| gap_ms <= GAP_MAX_MS)
    }
}

/// `reaction_ms`: the worst time of a cause that is told at once.
fn row(cause: Cause, trials: &[Trial], reaction_ms: f64) -> Row {
    let outcomes = || trials.iter().filter(|trial| trial.cause == cause).map(|trial| trial.outcome);
    let stopped = || {
        outcomes().filter_map(|outcome| match outcome {
            Outcome::Stopped { physical_ms, told_ms } => Some((physical_ms, told_ms)),
            Outcome::WentOn | Outcome::Spoilt => None,
        })
    };
    let (physical_ms, told_ms): (Vec<f64>, Vec<f64>) = stopped().unzip();
    let count = |wanted: Outcome| outcomes().filter(|outcome| *outcome == wanted).count();
    let untold_ms = cause.traits().untold_us as f64 / 1e3;
    let limit_ms = untold_ms + reaction_ms;
    let row = Row {
        cause: cause.traits().name,
        count: physical_ms.len(),
        went_on_count: count(Outcome::WentOn),
        spoilt_count: count(Outcome::Spoilt),
        untold_ms,
        physical_ms: spread(physical_ms),
        told_ms: spread(told_ms),
        limit_ms,
        holds: None,
    };
    Row { holds: row.holds_within(limit_ms), ..row }
}

/// Median, p99 and worst.
fn spread(mut times_ms: Vec<f64>) -> Option<[f64; 3]> {
    times_ms.sort_by(f64::total_cmp);
    let count = times_ms.len();
    let at = |ratio: f64| times_ms[((count as f64 * ratio).ceil() as usize).clamp(1, count) - 1];
    (count > 0).then(|| [at(0.5), at(0.99), at(1.0)])
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
            "limit",
            "holds",
            "after it was told, ms: median",
            "p99",
            "worst",
        ]);
        let ms = |time: Option<f64>| time.map_or("—".to_owned(), |ms| format!("{ms:.1}"));
        let spread = |times: Option<[f64; 3]>| [0, 1, 2].map(|which| ms(times.map(|times| times[which])));
        let yes = |holds: bool| if holds { "yes" } else { "NO" };
        for row in &self.causes {
            let counts = [row.count, row.went_on_count, row.spoilt_count].map(|count| count.to_string());
            let untold = if row.untold_ms > 0.0 { format!("{:.0} ms", row.untold_ms) } else { String::new() };
            let held = [format!("{:.0}", row.limit_ms), row.holds.map_or("—", yes).to_owned()];
            let first = [&[row.cause.to_owned()], &counts[..], &[untold]].concat();
            drawn.add_row([&first, &spread(row.physical_ms)[..], &held, &spread(row.told_ms)].concat());
        }
        for column in drawn.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{drawn}")?;
        let machine = if self.busy { "all cores busy with other work" } else { "no other work" };
        let untried: Vec<&str> =
            self.causes.iter().filter(|row| row.holds.is_none()).map(|row| row.cause).collect();
        if !untried.is_empty() {
            writeln!(f, "never tried: {}", untried.join(", "))?;
        }
        write!(
            f,
            "time between setpoints while homing: median {} ms, longest {} ms (limit {GAP_MAX_MS:.0} ms, holds: {}); \
             {} daemons at once over {}, {machine}, seed {}",
            ms(self.gap_median_ms),
            ms(self.gap_longest_ms),
            yes(self.gap_holds()),
            self.parallel,
            self.line,
            self.seed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(causes: &[Cause]) -> Plan {
        let (line, causes) = (Line::Udp, causes.to_vec());
        Plan { trials: 4, parallel: 1, line, busy: false, realtime: false, seed: 3, causes }
    }

    fn trial(cause: Cause, outcome: Outcome) -> Trial {
        Trial { cause, outcome, gap_ms: Some((120.0, 100.0)) }
    }

    fn stopped(cause: Cause, ms: f64) -> Trial {
        trial(cause, Outcome::Stopped { physical_ms: ms, told_ms: ms / 2.0 })
    }

    #[test]
    fn what_did_not_stop_is_no_time() {
        let plan = plan(&[Cause::Disarm]);
        let mut trials: Vec<Trial> = (1..=200).map(|ms| stopped(Cause::Disarm, f64::from(ms))).collect();
        let table = Table::new(&trials, &plan);
        assert_eq!(table.causes[0].physical_ms, Some([100.0, 198.0, 200.0]));
        assert!(table.holds(200.0) && !table.holds(199.0), "from the cause itself");
        trials.push(trial(Cause::Disarm, Outcome::WentOn));
        trials.push(trial(Cause::Disarm, Outcome::Spoilt));
        let table = Table::new(&trials, &plan);
        let row = &table.causes[0];
        assert_eq!((row.count, row.went_on_count, row.spoilt_count), (200, 1, 1));
        assert!(!table.holds(1e9), "a daemon that goes on is no quick one");
        assert!(!Table::new(&[], &plan).holds(1e9), "nothing measured holds nothing");
        assert!(table.to_string().contains("longest 120.0 ms"), "{table}");
    }

    #[test]
    fn the_row_that_fails_says_so() {
        let plan = plan(&[Cause::Disarm, Cause::UnplugSilent, Cause::LinkCut, Cause::GpsLost]);
        let trials = [
            stopped(Cause::Disarm, 101.0),
            stopped(Cause::UnplugSilent, 600.0),
            stopped(Cause::LinkCut, 601.0),
        ];
        let table = Table::new(&trials, &plan);
        let verdicts: Vec<_> = table.causes.iter().map(|row| (row.limit_ms, row.holds)).collect();
        let wanted = [(100.0, Some(false)), (600.0, Some(true)), (600.0, Some(false)), (300.0, None)];
        assert_eq!(verdicts, wanted);
        assert!(!table.holds(100.0) && table.holds(101.0), "what was never tried is no failure");
        assert!(table.to_string().contains("never tried: GPS fix lost\n"), "{table}");
        let busy = Table::new(&trials, &Plan { busy: true, ..plan });
        assert_eq!(busy.causes[0].limit_ms, 250.0);
        assert!(busy.holds(250.0));
    }

    #[test]
    fn at_most_a_tenth_may_be_spoilt() {
        let plan = plan(&[Cause::Disarm]);
        let mut trials = vec![stopped(Cause::Disarm, 5.0); 9];
        trials.push(trial(Cause::Disarm, Outcome::Spoilt));
        assert!(Table::new(&trials, &plan).holds(100.0));
        trials.push(trial(Cause::Disarm, Outcome::Spoilt));
        assert!(!Table::new(&trials, &plan).holds(100.0));
    }

    #[test]
    fn rare_setpoints_do_not_hold() {
        let plan = plan(&[Cause::Disarm]);
        let with_gap = |ms| Trial { gap_ms: Some((ms, 100.0)), ..stopped(Cause::Disarm, 5.0) };
        assert!(Table::new(&[with_gap(300.0)], &plan).holds(100.0));
        let table = Table::new(&[with_gap(301.0)], &plan);
        assert!(!table.holds(100.0));
        assert!(table.to_string().contains("longest 301.0 ms (limit 300 ms, holds: NO)"), "{table}");
    }
}
