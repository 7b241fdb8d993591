//! Skyhound's host: threads, devices, sockets, files and time around the engine.
//!
//! `sdr`, `autopilot`, `store` and `report` never import each other; `wiring` alone knows them all. One foreign library,
//! one folder: SoapySDR in `sdr`, MAVLink in `autopilot`, DuckDB in `store` and `report`, serde and TOML in `settings`,
//! scheduling in `realtime`, clocks in `clock`.

pub mod clock;
pub mod scan;
pub mod sdr;
pub mod settings;
