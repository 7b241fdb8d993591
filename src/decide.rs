//! One pass of the control thread: new readings and pulses, the vehicle, the operator and the time → a command or the
//! reason for none, and everything worth recording.
//!
//! Time is an argument: the same sequence of passes gives the same commands and records, bit for bit. Nothing is
//! allocated after construction. Budget: 1 ms at p99.9 on a Pi 5; the goal is 20 µs with 100 readings on a desk, and at most 200 µs more
//! while the estimate of a beacon's place is being worked on.
//!
//! A reading goes into the statistics at once, so that detection never waits, and into the record (and the gradient) when
//! the position *after* it has come, so that it has the pose of its own moment: one period of the position's stream. Where
//! none has come for [`TRACK_GAP_MAX_US`] nothing is waited for, and it is recorded without a pose.

use crate::analytics::Analytics;
use crate::belief::Belief;
use crate::command::{Command, Course, State, Trip};
use crate::config::{ChannelConfig, Config, ConfigError};
use crate::facts::{Detection, Facts, Searched};
use crate::geo::Origin;
use crate::homing::{self, Homing};
use crate::limits::{CHANNELS_MAX, PASS_HEARINGS_MAX, PASS_PULSES_MAX};
use crate::record::{Event, Name, Record, Severity, Sink, Taken, Text};
use crate::signal::{Flags, Hearing, Pulse, Reading};
use crate::time::TimeUs;
use crate::vehicle::track::TRACK_GAP_MAX_US;
use crate::vehicle::{Track, Vehicle};
pub use inputs::PassInputs;
use searcher::Searcher;
use seeker::{Heard, Seeker};
use std::collections::VecDeque;

mod events;
mod inputs;
mod listening;
mod placing;
mod searcher;
mod seeker;
mod succeed;

/// Kinds of the events that passes make; others are the host's.
pub const EVENT_KINDS: [&str; 5] =
    ["beacon_message", "beacon_unheard", "ground_unknown", "detection", "search"];

/// Time between facts of a channel: 10 Hz.
pub const FACTS_INTERVAL_US: u64 = 100_000;

/// Power over a longer time belongs to no place: at 10 m/s this is 20 m.
const PLACED_SPAN_MAX_US: u32 = 2_100_000;

/// Work on where the beacons are in a pass, in units of [`crate::locate::Locate::work`]: some 180 µs on a desk.
const LOCATE_BUDGET: usize = 1_800;

/// Pulses and hearings that wait for their place.
const HEARD_MAX: usize = PASS_HEARINGS_MAX + PASS_PULSES_MAX;

/// A newest reading older than this: nobody listens.
const LISTENS_US: u64 = 500_000;

/// The control pass and what it remembers.
pub struct Decide {
    config: Config,
    /// What each channel is called in readings and records, and so many were ever: those may still come.
    numbers: Box<[u8]>,
    known_count: usize,
    analytics: Analytics,
    homing: Homing,
    /// By channel: where its beacon is, and what is on its way there.
    seekers: Box<[Seeker]>,
    searcher: Option<Searcher>,
    track: Track,
    origin: Option<Origin>,
    waiting: VecDeque<Reading>,
    waiting_max: usize,
    /// What was heard and waits for its place.
    heard: VecDeque<Heard>,
    /// Readings recorded before their place was known, because too many waited.
    unplaced_total: u64,
    /// The totals as last recorded.
    discards: [u64; 2],
    facts: Vec<Facts>,
    facts_due: TimeUs,
    channel_count: u8,
    names: Vec<Name>,
    newest_reading_us: Option<TimeUs>,
    vehicle: Vehicle,
    command: Option<Command>,
    /// Whether a beacon that fell silent was looked for.
    recovers: bool,
}

