//! From the template, a file, a profile, `--set` and flags to one value per path, each with its origin.
//!
//! Every value is checked against [`KEYS`](super::keys::KEYS) as it comes in, so that all mistakes are told at once, each
//! with its line. A file's beacons replace the template's; within one beacon, missing keys keep their defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Value;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::TEMPLATE;
use super::errors::{Origin, SettingError};
use super::keys::{self, find};

const SECTIONS: &[&str] = &[
    "sdr",
    "sdr.gain_elements_db",
    "sdr.stream_args",
    "sdr.file",
    "sense",
    "analytics",
    "antenna",
    "homing",
    "search",
    "interlock",
    "interlock.fence",
    "autopilot",
    "recorder",
    "recorder.iq",
    "retention",
    "daemon",
    "ground",
    "cot",
    "station",
];
/// What a profile tells as a whole, or not at all.
const WHOLE: [&str; 2] = ["sdr.gain_", "antenna."];
/// What a profile tells of itself beside its settings.
pub(super) const ABOUT: &str = "profile";
/// Why a key is refused in a profile.
const NOT_OF_PROFILES: &str =
    "a profile says what is sought and how it is heard, and nothing else; write this in the settings file";
/// Keys of which a beacon has one or the other: the later layer's takes the place of the earlier's.
const EITHER: [&str; 2] = ["frequency_hz", "offset_hz"];

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub value: Value,
    pub origin: Origin,
}

/// One value per path, and what is wrong so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layers {
    pub entries: BTreeMap<String, Entry>,
    pub beacon_count: usize,
    /// Whether beacons come from elsewhere than the template.
    pub has_own_beacons: bool,
    pub errors: Vec<SettingError>,
}

impl Layers {
    /// What holds where nothing else is said.
    pub fn defaults() -> Layers {
        let mut layers = Layers::default();
        layers.read(TEMPLATE, &|_| Origin::Default);
        layers
    }

    /// Says that a file cannot be read.
    pub fn refuse_file(&mut self, path: &Path, error: &std::io::Error) {
        let mend = format!("{}: cannot be read: {error}; `skyhound config init` writes one", path.display());
        self.refuse("", Origin::Default, &mend);
    }

    /// Lays the text of a file over.
    pub fn lay_text(&mut self, text: &str, path: &Path) {
        let path = PathBuf::from(path);
        self.read(text, &|at| Origin::File(path.clone(), line_of(text, at)));
    }

    /// Lays a profile over. Of a recording, what is told of a device does not count: it was made as it is.
    pub fn lay_profile(&mut self, name: &str, text: &str, is_recording: bool) {
        let origin_at = |at: usize| Origin::Profile(name.to_string(), line_of(text, at));
        let is_of_device = |path: &str| path.starts_with("sdr.");
        let before = self.entries.clone();
        let mut told = Layers::default();
        told.read(text, &origin_at);
        let is_told = |start: &str, end: &str| {
            let is_it = |path: &String| path.starts_with(start) && path.ends_with(end);
            told.entries.iter().any(|(path, entry)| is_it(path) && entry.origin != Origin::Default)
        };
        // A gain or an antenna is told whole: not half of it here, half there.
        for whole in WHOLE.into_iter().filter(|whole| is_told(whole, "")) {
            self.entries.retain(|path, _| !path.starts_with(whole));
            let defaults = Layers::defaults().entries.into_iter();
            self.entries.extend(defaults.filter(|(path, _)| path.starts_with(whole)));
        }
        // Where it was tuned to was for other beacons.
        if told.has_own_beacons && !is_told("beacon.", ".offset_hz") {
            self.entries.remove("sdr.frequency_hz");
        }
        self.read(text, &origin_at);
        if is_recording {
            self.entries.retain(|path, _| !is_of_device(path));
            self.entries.extend(before.into_iter().filter(|(path, _)| is_of_device(path)));
        }
    }

    /// Lays `section.key=value` over. A value that is no TOML is taken as a text.
    pub fn lay_set(&mut self, set: &str) {
        let Some((path, written)) = set.split_once('=') else {
            return self.refuse(set.trim(), Origin::Set, "no value; write --set section.key=value");
        };
        let (path, written) = (path.trim(), written.trim());
        let mut value = written.parse().unwrap_or_else(|_| Value::String(written.to_string()));
        // A text that happens to read as a number or switch (a device's serial number, say) is still a text.
        if find(path).is_some_and(|key| key.kind == keys::Kind::Text) && !value.is_str() {
            value = Value::String(written.to_string());
        }
        self.reach_beacon(path);
        self.lay(path, value, Origin::Set);
    }

    /// Lays one value over.
    pub fn lay(&mut self, path: &str, value: Value, origin: Origin) {
        let Some(key) = find(path) else {
            return self.refuse(path, origin, &unknown(path));
        };
        if matches!(origin, Origin::Profile(..)) && !keys::is_of_profiles(path) {
            return self.refuse(path, origin, NOT_OF_PROFILES);
        }
        match key.check(&value) {
            Ok(value) => self.put(path, Entry { value, origin }),
            Err(mend) => self.refuse(path, origin, &mend),
        }
    }

