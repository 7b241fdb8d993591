//! A copy of a flight with tables of rows that others logged, `NAME-joined.duckdb` beside it; the flight itself is never written to.
//!
//! Comes in: rows and the account of where they are from. Goes out: the file, named only when the flight's own rows are in it as they
//! were (by their hash) and every row from elsewhere is in it once (by counts and sums).

use super::super::error::StoreError;
use super::super::name::FLIGHT_ENDING;
use super::super::place::existing;
use super::super::read::{Flight, open_copy, open_flight, was_closed};
use super::super::scratch::part_in;
use super::super::sql::quoted;
use super::content::{Content, content_without};
use super::landing::{self, Part};
use super::source::{self, IMPORT_PREFIX, Source};
use crate::vehicle_log::clocks::{Fix, Side};
use crate::vehicle_log::row::{Row, Sums, Table};
use duckdb::types::Value;
use duckdb::{Appender, Connection, appender_params_from_iter};
use skyhound::geo::Wgs84;
use std::path::{Path, PathBuf};

const SUFFIX: &str = "-joined";

/// Clock and track of the flight at `path`.
///
/// # Errors
/// It cannot be read.
pub fn flown(path: &Path, reserve_mb: u32) -> Result<Side, StoreError> {
    let flight = open_flight(path, reserve_mb)?;
    let ask = || {
        let mut side = Side::default();
        let started = "SELECT epoch_us(any_value(started_utc)) FROM flight";
        side.computer_us = flight.connection().query_row(started, [], |row| row.get(0))?;
        each(
            flight.connection(),
            "SELECT received_us, whole FROM vehicle_fact WHERE part = 'utc_us' AND received_us IS NOT NULL AND whole IS NOT NULL ORDER BY 1",
            |row| {
                side.clock.push((row.get(0)?, row.get(1)?));
                Ok(())
            },
        )?;
        each(
            flight.connection(),
            "SELECT DISTINCT position_us, lat_deg, lon_deg FROM vehicle_motion WHERE position_us IS NOT NULL AND lat_deg IS NOT NULL ORDER BY 1",
            |row| {
                let place = Wgs84 { lat_deg: row.get(1)?, lon_deg: row.get(2)? };
                side.track.push(Fix { us: row.get(0)?, place });
                side.spans(row.get(0)?);
                Ok(())
            },
        )?;
        each(
            flight.connection(),
            "SELECT min(acquired_us), max(acquired_us) FROM reading HAVING count(*) > 0",
            |row| {
                side.spans(row.get(0)?);
                side.spans(row.get(1)?);
                Ok(())
            },
        )?;
        Ok(side)
    };
    ask().map_err(StoreError::database(path, "cannot tell its times and places"))
}

fn each(
    connection: &Connection,
    sql: &str,
    mut take: impl FnMut(&duckdb::Row) -> Result<(), duckdb::Error>,
) -> Result<(), duckdb::Error> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// A copy on its way.
pub struct Joining {
    flight: Flight,
    part: Part,
    to: PathBuf,
    of_the_flight: Content,
}

impl Joining {
    /// Copies the flight at `path`, or what was joined to it before.
    ///
    /// # Errors
    /// It cannot be read in whole, there is no room, or what was joined before is of another flight.
    pub fn begin(path: &Path, reserve_mb: u32) -> Result<Joining, StoreError> {
        let real = existing(path)?;
        let name = real.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(SUFFIX) {
            return Err(StoreError::kept(
                path,
                "something was joined to this copy already; name the flight, and the new is joined to the copy",
            ));
        }
        let to = real.with_file_name(format!("{name}{SUFFIX}.{FLIGHT_ENDING}"));
        let unread = |why| {
            StoreError::kept(path, format!("not all of it can be read: {why}; `skyhound verify` tells more"))
        };
        let original = open_flight(&real, reserve_mb)?;
        if original.is_live {
            return Err(StoreError::kept(
                path,
                "is being recorded: what is joined to it now would lack the rest; wait until it has ended",
            ));
        }
        if let Some(why) = original.unread {
            return Err(unread(why));
        }
        let said = |flight: &Flight, path: &Path| {
            content_without(flight.connection(), IMPORT_PREFIX)
                .map_err(StoreError::database(path, "cannot be read in whole"))
        };
        let of_the_flight = said(&original, &real)?;
        drop(original);
        let from = if to.exists() { &to } else { &real };
        let part = Part::at(part_in(real.parent().unwrap_or(Path::new("/"))));
        let flight = open_copy(from, &part.path, reserve_mb)?;
        let copied = said(&flight, from)?;
        if copied != of_the_flight {
            let why = format!(
                "is of another state of the flight ({}); remove it, and join all files again",
                copied.differences(&of_the_flight)
            );
            return Err(StoreError::kept(from, why));
        }
        let joining = Joining { flight, part, to, of_the_flight };
        let made = joining.connection().execute_batch(&statements());
        made.map_err(StoreError::database(&joining.part.path, "cannot make the tables"))?;
        Ok(joining)
    }

    fn connection(&self) -> &Connection {
        self.flight.connection()
    }

    /// Takes the rows that `fill` gives, later by the offset than their log says: all of them, or none.
    ///
    /// # Errors
    /// The file was taken before, `fill` ends with one, or a count or sum is not what the account says.
    pub fn add(
        &mut self,
        source: &Source,
        fill: impl FnOnce(&mut dyn FnMut(&Row) -> Result<(), String>) -> Result<(), String>,
    ) -> Result<(), String> {
        let text = |error: duckdb::Error| error.to_string();
        let number = source.number(self.connection())?;
        self.connection().execute_batch("BEGIN").map_err(text)?;
        let done = self.rows(source, number, fill).and_then(|()| self.check(source, number));
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = self.connection().execute_batch(end).map_err(text);
        done.and(ended)
    }

