//! A flight file made of what others wrote down.
//!
//! Comes in: records, as a flight makes them, and tables of others as they stood. Goes out: the file, ready to be named when every row that
//! came is in it, by counts and sums. Until then nothing is in the folder but a file of another ending, and that goes when it is dropped.

use super::super::batch::{Batch, TABLE_COUNT, TABLES};
use super::super::error::StoreError;
use super::super::file::{About, append_all, close, connect, first_rows};
use super::super::name::{FLIGHT_ENDING, stamp};
use super::super::scratch::{free_bytes, part_in};
use super::super::sql::{identifier, quoted};
use super::landing::{self, Part};
use super::source::{self, IMPORT_PREFIX, Source};
use crate::clock::{Clock, system_utc_us};
use crate::vehicle_log::row::Sums;
use duckdb::types::Value;
use duckdb::{Connection, appender_params_from_iter, params};
use skyhound::record::{PlacedReading, Record, Sink};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// On the ground there is room.
const MEMORY_MB: u32 = 256;
/// An empty flight file, and what a checkpoint wants besides.
const ROOM_BYTES: u64 = 8 << 20;
/// Columns of ours in each table of others.
const OURS: [&str; 3] = ["source", "record", "at_us"];

/// What a column of others holds.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
    /// Texts.
    Text,
    /// Bytes.
    Bytes,
}

/// A cell of a table of others.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    /// Adds it to the sums of its table.
    pub fn count(&self, sums: &mut Sums) {
        match self {
            Cell::Null => {}
            Cell::Whole(value) => sums.millionths += i128::from(*value) * 1_000_000,
            Cell::Number(value) if value.is_finite() => sums.millionths += (value * 1e6).round() as i128,
            Cell::Number(_) => {}
            Cell::Text(text) => sums.text_bytes += text.len() as u64,
            Cell::Bytes(bytes) => sums.text_bytes += bytes.len() as u64,
        }
    }

    fn value(&self) -> Value {
        match self {
            Cell::Null => Value::Null,
            Cell::Whole(value) => Value::BigInt(*value),
            Cell::Number(value) => Value::Double(*value),
            Cell::Text(text) => Value::Text(text.clone()),
            Cell::Bytes(bytes) => Value::Blob(bytes.clone()),
        }
    }
}

/// A table of others.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// Its name there; here it is `import_` and that.
    pub name: String,
    /// Its columns: their names, and what they hold.
    pub columns: Vec<(String, Holds)>,
}

/// A row of a table of others: its number there from 1, the flight's time where it tells one, and its cells.
pub type TakeRow<'a> = &'a mut dyn FnMut(u64, Option<i64>, &[Cell]) -> Result<(), String>;

/// A change of another's state.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When, the flight's time, µs.
    pub at_us: i64,
    /// The state before, empty where it is not told.
    pub from: String,
    /// The state after.
    pub to: String,
    /// Why, in its own words.
    pub reason: String,
}

/// A flight file on its way; records go in by its [`Sink`].
pub struct Making {
    connection: Connection,
    part: Part,
    to: PathBuf,
    batch: Batch,
    counts: [u64; TABLE_COUNT],
    /// Why a batch was not taken: the sink tells nobody.
    failed: Option<duckdb::Error>,
}

/// A flight file that is whole, and has no name yet.
pub struct Made {
    part: Part,
    to: PathBuf,
    /// Rows by table of ours, those with any.
    pub rows: BTreeMap<&'static str, u64>,
}

impl Making {
    /// Begins the flight that `about` tells of, with its own UTC; it gets its name in `folder`, and until then lies in `within`. What has the
    /// same start and `sha256` has the same name.
    ///
    /// # Errors
    /// It is there already, there is no room, or the folder is not ours to write to.
    pub fn begin(
        folder: &Path,
        within: &Path,
        about: &About,
        sha256: &str,
        (needed_bytes, reserve_mb): (u64, u32),
    ) -> Result<Making, StoreError> {
        let began_utc_us = about.recorded_utc_us.unwrap_or_else(system_utc_us);
        let name = format!("{}-{}", stamp(began_utc_us), sha256.get(..8).unwrap_or("00000000"));
        let to = folder.join(format!("{name}.{FLIGHT_ENDING}"));
        if to.exists() {
            return Err(StoreError::kept(&to, "is there already: the same bytes were taken before"));
        }
        let to = if within == folder { landing::ready(&to)? } else { to };
        let within = within.canonicalize().map_err(StoreError::io(within, "cannot find the folder"))?;
        let (needed_bytes, free_bytes) = (needed_bytes + ROOM_BYTES, free_bytes(&within)?);
        let reserve_bytes = u64::from(reserve_mb) << 20;
        if free_bytes < needed_bytes + reserve_bytes {
            let mend = "make room there, or name another folder (recorder.flights)";
            return Err(StoreError::NoRoom { folder: within, needed_bytes, free_bytes, reserve_bytes, mend });
        }
        let part = Part::at(part_in(&within));
        let connection = connect(&part.path, 2, MEMORY_MB)?;
        first_rows(&connection, &name, about, Clock::start(), system_utc_us(), None)
            .and_then(|()| connection.execute_batch(source::STATEMENTS))
            .map_err(StoreError::database(&part.path, "cannot create the flight file"))?;
        let (batch, counts) = (Batch::default(), [0; TABLE_COUNT]);
        Ok(Making { connection, part, to, batch, counts, failed: None })
    }

