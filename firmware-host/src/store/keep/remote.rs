//! Flights in object stores: a backup is `NAME.duckdb` with what it says beside it, an archived flight its folder of Parquet files.
//!
//! Each is made and checked on this computer, sent, and read back. To come back it is fetched, compared, and then restored as one
//! that lies on a stick.

use super::super::error::StoreError;
use super::super::name::FLIGHT_ENDING;
use super::super::place::flight_bytes;
use super::super::read::open_flight;
use super::super::scratch::{Room, part_in};
use super::archive::{MANIFEST, archive};
use super::backup::{Backed, Outcome, backup_rows};
use super::bucket::Bucket;
use super::content::{Content, begins_with, own_relations};
use super::iq::{fetch_iq, send_iq};
use super::landing::{self, Part};
use std::path::{Path, PathBuf};

/// What stands beside a backup in a store.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Beside {
    #[serde(flatten)]
    /// What the flight says.
    pub content: Content,
    /// SHA-256 of the file's bytes.
    pub file_sha256: String,
}

/// Copies the flight at `from` to the object store's place `url`. What was begun and cut off is kept in the folder `state`.
///
/// # Errors
/// It cannot be copied as to a folder, another flight lies there, or the store does not take it.
pub fn backup_to(from: &Path, url: &str, state: &Path, reserve_mb: u32) -> Result<Backed, StoreError> {
    let bucket = Bucket::open(url, state)?;
    let work = work(from, reserve_mb)?;
    let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let made = backup_rows(from, &work.path.join(&name), reserve_mb)?;
    let beside = format!("{name}{}", landing::CONTENT_SUFFIX);
    let before = match bucket.read(&beside)? {
        None => None,
        Some(text) => Some(serde_json::from_slice::<Beside>(&text).map_err(|error| {
            StoreError::kept(&bucket.path(&beside), format!("damaged: {error}; remove it"))
        })?),
    };
    let outcome = match &before {
        None => Outcome::Made,
        Some(before) if before.content == made.content => Outcome::AlreadyThere,
        Some(before) => {
            let copy = open_flight(&made.path, 0)?;
            let is_later = own_relations(copy.connection())
                .and_then(|relations| begins_with(copy.connection(), &relations, &before.content));
            if !is_later.map_err(StoreError::database(&made.path, "cannot be compared"))? {
                let why = "another flight is there, or one with more or other rows; nothing is replaced by less: name another place";
                return Err(StoreError::kept(&bucket.path(&name), why));
            }
            bucket.remove(&beside)?;
            Outcome::Renewed
        }
    };
    let file_sha256 = bucket.send(&made.path, &name)?;
    let content = made.content.clone();
    let text = serde_json::to_vec_pretty(&Beside { content, file_sha256 });
    bucket.write(&beside, text.map_err(|error| StoreError::kept(&made.path, error.to_string()))?)?;
    let iq = send_iq(from, &bucket)?;
    Ok(Backed { path: bucket.path(&name), outcome, iq, ..made })
}

