//! `skyhound restore FROM [TO]`: a kept flight becomes a flight file again.

use std::path::PathBuf;

use super::progress::Progress;
use super::query::not_whole;
use super::{Failure, SettingsArgs, backup, homes};
use crate::settings::Flags;
use crate::store;

/// Arguments of `skyhound restore`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: where the flights are (`recorder.flights`), and what stays free there.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// A backup of a flight, or the folder date=…/flight=NAME of an archive; also in s3://BUCKET/PATH (gs, az, https, file)
    #[arg(value_name = "FROM")]
    pub from: PathBuf,
    /// Folder or file; without it recorder.flights
    #[arg(value_name = "TO")]
    pub to: Option<PathBuf>,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Brings it back.
///
/// # Errors
/// It cannot be read, says another thing than it did when it was kept, or another flight lies at its place.
pub fn run(args: Args) -> Result<(), Failure> {
    let shown = Progress::begin();
    shown.item(&args.from, 0, 1);
    let settings = args.settings.load(&Flags::default())?;
    let reserve_mb = settings.recorder.disk_reserve_mb;
    let to = args.to.unwrap_or(settings.recorder.flights);
    let url = args.from.to_str().filter(|url| store::is_url(url));
    // Of each URL a folder of its own, so that what was cut off goes on.
    let folder = |url: &str| homes::state().map(|state| state.join("fetched").join(folder_name(url)));
    let fetched = url.map(folder).transpose()?;
    let from = match url.zip(fetched.as_ref()) {
        Some((url, folder)) => store::fetch_from(url, folder, &homes::state()?)?,
        None => args.from.clone(),
    };
    let is_archive = store::is_archive(&from);
    let name = match from.file_name() {
        _ if is_archive => store::archived_file(&from)?,
        Some(name) => name.into(),
        None => {
            return Err(Failure::Usage(format!("{}: name a backup or an archived flight", from.display())));
        }
    };
    let to = if to.extension().is_some_and(|ending| ending == "duckdb") { to } else { to.join(name) };
    let restore = if is_archive { store::restore_archive } else { store::backup };
    let restored = restore(&from, &to, reserve_mb)?;
    if let Some(folder) = fetched {
        std::fs::remove_dir_all(&folder).map_err(|error| Failure::doing(folder.display(), error))?;
    }
    drop(shown);
    let unread = restored.unread.clone();
    backup::tell(&[restored], args.json)?;
    not_whole(&args.from, unread)
}

fn folder_name(url: &str) -> String {
    url.chars().map(|c| if c.is_ascii_alphanumeric() || ".=-".contains(c) { c } else { '_' }).collect()
}
