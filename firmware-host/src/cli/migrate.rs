//! `skyhound migrate FILE…`: flight files of an earlier version → new ones of the present version beside them.

use std::path::PathBuf;

use super::failure::print;
use super::progress::Progress;
use super::{Failure, SettingsArgs};
use crate::store::{self, Migrated};

/// Arguments of `skyhound migrate`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: what stays free on the disk of the flights.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight files of an earlier version; they stay as they are
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// JSON lines instead of text
    #[arg(long)]
    pub json: bool,
}

/// Makes them.
///
/// # Errors
/// The first that cannot be: nothing is made of it.
pub fn run(args: Args) -> Result<(), Failure> {
    let reserve_mb = args.settings.disk_reserve_mb()?;
    let shown = Progress::begin();
    for (index, file) in args.files.iter().enumerate() {
        shown.item(file, index, args.files.len());
        let migrated = store::migrate(file, reserve_mb)?;
        if args.json {
            let json = serde_json::to_string(&migrated)
                .map_err(|error| Failure::doing("cannot write JSON", error))?;
            print(&format!("{json}\n"))?;
        } else {
            print(&text(&migrated))?;
        }
    }
    Ok(())
}

fn text(migrated: &Migrated) -> String {
    let Migrated { from, from_version, to, to_version, row_count, sha256, lacking, kept, made } = migrated;
    let mut text = format!(
        "{}: version {from_version} to {to_version}, {row_count} rows, all the same ({sha256})\n",
        from.display()
    );
    for (what, names) in [("lacked", lacking), ("kept", kept), ("made of its rows", made)] {
        if !names.is_empty() {
            text.push_str(&format!("  {what}: {}\n", names.join(", ")));
        }
    }
    text.push_str(&format!("  {}\n", to.display()));
    text
}
