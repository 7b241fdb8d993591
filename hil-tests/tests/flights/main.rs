//! `skyhound fly` as its users meet it: the real program, real files, sockets and devices, judged by what it leaves behind.
//!
//! Nothing here measures the machine: what must come is waited for with far more patience than it needs, and times are
//! those that the daemon itself stamped. The flights ask for no real-time scheduling, because tests share their machine.

mod aircraft;
mod daemon;
mod device;
mod disk;
mod distress;
mod ends;
mod foreign_recordings;
mod hearing;
mod homing;
mod paper;
mod phoenix;
#[path = "../../../firmware-host/pdf/tests/poppler/mod.rs"]
mod poppler;
mod recordings;
mod tape;
mod wrong_use;
