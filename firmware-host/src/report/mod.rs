//! A flight file → what happened, for people and programs: length, losses, noise, detections, states, interlocks, link.
//!
//! [`report`] asks the file ([`facts`]), [`Report::to_text`] prints at most 100 columns, [`Report::to_json`] gives the same
//! numbers with their units in the names. Works on files in every state that `store` can open. Nothing is estimated:
//! what a file does not have is left out or `null`.
//!
//! [`read`] asks for what a search lead wants besides ([`debrief`]: where the beacon is, how sure, what was searched, how it was flown), with
//! recommendations ([`advice`]), tables ([`sheet`]) and curves ([`series`]); [`joint`] puts flights together, and [`export`] writes all forms.

mod advice;
mod battery;
mod believed;
mod compare;
mod coverage;
mod debrief;
mod estimate;
mod export;
mod facts;
mod features;
mod heard;
mod joint;
mod message;
mod noise;
mod place;
mod powers;
mod safety;
mod search;
mod series;
mod sheet;
mod text;
mod truth;
mod way;

pub use advice::Advice;
pub use debrief::Debrief;
pub use estimate::EstimateLine;
pub use export::{Flight, Form, Told, cot_events_at};
pub use facts::{
    DetectionLine, EventLine, LaneLine, LinkLine, MinuteLine, PassLine, Report, StateLine, TripLine,
};
pub use joint::Joint;
pub use message::MessageLine;
pub use search::SearchLine;

use crate::store::{self, StoreError, open_flight};
use facts::Answer;
use powers::Power;
use skyhound::geo::Wgs84;
use std::path::Path;

/// What happened in the flight at `path`. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// When the file cannot be opened or is no flight file.
pub fn report(path: &Path, reserve_mb: u32) -> Result<Report, StoreError> {
    let flight = open_flight(path, reserve_mb)?;
    asked(path, &flight, facts_of)
}

/// The flight at `path` as a form of report wants it, beside `truths` (places of beacons, or of the flight's, by name).
///
/// # Errors
/// As [`report`].
pub fn read(
    path: &Path,
    form: Form,
    truths: &[(String, Wgs84)],
    reserve_mb: u32,
) -> Result<Flight, StoreError> {
    let flight = open_flight(path, reserve_mb)?;
    asked(path, &flight, |flight| {
        let report = facts_of(flight)?;
        let debrief = debrief::gather(flight.connection(), report, truths)?;
        let mut told = Flight::of(debrief);
        if form.has_curves() {
            told.series = Some(series::series(flight.connection(), told.debrief.report.duration_s)?);
            let channel = told.debrief.heard.first().map_or(0, |heard| heard.channel);
            told.loudest = series::loudest(flight.connection(), channel)?;
        }
        Ok(told)
    })
}

/// Powers of the flight at `path`.
fn powers_of(path: &Path, reserve_mb: u32) -> Result<Vec<Power>, StoreError> {
    let flight = open_flight(path, reserve_mb)?;
    asked(path, &flight, |flight| powers::powers(flight.connection()))
}

fn facts_of(flight: &store::Flight) -> Answer<Report> {
    let report = facts::gather(flight.connection(), flight.is_live)?;
    Ok(Report { unread: flight.unread.clone(), ..report })
}

fn asked<T>(
    path: &Path,
    flight: &store::Flight,
    ask: impl FnOnce(&store::Flight) -> Answer<T>,
) -> Result<T, StoreError> {
    ask(flight).map_err(|source| StoreError::Database {
        path: path.to_path_buf(),
        doing: "cannot read the flight",
        source,
    })
}

impl Report {
    /// The report for a terminal: aligned, at most 100 columns.
    pub fn to_text(&self) -> String {
        text::print(self)
    }

    /// The report for programs.
    pub fn to_json(&self) -> serde_json::Value {
        // Plain structs of numbers and texts always become JSON.
        serde_json::to_value(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
