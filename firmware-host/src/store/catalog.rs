//! The flights in a folder: name, size, start, length and state, without disturbing any of them.

use super::error::StoreError;
use super::head::head;
use super::iq::iq_bytes;
use super::live::{is_live_here, writer_of};
use super::name::{CREATING_ENDING, DAMAGED_ENDING, FLIGHT_ENDING, name_and_number, utc_us_of};
use super::place::{real_or_given, side_files};
use super::read::open_flight;
use super::sides::Sides;
use std::path::{Path, PathBuf};

/// In which state a flight file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlightState {
    /// Being recorded by a living process.
    Open,
    /// Closed; all is in the file.
    Clean,
    /// The process that wrote it died or lost its disk: a WAL waits to be replayed, which reading does by itself.
    Unclean,
    /// A part of it is damaged or missing; reading gives the rows before.
    Cut {
        /// What, and how much.
        why: String,
    },
    /// It does not open.
    Damaged {
        /// Why.
        why: String,
    },
    /// A newer DuckDB made it.
    Newer {
        /// Which, and what to do.
        why: String,
    },
    /// It did not open and was set aside.
    Quarantined,
}

impl FlightState {
    /// As people spell it.
    pub fn name(&self) -> &'static str {
        match self {
            FlightState::Open => "open",
            FlightState::Clean => "clean",
            FlightState::Unclean => "unclean",
            FlightState::Cut { .. } => "cut",
            FlightState::Damaged { .. } => "damaged",
            FlightState::Newer { .. } => "newer",
            FlightState::Quarantined => "quarantined",
        }
    }
}

/// A flight file in a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct FlightEntry {
    /// The file.
    pub path: PathBuf,
    /// Its name without folder and ending.
    pub name: String,
    /// Its size with its side files, bytes.
    pub file_bytes: u64,
    /// Size of its IQ; of a flight of several files it stands with the first.
    pub iq_bytes: u64,
    /// When it began, UTC, µs since 1970: of a clean file as it says itself (GPS, once it was there), else by its name.
    pub started_utc_us: Option<i64>,
    /// How long it is, s: of a clean file from its first to its last row, else from its name to its last change.
    pub duration_s: Option<f64>,
    /// Its state.
    pub state: FlightState,
}

/// The flights in `folder`, oldest first.
///
/// Files that this process or another one is recording are not opened.
///
/// # Errors
/// When the folder cannot be read.
pub fn flights(folder: &Path) -> Result<Vec<FlightEntry>, StoreError> {
    let mut entries = Vec::new();
    for path in files(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let flight = format!(".{FLIGHT_ENDING}");
        let set_aside = format!("{flight}.{DAMAGED_ENDING}");
        if let Some(name) = name.strip_suffix(&set_aside) {
            entries.push(entry(&path, name, FlightState::Quarantined));
        } else if let Some(name) = name.strip_suffix(&flight) {
            entries.push(look_at(&path, name));
        }
    }
    entries.sort_by(|a, b| {
        let (a, b) = (name_and_number(&a.name), name_and_number(&b.name));
        a.cmp(&b)
    });
    let mut flight = String::new();
    for entry in &mut entries {
        let (of, _) = name_and_number(&entry.name);
        if of != flight {
            entry.iq_bytes = iq_bytes(&entry.path.with_file_name(&entry.name));
            flight = of.to_string();
        }
    }
    Ok(entries)
}

