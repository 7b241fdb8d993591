//! Opening a flight file for reading, in whatever state it is.
//!
//! - Closed: read-only, in place.
//! - Of a process that died (a WAL beside it): read-only in place; DuckDB replays the WAL in memory. Where it cannot, a copy.
//! - Being recorded by another process: a copy of the file and its WAL, taken while no checkpoint changed them; at most the
//!   last commits are missing. The recording is not touched.
//! - A copy lies where there is room for it ([`super::scratch`]): it never takes what the recorder needs.
//! - Being recorded by this process: refused, because closing the copy's source would drop DuckDB's lock.
//!
//! Memory is limited, extensions are off, and nothing but the flight can be reached from SQL.

use super::error::StoreError;
use super::file::with_suffix;
use super::live::{is_live_here, writer_of};
use super::scratch::Room;
use duckdb::{AccessMode, Config, Connection};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files DuckDB may keep beside a database.
pub(super) const SIDE_SUFFIXES: [&str; 3] = [".wal", ".wal.checkpoint", ".wal.recovery"];
/// Memory of a reader: the replay of a 16 MB WAL fits many times.
const READ_MEMORY: &str = "512MB";
/// Spill of a reader at most, where there is room for it.
const READ_SPILL_BYTES: u64 = 1 << 30;
/// File header and the two database headers, 4 KiB each; a checkpoint ends by writing one of the latter.
const HEADER_BYTES: usize = 3 * 4096;
/// Copies tried while checkpoints come between; at 1 kHz one comes every few minutes.
const COPY_TRIES: u32 = 20;
const COPY_WAIT: Duration = Duration::from_millis(100);
/// On top of a copy's size.
const COPY_MARGIN_BYTES: u64 = 4 << 20;

/// A flight open for reading.
pub struct Flight {
    connection: Connection,
    /// Whether another process is recording it: rows of the last commits may be missing.
    pub is_live: bool,
    // Declared last: removed after the connection is closed.
    _copy: Option<Copied>,
}

impl Flight {
    /// The connection; read-only, without access to other files.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// Opens `path` for reading; see the module. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// When there is no such file, it is no flight file, this process records it, or there is no room for a copy.
pub fn open_flight(path: &Path, reserve_mb: u32) -> Result<Flight, StoreError> {
    open_with(path, reserve_mb, None)
}

/// As [`open_flight`]; SQL may also write the file `output`.
pub(super) fn open_with(path: &Path, reserve_mb: u32, output: Option<&Path>) -> Result<Flight, StoreError> {
    if is_live_here(path) {
        return Err(StoreError::LiveHere(path.to_path_buf()));
    }
    check_magic(path)?;
    let is_live = writer_of(path).map_err(StoreError::io(path, "cannot ask for its lock"))?.is_some();
    let spill = Room::beside(path, 0, reserve_mb)?;
    let in_place = if is_live { None } else { connect(path, &spill, AccessMode::ReadOnly).ok() };
    let (connection, copy) = match in_place {
        Some(connection) => (connection, None),
        None => {
            let copy = Copied::of(path, reserve_mb)?;
            let spill = Room::beside(path, 0, reserve_mb)?;
            let opened = connect(&copy.file, &spill, AccessMode::ReadWrite);
            let damaged =
                |e: duckdb::Error| StoreError::Damaged { path: path.to_path_buf(), why: e.to_string() };
            (opened.map_err(damaged)?, Some(copy))
        }
    };
    fence_in(&connection, output).map_err(StoreError::database(path, "cannot set up reading"))?;
    Ok(Flight { connection, is_live, _copy: copy })
}

fn connect(path: &Path, spill: &Room, mode: AccessMode) -> Result<Connection, duckdb::Error> {
    let spill_bytes = spill.free_bytes.min(READ_SPILL_BYTES);
    let config = Config::default()
        .access_mode(mode)?
        .with("memory_limit", READ_MEMORY)?
        .with("max_temp_directory_size", format!("{spill_bytes}B"))?
        .with("temp_directory", spill.path("spill").to_string_lossy())?
        .enable_autoload_extension(false)?;
    Connection::open_with_flags(path, config)
}

fn fence_in(connection: &Connection, output: Option<&Path>) -> Result<(), duckdb::Error> {
    if let Some(output) = output {
        let allowed = super::schema::quoted(&output.to_string_lossy());
        connection.execute_batch(&format!("SET allowed_paths = [{allowed}]"))?;
    }
    connection.execute_batch("SET enable_external_access = false; SET lock_configuration = true")
}

/// DuckDB's files have `DUCK` at byte 8.
pub(super) fn check_magic(path: &Path) -> Result<(), StoreError> {
    if !path.is_file() {
        return Err(StoreError::NotFound(path.to_path_buf()));
    }
    match header(path) {
        Ok(header) if header.get(8..12) == Some(b"DUCK") => Ok(()),
        Ok(_) => Err(StoreError::Damaged {
            path: path.to_path_buf(),
            why: "it does not begin as a DuckDB file does".to_string(),
        }),
        Err(error) => Err(StoreError::io(path, "cannot read")(error)),
    }
}

fn header(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    File::open(path)?.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    Ok(header)
}

/// A copy of a flight file with its side files, removed when dropped.
struct Copied {
    file: PathBuf,
}

impl Copied {
    fn of(path: &Path, reserve_mb: u32) -> Result<Copied, StoreError> {
        // Meanwhile the WAL grows by some commits.
        let needed_bytes = flight_bytes(path) + COPY_MARGIN_BYTES;
        let copy = Copied { file: Room::beside(path, needed_bytes, reserve_mb)?.path("duckdb") };
        for _ in 0..COPY_TRIES {
            if copy.take(path).map_err(StoreError::io(path, "cannot copy for reading"))? {
                return Ok(copy);
            }
            std::thread::sleep(COPY_WAIT);
        }
        let why = std::io::Error::other("it is checkpointed over and over; try again");
        Err(StoreError::io(path, "cannot copy for reading")(why))
    }

    /// `false` when a checkpoint came between. File first, then the WAL: what the WAL gained meanwhile is only more commits,
    /// and a torn last one is no commit.
    fn take(&self, path: &Path) -> std::io::Result<bool> {
        self.remove();
        let before = (header(path)?, side_files(path));
        std::fs::copy(path, &self.file)?;
        for (suffix, _) in &before.1 {
            match std::fs::copy(with_suffix(path, suffix), with_suffix(&self.file, suffix)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
                other => other?,
            };
        }
        let after = (header(path)?, side_files(path));
        let same_files = before.1.len() == after.1.len()
            && before.1.iter().zip(&after.1).all(|(a, b)| a.0 == b.0 && a.1.0 == b.1.0 && a.1.1 <= b.1.1);
        Ok(before.0 == after.0 && same_files)
    }

    fn remove(&self) {
        let _ = std::fs::remove_file(&self.file);
        for suffix in SIDE_SUFFIXES {
            let _ = std::fs::remove_file(with_suffix(&self.file, suffix));
        }
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Bytes of a flight file with its side files.
pub(super) fn flight_bytes(path: &Path) -> u64 {
    let own_bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    own_bytes + side_files(path).iter().map(|(_, (_, bytes))| bytes).sum::<u64>()
}

/// The side files there are: suffix, (inode, size).
fn side_files(path: &Path) -> Vec<(&'static str, (u64, u64))> {
    use std::os::unix::fs::MetadataExt;
    SIDE_SUFFIXES
        .into_iter()
        .filter_map(|suffix| {
            let side = std::fs::metadata(with_suffix(path, suffix)).ok()?;
            Some((suffix, (side.ino(), side.len())))
        })
        .collect()
}
