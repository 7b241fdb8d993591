//! What an autopilot wrote down itself: DataFlash `.BIN` and ULog files → rows of position, attitude, battery and mode; and when by
//! our clock each of them was.
//!
//! - [`dataflash`] and [`ulog`] read a file record by record from a [`window::Window`], in bounded memory; `.tlog` is read where
//!   MAVLink is known (`autopilot/tlog.rs`). Readers of our own: those of others skip what they do not understand without saying
//!   where it stood, and here every record is counted as taken, refused or left.
//! - [`clocks`] finds how a log's clock and a flight's stand to each other.
//!
//! Not here: where rows are kept (`store`), which file is what (`import`).

pub mod clocks;
pub mod dataflash;
pub mod row;
#[cfg(test)]
mod tests;
pub mod ulog;
pub mod window;
