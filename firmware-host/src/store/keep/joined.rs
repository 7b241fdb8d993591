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
use crate::vehicle_log::clocks::{Fix, Joined, Side};
use crate::vehicle_log::row::{Account, Row, Sums, Table};
use duckdb::types::Value;
use duckdb::{Appender, Connection, appender_params_from_iter};
use skyhound::geo::Wgs84;
use std::path::{Path, PathBuf};

/// Of the names of tables that hold rows from elsewhere.
pub const IMPORT_PREFIX: &str = "import_";
const SUFFIX: &str = "-joined";

/// Where rows are from.
#[derive(Copy, Clone, Debug)]
pub struct Source<'a> {
    /// The file.
    pub path: &'a Path,
    /// SHA-256 of it, hexadecimal.
    pub sha256: &'a str,
    /// Its size.
    pub file_bytes: u64,
    /// What it is.
    pub kind: &'a str,
    /// How its time stands to the flight's.
    pub joined: &'a Joined,
    /// Its records.
    pub account: &'a Account,
}

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

    /// Takes the rows that `fill` gives, `offset_us` later than their log says: all of them, or none.
    ///
    /// # Errors
    /// The file was taken before, `fill` ends with one, or a count or sum is not what the account says.
    pub fn add(
        &mut self,
        source: &Source,
        offset_us: i64,
        fill: impl FnOnce(&mut dyn FnMut(&Row) -> Result<(), String>) -> Result<(), String>,
    ) -> Result<(), String> {
        let text = |error: duckdb::Error| error.to_string();
        let known = "SELECT count(*), (SELECT coalesce(max(source), 0) + 1 FROM import_source) FROM import_source WHERE sha256 = ?";
        let (known_count, number): (i64, i32) = self
            .connection()
            .query_row(known, [source.sha256], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(text)?;
        if known_count > 0 {
            return Err("was taken before: the same bytes are in the joined file already".into());
        }
        self.connection().execute_batch("BEGIN").map_err(text)?;
        let done =
            self.rows(source, number, offset_us, fill).and_then(|()| self.check(source, number, offset_us));
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = self.connection().execute_batch(end).map_err(text);
        done.and(ended)
    }

    fn rows(
        &self,
        source: &Source,
        number: i32,
        offset_us: i64,
        fill: impl FnOnce(&mut dyn FnMut(&Row) -> Result<(), String>) -> Result<(), String>,
    ) -> Result<(), String> {
        let text = |error: duckdb::Error| error.to_string();
        let Source { path, sha256, file_bytes, kind, joined, account } = *source;
        let account_json = serde_json::to_string(account).map_err(|error| error.to_string())?;
        let told: [Value; 13] = [
            number.into(),
            path.to_string_lossy().into_owned().into(),
            sha256.to_string().into(),
            (file_bytes as i64).into(),
            kind.to_string().into(),
            offset_us.into(),
            joined.spread_us.map_or(Value::Null, Value::from),
            joined.method.to_string().into(),
            (account.record_count as i64).into(),
            (account.taken_count as i64).into(),
            (account.refused_count as i64).into(),
            (account.left_count() as i64).into(),
            account_json.into(),
        ];
        let tables: Result<Vec<Appender>, _> =
            Table::ALL.iter().map(|table| self.connection().appender(table.name())).collect();
        let mut tables = tables.map_err(text)?;
        fill(&mut |row: &Row| {
            let Some(place) = Table::ALL.iter().position(|table| *table == row.table) else { return Ok(()) };
            let times = [number.into(), Value::from(row.log_us + offset_us), Value::from(row.log_us)];
            let count = row.table.columns().len();
            let values = row.values[..count].iter().map(|value| value.map_or(Value::Null, Value::from));
            let name = (row.table == Table::Mode)
                .then(|| row.text.map_or(Value::Null, |name| name.to_string().into()));
            let all: Vec<Value> = times.into_iter().chain(values).chain(name).collect();
            tables[place].append_row(appender_params_from_iter(all)).map_err(text)
        })?;
        for mut table in tables {
            table.flush().map_err(text)?;
        }
        let mut sources = self.connection().appender("import_source").map_err(text)?;
        sources.append_row(appender_params_from_iter(told)).map_err(text)?;
        sources.flush().map_err(text)
    }

    /// Counts and sums of what lies in the tables against those of what was read.
    fn check(&self, source: &Source, number: i32, offset_us: i64) -> Result<(), String> {
        for table in Table::ALL {
            let name = table.name();
            let read = source.account.sums.get(name).copied().unwrap_or_default();
            let terms = table.columns().iter();
            let terms: Vec<_> =
                terms.map(|(column, _)| format!("coalesce(round({column} * 1e6)::HUGEINT, 0)")).collect();
            let sql = format!(
                "SELECT count(*), coalesce(sum(log_us), 0)::HUGEINT, coalesce(sum({}), 0)::HUGEINT,
                count(*) FILTER (at_us - log_us <> {offset_us}) FROM {name} WHERE source = {number}",
                terms.join(" + ")
            );
            let (there, moved): (Sums, i64) = self
                .connection()
                .query_row(&sql, [], |row| {
                    let sums = Sums {
                        row_count: row.get::<_, i64>(0)? as u64,
                        log_us: row.get(1)?,
                        millionths: row.get(2)?,
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
    let mut sql = String::from(
        "CREATE TABLE IF NOT EXISTS import_source (source INTEGER, path VARCHAR, sha256 VARCHAR, file_bytes BIGINT, kind VARCHAR,
        offset_us BIGINT, spread_us BIGINT, method VARCHAR, record_count BIGINT, taken_count BIGINT, refused_count BIGINT,
        left_count BIGINT, account VARCHAR);
        COMMENT ON TABLE import_source IS 'Files whose rows were joined to this flight: record_count = taken_count + refused_count + left_count';
        COMMENT ON COLUMN import_source.source IS 'Its number in the other import tables';
        COMMENT ON COLUMN import_source.offset_us IS 'at_us - log_us, by method';
        COMMENT ON COLUMN import_source.spread_us IS 'One sigma of offset_us; NULL: not known';
        COMMENT ON COLUMN import_source.account IS 'What was taken, changed, refused and left, as JSON';\n",
    );
    for table in Table::ALL {
        let name = table.name();
        let mode = if table == Table::Mode { ", mode VARCHAR" } else { "" };
        let columns: Vec<_> = table.columns().iter().map(|(column, _)| format!("{column} DOUBLE")).collect();
        let columns = columns.join(", ");
        sql.push_str(&format!(
            "CREATE TABLE IF NOT EXISTS {name} (source INTEGER, at_us BIGINT, log_us BIGINT, {columns}{mode});
            COMMENT ON TABLE {name} IS {};
            COMMENT ON COLUMN {name}.source IS 'Which file (import_source)';
            COMMENT ON COLUMN {name}.at_us IS 'When, µs since start, as in the tables of the flight';
            COMMENT ON COLUMN {name}.log_us IS 'When, by the clock of the log, µs';\n",
            quoted(table.remark())
        ));
        for (column, remark) in table.columns() {
            sql.push_str(&format!("COMMENT ON COLUMN {name}.{column} IS {};\n", quoted(remark)));
        }
    }
    sql
}
