//! What many flights of a scenario say: how often each way to the beacon finds it, how near and how fast, with intervals.
//!
//! Flights are paired: flight `k` of every policy has the same seed, so the same world, wind and noise. Each policy's flight
//! leaves a trace; `judge::metrics` counts all of them by the same definitions. Work is shared between threads by flight, and
//! put together in the order of flights, so the numbers hang on scenario, seed and count alone.
//!
//! Beside what each policy came to stands what physics leaves on its own path (`limits`).
//!
//! The table of many worlds and beacons (`beacon`) is one report after the other. What landed may be kept (`journal`), so that a night's work goes on
//! where it was broken off.
//!
//! Found = HOLDING began, or homing ended, within `within_m` of a beacon that was on. Time over straight-line time counts only
//! flights that found it.

pub mod beacon;
pub mod journal;
pub mod limits;
pub mod numbers;
pub mod table;

use crate::baseline::Policy;
use crate::engine::{self, Level};
use crate::judge::metrics::{found_within_m, metrics};
use crate::oracle::{Area, Listener};
use crate::scenario::Scenario;
use crate::shared::in_order;
use crate::trace::Trace;
use journal::Journal;
use limits::{At, Limits};
use numbers::{Paired, Share, Spread};
use serde::{Deserialize, Serialize};
use skyhound::config::Config;

/// Bins of the final error, m.
const ERROR_EDGES_M: [f64; 14] =
    [0.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 75.0, 100.0, 150.0];
/// Bins of time over straight-line time.
const RATIO_EDGES: [f64; 12] = [0.0, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0, 12.0];

/// What one flight came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// HOMING was reached.
    pub homed: bool,
    pub found: bool,
    /// Where it ended, if it homed.
    pub final_error_m: Option<f64>,
    /// If it was found by HOLDING: when that began, and over the straight way.
    pub hold_s: Option<f64>,
    pub time_ratio: Option<f64>,
    /// What was said, and what could be known, at each of the report's times.
    pub at: Vec<At>,
}

/// One way to the beacon.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// `skyhound`, or a baseline's name.
    pub policy: &'static str,
    /// Share of flights in which it was led at all.
    pub homed: Share,
    pub found: Share,
    /// Of those that homed.
    pub final_error_m: Spread,
    /// Of those that found it.
    pub hold_s: Option<f64>,
    pub time_ratio: Spread,
    /// At each of the report's times.
    pub limits: Vec<Limits>,
    /// By seed.
    pub flights: Vec<Outcome>,
}

/// A baseline against Skyhound, seed by seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Against {
    pub policy: &'static str,
    /// Skyhound first, the baseline second.
    pub found: Paired,
}

/// What is flown.
#[derive(Clone, Debug)]
pub struct Plan {
    pub scenario: Scenario,
    /// By the name that people give it; none = as the scenario has it.
    pub beacon: Option<&'static str>,
    pub level: Level,
    /// Seed of the first flight; the others follow.
    pub seed: u64,
    pub flights: u64,
    /// The oracle is asked of each so-manieth seed.
    pub oracle_every: u64,
}

/// The statistics of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub scenario: String,
    pub beacon: Option<&'static str>,
    /// Seed of the first flight; the others follow.
    pub seed: u64,
    pub flights: u64,
    /// So near is found.
    pub within_m: f64,
    /// Whether the beacon's place is drawn from where the oracle looks: only then is no other estimator better in the mean.
    pub is_drawn: bool,
    /// Whether matched detectors heard it, deeper than the oracle, which hears readings alone.
    pub has_hearings: bool,
    /// Skyhound, then the baselines.
    pub rows: Vec<Row>,
    pub against: Vec<Against>,
    /// Time flown, all policies together.
    pub flown_s: f64,
}

/// All ways to the beacon: Skyhound's, then the baselines'.
const POLICIES: [Option<Policy>; 4] =
    [None, Some(Policy::Climber), Some(Policy::Spiral), Some(Policy::Lawnmower)];

/// What each policy came to with one seed, and how long it flew, s.
pub type Flown = [(Outcome, f64); POLICIES.len()];

