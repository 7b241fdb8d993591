//! `skyhound import FILE… [--into FLIGHT]`: files of others, with an account in which nothing is dropped silently.
//!
//! Logs of autopilots and annotations of recordings are joined to a flight; PISAD's database and tables of telemetry become profiles and
//! flights.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::failure::{print, say};
use super::progress::Progress;
use super::{Failure, SettingsArgs, profile};
use crate::import::flights::{self, Request};
use crate::import::{self, Imported, logs};
use crate::profiles::Folder;
use crate::settings::Flags;
use crate::vehicle_log::row::Account;

/// Arguments of `skyhound import`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: what stays free on the disk of the flight, and where flights lie; for telemetry what it was a search for.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// DataFlash (.BIN), ULog, .tlog or SigMF annotations (.sigmf-meta), which --into joins to a flight; PISAD's database (SQLite) or a
    /// table of telemetry (CSV), which become profiles and flights
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The flight that they are of: it stays as it is, and NAME-joined.duckdb beside it gets their rows
    #[arg(long, value_name = "FLIGHT")]
    pub into: Option<PathBuf>,
    /// Folder in which flights are made; without it recorder.flights
    #[arg(long, value_name = "FOLDER")]
    pub flights: Option<PathBuf>,
    /// Put profiles in the place of those that are there
    #[arg(long)]
    pub replace: bool,
    /// Tell what would become of them, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    dry_run: bool,
    made: Option<&'a Path>,
    files: &'a [Imported],
}

/// Takes them.
///
/// # Errors
/// Anything that was refused; what was taken stays taken.
pub fn run(args: Args) -> Result<(), Failure> {
    let shown = Progress::begin();
    // Of files that are nothing known the account tells.
    let joined = |file: &PathBuf| import::kind(file).map_or(args.into.is_some(), |kind| kind.is_joined());
    let (logs, others): (Vec<PathBuf>, Vec<PathBuf>) = args.files.iter().cloned().partition(joined);
    let (made, mut files) = match (&args.into, logs.first(), others.first()) {
        (None, Some(log), _) => {
            let why = "is joined to a flight: name it with --into FLIGHT; `skyhound flights` lists them";
            return Err(Failure::Usage(format!("{}: {why}", log.display())));
        }
        (Some(_), _, Some(other)) => {
            let why = "becomes a flight of its own: name it without --into, and what is to be joined in another call";
            return Err(Failure::Usage(format!("{}: {why}", other.display())));
        }
        (Some(flight), ..) => logs::take(&logs, flight, args.settings.disk_reserve_mb()?, args.dry_run)?,
        (None, ..) => (None, Vec::new()),
    };
    files.extend(taken(&args, &others, &shown)?);
    drop(shown);
    if args.json {
        let told = Told { dry_run: args.dry_run, made: made.as_deref(), files: &files };
        let json = serde_json::to_string_pretty(&told)
            .map_err(|error| Failure::doing("cannot write JSON", error))?;
        print(&format!("{json}\n"))?;
    } else {
        print(&files.iter().map(text).collect::<String>())?;
        match &made {
            Some(made) => say(&format!("written to {}", made.display())),
            None if args.dry_run => say("nothing was written: --dry-run"),
            None if files.iter().any(|file| file.refused.is_none()) => {}
            None => say("nothing was written"),
        }
    }
    let refused: Vec<_> = files.iter().filter(|file| !file.is_whole()).collect();
    match refused.first() {
        None => Ok(()),
        Some(first) => Err(Failure::Failed(format!(
            "{} of {} files not taken in whole, {} first; see what was refused",
            refused.len(),
            files.len(),
            first.file.display()
        ))),
    }
}

/// Takes those that become profiles and flights.
fn taken(args: &Args, files: &[PathBuf], shown: &Progress) -> Result<Vec<Imported>, Failure> {
    let flags = Flags { flights: args.flights.clone(), ..Flags::default() };
    let settings = |under: &[String]| {
        let sets = under.iter().chain(&args.settings.sets).cloned().collect();
        SettingsArgs { sets, ..args.settings.clone() }.load(&flags)
    };
    let recorder = settings(&[])?.recorder;
    let request = Request {
        flights: &recorder.flights,
        reserve_mb: recorder.disk_reserve_mb,
        profiles: &Folder::of_environment(),
        settings: &settings,
        is_dry_run: args.dry_run,
        is_replacing: args.replace,
    };
    let take = |(index, file): (usize, &PathBuf)| {
        shown.item(file, index, files.len());
        flights::take(file, &request)
    };
    Ok(files.iter().enumerate().map(take).collect())
}

/// The account of a file, for people.
fn text(file: &Imported) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(text, "{}", file.file.display());
    if let Some(kind) = file.kind {
        let _ = write!(
            text,
            ": {}, {} bytes",
            serde_json::to_string(&kind).unwrap_or_default().trim_matches('"'),
            file.file_bytes
        );
    }
    if let Some(joined) = &file.joined {
        let spread = joined.spread_us.map_or("unknown".to_string(), |us| format!("{:.3} s", us as f64 / 1e6));
        let _ = write!(
            text,
            "\n  clock   log + {:.6} s, spread {spread}, by {}",
            joined.offset_us as f64 / 1e6,
            joined.method
        );
        if let Some(residual_m) = joined.residual_m {
            let _ = write!(text, " ({} parts, tracks {residual_m:.2} m apart)", joined.part_count);
        }
        if let Some(gps_us) = joined.by_gps_us.filter(|gps_us| *gps_us != joined.offset_us) {
            let _ = write!(text, "; GPS time alone {:+.3} s", (gps_us - joined.offset_us) as f64 / 1e6);
        }
        let _ = write!(text, "; {:.1} s common", joined.overlap_s);
    }
    text.push_str(&account(&file.account));
    for read in &file.profiles {
        let _ = write!(text, "\n  profile {}", profile::told(read).trim_end().replace('\n', "\n  "));
    }
    if let Some(made) = &file.made {
        let rows: Vec<_> = file.rows.iter().map(|(table, count)| format!("{table} {count}")).collect();
        let _ = write!(text, "\n  made    {}: {}", made.display(), rows.join(", "));
    }
    if let Some(why) = &file.refused {
        let _ = write!(text, "\n  nothing of it was taken: {why}");
    }
    text.push('\n');
    text
}

fn account(account: &Account) -> String {
    let mut text = String::new();
    if account.record_count == 0 {
        return text;
    }
    let _ = write!(
        text,
        "\n  records {} = {} taken + {} refused + {} left",
        account.record_count,
        account.taken_count,
        account.refused_count,
        account.left_count()
    );
    for (table, sums) in &account.sums {
        let _ = write!(text, "\n  taken   {table}: {} rows", sums.row_count);
    }
    for (why, count) in &account.changed {
        let _ = write!(text, "\n  changed {count}: {why}");
    }
    for refused in &account.refused {
        let _ = write!(text, "\n  refused {}: {}", refused.place, refused.why);
    }
    let more = account.refused_count - account.refused.len() as u64;
    if more > 0 {
        let _ = write!(text, "\n  refused {more} more");
    }
    let left: Vec<_> = account.left.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    if !left.is_empty() {
        let _ = write!(text, "\n  left    {}", left.join(", "));
    }
    text
}
