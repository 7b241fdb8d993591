//! What a flight left behind, in one form for every depth: verdicts, tables and plots are made from this alone.
//!
//! Times are µs since the scenario began. At depth b the daemon's own stamps are moved to that clock by the runner.
#![allow(missing_docs, reason = "what a name with its unit says is not said again")]

use crate::truth::TruePose;
use skyhound::command::State;

/// The daemon's component id by default, `MAV_COMP_ID_ONBOARD_COMPUTER`: whose setpoints are those under test.
pub const COMPONENT: u8 = 191;

/// A flight.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Truth and autopilot, 10 Hz.
    pub truth: Vec<TruthRow>,
    /// What the daemon made of the air, on the beacon's channel, 10 Hz.
    pub signal: Vec<SignalRow>,
    pub states: Vec<StateRow>,
    /// Where the beacon was said to be, in the order of time.
    pub estimates: Vec<EstimateRow>,
    /// The regions that were said to hold it, in the order of time.
    pub regions: Vec<RegionRow>,
    /// Setpoints as the autopilot received them.
    pub setpoints: Vec<SetpointRow>,
    /// Events of the flight file (depths b and c).
    pub events: Vec<EventRow>,
    /// What the scenario did: faults, operator, pilot.
    pub deeds: Vec<DeedRow>,
    /// Further numbers that only the runner could measure, by name with unit: `dropped_readings_total`, `exit_code` …
    pub numbers: std::collections::BTreeMap<String, f64>,
    /// Violated invariants, each told with its moment. Empty = none.
    pub violations: Vec<String>,
    /// Files the flight left: flight file, log.
    pub files: Vec<std::path::PathBuf>,
}

impl Trace {
    /// The parts of the newest region of `percent` that was told by `at_us`; none before the first.
    pub fn region(&self, percent: u8, at_us: u64) -> impl Iterator<Item = &RegionRow> {
        let told = &self.regions[..self.regions.partition_point(|row| row.at_us <= at_us)];
        let newest_us = told.last().map(|row| row.at_us);
        let newest = told.iter().rev().take_while(move |row| Some(row.at_us) == newest_us);
        newest.filter(move |row| row.percent == percent)
    }

    /// The process died: nobody is in its state any more. Not a stop, which has a cause.
    pub fn killed(&mut self, at_us: u64) {
        let idle = State::Idle.name();
        if let Some(from) = self.states.last().map(|row| row.to.clone()).filter(|from| from != idle) {
            self.states.push(StateRow::new(at_us, &from, idle, "the process died"));
        }
    }
}

/// Truth at one moment.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct TruthRow {
    pub pose: TruePose,
    /// The autopilot's mode by its own name.
    pub mode: &'static str,
    pub armed: bool,
    /// Battery left, 0..=1.
    pub battery_ratio: f64,
}

/// The daemon's signal facts at one moment.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct SignalRow {
    pub at_us: u64,
    pub power_dbfs: Option<f64>,
    /// Temporal noise floor, dBFS.
    pub floor_dbfs: Option<f64>,
    pub snr_db: Option<f64>,
    pub heard: bool,
}

/// Where the beacon was said to be at one moment.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct EstimateRow {
    pub at_us: u64,
    /// Metres north and east of home.
    pub north_m: f64,
    pub east_m: f64,
    /// Radius of a circle as large as the region that holds it with 95 %.
    pub radius_95_m: f64,
}

/// A part of the smallest region that was said to hold the beacon with so many per cent: squares side by side, eastwards.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct RegionRow {
    pub at_us: u64,
    pub percent: u8,
    /// Middle of the most western square, north and east of home.
    pub north_m: f64,
    pub east_m: f64,
    /// Edge of each.
    pub size_m: f64,
    pub count: u16,
}

impl RegionRow {
    /// West, south, east and north edge.
    pub fn edges_m(&self) -> [f64; 4] {
        let (half_m, width_m) = (self.size_m / 2.0, self.size_m * f64::from(self.count));
        let west_m = self.east_m - half_m;
        [west_m, self.north_m - half_m, west_m + width_m, self.north_m + half_m]
    }

    /// Whether a place lies in it.
    pub fn holds(&self, north_m: f64, east_m: f64) -> bool {
        let [west, south, east, north] = self.edges_m();
        (west..=east).contains(&east_m) && (south..=north).contains(&north_m)
    }
}

/// A change of our state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateRow {
    pub at_us: u64,
    /// As people spell it.
    pub from: String,
    pub to: String,
    /// Why, in words.
    pub reason: String,
    /// The interlock that tripped, by name.
    pub interlock: Option<String>,
}

impl StateRow {
    /// A change that no interlock caused.
    pub fn new(at_us: u64, from: &str, to: &str, reason: impl Into<String>) -> StateRow {
        StateRow { at_us, from: from.into(), to: to.into(), reason: reason.into(), interlock: None }
    }
}

/// A setpoint received by the autopilot.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct SetpointRow {
    /// When it came off the wire.
    pub at_us: u64,
    /// Velocity north, east, down, m/s.
    pub velocity_mps: [f64; 3],
    pub yaw_rate_rad_s: f64,
    /// Whether the autopilot took it (mode, armed).
    pub taken: bool,
    /// Who sent it: system, component.
    pub from: (u8, u8),
}

impl SetpointRow {
    /// Whether it asks for movement.
    pub fn moves(&self) -> bool {
        self.velocity_mps.iter().any(|v| *v != 0.0) || self.yaw_rate_rad_s != 0.0
    }
}

/// An event of the flight file.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    pub at_us: u64,
    pub kind: String,
    pub text: String,
}

/// Something the scenario did.
#[derive(Clone, Debug, PartialEq)]
pub struct DeedRow {
    pub at_us: u64,
    /// What, in words.
    pub what: String,
}
