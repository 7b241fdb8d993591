//! What the flight took of the battery: rows of `vehicle_status` → one line.

use super::facts::{Answer, lines};
use duckdb::Connection;
use serde::Serialize;

/// The battery.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BatteryLine {
    /// Remaining charge at the first telling, 0..=1.
    pub first_ratio: Option<f64>,
    /// At the last.
    pub last_ratio: Option<f64>,
    /// Share that was used.
    pub used_ratio: Option<f64>,
    /// Voltage at the first telling, V.
    pub first_v: Option<f64>,
    /// At the last.
    pub last_v: Option<f64>,
    /// Lowest.
    pub least_v: Option<f64>,
    /// Charge that flowed by the current told, Ah; `None` where no current is told.
    pub used_ah: Option<f64>,
}

/// A current holds until the next telling.
const BATTERY: &str = "SELECT arg_min(battery_ratio, at_us), arg_max(battery_ratio, at_us), arg_min(battery_v, at_us), arg_max(battery_v, at_us),
    min(battery_v), sum(battery_a * (next_us - at_us)) / 3.6e9
    FROM (SELECT at_us, battery_ratio, battery_v, battery_a, lead(at_us) OVER (ORDER BY at_us) AS next_us
        FROM vehicle_status WHERE battery_us IS NOT NULL) HAVING count(*) > 0";

/// `None` when it was never told.
pub(super) fn battery(flight: &Connection) -> Answer<Option<BatteryLine>> {
    let told = lines(flight, BATTERY, |r| {
        let (first_ratio, last_ratio): (Option<f64>, Option<f64>) = (r.get(0)?, r.get(1)?);
        let used_ratio = first_ratio.zip(last_ratio).map(|(first, last)| first - last);
        let (first_v, last_v, least_v) = (r.get(2)?, r.get(3)?, r.get(4)?);
        Ok(BatteryLine { first_ratio, last_ratio, used_ratio, first_v, last_v, least_v, used_ah: r.get(5)? })
    })?;
    Ok(told.into_iter().next())
}
