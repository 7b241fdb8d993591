//! Skyhound's rigs: what stands in for the world around the daemon. Nothing of the flight binary is here.
//!
//! A scenario (data) says what is on the air, who flies, what goes wrong and what must be true. It is flown at one of three
//! depths, leaves a trace, and is judged by it. Modules, from what they know to what they do:
//! ```text
//! scenario   the TOML files                      truth, trace   where the aircraft is; what a flight left behind
//! world      beacons, propagation, receiver: power readings or IQ (pure, seeded)
//! aircraft   multirotor, wind, sensors, modes (pure, seeded)
//! depth a    engine: world + aircraft + the engine in virtual time;  invariants, campaign, baseline, statistics
//! depth b    autopilot (MAVLink face of aircraft), soapy (the driver), daemon (the real program), flight (all of it)
//! depth c    a rig file instead of the simulated parts
//! judge      trace → numbers, verdict, table, JUnit, JSON, plots
//! ```

pub mod aircraft;
pub mod autopilot;
pub mod baseline;
pub mod campaign;
pub mod codes;
pub mod commands;
pub mod course;
pub mod daemon;
pub mod engine;
pub mod flight;
mod ground_cost;
mod hearing;
pub mod invariants;
pub mod iq_server;
pub mod judge;
pub mod machine;
pub mod needs;
mod oracle;
pub mod programs;
pub mod random;
mod record_trial;
pub mod recording;
pub mod rig;
pub mod sample_flight;
pub mod scenario;
pub mod script;
pub mod shared;
pub mod soapy;
mod statistics;
mod timing;
pub mod tlog;
pub mod trace;
pub mod truth;
pub mod watch;
pub mod world;
