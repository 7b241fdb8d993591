//! SQL over a flight, as a table for people, CSV, JSON or Parquet.
//!
//! Read-only and fenced in: no other files, no extensions. Of several statements the last one answers. Works in every
//! state a file can be in; see [`super::open_flight`]. Rows stream; only the table holds its first [`TABLE_ROWS_MAX`] rows in memory.

use super::error::StoreError;
use super::output;
use super::read::{Flight, flight_bytes, open_flight, open_with};
use super::schema::quoted;
use super::scratch::Room;
use duckdb::arrow::record_batch::RecordBatch;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Rows a table shows at most; the rest is counted.
pub(super) const TABLE_ROWS_MAX: usize = 1_000;

/// The form of an answer.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// RFC 4180 with a header line.
    Csv,
    /// An array of objects, one per line.
    Json,
    /// Parquet, zstd.
    Parquet,
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        match text {
            "table" => Ok(Format::Table),
            "csv" => Ok(Format::Csv),
            "json" => Ok(Format::Json),
            "parquet" => Ok(Format::Parquet),
            other => Err(format!("\"{other}\" is no format; write table, csv, json or parquet")),
        }
    }
}

/// Answers `sql` over the flight at `path` into `out`; how many rows there were. The disk of the flight keeps `reserve_mb` MB
/// free.
///
/// # Errors
/// When the file cannot be read, the SQL is wrong or writes, or `out` does not take it.
pub fn query(
    path: &Path,
    sql: &str,
    format: Format,
    reserve_mb: u32,
    out: &mut dyn Write,
) -> Result<u64, StoreError> {
    if format == Format::Parquet {
        return parquet(path, sql, reserve_mb, out);
    }
    let flight = open_flight(path, reserve_mb)?;
    check_not_empty(sql)?;
    let mut statement = flight.connection().prepare(sql).map_err(sql_error)?;
    let mut batches = statement.stream_arrow([]).map_err(sql_error)?;
    let schema = batches.get_schema();
    let mut writer = output::Writer::begin(format, &schema, out).map_err(cannot_write)?;
    let mut row_count = 0;
    while let Some(batch) = next_batch(&mut batches)? {
        row_count += batch.num_rows() as u64;
        writer.rows(&batch).map_err(cannot_write)?;
    }
    writer.end(row_count).map_err(cannot_write)?;
    Ok(row_count)
}

/// The iterator panics where a row cannot be computed, for example by a cast in the operator's SQL.
fn next_batch(batches: &mut impl Iterator<Item = RecordBatch>) -> Result<Option<RecordBatch>, StoreError> {
    catch_unwind(AssertUnwindSafe(|| batches.next())).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map_or("the query failed", String::as_str);
        StoreError::Sql(said.to_string())
    })
}

fn parquet(path: &Path, sql: &str, reserve_mb: u32, out: &mut dyn Write) -> Result<u64, StoreError> {
    // An answer is rarely larger than what it was asked of.
    let target = Scratch(Room::beside(path, flight_bytes(path), reserve_mb)?.path("parquet"));
    let flight: Flight = open_with(path, reserve_mb, Some(&target.0))?;
    let sql = sql.trim().trim_end_matches(';');
    check_not_empty(sql)?;
    // The table function takes only a SELECT: nothing can be smuggled past the COPY.
    let copy = format!(
        "COPY (FROM query({})) TO {} (FORMAT parquet, COMPRESSION zstd)",
        quoted(sql),
        quoted(&target.0.to_string_lossy())
    );
    let row_count = flight.connection().execute(&copy, []).map_err(sql_error)? as u64;
    let mut file = std::fs::File::open(&target.0).map_err(StoreError::io(&target.0, "cannot read"))?;
    std::io::copy(&mut file, out).map_err(cannot_write)?;
    Ok(row_count)
}

fn check_not_empty(sql: &str) -> Result<(), StoreError> {
    if sql.trim().trim_end_matches(';').is_empty() {
        return Err(StoreError::Sql("the SQL is empty; for example: SELECT * FROM detections".to_string()));
    }
    Ok(())
}

fn sql_error(error: duckdb::Error) -> StoreError {
    StoreError::Sql(error.to_string())
}

fn cannot_write(error: std::io::Error) -> StoreError {
    StoreError::io(Path::new("output"), "cannot write")(error)
}

struct Scratch(std::path::PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
