//! What is true now of a flight that flies, as events.

use std::path::Path;

use skyhound::facts::Run;
use skyhound::geo::{NorthEast, Origin, Wgs84};

use super::event::{Aircraft, Beacon, Event, Region, Span, Teller};
use crate::ctl::{EstimateLine, Picture, RegionLine, RegionRow, Status};
use crate::locate::outline;

/// An older position is not sent: TAK holds the aircraft for lost by the last one.
const POSITION_AGE_MAX_S: f64 = 5.0;
/// How long the aircraft's place holds at least.
pub const AIRCRAFT_HOLDS_US: i64 = 30_000_000;
/// And in periods.
const AIRCRAFT_PERIODS: i64 = 3;
/// How long a beacon's place and region hold: what was found stays on the maps when the drone is out of reach, or down.
pub const FOUND_HOLDS_US: i64 = 24 * 3_600_000_000;
/// Which regions are sent, per cent.
pub const PERCENT: u8 = 95;
/// Pieces of a region at most, the largest.
pub const PIECES_MAX: usize = 8;

/// Of one flight.
pub struct Live {
    callsign: String,
    period_us: i64,
    teller: Option<Teller>,
    regions: Vec<Drawn>,
}

/// A region as it was drawn last.
struct Drawn {
    channel: u8,
    at_us: u64,
    rings: Vec<Vec<Wgs84>>,
    /// Most pieces that it ever had.
    pieces_max: usize,
}

impl Live {
    /// Of an aircraft that people call so, told every `period_us`.
    pub fn new(callsign: &str, period_us: u32) -> Live {
        let (teller, regions) = (None, Vec::new());
        Live { callsign: callsign.to_string(), period_us: i64::from(period_us), teller, regions }
    }

    /// Events of now, `now_us` after the flight's start; `None` until its UTC is known, and the flight its file. Whatever was
    /// sent is sent again: datagrams get lost, and people join later.
    pub fn events(&mut self, now_us: u64, status: &Status, picture: &Picture) -> Option<Vec<Event>> {
        let started_us = status.vehicle.started_utc_us?;
        let file = Path::new(status.recorder.file.as_ref()?).file_stem()?.to_string_lossy();
        let callsign = &self.callsign;
        // Kept when there is no file for a while.
        let teller = &*self.teller.get_or_insert_with(|| Teller::new(&file, callsign));
        let utc_us = |us: u64| started_us.saturating_add_unsigned(us);
        let now = utc_us(now_us);
        let found = |at_us: u64| Span::new(now, utc_us(at_us), now.saturating_add(FOUND_HOLDS_US));
        let mut events: Vec<Event> = Vec::new();
        let holds_us = AIRCRAFT_HOLDS_US.max(AIRCRAFT_PERIODS * self.period_us);
        if let Some((aircraft, age_s)) = aircraft(status, now_us) {
            let at = now.saturating_sub((age_s * 1e6) as i64);
            let span = Span::new(now, at, at.saturating_add(holds_us));
            events.extend(span.map(|span| Event::aircraft(teller, span, &aircraft)));
        }
        for line in &picture.estimates {
            let beacon = beacon(line, status);
            events.extend(found(line.at_us).map(|span| Event::beacon(teller, span, &beacon)));
        }
        for line in picture.regions.iter().filter(|line| line.percent == PERCENT) {
            let drawn = drawn(&mut self.regions, line);
            let count = drawn.rings.len();
            for (piece, ring) in drawn.rings.iter().enumerate() {
                let region = Region {
                    channel: line.channel,
                    beacon: line.beacon.clone(),
                    percent: i64::from(line.percent),
                    piece: (piece, count),
                    ring: ring.clone(),
                };
                events.extend(found(line.at_us).and_then(|span| Event::region(teller, span, &region)));
            }
            for piece in count..drawn.pieces_max {
                events.extend(found(now_us).map(|span| Event::taken_away(teller, span, line.channel, piece)));
            }
        }
        Some(events)
    }
}

