//! Files of others → what we keep, with an account in which every record is taken, refused or left.
//!
//! What a file is, is told by what it begins with, not by its name. [`logs`]: vehicle logs, joined to a flight by GPS time and position,
//! into `NAME-joined.duckdb` beside it.
//!
//! Not here: how a format is laid out (`vehicle_log`, `autopilot/tlog.rs`), how rows are kept (`store`), how it is said (`cli`).

pub mod logs;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::autopilot::tlog::Entry;
use crate::vehicle_log::clocks::Joined;
use crate::vehicle_log::row::Account;
use crate::vehicle_log::{dataflash, ulog};

/// Larger files are refused: a DataFlash card holds less.
const FILE_BYTES_MAX: u64 = 16 << 30;
const HEAD_BYTES: usize = 4096;

/// What a file is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// ArduPilot's own log.
    Dataflash,
    /// PX4's own log.
    Ulog,
    /// A recorded MAVLink link.
    Tlog,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Imported {
    /// Which.
    pub file: PathBuf,
    /// What it is; `None`: nothing that is known here.
    pub kind: Option<Kind>,
    /// SHA-256 of it, hexadecimal; empty where it could not be read.
    pub sha256: String,
    /// Its size.
    pub file_bytes: u64,
    /// Its records.
    pub account: Account,
    /// How its time stands to the flight's.
    pub joined: Option<Joined>,
    /// Why nothing of it was taken, and the mend; `None`: it was.
    pub refused: Option<String>,
}

impl Imported {
    /// Whether all of it was taken that has a place here.
    pub fn is_whole(&self) -> bool {
        self.refused.is_none() && self.account.refused_count == 0 && self.account.adds_up()
    }
}

/// Looks at what `file` is; with its size and hash.
///
/// # Errors
/// It cannot be read, is none that is known, or too large.
fn look(file: &Path, told: &mut Imported) -> Result<Kind, String> {
    let metadata = std::fs::metadata(file).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("is no file".into());
    }
    told.file_bytes = metadata.len();
    if told.file_bytes > FILE_BYTES_MAX {
        return Err(format!(
            "has {} bytes, more than the {FILE_BYTES_MAX} that are read; cut it",
            told.file_bytes
        ));
    }
    let mut head = Vec::new();
    let mut read = |file: &Path| File::open(file)?.take(HEAD_BYTES as u64).read_to_end(&mut head);
    read(file).map_err(|error| error.to_string())?;
    let kind = kind_of(&head)
        .ok_or("byte 0: neither DataFlash (.BIN), ULog nor .tlog; name a log of one of these")?;
    told.kind = Some(kind);
    told.sha256 = sha256(file).map_err(|error| error.to_string())?;
    Ok(kind)
}

fn kind_of(head: &[u8]) -> Option<Kind> {
    if head.starts_with(&ulog::MAGIC) {
        return Some(Kind::Ulog);
    }
    if head.starts_with(&dataflash::MAGIC) {
        return Some(Kind::Dataflash);
    }
    Entry::first_of(head).map(|_| Kind::Tlog)
}

fn sha256(file: &Path) -> std::io::Result<String> {
    let (mut file, mut hash, mut piece) = (File::open(file)?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            count => hash.update(&piece[..count]),
        }
    }
}
