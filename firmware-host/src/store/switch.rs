//! Profiles that took over in flight: rows of `switch`, there and back. A replay makes the same of them again.

use super::chain::Chain;
use super::columns::{text, times};
use super::error::StoreError;
use super::read::Flight;
use super::rows::{rows, time};
use duckdb::arrow::array::ArrayRef;
use skyhound::time::TimeUs;

const TABLE_IS_THERE: &str = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'switch'";
const ROWS: &str = "SELECT at_us, profile, profile_sha256, settings_sha256, settings_toml, channels, asked_by FROM switch ORDER BY at_us";

/// A profile that took over between two passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switch {
    /// When: before the first pass that is not earlier.
    pub at: TimeUs,
    /// Its name; `None` = the flight's own settings, without one.
    pub profile: Option<String>,
    /// SHA-256 of its text.
    pub profile_sha256: Option<String>,
    /// SHA-256 of the settings.
    pub settings_sha256: String,
    /// The settings in force from then on, whole.
    pub settings_toml: String,
    /// Numbers of the channels in force from then on, in the order of the settings.
    pub numbers: Vec<u8>,
    /// The same as text.
    pub channels: String,
    /// Who asked for it.
    pub asked_by: String,
    /// Names of all channels that the flight had so far, by number: for rows of `setting`. Not read back.
    pub names: Vec<String>,
}

/// Numbers as they are stored.
pub fn listed(numbers: &[u8]) -> String {
    numbers.iter().map(u8::to_string).collect::<Vec<_>>().join(" ")
}

/// The columns of `switch`.
pub(super) fn columns(switches: &[Switch]) -> Vec<ArrayRef> {
    vec![
        times(switches, |row| row.at),
        text(switches, |row| row.profile.as_deref()),
        text(switches, |row| row.profile_sha256.as_deref()),
        text(switches, |row| Some(&row.settings_sha256)),
        text(switches, |row| Some(&row.settings_toml)),
        text(switches, |row| Some(&row.channels)),
        text(switches, |row| Some(&row.asked_by)),
    ]
}

/// Those of a flight, in order; none of a file whose version had none.
///
/// # Errors
/// A file that cannot be read.
pub fn switches(chain: &Chain) -> Result<Vec<Switch>, StoreError> {
    let mut all = Vec::new();
    for (path, flight) in &chain.files {
        all.extend(read(flight).map_err(StoreError::database(path, "cannot read which profiles took over"))?);
    }
    // A commit that did not answer may stand in two files.
    all.dedup();
    Ok(all)
}

fn read(flight: &Flight) -> Result<Vec<Switch>, duckdb::Error> {
    let is_there: i64 = flight.connection().query_row(TABLE_IS_THERE, [], |row| row.get(0))?;
    if is_there == 0 {
        return Ok(Vec::new());
    }
    rows(flight, ROWS, |row| {
        let channels: String = row.get(5)?;
        Ok(Switch {
            at: time(row, 0)?,
            profile: row.get(1)?,
            profile_sha256: row.get(2)?,
            settings_sha256: row.get(3)?,
            settings_toml: row.get(4)?,
            numbers: channels.split(' ').filter_map(|number| number.parse().ok()).collect(),
            channels,
            asked_by: row.get(6)?,
            names: Vec::new(),
        })
    })
}
