//! `skyhound-rig run SCENARIO…`: scenarios flown on rigs, one after the other, judged, and shown.
//!
//! A verdict table goes to stdout; `verdict.json`, `junit.xml` and a page with plots for each flight go to a folder, with
//! whatever a flight leaves. Each failure is shown with the command that flies it again. A flight that breaks off (an engine
//! that panics, a daemon that does not start) fails, and the others still fly. Ctrl-C ends the flight that is in the air; what
//! was flown before is judged and written.

use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::{Failure, begin, found, print, quoted, write};
use crate::flight::NotFlown;
use crate::judge::{self, Flown, Outcome, Verdict, json, junit, plot, table};
use crate::rig::Rig;
use crate::scenario::{self, Scenario};
use crate::shared::panic_words;
use crate::trace::{SignalRow, Trace, TruthRow};
use crate::watch::Watcher;

/// Up to so many flights each gets a page; of more, only those that failed.
const PAGES_MAX: usize = 50;
/// Rows from drawing to drawing of the line in the air: 10 Hz rows, 2 Hz drawings.
const ROWS: u32 = 5;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Names of scenarios (`skyhound-rig list`) or paths of their files; `all` = every one
    #[arg(value_name = "SCENARIO", required = true)]
    pub scenarios: Vec<String>,
    /// A rig to fly them on: engine, software, serial, tcp or the path of a rig file; may be given again
    #[arg(long = "rig", value_name = "RIG", default_value = "engine")]
    pub rigs: Vec<String>,
    /// Seed of the first flight [default: the scenario's]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Fly each this many times, each with the next seed
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Set what someone else's autopilot needs set for a flight, as set_parameters = true in a rig file does
    #[arg(long)]
    pub set_parameters: bool,
    /// Folder for verdict.json, junit.xml, the pages and what the flights leave
    #[arg(long, value_name = "DIR", default_value = "flights/rig")]
    pub out: PathBuf,
}

/// One flight to come.
pub(super) struct Plan<'a> {
    scenario: Scenario,
    rig: &'a Rig,
    seed: u64,
    repeat: String,
}

impl<'a> Plan<'a> {
    /// `names`: how scenario and rig were asked for.
    pub fn new(names: [&str; 2], scenario: &Scenario, rig: &'a Rig, seed: u64, sets: bool) -> Plan<'a> {
        let ([scenario_name, rig_name], sets) =
            (names.map(quoted), if sets { " --set-parameters" } else { "" });
        let repeat = format!("skyhound-rig run {scenario_name} --rig {rig_name}{sets} --seed {seed}");
        Plan { scenario: scenario.drawn(seed), rig, seed, repeat }
    }
}

pub fn run(args: Args) -> Result<(), Failure> {
    let rigs: Result<Vec<Rig>, String> = args.rigs.iter().map(|rig| Rig::find(rig)).collect();
    let mut rigs = rigs.map_err(Failure::Usage)?;
    if args.set_parameters {
        rigs.iter_mut().for_each(Rig::set_parameters);
    }
    let scenarios = scenarios(&args.scenarios)?;
    let stop = begin(&args.out)?;
    let plans = plans(&args, &rigs, &scenarios).map_err(Failure::Usage)?;
    let mut flown = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        if stop.load(Ordering::Acquire) {
            break;
        }
        let mut progress = Progress::new(Arc::clone(&stop), format!("[{}/{}]", index + 1, plans.len()), plan);
        flown.push(fly(plan, &args.out, plans.len() <= PAGES_MAX, &mut progress)?.0);
    }
    let was_stopped = stop.load(Ordering::Acquire);
    if was_stopped {
        // Its verdict would be about where it was cut off.
        flown.pop();
    }
    write(&args.out.join("verdict.json"), &json::text(&flown)?)?;
    write(&args.out.join("junit.xml"), &junit::xml(&flown)?)?;
    print(&table::text(&flown))?;
    print(&format!("files: {}\n", args.out.display()))?;
    let is_ignored = |flown: &Flown| matches!(flown.verdict.outcome, Outcome::Ignored { .. });
    let failed = flown.iter().filter(|flown| flown.verdict.outcome == Outcome::Failed).count();
    Err(Failure::Failed(match failed {
        _ if was_stopped => format!("ended by a signal after {} of {} flights", flown.len(), plans.len()),
        _ if !flown.is_empty() && flown.iter().all(is_ignored) => {
            "no flight was flown: each was ignored; the table says what it needs".into()
        }
        0 => return Ok(()),
        failed => format!("{failed} of {} flights failed", flown.len()),
    }))
}

