//! Places → the catalogue: what lies there is read, what is gone is told; and back, on a fresh laptop.

use super::super::error::StoreError;
use super::super::place::{flight_bytes, real, side_files};
use super::super::read::open_flight;
use super::archive::{Manifest, archived, folder_bytes};
use super::bucket::{Bucket, is_url};
use super::catalogue::{Catalogue, Known, Place};
use super::content::{Content, content};
use super::fingerprint::fingerprint;
use super::found::{Found, found};
use super::scan_url::verify_url;
use super::scanned::{Scanned, now};
use super::verify::verify;
use super::{across, landing};
use crate::progress;
use duckdb::Connection;
use std::collections::BTreeSet;
use std::path::Path;

/// The file by which a place knows the whole catalogue.
const SAVED: &str = "skyhound-catalog.json";

/// The saved form.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Saved {
    flights: Vec<Known>,
    places: Vec<Place>,
}

impl Catalogue {
    /// Looks through `folder`, which lies on `volume`.
    ///
    /// # Errors
    /// The folder or the catalogue cannot be read.
    pub fn scan(&self, folder: &Path, volume: &str, reserve_mb: u32) -> Result<Scanned, StoreError> {
        let root = real(folder).map_err(StoreError::io(folder, "cannot find it"))?;
        let before: Vec<Place> = self
            .places("")?
            .into_iter()
            .filter(|place| place.volume == volume && Path::new(&place.path).starts_with(&root))
            .collect();
        let (mut scanned, mut there) = (Scanned::default(), BTreeSet::new());
        let found = found(&root)?;
        let count = found.len();
        for (index, flight) in found.into_iter().enumerate() {
            let path = flight.path.display().to_string();
            progress::item(&path, index + 1, count);
            let known = before.iter().find(|place| place.path == path);
            there.insert(path.clone());
            let (file_bytes, changed_us) = stamp(&flight);
            if let Some(known) =
                known.filter(|known| (known.file_bytes, known.changed_us) == (file_bytes, changed_us))
            {
                self.put_place(&Place { seen_utc: now(), is_there: true, ..known.clone() })?;
                scanned.same.push(known.flight.clone());
                continue;
            }
            match read(&flight, reserve_mb) {
                Err(error) => scanned.faults.push(error.to_string()),
                Ok((known, content, unread)) => {
                    let name = known.name.clone();
                    scanned.faults.extend(unread.iter().map(|why| format!("{path}: {why}")));
                    self.put_flight(&known)?;
                    self.put_place(&Place {
                        flight: name.clone(),
                        volume: volume.to_string(),
                        path,
                        is_archive: flight.is_archive,
                        row_count: content.row_count() as i64,
                        sha256: content.sha256,
                        file_bytes,
                        changed_us,
                        seen_utc: now(),
                        is_there: true,
                        verified_utc: unread.is_none().then(now),
                        fault: unread,
                    })?;
                    scanned.read.push(name);
                }
            }
        }
        for gone in before.into_iter().filter(|place| place.is_there && !there.contains(&place.path)) {
            scanned.gone.push(gone.path.clone());
            self.put_place(&Place { is_there: false, ..gone })?;
        }
        Ok(scanned)
    }

