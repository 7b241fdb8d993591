//! A flight file → the powers of one beacon with their places: readings while it was heard, else what matched detectors heard.

use super::{Row, Track};
use crate::failure::Failure;
use crate::settings::{AntennaSettings, Settings, antenna, text_of};
use crate::store::{Flight, StoreError, open_flight};
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::locate::{Antenna, LocateConfig};
use std::path::Path;

/// At least so far over the beacon, m.
const UP_MIN_M: f64 = 5.0;
/// The channels that were heard, the one heard longest first.
const CHANNELS: &str = "SELECT channel, coalesce((SELECT any_value(value) FROM setting
    WHERE setting.name = 'channel.' || channel || '.name'), 'channel ' || channel)
    FROM detections GROUP BY channel ORDER BY sum(coalesce(length_s, 0)) DESC, channel";
/// Readings of half a second at once, at least 3 dB over the floor, while the beacon was heard; the mean of decibels, without the floor.
const READINGS: &str = "SELECT acquired_us // 500000 AS half, avg(acquired_us) / 1e6, avg(lat_deg), avg(lon_deg), avg(alt_rel_m),
    avg(10 * log10(pow(10, mean_dbfs / 10) - pow(10, quiet_dbfs / 10))), atan2(avg(sin(radians(yaw_deg))), avg(cos(radians(yaw_deg))))
    FROM reading WHERE channel = ? AND flags & 1144 = 0 AND lat_deg IS NOT NULL AND mean_dbfs >= quiet_dbfs + 3
        AND EXISTS (FROM detections AS d WHERE d.channel = reading.channel
            AND acquired_us BETWEEN began_us AND coalesce(ended_us, 9223372036854775807))
    GROUP BY half ORDER BY half";
/// Hearings of at most 2 s, at the place of the newest position.
const HEARINGS: &str =
    "SELECT 0, middle_us / 1e6, m.lat_deg, m.lon_deg, m.alt_rel_m, power_dbfs, m.yaw_rad
    FROM (SELECT until_us - span_us // 2 AS middle_us, * FROM hearing WHERE channel = ? AND span_us <= 2000000) AS h
    ASOF JOIN vehicle_motion AS m ON h.middle_us >= m.at_us WHERE m.lat_deg IS NOT NULL ORDER BY middle_us";

/// Reads a flight; of `beacon` or the beacon heard longest.
///
/// # Errors
/// A file that is none, a beacon that was not heard.
pub fn read(path: &Path, beacon: Option<&str>, reserve_mb: u32) -> Result<(Track, Option<String>), Failure> {
    let flight = open_flight(path, reserve_mb)?;
    let (channel, name) = heard(&flight, path, beacon)?;
    let mut rows = places(&flight, path, READINGS, channel)?;
    let mut notes = vec![format!("beacon {name}")];
    if rows.is_empty() {
        rows = places(&flight, path, HEARINGS, channel)?;
        notes.push("no reading stands over the floor: what matched detectors heard is taken".into());
    }
    let Some((_, first)) = rows.first() else {
        let why = "nothing that was heard has a position: there is nothing to locate it by";
        return Err(Failure::Failed(format!("{}: {name}: {why}", path.display())));
    };
    let origin = Origin::new(*first);
    let rows = rows.iter().map(|(row, place)| Row { at: origin.ned_from_wgs84(*place), ..*row }).collect();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let settings = LocateConfig { antenna: antenna(&flight, path)?, ..LocateConfig::default() };
    let track = Track { name: stem, rows, origin, is_heard: true, settings, notes };
    Ok((track, flight.unread))
}

/// A directional one as the flight was told of it; of others the posterior takes none.
fn antenna(flight: &Flight, path: &Path) -> Result<Antenna, Failure> {
    let told = |name: &str| -> Result<Option<String>, StoreError> {
        let sql = "SELECT any_value(value) FROM setting WHERE name = ?";
        let told = flight.connection().query_row(sql, [name], |row| row.get(0));
        told.map_err(StoreError::database(path, "cannot read its settings"))
    };
    let (Some(text), Some(pattern)) = (told("settings_toml")?, told(&text_of("antenna.pattern"))?) else {
        return Ok(Antenna::Omni);
    };
    let settings = Settings::of_flight(&text, path).map_err(|errors| Failure::Failed(errors.to_string()))?;
    let AntennaSettings::Directional(_, is_upright) = settings.antenna else { return Ok(Antenna::Omni) };
    let wrong = |wrong| Failure::Failed(format!("{}: its antenna.pattern, {wrong}", path.display()));
    antenna::of_text(&pattern, is_upright).map(Antenna::Directional).map_err(wrong)
}

fn heard(flight: &Flight, path: &Path, beacon: Option<&str>) -> Result<(u8, String), Failure> {
    let wrong = || StoreError::database(path, "cannot read what was heard");
    let mut all = flight.connection().prepare(CHANNELS).map_err(wrong())?;
    let all = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(wrong())?;
    let all: Vec<(u8, String)> = all.collect::<Result<_, _>>().map_err(wrong())?;
    let names = all.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
    let found = all.iter().find(|(_, name)| beacon.is_none_or(|beacon| beacon == name)).cloned();
    found.ok_or_else(|| {
        let file = path.display();
        match beacon {
            Some(beacon) if !names.is_empty() => {
                Failure::Usage(format!("--beacon {beacon}: {file} heard no such beacon, but {names}"))
            }
            _ => Failure::Failed(format!("{file}: no beacon was heard: there is nothing to locate")),
        }
    })
}

fn places(flight: &Flight, path: &Path, sql: &str, channel: u8) -> Result<Vec<(Row, Wgs84)>, StoreError> {
    let wrong = || StoreError::database(path, "cannot read where it was heard");
    let mut rows = flight.connection().prepare(sql).map_err(wrong())?;
    let rows = rows.query_map([channel], |row| {
        let up_m = row.get::<_, f64>(4)?.max(UP_MIN_M);
        let place = Wgs84 { lat_deg: row.get(2)?, lon_deg: row.get(3)? };
        let (time_s, power_db, heading_rad) = (row.get(1)?, row.get(5)?, row.get(6)?);
        Ok((Row { time_s, at: NorthEast::default(), up_m, power_db, heading_rad }, place))
    });
    rows.map_err(wrong())?.collect::<Result<_, _>>().map_err(wrong())
}