/// Flies every seed of `plan` with every policy on `threads`, but those that are in the journal; `progress` hears how many seeds are done.
///
/// # Errors
/// Settings that the daemon refuses; a journal that cannot be written.
pub fn report(
    plan: &Plan,
    threads: usize,
    journal: &Journal,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, String> {
    let Plan { scenario, seed, flights, .. } = plan;
    let config = scenario.config()?;
    let (within_m, area) = (found_within_m(scenario), limits::area(scenario, &config));
    let flown = in_order(*flights, threads, progress, |index| {
        let seed = seed.wrapping_add(index);
        journal.of(plan, seed, || fly(plan, &config, seed, &area))
    });
    let flown = flown.into_iter().collect::<Result<Vec<Flown>, String>>()?;
    let rows: Vec<Row> = (POLICIES.iter().enumerate())
        .map(|(which, policy)| {
            let flights = flown.iter().map(|outcomes| outcomes[which].0.clone()).collect();
            row(policy.map_or("skyhound", Policy::name), flights, &area)
        })
        .collect();
    let pair = |baseline: &Row| {
        let both = rows[0].flights.iter().zip(&baseline.flights);
        let found = Paired::of(both.map(|(ours, theirs)| (ours.found, theirs.found)));
        Against { policy: baseline.policy, found }
    };
    Ok(Report {
        scenario: scenario.name.clone(),
        beacon: plan.beacon,
        seed: *seed,
        flights: *flights,
        within_m,
        is_drawn: scenario.world.beacon[0].draw.is_some_and(|draw| draw.distance_m.is_some()),
        has_hearings: plan.level == Level::Iq,
        against: rows[1..].iter().map(pair).collect(),
        rows,
        flown_s: flown.iter().flatten().map(|(_, flown_s)| flown_s).sum(),
    })
}

/// One seed with every policy.
fn fly(plan: &Plan, config: &Config, seed: u64, area: &Area) -> Flown {
    let scenario = &plan.scenario.drawn(seed);
    let times_s = limits::times_s(scenario);
    let asks = seed.is_multiple_of(plan.oracle_every);
    POLICIES.map(|policy| {
        let mut listener = Listener::new(scenario, &config.sense, seed);
        let trace = match policy {
            None => engine::fly_with(scenario, seed, plan.level, &mut listener),
            Some(policy) => engine::fly_led(scenario, config, seed, plan.level, policy, &mut listener),
        };
        let oracle = asks.then_some((&listener, area));
        let at = times_s.iter().map(|at_s| limits::at(scenario, &trace, oracle, *at_s));
        outcome(scenario, &trace, found_within_m(scenario), at.collect())
    })
}

/// Counts a trace; and how long it flew, s.
fn outcome(scenario: &Scenario, trace: &Trace, within_m: f64, at: Vec<At>) -> (Outcome, f64) {
    let numbers = metrics(scenario, trace);
    let number = |name: &str| numbers.get(name).copied();
    let final_error_m = number("final_error_m");
    let holds = number("found") == Some(1.0);
    let outcome = Outcome {
        homed: number("time_to_homing_s").is_some(),
        found: holds || final_error_m.is_some_and(|error_m| error_m <= within_m),
        final_error_m,
        hold_s: number("time_to_holding_s").filter(|_| holds),
        time_ratio: number("time_ratio"),
        at,
    };
    (outcome, number("flight_s").unwrap_or(0.0))
}

fn row(policy: &'static str, flights: Vec<Outcome>, area: &Area) -> Row {
    let share = |holds: fn(&&Outcome) -> bool| Share::of(flights.iter().filter(holds).count(), flights.len());
    Row {
        policy,
        homed: share(|flight| flight.homed),
        found: share(|flight| flight.found),
        final_error_m: Spread::of(flights.iter().filter_map(|flight| flight.final_error_m), &ERROR_EDGES_M),
        hold_s: numbers::median(flights.iter().filter_map(|flight| flight.hold_s)),
        time_ratio: Spread::of(flights.iter().filter_map(|flight| flight.time_ratio), &RATIO_EDGES),
        limits: limits::all(&flights, area),
        flights,
    }
}

#[cfg(test)]
mod tests;
