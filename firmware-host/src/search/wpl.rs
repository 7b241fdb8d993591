//! QGC WPL 110, the text form of missions that Mission Planner, QGroundControl and MAVProxy read and write.
//!
//! A line for each item, with 12 fields between tabs: number, current, frame, command, four parameters, latitude, longitude, altitude,
//! autocontinue (mavlink.io, "Mission Plain-Text File Format"). Item 0 in the global frame is home, and no waypoint.

use crate::polygons::Refused;
use skyhound::geo::Wgs84;
use std::fmt::Write as _;

/// The first line.
const HEAD: &str = "QGC WPL 110";
/// MAV_CMD_NAV_WAYPOINT, and the one of a spline, flown straight here.
const WAYPOINTS: [u16; 2] = [16, 82];
/// MAV_FRAME_GLOBAL and its integer form.
const ABSOLUTE: [u8; 2] = [0, 5];
/// MAV_FRAME_GLOBAL_RELATIVE_ALT and its integer form.
const RELATIVE: [u8; 2] = [3, 6];
/// MAV_FRAME_GLOBAL_TERRAIN_ALT and its integer form.
const TERRAIN: [u8; 2] = [10, 11];
const FIELDS: usize = 12;

/// The waypoints of a mission.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mission {
    /// In their order.
    pub places: Vec<Wgs84>,
    /// Altitude of each, m, over home or the terrain (as its frame says).
    pub heights_m: Vec<f64>,
    /// Items that are no waypoints: line and command.
    pub others: Vec<(usize, u16)>,
    /// Lines of waypoints whose altitude is over the sea.
    pub absolute: Vec<usize>,
    /// Lines of those whose altitude is over the terrain.
    pub terrain: Vec<usize>,
}

/// Waypoints at one height over home.
pub fn write(places: &[Wgs84], height_m: f64) -> String {
    let mut text = format!("{HEAD}\n");
    let home = places.first().map(|place| (0, place, 0.0));
    let items = places.iter().map(|place| (3, place, height_m));
    for (number, (frame, place, altitude_m)) in home.into_iter().chain(items).enumerate() {
        let current = u8::from(number == 0);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{number}\t{current}\t{frame}\t{}\t0\t0\t0\t0\t{:.8}\t{:.8}\t{altitude_m:.2}\t1",
            WAYPOINTS[0], place.lat_deg, place.lon_deg
        );
    }
    text
}

/// Reads a mission.
///
/// # Errors
/// What is no such file, or has no waypoints, with its line.
pub fn read(text: &str) -> Result<Mission, Refused> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let refused = |line: usize, why: String| Err(Refused { line, why });
    if lines.next().is_none_or(|(_, head)| head.trim() != HEAD) {
        return refused(1, format!("no mission: its first line must be {HEAD}; save it as .waypoints"));
    }
    let mut mission = Mission::default();
    let mut number = 0;
    for (line, text) in
        lines.map(|(index, text)| (index + 1, text)).filter(|(_, text)| !text.trim().is_empty())
    {
        let item = Item::read(text, number).map_err(|why| Refused { line, why })?;
        number += 1;
        let is_home = item.number == 0 && ABSOLUTE.contains(&item.frame);
        if is_home {
            continue;
        }
        if !WAYPOINTS.contains(&item.command) {
            mission.others.push((line, item.command));
            continue;
        }
        let Some(place) = Wgs84::checked(item.lat_deg, item.lon_deg) else {
            let (lat_deg, lon_deg) = (item.lat_deg, item.lon_deg);
            return refused(
                line,
                format!("no place at {lat_deg} {lon_deg}: write latitude and longitude in degrees"),
            );
        };
        if ABSOLUTE.contains(&item.frame) {
            mission.absolute.push(line);
        } else if TERRAIN.contains(&item.frame) {
            mission.terrain.push(line);
        } else if !RELATIVE.contains(&item.frame) {
            return refused(
                line,
                format!("frame {} is not one of places: write 3, altitude over home", item.frame),
            );
        }
        mission.places.push(place);
        mission.heights_m.push(item.altitude_m);
    }
    if mission.places.is_empty() {
        return refused(number.max(1), "no waypoints: write some of command 16".into());
    }
    Ok(mission)
}

struct Item {
    number: usize,
    frame: u8,
    command: u16,
    lat_deg: f64,
    lon_deg: f64,
    altitude_m: f64,
}

impl Item {
    fn read(line: &str, expected: usize) -> Result<Item, String> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if fields.len() != FIELDS {
            return Err(format!("{} fields of {FIELDS}: save the mission anew", fields.len()));
        }
        let number = whole::<usize>(fields[0], "number")?;
        if number != expected {
            return Err(format!(
                "item {number} where {expected} belongs: something is missing; save the mission anew"
            ));
        }
        for field in &fields[4..8] {
            real(field, "parameter")?;
        }
        Ok(Item {
            number,
            frame: whole(fields[2], "frame")?,
            command: whole(fields[3], "command")?,
            lat_deg: real(fields[8], "latitude")?,
            lon_deg: real(fields[9], "longitude")?,
            altitude_m: real(fields[10], "altitude")?,
        })
    }
}

/// A whole number, which some write with decimals.
fn whole<N: TryFrom<u32>>(field: &str, name: &str) -> Result<N, String> {
    let number =
        field.parse::<f64>().ok().filter(|number| number.fract() == 0.0 && (0.0..=1e6).contains(number));
    let number = number.and_then(|number| N::try_from(number as u32).ok());
    number.ok_or_else(|| format!("{name} {field} is none: write a whole number"))
}

fn real(field: &str, name: &str) -> Result<f64, String> {
    let number = field.parse::<f64>().ok().filter(|number| number.abs() <= 1e9);
    number.ok_or_else(|| format!("{name} {field} is no number: write one"))
}
