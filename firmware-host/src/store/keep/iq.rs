//! The IQ of a flight is kept with it: each file copied, brought to the disk, read back from there and compared.

use super::super::error::StoreError;
use super::super::iq::{fault, iq_files, iq_folder, sums};
use super::super::scratch::{Room, part_in};
use super::bucket::Bucket;
use super::landing::{self, Part};
use crate::hash::hex;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// IQ that is kept.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct KeptIq {
    /// Where.
    pub folder: PathBuf,
    /// How many files.
    pub file_count: usize,
    /// Their size.
    pub bytes: u64,
    /// SHA-256 over name and SHA-256 of each.
    pub sha256: String,
}

/// What is wrong with the IQ of the flight at `path`.
///
/// # Errors
/// It cannot be read.
pub fn iq_faults(path: &Path) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    for file in iq_files(path)? {
        faults.extend(fault(&file, &sums(&file)?));
    }
    Ok(faults)
}

/// Copies the IQ of the flight at `from`, if it has any, to beside the flight at `to`. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// It cannot be read, is not what was written, there is no room, or something else lies there.
pub fn copy_iq(from: &Path, to: &Path, reserve_mb: u32) -> Result<Option<KeptIq>, StoreError> {
    let folder = iq_folder(to);
    each(from, &folder, |file, sha256| {
        let (name, bytes) = (file.file_name().unwrap_or_default(), size(file)?);
        std::fs::create_dir_all(&folder).map_err(StoreError::io(&folder, "cannot make the folder"))?;
        let to = folder.join(name);
        if to.exists() {
            let is_same = sums(&to)?[0] == sha256;
            let why = "another file is there; nothing is replaced: name another place";
            return if is_same { Ok(()) } else { Err(StoreError::kept(&to, why)) };
        }
        let part = Part::at(part_in(&folder));
        Room::at(&part.path, from, bytes, reserve_mb)?;
        std::fs::copy(file, &part.path).map_err(StoreError::io(&part.path, "cannot copy to"))?;
        landing::settle(&part.path)?;
        if sums(&part.path)?[0] != sha256 {
            return Err(StoreError::kept(&to, "the copy is not the same; it is removed"));
        }
        landing::name(&part.path, &to)
    })
}

/// Sends the IQ of the flight at `from`, if it has any, to beside the flight in `bucket`.
///
/// # Errors
/// It cannot be read, is not what was written, or the store does not take it.
pub fn send_iq(from: &Path, bucket: &Bucket) -> Result<Option<KeptIq>, StoreError> {
    let name = iq_folder(from).file_name().unwrap_or_default().to_string_lossy().into_owned();
    each(from, &bucket.path(&name), |file, sha256| {
        let object = format!("{name}/{}", file.file_name().unwrap_or_default().display());
        match bucket.send(file, &object)? == sha256 {
            true => Ok(()),
            false => Err(StoreError::kept(file, "it changed while it was sent; try again")),
        }
    })
}

/// Fetches the IQ that lies beside the flight `name` in `bucket` to beside the flight at `to`.
///
/// # Errors
/// The store or the disk fails.
pub fn fetch_iq(bucket: &Bucket, to: &Path) -> Result<(), StoreError> {
    let folder = iq_folder(to);
    let start = format!("{}/", folder.file_name().unwrap_or_default().display());
    for (object, _) in bucket.objects()? {
        let Some(name) = object.strip_prefix(&start).filter(|name| !name.contains('/')) else { continue };
        std::fs::create_dir_all(&folder).map_err(StoreError::io(&folder, "cannot make the folder"))?;
        bucket.fetch(&object, &folder.join(name))?;
    }
    Ok(())
}

/// Keeps each of the files, the samples before what tells of them, and sums up.
fn each(
    from: &Path,
    folder: &Path,
    mut keep: impl FnMut(&Path, &str) -> Result<(), StoreError>,
) -> Result<Option<KeptIq>, StoreError> {
    let (mut all, mut bytes) = (Sha256::new(), 0);
    let files = iq_files(from)?;
    for file in &files {
        let sums = sums(file)?;
        if let Some(fault) = fault(file, &sums) {
            return Err(StoreError::kept(from, format!("its IQ is not whole: {fault}")));
        }
        keep(file, &sums[0])?;
        bytes += size(file)?;
        all.update(format!("{} {}\n", file.file_name().unwrap_or_default().display(), sums[0]));
    }
    let kept =
        KeptIq { folder: folder.to_path_buf(), file_count: files.len(), bytes, sha256: hex(all.finalize()) };
    Ok((!files.is_empty()).then_some(kept))
}

fn size(file: &Path) -> Result<u64, StoreError> {
    Ok(std::fs::metadata(file).map_err(StoreError::io(file, "cannot look at"))?.len())
}
