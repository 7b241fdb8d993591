//! Cursor-on-Target of how a flight ended: where the aircraft was last, where each beacon is, its region.

use super::super::debrief::Debrief;
use super::super::place::PlaceLine;
use super::super::way::{bearing_deg, distance_m};
use crate::cot::{
    AIRCRAFT_HOLDS_US, Aircraft, Beacon, Event, FOUND_HOLDS_US, PERCENT, Region, Span, Teller, outer_rings,
};

/// A way between two positions that tells a course, m.
const COURSE_WAY_M: f64 = 1.0;

/// All of it, by the flight's own UTC.
pub fn events(flight: &Debrief, callsign: &str) -> Vec<Event> {
    let teller = Teller::new(&flight.report.name, callsign);
    let last = flight.fixes.last().and_then(|fix| {
        let at_us = flight.utc_us(fix.at_us);
        let span = Span::new(at_us, at_us, at_us.saturating_add(AIRCRAFT_HOLDS_US))?;
        Some(Event::aircraft(&teller, span, &aircraft(flight)?))
    });
    last.into_iter().chain(found(flight, callsign, |at_us| (at_us, at_us))).collect()
}

/// What was found, as it is told at `now_us` (µs since 1970 UTC), when no aircraft is there any more.
pub fn found_at(flight: &Debrief, callsign: &str, now_us: i64) -> Vec<Event> {
    found(flight, callsign, |at_us| (now_us, at_us)).collect()
}

fn found(flight: &Debrief, callsign: &str, times: impl Fn(i64) -> (i64, i64)) -> impl Iterator<Item = Event> {
    let teller = Teller::new(&flight.report.name, callsign);
    flight.places.iter().flat_map(move |place| {
        let (time_us, start_us) = times(flight.utc_us((place.at_s * 1e6) as i64));
        let span = Span::new(time_us, start_us, time_us.saturating_add(FOUND_HOLDS_US));
        let channel = u8::try_from(place.channel).ok();
        span.zip(channel).map_or_else(Vec::new, |(span, channel)| {
            let mut events = vec![Event::beacon(&teller, span.clone(), &beacon(flight, place, channel))];
            events.extend(
                regions(flight, place, channel)
                    .filter_map(|region| Event::region(&teller, span.clone(), &region)),
            );
            events
        })
    })
}

fn aircraft(flight: &Debrief) -> Option<Aircraft> {
    let last = flight.fixes.last()?;
    let before = flight.fixes.iter().rev().nth(1);
    let course = before.filter(|before| distance_m(before.at, last.at) > COURSE_WAY_M);
    Some(Aircraft {
        at: last.at,
        alt_amsl_m: Some(last.alt_amsl_m),
        alt_rel_m: Some(last.alt_rel_m),
        track: course.map(|before| (bearing_deg(before.at, last.at), last.speed_mps)),
        battery_ratio: None,
        does: "as it was last seen".to_string(),
    })
}

fn beacon(flight: &Debrief, place: &PlaceLine, channel: u8) -> Beacon {
    let heard = flight.heard.iter().find(|heard| heard.channel == place.channel);
    Beacon {
        channel,
        name: place.beacon.clone(),
        at: place.at(),
        radius_50_m: place.radius_50_m,
        radius_95_m: place.radius_95_m,
        observation_count: place.observation_count,
        snr: heard.map(|heard| format!("SNR {:.1} dB at best", heard.snr_peak_db)),
    }
}

fn regions(flight: &Debrief, place: &PlaceLine, channel: u8) -> impl Iterator<Item = Region> {
    let its = flight
        .regions
        .iter()
        .find(|region| (region.channel, region.percent) == (place.channel, i64::from(PERCENT)));
    let rings = its.map_or_else(Vec::new, |region| outer_rings(&region.origin, region.polygons()));
    let count = rings.len();
    rings.into_iter().enumerate().map(move |(piece, ring)| Region {
        channel,
        beacon: place.beacon.clone(),
        percent: i64::from(PERCENT),
        piece: (piece, count),
        ring,
    })
}
