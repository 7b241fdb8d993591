//! What must be true of a flight, as numbers and words. `judge` counts the numbers; here are only their bounds.

use super::Flavour;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What must be true.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Bounds of measured numbers by their names (see `judge::metrics`), for example `final_error_m = { max = 20 }`.
    pub number: BTreeMap<String, Bounds>,
    /// States that must have been reached, in this order (others may lie between).
    pub states: Vec<String>,
    /// Causes (interlock names, or `operator`) of the stops of homing, in order; all of them.
    pub stops: Option<Vec<String>>,
    /// Causes at one depth (`a`, `b` or `c`) instead of `stops`, several at once as `armed or airborne`: of those that see the
    /// same thing, which is first depends on who flies.
    pub stops_at: BTreeMap<String, Vec<String>>,
    /// Numbers that are looked at only at one depth (`a`, `b` or `c`) or with one flavour ([`word`]).
    pub only: BTreeMap<String, BTreeMap<String, Bounds>>,
}

/// Between causes of which one suffices.
pub const OR: &str = " or ";

/// How `only` spells a flavour.
pub const fn word(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::ArduCopter => "ardu_copter",
        Flavour::Px4 => "px4",
    }
}

/// A measured number must lie within.
#[derive(Copy, Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl Bounds {
    /// Whether `value` lies within; NaN never does.
    pub fn hold(&self, value: f64) -> bool {
        !value.is_nan() && self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}
