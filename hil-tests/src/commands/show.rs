//! `skyhound-rig show SCENARIO`: one flight for people: a map and the instruments as it goes, then verdict, report and files.
//!
//! In real time the real daemon flies; with `--fast` the engine flies in virtual time, and the same view plays what it did. On
//! a terminal a block of 80 × 24 characters is redrawn; elsewhere one line a second is said. The view goes to stderr, verdict and
//! report to stdout.

mod map;
mod view;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use super::run::{Plan, fly};
use super::{Failure, begin, found, print, say};
use crate::judge::{Outcome, table};
use crate::rig::{Depth, Rig};
use crate::trace::Trace;
use crate::{programs, watch};
use view::View;

/// How many times faster than it was a flight in virtual time is played.
const FAST: u32 = 20;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Name of a scenario (`skyhound-rig list`) or path of its file
    #[arg(value_name = "SCENARIO", default_value = "open_carrier")]
    pub scenario: String,
    /// The engine in virtual time, played 20 times faster, instead of the real daemon in real time
    #[arg(long, conflicts_with = "rig")]
    pub fast: bool,
    /// The rig to fly it on
    #[arg(long, value_name = "RIG", default_value = "software")]
    pub rig: String,
    /// Seed [default: the scenario's]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Folder for the page with plots and what the flight leaves
    #[arg(long, value_name = "DIR", default_value = "flights/show")]
    pub out: PathBuf,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let scenario = found(&args.scenario)?;
    let rig_name = if args.fast { "engine" } else { &args.rig };
    let rig = Rig::find(rig_name).map_err(Failure::Usage)?;
    let scenario = rig.adapted(&scenario).map_err(Failure::Usage)?;
    let stop = begin(&args.out)?;
    say(&format!("{}: {}", scenario.name, scenario.about));
    say(&format!("rig {}: {}", rig.name, rig.about));
    let seed = args.seed.unwrap_or(scenario.seed);
    let scenario = scenario.drawn(seed);
    let mut view = View::new(&scenario, Arc::clone(&stop));
    let plan = Plan::new([&args.scenario, rig_name], &scenario, &rig, seed, false);
    let (flown, trace) = fly(&plan, &args.out, true, &mut view)?;
    let (Some(trace), Some(page)) = (trace, &flown.page) else {
        return Err(Failure::Failed(match flown.verdict.outcome {
            Outcome::Ignored { needs } => format!("{} was not flown: it needs {needs}", scenario.name),
            _ => flown.verdict.failures().map(|check| check.measured.as_str()).collect(),
        }));
    };
    if rig.depth == Depth::A {
        watch::play(&trace, &mut view, &mut |us| std::thread::sleep(Duration::from_micros(us) / FAST));
    }
    drop(view);
    print(&format!("\n{}\n", table::text(std::slice::from_ref(&flown))))?;
    report(&trace)?;
    print(&files(page, &trace))?;
    match flown.verdict.outcome {
        Outcome::Failed => Err(Failure::Failed("the flight failed".into())),
        Outcome::Passed | Outcome::Ignored { .. } => Ok(()),
    }
}

fn is_flight_file(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "duckdb")
}

/// What `skyhound report` says of each flight file, as the ground crew would ask for it.
fn report(trace: &Trace) -> Result<(), Failure> {
    for file in trace.files.iter().filter(|file| is_flight_file(file)) {
        let program = programs::skyhound()?;
        print(&format!("skyhound report {}\n\n", file.display()))?;
        let done = Command::new(&program).arg("report").arg(file).status();
        let done = done.map_err(|error| format!("{}: {error}", program.display()))?;
        if !done.success() {
            return Err(Failure::Failed(format!("skyhound report {}: {done}", file.display())));
        }
        print("\n")?;
    }
    Ok(())
}

/// Where everything is, and what to do with it.
fn files(page: &Path, trace: &Trace) -> String {
    let mut text = format!("plots        {} (open it in a browser)\n", page.display());
    for file in &trace.files {
        let kind = if is_flight_file(file) { "flight file" } else { "file" };
        text += &format!("{kind:<12} {}\n", file.display());
    }
    match trace.files.iter().find(|file| is_flight_file(file)) {
        None => text + "flight file  none: in virtual time there is no host; fly without --fast for one\n",
        Some(file) => {
            text + &format!(
                "ask it       skyhound query {} \"select * from track limit 10\"\n",
                file.display()
            )
        }
    }
}
