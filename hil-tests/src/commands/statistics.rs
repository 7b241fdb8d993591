//! `skyhound-rig statistics`: how often, how near and how fast a scenario's beacon is found, against three baselines, beside what could be known at all.

use super::{Count, Failure, found, pace, print, say};
use crate::shared::cpu_s;
use crate::statistics::{report, table};

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

pub fn run(args: Args) -> Result<(), Failure> {
    let Args { scenario, flights, seed, json, threads } = args;
    if flights == 0 {
        return Err(Failure::Usage("--flights 0 flies nothing; write 1 or more".into()));
    }
    let scenario = found(&scenario)?;
    let (begun_s, count) = (cpu_s(), Count::new(format!("{flights} seeds")));
    let seed = seed.unwrap_or(scenario.seed);
    let report = report(&scenario, seed, flights, usize::from(threads), &|done| count.tell(done))?;
    drop(count);
    if json {
        let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
        print(&format!("{json}\n"))?;
    } else {
        print(&table::text(&report))?;
    }
    say(&format!("{}, all policies", pace(report.flown_s, begun_s)));
    Ok(())
}
