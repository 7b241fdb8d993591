//! `skyhound fly` as its users meet it: the real program, real files, sockets and devices, judged by what it leaves behind.
//!
//! Nothing here measures the machine: what must come is waited for with far more patience than it needs, and times are
//! those that the daemon itself stamped. The flights ask for no real-time scheduling, because tests share their machine.

#[path = "flights/aircraft.rs"]
mod aircraft;
#[path = "flights/daemon.rs"]
mod daemon;
#[path = "flights/device.rs"]
mod device;
#[path = "flights/disk.rs"]
mod disk;
#[path = "flights/ends.rs"]
mod ends;
#[path = "flights/foreign_recordings.rs"]
mod foreign_recordings;
#[path = "flights/hearing.rs"]
mod hearing;
#[path = "flights/homing.rs"]
mod homing;
#[path = "flights/phoenix.rs"]
mod phoenix;
#[path = "flights/recordings.rs"]
mod recordings;
#[path = "flights/wrong_use.rs"]
mod wrong_use;
