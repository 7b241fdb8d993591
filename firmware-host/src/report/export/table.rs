//! A flight as one Parquet table at 10 Hz for pandas, DuckDB, Spark: what was heard of each channel, where the aircraft was then, and what
//! was believed of the beacon's place. DuckDB writes it, as it does archives.

use crate::failure::Failure;
use crate::store::{Format, query};
use std::path::Path;

/// What holds at each time is the newest of each table.
const SQL: &str = "SELECT utc(s.at_us) AS utc, s.at_us / 1e6 AS at_s, s.channel,
    coalesce((SELECT any_value(value) FROM setting WHERE setting.name = 'channel.' || s.channel || '.name'), 'channel ' || s.channel) AS beacon,
    s.power_dbfs, s.floor_spectral_dbfs, s.floor_temporal_dbfs, s.snr_db, s.heard, m.lat_deg, m.lon_deg, m.alt_rel_m, m.alt_amsl_m,
    degrees(m.yaw_rad) AS yaw_deg, sqrt(m.north_mps * m.north_mps + m.east_mps * m.east_mps) AS ground_speed_mps, b.battery_v, b.battery_ratio,
    h.mode, c.to_state AS state, ESTIMATE
FROM signal AS s ASOF LEFT JOIN vehicle_motion AS m ON s.at_us >= m.at_us ASOF LEFT JOIN vehicle_status AS b ON s.at_us >= b.at_us
    ASOF LEFT JOIN heartbeat AS h ON s.at_us >= h.at_us ASOF LEFT JOIN state_change AS c ON s.at_us >= c.at_us
    JOIN_ESTIMATE ORDER BY s.at_us, s.channel";
const ESTIMATE: &str =
    "e.lat_deg AS estimate_lat_deg, e.lon_deg AS estimate_lon_deg, e.radius_50_m, e.radius_95_m";
const JOIN_ESTIMATE: &str = "ASOF LEFT JOIN estimate AS e ON s.channel = e.channel AND s.at_us >= e.at_us";

/// The table of the flight at `source`.
///
/// # Errors
/// It cannot be read.
pub fn write(source: &Path, reserve_mb: u32) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let sql = SQL.replace("JOIN_ESTIMATE", JOIN_ESTIMATE).replace("ESTIMATE", ESTIMATE);
    query(source, &sql, Format::Parquet, reserve_mb, &mut bytes)?;
    Ok(bytes)
}
