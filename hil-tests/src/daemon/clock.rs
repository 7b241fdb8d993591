//! The daemon's clock on the scenario's: what was shown with its uptime, and when it arrived here, gives the offset between.
//!
//! An answer cannot arrive before it was written, so `arrived − written` is the offset plus a delay ≥ 0. The smallest of
//! many is the offset with the smallest delay: the daemon writes its status every 200 ms, and asked 25 times a second out
//! of step with that it is seen within a few ms of being written. Both clocks are monotonic clocks of one machine, so
//! there is no drift to estimate.

/// Offset between two clocks, from one-way delays.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct ClockJoin {
    offset_us: Option<i64>,
}

impl ClockJoin {
    /// Something written at `written_us` of the daemon's clock arrived at `arrived_us` of the scenario's.
    pub fn arrived(&mut self, written_us: u64, arrived_us: u64) {
        let offset_us = arrived_us as i64 - written_us as i64;
        self.offset_us = Some(self.offset_us.map_or(offset_us, |least| least.min(offset_us)));
    }

    /// A time of the daemon's clock on the scenario's; what was before its begin is 0. `None` before anything arrived.
    pub fn scenario_us(&self, daemon_us: u64) -> Option<u64> {
        Some((daemon_us as i64 + self.offset_us?).max(0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quickest_way_counts() {
        let mut join = ClockJoin::default();
        assert_eq!(join.scenario_us(5), None);
        for (written_us, delay_us) in [(1_000, 90_000), (41_000, 3_000), (81_000, 44_000)] {
            join.arrived(written_us, written_us + 2_000_000 + delay_us);
        }
        assert_eq!(join.scenario_us(1_000_000), Some(3_003_000));
        let mut late = ClockJoin::default();
        late.arrived(9_000_000, 1_000_000);
        assert_eq!((late.scenario_us(9_500_000), late.scenario_us(10)), (Some(1_500_000), Some(0)));
    }
}
