//! Where the control pass puts its records: into the recorder's lanes, and what is worth saying aloud into a short queue for
//! STATUSTEXT and the log.

use super::excerpts::{Tap, Tapped};
use skyhound::command::Reason;
use skyhound::record::{PlacedReading, Record, Severity, Sink, Text};
use skyhound::ring::{Gauge, Producer};
use std::collections::VecDeque;
use std::time::Duration;

/// Texts that wait to be said; the oldest are dropped first, because the newest matter most.
const SAID_MAX: usize = 16;

/// The recorder's lanes and the queue of what is to be said.
pub struct FlightSink {
    readings: Producer<PlacedReading>,
    records: Producer<Record>,
    said: VecDeque<(Severity, Text)>,
    /// Where detections are told of whose samples are kept, if any are.
    tap: Option<Tap>,
}

impl FlightSink {
    /// A sink into the recorder's lanes.
    pub fn new(readings: Producer<PlacedReading>, records: Producer<Record>, tap: Option<Tap>) -> FlightSink {
        FlightSink { readings, records, said: VecDeque::with_capacity(SAID_MAX), tap }
    }

    /// Other channels take over.
    pub fn succeed(&mut self, next: &mut Tapped) {
        if let Some(tap) = &mut self.tap {
            tap.succeed(next);
        }
    }

    /// The oldest thing to be said.
    pub fn next_said(&mut self) -> Option<(Severity, Text)> {
        self.said.pop_front()
    }

    /// Says something that is no record of its own.
    pub fn say(&mut self, severity: Severity, text: Text) {
        if self.said.len() == SAID_MAX {
            self.said.pop_front();
        }
        self.said.push_back((severity, text));
    }

    /// Waits until the recorder has taken enough for `count` more of each kind.
    pub fn wait_for_room(&self, count: usize) {
        wait_for_room(&self.readings, count);
        wait_for_room(&self.records, count);
    }

    /// The lanes' gauges.
    pub fn gauges(&self) -> [&Gauge; 2] {
        [self.readings.gauge(), self.records.gauge()]
    }
}

impl Sink for FlightSink {
    fn reading(&mut self, reading: &PlacedReading) {
        self.readings.push(*reading);
    }

    fn record(&mut self, record: &Record) {
        self.records.push(*record);
        if let Some(tap) = &mut self.tap {
            tap.record(record);
        }
        match record {
            Record::StateChange(change) => {
                let text = format_args!("{} -> {}: {}", change.from.name(), change.to.name(), change.reason);
                let is_trip = matches!(change.reason, Reason::Interlock(_));
                let severity = if is_trip { Severity::Warning } else { Severity::Note };
                self.say(severity, Text::format(text));
            }
            // The autopilot's own texts are on the link already.
            Record::Event(event) if event.kind != "autopilot_text" => self.say(event.severity, event.text),
            _ => {}
        }
    }
}

/// Sleeps until `lane` has room for `count` items, or nobody takes them any more.
pub fn wait_for_room<T>(lane: &Producer<T>, count: usize) {
    let count = count.min(lane.gauge().capacity_count());
    while lane.vacant_count() < count && !lane.is_abandoned() {
        std::thread::sleep(Duration::from_millis(1));
    }
}
