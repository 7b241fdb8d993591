//! Files of others → what we keep, with an account in which every record is taken, refused or left.
//!
//! What a file is, is told by what it begins with, not by its name. [`logs`]: vehicle logs and annotations of recordings, joined to a flight
//! by GPS time and position into `NAME-joined.duckdb` beside it. [`flights`]: PISAD's database and tables of telemetry, which become profiles
//! and flights of their own.
//!
//! Not here: how vehicle logs are laid out (`vehicle_log`, `autopilot/tlog.rs`), how rows are kept (`store`), how it is said (`cli`).

mod annotations;
mod columns;
pub mod flights;
mod flown;
pub mod logs;
mod moment;
mod pisad;
mod telemetry;
#[cfg(test)]
mod tests;

use crate::hash::sum;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::autopilot::tlog::Entry;
use crate::profiles::origin;
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
    /// Metadata of a SigMF recording.
    Sigmf,
    /// PISAD's SQLite database.
    Pisad,
    /// A table of telemetry in text.
    Telemetry,
}

impl Kind {
    /// Whether it is joined to a flight; else it becomes one.
    pub const fn is_joined(self) -> bool {
        matches!(self, Kind::Dataflash | Kind::Ulog | Kind::Tlog | Kind::Sigmf)
    }

    /// As the file that is made spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Dataflash => "dataflash",
            Kind::Ulog => "ulog",
            Kind::Tlog => "tlog",
            Kind::Sigmf => "sigmf",
            Kind::Pisad => "pisad",
            Kind::Telemetry => "telemetry",
        }
    }
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
    /// Profiles that it holds, and what became of their fields.
    pub profiles: Vec<origin::Imported>,
    /// The flight that it became; of a dry run the one that it would.
    pub made: Option<PathBuf>,
    /// Rows of that flight's own tables.
    pub rows: BTreeMap<&'static str, u64>,
    /// Why nothing of it was taken, and the mend; `None`: it was.
    pub refused: Option<String>,
}

impl Imported {
    /// Of which nothing is known yet.
    fn of(file: &Path) -> Imported {
        Imported {
            file: file.to_path_buf(),
            kind: None,
            sha256: String::new(),
            file_bytes: 0,
            account: Account::default(),
            joined: None,
            profiles: Vec::new(),
            made: None,
            rows: BTreeMap::new(),
            refused: None,
        }
    }

    /// Whether all of it was taken that has a place here.
    pub fn is_whole(&self) -> bool {
        self.refused.is_none() && self.account.refused_count == 0 && self.account.adds_up()
    }
}

/// What `file` is.
///
/// # Errors
/// It cannot be read, or is none that is known.
pub fn kind(file: &Path) -> Result<Kind, String> {
    let mut head = Vec::new();
    let mut read = |file: &Path| File::open(file)?.take(HEAD_BYTES as u64).read_to_end(&mut head);
    read(file).map_err(|error| error.to_string())?;
    kind_of(file, &head).ok_or_else(|| {
        format!(
            "byte 0: neither DataFlash (.BIN), ULog, .tlog, SigMF metadata, PISAD's database nor a table of telemetry; the first line of \
             one names its columns: a time ({}), and a power ({}) or latitude and longitude",
            columns::names(columns::Field::Time),
            columns::names(columns::Field::Power)
        )
    })
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
    let kind = kind(file)?;
    told.kind = Some(kind);
    told.sha256 = File::open(file).and_then(sum).map_err(|error| error.to_string())?.1;
    Ok(kind)
}

fn kind_of(file: &Path, head: &[u8]) -> Option<Kind> {
    if head.starts_with(&ulog::MAGIC) {
        return Some(Kind::Ulog);
    }
    if head.starts_with(&dataflash::MAGIC) {
        return Some(Kind::Dataflash);
    }
    if head.starts_with(pisad::MAGIC) {
        return Some(Kind::Pisad);
    }
    if annotations::is_metadata(file, head) {
        return Some(Kind::Sigmf);
    }
    if columns::is_header(head) {
        return Some(Kind::Telemetry);
    }
    Entry::first_of(head).map(|_| Kind::Tlog)
}
