//! `skyhound-rig timing`: how fast the daemon stops, measured at the autopilot's end of the line.

use super::{Count, Failure, print, say, write};
use crate::rig::{Autopilot, Rig};
use crate::timing::{self, Cause, Plan};
use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Trials in all, spread evenly over the causes
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub trials: u32,
    /// Daemons at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=32))]
    pub parallel: u32,
    /// The rig whose line is measured: software, serial, tcp, or the path of a rig file with a simulated autopilot
    #[arg(long, value_name = "RIG", default_value = "software")]
    pub rig: String,
    /// Keep every core busy with other work meanwhile
    #[arg(long)]
    pub busy: bool,
    /// Let the daemon ask for real-time scheduling, as it does in flight
    #[arg(long)]
    pub realtime: bool,
    /// Only these causes
    #[arg(long = "cause", value_name = "CAUSE")]
    pub causes: Vec<Cause>,
    /// Seed of order and moments
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Write the table as JSON to this file too
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let rig = Rig::find(&args.rig).map_err(Failure::Usage)?;
    let Autopilot::Simulated(line) = rig.autopilot else {
        return Err(Failure::Usage(format!("--rig {}: its autopilot is not simulated", args.rig)));
    };
    let plan = Plan {
        line,
        trials: args.trials as usize,
        parallel: args.parallel as usize,
        busy: args.busy,
        realtime: args.realtime,
        seed: args.seed,
        causes: args.causes,
    };
    let count = Count::new(format!("{} trials", args.trials));
    let progress = |done: usize| {
        count.tell(done as u64);
        if !count.on_terminal && done.is_multiple_of(100) {
            say(&format!("{done} of {}", count.of));
        }
    };
    let table = timing::measure(&plan, &progress)?;
    drop(count);
    print(&format!("{table}\n"))?;
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&table).map_err(|error| error.to_string())?;
        write(path, &(text + "\n"))?;
    }
    if !table.holds(timing::LIMITS_MS[usize::from(args.busy)]) {
        let why = "a row of the table does not hold, or setpoints came too far apart";
        return Err(Failure::Failed(why.into()));
    }
    Ok(())
}
