//! `skyhound __open FILE`: what a flying skyhound has done in a process of its own with the file of one that died.

use std::path::PathBuf;

use super::Failure;
use super::failure::print;
use crate::store;

/// Arguments of `skyhound __open`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Give up what is damaged, and keep it beside the file
    #[arg(long)]
    pub salvage: bool,
    /// Give up all that is not in the file itself
    #[arg(long, requires = "salvage")]
    pub without_wal: bool,
    /// The file.
    pub file: PathBuf,
}

/// Replays the file's WAL into it; what was lost goes to stdout.
///
/// # Errors
/// As [`store::recover`] and [`store::salvage`].
pub fn run(args: &Args) -> Result<(), Failure> {
    store::step_back();
    if !args.salvage {
        return Ok(store::recover(&args.file)?);
    }
    match store::salvage(&args.file, !args.without_wal)? {
        Some(lost) => print(&format!("{lost}\n")),
        None => Ok(()),
    }
}
