//! A flight flown again → a new flight file: what it was given as it stands in the old one, all that passes derive as they make it now.
//!
//! Files of one flight become one. Rows that others than the passes wrote (events of the host, the log) keep their order among
//! themselves, and what passes make stands among them by its time. Where the replay ended before the flight did, readings that no pass
//! took follow without a place. What was taken over is read back and compared, by the hash of its rows.

use super::super::append::columns;
use super::super::batch::Batch;
use super::super::chain::Chain;
use super::super::derived::{MIXED, is_input, made};
use super::super::error::StoreError;
use super::super::place::{flight_bytes, side_files};
use super::super::read::{Flight, SALVAGED, columns_in, columns_of, open_flight};
use super::super::schema::{SCHEMA_VERSION, statements};
use super::super::scratch::{Room, part_in};
use super::super::sql::identifier;
use super::canonical::canonical_type;
use super::content::{Relation, content_of, own_relations};
use super::fresh;
use super::landing::{self, Part};
use duckdb::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use duckdb::arrow::compute::{concat_batches, interleave};
use duckdb::arrow::datatypes::{Int64Type, SchemaRef};
use duckdb::types::Value;
use duckdb::{Connection, arrow::array::AsArray};
use skyhound::record::{PlacedReading, Record, Sink};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows that are written at once.
const ROWS: usize = 65_536;
/// Columns of `reading` that passes derive.
const POSE: [&str; 5] = ["lat_e7", "lon_e7", "alt_rel_e2", "yaw_e2", "pose_gap_us"];
/// Tables that tell of the file.
const OF_THE_FILE: [&str; 2] = ["flight", "setting"];

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Remade {
    /// The new file.
    pub path: PathBuf,
    /// Its rows.
    pub row_count: u64,
    /// Of them those that were taken over.
    pub input_count: u64,
    /// Tables that the old one has besides, which are not in it.
    pub left: Vec<String>,
}

/// A new file on its way: what the passes record goes in here.
pub struct Remaking<'chain> {
    chain: &'chain Chain,
    connection: Connection,
    part: Part,
    to: PathBuf,
    batch: Batch,
    waiting_count: usize,
    reading_count: usize,
    /// What passes made of tables that others write to as well.
    mixed: Vec<(&'static str, RecordBatch)>,
    failed: Option<duckdb::Error>,
}

