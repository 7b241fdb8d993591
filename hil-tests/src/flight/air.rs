//! The aircraft of a flight with its ground station, so that the course of a flight does not know whose it is: the rig's own,
//! stepped in real time behind real lines, or someone else's that is only heard (`theirs`).

use super::wire::Said;
use crate::aircraft::{Aircraft, Waypoint, firmware_of};
use crate::autopilot::{Autopilot, LineSpec, Says, WireRow};
use crate::iq_server::Poses;
use crate::rig::Line;
use crate::scenario::{Kind, Scenario};
use crate::script::{self, Seen};
use crate::trace::{SetpointRow, TruthRow};
use skyhound::vehicle::{Firmware, Mode};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

/// An aircraft with its ground station. What that asks of it fails when it is refused, or not answered.
pub trait Air {
    /// What `skyhound fly --autopilot` is told, for the daemon `index`.
    fn address(&self, index: usize) -> Option<String>;
    /// Where it truly is.
    fn poses(&self) -> Arc<dyn Poses>;
    /// µs since the scenario began.
    fn now_us(&self) -> u64;
    /// What the ground station sees; nothing of the daemon.
    fn sight(&self) -> Seen<'static>;
    /// Truth now.
    fn truth(&self) -> TruthRow;
    /// Truth of the whole flight, 10 Hz.
    fn truth_rows(&self) -> Vec<TruthRow>;
    /// The ground station changes the mode.
    fn set_mode(&self, name: &str) -> Result<(), String>;
    /// The ground station arms.
    fn arm(&self) -> Result<(), String>;
    /// The ground station commands a take-off to this height above home.
    fn take_off(&self, alt_m: f64) -> Result<(), String>;
    /// The ground station uploads a mission.
    fn upload(&self, mission: &[Waypoint]) -> Result<(), String>;
    /// A fault of link or aircraft, or a deed of pilot or stranger; whether it was one. An error: it is not done here.
    fn fault(&self, kind: &Kind, begins: bool) -> Result<bool, String>;
    /// Setpoints as received; `None` where nobody of the rig stands at that end of the line.
    fn setpoints(&self) -> Option<Vec<SetpointRow>>;
    /// What the autopilot `system` said of mode and arming to the daemon, when it left.
    fn said(&self, system: u8) -> Vec<Said>;
    /// How it stood when the scenario began, where that is worth a word.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
    /// The flight is over: someone else's goes home.
    fn leave(&self) {}
}

/// The simulated autopilot's end of a line.
pub fn spec(line: Line) -> LineSpec {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    match line {
        Line::Udp => LineSpec::UdpIn(any),
        Line::Tcp => LineSpec::Tcp(any),
        Line::Pty { baud } => LineSpec::Pty { baud },
    }
}

/// The rig's own.
pub struct Ours {
    aircraft: Arc<Mutex<Aircraft>>,
    autopilot: Autopilot,
    firmware: Firmware,
}

impl Ours {
    /// Begins to fly, with `lines` lines for daemons.
    ///
    /// # Errors
    /// A line cannot be opened.
    pub fn begin(scenario: &Scenario, seed: u64, line: Line, lines: usize) -> Result<Ours, String> {
        let aircraft = Arc::new(Mutex::new(script::aircraft(scenario, seed)));
        let autopilot = Autopilot::start(Arc::clone(&aircraft), &vec![spec(line); lines]);
        let autopilot = autopilot.map_err(|error| format!("simulated autopilot: {error}"))?;
        Ok(Ours { aircraft, autopilot, firmware: firmware_of(scenario.aircraft.flavour) })
    }

    fn look<T>(&self, look: impl Fn(&Aircraft) -> T) -> T {
        look(&self.aircraft.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Air for Ours {
    fn address(&self, index: usize) -> Option<String> {
        self.autopilot.lines().get(index).map(crate::autopilot::Line::for_daemon)
    }

    fn poses(&self) -> Arc<dyn Poses> {
        self.autopilot.poses()
    }

    fn now_us(&self) -> u64 {
        self.autopilot.now_us()
    }

    fn sight(&self) -> Seen<'static> {
        self.look(Seen::of)
    }

    fn truth(&self) -> TruthRow {
        self.look(Aircraft::truth_row)
    }

    fn truth_rows(&self) -> Vec<TruthRow> {
        self.autopilot.truth_rows()
    }

    fn set_mode(&self, name: &str) -> Result<(), String> {
        self.autopilot.set_mode(name)
    }

    fn arm(&self) -> Result<(), String> {
        self.autopilot.arm()
    }

    fn take_off(&self, alt_m: f64) -> Result<(), String> {
        self.autopilot.take_off(alt_m)
    }

    fn upload(&self, mission: &[Waypoint]) -> Result<(), String> {
        self.autopilot.upload(mission)
    }

    fn fault(&self, kind: &Kind, begins: bool) -> Result<bool, String> {
        self.autopilot.fault(kind, begins)
    }

    fn setpoints(&self) -> Option<Vec<SetpointRow>> {
        Some(self.autopilot.setpoints())
    }

    fn said(&self, system: u8) -> Vec<Said> {
        let wire = self.autopilot.wire();
        let to_us = |row: &&WireRow| row.is_out && row.system == system && row.component == 1;
        let is_ours = |custom| Mode { firmware: self.firmware, custom }.accepts_commands();
        // PX4 tells its mode in two messages: it is ours while both say so.
        let (mut beat, mut told_ours) = (None, true);
        let said = wire.iter().filter(to_us).filter_map(|row| {
            match row.says {
                Says::Mode { custom, armed } => beat = Some((is_ours(custom), armed)),
                Says::ModeTold(custom) => told_ours = is_ours(custom),
                _ => return None,
            }
            let (beat_ours, armed) = beat?;
            Some(Said { at_us: row.at_us, is_ours: beat_ours && told_ours, armed })
        });
        said.collect()
    }
}
