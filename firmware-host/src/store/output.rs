//! Rows of an answer → a table for people, CSV (RFC 4180) or JSON. NULL is empty in CSV and tables, `null` in JSON;
//! numbers that JSON does not have (NaN, infinities) are `null` there.

use super::query::{Format, TABLE_ROWS_MAX};
use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use duckdb::arrow::array::{Array, ListArray, RecordBatch, StructArray};
use duckdb::arrow::datatypes::{DataType, SchemaRef};
use duckdb::arrow::error::ArrowError;
use duckdb::arrow::util::display::{ArrayFormatter, FormatOptions};
use std::io::{Result, Write};

/// Writes one answer.
pub(super) struct Writer<'out> {
    out: &'out mut dyn Write,
    format: Format,
    names: Vec<String>,
    table: Table,
    row_count: usize,
}

impl<'out> Writer<'out> {
    pub(super) fn begin(
        format: Format,
        schema: &SchemaRef,
        out: &'out mut dyn Write,
    ) -> Result<Writer<'out>> {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_header(names.clone());
        for (index, field) in schema.fields().iter().enumerate() {
            if let Some(column) = table.column_mut(index)
                && field.data_type().is_numeric()
            {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        match format {
            Format::Csv => write_csv(out, names.iter().map(String::as_str))?,
            Format::Json => out.write_all(b"[")?,
            Format::Table | Format::Parquet => {}
        }
        Ok(Writer { out, format, names, table, row_count: 0 })
    }

    pub(super) fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let options = FormatOptions::default().with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.6f"));
        let columns: Vec<ArrayFormatter<'_>> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
            .collect::<std::result::Result<_, ArrowError>>()
            .map_err(std::io::Error::other)?;
        for row in 0..batch.num_rows() {
            match self.format {
                Format::Csv => {
                    let cells: Vec<String> = columns.iter().map(|c| c.value(row).to_string()).collect();
                    write_csv(self.out, cells.iter().map(String::as_str))?;
                }
                Format::Json => self.json_row(batch, row)?,
                Format::Table if self.row_count < TABLE_ROWS_MAX => {
                    self.table.add_row(columns.iter().map(|column| column.value(row).to_string()));
                }
                Format::Table | Format::Parquet => {}
            }
            self.row_count += 1;
        }
        Ok(())
    }

    pub(super) fn end(self, row_count: u64) -> Result<()> {
        match self.format {
            Format::Table => {
                writeln!(self.out, "{}", self.table)?;
                let shown = row_count.min(TABLE_ROWS_MAX as u64);
                match row_count - shown {
                    0 => writeln!(self.out, "{row_count} rows"),
                    _ => {
                        writeln!(self.out, "{row_count} rows, the first {shown} shown; csv and json give all")
                    }
                }
            }
            Format::Json => writeln!(self.out, "\n]"),
            Format::Csv | Format::Parquet => Ok(()),
        }?;
        self.out.flush()
    }

    fn json_row(&mut self, batch: &RecordBatch, row: usize) -> Result<()> {
        let cells = self.names.iter().zip(batch.columns());
        let object: serde_json::Map<String, serde_json::Value> =
            cells.map(|(name, column)| (name.clone(), json(column.as_ref(), row))).collect();
        self.out.write_all(if self.row_count == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *self.out, &object).map_err(std::io::Error::other)
    }
}

fn json(column: &dyn Array, row: usize) -> serde_json::Value {
    use serde_json::Value;
    if column.is_null(row) {
        return Value::Null;
    }
    if let Some(list) = column.as_any().downcast_ref::<ListArray>() {
        let items = list.value(row);
        return (0..items.len()).map(|item| json(items.as_ref(), item)).collect();
    }
    if let Some(parts) = column.as_any().downcast_ref::<StructArray>() {
        let names = parts.column_names().into_iter().map(str::to_string);
        let values = parts.columns().iter().map(|part| json(part.as_ref(), row));
        return Value::Object(names.zip(values).collect());
    }
    let options = FormatOptions::default().with_timestamp_format(Some("%Y-%m-%dT%H:%M:%S%.6fZ"));
    let text = ArrayFormatter::try_new(column, &options)
        .map(|formatter| formatter.value(row).to_string())
        .unwrap_or_default();
    match column.data_type() {
        DataType::Boolean => Value::Bool(text == "true"),
        // NaN and the infinities are no JSON numbers: they do not parse.
        kind if kind.is_numeric() => text.parse().map_or(Value::Null, Value::Number),
        _ => Value::String(text),
    }
}

fn write_csv<'a>(out: &mut dyn Write, cells: impl Iterator<Item = &'a str>) -> Result<()> {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        if cell.contains(['"', ',', '\n', '\r']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}