/// Archives the flight at `from` at the object store's place `url`; `free` removes it once all that was sent was read back.
///
/// # Errors
/// As [`archive`], or the store does not take it.
pub fn archive_to(
    from: &Path,
    url: &str,
    state: &Path,
    is_freed: bool,
    reserve_mb: u32,
) -> Result<Backed, StoreError> {
    let work = work(from, reserve_mb)?;
    let made = archive(from, &work.path, reserve_mb)?;
    let place = made.path.strip_prefix(&work.path).unwrap_or(&made.path).to_string_lossy().into_owned();
    let bucket = Bucket::open(&format!("{}/{place}", url.trim_end_matches('/')), state)?;
    let manifest =
        std::fs::read(made.path.join(MANIFEST)).map_err(StoreError::io(&made.path, "cannot read"))?;
    let before = bucket.read(MANIFEST)?;
    if let Some(before) = before.filter(|before| *before != manifest) {
        let before: super::archive::Manifest = serde_json::from_slice(&before).map_err(|error| {
            StoreError::kept(&bucket.path(MANIFEST), format!("damaged: {error}; remove it"))
        })?;
        let flight = open_flight(from, reserve_mb)?;
        let is_later = own_relations(flight.connection())
            .and_then(|relations| begins_with(flight.connection(), &relations, &before.content));
        if !is_later.map_err(StoreError::database(from, "cannot be compared"))? {
            let why = "another flight is there, or one with more or other rows; nothing is replaced by less: name another place";
            return Err(StoreError::kept(&bucket.path(""), why));
        }
        bucket.remove(MANIFEST)?;
    }
    let files =
        std::fs::read_dir(&made.path).map_err(StoreError::io(&made.path, "cannot read the folder"))?;
    for file in files.flatten().map(|file| file.path()) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // What says that it is whole goes last.
        if name != MANIFEST {
            bucket.send(&file, &name)?;
        }
    }
    bucket.send(&made.path.join(MANIFEST), MANIFEST)?;
    if is_freed {
        super::archive::free(from, &made, reserve_mb)?;
    }
    Ok(Backed { path: bucket.path(""), ..made })
}

/// Fetches what lies at `url` into the folder `to`: a backup with what it says, or an archived flight. Where it is now. What came of
/// it before it was cut off is gone on with.
///
/// # Errors
/// There is nothing, it is not what was sent, or the store or the disk fails.
pub fn fetch_from(url: &str, to: &Path, state: &Path) -> Result<PathBuf, StoreError> {
    std::fs::create_dir_all(to).map_err(StoreError::io(to, "cannot make the folder"))?;
    let url = url.trim_end_matches('/');
    let Some((parent, name)) =
        url.rsplit_once('/').filter(|(_, name)| name.ends_with(&format!(".{FLIGHT_ENDING}")))
    else {
        return fetch_archive(&Bucket::open(url, state)?, to);
    };
    let bucket = Bucket::open(parent, state)?;
    let file = to.join(name);
    fetch_iq(&bucket, &file)?;
    let beside = bucket.read(&format!("{name}{}", landing::CONTENT_SUFFIX))?;
    let beside: Option<Beside> = beside.and_then(|text| serde_json::from_slice(&text).ok());
    let mut sha256 = bucket.fetch(name, &file)?;
    if beside.as_ref().is_some_and(|beside| beside.file_sha256 != sha256) {
        // What came before may be of another moment of the flight.
        std::fs::remove_file(&file).map_err(StoreError::io(&file, "cannot remove"))?;
        sha256 = bucket.fetch(name, &file)?;
    }
    match beside {
        Some(beside) if beside.file_sha256 != sha256 => {
            Err(StoreError::kept(&bucket.path(name), "its bytes are not those that were sent"))
        }
        Some(beside) => {
            landing::tell_content(&file, &part_in(to), &beside.content)?;
            Ok(file)
        }
        None => Ok(file),
    }
}

fn fetch_archive(bucket: &Bucket, to: &Path) -> Result<PathBuf, StoreError> {
    let names = bucket.objects()?.into_iter().map(|(name, _)| name).filter(|name| !name.contains('/'));
    let names: Vec<_> = names.collect();
    if !names.iter().any(|name| name == MANIFEST) {
        let why = "no flight is there; name a NAME.duckdb, or the folder date=…/flight=NAME of an archive";
        return Err(StoreError::kept(&bucket.path(""), why));
    }
    names.iter().try_for_each(|name| bucket.fetch(name, &to.join(name)).map(|_| ()))?;
    Ok(to.to_path_buf())
}

/// A folder for what is made before it is sent.
fn work(from: &Path, reserve_mb: u32) -> Result<Part, StoreError> {
    let folder = Room::beside(from, 2 * flight_bytes(from), reserve_mb)?.folder;
    let folder = folder.canonicalize().map_err(StoreError::io(&folder, "cannot find it"))?;
    let work = Part::at(part_in(&folder));
    std::fs::create_dir_all(&work.path).map_err(StoreError::io(&work.path, "cannot make the folder"))?;
    Ok(work)
}
