//! Recorded links: a `.tlog` is MAVLink frames, each after the time of its recording (8 bytes, big-endian, µs since 1970).
//!
//! Frames are told apart by their length field alone ([`Entries`]): what the recorder saw is there as it was, wrong CRCs and all.
//! [`read`] takes rows from those with a good one. Bytes that are no entry (a recorder that was cut off, a damaged file) are
//! skipped to the next plausible entry and counted. Source: MAVProxy and Mission Planner write it so; pymavlink's `mavlogfile`
//! reads it so.

use std::io::Read;

use super::framing::{FRAME_BYTES_MAX, Frame, Framer};
use super::inbound::{self, AnyHeartbeat};
use super::message_id::{ATTITUDE, GLOBAL_POSITION_INT, GPS_RAW_INT, HEARTBEAT, SYS_STATUS, SYSTEM_TIME};
use super::payload::Payload;
use crate::vehicle_log::row::{Account, Row, Table, Take};
use crate::vehicle_log::window::Window;
use skyhound::geo::Wgs84;

const STAMP_BYTES: usize = 8;
/// 1980-01-06 (a recorder that took GPS time for UTC zero) to 2100-01-01.
const STAMP_US: std::ops::Range<u64> = 315_964_800_000_000..4_102_444_800_000_000;

/// One frame and when it was recorded.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// µs since 1970.
    pub recorded_us: u64,
    /// The frame with its magic byte.
    pub frame: &'a [u8],
}

impl Entry<'_> {
    /// The entry that `bytes` begin with.
    pub fn first_of(bytes: &[u8]) -> Option<Entry<'_>> {
        let recorded_us = u64::from_be_bytes(*bytes.first_chunk()?);
        let frame_bytes = frame_bytes(&bytes[STAMP_BYTES..])?;
        let frame = bytes.get(STAMP_BYTES..STAMP_BYTES + frame_bytes)?;
        STAMP_US.contains(&recorded_us).then_some(Entry { recorded_us, frame })
    }

    fn total_bytes(&self) -> usize {
        STAMP_BYTES + self.frame.len()
    }
}

/// Walks through the entries of a recording.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    bytes: &'a [u8],
    /// Bytes that were no entry.
    pub skipped_bytes: usize,
}

impl<'a> Entries<'a> {
    /// Of the bytes of a file.
    pub fn new(bytes: &'a [u8]) -> Entries<'a> {
        Entries { bytes, skipped_bytes: 0 }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            if self.bytes.is_empty() {
                return None;
            }
            if let Some(entry) = Entry::first_of(self.bytes) {
                self.bytes = &self.bytes[entry.total_bytes()..];
                return Some(entry);
            }
            self.bytes = &self.bytes[1..];
            self.skipped_bytes += 1;
        }
    }
}

/// Length of the frame that begins here, by its header.
fn frame_bytes(bytes: &[u8]) -> Option<usize> {
    match *bytes {
        [0xFE, payload_bytes, ..] => Some(8 + usize::from(payload_bytes)),
        [0xFD, payload_bytes, flags, ..] => {
            let signature_bytes = if flags & 1 != 0 { 13 } else { 0 };
            Some(12 + usize::from(payload_bytes) + signature_bytes)
        }
        _ => None,
    }
}

/// Reads the rows of a recording: those of the first autopilot whose heartbeat is in it. `log_us` is the recorder's clock.
///
/// # Errors
/// The file cannot be read, or `take` does not take any more.
pub fn read<R: Read>(window: &mut Window<R>, take: Take) -> Result<Account, String> {
    let mut log = Log { framer: Framer::new(), account: Account::default(), autopilot: None, take };
    let mut garbage_from = None;
    loop {
        let offset = window.offset;
        let waiting = window.peek(STAMP_BYTES + FRAME_BYTES_MAX).map_err(|error| error.to_string())?;
        let entry = Entry::first_of(waiting);
        if (entry.is_some() || waiting.is_empty())
            && let Some(from) = garbage_from.take()
        {
            let why = format!("{} bytes are no frame with a time before it", offset - from);
            log.account.refuse(|| format!("byte {from}"), || why);
        }
        match entry {
            _ if waiting.is_empty() => return Ok(log.account),
            Some(entry) => {
                let bytes = entry.total_bytes();
                log.entry(offset, entry)?;
                window.skip(bytes);
            }
            None => {
                garbage_from = garbage_from.or(Some(offset));
                window.skip(1);
            }
        }
    }
}

struct Log<'take> {
    framer: Framer,
    account: Account,
    autopilot: Option<(u32, u8)>,
    take: Take<'take>,
}

