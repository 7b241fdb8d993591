//! What a flight says, as one SHA-256: of all rows of all its tables, in the order in which they were recorded.
//!
//! It does not depend on how DuckDB stores them: a flight being recorded, its backup, a compacted file and a Parquet archive of
//! the same rows have the same. Tables and columns count by their names in alphabetical order, columns that are reckoned from
//! others and tables without rows not at all. Nor does `flight.ended`: it tells of the file, not of the flight.

use super::super::sql::{identifier, quoted};
use super::canonical::{Column, canonical_type};
use crate::hash::hex;
use crate::progress::{self, Unit};
use duckdb::Connection;
use duckdb::arrow::array::Array;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Begins the hash; another one when the canonical form changes.
const FORM: &[u8] = b"skyhound content 1\n";
/// What tells of the file.
const OF_THE_FILE: [(&str, &str); 1] = [("flight", "ended")];

/// The content of one table.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TableContent {
    /// Its rows.
    pub row_count: u64,
    /// SHA-256 of them, hexadecimal.
    pub sha256: String,
}

/// The content of a flight.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Content {
    /// SHA-256 of all of it, hexadecimal.
    pub sha256: String,
    /// The tables that have rows, by name.
    pub tables: BTreeMap<String, TableContent>,
}

impl Content {
    /// Rows of all tables.
    pub fn row_count(&self) -> u64 {
        self.tables.values().map(|table| table.row_count).sum()
    }

    /// The tables in which the two differ, for people.
    pub fn differences(&self, other: &Content) -> String {
        let names =
            self.tables.keys().chain(other.tables.keys().filter(|name| !self.tables.contains_key(*name)));
        let rows =
            |content: &Content, name: &str| content.tables.get(name).map_or(0, |table| table.row_count);
        let told =
            names.filter(|name| self.tables.get(*name) != other.tables.get(*name)).map(|name| {
                match (rows(self, name), rows(other, name)) {
                    (one, two) if one == two => format!("{name}: {one} rows, not the same"),
                    (one, two) => format!("{name}: {one} rows, not {two}"),
                }
            });
        told.collect::<Vec<_>>().join("; ")
    }
}

/// Something with rows that belong into a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The table's name.
    pub name: String,
    /// Columns that are stored, with their types as DuckDB names them.
    pub columns: Vec<(String, String)>,
    /// What stands behind FROM.
    pub source: String,
}

/// The tables of the database `name` that is attached to `connection`.
///
/// # Errors
/// DuckDB cannot tell.
pub fn relations(connection: &Connection, name: &str) -> Result<Vec<Relation>, duckdb::Error> {
    let is_reckoned = "contains(t.sql, column_name || ' ' || data_type || ' GENERATED ALWAYS AS(')
        OR contains(t.sql, '\"' || column_name || '\" ' || data_type || ' GENERATED ALWAYS AS(')";
    let sql = format!(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() AS c
        JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name)
        WHERE database_name = {} AND schema_name = 'main' AND NOT t.internal AND NOT ({is_reckoned})
        ORDER BY table_name, column_index",
        quoted(name)
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut found: Vec<Relation> = Vec::new();
    for row in rows {
        let (table, column, kind): (String, String, String) = row?;
        if found.last().is_none_or(|last| last.name != table) {
            let source = format!("{}.main.{}", identifier(name), identifier(&table));
            found.push(Relation { name: table, columns: Vec::new(), source });
        }
        found.last_mut().into_iter().for_each(|last| last.columns.push((column.clone(), kind.clone())));
    }
    Ok(found)
}

/// The content of the flight that `connection` was opened with.
///
/// # Errors
/// A block that cannot be read.
pub fn content(connection: &Connection) -> Result<Content, duckdb::Error> {
    content_of(connection, &own_relations(connection)?)
}

/// As [`content`], without the tables whose names begin with `prefix`.
///
/// # Errors
/// A block that cannot be read.
pub fn content_without(connection: &Connection, prefix: &str) -> Result<Content, duckdb::Error> {
    let mut relations = own_relations(connection)?;
    relations.retain(|relation| !relation.name.starts_with(prefix));
    content_of(connection, &relations)
}

