//! The time of the autopilot's own clock: when what a frame tells was true, which frame is older than another, and whether
//! the autopilot started again.
//!
//! Most messages carry the sender's clock since its start. A frame that is older by it than the newest of its kind came by a
//! slower way and is late. What is accepted is aged by that clock: `received - boot` is the difference of the clocks plus
//! the frame's delay, so the smallest of the last seconds is the first sight of the difference, and whatever is above it is
//! lateness. A line that delays *everything* hides in that smallest one. TIMESYNC bounds it: a question sent at `asked` was
//! read at `tc1` of their clock, no earlier, so the difference is at least `asked - tc1`, and no age less than
//! `received - boot - (asked - tc1)`. That is too old by the time our question took, never too young. An autopilot that
//! answers no TIMESYNC leaves the first sight alone: a line that delays everything by the same time cannot be seen then.
//!
//! Clocks of 32-bit milliseconds begin anew after 49.7 days, and count on here.
//!
//! A clock that went back is a reboot only when it can be one (the new clock is no further than the time since the old
//! one was last heard) and for a second nothing of the old one comes; or when for longer than any slow way is late nothing
//! newer comes. Until it is believed those frames change nothing.

use skyhound::time::TimeUs;

use super::message_id::*;
use super::payload::Payload;

/// The smallest difference of 30 s counts as the first sight: a clock that slips (a simulator's) is late no longer.
const SIGHT_BUCKET_US: u64 = 3_000_000;
const SIGHT_BUCKETS: usize = 10;
/// Messages without a clock are as late as the least late ones of the last half to whole second.
const LATENESS_BUCKET_US: u64 = 500_000;
/// Answers among which the newest of the quick ones counts.
const ANSWERS: usize = 5;
/// A round trip this much over the shortest is as good: less than this of waiting in queues.
const ROUND_TRIP_SLACK_US: u64 = 20_000;
/// More delay than this is none: TIMESYNC is answered from another clock than the messages'.
const DELAY_MAX_US: i64 = 60_000_000;
/// A clock in µs that is further than this from the others is no clock since the start (but UTC).
const OTHER_CLOCK_US: u64 = 30_000_000;
/// A kind of message heard for the first time is of this time line when it is no further behind.
const FIRST_BEHIND_MAX_US: u64 = 1_000_000;
/// One heard before: later than any way is.
const BEHIND_MAX_US: u64 = 15_000_000;
/// The new clock may be this much over the time since the old one was heard: the last frames were on their way.
const REBOOT_SLACK_US: u64 = 5_000_000;
const REBOOT_BELIEVED_US: u64 = 1_000_000;
/// Nothing newer for longer than any way is late, and something of another time for the last of it: that is the time now.
const OTHER_LINE_US: u64 = 20_000_000;
const OTHER_LINE_HEARD_US: u64 = 5_000_000;
/// A clock that is further ahead, all at once, than the time since it was heard is not believed either. A recording is played a
/// thousand times as fast.
const AHEAD_MAX_US: u64 = 600_000_000;

/// What a frame's own clock says of it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Dated {
    /// It has none.
    Undated,
    /// The same time as the newest of its kind, which was then: it tells nothing newer.
    Same(TimeUs),
    /// Newer than all of its kind. What it tells was true then, by our clock.
    At(TimeUs),
    /// Newer than all of its kind, but its clock tells when something else was (the fix, home): as late as others are.
    Newer,
    /// Older than the newest of its kind, and late by so many µs, where that is known.
    Late(Option<u64>),
    /// The autopilot started again, and its new clock is believed from here on.
    Reboot,
}

/// A clock of 32-bit milliseconds begins anew.
const TURN_US: u64 = (1 << 32) * 1_000;

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Reading {
    /// Milliseconds, u32, at an offset.
    Ms(usize),
    /// Microseconds, u64, of what is sent.
    Us(usize),
    /// Microseconds, u64, of something that was before: it puts frames of the kind in order, no more.
    Order(usize),
}

