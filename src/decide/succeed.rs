//! Another profile in flight: what is sought and how it is heard changes between two passes, and what stays goes on as it was.
//!
//! Only in IDLE, where nothing is commanded and nobody has asked for homing: what was homed on may be gone, and the permission to home was
//! given for that. The interlocks, their limits and what they remember are not touched.
//!
//! A channel is known by its number, its own all through a flight. One that stays keeps its statistics and its detection where the statistics'
//! settings are the same, and where its beacon is where antenna and the beacon's speed are; the search goes on where it is for the
//! same beacon. What goes ends: its detection, its part of the search.

use super::{Decide, detection_of};
use crate::command::State;
use crate::facts::Facts;
use crate::record::Sink;
use crate::time::TimeUs;

impl Decide {
    /// Whether another profile may take over now.
    pub fn may_be_succeeded(&self) -> bool {
        self.homing.state() == State::Idle && !self.homing.is_offered()
    }

    /// Whether this one may now; not where the interlocks' limits or the hop would be others.
    pub fn accepts(&self, next: &Decide) -> bool {
        let is_same_flight = self.config.interlock == next.config.interlock
            && self.config.sense.hop_us == next.config.sense.hop_us;
        self.may_be_succeeded() && is_same_flight
    }

    /// `next`, made by [`Decide::numbered`], takes over before the next pass: this one becomes it and goes on as what it was. What is
    /// of no use any more is in `next` then; nothing is allocated or freed. `false`: it is not accepted, and nothing was changed.
    pub fn succeed(&mut self, now: TimeUs, next: &mut Decide, sink: &mut dyn Sink) -> bool {
        if !self.accepts(next) || !self.homing.take_settings(&mut next.homing) {
            return false;
        }
        self.hand_statistics_to(next, sink);
        self.hand_places_to(next);
        self.hand_search_to(next, now, sink);
        self.hand_waiting_to(next);
        std::mem::swap(&mut self.numbers, &mut next.numbers);
        std::mem::swap(&mut self.names, &mut next.names);
        std::mem::swap(&mut self.config, &mut next.config);
        self.channel_count = self.numbers.len() as u8;
        self.known_count = self.known_count.max(next.known_count);
        true
    }

    /// Index of the channel that is called `number`; more than there are where there is none.
    pub(super) fn own(&self, number: u8) -> u8 {
        let index = self.numbers.iter().position(|own| *own == number);
        index.map_or(u8::MAX, |index| index as u8)
    }

    /// Whether that channel was there and is no more.
    pub(super) fn is_gone(&self, number: u8) -> bool {
        usize::from(number) < self.known_count && !self.numbers.contains(&number)
    }

    fn hand_statistics_to(&mut self, next: &mut Decide, sink: &mut dyn Sink) {
        let is_same = self.config.analytics == next.config.analytics;
        let kept = |here: usize| self.numbers.iter().position(|old| is_same && *old == next.numbers[here]);
        next.facts.clear();
        for here in (0..next.numbers.len()).filter(|_| !self.facts.is_empty()) {
            let channel = here as u8;
            let before = kept(here).and_then(|there| self.facts.get(there));
            let begun = || next.analytics.facts(channel, TimeUs(0));
            next.facts.push(before.map_or_else(begun, |facts| Facts { channel, ..*facts }));
        }
        std::mem::swap(&mut self.facts, &mut next.facts);
        let both = (0..next.numbers.len()).filter_map(|here| Some((here, kept(here)?)));
        let numbers = &self.numbers;
        next.analytics.take_over(&mut self.analytics, both, &mut |detection| {
            sink.record(&detection_of(detection, numbers));
        });
        std::mem::swap(&mut self.analytics, &mut next.analytics);
    }

    fn hand_places_to(&mut self, next: &mut Decide) {
        let is_same = self.config.antenna == next.config.antenna
            && self.config.homing.beacon_speed_mps == next.config.homing.beacon_speed_mps;
        for (number, seeker) in next.numbers.iter().zip(&mut next.seekers).filter(|_| is_same) {
            if let Some(there) = self.numbers.iter().position(|old| old == number) {
                std::mem::swap(seeker, &mut self.seekers[there]);
            }
        }
        std::mem::swap(&mut self.seekers, &mut next.seekers);
    }

    fn hand_search_to(&mut self, next: &mut Decide, now: TimeUs, sink: &mut dyn Sink) {
        let is_same =
            self.config.search == next.config.search && self.numbers.first() == next.numbers.first();
        if is_same {
            return;
        }
        if let Some(searcher) = &mut self.searcher {
            searcher.finish(now, sink);
        }
        std::mem::swap(&mut self.searcher, &mut next.searcher);
    }

    /// What waits for its place goes on waiting, in the larger of both rooms.
    fn hand_waiting_to(&mut self, next: &mut Decide) {
        if next.waiting_max > self.waiting_max {
            next.waiting.extend(self.waiting.drain(..));
            std::mem::swap(&mut self.waiting, &mut next.waiting);
            std::mem::swap(&mut self.waiting_max, &mut next.waiting_max);
        }
    }
}
