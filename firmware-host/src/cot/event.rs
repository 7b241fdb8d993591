//! One event: what it is, where, when, and how long that holds.
//!
//! Ids are made of the flight's name and the channel's number, so that a later event takes the place of an earlier one, whoever sent it: the
//! flying daemon, or a report of its file. Heights are told in words: an event wants them over the ellipsoid, and an autopilot tells them over
//! the sea.

use std::fmt;

use skyhound::geo::Wgs84;

use super::ring;
use crate::maps::{escaped, utc_text};
use crate::store::name_and_number;
use crate::version::VERSION;

/// What is not known, as TAK writes it, m.
const UNKNOWN_M: &str = "9999999.0";
/// A friend's rotary-wing drone in the air (MIL-STD-2525: air, military, rotary, unmanned).
const DRONE: &str = "a-f-A-M-H-Q";
/// Something on the ground of which nobody says whose it is.
const BEACON: &str = "a-u-G";
/// Drawn by hand: a polygon.
const DRAWING: &str = "u-d-f";
/// TAK takes away what this names.
const TAKEN_AWAY: &str = "t-x-d-d";
/// Red-orange and orange as TAK takes colours: signed ARGB; the fill is a quarter as strong. The same that maps and pages have.
const BEACON_ARGB: i32 = 0xffd5_5e00_u32 as i32;
const REGION_ARGB: i32 = 0xffe6_9f00_u32 as i32;
const FILL_ARGB: i32 = 0x40e6_9f00_u32 as i32;

/// When an event was made, and from when to when it holds: as texts, UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    time: String,
    start: String,
    stale: String,
}

impl Span {
    /// Made at `time_us`, of what was so at `start_us`, held for old at `stale_us`; all µs since 1970 UTC. `None`: those are no times.
    pub fn new(time_us: i64, start_us: i64, stale_us: i64) -> Option<Span> {
        Some(Span { time: utc_text(time_us)?, start: utc_text(start_us)?, stale: utc_text(stale_us)? })
    }
}

/// Who tells: of ids and remarks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Teller {
    id: String,
    callsign: String,
}

impl Teller {
    /// Of a flight by the name of its file (`NAME`, or `NAME-2` of the same flight), as people call it.
    pub fn new(flight: &str, callsign: &str) -> Teller {
        let (first, _) = name_and_number(flight);
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' };
        Teller {
            id: format!("skyhound.{}", first.chars().map(plain).collect::<String>()),
            callsign: callsign.to_string(),
        }
    }

    fn beacon_id(&self, channel: u8) -> String {
        format!("{}.{channel}", self.id)
    }

    fn region_id(&self, channel: u8, piece: usize) -> String {
        format!("{}.{channel}.region.{piece}", self.id)
    }
}

/// The aircraft.
#[derive(Clone, Debug, PartialEq)]
pub struct Aircraft {
    /// Where.
    pub at: Wgs84,
    /// Over the sea, m.
    pub alt_amsl_m: Option<f64>,
    /// Over home, m.
    pub alt_rel_m: Option<f64>,
    /// Course over the ground from true north, 0..360 degrees, and speed over it, m/s.
    pub track: Option<(f64, f64)>,
    /// Remaining battery, 0..=1.
    pub battery_ratio: Option<f64>,
    /// What it does, in words; may be empty.
    pub does: String,
}

/// Where a beacon is.
#[derive(Clone, Debug, PartialEq)]
pub struct Beacon {
    /// Number of its channel.
    pub channel: u8,
    /// Its name.
    pub name: String,
    /// Mean of the posterior.
    pub at: Wgs84,
    /// Radius of a circle as large as the smallest region that holds it with 50 %, m.
    pub radius_50_m: f64,
    /// Likewise with 95 %, m.
    pub radius_95_m: f64,
    /// Observations in it.
    pub observation_count: i64,
    /// SNR in words, for example `SNR 12.3 dB`.
    pub snr: Option<String>,
}

/// A piece of a region.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Number of the beacon's channel.
    pub channel: u8,
    /// The beacon's name.
    pub beacon: String,
    /// Probability of the whole region, per cent.
    pub percent: i64,
    /// Number of the piece, and how many there are.
    pub piece: (usize, usize),
    /// Corners, the last of which is the first.
    pub ring: Vec<Wgs84>,
}

/// One event. Displayed, it is its XML, without a line's end.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    id: String,
    kind: &'static str,
    how: &'static str,
    span: Span,
    at: Wgs84,
    circle_m: Option<f64>,
    detail: String,
}

