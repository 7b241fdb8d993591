//! The aircraft's clock, readable between its steps: µs since the scenario began, by the monotonic clock.

use std::time::{Duration, Instant};

/// The clock.
#[derive(Debug)]
pub struct Clock {
    begun: Instant,
    begun_us: u64,
}

impl Clock {
    /// Reads `now_us` now.
    pub fn new(now_us: u64) -> Clock {
        Clock { begun: Instant::now(), begun_us: now_us }
    }

    /// Now, µs.
    pub fn now_us(&self) -> u64 {
        self.begun_us + self.begun.elapsed().as_micros() as u64
    }

    /// How long until it reads `at_us`.
    pub fn until(&self, at_us: u64) -> Duration {
        Duration::from_micros(at_us.saturating_sub(self.now_us()))
    }
}
