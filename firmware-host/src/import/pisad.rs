//! PISAD's SQLite database → its tables as they stand, whichever there are.
//!
//! `config_profiles` are profiles; of `state_history` its two forms are known (`from_state`, `to_state`, `operator_id`; and `previous_state`,
//! `state`, `metadata`). `test_runs`, `test_results` and whatever else is there is kept row by row with all of its columns. The database is
//! read from a copy, with its WAL: the original is not even locked.

use crate::hash::hex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use super::moment::Moment;
use crate::store::{Cell, Foreign, Holds};
use crate::vehicle_log::row::Sums;

/// What a SQLite database begins with.
pub const MAGIC: &[u8] = b"SQLite format 3\0";
/// The table of profiles.
pub const PROFILES: &str = "config_profiles";
/// The table of state changes.
pub const STATES: &str = "state_history";
/// Columns that tell when a row is of, the first that is there.
const TIMES: [&str; 5] = ["timestamp", "time", "updated_at", "created_at", "started_at"];
/// Whole numbers beyond are not the same as floats.
const EXACT_MAX: i64 = 1 << 53;

/// A database that is open.
pub struct Database {
    connection: Connection,
    _copy: tempfile::TempDir,
}

/// What a table holds.
pub struct Rows {
    /// Its name, columns, and what they hold.
    pub foreign: Foreign,
    /// Each row: its cells, and UTC.
    pub rows: Vec<(Option<Moment>, Vec<Cell>)>,
    /// What was not kept as it stood, each with how often.
    pub changed: BTreeMap<String, u64>,
}

impl Rows {
    /// The sums of row `index`, counted from 0.
    pub fn sums(&self, index: usize) -> Sums {
        let mut sums = Sums { row_count: 1, log_us: index as i128 + 1, ..Sums::default() };
        self.rows[index].1.iter().for_each(|cell| cell.count(&mut sums));
        sums
    }

