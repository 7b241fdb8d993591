//! The timeline's words: how each kind of fault is spelt in a file and in a trace, and which keys it has.
//!
//! serde's `flatten` hides unknown keys of a `[[fault]]`, so `check` looks them up here. A test holds this list and
//! [`Kind`] together.

use super::Kind;
use std::fmt;
use toml::{Table, Value};

/// Keys that every fault has.
pub(super) const EVERY_FAULT: [&str; 4] = ["on", "after_s", "for_s", "do"];

/// Kinds by their `do`, each with its own keys.
pub(super) const KINDS: &[(&str, &[&str])] = &[
    ("beacon_off", &["beacon"]),
    ("noise_step", &["db"]),
    ("interferer_on", &["interferer"]),
    ("gps_glitch", &["north_m", "east_m"]),
    ("gps_loss", &[]),
    ("ekf_bad", &[]),
    ("battery", &["ratio"]),
    ("gust", &["north_mps", "east_mps"]),
    ("reboot", &[]),
    ("system_id", &["system"]),
    ("mode", &["mode"]),
    ("stick", &["channel", "us"]),
    ("rc_lost", &["zeroed", "rssi_kept"]),
    ("disarm", &[]),
    ("homing_off", &[]),
    ("homing_on", &[]),
    ("profile", &["name", "set"]),
    ("link_lost", &[]),
    ("late_copies", &["delay_s"]),
    ("slow_link", &["delay_s"]),
    ("transmit_off", &[]),
    ("gcs_lost", &[]),
    ("impostor", &["who"]),
    ("absurd", &["field", "value"]),
    ("garbage", &[]),
    ("sdr_unplug", &["silent"]),
    ("sdr_stall", &[]),
    ("sdr_rate", &["factor"]),
    ("sdr_stuck", &[]),
    ("sdr_overflow", &["told"]),
    ("disk_full", &[]),
    ("disk_stall", &[]),
    ("clock_step", &["hours"]),
    ("clock1970", &[]),
    ("kill", &[]),
    ("second_daemon", &[]),
    ("cpu_starved", &["pause_ms", "every_ms"]),
];

impl Kind {
    /// Its `do` in a scenario.
    pub fn name(&self) -> &'static str {
        self.spelt().0
    }

    /// Its `do` and its keys, and the table that says it in a scenario.
    fn spelt(&self) -> (&'static str, &'static [&'static str], Table) {
        let table = Table::try_from(self).unwrap_or_default();
        let own = KINDS.iter().find(|(name, _)| table.get("do").and_then(Value::as_str) == Some(name));
        let (name, keys) = own.copied().unwrap_or_default();
        (name, keys, table)
    }

    /// Whether it is done at one moment and has no end.
    pub const fn is_deed(&self) -> bool {
        use Kind::*;
        matches!(
            self,
            Mode { .. } | Disarm | Reboot | SystemId { .. } | HomingOn | HomingOff | Profile { .. }
        )
    }
}

impl fmt::Display for Kind {
    /// Its `do`, and then its values, words without their keys: `gps_glitch north_m=0 east_m=50`, `mode RTL`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, keys, table) = self.spelt();
        f.write_str(name)?;
        keys.iter().try_for_each(|key| match &table[*key] {
            Value::String(word) => write!(f, " {word}"),
            Value::Float(number) => write!(f, " {key}={number}"),
            value => write!(f, " {key}={value}"),
        })
    }
}
