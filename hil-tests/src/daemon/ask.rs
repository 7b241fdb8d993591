//! Questions to a flight file, through the program that wrote it: `skyhound query FILE SQL --format json`.

use super::run;
use serde_json::Value;
use std::path::Path;

/// The answer of `skyhound query` in `format` (table, csv, json).
pub fn query(file: &Path, sql: &str, format: &str) -> Result<String, String> {
    let path = file.to_string_lossy();
    let said = run(&["query", &path, sql, "--format", format])?;
    match said.code {
        Some(0) => Ok(said.out),
        _ => Err(format!("query of {path}: {}: {sql}", said.err.trim())),
    }
}

/// Rows of the answer, each an object by column.
pub fn rows(file: &Path, sql: &str) -> Result<Vec<Value>, String> {
    let text = query(file, sql, "json")?;
    serde_json::from_str(&text).map_err(|error| format!("{sql}: {error}: {text}"))
}

/// The one number that `sql` answers with.
pub fn number(file: &Path, sql: &str) -> Result<f64, String> {
    let rows = rows(file, sql)?;
    let value = rows.first().and_then(first_column);
    value.and_then(Value::as_f64).ok_or_else(|| format!("{sql}: no number in {rows:?}"))
}

/// The first column as texts.
pub fn text_column(file: &Path, sql: &str) -> Result<Vec<String>, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(rows(file, sql)?.iter().filter_map(first_column).map(text).collect())
}

fn first_column(row: &Value) -> Option<&Value> {
    row.as_object()?.values().next()
}
