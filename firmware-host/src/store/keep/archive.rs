//! A flight → Parquet files that any tool reads, in less room; and back, with the same rows.
//!
//! In the folder of an archive a flight is `date=YYYY-MM-DD/flight=NAME/`, which DuckDB, pandas and Spark take for columns: a file
//! `TABLE.parquet` of each table that has rows (stored columns only, zstd), and `flight.json`: what it says, and what makes its
//! tables and views again.

use super::super::error::StoreError;
use super::super::iq::has_uncopied_iq;
use super::super::name::FLIGHT_ENDING;
use super::super::place::flight_bytes;
use super::super::read::{Flight, open_with};
use super::super::scratch::{Room, part_in};
use super::super::sql::{identifier, quoted};
use super::backup::{Backed, Outcome, flight_name, place_part, standing_beside};
use super::content::{Content, Relation, content, content_of, own_relations};
use super::definitions::definitions;
use super::fresh;
use super::landing::{self, Part};
use crate::progress::{self, Unit};
use duckdb::Connection;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file that says what an archived flight is.
pub const MANIFEST: &str = "flight.json";

/// Numbers as their differences, never by dictionaries: readings hardly repeat, and take half the room.
const PARQUET: &str = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1";

/// What `flight.json` says.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Manifest {
    /// Name of the flight file, without its ending.
    pub name: String,
    /// What it says.
    pub content: Content,
    /// What of the flight could not be read when it was archived; `None`: it is whole.
    pub unread: Option<String>,
    /// Whether it was being recorded: it went on without the archive.
    pub is_live: bool,
    /// Bytes that the flight file had.
    pub file_bytes: u64,
    /// Stored columns of each table with their types.
    pub columns: BTreeMap<String, Vec<(String, String)>>,
    /// What makes its tables, macros and views.
    pub definitions: Vec<String>,
}

impl Manifest {
    /// Of the archived flight in this folder.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn read(folder: &Path) -> Result<Manifest, StoreError> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(StoreError::io(&path, "cannot read"))?;
        serde_json::from_str(&text).map_err(|error| StoreError::kept(&path, format!("damaged: {error}")))
    }

    /// Its tables, as they stand in the Parquet files of `folder`.
    pub fn relations(&self, folder: &Path) -> Vec<Relation> {
        let with_rows = self.columns.iter().filter(|(table, _)| self.content.tables.contains_key(*table));
        let relation = |(table, columns): (&String, &Vec<(String, String)>)| {
            let file = quoted(&parquet(folder, table).to_string_lossy());
            let source = format!("read_parquet({file}, hive_partitioning = false)");
            Relation { name: table.clone(), columns: columns.clone(), source }
        };
        with_rows.map(relation).collect()
    }
}

/// The file of a table of an archived flight.
pub fn parquet(folder: &Path, table: &str) -> PathBuf {
    folder.join(format!("{table}.parquet"))
}

/// The name of the flight file that was archived in `folder`.
///
/// # Errors
/// There is none, or it is damaged.
pub fn archived_file(folder: &Path) -> Result<PathBuf, StoreError> {
    let name = format!("{}.{FLIGHT_ENDING}", Manifest::read(folder)?.name);
    match Path::new(&name).file_name() {
        Some(file) if file == name.as_str() => Ok(PathBuf::from(name)),
        _ => Err(StoreError::kept(folder, format!("damaged: its name is \"{name}\""))),
    }
}

/// Whether an archived flight lies in `folder`.
pub fn is_archive(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
}

/// Archives the flight at `from` in the folder `to`. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// It cannot be read, there is no room, the archive does not say the same, or another flight lies there.
pub fn archive(from: &Path, to: &Path, reserve_mb: u32) -> Result<Backed, StoreError> {
    let to = landing::ready(&to.join("date"))?;
    let to = to.parent().unwrap_or(Path::new("/"));
    let part = Part::at(part_in(to));
    Room::at(&part.path, from, flight_bytes(from), reserve_mb)?;
    std::fs::create_dir(&part.path).map_err(StoreError::io(&part.path, "cannot make the folder"))?;
    let flight = open_with(from, reserve_mb, Some(&part.path))?;
    let name = from.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (manifest, date) = write(&flight, from, &part.path, name)?;
    let partition = to.join(format!("date={date}")).join(format!("flight={}", manifest.name));
    let outcome = if is_archive(&partition) {
        let (found, name) = archived_name(&partition)?;
        standing_beside(&partition, &found, name, &manifest.content, &flight)?
    } else {
        Outcome::Made
    };
    if outcome != Outcome::AlreadyThere {
        put(&part.path, &partition, to)?;
    }
    let file_bytes = folder_bytes(&partition);
    let Manifest { content, is_live, unread, .. } = manifest;
    Ok(Backed { path: partition, outcome, content, file_bytes, is_live, unread, iq: None })
}

/// What the archived flight in `folder` says, from its Parquet files.
///
/// # Errors
/// One of them cannot be read in whole.
pub fn archived(folder: &Path) -> Result<Content, StoreError> {
    let manifest = Manifest::read(folder)?;
    let said = Connection::open_in_memory()
        .and_then(|connection| content_of(&connection, &manifest.relations(folder)));
    said.map_err(StoreError::database(folder, "cannot be read in whole"))
}

