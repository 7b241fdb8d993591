//! The simulated autopilot as its users meet it: over real sockets and a real pseudo-terminal, by pymavlink, by the daemon.
//!
//! What must come is waited for with far more patience than it needs; nothing here measures the machine. What pymavlink
//! witnesses needs `python3` (or `SKYHOUND_PYTHON`) with it, and says `ignored` without.

mod client;
mod daemon;
mod faults;
mod ground_station;
mod lines;
mod missions;
mod station;
mod upload;
mod witness;