    /// Says what is wrong with a key.
    pub fn refuse(&mut self, key: &str, origin: Origin, mend: &str) {
        self.errors.push(SettingError { key: key.to_string(), origin, mend: mend.to_string() });
    }

    fn put(&mut self, path: &str, entry: Entry) {
        if let Some((beacon, name)) = path.rsplit_once('.')
            && let Some(other) = EITHER.iter().find(|other| EITHER.contains(&name) && **other != name)
        {
            let other = format!("{beacon}.{other}");
            if self.entries.get(&other).is_some_and(|held| same_layer(&held.origin, &entry.origin)) {
                return self.refuse(path, entry.origin, &format!("{other} is there too; write only one"));
            }
            self.entries.remove(&other);
        }
        self.entries.insert(path.to_string(), entry);
    }

    /// Makes the beacon that a `--set` path counts to, when it is the next one.
    fn reach_beacon(&mut self, path: &str) {
        let Some(rest) = path.strip_prefix("beacon.") else { return };
        self.has_own_beacons = true;
        let number = rest.split('.').next();
        if number.and_then(|number| number.parse().ok()) == Some(self.beacon_count) {
            self.add_default_beacon();
        }
    }

    fn add_default_beacon(&mut self) {
        let number = self.beacon_count;
        self.beacon_count += 1;
        for (path, entry) in Layers::defaults().entries {
            let Some(name) = path.strip_prefix("beacon.0.") else { continue };
            let mut entry = entry;
            if name == "name" && number > 0 {
                entry.value = Value::String(format!("beacon-{}", number + 1));
            }
            self.entries.insert(format!("beacon.{number}.{name}"), entry);
        }
    }

    fn read(&mut self, text: &str, origin_at: &dyn Fn(usize) -> Origin) {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            self.refuse("", origin_at(at), error.message());
        }
        if errors.is_empty() {
            self.walk("", table.get_ref(), origin_at);
        }
    }

    fn walk(&mut self, section: &str, table: &DeTable<'_>, origin_at: &dyn Fn(usize) -> Origin) {
        for (name, value) in table {
            let path = if section.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{section}.{}", name.get_ref())
            };
            let origin = origin_at(name.span().start);
            match value.get_ref() {
                DeValue::Table(_) if path == ABOUT && matches!(origin, Origin::Profile(..)) => {}
                DeValue::Array(beacons) if path == "beacon" => {
                    let tables: Vec<_> =
                        beacons.iter().filter_map(|beacon| beacon.get_ref().as_table()).collect();
                    if tables.len() < beacons.len() {
                        self.refuse(&path, origin, "is a section; write [[beacon]]");
                        continue;
                    }
                    self.replace_beacons(&tables, origin_at);
                }
                DeValue::Table(_) if path == "beacon" => {
                    self.refuse(&path, origin, "there may be several; write [[beacon]] in double brackets");
                }
                DeValue::Table(inner) if SECTIONS.contains(&path.as_str()) => {
                    self.walk(&path, inner, origin_at)
                }
                _ if SECTIONS.contains(&path.as_str()) => {
                    self.refuse(&path, origin, &format!("is a section; write [{path}]"));
                }
                DeValue::Table(_) if find(&path).is_none() => {
                    let mend = format!("no such section; there are {} and [[beacon]]", listed(SECTIONS));
                    self.refuse(&path, origin, &mend);
                }
                _ => match Value::deserialize(ValueDeserializer::from(value.clone())) {
                    Ok(value) => self.lay(&path, value, origin),
                    Err(error) => self.refuse(&path, origin, error.message()),
                },
            }
        }
    }

    fn replace_beacons(&mut self, tables: &[&DeTable<'_>], origin_at: &dyn Fn(usize) -> Origin) {
        let is_template = origin_at(0) == Origin::Default;
        self.has_own_beacons = !is_template;
        self.entries.retain(|path, _| !path.starts_with("beacon."));
        self.beacon_count = 0;
        for (number, table) in tables.iter().enumerate() {
            if is_template {
                self.beacon_count += 1;
            } else {
                self.add_default_beacon();
            }
            self.walk(&format!("beacon.{number}"), table, origin_at);
        }
    }
}

fn same_layer(a: &Origin, b: &Origin) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn unknown(path: &str) -> String {
    let beacon =
        path.strip_prefix("beacon.").is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    if beacon {
        return "no such key; write beacon.0. for the first beacon".into();
    }
    match keys::nearest(path) {
        Some(near) => format!("no such key; did you mean {near}?"),
        None => "no such key; `skyhound config init` writes a file with all of them".into(),
    }
}

fn listed(sections: &[&str]) -> String {
    sections.iter().map(|section| format!("[{section}]")).collect::<Vec<_>>().join(" ")
}

/// The line of a byte, counted from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1
}
