//! `skyhound report FILE`: a flight in one page.

use std::path::PathBuf;

use super::failure::print;
use super::query::not_whole;
use super::{Failure, SettingsArgs};

/// Arguments of `skyhound report`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: a flight being recorded is copied, and the copy leaves `recorder.disk_reserve_mb` free.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight file; it is only read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Prints the report.
///
/// # Errors
/// A file that cannot be read, or only in part.
pub fn run(args: Args) -> Result<(), Failure> {
    let report = crate::report::report(&args.file, args.settings.disk_reserve_mb()?)?;
    let text = if args.json { format!("{:#}\n", report.to_json()) } else { report.to_text() };
    let printed = print(&text);
    // First of the flight: that its reader has enough of the report is no reason to be silent about it.
    not_whole(&args.file, report.unread)?;
    printed
}
