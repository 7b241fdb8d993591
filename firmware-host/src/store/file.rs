//! One flight file open for writing: created whole under a temporary name, then renamed; rows in one transaction per batch.
//!
//! What is set, and why: `memory_limit` and `threads` from the settings; extensions and access to other files off;
//! spilling capped; blocks of 64 KB, because small memory must hold some of each column; the checkpoint at its usual 16 MB of WAL
//! (smaller ones were no faster and made larger files), which adds to the file and rewrites nothing of it (merging row groups
//! wrote all of a table again, and left as much free in the file); every commit goes to the WAL first, also when it checkpoints, so
//! that a failing checkpoint cannot take the commit with it. Only COMMIT makes rows durable.

use super::append;
use super::batch::{Batch, TABLE_COUNT, TABLES};
use super::blocks;
use super::error::StoreError;
use super::head::head;
use super::live::LiveFile;
use super::name::{CREATING_ENDING, FLIGHT_ENDING, flight_name, next_name};
use super::place;
use super::schema::{SCHEMA_VERSION, statements};
use super::scratch::scratch_path;
use super::sides::Sides;
use crate::clock::{Clock, system_utc_us};
use crate::hash::sha256;
use crate::settings::RecorderSettings;
use duckdb::{Config, Connection, params};
use skyhound::time::TimeUs;
use std::fs::File;
use std::path::{Path, PathBuf};

/// DuckDB's default of 256 KB does not fit: a checkpoint holds blocks of each of the 200 columns, and at a `memory_limit` of
/// 32 or 64 MB a flight with all tables stopped within 15 minutes. 16 KB made files a third larger.
pub(super) const BLOCK_BYTES: u32 = 65_536;
/// Spill at most, in the scratch folder: a safety valve, not seen in use.
const SPILL_MAX: &str = "64MB";
/// Opening again replays up to a whole WAL and needs this many times the usual memory, for as long as the file stays open.
const REPLAY_MEMORY_FACTOR: u32 = 4;
/// WAL size at which it is moved into the file: by us, never by a commit of DuckDB's own accord ([`super::blocks`]).
const CHECKPOINT_WAL_BYTES: u64 = 16 << 20;
const NO_CHECKPOINT: &str = "1TB";

/// Files as DuckDB 1.4 and later read them: a sixth smaller than as the default, 0.10, does; and since 1.4 a WAL says of which
/// file it is.
pub(super) const STORAGE_VERSION: &str = "v1.4.0";

/// Commits between returns of freed memory: each costs 1.4 ms, 16 between let the peak grow by 9 MB.
const COMMITS_PER_RETURN: u32 = 8;
/// The appender plans an INSERT at each flush; there is nothing in it to optimise (a tenth of the flush).
const SESSION: &str = "PRAGMA disable_optimizer; PRAGMA disable_checkpoint_on_shutdown";

/// Of an update that changes nothing DuckDB writes nothing.
const BEGIN_WAL: &str = "BEGIN; UPDATE flight SET ended = 'begun'; UPDATE flight SET ended = NULL; COMMIT";

/// What the first rows of a flight file say.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The settings as a TOML text, whole.
    pub settings_toml: String,
    /// (name, version) of the daemon and the libraries it uses; DuckDB's is added here.
    pub versions: Vec<(String, String)>,
    /// Names of the channels, in the order of their index.
    pub channels: Vec<String>,
    /// Source of samples.
    pub sdr: String,
    /// Address of the autopilot.
    pub autopilot: String,
    /// Sample rate, samples per second.
    pub sample_rate_sps: f64,
    /// Tuned frequency, Hz.
    pub frequency_hz: f64,
    /// What `acquired_us` counts: `monotonic clock`, or `samples of FILE`.
    pub clock_source: String,
    /// UTC at time 0 by the recording that is played, µs since 1970; `None` when it does not tell, or samples are live.
    pub recorded_utc_us: Option<i64>,
    /// Further rows of `setting`: (key, value), for example each key as resolved. May be empty.
    pub settings: Vec<(String, String)>,
}

/// What a next file of the same flight follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Continues {
    /// The file before; `None` when there was no room for any.
    pub file: Option<PathBuf>,
    /// Since when nothing was recorded; `None`: nothing is missing.
    pub unrecorded_since: Option<TimeUs>,
}

/// A flight file open for writing.
pub(super) struct FlightFile {
    connection: Option<Connection>,
    path: PathBuf,
    settings: RecorderSettings,
    /// The limit this connection was opened with, MB.
    memory_mb: u32,
    commit_total: u32,
    checkpoint_total: u64,
    /// Its own file, declared and so closed behind the connection: closing one drops DuckDB's lock.
    own: File,
    _live: LiveFile,
}

