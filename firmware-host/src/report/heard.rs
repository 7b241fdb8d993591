//! When each beacon was heard, how surely, and how long that took: rows of the view `detections` → a line for each channel.

use super::facts::{Answer, BEACON, lines};
use super::way::{Fix, flown_m};
use duckdb::Connection;
use serde::Serialize;

/// A beacon that was heard.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HeardLine {
    /// Its channel.
    pub channel: i64,
    /// Channel's name.
    pub beacon: String,
    /// Detections.
    pub detection_count: i64,
    /// First one confirmed, s since start.
    pub first_s: f64,
    /// The same as UTC, ISO 8601.
    pub first_utc: String,
    /// From the first flying position to it, s; `None` when it was heard on the ground or nothing flew.
    pub after_takeoff_s: Option<f64>,
    /// From the first SEARCHING to it, s; `None` when it was heard before.
    pub after_search_s: Option<f64>,
    /// Way until then, m.
    pub flown_m: f64,
    /// Last heard, s since start; `None` while one is open.
    pub last_s: Option<f64>,
    /// How long it was heard in all, s: of detections that ended.
    pub heard_s: f64,
    /// Strongest SNR, dB.
    pub snr_peak_db: f64,
    /// Strongest C/N0 of a matched detector, dB-Hz.
    pub cn0_peak_db_hz: Option<f64>,
    /// Frequency at which the strongest was heard, Hz.
    pub heard_hz: Option<f64>,
    /// Least bound of the chance that noise alone did any of it, 0..=1.
    pub false_alarm_probability: Option<f64>,
}

const HEARD: &str = "SELECT channel, BEACON, count(*), min(confirmed_us), strftime(utc(min(confirmed_us)), '%Y-%m-%dT%H:%M:%SZ'),
    if(bool_or(ended_us IS NULL), NULL, max(ended_us) / 1e6), coalesce(sum(length_s), 0), max(snr_peak_db), max(cn0_peak_db_hz),
    arg_max(heard_hz, snr_peak_db), min(false_alarm_probability) FROM detections GROUP BY channel ORDER BY min(confirmed_us), channel";
const SEARCHED: &str = "SELECT min(at_us) FROM state_change WHERE to_state = 'SEARCHING'";

/// The beacons that were heard, the first one first; `airborne_s` is when the aircraft first flew.
pub(super) fn heard(flight: &Connection, fixes: &[Fix], airborne_s: Option<f64>) -> Answer<Vec<HeardLine>> {
    let searched_us: Option<i64> = flight.query_row(SEARCHED, [], |r| r.get(0))?;
    lines(flight, &HEARD.replace("BEACON", BEACON), |r| {
        let first_us: i64 = r.get(3)?;
        let first_s = first_us as f64 / 1e6;
        let after = |s: Option<f64>| s.map(|s| first_s - s).filter(|after_s| *after_s >= 0.0);
        Ok(HeardLine {
            channel: r.get(0)?,
            beacon: r.get(1)?,
            detection_count: r.get(2)?,
            first_s,
            first_utc: r.get(4)?,
            after_takeoff_s: after(airborne_s),
            after_search_s: after(searched_us.map(|us| us as f64 / 1e6)),
            flown_m: flown_m(fixes, i64::MIN, first_us),
            last_s: r.get(5)?,
            heard_s: r.get(6)?,
            snr_peak_db: r.get(7)?,
            cn0_peak_db_hz: r.get(8)?,
            heard_hz: r.get(9)?,
            false_alarm_probability: r.get(10)?,
        })
    })
}
