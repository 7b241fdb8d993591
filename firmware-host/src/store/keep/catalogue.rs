//! The catalogue: which flights there are, what they say, and every place where they lie. One DuckDB file on the laptop.
//!
//! A flight is known by the name it was recorded under: its tags and notes stay with it while it grows or moves. Each place has
//! the content that was found there, so that a copy that lacks rows, or has other ones, is not taken for the flight.

use super::super::error::StoreError;
use super::super::place;
use duckdb::{AccessMode, Config, Connection, Row, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A list or a note takes a tenth of a second; a scan of many flights nobody waits for.
const TRIES: u32 = 60;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

const TABLES: &str = "CREATE TABLE IF NOT EXISTS flight (
    name VARCHAR, started_utc TIMESTAMP, host VARCHAR, heard VARCHAR[], row_count BIGINT, sha256 VARCHAR,
    tags VARCHAR[], note VARCHAR, fingerprint FLOAT[32]);
CREATE TABLE IF NOT EXISTS place (
    flight VARCHAR, volume VARCHAR, path VARCHAR, is_archive BOOLEAN, sha256 VARCHAR, row_count BIGINT, file_bytes BIGINT,
    changed_us BIGINT, seen_utc TIMESTAMP, is_there BOOLEAN, verified_utc TIMESTAMP, fault VARCHAR);
COMMENT ON TABLE flight IS 'Flights by the name they were recorded under; sha256 and row_count are those of the fullest copy';
COMMENT ON TABLE place IS 'Where each lies: what was found there when it was last read, and when it was last seen and verified';";

/// A flight of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Known {
    /// The name it was recorded under.
    pub name: String,
    /// When it began, UTC, as text.
    pub started_utc: Option<String>,
    /// Which computer recorded it.
    pub host: Option<String>,
    /// Beacons that were detected in it.
    pub heard: Vec<String>,
    /// Rows of its fullest copy.
    pub row_count: i64,
    /// The content of that, SHA-256.
    pub sha256: String,
    /// What people call it.
    pub tags: Vec<String>,
    /// What people say of it.
    pub note: Option<String>,
    /// Its 32 numbers; `None`: nothing was heard.
    pub fingerprint: Option<Vec<f32>>,
}

/// A place where one lies.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// Which flight.
    pub flight: String,
    /// On what: a computer, a stick, a bucket, by the name it was given.
    pub volume: String,
    /// Path of the file, or of the folder of an archived flight.
    pub path: String,
    /// Whether it is archived there.
    pub is_archive: bool,
    /// The content it had, SHA-256.
    pub sha256: String,
    /// Its rows.
    pub row_count: i64,
    /// Its size.
    pub file_bytes: i64,
    /// When it was changed, µs since 1970.
    pub changed_us: i64,
    /// When it was last seen, UTC, as text.
    pub seen_utc: String,
    /// Whether it was there when it was last looked for.
    pub is_there: bool,
    /// When all of it was last read and was what it should be, UTC, as text.
    pub verified_utc: Option<String>,
    /// What was wrong with it then.
    pub fault: Option<String>,
}

/// The catalogue, open.
pub struct Catalogue {
    connection: Connection,
    path: PathBuf,
}

impl Catalogue {
    /// Opens the one at `path`, or makes it. Another process that has it open is waited for, some seconds.
    ///
    /// # Errors
    /// It cannot be made, or is none.
    pub fn open(path: &Path) -> Result<Catalogue, StoreError> {
        let path = super::landing::ready(path)?;
        let connection = waited(&path, || {
            let connection = place::open(&path, Config::default().enable_autoload_extension(false)?)?;
            connection.execute_batch(TABLES)?;
            Ok(connection)
        })?;
        Ok(Catalogue { connection, path })
    }

    /// Opens the one at `path`, only to read; `None`: there is none.
    ///
    /// # Errors
    /// It is none, or another process writes it for seconds.
    pub fn open_to_read(path: &Path) -> Result<Option<Catalogue>, StoreError> {
        if !path.is_file() {
            return Ok(None);
        }
        let connection = waited(path, || {
            let config = Config::default().enable_autoload_extension(false)?;
            place::open(path, config.access_mode(AccessMode::ReadOnly)?)
        })?;
        Ok(Some(Catalogue { connection, path: path.to_path_buf() }))
    }

