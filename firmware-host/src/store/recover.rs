//! Files of processes that died: replay the WAL for good, in a process of its own, and set aside what does not open.
//!
//! Opening a file replays its WAL, and with a damaged one or too little memory that can abort the whole process. So
//! doubtful files are opened by a child first: `skyhound __open FILE`, which is [`recover`] and exit code 0, or its error
//! on stderr and exit code 1. Setting aside happens only when asked for.

use super::error::StoreError;
use super::head::head;
use super::live::{is_live_here, user_of};
use super::name::DAMAGED_ENDING;
use super::place::{self, WAL, side_files, side_path, with_suffix};
use super::read::was_closed;
use super::sides::{Kept, MISSING, Sides};
use duckdb::Config;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The hidden subcommand by which a program opens a file for [`open_in_child`].
pub const OPEN_COMMAND: &str = "__open";
/// Memory for the replay; 330 MB were seen for a 16 MB WAL of a table with a key, ours have none.
const RECOVER_MEMORY: &str = "1GB";

/// Opens `path`, replays its WAL into it, and closes it clean. In this process: see [`open_in_child`]. A last commit that was
/// not finished is dropped.
///
/// # Errors
/// When it does not open, another process has it open, or commits would be lost by it: nothing is changed then.
pub fn recover(path: &Path) -> Result<(), StoreError> {
    let real = place::existing(path)?;
    if is_live_here(&real) {
        return Err(StoreError::LiveHere(path.to_path_buf()));
    }
    let head = head(&real)?;
    if let Some(pid) = user_of(&real).map_err(StoreError::io(path, "cannot ask for its lock"))? {
        return Err(StoreError::InUse { path: path.to_path_buf(), pid });
    }
    let damaged = |why: String| StoreError::Damaged { path: path.to_path_buf(), why };
    let sides = Sides::look(&real, &head)?;
    if let Some(why) = sides.unread.clone().filter(|_| sides.is_lost) {
        return Err(damaged(why));
    }
    put_in_place(&real, &sides.kept)?;
    place::adopt(&real)?;
    let open = || {
        let config =
            Config::default().with("memory_limit", RECOVER_MEMORY)?.enable_autoload_extension(false)?;
        let connection = place::open(&real, place::fenced(&real, config)?)?;
        connection.query_row("SELECT count(*) FROM flight", [], |row| row.get::<_, i64>(0))?;
        let is_missing = sides.lacks_a_wal() && !was_closed(&connection)?;
        if !is_missing && !was_closed(&connection)? {
            connection.execute_batch("UPDATE flight SET ended = 'recovered'")?;
        }
        connection.execute_batch("CHECKPOINT")?;
        connection.close().map_err(|(_, error)| error)?;
        Ok(is_missing)
    };
    match open().map_err(|error: duckdb::Error| damaged(error.to_string()))? {
        true => Err(damaged(MISSING.to_string())),
        false => Ok(()),
    }
}

/// Puts what is to be replayed to where DuckDB looks for it: by itself it removes a WAL of a checkpoint that stands alone. What
/// it would stumble over is set aside.
fn put_in_place(real: &Path, kept: &[Kept]) -> Result<(), StoreError> {
    let place = side_path(real, WAL);
    let is_filled = std::fs::metadata(&place).is_ok_and(|wal| wal.len() > 0);
    if is_filled && !kept.iter().any(|kept| kept.from == place) {
        let aside = with_suffix(&place, &format!(".{DAMAGED_ENDING}"));
        std::fs::rename(&place, aside).map_err(StoreError::io(&place, "cannot set aside"))?;
    }
    for kept in kept {
        let place = side_path(real, kept.suffix);
        if kept.from != place {
            std::fs::rename(&kept.from, &place).map_err(StoreError::io(&kept.from, "cannot be moved"))?;
        }
    }
    Ok(())
}

/// Has `program` (usually `/proc/self/exe`) do [`recover`] in a child process.
///
/// # Errors
/// What the child said, or how it died.
pub fn open_in_child(program: &Path, path: &Path) -> Result<(), StoreError> {
    let output = Command::new(program)
        .arg(OPEN_COMMAND)
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .map_err(StoreError::io(program, "cannot start"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = format!("{} ({})", said.trim(), output.status);
    Err(StoreError::Damaged { path: path.to_path_buf(), why })
}

/// Sets a file aside that does not open: it and its side files get the ending `.damaged`. Where it is now.
///
/// # Errors
/// When a file cannot be renamed, or is being recorded by this process.
pub fn quarantine(path: &Path) -> Result<PathBuf, StoreError> {
    if is_live_here(path) {
        return Err(StoreError::LiveHere(path.to_path_buf()));
    }
    let real = place::existing(path)?;
    let aside = with_suffix(path, &format!(".{DAMAGED_ENDING}"));
    let sides = side_files(&real);
    std::fs::rename(path, &aside).map_err(StoreError::io(path, "cannot set aside"))?;
    for side in sides {
        std::fs::rename(&side.path, with_suffix(&aside, side.suffix))
            .map_err(StoreError::io(&side.path, "cannot set aside"))?;
    }
    Ok(aside)
}
