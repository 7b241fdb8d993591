//! `skyhound-rig statistics`: how often, how near and how fast beacons are found, against three baselines, beside what could be known at all.

use super::{Count, Failure, found, pace, print, say};
use crate::engine::Level;
use crate::scenario::world::Antenna;
use crate::shared::cpu_s;
use crate::statistics::beacon::Sent;
use crate::statistics::journal::Journal;
use crate::statistics::{Plan, Report, limits, report, table};
use clap::ValueEnum;
use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Names of scenarios, or their files.
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Beacons in place of each scenario's own, in flights of 10 minutes: all of them in one table.
    #[arg(long, value_delimiter = ',')]
    beacon: Vec<Sent>,
    /// What is heard with in place of each scenario's own.
    #[arg(long)]
    antenna: Option<Antenna>,
    /// How many flights of each policy.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    flights: u64,
    /// Seed of the first; the others follow it. Without it the scenario's own.
    #[arg(long)]
    seed: Option<u64>,
    /// Ask the oracle, which takes long, of each N-th seed.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    oracle_every: u64,
    /// Keep what landed in this file, and do not fly again what is in it.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// JSON to stdout instead of the table.
    #[arg(long)]
    json: bool,
    /// CSV to stdout instead of the table.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Threads. The results are the same for any number. Without it one for each processor.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: Option<u8>,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let plans = plans(&args)?;
    let journal = args.journal.as_deref().map(Journal::open).transpose()?.unwrap_or_default();
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.map_or_else(cores, usize::from);
    let mut reports: Vec<Report> = Vec::new();
    for plan in &plans {
        let named =
            [plan.scenario.name.as_str()].into_iter().chain(plan.beacon).collect::<Vec<_>>().join(", ");
        let count = Count::new(format!("{} seeds of {named}", plan.flights));
        let begun_s = cpu_s();
        let report = report(plan, threads, &journal, &|done| count.tell(done))?;
        drop(count);
        let each_s = (cpu_s() - begun_s) / plan.flights as f64;
        let thousand_h = each_s * 1e3 / 3_600.0 / threads as f64;
        let pace = pace(report.flown_s, begun_s);
        say(&format!(
            "{named}: {each_s:.1} s of a core a seed, {pace}; 1000 seeds in {thousand_h:.1} h of {threads} cores"
        ));
        reports.push(report);
    }
    if args.json {
        let json = serde_json::to_string_pretty(&reports).map_err(|error| error.to_string())?;
        print(&format!("{json}\n"))?;
    } else if args.csv {
        print(&table::csv(&reports))?;
    } else if let [report] = &reports[..] {
        print(&table::text(report))?;
    } else {
        print(&table::many(&reports))?;
    }
    Ok(())
}

/// Each world with each beacon.
fn plans(args: &Args) -> Result<Vec<Plan>, Failure> {
    let mut plans = Vec::new();
    for name in &args.scenarios {
        let mut scenario = found(name)?;
        if let Some(antenna) = args.antenna {
            scenario.world.receiver.antenna = antenna;
            let named = antenna.to_possible_value();
            scenario.name += &named.map_or(String::new(), |named| format!(" by {}", named.get_name()));
        }
        let plan = |mut scenario: crate::scenario::Scenario, sent: Option<Sent>| {
            if sent.is_some() {
                // To the end: nobody takes it home.
                (scenario.duration_s, scenario.operator.lands_after_s) = (limits::LAST_S, None);
            }
            Plan {
                seed: args.seed.unwrap_or(scenario.seed),
                scenario,
                beacon: sent.map(Sent::name),
                level: sent.map_or(Level::Readings, Sent::level),
                flights: args.flights,
                oracle_every: args.oracle_every,
            }
        };
        if args.beacon.is_empty() {
            plans.push(plan(scenario, None));
        } else {
            plans.extend(args.beacon.iter().map(|sent| plan(sent.in_world(&scenario), Some(*sent))));
        }
    }
    Ok(plans)
}
