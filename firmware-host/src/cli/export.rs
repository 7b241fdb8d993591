//! `skyhound export FILE FOLDER`: a flight for other programs.

use std::path::PathBuf;

use super::failure::print;
use super::progress::Progress;
use super::query::not_whole;
use super::{Failure, SettingsArgs};
use crate::store::{self, Tables};

/// Arguments of `skyhound export`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: what stays free on the disk of the flights.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight file; it is only read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Folder that is made
    #[arg(value_name = "FOLDER")]
    pub to: PathBuf,
    /// database and database-csv are for IMPORT DATABASE, csv and jsonl have all columns as a query tells them
    #[arg(long, default_value = "database", value_name = "database|database-csv|csv|jsonl")]
    pub format: Tables,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Writes it.
///
/// # Errors
/// A flight that cannot be read, or only in part; a folder that is there.
pub fn run(args: Args) -> Result<(), Failure> {
    let shown = Progress::begin();
    shown.item(&args.file, 0, 1);
    let exported = store::export(&args.file, &args.to, args.format, args.settings.disk_reserve_mb()?)?;
    drop(shown);
    let rows: u64 = exported.rows.values().sum();
    if args.json {
        let path = &exported.path;
        print(&format!(
            "{:#}\n",
            serde_json::json!({ "path": path, "rows": exported.rows, "unread": exported.unread })
        ))?;
    } else {
        let tables = exported.rows.len();
        print(&format!("{}: {rows} rows of {tables} tables\n", exported.path.display()))?;
    }
    not_whole(&args.file, exported.unread)
}
