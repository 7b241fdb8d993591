//! What a look at a place brought, and when.

use crate::clock::system_utc_us;

/// What a look at a place brought.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Scanned {
    /// Flights that were read: those that are new there or changed.
    pub read: Vec<String>,
    /// Flights that lie there as they did.
    pub same: Vec<String>,
    /// Paths that are not there any more.
    pub gone: Vec<String>,
    /// What cannot be read, or not in whole, and why.
    pub faults: Vec<String>,
}

/// Now, UTC, as the catalogue writes it.
pub fn now() -> String {
    let now = jiff::Timestamp::from_microsecond(system_utc_us()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    now.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
