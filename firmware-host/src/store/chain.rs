//! The files of one flight, oldest first, so that they read as one: a recorder whose file takes no more goes on in a next one.
//!
//! Rows of a commit that did not answer may stand in both files, and a next file begins with the aircraft as it was known: what a
//! file repeats of the one before it is left out, by views in the place of its tables.

use super::append_vehicle::PART_TABLES;
use super::error::StoreError;
use super::name::{FLIGHT_ENDING, next_file};
use super::place::{real, side_files};
use super::read::{Flight, open_flight};
use super::sql::identifier;
use crate::hash::{hex, pieces};
use crate::progress::{self, Unit};
use duckdb::arrow::array::RecordBatch;
use duckdb::arrow::compute::concat_batches;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Rows of one table in one commit, at most.
const COMMIT_ROWS_MAX: usize = 16_384;
/// Tables that tell of the file.
const OF_THE_FILE: [&str; 2] = ["flight", "setting"];

/// The files of a flight.
pub struct Chain {
    /// They, from the flight's first one to the one that was asked for, or to where something is missing.
    pub files: Vec<(PathBuf, Flight)>,
    /// Why the flight is not all here, for people; `None`: its end is in the last file.
    pub rest: Option<String>,
    /// SHA-256 of the bytes of all files and what lies beside them; `None`: it was not asked for, or one is being recorded.
    pub sha256: Option<String>,
}

/// What a file says of the one before it.
struct Begun {
    continues: Option<String>,
    unrecorded_since_us: Option<i64>,
    opened_us: i64,
}

impl Chain {
    /// Opens the file at `path` and all before it, which lie in the same folder. The disk of the flight keeps `reserve_mb` MB free.
    ///
    /// # Errors
    /// One of them is missing or cannot be opened.
    pub fn open(path: &Path, reserve_mb: u32) -> Result<Chain, StoreError> {
        Chain::open_as(path, reserve_mb, false)
    }

    /// As [`Chain::open`], with [`Chain::sha256`].
    ///
    /// # Errors
    /// As [`Chain::open`].
    pub fn open_hashed(path: &Path, reserve_mb: u32) -> Result<Chain, StoreError> {
        Chain::open_as(path, reserve_mb, true)
    }

    fn open_as(path: &Path, reserve_mb: u32, is_hashed: bool) -> Result<Chain, StoreError> {
        let (mut files, mut at, mut bytes) = (Vec::new(), path.to_path_buf(), Sha256::new());
        loop {
            // Before DuckDB opens it: closing another handle would drop its lock.
            if is_hashed {
                hash(&at, &mut bytes).map_err(StoreError::io(&at, "cannot read"))?;
            }
            let flight = open_flight(&at, reserve_mb)?;
            let begun = begun(&flight).map_err(StoreError::database(&at, "cannot look at it"))?;
            let before =
                begun.continues.as_ref().map(|name| at.with_file_name(format!("{name}.{FLIGHT_ENDING}")));
            files.push((at.clone(), flight, begun));
            let Some(before) = before else { break };
            let name = before.file_stem().unwrap_or_default().to_string_lossy();
            if files.iter().any(|(known, ..)| *known == before) {
                return Err(StoreError::kept(
                    &at,
                    format!("it goes on where {name} ended, and that goes on where it did"),
                ));
            }
            if !before.exists() {
                let why = format!("it goes on where {name} ended, and what was known by then is not in it");
                return Err(StoreError::kept(&at, format!("{why}; put {name}.{FLIGHT_ENDING} beside it")));
            }
            at = before;
        }
        files.reverse();
        let is_live = files.iter().any(|(_, flight, _): &(_, Flight, _)| flight.is_live);
        let mut chain = Chain {
            files: Vec::new(),
            rest: next_file(path).map(|next| format!("it goes on in {}; name that one", next.display())),
            sha256: (is_hashed && !is_live).then(|| hex(bytes.finalize())),
        };
        for (path, flight, begun) in files {
            if let Some(since_us) = begun.unrecorded_since_us.filter(|_| !chain.files.is_empty()) {
                let [from_s, to_s] = [since_us, begun.opened_us].map(|us| us as f64 / 1e6);
                chain.rest = Some(format!(
                    "nothing was recorded from {from_s:.1} to {to_s:.1} s, before {}: what was known by then is not there",
                    path.display()
                ));
                break;
            }
            if let Some((_, before)) = chain.files.last() {
                leave_out(before, &flight)
                    .map_err(StoreError::database(&path, "cannot be read as a next file"))?;
            }
            chain.files.push((path, flight));
        }
        Ok(chain)
    }

    /// The first file: it says what the flight was told.
    pub fn first(&self) -> Option<(&Path, &Flight)> {
        self.files.first().map(|(path, flight)| (path.as_path(), flight))
    }

