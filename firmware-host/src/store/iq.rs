//! The IQ of a flight: SigMF files in the folder `NAME-iq` beside its files, one folder for all of them.
//!
//! It belongs to its flight: it is copied with it, counts when its copies are asked for, and goes with its last file.

use super::error::StoreError;
use super::live::{is_live_here, user_of};
use super::name::{flight_files, flight_of, utc_us_of};
use super::receipt::{copies, receipts_path};
use crate::hash::{hex, pieces};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256, Sha512};

/// Behind the flight's name.
const SUFFIX: &str = "-iq";
/// Of the files of a recording: metadata, samples.
pub const METADATA: &str = "sigmf-meta";
/// Likewise.
pub const SAMPLES: &str = "sigmf-data";

/// Where the IQ of the flight lies that the file at `path` is of, if there is any.
pub fn iq_folder(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}{SUFFIX}", flight_of(path)))
}

/// Its files that are whole, by name.
///
/// # Errors
/// The folder cannot be read.
pub fn iq_files(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let folder = iq_folder(path);
    let unreadable = || StoreError::io(&folder, "cannot read the folder");
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable())?,
    };
    let paths: std::io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut files = paths.map_err(unreadable())?;
    // Samples get their name before what tells of them, which may be just now.
    let is_ours = |path: &PathBuf| match path.extension() {
        Some(ending) if ending == SAMPLES => path.with_extension(METADATA).exists(),
        ending => ending.is_some_and(|ending| ending == METADATA),
    };
    files.retain(is_ours);
    files.sort();
    Ok(files)
}

/// Bytes of all that lies in its folder.
pub fn iq_bytes(path: &Path) -> u64 {
    let entries = std::fs::read_dir(iq_folder(path)).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}

/// Whether it has IQ of which nobody has verified a copy.
pub fn has_uncopied_iq(path: &Path) -> bool {
    iq_bytes(path) > 0 && copies(&iq_folder(path)).is_empty()
}

/// Removes what lies in its folder, when the file at `path` is the last there is of its flight.
///
/// # Errors
/// It cannot be removed.
pub fn remove_iq(path: &Path) -> Result<(), StoreError> {
    let folder = iq_folder(path);
    let of_flight = |other: &PathBuf| flight_of(other) == flight_of(path);
    let siblings = flight_files(path.parent().unwrap_or(Path::new(".")))?;
    if !folder.is_dir() || siblings.iter().filter(|other| of_flight(other)).count() > 1 {
        return Ok(());
    }
    let receipts = receipts_path(&folder);
    std::fs::remove_dir_all(&folder).map_err(StoreError::io(&folder, "cannot remove"))?;
    match std::fs::remove_file(&receipts) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(StoreError::io(&receipts, "cannot remove")),
    }
}

/// The folders of IQ in `flights` to which nobody writes any more.
///
/// # Errors
/// The folder cannot be read.
pub fn idle_iq_folders(flights: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let is_used = |path: &Path| is_live_here(path) || !user_of(path).is_ok_and(|user| user.is_none());
    let used: Vec<_> =
        flight_files(flights)?.iter().filter(|path| is_used(path)).map(|path| iq_folder(path)).collect();
    let entries = std::fs::read_dir(flights).map_err(StoreError::io(flights, "cannot read the folder"))?;
    let is_iq = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_suffix(SUFFIX).is_some_and(|flight| utc_us_of(flight).is_some()) && path.is_dir()
    };
    let folders = entries.flatten().map(|entry| entry.path()).filter(is_iq);
    Ok(folders.filter(|folder| !used.contains(folder)).collect())
}

/// SHA-256 and SHA-512 of a file, hexadecimal.
///
/// # Errors
/// It cannot be read.
pub fn sums(path: &Path) -> Result<[String; 2], StoreError> {
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let each = |piece: &[u8]| {
        sha256.update(piece);
        sha512.update(piece);
    };
    File::open(path).and_then(|file| pieces(file, each)).map_err(StoreError::io(path, "cannot read"))?;
    Ok([hex(sha256.finalize()), hex(sha512.finalize())])
}

/// What is wrong with a file of these sums, by the SHA-512 that the metadata beside it tell, if anything is.
pub fn fault(file: &Path, [_, sha512]: &[String; 2]) -> Option<String> {
    let meta = file.with_extension(METADATA);
    let told = std::fs::read(&meta).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let Some(told): Option<serde_json::Value> = told else {
        return Some(format!("{}: cannot be read as metadata", meta.display()));
    };
    let is_samples = file.extension().is_some_and(|ending| ending == SAMPLES);
    if !file.with_extension(SAMPLES).exists() {
        return Some(format!("{}: its samples are missing", file.display()));
    }
    let told = told["global"]["core:sha512"].as_str().filter(|_| is_samples);
    told.filter(|told| !told.eq_ignore_ascii_case(sha512))
        .map(|_| format!("{}: its samples are not those that were written", file.display()))
}
