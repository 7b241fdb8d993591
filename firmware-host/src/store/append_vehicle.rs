//! The aircraft's parts → rows of their tables, in the columns' order of `schema_vehicle.sql`.
//!
//! They are inputs, and a replay must get the same bits: a value is stored in its narrow column only where the column reads
//! back as the same bits, else all values of the row go to `exact`.

use super::append::{some, text, times, truth};
use duckdb::arrow::array::{ArrayRef, ListArray};
use duckdb::arrow::datatypes::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::parameter::PARAMETERS;
use skyhound::vehicle::{Ekf, Firmware, Part, Position};
use std::sync::Arc;

/// A part with the pass that saw it.
pub type Row = (TimeUs, Part);

/// The tables of parts, in the order of [`table_of`].
pub const PART_TABLES: [&str; 12] = [
    "heartbeat",
    "attitude",
    "position",
    "rc",
    "gps",
    "ekf",
    "battery",
    "autopilot_health",
    "height",
    "home",
    "parameter",
    "zone",
];
/// The table of all other parts.
pub const FACT_TABLE: &str = "vehicle_fact";

/// The place in [`PART_TABLES`] of a part's table; one behind the last for [`FACT_TABLE`].
pub fn table_of(part: &Part) -> usize {
    match part {
        Part::Heartbeat(_) => 0,
        Part::Attitude(_) => 1,
        Part::Position(_) => 2,
        Part::Rc(_) => 3,
        Part::Gps(_) => 4,
        Part::Ekf(_) => 5,
        Part::Battery(_) => 6,
        Part::Health(_) => 7,
        Part::HeightRangefinder(_) | Part::HeightTerrain(_) => 8,
        Part::Home(_) => 9,
        Part::Parameter(..) => 10,
        Part::Zones(_) | Part::ZoneCircle(..) | Part::ZoneCorner(..) => 11,
        Part::Identity(_)
        | Part::Contested(_)
        | Part::LeftTotal(_)
        | Part::ModeTold(_)
        | Part::Landed(_)
        | Part::Utc(_)
        | Part::ClockOffset(_)
        | Part::GroundStation(_) => PART_TABLES.len(),
    }
}

/// The columns of the table at this place.
pub fn columns(table: usize, rows: &[Row]) -> Vec<ArrayRef> {
    let mut columns = vec![times(rows, |row| row.0)];
    columns.extend(match table {
        0 => heartbeat(rows),
        1 => attitude(rows),
        2 => position(rows),
        3 => rc(rows),
        4 => gps(rows),
        5 => ekf(rows),
        6 => battery(rows),
        7 => health(rows),
        8 => height(rows),
        9 => home(rows),
        10 => parameter(rows),
        11 => zone(rows),
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

fn received<T>(rows: &[Option<Aged<T>>]) -> ArrayRef {
    some::<Int64Type, _>(rows, |row| row.as_ref().map(|aged| aged.received_us.0 as i64))
}

/// The steps of `per` to one that read back as the same bits, when there are any that fit.
fn steps<T: TryFrom<i64>>(value: f64, per: f64) -> Option<T> {
    // A value beyond all steps saturates, and does not read back.
    let steps = (value * per).round() as i64;
    let is_same = (steps as f64 / per).to_bits() == value.to_bits();
    is_same.then(|| T::try_from(steps).ok()).flatten()
}

/// The shorter float that reads back as the same bits.
fn float(value: f64) -> Option<f32> {
    let short = value as f32;
    (f64::from(short).to_bits() == value.to_bits()).then_some(short)
}

/// Rows of `exact`: the values of a row that does not fit its narrow columns.
fn exact<const N: usize>(rows: impl Iterator<Item = Option<[Option<f64>; N]>>) -> ArrayRef {
    Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows))
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

fn attitude(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, Attitude);
    let values = |aged: &Aged<skyhound::vehicle::Attitude>| {
        let at = aged.value;
        [at.roll_rad, at.pitch_rad, at.yaw_rad, at.yaw_rate_rad_s]
    };
    let floats = |row: &Option<Aged<_>>| -> Option<[f32; 4]> {
        let [roll, pitch, yaw, yaw_rate] = values(row.as_ref()?).map(float);
        Some([roll?, pitch?, yaw?, yaw_rate?])
    };
    let narrow: Vec<_> = known.iter().map(floats).collect();
    let column = |index: usize| some::<Float32Type, _>(&narrow, |row| row.map(|row| row[index]));
    let wide = known.iter().zip(&narrow).map(|(row, narrow)| match narrow {
        Some(_) => None,
        None => row.as_ref().map(|row| values(row).map(Some)),
    });
    vec![received(&known), column(0), column(1), column(2), column(3), exact(wide)]
}

/// A position in the steps of its message.
struct Steps {
    degrees: [i32; 2],
    metres: [i32; 2],
    speeds: [i16; 3],
}

impl Steps {
    fn of(position: &Position) -> Option<Steps> {
        Some(Steps {
            degrees: [steps(position.place.lat_deg, 1e7)?, steps(position.place.lon_deg, 1e7)?],
            metres: [steps(position.alt_amsl_m, 1e3)?, steps(position.alt_rel_m, 1e3)?],
            speeds: [
                steps(position.north_mps, 1e2)?,
                steps(position.east_mps, 1e2)?,
                steps(position.down_mps, 1e2)?,
            ],
        })
    }
}

fn position(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, Position);
    let narrow: Vec<_> = known.iter().map(|row| Steps::of(&row.as_ref()?.value)).collect();
    let whole = |value: &dyn Fn(&Steps) -> i32| some::<Int32Type, _>(&narrow, |row| row.as_ref().map(value));
    let speed = |axis: usize| some::<Int16Type, _>(&narrow, |row| row.as_ref().map(|row| row.speeds[axis]));
    let values = |row: &Option<Aged<Position>>| {
        let Position { place, alt_amsl_m, alt_rel_m, north_mps, east_mps, down_mps } = row.as_ref()?.value;
        Some([place.lat_deg, place.lon_deg, alt_amsl_m, alt_rel_m, north_mps, east_mps, down_mps].map(Some))
    };
    let wide = known.iter().zip(&narrow).map(|(row, narrow)| match narrow {
        Some(_) => None,
        None => values(row),
    });
    vec![
        received(&known),
        whole(&|row| row.degrees[0]),
        whole(&|row| row.degrees[1]),
        whole(&|row| row.metres[0]),
        whole(&|row| row.metres[1]),
        speed(0),
        speed(1),
        speed(2),
        exact(wide),
    ]
}

