//! Receipts of a flight's copies: `NAME.duckdb.copies` beside the file, one JSON object a line, written by whoever verified a copy.
//!
//! A receipt counts for the file as it was when it was copied: with another size or time of change it says nothing. So what is
//! recorded on, recovered or compacted after it was copied has no copy.

use super::error::StoreError;
use super::place::{real, side_files, with_suffix};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Behind the name of the flight file.
const SUFFIX: &str = ".copies";

/// A copy that was opened, counted and compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Where the copy lies: a path or an address.
    pub place: String,
    /// The content's hash, hexadecimal.
    pub sha256: String,
    /// When it was verified, UTC, µs since 1970.
    pub verified_utc_us: i64,
    /// The flight file's size then.
    pub file_bytes: u64,
    /// When the flight file was last changed then, ns since 1970.
    pub changed_ns: i128,
}

impl Receipt {
    /// Of the flight file at `path` as it is now.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn of(path: &Path, place: &str, sha256: &str, verified_utc_us: i64) -> Result<Receipt, StoreError> {
        let (file_bytes, changed_ns) = state(path).map_err(StoreError::io(path, "cannot look at"))?;
        let (place, sha256) = (place.to_string(), sha256.to_string());
        Ok(Receipt { place, sha256, verified_utc_us, file_bytes, changed_ns })
    }

    /// Writes it beside the flight file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&self, path: &Path) -> Result<(), StoreError> {
        let beside = receipts_path(path);
        let mut line = serde_json::to_string(self)
            .map_err(|error| StoreError::io(&beside, "cannot write")(error.into()))?;
        line.push('\n');
        File::options()
            .create(true)
            .append(true)
            .open(&beside)
            .and_then(|mut file| file.write_all(line.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(StoreError::io(&beside, "cannot write"))
    }
}

/// Where the receipts of a flight file are.
pub fn receipts_path(path: &Path) -> PathBuf {
    with_suffix(&real(path).unwrap_or_else(|_| path.to_path_buf()), SUFFIX)
}

/// The copies of the flight file (or the folder of IQ) at `path` as it is now; none of one with anything beside it that is not in it yet.
pub fn copies(path: &Path) -> Vec<Receipt> {
    let Ok((file_bytes, changed_ns)) = state(path) else { return Vec::new() };
    if side_files(path).iter().any(|side| side.bytes > 0) {
        return Vec::new();
    }
    let lines = std::fs::read_to_string(receipts_path(path)).unwrap_or_default();
    let receipts = lines.lines().filter_map(|line| serde_json::from_str::<Receipt>(line).ok());
    receipts.filter(|one| (one.file_bytes, one.changed_ns) == (file_bytes, changed_ns)).collect()
}

/// Size and time of the last change; of a folder those of all files in it.
fn state(path: &Path) -> std::io::Result<(u64, i128)> {
    let changed_ns =
        |file: &std::fs::Metadata| i128::from(file.mtime()) * 1_000_000_000 + i128::from(file.mtime_nsec());
    let found = std::fs::metadata(path)?;
    if !found.is_dir() {
        return Ok((found.len(), changed_ns(&found)));
    }
    let (mut bytes, mut newest_ns) = (0, changed_ns(&found));
    for entry in std::fs::read_dir(path)? {
        let file = entry?.metadata()?;
        bytes += file.len();
        newest_ns = newest_ns.max(changed_ns(&file));
    }
    Ok((bytes, newest_ns))
}
