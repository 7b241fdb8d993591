//! The autopilot's clock against ours, by TIMESYNC.
//!
//! We send our time; the answer brings it back with the autopilot's. Half-way between sending and hearing, both clocks
//! read the same moment, wrong by at most half the round trip; so of the last answers the one with the shortest round
//! trip counts (the minimum filter of NTP, RFC 5905 §10).

use skyhound::time::TimeUs;

/// Answers compared: 16 s at 1 Hz, in which crystals part by less than 1 ms.
const ANSWER_COUNT: usize = 16;
/// A longer round trip says nothing useful.
const ROUND_TRIP_MAX_US: u64 = 1_000_000;

#[derive(Copy, Clone, Debug)]
struct Answer {
    round_trip_us: u64,
    offset_us: i64,
}

/// Asks and compares.
#[derive(Debug, Default)]
pub struct TimeSync {
    asked: Option<TimeUs>,
    answers: [Option<Answer>; ANSWER_COUNT],
    next: usize,
}

impl TimeSync {
    /// Notes a question sent at `now`; gives what goes into its `ts1`, ns. Zero is kept for "no time".
    pub fn ask(&mut self, now: TimeUs) -> i64 {
        self.asked = Some(now);
        ns(now)
    }

    /// Takes an answer; gives the autopilot's clock minus ours, µs, of the best answer. `None` when it answers another's
    /// question, or too late.
    pub fn take(&mut self, tc1_ns: i64, ts1_ns: i64, at: TimeUs) -> Option<i64> {
        let asked = self.asked.filter(|&asked| ns(asked) == ts1_ns)?;
        self.asked = None;
        let round_trip_us = at.since_us(asked);
        if round_trip_us > ROUND_TRIP_MAX_US {
            return None;
        }
        let middle_us = asked.plus_us(round_trip_us / 2).0 as i64;
        let offset_us = (tc1_ns / 1000).saturating_sub(middle_us);
        self.answers[self.next] = Some(Answer { round_trip_us, offset_us });
        self.next = (self.next + 1) % ANSWER_COUNT;
        self.answers.iter().flatten().min_by_key(|answer| answer.round_trip_us).map(|best| best.offset_us)
    }
}

/// A time of ours as TIMESYNC has it.
pub fn ns(at: TimeUs) -> i64 {
    i64::try_from(at.0.saturating_mul(1000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_round_trip_wins() {
        let mut sync = TimeSync::default();
        let offset_us = 7_000_000;
        let mut best = None;
        for (at_us, out_us, back_us) in
            [(1_000_000, 2_000, 90_000), (2_000_000, 500, 700), (3_000_000, 60_000, 1_000)]
        {
            let ts1 = sync.ask(TimeUs(at_us));
            let theirs_ns = (at_us + out_us + offset_us) as i64 * 1000;
            best = sync.take(theirs_ns, ts1, TimeUs(at_us + out_us + back_us));
        }
        // Wrong by half the difference of the two ways.
        assert_eq!(best, Some(offset_us as i64 - 100));
    }

    #[test]
    fn answers_to_others_and_late_ones_do_not_count() {
        let mut sync = TimeSync::default();
        assert_eq!(sync.take(5, 0, TimeUs(10)), None);
        let ts1 = sync.ask(TimeUs(1_000_000));
        assert_eq!(sync.take(5, ts1 + 1, TimeUs(1_000_100)), None);
        assert_eq!(sync.take(5, ts1, TimeUs(2_000_001)), None);
        let ts1 = sync.ask(TimeUs(3_000_000));
        assert!(sync.take(5, ts1, TimeUs(3_000_100)).is_some());
        assert_eq!(sync.take(5, ts1, TimeUs(3_000_200)), None, "an answer counts once");
    }
}
