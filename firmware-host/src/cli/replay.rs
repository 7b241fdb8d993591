//! `skyhound replay FILE`: fly a flight again, from what its passes were given.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::duration::moment;
use super::failure::print;
use super::query::not_whole;
use super::{Failure, SettingsArgs};
use crate::clock::Clock;
use crate::replay::summary::{self, Summary};
use crate::replay::{Flown, Replay};
use crate::store::{Compared, Comparison, Flight, open_flight};

/// Arguments of `skyhound replay`.
#[derive(Clone, Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["verify", "asked"])))]
pub struct Args {
    /// The flight file; it is only read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Compare all that the passes derive with what the flight kept, bit by bit; exit code 1 where it differs
    #[arg(long)]
    pub verify: bool,
    /// What if this had been the setting: section.key=value over the flight's, for example analytics.trigger_db=9; of analytics, antenna,
    /// homing, interlock and search
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub asked: Vec<String>,
    /// End here, seconds of the flight's clock
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub until: Option<f64>,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Replays.
///
/// # Errors
/// A file that cannot be read or replayed; with `--verify` one that differs.
pub fn run(args: Args) -> Result<(), Failure> {
    let reserve_mb = SettingsArgs::default().disk_reserve_mb()?;
    let flight = open_flight(&args.file, reserve_mb)?;
    let outcome = if args.verify { verify(&args, &flight) } else { ask(&args, &flight) };
    outcome?;
    flight.unread.clone().map_or(Ok(()), |why| not_whole(&args.file, Some(why)))
}

fn verify(args: &Args, flight: &Flight) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut replay = Replay::new(flight, &args.file, &args.asked)?;
    let mut comparison = Comparison::read(flight, &args.file)?;
    let flown = replay.fly(until_us(args), &mut comparison);
    let compared = comparison.finish(flown.cut.is_some()).map_err(Failure::Failed)?;
    let took_s = clock.now().0 as f64 / 1e6;
    let different: usize = compared.iter().map(|one| one.different_count).sum();
    if args.json {
        let value = json!({
            "file": args.file, "flown_by": replay.flown_by, "replayed_by": env!("CARGO_PKG_VERSION"),
            "passes": flown.pass_count, "readings": flown.reading_count, "seconds": flown.seconds, "took_s": took_s,
            "cut": flown.cut, "different": different, "tables": compared,
        });
        print(&format!("{value:#}\n"))?;
    } else {
        print(&told(args, &replay, &flown, &compared, took_s))?;
    }
    if different == 0 {
        return Ok(());
    }
    let who =
        if replay.flown_by == env!("CARGO_PKG_VERSION") { "the same version" } else { "another version" };
    Err(Failure::Failed(format!("{}: {different} rows differ, of a flight by {who}", args.file.display())))
}

fn told(args: &Args, replay: &Replay, flown: &Flown, compared: &[Compared], took_s: f64) -> String {
    let Flown { pass_count, reading_count, seconds, cut } = flown;
    let ours = env!("CARGO_PKG_VERSION");
    let mut text = format!(
        "{}: {pass_count} passes, {reading_count} readings, {seconds:.1} s in {took_s:.2} s ({:.0} × real time)\n\
         flown by skyhound {}, replayed by {ours}\n",
        args.file.display(),
        seconds / took_s.max(1e-6),
        replay.flown_by,
    );
    // Writing to a String cannot fail.
    if let Some(cut) = cut {
        let _ = writeln!(text, "ends before the flight does: {cut}");
    }
    for one in compared.iter().filter(|one| one.made_count + one.kept_count > 0) {
        let verdict = match one.different_count {
            0 => "the same".to_string(),
            count => format!("{count} differ"),
        };
        let _ = writeln!(text, "  {:<16} {:>9} rows  {verdict}", one.table, one.made_count);
        for difference in &one.differences {
            let _ = writeln!(text, "    {difference}");
        }
    }
    text
}

fn ask(args: &Args, flight: &Flight) -> Result<(), Failure> {
    let summary = |sets: &[String]| -> Result<Summary, Failure> {
        let mut summary = Summary::default();
        Replay::new(flight, &args.file, sets)?.fly(until_us(args), &mut summary);
        Ok(summary)
    };
    let (asked, flown) = (summary(&args.asked)?, summary(&[])?);
    if args.json {
        let value = json!({ "file": args.file, "set": args.asked, "flown": flown, "asked": asked });
        return print(&format!("{value:#}\n"));
    }
    print(&summary::table(&flown, &asked))
}

fn until_us(args: &Args) -> Option<u64> {
    args.until.map(|until_s| (until_s * 1e6) as u64)
}

/// Seconds of the flight's clock.
pub fn seconds(text: &str) -> Result<f64, String> {
    moment(text, "of the flight's clock")
}
