//! What was not as it should be, in order of time: interlocks that ended a state, and events that warn; and what kept us from commanding.

use super::facts::{Answer, lines};
use duckdb::Connection;
use serde::Serialize;

/// Lines at most; of more, the events' summary tells how many.
const LINES_MAX: usize = 400;

/// Something that was not as it should be.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SafetyLine {
    /// When, s since start.
    pub at_s: f64,
    /// `interlock`, or an event's severity: critical, warning.
    pub severity: String,
    /// Interlock and its fault, or the event's kind.
    pub kind: String,
    /// In words.
    pub text: String,
}

/// An interlock that kept us from commanding.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SilenceLine {
    /// Which.
    pub interlock: String,
    /// In which way.
    pub fault: String,
    /// More.
    pub detail: String,
    /// Stretches of it.
    pub count: i64,
    /// How long in all, s.
    pub time_s: f64,
    /// First time, s since start.
    pub first_s: f64,
}

const SAFETY: &str = "SELECT at_us / 1e6, severity, kind, text FROM (
    SELECT at_us, 'interlock' AS severity, interlock || ' ' || fault AS kind, from_state || ' to ' || to_state || ': ' || reason AS text
    FROM state_change WHERE interlock IS NOT NULL
    UNION ALL SELECT at_us, severity, kind, text FROM event WHERE severity IN ('critical', 'warning'))
    ORDER BY at_us, severity, kind";
/// What was commanded holds until the next row.
const SILENCES: &str = "SELECT interlock, fault, coalesce(detail, ''), count(*), coalesce(sum(next_us - at_us), 0) / 1e6, min(at_us) / 1e6
    FROM (SELECT *, lead(at_us) OVER (ORDER BY at_us, rowid) AS next_us FROM command) WHERE kind = 'silence' AND interlock IS NOT NULL
    GROUP BY ALL ORDER BY 5 DESC, 1, 2, 3";

/// In order of time, so many at most.
pub(super) fn safety(flight: &Connection) -> Answer<Vec<SafetyLine>> {
    let mut all = lines(flight, SAFETY, |r| {
        Ok(SafetyLine { at_s: r.get(0)?, severity: r.get(1)?, kind: r.get(2)?, text: r.get(3)? })
    })?;
    all.truncate(LINES_MAX);
    Ok(all)
}

/// The longest first.
pub(super) fn silences(flight: &Connection) -> Answer<Vec<SilenceLine>> {
    lines(flight, SILENCES, |r| {
        Ok(SilenceLine {
            interlock: r.get(0)?,
            fault: r.get(1)?,
            detail: r.get(2)?,
            count: r.get(3)?,
            time_s: r.get(4)?,
            first_s: r.get(5)?,
        })
    })
}