    /// Reads all copies of the flights that begin with `begin` and can be reached now; each with what is wrong, if anything. Of what is
    /// fetched and cut off, `state` keeps how far it came.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn verify(&self, begin: &str, state: &Path, reserve_mb: u32) -> Result<Vec<Place>, StoreError> {
        let mut verified = Vec::new();
        let places = self.places(begin)?;
        let count = places.len();
        for (index, mut place) in places.into_iter().enumerate() {
            progress::item(&place.path, index + 1, count);
            let path = Path::new(&place.path);
            let faults = match is_url(&place.path) {
                true => verify_url(&place, state).ok(),
                false => path.exists().then(|| verify(path, Some(&place.sha256), reserve_mb).faults),
            };
            place.is_there = faults.is_some();
            if let Some(faults) = faults {
                place.fault = (!faults.is_empty()).then(|| faults.join("; "));
                place.seen_utc = now();
                if place.fault.is_none() {
                    place.verified_utc = Some(now());
                }
            }
            self.put_place(&place)?;
            verified.push(place);
        }
        Ok(verified)
    }

    /// Writes the whole catalogue into `folder`, which may be a bucket's, for the day on which the laptop is another one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, folder: &Path, state: &Path) -> Result<(), StoreError> {
        let saved = Saved { flights: self.find("")?, places: self.places("")? };
        let saved = serde_json::to_vec_pretty(&saved)
            .map_err(|error| StoreError::kept(&folder.join(SAVED), error.to_string()))?;
        if let Some(url) = folder.to_str().filter(|url| is_url(url)) {
            return Bucket::open(url, state)?.write(SAVED, saved);
        }
        let path = landing::ready(&folder.join(SAVED))?;
        let part = super::super::scratch::part_in(path.parent().unwrap_or(Path::new("/")));
        std::fs::write(&part, saved).map_err(StoreError::io(&part, "cannot write"))?;
        landing::settle(&part)?;
        landing::name(&part, &path)
    }

    /// Takes what was saved in `folder`, which may be a bucket's, if anything was: flights with tags and notes, and all places. How
    /// many flights.
    ///
    /// # Errors
    /// It is damaged, or the catalogue cannot be written.
    pub fn take_saved(&self, folder: &Path, state: &Path) -> Result<usize, StoreError> {
        let path = folder.join(SAVED);
        let saved = match folder.to_str().filter(|url| is_url(url)) {
            Some(url) => Bucket::open(url, state)?.read(SAVED)?,
            None => match std::fs::read(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                saved => Some(saved.map_err(StoreError::io(&path, "cannot read"))?),
            },
        };
        let Some(saved) = saved else { return Ok(0) };
        let saved: Saved = serde_json::from_slice(&saved)
            .map_err(|error| StoreError::kept(&path, format!("damaged: {error}")))?;
        let known: BTreeSet<_> =
            self.places("")?.into_iter().map(|place| (place.volume, place.path)).collect();
        saved.flights.iter().try_for_each(|flight| self.put_flight(flight))?;
        for place in
            saved.places.iter().filter(|place| !known.contains(&(place.volume.clone(), place.path.clone())))
        {
            self.put_place(place)?;
        }
        Ok(saved.flights.len())
    }
}

/// What a flight says, of itself and of its content; and what of it cannot be read.
fn read(flight: &Found, reserve_mb: u32) -> Result<(Known, Content, Option<String>), StoreError> {
    let told = || StoreError::database(&flight.path, "cannot be catalogued");
    if flight.is_archive {
        let manifest = Manifest::read(&flight.path)?;
        let content = archived(&flight.path)?;
        let unread = match content == manifest.content {
            true => manifest.unread.clone(),
            false => Some(format!("it is not what was archived: {}", content.differences(&manifest.content))),
        };
        let connection = across::archive_connection(&manifest, &flight.path)?;
        return Ok((known(&connection, &flight.name, &content).map_err(told())?, content, unread));
    }
    let opened = open_flight(&flight.path, reserve_mb)?;
    let content = content(opened.connection()).map_err(told())?;
    Ok((known(opened.connection(), &flight.name, &content).map_err(told())?, content, opened.unread))
}

fn known(connection: &Connection, file_name: &str, content: &Content) -> Result<Known, duckdb::Error> {
    let of = "SELECT any_value(name), any_value(started_utc)::VARCHAR, any_value(host) FROM flight";
    let (name, started_utc, host): (Option<String>, _, _) =
        connection.query_row(of, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // Files of earlier versions have other tables; that they are there can be told all the same.
    let heard = || {
        let sql = "SELECT DISTINCT beacon FROM detections WHERE beacon IS NOT NULL ORDER BY 1";
        connection
            .prepare(sql)?
            .query_map([], |row| row.get(0))?
            .collect::<Result<Vec<String>, duckdb::Error>>()
    };
    Ok(Known {
        name: name.unwrap_or_else(|| file_name.to_string()),
        started_utc,
        host,
        heard: heard().unwrap_or_default(),
        row_count: content.row_count() as i64,
        sha256: content.sha256.clone(),
        tags: Vec::new(),
        note: None,
        fingerprint: fingerprint(connection).ok().flatten().map(Vec::from),
    })
}

/// Size and time of change: while they stay, so do the rows.
fn stamp(flight: &Found) -> (i64, i64) {
    let (path, bytes) = match flight.is_archive {
        true => (flight.path.join(super::archive::MANIFEST), folder_bytes(&flight.path)),
        false => (flight.path.clone(), flight_bytes(&flight.path)),
    };
    let changed = |path: &Path| {
        let changed = std::fs::metadata(path).and_then(|file| file.modified()).ok()?;
        Some(changed.duration_since(std::time::UNIX_EPOCH).ok()?.as_micros() as i64)
    };
    let sides = side_files(&path).into_iter().map(|side| side.path);
    let changed_us = std::iter::once(path).chain(sides).filter_map(|path| changed(&path)).max();
    (bytes as i64, changed_us.unwrap_or(0))
}