    /// Flights in which `text` stands: in name, host, tags, note, what was heard or the date; all of them when it is empty.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn find(&self, text: &str) -> Result<Vec<Known>, StoreError> {
        let sql = format!(
            "SELECT {FLIGHT} FROM flight WHERE contains(lower(concat_ws(' ', name, host, note, array_to_string(tags, ' '),
            array_to_string(heard, ' '), started_utc::VARCHAR)), lower(?)) ORDER BY name"
        );
        self.told(|| self.connection.prepare(&sql)?.query_map([text], known)?.collect())
    }

    /// Places of all flights whose name or content begins with `begin`, the fullest first.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn places(&self, begin: &str) -> Result<Vec<Place>, StoreError> {
        let sql = format!(
            "SELECT {PLACE} FROM place WHERE starts_with(flight, ?1) OR starts_with(sha256, lower(?1))
            ORDER BY flight, is_there DESC, row_count DESC, volume, path"
        );
        self.told(|| self.connection.prepare(&sql)?.query_map([begin], found_place)?.collect())
    }

    /// The one flight whose name or content begins with `begin`.
    ///
    /// # Errors
    /// There is none, or several.
    pub fn one(&self, begin: &str) -> Result<Known, StoreError> {
        let sql = format!(
            "SELECT {FLIGHT} FROM flight WHERE starts_with(name, ?1) OR starts_with(sha256, lower(?1)) ORDER BY name"
        );
        let mut found: Vec<Known> =
            self.told(|| self.connection.prepare(&sql)?.query_map([begin], known)?.collect())?;
        let exact = found.iter().position(|flight| flight.name == begin);
        match (found.len(), exact) {
            (_, Some(at)) => Ok(found.swap_remove(at)),
            (1, None) => Ok(found.swap_remove(0)),
            (0, None) => Err(StoreError::kept(
                &self.path,
                format!("no flight begins with \"{begin}\"; `catalog find` lists them"),
            )),
            (count, None) => Err(StoreError::kept(
                &self.path,
                format!("{count} flights begin with \"{begin}\"; write more of it"),
            )),
        }
    }

    /// Flights by how alike they are to this one, each with its distance (0: the same), the nearest first.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn similar(&self, to: &Known) -> Result<Vec<(f64, Known)>, StoreError> {
        let Some(fingerprint) = &to.fingerprint else {
            return Err(StoreError::kept(&self.path, format!("nothing was heard in {}", to.name)));
        };
        let sql = format!(
            "SELECT {FLIGHT}, array_cosine_distance(fingerprint, {})::DOUBLE AS distance FROM flight
            WHERE fingerprint IS NOT NULL AND name <> ? ORDER BY distance, name",
            array(Some(fingerprint))
        );
        let row = |row: &Row<'_>| Ok((row.get(FLIGHT_COLUMNS)?, known(row)?));
        self.told(|| self.connection.prepare(&sql)?.query_map([&to.name], row)?.collect())
    }

    /// Writes a flight as it is now; of one that is known the fuller copy counts, its tags and note stay.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn put_flight(&self, flight: &Known) -> Result<(), StoreError> {
        let before = self.find(&flight.name)?.into_iter().find(|before| before.name == flight.name);
        let mut merged = match &before {
            Some(before) if before.row_count > flight.row_count => before.clone(),
            _ => flight.clone(),
        };
        let before = before.unwrap_or_default();
        merged.tags = [before.tags, flight.tags.clone()].concat();
        merged.tags.sort();
        merged.tags.dedup();
        merged.note = before.note.or_else(|| flight.note.clone());
        self.write_flight(&merged)
    }

    /// Writes a flight exactly so.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn write_flight(&self, flight: &Known) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO flight VALUES (?, ?::TIMESTAMP, ?, {}, ?, ?, {}, ?, {})",
            list(&flight.heard),
            list(&flight.tags),
            array(flight.fingerprint.as_ref())
        );
        self.in_one(|| {
            self.connection.execute("DELETE FROM flight WHERE name = ?", [&flight.name])?;
            let Known { name, started_utc, host, row_count, sha256, note, .. } = flight;
            self.connection.execute(&sql, params![name, started_utc, host, row_count, sha256, note])
        })
    }

    /// Writes a place as it was found.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn put_place(&self, place: &Place) -> Result<(), StoreError> {
        self.in_one(|| {
            self.connection
                .execute("DELETE FROM place WHERE volume = ? AND path = ?", [&place.volume, &place.path])?;
            self.connection.execute(
                "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?::TIMESTAMP, ?, ?::TIMESTAMP, ?)",
                params![
                    place.flight,
                    place.volume,
                    place.path,
                    place.is_archive,
                    place.sha256,
                    place.row_count,
                    place.file_bytes,
                    place.changed_us,
                    place.seen_utc,
                    place.is_there,
                    place.verified_utc,
                    place.fault,
                ],
            )
        })
    }

    fn in_one(&self, change: impl Fn() -> Result<usize, duckdb::Error>) -> Result<(), StoreError> {
        let written = self.connection.execute_batch("BEGIN").and_then(|()| change());
        let ended = self.connection.execute_batch(if written.is_ok() { "COMMIT" } else { "ROLLBACK" });
        written.and(ended).map_err(StoreError::database(&self.path, "cannot be written"))
    }

    fn told<T>(&self, read: impl Fn() -> Result<T, duckdb::Error>) -> Result<T, StoreError> {
        read().map_err(StoreError::database(&self.path, "cannot be read"))
    }
}

