//! A flight → a folder of files for other programs.

use super::super::error::StoreError;
use super::super::format::Format;
use super::super::place::flight_bytes;
use super::super::query::answer;
use super::super::read::{Flight, open_with};
use super::super::scratch::{Room, part_in};
use super::super::sql::{identifier, quoted};
use super::content::own_relations;
use super::landing::{self, Part};
use crate::progress::{self, Unit};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What each table becomes.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Tables {
    /// A Parquet file of its stored columns, and what `IMPORT DATABASE` needs to make the database again.
    Database,
    /// The same with CSV files.
    DatabaseCsv,
    /// A CSV file with a header line and all columns, also those that are reckoned from others.
    Csv,
    /// A file with an object on each line, with all columns.
    JsonLines,
}

impl FromStr for Tables {
    type Err = String;

    fn from_str(text: &str) -> Result<Tables, String> {
        match text {
            "database" => Ok(Tables::Database),
            "database-csv" => Ok(Tables::DatabaseCsv),
            "csv" => Ok(Tables::Csv),
            "jsonl" => Ok(Tables::JsonLines),
            other => Err(format!("\"{other}\" is no form; write database, database-csv, csv or jsonl")),
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    /// The folder.
    pub path: PathBuf,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// What of the flight could not be read, and why: the rest is there.
    pub unread: Option<String>,
}

/// Writes the flight at `from` into the folder `to`, which must not be there yet. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// The flight cannot be read, or the folder is there or takes no more.
pub fn export(from: &Path, to: &Path, tables: Tables, reserve_mb: u32) -> Result<Exported, StoreError> {
    let to = landing::ready(to)?;
    if to.exists() {
        return Err(StoreError::kept(&to, "that is there already; name a folder that is not"));
    }
    let part = Part::at(part_in(to.parent().unwrap_or(Path::new("/"))));
    Room::at(&part.path, from, flight_bytes(from), reserve_mb)?;
    std::fs::create_dir(&part.path).map_err(StoreError::io(&part.path, "cannot make the folder"))?;
    let flight = open_with(from, reserve_mb, Some(&part.path))?;
    let told = || StoreError::database(from, "cannot be exported");
    let mut rows = BTreeMap::new();
    for relation in own_relations(flight.connection()).map_err(told())? {
        let count = format!("SELECT count(*) FROM {}", relation.source);
        let count = flight.connection().query_row(&count, [], |row| row.get(0)).map_err(told())?;
        rows.insert(relation.name, count);
    }
    progress::part("writing", None, Unit::Rows);
    let folder = quoted(&part.path.to_string_lossy());
    let whole = |options: &str| {
        flight.connection().execute_batch(&format!("EXPORT DATABASE {folder} ({options})")).map_err(told())
    };
    match tables {
        Tables::Database => whole("FORMAT parquet, COMPRESSION zstd")?,
        Tables::DatabaseCsv => whole("FORMAT csv")?,
        Tables::Csv => each(&flight, &rows, Format::Csv, "csv", &part.path)?,
        Tables::JsonLines => each(&flight, &rows, Format::JsonLines, "jsonl", &part.path)?,
    }
    for entry in
        std::fs::read_dir(&part.path).map_err(StoreError::io(&part.path, "cannot read the folder"))?.flatten()
    {
        landing::settle(&entry.path())?;
    }
    landing::name(&part.path, &to)?;
    Ok(Exported { path: to, rows, unread: flight.unread })
}

fn each(
    flight: &Flight,
    rows: &BTreeMap<String, u64>,
    format: Format,
    ending: &str,
    folder: &Path,
) -> Result<(), StoreError> {
    progress::part("writing", Some(rows.values().sum()), Unit::Rows);
    for (table, count) in rows {
        let path = folder.join(format!("{table}.{ending}"));
        let mut out = BufWriter::new(File::create(&path).map_err(StoreError::io(&path, "cannot write"))?);
        let written = answer(flight.connection(), &format!("FROM {}", identifier(table)), format, &mut out)?;
        out.flush().map_err(StoreError::io(&path, "cannot write"))?;
        progress::done(*count);
        if written != *count {
            return Err(StoreError::kept(&path, format!("{written} rows were written of {count}")));
        }
    }
    Ok(())
}
