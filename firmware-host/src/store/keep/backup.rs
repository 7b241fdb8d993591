//! A flight → one file elsewhere that holds all of it: also while it is recorded, and where a WAL waits beside it.
//!
//! The copy is opened (its WAL goes into it), brought to the disk, read from there in whole and compared before it gets its name.

use super::super::copy::Copied;
use super::super::error::StoreError;
use super::super::live::{is_live_here, writer_of};
use super::super::place::{existing, flight_bytes, is_part_of};
use super::super::read::{Flight, open_copy, open_flight, was_closed};
use super::super::scratch::part_in;
use super::content::{Content, begins_with, content, own_relations};
use super::iq::{KeptIq, copy_iq};
use super::landing;
use duckdb::Connection;
use std::path::{Path, PathBuf};

/// What became of a backup.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there now.
    Made,
    /// One of an earlier moment of the same flight was there, and is replaced.
    Renewed,
    /// The same rows were there before.
    AlreadyThere,
}

/// A flight that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Backed {
    /// Where.
    pub path: PathBuf,
    /// What was done.
    pub outcome: Outcome,
    /// What it says.
    pub content: Content,
    /// Its size.
    pub file_bytes: u64,
    /// Whether the flight was being recorded: it goes on without the copy.
    pub is_live: bool,
    /// What of the flight could not be read, and why: the copy is of the rest.
    pub unread: Option<String>,
    /// Its IQ, where that was kept too.
    pub iq: Option<KeptIq>,
}

/// Copies the flight at `from` to the file `to`, and its IQ to beside it. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// It cannot be read, there is no room, the copy is not the same, or another flight lies at `to`.
pub fn backup(from: &Path, to: &Path, reserve_mb: u32) -> Result<Backed, StoreError> {
    let backed = backup_rows(from, to, reserve_mb)?;
    Ok(Backed { iq: copy_iq(from, &backed.path, reserve_mb)?, ..backed })
}

/// The same without its IQ.
///
/// # Errors
/// As [`backup`].
pub fn backup_rows(from: &Path, to: &Path, reserve_mb: u32) -> Result<Backed, StoreError> {
    let real = existing(from)?;
    if !real.is_file() {
        return Err(StoreError::NotFound(from.to_path_buf()));
    }
    if is_live_here(&real) {
        return Err(StoreError::LiveHere(from.to_path_buf()));
    }
    let to = landing::ready(to)?;
    if is_part_of(&to, &real) {
        return Err(StoreError::kept(&to, "that is the flight itself; name another place"));
    }
    let is_live = writer_of(&real).is_ok_and(|writer| writer.is_some());
    let expected = if is_live { None } else { Some(source_content(from, &to, reserve_mb)?) };
    if let Some((content, Outcome::AlreadyThere, unread)) = expected {
        let file_bytes = flight_bytes(&to);
        let outcome = Outcome::AlreadyThere;
        return tell(Backed { path: to, outcome, content, file_bytes, is_live, unread, iq: None });
    }
    let part = part_in(to.parent().unwrap_or(Path::new("/")));
    let (copied, is_live, unread) = take(from, &part, reserve_mb)?;
    let backed = place_part(&copied.file, &to, expected.as_ref().map(|(content, ..)| content))?;
    Ok(Backed { is_live, unread, ..backed })
}

/// Reads the flight file `part` in whole, and puts it to `to` when it says what is `expected`.
///
/// # Errors
/// It does not, or another flight lies there.
pub fn place_part(part: &Path, to: &Path, expected: Option<&Content>) -> Result<Backed, StoreError> {
    let copy = open_flight(part, 0)?;
    let content = read_whole(&copy, part)?;
    if let Some(expected) = expected.filter(|expected| **expected != content) {
        let why = format!("the copy is not the same ({}); it is removed", content.differences(expected));
        return Err(StoreError::kept(to, why));
    }
    let outcome = standing(to, &content, &copy)?;
    drop(copy);
    if outcome != Outcome::AlreadyThere {
        landing::forget_content(to)?;
        landing::name(part, to)?;
    }
    let file_bytes = flight_bytes(to);
    let path = to.to_path_buf();
    tell(Backed { path, outcome, content, file_bytes, is_live: false, unread: None, iq: None })
}

