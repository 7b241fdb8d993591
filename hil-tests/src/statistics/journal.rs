//! What landed, a line of JSON for each seed, so that it is not flown again by who begins anew: a night's work may be broken off, or split by
//! seeds over machines and their files put one behind the other.
//!
//! A line is known by the names of world and beacon, the flight's length, the seed, and whether the oracle was asked. It does not know the
//! program: with another one begin another file.

use super::{Flown, Plan};
use crate::shared::lock;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Mutex;

/// The file, and what it held.
#[derive(Debug, Default)]
pub struct Journal {
    file: Option<Mutex<File>>,
    known: HashMap<String, Flown>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    of: String,
    flown: Flown,
}

impl Journal {
    /// Goes on with the file at `path`. What follows its last whole line is of a flight that was broken off, and goes.
    ///
    /// # Errors
    /// It cannot be opened, or a line is not a journal's.
    pub fn open(path: &Path) -> Result<Journal, String> {
        let told = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let mut file = file.map_err(|error| told(&error))?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| told(&error))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).map_err(|error| told(&error))?;
        let read = |(number, line): (usize, &str)| {
            let Line { of, flown } = serde_json::from_str(line)
                .map_err(|error| told(&format!("line {}: no journal's: {error}", number + 1)))?;
            Ok((of, flown))
        };
        let known = text[..whole].lines().enumerate().map(read).collect::<Result<_, String>>()?;
        Ok(Journal { file: Some(Mutex::new(file)), known })
    }

    /// What the seed came to, or what `fly` brings.
    pub(super) fn of(&self, plan: &Plan, seed: u64, fly: impl FnOnce() -> Flown) -> Result<Flown, String> {
        let Plan { scenario, beacon, oracle_every, .. } = plan;
        let asks = if seed.is_multiple_of(*oracle_every) { ", oracle" } else { "" };
        let beacon = beacon.unwrap_or("its own beacon");
        let of = format!("{}, {beacon}, {} s, seed {seed}{asks}", scenario.name, scenario.duration_s);
        if let Some(flown) = self.known.get(&of) {
            return Ok(flown.clone());
        }
        let line = Line { of, flown: fly() };
        if let Some(file) = &self.file {
            let text = serde_json::to_string(&line).map_err(|error| error.to_string())?;
            writeln!(lock(file), "{text}").map_err(|error| format!("the journal: {error}"))?;
        }
        Ok(line.flown)
    }
}
