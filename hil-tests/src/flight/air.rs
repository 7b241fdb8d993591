//! The aircraft of a flight with its ground station, so that the course of a flight does not know whose it is: the rig's own
//! behind real lines, or someone else's that is only heard (`theirs`).

use super::wire::Said;
use crate::aircraft::firmware_of;
use crate::autopilot::{self, Autopilot, Says, WireRow};
use crate::rig::Line;
use crate::scenario::Kind;
use crate::script::{Do, Seen};
use crate::trace::{SetpointRow, TruthRow};
use crate::truth::Poses;
use skyhound::vehicle::Mode;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// An aircraft with its ground station. What that asks of it fails when it is refused, or not answered.
pub trait Air {
    /// Where it truly is.
    fn poses(&self) -> Poses;
    /// µs since the scenario began.
    fn now_us(&self) -> u64;
    /// What the ground station sees; nothing of the daemon.
    fn sight(&self) -> Seen<'static>;
    /// Truth now.
    fn truth(&self) -> TruthRow;
    /// Truth of the whole flight, 10 Hz.
    fn truth_rows(&self) -> Vec<TruthRow>;
    /// The ground station does this; nothing where it is no deed of the ground station.
    fn ask(&self, deed: &Do) -> Result<(), String>;
    /// A fault of link or aircraft, or a deed of pilot or stranger; whether it was one. An error: it is not done here.
    fn fault(&self, kind: &Kind, begins: bool) -> Result<bool, String>;
    /// Setpoints as received; `None` where nobody of the rig stands at that end of the line.
    fn setpoints(&self) -> Option<Vec<SetpointRow>>;
    /// What the autopilot `system` said of mode and arming to the daemon, when it left.
    fn said(&self, system: u8) -> Vec<Said>;
    /// The flight is over: someone else's goes home.
    fn leave(&self) {}
}

/// The simulated autopilot's end of a line.
pub fn spec(line: Line) -> autopilot::Line {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    match line {
        Line::Udp => autopilot::Line::UdpIn(any),
        Line::Tcp => autopilot::Line::Tcp(any),
        Line::Pty { baud } => autopilot::Line::Pty { path: PathBuf::new(), baud },
    }
}

/// The rig's own.
impl Air for Autopilot {
    fn poses(&self) -> Poses {
        self.poses()
    }

    fn now_us(&self) -> u64 {
        self.now_us()
    }

    fn sight(&self) -> Seen<'static> {
        self.look(|aircraft| Seen::of(aircraft))
    }

    fn truth(&self) -> TruthRow {
        self.look(|aircraft| aircraft.truth_row())
    }

    fn truth_rows(&self) -> Vec<TruthRow> {
        self.truth_rows()
    }

    fn ask(&self, deed: &Do) -> Result<(), String> {
        let request = deed.request(self.look(|aircraft| aircraft.flavour()));
        request.map_or(Ok(()), |request| self.ask(&request))
    }

    fn fault(&self, kind: &Kind, begins: bool) -> Result<bool, String> {
        self.fault(kind, begins)
    }

    fn setpoints(&self) -> Option<Vec<SetpointRow>> {
        Some(self.setpoints())
    }

    fn said(&self, system: u8) -> Vec<Said> {
        let firmware = firmware_of(self.look(|aircraft| aircraft.flavour()));
        let wire = self.wire();
        let to_us = |row: &&WireRow| row.is_out && row.system == system && row.component == 1;
        let is_ours = |custom| Mode { firmware, custom }.accepts_commands();
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
