//! Opening a flight file for reading, in whatever state it is.
//!
//! - Closed: read-only, in place.
//! - Of a process that died (a WAL beside it): read-only in place; DuckDB replays the WAL in memory. Where the WAL is damaged,
//!   a copy with the commits before the damage; what is not read is told ([`Flight::unread`]), as is a WAL that is missing.
//! - Being recorded by another process: a copy of the file and its WAL, taken while no checkpoint changed them; at most the
//!   last commits are missing. The recording is not touched.
//! - A copy lies where there is room for it ([`super::scratch`]): it never takes what the recorder needs.
//! - Being recorded by this process: refused, because closing the copy's source would drop DuckDB's lock.
//!
//! Memory is limited, extensions are off, and nothing but the flight can be reached from SQL.

use super::blocks;
use super::copy::Copied;
use super::error::StoreError;
use super::head::{HEADER_BYTES, Head, head, is_newer};
use super::live::{is_live_here, writer_of};
use super::place;
use super::schema::lent;
use super::scratch::Room;
use super::sides::{MISSING, Sides};
use super::sql::{identifier, quoted};
use duckdb::{AccessMode, Config, Connection};
use std::path::{Path, PathBuf};

/// What a reader may take.
#[derive(Copy, Clone, Debug)]
pub(super) struct Bounds {
    /// Memory of the database's buffers, MB.
    pub memory_mb: u32,
    /// Spill at most, where there is room for it.
    pub spill_bytes: u64,
    /// Threads; `None`: as many as there are cores.
    pub threads: Option<u32>,
}

/// Of a reader by itself: the replay of a 16 MB WAL fits many times.
pub(super) const BY_ITSELF: Bounds = Bounds { memory_mb: 512, spill_bytes: 1 << 30, threads: None };

/// A flight open for reading.
pub struct Flight {
    connection: Connection,
    /// Whether another process is recording it: rows of the last commits may be missing.
    pub is_live: bool,
    /// What of it is not read, and why; `None` when all is.
    pub unread: Option<String>,
    // Declared last: removed after the connection is closed.
    copy: Option<Copied>,
}

impl Flight {
    /// The connection; read-only, without access to other files.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Closes it and leaves its copy, if it is one.
    ///
    /// # Errors
    /// DuckDB cannot close it.
    pub(super) fn close(self) -> Result<Option<Copied>, duckdb::Error> {
        self.connection.close().map_err(|(_, error)| error)?;
        Ok(self.copy)
    }
}

/// Opens `path` for reading; see the module. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// When there is no such file, it is no flight file, this process records it, or there is no room for a copy.
pub fn open_flight(path: &Path, reserve_mb: u32) -> Result<Flight, StoreError> {
    open_with(path, reserve_mb, None)
}

/// As [`open_flight`]; SQL may also write the file `output`, or files in the folder of that name.
pub(super) fn open_with(path: &Path, reserve_mb: u32, output: Option<&Path>) -> Result<Flight, StoreError> {
    open_as(path, reserve_mb, output, None)
}

/// Copies the flight at `path` to `file`, whatever state it is in, and opens the copy for writing; it is removed when dropped.
///
/// # Errors
/// As [`open_flight`].
pub(super) fn open_copy(path: &Path, file: &Path, reserve_mb: u32) -> Result<Flight, StoreError> {
    open_as(path, reserve_mb, None, Some(file))
}

fn open_as(
    path: &Path,
    reserve_mb: u32,
    output: Option<&Path>,
    copy_to: Option<&Path>,
) -> Result<Flight, StoreError> {
    let real = place::existing(path)?;
    if is_live_here(&real) {
        return Err(StoreError::LiveHere(path.to_path_buf()));
    }
    let source = Source { head: head(&real)?, real, reserve_mb, copy_to };
    let is_live = writer_of(&source.real).map_err(StoreError::io(path, "cannot ask for its lock"))?.is_some();
    let (connection, sides, copy) = if is_live {
        let (copy, sides) = source.copy(|| Ok(Sides::live(&source.real)))?;
        (source.connect_to_copy(&copy).map_err(|e| source.refused(&e))?, sides, Some(copy))
    } else {
        source.open_closed()?
    };
    let told = |e| StoreError::database(path, "cannot look at it")(e);
    let ended = ended(&connection).map_err(told)?;
    let salvaged = ended.as_ref().and_then(|ended| ended.strip_prefix(SALVAGED)).map(str::to_string);
    let unread = match sides.unread {
        Some(why) => Some(why),
        None if is_live => None,
        None if ended.is_none() && sides.lacks_a_wal() => Some(MISSING.to_string()),
        None => source.cut_short(&connection).map_err(told)?.or(salvaged),
    };
    lend_views(&connection);
    let output: Vec<_> = output.into_iter().collect();
    fence_in(&connection, &output).map_err(StoreError::database(path, "cannot set up reading"))?;
    Ok(Flight { connection, is_live, unread, copy })
}