impl Event {
    /// The aircraft.
    pub fn aircraft(teller: &Teller, span: Span, aircraft: &Aircraft) -> Event {
        let track = aircraft.track.map_or(String::new(), |(course_deg, speed_mps)| {
            format!("<track course=\"{course_deg:.1}\" speed=\"{speed_mps:.2}\"/>")
        });
        let battery = aircraft.battery_ratio.filter(|ratio| (0.0..=1.0).contains(ratio));
        let battery = battery
            .map_or(String::new(), |ratio| format!("<status battery=\"{:.0}\"/>", (100.0 * ratio).round()));
        let height = |m: Option<f64>, from: &str| m.map(|m| format!("{m:.0} m over {from}"));
        let said = [
            Some(aircraft.does.clone()).filter(|does| !does.is_empty()),
            height(aircraft.alt_rel_m, "home"),
            height(aircraft.alt_amsl_m, "the sea"),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        let detail = format!(
            "<takv platform=\"skyhound\" version=\"{}\"/>{}{track}{battery}{}",
            escaped(VERSION),
            contact(&teller.callsign),
            remarks(&said.join("; "))
        );
        let (id, at) = (teller.id.clone(), aircraft.at);
        Event { id, kind: DRONE, how: "m-g", span, at, circle_m: None, detail }
    }

    /// Where a beacon is believed to be; `ce` is its circle of 95 %.
    pub fn beacon(teller: &Teller, span: Span, beacon: &Beacon) -> Event {
        let snr = beacon.snr.as_ref().map_or(String::new(), |snr| format!("{snr}; "));
        let said = format!(
            "95 % within a region as large as a circle of {:.0} m radius, 50 % of {:.0} m; {snr}{} observations; worked out {}",
            beacon.radius_95_m, beacon.radius_50_m, beacon.observation_count, span.start
        );
        let detail = format!(
            "{}{}{}<color argb=\"{BEACON_ARGB}\"/><archive/>",
            told_by(teller),
            contact(&beacon.name),
            remarks(&said)
        );
        Event {
            id: teller.beacon_id(beacon.channel),
            kind: BEACON,
            how: "m-f",
            span,
            at: beacon.at,
            circle_m: Some(beacon.radius_95_m),
            detail,
        }
    }

    /// A piece of a region, with few corners and never smaller than it is; `None` where it has no three.
    pub fn region(teller: &Teller, span: Span, region: &Region) -> Option<Event> {
        let ring = ring::covering(&region.ring);
        if ring.len() < 4 {
            return None;
        }
        let corners = (ring.len() - 1) as f64;
        let middle = |of: fn(&Wgs84) -> f64| ring.iter().skip(1).map(of).sum::<f64>() / corners;
        let at = Wgs84 { lat_deg: middle(|at| at.lat_deg), lon_deg: middle(|at| at.lon_deg) };
        let links: String =
            ring.iter().map(|at| format!("<link point=\"{:.7},{:.7}\"/>", at.lat_deg, at.lon_deg)).collect();
        let (piece, count) = region.piece;
        let title = match count {
            1 => format!("{} {} %", region.beacon, region.percent),
            _ => format!("{} {} % ({} of {count})", region.beacon, region.percent, piece + 1),
        };
        let said = format!(
            "the smallest region that holds {} with {} %, its edge made plainer outwards, holes left out; worked out {} by {}",
            region.beacon, region.percent, span.start, teller.callsign
        );
        let detail = format!(
            "{links}<strokeColor value=\"{REGION_ARGB}\"/><strokeWeight value=\"2.0\"/><fillColor value=\"{FILL_ARGB}\"/>\
             {}{}<archive/><labels_on value=\"false\"/>",
            contact(&title),
            remarks(&said)
        );
        let id = teller.region_id(region.channel, piece);
        Some(Event { id, kind: DRAWING, how: "m-f", span, at, circle_m: None, detail })
    }

    /// That a piece of a region is there no more.
    pub fn taken_away(teller: &Teller, span: Span, channel: u8, piece: usize) -> Event {
        let id = teller.region_id(channel, piece);
        let detail = format!("<link uid=\"{id}\" type=\"{DRAWING}\" relation=\"p-p\"/><__forcedelete/>");
        let at = Wgs84 { lat_deg: 0.0, lon_deg: 0.0 };
        Event { id: format!("{id}.gone"), kind: TAKEN_AWAY, how: "m-g", span, at, circle_m: None, detail }
    }

    /// As it is sent: a document of its own.
    pub fn message(&self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n{self}\n")
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event { id, kind, how, span: Span { time, start, stale }, at, circle_m, detail } = self;
        let circle = circle_m.filter(|m| m.is_finite()).map_or(UNKNOWN_M.to_string(), |m| format!("{m:.1}"));
        write!(
            f,
            "<event version=\"2.0\" uid=\"{}\" type=\"{kind}\" how=\"{how}\" time=\"{time}\" start=\"{start}\" stale=\"{stale}\">\
             <point lat=\"{:.7}\" lon=\"{:.7}\" hae=\"{UNKNOWN_M}\" ce=\"{circle}\" le=\"{UNKNOWN_M}\"/><detail>{detail}</detail></event>",
            escaped(id),
            at.lat_deg,
            at.lon_deg
        )
    }
}

fn contact(callsign: &str) -> String {
    format!("<contact callsign=\"{}\"/>", escaped(callsign))
}

fn remarks(text: &str) -> String {
    format!("<remarks>{}</remarks>", escaped(text))
}

/// Which aircraft it comes from.
fn told_by(teller: &Teller) -> String {
    format!(
        "<link uid=\"{}\" type=\"{DRONE}\" relation=\"p-p\" parent_callsign=\"{}\"/>",
        escaped(&teller.id),
        escaped(&teller.callsign)
    )
}
