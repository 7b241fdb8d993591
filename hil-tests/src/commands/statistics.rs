//! `skyhound-rig statistics`: how often, how near and how fast a scenario's beacon is found, against two baselines.

use super::{Failure, found, print, say};
use crate::shared::cpu_s;
use crate::statistics::{report, table};
use std::io::{IsTerminal, Write};

/// Arguments of `skyhound-rig statistics`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Name of a scenario, or its file.
    scenario: String,
    /// How many flights of each policy.
    #[arg(long, default_value_t = 1_000)]
    flights: u64,
    /// Seed of the first; the others follow it. Without it the scenario's own.
    #[arg(long)]
    seed: Option<u64>,
    /// JSON to stdout instead of the table.
    #[arg(long)]
    json: bool,
    /// Threads. The results are the same for any number.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
}

/// Flies and prints.
pub fn run(args: Args) -> Result<(), Failure> {
    if args.flights == 0 {
        return Err(Failure::Usage("--flights 0 flies nothing; write 1 or more".into()));
    }
    let scenario = found(&args.scenario)?;
    let shows = std::io::stderr().is_terminal();
    let progress = |done: u64| {
        if shows {
            let _ = write!(std::io::stderr(), "\r{done} of {} seeds", args.flights);
        }
    };
    let begun_s = cpu_s();
    let seed = args.seed.unwrap_or(scenario.seed);
    let report = report(&scenario, seed, args.flights, usize::from(args.threads), &progress)?;
    if shows {
        say("");
    }
    match args.json {
        true => {
            let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
            print(&format!("{json}\n"))?;
        }
        false => print(&table::text(&report))?,
    }
    say(&format!("{:.0} × real time per core, all policies", report.flown_s / (cpu_s() - begun_s)));
    Ok(())
}