    /// What is not read of the files, with the first of which that is so.
    pub fn unread(&self) -> Option<(&Path, String)> {
        self.files.iter().find_map(|(path, flight)| Some((path.as_path(), flight.unread.clone()?)))
    }
}

/// Takes the bytes of the file at `path` and of its side files.
fn hash(path: &Path, bytes: &mut Sha256) -> std::io::Result<()> {
    let Ok(real) = real(path) else { return Ok(()) };
    let sides = side_files(&real).into_iter().map(|side| (side.suffix, side.path));
    for (suffix, file) in [("", real.clone())].into_iter().chain(sides) {
        let file = match File::open(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            file => file?,
        };
        let file_bytes = file.metadata()?.len();
        bytes.update(format!("{suffix} {file_bytes}\n"));
        progress::part("reading", Some(file_bytes), Unit::Bytes);
        pieces(file, |piece| {
            bytes.update(piece);
            progress::done(piece.len() as u64);
        })?;
    }
    Ok(())
}

fn begun(flight: &Flight) -> Result<Begun, duckdb::Error> {
    let sql = "SELECT continues, unrecorded_since_us, coalesce(opened_us, 0) FROM flight";
    flight.connection().query_row(sql, [], |row| {
        Ok(Begun { continues: row.get(0)?, unrecorded_since_us: row.get(1)?, opened_us: row.get(2)? })
    })
}

/// Leaves out of `flight` what `before` has too, and the aircraft with which it begins.
fn leave_out(before: &Flight, flight: &Flight) -> Result<(), duckdb::Error> {
    let one = |flight: &Flight, sql: &str| {
        flight.connection().query_row(sql, [], |row| row.get::<_, Option<i64>>(0))
    };
    let begun = "SELECT min(at_us) FROM event WHERE kind IN ('recorder_next_file', 'recorder_resumed')";
    let begun_us = one(flight, begun)?;
    let last_us = one(before, "SELECT max(at_us) FROM pass")?;
    let first_us = one(flight, "SELECT min(at_us) FROM pass")?;
    let is_repeated = last_us.zip(first_us).is_some_and(|(last_us, first_us)| first_us <= last_us);
    for table in tables(flight)? {
        let is_of_the_aircraft = ["vehicle_motion", "vehicle_status"].contains(&table.as_str())
            || PART_TABLES.contains(&table.as_str());
        let which = begun_us
            .filter(|_| is_of_the_aircraft)
            .map_or(String::new(), |us| format!("WHERE at_us <> {us}"));
        let count = if is_repeated { repeated(before, flight, &table)? } else { 0 };
        if count == 0 && which.is_empty() {
            continue;
        }
        let (name, source) = (identifier(&table), source(flight, &table)?);
        let view = format!("CREATE TEMP VIEW {name} AS SELECT * FROM {source} {which} OFFSET {count}");
        flight.connection().execute_batch(&view)?;
    }
    Ok(())
}

/// Rows at the end of a table of `before` with which the same table of `flight` begins.
fn repeated(before: &Flight, flight: &Flight, table: &str) -> Result<usize, duckdb::Error> {
    let rows = |of: &Flight, which: &str| -> Result<RecordBatch, duckdb::Error> {
        let mut statement =
            of.connection().prepare(&format!("SELECT * FROM {} {which}", source(of, table)?))?;
        let stream = statement.stream_arrow([])?;
        let schema = stream.get_schema();
        concat_batches(&schema, &stream.collect::<Vec<_>>())
            .map_err(|error| duckdb::Error::ToSqlConversionFailure(Box::new(error)))
    };
    let count: i64 = before.connection().query_row(
        &format!("SELECT count(*) FROM {}", source(before, table)?),
        [],
        |row| row.get(0),
    )?;
    let end = rows(before, &format!("OFFSET {}", (count as usize).saturating_sub(COMMIT_ROWS_MAX)))?;
    let begin = rows(flight, &format!("LIMIT {COMMIT_ROWS_MAX}"))?;
    let most = end.num_rows().min(begin.num_rows());
    let is_same = |count: &usize| {
        end.slice(end.num_rows() - count, *count).columns() == begin.slice(0, *count).columns()
    };
    Ok((1..=most).rev().find(is_same).unwrap_or(0))
}

/// The table itself, whatever view stands in its place.
fn source(flight: &Flight, table: &str) -> Result<String, duckdb::Error> {
    let name: String = flight.connection().query_row("SELECT current_database()", [], |row| row.get(0))?;
    Ok(format!("{}.main.{}", identifier(&name), identifier(table)))
}

fn tables(flight: &Flight) -> Result<Vec<String>, duckdb::Error> {
    let sql =
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal";
    let mut statement = flight.connection().prepare(sql)?;
    let tables = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(tables.into_iter().filter(|table| !OF_THE_FILE.contains(&table.as_str())).collect())
}
