//! The aircraft of a flight with its ground station: the rig's own, stepped in real time behind real lines, or someone else's
//! that is only heard. One face for both, so that the course of a flight does not know which it is.

use super::NotFlown;
use super::theirs::Theirs;
use super::wire::Said;
use crate::aircraft::{Aircraft, Landed, Waypoint};
use crate::autopilot::{Autopilot, LineSpec, Says, WireRow};
use crate::iq_server::Poses;
use crate::rig::{self, Line, Rig};
use crate::scenario::{Kind, Scenario};
use crate::script;
use crate::trace::{SetpointRow, TruthRow};
use crate::watch::Watcher;
use skyhound::vehicle::{Firmware, Mode};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

/// What the ground station sees of the aircraft.
#[derive(Copy, Clone, Debug)]
pub struct Sight {
    /// It may be armed.
    pub ready: bool,
    /// In the air.
    pub airborne: bool,
    /// Motors armed.
    pub armed: bool,
    /// Mode by its own name.
    pub mode: &'static str,
    /// Height above home.
    pub up_m: f64,
}

/// An aircraft with its ground station.
pub enum Air {
    /// The rig's own.
    Ours {
        /// The aircraft.
        aircraft: Arc<Mutex<Aircraft>>,
        /// Its MAVLink face.
        autopilot: Autopilot,
        /// Whose modes.
        firmware: Firmware,
    },
    /// Someone else's.
    Theirs(Theirs),
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

impl Air {
    /// Begins to fly, or finds who flies. With `lines` lines for daemons.
    ///
    /// # Errors
    /// A line cannot be opened; nobody is there; or it does not come to the state in which the scenario begins.
    pub fn begin(
        scenario: &Scenario,
        seed: u64,
        rig: &Rig,
        lines: usize,
        watcher: &mut dyn Watcher,
    ) -> Result<Air, NotFlown> {
        let line = match &rig.autopilot {
            rig::Autopilot::At(foreign) => {
                return Theirs::find(scenario, foreign, watcher).map(Air::Theirs);
            }
            rig::Autopilot::Simulated(line) => line,
        };
        let mut aircraft =
            Aircraft::new(&scenario.aircraft, &scenario.place, seed).over(&scenario.world.ground);
        if let Some(([north_m, east_m, up_m], yaw_rad)) = script::begin_pose(scenario) {
            aircraft.begin_airborne(north_m, east_m, up_m, yaw_rad);
        }
        let firmware = crate::aircraft::firmware_of(scenario.aircraft.flavour);
        let aircraft = Arc::new(Mutex::new(aircraft));
        let autopilot = Autopilot::start(Arc::clone(&aircraft), &vec![spec(*line); lines]);
        let autopilot = autopilot.map_err(|error| format!("simulated autopilot: {error}"))?;
        Ok(Air::Ours { aircraft, autopilot, firmware })
    }

    /// What `skyhound fly --autopilot` is told, for the daemon `index`.
    pub fn address(&self, index: usize) -> Option<String> {
        match self {
            Air::Ours { autopilot, .. } => {
                autopilot.lines().get(index).map(crate::autopilot::Line::for_daemon)
            }
            Air::Theirs(theirs) => (index == 0).then(|| theirs.for_daemon().to_string()),
        }
    }

    /// Where it truly is.
    pub fn poses(&self) -> Arc<dyn Poses> {
        match self {
            Air::Ours { autopilot, .. } => autopilot.poses(),
            Air::Theirs(theirs) => theirs.poses(),
        }
    }

    /// µs since the scenario began.
    pub fn now_us(&self) -> u64 {
        match self {
            Air::Ours { autopilot, .. } => autopilot.now_us(),
            Air::Theirs(theirs) => theirs.now_us(),
        }
    }