impl Log<'_> {
    fn entry(&mut self, offset: u64, entry: Entry) -> Result<(), String> {
        let Log { framer, account, autopilot, take } = self;
        let unknown_before = framer.totals().unknown_total;
        let (mut done, mut is_good) = (Ok(()), false);
        framer.push(entry.frame, |frame| {
            // Of a frame with a wrong CRC the payload may look like frames.
            if is_good || frame.payload.len() + FRAME_LEAST_BYTES > entry.frame.len() {
                return;
            }
            is_good = true;
            done = one(account, autopilot, take, offset, entry.recorded_us as i64, &frame);
        });
        framer.cut();
        if !is_good && framer.totals().unknown_total > unknown_before {
            account.leave("messages that are not known");
        } else if !is_good {
            account.refuse(|| format!("byte {offset}"), || "a frame with a wrong CRC, or none".into());
        }
        done
    }
}

/// Header and CRC of the shortest frame, MAVLink 1.
const FRAME_LEAST_BYTES: usize = 8;

fn one(
    account: &mut Account,
    autopilot: &mut Option<(u32, u8)>,
    take: &mut Take,
    offset: u64,
    log_us: i64,
    frame: &Frame,
) -> Result<(), String> {
    let (from, payload) = ((frame.system, frame.component), Payload(frame.payload));
    if frame.id == HEARTBEAT && autopilot.is_none() && AnyHeartbeat::read(payload).is_autopilot() {
        *autopilot = Some(from);
    }
    if *autopilot != Some(from) {
        let of =
            if autopilot.is_some() { "of others than the autopilot" } else { "before the first heartbeat" };
        account.leave(of);
        return Ok(());
    }
    match row(frame.id, payload, log_us) {
        Ok(Some((row, changed))) => {
            account.take(&row);
            changed.iter().for_each(|why| account.change(why));
            take(&row)
        }
        Ok(None) => {
            account.leave(&format!("message {}", frame.id));
            Ok(())
        }
        Err(why) => {
            account.refuse(|| format!("byte {offset}"), || why);
            Ok(())
        }
    }
}

type Changed = Vec<&'static str>;

