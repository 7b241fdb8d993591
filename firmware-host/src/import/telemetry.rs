//! Telemetry as a table in text → its rows as they stood, and what of them the engine can be given.
//!
//! The first line, behind lines of remarks (`#`), names the columns; which are known, [`columns`] tells.

use std::collections::BTreeMap;
use std::io::Read;

use skyhound::geo::Wgs84;
use skyhound::vehicle::{Battery, Gps};

use super::columns::{self, Field};
use super::moment::Moment;
use crate::store::{Cell, Foreign, Holds};
use crate::vehicle_log::row::{Account, Sums};

/// All of it is held in memory; an hour at 10 Hz is 10 MB.
const BYTES_MAX: u64 = 256 << 20;
/// Name of the table.
pub const TABLE: &str = "telemetry";

/// What a row tells the engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// When, µs since the first row.
    pub at_us: u64,
    /// Where.
    pub place: Option<Wgs84>,
    /// Height above home, m.
    pub relative_m: Option<f64>,
    /// Altitude above the sea, m.
    pub altitude_m: Option<f64>,
    /// Climb, m/s.
    pub climb_mps: Option<f64>,
    /// Heading from true north, degrees.
    pub heading_deg: Option<f64>,
    /// Power, dB of some reference.
    pub power_db: Option<f64>,
    /// Power over the noise, dB.
    pub snr_db: Option<f64>,
    /// The other's state.
    pub state: Option<String>,
    /// Whether the other heard the beacon.
    pub is_heard: Option<bool>,
    /// The battery.
    pub battery: Option<Battery>,
    /// The GPS receiver.
    pub gps: Option<Gps>,
    /// Motors armed.
    pub is_armed: Option<bool>,
    /// Flight mode.
    pub mode: Option<String>,
}

/// A table of telemetry.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// What becomes of its rows.
    pub account: Account,
    /// Columns and what they hold.
    pub columns: Vec<(String, Holds)>,
    /// The taken rows: their numbers, and their cells.
    pub rows: Vec<(u64, Vec<Cell>)>,
    /// The same as the engine gets them.
    pub frames: Vec<Frame>,
    /// UTC of the first row, µs since 1970; `None`: its times are counted from a start that is not told.
    pub began_utc_us: Option<i64>,
}

impl Telemetry {
    /// The table as it is kept.
    pub fn foreign(&self) -> Foreign {
        Foreign { name: TABLE.into(), columns: self.columns.clone() }
    }
}

/// Reads it.
///
/// # Errors
/// It cannot be read, or has no line that can be taken.
pub fn read(file: impl Read) -> Result<Telemetry, String> {
    let mut file = file.take(BYTES_MAX + 1);
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(&mut file);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let names: Vec<String> = header.iter().map(|name| name.trim_start_matches('\u{feff}').into()).collect();
    let mut lines = Lines { fields: places(&names), ..Lines::default() };
    let mut kept: Vec<(u64, csv::StringRecord)> = Vec::new();
    for (number, record) in (1..).zip(reader.records()) {
        let place = |record: &csv::StringRecord| record.position().map_or(0, csv::Position::line);
        match record {
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                lines.told.account.refuse(|| format!("line {line}"), || error.to_string());
            }
            Ok(record) => match lines.take(&record, names.len()) {
                Ok(()) => kept.push((number, record)),
                Err(why) => lines.told.account.refuse(|| format!("line {}", place(&record)), || why),
            },
        }
    }
    if file.limit() == 0 {
        return Err(format!("has more than the {BYTES_MAX} bytes that are read; cut it"));
    }
    let mut told = lines.told;
    for (index, name) in names.iter().enumerate() {
        told.columns.push((name.clone(), held(kept.iter().filter_map(|(_, record)| record.get(index)))));
    }
    for (number, record) in kept {
        let cells: Vec<Cell> =
            told.columns.iter().zip(&record).map(|((_, holds), text)| cell(*holds, text)).collect();
        let mut sums = Sums { row_count: 1, log_us: i128::from(number), ..Sums::default() };
        cells.iter().for_each(|cell| cell.count(&mut sums));
        told.account.take_as("import_telemetry", sums);
        told.rows.push((number, cells));
    }
    Ok(told)
}

/// Where each known column stands; of two that tell the same the first.
fn places(names: &[String]) -> BTreeMap<Field, usize> {
    let mut places = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(field) = columns::field(name) {
            places.entry(field).or_insert(index);
        }
    }
    places
}

#[derive(Default)]
struct Lines {
    fields: BTreeMap<Field, usize>,
    told: Telemetry,
    began: Option<Moment>,
}