fn archived_name(folder: &Path) -> Result<(Content, Option<String>), StoreError> {
    let table = format!("read_parquet({})", quoted(&parquet(folder, "flight").to_string_lossy()));
    let name = Connection::open_in_memory().and_then(|connection| flight_name(&connection, &table));
    Ok((archived(folder)?, name.map_err(StoreError::database(folder, "cannot tell which flight it is"))?))
}

/// Makes a flight file of the archived flight in `from`.
///
/// # Errors
/// It says another thing than it did, there is no room, or another flight lies at `to`.
pub fn restore_archive(from: &Path, to: &Path, reserve_mb: u32) -> Result<Backed, StoreError> {
    let manifest = Manifest::read(from)?;
    let to = landing::ready(to)?;
    let from = from.canonicalize().map_err(StoreError::io(from, "cannot find it"))?;
    let part = Part::at(part_in(to.parent().unwrap_or(Path::new("/"))));
    Room::at(&part.path, &to, manifest.file_bytes, reserve_mb)?;
    let is_whole = manifest.unread.is_none();
    fresh::make(&part.path, &manifest.definitions, &manifest.relations(&from), &[], None, is_whole)?;
    let mut restored = place_part(&part.path, &to, Some(&manifest.content))?;
    restored.unread = manifest.unread;
    Ok(restored)
}

/// Writes tables and manifest into `part`, reads them from the disk, and compares. The manifest, and the day of the flight.
fn write(flight: &Flight, from: &Path, part: &Path, name: String) -> Result<(Manifest, String), StoreError> {
    let connection = flight.connection();
    let mut date = String::new();
    let write = || {
        let content = content(connection)?;
        let relations = own_relations(connection)?;
        progress::part("writing", Some(content.row_count()), Unit::Rows);
        for relation in relations.iter().filter(|relation| content.tables.contains_key(&relation.name)) {
            let names: Vec<_> = relation.columns.iter().map(|(name, _)| identifier(name)).collect();
            let file = quoted(&parquet(part, &relation.name).to_string_lossy());
            let copy =
                format!("COPY (SELECT {} FROM {}) TO {file} ({PARQUET})", names.join(", "), relation.source);
            connection.execute_batch(&copy)?;
            progress::done(content.tables[&relation.name].row_count);
        }
        date = connection.query_row(
            "SELECT coalesce(strftime(any_value(started_utc), '%Y-%m-%d'), 'unknown') FROM flight",
            [],
            |row| row.get(0),
        )?;
        let columns = relations.into_iter().map(|relation| (relation.name, relation.columns)).collect();
        let definitions = definitions(connection)?;
        let (unread, is_live) = (flight.unread.clone(), flight.is_live);
        Ok(Manifest { name, content, unread, is_live, file_bytes: flight_bytes(from), columns, definitions })
    };
    let manifest: Manifest = write().map_err(StoreError::database(from, "cannot be archived"))?;
    let path = part.join(MANIFEST);
    std::fs::File::create(&path)
        .and_then(|mut file| {
            serde_json::to_writer_pretty(&mut file, &manifest)?;
            file.write_all(b"\n")
        })
        .map_err(StoreError::io(&path, "cannot write"))?;
    for entry in std::fs::read_dir(part).map_err(StoreError::io(part, "cannot read the folder"))?.flatten() {
        landing::settle(&entry.path())?;
    }
    landing::sync_folder(&path)?;
    let said = archived(part)?;
    if said != manifest.content {
        let why =
            format!("its archive is not the same ({}); it is removed", said.differences(&manifest.content));
        return Err(StoreError::kept(from, why));
    }
    Ok((manifest, date))
}

/// Puts what was written to its place; what lies there is a beginning of it.
fn put(part: &Path, partition: &Path, root: &Path) -> Result<(), StoreError> {
    let date = partition.parent().unwrap_or(root);
    std::fs::create_dir_all(date).map_err(StoreError::io(date, "cannot make the folder"))?;
    if partition.exists() {
        let aside = Part::at(part_in(root));
        std::fs::rename(partition, &aside.path).map_err(StoreError::io(partition, "cannot set aside"))?;
        landing::name(part, partition)?;
    } else {
        landing::name(part, partition)?;
    }
    landing::sync_folder(date)
}

/// Whether the flight may go once it is archived or copied: it is whole, and nobody is recording it.
///
/// # Errors
/// It is not.
pub fn free(from: &Path, kept: &Backed, reserve_mb: u32) -> Result<(), StoreError> {
    let refused = |why: &str| Err(StoreError::kept(from, format!("{why}; it stays")));
    if kept.is_live {
        return refused("it is being recorded");
    }
    if kept.unread.is_some() {
        return refused("not all of it could be read");
    }
    if has_uncopied_iq(from) {
        return refused("its IQ is not in the archive, and has no verified copy: `skyhound backup` it first");
    }
    {
        let flight = open_with(from, reserve_mb, None)?;
        let said = content(flight.connection());
        if flight.is_live {
            return refused("it is being recorded");
        }
        if said.map_err(StoreError::database(from, "cannot be read in whole"))? != kept.content {
            return refused("it says another thing by now");
        }
    }
    if archived(&kept.path)? != kept.content {
        return refused("its archive says another thing");
    }
    landing::remove(from)
}

/// Bytes of the files in `folder`.
pub fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}
