//! `skyhound query FILE SQL`: any question to a flight file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::MetadataExt;
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
/// A file that cannot be read, or only in part; SQL that is wrong or writes; an output that takes no more.
pub fn run(args: Args) -> Result<(), Failure> {
    match &args.output {
        Some(path) => {
            refuse_the_flight_itself(&args.file, path)?;
            let file = File::create(path).map_err(|error| Failure::doing(path.display(), error))?;
            answer(&args, path, BufWriter::new(file))
        }
        None => answer(&args, Path::new("stdout"), BufWriter::new(std::io::stdout().lock())),
    }
}

/// The output is emptied before the flight is read.
fn refuse_the_flight_itself(flight: &Path, output: &Path) -> Result<(), Failure> {
    let Ok(output_is) = std::fs::metadata(output) else { return Ok(()) };
    let is_same = |path: &Path| {
        std::fs::metadata(path)
            .is_ok_and(|flight| (flight.dev(), flight.ino()) == (output_is.dev(), output_is.ino()))
    };
    let side = |suffix: &str| {
        let mut path = flight.as_os_str().to_os_string();
        path.push(suffix);
        PathBuf::from(path)
    };
    if is_same(flight) || is_same(&side(".wal")) {
        return Err(Failure::Usage(format!(
            "{}: that is the flight itself; name another output",
            output.display()
        )));
    }
    Ok(())
}

fn answer(args: &Args, to: &Path, mut out: impl Write) -> Result<(), Failure> {
    let answered =
        store::query(&args.file, &args.sql, args.format, args.settings.disk_reserve_mb()?, &mut out)?;
    out.flush().map_err(StoreError::io(to, "cannot write"))?;
    not_whole(&args.file, answered.unread)
}

/// The rest was answered; that something is missing is a failure all the same.
pub fn not_whole(flight: &Path, unread: Option<String>) -> Result<(), Failure> {
    unread.map_or(Ok(()), |why| Err(Failure::Failed(format!("{}: {why}", flight.display()))))
}
