//! `skyhound backup FILE… DEST`: copies of flights elsewhere, checked before they are called good.

use std::path::{Path, PathBuf};

use super::failure::{print, say};
use super::progress::Progress;
use super::{Failure, SettingsArgs, homes};
use crate::clock::system_utc_us;
use crate::settings::Flags;
use crate::store::{self, Backed, FlightState, Outcome, Receipt};

/// Arguments of `skyhound backup`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: where the flights are (`recorder.flights`), and what stays free on their disk.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight files, also one being recorded, and last where they are copied to: a folder, or s3://BUCKET/PATH (gs, az, https, file)
    #[arg(value_name = "FILE… DEST", required = true)]
    pub paths: Vec<PathBuf>,
    /// All flights of recorder.flights; then only the folder is named
    #[arg(long)]
    pub all: bool,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Copies.
///
/// # Errors
/// A flight that cannot be copied, or only in part; the others are.
pub fn run(args: Args) -> Result<(), Failure> {
    let Some((folder, files)) = args.paths.split_last() else { return Ok(()) };
    let settings = args.settings.load(&Flags::default())?;
    if args.all != files.is_empty() {
        let usage = "write `skyhound backup FILE… FOLDER`, or `skyhound backup --all FOLDER`";
        return Err(Failure::Usage(usage.to_string()));
    }
    let url = folder.to_str().filter(|url| store::is_url(url)).map(String::from);
    if folder.is_file() {
        return Err(Failure::Usage(format!(
            "{}: that is a file; name a folder to copy to",
            folder.display()
        )));
    }
    let (mut told, mut failed) = (Vec::new(), 0);
    let files = if args.all { all(&settings.recorder.flights, &mut failed)? } else { files.to_vec() };
    let shown = Progress::begin();
    for (index, file) in files.iter().enumerate() {
        shown.item(file, index, files.len());
        let Some(name) = file.file_name() else { continue };
        let reserve_mb = settings.recorder.disk_reserve_mb;
        let kept = match &url {
            Some(url) => store::backup_to(file, url, &homes::state()?, reserve_mb),
            None => store::backup(file, &folder.join(name), reserve_mb),
        };
        match kept {
            Ok(backed) => {
                failed += u32::from(backed.unread.is_some());
                receipt(file, &backed);
                told.push(backed);
            }
            Err(error) => {
                failed += 1;
                say(&format!("skyhound: {error}"));
            }
        }
    }
    drop(shown);
    tell(&told, args.json)?;
    match failed {
        0 => Ok(()),
        count => Err(Failure::Failed(format!("{count} of the flights are not kept in whole"))),
    }
}

/// Writes beside the flight that all of it lies elsewhere too, by which `[retention]` may let it go.
pub fn receipt(file: &Path, backed: &Backed) {
    if backed.is_live || backed.unread.is_some() || !file.exists() {
        return;
    }
    let iq_folder = store::iq_folder(file);
    let of_iq = backed.iq.as_ref().map(|iq| (iq_folder.as_path(), &iq.folder, &iq.sha256));
    for (of, place, sha256) in [(file, &backed.path, &backed.content.sha256)].into_iter().chain(of_iq) {
        let written = Receipt::of(of, &place.to_string_lossy(), sha256, system_utc_us())
            .and_then(|receipt| receipt.add(of));
        if let Err(error) = written {
            say(&format!("skyhound: the copy is good, but its receipt is not written: {error}"));
        }
    }
}

/// Every flight there is; those that do not open are told.
fn all(folder: &Path, failed: &mut u32) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in store::flights(folder)? {
        match entry.state {
            FlightState::Quarantined | FlightState::Damaged { .. } | FlightState::Newer { .. } => {
                *failed += 1;
                say(&format!("skyhound: {}: {}, not copied", entry.path.display(), entry.state.name()));
            }
            _ => files.push(entry.path),
        }
    }
    if files.is_empty() && *failed == 0 {
        say(&format!("no flights in {}", folder.display()));
    }
    Ok(files)
}

/// Tells what was copied.
///
/// # Errors
/// Nobody reads it.
pub fn tell(all: &[Backed], as_json: bool) -> Result<(), Failure> {
    if as_json {
        let values: Vec<_> = all.iter().map(to_json).collect();
        return print(&format!("{:#}\n", serde_json::Value::from(values)));
    }
    all.iter().try_for_each(|backed| print(&format!("{}\n", to_text(backed))))
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Made => "copied",
        Outcome::Renewed => "copied anew",
        Outcome::AlreadyThere => "was there",
    }
}

fn to_text(backed: &Backed) -> String {
    let live = if backed.is_live { ", still being recorded" } else { "" };
    let unread = backed.unread.as_ref().map_or(String::new(), |why| format!("; NOT WHOLE: {why}"));
    let iq = backed.iq.as_ref().map_or(String::new(), |iq| {
        format!(
            "; {} files of IQ, {:.2} MB, in {}",
            iq.file_count,
            iq.bytes as f64 / 1e6,
            iq.folder.display()
        )
    });
    format!(
        "{}: {}, {} rows, {:.2} MB, content {}{live}{iq}{unread}",
        backed.path.display(),
        word(backed.outcome),
        backed.content.row_count(),
        backed.file_bytes as f64 / 1e6,
        &backed.content.sha256,
    )
}

fn to_json(backed: &Backed) -> serde_json::Value {
    serde_json::json!({
        "path": backed.path,
        "outcome": word(backed.outcome),
        "rows": backed.content.row_count(),
        "file_bytes": backed.file_bytes,
        "content_sha256": backed.content.sha256,
        "is_live": backed.is_live,
        "unread": backed.unread,
        "iq": backed.iq,
    })
}
