//! What of a flight file the control passes derive, and a replay makes again; all else is what they were given, or what others wrote.

use super::sql::quoted;
use skyhound::decide::EVENT_KINDS;
use skyhound::record::Record;

/// Tables of what is derived. Of `reading` that is the pose; of `event` and `health` those rows that passes make.
pub const DERIVED: [&str; 11] = [
    "reading",
    "signal",
    "detection",
    "estimate",
    "estimate_region",
    "search",
    "search_cell",
    "command",
    "state_change",
    "event",
    "health",
];
/// Tables in which rows of passes stand among those of others, with the place of the column of their times.
pub const MIXED: [(&str, usize); 3] = [("event", 0), ("health", 0), ("log", 1)];

/// In SQL, which rows of `table` passes make; `None`: none.
pub fn made(table: &str) -> Option<String> {
    let kinds = || EVENT_KINDS.map(quoted).join(", ");
    match table {
        "event" => Some(format!("kind IN ({})", kinds())),
        "health" => Some("kind = 'discard'".to_string()),
        "log" => Some(format!(
            "(source IN ('state_change', 'detection', 'command') OR source = 'event' AND kind IN ({}))",
            kinds()
        )),
        other => DERIVED.contains(&other).then(|| "true".to_string()),
    }
}

/// Whether a pass records with this what it was given.
pub fn is_input(record: &Record) -> bool {
    matches!(
        record,
        Record::Pass(..) | Record::Pulse(_) | Record::Hearing(_) | Record::Vehicle(..) | Record::Operator(..)
    )
}
