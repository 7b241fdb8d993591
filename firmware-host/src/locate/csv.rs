//! A table of power over position, `time_s,lat_deg,lon_deg,alt_rel_m,power_db` with these names in its first line, in any order and among
//! others; for a directional antenna with `yaw_deg`, where the nose points from true north.

use super::{Row, Track};
use crate::table::{Table, Wrong, number};
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::locate::{Antenna, LocateConfig};

/// Columns that are read.
const NAMES: [&str; 5] = ["time_s", "lat_deg", "lon_deg", "alt_rel_m", "power_db"];
const YAW: &str = "yaw_deg";
/// How the posterior takes a table. A row's position and its power are each some part of a second old, at some metres a second. Tables are of
/// searches that went to where it was loud: the beacon is hardly far from the path.
const SETTINGS: LocateConfig =
    LocateConfig { antenna: Antenna::Omni, near_m: 20.0, beacon_speed_mps: 0.0, place_sigma_m: 8.0 };
/// The lowest row is higher than this only where altitude is counted from the sea, m.
const LOWEST_MAX_M: f64 = 60.0;
/// Where one of those took off, its lowest row is so far over the ground: on legs or just off them, m.
const LEGS_M: f64 = 2.0;
/// One whose heights span less did not take off in it, m; so high is it supposed to be, m.
const LEVEL_M: f64 = 10.0;
const SUPPOSED_M: f64 = 40.0;
/// At least so far over the beacon, m.
const UP_MIN_M: f64 = 5.0;

/// Reads a table of what was heard with an antenna: of any that is not directional it is not told how it hears.
///
/// # Errors
/// The first cell that is wrong, with its line and column.
pub fn read(name: &str, text: &str, antenna: Antenna) -> Result<Track, Wrong> {
    let table = Table::read(text)?;
    let mut rows: Vec<(Row, Wgs84)> = Vec::new();
    let (headings, antenna) = match antenna {
        Antenna::Directional(_) => (headings(&table)?, antenna),
        Antenna::Omni | Antenna::Whip => (Vec::new(), Antenna::Omni),
    };
    for (line, [time, lat, lon, alt, power]) in table.columns(NAMES)? {
        let heading_rad = headings.get(rows.len()).copied();
        let time_s = number(line, NAMES[0], time, -1e12, 1e12)?;
        if rows.last().is_some_and(|(last, _)| last.time_s > time_s) {
            let why = format!("{time} s is before the line above; sort the lines by time");
            return Err(Wrong { line, column: Some(NAMES[0]), why });
        }
        let (lat_deg, lon_deg) =
            (number(line, NAMES[1], lat, -90.0, 90.0)?, number(line, NAMES[2], lon, -180.0, 180.0)?);
        let no_fix = || Wrong { line, column: Some(NAMES[1]), why: "0/0 is no fix; remove the line".into() };
        let place = Wgs84::checked(lat_deg, lon_deg).ok_or_else(no_fix)?;
        let up_m = number(line, NAMES[3], alt, -500.0, 20_000.0)?;
        let power_db = number(line, NAMES[4], power, -1_000.0, 1_000.0)?;
        rows.push((Row { time_s, at: NorthEast::default(), up_m, power_db, heading_rad }, place));
    }
    let Some((first, place)) = rows.first() else {
        return Err(Wrong { line: 2, column: None, why: "there is no row in it".into() });
    };
    let (began_s, origin) = (first.time_s, Origin::new(*place));
    let mut notes = Vec::new();
    let ground_m = ground_m(rows.iter().map(|(row, _)| row.up_m), &mut notes);
    let rows = rows.into_iter().map(|(row, place)| Row {
        time_s: row.time_s - began_s,
        at: origin.ned_from_wgs84(place),
        up_m: row.up_m - ground_m,
        ..row
    });
    let rows = aloft(rows.collect(), &mut notes);
    let settings = LocateConfig { antenna, ..SETTINGS };
    Ok(Track { name: name.into(), rows, origin, is_heard: false, settings, notes })
}

fn headings(table: &Table<'_>) -> Result<Vec<f64>, Wrong> {
    let heading = |(line, [yaw]): (usize, [&str; 1])| Ok(number(line, YAW, yaw, -360.0, 360.0)?.to_radians());
    table.columns([YAW])?.into_iter().map(heading).collect()
}

/// What altitudes are counted from.
fn ground_m(up_m: impl Iterator<Item = f64>, notes: &mut Vec<String>) -> f64 {
    let (low_m, high_m) =
        up_m.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), up_m| (low.min(up_m), high.max(up_m)));
    if low_m <= LOWEST_MAX_M {
        return 0.0;
    }
    let under_m = if high_m - low_m < LEVEL_M { SUPPOSED_M } else { LEGS_M };
    notes.push(format!(
        "its lowest row is at {low_m:.0} m: altitude is taken as from the sea, and the ground as {under_m:.0} m under that row"
    ));
    low_m - under_m
}

/// Rows in flight, where there are such: on the ground power is another.
fn aloft(rows: Vec<Row>, notes: &mut Vec<String>) -> Vec<Row> {
    let (aloft, low): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.up_m >= UP_MIN_M);
    if aloft.len() <= low.len() {
        let rows = low.into_iter().chain(aloft).map(|row| Row { up_m: row.up_m.max(UP_MIN_M), ..row });
        let mut rows: Vec<Row> = rows.collect();
        rows.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
        return rows;
    }
    if !low.is_empty() {
        notes.push(format!(
            "{} rows under {UP_MIN_M:.0} m are left out: near the ground power is another",
            low.len()
        ));
    }
    aloft
}
