//! What stands in the `.sigmf-meta` of an excerpt (SigMF 1.2): where its samples were taken, when, how, and what was heard in them.
//!
//! A stretch without a gap, at one frequency and gain, is a capture; `core:global_index` counts the samples that are missing between. Keys
//! of our own begin with `skyhound:` and need not be understood.

use super::history::datatype;
use crate::sdr::block::Tuned;
use serde_json::{Map, Value, json};
use skyhound::facts::Detection;
use skyhound::geo::Wgs84;
use skyhound::record::Name;
use skyhound::signal::SampleFormat;
use skyhound::time::TimeUs;

const SIGMF_VERSION: &str = "1.2.6";

/// What is the same for all excerpts of a flight.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The samples' form.
    pub format: SampleFormat,
    /// Samples per second.
    pub sample_rate_sps: f64,
    /// What they were taken with, in words.
    pub hardware: String,
    /// The program and its version.
    pub recorder: String,
}

/// A detection, with what the file of its samples tells of it.
#[derive(Copy, Clone, Debug)]
pub struct Heard {
    /// It.
    pub detection: Detection,
    /// The beacon's name.
    pub name: Name,
    /// Lower and upper edge of its channel, Hz.
    pub edges_hz: (f64, f64),
    /// Where the aircraft was.
    pub place: Option<Wgs84>,
    /// Its altitude above home, m.
    pub alt_rel_m: Option<f64>,
}

/// A stretch of samples without a gap, of one frequency and gain.
#[derive(Copy, Clone, Debug)]
pub struct Capture {
    /// Its first sample in the file.
    pub sample_start: u64,
    /// The same in the stream, lost ones counted in.
    pub sample_index: u64,
    /// When that was taken.
    pub acquired_us: TimeUs,
    /// Samples missing before it, since the capture before.
    pub lost_samples: u64,
    /// How the receiver stood.
    pub tuned: Tuned,
}

/// UTC at time 0.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Utc {
    /// µs since 1970.
    pub started_us: i64,
    /// Who tells: `gps`, `recording` or `system`.
    pub source: &'static str,
}

/// An excerpt, of which this tells.
pub struct Told<'a> {
    /// What all share.
    pub origin: &'a Origin,
    /// Its captures, one at least.
    pub captures: &'a [Capture],
    /// What was heard.
    pub heard: &'a [Heard],
    /// Its samples.
    pub sample_count: u64,
    /// UTC at time 0.
    pub utc: Utc,
}

impl Told<'_> {
    /// The metadata; `sha512` is of the file of samples, once that is whole.
    pub fn to_json(&self, sha512: Option<&str>) -> Value {
        let Origin { format, sample_rate_sps, hardware, recorder } = self.origin;
        let names: Vec<_> = self.heard.iter().map(|heard| heard.name.as_str()).collect();
        let mut global = json!({
            "core:version": SIGMF_VERSION,
            "core:datatype": datatype(*format),
            "core:sample_rate": sample_rate_sps,
            "core:num_channels": 1,
            "core:hw": hardware,
            "core:recorder": recorder,
            "core:description": format!("samples around what was heard of {}", names.join(", ")),
            "core:extensions": [{"name": "skyhound", "version": "1.0.0", "optional": true}],
            "skyhound:utc_source": self.utc.source,
        });
        if let Some(sha512) = sha512 {
            global["core:sha512"] = json!(sha512);
        }
        // Where the aircraft was when the first of it was confirmed; its annotations tell the others' places.
        if let Some(place) = self.heard.iter().find_map(|heard| heard.place) {
            global["core:geolocation"] = point(place);
        }
        let captures: Vec<_> = self.captures.iter().map(|capture| self.capture(capture)).collect();
        let mut heard: Vec<_> = self.heard.iter().map(|heard| self.annotation(heard)).collect();
        // The standard asks for this order.
        heard.sort_by_key(|annotation| annotation["core:sample_start"].as_u64());
        json!({"global": global, "captures": captures, "annotations": heard})
    }

    fn capture(&self, capture: &Capture) -> Value {
        let Capture { sample_start, sample_index, acquired_us, lost_samples, tuned } = *capture;
        let utc_us = self.utc.started_us.saturating_add(acquired_us.0 as i64);
        let mut told = Map::new();
        told.insert("core:sample_start".into(), json!(sample_start));
        told.insert("core:global_index".into(), json!(sample_index));
        if let Ok(time) = jiff::Timestamp::from_microsecond(utc_us) {
            told.insert("core:datetime".into(), json!(format!("{time:.6}")));
        }
        if tuned.center_hz.is_finite() {
            told.insert("core:frequency".into(), json!(tuned.center_hz));
        }
        if tuned.gain_db.is_finite() {
            told.insert("skyhound:gain_db".into(), json!(tuned.gain_db));
        }
        told.insert("skyhound:acquired_us".into(), json!(acquired_us.0));
        told.insert("skyhound:lost_samples".into(), json!(lost_samples));
        Value::Object(told)
    }

    fn annotation(&self, heard: &Heard) -> Value {
        let detection = &heard.detection;
        let start = self.sample_at(detection.began_us);
        // One that was not over when the file was is in it to the end.
        let end = detection.ended_us.map_or(self.sample_count, |at| self.sample_at(at)).max(start);
        let carrier = detection.heard.map_or(String::new(), |heard| {
            format!(", {:.1} dB-Hz at {:.6} MHz", heard.cn0_db_hz, heard.frequency_hz / 1e6)
        });
        let mut told = json!({
            "core:sample_start": start,
            "core:sample_count": end - start,
            "core:freq_lower_edge": heard.edges_hz.0,
            "core:freq_upper_edge": heard.edges_hz.1,
            "core:label": heard.name.as_str(),
            "core:comment": format!(
                "detection {}, {}: SNR up to {:.1} dB{carrier}; chance of a false alarm at most {:.1e}",
                detection.id,
                detection.kind.name(),
                detection.snr_peak_db,
                detection.false_alarm_probability
            ),
            "core:generator": self.origin.recorder,
            "skyhound:detection": detection.id,
        });
        if let Some(place) = heard.place {
            told["skyhound:geolocation"] = point(place);
            told["skyhound:alt_rel_m"] = json!(heard.alt_rel_m);
        }
        told
    }

    /// The sample of the file that was taken at this time, or the next to it that there is.
    fn sample_at(&self, at: TimeUs) -> u64 {
        let number = self.captures.partition_point(|capture| capture.acquired_us <= at);
        let Some(capture) = number.checked_sub(1).map(|number| &self.captures[number]) else { return 0 };
        let end = self.captures.get(number).map_or(self.sample_count, |next| next.sample_start);
        let since = at.since_us(capture.acquired_us) as f64 * self.origin.sample_rate_sps / 1e6;
        (capture.sample_start + since.round() as u64).min(end)
    }
}

/// Longitude first, as GeoJSON has it. Its third number would be the height over the ellipsoid, which is not known.
fn point(place: Wgs84) -> Value {
    json!({"type": "Point", "coordinates": [place.lon_deg, place.lat_deg]})
}