    /// Takes a table as it stood; all of it or the error.
    ///
    /// # Errors
    /// `fill` ends with one, or what lies in the table is not what `sums` says.
    pub fn table(
        &mut self,
        foreign: &Foreign,
        sums: &Sums,
        fill: impl FnOnce(TakeRow<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let text = |error: duckdb::Error| error.to_string();
        let table = format!("{IMPORT_PREFIX}{}", foreign.name);
        self.connection.execute_batch(&statement(&table, foreign)).map_err(text)?;
        let mut rows = self.connection.appender(&table).map_err(text)?;
        fill(&mut |record, at_us, cells| {
            let ours =
                [Value::Int(1), Value::BigInt(record as i64), at_us.map_or(Value::Null, Value::BigInt)];
            let all = ours.into_iter().chain(cells.iter().map(Cell::value));
            rows.append_row(appender_params_from_iter(all)).map_err(text)
        })?;
        rows.flush().map_err(text)?;
        drop(rows);
        let there = self.sums(&table, foreign).map_err(text)?;
        if there == *sums {
            return Ok(());
        }
        Err(format!(
            "{table} does not hold what was read: {there:?}, not {sums:?}; nothing of the file is kept"
        ))
    }

    fn sums(&self, table: &str, foreign: &Foreign) -> Result<Sums, duckdb::Error> {
        let names = names(foreign);
        let terms = |of: &dyn Fn(Holds, &str) -> Option<String>| {
            let columns = names.iter().zip(&foreign.columns);
            let terms: Vec<String> = columns.filter_map(|(name, (_, holds))| of(*holds, name)).collect();
            if terms.is_empty() { "0".to_string() } else { terms.join(" + ") }
        };
        let numbers = terms(&|holds, name| match holds {
            Holds::Whole => Some(format!("coalesce({name}::HUGEINT * 1000000, 0)")),
            Holds::Number => {
                Some(format!("if(coalesce(isfinite({name}), false), round({name} * 1e6)::HUGEINT, 0)"))
            }
            Holds::Text | Holds::Bytes => None,
        });
        let texts = terms(&|holds, name| match holds {
            Holds::Text => Some(format!("coalesce(strlen({name}), 0)")),
            Holds::Bytes => Some(format!("coalesce(octet_length({name}), 0)")),
            Holds::Whole | Holds::Number => None,
        });
        let sql = format!(
            "SELECT count(*), coalesce(sum(record), 0)::HUGEINT, coalesce(sum({numbers}), 0)::HUGEINT,
            coalesce(sum({texts}), 0)::BIGINT FROM {}",
            identifier(table)
        );
        self.connection.query_row(&sql, [], |row| {
            let (rows, bytes): (i64, i64) = (row.get(0)?, row.get(3)?);
            let (row_count, text_bytes) = (rows as u64, bytes as u64);
            Ok(Sums { row_count, log_us: row.get(1)?, millionths: row.get(2)?, text_bytes })
        })
    }

    /// Takes changes of state, in their order, into `state_change` and `log`.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn changes(&mut self, changes: &[Change]) -> Result<(), String> {
        let insert = || -> Result<(), duckdb::Error> {
            let mut states = self.connection.appender("state_change")?;
            let mut log = self.connection.appender("log")?;
            for (index, Change { at_us, from, to, reason }) in changes.iter().enumerate() {
                states.append_row(params![at_us, from, to, reason, None::<&str>, None::<&str>])?;
                let said = format!("{from} to {to}: {reason}");
                log.append_row(params![index as i64 + 1, at_us, "state_change", None::<&str>, to, said])?;
            }
            states.flush()?;
            log.flush()
        };
        insert().map_err(|error| error.to_string())?;
        for table in ["state_change", "log"] {
            if let Some(place) = TABLES.iter().position(|name| *name == table) {
                self.counts[place] += changes.len() as u64;
            }
        }
        Ok(())
    }

