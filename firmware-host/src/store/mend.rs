//! Flights whose daemon died, mended while the next one flies: nothing of it waits for that, and nothing of it can end it.
//!
//! Each file with something beside it is given to a child, one after the other, newest first: recovered where nothing is lost by
//! that, salvaged up to the last whole commit where its WAL is damaged, without its WAL where DuckDB does not take that, and set
//! aside as `….damaged` with all side files where it does not open at all. The child gives way to the flight in all that it does, and has
//! bounds of its own. What is not mended is read by copies as before.

use super::error::StoreError;
use super::head::head;
use super::live::{is_live_here, user_of};
use super::name::flight_files;
use super::place::{real_or_given, side_files};
use super::recover::{OPEN_COMMAND, quarantine};
use super::scratch::free_bytes;
use crate::clock::Clock;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Time of one child at most; 16 MB of WAL take 0.3 s on a desk.
const CHILD_US_MAX: u64 = 60_000_000;
const POLL: Duration = Duration::from_millis(20);
/// A WAL is kept aside, cut, and moved into the file, each at most once.
const ROOM_FACTOR: u64 = 3;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mended {
    /// All that was committed is in the file.
    Recovered,
    /// What was committed before the damage is in the file.
    Salvaged {
        /// What is lost, for people.
        why: String,
    },
    /// It does not open, and is now elsewhere.
    SetAside {
        /// Why, for people.
        why: String,
        /// Where it is.
        to: PathBuf,
    },
    /// It is as it was; a later start tries again.
    Left {
        /// Why, for people.
        why: String,
    },
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mended::Recovered => f.write_str("recovered, nothing is lost"),
            Mended::Salvaged { why } => write!(f, "salvaged: {why}"),
            Mended::SetAside { why, to } => write!(f, "does not open, set aside as {}: {why}", to.display()),
            Mended::Left { why } => write!(f, "not recovered yet: {why}"),
        }
    }
}

/// Mends the flights in `folder` by children of `program` (usually `/proc/self/exe`), and tells of each. The disk keeps
/// `reserve_mb` MB free. `is_over` is asked all the time; a child that is at work then is killed, which harms no file.
///
/// # Errors
/// The folder cannot be read.
pub fn mend(
    folder: &Path,
    program: &Path,
    reserve_mb: u32,
    is_over: &dyn Fn() -> bool,
    told: &mut dyn FnMut(&Path, Mended),
) -> Result<(), StoreError> {
    for file in flight_files(folder)?.iter().rev() {
        if is_over() {
            break;
        }
        if let Some(mended) = mend_one(file, program, reserve_mb, is_over) {
            told(file, mended);
        }
    }
    Ok(())
}

/// `None`: there is nothing to do, or somebody is at it.
fn mend_one(file: &Path, program: &Path, reserve_mb: u32, is_over: &dyn Fn() -> bool) -> Option<Mended> {
    if is_live_here(file) {
        return None;
    }
    let left = |why: String| Some(Mended::Left { why });
    match head(file) {
        // Read in vain it may be the disk's fault, and a newer DuckDB's file is none of ours.
        Err(StoreError::Damaged { why, .. }) => return Some(set_aside(file, why)),
        Err(StoreError::Newer { .. } | StoreError::NotFound(_)) => return None,
        Err(error) => return left(error.to_string()),
        Ok(_) => {}
    }
    match user_of(file) {
        Ok(None) => {}
        Ok(Some(_)) => return None,
        Err(error) => return left(error.to_string()),
    }
    let beside_bytes: u64 = side_files(&real_or_given(file)).iter().map(|side| side.bytes).sum();
    if beside_bytes == 0 {
        return None;
    }
    let needed_bytes = (u64::from(reserve_mb) << 20) + ROOM_FACTOR * beside_bytes;
    match file.parent().map(free_bytes) {
        Some(Ok(free)) if free >= needed_bytes => {}
        _ => return left(format!("{} MB must be free for it", needed_bytes >> 20)),
    }
    let mut why = String::new();
    for how in [&[][..], &["--salvage"], &["--salvage", "--without-wal"]] {
        match in_child(program, how, file, is_over) {
            Ended::Done(said) if said.is_empty() => return Some(Mended::Recovered),
            Ended::Done(said) => return Some(Mended::Salvaged { why: said }),
            Ended::Failed(said) => why = said,
            Ended::Cut(said) => return left(said),
        }
    }
    Some(set_aside(file, why))
}

fn set_aside(file: &Path, why: String) -> Mended {
    match quarantine(file) {
        Ok(to) => Mended::SetAside { why, to },
        Err(error) => Mended::Left { why: format!("{why}; {error}") },
    }
}

enum Ended {
    /// With what it said on stdout.
    Done(String),
    /// With what it said on stderr, or how it died.
    Failed(String),
    /// By us.
    Cut(String),
}

fn in_child(program: &Path, how: &[&str], file: &Path, is_over: &dyn Fn() -> bool) -> Ended {
    let mut command = Command::new(program);
    command.arg(OPEN_COMMAND).args(how).arg("--parent").arg(std::process::id().to_string()).arg(file);
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return Ended::Cut(format!("{}: cannot start: {error}", program.display())),
    };
    let clock = Clock::start();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if is_over() => return cut(child, "the flight is over".to_string()),
            Ok(None) if clock.now().0 > CHILD_US_MAX => {
                return cut(child, format!("it takes longer than {} s", CHILD_US_MAX / 1_000_000));
            }
            Ok(None) => std::thread::sleep(POLL),
            Err(error) => return cut(child, error.to_string()),
        }
    };
    let said = |from: Option<&mut dyn Read>| {
        let mut text = String::new();
        let _ = from.map(|from| from.read_to_string(&mut text));
        text.trim().to_string()
    };
    if status.success() {
        return Ended::Done(said(child.stdout.as_mut().map(|from| from as &mut dyn Read)));
    }
    Ended::Failed(format!("{} ({status})", said(child.stderr.as_mut().map(|from| from as &mut dyn Read))))
}

fn cut(mut child: Child, why: String) -> Ended {
    let _ = child.kill();
    let _ = child.wait();
    Ended::Cut(why)
}
