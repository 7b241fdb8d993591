//! FACTS' nine invariants, checked after every pass of depth a from what the pass was given, what it gave, and the truth.
//!
//! Written from the invariants' words and the settings' numbers, beside the engine and not from it: what must hold is worked
//! out again here (`conditions`, `fence`, `hands`), and nothing of the engine's interlocks is called. Numbers:
//! ```text
//! 1 permission   movement only while operator, mode, fresh inputs, predicted fence, battery … all hold and nothing latched
//! 2 bounds       finite, within speed, climb, yaw rate; slew
//! 3 stops        after a stop cause zero, then silence until the operator acts
//! 4 stops        time between setpoints ≤ 300 ms while homing
//! 5 causes       each stop has exactly one recorded cause, and it is a true one
//! 6 kept         what the sink got is a gapless prefix of what went in and was decided
//! 7, 8 same      the same flight without the disk's or the clock's faults commands the same, bit for bit
//! 9 death        the aircraft, left alone, stands still within its time-out
//! ```
//! A flight's loop calls a [`Witness`]; [`Invariants`] is the one that judges. Told once per number and flight, all counted.
//! Times are µs of the scenario, speeds m/s, NED. Not here: whether the flight found anything.

use crate::truth::TruePose;
use skyhound::command::{Command, State, Trip};
use skyhound::config::Config;
use skyhound::decide::PassInputs;
use skyhound::facts::Facts;
use skyhound::record::{PlacedReading, Record};

/// One pass of the engine as the flight's loop saw it.
#[derive(Copy, Clone, Debug)]
pub struct Step<'a> {
    /// When, µs since the scenario began.
    pub at_us: u64,
    /// Which life of the process: counts up when the engine is made anew after a kill.
    pub life: u32,
    /// What the pass was given, `now` on the engine's own clock.
    pub inputs: &'a PassInputs<'a>,
    /// What it commanded.
    pub command: Command,
    /// Our state after it.
    pub state: State,
    /// Facts it worked from.
    pub facts: &'a [Facts],
    /// What keeps homing locked.
    pub locked: Option<Trip>,
    /// Cause of the last stop.
    pub latched: Option<Trip>,
    /// Readings the sink was given in this pass, in order, also those that a full disk then loses.
    pub kept_readings: &'a [PlacedReading],
    /// Records the sink was given in this pass, in order.
    pub kept: &'a [Record],
}

/// The aircraft in truth at one moment, whether or not an engine lives.
#[derive(Copy, Clone, Debug)]
pub struct Sky {
    /// Where it is; carries the time.
    pub pose: TruePose,
    /// `custom_mode` of its heartbeat.
    pub custom_mode: u32,
    /// Motors armed.
    pub armed: bool,
    /// Whether the process lives.
    pub alive: bool,
}

/// Somebody who watches a flight at depth a.
pub trait Witness {
    /// After every pass of the engine.
    fn pass(&mut self, step: &Step<'_>);

    /// After every step of the aircraft, or at least once per 50 ms; before the pass of the same moment.
    fn sky(&mut self, sky: &Sky) {
        let _ = sky;
    }
}

/// Nobody watches.
impl Witness for () {
    fn pass(&mut self, _: &Step<'_>) {}
}

/// The judge of a flight.
#[derive(Debug)]
pub struct Invariants {
    violations: Vec<String>,
    broken: [u32; 10],
    _config: Config,
}

impl Invariants {
    /// For a flight with these settings.
    pub fn new(config: &Config) -> Invariants {
        Invariants { violations: Vec::new(), broken: [0; 10], _config: config.clone() }
    }

    /// Same as [`Witness::pass`].
    pub fn step(&mut self, _step: &Step<'_>) {}

    /// The first violation of each invariant, told with its moment and numbers. Empty = none.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// How often each invariant was violated; index = its number.
    pub fn broken(&self) -> &[u32; 10] {
        &self.broken
    }
}

impl Witness for Invariants {
    fn pass(&mut self, step: &Step<'_>) {
        self.step(step);
    }
}
