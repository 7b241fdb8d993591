//! A flight as MCAP (mcap.dev), for Foxglove and Lichtblick: schemas by JSON Schema, messages in JSON, times in UTC.
//!
//! `/position` and `/estimate/BEACON` are `foxglove.LocationFix`, `/region/BEACON` and `/map` are `foxglove.GeoJSON` (both by Foxglove's
//! published schemas); `/power/BEACON` is our own, numbers that any plot takes. Chunks are not compressed: that would need C libraries.

use crate::maps::geojson;
use crate::report::Debrief;
use crate::report::believed::Believed;
use crate::report::features::{features, region_features};
use crate::report::powers::Power;
use mcap::records::MessageHeader;
use mcap::{McapResult, WriteOptions, Writer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Cursor;

/// Of `position_covariance_type`: unknown, known.
const UNKNOWN: u8 = 0;
const KNOWN: u8 = 3;

/// One flight.
///
/// # Errors
/// None that memory could have.
pub fn write(flight: &Debrief, powers: &[Power]) -> McapResult<Vec<u8>> {
    let options = WriteOptions::new().compression(None).library("skyhound");
    let mut file = File { writer: options.create(Cursor::new(Vec::new()))?, sequences: BTreeMap::new() };
    let fix = file.schema("foxglove.LocationFix", &location_fix())?;
    let map = file.schema("foxglove.GeoJSON", &geojson_schema())?;
    let power = file.schema("skyhound.Power", &power_schema())?;
    let mut messages: Vec<(i64, u16, Value)> = Vec::new();
    let position = file.channel(fix, "/position")?;
    for fix in &flight.fixes {
        let at_us = flight.utc_us(fix.at_us);
        let (lat, lon, alt) = (fix.at.lat_deg, fix.at.lon_deg, fix.alt_amsl_m);
        messages.push((at_us, position, located(at_us, [lat, lon, alt], [0.0; 9], UNKNOWN)));
    }
    for one in &flight.believed {
        let channel = file.channel(fix, &topic("estimate", &one.beacon))?;
        let at_us = flight.utc_us(one.at_us);
        let place = [one.at.lat_deg, one.at.lon_deg, 0.0];
        messages.push((at_us, channel, located(at_us, place, east_north_up(one), KNOWN)));
    }
    for one in powers {
        let channel = file.channel(power, &topic("power", &one.beacon))?;
        let at_us = flight.utc_us(one.at_us);
        messages.push((
            at_us,
            channel,
            json!({
                "timestamp": timestamp(at_us),
                "power_dbfs": one.power_dbfs,
                "floor_dbfs": one.floor_dbfs,
                "snr_db": one.snr_db,
                "heard": one.is_heard,
            }),
        ));
    }
    // What is known at the end stands at its end.
    let end_us = messages.iter().map(|(at_us, ..)| *at_us).max().unwrap_or(flight.started_utc_us);
    for (beacon, region) in region_features(flight) {
        let channel = file.channel(map, &topic("region", &beacon))?;
        messages.push((end_us, channel, json!({ "geojson": geojson::collection(&[region]).to_string() })));
    }
    let all = file.channel(map, "/map")?;
    messages.push((end_us, all, json!({ "geojson": geojson::collection(&features(flight)).to_string() })));
    messages.sort_by_key(|(at_us, ..)| *at_us);
    for (at_us, channel, message) in messages {
        file.message(at_us, channel, &message)?;
    }
    file.writer.finish()?;
    Ok(file.writer.into_inner().into_inner())
}

struct File {
    writer: Writer<Cursor<Vec<u8>>>,
    sequences: BTreeMap<u16, u32>,
}

impl File {
    fn schema(&mut self, name: &str, schema: &Value) -> McapResult<u16> {
        self.writer.add_schema(name, "jsonschema", schema.to_string().as_bytes())
    }

    /// The same topic has the same channel.
    fn channel(&mut self, schema: u16, topic: &str) -> McapResult<u16> {
        self.writer.add_channel(schema, topic, "json", &BTreeMap::new())
    }

    fn message(&mut self, at_us: i64, channel_id: u16, message: &Value) -> McapResult<()> {
        let sequence = self.sequences.entry(channel_id).or_default();
        *sequence += 1;
        let log_time = u64::try_from(at_us).unwrap_or(0) * 1_000;
        let header = MessageHeader { channel_id, sequence: *sequence, log_time, publish_time: log_time };
        self.writer.write_to_known_channel(&header, message.to_string().as_bytes())
    }
}

/// Topics are paths: what a name has of slashes and blanks becomes a line.
fn topic(kind: &str, beacon: &str) -> String {
    let beacon: String = beacon.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    format!("/{kind}/{beacon}")
}

fn timestamp(at_us: i64) -> Value {
    json!({ "sec": at_us.div_euclid(1_000_000), "nsec": at_us.rem_euclid(1_000_000) * 1_000 })
}

fn located(at_us: i64, [lat, lon, alt]: [f64; 3], covariance: [f64; 9], kind: u8) -> Value {
    json!({
        "timestamp": timestamp(at_us),
        "frame_id": "wgs84",
        "latitude": lat,
        "longitude": lon,
        "altitude": alt,
        "position_covariance": covariance,
        "position_covariance_type": kind,
    })
}

/// Row by row, of a tangential plane.
fn east_north_up(one: &Believed) -> [f64; 9] {
    let [north, covariance, east] = one.covariance_m2;
    [east, covariance, 0.0, covariance, north, 0.0, 0.0, 0.0, 0.0]
}

fn time_schema() -> Value {
    json!({
        "type": "object",
        "title": "time",
        "properties": { "sec": { "type": "integer", "minimum": 0 }, "nsec": { "type": "integer", "minimum": 0, "maximum": 999_999_999 } },
    })
}

fn location_fix() -> Value {
    json!({
        "title": "foxglove.LocationFix",
        "description": "A navigation satellite fix for any Global Navigation Satellite System",
        "type": "object",
        "properties": {
            "timestamp": time_schema(),
            "frame_id": { "type": "string" },
            "latitude": { "type": "number", "description": "Latitude in degrees" },
            "longitude": { "type": "number", "description": "Longitude in degrees" },
            "altitude": { "type": "number", "description": "Altitude in meters" },
            "position_covariance": {
                "type": "array",
                "items": { "type": "number" },
                "minItems": 9,
                "maxItems": 9,
                "description": "Position covariance (m^2) defined relative to a tangential plane: East, North, Up, in row-major order",
            },
            "position_covariance_type": {
                "title": "foxglove.PositionCovarianceType",
                "oneOf": [
                    { "title": "UNKNOWN", "const": 0 },
                    { "title": "APPROXIMATED", "const": 1 },
                    { "title": "DIAGONAL_KNOWN", "const": 2 },
                    { "title": "KNOWN", "const": 3 },
                ],
            },
        },
    })
}

fn geojson_schema() -> Value {
    json!({
        "title": "foxglove.GeoJSON",
        "description": "GeoJSON data for annotating maps",
        "type": "object",
        "properties": { "geojson": { "type": "string", "description": "GeoJSON data encoded as a UTF-8 string" } },
    })
}

fn power_schema() -> Value {
    let number = |what: &str| json!({ "type": "number", "description": what });
    json!({
        "title": "skyhound.Power",
        "type": "object",
        "properties": {
            "timestamp": time_schema(),
            "power_dbfs": number("Power of the channel, dB over full scale"),
            "floor_dbfs": number("Noise floor of the channel, dB over full scale"),
            "snr_db": number("Power over the floor, dB"),
            "heard": { "type": "boolean", "description": "Whether a detection is open" },
        },
    })
}