/// Messages with the sender's clock.
const KINDS: [(u32, Reading); 11] = [
    (ATTITUDE, Reading::Ms(0)),
    (GLOBAL_POSITION_INT, Reading::Ms(0)),
    (RC_CHANNELS, Reading::Ms(0)),
    (RC_CHANNELS_RAW, Reading::Ms(0)),
    (SYSTEM_TIME, Reading::Ms(8)),
    (DISTANCE_SENSOR, Reading::Ms(0)),
    (ALTITUDE, Reading::Us(0)),
    (ESTIMATOR_STATUS, Reading::Us(0)),
    (WIND_COV, Reading::Us(0)),
    (GPS_RAW_INT, Reading::Order(0)),
    (HOME_POSITION, Reading::Order(52)),
];
/// Place of TIMESYNC answers beside them.
const TIMESYNC_KIND: usize = KINDS.len();

/// The smallest value of the last `N` stretches of time.
#[derive(Clone, Debug)]
struct Least<const N: usize> {
    bucket_us: u64,
    buckets: [(u64, i64); N],
    newest: u64,
    least: i64,
}

impl<const N: usize> Least<N> {
    fn new(bucket_us: u64) -> Least<N> {
        Least { bucket_us, buckets: [(0, i64::MAX); N], newest: 0, least: i64::MAX }
    }

    fn take(&mut self, at: TimeUs, value: i64) {
        let number = at.0 / self.bucket_us;
        let bucket = &mut self.buckets[number as usize % N];
        if bucket.0 != number {
            *bucket = (number, i64::MAX);
        }
        bucket.1 = bucket.1.min(value);
        self.least = self.least.min(value);
        if number > self.newest {
            self.newest = number;
            let is_recent = |bucket: &&(u64, i64)| bucket.0 + N as u64 > number;
            let recent = self.buckets.iter().filter(is_recent).map(|bucket| bucket.1);
            self.least = recent.min().unwrap_or(i64::MAX);
        }
    }

    /// Over the last stretches before the newest value; `None` before the first.
    fn least(&self) -> Option<i64> {
        Some(self.least).filter(|least| *least < i64::MAX)
    }
}

#[derive(Copy, Clone, Debug)]
struct Answer {
    round_trip_us: u64,
    /// `asked - tc1`: our clock minus theirs is at least this.
    difference_us: i64,
}

/// The autopilot's time line.
#[derive(Clone, Debug)]
pub struct SenderTime {
    newest_us: [Option<u64>; KINDS.len() + 1],
    newest_of_all_us: Option<u64>,
    heard: TimeUs,
    /// The first frame of another time since.
    other_since: Option<TimeUs>,
    /// The first of them that can be after a reboot.
    reboot_since: Option<TimeUs>,
    sight: Least<SIGHT_BUCKETS>,
    lateness: Least<2>,
    answers: [Option<Answer>; ANSWERS],
    next_answer: usize,
    /// From TIMESYNC: our clock minus theirs is at least this.
    bound_us: Option<i64>,
    /// The smallest difference seen since that answer.
    since_bound_us: i64,
}

impl Default for SenderTime {
    fn default() -> SenderTime {
        SenderTime {
            newest_us: [None; KINDS.len() + 1],
            newest_of_all_us: None,
            heard: TimeUs(0),
            other_since: None,
            reboot_since: None,
            sight: Least::new(SIGHT_BUCKET_US),
            lateness: Least::new(LATENESS_BUCKET_US),
            answers: [None; ANSWERS],
            next_answer: 0,
            bound_us: None,
            since_bound_us: i64::MAX,
        }
    }
}

impl SenderTime {
    /// Dates a frame by its own clock.
    pub fn date(&mut self, id: u32, payload: Payload, received: TimeUs) -> Dated {
        let Some(kind) = KINDS.iter().position(|(known, _)| *known == id) else { return Dated::Undated };
        let Some(boot_us) = self.read(id, KINDS[kind].1, payload, received) else { return Dated::Undated };
        if let Reading::Order(_) = KINDS[kind].1 {
            return self.order(kind, boot_us);
        }
        let dated = self.place(kind, boot_us, received);
        if self.newest_of_all_us.is_some_and(|newest_us| boot_us <= newest_us) {
            self.sees(boot_us, received);
        }
        match dated {
            Dated::At(_) => Dated::At(self.ours(boot_us, received)),
            Dated::Same(_) => Dated::Same(self.ours(boot_us, received)),
            other => other,
        }
    }