fn rc(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, Rc);
    let mut columns = vec![received(&known)];
    columns.extend(
        (0..skyhound::vehicle::RC_CHANNELS_MAX)
            .map(|channel| some::<UInt16Type, _>(&known, |row| row.map(|rc| rc.value.channels_us[channel]))),
    );
    columns.push(some::<UInt8Type, _>(&known, |row| row.map(|rc| rc.value.channel_count)));
    columns.push(some::<UInt8Type, _>(&known, |row| row.and_then(|rc| rc.value.rssi)));
    columns
}

fn gps(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, Gps);
    let hdop: Vec<_> = known.iter().map(|row| row.and_then(|gps| gps.value.hdop)).collect();
    let narrow: Vec<Option<u16>> = hdop.iter().map(|hdop| steps((*hdop)?, 1e2)).collect();
    let wide = hdop.iter().zip(&narrow).map(|(hdop, narrow)| hdop.filter(|_| narrow.is_none()));
    vec![
        received(&known),
        some::<UInt8Type, _>(&known, |row| row.map(|gps| gps.value.fix)),
        some::<UInt8Type, _>(&known, |row| row.and_then(|gps| gps.value.satellites)),
        some::<UInt16Type, _>(&narrow, |row| *row),
        exact(wide.map(|hdop| hdop.map(|hdop| [Some(hdop)]))),
    ]
}

fn ekf(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, Ekf);
    let bits = |ekf: &Ekf| {
        let bits = [
            ekf.attitude_ok,
            ekf.velocity_horizontal_ok,
            ekf.position_horizontal_ok,
            ekf.position_vertical_ok,
            ekf.degraded,
        ];
        bits.into_iter().enumerate().map(|(bit, is_set)| u8::from(is_set) << bit).sum()
    };
    let narrow: Vec<_> = known.iter().map(|row| float(row.as_ref()?.value.variance_max)).collect();
    let wide = known.iter().zip(&narrow).map(|(row, narrow)| match narrow {
        Some(_) => None,
        None => row.as_ref().map(|row| [Some(row.value.variance_max)]),
    });
    vec![
        received(&known),
        some::<UInt8Type, _>(&known, |row| row.as_ref().map(|ekf| bits(&ekf.value))),
        some::<Float32Type, _>(&narrow, |row| *row),
        exact(wide),
    ]
}

/// A battery in the steps of its messages, each `None` where it is not known.
type Charge = (Option<i32>, Option<i16>, Option<i8>);

fn battery(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, Battery);
    // The outer `None`: it does not fit.
    let fit = |row: &Option<Aged<skyhound::vehicle::Battery>>| -> Option<Charge> {
        let battery = row.as_ref()?.value;
        Some((
            battery.voltage_v.map_or(Some(None), |volts| steps(volts, 1e3).map(Some))?,
            battery.current_a.map_or(Some(None), |amperes| steps(amperes, 1e2).map(Some))?,
            battery.remaining_ratio.map_or(Some(None), |ratio| steps(ratio, 1e2).map(Some))?,
        ))
    };
    let narrow: Vec<_> = known.iter().map(fit).collect();
    let wide = known.iter().zip(&narrow).map(|(row, narrow)| match (row, narrow) {
        (Some(row), None) => Some([row.value.voltage_v, row.value.current_a, row.value.remaining_ratio]),
        _ => None,
    });
    vec![
        received(&known),
        some::<Int32Type, _>(&narrow, |row| row.and_then(|row| row.0)),
        some::<Int16Type, _>(&narrow, |row| row.and_then(|row| row.1)),
        some::<Int8Type, _>(&narrow, |row| row.and_then(|row| row.2)),
        exact(wide),
    ]
}

fn health(rows: &[Row]) -> Vec<ArrayRef> {
    let known = known!(rows, Health);
    vec![
        received(&known),
        text(&known, |row| row.map(|health| health.value.rc_receiver.name())),
        text(&known, |row| row.map(|health| health.value.fence.name())),
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
        Part::GroundStation(system) => aged(system, i64::from),
        _ => Said::default(),
    }
}

const _: () = assert!(skyhound::vehicle::RC_CHANNELS_MAX == 18, "schema_vehicle.sql has a column for each");
