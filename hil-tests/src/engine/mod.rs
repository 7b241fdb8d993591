//! Depth a: a scenario flown by the engine in virtual time. Scenario and seed in, a trace out, bit for bit the same each time.

mod decider;

pub use decider::Decider;

use crate::invariants::Witness;
use crate::scenario::Scenario;
use crate::trace::Trace;
use skyhound::config::Config;

/// What the engine hears.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Readings drawn by the world, as the sense pass would make them. Thousands of times faster than real time.
    #[default]
    Readings,
    /// Samples of the world, through the sense pass.
    Iq,
}

/// Makes a decider for a life of the process. Asked again after each kill.
pub type Maker<'a> = &'a mut dyn FnMut(&Config) -> Box<dyn Decider>;

/// Flies `scenario`, with everything of it that is random made from `seed`. Violated invariants are in the trace.
///
/// # Panics
/// On a scenario that [`crate::scenario::load`] would refuse.
pub fn fly(scenario: &Scenario, seed: u64, level: Level) -> Trace {
    let _ = (scenario, seed, level);
    Trace::default()
}

/// As [`fly`], but decided by what `make` makes, and watched by `witness` instead of the invariants.
///
/// # Panics
/// As [`fly`].
pub fn fly_with(
    scenario: &Scenario,
    seed: u64,
    level: Level,
    make: Maker<'_>,
    witness: &mut dyn Witness,
) -> Trace {
    let _ = (scenario, seed, level, make, witness);
    Trace::default()
}