    /// Dates a TIMESYNC answer to our question, sent at `asked`, by their clock in it (µs).
    pub fn date_answer(&mut self, asked: TimeUs, theirs_us: u64, received: TimeUs) -> Dated {
        let dated = self.place(TIMESYNC_KIND, theirs_us, received);
        if matches!(dated, Dated::Late(_)) {
            return dated;
        }
        let difference_us = asked.0 as i64 - theirs_us as i64;
        self.answers[self.next_answer] =
            Some(Answer { round_trip_us: received.since_us(asked), difference_us });
        self.next_answer = (self.next_answer + 1) % ANSWERS;
        self.choose_answer();
        if self.difference_us().is_some_and(|ours_us| ours_us <= difference_us) {
            self.lateness.take(received, received.0 as i64 - theirs_us as i64);
        }
        dated
    }

    /// How late, at the least, is what comes now, µs.
    pub fn lateness_us(&self) -> u64 {
        match (self.lateness.least(), self.difference_us()) {
            (Some(seen_us), Some(difference_us)) => (seen_us - difference_us).max(0) as u64,
            _ => 0,
        }
    }

    fn read(&self, id: u32, reading: Reading, payload: Payload, received: TimeUs) -> Option<u64> {
        let boot_us = match reading {
            // The others measure elsewhere than below, and are not kept.
            Reading::Ms(_) if id == DISTANCE_SENSOR && payload.u8(12) != LOOKS_DOWN => return None,
            Reading::Ms(at) => self.counted_on(u64::from(payload.u32(at)) * 1_000, received),
            Reading::Us(at) | Reading::Order(at) => payload.u64(at),
        };
        let is_boot_time = match (reading, self.newest_of_all_us) {
            (Reading::Ms(_), _) => true,
            (_, None) => false,
            (Reading::Us(_), Some(newest_us)) => boot_us.abs_diff(newest_us) <= OTHER_CLOCK_US,
            (Reading::Order(_), Some(newest_us)) => boot_us <= newest_us.saturating_add(OTHER_CLOCK_US),
        };
        (is_boot_time && boot_us > 0).then_some(boot_us)
    }

    /// A clock of 32-bit milliseconds, with the turns that it made since it was first heard.
    fn counted_on(&self, boot_us: u64, received: TimeUs) -> u64 {
        let Some(newest_us) = self.newest_of_all_us else { return boot_us };
        let expected_us = newest_us + received.since_us(self.heard);
        let turns_us = expected_us / TURN_US * TURN_US;
        let nearest = [turns_us.saturating_sub(TURN_US), turns_us, turns_us + TURN_US]
            .map(|turns_us| turns_us + boot_us);
        // Anything else is another time, and perhaps a reboot.
        nearest.into_iter().find(|us| us.abs_diff(expected_us) <= OTHER_CLOCK_US).unwrap_or(boot_us)
    }

    fn order(&mut self, kind: usize, boot_us: u64) -> Dated {
        match self.newest_us[kind] {
            Some(newest_us) if boot_us < newest_us => Dated::Late(None),
            Some(newest_us) if boot_us == newest_us => Dated::Undated,
            _ => {
                self.newest_us[kind] = Some(boot_us);
                Dated::Newer
            }
        }
    }

    fn place(&mut self, kind: usize, boot_us: u64, received: TimeUs) -> Dated {
        let newest_us = self.newest_us[kind];
        let is_older = newest_us.is_some_and(|newest_us| boot_us < newest_us);
        let is_another =
            kind != TIMESYNC_KIND && self.is_of_another_time(newest_us.is_some(), boot_us, received);
        if is_older || is_another {
            return self.take_other(kind, boot_us, received);
        }
        (self.other_since, self.reboot_since, self.heard) = (None, None, received);
        if newest_us == Some(boot_us) {
            return Dated::Same(received);
        }
        self.begin(kind, boot_us);
        Dated::At(received)
    }

