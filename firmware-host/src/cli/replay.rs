//! `skyhound replay FILE`: fly a flight again, from what its passes were given: compared, asked what if, written anew, or played.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::failure::{print, say};
use super::progress::Progress;
use super::query::not_whole;
use super::{Failure, SettingsArgs, duration, homes, play};
use crate::clock::Clock;
use crate::replay::player::Speed;
use crate::replay::results::{self, Results};
use crate::replay::summary::{self, Summary};
use crate::replay::{self, Both, Flown, Replay};
use crate::store::{Chain, Compared, Comparison, Remade, Remaking};
use crate::version::VERSION;

/// Arguments of `skyhound replay`.
#[derive(Clone, Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["verify", "asked", "into", "speed", "control"])))]
pub struct Args {
    /// The flight file; it is only read. One that continues another is replayed with those before it, which lie in the same folder
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Compare all that the passes derive with what the flight kept, bit by bit; exit code 1 where it differs
    #[arg(long, conflicts_with_all = ["asked", "into", "speed", "control"])]
    pub verify: bool,
    /// What if this had been the setting: section.key=value over the flight's, for example analytics.trigger_db=9; of analytics, antenna,
    /// homing, interlock and search
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub asked: Vec<String>,
    /// Write it all into a new flight file: what the passes were given as it is, what they derive as they make it now (without --set:
    /// as this version makes it)
    #[arg(long, value_name = "NEW.duckdb", conflicts_with_all = ["until", "speed", "control"])]
    pub into: Option<PathBuf>,
    /// End here, seconds of the flight's clock
    #[arg(long, value_name = "SECONDS", value_parser = duration::second, conflicts_with_all = ["speed", "control"])]
    pub until: Option<f64>,
    /// Play it: 1x as it was flown, 10x, 0.5x, or max; what happens comes as JSON lines
    #[arg(long, value_name = "SPEED")]
    pub speed: Option<Speed>,
    /// Play it, led by lines on stdin: play, pause, step [PASSES], seek SECONDS, speed 10x, where, quit
    #[arg(long)]
    pub control: bool,
    /// Compute it again, also where the result of the same flight, settings and program is known
    #[arg(long)]
    pub again: bool,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// What `--verify` found.
#[derive(Debug, Serialize, Deserialize)]
struct Verified {
    flown_by: String,
    flown: Flown,
    compared: Vec<Compared>,
    took_s: f64,
}

/// What `--set` found.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    flown: Summary,
    asked: Summary,
    cut: Option<String>,
}

/// Replays.
///
/// # Errors
/// A file that cannot be read or replayed; with `--verify` one that differs.
pub fn run(args: Args) -> Result<(), Failure> {
    let reserve_mb = SettingsArgs::default().disk_reserve_mb()?;
    let is_played = args.speed.is_some() || args.control;
    let is_kept = args.into.is_none() && !is_played;
    let _shown = (!is_played).then(Progress::begin);
    let chain = if is_kept {
        Chain::open_hashed(&args.file, reserve_mb)
    } else {
        Chain::open(&args.file, reserve_mb)
    }?;
    let outcome = match &args.into {
        _ if is_played => play::run(&chain, &args.asked, args.speed, args.control),
        Some(into) => make(&args, &chain, into, reserve_mb),
        None if args.verify => verify(&args, &chain),
        None => ask(&args, &chain),
    };
    outcome?;
    chain.unread().map_or(Ok(()), |(path, why)| not_whole(path, Some(why)))
}

