//! A flight's trace to numbers, a verdict, and what people and machines read: a table, JUnit, JSON, plots.
//!
//! Everything is counted from the trace alone, so that a flight at any depth is judged the same way. A number that is not
//! defined for a flight is absent, never NaN; an expectation on an absent number fails with "was not measured".

pub(crate) mod json;
pub(crate) mod junit;
pub mod metrics;
pub(crate) mod plot;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod table;
pub mod verdict;

use std::path::PathBuf;

use crate::rig::{Depth, Rig};
use crate::scenario::Scenario;

pub use metrics::metrics;
pub use verdict::{Check, Outcome, Verdict, verdict};

/// A judged flight with what repeats it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flown {
    pub scenario: String,
    pub about: String,
    pub seed: u64,
    pub rig: String,
    pub depth: Depth,
    pub verdict: Verdict,
    /// The command that flies it again.
    pub repeat: String,
    /// How long it took here, wall clock.
    pub took_s: f64,
    /// The page with its plots.
    pub page: Option<PathBuf>,
}

impl Flown {
    pub fn new(scenario: &Scenario, rig: &Rig, seed: u64, verdict: Verdict, repeat: String) -> Flown {
        Flown {
            scenario: scenario.name.clone(),
            about: scenario.about.clone(),
            seed,
            rig: rig.name.clone(),
            depth: rig.depth,
            verdict,
            repeat,
            took_s: 0.0,
            page: None,
        }
    }
}
