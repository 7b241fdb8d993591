//! The log of a flight, entry by entry, into a stream that others read: Redis Streams, NATS JetStream.
//!
//! Comes in: entries as lines of JSON, in the order of their ids. Goes out: each of them at least once, and each time with the same id, so
//! that whoever reads can tell, and the server drops most of what comes twice. Where to go on from, the other end is asked at each
//! connection: what it forgot when it died comes again. Nothing is kept here; while it is gone, nothing is read.

mod destination;
mod jet_stream;
mod redis_stream;

pub use destination::Destination;

/// Entries that are on their way at once.
pub const BATCH_MAX: usize = 256;

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id: counts up within a flight.
    pub id: u64,
    /// It, as JSON.
    pub json: Vec<u8>,
}

/// Why entries are not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The other end is gone, or takes nothing now: it may be back.
    Gone(String),
    /// It will not take them until somebody mends something: what.
    Refused(String),
}

/// The other end.
pub trait Far {
    /// Connects, and tells the id of the newest entry of this flight that is there.
    ///
    /// # Errors
    /// It is not there, or lets us not in.
    fn begin(&mut self, flight: &str) -> Result<Option<u64>, Trouble>;

    /// Sends entries, in order of their ids. When it answers, they are there.
    ///
    /// # Errors
    /// Not all of them are known to be there: connect anew, and go on from where it says.
    fn send(&mut self, entries: &[Entry]) -> Result<(), Trouble>;
}