/// The result, found or computed; as it is read back, so that both are the same.
fn known<T: Serialize + DeserializeOwned>(
    args: &Args,
    chain: &Chain,
    compute: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let told = replay::settings(chain, &args.asked)?;
    let what = format!("{} until {:?}", if args.verify { "verify" } else { "what if" }, args.until);
    let results = homes::cache().map(|cache| Results::at(cache.join("replays")));
    let Some((results, key)) = results.zip(results::key(chain, &what, &told)) else { return compute() };
    if !args.again
        && let Some((result, computed_utc_us)) = results.find(&key)
    {
        let at = jiff::Timestamp::from_microsecond(computed_utc_us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
        say(&format!(
            "found: computed at {at} of the same bytes and settings by the same program; --again computes it anew"
        ));
        return Ok(result);
    }
    let result = compute()?;
    results.keep(&key, &result);
    Ok(results.find(&key).map_or(result, |(result, _)| result))
}

fn verify(args: &Args, chain: &Chain) -> Result<(), Failure> {
    let verified = known(args, chain, || {
        let clock = Clock::start();
        let mut replay = Replay::new(chain, &[])?;
        let mut comparison = Comparison::read(chain)?;
        let flown = replay.fly(until_us(args), &mut comparison);
        let compared = comparison.finish(flown.cut.is_some()).map_err(Failure::Failed)?;
        Ok(Verified { flown_by: replay.flown_by, flown, compared, took_s: clock.now().0 as f64 / 1e6 })
    })?;
    let different = different(&verified.compared);
    if args.json {
        let mut value = verified_json(args, &verified);
        value["different"] = json!(different);
        print(&format!("{value:#}\n"))?;
    } else {
        print(&told(args, &verified))?;
    }
    if different == 0 {
        return Ok(());
    }
    let who = match verified.flown_by.as_str() {
        VERSION => "the same version".to_string(),
        other => format!("another version: {other}, and this is {VERSION}"),
    };
    Err(Failure::Failed(format!("{}: {different} rows differ, of a flight by {who}", args.file.display())))
}

fn different(compared: &[Compared]) -> usize {
    compared.iter().map(|one| one.different_count).sum()
}

fn verified_json(args: &Args, verified: &Verified) -> Value {
    let Verified { flown_by, flown, compared, took_s } = verified;
    json!({
        "file": args.file, "flown_by": flown_by, "replayed_by": VERSION, "passes": flown.pass_count,
        "readings": flown.reading_count, "seconds": flown.seconds, "took_s": took_s, "cut": flown.cut, "tables": compared,
    })
}

fn told(args: &Args, verified: &Verified) -> String {
    let Verified { flown_by, flown: Flown { pass_count, reading_count, seconds, cut }, compared, took_s } =
        verified;
    let mut text = format!(
        "{}: {pass_count} passes, {reading_count} readings, {seconds:.1} s in {took_s:.2} s ({:.0} × real time)\n\
         flown by skyhound {flown_by}, replayed by {VERSION}\n",
        args.file.display(),
        seconds / took_s.max(1e-6),
    );
    // Writing to a String cannot fail.
    if let Some(cut) = cut {
        let _ = writeln!(text, "ends before the flight does: {cut}");
    }
    for one in compared.iter().filter(|one| one.made_count + one.kept_count > 0) {
        let mut verdict = match one.different_count {
            0 => "the same".to_string(),
            count => format!("{count} differ"),
        };
        if !one.lacking.is_empty() {
            let _ = write!(verdict, " (the flight has no {})", one.lacking.join(", "));
        }
        let _ = writeln!(text, "  {:<16} {:>9} rows  {verdict}", one.table, one.made_count);
        for difference in &one.differences {
            let _ = writeln!(text, "    {difference}");
        }
    }
    text
}

fn summed(args: &Args, chain: &Chain, sets: &[String]) -> Result<(Summary, Flown), Failure> {
    let mut summary = Summary::default();
    let flown = Replay::new(chain, sets)?.fly(until_us(args), &mut summary);
    Ok((summary, flown))
}

fn ask(args: &Args, chain: &Chain) -> Result<(), Failure> {
    let asked = known(args, chain, || {
        let (asked, Flown { cut, .. }) = summed(args, chain, &args.asked)?;
        Ok(Asked { asked, flown: summed(args, chain, &[])?.0, cut })
    })?;
    say_cut(args, asked.cut.as_deref().filter(|_| args.until.is_none()));
    if args.json {
        let value =
            json!({ "file": args.file, "set": args.asked, "flown": asked.flown, "asked": asked.asked });
        return print(&format!("{value:#}\n"));
    }
    print(&summary::table(&asked.flown, &asked.asked))
}

fn say_cut(args: &Args, cut: Option<&str>) {
    if let Some(cut) = cut {
        say(&format!("{}: the replay ends before the flight does: {cut}", args.file.display()));
    }
}

/// Into a new file, beside what it was: with `--set` the two in few numbers, without it what differs from what the flight kept.
fn make(args: &Args, chain: &Chain, into: &Path, reserve_mb: u32) -> Result<(), Failure> {
    let clock = Clock::start();
    let was = if args.asked.is_empty() { None } else { Some(summed(args, chain, &[])?.0) };
    let mut replay = Replay::new(chain, &args.asked)?;
    let mut remaking = Remaking::begin(chain, into, reserve_mb)?;
    let (mut comparison, mut summary) = (Comparison::read(chain)?, Summary::default());
    let beside: &mut dyn skyhound::record::Sink =
        if args.asked.is_empty() { &mut comparison } else { &mut summary };
    let flown = replay.fly(None, &mut Both(&mut remaking, beside));
    say_cut(args, flown.cut.as_deref());
    let mut settings = std::mem::take(&mut replay.settings);
    settings.extend(flown.cut.clone().map(|cut| ("replayed.cut".to_string(), cut)));
    let remade = remaking.finish(&settings)?;
    if !remade.left.is_empty() {
        say(&format!("{}: not taken over: {}", args.file.display(), remade.left.join(", ")));
    }
    let took_s = clock.now().0 as f64 / 1e6;
    let (mut value, text) = if let Some(was) = was {
        let value = json!({ "file": args.file, "set": args.asked, "flown": was, "asked": summary });
        (value, summary::table(&was, &summary))
    } else {
        let compared = comparison.finish(flown.cut.is_some()).map_err(Failure::Failed)?;
        let verified = Verified { flown_by: replay.flown_by, flown, compared, took_s };
        let mut value = verified_json(args, &verified);
        value["different"] = json!(different(&verified.compared));
        (value, told(args, &verified))
    };
    if args.json {
        value["into"] = json!(remade);
        return print(&format!("{value:#}\n"));
    }
    let Remade { path, row_count, input_count, .. } = &remade;
    print(&format!("{text}{}: {row_count} rows, {input_count} of them taken over\n", path.display()))
}

fn until_us(args: &Args) -> Option<u64> {
    args.until.map(|until_s| (until_s * 1e6) as u64)
}
