//! Files of processes that died: replay the WAL for good, and set aside what does not open.
//!
//! Opening a file replays its WAL, and with a damaged one or too little memory that can abort the whole process. So
//! doubtful files are opened by a child first: `skyhound __open FILE`, which is [`recover`] and exit code 0, or its error
//! on stderr and exit code 1; with `--salvage` and `--without-wal` it is [`salvage`]. Who calls the child: [`super::mend`].
//!
//! [`recover`] loses nothing, or changes nothing. [`salvage`] gives up what is damaged, keeps all of it beside the file as
//! `….wal.damaged`, and writes into the file what was lost.

use super::blocks;
use super::error::StoreError;
use super::head::{Head, head};
use super::live::{is_live_here, user_of};
use super::name::DAMAGED_ENDING;
use super::place::{self, BLOCKS, WAL, side_files, side_path, with_suffix};
use super::read::{SALVAGED, was_closed};
use super::sides::{Kept, MISSING, Sides};
use duckdb::{Config, params};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The hidden subcommand by which a program opens a file for [`super::mend`].
pub const OPEN_COMMAND: &str = "__open";
/// Memory for the replay; 330 MB were seen for a 16 MB WAL of a table with a key, ours have none.
const RECOVER_MEMORY: &str = "256MB";

/// Opens `path`, replays its WAL into it, and closes it clean, in this process. A last commit that was not finished is
/// dropped.
///
/// # Errors
/// When it does not open, another process has it open, or commits would be lost by it: nothing is changed then.
pub fn recover(path: &Path) -> Result<(), StoreError> {
    let real = ours(path)?;
    let head = head(&real)?;
    let sides = Sides::look(&real, &head)?;
    if let Some(why) = sides.unread.clone().filter(|_| sides.is_lost) {
        return Err(StoreError::Damaged { path: path.to_path_buf(), why });
    }
    put_in_place(&real, &sides.kept)?;
    replay(&real, &head, &sides, None)
}

/// As [`recover`], but up to the last commit that is whole; without its WAL when `with_wal` is false. What was lost, in words;
/// `None` when nothing was.
///
/// # Errors
/// When it does not open even so, or another process has it open.
pub fn salvage(path: &Path, with_wal: bool) -> Result<Option<String>, StoreError> {
    let real = ours(path)?;
    let head = head(&real)?;
    let found = Sides::look(&real, &head)?;
    let found = if with_wal { found } else { found.none("DuckDB does not open the file with it") };
    let Some(why) = found.unread.clone().filter(|_| found.is_lost) else {
        return recover(path).map(|()| None);
    };
    set_aside(&real, &found.kept)?;
    replay(&real, &head, &Sides::look(&real, &head)?, Some(&why))?;
    Ok(Some(why))
}

/// The file itself, when nobody uses it.
fn ours(path: &Path) -> Result<PathBuf, StoreError> {
    let real = place::existing(path)?;
    if is_live_here(&real) {
        return Err(StoreError::LiveHere(path.to_path_buf()));
    }
    match user_of(&real).map_err(StoreError::io(path, "cannot ask for its lock"))? {
        Some(pid) => Err(StoreError::InUse { path: path.to_path_buf(), pid }),
        None => Ok(real),
    }
}

