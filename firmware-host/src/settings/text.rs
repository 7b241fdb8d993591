//! Settings in force as TOML: for `config show`, for the flight file, and for the hash that names them.

use crate::hash;
use std::fmt::Write;

use toml::Value;

use super::keys::{KEYS, generic};
use super::{Origin, Settings};

impl Settings {
    /// All settings in force as TOML that [`Settings::load`] reads back to the same. Keys without a value are left out.
    pub fn to_toml(&self) -> String {
        to_toml(self.rows().into_iter().map(|(path, value, _)| (path, value)))
    }

    /// The same as an object with an object of each section, and a list of the beacons'.
    pub fn to_json(&self) -> serde_json::Value {
        // It is TOML of ours: it is read back in tests.
        toml::from_str(&self.to_toml()).unwrap_or_default()
    }

    /// Every key with its value as TOML writes it and where it comes from, in the template's order.
    pub fn rows(&self) -> Vec<(String, String, Origin)> {
        let place = |path: &str| {
            let generic = generic(path);
            let at = KEYS.iter().position(|key| key.path == generic).unwrap_or(KEYS.len());
            // All keys of one beacon stand together.
            let first = KEYS.iter().position(|key| key.path.starts_with("beacon.")).unwrap_or(0);
            if generic.starts_with("beacon.") {
                (first, split(path).0.to_string(), at)
            } else {
                (at, String::new(), at)
            }
        };
        let mut rows: Vec<_> = self.layers.entries.iter().collect();
        rows.sort_by_cached_key(|(path, _)| place(path));
        let row = |(path, entry): (&String, &super::layers::Entry)| {
            (path.clone(), toml_value(&entry.value), entry.origin.clone())
        };
        rows.into_iter().map(row).collect()
    }

    /// SHA-256 of [`Settings::to_toml`], 64 hexadecimal digits: the same settings, however they were written, have the
    /// same hash.
    pub fn hash_sha256(&self) -> String {
        sha256(&self.to_toml())
    }
}

/// Rows of path and value, in the template's order, as TOML.
pub(super) fn to_toml(rows: impl Iterator<Item = (String, String)>) -> String {
    let mut text = String::new();
    let mut section = String::new();
    for (path, value) in rows {
        let (at, name) = split(&path);
        if at != section {
            let header = match at.strip_prefix("beacon.") {
                Some(_) => "[[beacon]]".to_string(),
                None => format!("[{at}]"),
            };
            let gap = if text.is_empty() { "" } else { "\n" };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{gap}{header}");
            section = at.to_string();
        }
        let _ = writeln!(text, "{} = {value}", toml_key(name));
    }
    text
}

/// SHA-256 of a text, 64 hexadecimal digits.
pub(super) fn sha256(text: &str) -> String {
    hash::sha256(text)
}

/// Section and key of a path. Names that the device gives may hold dots; sections do not.
fn split(path: &str) -> (&str, &str) {
    for family in ["sdr.gain_elements_db", "sdr.stream_args"] {
        if let Some(name) = path.strip_prefix(family) {
            return (family, name.trim_start_matches('.'));
        }
    }
    path.rsplit_once('.').unwrap_or(("", path))
}

fn toml_key(name: &str) -> String {
    let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_bare { name.to_string() } else { toml_value(&Value::String(name.to_string())) }
}

/// A value as TOML writes it.
pub(super) fn toml_value(value: &Value) -> String {
    value.to_string()
}
