//! SQL over a flight, as a table for people, CSV, JSON or Parquet.
//!
//! Read-only and fenced in: no other files, no extensions. Of several statements the last one answers. Works in every
//! state a file can be in; see [`super::open_flight`]. Rows stream; only the table holds its first rows in memory. What a value
//! is as text, DuckDB says itself ([`Shape`]).

use super::error::StoreError;
use super::format::Format;
use super::output;
use super::parquet;
use super::place::flight_bytes;
use super::read::{Flight, open_with};
use super::scratch::Room;
use super::shape::Shape;
use super::sql::{file_writer, identifier, last_statement, quoted};
use duckdb::core::{LogicalTypeHandle, LogicalTypeId};
use duckdb::{Connection, Statement};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Rows.
    pub row_count: u64,
    /// What of the flight could not be read, and why: the answer is of the rest. `None`: it was whole.
    pub unread: Option<String>,
}

/// Answers `sql` over the flight at `path` into `out`. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// When the file cannot be read, the SQL is wrong or writes, or `out` does not take it.
pub fn query(
    path: &Path,
    sql: &str,
    format: Format,
    reserve_mb: u32,
    out: &mut dyn Write,
) -> Result<Answered, StoreError> {
    ask(path, sql, format, reserve_mb, &|output| open_with(path, reserve_mb, output), out)
}

/// Answers `sql` over a flight that `open` opens, so that it may also write the file that it is given.
pub(super) fn ask(
    path: &Path,
    sql: &str,
    format: Format,
    reserve_mb: u32,
    open: &dyn Fn(Option<&Path>) -> Result<Flight, StoreError>,
    out: &mut dyn Write,
) -> Result<Answered, StoreError> {
    if format == Format::Parquet {
        // An answer is rarely larger than what it was asked of.
        let target = Scratch(Room::beside(path, flight_bytes(path), reserve_mb)?.path("parquet"));
        let flight = open(Some(&target.0))?;
        return told(answer_parquet(flight.connection(), sql, &target.0, out), flight.unread);
    }
    let flight = open(None)?;
    told(answer(flight.connection(), sql, format, out), flight.unread)
}

/// Answers `sql` over what `connection` reaches into `out`: the number of rows.
///
/// # Errors
/// The SQL is wrong or writes, or `out` does not take it.
pub(super) fn answer(
    connection: &Connection,
    sql: &str,
    format: Format,
    out: &mut dyn Write,
) -> Result<u64, StoreError> {
    let asked = Asked::of(connection, sql)?;
    let Some(columns) = &asked.columns else {
        let mut statement = connection.prepare(&asked.source).map_err(sql_error)?;
        return stream(&mut statement, format, None, out);
    };
    let columns: Vec<_> =
        columns.iter().map(|(name, kind)| (name.clone(), as_read(Shape::of(kind), format))).collect();
    let wrapped = asked.wrapped(|at| cast(at, &columns[at].1));
    let mut statement = connection.prepare(&wrapped).map_err(sql_error)?;
    stream(&mut statement, format, Some(columns), out)
}

/// That whoever reads the answer has enough of it is no reason not to tell what of the flight is missing.
fn told(outcome: Result<u64, StoreError>, unread: Option<String>) -> Result<Answered, StoreError> {
    let row_count = match outcome {
        Err(error) if unread.is_some() && error.is_closed_pipe() => 0,
        outcome => outcome?,
    };
    Ok(Answered { row_count, unread })
}

/// Where an answer lies that cannot be asked for within another statement.
const ANSWER_TABLE: &str = "temp.\"the answer\"";

/// The statement that answers.
struct Asked {
    /// What stands behind FROM; without columns, the statement itself.
    source: String,
    /// Its columns; `None` of a statement that cannot stand within another one (EXPLAIN, PRAGMA, SET).
    columns: Option<Vec<(String, LogicalTypeHandle)>>,
}

impl Asked {
    /// Runs what stands before the last statement, and looks at that.
    fn of(connection: &Connection, sql: &str) -> Result<Asked, StoreError> {
        if let Some(why) = file_writer(sql) {
            return Err(StoreError::Sql(why));
        }
        let (before, sql) = last_statement(sql);
        if sql.is_empty() {
            let why = "the SQL is empty; for example: SELECT * FROM detections";
            return Err(StoreError::Sql(why.to_string()));
        }
        if sql.contains('\0') || before.contains('\0') {
            return Err(StoreError::Sql("SQL has no place for the character 0; write chr(0)".to_string()));
        }
        if !before.is_empty() {
            connection.execute_batch(before).map_err(sql_error)?;
        }
        // Alone first: then what is wrong with it is said about it as it was written.
        let statement = connection.prepare(sql).map_err(sql_error)?;
        if statement.parameter_count() > 0 {
            let why = "the SQL has parameters (?, $1), and there is nothing to put there; write the values";
            return Err(StoreError::Sql(why.to_string()));
        }
        drop(statement);
        let within = format!("query({})", quoted(sql));
        if let Some(columns) = columns_of(connection, &within)? {
            return Ok(Asked { source: within, columns: Some(columns) });
        }
        // A PIVOT that looks for its columns itself stands in no other statement, but a table can be made of it.
        let kept = format!("CREATE TEMP TABLE {ANSWER_TABLE} AS {sql}");
        if connection.execute_batch(&kept).is_ok()
            && let Some(columns) = columns_of(connection, ANSWER_TABLE)?
        {
            return Ok(Asked { source: ANSWER_TABLE.to_string(), columns: Some(columns) });
        }
        Ok(Asked { source: sql.to_string(), columns: None })
    }

