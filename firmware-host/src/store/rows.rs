//! Rows of a statement → values.

use super::read::Flight;
use duckdb::Row;
use skyhound::time::TimeUs;

/// Rows of a statement.
pub(super) fn rows<T>(
    flight: &Flight,
    sql: &str,
    row: impl Fn(&Row<'_>) -> Result<T, duckdb::Error>,
) -> Result<Vec<T>, duckdb::Error> {
    flight.connection().prepare(sql)?.query_map([], |each| row(each))?.collect()
}

/// A column of times.
pub(super) fn time(row: &Row<'_>, column: usize) -> Result<TimeUs, duckdb::Error> {
    row.get::<_, i64>(column).map(|us| TimeUs(us as u64))
}
