//! Power of each channel at the rate at which it is judged, 10 Hz: rows of the table `signal`.

use super::facts::{Answer, BEACON, lines};
use duckdb::Connection;

/// What was known of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Power {
    /// Channel's name.
    pub beacon: String,
    /// When, µs since start.
    pub at_us: i64,
    /// Power, dBFS; `None` without a usable reading.
    pub power_dbfs: Option<f64>,
    /// Noise floor, spectral where there is one, dBFS.
    pub floor_dbfs: Option<f64>,
    /// SNR, dB.
    pub snr_db: Option<f64>,
    /// Whether a detection was open.
    pub is_heard: bool,
}

const ALL: &str = "SELECT BEACON, at_us, power_dbfs, coalesce(floor_spectral_dbfs, floor_temporal_dbfs), snr_db, coalesce(heard, false)
    FROM signal ORDER BY at_us, channel";

/// All of them in order of time.
pub(super) fn powers(flight: &Connection) -> Answer<Vec<Power>> {
    lines(flight, &ALL.replace("BEACON", BEACON), |r| {
        let (power_dbfs, floor_dbfs, snr_db) = (r.get(2)?, r.get(3)?, r.get(4)?);
        Ok(Power { beacon: r.get(0)?, at_us: r.get(1)?, power_dbfs, floor_dbfs, snr_db, is_heard: r.get(5)? })
    })
}