/// Beside the copy it is written what it says.
fn tell(backed: Backed) -> Result<Backed, StoreError> {
    if landing::known_content(&backed.path).ok().flatten().as_ref() != Some(&backed.content) {
        let part = part_in(backed.path.parent().unwrap_or(Path::new("/")));
        landing::tell_content(&backed.path, &part, &backed.content)?;
    }
    Ok(backed)
}

/// What a flight says that nobody is recording, if it is what it is known to say; and what is to be done at its place.
fn source_content(
    from: &Path,
    to: &Path,
    reserve_mb: u32,
) -> Result<(Content, Outcome, Option<String>), StoreError> {
    let flight = open_flight(from, reserve_mb)?;
    let said = read_whole(&flight, from)?;
    if let Some(known) = landing::known_content(from)?.filter(|known| *known != said) {
        let why =
            format!("it does not say any more what it said when it was kept: {}", said.differences(&known));
        return Err(StoreError::kept(from, why));
    }
    let outcome = standing(to, &said, &flight)?;
    Ok((said, outcome, flight.unread))
}

/// What is to be done at `to` for `flight`, which says `content`.
fn standing(to: &Path, content: &Content, flight: &Flight) -> Result<Outcome, StoreError> {
    if !to.exists() {
        return Ok(Outcome::Made);
    }
    if let Some(pid) = writer_of(to).map_err(StoreError::io(to, "cannot ask for its lock"))? {
        return Err(StoreError::InUse { path: to.to_path_buf(), pid });
    }
    let Ok(there) = open_flight(to, 0) else {
        let why = "something is there that does not open as a flight; remove it, or name another place";
        return Err(StoreError::kept(to, why));
    };
    let told = || StoreError::database(to, "cannot read what is there");
    let found = self::content(there.connection()).map_err(told())?;
    let name = flight_name(there.connection(), "flight").map_err(told())?;
    standing_beside(to, &found, name, content, flight)
}

/// The same where a flight of this `name` lies that says `found`.
///
/// # Errors
/// It is another flight, or has more rows.
pub fn standing_beside(
    to: &Path,
    found: &Content,
    name: Option<String>,
    content: &Content,
    flight: &Flight,
) -> Result<Outcome, StoreError> {
    if found == content {
        return Ok(Outcome::AlreadyThere);
    }
    let is_beginning = || {
        let is_same = flight_name(flight.connection(), "flight")? == name;
        Ok(is_same && begins_with(flight.connection(), &own_relations(flight.connection())?, found)?)
    };
    match is_beginning().map_err(StoreError::database(to, "cannot compare it with what is there"))? {
        true => Ok(Outcome::Renewed),
        false => Err(StoreError::kept(
            to,
            "another flight is there, or one with more or other rows; nothing is replaced by less: name another place",
        )),
    }
}

/// The name that a flight gives itself in the table `source`.
///
/// # Errors
/// There is no such table.
pub fn flight_name(connection: &Connection, source: &str) -> Result<Option<String>, duckdb::Error> {
    connection.query_row(&format!("SELECT any_value(name) FROM {source}"), [], |row| row.get(0))
}

fn read_whole(flight: &Flight, path: &Path) -> Result<Content, StoreError> {
    content(flight.connection()).map_err(StoreError::database(path, "cannot be read in whole"))
}

/// Copies to `part`, moves its WAL into it, and brings it to the disk.
fn take(from: &Path, part: &Path, reserve_mb: u32) -> Result<(Copied, bool, Option<String>), StoreError> {
    let flight = open_copy(from, part, reserve_mb)?;
    let (is_live, unread) = (flight.is_live, flight.unread.clone());
    let told = || StoreError::database(part, "cannot make the copy whole");
    let merge = || {
        // Without its WAL it would look as if that had been lost; of one that has lost some that is true.
        if unread.is_none() && !was_closed(flight.connection())? {
            flight.connection().execute_batch("UPDATE flight SET ended = 'copied'")?;
        }
        flight.connection().execute_batch("CHECKPOINT")
    };
    merge().map_err(told())?;
    let Some(copied) = flight.close().map_err(told())? else {
        return Err(StoreError::kept(from, "cannot be copied"));
    };
    landing::settle(&copied.file)?;
    Ok((copied, is_live, unread))
}
