//! What the flight writes down: the trace, and per pass what the recorder was given, which the witness sees.
//!
//! The recorder is a lane and a disk here: a disk that does not answer fills the lane, a full one ends the recording. Neither
//! is ever asked by the control pass, so neither can change a decision; what is lost is counted.

use crate::scenario::Kind;
use crate::trace::{DeedRow, EventRow, SignalRow, StateRow, Trace, TruthRow};
use skyhound::command::{Reason, State, StateChange};
use skyhound::facts::{Facts, Floor};
use skyhound::record::{PlacedReading, Record, Sink};

/// Between two rows of truth.
const ROW_US: u64 = 100_000;

/// The trace as it grows, and the recorder.
pub(super) struct Book {
    pub(super) trace: Trace,
    /// What the sink was given in this pass.
    pub(super) readings: Vec<PlacedReading>,
    pub(super) records: Vec<Record>,
    /// Channel whose signal is shown.
    pub(super) channel: u8,
    row_due_us: u64,
    is_stalled: bool,
    is_full: bool,
    lane_capacity: u64,
    waiting: u64,
    dropped_total: u64,
}

impl Book {
    /// `lane_capacity`: readings that a stalled disk may cost before one is lost.
    pub(super) fn new(lane_capacity: u64) -> Book {
        Book {
            trace: Trace::default(),
            readings: Vec::with_capacity(256),
            records: Vec::with_capacity(64),
            channel: 0,
            row_due_us: 0,
            is_stalled: false,
            is_full: false,
            lane_capacity,
            waiting: 0,
            dropped_total: 0,
        }
    }

    pub(super) fn clear_pass(&mut self) {
        self.readings.clear();
        self.records.clear();
    }

    /// A fault of the disk begins or ends; whether it was one.
    pub(super) fn fault(&mut self, kind: &Kind, begins: bool) -> bool {
        match kind {
            Kind::DiskStall => self.is_stalled = begins,
            // A recorder that stopped begins no second file by itself.
            Kind::DiskFull => self.is_full |= begins,
            _ => return false,
        }
        if !self.is_stalled {
            self.waiting = 0;
        }
        true
    }

    pub(super) fn deed(&mut self, at_us: u64, what: String) {
        self.trace.deeds.push(DeedRow { at_us, what });
    }

    /// The process died: nobody is in that state any more. Not a stop, which has a cause.
    pub(super) fn killed(&mut self, at_us: u64, was: State) {
        if was != State::Idle {
            let (from, to) = (was.name().into(), State::Idle.name().into());
            self.trace.states.push(StateRow {
                at_us,
                from,
                to,
                reason: "the process died".into(),
                interlock: None,
            });
        }
    }

    pub(super) fn truth(&mut self, row: impl FnOnce() -> TruthRow, at_us: u64) {
        if at_us >= self.row_due_us {
            self.trace.truth.push(row());
            self.row_due_us = at_us - at_us % ROW_US + ROW_US;
        }
    }

    /// The end: what was counted becomes the trace's numbers.
    pub(super) fn close(mut self) -> Trace {
        self.trace.numbers.insert("dropped_readings_total".into(), self.dropped_total as f64);
        self.trace
    }

    fn facts(&mut self, facts: &Facts) {
        let floor = match facts.snr_floor {
            Floor::Spectral => facts.floor_spectral_dbfs,
            Floor::Temporal => facts.floor_temporal_dbfs,
        };
        self.trace.signal.push(SignalRow {
            at_us: facts.at.0,
            power_dbfs: facts.power_dbfs,
            floor_dbfs: floor,
            snr_db: facts.snr_db,
            heard: facts.heard,
        });
    }

    fn state(&mut self, change: &StateChange) {
        let interlock = match change.reason {
            Reason::Interlock(trip) => Some(trip.interlock.name().to_string()),
            _ => None,
        };
        self.trace.states.push(StateRow {
            at_us: change.at.0,
            from: change.from.name().into(),
            to: change.to.name().into(),
            reason: change.reason.to_string(),
            interlock,
        });
    }
}

impl Sink for Book {
    fn reading(&mut self, reading: &PlacedReading) {
        self.readings.push(*reading);
        if self.is_stalled && !self.is_full {
            self.waiting += 1;
            self.dropped_total += u64::from(self.waiting > self.lane_capacity);
        }
    }

    fn record(&mut self, record: &Record) {
        match record {
            Record::Facts(facts) if facts.channel == self.channel => self.facts(facts),
            Record::StateChange(change) => self.state(change),
            Record::Event(event) => self.trace.events.push(EventRow {
                at_us: event.at.0,
                kind: event.kind.into(),
                text: event.text.as_str().into(),
            }),
            _ => {}
        }
        self.records.push(*record);
    }
}
