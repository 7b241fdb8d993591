//! Vehicle logs and annotations of recordings → rows beside a flight, at the flight's times.
//!
//! A log is read twice: for its clock and track, by which it is joined, and for its rows. Each log is taken whole or not at all; all are written
//! into a copy of the flight, which gets its name when every count and sum was found again in it.

use std::fs::File;
use std::path::{Path, PathBuf};

use skyhound::geo::Wgs84;

use super::{Imported, Kind, annotations, look};
use crate::autopilot::tlog;
use crate::progress::{self, Unit};
use crate::store::{Joining, Source, StoreError, flown};
use crate::vehicle_log::clocks::{Fix, Side, join};
use crate::vehicle_log::row::{Account, Row, Table, Take};
use crate::vehicle_log::window::Window;
use crate::vehicle_log::{dataflash, ulog};

/// Kinds of fix that have a place; those of the formats agree in it.
const FIX_2D: f64 = 2.0;

/// Takes `files` into a copy beside `flight`; with `is_dry_run` it only tells what would become of them. Returns the copy's path, where
/// there is one, and the account of each file.
///
/// # Errors
/// The flight cannot be read, or the copy not be written: nothing is changed.
pub fn take(
    files: &[PathBuf],
    flight: &Path,
    reserve_mb: u32,
    is_dry_run: bool,
) -> Result<(Option<PathBuf>, Vec<Imported>), StoreError> {
    let side = flown(flight, reserve_mb)?;
    let mut joining = if is_dry_run { None } else { Some(Joining::begin(flight, reserve_mb)?) };
    let mut told = Vec::new();
    let mut taken_count = 0;
    for (index, file) in files.iter().enumerate() {
        progress::item(&file.to_string_lossy(), index + 1, files.len());
        let mut imported = Imported::of(file);
        match one(&mut imported, &side, joining.as_mut()) {
            Ok(()) => taken_count += 1,
            Err(why) => {
                imported.refused = Some(why);
            }
        }
        told.push(imported);
    }
    match joining.filter(|_| taken_count > 0) {
        Some(joining) => Ok((Some(joining.finish()?), told)),
        None => Ok((None, told)),
    }
}

fn one(imported: &mut Imported, flight: &Side, joining: Option<&mut Joining>) -> Result<(), String> {
    let file = imported.file.clone();
    let kind = look(&file, imported)?;
    // Both are written down by a computer's UTC.
    let computer_us = matches!(kind, Kind::Tlog | Kind::Sigmf).then_some(0);
    let mut log = Side { computer_us, ..Side::default() };
    let mut has_estimate = false;
    imported.account = read(&file, kind, &mut |row| {
        watch(&mut log, &mut has_estimate, row);
        Ok(())
    })?;
    if imported.account.taken_count == 0 {
        return Err(
            "no record of it has a place here: no position, attitude, battery, mode or annotation is in it"
                .into(),
        );
    }
    let mut joined = join(&log, flight)?;
    if kind == Kind::Sigmf {
        joined.method = "UTC of the recording";
    }
    let sums = imported.account.sums.clone();
    imported.joined = Some(joined.clone());
    let Some(joining) = joining else { return Ok(()) };
    let source = Source {
        path: &file,
        sha256: &imported.sha256,
        file_bytes: imported.file_bytes,
        kind: kind.name(),
        offset_us: joined.offset_us,
        spread_us: joined.spread_us,
        method: joined.method,
        account: &imported.account,
    };
    joining.add(&source, |take| {
        let again = read(&file, kind, take)?;
        if again.sums == sums { Ok(()) } else { Err("it changed while it was read; try again".into()) }
    })
}

fn read(file: &Path, kind: Kind, take: Take) -> Result<Account, String> {
    progress::part("reading", None, Unit::Rows);
    let mut take = |row: &Row| {
        progress::done(1);
        take(row)
    };
    let take: Take = &mut take;
    if kind == Kind::Sigmf {
        return annotations::read(file, take);
    }
    let mut window = Window::new(File::open(file).map_err(|error| error.to_string())?);
    match kind {
        Kind::Dataflash => dataflash::read(&mut window, take),
        Kind::Ulog => ulog::read(&mut window, take),
        Kind::Tlog => tlog::read(&mut window, take),
        Kind::Sigmf | Kind::Pisad | Kind::Telemetry => {
            Err("becomes a flight of its own; name it without --into".into())
        }
    }
}

/// What a row tells of the log's clock and track. Of the two tracks that a log may have, the estimator's is later only by its own delay: it
/// is what the flight heard too, and goes before the receiver's.
fn watch(log: &mut Side, has_estimate: &mut bool, row: &Row) {
    log.spans(row.log_us);
    let place = |at: usize| {
        let (lat, lon) = (row.values[at]?, row.values[at + 1]?);
        Some(Fix { us: row.log_us, place: Wgs84 { lat_deg: lat, lon_deg: lon } })
    };
    match row.table {
        Table::Position => {
            if let Some(fix) = place(0) {
                if !*has_estimate {
                    *has_estimate = true;
                    log.track = Default::default();
                }
                log.track.push(fix);
            }
        }
        Table::Gps => {
            let has_fix = row.values[4].is_some_and(|fix| fix >= FIX_2D);
            if let Some(fix) = place(1).filter(|_| has_fix && !*has_estimate) {
                log.track.push(fix);
            }
            if let Some(utc_us) = row.values[0].filter(|_| has_fix) {
                log.clock.push((row.log_us, utc_us as i64));
            }
        }
        Table::Clock => {
            if let Some(utc_us) = row.values[0] {
                log.clock.push((row.log_us, utc_us as i64));
            }
        }
        // One by itself has a length too.
        Table::Annotation => log.spans(row.log_us + (row.values[2].unwrap_or(0.0) * 1e6).max(1.0) as i64),
        _ => {}
    }
}
