//! The simulated autopilot as its users meet it: over real sockets and a real pseudo-terminal, by pymavlink, by the daemon.
//!
//! What must come is waited for with far more patience than it needs; nothing here measures the machine. What pymavlink
//! witnesses needs `python3` (or `SKYHOUND_PYTHON`) with it, and says `ignored` without.

#[path = "autopilot/client.rs"]
mod client;
#[path = "autopilot/daemon.rs"]
mod daemon;
#[path = "autopilot/faults.rs"]
mod faults;
#[path = "autopilot/lines.rs"]
mod lines;
#[path = "autopilot/missions.rs"]
mod missions;
#[path = "autopilot/station.rs"]
mod station;
#[path = "autopilot/witness.rs"]
mod witness;
