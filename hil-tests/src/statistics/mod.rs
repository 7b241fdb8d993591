//! What many flights of a scenario say: how often each way to the beacon finds it, how near and how fast, with intervals.
//!
//! Flights are paired: flight `k` of every policy has the same seed, so the same world, wind and noise. Each policy's flight
//! leaves a trace; `judge::metrics` counts all of them by the same definitions. Work is shared between threads by flight, and
//! put together in the order of flights, so the numbers hang on scenario, seed and count alone.
//!
//! Beside what each policy came to stands what physics leaves on its own path (`limits`).
//!
//! Found = HOLDING began, or homing ended, within `within_m` of a beacon that was on. Time over straight-line time counts only
//! flights that found it.

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
use limits::{At, Limits};
use numbers::{Paired, Share, Spread};
use serde::Serialize;

/// Bins of the final error, m.
const ERROR_EDGES_M: [f64; 14] =
    [0.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 75.0, 100.0, 150.0];
/// Bins of time over straight-line time.
const RATIO_EDGES: [f64; 12] = [0.0, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0, 12.0];

/// What one flight came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// HOMING was reached.
    pub homed: bool,
    pub found: bool,
    /// Where it ended, if it homed.
    pub final_error_m: Option<f64>,
    /// If it was found by HOLDING.
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

/// The statistics of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub scenario: String,
    /// Seed of the first flight; the others follow.
    pub seed: u64,
    pub flights: u64,
    /// So near is found.
    pub within_m: f64,
    /// Whether the beacon's place is drawn from where the oracle looks: only then is no other estimator better in the mean.
    pub is_drawn: bool,
    /// Skyhound, then the baselines.
    pub rows: Vec<Row>,
    pub against: Vec<Against>,
    /// Time flown, all policies together.
    pub flown_s: f64,
}

/// Flies `flights` seeds from `seed` on with every policy, on `threads`; `progress` hears how many seeds are done.
pub fn report(
    scenario: &Scenario,
    seed: u64,
    flights: u64,
    threads: usize,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, String> {
    let config = scenario.config()?;
    let (within_m, area, times_s) =
        (found_within_m(scenario), limits::area(scenario, &config), limits::times_s(scenario));
    let policies = [None, Some(Policy::Climber), Some(Policy::Spiral), Some(Policy::Lawnmower)];
    let flown = in_order(flights, threads, progress, |index| {
        let seed = seed.wrapping_add(index);
        let scenario = &scenario.drawn(seed);
        policies.map(|policy| {
            let mut listener = Listener::new(scenario, &config.sense, seed);
            let trace = match policy {
                None => engine::fly_with(scenario, seed, Level::Readings, &mut listener),
                Some(policy) => engine::fly_led(scenario, &config, seed, policy, &mut listener),
            };
            let at = times_s.iter().map(|at_s| limits::at(scenario, &trace, &listener, *at_s, &area));
            outcome(scenario, &trace, within_m, at.collect())
        })
    });
    let rows: Vec<Row> = (policies.iter().enumerate())
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
        seed,
        flights,
        within_m,
        is_drawn: scenario.world.beacon[0].draw.is_some_and(|draw| draw.distance_m.is_some()),
        against: rows[1..].iter().map(pair).collect(),
        rows,
        flown_s: flown.iter().flatten().map(|(_, flown_s)| flown_s).sum(),
    })
}

/// Counts a trace; and how long it flew, s.
fn outcome(scenario: &Scenario, trace: &Trace, within_m: f64, at: Vec<At>) -> (Outcome, f64) {
    let numbers = metrics(scenario, trace);
    let number = |name: &str| numbers.get(name).copied();
    let final_error_m = number("final_error_m");
    let outcome = Outcome {
        homed: number("time_to_homing_s").is_some(),
        found: number("found") == Some(1.0) || final_error_m.is_some_and(|error_m| error_m <= within_m),
        final_error_m,
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
        time_ratio: Spread::of(flights.iter().filter_map(|flight| flight.time_ratio), &RATIO_EDGES),
        limits: limits::all(&flights, area),
        flights,
    }
}

#[cfg(test)]
mod tests;
