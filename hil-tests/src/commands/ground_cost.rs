//! `skyhound-rig ground-cost`: what the page and the reports cost, as a table.

use std::time::Duration;

use skyhound_host::cli::duration;

use super::{Failure, print, say, table};
use crate::ground_cost::{self, Number, Plan, Row};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How long each of its two flights is: 8s, 2m; half of the first with nobody who looks on, half with five
    #[arg(long = "for", value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    pub flown: Duration,
    /// Of how long a flight reports are made, which is a flight's rows over and over
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    pub reported: Duration,
    /// JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let rows = ground_cost::measure(&Plan { flown: args.flown, reported: args.reported }, &say)?;
    if args.json {
        let text = serde_json::to_string_pretty(&rows).map_err(|error| error.to_string())?;
        print(&format!("{text}\n"))?;
    } else {
        print(&told(&rows))?;
    }
    let missed: Vec<&str> = rows.iter().filter(|row| !row.holds()).map(|row| row.what.as_str()).collect();
    if missed.is_empty() {
        return Ok(());
    }
    let why = format!("beyond its goal: {}", missed.join("; "));
    // Goals are those of the release program.
    if cfg!(debug_assertions) {
        say(&format!("{why}; not judged in a debug build"));
        return Ok(());
    }
    Err(Failure::Failed(why))
}

fn told(rows: &[Row]) -> String {
    let mut table = table(["what", "measured", "at most"]);
    let text = |value: f64, unit: &str| match value {
        _ if value.abs() < 10.0 && value.fract() != 0.0 => format!("{value:.2} {unit}"),
        _ => format!("{value:.0} {unit}"),
    };
    for row in rows {
        let all = |of: &dyn Fn(&Number) -> Option<String>| {
            row.numbers.iter().filter_map(of).collect::<Vec<_>>().join(", ")
        };
        table.add_row([
            row.what.clone(),
            all(&|number| Some(text(number.value, number.unit))),
            all(&|number| Some(text(number.most?, number.unit))),
        ]);
    }
    format!("{table}\n")
}
