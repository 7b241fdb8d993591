//! Profiles: named parts of the settings that say what is sought and how it is heard, and nothing of how it is flown.
//!
//! A profile is the text of a settings file that holds such keys alone, under a section of its own that tells what it is:
//!
//! ```toml
//! [profile]
//! description = "Holohil's tags of 148 to 174 MHz"
//! source = "class of its data sheets"   # may be left out
//! band_hz = [148e6, 174e6]              # only where each beacon of this kind has a frequency of its own, which is asked for
//!
//! [[beacon]]
//! emission = "pulsed"
//! ```

use std::fmt;

use serde::Deserialize;
use toml::Value;
use toml::de::{DeTable, ValueDeserializer};

use super::keys::{as_number, is_of_profiles, numbers};
use super::layers::{ABOUT, Layers};
use super::text::{sha256, to_toml, toml_value};
use super::{Origin, Settings, SettingsErrors};

/// Characters of a description or a source at most: a line.
const LINE_CHARS_MAX: usize = 200;

/// The profiles that come with the program, by name.
const BUILT_IN: &[(&str, &str)] = &[
    ("avalanche-457", include_str!("profiles/avalanche-457.toml")),
    ("dji-droneid", include_str!("profiles/dji-droneid.toml")),
    ("lora-433", include_str!("profiles/lora-433.toml")),
    ("lora-868", include_str!("profiles/lora-868.toml")),
    ("lora-915", include_str!("profiles/lora-915.toml")),
    ("plb-121", include_str!("profiles/plb-121.toml")),
    ("plb-406", include_str!("profiles/plb-406.toml")),
    ("tag-217", include_str!("profiles/tag-217.toml")),
    ("tag-biotrack", include_str!("profiles/tag-biotrack.toml")),
    ("tag-holohil", include_str!("profiles/tag-holohil.toml")),
    ("tag-lotek-coded", include_str!("profiles/tag-lotek-coded.toml")),
    ("tag-vhf", include_str!("profiles/tag-vhf.toml")),
    ("tracker-433", include_str!("profiles/tracker-433.toml")),
    ("tracker-868", include_str!("profiles/tracker-868.toml")),
    ("tracker-915", include_str!("profiles/tracker-915.toml")),
    ("wifi-2g4", include_str!("profiles/wifi-2g4.toml")),
];

/// What a profile tells of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// What is sought, in a line.
    pub description: String,
    /// Where its numbers come from: a standard, a class of data sheets.
    pub source: Option<String>,
    /// From where to where beacons of this kind are, Hz, when each has a frequency of its own: then the profile holds none, and
    /// whoever uses it tells it.
    pub band_hz: Option<(f64, f64)>,
}

/// A profile, its text checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// By which it is called.
    pub name: String,
    /// Whether it comes with the program.
    pub is_built_in: bool,
    /// What it tells of itself.
    pub about: About,
    /// As it is written.
    pub text: String,
}

/// Which profile is among the settings of a flight.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce {
    /// Its name.
    pub name: String,
    /// SHA-256 of its text.
    pub sha256: String,
    /// Whether it comes with the program.
    pub is_built_in: bool,
    /// Whether it holds because it is marked as the default.
    pub is_marked: bool,
}

impl fmt::Display for InForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.is_built_in { "built in" } else { "your own" };
        let why = if self.is_marked { ", the default" } else { "" };
        write!(f, "profile {} ({of}{why}, {})", self.name, &self.sha256[..12])
    }
}

impl Profile {
    /// The profile that `text` is, its keys and their rules checked. Whether it can be heard is for an engine to say.
    ///
    /// # Errors
    /// Every key that is none, that no profile holds, or whose value does not fit.
    pub fn read(name: &str, text: &str, is_built_in: bool) -> Result<Profile, SettingsErrors> {
        let mut layers = Layers::defaults();
        layers.lay_profile(name, text, false);
        let about = layers.about(name, text);
        let profile = Profile { name: name.to_string(), is_built_in, about, text: text.to_string() };
        if layers.errors.is_empty() && profile.about.band_hz.is_some() {
            let is_told = |path: &String| path.starts_with("beacon.") && path.ends_with(".frequency_hz");
            if let Some(path) = layers.entries.keys().find(|path| is_told(path)).cloned() {
                let origin = layers.entries[&path].origin.clone();
                layers.refuse(
                    &path,
                    origin,
                    "profile.band_hz says that it is asked for; write only one of them",
                );
            }
        }
        Settings::resolve(layers, false).map(|_| profile)
    }

    /// The defaults with this profile over them; where it asks for a frequency, amid its band.
    ///
    /// # Errors
    /// Never of one that was read.
    pub fn settings(&self) -> Result<Settings, SettingsErrors> {
        let mut layers = Layers::defaults();
        layers.lay_profile(&self.name, &self.text, false);
        if let Some((low_hz, high_hz)) = self.about.band_hz {
            for number in 0..layers.beacon_count {
                let path = format!("beacon.{number}.frequency_hz");
                layers.lay(&path, Value::Float((low_hz + high_hz) / 2.0), Origin::Set);
            }
        }
        Settings::resolve(layers, false)
    }

    /// SHA-256 of its text, 64 hexadecimal digits.
    pub fn sha256(&self) -> String {
        sha256(&self.text)
    }

    /// For the flight's record.
    pub fn in_force(&self, is_marked: bool) -> InForce {
        InForce { name: self.name.clone(), sha256: self.sha256(), is_built_in: self.is_built_in, is_marked }
    }

