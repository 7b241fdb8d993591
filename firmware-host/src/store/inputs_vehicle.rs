//! Rows of the aircraft's tables → its parts, in order of time: what `append_rates` and `append_vehicle` wrote, to the bit.

use super::read::Flight;
use super::rows::{rows, time};
use duckdb::Row;
use duckdb::types::FromSql;
use skyhound::geo::Wgs84;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::parameter::PARAMETERS;
use skyhound::vehicle::part::ZonesRead;
use skyhound::vehicle::{
    Attitude, Battery, Ekf, Firmware, Gps, Health, Heartbeat, Home, Identity, Landed, Mode, Part, PartHealth,
    Position, RC_CHANNELS_MAX, Rc, Wind,
};

const MOTION: &str = "SELECT at_us, attitude_us, roll_rad, pitch_rad, yaw_rad, yaw_rate_rad_s, position_us, lat_deg, lon_deg, alt_amsl_m,
    alt_rel_m, north_mps, east_mps, down_mps, rc_us, rc_channel_count, rc_rssi, COLUMNS('^rc\\d+_us$') FROM vehicle_motion";
const STATUS: &str = "SELECT at_us, gps_us, gps_fix, gps_satellites, gps_hdop, ekf_us, ekf_attitude_ok, ekf_velocity_ok, ekf_position_ok,
    ekf_height_ok, ekf_degraded, ekf_variance_max, battery_us, battery_v, battery_a, battery_ratio, health_us, rc_receiver, fence
    FROM vehicle_status";
const HEARTBEAT: &str =
    "SELECT at_us, received_us, firmware, mode_custom, armed, system_status FROM heartbeat";
const HEIGHT: &str = "SELECT at_us, received_us, source, height_m FROM height";
const HOME: &str = "SELECT at_us, received_us, lat_deg, lon_deg, alt_amsl_m FROM home";
const PARAMETER: &str = "SELECT at_us, told_us, name, value FROM parameter";
const ZONE: &str = "SELECT at_us, received_us, kind, is_changed, is_cut, inside, corner, corner_count, lat_deg, lon_deg, radius_m FROM zone";
const FACT: &str = "SELECT at_us, part, received_us, whole, text FROM vehicle_fact";

type Read<T> = Result<T, duckdb::Error>;

/// All parts, those of a pass in the order in which they were told.
pub(super) fn parts(flight: &Flight) -> Read<Vec<(TimeUs, Part)>> {
    let mut parts = Vec::new();
    let mut add = |sql: &str, of: fn(&Row<'_>) -> Read<Vec<Part>>| -> Read<()> {
        let read = rows(flight, sql, |row| Ok((time(row, 0)?, of(row)?)))?;
        parts.extend(read.into_iter().flat_map(|(at, of)| of.into_iter().map(move |part| (at, part))));
        Ok(())
    };
    add(MOTION, motion)?;
    add(STATUS, status)?;
    add(HEARTBEAT, |row| {
        let beat = || {
            let mode = Mode { firmware: firmware(&row.get::<_, String>(2)?), custom: row.get(3)? };
            Ok(Heartbeat { mode, armed: row.get(4)?, system_status: row.get(5)? })
        };
        Ok(vec![Part::Heartbeat(aged(row, 1, beat)?)])
    })?;
    add(HEIGHT, |row| {
        let height = aged(row, 1, || row.get(3))?;
        let is_terrain = row.get::<_, String>(2)? == "terrain";
        Ok(vec![if is_terrain { Part::HeightTerrain(height) } else { Part::HeightRangefinder(height) }])
    })?;
    add(HOME, |row| {
        let home = || Ok(Home { place: place(row, 2)?, alt_amsl_m: row.get(4)? });
        Ok(vec![Part::Home(aged(row, 1, home)?)])
    })?;
    add(PARAMETER, |row| {
        let name = row.get::<_, String>(2)?;
        let known = PARAMETERS.iter().position(|parameter| parameter.name == name);
        let value = aged(row, 1, || row.get(3))?;
        Ok(known.map(|index| Part::Parameter(index as u8, value)).into_iter().collect())
    })?;
    add(ZONE, |row| Ok(vec![zone(row)?]))?;
    add(FACT, |row| Ok(fact(row)?.into_iter().collect()))?;
    // Stable: areas of a fence follow it.
    parts.sort_by_key(|(at, _)| *at);
    Ok(parts)
}

/// A part with the time at which it was received, in this column; NULL: not known.
fn aged<T>(row: &Row<'_>, received: usize, value: impl FnOnce() -> Read<T>) -> Read<Option<Aged<T>>> {
    let received_us: Option<i64> = row.get(received)?;
    received_us.map(|us| Ok(Aged::new(value()?, TimeUs(us as u64)))).transpose()
}

fn place(row: &Row<'_>, column: usize) -> Read<Wgs84> {
    Ok(Wgs84 { lat_deg: row.get(column)?, lon_deg: row.get(column + 1)? })
}

fn firmware(name: &str) -> Firmware {
    match name {
        "ArduCopter" => Firmware::ArduCopter,
        "Px4" => Firmware::Px4,
        _ => Firmware::Other,
    }
}