/// The scenarios by name or path, checked.
fn scenarios(names: &[String]) -> Result<Vec<(String, Scenario)>, Failure> {
    let each = |name: &String| match name.as_str() {
        "all" => scenario::list().map(str::to_owned).collect(),
        _ => vec![name.clone()],
    };
    names.iter().flat_map(each).map(|name| Ok((name.clone(), found(&name)?))).collect()
}

fn plans<'a>(
    args: &Args,
    rigs: &'a [Rig],
    scenarios: &[(String, Scenario)],
) -> Result<Vec<Plan<'a>>, String> {
    let mut plans = Vec::new();
    for (rig, rig_name) in rigs.iter().zip(&args.rigs) {
        for (name, scenario) in scenarios {
            let scenario = rig.adapted(scenario)?;
            let first = args.seed.unwrap_or(scenario.seed);
            for number in 0..u64::from(args.repeat) {
                let seed = first.wrapping_add(number);
                plans.push(Plan::new([name, rig_name], &scenario, rig, seed, args.set_parameters));
            }
        }
    }
    Ok(plans)
}

/// Flies and judges; a page where it failed, or `page_always`.
pub(super) fn fly(
    plan: &Plan<'_>,
    out: &Path,
    page_always: bool,
    watcher: &mut dyn Watcher,
) -> Result<(Flown, Option<Trace>), Failure> {
    let Plan { scenario, rig, seed, repeat } = plan;
    let folder = out.join(format!("{}-{seed}-{}", scenario.name, rig.name));
    let began = Instant::now();
    let (verdict, trace) = attempt(plan, &folder, watcher);
    let took_s = began.elapsed().as_secs_f64();
    let mut page = None;
    if let (Some(trace), true) = (&trace, page_always || verdict.outcome == Outcome::Failed) {
        let path = folder.with_extension("html");
        write(&path, &plot::html(scenario, trace, &verdict, repeat))?;
        page = Some(path);
    }
    let flown = Flown { took_s, page, ..Flown::new(scenario, rig, *seed, verdict, repeat.clone()) };
    Ok((flown, trace))
}

/// Flies it. What breaks off is a failure of this flight alone.
fn attempt(plan: &Plan<'_>, folder: &Path, watcher: &mut dyn Watcher) -> (Verdict, Option<Trace>) {
    let Plan { scenario, rig, seed, .. } = plan;
    let flight = AssertUnwindSafe(|| rig.fly(scenario, *seed, folder, watcher));
    match catch_unwind(flight) {
        Ok(Ok(trace)) => (judge::verdict(scenario, &trace, rig.depth), Some(trace)),
        Ok(Err(NotFlown::Ignored(needs))) => (Verdict::ignored(needs), None),
        Ok(Err(NotFlown::Failed(why))) => (Verdict::broken(why), None),
        Err(panic) => (Verdict::broken(format!("it panicked: {}", panic_words(&*panic))), None),
    }
}

/// One line on stderr about the flight in the air, on a terminal only; ends the flight when a signal came.
struct Progress {
    stop: Arc<AtomicBool>,
    on_terminal: bool,
    head: String,
    duration_s: f64,
    rows: u32,
}

impl Progress {
    fn new(stop: Arc<AtomicBool>, count: String, plan: &Plan<'_>) -> Progress {
        let head = format!("{count} {} seed {} on {}", plan.scenario.name, plan.seed, plan.rig.name);
        let on_terminal = std::io::stderr().is_terminal();
        let progress = Progress { stop, on_terminal, head, duration_s: plan.scenario.duration_s, rows: 0 };
        progress.draw("");
        progress
    }

    fn draw(&self, rest: &str) {
        self.overwrite(&format!("{}{rest}", self.head));
    }

    /// Nothing is lost where the line cannot be written.
    fn overwrite(&self, line: &str) {
        if self.on_terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.overwrite("");
    }
}

impl Watcher for Progress {
    fn row(&mut self, truth: &TruthRow, signal: &SignalRow, state: &str) {
        self.rows += 1;
        if self.rows % ROWS == 1 {
            let at_s = truth.pose.at_us as f64 / 1e6;
            let snr = signal.snr_db.map_or(String::new(), |snr_db| format!(", SNR {snr_db:.0} dB"));
            self.draw(&format!(": {at_s:.0} of {:.0} s, {state}, {}{snr}", self.duration_s, truth.mode));
        }
    }

    fn told(&mut self, what: &str) {
        // Before the first row someone else's aircraft is made ready, which takes a minute or two.
        if self.rows == 0 {
            self.draw(&format!(": {what}"));
        }
    }

    fn ends(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}
