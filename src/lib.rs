//! Skyhound's engine: IQ samples and vehicle state in, readings, facts, decisions and records out.
//!
//! Pure, bounded and deterministic: no threads, files, sockets, clock, log or serde. Time is an argument; the same
//! inputs give the same outputs, bit for bit. After construction nothing here allocates. Hot paths return outcomes
//! (small `Copy` enums), and whatever is discarded is counted in a `_total` that reaches the flight file.
//!
//! Modules in layers; a module may use only layers below its own, never a neighbour (kept by `tidy`):
//! ```text
//! 4  sense   decide                 the only two places that know the order of work
//! 3  dsp     analytics   locate   homing     never see each other; they exchange plain values of layer 1
//! 2  ring    record     search     belief
//! 1  config  signal      facts      vehicle    command    budget     propagation
//! 0  units   time        geo        limits     cospas
//! ```
//! Reading order: `signal` (what a reading is), `sense` (how it is made), `decide` (what follows from it).

pub mod cospas;
pub mod geo;
pub mod limits;
pub mod time;
pub mod units;

pub mod budget;
pub mod command;
pub mod config;
pub mod facts;
pub mod propagation;
pub mod signal;
pub mod vehicle;

pub mod belief;
pub mod record;
pub mod ring;
pub mod search;

pub mod analytics;
pub mod dsp;
pub mod homing;
pub mod locate;

pub mod decide;
pub mod sense;

#[cfg(test)]
mod allocation;
#[cfg(test)]
mod tidy;
