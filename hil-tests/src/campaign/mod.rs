//! Campaigns: many random mixes of faults ([`mix`]), each flown at depth a under the eyes of the invariants.
//!
//! A flight with a fault of disk or clock is flown again without it, and must command the same, bit for bit (invariants 7 and
//! 8); a panic counts as a violation. Whatever fails is told with its seed, which is all that repeats it. A campaign also
//! counts what it reached: one that never comes to HOMING, or never meets a kind of fault, is worth nothing.

pub mod mix;
mod tally;

pub use tally::Tally;

use crate::engine::{self, Level};
use crate::invariants::{Decisions, Invariants, Sky, Step, Witness};
use crate::scenario::{Kind, Scenario};
use crate::shared::{in_order, panic_words};
use crate::trace::{DeedRow, Trace};
use skyhound::command::{Reason, State};
use skyhound::record::Record;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Seeds that failed once, with why; always flown first.
const OLD_SEEDS: &str = include_str!("../../campaign-seeds");

/// What one flight came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flown {
    /// Its seed.
    pub seed: u64,
    /// Kinds of faults in it, and whether they began.
    pub faults: Vec<(&'static str, bool)>,
    /// States reached, index as in [`State::ALL`].
    pub reached: [bool; 5],
    /// Causes of stops.
    pub stops: Vec<String>,
    /// Passes.
    pub passes: u64,
    /// Seconds flown.
    pub flown_s: f64,
    /// What was violated.
    pub violations: Vec<String>,
    /// What was done, in words.
    pub deeds: Vec<String>,
}

/// Watches with several eyes.
struct Eyes {
    invariants: Invariants,
    decisions: Decisions,
    flown: Flown,
}

impl Witness for Eyes {
    fn pass(&mut self, step: &Step<'_>) {
        self.invariants.pass(step);
        self.decisions.pass(step);
        self.flown.passes += 1;
        self.flown.reached[step.state as usize] = true;
        for record in step.kept {
            if let Record::StateChange(change) = record
                && change.to == State::Idle
            {
                self.flown.stops.push(match change.reason {
                    Reason::Interlock(trip) => trip.interlock.name().into(),
                    reason => reason.to_string(),
                });
            }
        }
    }

    fn sky(&mut self, sky: &Sky) {
        self.invariants.sky(sky);
    }
}

/// Flies the mix of `seed`.
pub fn fly(seed: u64) -> Flown {
    let scenario = mix::scenario(seed);
    let failed = |why| Flown { seed, violations: vec![why], ..Flown::default() };
    match catch_unwind(AssertUnwindSafe(|| watched(&scenario, seed))) {
        Ok(Ok(flown)) => flown,
        Ok(Err(why)) => failed(format!("the mix is no scenario: {why}")),
        Err(panic) => failed(format!("panic: {}", panic_words(&*panic))),
    }
}

fn watched(scenario: &Scenario, seed: u64) -> Result<Flown, String> {
    let (trace, eyes) = flight(scenario, seed)?;
    let mut violations = eyes.invariants.violations().to_vec();
    let is_disk = |kind: &Kind| matches!(kind, Kind::DiskFull | Kind::DiskStall);
    let is_clock = |kind: &Kind| matches!(kind, Kind::ClockStep { .. } | Kind::Clock1970);
    for (number, what, is_it) in [(7, "disk", is_disk as fn(&Kind) -> bool), (8, "clock", is_clock)] {
        let mut without = scenario.clone();
        without.fault.retain(|fault| !is_it(&fault.kind));
        if without.fault.len() < scenario.fault.len() {
            let (_, other) = flight(&without, seed)?;
            violations.extend(eyes.decisions.parts_from(&other.decisions).map(|parted| {
                format!("invariant {number}: the {what}'s fault changed a decision: {parted}")
            }));
        }
    }
    violations.extend(trace.violations);
    let deed = |deed: &DeedRow| format!("{:8.3} s {}", deed.at_us as f64 / 1e6, deed.what);
    let began = |kind: &Kind| {
        let told = match kind {
            Kind::HomingOn => "operator: homing on",
            Kind::HomingOff => "operator: homing off",
            kind => kind.name(),
        };
        trace.deeds.iter().any(|deed| deed.what.starts_with(told))
    };
    Ok(Flown {
        seed,
        faults: scenario.fault.iter().map(|fault| (fault.kind.name(), began(&fault.kind))).collect(),
        flown_s: trace.truth.last().map_or(0.0, |row| row.pose.at_us as f64 / 1e6),
        violations,
        deeds: trace.deeds.iter().map(deed).collect(),
        ..eyes.flown
    })
}

fn flight(scenario: &Scenario, seed: u64) -> Result<(Trace, Eyes), String> {
    let invariants = Invariants::new(&scenario.config()?);
    let mut eyes = Eyes { invariants, decisions: Decisions::default(), flown: Flown::default() };
    let trace = engine::fly_with(scenario, seed, Level::Readings, &mut eyes);
    Ok((trace, eyes))
}

/// Seeds that failed once.
pub fn old_seeds() -> Vec<u64> {
    let seed = |line: &str| line.split('#').next().and_then(|seed| seed.trim().parse().ok());
    OLD_SEEDS.lines().filter_map(seed).collect()
}

/// What to fly.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Seed of the first mix; the others follow.
    pub seed: u64,
    /// How many; one alone is flown without the old seeds.
    pub flights: u64,
    /// Results do not hang on it.
    pub threads: usize,
    /// Only mixes with this kind of fault, by its name.
    pub with: Option<&'static str>,
    /// Ends soon after this invariant was broken.
    pub until_broken: Option<u8>,
}

/// Flies the old seeds, then those of the plan.
pub fn fly_all(plan: &Plan, progress: &(dyn Fn(u64) + Sync)) -> Tally {
    let Plan { seed, flights, threads, with, until_broken } = *plan;
    let mut seeds = if flights > 1 { old_seeds() } else { Vec::new() };
    let has = |seed: u64, kind: &str| mix::scenario(seed).fault.iter().any(|fault| fault.kind.name() == kind);
    let mixes = (0..).map(|index| seed.wrapping_add(index));
    seeds.extend(mixes.filter(|seed| with.is_none_or(|kind| has(*seed, kind))).take(flights as usize));
    // In parts, so that a hundred thousand flights do not all lie in memory.
    let mut tally = Tally::default();
    let part_len = if until_broken.is_some() { 16 } else { 512 };
    for part in seeds.chunks(part_len) {
        let before = tally.flights;
        let flown = in_order(part.len() as u64, threads, &|done| progress(before + done), |index| {
            fly(part[index as usize])
        });
        flown.iter().for_each(|flown| tally.add(flown));
        if until_broken.is_some_and(|number| tally.broken[usize::from(number)] > 0) {
            break;
        }
    }
    tally
}

#[cfg(test)]
mod tests;
