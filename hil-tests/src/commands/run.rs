//! `skyhound-rig run SCENARIO…`: scenarios flown on rigs, one after the other, judged, and shown.
//!
//! A verdict table goes to stdout; `verdict.json`, `junit.xml` and a page with plots for each flight go to a folder, with
//! whatever a flight leaves. Each failure is shown with the command that flies it again. A flight that breaks off (an engine
//! that panics, a daemon that does not start) fails, and the others still fly. Ctrl-C ends the flight that is in the air; what
//! was flown before is judged and written.

mod progress;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use skyhound_host::signals;

use super::{Failure, found, print, quoted};
use crate::flight::NotFlown;
use crate::judge::{self, Flown, Outcome, Verdict, json, junit, plot, table};
use crate::rig::Rig;
use crate::scenario::{self, Scenario};
use crate::shared::panic_words;
use crate::watch::Watcher;
use progress::Progress;

/// Up to so many flights each gets a page; of more, only those that failed.
const PAGES_MAX: usize = 50;

/// Arguments of `skyhound-rig run`.
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
struct Plan<'a> {
    scenario: Scenario,
    rig: &'a Rig,
    seed: u64,
    repeat: String,
}

/// Flies, judges, writes, shows.
///
/// # Errors
/// Wrong use; a folder that cannot be written; a flight that failed; the end by a signal.
pub fn run(args: Args) -> Result<(), Failure> {
    let mut rigs =
        args.rigs.iter().map(|rig| Rig::find(rig)).collect::<Result<Vec<_>, _>>().map_err(Failure::Usage)?;
    if args.set_parameters {
        rigs.iter_mut().for_each(Rig::set_parameters);
    }
    let scenarios = scenarios(&args.scenarios)?;
    std::fs::create_dir_all(&args.out).map_err(|error| format!("{}: {error}", args.out.display()))?;
    let stop = signals::watch().map_err(|error| format!("no signals: {error}"))?;

    let plans = plans(&args, &rigs, &scenarios).map_err(Failure::Usage)?;
    let mut flown = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        if stop.load(Ordering::Acquire) {
            break;
        }
        let mut progress = Progress::new(Arc::clone(&stop), format!("[{}/{}]", index + 1, plans.len()), plan);
        let pages = plans.len() <= PAGES_MAX;
        flown.push(fly(plan, &args.out, pages, &mut progress)?);
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
    if was_stopped {
        return Err(Failure::Failed(format!(
            "ended by a signal after {} of {} flights",
            flown.len(),
            plans.len()
        )));
    }
    let is_ignored = |flown: &Flown| matches!(flown.verdict.outcome, Outcome::Ignored { .. });
    if !flown.is_empty() && flown.iter().all(is_ignored) {
        let why = "no flight was flown: each was ignored; the table says what it needs";
        return Err(Failure::Failed(why.into()));
    }
    match flown.iter().filter(|flown| flown.verdict.outcome == Outcome::Failed).count() {
        0 => Ok(()),
        failed => Err(Failure::Failed(format!("{failed} of {} flights failed", flown.len()))),
    }
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
                let sets = if args.set_parameters { " --set-parameters" } else { "" };
                let repeat = format!(
                    "skyhound-rig run {} --rig {}{sets} --seed {seed}",
                    quoted(name),
                    quoted(rig_name)
                );
                plans.push(Plan { scenario: scenario.clone(), rig, seed, repeat });
            }
        }
    }
    Ok(plans)
}

fn fly(plan: &Plan<'_>, out: &Path, page_always: bool, watcher: &mut dyn Watcher) -> Result<Flown, Failure> {
    let Plan { scenario, rig, seed, repeat } = plan;
    let name = format!("{}-{seed}-{}", scenario.name, rig.name);
    let began = Instant::now();
    let (verdict, trace) = attempt(plan, &out.join(&name), watcher);
    let took_s = began.elapsed().as_secs_f64();
    let page = out.join(&name).with_extension("html");
    let page = match (&trace, page_always || verdict.outcome == Outcome::Failed) {
        (Some(trace), true) => {
            write(&page, &plot::html(scenario, trace, &verdict, repeat))?;
            Some(page)
        }
        _ => None,
    };
    Ok(Flown { took_s, page, ..Flown::new(scenario, rig, *seed, verdict, repeat.clone()) })
}

/// Flies it. What breaks off is a failure of this flight alone.
fn attempt(
    plan: &Plan<'_>,
    folder: &Path,
    watcher: &mut dyn Watcher,
) -> (Verdict, Option<crate::trace::Trace>) {
    let Plan { scenario, rig, seed, .. } = plan;
    let flight = AssertUnwindSafe(|| rig.fly(scenario, *seed, folder, watcher));
    match catch_unwind(flight) {
        Ok(Ok(trace)) => (judge::verdict(scenario, &trace, rig.depth), Some(trace)),
        Ok(Err(NotFlown::Ignored(needs))) => (Verdict::ignored(needs), None),
        Ok(Err(NotFlown::Failed(why))) => (Verdict::broken(why), None),
        Err(panic) => (Verdict::broken(format!("it panicked: {}", panic_words(&*panic))), None),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