/// Opened, as soon as no other process has it.
fn waited(
    path: &Path,
    open: impl Fn() -> Result<Connection, duckdb::Error>,
) -> Result<Connection, StoreError> {
    let is_in_use = |error: &duckdb::Error| error.to_string().contains("Could not set lock");
    for _ in 0..TRIES {
        match open() {
            Err(error) if is_in_use(&error) => std::thread::sleep(BETWEEN_TRIES),
            opened => return opened.map_err(StoreError::database(path, "cannot be opened as a catalogue")),
        }
    }
    Err(StoreError::kept(path, "another process has the catalogue open; try again when it is done"))
}

const FLIGHT_COLUMNS: usize = 9;
const FLIGHT: &str = "name, started_utc::VARCHAR, host, to_json(heard)::VARCHAR, row_count, sha256, to_json(tags)::VARCHAR, note, \
    to_json(fingerprint::FLOAT[])::VARCHAR";
const PLACE: &str = "flight, volume, path, is_archive, sha256, row_count, file_bytes, changed_us, seen_utc::VARCHAR, is_there, \
    verified_utc::VARCHAR, fault";

fn known(row: &Row<'_>) -> Result<Known, duckdb::Error> {
    let texts = |at| -> Result<Vec<String>, duckdb::Error> {
        let json: Option<String> = row.get(at)?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    };
    let fingerprint: Option<String> = row.get(8)?;
    Ok(Known {
        name: row.get(0)?,
        started_utc: row.get(1)?,
        host: row.get(2)?,
        heard: texts(3)?,
        row_count: row.get(4)?,
        sha256: row.get(5)?,
        tags: texts(6)?,
        note: row.get(7)?,
        fingerprint: fingerprint.and_then(|json| serde_json::from_str(&json).ok()),
    })
}

fn found_place(row: &Row<'_>) -> Result<Place, duckdb::Error> {
    Ok(Place {
        flight: row.get(0)?,
        volume: row.get(1)?,
        path: row.get(2)?,
        is_archive: row.get(3)?,
        sha256: row.get(4)?,
        row_count: row.get(5)?,
        file_bytes: row.get(6)?,
        changed_us: row.get(7)?,
        seen_utc: row.get(8)?,
        is_there: row.get(9)?,
        verified_utc: row.get(10)?,
        fault: row.get(11)?,
    })
}

fn list(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| super::super::sql::quoted(text)).collect();
    format!("[{}]::VARCHAR[]", texts.join(", "))
}

fn array(numbers: Option<&Vec<f32>>) -> String {
    let Some(numbers) = numbers else { return "NULL".to_string() };
    let numbers: Vec<_> = numbers.iter().map(f32::to_string).collect();
    format!("[{}]::FLOAT[32]", numbers.join(", "))
}
