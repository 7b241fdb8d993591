//! `skyhound query FILE SQL`: any question to a flight file. One that is being recorded is asked through the daemon's door, where
//! that is open to us; else a copy is taken here.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::failure::print;
use super::{Failure, SettingsArgs};
use crate::ctl::{self, Question, Questioned};
use crate::settings::Flags;
use crate::store::{self, Format, Recipe, StoreError};

/// Arguments of `skyhound query`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: where the daemon's socket is, and what a copy of a flight being recorded leaves free of its disk.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight file; it is only read
    #[arg(value_name = "FILE", required_unless_present = "cookbook")]
    pub file: Option<PathBuf>,
    /// Question in SQL, for example "select count(*) from reading"
    #[arg(value_name = "SQL", required_unless_present = "cookbook", conflicts_with = "cookbook")]
    pub sql: Option<String>,
    /// A question that is ready: which there are; the SQL of NAME; with FILE, its answer
    #[arg(long, num_args = 0..=1, default_missing_value = "", value_name = "NAME")]
    pub cookbook: Option<String>,
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
    let recipe = args.cookbook.as_deref().map(recipe).transpose()?;
    let asked = match (&args.file, &args.sql, recipe) {
        (Some(file), Some(sql), None) => (file.as_path(), sql.as_str()),
        (Some(file), _, Some(Some(recipe))) => (file.as_path(), recipe.sql),
        (None, _, Some(Some(recipe))) => return print(&format!("{}\n", recipe.sql)),
        _ => return print(&contents()),
    };
    let Some(path) = &args.output else {
        return answer(&args, asked, Path::new("stdout"), std::io::stdout().lock());
    };
    if store::is_part_of(path, asked.0) {
        let why = "that is the flight itself, or what belongs to it; name another output";
        return Err(Failure::Usage(format!("{}: {why}", path.display())));
    }
    answer(&args, asked, path, AtFirstByte { path, file: None })
}

/// The one of this name; `None` for none.
fn recipe(name: &str) -> Result<Option<Recipe>, Failure> {
    if name.is_empty() {
        return Ok(None);
    }
    let unknown =
        || Failure::Usage(format!("--cookbook {name}: there is no such question; these are\n{}", contents()));
    store::cookbook().find(|recipe| recipe.name == name).map(Some).ok_or_else(unknown)
}

fn contents() -> String {
    store::cookbook().map(|recipe| format!("{:<12} {}\n", recipe.name, recipe.question)).collect()
}

fn answer(args: &Args, (file, sql): (&Path, &str), to: &Path, out: impl Write) -> Result<(), Failure> {
    let settings = args.settings.load(&Flags::default())?;
    let mut out = BufWriter::new(out);
    let is_answered = match door(file, settings.daemon.ctl_socket) {
        Some((door, file)) => by_door(&door, sql, args.format, Some(file), &mut out).map(|not| not.is_none()),
        None => Ok(false),
    };
    let reserve_mb = settings.recorder.disk_reserve_mb;
    let answered = is_answered.and_then(|is_answered| match is_answered {
        true => Ok(None),
        false => Ok(store::query(file, sql, args.format, reserve_mb, &mut out)?.unread),
    });
    let unread = match answered {
        Ok(unread) => unread,
        Err(failure) => {
            // The begin of an answer that was to come is not worth what is in its file already.
            let _ = out.into_parts();
            return Err(failure);
        }
    };
    let flushed = out.flush().map_err(StoreError::io(to, "cannot write"));
    // First of the flight: that its reader has enough of the answer is no reason to be silent about it.
    not_whole(file, unread)?;
    Ok(flushed?)
}

/// The socket of the daemon that may be recording `file`, and the file as that knows it.
pub fn door(file: &Path, socket: Option<PathBuf>) -> Option<(PathBuf, PathBuf)> {
    let real = file.canonicalize().ok().filter(|real| store::is_recorded(real))?;
    Some((socket.filter(|path| path.exists()).or_else(ctl::socket_found)?, real))
}

/// Asks the daemon behind `door`. `Some`: why it cannot tell, or is not for us; nothing is written then.
///
/// # Errors
/// It refused or the SQL is wrong, or `out` takes no more.
pub fn by_door(
    door: &Path,
    sql: &str,
    format: Format,
    file: Option<PathBuf>,
    out: &mut dyn Write,
) -> Result<Option<String>, Failure> {
    let question = Question { sql: sql.to_string(), format: format.name().to_string(), file };
    match ctl::query(door, question, out) {
        Ok(Questioned::Answered) => Ok(None),
        Ok(Questioned::Elsewhere(why)) => Ok(Some(why)),
        Ok(Questioned::Refused(why)) => Err(Failure::Failed(why)),
        Ok(Questioned::Behind) => Err(Failure::Failed("not all of it was answered".to_string())),
        Ok(Questioned::NotTaken(error)) => {
            Err(StoreError::io(Path::new("output"), "cannot write")(error).into())
        }
        Err(why) => Ok(Some(why)),
    }
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
