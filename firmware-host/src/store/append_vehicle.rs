//! The aircraft's parts that come seldom → rows of their tables, in the columns' order of `schema_vehicle.sql`. Those that
//! come often: `append_rates`.

use super::columns::{some, text, times, truth};
use duckdb::arrow::array::ArrayRef;
use duckdb::arrow::datatypes::{Float64Type, Int64Type, UInt8Type, UInt32Type};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::parameter::PARAMETERS;
use skyhound::vehicle::{Firmware, Part};

/// A part with the pass that saw it.
pub type Row = (TimeUs, Part);

/// The tables of parts, in the order of [`table_of`].
pub const PART_TABLES: [&str; 6] = ["heartbeat", "height", "home", "parameter", "zone", "vehicle_fact"];

/// The place in [`PART_TABLES`] of a part's table.
pub fn table_of(part: &Part) -> usize {
    match part {
        Part::Heartbeat(_) => 0,
        Part::HeightRangefinder(_) | Part::HeightTerrain(_) => 1,
        Part::Home(_) => 2,
        Part::Parameter(..) => 3,
        Part::Zones(_) | Part::ZoneCircle(..) | Part::ZoneCorner(..) => 4,
        _ => 5,
    }
}

/// The columns of the table at this place.
pub fn columns(table: usize, rows: &[Row]) -> Vec<ArrayRef> {
    let mut columns = vec![times(rows, |row| row.0)];
    columns.extend(match table {
        0 => heartbeat(rows),
        1 => height(rows),
        2 => home(rows),
        3 => parameter(rows),
        4 => zone(rows),
        _ => fact(rows),
    });
    columns
}

/// The values of a part in rows that have only this part.
macro_rules! known {
    ($rows:ident, $($part:ident)|+) => {
        $rows.iter().map(|(_, part)| match part { $(Part::$part(value) => *value,)+ _ => None }).collect::<Vec<_>>()
    };
}

pub(super) fn received<T>(rows: &[Option<Aged<T>>]) -> ArrayRef {
    some::<Int64Type, _>(rows, |row| row.as_ref().map(|aged| aged.received_us.0 as i64))
}

const fn firmware(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::ArduCopter => "ArduCopter",
        Firmware::Px4 => "Px4",
        Firmware::Other => "Other",
    }
}

fn heartbeat(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, Heartbeat);
    vec![
        received(&known),
        text(&known, |row| row.map(|beat| firmware(beat.value.mode.firmware))),
        text(&known, |row| row.map(|beat| beat.value.mode.name())),
        some::<UInt32Type, _>(&known, |row| row.map(|beat| beat.value.mode.custom)),
        truth(&known, |row| row.map(|beat| beat.value.armed)),
        some::<UInt8Type, _>(&known, |row| row.map(|beat| beat.value.system_status)),
    ]
}

fn height(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, HeightRangefinder | HeightTerrain);
    vec![
        received(&known),
        text(rows, |row| {
            Some(if matches!(row.1, Part::HeightTerrain(_)) { "terrain" } else { "rangefinder" })
        }),
        some::<Float64Type, _>(&known, |row| row.map(|height| height.value)),
    ]
}

fn home(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, Home);
    vec![
        received(&known),
        some::<Float64Type, _>(&known, |row| row.map(|home| home.value.place.lat_deg)),
        some::<Float64Type, _>(&known, |row| row.map(|home| home.value.place.lon_deg)),
        some::<Float64Type, _>(&known, |row| row.map(|home| home.value.alt_amsl_m)),
    ]
}

fn parameter(rows: &[Row]) -> Vec<ArrayRef> {
    let told: Vec<_> = rows
        .iter()
        .map(|(_, part)| match part {
            Part::Parameter(index, told) => (usize::from(*index), *told),
            _ => (PARAMETERS.len(), None),
        })
        .collect();
    vec![
        some::<Int64Type, _>(&told, |row| row.1.map(|told| told.received_us.0 as i64)),
        text(&told, |row| PARAMETERS.get(row.0).map(|parameter| parameter.name)),
        some::<Float64Type, _>(&told, |row| row.1.map(|told| told.value)),
    ]
}

