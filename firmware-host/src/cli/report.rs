//! `skyhound report FILE`: a flight in one page.

use std::path::PathBuf;

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