/// Removes files that a process left which died while creating them. Those of living processes stay.
///
/// # Errors
/// When the folder cannot be read or a file not removed.
pub fn remove_leftovers(folder: &Path) -> Result<u32, StoreError> {
    let mut removed = 0;
    for path in files(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((stem, _)) = name.split_once(&format!(".{CREATING_ENDING}")) else { continue };
        let creating = folder.join(format!("{stem}.{CREATING_ENDING}"));
        let is_ours = utc_us_of(stem).is_some() && !is_live_here(&creating);
        if !is_ours || writer_of(&creating).is_ok_and(|writer| writer.is_some()) {
            continue;
        }
        // In a folder with a ? in its path they lie elsewhere.
        for side in side_files(&real_or_given(&creating)) {
            let _ = std::fs::remove_file(&side.path);
        }
        if path.exists() {
            std::fs::remove_file(&path).map_err(StoreError::io(&path, "cannot remove the left-over"))?;
        }
        removed += 1;
    }
    Ok(removed)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let unreadable = || StoreError::io(folder, "cannot read the folder");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable())? {
        let path = entry.map_err(unreadable())?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn look_at(path: &Path, name: &str) -> FlightEntry {
    if is_live_here(path) {
        return entry(path, name, FlightState::Open);
    }
    let refused = |error: StoreError| match error {
        StoreError::Newer { .. } => FlightState::Newer { why: error.to_string() },
        error => FlightState::Damaged { why: error.to_string() },
    };
    let head = match head(path) {
        Ok(head) => head,
        Err(error) => return entry(path, name, refused(error)),
    };
    if writer_of(path).is_ok_and(|writer| writer.is_some()) {
        return entry(path, name, FlightState::Open);
    }
    let real = real_or_given(path);
    match Sides::look(&real, &head) {
        Err(error) => return entry(path, name, refused(error)),
        Ok(Sides { unread: Some(why), .. }) => return entry(path, name, FlightState::Cut { why }),
        // The replay may need more memory than we want to risk for a list.
        Ok(sides) if !sides.kept.is_empty() => return entry(path, name, FlightState::Unclean),
        Ok(_) => {}
    }
    let mut found = entry(path, name, FlightState::Clean);
    match span(path) {
        Ok(span) => {
            found.started_utc_us = span.started_utc_us.or(found.started_utc_us);
            found.duration_s = span.duration_s;
            found.state = span.unread.map_or(FlightState::Clean, |why| FlightState::Cut { why });
        }
        Err(error) => found.state = refused(error),
    }
    found
}

struct Span {
    started_utc_us: Option<i64>,
    duration_s: Option<f64>,
    unread: Option<String>,
}

/// Start and length as the file itself says, and what of it is not read.
fn span(path: &Path) -> Result<Span, StoreError> {
    let flight = open_flight(path, 0)?;
    let sql =
        "SELECT (SELECT any_value(epoch_us(started_utc)) FROM flight), (max(last) - min(first)) / 1e6 FROM (
        SELECT min(acquired_us) AS first, max(acquired_us) AS last FROM reading UNION ALL
        SELECT min(at_us), max(at_us) FROM heartbeat UNION ALL SELECT min(at_us), max(at_us) FROM vehicle_motion UNION ALL SELECT min(at_us), max(at_us) FROM event)";
    flight
        .connection()
        .query_row(sql, [], |row| {
            let unread = flight.unread.clone();
            Ok(Span { started_utc_us: row.get(0)?, duration_s: row.get(1)?, unread })
        })
        .map_err(StoreError::database(path, "cannot read its length"))
}

fn entry(path: &Path, name: &str, state: FlightState) -> FlightEntry {
    let sides = side_files(&real_or_given(path));
    let sides = sides.into_iter().map(|side| side.path);
    let found: Vec<_> =
        std::iter::once(path.to_path_buf()).chain(sides).filter_map(|p| std::fs::metadata(p).ok()).collect();
    let started_utc_us = utc_us_of(name);
    let changed_us = found
        .iter()
        .filter_map(|file| file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok())
        .map(|since| since.as_micros() as i64)
        .max();
    // Both by the system's clock; a step of it in flight shows as nonsense, which is not told.
    let duration_s = started_utc_us
        .zip(changed_us)
        .map(|(started, changed)| (changed - started) as f64 / 1e6)
        .filter(|duration_s| (-1.0..48.0 * 3600.0).contains(duration_s))
        .map(|duration_s| duration_s.max(0.0));
    FlightEntry {
        path: path.to_path_buf(),
        name: name.to_string(),
        file_bytes: found.iter().map(|file| file.len()).sum(),
        iq_bytes: 0,
        started_utc_us,
        duration_s,
        state,
    }
}
