//! `skyhound compact FILE…`: the same rows in smaller files.

use std::path::PathBuf;

use super::failure::{print, say};
use super::progress::Progress;
use super::{Failure, SettingsArgs};
use crate::store;

/// Arguments of `skyhound compact`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: what stays free on the disk of the flights.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight files that nobody is recording or reading
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Makes them smaller.
///
/// # Errors
/// One that is in use, or of which not all can be read: it stays as it is.
pub fn run(args: Args) -> Result<(), Failure> {
    let reserve_mb = args.settings.disk_reserve_mb()?;
    let shown = Progress::begin();
    let (mut told, mut failed) = (Vec::new(), 0);
    for (index, file) in args.files.iter().enumerate() {
        shown.item(file, index, args.files.len());
        match store::compact(file, reserve_mb) {
            Ok(compacted) => told.push(compacted),
            Err(error) => {
                failed += 1;
                say(&format!("skyhound: {error}"));
            }
        }
    }
    drop(shown);
    if args.json {
        print(&format!("{:#}\n", serde_json::json!(told)))?;
    }
    for compacted in told.iter().filter(|_| !args.json) {
        let [before, after] = [compacted.before_bytes, compacted.after_bytes].map(|bytes| bytes as f64 / 1e6);
        let path = compacted.path.display();
        print(&format!("{path}: {before:.2} MB, now {after:.2} MB, content {}\n", compacted.sha256))?;
    }
    match failed {
        0 => Ok(()),
        count => Err(Failure::Failed(format!("{count} of the flights are as they were"))),
    }
}