/// The aircraft and the age of its position, s.
fn aircraft(status: &Status, now_us: u64) -> Option<(Aircraft, f64)> {
    let vehicle = &status.vehicle;
    // By our clock, not the status' own: a control pass that hangs shows an old one.
    let age_s = vehicle.position_age_s? + now_us as f64 / 1e6 - status.uptime_s;
    let at = Wgs84::checked(vehicle.lat_deg?, vehicle.lon_deg?)?;
    if age_s > POSITION_AGE_MAX_S {
        return None;
    }
    let course = status.course.as_ref().map_or(String::new(), |course| format!(", {course}"));
    Some((
        Aircraft {
            at,
            alt_amsl_m: vehicle.alt_amsl_m,
            alt_rel_m: vehicle.alt_rel_m,
            track: vehicle.course_deg.zip(vehicle.speed_mps),
            battery_ratio: vehicle.battery_ratio,
            does: format!("{}{course}", status.state),
        },
        age_s,
    ))
}

fn beacon(line: &EstimateLine, status: &Status) -> Beacon {
    let channel = status.channels.get(usize::from(line.channel));
    let heard = channel.map(|channel| if channel.heard { "heard" } else { "not heard now" });
    let snr_db = channel.filter(|channel| channel.heard).and_then(|channel| channel.snr_db);
    let snr = heard.map(|heard| match snr_db {
        Some(snr_db) => format!("{heard}, SNR {snr_db:.1} dB"),
        None => heard.to_string(),
    });
    Beacon {
        channel: line.channel,
        name: line.beacon.clone(),
        at: Wgs84 { lat_deg: line.lat_deg, lon_deg: line.lon_deg },
        radius_50_m: line.radius_50_m,
        radius_95_m: line.radius_95_m,
        observation_count: i64::from(line.observation_count),
        snr,
    }
}

/// The region's outlines, traced once for each time that it was worked out.
fn drawn<'a>(known: &'a mut Vec<Drawn>, line: &RegionLine) -> &'a Drawn {
    let index = known.iter().position(|drawn| drawn.channel == line.channel).unwrap_or_else(|| {
        known.push(Drawn { channel: line.channel, at_us: u64::MAX, rings: Vec::new(), pieces_max: 0 });
        known.len() - 1
    });
    let drawn = &mut known[index];
    if drawn.at_us != line.at_us {
        drawn.at_us = line.at_us;
        drawn.rings = rings(line);
        drawn.pieces_max = drawn.pieces_max.max(drawn.rings.len());
    }
    drawn
}

fn rings(line: &RegionLine) -> Vec<Vec<Wgs84>> {
    let Some(first) = line.rows.first() else { return Vec::new() };
    let origin = Origin::new(Wgs84 { lat_deg: first.lat_deg, lon_deg: first.lon_deg });
    let run = |row: &RegionRow| {
        let from = origin.ned_from_wgs84(Wgs84 { lat_deg: row.lat_deg, lon_deg: row.lon_deg });
        Run { from, size_m: row.size_m, count: row.square_count }
    };
    let runs: Vec<Run> = line.rows.iter().map(run).collect();
    outer_rings(&origin, outline::of_runs(&runs))
}

/// The outer rings of polygons, the largest first, [`PIECES_MAX`] at most.
pub fn outer_rings(origin: &Origin, polygons: Vec<outline::Polygon>) -> Vec<Vec<Wgs84>> {
    let mut outer: Vec<_> = polygons.into_iter().filter_map(|polygon| polygon.into_iter().next()).collect();
    let area2_m2 = |ring: &[NorthEast]| {
        let cross = |pair: &[NorthEast]| pair[0].east_m * pair[1].north_m - pair[1].east_m * pair[0].north_m;
        ring.windows(2).map(cross).sum::<f64>()
    };
    outer.sort_by(|a, b| area2_m2(b).total_cmp(&area2_m2(a)));
    outer.truncate(PIECES_MAX);
    outer.into_iter().map(|ring| ring.into_iter().map(|at| origin.wgs84_from_ned(at)).collect()).collect()
}
