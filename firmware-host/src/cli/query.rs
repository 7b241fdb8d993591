//! `skyhound query FILE SQL`: any question to a flight file; `skyhound query --all SQL`: to all flights. One file that is being recorded
//! is asked through the daemon's door, where that is open to us; else a copy is taken here.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::failure::{print, say};
use super::{Failure, SettingsArgs};
use crate::ctl::{self, Question, Questioned};
use crate::settings::{Flags, Settings};
use crate::store::{self, Format, Recipe, StoreError};

/// Arguments of `skyhound query`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: where the daemon's socket is, and what a copy of a flight being recorded leaves free of its disk.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight file; it is only read
    #[arg(value_name = "FILE", required_unless_present_any = ["all", "cookbook"])]
    pub file: Option<PathBuf>,
    /// Ask all flights at once, in recorder.flights or --in: each table and view has a column flight
    #[arg(long)]
    pub all: bool,
    /// With --all: flight files, folders and archives to look in, each flight once; may be given several times
    #[arg(long = "in", value_name = "PLACE", requires = "all")]
    pub places: Vec<PathBuf>,
    /// Question in SQL, for example "select count(*) from reading"
    #[arg(value_name = "SQL", required_unless_present_any = ["all", "cookbook"], conflicts_with = "cookbook")]
    pub sql: Option<String>,
    /// A question that is ready: which there are; the SQL of NAME; with FILE, its answer
    #[arg(long, num_args = 0..=1, default_missing_value = "", value_name = "NAME")]
    pub cookbook: Option<String>,
    /// Form of the answer
    #[arg(long, default_value = "table", value_name = "table|csv|json|jsonl|parquet")]
    pub format: Format,
    /// The same as --format json; of --cookbook alone the questions
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

impl Args {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// Answers.
///
/// # Errors
/// A file that cannot be read, or only in part; SQL that is wrong or writes; an output that takes no more.
pub fn run(args: Args) -> Result<(), Failure> {
    let recipe = args.cookbook.as_deref().map(recipe).transpose()?;
    let asked = match (&args.file, &args.sql, recipe) {
        (_, _, Some(None)) if args.json => return print(&format!("{:#}\n", contents_json())),
        (_, _, Some(None)) => return print(&contents()),
        // The one word beside --all is the question.
        (Some(sql), None, None) if args.all => Asked { file: None, sql: sql.to_string_lossy().into_owned() },
        (Some(file), ..) if args.all => {
            let why = "--all asks all flights: leave the file out, or --all";
            return Err(Failure::Usage(format!("{}: {why}", file.display())));
        }
        (file, Some(sql), None) => Asked { file: file.clone(), sql: sql.clone() },
        (None, _, Some(Some(recipe))) if !args.all && args.json => {
            return print(&format!("{:#}\n", recipe_json(&recipe)));
        }
        (None, _, Some(Some(recipe))) if !args.all => return print(&format!("{}\n", recipe.sql)),
        (file, _, Some(Some(recipe))) => Asked { file: file.clone(), sql: recipe.sql.to_string() },
        _ => {
            let why =
                "the question is missing; for example: \"select * from detections\", or --cookbook NAME";
            return Err(Failure::Usage(why.to_string()));
        }
    };
    let Some(path) = &args.output else {
        return answer(&args, &asked, Path::new("stdout"), std::io::stdout().lock());
    };
    if asked.file.as_ref().is_some_and(|file| store::is_part_of(path, file)) {
        let why = "that is the flight itself, or what belongs to it; name another output";
        return Err(Failure::Usage(format!("{}: {why}", path.display())));
    }
    answer(&args, &asked, path, AtFirstByte { path, file: None })
}

/// A question; to all flights without a file.
struct Asked {
    file: Option<PathBuf>,
    sql: String,
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

fn contents_json() -> serde_json::Value {
    store::cookbook().map(|recipe| recipe_json(&recipe)).collect()
}

fn recipe_json(recipe: &Recipe) -> serde_json::Value {
    serde_json::json!({ "name": recipe.name, "question": recipe.question, "sql": recipe.sql })
}

fn answer(args: &Args, asked: &Asked, to: &Path, out: impl Write) -> Result<(), Failure> {
    let mut out = BufWriter::new(out);
    let unread = match ask(args, asked, &mut out) {
        Ok(unread) => unread,
        Err(failure) => {
            // The begin of an answer that was to come is not worth what is in its file already.
            let _ = out.into_parts();
            return Err(failure);
        }
    };
    let flushed = out.flush().map_err(StoreError::io(to, "cannot write"));
    // First of the flight: that its reader has enough of the answer is no reason to be silent about it.
    unread.map_or(Ok(()), |why| Err(Failure::Failed(why)))?;
    Ok(flushed?)
}

/// What could not be read.
fn ask(args: &Args, asked: &Asked, out: &mut dyn Write) -> Result<Option<String>, Failure> {
    let settings = args.settings.load(&Flags::default())?;
    let reserve_mb = settings.recorder.disk_reserve_mb;
    let Some(file) = &asked.file else { return ask_all(args, settings, &asked.sql, out) };
    if let Some((door, file)) = door(file, settings.daemon.ctl_socket)
        && by_door(&door, &asked.sql, args.format(), Some(file), out)?.is_none()
    {
        return Ok(None);
    }
    let answered = store::query(file, &asked.sql, args.format(), reserve_mb, out)?;
    Ok(answered.unread.map(|why| format!("{}: {why}", file.display())))
}

fn ask_all(
    args: &Args,
    settings: Settings,
    sql: &str,
    out: &mut dyn Write,
) -> Result<Option<String>, Failure> {
    let reserve_mb = settings.recorder.disk_reserve_mb;
    let places = if args.places.is_empty() { vec![settings.recorder.flights] } else { args.places.clone() };
    let answered = store::query_all(&places, sql, args.format(), reserve_mb, out)?;
    for doubled in &answered.doubled {
        say(&format!("{}: that flight is answered for from another place", doubled.display()));
    }
    Ok((!answered.unread.is_empty()).then(|| answered.unread.join("\nskyhound: ")))
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