/// Opens the file with what `sides` found beside it, and closes it clean; `lost` is what had to be given up before.
fn replay(real: &Path, head: &Head, sides: &Sides, lost: Option<&str>) -> Result<(), StoreError> {
    place::adopt(real)?;
    if let Some(blocks) = blocks::waiting(real, head) {
        blocks.put_back(real)?;
    }
    // Closed behind the connection: closing it drops DuckDB's lock.
    let own = File::open(real).map_err(StoreError::io(real, "cannot open"))?;
    let open = || {
        let config = Config::default()
            .with("memory_limit", RECOVER_MEMORY)?
            .with("checkpoint_threshold", "1TB")?
            .enable_autoload_extension(false)?;
        let connection = place::open(real, place::fenced(real, config)?)?;
        connection.query_row("SELECT count(*) FROM flight", [], |row| row.get::<_, i64>(0))?;
        let is_open = !was_closed(&connection)?;
        let is_missing = is_open && lost.is_none() && sides.lacks_a_wal();
        if is_open && !is_missing {
            let ended = lost.map_or_else(|| "recovered".to_string(), |why| format!("{SALVAGED}{why}"));
            connection.execute("UPDATE flight SET ended = ?", params![ended])?;
        }
        blocks::keep(&connection, &own, real)
            .map_err(|e| duckdb::Error::ToSqlConversionFailure(Box::new(e)))?;
        connection.execute_batch("CHECKPOINT")?;
        connection.close().map_err(|(_, error)| error)?;
        Ok(is_missing)
    };
    let damaged = |why: String| StoreError::Damaged { path: real.to_path_buf(), why };
    let is_missing = open().map_err(|error: duckdb::Error| damaged(error.to_string()))?;
    blocks::forget(real);
    if is_missing { Err(damaged(MISSING.to_string())) } else { Ok(()) }
}

/// Keeps all side files under another name, and leaves of them what `kept` says. Cut off anywhere, it can be begun again: each
/// is whole in one place at least.
fn set_aside(real: &Path, kept: &[Kept]) -> Result<(), StoreError> {
    for side in side_files(real).into_iter().filter(|side| side.suffix != BLOCKS) {
        let aside = free_name(&with_suffix(&side.path, &format!(".{DAMAGED_ENDING}")));
        let copied = std::fs::copy(&side.path, &aside).and_then(|_| File::open(&aside)?.sync_all());
        copied.map_err(StoreError::io(&aside, "cannot set aside"))?;
    }
    let cut = |kept: &Kept| {
        let making = with_suffix(&kept.from, ".whole");
        let mut to = File::create(&making)?;
        std::io::copy(&mut File::open(&kept.from)?.take(kept.bytes), &mut to)?;
        to.sync_all()?;
        std::fs::rename(&making, side_path(real, kept.suffix))
    };
    for one in kept {
        cut(one).map_err(StoreError::io(&one.from, "cannot be cut to what is whole"))?;
    }
    for side in side_files(real).into_iter().filter(|side| side.suffix != BLOCKS) {
        if !kept.iter().any(|kept| side_path(real, kept.suffix) == side.path) {
            std::fs::remove_file(&side.path).map_err(StoreError::io(&side.path, "cannot remove"))?;
        }
    }
    Ok(())
}

/// `path`, or with a number behind it that nobody has.
fn free_name(path: &Path) -> PathBuf {
    let numbered = (2_u32..).map(|number| with_suffix(path, &format!("-{number}")));
    std::iter::once(path.to_path_buf())
        .chain(numbered)
        .find(|path| !path.exists())
        .unwrap_or_else(|| path.into())
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
        // A last commit that is torn: where zeros stand in it, DuckDB takes them for a damage of the whole.
        if std::fs::metadata(&place).is_ok_and(|wal| wal.len() > kept.bytes) {
            let cut = File::options().write(true).open(&place).and_then(|wal| {
                wal.set_len(kept.bytes)?;
                wal.sync_all()
            });
            cut.map_err(StoreError::io(&place, "cannot be cut behind its last commit"))?;
        }
    }
    Ok(())
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
    let aside = free_name(&with_suffix(path, &format!(".{DAMAGED_ENDING}")));
    let sides = side_files(&real);
    std::fs::rename(path, &aside).map_err(StoreError::io(path, "cannot set aside"))?;
    for side in sides {
        std::fs::rename(&side.path, with_suffix(&aside, side.suffix))
            .map_err(StoreError::io(&side.path, "cannot set aside"))?;
    }
    Ok(aside)
}
