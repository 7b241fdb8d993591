//! The autopilot's clock against ours, by TIMESYNC.
//!
//! We send our time; the answer brings it back with the autopilot's. Half-way between sending and hearing, both clocks
//! read the same moment, wrong by at most half the round trip; so of the last answers the one with the shortest round
//! trip counts (the minimum filter of NTP, RFC 5905 §10).

use skyhound::time::TimeUs;

/// Answers compared: 16 s at 1 Hz, in which crystals part by less than 1 ms.
const ANSWER_COUNT: usize = 16;
/// Questions that wait for their answer: on a line that delays everything, answers come after the next question.
const ASKED_COUNT: usize = 16;

#[derive(Copy, Clone, Debug)]
struct Answer {
    round_trip_us: u64,
    offset_us: i64,
}

/// Asks and compares.
#[derive(Debug, Default)]
pub struct TimeSync {
    asked: [Option<TimeUs>; ASKED_COUNT],
    next_asked: usize,
    answers: [Option<Answer>; ANSWER_COUNT],
    next: usize,
}

/// What an answer says.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When its question was sent.
    pub asked: TimeUs,
    /// The autopilot's clock when it answered, µs.
    pub theirs_us: u64,
    /// The autopilot's clock minus ours, µs, by the best answer so far.
    pub offset_us: i64,
}

impl TimeSync {
    /// Notes a question sent at `now`; gives what goes into its `ts1`, ns. Zero is kept for "no time".
    pub fn ask(&mut self, now: TimeUs) -> i64 {
        self.asked[self.next_asked] = Some(now);
        self.next_asked = (self.next_asked + 1) % ASKED_COUNT;
        ns(now)
    }

    /// Takes an answer, however late. `None` when it answers another's question, or one that was answered.
    pub fn take(&mut self, tc1_ns: i64, ts1_ns: i64, at: TimeUs) -> Option<Said> {
        let is_this = |asked: &&mut Option<TimeUs>| asked.is_some_and(|asked| ns(asked) == ts1_ns);
        let asked = self.asked.iter_mut().find(is_this)?.take()?;
        let theirs_us = u64::try_from(tc1_ns / 1000).ok()?;
        let round_trip_us = at.since_us(asked);
        let middle_us = asked.plus_us(round_trip_us / 2).0 as i64;
        let offset_us = (tc1_ns / 1000).saturating_sub(middle_us);
        self.answers[self.next] = Some(Answer { round_trip_us, offset_us });
        self.next = (self.next + 1) % ANSWER_COUNT;
        let best = self.answers.iter().flatten().min_by_key(|answer| answer.round_trip_us)?;
        Some(Said { asked, theirs_us, offset_us: best.offset_us })
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
        assert_eq!(best.map(|said| said.offset_us), Some(offset_us as i64 - 100));
    }

    #[test]
    fn answers_to_others_do_not_count_and_late_ones_do() {
        let mut sync = TimeSync::default();
        assert_eq!(sync.take(5, 0, TimeUs(10)), None);
        let ts1 = sync.ask(TimeUs(1_000_000));
        assert_eq!(sync.take(5, ts1 + 1, TimeUs(1_000_100)), None);
        // Asked again before the first answer came.
        let later = sync.ask(TimeUs(2_000_000));
        let said = sync.take(7_000_000, ts1, TimeUs(3_000_000)).unwrap();
        assert_eq!(
            (said.asked, said.theirs_us, said.offset_us),
            (TimeUs(1_000_000), 7_000, 7_000 - 2_000_000)
        );
        assert!(sync.take(5, later, TimeUs(3_000_100)).is_some());
        assert_eq!(sync.take(5, later, TimeUs(3_000_200)), None, "an answer counts once");
    }
}
