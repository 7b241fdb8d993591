//! The aircraft's clock, readable between its steps.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// µs since the scenario began.
#[derive(Debug)]
pub struct Clock {
    begun: Instant,
    begun_us: u64,
    /// Of an aircraft that is not flown by the clock: its last step. 0 bits of it count otherwise.
    stepped_us: Option<AtomicU64>,
}

impl Clock {
    /// Reads `now_us` now, and goes on by the monotonic clock, or, unpaced, by [`Clock::step`].
    pub fn new(now_us: u64, is_paced: bool) -> Clock {
        Clock {
            begun: Instant::now(),
            begun_us: now_us,
            stepped_us: (!is_paced).then(|| AtomicU64::new(now_us)),
        }
    }

    /// Now, µs.
    pub fn now_us(&self) -> u64 {
        match &self.stepped_us {
            Some(stepped_us) => stepped_us.load(Ordering::Acquire),
            None => self.begun_us + self.begun.elapsed().as_micros() as u64,
        }
    }

    /// An unpaced aircraft has come to `now_us`.
    pub fn step(&self, now_us: u64) {
        if let Some(stepped_us) = &self.stepped_us {
            stepped_us.store(now_us, Ordering::Release);
        }
    }

    /// How long until it reads `at_us`.
    pub fn until(&self, at_us: u64) -> Duration {
        Duration::from_micros(at_us.saturating_sub(self.now_us()))
    }
}
