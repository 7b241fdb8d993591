//! Is a flight file or an archived flight whole: does it open, has it all tables, can every block be read, does it say what it is known to say.

use super::super::error::StoreError;
use super::super::read::{Flight, open_flight};
use super::super::schema::{SCHEMA_VERSION, statements};
use super::archive::{Manifest, archived, is_archive};
use super::content::{Content, content, own_relations};
use super::iq::iq_faults;
use super::landing;
use super::migrate::{lacking, version};
use duckdb::Connection;
use std::path::{Path, PathBuf};

/// What was found.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Verified {
    /// Which file.
    pub path: PathBuf,
    /// What it says; `None`: it cannot be read in whole.
    pub content: Option<Content>,
    /// The SHA-256 it was known to have; `None`: none was known.
    pub known_sha256: Option<String>,
    /// Whether another process is recording it: it is compared with nothing, and may have more rows by now.
    pub is_live: bool,
    /// Columns of ours that it has not: another build made it.
    pub lacking: Vec<String>,
    /// What is wrong; empty: nothing.
    pub faults: Vec<String>,
}

/// Reads all of the flight at `path`. What it is known to say is `known_sha256`, or stands beside it since it was kept.
/// The disk of the flight keeps `reserve_mb` MB free.
pub fn verify(path: &Path, known_sha256: Option<&str>, reserve_mb: u32) -> Verified {
    let mut verified = Verified {
        path: path.to_path_buf(),
        content: None,
        known_sha256: known_sha256.map(str::to_lowercase),
        is_live: false,
        lacking: Vec::new(),
        faults: Vec::new(),
    };
    if let Err(error) = look(&mut verified, reserve_mb) {
        verified.faults.push(error.to_string());
    }
    verified
}

fn look(verified: &mut Verified, reserve_mb: u32) -> Result<(), StoreError> {
    let path = verified.path.clone();
    if is_archive(&path) {
        return look_at_archive(verified);
    }
    let flight = open_flight(&path, reserve_mb)?;
    verified.is_live = flight.is_live;
    verified.faults.extend(flight.unread.clone());
    verified.faults.extend(iq_faults(&path)?);
    structure(&flight, verified).map_err(StoreError::database(&path, "cannot tell its tables"))?;
    let said =
        content(flight.connection()).map_err(StoreError::database(&path, "cannot be read in whole"))?;
    let known = landing::known_content(&path)?;
    let is_given = verified.known_sha256.is_some();
    if let Some(known) = known.filter(|_| !is_given) {
        if known != said {
            verified
                .faults
                .push(format!("it does not say what it said when it was kept: {}", said.differences(&known)));
        }
        verified.known_sha256 = Some(known.sha256);
    } else if verified.known_sha256.as_ref().is_some_and(|known| *known != said.sha256) {
        verified.faults.push(format!("its content is {}, another one than was known", said.sha256));
    }
    verified.content = Some(said);
    Ok(())
}

fn look_at_archive(verified: &mut Verified) -> Result<(), StoreError> {
    let manifest = Manifest::read(&verified.path)?;
    let said = archived(&verified.path)?;
    verified.faults.extend(manifest.unread);
    if said != manifest.content {
        let why = said.differences(&manifest.content);
        verified.faults.push(format!("it does not say what it said when it was archived: {why}"));
    }
    let known = verified.known_sha256.get_or_insert_with(|| manifest.content.sha256.clone());
    if *known != said.sha256 {
        verified.faults.push(format!("its content is {}, another one than was known", said.sha256));
    }
    verified.content = Some(said);
    Ok(())
}

/// Looks for what a flight file of its version has.
fn structure(flight: &Flight, verified: &mut Verified) -> Result<(), duckdb::Error> {
    let there = own_relations(flight.connection())?;
    let has = |table: &str| there.iter().find(|relation| relation.name == table);
    if has("flight").is_none() {
        verified.faults.push("it has no table flight: it is no flight file".to_string());
        return Ok(());
    }
    let version = version(flight.connection())?;
    if version.is_none() {
        verified.faults.push("its table flight has no row".to_string());
    }
    // Files of earlier versions lack what came since; what those of later ones have is not known here. That they are read in whole is.
    match version {
        Some(version) if version < SCHEMA_VERSION => {
            verified.lacking = lacking(&there)?;
            return Ok(());
        }
        Some(SCHEMA_VERSION) => {}
        _ => return Ok(()),
    }
    let ours = Connection::open_in_memory()?;
    ours.execute_batch(&statements())?;
    for expected in own_relations(&ours)? {
        let Some(table) = has(&expected.name) else {
            verified.faults.push(format!("it lacks the table {}", expected.name));
            continue;
        };
        let missing = expected.columns.iter().filter(|column| !table.columns.contains(column));
        verified.lacking.extend(missing.map(|(column, kind)| format!("{}.{column} ({kind})", expected.name)));
    }
    Ok(())
}