struct Source<'path> {
    real: PathBuf,
    head: Head,
    reserve_mb: u32,
    /// Where a copy of it lies, in any case; `None`: only where it needs one, and where there is room.
    copy_to: Option<&'path Path>,
}

impl Source<'_> {
    fn copy(&self, sides: impl Fn() -> Result<Sides, StoreError>) -> Result<(Copied, Sides), StoreError> {
        Copied::of(&self.real, self.copy_to, self.reserve_mb, sides)
    }

    /// In place where that reads all there is; else a copy with what can be read.
    fn open_closed(&self) -> Result<(Connection, Sides, Option<Copied>), StoreError> {
        let sides = Sides::look(&self.real, &self.head)?;
        let blocks = blocks::waiting(&self.real, &self.head);
        if sides.is_in_place
            && blocks.is_none()
            && self.copy_to.is_none()
            && let Ok(connection) = connect(&self.real, &self.spill()?, AccessMode::ReadOnly, BY_ITSELF)
        {
            return Ok((connection, sides, None));
        }
        let copy_with = |sides: &Sides| {
            let copied = self.copy(|| Ok(sides.clone()))?;
            blocks.as_ref().map_or(Ok(()), |blocks| blocks.put_back(&copied.0.file))?;
            Ok::<_, StoreError>(copied)
        };
        let (copy, sides) = copy_with(&sides)?;
        let refused = match self.connect_to_copy(&copy) {
            Ok(connection) => return Ok((connection, sides, Some(copy))),
            Err(refused) => refused,
        };
        if sides.kept.is_empty() {
            return Err(self.refused(&refused));
        }
        drop(copy);
        let (copy, sides) = copy_with(&sides.none(&refused.to_string()))?;
        let connection = self.connect_to_copy(&copy).map_err(|_| self.refused(&refused))?;
        Ok((connection, sides, Some(copy)))
    }

    fn connect_to_copy(&self, copy: &Copied) -> Result<Connection, duckdb::Error> {
        let spill = self.spill().map_err(|_| duckdb::Error::InvalidPath(copy.file.clone()))?;
        connect(&copy.file, &spill, AccessMode::ReadWrite, BY_ITSELF)
    }

    fn spill(&self) -> Result<Room, StoreError> {
        Room::beside(&self.real, 0, self.reserve_mb)
    }

    /// Of a file that DuckDB does not open.
    fn refused(&self, error: &duckdb::Error) -> StoreError {
        let (path, why) = (self.real.clone(), error.to_string());
        let ours = Connection::open_in_memory().and_then(|duckdb| duckdb.version()).unwrap_or_default();
        if is_newer(&self.head.made_by, &ours) {
            return StoreError::Newer { path, made_by: self.head.made_by.clone() };
        }
        StoreError::Damaged { path, why }
    }

    /// Whether rows stand in blocks behind the file's end. Blocks that nothing stands in may lie there.
    fn cut_short(&self, connection: &Connection) -> Result<Option<String>, duckdb::Error> {
        let bytes = std::fs::metadata(&self.real).map_or(0, |file| file.len());
        if bytes >= self.head.whole_bytes {
            return Ok(None);
        }
        let mut tables = connection.prepare("SELECT table_name FROM duckdb_tables()")?;
        let tables = tables.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        for table in tables {
            let last = format!(
                "SELECT {HEADER_BYTES} + (coalesce(max(greatest(block_id, list_max(additional_block_ids))), -1) + 1)
                * (SELECT max(block_size) FROM pragma_database_size()) FROM pragma_storage_info({})",
                quoted(&table)
            );
            let needed_bytes: i64 = connection.query_row(&last, [], |row| row.get(0))?;
            if needed_bytes > bytes as i64 {
                let whole_bytes = self.head.whole_bytes;
                return Ok(Some(format!(
                    "it is cut short: {bytes} of {whole_bytes} bytes are there, and rows of {table} stand behind"
                )));
            }
        }
        Ok(None)
    }
}

