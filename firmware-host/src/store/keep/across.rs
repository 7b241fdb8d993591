//! One SQL over many flights: files, flights being recorded, archives.
//!
//! Each table and view of the flights is one that has the rows of all, with the name of the file in the column `flight`; columns
//! that a flight of an earlier version lacks are NULL. Fenced in as the question to a single flight is.

use super::super::copy::Copied;
use super::super::error::StoreError;
use super::super::format::Format;
use super::super::place::real;
use super::super::query::{Scratch, answer, answer_parquet};
use super::super::read::{BY_ITSELF, fence_in, open_flight, reading_config};
use super::super::scratch::Room;
use super::super::sql::{identifier, quoted};
use super::archive::{Manifest, parquet};
use super::found::{Found, found};
use duckdb::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was answered of many flights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnsweredAll {
    /// Rows.
    pub row_count: u64,
    /// Flights in it.
    pub flight_count: usize,
    /// What is not in it, and why: whole flights, or parts of some.
    pub unread: Vec<String>,
    /// Flights that lie in several of the places: of each only the first is in it.
    pub doubled: Vec<PathBuf>,
}

/// Answers `sql` over the flights in and below `places` into `out`. The disks of the flights keep `reserve_mb` MB free.
///
/// # Errors
/// A place cannot be read, the SQL is wrong or writes, or `out` does not take it.
pub fn query_all(
    places: &[PathBuf],
    sql: &str,
    format: Format,
    reserve_mb: u32,
    out: &mut dyn Write,
) -> Result<AnsweredAll, StoreError> {
    let mut answered = AnsweredAll::default();
    let flights = once_each(places, &mut answered)?;
    let place = flights.first().map_or(Path::new("."), |flight| flight.path.as_path());
    let target = Scratch(Room::beside(place, 0, reserve_mb)?.path("parquet"));
    let told = || StoreError::database(place, "cannot be read with the others");
    let spill = Room::beside(place, 0, reserve_mb)?;
    let connection =
        reading_config(&spill, BY_ITSELF).and_then(Connection::open_in_memory_with_flags).map_err(told())?;
    let mut all = All { connection, parts: Vec::new(), files: vec![target.0.clone()], copies: Vec::new() };
    for flight in &flights {
        match all.add(flight, reserve_mb) {
            Ok(unread) => {
                answered.unread.extend(unread.map(|why| format!("{}: {why}", flight.path.display())));
                answered.flight_count += 1;
            }
            Err(error) => answered.unread.push(error.to_string()),
        }
    }
    all.unite().map_err(told())?;
    let files: Vec<_> = all.files.iter().map(PathBuf::as_path).collect();
    fence_in(&all.connection, &files).map_err(told())?;
    let outcome = match format {
        Format::Parquet => answer_parquet(&all.connection, sql, &target.0, out),
        format => answer(&all.connection, sql, format, out),
    };
    answered.row_count = match outcome {
        // That whoever reads it has enough is no reason not to tell what is missing.
        Err(error) if error.is_closed_pipe() && !answered.unread.is_empty() => 0,
        outcome => outcome?,
    };
    Ok(answered)
}

/// A connection in which the archived flight in `folder` is as if it were a file.
///
/// # Errors
/// Its tables cannot be made.
pub fn archive_connection(manifest: &Manifest, folder: &Path) -> Result<Connection, StoreError> {
    let folder = real(folder).map_err(StoreError::io(folder, "cannot find it"))?;
    let made = || {
        let connection = reading_config(
            &Room::beside(&folder, 0, 0).map_err(|_| duckdb::Error::InvalidPath(folder.clone()))?,
            BY_ITSELF,
        )
        .and_then(Connection::open_in_memory_with_flags)?;
        let mut all = All { connection, parts: Vec::new(), files: Vec::new(), copies: Vec::new() };
        all.add_archive(manifest, &folder, "archive")?;
        all.connection.execute_batch("USE archive")?;
        Ok(all.connection)
    };
    made().map_err(StoreError::database(&folder, "cannot be read"))
}

/// Each flight once, though it may lie in an archive too.
fn once_each(places: &[PathBuf], answered: &mut AnsweredAll) -> Result<Vec<Found>, StoreError> {
    let (mut flights, mut names) = (Vec::new(), BTreeSet::new());
    for place in places {
        let mut here = found(place)?;
        here.sort_by_key(|flight| flight.is_archive);
        for flight in here {
            match names.insert(flight.name.clone()) {
                true => flights.push(flight),
                false => answered.doubled.push(flight.path),
            }
        }
    }
    Ok(flights)
}