fn zone(rows: &[Row]) -> Vec<ArrayRef> {
    let read: Vec<_> = known!(rows, Zones);
    let place = |row: &Row| match row.1 {
        Part::ZoneCircle(_, place, _) | Part::ZoneCorner(.., place) => Some(place),
        _ => None,
    };
    let corner = |row: &Row| match row.1 {
        Part::ZoneCorner(_, at, count, _) => Some((at, count)),
        _ => None,
    };
    vec![
        received(&read),
        text(rows, |row| {
            Some(match row.1 {
                Part::ZoneCircle(..) => "circle",
                Part::ZoneCorner(..) => "corner",
                _ => "fence",
            })
        }),
        truth(&read, |row| row.map(|read| read.value.is_changed)),
        truth(&read, |row| row.map(|read| read.value.is_cut)),
        truth(rows, |row| match row.1 {
            Part::ZoneCircle(inside, ..) | Part::ZoneCorner(inside, ..) => Some(inside),
            _ => None,
        }),
        some::<UInt8Type, _>(rows, |row| corner(row).map(|corner| corner.0)),
        some::<UInt8Type, _>(rows, |row| corner(row).map(|corner| corner.1)),
        some::<Float64Type, _>(rows, |row| place(row).map(|place| place.lat_deg)),
        some::<Float64Type, _>(rows, |row| place(row).map(|place| place.lon_deg)),
        some::<Float64Type, _>(rows, |row| match row.1 {
            Part::ZoneCircle(_, _, radius_m) => Some(radius_m),
            _ => None,
        }),
    ]
}

/// What a row of `vehicle_fact` says.
#[derive(Default)]
struct Said {
    received_us: Option<TimeUs>,
    whole: Option<i64>,
    text: Option<String>,
}

fn fact(rows: &[Row]) -> Vec<ArrayRef> {
    let said: Vec<(&str, Said)> = rows.iter().map(|(_, part)| (name(part), said(part))).collect();
    vec![
        text(&said, |row| Some(row.0)),
        some::<Int64Type, _>(&said, |row| row.1.received_us.map(|at| at.0 as i64)),
        some::<Int64Type, _>(&said, |row| row.1.whole),
        text(&said, |row| row.1.text.as_deref()),
    ]
}

const fn name(part: &Part) -> &'static str {
    match part {
        Part::Identity(_) => "identity",
        Part::Contested(_) => "contested",
        Part::LeftTotal(_) => "left_total",
        Part::ModeTold(_) => "mode_told",
        Part::Landed(_) => "landed",
        Part::Utc(_) => "utc_us",
        Part::ClockOffset(_) => "clock_offset_us",
        Part::Wind(_) => "wind",
        _ => "ground_station",
    }
}

fn said(part: &Part) -> Said {
    fn aged<T: Copy>(aged: Option<Aged<T>>, whole: impl Fn(T) -> i64) -> Said {
        let (received_us, whole) = (aged.map(|aged| aged.received_us), aged.map(|aged| whole(aged.value)));
        Said { received_us, whole, text: None }
    }
    match *part {
        Part::Identity(identity) => Said {
            whole: identity.map(|id| i64::from(id.system) * 256 + i64::from(id.component)),
            text: identity.map(|id| firmware(id.firmware).to_string()),
            ..Said::default()
        },
        Part::Contested(why) => Said { text: why.map(str::to_string), ..Said::default() },
        Part::LeftTotal(total) => Said { whole: Some(i64::from(total)), ..Said::default() },
        Part::ModeTold(mode) => Said {
            text: mode.map(|mode| format!("{} {}", firmware(mode.value.firmware), mode.value.name())),
            ..aged(mode, |mode| i64::from(mode.custom))
        },
        Part::Landed(landed) => Said {
            received_us: landed.map(|landed| landed.received_us),
            text: landed.map(|landed| landed.value.name().to_string()),
            ..Said::default()
        },
        Part::Utc(utc_us) => aged(utc_us, |utc_us| utc_us as i64),
        Part::ClockOffset(offset_us) => aged(offset_us, |offset_us| offset_us),
        Part::Wind(wind) => Said {
            received_us: wind.map(|wind| wind.received_us),
            text: wind.map(|wind| format!("{} {}", wind.value.from_deg, wind.value.speed_mps)),
            ..Said::default()
        },
        Part::GroundStation(system) => aged(system, i64::from),
        _ => Said::default(),
    }
}