    /// Those that come with the program, by name.
    pub fn built_in() -> impl Iterator<Item = Profile> {
        BUILT_IN.iter().filter_map(|(name, text)| Profile::read(name, text, true).ok())
    }
}

impl Settings {
    /// The text of a profile of what is written of these settings and a profile holds, and which keys are left out.
    pub fn to_profile(&self, about: &About) -> (String, Vec<String>) {
        let rows = self.rows();
        let own_beacons =
            rows.iter().any(|(path, _, origin)| path.starts_with("beacon.") && *origin != Origin::Default);
        // Of each beacon something must be written, or it would not be there.
        let is_name = |path: &str| own_beacons && path.starts_with("beacon.") && path.ends_with(".name");
        let written =
            rows.into_iter().filter(|(path, _, origin)| *origin != Origin::Default || is_name(path));
        let (kept, left): (Vec<_>, Vec<_>) = written.partition(|(path, _, _)| is_of_profiles(path));
        let kept = kept.into_iter().map(|(path, value, _)| match path.as_str() {
            // Wherever it is used from.
            "antenna.pattern" => (path, self.absolute_pattern().unwrap_or(value)),
            _ => (path, value),
        });
        let text = format!("{}\n{}", about.to_toml(), to_toml(kept));
        (text, left.into_iter().map(|(path, _, _)| path).collect())
    }

    fn absolute_pattern(&self) -> Option<String> {
        let super::AntennaSettings::Directional(path, _) = &self.antenna else { return None };
        let path = std::path::absolute(path).ok()?;
        Some(toml_value(&Value::String(path.to_str()?.to_string())))
    }
}

impl About {
    /// As it stands in the profile's text.
    pub fn to_toml(&self) -> String {
        let text = |text: &str| toml_value(&Value::String(text.to_string()));
        let rows = [
            Some(("description", text(&self.description))),
            self.source.as_deref().map(|source| ("source", text(source))),
            self.band_hz.map(|(low_hz, high_hz)| ("band_hz", format!("[{low_hz:?}, {high_hz:?}]"))),
        ];
        to_toml(rows.into_iter().flatten().map(|(name, value)| (format!("{ABOUT}.{name}"), value)))
    }
}

impl Layers {
    /// What a profile tells of itself, its mistakes beside the others.
    fn about(&mut self, name: &str, text: &str) -> About {
        let mut about = About::default();
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return about;
        }
        let origin = |at: usize| Origin::Profile(name.to_string(), super::layers::line_of(text, at));
        let Some(told) = table.get_ref().get(ABOUT).and_then(|told| told.get_ref().as_table()) else {
            self.refuse(
                ABOUT,
                origin(0),
                "what it is for is not told; write [profile] with description = \"…\"",
            );
            return about;
        };
        for (key, value) in told {
            let (path, at) = (format!("{ABOUT}.{}", key.get_ref()), origin(key.span().start));
            let value = Value::deserialize(ValueDeserializer::from(value.clone()));
            let line = value.as_ref().ok().and_then(Value::as_str).filter(|line| is_line(line));
            match (key.get_ref().as_ref(), line) {
                ("description", Some(line)) => about.description = line.to_string(),
                ("source", Some(line)) => about.source = Some(line.to_string()),
                ("description" | "source", None) => {
                    let mend = format!("write a line of 1 to {LINE_CHARS_MAX} characters");
                    self.refuse(&path, at, &mend);
                }
                ("band_hz", _) => match value.ok().as_ref().and_then(band) {
                    Some(band_hz) => about.band_hz = Some(band_hz),
                    None => self.refuse(&path, at, "write [lowest, highest] in Hz, 0 to 100000000000"),
                },
                _ => self.refuse(&path, at, "no such key; there are description, source and band_hz"),
            }
        }
        if !told.contains_key("description") {
            self.refuse("profile.description", origin(0), "is not told; write what it is for in a line");
        }
        about
    }

    /// Where a profile asks for its beacons' frequencies, they must be told, and be of its kind.
    pub(super) fn check_band(&mut self, profile: &Profile) {
        let Some((low_hz, high_hz)) = profile.about.band_hz else { return };
        for number in 0..self.beacon_count {
            let path = format!("beacon.{number}.frequency_hz");
            let (low, high) = (low_hz / 1e6, high_hz / 1e6);
            let told = self.entries.get(&path).map(|entry| (as_number(&entry.value), entry.origin.clone()));
            match told {
                Some((Some(hz), _)) if (low_hz..=high_hz).contains(&hz) => {}
                Some((hz, origin)) => {
                    let mhz = hz.unwrap_or(f64::NAN) / 1e6;
                    let mend = format!(
                        "{mhz} MHz is none of profile {}'s; write {low} to {high} MHz, or take another profile",
                        profile.name
                    );
                    self.refuse(&path, origin, &mend);
                }
                None => {
                    let mend = format!(
                        "is asked for by profile {}: each such beacon has its own; write --set {path}=…, {low} to {high} MHz in Hz",
                        profile.name
                    );
                    self.refuse(&path, Origin::Default, &mend);
                }
            }
        }
    }
}

fn is_line(text: &str) -> bool {
    (1..=LINE_CHARS_MAX).contains(&text.chars().count()) && !text.contains(char::is_control)
}

fn band(value: &Value) -> Option<(f64, f64)> {
    let [low_hz, high_hz] = numbers(value.as_array()?)?[..] else { return None };
    (0.0 <= low_hz && low_hz < high_hz && high_hz <= 100e9).then_some((low_hz, high_hz))
}
