//! Flights at depth a: the same seed is the same flight, what must not matter does not, and every built-in scenario holds what
//! it expects.

mod chain;
mod flights;
mod telemetry;
