//! The course of a scenario: its timeline of faults and its operator, as one pure state machine that every depth asks.
//!
//! In: the time and what can be seen ([`Seen`]: what `skyhound ctl status` shows, and what the ground station hears). Out:
//! what to do now ([`Do`]), in order. Nothing here knows how a thing is done: at depth a the world, the aircraft and the engine
//! are called, at depths b and c a driver, a simulated autopilot, `ctl` and a ground station.
//!
//! Invariants: a fault begins once, at its trigger's time or at the first look after it, and ends `for_s` later; a trigger
//! fires at the first time that its condition is seen. The same looks give the same deeds. Ask it at least 10 times a second.
//! Not here: what a fault does, and whether the flight was good (`judge`).

mod operator;
mod pattern;
mod timeline;

#[cfg(test)]
mod tests;

pub use pattern::{aircraft, points_m};
pub use timeline::Timeline;

use crate::aircraft::{Aircraft, Landed, Request, Waypoint, custom_mode_of};
use crate::scenario::{Flavour, Kind, Scenario};
use operator::Operator;
use skyhound::command::State;
use std::fmt;

/// What the script can see. Everything of the daemon is `IDLE`, `false` while it does not answer.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Seen<'a> {
    /// Our state.
    pub state: State,
    /// A beacon is heard on some channel.
    pub heard: bool,
    /// Something keeps homing locked now (`locked` of the status; on PX4 before OFFBOARD that is the mode).
    pub locked: bool,
    /// Something stopped homing, and the operator has not acted since (`latched` of the status).
    pub latched: bool,
    /// The daemon answers.
    pub answers: bool,
    /// The autopilot can be armed: it has a position and home. True where that cannot be known: then it is tried.
    pub ready: bool,
    /// The aircraft is in the air (EXTENDED_SYS_STATE, or higher than 1 m).
    pub airborne: bool,
    /// Motors armed.
    pub armed: bool,
    /// The autopilot's mode by its own name.
    pub mode: &'a str,
    /// Height above home as the autopilot reports it.
    pub up_m: f64,
}

impl Seen<'static> {
    /// What the ground station sees of `aircraft`; nothing of the daemon.
    pub fn of(aircraft: &Aircraft) -> Seen<'static> {
        let belief = aircraft.belief();
        Seen {
            ready: belief.position.is_some() && belief.home.is_some() && !belief.is_silent,
            airborne: belief.landed != Landed::OnGround,
            armed: belief.armed,
            mode: aircraft.mode_name(),
            up_m: belief.position.map_or(0.0, |position| position.alt_rel_m),
            ..Seen::default()
        }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Do {
    /// A fault begins, or a deed of pilot or stranger is done. Never `HomingOn`, `HomingOff`: these come as the operator's.
    Begin(Kind),
    /// It ends.
    End(Kind),
    /// `skyhound ctl homing on`.
    HomingOn,
    /// `skyhound ctl homing off`.
    HomingOff,
    /// The ground station uploads this mission, as it is on the wire.
    Mission(Vec<Waypoint>),
    /// The ground station changes the autopilot's mode, by its own name.
    SetMode(&'static str),
    /// The ground station arms.
    Arm,
    /// The ground station commands MAV_CMD_NAV_TAKEOFF.
    TakeOff {
        /// Height above home.
        alt_m: f64,
    },
}

impl Do {
    /// What the ground station asks of the autopilot by it; `None` = it is no deed of the ground station.
    pub fn request(&self, flavour: Flavour) -> Option<Request> {
        match self {
            Do::Mission(items) => Some(Request::Mission(items.clone())),
            // Of a mode that it has not, the autopilot says so itself.
            Do::SetMode(mode) => Some(Request::Mode(custom_mode_of(flavour, mode).unwrap_or(u32::MAX))),
            Do::Arm => Some(Request::Arm(true)),
            Do::TakeOff { alt_m } => Some(Request::TakeOff { alt_m: *alt_m }),
            Do::Begin(_) | Do::End(_) | Do::HomingOn | Do::HomingOff => None,
        }
    }
}

impl fmt::Display for Do {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Do::Begin(kind) => write!(f, "{kind}"),
            Do::End(kind) => write!(f, "{kind} ends"),
            Do::HomingOn => f.write_str("operator: homing on"),
            Do::HomingOff => f.write_str("operator: homing off"),
            Do::Mission(items) => write!(f, "operator: mission of {} items", items.len()),
            Do::SetMode(mode) => write!(f, "operator: mode {mode}"),
            Do::Arm => f.write_str("operator: arm"),
            Do::TakeOff { alt_m } => write!(f, "operator: take-off to {alt_m} m"),
        }
    }
}

/// The course of one flight.
#[derive(Clone, Debug)]
pub struct Script {
    timeline: Timeline,
    operator: Operator,
    duration_us: u64,
}

impl Script {
    /// At the begin.
    pub fn new(scenario: &Scenario) -> Script {
        Script {
            timeline: Timeline::new(&scenario.fault),
            operator: Operator::new(scenario),
            duration_us: us(scenario.duration_s),
        }
    }

    /// What to do at `now_us` (µs since the scenario began). Does not allocate when there is nothing to do.
    pub fn step(&mut self, now_us: u64, seen: &Seen<'_>) -> Vec<Do> {
        let mut deeds = Vec::new();
        self.timeline.step(now_us, seen, &mut deeds);
        self.operator.step(now_us, seen, &mut deeds);
        deeds
    }

    /// Whether the flight is over: its time is up, or the aircraft the operator sent home has landed and disarmed.
    pub fn is_over(&self, now_us: u64) -> bool {
        now_us >= self.duration_us || self.operator.is_done()
    }
}

fn us(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}