    fn begin(&mut self, kind: usize, boot_us: u64) {
        self.newest_us[kind] = Some(boot_us);
        // TIMESYNC may be answered from another clock than the messages'.
        if kind != TIMESYNC_KIND {
            self.newest_of_all_us = self.newest_of_all_us.max(Some(boot_us));
        }
    }

    fn is_of_another_time(&self, was_heard: bool, boot_us: u64, received: TimeUs) -> bool {
        let ahead_max_us = AHEAD_MAX_US + received.since_us(self.heard);
        let behind_max_us = if was_heard { BEHIND_MAX_US } else { FIRST_BEHIND_MAX_US };
        self.newest_of_all_us.is_some_and(|newest_us| {
            newest_us.saturating_sub(boot_us) > behind_max_us
                || boot_us.saturating_sub(newest_us) > ahead_max_us
        })
    }

    fn take_other(&mut self, kind: usize, boot_us: u64, received: TimeUs) -> Dated {
        let silent_us = received.since_us(self.heard);
        let other_since = *self.other_since.get_or_insert(received);
        let can_be_reboot = boot_us <= silent_us + REBOOT_SLACK_US;
        if can_be_reboot {
            self.reboot_since.get_or_insert(received);
        }
        let is_reboot = self.reboot_since.is_some_and(|since| received.since_us(since) >= REBOOT_BELIEVED_US);
        let is_another = silent_us >= OTHER_LINE_US && received.since_us(other_since) >= OTHER_LINE_HEARD_US;
        if (can_be_reboot && is_reboot) || is_another {
            *self = SenderTime { heard: received, ..SenderTime::default() };
            self.begin(kind, boot_us);
            return Dated::Reboot;
        }
        let is_of_this_time = kind != TIMESYNC_KIND && self.newest_of_all_us >= Some(boot_us);
        let difference_us = self.difference_us().unwrap_or(0);
        let late_us = (received.0 as i64 - boot_us as i64 - difference_us).max(0) as u64;
        Dated::Late(Some(late_us).filter(|late_us| is_of_this_time && *late_us <= BEHIND_MAX_US))
    }

    fn sees(&mut self, boot_us: u64, received: TimeUs) {
        let seen_us = received.0 as i64 - boot_us as i64;
        self.sight.take(received, seen_us);
        self.lateness.take(received, seen_us);
        self.since_bound_us = self.since_bound_us.min(seen_us);
    }

    fn choose_answer(&mut self) {
        let Some(shortest_us) = self.answers.iter().flatten().map(|answer| answer.round_trip_us).min() else {
            return;
        };
        let newest_first = (1..=ANSWERS).map(|back| (self.next_answer + ANSWERS - back) % ANSWERS);
        let mut known = newest_first.filter_map(|index| self.answers[index]);
        let chosen = known.find(|answer| answer.round_trip_us <= shortest_us + ROUND_TRIP_SLACK_US);
        let bound_us = chosen.map(|answer| answer.difference_us);
        if bound_us != self.bound_us {
            (self.bound_us, self.since_bound_us) = (bound_us, i64::MAX);
        }
    }

    /// Our clock minus theirs. A frame seen with less than the bound was sent by a clock that runs faster than ours.
    fn difference_us(&self) -> Option<i64> {
        match (self.bound_us, self.sight.least()) {
            (Some(bound_us), None) => Some(bound_us),
            (Some(bound_us), Some(sight_us)) if sight_us.saturating_sub(bound_us) <= DELAY_MAX_US => {
                Some(bound_us.min(self.since_bound_us))
            }
            (_, sight_us) => sight_us,
        }
    }

    fn ours(&self, boot_us: u64, received: TimeUs) -> TimeUs {
        let ours_us = boot_us as i64 + self.difference_us().unwrap_or(0);
        TimeUs(ours_us.max(0) as u64).min(received)
    }
}

#[cfg(test)]
mod tests;
