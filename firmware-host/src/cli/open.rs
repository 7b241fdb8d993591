//! `skyhound __open FILE`: what a flying skyhound has done in a process of its own with the file of one that died.

use std::path::PathBuf;

use super::Failure;
use super::failure::print;
use crate::realtime::give_way;
use crate::store;

/// 16 MB of WAL take 0.3 s and 100 MB.
const CPU_S: u64 = 60;
const MEMORY_MB: u64 = 1024;

/// Arguments of `skyhound __open`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Give up what is damaged, and keep it beside the file
    #[arg(long)]
    pub salvage: bool,
    /// Give up all that is not in the file itself
    #[arg(long, requires = "salvage")]
    pub without_wal: bool,
    /// Whose child this is
    #[arg(long)]
    pub parent: u32,
    /// The file.
    pub file: PathBuf,
}

/// Replays the file's WAL into it; what was lost goes to stdout.
///
/// # Errors
/// As [`store::recover`] and [`store::salvage`].
pub fn run(args: &Args) -> Result<(), Failure> {
    give_way(args.parent, CPU_S, MEMORY_MB << 20);
    if !args.salvage {
        return Ok(store::recover(&args.file)?);
    }
    match store::salvage(&args.file, !args.without_wal)? {
        Some(lost) => print(&format!("{lost}\n")),
        None => Ok(()),
    }
}
