//! `skyhound query FILE SQL`: any question to a flight file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Failure, SettingsArgs};
use crate::store::{self, Format, StoreError};

/// Arguments of `skyhound query`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: a flight being recorded is copied, and the copy leaves `recorder.disk_reserve_mb` free.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight file; it is only read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Question in SQL, for example "select count(*) from reading"
    #[arg(value_name = "SQL")]
    pub sql: String,
    /// Form of the answer
    #[arg(long, default_value = "table", value_name = "table|csv|json|parquet")]
    pub format: Format,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// Answers.
///
/// # Errors
/// A file that cannot be read, SQL that is wrong or writes, an output that takes no more.
pub fn run(args: Args) -> Result<(), Failure> {
    match &args.output {
        Some(path) => {
            let file = File::create(path).map_err(|error| Failure::doing(path.display(), error))?;
            answer(&args, path, BufWriter::new(file))
        }
        None => answer(&args, Path::new("stdout"), BufWriter::new(std::io::stdout().lock())),
    }
}

fn answer(args: &Args, to: &Path, mut out: impl Write) -> Result<(), Failure> {
    store::query(&args.file, &args.sql, args.format, args.settings.disk_reserve_mb()?, &mut out)?;
    Ok(out.flush().map_err(StoreError::io(to, "cannot write"))?)
}
