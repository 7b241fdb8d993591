//! A flight's trace to numbers, a verdict, and what people and machines read: a table, JUnit, JSON, plots.
//!
//! Everything is counted from the trace alone, so that a flight at any depth is judged the same way. A number that is not
//! defined for a flight is absent, never NaN; an expectation on an absent number fails with "was not measured".

pub mod metrics;
pub mod verdict;

pub use metrics::metrics;
pub use verdict::{Check, Outcome, Verdict, verdict};
