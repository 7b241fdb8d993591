//! Messages of distress beacons: rows of the table `beacon_message` → what the report tells.

use duckdb::Row;
use serde::Serialize;

/// What one distress beacon says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MessageLine {
    /// Channel's name.
    pub beacon: String,
    /// Its identification of 15 digits.
    pub id: String,
    /// Messages.
    pub count: i64,
    /// First and last time, s since start.
    pub first_s: f64,
    /// See `first_s`.
    pub last_s: f64,
    /// Strongest C/N0, dB-Hz.
    pub cn0_max_db_hz: f64,
    /// Whether nobody is in distress by what it says.
    pub test: bool,
    /// What carries it.
    pub kind: String,
    /// Country, or its digits.
    pub country: String,
    /// Whom it names.
    pub identity: String,
    /// Where it says it is, newest.
    pub says_lat_deg: Option<f64>,
    /// See `says_lat_deg`.
    pub says_lon_deg: Option<f64>,
    /// Distance between places that it can tell, seconds of arc.
    pub resolution_arcsec: Option<i64>,
}

/// The newest message of each beacon that has a position tells it.
pub(super) const ALL: &str = "SELECT BEACON, id, count(*), min(until_us) / 1e6, max(until_us) / 1e6, max(cn0_db_hz), bool_and(test),
    any_value(beacon), coalesce(any_value(country), 'country ' || any_value(country_code)), any_value(identity),
    arg_max(says_lat_deg, until_us), arg_max(says_lon_deg, until_us), arg_max(resolution_arcsec, until_us)
    FROM beacon_message GROUP BY channel, id ORDER BY min(until_us)";

pub(super) fn line(r: &Row<'_>) -> Result<MessageLine, duckdb::Error> {
    Ok(MessageLine {
        beacon: r.get(0)?,
        id: r.get(1)?,
        count: r.get(2)?,
        first_s: r.get(3)?,
        last_s: r.get(4)?,
        cn0_max_db_hz: r.get(5)?,
        test: r.get(6)?,
        kind: r.get(7)?,
        country: r.get(8)?,
        identity: r.get(9)?,
        says_lat_deg: r.get(10)?,
        says_lon_deg: r.get(11)?,
        resolution_arcsec: r.get(12)?,
    })
}
