//! Rows of an answer → a table for people, CSV (RFC 4180), JSON or an object on each line. NULL is empty in CSV (in one of one column an empty line)
//! and tables, `null` in JSON; an empty text is `""` in CSV.

use super::format::Format;
use super::json;
use super::shape::Shape;
use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use duckdb::arrow::array::{Array, StructArray};
use duckdb::arrow::error::ArrowError;
use duckdb::arrow::util::display::{ArrayFormatter, FormatOptions};
use std::io::{Result, Write};

/// Rows a table shows at most; the rest is counted.
const TABLE_ROWS_MAX: usize = 1_000;

/// Writes one answer.
pub(super) struct Writer<'out> {
    out: &'out mut dyn Write,
    format: Format,
    columns: Vec<(String, Shape)>,
    table: Table,
    row_count: usize,
}

impl<'out> Writer<'out> {
    pub(super) fn begin(
        format: Format,
        columns: Vec<(String, Shape)>,
        out: &'out mut dyn Write,
    ) -> Result<Writer<'out>> {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_header(columns.iter().map(|(name, _)| visible(name)));
        for (index, (_, shape)) in columns.iter().enumerate() {
            if let Some(column) = table.column_mut(index)
                && shape.is_numeric()
            {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        match format {
            Format::Csv if columns.is_empty() => {}
            Format::Csv => write_csv(out, columns.iter().map(|(name, _)| Some(name.as_str())))?,
            Format::Json => out.write_all(b"[")?,
            Format::Table | Format::JsonLines | Format::Parquet => {}
        }
        Ok(Writer { out, format, columns, table, row_count: 0 })
    }

    pub(super) fn rows(&mut self, batch: &StructArray) -> Result<()> {
        match self.format {
            Format::Json | Format::JsonLines => {
                (0..batch.len()).try_for_each(|row| self.json_row(batch, row))
            }
            Format::Table if self.row_count >= TABLE_ROWS_MAX => Ok(()),
            Format::Table | Format::Csv | Format::Parquet => self.text_rows(batch),
        }?;
        self.row_count += batch.len();
        Ok(())
    }

    fn text_rows(&mut self, batch: &StructArray) -> Result<()> {
        let options = FormatOptions::default();
        let cells = batch
            .columns()
            .iter()
            .map(|column| Ok((column, ArrayFormatter::try_new(column.as_ref(), &options)?)))
            .collect::<std::result::Result<Vec<_>, ArrowError>>()
            .map_err(std::io::Error::other)?;
        for row in 0..batch.len() {
            let texts: Vec<Option<String>> = cells
                .iter()
                .map(|(column, cell)| (!column.is_null(row)).then(|| cell.value(row).to_string()))
                .collect();
            match self.format {
                Format::Csv => write_csv(self.out, texts.iter().map(Option::as_deref))?,
                _ if self.row_count + row < TABLE_ROWS_MAX => {
                    self.table.add_row(texts.iter().map(|text| visible(text.as_deref().unwrap_or_default())));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn json_row(&mut self, batch: &StructArray, row: usize) -> Result<()> {
        let before: &[u8] = match self.row_count + row {
            0 if self.format == Format::JsonLines => b"",
            0 => b"\n",
            _ if self.format == Format::JsonLines => b"\n",
            _ => b",\n",
        };
        self.out.write_all(before)?;
        let named = self.columns.iter().zip(batch.columns());
        json::object(
            self.out,
            named.map(|((name, shape), column)| (name.as_str(), column.as_ref(), shape, row)),
        )
    }

    pub(super) fn end(self) -> Result<u64> {
        let shown = self.row_count.min(TABLE_ROWS_MAX);
        match self.format {
            Format::Table => {
                writeln!(self.out, "{}", self.table)?;
                match self.row_count - shown {
                    0 => writeln!(self.out, "{} rows", self.row_count),
                    _ => writeln!(
                        self.out,
                        "{} rows, the first {shown} shown; csv and json give all",
                        self.row_count
                    ),
                }
            }
            Format::Json => writeln!(self.out, "\n]"),
            Format::JsonLines if self.row_count > 0 => writeln!(self.out),
            Format::Csv | Format::JsonLines | Format::Parquet => Ok(()),
        }?;
        self.out.flush()?;
        Ok(self.row_count as u64)
    }
}

/// Control characters as `\n`, `\u{1b}`: a terminal would obey them, a line break would look like a row.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

fn write_csv<'a>(out: &mut dyn Write, cells: impl Iterator<Item = Option<&'a str>>) -> Result<()> {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        match cell {
            None => {}
            Some("") => out.write_all(b"\"\"")?,
            Some(cell) if cell.contains(['"', ',', '\n', '\r']) => {
                write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
            }
            Some(cell) => out.write_all(cell.as_bytes())?,
        }
    }
    out.write_all(b"\n")
}
