//! Eleven invariants, checked after every pass of depth a from what the pass was given, what it gave, and the truth.
//!
//! Written from the invariants' words and the settings' numbers, beside the engine and not from it: what must hold is worked
//! out again here (`conditions`, `fence`, `hands`, `place`), and nothing of the engine's interlocks is called. Numbers:
//! ```text
//! 1 permission   movement only while operator, mode, fresh inputs, predicted fence, battery … all hold and nothing latched;
//!                the true place stays inside the fence and over the ground, by a position that is as old as it says
//! 2 bounds       finite, within speed, climb, yaw rate; slew
//! 3 stops        after a stop cause zero, then silence until the operator acts
//! 4 stops        time between setpoints ≤ 300 ms while homing
//! 5 causes       each stop has exactly one recorded cause, and it is a true one
//! 6 kept         what the sink got is a gapless prefix of what went in and was decided
//! 7, 8 same      the same flight without the disk's or the clock's faults commands the same, bit for bit
//! 9 death        the aircraft, left alone, stands still within its time-out
//! 10 heard       one thing heard is one detection: those of a channel never overlap and never share a begin
//! 11 reasons     each velocity is recorded with a reason that fits the state; level but over the beacon's place, where so set
//! ```
//! A flight's loop calls a [`Witness`]; [`Invariants`] is the one that judges. Told once per number and flight, all counted.
//! Times are µs of the scenario, speeds m/s, NED. Not here: whether the flight found anything.

mod alone;
mod bounds;
mod causes;
mod conditions;
mod failsafes;
mod fence;
mod ground;
mod hands;
mod heard;
mod kept;
mod permission;
mod place;
mod reasons;
mod same;
mod sane;

pub use same::Decisions;

use crate::truth::TruePose;
use skyhound::command::{Command, State, Trip, Velocity};
use skyhound::config::{Config, InterlockConfig};
use skyhound::decide::PassInputs;
use skyhound::facts::Facts;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::record::{PlacedReading, Record};
use skyhound::vehicle::Firmware;

use alone::Alone;
use bounds::Bounds;
use causes::Causes;
use hands::Memory;
use heard::Heard;
use kept::Kept;
use permission::Permit;
use place::Place;
use reasons::Reasons;

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
    /// Whether the autopilot knows where it is: a 3D fix.
    pub navigates: bool,
    /// Where the autopilot believes itself to be.
    pub believed: Option<Wgs84>,
    /// What the pose is about: the scenario's place.
    pub site: Wgs84,
    /// Height of the ground below it, about the same.
    pub ground_m: f64,
    /// When the autopilot last took a setpoint that moves it, µs.
    pub heard_us: u64,
    /// The battery is not empty.
    pub has_power: bool,
    /// Whether the process lives.
    pub alive: bool,
}

impl Sky {
    /// From where it truly is to where the autopilot believes it to be.
    fn error(&self) -> Option<NorthEast> {
        let truth = self.pose.place(&Origin::new(self.site));
        Some(Origin::new(truth).ned_from_wgs84(self.believed?))
    }
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
    config: Config,
    told: Told,
    life: Life,
    truth: Truth,
}

/// What is known of one life of the process: a new one knows nothing of the one before.
#[derive(Debug, Default)]
struct Life {
    number: u32,
    memory: Memory,
    permit: Permit,
    bounds: Bounds,
    causes: Causes,
    kept: Kept,
    heard: Heard,
    reasons: Reasons,
}

/// What is known of the aircraft, which stays the same.
#[derive(Debug, Default)]
struct Truth {
    alone: Alone,
    place: Place,
    /// Since when the aircraft is truly in another mode, or disarmed.
    left_us: Option<u64>,
    firmware: Option<Firmware>,
}

/// What is told of violations.
#[derive(Debug, Default)]
struct Told {
    at_us: u64,
    violations: Vec<String>,
    broken: [u32; 12],
}

impl Told {
    fn tell(&mut self, number: usize, what: impl FnOnce() -> String) {
        self.broken[number] += 1;
        if self.broken[number] == 1 {
            self.violations.push(format!("{:.3} s: invariant {number}: {}", self.at_us as f64 / 1e6, what()));
        }
    }
}

impl Invariants {
    /// For a flight with these settings.
    pub fn new(config: &Config) -> Invariants {
        Invariants {
            config: config.clone(),
            told: Told::default(),
            life: Life::default(),
            truth: Truth::default(),
        }
    }

    /// The first violation of each invariant, told with its moment and numbers. Empty = none.
    pub fn violations(&self) -> &[String] {
        &self.told.violations
    }

    /// How often each invariant was violated; index = its number.
    pub fn broken(&self) -> &[u32; 12] {
        &self.told.broken
    }
}

impl Witness for Invariants {
    fn pass(&mut self, step: &Step<'_>) {
        if step.life != self.life.number {
            self.life = Life { number: step.life, ..Life::default() };
        }
        self.told.at_us = step.at_us;
        let (limits, told) = (&self.config.interlock, &mut self.told);
        let channels = self.config.sense.channels.len();
        let Life { memory, permit, bounds, causes, kept, heard, reasons, .. } = &mut self.life;
        memory.take(step.inputs, channels, bounds.moved(), limits);
        let judge = |lead| conditions::judge(limits, step.inputs, step.facts, memory, lead);
        let still = judge(Velocity::default());
        let led = match step.command {
            Command::Velocity(velocity) => judge(velocity),
            Command::Stop | Command::Silence(_) => still.clone(),
        };
        let flies = self.config.search.as_ref().is_some_and(|search| search.flies);
        causes.judge(step, &led, (u64::from(self.config.homing.holding_us), flies), told);
        permit.follow(step, &still, memory, told);
        permit.command(step, &led, (limits, flies), told);
        bounds.judge(step, memory.gap_us.unwrap_or(0), limits, told);
        kept.judge(step, channels, told);
        heard.judge(step, told);
        reasons.judge(step, self.config.homing.height_min_m, told);
        self.truth.pass(step, limits, told);
    }

    fn sky(&mut self, sky: &Sky) {
        self.told.at_us = sky.pose.at_us;
        self.truth.alone.judge(sky, &mut self.told);
        self.truth.place.judge(sky, &self.config.interlock, &mut self.told);
        let takes = |firmware| conditions::takes_setpoints(firmware, sky.custom_mode);
        let is_ours = self.truth.firmware.is_none_or(takes) && sky.armed;
        self.truth.left_us = if is_ours { None } else { self.truth.left_us.or(Some(sky.pose.at_us)) };
    }
}

impl Truth {
    /// What the truth says of a velocity.
    fn pass(&mut self, step: &Step<'_>, limits: &InterlockConfig, told: &mut Told) {
        self.firmware = step.inputs.vehicle.identity.map(|bound| bound.firmware);
        let (Command::Velocity(_), Some(firmware)) = (step.command, self.firmware) else { return };
        self.alone.moved(step.at_us, firmware);
        self.place.moved(step, firmware, told);
        let late_us = u64::from(limits.heartbeat_age_max_us) + 300_000;
        if let Some(left_us) = self.left_us.filter(|left_us| step.at_us > left_us + late_us) {
            let for_ms = (step.at_us - left_us) / 1000;
            told.tell(1, || format!("a velocity, the aircraft truly out of our mode for {for_ms} ms"));
        }
    }
}

#[cfg(test)]
mod tests;
