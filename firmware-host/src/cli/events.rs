//! `skyhound events FILE | --follow [--from ID]`: the ordered log of a flight, also as it goes on.
//!
//! What was printed last names the place to go on from: with `--from` that id nothing between is missing, whoever was restarted,
//! reader or not. What the daemon does not keep in memory any more is read from the file, a page at a time.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::failure::output_failure;
use super::query::{by_door, door, not_whole};
use super::{Failure, SettingsArgs};
use crate::ctl::{self, Ask, Questioned, ask};
use crate::settings::{Flags, Settings};
use crate::store::{self, Format};

/// Entries of one question to a file.
const PAGE_ROWS: usize = 1_000;
/// How long a daemon may take to close its file after the flight.
const CLOSE_POLLS: u32 = 600;
const CLOSE_POLL: Duration = Duration::from_millis(50);

/// Arguments of `skyhound events`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: where the daemon's socket is, and what a copy of a flight being recorded leaves free of its disk.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight file; it is only read
    #[arg(value_name = "FILE", required_unless_present = "follow")]
    pub file: Option<PathBuf>,
    /// Go on with what comes, until the flight ends; without FILE of the flight that is being recorded
    #[arg(long)]
    pub follow: bool,
    /// Only what comes after the entry of this id
    #[arg(long, value_name = "ID", default_value_t = 0)]
    pub from: u64,
    /// Lines of JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// The daemon's socket; without it that of the settings, else the system's, else yours
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
}

/// Prints the log.
///
/// # Errors
/// A file that cannot be read or has no log, nobody to follow, an output that takes no more.
pub fn run(args: Args) -> Result<(), Failure> {
    let settings = args.settings.load(&Flags::default())?;
    let socket = args.socket.clone().or_else(|| settings.daemon.ctl_socket.clone());
    let mut printed =
        Printed { out: std::io::stdout().lock(), json: args.json, last_id: args.from, line: Vec::new() };
    let (socket, file) = match (&args.file, args.follow) {
        (Some(file), true) if store::is_recorded(file) => {
            let found = door(file, socket);
            found.ok_or_else(|| {
                Failure::Failed(format!("{}: its daemon has no socket; name --socket", file.display()))
            })?
        }
        (Some(file), _) => return pages(file, &settings, &mut printed),
        (None, _) => {
            let socket = socket.or_else(ctl::socket_found);
            let none = || {
                Failure::Failed(
                    "no skyhound flies here; start one (`skyhound fly`) or name its --socket".into(),
                )
            };
            let socket = socket.ok_or_else(none)?;
            let file = recorded(&socket)?;
            (socket, file)
        }
    };
    follow(&socket, &file, &settings, &mut printed)
}

/// The file that the daemon behind `socket` records.
fn recorded(socket: &Path) -> Result<PathBuf, Failure> {
    let status = ask(socket, Ask::Status).map_err(Failure::Failed)?.status.unwrap_or_default();
    let file = status.recorder.file.map(PathBuf::from);
    file.ok_or_else(|| Failure::Failed(format!("{}: nothing is recorded yet; try again", socket.display())))
}

fn follow(socket: &Path, file: &Path, settings: &Settings, printed: &mut Printed) -> Result<(), Failure> {
    loop {
        // The flight may go on in a next file, and the log with it.
        let ended = ctl::follow(socket, printed.last_id, None, printed).map_err(Failure::Failed)?;
        match ended {
            Questioned::Answered => break,
            Questioned::Behind => match pages_by_door(socket, printed) {
                Err(Failure::Failed(_)) => pages(file, settings, printed)?,
                read => read?,
            },
            Questioned::NotTaken(error) => return Err(output_failure(&error)),
            // The daemon died, or does not know us: what is in the file tells.
            Questioned::Refused(why) | Questioned::Elsewhere(why) if store::is_recorded(&newest(file)) => {
                return Err(Failure::Failed(why));
            }
            Questioned::Refused(_) | Questioned::Elsewhere(_) => break,
        }
    }
    // The last entries are committed after the socket is gone.
    for _ in 0..CLOSE_POLLS {
        if !store::is_recorded(&newest(file)) {
            break;
        }
        std::thread::sleep(CLOSE_POLL);
    }
    pages(file, settings, printed)
}