/// Opens the file at `path` as it is.
///
/// # Errors
/// DuckDB refuses.
pub(super) fn connect(
    path: &Path,
    spill: &Room,
    mode: AccessMode,
    bounds: Bounds,
) -> Result<Connection, duckdb::Error> {
    place::open(path, reading_config(spill, bounds)?.access_mode(mode)?)
}

/// What a reader may take.
pub(super) fn reading_config(spill: &Room, bounds: Bounds) -> Result<Config, duckdb::Error> {
    let spill_bytes = spill.free_bytes.min(bounds.spill_bytes);
    let config = Config::default()
        .with("memory_limit", format!("{}MB", bounds.memory_mb))?
        .with("max_temp_directory_size", format!("{spill_bytes}B"))?
        .with("temp_directory", spill.path("spill").to_string_lossy())?
        .enable_autoload_extension(false)?;
    match bounds.threads {
        Some(threads) => config.threads(i64::from(threads)),
        None => Ok(config),
    }
}

/// Names of the columns of a table or view; none where there is no such.
pub(super) fn columns_of(flight: &Flight, table: &str) -> Vec<String> {
    columns_in(flight.connection(), table)
}

/// The same of the database that `connection` was opened with.
pub(super) fn columns_in(connection: &Connection, table: &str) -> Vec<String> {
    let described = || {
        let mut described = connection.prepare(&format!("DESCRIBE {}", identifier(table)))?;
        described.query_map([], |row| row.get(0))?.collect::<Result<_, duckdb::Error>>()
    };
    described().unwrap_or_default()
}

/// Opens a snapshot that [`super::snapshot`] made: whole, closed, and read by others too.
///
/// # Errors
/// It is gone, or DuckDB refuses.
pub(super) fn open_snapshot(
    path: &Path,
    spill: &Room,
    bounds: Bounds,
    output: Option<&Path>,
) -> Result<Flight, StoreError> {
    let real = place::existing(path)?;
    let connection = connect(&real, spill, AccessMode::ReadOnly, bounds)
        .map_err(StoreError::database(path, "cannot open the snapshot"))?;
    let output: Vec<_> = output.into_iter().collect();
    fence_in(&connection, &output).map_err(StoreError::database(path, "cannot set up reading"))?;
    Ok(Flight { connection, is_live: true, unread: None, copy: None })
}

/// What `ended` begins with in a file that lost commits when it was recovered; the loss follows.
pub(super) const SALVAGED: &str = "salvaged: ";

/// Whether its recorder closed the file or somebody recovered it, or it cannot be told.
pub(super) fn was_closed(connection: &Connection) -> Result<bool, duckdb::Error> {
    ended(connection).map(|ended| ended.is_some())
}

/// How its recording ended; `None` when it does not say. Files made before they said so, and those of others, were closed.
fn ended(connection: &Connection) -> Result<Option<String>, duckdb::Error> {
    // Not by `duckdb_columns()`, which fails for a file whose name is not UTF-8.
    let Ok(mut asked) = connection.prepare("SELECT max(ended) FROM flight") else {
        return Ok(Some("closed".to_string()));
    };
    asked.query_row([], |row| row.get(0))
}

/// Files of earlier versions get the views that came since. Of one that needs what they do not have either, they have none.
fn lend_views(connection: &Connection) {
    for (view, sql) in lent() {
        if connection.prepare(&format!("FROM {view}")).is_err() {
            let _ = connection.execute_batch(&format!("CREATE TEMP VIEW {view} AS {sql}"));
        }
    }
}

/// Keeps SQL from whatever `connection` has not opened, but for what is `allowed`: files, and all in folders.
pub(super) fn fence_in(connection: &Connection, allowed: &[&Path]) -> Result<(), duckdb::Error> {
    // Times with a zone are told in UTC everywhere; a library without ICU knows no other.
    let _ = connection.execute_batch("SET TimeZone = 'UTC'");
    let (folders, files): (Vec<&Path>, Vec<&Path>) = allowed.iter().partition(|path| path.is_dir());
    for (setting, paths) in [("allowed_directories", folders), ("allowed_paths", files)] {
        let paths: Vec<_> = paths.iter().map(|path| quoted(&path.to_string_lossy())).collect();
        connection.execute_batch(&format!("SET {setting} = [{}]", paths.join(", ")))?;
    }
    connection.execute_batch("SET enable_external_access = false; SET lock_configuration = true")
}
