//! A flight file → what happened, for people and programs: length, losses, noise, detections, states, interlocks, link.
//!
//! [`report`] asks the file ([`facts`]), [`Report::to_text`] prints at most 100 columns, [`Report::to_json`] gives the same
//! numbers with their units in the names. Works on files in every state that `store` can open. Nothing is estimated:
//! what a file does not have is left out or `null`.

mod estimate;
mod facts;
mod message;
mod search;
mod text;

pub use estimate::EstimateLine;
pub use facts::{
    DetectionLine, EventLine, LaneLine, LinkLine, MinuteLine, PassLine, Report, StateLine, TripLine,
};

pub use message::MessageLine;
pub use search::SearchLine;

use crate::store::{StoreError, open_flight};
use std::path::Path;

/// What happened in the flight at `path`. The disk of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// When the file cannot be opened or is no flight file.
pub fn report(path: &Path, reserve_mb: u32) -> Result<Report, StoreError> {
    let flight = open_flight(path, reserve_mb)?;
    let report = facts::gather(flight.connection(), flight.is_live);
    let report = report.map_err(|source| StoreError::Database {
        path: path.to_path_buf(),
        doing: "cannot read the flight",
        source,
    })?;
    Ok(Report { unread: flight.unread, ..report })
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