impl Decide {
    /// Checks the settings and allocates everything.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn new(config: &Config) -> Result<Decide, ConfigError> {
        let numbers: Vec<u8> = (0..config.sense.channels.len().min(CHANNELS_MAX) as u8).collect();
        Decide::numbered(config, &numbers)
    }

    /// The same with channels that are called by these numbers, one each.
    ///
    /// # Errors
    /// As [`Decide::new`].
    pub fn numbered(config: &Config, numbers: &[u8]) -> Result<Decide, ConfigError> {
        config.check()?;
        if numbers.len() != config.sense.channels.len() {
            return Err(ConfigError::new("beacon", "their numbers are not as many as they are"));
        }
        let channel_count = config.sense.channels.len();
        let frequency_hz = config.sense.channels[0].frequency_hz;
        let searcher =
            config.search.as_ref().map(|search| Searcher::new(search, frequency_hz)).transpose()?;
        let wait_hops = TRACK_GAP_MAX_US.div_ceil(u64::from(config.sense.hop_us)) as usize;
        // Twice what can wait at the longest, so that a late pass drops nothing.
        let waiting_max = 2 * wait_hops * channel_count + crate::limits::PASS_READINGS_MAX;
        let speed_mps = config.homing.beacon_speed_mps;
        let seeker = |of: &ChannelConfig| Seeker::new(config.antenna, &of.emission, speed_mps);
        let seekers = config.sense.channels.iter().map(seeker).collect();
        Ok(Decide {
            config: config.clone(),
            numbers: numbers.into(),
            known_count: numbers.iter().max().map_or(0, |most| usize::from(*most) + 1),
            analytics: Analytics::new(&config.analytics, &config.sense.channels, config.sense.hop_us),
            homing: Homing::new(&config.homing, &config.interlock, &config.antenna),
            seekers,
            searcher,
            track: Track::default(),
            origin: None,
            waiting: VecDeque::with_capacity(waiting_max),
            waiting_max,
            heard: VecDeque::with_capacity(HEARD_MAX),
            unplaced_total: 0,
            discards: [0; 2],
            facts: Vec::with_capacity(CHANNELS_MAX),
            facts_due: TimeUs(0),
            channel_count: channel_count as u8,
            names: config.sense.channels.iter().map(|channel| Name::new(&channel.name)).collect(),
            newest_reading_us: None,
            vehicle: Vehicle::default(),
            command: None,
            recovers: false,
        })
    }

    /// One pass.
    pub fn pass(&mut self, inputs: &PassInputs<'_>, sink: &mut dyn Sink) -> Command {
        sink.record(&Record::Pass(inputs.now, inputs.taken(self.known_count)));
        if let Some(act) = inputs.act {
            sink.record(&Record::Operator(inputs.now, act));
        }
        self.follow_vehicle(inputs, sink);
        self.take_readings(inputs, sink);
        for pulse in inputs.pulses {
            let own = Pulse { channel: self.own(pulse.channel), ..*pulse };
            if !self.is_gone(pulse.channel)
                && self.analytics.pulse(&own)
                && pulse.width_us <= PLACED_SPAN_MAX_US
            {
                self.wait_for_place(Heard::of_pulse(pulse));
            }
            sink.record(&Record::Pulse(*pulse));
        }
        self.take_hearings(inputs.now, inputs.hearings, sink);
        self.place_waiting(inputs.now, sink);
        self.place_heard(inputs.now);
        self.state_facts(inputs.now, sink);
        self.listen(inputs);
        self.locate(inputs.now);
        let search = self.search(inputs);
        let was = self.homing.state();
        let command = self.homing.pass(
            &homing::Inputs {
                now: inputs.now,
                vehicle: inputs.vehicle,
                act: inputs.act,
                facts: &self.facts,
                beliefs: &beliefs(&self.seekers)[..self.seekers.len()],
                origin: self.origin,
                newest_reading_us: self.newest_reading_us,
                sdr_alive: inputs.sdr_alive,
                search,
            },
            &mut |change| sink.record(&Record::StateChange(*change)),
        );
        if was == State::Idle
            && self.homing.state() != State::Idle
            && Homing::height_m(inputs.vehicle, inputs.now).is_none()
        {
            sink.record(&Record::Event(events::ground_unknown(inputs.now)));
        }
        let recovers = self.homing.recovers();
        if recovers && !self.recovers {
            sink.record(&Record::Event(events::unheard(inputs.now)));
        }
        self.recovers = recovers;
        let has_changed = self.homing.state() != was;
        if let Some(origin) = &self.origin {
            for (number, seeker) in self.numbers.iter().zip(&mut self.seekers) {
                seeker.tell(inputs.now, has_changed, (*number, origin), sink);
            }
        }
        if let Some(searcher) = &mut self.searcher {
            searcher.tell(inputs.now, has_changed, sink);
        }
        let repeats = matches!(command, Command::Silence(_)) && self.command == Some(command);
        if !repeats {
            sink.record(&Record::Command(inputs.now, command, self.homing.course()));
        }
        self.command = Some(command);
        command
    }

    /// The end of the flight: what still waits is recorded, open detections are closed.
    pub fn finish(&mut self, now: TimeUs, sink: &mut dyn Sink) {
        sink.record(&Record::Pass(now, Taken { is_end: true, ..Taken::default() }));
        self.place_waiting(now.plus_us(2 * TRACK_GAP_MAX_US), sink);
        if let Some(searcher) = &mut self.searcher {
            searcher.finish(now, sink);
        }
        self.tell_discards(now, sink);
        let numbers = &self.numbers;
        self.analytics.detections(now.plus_us(u64::from(u32::MAX)), &mut |detection| {
            sink.record(&detection_of(detection, numbers));
        });
    }

    /// Our state.
    pub fn state(&self) -> State {
        self.homing.state()
    }

    /// Where the last command leads, and why; where it was a velocity.
    pub fn course(&self) -> Option<Course> {
        self.homing.course()
    }

    /// Channel being homed on.
    pub fn target(&self) -> Option<u8> {
        self.homing.target()
    }

    /// What keeps homing locked now.
    pub fn locked(&self) -> Option<Trip> {
        self.homing.locked()
    }

    /// All that keeps homing locked now, in the order of judgement; empty = ready.
    pub fn missing(&self) -> &[Trip] {
        self.homing.missing()
    }

    /// Whether the operator asked for homing and only PX4's OFFBOARD is still to be entered.
    pub fn is_offered(&self) -> bool {
        self.homing.is_offered()
    }

    /// Whether a pass should follow at once, because `vehicle`, as known `now`, ends commanding or shows the pilot's hand.
    pub fn hurries(&self, now: TimeUs, vehicle: &Vehicle, sdr_alive: bool) -> bool {
        self.homing.hurries(&homing::Inputs {
            now,
            vehicle,
            act: None,
            facts: &self.facts,
            beliefs: &[],
            origin: self.origin,
            newest_reading_us: self.newest_reading_us,
            sdr_alive,
            search: None,
        })
    }

    /// The cause of the last stop, until the operator acts again.
    pub fn latched(&self) -> Option<Trip> {
        self.homing.latched()
    }

    /// How far the search has come; `None` where there is none.
    pub fn searched(&self, now: TimeUs) -> Option<Searched> {
        self.searcher.as_ref().map(|searcher| searcher.searched(now))
    }

    /// Newest facts of each channel; empty before the first.
    pub fn facts(&self) -> &[Facts] {
        &self.facts
    }

    fn follow_vehicle(&mut self, inputs: &PassInputs<'_>, sink: &mut dyn Sink) {
        let vehicle = inputs.vehicle;
        if let Some(position) = &vehicle.position {
            self.track.push(position, vehicle.attitude.as_ref());
            if self.origin.is_none() {
                self.origin = Some(Origin::new(position.value.place));
            }
        }
        vehicle.changes_since(&self.vehicle, &mut |part| sink.record(&Record::Vehicle(inputs.now, part)));
        self.vehicle = *vehicle;
    }

    fn take_readings(&mut self, inputs: &PassInputs<'_>, sink: &mut dyn Sink) {
        for reading in inputs.readings {
            // Those that are refused are counted there.
            if !self.is_gone(reading.channel) {
                self.analytics.reading(&Reading { channel: self.own(reading.channel), ..*reading });
            }
            if usize::from(reading.channel) >= self.known_count {
                continue;
            }
            if !reading.flags.any(Flags::UNUSABLE) {
                let newest = self.newest_reading_us.unwrap_or_default().max(reading.acquired_us);
                self.newest_reading_us = Some(newest);
            }
            if self.waiting.len() == self.waiting_max {
                self.unplaced_total += 1;
                self.release_oldest(None, sink);
            }
            self.waiting.push_back(*reading);
        }
    }

    fn take_hearings(&mut self, now: TimeUs, hearings: &[Hearing], sink: &mut dyn Sink) {
        for hearing in hearings {
            let own = self.own(hearing.channel);
            if !self.is_gone(hearing.channel) {
                self.analytics.hearing(&Hearing { channel: own, ..*hearing });
            }
            sink.record(&Record::Hearing(*hearing));
            if let Some(message) = &hearing.message {
                let name = self.names.get(usize::from(own)).map_or("", Name::as_str);
                let text = Text::format(format_args!("{name} says: {message}"));
                let event = Event { at: now, severity: Severity::Note, kind: "beacon_message", text };
                sink.record(&Record::Event(event));
            }
            if hearing.power_span_us() <= PLACED_SPAN_MAX_US {
                self.wait_for_place(Heard::of_hearing(hearing));
            }
        }
    }

    /// Where it is listened to in vain is evidence too.
    fn listen(&mut self, inputs: &PassInputs<'_>) {
        let place = self.origin.and_then(|origin| listening::place(inputs.now, inputs.vehicle, &origin));
        let attitude = inputs.vehicle.attitude.map(|attitude| attitude.value);
        for (seeker, facts) in self.seekers.iter_mut().zip(&self.facts) {
            let listens = inputs.sdr_alive && inputs.now.since_us(facts.newest_reading_us) <= LISTENS_US;
            seeker.listen(inputs.now, facts, place.filter(|_| listens), attitude);
        }
    }

    /// Works on where the beacons are, the one that is flown to first.
    fn locate(&mut self, now: TimeUs) {
        let first = usize::from(self.homing.target().unwrap_or(0));
        let mut left = LOCATE_BUDGET;
        for n in 0..self.seekers.len() {
            let seeker = &mut self.seekers[(first + n) % usize::from(self.channel_count)];
            left = seeker.work(now, left);
        }
    }

    /// Counts where it is listened to and nothing is heard. The ground speed of the route, where it is flown.
    fn search(&mut self, inputs: &PassInputs<'_>) -> Option<(f64, f64)> {
        let searcher = self.searcher.as_mut()?;
        let reads = |newest: TimeUs| inputs.now.since_us(newest) <= LISTENS_US;
        let listens = inputs.sdr_alive && self.newest_reading_us.is_some_and(reads);
        searcher.pass(inputs.now, inputs.vehicle, self.facts.first(), listens);
        searcher.goal(inputs.vehicle, self.homing.state())
    }

    fn tell_discards(&mut self, now: TimeUs, sink: &mut dyn Sink) {
        let totals = [self.analytics.refused_total(), self.unplaced_total];
        for ((name, total), told) in ["refused", "unplaced"].into_iter().zip(totals).zip(self.discards) {
            if total != told {
                sink.record(&Record::Discard(now, Name::new(name), total));
            }
        }
        self.discards = totals;
    }

    fn state_facts(&mut self, now: TimeUs, sink: &mut dyn Sink) {
        let (names, numbers) = (&self.names, &self.numbers);
        self.analytics.detections(now, &mut |detection| {
            sink.record(&detection_of(detection, numbers));
            if detection.ended_us.is_none() {
                let name = names.get(usize::from(detection.channel)).map_or("", Name::as_str);
                sink.record(&Record::Event(events::heard(now, name, detection)));
            }
        });
        if now < self.facts_due {
            return;
        }
        self.facts.clear();
        for channel in 0..self.channel_count {
            let facts = self.analytics.facts(channel, now);
            sink.record(&Record::Facts(Facts { channel: self.numbers[usize::from(channel)], ..facts }));
            self.facts.push(facts);
        }
        self.tell_discards(now, sink);
        // On a grid, so that a late pass does not shift the following facts.
        self.facts_due = TimeUs(now.0 - now.0 % FACTS_INTERVAL_US + FACTS_INTERVAL_US);
    }
}

/// With the channel's number in place of its index.
fn detection_of(detection: &Detection, numbers: &[u8]) -> Record {
    let number = numbers.get(usize::from(detection.channel)).copied().unwrap_or(detection.channel);
    Record::Detection(Detection { channel: number, ..*detection })
}

fn beliefs(seekers: &[Seeker]) -> [Option<&Belief>; CHANNELS_MAX] {
    std::array::from_fn(|channel| seekers.get(channel).and_then(Seeker::belief))
}

#[cfg(test)]
mod tests;
