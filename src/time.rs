//! Monotonic time and the age of what is known.
//!
//! Inside, time is microseconds of a monotonic clock since the daemon's start; UTC exists only at the edges. A clock
//! step can therefore never reorder anything.

/// Microseconds since start, of a clock that never steps.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeUs(pub u64);

impl TimeUs {
    /// The time `us` microseconds later (saturating).
    pub const fn plus_us(self, us: u64) -> TimeUs {
        TimeUs(self.0.saturating_add(us))
    }

    /// The time `us` microseconds earlier (saturating at the start).
    pub const fn minus_us(self, us: u64) -> TimeUs {
        TimeUs(self.0.saturating_sub(us))
    }

    /// Microseconds since `earlier`; 0 when `earlier` is not earlier.
    pub const fn since_us(self, earlier: TimeUs) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Seconds since `earlier`, negative when it is later.
    pub fn seconds_since(self, earlier: TimeUs) -> f64 {
        (self.0 as f64 - earlier.0 as f64) / 1e6
    }
}

/// A value with the time it was received. What was never received is `None` of an `Option<Aged<T>>`.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Aged<T> {
    /// What was received.
    pub value: T,
    /// When.
    pub received_us: TimeUs,
}

impl<T> Aged<T> {
    /// `value` received at `received_us`.
    pub const fn new(value: T, received_us: TimeUs) -> Aged<T> {
        Aged { value, received_us }
    }

    /// Age in µs at `now`; `None` when it claims to come from the future, which is as unsafe as being stale.
    pub fn age_us(&self, now: TimeUs) -> Option<u64> {
        now.0.checked_sub(self.received_us.0)
    }

    /// Whether the age is known and at most `max_age_us`.
    pub fn is_fresh(&self, now: TimeUs, max_age_us: u64) -> bool {
        self.age_us(now).is_some_and(|age| age <= max_age_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_from_the_future_is_not_fresh() {
        let seen = Aged::new(1, TimeUs(100));
        assert!(seen.is_fresh(TimeUs(100), 0));
        assert!(seen.is_fresh(TimeUs(150), 50));
        assert!(!seen.is_fresh(TimeUs(151), 50));
        assert!(!seen.is_fresh(TimeUs(99), u64::MAX));
    }
}
