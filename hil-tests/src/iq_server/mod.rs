//! The world's samples for the SDR driver, over a Unix socket: asked for, made, sent.
//!
//! ```text
//! driver (in the program under test)                        this process
//!   open                                         ─────→     one device: `ok`, or `busy` while another has it
//!   take from=INDEX count=N rate=… center=… …    ─────→     newest true pose, N samples between the pose before and it
//!   N samples in the form asked for              ←─────
//! ```
//! The driver asks, because it is the device's clock: it asks for a few milliseconds when they are due, so no air is made
//! ahead and what is heard is what is flown now; a stall, a rate that is not the asked one or lost samples are its own
//! doing, told by index. Each line says all that matters, so a driver that was unplugged and comes back needs no memory here. A
//! socket and not shared memory: 160 MB/s at most (20 MS/s as floats), a copy costs 2 % of a core, and a death of either end
//! is seen at once by the other.
//! Nobody waits for a driver: it has a thread of its own, and one that does not read for a second is put out.

mod request;
mod server;
mod span;

pub use server::IqServer;

#[cfg(test)]
mod tests;
