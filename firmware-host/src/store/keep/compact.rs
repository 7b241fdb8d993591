//! A flight file → the same rows in a smaller file: without the room that checkpoints left free in it.

use super::super::error::StoreError;
use super::super::live::{is_live_here, user_of};
use super::super::place::{existing, flight_bytes, is_plain};
use super::super::read::open_flight;
use super::super::recover::recover;
use super::super::scratch::{Room, part_in};
use super::content::{content, own_relations};
use super::definitions::definitions;
use super::fresh;
use super::landing::{self, Part};
use std::path::{Path, PathBuf};

/// What became of it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Compacted {
    /// Which file.
    pub path: PathBuf,
    /// SHA-256 of its content, which is the same as before.
    pub sha256: String,
    /// Its size before.
    pub before_bytes: u64,
    /// Its size now; the same where it would not have become smaller.
    pub after_bytes: u64,
}

/// Makes the file at `path` smaller. A new one is written beside it, compared, and put into its place at once. A WAL of a flight
/// whose recorder died goes into it first. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// It is in use, not all of it can be read, or there is no room: it stays as it is.
pub fn compact(path: &Path, reserve_mb: u32) -> Result<Compacted, StoreError> {
    let real = existing(path)?;
    if !real.is_file() {
        return Err(StoreError::NotFound(path.to_path_buf()));
    }
    if is_live_here(&real) {
        return Err(StoreError::LiveHere(path.to_path_buf()));
    }
    if !is_plain(&real) || real.to_str().is_none() {
        let why =
            "a path with a ?, or that is not UTF-8, cannot be attached; move it to another folder first";
        return Err(StoreError::kept(path, why));
    }
    not_in_use(&real)?;
    let before_bytes = flight_bytes(&real);
    let folder = real.parent().unwrap_or(Path::new("/"));
    Room::at(&folder.join("part"), &real, before_bytes, reserve_mb)?;
    recover(&real)?;
    let flight = open_flight(&real, reserve_mb)?;
    if let Some(why) = flight.unread {
        return Err(StoreError::kept(
            path,
            format!("not all of it can be read, and nothing of it is thrown away: {why}"),
        ));
    }
    let told = || StoreError::database(path, "cannot be read in whole");
    let said = content(flight.connection()).map_err(told())?;
    let mut relations = own_relations(flight.connection()).map_err(told())?;
    for relation in &mut relations {
        relation.source = format!("source.main.{}", super::super::sql::identifier(&relation.name));
    }
    let part = Part::at(part_in(folder));
    fresh::make(
        &part.path,
        &definitions(flight.connection()).map_err(told())?,
        &relations,
        &[],
        Some(&real),
        true,
    )?;
    let made = open_flight(&part.path, 0)?;
    let again = content(made.connection()).map_err(told())?;
    drop(made);
    if again != said {
        let why = format!("what was made of it is not the same ({}); it stays", again.differences(&said));
        return Err(StoreError::kept(path, why));
    }
    let after_bytes = flight_bytes(&part.path);
    let sha256 = said.sha256;
    if after_bytes >= before_bytes {
        return Ok(Compacted { path: path.to_path_buf(), sha256, before_bytes, after_bytes: before_bytes });
    }
    // A reader who opened it meanwhile goes on with the old one.
    drop(flight);
    not_in_use(&real)?;
    landing::name(&part.path, &real)?;
    Ok(Compacted { path: path.to_path_buf(), sha256, before_bytes, after_bytes })
}

fn not_in_use(real: &Path) -> Result<(), StoreError> {
    match user_of(real).map_err(StoreError::io(real, "cannot ask for its lock"))? {
        Some(pid) => Err(StoreError::InUse { path: real.to_path_buf(), pid }),
        None => Ok(()),
    }
}
