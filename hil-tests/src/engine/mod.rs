//! Depth a: a scenario flown by the engine in virtual time. Scenario and seed in, a trace out, bit for bit the same each time.
//!
//! ```text
//! world ─readings or samples→ hearing (pieces, the host's receiver) ─┐
//!   ↑ true pose                                                      ├→ Decide ──command→ wire (rate, delay)
//! aircraft ─messages→ telemetry (the host's reader) ─────────────────┘                      │
//!   ↑───────────────────────────────── setpoints ───────────────────────────────────────────┘
//! ```
//! What stands between the engine and the world in the daemon stands here too, as far as a decision can hang on it: message
//! rates and ages, latency of driver, passes and line, the setpoint rate, what the host's receiver makes of a failing device.
//! Not here: threads, sockets, bytes, files (depth b), so nothing of theirs that only goes wrong in them.
//!
//! Budget at readings level: 500 times faster than real time on one core. After the begin only the trace grows.

mod book;
mod flight;
mod hearing;
mod machine;
mod receiver;
mod telemetry;
mod wire;

#[cfg(test)]
mod tests {
    mod chain;
    mod flights;
    mod telemetry;
}

use crate::baseline::{Leader, Policy};
use crate::invariants::{Invariants, Witness};
use crate::scenario::{Kind, Scenario};
use crate::trace::Trace;
use flight::Flight;
use skyhound::config::Config;

/// What the engine hears.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Readings drawn by the world, as the sense pass would make them. Thousands of times faster than real time. No hearings.
    #[default]
    Readings,
    /// Samples of the world, through the sense pass and its matched detectors.
    Iq,
}

/// Flies `scenario`, with everything of it that is random made from `seed`. Violated invariants are in the trace.
///
/// # Panics
/// On a scenario that [`crate::scenario::load`] would refuse.
pub fn fly(scenario: &Scenario, seed: u64, level: Level) -> Trace {
    let config = scenario.config().unwrap_or_else(|why| panic!("scenario {}: {why}", scenario.name));
    let mut invariants = Invariants::new(&config);
    let mut trace = fly_with(scenario, seed, level, &mut invariants);
    trace.violations = invariants.violations().to_vec();
    trace
}

/// As [`fly`], but watched by `witness` instead of the invariants.
///
/// # Panics
/// As [`fly`].
pub fn fly_with(scenario: &Scenario, seed: u64, level: Level, witness: &mut dyn Witness) -> Trace {
    let scenario = &scenario.drawn(seed);
    begun(scenario, Flight::new(scenario, seed, level, None, witness)).fly()
}

/// The same flight, led by a baseline and watched by `witness`. Faults other than the world's do not happen: they are not steering's.
///
/// # Panics
/// As [`fly`].
pub fn fly_led(
    scenario: &Scenario,
    config: &Config,
    seed: u64,
    level: Level,
    policy: Policy,
    witness: &mut dyn Witness,
) -> Trace {
    let mut scenario = scenario.drawn(seed);
    scenario.fault.retain(|fault| {
        matches!(fault.kind, Kind::BeaconOff { .. } | Kind::InterfererOn { .. } | Kind::NoiseStep { .. })
    });
    let leader = Leader::new(&scenario, config, policy);
    begun(&scenario, Flight::new(&scenario, seed, level, Some(leader), witness)).fly()
}

fn begun<'a>(scenario: &Scenario, flight: Result<Flight<'a>, String>) -> Flight<'a> {
    flight.unwrap_or_else(|why| panic!("scenario {}: {why}", scenario.name))
}
