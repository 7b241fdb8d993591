//! Skyhound's rigs: what stands in for the world around the daemon. Nothing of the flight binary is here.

pub mod programs;
pub mod sample_flight;
pub mod soapy;
pub mod tlog;
