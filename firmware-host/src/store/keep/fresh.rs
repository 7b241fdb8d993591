//! A flight file made anew of rows that stand elsewhere: without what deleted and rewritten blocks left.

use super::super::error::StoreError;
use super::super::file::{BLOCK_BYTES, STORAGE_VERSION};
use super::super::place;
use super::super::read::was_closed;
use super::super::scratch::scratch_path;
use super::super::sql::{identifier, quoted};
use super::content::Relation;
use super::landing;
use crate::progress::{self, Unit};
use duckdb::{Config, Connection};
use std::path::Path;

const MEMORY: &str = "512MB";
const SPILL_MAX: &str = "1GB";

/// Makes the file `part` by `definitions`, with the rows of `relations`. Their sources stand in the flight file `attached` (as
/// the database `source`), or in Parquet files. When they are there, `after` is done. Of a flight that is whole but was not closed it says that it was copied.
///
/// # Errors
/// A block that cannot be read, or a disk that takes no more.
pub fn make(
    part: &Path,
    definitions: &[String],
    relations: &[Relation],
    after: &[String],
    attached: Option<&Path>,
    is_whole: bool,
) -> Result<(), StoreError> {
    let make = || {
        let connection = open(part)?;
        for statement in definitions {
            connection.execute_batch(statement)?;
        }
        if let Some(source) = attached {
            let attach = format!("ATTACH {} AS source (READ_ONLY)", quoted(&source.to_string_lossy()));
            connection.execute_batch(&attach)?;
        }
        progress::part("writing", None, Unit::Rows);
        for relation in relations {
            progress::done(connection.execute(&fill(relation), [])? as u64);
        }
        for statement in after {
            connection.execute_batch(statement)?;
        }
        if is_whole && !was_closed(&connection)? {
            connection.execute_batch("UPDATE flight SET ended = 'copied'")?;
        }
        connection.execute_batch("CHECKPOINT")?;
        connection.close().map_err(|(_, error)| error)
    };
    make().map_err(StoreError::database(part, "cannot be made anew"))?;
    landing::settle(part)
}

/// A new database at `part`, as flight files are.
///
/// # Errors
/// DuckDB cannot make it.
pub fn open(part: &Path) -> Result<Connection, duckdb::Error> {
    let config = Config::default()
        .with("memory_limit", MEMORY)?
        .with("default_block_size", BLOCK_BYTES.to_string())?
        .with("storage_compatibility_version", STORAGE_VERSION)?
        .with("temp_directory", scratch_path("spill").to_string_lossy())?
        .with("max_temp_directory_size", SPILL_MAX)?
        .enable_autoload_extension(false)?;
    place::open(part, config)
}

/// In the order in which they stand there.
fn fill(relation: &Relation) -> String {
    let names: Vec<_> = relation.columns.iter().map(|(name, _)| identifier(name)).collect();
    let values: Vec<_> =
        relation.columns.iter().map(|(name, kind)| format!("CAST({} AS {kind})", identifier(name))).collect();
    format!(
        "INSERT INTO main.{} ({}) SELECT {} FROM {}",
        identifier(&relation.name),
        names.join(", "),
        values.join(", "),
        relation.source
    )
}
