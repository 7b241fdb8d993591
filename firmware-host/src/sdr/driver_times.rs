//! A driver's timestamps against the count of samples: exact losses, from drivers whose times are good.
//!
//! Good is what followed from the count for eight pieces. Times that jump back, or further than the clock can have gone
//! since, are not, until they have agreed again; then count against clock alone judges. Some drivers (RTL-SDR) count what
//! their full queue drops, so that a told overflow has its exact size here.

use super::device::Arrival;
use skyhound::time::TimeUs;

/// Pieces whose times must follow from their count before the driver's timestamps are believed.
const TIMES_AGREED: u32 = 8;

/// The driver's timestamps, believed only after they have followed from the count of samples for a while.
#[derive(Default)]
pub struct DriverTimes {
    agreed: u32,
    next_ns: Option<f64>,
    last_at: TimeUs,
}

impl DriverTimes {
    /// Samples missing before `arrival`. Never more than the clock allows since the last one.
    pub fn lost(&mut self, arrival: &Arrival, sample_rate_sps: f64, now: TimeUs, slack_us: u64) -> u64 {
        let ns_per_sample = 1e9 / sample_rate_sps;
        let Some(time_ns) = arrival.time_ns else {
            // Some drivers tell the time of a buffer's first piece only.
            self.next_ns = self.next_ns.map(|next| next + arrival.count as f64 * ns_per_sample);
            return 0;
        };
        let off = self.next_ns.map_or(0.0, |next| (time_ns as f64 - next) / ns_per_sample);
        self.next_ns = Some(time_ns as f64 + arrival.count as f64 * ns_per_sample);
        let elapsed_us = now.since_us(std::mem::replace(&mut self.last_at, now)) + slack_us;
        if off.abs() <= 2.0 {
            self.agreed = self.agreed.saturating_add(1);
            return 0;
        }
        let possible = off > 0.0 && off <= elapsed_us as f64 * sample_rate_sps / 1e6;
        if self.agreed >= TIMES_AGREED && possible {
            return off.round() as u64;
        }
        self.agreed = 0;
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(time_ns: i64) -> Arrival {
        Arrival { count: 1_000, time_ns: Some(time_ns) }
    }

    #[test]
    fn times_are_believed_only_after_they_agreed() {
        let mut times = DriverTimes::default();
        let mut now = TimeUs(0);
        let mut read = |times: &mut DriverTimes, time_ns| {
            now = now.plus_us(1_000);
            times.lost(&arrival(time_ns), 1e6, now, 20_000)
        };
        // A driver whose times mean nothing.
        for time_ns in [5, 99_000_000, 3, 7_000_000] {
            assert_eq!(read(&mut times, time_ns), 0);
        }
        for piece in 0..10 {
            assert_eq!(read(&mut times, 1_000_000 * piece), 0);
        }
        assert_eq!(read(&mut times, 1_000_000 * 15), 5_000);
        assert_eq!(read(&mut times, 1_000_000 * 16), 0);
        assert_eq!(read(&mut times, 1_000_000 * 5_000), 0, "more than the clock allows");
    }
}
