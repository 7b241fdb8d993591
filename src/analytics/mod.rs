//! From readings to facts.

pub mod percentile;
pub mod rolling;
pub mod trend;
pub mod window;
