//! Entries of the log → rows of `log`, in the columns' order of `schema.sql`.

use super::columns::{all, text, times};
use super::log::LogEntry;
use duckdb::arrow::array::ArrayRef;
use duckdb::arrow::datatypes::Int64Type;

/// The columns of `log`.
pub fn columns(rows: &[LogEntry]) -> Vec<ArrayRef> {
    vec![
        all::<Int64Type, _>(rows, |row| row.id as i64),
        times(rows, |row| row.at),
        text(rows, |row| Some(row.source)),
        text(rows, |row| row.severity.map(|severity| severity.name())),
        text(rows, |row| Some(row.kind)),
        text(rows, |row| Some(&row.text)),
    ]
}
