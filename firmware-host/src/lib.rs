//! Skyhound's host: threads, devices, sockets, files and time around the engine.
//!
//! `sdr`, `autopilot`, `store` and `report` never import each other; `wiring` alone knows them all. One foreign library,
//! one folder: SoapySDR in `sdr`, MAVLink in `autopilot`, DuckDB in `store` and `report`, serde and TOML in `settings`,
//! scheduling in `realtime`, clocks in `clock`.

pub mod autopilot;
pub mod cli;
pub mod clock;
pub mod cot;
pub mod ctl;
pub mod failure;
pub mod forward;
pub mod grid;
pub mod ground;
pub mod hash;
pub mod import;
pub mod locate;
pub mod logging;
pub mod machine;
pub mod maps;
pub mod memory;
pub mod message;
pub mod own_noise;
pub mod polygons;
pub mod profiles;
pub mod progress;
pub mod range;
pub mod realtime;
pub mod replay;
pub mod report;
pub mod scan;
pub mod sdr;
pub mod search;
pub mod settings;
pub mod signals;
pub mod station;
pub mod store;
pub mod systemd;
pub mod table;
pub mod vehicle_log;
pub mod version;
pub mod wiring;
#[cfg(test)]
#[path = "../tests/witness/mod.rs"]
mod witness;
