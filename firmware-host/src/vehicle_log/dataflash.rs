//! DataFlash `.BIN`, the log of ArduPilot: records `A3 95 TYPE …`, whose layout records of type 128 (FMT) tell before.
//!
//! There is no checksum. What begins like no known record is searched through for the next that does, and refused as one stretch.
//! Source: ArduPilot's `AP_Logger` (`LogStructure.h`), and pymavlink's `DFReader.py` for logs of before 2014.

use std::io::Read;

use skyhound::geo::Wgs84;
use skyhound::vehicle::{Firmware, Mode};

use super::row::{Account, Row, Table, Take};
use super::window::Window;

/// What a file begins with: the layout of layouts.
pub const MAGIC: [u8; 3] = [0xA3, 0x95, FMT];
const FMT: u8 = 128;
const FMT_BYTES: usize = 89;
const RECORD_BYTES_MAX: usize = 255;
/// GPS time zero, 1980-01-06, µs since 1970.
const GPS_ZERO_US: i64 = 315_964_800_000_000;
const WEEK_MS: i64 = 604_800_000;
/// Of the year 2171.
const WEEK_MAX: f64 = 10_000.0;
/// Leap seconds between GPS time and UTC, from this UTC on (µs since 1970). Source: IERS Bulletin C; none since.
const LEAP_S: [(i64, i64); 4] = [
    (1_483_228_800_000_000, 18),
    (1_435_708_800_000_000, 17),
    (1_341_100_800_000_000, 16),
    (1_230_768_000_000_000, 15),
];
const RUN_US_MAX: f64 = 1e13;

struct Format {
    name: String,
    record_bytes: usize,
    fields: Vec<(String, u8, usize)>,
}

/// Reads a log; every row goes to `take`.
///
/// # Errors
/// The file cannot be read, or `take` does not take any more.
pub fn read<R: Read>(window: &mut Window<R>, take: Take) -> Result<Account, String> {
    let mut log =
        Log { formats: [const { None }; 256], account: Account::default(), firmware: Firmware::Other, take };
    loop {
        let offset = window.offset;
        let waiting = window.peek(RECORD_BYTES_MAX).map_err(|error| error.to_string())?;
        if waiting.is_empty() {
            return Ok(log.account);
        }
        let Some(record_bytes) = log.record_bytes(waiting) else {
            log.stretch(window)?;
            continue;
        };
        if waiting.len() < record_bytes {
            let there = waiting.len();
            window.skip(there);
            log.account.refuse(
                || format!("byte {offset}"),
                || format!("the file ends after {there} of {record_bytes} bytes of a record: it was cut off"),
            );
            continue;
        }
        let record = waiting[..record_bytes].to_vec();
        log.record(offset, &record)?;
        window.skip(record_bytes);
    }
}

struct Log<'take> {
    formats: [Option<Format>; 256],
    account: Account,
    firmware: Firmware,
    take: Take<'take>,
}