impl FlightFile {
    /// Creates the file with all its tables and first rows, and opens it.
    pub(super) fn create(
        settings: &RecorderSettings,
        about: &About,
        clock: Clock,
        continues: Option<&Continues>,
    ) -> Result<FlightFile, StoreError> {
        let folder = &settings.flights;
        place::make_ready(folder)?;
        let started_utc_us = system_utc_us() - clock.now().0 as i64;
        let name = match continues.and_then(|continues| continues.file.as_deref()) {
            Some(before) => next_name(before),
            None => flight_name(system_utc_us())?,
        };
        let creating = folder.join(format!("{name}.{CREATING_ENDING}"));
        let path = folder.join(format!("{name}.{FLIGHT_ENDING}"));
        {
            let live = LiveFile::register(&creating);
            let connection = connect(&creating, settings.threads, settings.memory_limit_mb)?;
            first_rows(&connection, &name, about, clock, started_utc_us, continues)
                .map_err(StoreError::database(&creating, "cannot create the flight file"))?;
            close(connection).map_err(StoreError::database(&creating, "cannot close"))?;
            drop(live);
        }
        File::open(&creating)
            .and_then(|file| file.sync_all())
            .map_err(StoreError::io(&creating, "cannot sync"))?;
        let live = LiveFile::register(&path);
        std::fs::rename(&creating, &path).map_err(StoreError::io(&path, "cannot rename to"))?;
        sync_folder(folder)?;
        let memory_mb = settings.memory_limit_mb;
        let own = File::open(&path).map_err(StoreError::io(&path, "cannot open"))?;
        let begun = connect(&path, settings.threads, memory_mb).and_then(|connection| {
            let (settings, path) = (settings.clone(), path.clone());
            let connection = Some(connection);
            let file = FlightFile {
                connection,
                path,
                settings,
                memory_mb,
                commit_total: 0,
                checkpoint_total: 0,
                own,
                _live: live,
            };
            file.begin().map(|()| file)
        });
        if begun.is_err() {
            // The next try may have the same name, and would find a WAL beside it that is of another file.
            remove(&path);
        }
        begun
    }