/// The last file of the flight.
fn newest(file: &Path) -> PathBuf {
    let mut newest = file.to_path_buf();
    while let Some(next) = store::next_file(&newest) {
        newest = next;
    }
    newest
}

fn page_sql(last_id: u64) -> String {
    format!(
        "SELECT id, at_us, source, severity, kind, text FROM log WHERE id > {last_id} ORDER BY id LIMIT {PAGE_ROWS}"
    )
}

/// What is in the file, and in those in which the flight goes on, a page at a time.
fn pages(file: &Path, settings: &Settings, printed: &mut Printed) -> Result<(), Failure> {
    let (mut file, mut unread) = (file.to_path_buf(), Ok(()));
    loop {
        let mut page = Vec::new();
        let sql = page_sql(printed.last_id);
        let answered = store::query(&file, &sql, Format::Json, settings.recorder.disk_reserve_mb, &mut page)?;
        if printed.page(&page)? == PAGE_ROWS {
            continue;
        }
        unread = unread.and(not_whole(&file, answered.unread));
        match store::next_file(&file) {
            Some(next) => file = next,
            None => return unread,
        }
    }
}

fn pages_by_door(socket: &Path, printed: &mut Printed) -> Result<(), Failure> {
    loop {
        let mut page = Vec::new();
        if let Some(why) = by_door(socket, &page_sql(printed.last_id), Format::Json, None, &mut page)? {
            return Err(Failure::Failed(why));
        }
        if printed.page(&page)? < PAGE_ROWS {
            return Ok(());
        }
    }
}

/// Takes lines of JSON, and prints each entry once.
struct Printed<'out> {
    out: std::io::StdoutLock<'out>,
    json: bool,
    last_id: u64,
    /// The begin of a line whose end has not come.
    line: Vec<u8>,
}

impl Printed<'_> {
    /// The rows of an answer in JSON.
    fn page(&mut self, page: &[u8]) -> Result<usize, Failure> {
        let rows: Vec<&[u8]> =
            page.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")).collect();
        for row in &rows {
            self.entry(row.strip_suffix(b",").unwrap_or(row)).map_err(|error| output_failure(&error))?;
        }
        self.out.flush().map_err(|error| output_failure(&error))?;
        Ok(rows.len())
    }

    fn entry(&mut self, line: &[u8]) -> std::io::Result<()> {
        let entry: Value = serde_json::from_slice(line)?;
        let id = entry["id"].as_u64().unwrap_or_default();
        if id <= self.last_id {
            return Ok(());
        }
        self.last_id = id;
        if self.json {
            return self.out.write_all(&[line, b"\n"].concat());
        }
        let text = |key: &str| entry[key].as_str().unwrap_or_default().escape_debug().to_string();
        let at_s = entry["at_us"].as_f64().unwrap_or_default() / 1e6;
        let severity = match entry["severity"].as_str() {
            Some(severity @ ("critical" | "warning")) => format!("{}: ", severity.to_uppercase()),
            _ => String::new(),
        };
        writeln!(
            self.out,
            "{id:>6} {at_s:>10.3} {:<12} {:<16} {severity}{}",
            text("source"),
            text("kind"),
            text("text").replace("\\\"", "\"").replace("\\'", "'")
        )
    }
}

impl Write for Printed<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.line.extend(bytes);
        let whole = std::mem::take(&mut self.line);
        let mut rest = &whole[..];
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            self.entry(&rest[..at])?;
            rest = &rest[at + 1..];
        }
        self.line = rest.to_vec();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
