//! `skyhound archive FILE… --to FOLDER`: flights as Parquet files, checked row for row.

use std::path::PathBuf;

use super::failure::say;
use super::progress::Progress;
use super::{Failure, SettingsArgs, backup, homes};
use crate::settings::Flags;
use crate::store;

/// Arguments of `skyhound archive`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: what stays free on the disk of the flights.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Folder of the archive, or s3://BUCKET/PATH (gs, az, https, file): each flight becomes date=YYYY-MM-DD/flight=NAME/TABLE.parquet in it
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// Remove a flight file once its archive is on the disk and was found to have all its rows
    #[arg(long)]
    pub free: bool,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Archives.
///
/// # Errors
/// A flight that cannot be archived, or only in part, or may not be removed.
pub fn run(args: Args) -> Result<(), Failure> {
    let reserve_mb = args.settings.load(&Flags::default())?.recorder.disk_reserve_mb;
    let shown = Progress::begin();
    let (mut told, mut failed) = (Vec::new(), 0);
    for (index, file) in args.files.iter().enumerate() {
        shown.item(file, index, args.files.len());
        if store::has_uncopied_iq(file) {
            let folder = store::iq_folder(file);
            say(&format!("{}: IQ is not archived; `skyhound backup` copies it", folder.display()));
        }
        if let Some(url) = args.to.to_str().filter(|url| store::is_url(url)) {
            match store::archive_to(file, url, &homes::state()?, args.free, reserve_mb) {
                Ok(archived) => {
                    failed += u32::from(archived.unread.is_some());
                    backup::receipt(file, &archived);
                    told.push(archived);
                }
                Err(error) => {
                    failed += 1;
                    say(&format!("skyhound: {error}"));
                }
            }
            continue;
        }
        let archived = store::archive(file, &args.to, reserve_mb);
        let freed = archived.and_then(|archived| {
            failed += u32::from(archived.unread.is_some());
            told.push(archived.clone());
            backup::receipt(file, &archived);
            if args.free { store::free(file, &archived, reserve_mb) } else { Ok(()) }
        });
        if let Err(error) = freed {
            failed += 1;
            say(&format!("skyhound: {error}"));
        }
    }
    drop(shown);
    backup::tell(&told, args.json)?;
    match failed {
        0 => Ok(()),
        count => Err(Failure::Failed(format!("{count} of the flights are not kept as asked"))),
    }
}