    /// Makes that there is a WAL from now on, if there is none: where none is, it was lost. DuckDB syncs what it writes there,
    /// but not that it is there.
    pub(super) fn begin(&self) -> Result<(), StoreError> {
        if wal_bytes(&self.path) > 0 {
            return Ok(());
        }
        self.connection()
            .and_then(|connection| {
                connection.execute_batch(BEGIN_WAL).inspect_err(|_| {
                    let _ = connection.execute_batch("ROLLBACK");
                })
            })
            .map_err(StoreError::database(&self.path, "cannot begin"))?;
        sync_folder(&self.settings.flights)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts all rows of `batch` into the file, in one transaction. Durable when it answers `Ok`.
    pub(super) fn commit(&mut self, batch: &Batch) -> Result<(), duckdb::Error> {
        self.begin().map_err(|error| duckdb::Error::ToSqlConversionFailure(Box::new(error)))?;
        let connection = self.connection()?;
        connection.prepare_cached("BEGIN")?.execute([])?;
        let outcome = match append_all(connection, batch) {
            Ok(()) => connection.prepare_cached("COMMIT")?.execute([]).map(|_| ()),
            Err(error) => {
                // The first error is the one that matters; after a failed ROLLBACK the file is opened again anyway.
                let _ = connection.execute_batch("ROLLBACK");
                Err(error)
            }
        };
        self.commit_total = self.commit_total.wrapping_add(1);
        if outcome.is_ok() && self.commit_total.is_multiple_of(COMMITS_PER_RETURN) {
            self.return_memory();
        }
        outcome
    }

    /// Gives the memory freed since the last time back to the system. DuckDB's allocator would keep it for a while, 25 MB
    /// more at the peak of a fast flight; it purges itself when `memory_limit` is set, also to the value it has.
    fn return_memory(&self) {
        let set = format!("SET memory_limit = '{}MB'", self.memory_mb);
        if let Err(error) = self.connection().and_then(|connection| connection.execute_batch(&set)) {
            // The rows are durable; the next commit answers for the connection.
            tracing::debug!(%error, "freed memory was not given back");
        }
    }

    /// Rows per table as they are in the file, in the order of [`TABLES`].
    pub(super) fn counts(&self) -> Result<[u64; TABLE_COUNT], duckdb::Error> {
        let mut counts = [0; TABLE_COUNT];
        for (count, table) in counts.iter_mut().zip(TABLES) {
            *count = self
                .connection()?
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        }
        Ok(counts)
    }

    /// Checkpoints since it is recorded.
    pub(super) fn checkpoint_total(&self) -> u64 {
        self.checkpoint_total
    }

    /// Bytes of DuckDB's buffers.
    pub(super) fn memory_bytes(&self) -> Result<u64, duckdb::Error> {
        const ASKED: &str = "SELECT CAST(sum(memory_usage_bytes) AS UBIGINT) FROM duckdb_memory()";
        self.connection()?.query_row(ASKED, [], |row| row.get(0))
    }

    /// Whether it is time to move the WAL into the file.
    pub(super) fn is_wal_full(&self) -> bool {
        wal_bytes(&self.path) >= CHECKPOINT_WAL_BYTES
    }

    /// Moves the WAL into the file. After an error the file is to be opened again; nothing that was committed is lost.
    pub(super) fn checkpoint(&mut self) -> Result<(), StoreError> {
        let cannot = || StoreError::database(&self.path, "cannot checkpoint");
        let (connection, real) = (self.connection().map_err(cannot())?, place::real_or_given(&self.path));
        blocks::keep(connection, &self.own, &real)?;
        connection.execute_batch("CHECKPOINT").map_err(cannot())?;
        blocks::forget(&real);
        self.checkpoint_total += 1;
        Ok(())
    }

    /// Closes and opens again; what a failed commit or checkpoint left is replayed or rolled back.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when commits are damaged that are not in the file yet; else it may open later.
    pub(super) fn reopen(&mut self) -> Result<(), StoreError> {
        if let Some(connection) = self.connection.take() {
            // The handle is invalid already; its own complaint about that adds nothing.
            let _ = close(connection);
        }
        // What DuckDB finds damaged while it replays can end the process; nobody holds the file now, so it may be looked at.
        let real = place::existing(&self.path)?;
        let head = head(&real)?;
        if let Sides { unread: Some(why), is_lost: true, .. } = Sides::look(&real, &head)? {
            return Err(StoreError::Damaged { path: self.path.clone(), why });
        }
        if let Some(blocks) = blocks::waiting(&real, &head) {
            blocks.put_back(&real)?;
        }
        self.memory_mb = self.settings.memory_limit_mb.saturating_mul(REPLAY_MEMORY_FACTOR);
        self.connection = Some(connect(&self.path, self.settings.threads, self.memory_mb)?);
        Ok(())
    }

    /// Writes into the file that its recorder is done with it: one without this and without a WAL has lost the WAL.
    pub(super) fn mark_closed(&self) -> Result<(), duckdb::Error> {
        self.connection()?.execute_batch("UPDATE flight SET ended = 'closed'")
    }

    /// Closes without a checkpoint of our own.
    pub(super) fn close(mut self) -> Result<(), StoreError> {
        match self.connection.take() {
            Some(connection) => close(connection).map_err(StoreError::database(&self.path, "cannot close")),
            None => Ok(()),
        }
    }

    /// Closes as it is, for good.
    pub(super) fn leave(mut self) {
        if let Some(connection) = self.connection.take() {
            // It has failed already; its own complaint about that adds nothing.
            let _ = close(connection);
        }
    }

    /// Closes and removes a file that nothing but its first rows was written to.
    pub(super) fn remove(self) {
        let path = self.path.clone();
        self.leave();
        remove(&path);
    }

    fn connection(&self) -> Result<&Connection, duckdb::Error> {
        self.connection
            .as_ref()
            .ok_or_else(|| duckdb::Error::ToSqlConversionFailure("it could not be opened again yet".into()))
    }
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io(folder, "cannot sync"))
}

/// Removes a file of which nothing but its first rows was written.
fn remove(path: &Path) {
    for side in place::side_files(&place::real_or_given(path)) {
        let _ = std::fs::remove_file(&side.path);
    }
    let _ = std::fs::remove_file(path);
}

/// Bytes that DuckDB keeps beside `path` because they are not yet in it.
pub(super) fn wal_bytes(path: &Path) -> u64 {
    std::fs::metadata(place::side_path(&place::real_or_given(path), place::WAL)).map_or(0, |wal| wal.len())
}

pub(super) fn connect(path: &Path, threads: u32, memory_mb: u32) -> Result<Connection, StoreError> {
    let config = || {
        Config::default()
            .with("memory_limit", format!("{memory_mb}MB"))?
            .threads(i64::from(threads.max(1)))?
            .with("default_block_size", BLOCK_BYTES.to_string())?
            .with("temp_directory", scratch_path("spill").to_string_lossy())?
            .with("max_temp_directory_size", SPILL_MAX)?
            .with("checkpoint_threshold", NO_CHECKPOINT)?
            .with("auto_checkpoint_skip_wal_threshold", u32::MAX.to_string())?
            .with("storage_compatibility_version", STORAGE_VERSION)?
            .with("max_vacuum_tasks", "0")?
            .enable_autoload_extension(false)
    };
    let config = config().and_then(|config| place::fenced(path, config));
    let config = config.map_err(StoreError::database(path, "cannot set up DuckDB"))?;
    place::open(path, config)
        .and_then(|connection| connection.execute_batch(SESSION).map(|()| connection))
        .map_err(StoreError::database(path, "cannot open for recording"))
}