impl Lines {
    fn take(&mut self, record: &csv::StringRecord, count: usize) -> Result<(), String> {
        if record.len() != count {
            return Err(format!("there are {} cells of {count}; complete or remove the line", record.len()));
        }
        let text = |field: Field| self.fields.get(&field).and_then(|at| record.get(*at)).unwrap_or_default();
        let time = text(Field::Time);
        let moment = Moment::read(time).ok_or_else(|| {
            format!("\"{time}\" is no time: write ISO 8601 (2026-01-01T12:00:00Z), or seconds")
        })?;
        let began = *self.began.get_or_insert(moment);
        let at_us = match (began, moment) {
            (Moment::Since(first), Moment::Since(us)) => us - first,
            (Moment::Utc(first) | Moment::Zoneless(first), Moment::Utc(us) | Moment::Zoneless(us)) => {
                us - first
            }
            _ => return Err("its time is of another kind than that of the first line".into()),
        };
        let before = self.told.frames.last().map(|frame| frame.at_us);
        let at_us = u64::try_from(at_us).ok().filter(|at_us| before.is_none_or(|before| *at_us > before));
        let at_us =
            at_us.ok_or("its time is not after that of the line above; sort the lines by time, each once")?;
        if let Moment::Utc(us) | Moment::Zoneless(us) = began {
            self.told.began_utc_us = Some(us);
        }
        let mut changed = Vec::new();
        if matches!(moment, Moment::Zoneless(_)) {
            changed.push("a time without zone is taken as UTC".to_string());
        }
        let frame = frame(at_us, &text, &mut changed);
        changed.iter().for_each(|why| self.told.account.change(why));
        self.told.frames.push(frame);
        Ok(())
    }
}

fn frame<'a>(at_us: u64, text: &dyn Fn(Field) -> &'a str, changed: &mut Vec<String>) -> Frame {
    let mut number = |field: Field| {
        let text = text(field);
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() && !text.is_empty() {
            changed.push(format!("{field:?} is no number: kept as it stands, and not taken"));
        }
        number
    };
    let (lat, lon) = (number(Field::Lat), number(Field::Lon));
    let place = lat.zip(lon).and_then(|(lat, lon)| Wgs84::checked(lat, lon));
    let (volts, amperes, percent) =
        (number(Field::BatteryV), number(Field::BatteryA), number(Field::BatteryPercent));
    let battery = (volts.or(amperes).or(percent)).map(|_| Battery {
        // PISAD writes 0 where it was told nothing.
        voltage_v: volts.filter(|volts| *volts > 0.0),
        current_a: amperes.filter(|_| volts.is_some_and(|volts| volts > 0.0)),
        remaining_ratio: percent.map(|percent| percent / 100.0).filter(|ratio| (0.0..=1.0).contains(ratio)),
    });
    let (satellites, hdop) = (number(Field::Satellites), number(Field::Hdop));
    let gps = satellites.or(hdop).map(|_| Gps {
        fix: if place.is_some() { 3 } else { 0 },
        satellites: satellites.map(|count| count.clamp(0.0, 254.0) as u8),
        hdop: hdop.filter(|hdop| (0.0..600.0).contains(hdop)),
    });
    let frame = Frame {
        at_us,
        place,
        relative_m: number(Field::Relative),
        altitude_m: number(Field::Altitude),
        climb_mps: number(Field::Climb),
        heading_deg: number(Field::Heading),
        power_db: number(Field::Power),
        snr_db: number(Field::Snr),
        state: Some(text(Field::State).to_string()).filter(|state| !state.is_empty()),
        is_heard: truth(text(Field::Heard)),
        battery,
        gps,
        is_armed: truth(text(Field::Armed)),
        mode: Some(text(Field::Mode).to_string()).filter(|mode| !mode.is_empty()),
    };
    if lat.is_some() && place.is_none() {
        changed.push("a place that is none (0/0, or out of range) is not taken".into());
    }
    frame
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// What all cells of a column are.
fn held<'a>(cells: impl Iterator<Item = &'a str>) -> Holds {
    let (mut is_whole, mut is_number, mut is_any) = (true, true, false);
    for cell in cells.filter(|cell| !cell.is_empty()) {
        is_any = true;
        is_whole &= cell.parse::<i64>().is_ok_and(|value| value.to_string() == cell);
        is_number &= cell.parse::<f64>().is_ok();
    }
    match (is_any, is_whole, is_number) {
        (true, true, _) => Holds::Whole,
        (true, false, true) => Holds::Number,
        _ => Holds::Text,
    }
}

fn cell(holds: Holds, text: &str) -> Cell {
    let told = match holds {
        _ if text.is_empty() => None,
        Holds::Whole => text.parse().ok().map(Cell::Whole),
        Holds::Number => text.parse().ok().map(Cell::Number),
        Holds::Text | Holds::Bytes => Some(Cell::Text(text.into())),
    };
    told.unwrap_or(Cell::Null)
}