    /// The text in the first of these columns that is there and holds one, in row `index`.
    pub fn text(&self, index: usize, names: &[&str]) -> Option<&str> {
        let column = |name: &&str| self.foreign.columns.iter().position(|(own, _)| own == name);
        names.iter().filter_map(column).find_map(|column| match self.rows[index].1.get(column) {
            Some(Cell::Text(text)) if !text.is_empty() => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Database {
    /// Opens a copy of the database at `path`.
    ///
    /// # Errors
    /// It cannot be copied, or is damaged.
    pub fn open(path: &Path) -> Result<Database, String> {
        let copy = tempfile::tempdir().map_err(|error| format!("no folder for a copy: {error}"))?;
        let own = copy.path().join("copy.db");
        std::fs::copy(path, &own).map_err(|error| error.to_string())?;
        for side in ["-wal", "-journal"] {
            let beside = |path: &Path| PathBuf::from([path.as_os_str(), side.as_ref()].join("".as_ref()));
            if beside(path).exists() {
                std::fs::copy(beside(path), beside(&own)).map_err(|error| format!("{side}: {error}"))?;
            }
        }
        let connection = Connection::open(&own).map_err(|error| error.to_string())?;
        let sound: Result<String, _> = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        match sound {
            Ok(sound) if sound == "ok" => Ok(Database { connection, _copy: copy }),
            Ok(wrong) => {
                Err(format!("is damaged, or was written to while it was copied (stop PISAD first): {wrong}"))
            }
            Err(error) => Err(format!("is no database that SQLite reads: {error}")),
        }
    }

    /// Names of its tables.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn tables(&self) -> Result<Vec<String>, String> {
        let ask = || {
            let mut names = self
                .connection
                .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?;
            names.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, rusqlite::Error>>()
        };
        ask().map_err(|error| error.to_string())
    }

    /// All rows of a table.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn rows(&self, table: &str) -> Result<Rows, String> {
        self.read(table).map_err(|error| format!("{table}: {error}"))
    }

    fn read(&self, table: &str) -> Result<Rows, rusqlite::Error> {
        let of = identifier(table);
        let mut all = self.connection.prepare(&format!("SELECT * FROM {of}"))?;
        let names: Vec<String> = all.column_names().map(str::to_string).collect();
        let mut changed = BTreeMap::new();
        let mut columns = Vec::new();
        for name in &names {
            let held = self.held(&of, name)?;
            if let (Holds::Text, true) = held {
                let why = format!("{table}.{name} holds texts and numbers: kept as text");
                *changed.entry(why).or_default() += 1;
            }
            columns.push((name.clone(), held.0));
        }
        let time = TIMES.iter().find_map(|time| names.iter().position(|name| name == time));
        let (mut rows, mut raw) = (Vec::new(), all.query([])?);
        while let Some(row) = raw.next()? {
            let mut cells = Vec::with_capacity(columns.len());
            for (index, (name, holds)) in columns.iter().enumerate() {
                let (cell, is_whole) = cell(row.get_ref(index)?, *holds);
                if !is_whole {
                    *changed
                        .entry(format!("{table}.{name} is no UTF-8: kept with signs for what is none"))
                        .or_default() += 1;
                }
                cells.push(cell);
            }
            let moment = time.and_then(|time| match &cells[time] {
                Cell::Text(text) => Moment::read(text),
                Cell::Whole(number) => Moment::read(&number.to_string()),
                Cell::Number(number) => Moment::read(&number.to_string()),
                _ => None,
            });
            if matches!(moment, Some(Moment::Zoneless(_))) {
                *changed.entry(format!("{table}: a time without zone is taken as UTC")).or_default() += 1;
            }
            rows.push((moment, cells));
        }
        Ok(Rows { foreign: Foreign { name: table.to_string(), columns }, rows, changed })
    }

    /// What a column holds, and whether it is of several kinds: SQLite's columns hold anything.
    fn held(&self, table: &str, name: &str) -> Result<(Holds, bool), rusqlite::Error> {
        let name = identifier(name);
        let sql = format!(
            "SELECT coalesce(sum(typeof({name}) = 'integer'), 0), coalesce(sum(typeof({name}) = 'real'), 0),
            coalesce(sum(typeof({name}) = 'text'), 0), coalesce(sum(typeof({name}) = 'blob'), 0),
            coalesce(sum(typeof({name}) = 'integer' AND abs({name} + 0.0) > {EXACT_MAX}), 0) FROM {table}"
        );
        let (whole, real, text, blob, inexact): (i64, i64, i64, i64, i64) =
            self.connection.query_row(&sql, [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?;
        Ok(match (whole > 0, real > 0, text > 0, blob > 0) {
            (true, false, false, false) => (Holds::Whole, false),
            (_, true, false, false) if inexact == 0 => (Holds::Number, false),
            (false, false, false, true) => (Holds::Bytes, false),
            (false, false, ..) if blob == 0 => (Holds::Text, false),
            _ => (Holds::Text, true),
        })
    }
}

/// A cell as its column holds it, and whether nothing of it changed but its form.
fn cell(value: ValueRef<'_>, holds: Holds) -> (Cell, bool) {
    let cell = match (value, holds) {
        (ValueRef::Null, _) => Cell::Null,
        (ValueRef::Integer(value), Holds::Whole) => Cell::Whole(value),
        (ValueRef::Integer(value), Holds::Number) => Cell::Number(value as f64),
        (ValueRef::Integer(value), _) => Cell::Text(value.to_string()),
        (ValueRef::Real(value), Holds::Number) => Cell::Number(value),
        (ValueRef::Real(value), _) => Cell::Text(value.to_string()),
        (ValueRef::Blob(bytes), Holds::Bytes) => Cell::Bytes(bytes.to_vec()),
        (ValueRef::Blob(bytes), _) => Cell::Text(format!("x'{}'", hex(bytes))),
        (ValueRef::Text(bytes), _) => match String::from_utf8_lossy(bytes) {
            std::borrow::Cow::Borrowed(text) => Cell::Text(text.to_string()),
            std::borrow::Cow::Owned(text) => return (Cell::Text(text), false),
        },
    };
    (cell, true)
}

/// Row `index` as an object by its columns, as PISAD's own JSON has it.
pub fn object(rows: &Rows, index: usize) -> Value {
    let value = |cell: &Cell| match cell {
        Cell::Null => Value::Null,
        Cell::Whole(value) => (*value).into(),
        Cell::Number(value) => (*value).into(),
        Cell::Text(text) => text.as_str().into(),
        Cell::Bytes(bytes) => bytes.as_slice().into(),
    };
    let columns = rows.foreign.columns.iter().zip(&rows.rows[index].1);
    Value::Object(columns.map(|((name, _), cell)| (name.clone(), value(cell))).collect::<Map<_, _>>())
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