impl<'chain> Remaking<'chain> {
    /// Begins the file `to`, which must not be there; the disk of the flight keeps `reserve_mb` MB free.
    ///
    /// # Errors
    /// It is there, or there is no room.
    pub fn begin(chain: &'chain Chain, to: &Path, reserve_mb: u32) -> Result<Remaking<'chain>, StoreError> {
        let to = landing::ready(to)?;
        if to.exists() || !side_files(&to).is_empty() {
            return Err(landing::is_there(&to));
        }
        let needed_bytes = chain.files.iter().map(|(path, _)| flight_bytes(path)).sum();
        for (path, _) in &chain.files {
            Room::at(&to, path, needed_bytes, reserve_mb)?;
        }
        let part = Part::at(part_in(to.parent().unwrap_or(Path::new("/"))));
        let begin = || {
            let connection = fresh::open(&part.path)?;
            connection.execute_batch(&format!("{}; BEGIN", statements())).map(|()| connection)
        };
        let connection = begin().map_err(StoreError::database(&to, "cannot be begun"))?;
        Ok(Remaking {
            chain,
            connection,
            part,
            to,
            batch: Batch::default(),
            waiting_count: 0,
            reading_count: 0,
            mixed: Vec::new(),
            failed: None,
        })
    }

    fn wrote(&mut self) {
        self.waiting_count += 1;
        if self.waiting_count >= ROWS {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.waiting_count = 0;
        if self.failed.is_none() {
            self.failed = self.write().err();
        }
        self.batch.clear();
    }

    fn write(&mut self) -> Result<(), duckdb::Error> {
        self.reading_count += self.batch.readings.len();
        for (table, rows) in columns(&self.batch).map_err(refused)? {
            if MIXED.iter().any(|(mixed, _)| *mixed == table) {
                self.mixed.push((table, rows));
            } else {
                append(&self.connection, table, [rows])?;
            }
        }
        Ok(())
    }

    /// Gives it its name, with `settings` as what the flight was told.
    ///
    /// # Errors
    /// The old file cannot be read in whole, or what was taken over is not the same; then there is no new one.
    pub fn finish(mut self, settings: &BTreeMap<String, String>) -> Result<Remade, StoreError> {
        self.flush();
        let failed = self.failed.take().map_or(Ok(()), Err);
        let left = failed.and_then(|()| self.fill(settings));
        let left = left.map_err(StoreError::database(&self.to, "cannot be made"))?;
        let Remaking { chain, connection, part, to, .. } = self;
        let closed = connection.close().map_err(|(_, error)| error);
        closed.map_err(StoreError::database(&to, "cannot be closed"))?;
        landing::settle(&part.path)?;
        let made = open_flight(&part.path, 0)?;
        let input_count = check(chain, &made, &to)?;
        let row_count = row_count(&made).map_err(StoreError::database(&to, "cannot be read again"))?;
        drop(made);
        landing::name_new(&part.path, &to)?;
        Ok(Remade { path: to, row_count, input_count, left })
    }

    /// All that passes did not make. Answers what the old file has besides.
    fn fill(&self, settings: &BTreeMap<String, String>) -> Result<Vec<String>, duckdb::Error> {
        self.rest_of_readings()?;
        let tables = own_relations(&self.connection)?;
        for table in tables.iter().filter(|table| kept(&table.name).is_some()) {
            let rows = self.kept_rows(table)?;
            match MIXED.iter().find(|(mixed, _)| *mixed == table.name) {
                Some((name, time)) => {
                    let made: Vec<_> = self
                        .mixed
                        .iter()
                        .filter(|(of, _)| of == name)
                        .map(|(_, rows)| rows.clone())
                        .collect();
                    let merged = merged(&rows, &made, *time).map_err(refused)?;
                    append(&self.connection, name, merged)?;
                }
                None => append(&self.connection, &table.name, rows)?,
            }
        }
        self.tell(settings)?;
        self.connection.execute_batch("COMMIT; CHECKPOINT")?;
        let mut left = Vec::new();
        for (_, flight) in &self.chain.files {
            let names = own_relations(flight.connection())?.into_iter().map(|table| table.name);
            left.extend(names.filter(|name| tables.iter().all(|table| table.name != *name)));
        }
        left.dedup();
        Ok(left)
    }

    /// Rows of `table` that others than the passes wrote, in all files.
    fn kept_rows(&self, table: &Relation) -> Result<Vec<RecordBatch>, duckdb::Error> {
        let mut rows = Vec::new();
        for (_, flight) in &self.chain.files {
            let there = columns_of(flight, &table.name);
            if there.is_empty() {
                continue;
            }
            let value = |(name, kind): &(String, String)| match there.contains(name) {
                true => format!("CAST({} AS {kind})", identifier(name)),
                false => format!("CAST(NULL AS {kind})"),
            };
            let values: Vec<_> = table.columns.iter().map(value).collect();
            let which = kept(&table.name).unwrap_or_default();
            let sql = format!("SELECT {} FROM {} WHERE {which}", values.join(", "), identifier(&table.name));
            rows.extend(flight.connection().prepare(&sql)?.stream_arrow([])?);
        }
        Ok(rows)
    }

    /// Readings that no pass placed before the replay ended.
    fn rest_of_readings(&self) -> Result<(), duckdb::Error> {
        let mut skipped = self.reading_count;
        let tables = own_relations(&self.connection)?;
        for (_, flight) in &self.chain.files {
            let count = flight
                .connection()
                .query_row("SELECT count(*) FROM reading", [], |row| row.get::<_, i64>(0))?;
            let skip = skipped.min(count as usize);
            skipped -= skip;
            let value = |(name, kind): &(String, String)| match POSE.contains(&name.as_str()) {
                true => format!("CAST(NULL AS {kind})"),
                false => identifier(name),
            };
            for table in tables.iter().filter(|table| table.name == "reading" && skip < count as usize) {
                let values: Vec<_> = table.columns.iter().map(value).collect();
                let sql = format!("SELECT {} FROM reading OFFSET {skip}", values.join(", "));
                append(&self.connection, "reading", flight.connection().prepare(&sql)?.stream_arrow([])?)?;
            }
        }
        Ok(())
    }

    /// The rows that say which flight it is, and what it was told.
    fn tell(&self, settings: &BTreeMap<String, String>) -> Result<(), duckdb::Error> {
        let [Some((_, first)), Some((_, last))] = [self.chain.files.first(), self.chain.files.last()] else {
            return Ok(());
        };
        let ours = columns_in(&self.connection, "flight");
        let names = columns_of(last, "flight");
        let names: Vec<_> =
            names.into_iter().filter(|name| ours.contains(name)).map(|name| identifier(&name)).collect();
        let values: Vec<Value> =
            last.connection().query_row(&format!("SELECT {} FROM flight", names.join(", ")), [], |row| {
                (0..names.len()).map(|column| row.get(column)).collect()
            })?;
        let places = vec!["?"; names.len()].join(", ");
        let insert = format!("INSERT INTO flight ({}) VALUES ({places})", names.join(", "));
        self.connection.execute(&insert, duckdb::params_from_iter(values))?;
        let begun = "SELECT opened_us, unrecorded_since_us FROM flight";
        let (opened_us, since_us): (Option<i64>, Option<i64>) =
            first.connection().query_row(begun, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let unread = self.chain.unread().map(|(_, why)| format!("{SALVAGED}{why}"));
        let name = self.to.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.connection.execute(
            "UPDATE flight SET name = ?, schema_version = ?, settings_sha256 = ?, continues = NULL, opened_us = ?,
            unrecorded_since_us = ?, ended = coalesce(?, ended, 'copied')",
            duckdb::params![name, SCHEMA_VERSION, settings.get("settings_sha256"), opened_us, since_us, unread],
        )?;
        let mut rows = self.connection.prepare("INSERT INTO setting VALUES (?, ?)")?;
        for (name, value) in settings.iter().filter(|(name, _)| *name != "version.duckdb") {
            rows.execute([name, value])?;
        }
        rows.execute(["version.duckdb", &self.connection.version()?]).map(|_| ())
    }
}

impl Sink for Remaking<'_> {
    fn reading(&mut self, reading: &PlacedReading) {
        self.batch.readings.push(*reading);
        self.wrote();
    }

    fn record(&mut self, record: &Record) {
        if !is_input(record) {
            self.batch.push(record);
            self.wrote();
        }
    }
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> duckdb::Error {
    duckdb::Error::ToSqlConversionFailure(Box::new(error))
}

/// In SQL, which rows of `table` are taken over; `None`: none.
fn kept(table: &str) -> Option<String> {
    match made(table) {
        _ if OF_THE_FILE.contains(&table) => None,
        None => Some("true".to_string()),
        Some(made) if made == "true" => None,
        Some(made) => Some(format!("({made}) IS NOT TRUE")),
    }
}

fn append(
    connection: &Connection,
    table: &str,
    rows: impl IntoIterator<Item = RecordBatch>,
) -> Result<(), duckdb::Error> {
    let mut appender = connection.appender(table)?;
    for rows in rows {
        appender.append_record_batch(rows)?;
    }
    appender.flush()
}

/// Both in one order, each keeping its own: of two the earlier by the time in column `time` comes first, what was kept before what was
/// made. Ids of a log are given anew.
fn merged(
    kept: &[RecordBatch],
    made: &[RecordBatch],
    time: usize,
) -> Result<Option<RecordBatch>, duckdb::arrow::error::ArrowError> {
    let Some(schema) = [kept, made].iter().find_map(|rows| rows.first()).map(RecordBatch::schema) else {
        return Ok(None);
    };
    let [kept, made] = [kept, made].map(|rows| whole(&schema, rows));
    let (kept, made) = (kept?, made?);
    let [kept_at, made_at] =
        [&kept, &made].map(|rows| rows.column(time).as_primitive::<Int64Type>().values());
    let (mut order, mut at) = (Vec::with_capacity(kept_at.len() + made_at.len()), 0);
    for (row, made_us) in made_at.iter().enumerate() {
        while kept_at.get(at).is_some_and(|kept_us| kept_us <= made_us) {
            order.push((0, at));
            at += 1;
        }
        order.push((1, row));
    }
    order.extend((at..kept_at.len()).map(|row| (0, row)));
    let pairs = kept.columns().iter().zip(made.columns());
    let columns = pairs.map(|(kept, made)| interleave(&[kept.as_ref(), made.as_ref()], &order));
    let mut columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
    if time > 0 {
        columns[0] = Arc::new(Int64Array::from_iter_values(1..=order.len() as i64));
    }
    RecordBatch::try_new(schema, columns).map(Some)
}

/// In one; columns go by their place.
fn whole(schema: &SchemaRef, rows: &[RecordBatch]) -> Result<RecordBatch, duckdb::arrow::error::ArrowError> {
    let rows: Vec<_> = rows
        .iter()
        .map(|rows| RecordBatch::try_new(Arc::clone(schema), rows.columns().to_vec()))
        .collect::<Result<_, _>>()?;
    concat_batches(schema, &rows)
}

/// Compares what was taken over; answers how many rows that is.
fn check(chain: &Chain, new: &Flight, to: &Path) -> Result<u64, StoreError> {
    let ours = own_relations(new.connection()).map_err(StoreError::database(to, "cannot be read again"))?;
    let mut taken: BTreeMap<String, u64> = BTreeMap::new();
    for (path, flight) in &chain.files {
        let there =
            own_relations(flight.connection()).map_err(StoreError::database(path, "cannot be read"))?;
        let mut relations = there.into_iter().filter_map(|table| compared(table, &ours)).collect::<Vec<_>>();
        let said = content_of(flight.connection(), &relations)
            .map_err(StoreError::database(path, "cannot be read"))?;
        for relation in &mut relations {
            let count = said.tables.get(&relation.name).map_or(0, |table| table.row_count);
            let from = taken.entry(relation.name.clone()).or_default();
            relation.source = format!("(SELECT * FROM {} LIMIT {count} OFFSET {from})", relation.source);
            *from += count;
        }
        let again = content_of(new.connection(), &relations)
            .map_err(StoreError::database(to, "cannot be read again"))?;
        if again != said {
            let why = format!(
                "what was taken over is not the same ({}); nothing is kept of that",
                again.differences(&said)
            );
            return Err(StoreError::kept(path, why));
        }
    }
    Ok(taken.values().sum())
}

/// The columns of `table` that are taken over into one of `ours`.
fn compared(table: Relation, ours: &[Relation]) -> Option<Relation> {
    let which = if table.name == "reading" { "true".to_string() } else { kept(&table.name)? };
    let ours = ours.iter().find(|ours| ours.name == table.name)?;
    let is_derived = |column: &str| match table.name.as_str() {
        "reading" => POSE.contains(&column),
        name => name == "log" && column == "id",
    };
    let is_same = |(name, kind): &(String, String)| {
        let same = |(our_name, our_kind): &(String, String)| {
            our_name == name && canonical_type(our_kind) == canonical_type(kind)
        };
        !is_derived(name) && ours.columns.iter().any(same)
    };
    let columns: Vec<_> = table.columns.iter().filter(|column| is_same(column)).cloned().collect();
    let source = format!("(SELECT * FROM {} WHERE {which})", identifier(&table.name));
    Some(Relation { columns, source, name: table.name })
}

fn row_count(flight: &Flight) -> Result<u64, duckdb::Error> {
    let mut count = 0;
    for table in own_relations(flight.connection())? {
        let sql = format!("SELECT count(*) FROM {}", table.source);
        count += flight.connection().query_row(&sql, [], |row| row.get::<_, i64>(0))? as u64;
    }
    Ok(count)
}
