//! Samples around detections: the newest seconds in a ring, and of these what is asked for into SigMF files.
//!
//! - [`history()`] makes the ring: the sense thread pushes each block, and waits for nobody.
//! - [`Cutter`] takes what is [`Asked`], finds the samples before it in the ring, and follows the ring until what comes after is written
//!   too. It may be late by what the ring holds; what is written over before is a gap that file and event tell.
//! - Files get their names when they are whole and on the disk; [`complete_leftovers`] is for those of processes that died.

mod cutter;
mod history;
mod meta;
mod written;

pub use cutter::{Asked, Cutter, Plan, Room};
pub use history::{History, HistoryReader, history, ring_bytes};
pub use meta::{Heard, Origin, Utc};
pub use written::complete_leftovers;

#[cfg(test)]
mod tests;