    /// Keeps where all of it is from.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn source(&mut self, source: &Source) -> Result<(), String> {
        let number = source.number(&self.connection)?;
        source.keep(&self.connection, number)
    }

    fn commit(&mut self) {
        let commit = || {
            self.connection.execute_batch("BEGIN")?;
            append_all(&self.connection, &self.batch)?;
            self.connection.execute_batch("COMMIT")
        };
        match commit() {
            Ok(()) => {
                let new = self.batch.counts();
                self.counts.iter_mut().zip(new).for_each(|(count, new)| *count += new);
            }
            Err(error) => self.failed = self.failed.take().or(Some(error)),
        }
        self.batch.clear();
    }

    /// Brings it to the disk, each row of ours counted once more.
    ///
    /// # Errors
    /// A row is missing, or the disk does not take it.
    pub fn finish(mut self) -> Result<Made, StoreError> {
        self.commit();
        let path = self.part.path.clone();
        let wrong = || StoreError::database(&path, "cannot make the flight file whole");
        if let Some(error) = self.failed {
            return Err(wrong()(error));
        }
        let mut rows = BTreeMap::new();
        for (count, table) in self.counts.into_iter().zip(TABLES) {
            let sql = format!("SELECT count(*) FROM {table}");
            let there: i64 = self.connection.query_row(&sql, [], |row| row.get(0)).map_err(wrong())?;
            if there as u64 != count {
                let why = format!("{table} has {there} rows of {count}; nothing of it is kept");
                return Err(StoreError::kept(&self.to, why));
            }
            if count > 0 {
                rows.insert(table, count);
            }
        }
        let end = "UPDATE flight SET ended = 'closed'; CHECKPOINT";
        self.connection.execute_batch(end).and_then(|()| close(self.connection)).map_err(wrong())?;
        landing::settle(&path)?;
        Ok(Made { part: self.part, to: self.to, rows })
    }
}

impl Sink for Making {
    fn reading(&mut self, reading: &PlacedReading) {
        self.batch.readings.push(*reading);
        if self.batch.is_full() {
            self.commit();
        }
    }

    fn record(&mut self, record: &Record) {
        self.batch.push(record);
        if self.batch.is_full() {
            self.commit();
        }
    }
}

impl Made {
    /// Which name it gets.
    pub fn to(&self) -> &Path {
        &self.to
    }

    /// Gives it its name, for good.
    ///
    /// # Errors
    /// It cannot be renamed: it is gone then.
    pub fn name(self) -> Result<PathBuf, StoreError> {
        landing::forget_content(&self.to)?;
        landing::name(&self.part.path, &self.to)?;
        Ok(self.to)
    }
}

/// Names of its columns in SQL; one that is called as one of ours gets a line behind it.
fn names(foreign: &Foreign) -> Vec<String> {
    let mut names: Vec<String> = OURS.map(str::to_string).to_vec();
    for (name, _) in &foreign.columns {
        let mut own = name.clone();
        while names.iter().any(|other| other.eq_ignore_ascii_case(&own)) {
            own.push('_');
        }
        names.push(own);
    }
    names[OURS.len()..].iter().map(|name| identifier(name)).collect()
}

fn statement(table: &str, foreign: &Foreign) -> String {
    let held = |holds: Holds| match holds {
        Holds::Whole => "BIGINT",
        Holds::Number => "DOUBLE",
        Holds::Text => "VARCHAR",
        Holds::Bytes => "BLOB",
    };
    let columns = names(foreign).into_iter().zip(&foreign.columns);
    let columns: String = columns.map(|(name, (_, holds))| format!(", {name} {}", held(*holds))).collect();
    let (name, remark) = (identifier(table), quoted(&format!("{} as it stood in the file", foreign.name)));
    format!(
        "CREATE TABLE {name} (source INTEGER, record BIGINT, at_us BIGINT{columns});
        COMMENT ON TABLE {name} IS {remark};
        COMMENT ON COLUMN {name}.source IS 'Which file (import_source)';
        COMMENT ON COLUMN {name}.record IS 'Which row of it, from 1';
        COMMENT ON COLUMN {name}.at_us IS 'When, µs since start; NULL: the row tells none';"
    )
}
