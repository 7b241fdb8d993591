//! What waits to leave on one line: whole frames, at most as many bytes as the line's buffer has.
//!
//! A frame that does not fit is refused as a whole, as ArduPilot's `comm_get_txspace` check does. A stream then stays due;
//! answers are lost, and whoever asked asks again.

use super::wire_log::{Says, WireRow};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// A frame on its way out.
#[derive(Clone, Debug)]
pub struct Leaving {
    /// The frame.
    pub bytes: Vec<u8>,
    /// What the log keeps of it, once it has left. None for what is no message.
    pub row: Option<WireRow>,
}

impl Leaving {
    /// A frame of `from` on link `link`.
    pub fn new(bytes: Vec<u8>, link: usize, id: u32, from: (u8, u8), says: Says) -> Leaving {
        let (system, component) = from;
        let row = WireRow { at_us: 0, is_out: true, link: link as u16, id, system, component, says };
        Leaving { bytes, row: Some(row) }
    }
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Leaving>,
    bytes: usize,
    dropped_total: u64,
}

/// The queue between the autopilot and the task of its line.
#[derive(Debug)]
pub struct Outbox {
    capacity_bytes: usize,
    waiting: Mutex<Waiting>,
    changed: Notify,
}

impl Outbox {
    /// One that holds `capacity_bytes`.
    pub fn new(capacity_bytes: usize) -> Outbox {
        Outbox { capacity_bytes, waiting: Mutex::default(), changed: Notify::new() }
    }

    /// Queues a frame; refuses, and counts it, when it does not fit.
    pub fn push(&self, leaving: Leaving) -> bool {
        let mut waiting = self.lock();
        if waiting.bytes + leaving.bytes.len() > self.capacity_bytes {
            waiting.dropped_total += 1;
            return false;
        }
        waiting.bytes += leaving.bytes.len();
        waiting.frames.push_back(leaving);
        drop(waiting);
        self.changed.notify_one();
        true
    }

    /// The next frame, once there is one. It holds its room until [`Outbox::sent`]. Cancel-safe.
    pub async fn next(&self) -> Leaving {
        loop {
            if let Some(leaving) = self.lock().frames.pop_front() {
                return leaving;
            }
            self.changed.notified().await;
        }
    }

    /// Bytes have left.
    pub fn sent(&self, bytes: usize) {
        let mut waiting = self.lock();
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
    }

    /// Throws away what waits.
    pub fn clear(&self) {
        let mut waiting = self.lock();
        let bytes: usize = waiting.frames.drain(..).map(|leaving| leaving.bytes.len()).sum();
        waiting.bytes -= bytes;
    }

    /// Frames refused so far.
    pub fn dropped_total(&self) -> u64 {
        self.lock().dropped_total
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: usize) -> Leaving {
        Leaving::new(vec![0; bytes], 0, 0, (1, 1), Says::Other)
    }

    #[tokio::test]
    async fn only_whole_frames_that_fit() {
        let outbox = Outbox::new(100);
        assert!(outbox.push(frame(60)));
        assert!(!outbox.push(frame(41)));
        assert!(outbox.push(frame(40)));
        assert_eq!(outbox.next().await.bytes.len(), 60);
        assert!(!outbox.push(frame(60)), "the first is still in the line's hands");
        outbox.sent(60);
        assert!(outbox.push(frame(60)));
        outbox.clear();
        assert!(outbox.push(frame(100)));
        assert_eq!(outbox.dropped_total(), 2);
    }
}
