//! `skyhound report FILE`: a flight in one page.

use std::path::PathBuf;

use super::Failure;
use super::failure::print;

/// Arguments of `skyhound report`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
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
/// A file that cannot be read.
pub fn run(args: Args) -> Result<(), Failure> {
    let report = crate::report::report(&args.file)?;
    if args.json {
        return print(&format!("{:#}\n", report.to_json()));
    }
    print(&report.to_text())
}
