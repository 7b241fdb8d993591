//! What the first 12 KiB of a DuckDB file say: which DuckDB wrote it, which file it is, how often it was checkpointed.
//!
//! By DuckDB's `MainHeader` and `DatabaseHeader` (`storage_info.hpp`): 4 KiB each, little endian, a checksum of 8 bytes first.

use super::checksum::checksum;
use super::error::StoreError;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The main header and the two database headers; a checkpoint ends by writing one of the latter.
pub const HEADER_BYTES: usize = 3 * 4096;
const MAIN_HEADER_BYTES: usize = 4096;
/// The newest file format that our DuckDB reads (its `VERSION_NUMBER_UPPER`); DuckDB 2 writes 999.
const FORMAT_MAX: u64 = 68;

/// What the headers of a file say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The headers themselves.
    pub raw: Vec<u8>,
    /// The DuckDB that made the file, as `v1.5.6`; may be empty.
    pub made_by: String,
    /// The file's format, by which its WAL is written too.
    pub format: u64,
    /// What tells this file from others; its WAL says the same.
    pub identity: [u8; 16],
    /// Checkpoints since it was made; its WAL says the same.
    pub iteration: u64,
    /// The root block of the last checkpoint; its WAL says the same of one that was begun.
    pub root: u64,
    /// Bytes of a block.
    pub block_bytes: u64,
    /// Bytes the file has at least when all blocks are there.
    pub whole_bytes: u64,
}

/// The headers as they are in the file; fewer bytes where it is shorter.
pub fn read_headers(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::with_capacity(HEADER_BYTES);
    File::open(path)?.take(HEADER_BYTES as u64).read_to_end(&mut raw)?;
    Ok(raw)
}

/// What the headers of the file at `path` say.
///
/// # Errors
/// There is no such file, it is no DuckDB file, its headers are damaged, or a newer DuckDB made it.
pub fn head(path: &Path) -> Result<Head, StoreError> {
    if !path.is_file() {
        return Err(StoreError::NotFound(path.to_path_buf()));
    }
    parsed(read_headers(path).map_err(StoreError::io(path, "cannot read"))?, path)
}

/// The same of a file that is open, and stays so.
///
/// # Errors
/// As [`head`].
pub fn header_of(file: &File, path: &Path) -> Result<Head, StoreError> {
    use std::os::unix::fs::FileExt;
    let mut raw = vec![0; HEADER_BYTES];
    file.read_exact_at(&mut raw, 0).map_err(StoreError::io(path, "cannot read"))?;
    parsed(raw, path)
}

fn parsed(raw: Vec<u8>, path: &Path) -> Result<Head, StoreError> {
    let damaged = |why: String| StoreError::Damaged { path: path.to_path_buf(), why };
    if raw.get(8..12) != Some(b"DUCK") {
        return Err(damaged("it does not begin as a DuckDB file does".to_string()));
    }
    // Later versions write the same checksum: without it a flipped bit would make a version of ours a later one.
    if raw.get(8..MAIN_HEADER_BYTES).is_some_and(|header| checksum(header) != number(&raw, 0)) {
        return Err(damaged("its first 4096 bytes are not those that were written".to_string()));
    }
    let made_by = raw.get(52..84).unwrap_or_default();
    let made_by = made_by.split(|byte| *byte == 0).next().unwrap_or_default();
    let made_by = String::from_utf8_lossy(made_by).into_owned();
    let format = number(&raw, 12);
    if format > FORMAT_MAX {
        return Err(StoreError::Newer { path: path.to_path_buf(), made_by });
    }
    if raw.len() < HEADER_BYTES {
        return Err(damaged(format!("it ends after {} bytes, within its headers", raw.len())));
    }
    let active = if number(&raw, 4096 + 8) > number(&raw, 8192 + 8) { 4096 } else { 8192 };
    let mut identity = [0; 16];
    identity.copy_from_slice(&raw[124..140]);
    Ok(Head {
        made_by,
        format,
        identity,
        root: number(&raw, active + 16),
        iteration: number(&raw, active + 8),
        block_bytes: number(&raw, active + 40),
        whole_bytes: number(&raw, active + 32)
            .saturating_mul(number(&raw, active + 40))
            .saturating_add(HEADER_BYTES as u64),
        raw,
    })
}

/// Whether `made_by` is a later DuckDB than `ours`, both as `v1.5.6`.
pub fn is_newer(made_by: &str, ours: &str) -> bool {
    let parts = |version: &str| -> Option<Vec<u32>> {
        let digits = version.strip_prefix('v')?;
        digits.split(['.', '-']).take(3).map(|part| part.parse().ok()).collect()
    };
    parts(made_by).zip(parts(ours)).is_some_and(|(made_by, ours)| made_by > ours)
}

fn number(raw: &[u8], at: usize) -> u64 {
    let bytes = raw.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::{Config, Connection};

    #[test]
    fn the_headers_are_read_as_duckdb_writes_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latest.duckdb");
        let config = Config::default().with("storage_compatibility_version", "latest").unwrap();
        let database = Connection::open_with_flags(&path, config).unwrap();
        let ours = database.version().unwrap();
        database.execute_batch("CREATE TABLE a AS FROM range(100000); CHECKPOINT").unwrap();
        let before = head(&path).unwrap();
        database.execute_batch("INSERT INTO a FROM range(10); CHECKPOINT").unwrap();
        drop(database);
        let after = head(&path).unwrap();
        assert_eq!((before.made_by.as_str(), before.identity), (ours.as_str(), after.identity));
        assert!(after.iteration > before.iteration && after.identity != [0; 16]);
        assert!(std::fs::metadata(&path).unwrap().len() >= after.whole_bytes);
        assert_eq!(number(&after.raw, 12), FORMAT_MAX, "DuckDB writes a newer format than head.rs knows");
    }

    #[test]
    fn later_versions_are_newer() {
        for (made_by, newer) in
            [("v2.0.0", true), ("v1.6.0-dev12", true), ("v1.5.6", false), ("v1.4.9", false), ("", false)]
        {
            assert_eq!(is_newer(made_by, "v1.5.6"), newer, "{made_by}");
        }
    }
}