    /// What the ground station sees.
    pub fn sight(&self) -> Sight {
        match self {
            Air::Ours { aircraft, .. } => {
                let aircraft = aircraft.lock().unwrap_or_else(PoisonError::into_inner);
                let belief = aircraft.belief();
                Sight {
                    ready: belief.position.is_some() && belief.home.is_some(),
                    airborne: belief.landed != Landed::OnGround,
                    armed: belief.armed,
                    mode: aircraft.mode_name(),
                    up_m: belief.position.map_or(0.0, |position| position.alt_rel_m),
                }
            }
            Air::Theirs(theirs) => theirs.sight(),
        }
    }

    /// Someone else's aircraft goes home.
    pub fn leave(&self) {
        if let Air::Theirs(theirs) = self {
            theirs.leave();
        }
    }

    /// Truth now.
    pub fn truth(&self) -> TruthRow {
        match self {
            Air::Ours { aircraft, .. } => {
                let aircraft = aircraft.lock().unwrap_or_else(PoisonError::into_inner);
                let belief = aircraft.belief();
                TruthRow {
                    pose: aircraft.truth(),
                    mode: aircraft.mode_name(),
                    armed: belief.armed,
                    battery_ratio: belief.battery.remaining_ratio,
                }
            }
            Air::Theirs(theirs) => theirs.truth(),
        }
    }

    /// The ground station changes the mode.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn set_mode(&self, name: &str) -> Result<(), String> {
        match self {
            Air::Ours { autopilot, .. } => autopilot.ground_station().set_mode(name),
            Air::Theirs(theirs) => theirs.set_mode(name),
        }
    }

    /// The ground station arms.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn arm(&self) -> Result<(), String> {
        match self {
            Air::Ours { autopilot, .. } => autopilot.ground_station().arm(true),
            Air::Theirs(theirs) => theirs.arm(true),
        }
    }

    /// The ground station commands a take-off.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn take_off(&self, alt_m: f64) -> Result<(), String> {
        match self {
            Air::Ours { autopilot, .. } => autopilot.ground_station().take_off(alt_m),
            Air::Theirs(theirs) => theirs.take_off(alt_m),
        }
    }

    /// The ground station uploads a mission.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn upload(&self, mission: &[Waypoint]) -> Result<(), String> {
        match self {
            Air::Ours { autopilot, .. } => autopilot.ground_station().upload(mission),
            Air::Theirs(theirs) => theirs.upload(mission),
        }
    }

    /// A fault of link or aircraft, or a deed of pilot or stranger; whether it was one.
    ///
    /// # Errors
    /// It was one, and someone else's autopilot does not do it.
    pub fn fault(&self, kind: &Kind, begins: bool) -> Result<bool, String> {
        match self {
            Air::Ours { autopilot, .. } => autopilot.fault(kind, begins),
            Air::Theirs(theirs) => theirs.fault(kind, begins),
        }
    }

    /// Truth of the whole flight, 10 Hz.
    pub fn truth_rows(&self) -> Vec<TruthRow> {
        match self {
            Air::Ours { autopilot, .. } => autopilot.truth_rows(),
            Air::Theirs(theirs) => theirs.truth_rows(),
        }
    }

    /// Setpoints as received; `None` where nobody of the rig stands at that end of the line.
    pub fn setpoints(&self) -> Option<Vec<SetpointRow>> {
        match self {
            Air::Ours { autopilot, .. } => Some(autopilot.setpoints()),
            Air::Theirs(_) => None,
        }
    }

    /// What the autopilot `system` said of mode and arming to the daemon, when it left.
    pub fn said(&self, system: u8) -> Vec<Said> {
        match self {
            Air::Ours { autopilot, firmware, .. } => {
                let wire = autopilot.wire();
                // Link 0 is the ground station's own.
                let to_us =
                    |row: &&WireRow| row.is_out && row.link > 0 && row.system == system && row.component == 1;
                let is_ours = |custom| Mode { firmware: *firmware, custom }.accepts_commands();
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
            Air::Theirs(theirs) => theirs.said(),
        }
    }
}