impl Log<'_> {
    fn record_bytes(&self, waiting: &[u8]) -> Option<usize> {
        match *waiting {
            [0xA3, 0x95, FMT, ..] => Some(FMT_BYTES),
            [0xA3, 0x95, kind, ..] => {
                self.formats[usize::from(kind)].as_ref().map(|format| format.record_bytes)
            }
            _ => None,
        }
    }

    /// Refuses what is no record, up to the next.
    fn stretch<R: Read>(&mut self, window: &mut Window<R>) -> Result<(), String> {
        let offset = window.offset;
        window.skip(1);
        loop {
            let waiting = window.peek(1 << 12).map_err(|error| error.to_string())?;
            let next = (0..waiting.len()).find(|&at| self.record_bytes(&waiting[at..]).is_some());
            let is_over = next.is_some() || waiting.len() < 3;
            // A record may begin with the last two bytes.
            let skipped = next.unwrap_or(if is_over { waiting.len() } else { waiting.len() - 2 });
            window.skip(skipped);
            if is_over {
                let bytes = window.offset - offset;
                self.account.refuse(
                    || format!("byte {offset}"),
                    || format!("{bytes} bytes are no record that the log knows"),
                );
                return Ok(());
            }
        }
    }

    fn record(&mut self, offset: u64, record: &[u8]) -> Result<(), String> {
        if record[2] == FMT {
            return match format_of(record) {
                Ok((kind, format)) => {
                    self.formats[usize::from(kind)] = Some(format);
                    self.account.leave("FMT");
                    Ok(())
                }
                Err(why) => {
                    self.account.refuse(|| format!("byte {offset}"), || why);
                    Ok(())
                }
            };
        }
        let Some(format) = self.formats[usize::from(record[2])].take() else { return Ok(()) };
        let done = self.known(offset, &format, record);
        self.formats[usize::from(record[2])] = Some(format);
        done
    }

    fn known(&mut self, offset: u64, format: &Format, record: &[u8]) -> Result<(), String> {
        let fields = Fields { format, record };
        if format.name == "MSG" && contains(record, b"Copter") {
            self.firmware = Firmware::ArduCopter;
        }
        let is_first = fields.any(&["I", "Inst", "Instance"]).is_none_or(|instance| instance == 0.0);
        if !is_first || !["GPS", "POS", "ATT", "BAT", "CURR", "MODE", "ARM"].contains(&format.name.as_str()) {
            let of = if is_first { "" } else { " of another than the first" };
            self.account.leave(&format!("{}{of}", format.name));
            return Ok(());
        }
        let Some(log_us) = fields.time_us() else {
            self.account.refuse(
                || format!("byte {offset}"),
                || format!("{}: no time, or none a log can have", format.name),
            );
            return Ok(());
        };
        match self.row(&fields, log_us) {
            Ok(row) => {
                self.account.take(&row);
                (self.take)(&row)
            }
            Err(why) => {
                self.account.refuse(|| format!("byte {offset}"), || format!("{}: {why}", format.name));
                Ok(())
            }
        }
    }

    fn row(&mut self, fields: &Fields, log_us: i64) -> Result<Row, String> {
        let get = |name: &str| fields.get(name);
        let row = match fields.format.name.as_str() {
            "GPS" => {
                let fix = get("Status");
                let (place, is_left) = place(get("Lat"), get("Lng"))?;
                if is_left {
                    self.account.change("GPS: 0/0 is no place");
                }
                let (speed, course) = (get("Spd"), get("GCrs").map(f64::to_radians));
                let along = |part: fn(f64) -> f64| Some(speed? * part(course?));
                let (north, east) = (along(f64::cos), along(f64::sin));
                let [lat, lon] = place;
                let values =
                    [fields.utc_us(), lat, lon, get("Alt"), fix, get("NSats"), north, east, get("VZ")];
                Row::new(Table::Gps, log_us, values)
            }
            "POS" => {
                let (place, is_left) = place(get("Lat"), get("Lng"))?;
                if is_left {
                    self.account.change("POS: 0/0 is no place");
                }
                let above = fields.any(&["RelHomeAlt", "RelAlt"]);
                Row::new(Table::Position, log_us, [place[0], place[1], get("Alt"), above, None, None, None])
            }
            "ATT" => {
                let angles = ["Roll", "Pitch", "Yaw"].map(|name| get(name).map(f64::to_radians));
                if angles
                    .iter()
                    .any(|angle| angle.is_none_or(|angle| !angle.is_finite() || angle.abs() > 7.0))
                {
                    return Err("an angle is missing, or none".into());
                }
                Row::new(Table::Attitude, log_us, angles)
            }
            "BAT" | "CURR" => {
                let ratio = get("RemPct").map(|percent| percent / 100.0);
                // Whole numbers of before 2016 are hundredths, which their type does not say.
                let scaled = |name| Some(get(name)? / if fields.is_whole(name) { 100.0 } else { 1.0 });
                let values = [scaled("Volt"), scaled("Curr"), ratio];
                if values[0].is_none_or(|volts| !volts.is_finite()) {
                    return Err("no voltage".into());
                }
                Row::new(Table::Battery, log_us, values)
            }
            "MODE" => {
                let number = fields.any(&["ModeNum", "Mode"]).ok_or("no mode")?;
                let mode = Mode { firmware: self.firmware, custom: number as u32 };
                let mut row = Row::new(Table::Mode, log_us, [Some(number), None]);
                row.texts[0] = Some(mode.name().into()).filter(|name| *name != "UNKNOWN");
                row
            }
            _ => Row::new(Table::Mode, log_us, [None, Some(get("ArmState").ok_or("no state")?)]),
        };
        Ok(row)
    }
}

/// A place; `None` for the 0/0 of before a fix, and whether it was that.
fn place(lat: Option<f64>, lon: Option<f64>) -> Result<([Option<f64>; 2], bool), String> {
    let (Some(lat), Some(lon)) = (lat, lon) else { return Err("no place in it".into()) };
    match Wgs84::checked(lat, lon) {
        Some(place) => Ok(([Some(place.lat_deg), Some(place.lon_deg)], false)),
        None if lat == 0.0 && lon == 0.0 => Ok(([None, None], true)),
        None => Err(format!("{lat}, {lon} degrees is no place")),
    }
}