/// The row of a message; `None` where it has no table.
fn row(id: u32, payload: Payload, log_us: i64) -> Result<Option<(Row, Changed)>, String> {
    let mut changed = Vec::new();
    let row = match id {
        HEARTBEAT => {
            let beat = AnyHeartbeat::read(payload).heartbeat();
            let armed = f64::from(u8::from(beat.armed));
            let mut row = Row::new(Table::Mode, log_us, [Some(f64::from(beat.mode.custom)), Some(armed)]);
            row.texts[0] = Some(beat.mode.name().into()).filter(|name| *name != "UNKNOWN");
            row
        }
        GLOBAL_POSITION_INT => {
            let velocity = [20, 22, 24].map(|at| Some(f64::from(payload.i16(at)) / 100.0));
            let [lat, lon] = place(payload.i32(4), payload.i32(8), &mut changed)?;
            let alt = [12, 16].map(|at| Some(f64::from(payload.i32(at)) / 1000.0));
            let [north, east, down] = velocity;
            Row::new(Table::Position, log_us, [lat, lon, alt[0], alt[1], north, east, down])
        }
        GPS_RAW_INT => {
            let gps = inbound::gps(payload);
            let [lat, lon] = place(payload.i32(8), payload.i32(12), &mut changed)?;
            let alt = Some(f64::from(payload.i32(16)) / 1000.0);
            // Its time is the autopilot's own, or UTC; which of both, its size tells.
            let utc_us = Some(payload.u64(0)).filter(|us| STAMP_US.contains(us)).map(|us| us as f64);
            let (fix, satellites) = (Some(f64::from(gps.fix)), gps.satellites.map(f64::from));
            Row::new(Table::Gps, log_us, [utc_us, lat, lon, alt, fix, satellites, None, None, None])
        }
        ATTITUDE => {
            let attitude = inbound::attitude(payload).ok_or("ATTITUDE: an angle that is no number")?;
            let angles = [attitude.roll_rad, attitude.pitch_rad, attitude.yaw_rad];
            Row::new(Table::Attitude, log_us, angles.map(Some))
        }
        SYS_STATUS => {
            let volts = Some(payload.u16(14)).filter(|mv| *mv != u16::MAX).map(|mv| f64::from(mv) / 1000.0);
            let amperes = Some(payload.i16(16)).filter(|ca| *ca >= 0).map(|ca| f64::from(ca) / 100.0);
            let ratio = Some(payload.i8(30)).filter(|percent| *percent >= 0).map(|p| f64::from(p) / 100.0);
            Row::new(Table::Battery, log_us, [volts, amperes, ratio])
        }
        SYSTEM_TIME => match inbound::utc_us(payload) {
            Some(utc_us) => Row::new(Table::Clock, log_us, [Some(utc_us as f64)]),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some((row, changed)))
}

fn place(lat_e7: i32, lon_e7: i32, changed: &mut Changed) -> Result<[Option<f64>; 2], String> {
    match Wgs84::checked(f64::from(lat_e7) / 1e7, f64::from(lon_e7) / 1e7) {
        Some(place) => Ok([Some(place.lat_deg), Some(place.lon_deg)]),
        None if lat_e7 == 0 && lon_e7 == 0 => {
            changed.push("0/0 is no place");
            Ok([None, None])
        }
        None => Err(format!("{lat_e7}, {lon_e7} (1e-7 degrees) is no place")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mavlink::dialects::ardupilotmega::{
        ATTITUDE_DATA, HEARTBEAT_DATA, MavAutopilot, MavMessage, MavType, SYSTEM_TIME_DATA,
    };
    use mavlink::{MavHeader, MavlinkVersion, write_versioned_msg};

    fn recorded(at_us: u64, version: MavlinkVersion, system_id: u8, message: &MavMessage) -> Vec<u8> {
        let mut bytes = at_us.to_be_bytes().to_vec();
        let header = MavHeader { system_id: system_id.into(), component_id: 1, sequence: 0 };
        write_versioned_msg(&mut bytes, version, header, message).unwrap();
        bytes
    }

    #[test]
    fn every_frame_is_taken_refused_or_left() {
        let at_us = 1_767_268_800_000_000;
        let beat = MavMessage::HEARTBEAT(HEARTBEAT_DATA {
            custom_mode: 4,
            mavtype: MavType::MAV_TYPE_QUADROTOR,
            autopilot: MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA,
            ..HEARTBEAT_DATA::default()
        });
        let lies = MavMessage::ATTITUDE(ATTITUDE_DATA { roll: 0.5, ..ATTITUDE_DATA::default() });
        let time = MavMessage::SYSTEM_TIME(SYSTEM_TIME_DATA {
            time_unix_usec: at_us + 7,
            ..SYSTEM_TIME_DATA::default()
        });
        let (one, two) = (MavlinkVersion::V1, MavlinkVersion::V2);
        let mut file = recorded(at_us, one, 1, &lies);
        file.extend(recorded(at_us, two, 1, &beat));
        file.extend(recorded(at_us + 1, one, 1, &lies));
        file.extend([9; 5]);
        let bad_from = file.len();
        file.extend(recorded(at_us + 2, two, 1, &lies));
        file[bad_from + 25] ^= 0x40;
        file.extend(recorded(at_us + 3, two, 7, &lies));
        file.extend(recorded(at_us + 4, two, 1, &time));
        let mut rows = Vec::new();
        let account = read(&mut Window::new(file.as_slice()), &mut |row| {
            rows.push(row.clone());
            Ok(())
        })
        .unwrap();
        assert!(account.adds_up());
        assert_eq!(
            (rows[0].table, rows[0].texts[0].as_deref(), rows[0].values[0]),
            (Table::Mode, Some("GUIDED"), Some(4.0))
        );
        assert_eq!(rows[1], Row::new(Table::Attitude, at_us as i64 + 1, [Some(0.5), Some(0.0), Some(0.0)]));
        assert_eq!(rows[2], Row::new(Table::Clock, at_us as i64 + 4, [Some(at_us as f64 + 7.0)]));
        assert_eq!(
            (account.left["before the first heartbeat"], account.left["of others than the autopilot"]),
            (1, 1)
        );
        let refused: Vec<_> = account.refused.iter().map(|r| r.place.clone()).collect();
        assert_eq!(refused, [format!("byte {}", bad_from - 5), format!("byte {bad_from}")]);
    }

    #[test]
    fn a_real_flight_is_read_in_whole() {
        let Some(folder) = std::env::var_os("SKYHOUND_DATA") else { return };
        let path = std::path::Path::new(&folder).join("tlog/phoenix_mission2_2018-09-25.tlog");
        let Ok(file) = std::fs::File::open(path) else { return };
        let account = read(&mut Window::new(file), &mut |_| Ok(())).unwrap();
        assert!(account.adds_up() && account.sums["import_position"].row_count == 1_616, "{account:?}");
    }
}
