//! Folders → the flights that lie in them and below: flight files, and those in archives.

use super::super::error::StoreError;
use super::super::name::FLIGHT_ENDING;
use super::archive::{MANIFEST, Manifest};
use std::path::{Path, PathBuf};

/// Folders below folders that are looked through; an archive has two.
const DEPTH_MAX: u32 = 8;

/// A flight that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its file's name without the ending.
    pub name: String,
    /// The file, or the folder of an archived flight.
    pub path: PathBuf,
    /// Whether it is archived.
    pub is_archive: bool,
}

/// The flights at `place`, by name: in and below a folder, or the one that it is.
///
/// # Errors
/// There is no such place, or a folder cannot be read.
pub fn found(place: &Path) -> Result<Vec<Found>, StoreError> {
    let mut flights = Vec::new();
    if place.is_file() {
        let name = place.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        return Ok(vec![Found { name, path: place.to_path_buf(), is_archive: false }]);
    }
    look(place, 0, &mut flights)?;
    flights.sort();
    Ok(flights)
}

fn look(folder: &Path, depth: u32, flights: &mut Vec<Found>) -> Result<(), StoreError> {
    if folder.join(MANIFEST).is_file() {
        let name = Manifest::read(folder)?.name;
        flights.push(Found { name, path: folder.to_path_buf(), is_archive: true });
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).map_err(StoreError::io(folder, "cannot read the folder"))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_file = path.extension().is_some_and(|ending| ending == FLIGHT_ENDING) && path.is_file();
        if is_file {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            flights.push(Found { name, path, is_archive: false });
        } else if depth < DEPTH_MAX && path.is_dir() && !path.is_symlink() && !is_part(&path) {
            look(&path, depth + 1, flights)?;
        }
    }
    Ok(())
}

/// What is on its way, and hidden folders.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || path.extension().is_some_and(|ending| ending == "part")
}
