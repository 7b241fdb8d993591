//! A short flight → one of an hour: its rows again and again, each time later by the flight's length.

use duckdb::Connection;
use skyhound_host::store::stored_columns;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tables of one row, or of what was told at the start.
const ONCE: [&str; 2] = ["flight", "setting"];
/// Columns that are no moment since the start, though they end so and are BIGINT.
const NO_MOMENT: [&str; 1] = ["busy_us"];
/// Between the last row and the first that comes again.
const APART_US: i64 = 20_000;

/// A copy of `flight` in `folder`, at least `length` long.
///
/// # Errors
/// It cannot be read or copied.
pub fn of(flight: &Path, folder: &Path, length: Duration) -> Result<PathBuf, String> {
    let copy = folder.join(flight.file_name().unwrap_or_default());
    fs::create_dir_all(folder)
        .and_then(|()| fs::copy(flight, &copy))
        .map_err(|error| format!("{}: {error}", copy.display()))?;
    repeat(&copy, length).map_err(|error| format!("{}: {error}", copy.display()))?;
    Ok(copy)
}

fn repeat(file: &Path, length: Duration) -> duckdb::Result<()> {
    let database = Connection::open(file)?;
    let newest = "SELECT max(acquired_us) FROM reading";
    let period_us = APART_US + database.query_row(newest, [], |row| row.get::<_, i64>(0))?;
    let times = length.as_micros().div_ceil(period_us.unsigned_abs().into());
    let names = |sql: &str| -> duckdb::Result<Vec<String>> {
        database.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    };
    for table in names("SELECT table_name FROM duckdb_tables()")? {
        if ONCE.contains(&table.as_str()) {
            continue;
        }
        let moved = names(&format!(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = '{table}'
                AND (data_type = 'BIGINT' AND ends_with(column_name, '_us') OR column_name = 'id' AND data_type <> 'VARCHAR')"
        ))?;
        let is_moved = |column: &str| moved.iter().any(|name| name == column) && !NO_MOMENT.contains(&column);
        let columns: Vec<&str> = stored_columns(&table).collect();
        let later = |column: &&str| match *column {
            column if !is_moved(column) => column.to_string(),
            "id" => format!("id + n * (SELECT max(id) FROM {table})"),
            moment => format!("{moment} + n * {period_us}"),
        };
        let later: Vec<String> = columns.iter().map(later).collect();
        let (columns, later) = (columns.join(", "), later.join(", "));
        database.execute_batch(&format!(
            "INSERT INTO {table} ({columns}) SELECT {later} FROM {table} AS flown, range(1, {times}) AS again(n) ORDER BY n, flown.rowid"
        ))?;
    }
    database.execute_batch("CHECKPOINT")
}