pub(super) fn close(connection: Connection) -> Result<(), duckdb::Error> {
    // A statement kept for reuse would hold the file open.
    connection.flush_prepared_statement_cache();
    connection.close().map_err(|(_, error)| error)
}

pub(super) fn first_rows(
    connection: &Connection,
    name: &str,
    about: &About,
    clock: Clock,
    started_utc_us: i64,
    continues: Option<&Continues>,
) -> Result<(), duckdb::Error> {
    // In one transaction: each by itself is a sync of the disk, some fifty of them.
    connection.execute_batch(&format!("BEGIN; {}; COMMIT", statements()))?;
    let hash = sha256(&about.settings_toml);
    connection.execute(
        "INSERT INTO flight VALUES (?, ?, make_timestamp(?), ?, make_timestamp(?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        params![
            name,
            SCHEMA_VERSION,
            about.recorded_utc_us.unwrap_or(started_utc_us),
            about.recorded_utc_us.map_or("system clock", |_| "recording"),
            started_utc_us,
            clock.now().0 as i64,
            rustix::system::uname().nodename().to_string_lossy().into_owned(),
            about.sdr,
            about.autopilot,
            about.sample_rate_sps,
            about.frequency_hz,
            about.clock_source,
            hash,
            continues.and_then(|continues| Some(continues.file.as_ref()?.file_stem()?.to_string_lossy().into_owned())),
            continues.and_then(|continues| Some(continues.unrecorded_since?.0 as i64)),
        ],
    )?;
    let mut rows = connection.prepare("INSERT INTO setting VALUES (?, ?)")?;
    rows.execute(params!["settings_toml", about.settings_toml])?;
    for (library, version) in &about.versions {
        rows.execute(params![format!("version.{library}"), version])?;
    }
    rows.execute(params!["version.duckdb", connection.version()?])?;
    for (index, channel) in about.channels.iter().enumerate() {
        rows.execute(params![format!("channel.{index}.name"), channel])?;
    }
    for (key, value) in &about.settings {
        rows.execute(params![key, value])?;
    }
    drop(rows);
    connection.execute_batch("CHECKPOINT")
}

pub(super) fn append_all(connection: &Connection, batch: &Batch) -> Result<(), duckdb::Error> {
    let tables = append::columns(batch).map_err(|e| duckdb::Error::ToSqlConversionFailure(Box::new(e)))?;
    for (table, columns) in tables {
        let mut appender = connection.appender(table)?;
        appender.append_record_batch(columns)?;
        appender.flush()?;
    }
    for (index, name) in batch.switches.last().iter().flat_map(|switch| switch.names.iter().enumerate()) {
        connection.execute(
            "INSERT INTO setting SELECT $1, $2 WHERE NOT EXISTS (FROM setting WHERE name = $1)",
            params![format!("channel.{index}.name"), name],
        )?;
    }
    if let Some(started_utc_us) = batch.started_utc_us {
        connection.execute(
            "UPDATE flight SET started_utc = make_timestamp(?), utc_source = 'gps'",
            params![started_utc_us],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, settings};
    use super::*;
    use skyhound::record::Record;

    /// A kill right after it would look as if a WAL had been lost.
    #[test]
    fn a_checkpoint_leaves_a_wal_and_no_blocks() {
        let folder = tempfile::tempdir().unwrap();
        let mut file =
            FlightFile::create(&settings(folder.path()), &sample::about(), Clock::start(), None).unwrap();
        let (before, mut batch) = (std::fs::metadata(file.path()).unwrap().len(), Batch::default());
        (0..2_000)
            .for_each(|_| sample::records(1_500_000).iter().for_each(|record: &Record| batch.push(record)));
        file.commit(&batch).unwrap();
        assert!(
            wal_bytes(file.path()) > 256 << 10 && std::fs::metadata(file.path()).unwrap().len() == before
        );
        file.checkpoint().unwrap();
        file.begin().unwrap();
        assert!(std::fs::metadata(file.path()).unwrap().len() > before, "it did not checkpoint");
        assert!(wal_bytes(file.path()) > 0 && wal_bytes(file.path()) < 4 << 10);
        assert_eq!(place::side_files(file.path()).len(), 1);
        file.close().unwrap();
    }
}