    fn rows(
        &self,
        source: &Source,
        number: i32,
        fill: impl FnOnce(&mut dyn FnMut(&Row) -> Result<(), String>) -> Result<(), String>,
    ) -> Result<(), String> {
        let text = |error: duckdb::Error| error.to_string();
        let offset_us = source.offset_us;
        let tables: Result<Vec<Appender>, _> =
            Table::ALL.iter().map(|table| self.connection().appender(table.name())).collect();
        let mut tables = tables.map_err(text)?;
        fill(&mut |row: &Row| {
            let Some(place) = Table::ALL.iter().position(|table| *table == row.table) else { return Ok(()) };
            let times = [number.into(), Value::from(row.log_us + offset_us), Value::from(row.log_us)];
            let count = row.table.columns().len();
            let values = row.values[..count].iter().map(|value| value.map_or(Value::Null, Value::from));
            let texts = row.texts[..row.table.texts().len()].iter();
            let texts = texts.map(|text| text.as_ref().map_or(Value::Null, |text| text.to_string().into()));
            let all: Vec<Value> = times.into_iter().chain(values).chain(texts).collect();
            tables[place].append_row(appender_params_from_iter(all)).map_err(text)
        })?;
        for mut table in tables {
            table.flush().map_err(text)?;
        }
        source.keep(self.connection(), number)
    }

    /// Counts and sums of what lies in the tables against those of what was read.
    fn check(&self, source: &Source, number: i32) -> Result<(), String> {
        let offset_us = source.offset_us;
        for table in Table::ALL {
            let name = table.name();
            let read = source.account.sums.get(name).copied().unwrap_or_default();
            let terms = table.columns().iter();
            let terms: Vec<_> =
                terms.map(|(column, _)| format!("coalesce(round({column} * 1e6)::HUGEINT, 0)")).collect();
            let texts = table.texts().iter();
            let texts: Vec<_> = texts.map(|(column, _)| format!("coalesce(strlen({column}), 0)")).collect();
            let texts = if texts.is_empty() { "0".to_string() } else { texts.join(" + ") };
            let sql = format!(
                "SELECT count(*), coalesce(sum(log_us), 0)::HUGEINT, coalesce(sum({}), 0)::HUGEINT,
                count(*) FILTER (at_us - log_us <> {offset_us}), coalesce(sum({texts}), 0)::BIGINT
                FROM {name} WHERE source = {number}",
                terms.join(" + ")
            );
            let (there, moved): (Sums, i64) = self
                .connection()
                .query_row(&sql, [], |row| {
                    let sums = Sums {
                        row_count: row.get::<_, i64>(0)? as u64,
                        log_us: row.get(1)?,
                        millionths: row.get(2)?,
                        text_bytes: row.get::<_, i64>(4)? as u64,
                    };
                    Ok((sums, row.get(3)?))
                })
                .map_err(|error| error.to_string())?;
            if there != read || moved != 0 {
                return Err(format!(
                    "{name} does not hold what was read: {there:?}, not {read:?}; nothing of the file is kept"
                ));
            }
        }
        Ok(())
    }

    /// Gives the copy its name.
    ///
    /// # Errors
    /// It cannot be brought to the disk.
    pub fn finish(self) -> Result<PathBuf, StoreError> {
        let path = self.part.path.clone();
        let told = || StoreError::database(&path, "cannot make the copy whole");
        let merge = || {
            if !was_closed(self.connection())? {
                self.connection().execute_batch("UPDATE flight SET ended = 'copied'")?;
            }
            self.connection().execute_batch("CHECKPOINT")?;
            content_without(self.connection(), IMPORT_PREFIX)
        };
        let again = merge().map_err(told())?;
        if again != self.of_the_flight {
            let why =
                format!("the flight in it is not what it was: {}", again.differences(&self.of_the_flight));
            return Err(StoreError::kept(&path, why));
        }
        let copied = self.flight.close().map_err(told())?;
        landing::settle(&path)?;
        landing::forget_content(&self.to)?;
        landing::name(&path, &self.to)?;
        drop(copied);
        Ok(self.to)
    }
}

/// The tables, where they are not there yet, each with what it and its columns are.
fn statements() -> String {
    let mut sql = source::STATEMENTS.to_string();
    for table in Table::ALL {
        let name = table.name();
        let numbers = table.columns().iter().map(|(column, _)| format!("{column} DOUBLE"));
        let texts = table.texts().iter().map(|(column, _)| format!("{column} VARCHAR"));
        let columns: Vec<_> = numbers.chain(texts).collect();
        let columns = columns.join(", ");
        sql.push_str(&format!(
            "CREATE TABLE IF NOT EXISTS {name} (source INTEGER, at_us BIGINT, log_us BIGINT, {columns});
            COMMENT ON TABLE {name} IS {};
            COMMENT ON COLUMN {name}.source IS 'Which file (import_source)';
            COMMENT ON COLUMN {name}.at_us IS 'When, µs since start, as in the tables of the flight';
            COMMENT ON COLUMN {name}.log_us IS 'When, by the clock of the log, µs';\n",
            quoted(table.remark())
        ));
        for (column, remark) in table.columns().iter().chain(table.texts()) {
            sql.push_str(&format!("COMMENT ON COLUMN {name}.{column} IS {};\n", quoted(remark)));
        }
    }
    sql
}
