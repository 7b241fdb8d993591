//! `skyhound-rig hearing`: how weak each emission is heard, beside the ideal detectors.

use super::{Count, Failure, print, table, write};
use crate::hearing::{Curve, emissions};
use crate::judge::plot;
use comfy_table::Table;
use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Which emissions; all without.
    emissions: Vec<String>,
    /// Trials at each step of 1 dB.
    #[arg(long, default_value_t = 40)]
    trials: u32,
    /// Hours of noise in which false alarms are counted.
    #[arg(long, default_value_t = 1.0)]
    noise_hours: f64,
    /// Seed of the first trial.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// JSON to stdout instead of the table.
    #[arg(long)]
    json: bool,
    /// Folder for a curve of each emission as SVG.
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let Args { emissions: names, trials, noise_hours, seed, json, plot } = args;
    let known = emissions();
    if let Some(unknown) = names.iter().find(|name| known.iter().all(|known| known.name != name.as_str())) {
        let all: Vec<&str> = known.iter().map(|known| known.name).collect();
        return Err(Failure::Usage(format!("{unknown}: no such emission; there are {}", all.join(", "))));
    }
    if trials == 0 {
        return Err(Failure::Usage("--trials 0 hears nothing; write 1 or more".into()));
    }
    let chosen = known.iter().filter(|known| names.is_empty() || names.iter().any(|name| name == known.name));
    let count = Count::new(format!("{trials} at each step"));
    let curves: Vec<Curve> =
        chosen.map(|emission| emission.curve(trials, noise_hours, seed, &|done| count.tell(done))).collect();
    drop(count);
    if let Some(folder) = plot {
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for curve in &curves {
            write(&folder.join(format!("{}.svg", curve.name)), &plot::heard_svg(curve))?;
        }
    }
    if json {
        let json = serde_json::to_string_pretty(&curves).map_err(|error| error.to_string())?;
        return print(&format!("{json}\n"));
    }
    print(&format!("{}\n", rows(&curves)))
}

fn rows(curves: &[Curve]) -> Table {
    let mut table = table([
        "emission",
        "in s",
        "C/N0 at 0.9, dB-Hz",
        "ideal told all",
        "over it",
        "ideal that searches",
        "over it",
        "read at 0.9",
        "readings and pulses alone",
        "false alarms",
    ]);
    for curve in curves {
        let db = |value: Option<f64>| value.map_or("more".into(), |value| format!("{value:.1}"));
        let over = |ideal_db_hz: f64| db(curve.ours_db_hz.map(|ours| ours - ideal_db_hz));
        let strongest = curve.points.last();
        let alone = strongest.map_or(String::new(), |point| {
            format!("{:.0} % at {:.0}", 100.0 * point.without_hearings, point.cn0_db_hz)
        });
        table.add_row([
            format!("{}: {}", curve.name, curve.about),
            format!("{:.0}", curve.seconds),
            db(curve.ours_db_hz),
            format!("{:.1}", curve.ideal_db_hz),
            over(curve.ideal_db_hz),
            format!("{:.1} ({:.0e} cells)", curve.ideal_searching_db_hz, curve.cells),
            over(curve.ideal_searching_db_hz),
            if curve.points.iter().any(|point| point.read.is_some()) {
                db(curve.read_db_hz)
            } else {
                String::new()
            },
            alone,
            format!("{} in {} h", curve.false_alarms, curve.noise_hours),
        ]);
    }
    table
}
