//! The log of a flight, entry by entry: as it goes on, and what of it is in the file only.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::Failure;
use super::failure::output_failure;
use super::query::{by_door, not_whole};
use crate::ctl::{self, Ask, Questioned, ask};
use crate::settings::Settings;
use crate::store::{self, Format};

/// Entries of one question to a file.
const PAGE_ROWS: usize = 1_000;
/// How long a daemon may take to close its file after the flight.
const CLOSE_POLLS: u32 = 600;
const CLOSE_POLL: Duration = Duration::from_millis(50);

/// Where entries go.
pub trait Taker {
    /// Takes an entry: its id, itself, and the line of JSON that it came in.
    ///
    /// # Errors
    /// It takes no more.
    fn take(&mut self, id: u64, entry: &Value, line: &[u8]) -> std::io::Result<()>;

    /// There is no more for now.
    ///
    /// # Errors
    /// As [`Taker::take`].
    fn flush(&mut self) -> std::io::Result<()>;
}

/// Takes lines of JSON, and hands each entry on once.
pub struct Entries<'to> {
    to: &'to mut dyn Taker,
    last_id: u64,
    /// The begin of a line whose end has not come.
    line: Vec<u8>,
}

/// The file that the daemon behind `socket` records.
///
/// # Errors
/// There is no daemon, or it records nothing yet.
pub fn recorded(socket: &Path) -> Result<PathBuf, Failure> {
    let status = ask(socket, Ask::Status).map_err(Failure::Failed)?.status.unwrap_or_default();
    let file = status.recorder.file.map(PathBuf::from);
    file.ok_or_else(|| Failure::Failed(format!("{}: nothing is recorded yet; try again", socket.display())))
}

/// Follows the log of the flight that the daemon behind `socket` records into `file`, to the flight's end.
///
/// # Errors
/// The daemon is gone and its file still open, or the entries are not taken.
pub fn follow(socket: &Path, file: &Path, settings: &Settings, entries: &mut Entries) -> Result<(), Failure> {
    loop {
        // The flight may go on in a next file, and the log with it.
        let ended = ctl::follow(socket, entries.last_id, None, entries).map_err(Failure::Failed)?;
        match ended {
            Questioned::Answered => break,
            Questioned::Behind => match pages_by_door(socket, entries) {
                Err(Failure::Failed(_)) => pages(file, settings, entries)?,
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
    pages(file, settings, entries)
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
///
/// # Errors
/// A file that cannot be read or has no log, or the entries are not taken.
pub fn pages(file: &Path, settings: &Settings, entries: &mut Entries) -> Result<(), Failure> {
    let (mut file, mut unread) = (file.to_path_buf(), Ok(()));
    loop {
        let mut page = Vec::new();
        let sql = page_sql(entries.last_id);
        let answered = store::query(&file, &sql, Format::Json, settings.recorder.disk_reserve_mb, &mut page)?;
        if entries.page(&page)? == PAGE_ROWS {
            continue;
        }
        unread = unread.and(not_whole(&file, answered.unread));
        match store::next_file(&file) {
            Some(next) => file = next,
            None => return unread,
        }
    }
}

fn pages_by_door(socket: &Path, entries: &mut Entries) -> Result<(), Failure> {
    loop {
        let mut page = Vec::new();
        if let Some(why) = by_door(socket, &page_sql(entries.last_id), Format::Json, None, &mut page)? {
            return Err(Failure::Failed(why));
        }
        if entries.page(&page)? < PAGE_ROWS {
            return Ok(());
        }
    }
}

impl<'to> Entries<'to> {
    /// Those after `last_id`.
    pub fn after(last_id: u64, to: &'to mut dyn Taker) -> Entries<'to> {
        Entries { to, last_id, line: Vec::new() }
    }

    /// The rows of an answer in JSON.
    fn page(&mut self, page: &[u8]) -> Result<usize, Failure> {
        let rows: Vec<&[u8]> =
            page.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")).collect();
        for row in &rows {
            self.entry(row.strip_suffix(b",").unwrap_or(row)).map_err(|error| output_failure(&error))?;
        }
        self.to.flush().map_err(|error| output_failure(&error))?;
        Ok(rows.len())
    }

    fn entry(&mut self, line: &[u8]) -> std::io::Result<()> {
        let entry: Value = serde_json::from_slice(line)?;
        let id = entry["id"].as_u64().unwrap_or_default();
        if id <= self.last_id {
            return Ok(());
        }
        self.last_id = id;
        self.to.take(id, &entry, line)
    }
}

impl Write for Entries<'_> {
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
        self.to.flush()
    }
}