fn motion(row: &Row<'_>) -> Read<Vec<Part>> {
    let attitude = || {
        Ok(Attitude {
            roll_rad: row.get(2)?,
            pitch_rad: row.get(3)?,
            yaw_rad: row.get(4)?,
            yaw_rate_rad_s: row.get(5)?,
        })
    };
    let position = || {
        Ok(Position {
            place: place(row, 7)?,
            alt_amsl_m: row.get(9)?,
            alt_rel_m: row.get(10)?,
            north_mps: row.get(11)?,
            east_mps: row.get(12)?,
            down_mps: row.get(13)?,
        })
    };
    let rc = || {
        let mut channels_us = [0; RC_CHANNELS_MAX];
        for (channel, us) in channels_us.iter_mut().enumerate() {
            *us = row.get(17 + channel)?;
        }
        Ok(Rc { channels_us, channel_count: row.get(15)?, rssi: row.get(16)? })
    };
    Ok(vec![
        Part::Attitude(aged(row, 1, attitude)?),
        Part::Position(aged(row, 6, position)?),
        Part::Rc(aged(row, 14, rc)?),
    ])
}

fn status(row: &Row<'_>) -> Read<Vec<Part>> {
    let gps = || Ok(Gps { fix: row.get(2)?, satellites: row.get(3)?, hdop: row.get(4)? });
    let ekf = || {
        Ok(Ekf {
            attitude_ok: row.get(6)?,
            velocity_horizontal_ok: row.get(7)?,
            position_horizontal_ok: row.get(8)?,
            position_vertical_ok: row.get(9)?,
            degraded: row.get(10)?,
            variance_max: row.get(11)?,
        })
    };
    let battery =
        || Ok(Battery { voltage_v: row.get(13)?, current_a: row.get(14)?, remaining_ratio: row.get(15)? });
    let health = |column| -> Read<PartHealth> {
        let name: String = row.get(column)?;
        let all = [PartHealth::Absent, PartHealth::Off, PartHealth::Bad, PartHealth::Good];
        Ok(all.into_iter().find(|known| known.name() == name).unwrap_or(PartHealth::Absent))
    };
    Ok(vec![
        Part::Gps(aged(row, 1, gps)?),
        Part::Ekf(aged(row, 5, ekf)?),
        Part::Battery(aged(row, 12, battery)?),
        Part::Health(aged(row, 16, || Ok(Health { rc_receiver: health(17)?, fence: health(18)? }))?),
    ])
}

fn zone(row: &Row<'_>) -> Read<Part> {
    Ok(match row.get::<_, String>(2)?.as_str() {
        "circle" => Part::ZoneCircle(row.get(5)?, place(row, 8)?, row.get(10)?),
        "corner" => Part::ZoneCorner(row.get(5)?, row.get(6)?, row.get(7)?, place(row, 8)?),
        _ => Part::Zones(aged(row, 1, || Ok(ZonesRead { is_changed: row.get(3)?, is_cut: row.get(4)? }))?),
    })
}

fn fact(row: &Row<'_>) -> Read<Option<Part>> {
    fn value<T: FromSql>(row: &Row<'_>, column: usize) -> Read<Option<T>> {
        row.get(column)
    }
    let text = value::<String>(row, 4)?;
    let whole = value::<i64>(row, 3)?;
    let number = || Ok(whole.unwrap_or_default());
    let word = || text.as_deref().and_then(|text| text.split(' ').next()).unwrap_or_default();
    let landed = || {
        let all = [Landed::OnGround, Landed::InAir, Landed::TakingOff, Landed::Landing];
        Ok(all.into_iter().find(|known| known.name() == word()).unwrap_or(Landed::OnGround))
    };
    Ok(Some(match row.get::<_, String>(1)?.as_str() {
        "identity" => Part::Identity(whole.map(|whole| Identity {
            system: (whole / 256) as u8,
            component: (whole % 256) as u8,
            firmware: firmware(word()),
        })),
        // Few and short: they live as long as the program that replays.
        "contested" => Part::Contested(text.clone().map(|why| &*why.leak())),
        "left_total" => Part::LeftTotal(number()? as u32),
        "mode_told" => {
            let mode = || Ok(Mode { firmware: firmware(word()), custom: number()? as u32 });
            Part::ModeTold(aged(row, 2, mode)?)
        }
        "landed" => Part::Landed(aged(row, 2, landed)?),
        "utc_us" => Part::Utc(aged(row, 2, || Ok(number()? as u64))?),
        "clock_offset_us" => Part::ClockOffset(aged(row, 2, number)?),
        "wind" => {
            let told = text.as_deref().and_then(|text| text.split_once(' ')).unwrap_or_default();
            let number = |text: &str| text.parse().unwrap_or_default();
            let wind = || Ok(Wind { from_deg: number(told.0), speed_mps: number(told.1) });
            Part::Wind(aged(row, 2, wind)?)
        }
        "ground_station" => Part::GroundStation(aged(row, 2, || Ok(number()? as u8))?),
        _ => return Ok(None),
    }))
}
