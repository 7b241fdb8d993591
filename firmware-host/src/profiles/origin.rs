//! Profiles of PISAD, the system that Skyhound's users come from: its JSON, by the fields that it documents, as profiles of ours.
//!
//! One object, a list of them, or rows of its table `config_profiles`, whose parts are JSON in text. Nothing is dropped silently: each
//! field is taken, taken changed, or left, and told with the reason.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::settings::profile::About;

/// A profile as its text, and what became of each field.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Imported {
    /// By which it was called there.
    pub title: String,
    /// The same as a name of ours.
    pub name: String,
    /// As TOML.
    pub text: String,
    /// Fields that were taken as they are, and as what.
    pub taken: Vec<String>,
    /// Fields that mean something else here, and as what they were taken.
    pub changed: Vec<String>,
    /// Fields that were left, and why.
    pub left: Vec<String>,
}

/// Readings a second of the origin, for which its filter's weight is told.
const READING_HZ: f64 = 10.0;
/// Shortest and longest time constant of ours, s.
const TIME_CONSTANT_S: (f64, f64) = (0.01, 60.0);
/// How a part of it is called: in its JSON, and in the columns of its table.
const PARTS: [(&str, &str); 4] = [
    ("sdrConfig", "sdr_config"),
    ("signalConfig", "signal_config"),
    ("homingConfig", "homing_config"),
    ("geofenceConfig", "geofence_config"),
];

/// The origin's profiles in a text; `None` where it is no JSON at all.
///
/// # Errors
/// It is JSON, and what of it is no profile.
pub fn read(text: &str) -> Option<Result<Vec<Imported>, String>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let several = match value {
        Value::Object(mut fields) => match fields.remove("profiles") {
            Some(Value::Array(several)) if fields.is_empty() => several,
            Some(other) => return Some(Err(format!("profiles: {other} is no list of profiles alone"))),
            None => vec![Value::Object(fields)],
        },
        Value::Array(several) => several,
        other => return Some(Err(format!("{other} is no profile; write an object, or a list of them"))),
    };
    if several.is_empty() {
        return Some(Err("there is no profile in the list".into()));
    }
    let one = |(index, value): (usize, &Value)| {
        let fields = value.as_object().ok_or_else(|| format!("profile {}: is no object", index + 1))?;
        imported(fields).map_err(|why| format!("profile {}: {why}", index + 1))
    };
    Some(several.iter().enumerate().map(one).collect())
}

fn imported(fields: &Map<String, Value>) -> Result<Imported, String> {
    let title = fields.get("name").and_then(Value::as_str).map(str::trim).filter(|title| !title.is_empty());
    let title = title.ok_or("name: is not told")?;
    let mut import = Import {
        told: Imported { title: title.into(), name: name_of(title), ..Imported::default() },
        ..Import::default()
    };
    let mut description = title.to_string();
    for (field, value) in fields {
        let part = PARTS.iter().find(|(json, column)| field == json || field == column);
        match (part, field.as_str(), value) {
            (Some((part, _)), _, value) => import.part(part, value)?,
            (None, "description", Value::String(text)) => {
                if !text.trim().is_empty() {
                    description = format!("{title}: {}", text.trim());
                }
            }
            (None, "isDefault" | "is_default", Value::Bool(false) | Value::Null) => {}
            (None, "isDefault" | "is_default", Value::Number(number)) if number.as_i64() == Some(0) => {}
            (None, "isDefault" | "is_default", _) => {
                import.leave(field, "`skyhound profile default NAME` marks it here");
            }
            // Of the origin's own bookkeeping nothing is meant for the receiver.
            (
                None,
                "name" | "description" | "id" | "createdAt" | "created_at" | "updatedAt" | "updated_at",
                _,
            ) => {}
            (None, ..) => import.leave(field, "is no field of a profile"),
        }
    }
    import.check()?;
    let about =
        About { description: line(&description), source: Some("a PISAD profile".into()), band_hz: None };
    Ok(import.finish(&about))
}

#[derive(Default)]
struct Import {
    told: Imported,
    /// Keys of ours with their values, by section.
    keys: Vec<(&'static str, &'static str, f64)>,
}

impl Import {
    fn part(&mut self, part: &str, value: &Value) -> Result<(), String> {
        // The table keeps a part as JSON in text.
        let parsed;
        let value = match value {
            Value::String(text) => {
                parsed = serde_json::from_str::<Value>(text).map_err(|error| format!("{part}: {error}"))?;
                &parsed
            }
            value => value,
        };
        match value {
            Value::Null => Ok(()),
            Value::Object(fields) => {
                fields.iter().try_for_each(|(field, value)| self.field(part, field, value))
            }
            other => Err(format!("{part}: {other} is no object")),
        }
    }

