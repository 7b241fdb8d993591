//! `skyhound-rig record-trial`: the whole life of a record, step by step.

use std::path::PathBuf;
use std::time::Duration;

use skyhound_host::cli::duration;

use super::{Failure, print, say, table};
use crate::record_trial::{self, Plan, STALL, Step};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How long it flies, besides 10 s of a stalled disk: 20s, 3m, 1h; at least 5s
    #[arg(long = "for", value_name = "DURATION", default_value = "3m", value_parser = flown)]
    pub flown: Duration,
    /// Folder for all that is made; must have no flights in it. Without it a folder that vanishes
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

fn flown(text: &str) -> Result<Duration, String> {
    let flown = duration::parse(text)?;
    if flown < Duration::from_secs(5) { Err("write at least 5s".into()) } else { Ok(flown) }
}

pub fn run(args: Args) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(|error| format!("a folder for the trial: {error}"))?;
    let out = args.out.unwrap_or_else(|| folder.path().to_owned());
    let plan = Plan { flown: args.flown, out };
    let tell = |step: &Step| {
        let fault = step.fault.as_ref().map_or(String::new(), |fault| format!(": FAULT: {fault}"));
        say(&format!("{} ({:.1} s){fault}", step.what, step.took_s));
    };
    say(&format!("flies for {} s and {} s of a stalled disk", plan.flown.as_secs_f64(), STALL.as_secs()));
    let steps = record_trial::live(&plan, &tell)?;
    if args.json {
        let text = serde_json::to_string_pretty(&steps).map_err(|error| error.to_string())?;
        print(&format!("{text}\n"))?;
    } else {
        print(&told(&steps))?;
    }
    match steps.iter().filter(|step| step.fault.is_some()).count() {
        0 => Ok(()),
        count => Err(Failure::Failed(format!("{count} of {} steps have a fault", steps.len()))),
    }
}

fn told(steps: &[Step]) -> String {
    let mut table = table(["step", "rows", "content", "time", "size", "peak", "late", "dropped", ""]);
    let count = |count: Option<u64>| count.map_or(String::new(), |count| count.to_string());
    for step in steps {
        table.add_row([
            step.what.clone(),
            count(step.row_count),
            step.hash.as_ref().map_or(String::new(), |hash| hash.chars().take(12).collect()),
            format!("{:.1} s", step.took_s),
            step.size_bytes.map_or(String::new(), |bytes| format!("{:.2} MB", bytes as f64 / 1e6)),
            step.peak_mb.map_or(String::new(), |peak_mb| format!("{peak_mb:.0} MB")),
            count(step.late_count),
            count(step.dropped_count),
            step.fault.as_ref().map_or("ok".into(), |fault| format!("FAULT: {fault}")),
        ]);
    }
    let notes = steps.iter().filter(|step| !step.told.is_empty());
    let notes: Vec<String> = notes.map(|step| format!("{}: {}\n", step.what, step.told)).collect();
    format!("{table}\n\n{}", notes.concat())
}
