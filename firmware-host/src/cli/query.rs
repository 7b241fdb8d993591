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
/// A file that cannot be read, or only in part; SQL that is wrong or writes; an output that takes no more.
pub fn run(args: Args) -> Result<(), Failure> {
    let Some(path) = &args.output else {
        return answer(&args, Path::new("stdout"), std::io::stdout().lock());
    };
    if store::is_part_of(path, &args.file) {
        let why = "that is the flight itself, or what belongs to it; name another output";
        return Err(Failure::Usage(format!("{}: {why}", path.display())));
    }
    answer(&args, path, AtFirstByte { path, file: None })
}

fn answer(args: &Args, to: &Path, out: impl Write) -> Result<(), Failure> {
    let mut out = BufWriter::new(out);
    let answered =
        match store::query(&args.file, &args.sql, args.format, args.settings.disk_reserve_mb()?, &mut out) {
            Ok(answered) => answered,
            Err(error) => {
                // The begin of an answer that was to come is not worth what is in its file already.
                let _ = out.into_parts();
                return Err(error.into());
            }
        };
    let flushed = out.flush().map_err(StoreError::io(to, "cannot write"));
    // First of the flight: that its reader has enough of the answer is no reason to be silent about it.
    not_whole(&args.file, answered.unread)?;
    Ok(flushed?)
}

/// A file that is emptied when there is something to put into it: what is there stays when the question is wrong.
struct AtFirstByte<'path> {
    path: &'path Path,
    file: Option<File>,
}

impl AtFirstByte<'_> {
    fn file(&mut self) -> std::io::Result<&mut File> {
        if self.file.is_none() {
            let named = |error: std::io::Error| {
                std::io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
            };
            self.file = Some(File::create(self.path).map_err(named)?);
        }
        self.file.as_mut().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}

impl Write for AtFirstByte<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file()?.write(bytes)
    }

    /// Also of an answer without a byte there is a file.
    fn flush(&mut self) -> std::io::Result<()> {
        self.file()?.flush()
    }
}

/// The rest was answered; that something is missing is a failure all the same.
pub fn not_whole(flight: &Path, unread: Option<String>) -> Result<(), Failure> {
    unread.map_or(Ok(()), |why| Err(Failure::Failed(format!("{}: {why}", flight.display()))))
}