    fn field(&mut self, part: &str, field: &str, value: &Value) -> Result<(), String> {
        let path = format!("{part}.{field}");
        let number = || {
            let number = value.as_f64().filter(|number| number.is_finite());
            number.ok_or_else(|| format!("{path}: {value} is no number"))
        };
        match (part, field) {
            ("sdrConfig", "frequency") => {
                let hz = number()?;
                self.keys.push(("sdr", "frequency_hz", hz));
                self.take(&path, "beacon", "frequency_hz", hz);
            }
            ("sdrConfig", "sampleRate") => self.take(&path, "sdr", "sample_rate_sps", number()?),
            ("sdrConfig", "bandwidth") => self.take(&path, "sdr", "bandwidth_hz", number()?),
            ("sdrConfig", "gain") if value.as_str().is_some_and(|gain| gain.eq_ignore_ascii_case("auto")) => {
                self.leave(&path, "an automatic gain makes levels mean nothing: the driver's own is kept, or write sdr.gain_db");
            }
            ("sdrConfig", "gain") => self.take(&path, "sdr", "gain_db", number()?),
            ("sdrConfig", "device_args" | "deviceArgs") if value.as_str() == Some("") => {}
            ("sdrConfig", "device_args" | "deviceArgs") => {
                self.leave(&path, "which device it is, is no profile's: write sdr.source")
            }
            ("sdrConfig", "buffer_size" | "bufferSize") => self.leave(&path, "blocks follow from the rate"),
            ("signalConfig", "fftSize") => {
                self.leave(&path, "the FFT's length follows from the rate; sense.fft_len sets another")
            }
            ("signalConfig", "ewmaAlpha") => {
                let alpha = number()?;
                if !(alpha > 0.0 && alpha <= 1.0) {
                    return Err(format!("{path}: {alpha} is no weight; over 0, at most 1"));
                }
                // Of a weight of 1 nothing is filtered.
                let time_s =
                    (-1.0 / READING_HZ / (1.0 - alpha).ln()).clamp(TIME_CONSTANT_S.0, TIME_CONSTANT_S.1);
                let time_s = (time_s * 1e3).round() / 1e3;
                self.change(
                    &path,
                    alpha,
                    "analytics",
                    "ewma_time_constant_s",
                    time_s,
                    "at its 10 readings a second",
                );
            }
            ("signalConfig", "triggerThreshold") => self.threshold(&path, "trigger_db", number()?),
            ("signalConfig", "dropThreshold") => self.threshold(&path, "drop_db", number()?),
            ("homingConfig", "signalLossTimeout") => self.take(&path, "homing", "lost_s", number()?),
            ("homingConfig", "forwardVelocityMax" | "approachVelocity") => {
                self.leave(
                    &path,
                    "how fast is flown is no profile's: write homing.speed_mps in the settings file",
                );
            }
            ("homingConfig", "yawRateMax") => {
                self.leave(&path, "how fast is turned is no profile's: write homing.yaw_rate_max_deg_s (in degrees) in the settings file");
            }
            ("homingConfig", _) => self
                .leave(&path, "the gradient is not climbed here: it is homed by the posterior of the place"),
            ("geofenceConfig", _) => {
                self.leave(&path, "fences are no profile's: write [interlock.fence] in the settings file")
            }
            _ => self.leave(&path, "is no field of a profile"),
        }
        Ok(())
    }

    /// Over the noise floor it is the same as here; a level in dBm is none here.
    fn threshold(&mut self, path: &str, key: &'static str, db: f64) {
        if db > 0.0 {
            return self.take(path, "analytics", key, db);
        }
        let why = format!(
            "{db} dBm is a level: here it is dB over the noise floor, analytics.{key}, whose default holds"
        );
        self.leave(path, &why);
    }

    fn take(&mut self, path: &str, section: &'static str, key: &'static str, value: f64) {
        self.keys.push((section, key, value));
        self.told.taken.push(format!("{path} = {value} as {section}.{key}"));
    }

    fn change(
        &mut self,
        path: &str,
        was: f64,
        section: &'static str,
        key: &'static str,
        value: f64,
        why: &str,
    ) {
        self.keys.push((section, key, value));
        self.told.changed.push(format!("{path} = {was} as {section}.{key} = {value}, {why}"));
    }

    fn leave(&mut self, path: &str, why: &str) {
        self.told.left.push(format!("{path}: {why}"));
    }

    /// What a profile is nothing without.
    fn check(&self) -> Result<(), String> {
        let has_frequency = self.keys.iter().any(|(section, ..)| *section == "beacon");
        if has_frequency { Ok(()) } else { Err("sdrConfig.frequency: is not told".into()) }
    }

    fn finish(mut self, about: &About) -> Imported {
        let mut text = about.to_toml();
        for (section, header) in
            [("sdr", "[sdr]"), ("beacon", "[[beacon]]"), ("analytics", "[analytics]"), ("homing", "[homing]")]
        {
            let own: Vec<_> = self.keys.iter().filter(|(of, ..)| *of == section).collect();
            if own.is_empty() {
                continue;
            }
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{header}\n");
            if section == "beacon" {
                let _ = writeln!(text, "name = \"{}\"", &self.told.name[..self.told.name.len().min(24)]);
            }
            for (_, key, value) in own {
                let _ = writeln!(text, "{key} = {value:?}");
            }
        }
        self.told.text = text;
        self.told
    }
}

/// A title as a name: "WiFi Beacon" is `wifi-beacon`.
fn name_of(title: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || "_.".contains(c) { c.to_ascii_lowercase() } else { '-' };
    let spelt: String = title.chars().map(plain).collect();
    let words: Vec<&str> = spelt.split('-').filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").trim_start_matches(['_', '.', '-']).chars().take(64).collect();
    if name.is_empty() { "imported".into() } else { name }
}

/// A text as a line that a description may be.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(200).collect()
}