/// All flights in one connection.
struct All {
    // Declared first: closed before the copies are removed.
    connection: Connection,
    /// Their names, and the names of the databases that they are.
    parts: Vec<(String, String)>,
    /// Files that are read when the question is answered.
    files: Vec<PathBuf>,
    copies: Vec<Copied>,
}

impl All {
    /// What of it is not read.
    fn add(&mut self, flight: &Found, reserve_mb: u32) -> Result<Option<String>, StoreError> {
        let database = format!("flight {}", self.parts.len());
        let told = || StoreError::database(&flight.path, "cannot be read with the others");
        let unread = if flight.is_archive {
            let manifest = Manifest::read(&flight.path)?;
            let folder = real(&flight.path).map_err(StoreError::io(&flight.path, "cannot find it"))?;
            self.add_archive(&manifest, &folder, &database).map_err(told())?;
            manifest.unread
        } else {
            let opened = open_flight(&flight.path, reserve_mb)?;
            let unread = opened.unread.clone();
            let copy = opened.close().map_err(told())?;
            let own = real(&flight.path).map_err(StoreError::io(&flight.path, "cannot find it"))?;
            let file = copy.as_ref().map_or(own, |copy| copy.file.clone());
            let (file, name) = (quoted(&file.to_string_lossy()), identifier(&database));
            self.connection.execute_batch(&format!("ATTACH {file} AS {name} (READ_ONLY)")).map_err(told())?;
            self.copies.extend(copy);
            unread
        };
        self.parts.push((flight.name.clone(), database));
        Ok(unread)
    }

    /// Its tables without rows, and views of those that have some in Parquet files.
    fn add_archive(
        &mut self,
        manifest: &Manifest,
        folder: &Path,
        database: &str,
    ) -> Result<(), duckdb::Error> {
        let name = identifier(database);
        self.connection.execute_batch(&format!("ATTACH ':memory:' AS {name}; USE {name}"))?;
        let made = manifest.definitions.iter().try_for_each(|made| self.connection.execute_batch(made));
        let viewed = made.and_then(|()| {
            manifest.content.tables.keys().try_for_each(|table| {
                let file = parquet(folder, table);
                let columns = self.columns(database, table)?;
                let (table, source) = (identifier(table), quoted(&file.to_string_lossy()));
                self.files.push(file);
                self.connection.execute_batch(&format!(
                    "DROP TABLE {table}; CREATE VIEW {table} AS SELECT {columns}
                    FROM read_parquet({source}, hive_partitioning = false)"
                ))
            })
        });
        self.connection.execute_batch("USE memory.main")?;
        viewed
    }

    /// The columns of a table as a list of a SELECT: those that are reckoned are reckoned again.
    fn columns(&self, database: &str, table: &str) -> Result<String, duckdb::Error> {
        let sql = format!(
            "SELECT column_name, data_type, column_default FROM duckdb_columns()
            WHERE database_name = {} AND table_name = {} ORDER BY column_index",
            quoted(database),
            quoted(table)
        );
        let mut columns = self.connection.prepare(&sql)?;
        let columns = columns.query_map([], |row| {
            let (name, kind, reckoned): (String, String, Option<String>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let name = identifier(&name);
            Ok(match reckoned {
                Some(reckoned) => format!("{reckoned} AS {name}"),
                None => format!("CAST({name} AS {kind}) AS {name}"),
            })
        })?;
        Ok(columns.collect::<Result<Vec<_>, _>>()?.join(", "))
    }

    /// A view of all for each table and view that one has.
    fn unite(&self) -> Result<(), duckdb::Error> {
        let mut having: BTreeMap<String, Vec<&(String, String)>> = BTreeMap::new();
        for part in &self.parts {
            let sql = format!(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = {name} AND NOT internal UNION ALL
                SELECT view_name FROM duckdb_views() WHERE database_name = {name} AND NOT internal",
                name = quoted(&part.1)
            );
            let mut names = self.connection.prepare(&sql)?;
            for name in names.query_map([], |row| row.get(0))? {
                having.entry(name?).or_default().push(part);
            }
        }
        for (table, parts) in having {
            let table = identifier(&table);
            let rows = |(flight, database): &&(String, String)| {
                format!("SELECT {} AS flight, * FROM {}.main.{table}", quoted(flight), identifier(database))
            };
            let rows = parts.iter().map(rows).collect::<Vec<_>>().join(" UNION ALL BY NAME ");
            self.connection.execute_batch(&format!("CREATE VIEW {table} AS {rows}"))?;
        }
        // As in a flight, with the name of the flight before.
        let utc = "CREATE MACRO utc(of_flight, us) AS
            (SELECT any_value(f.started_utc) FROM flight AS f WHERE f.flight = of_flight) + to_microseconds(us)";
        if self.parts.is_empty() { Ok(()) } else { self.connection.execute_batch(utc) }
    }
}
