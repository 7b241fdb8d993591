//! What goes wrong with the machine under the daemon: its disk, its UTC, its processor. Words on a timeline in, faults of one
//! process out; the rest of the machine stays well.
//!
//! * `shim`: a library before the C library of the daemon (LD_PRELOAD): disk stalled, disk full, UTC elsewhere. Monotonic
//!   clocks stay true, as they do when a real UTC steps.
//! * `disk`: a small disk in memory that really fills up; needs root. Without it the shim answers ENOSPC.
//! * `processor`: a daemon that gets no processor for a while, and hogs that take all of it.
//!
//! Not here: killing the daemon and starting a second one (`flight`), as both need its command line.

mod disk;
mod processor;
mod shim;

pub use disk::SmallDisk;
pub use processor::{Hogs, Starving};
pub use shim::Shim;
