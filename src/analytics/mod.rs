//! From readings to facts.

mod cells;
mod gradient;
pub mod percentile;
#[cfg(test)]
mod random;
pub mod rolling;
pub mod trend;
pub mod window;
