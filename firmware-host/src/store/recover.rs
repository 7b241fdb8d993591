//! Files of processes that died: replay the WAL for good, in a process of its own, and set aside what does not open.
//!
//! Opening a file replays its WAL, and with a damaged one or too little memory that can abort the whole process. So
//! doubtful files are opened by a child first: `skyhound __open FILE`, which is [`recover`] and exit code 0, or its error
//! on stderr and exit code 1. Setting aside happens only when asked for.

use super::catalog::DAMAGED_ENDING;
use super::error::StoreError;
use super::file::with_suffix;
use super::live::is_live_here;
use super::read::{SIDE_SUFFIXES, check_magic};
use duckdb::{Config, Connection};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The hidden subcommand by which a program opens a file for [`open_in_child`].
pub const OPEN_COMMAND: &str = "__open";
/// Memory for the replay; 330 MB were seen for a 16 MB WAL of a table with a key, ours have none.
const RECOVER_MEMORY: &str = "1GB";

/// Opens `path`, replays its WAL into it, and closes it clean. In this process: see [`open_in_child`].
///
/// # Errors
/// When it does not open, or another process writes it.
pub fn recover(path: &Path) -> Result<(), StoreError> {
    if is_live_here(path) {
        return Err(StoreError::LiveHere(path.to_path_buf()));
    }
    check_magic(path)?;
    let damaged = |e: duckdb::Error| StoreError::Damaged { path: path.to_path_buf(), why: e.to_string() };
    let open = || {
        let config =
            Config::default().with("memory_limit", RECOVER_MEMORY)?.enable_autoload_extension(false)?;
        let connection = Connection::open_with_flags(path, config.enable_external_access(false)?)?;
        connection.query_row("SELECT count(*) FROM flight", [], |row| row.get::<_, i64>(0))?;
        connection.execute_batch("CHECKPOINT")?;
        connection.close().map_err(|(_, error)| error)
    };
    open().map_err(damaged)
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
    let aside = with_suffix(path, &format!(".{DAMAGED_ENDING}"));
    std::fs::rename(path, &aside).map_err(StoreError::io(path, "cannot set aside"))?;
    for suffix in SIDE_SUFFIXES {
        let side = with_suffix(path, suffix);
        if side.exists() {
            std::fs::rename(&side, with_suffix(&aside, suffix))
                .map_err(StoreError::io(&side, "cannot set aside"))?;
        }
    }
    Ok(aside)
}
