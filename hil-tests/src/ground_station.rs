//! A ground station: system 255 on a line of its own, the operator's and the pilot's hands in scenarios.
//!
//! It speaks real MAVLink over a real socket and knows of the aircraft only what it hears.

use crate::aircraft::Waypoint;

/// A running ground station. It ends when dropped.
pub struct GroundStation {}

impl GroundStation {
    /// Asks for a mode by the flavour's own name, until the aircraft says that it has it.
    ///
    /// # Errors
    /// The flavour has no such mode, or the aircraft refused or did not answer.
    pub fn set_mode(&self, _name: &str) -> Result<(), String> {
        Err("not yet".into())
    }

    /// Arms or disarms.
    ///
    /// # Errors
    /// The aircraft refused or did not answer.
    pub fn arm(&self, _armed: bool) -> Result<(), String> {
        Err("not yet".into())
    }

    /// Takes off to this height above home.
    ///
    /// # Errors
    /// The aircraft refused or did not answer.
    pub fn take_off(&self, _alt_m: f64) -> Result<(), String> {
        Err("not yet".into())
    }

    /// Uploads a mission.
    ///
    /// # Errors
    /// The aircraft refused or did not answer.
    pub fn upload(&self, _mission: &[Waypoint]) -> Result<(), String> {
        Err("not yet".into())
    }

    /// Moves a stick (channel 1..=8) by RC_CHANNELS_OVERRIDE, 10 times a second; `None` lets it go.
    pub fn hold_stick(&self, _channel: u8, _us: Option<u16>) {}

    /// Its heartbeat stops or comes back.
    pub fn fall_silent(&self, _silent: bool) {}
}
