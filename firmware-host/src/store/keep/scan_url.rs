//! Object stores → the catalogue: what lies there by what stands beside it, without fetching the flights themselves.

use super::super::error::StoreError;
use super::super::name::FLIGHT_ENDING;
use super::super::scratch::{Room, part_in};
use super::archive::{MANIFEST, Manifest};
use super::bucket::Bucket;
use super::catalogue::{Catalogue, Known, Place};
use super::content::Content;
use super::landing::{CONTENT_SUFFIX, Part};
use super::remote::{Beside, fetch_from};
use super::scanned::{Scanned, now};
use super::verify::verify;
use std::collections::BTreeSet;
use std::path::Path;

impl Catalogue {
    /// Looks through the object store's place `url`.
    ///
    /// # Errors
    /// The store does not answer, or the catalogue cannot be written.
    pub fn scan_url(&self, url: &str, volume: &str, state: &Path) -> Result<Scanned, StoreError> {
        let bucket = Bucket::open(url, state)?;
        let (mut scanned, mut there) = (Scanned::default(), BTreeSet::new());
        let below = format!("{}/", url.trim_end_matches('/'));
        let objects = bucket.objects()?;
        for (name, _) in &objects {
            let found = if let Some(flight) = name.strip_suffix(CONTENT_SUFFIX) {
                let bytes = objects.iter().find(|(other, _)| other == flight).map(|(_, bytes)| *bytes);
                let beside: Option<Beside> = self.read_json(&bucket, name, &mut scanned)?;
                bytes.zip(beside).map(|(bytes, beside)| (flight.to_string(), false, bytes, beside.content))
            } else if let Some(folder) = name.strip_suffix(&format!("/{MANIFEST}")) {
                let bytes = objects
                    .iter()
                    .filter(|(other, _)| other.starts_with(folder))
                    .map(|(_, bytes)| bytes)
                    .sum();
                let manifest: Option<Manifest> = self.read_json(&bucket, name, &mut scanned)?;
                manifest.map(|manifest| (folder.to_string(), true, bytes, manifest.content))
            } else {
                None
            };
            let Some((name, is_archive, bytes, content)) = found else { continue };
            let path = bucket.path(&name).display().to_string();
            there.insert(path.clone());
            let flight = self.flight_of(&name, &content)?;
            let before = self.places(&flight)?.into_iter().find(|place| place.path == path);
            let is_same = before.as_ref().is_some_and(|before| before.sha256 == content.sha256);
            let verified_utc = before.filter(|_| is_same).and_then(|before| before.verified_utc);
            self.put_place(&Place {
                flight: flight.clone(),
                volume: volume.to_string(),
                path,
                is_archive,
                row_count: content.row_count() as i64,
                sha256: content.sha256,
                file_bytes: bytes as i64,
                changed_us: 0,
                seen_utc: now(),
                is_there: true,
                verified_utc,
                fault: None,
            })?;
            if is_same { scanned.same.push(flight) } else { scanned.read.push(flight) }
        }
        for gone in self
            .places("")?
            .into_iter()
            .filter(|place| place.is_there && place.path.starts_with(&below) && !there.contains(&place.path))
        {
            scanned.gone.push(gone.path.clone());
            self.put_place(&Place { is_there: false, ..gone })?;
        }
        Ok(scanned)
    }

    fn read_json<T: serde::de::DeserializeOwned>(
        &self,
        bucket: &Bucket,
        name: &str,
        scanned: &mut Scanned,
    ) -> Result<Option<T>, StoreError> {
        let text = bucket.read(name)?.unwrap_or_default();
        let read = serde_json::from_slice(&text);
        scanned.faults.extend(
            read.as_ref().err().map(|error| format!("{}: damaged: {error}", bucket.path(name).display())),
        );
        Ok(read.ok())
    }

    /// The name of the flight that lies there; one that is not known yet is by its file's.
    fn flight_of(&self, name: &str, content: &Content) -> Result<String, StoreError> {
        let last = name.rsplit('/').next().unwrap_or(name);
        let last = last.strip_prefix("flight=").unwrap_or(last);
        let last = last.strip_suffix(&format!(".{FLIGHT_ENDING}")).unwrap_or(last);
        let known = self.find("")?;
        if let Some(known) = known.iter().find(|known| known.sha256 == content.sha256 || known.name == last) {
            return Ok(known.name.clone());
        }
        self.put_flight(&Known {
            name: last.to_string(),
            row_count: content.row_count() as i64,
            sha256: content.sha256.clone(),
            ..Known::default()
        })?;
        Ok(last.to_string())
    }
}

/// Fetches what lies there, and tells what is wrong with it.
///
/// # Errors
/// There is no room, or the store does not answer.
pub fn verify_url(place: &Place, state: &Path) -> Result<Vec<String>, StoreError> {
    let folder = Room::beside(Path::new("/"), 2 * place.file_bytes as u64, 0)?.folder;
    let work = Part::at(part_in(&folder));
    match fetch_from(&place.path, &work.path, state) {
        Ok(fetched) => Ok(verify(&fetched, Some(&place.sha256), 0).faults),
        Err(error @ StoreError::NotFound(_)) => Err(error),
        Err(error) => Ok(vec![error.to_string()]),
    }
}