fn contains(record: &[u8], word: &[u8]) -> bool {
    record.windows(word.len()).any(|part| part == word)
}

fn format_of(record: &[u8]) -> Result<(u8, Format), String> {
    let text = |bytes: &[u8]| {
        let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    };
    let (kind, record_bytes) = (record[3], usize::from(record[4]));
    let (name, kinds, labels) = (text(&record[5..9]), &record[9..25], text(&record[25..89]));
    let kinds = kinds.split(|&byte| byte == 0).next().unwrap_or_default();
    let mut at = 3;
    let mut fields = Vec::new();
    for (kind, label) in kinds.iter().zip(labels.split(',')) {
        let bytes = size_bytes(*kind)
            .ok_or_else(|| format!("FMT of {name}: {:?} is no type of a field", char::from(*kind)))?;
        fields.push((label.trim().to_string(), *kind, at));
        at += bytes;
    }
    if at > record_bytes || record_bytes < 3 {
        return Err(format!("FMT of {name}: its fields have {at} bytes, its records {record_bytes}"));
    }
    Ok((kind, Format { name, record_bytes, fields }))
}

fn size_bytes(kind: u8) -> Option<usize> {
    Some(match kind {
        b'b' | b'B' | b'M' => 1,
        b'h' | b'H' | b'c' | b'C' | b'g' => 2,
        b'i' | b'I' | b'f' | b'n' | b'e' | b'E' | b'L' => 4,
        b'd' | b'q' | b'Q' => 8,
        b'N' => 16,
        b'Z' | b'a' => 64,
        _ => return None,
    })
}

struct Fields<'a> {
    format: &'a Format,
    record: &'a [u8],
}

impl Fields<'_> {
    fn get(&self, name: &str) -> Option<f64> {
        let (_, kind, at) = self.format.fields.iter().find(|(label, ..)| label == name)?;
        let rest = self.record.get(*at..)?;
        Some(match kind {
            b'b' => f64::from(*rest.first()? as i8),
            b'B' | b'M' => f64::from(*rest.first()?),
            b'h' => f64::from(i16::from_le_bytes(*rest.first_chunk()?)),
            b'H' => f64::from(u16::from_le_bytes(*rest.first_chunk()?)),
            b'c' => f64::from(i16::from_le_bytes(*rest.first_chunk()?)) / 100.0,
            b'C' => f64::from(u16::from_le_bytes(*rest.first_chunk()?)) / 100.0,
            b'i' => f64::from(i32::from_le_bytes(*rest.first_chunk()?)),
            b'I' => f64::from(u32::from_le_bytes(*rest.first_chunk()?)),
            b'e' => f64::from(i32::from_le_bytes(*rest.first_chunk()?)) / 100.0,
            b'E' => f64::from(u32::from_le_bytes(*rest.first_chunk()?)) / 100.0,
            b'L' => f64::from(i32::from_le_bytes(*rest.first_chunk()?)) / 1e7,
            b'f' => f64::from(f32::from_le_bytes(*rest.first_chunk()?)),
            b'd' => f64::from_le_bytes(*rest.first_chunk()?),
            b'q' => i64::from_le_bytes(*rest.first_chunk()?) as f64,
            b'Q' => u64::from_le_bytes(*rest.first_chunk()?) as f64,
            _ => return None,
        })
    }

    fn is_whole(&self, name: &str) -> bool {
        self.format.fields.iter().any(|(label, kind, _)| label == name && matches!(kind, b'h' | b'H'))
    }

    fn any(&self, names: &[&str]) -> Option<f64> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Time since the autopilot started, µs. Of before 2014 it was in ms, and in the GPS's record called T.
    fn time_us(&self) -> Option<i64> {
        let ms = || self.any(&["T", "TimeMS"]).map(|ms| ms * 1e3);
        let us = self.get("TimeUS").or_else(ms)?;
        (0.0..RUN_US_MAX).contains(&us).then_some(us as i64)
    }

    fn utc_us(&self) -> Option<f64> {
        let week = self.any(&["GWk", "Week"]).filter(|week| (1.0..WEEK_MAX).contains(week))? as i64;
        let old_ms = || self.get("TimeMS").filter(|_| self.get("T").is_some());
        let ms = self.get("GMS").or_else(old_ms).filter(|ms| (0.0..WEEK_MS as f64).contains(ms))? as i64;
        let gps_us = GPS_ZERO_US + (week * WEEK_MS + ms) * 1000;
        let leap_s = LEAP_S
            .iter()
            .find(|(from, leap_s)| gps_us >= from + leap_s * 1_000_000)
            .map_or(14, |leap| leap.1);
        Some((gps_us - leap_s * 1_000_000) as f64)
    }
}
