//! A scenario flown by the real daemon in real time: scenario, seed and rig in, a trace on the scenario's clock out.
//!
//! Around the daemon, each part real as far as the daemon can see:
//! ```text
//! world (IQ) ── Unix socket ──→ SoapySDR driver ─┐
//!   ↑ pose                                       ├─ skyhound fly ── flight file
//! aircraft + autopilot ── MAVLink on UDP/TCP/pty ┘        ↑ skyhound ctl
//!   ↑ ground station (MAVLink)                          operator
//! ```
//! At depth c the aircraft is someone else's; then its own stream drives the world. The script (pure, shared with depth a)
//! looks at what `ctl status` shows 25 times a second and says what to do. After the flight its file is read by
//! `skyhound query`, and its times are moved to the scenario's clock.

use crate::rig::Rig;
use crate::scenario::Scenario;
use crate::trace::Trace;
use crate::watch::Watcher;
use std::path::Path;

/// Why there is no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFlown {
    /// The machine or the rig lacks what this says.
    Ignored(String),
    /// Something of the rig itself went wrong: this.
    Failed(String),
}

impl From<String> for NotFlown {
    fn from(why: String) -> NotFlown {
        NotFlown::Failed(why)
    }
}

/// Flies `scenario` with everything of it that is random made from `seed`. What the flight leaves (flight files, log,
/// settings) stays in `folder`.
///
/// # Errors
/// It was not flown.
pub fn fly(
    _scenario: &Scenario,
    _seed: u64,
    _rig: &Rig,
    _folder: &Path,
    _watcher: &mut dyn Watcher,
) -> Result<Trace, NotFlown> {
    Err(NotFlown::Ignored("depth b is not wired yet".into()))
}