/// The tables of the flight that `connection` was opened with.
///
/// # Errors
/// DuckDB cannot tell.
pub fn own_relations(connection: &Connection) -> Result<Vec<Relation>, duckdb::Error> {
    let name: String = connection.query_row("SELECT current_database()", [], |row| row.get(0))?;
    relations(connection, &name)
}

/// The content of what stands in `relations`.
///
/// # Errors
/// A block that cannot be read.
pub fn content_of(connection: &Connection, relations: &[Relation]) -> Result<Content, duckdb::Error> {
    if progress::is_watched() {
        progress::part("reading", row_count(connection, relations).ok(), Unit::Rows);
    }
    let mut tables = BTreeMap::new();
    for relation in relations {
        let table = table_content(connection, relation, None)?;
        if table.row_count > 0 {
            tables.insert(relation.name.clone(), table);
        }
    }
    let mut whole = Sha256::new();
    whole.update(FORM);
    for (name, table) in &tables {
        name_into(&mut whole, name);
        whole.update(&table.sha256);
    }
    Ok(Content { sha256: hex(whole.finalize()), tables })
}

fn row_count(connection: &Connection, relations: &[Relation]) -> Result<u64, duckdb::Error> {
    let count = |relation: &Relation| {
        let sql = format!("SELECT count(*) FROM {}", relation.source);
        connection.query_row(&sql, [], |row| row.get::<_, u64>(0))
    };
    relations.iter().map(count).sum()
}

/// Whether all rows that `begin` has stand at the begin of the same tables of `relations`; the row that says which flight it is
/// may have learned something since.
///
/// # Errors
/// A block that cannot be read.
pub fn begins_with(
    connection: &Connection,
    relations: &[Relation],
    begin: &Content,
) -> Result<bool, duckdb::Error> {
    for (name, table) in begin.tables.iter().filter(|(name, _)| *name != "flight") {
        let Some(relation) = relations.iter().find(|relation| relation.name == *name) else {
            return Ok(false);
        };
        if table_content(connection, relation, Some(table.row_count))? != *table {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All rows of `relation`, or the first `row_max`.
fn table_content(
    connection: &Connection,
    relation: &Relation,
    row_max: Option<u64>,
) -> Result<TableContent, duckdb::Error> {
    let is_counted = |column: &str| !OF_THE_FILE.contains(&(relation.name.as_str(), column));
    let mut columns: Vec<_> = relation.columns.iter().filter(|(column, _)| is_counted(column)).collect();
    columns.sort();
    let read = |(column, kind): &&(String, String)| match canonical_type(kind) {
        canonical if canonical == *kind => identifier(column),
        canonical => format!("CAST({} AS {canonical})", identifier(column)),
    };
    let limit = row_max.map_or(String::new(), |count| format!("LIMIT {count}"));
    let sql = format!(
        "SELECT {} FROM {} {limit}",
        columns.iter().map(read).collect::<Vec<_>>().join(", "),
        relation.source
    );
    let mut hashed: Vec<Column> = columns.iter().map(|_| Column::default()).collect();
    let mut statement = connection.prepare(&sql)?;
    let _ = statement.stream_arrow([])?;
    while let Some(batch) = statement.step()? {
        progress::done(batch.len() as u64);
        for (column, values) in hashed.iter_mut().zip(batch.columns()) {
            column.take(values).map_err(|why| duckdb::Error::ToSqlConversionFailure(why.into()))?;
        }
    }
    let (mut whole, mut row_count) = (Sha256::new(), 0);
    name_into(&mut whole, &relation.name);
    for ((name, kind), column) in columns.iter().zip(hashed) {
        name_into(&mut whole, name);
        name_into(&mut whole, &canonical_type(kind));
        let (count, hash) = column.finish();
        whole.update(hash);
        row_count = count;
    }
    Ok(TableContent { row_count, sha256: hex(whole.finalize()) })
}

fn name_into(whole: &mut Sha256, name: &str) {
    whole.update((name.len() as u64).to_le_bytes());
    whole.update(name);
}
