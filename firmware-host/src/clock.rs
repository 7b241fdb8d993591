//! The only place where a clock is read.
//!
//! Monotonic time never steps and is what the engine gets. UTC is read once, for the flight file's name and first row, and
//! for what people see; a step of it changes nothing inside.

use rustix::time::{ClockId, clock_gettime};
use skyhound::time::TimeUs;
use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since this was started, of a clock that never steps and counts through suspend.
#[derive(Copy, Clone, Debug)]
pub struct Clock {
    started_us: u64,
}

impl Clock {
    /// Starts counting now.
    pub fn start() -> Clock {
        Clock { started_us: boot_us() }
    }

    /// Time since the start.
    pub fn now(&self) -> TimeUs {
        TimeUs(boot_us().saturating_sub(self.started_us))
    }
}

fn boot_us() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1_000
}

/// The system's UTC in µs since 1970. May be wrong by years on a board without a battery clock. Through the C library, so
/// that rigs can step it for one process.
pub fn system_utc_us() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_micros() as i64,
        Err(before) => -(before.duration().as_micros() as i64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_up_from_zero() {
        let clock = Clock::start();
        let first = clock.now();
        assert!(first < TimeUs(60_000_000));
        assert!(clock.now() >= first);
    }
}
