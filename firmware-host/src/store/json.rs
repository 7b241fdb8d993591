//! Values → JSON text. Numbers keep all their digits. What JSON has no number for (NaN, the infinities) is the text "NaN",
//! "Infinity" or "-Infinity", so that it is neither 0 nor unknown; `null` is NULL only. Times are ISO 8601, those with a zone in UTC.
//! What has no names is a list; a MAP is an object.

use super::shape::Shape;
use duckdb::arrow::array::{Array, AsArray};
use duckdb::arrow::datatypes::{Float32Type, Float64Type};
use duckdb::arrow::util::display::{ArrayFormatter, FormatOptions};
use std::io::{Result, Write};

/// Writes the value of `row`.
pub fn write(out: &mut dyn Write, column: &dyn Array, shape: &Shape, row: usize) -> Result<()> {
    if column.is_null(row) {
        return out.write_all(b"null");
    }
    match shape {
        Shape::Plain("VARCHAR") | Shape::Text => text(out, column.as_string::<i32>().value(row)),
        Shape::Plain("FLOAT") => {
            float(out, f64::from(column.as_primitive::<Float32Type>().value(row)), column, row)
        }
        Shape::Plain("DOUBLE") => float(out, column.as_primitive::<Float64Type>().value(row), column, row),
        Shape::Plain(_) => displayed(out, column, row),
        Shape::Digits => digits(out, column.as_string::<i32>().value(row)),
        Shape::Time => text(out, &iso_8601(column.as_string::<i32>().value(row))),
        Shape::List(of) => {
            let items = column.as_list::<i32>().value(row);
            list(out, (0..items.len()).map(|item| (items.as_ref(), of.as_ref(), item)))
        }
        Shape::Row(parts) => {
            let columns = column.as_struct().columns();
            list(out, columns.iter().zip(parts).map(|(part, shape)| (part.as_ref(), shape, row)))
        }
        Shape::Struct(parts) => {
            let columns = column.as_struct().columns();
            let named = columns.iter().zip(parts);
            object(out, named.map(|(part, (name, shape))| (name.as_str(), part.as_ref(), shape, row)))
        }
        Shape::Map(of) => {
            let entries = column.as_map().value(row);
            let (keys, values) = (entries.column(0).as_string::<i32>(), entries.column(1));
            object(out, (0..keys.len()).map(|at| (keys.value(at), values.as_ref(), of.as_ref(), at)))
        }
    }
}

/// Writes an object of named values.
pub fn object<'a>(
    out: &mut dyn Write,
    parts: impl Iterator<Item = (&'a str, &'a dyn Array, &'a Shape, usize)>,
) -> Result<()> {
    out.write_all(b"{")?;
    for (at, (name, column, shape, row)) in parts.enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        text(out, name)?;
        out.write_all(b":")?;
        write(out, column, shape, row)?;
    }
    out.write_all(b"}")
}

fn list<'a>(
    out: &mut dyn Write,
    items: impl Iterator<Item = (&'a dyn Array, &'a Shape, usize)>,
) -> Result<()> {
    out.write_all(b"[")?;
    for (at, (column, shape, row)) in items.enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        write(out, column, shape, row)?;
    }
    out.write_all(b"]")
}

fn text(out: &mut dyn Write, text: &str) -> Result<()> {
    // As serde_json's error, a closed pipe stays a closed pipe.
    serde_json::to_writer(out, text).map_err(std::io::Error::from)
}

/// DuckDB writes `.5` and `-.5` where a DECIMAL has no place before the point; JSON wants the zero.
fn digits(out: &mut dyn Write, digits: &str) -> Result<()> {
    let (sign, number) = digits.strip_prefix('-').map_or(("", digits), |number| ("-", number));
    let zero = if number.starts_with('.') { "0" } else { "" };
    write!(out, "{sign}{zero}{number}")
}

fn float(out: &mut dyn Write, value: f64, column: &dyn Array, row: usize) -> Result<()> {
    match value {
        _ if value.is_finite() => displayed(out, column, row),
        _ if value.is_nan() => out.write_all(b"\"NaN\""),
        _ if value > 0.0 => out.write_all(b"\"Infinity\""),
        _ => out.write_all(b"\"-Infinity\""),
    }
}

fn displayed(out: &mut dyn Write, column: &dyn Array, row: usize) -> Result<()> {
    let formatter =
        ArrayFormatter::try_new(column, &FormatOptions::default()).map_err(std::io::Error::other)?;
    write!(out, "{}", formatter.value(row))
}

/// `2026-01-02 03:04:05.5+00` → `2026-01-02T03:04:05.5Z`; a time without a zone gets none. What ISO 8601 has no words for
/// (infinities, years before 1 and after 9999) stays.
fn iso_8601(time: &str) -> String {
    let (utc, zone) = time.strip_suffix("+00").map_or((time, ""), |utc| (utc, "Z"));
    match utc.split_once(' ') {
        Some((date, of_day)) if date.len() == 10 && !of_day.contains(' ') => format!("{date}T{of_day}{zone}"),
        _ => time.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::iso_8601;

    #[test]
    fn times_are_iso_8601_where_it_has_words_for_them() {
        for (time, iso) in [
            ("2026-01-02 03:04:05.5+00", "2026-01-02T03:04:05.5Z"),
            ("2026-01-02 03:04:05", "2026-01-02T03:04:05"),
            ("infinity", "infinity"),
            ("0044-03-15 (BC) 00:00:00", "0044-03-15 (BC) 00:00:00"),
            ("294247-01-10 04:00:54.775806", "294247-01-10 04:00:54.775806"),
        ] {
            assert_eq!(iso_8601(time), iso);
        }
    }
}