    /// The statement within another one that reads each column as `read` says of its place.
    fn wrapped(&self, read: impl Fn(usize) -> String) -> String {
        let count = self.columns.as_ref().map_or(0, Vec::len);
        let read: Vec<_> = (0..count).map(read).collect();
        let places: Vec<_> = (0..count).map(place).collect();
        format!("SELECT {} FROM {} AS answer({})", read.join(", "), self.source, places.join(", "))
    }
}

/// Names and types of what stands behind FROM; `None` when nothing can.
fn columns_of(
    connection: &Connection,
    source: &str,
) -> Result<Option<Vec<(String, LogicalTypeHandle)>>, StoreError> {
    let Ok(mut described) = connection.prepare(&format!("SELECT column_name FROM (DESCRIBE FROM {source})"))
    else {
        return Ok(None);
    };
    let names = described
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect::<Result<Vec<String>, _>>)
        .map_err(sql_error)?;
    let typed = connection.prepare(&format!("FROM {source}")).map_err(sql_error)?;
    let kinds = (0..names.len()).map(|at| typed.column_logical_type(at)).collect::<Vec<_>>();
    Ok(Some(names.into_iter().zip(kinds).collect()))
}

fn place(at: usize) -> String {
    format!("c{at}")
}

fn cast(at: usize, shape: &Shape) -> String {
    if shape.is_plain() { place(at) } else { format!("CAST({} AS {})", place(at), shape.sql()) }
}

/// The columns of a statement that ran as it is, of which Arrow has what it has as it should be shown.
fn told_columns(statement: &Statement<'_>) -> Result<Vec<(String, Shape)>, StoreError> {
    let shape = |(at, name): (usize, String)| {
        let kind = statement.column_logical_type(at);
        match Shape::of(&kind) {
            shape if shape.is_plain() => Ok((name, shape)),
            _ if kind.id() == LogicalTypeId::Decimal => Ok((name, Shape::Plain("DECIMAL"))),
            _ => Err(StoreError::Sql(format!(
                "column \"{name}\" is of a type that only the answer of a SELECT can have here; write it as text, \
                 as in RETURNING {}::VARCHAR",
                identifier(&name)
            ))),
        }
    };
    unique(statement.column_names()).into_iter().enumerate().map(shape).collect()
}

/// As DuckDB names the columns of a table: the second `a` is `a_1`. An object has one value of a name.
fn unique(names: Vec<String>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::with_capacity(names.len());
    let is_taken = |taken: &[String], name: &str| taken.iter().any(|other| other.eq_ignore_ascii_case(name));
    for name in names {
        let mut numbered = (1..).map(|number| format!("{name}_{number}"));
        let free = if is_taken(&taken, &name) { numbered.find(|name| !is_taken(&taken, name)) } else { None };
        taken.push(free.unwrap_or(name));
    }
    taken
}

/// As what a value is read for a format: JSON has lists and objects, the others one text for each value.
fn as_read(shape: Shape, format: Format) -> Shape {
    match shape {
        shape if matches!(format, Format::Json | Format::JsonLines) || shape.is_plain() => shape,
        shape if shape.is_numeric() => Shape::Digits,
        _ => Shape::Text,
    }
}

/// Runs `statement`, and writes what it answers; `columns` as it was wrapped, or as they are.
fn stream(
    statement: &mut Statement<'_>,
    format: Format,
    columns: Option<Vec<(String, Shape)>>,
    out: &mut dyn Write,
) -> Result<u64, StoreError> {
    // Rows come by `step`, which answers an error where the iterator would panic.
    let _ = statement.stream_arrow([]).map_err(sql_error)?;
    let columns = columns.map_or_else(|| told_columns(statement), Ok)?;
    let mut writer = output::Writer::begin(format, columns, out).map_err(cannot_write)?;
    while let Some(batch) = statement.step().map_err(sql_error)? {
        writer.rows(&batch).map_err(cannot_write)?;
    }
    writer.end().map_err(cannot_write)
}

/// The same as Parquet, by way of the file `target`, which `connection` may write.
///
/// # Errors
/// The SQL is wrong or writes, or `out` does not take it.
pub(super) fn answer_parquet(
    connection: &Connection,
    sql: &str,
    target: &Path,
    out: &mut dyn Write,
) -> Result<u64, StoreError> {
    let asked = Asked::of(connection, sql)?;
    let Some(columns) = &asked.columns else {
        return Err(StoreError::Sql("Parquet holds the answer of a SELECT only; write --format csv or json, or SELECT from what this makes".to_string()));
    };
    let copy = format!(
        "COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd)",
        asked.wrapped(|at| parquet::column(&place(at), &columns[at].0, &columns[at].1)),
        quoted(&target.to_string_lossy())
    );
    let row_count = connection.execute(&copy, []).map_err(sql_error)? as u64;
    let mut file = std::fs::File::open(target).map_err(StoreError::io(target, "cannot read"))?;
    let written = std::io::copy(&mut file, out).map_err(cannot_write);
    written.map(|_| row_count)
}

fn sql_error(error: duckdb::Error) -> StoreError {
    StoreError::Sql(error.to_string())
}

fn cannot_write(error: std::io::Error) -> StoreError {
    StoreError::io(Path::new("output"), "cannot write")(error)
}

/// Removed when dropped.
pub(super) struct Scratch(pub(super) PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
