//! What the flight writes down: the trace, and per pass what the recorder was given, which the witness sees.
//!
//! The recorder is a lane and a disk here: a disk that does not answer fills the lane, a full one ends the recording. Neither
//! is ever asked by the control pass, so neither can change a decision; what is lost is counted.

use crate::scenario::Kind;
use crate::trace::{EstimateRow, EventRow, RegionRow, SignalRow, StateRow, Trace, TruthRow};
use skyhound::command::{Reason, StateChange};
use skyhound::facts::{Facts, Floor, Located, RegionRun, Run};
use skyhound::geo::{NorthEast, Origin, Wgs84};
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
    hops: Hops,
    home: Origin,
}

/// Hops of the first channel that were due between the first kept reading and the last, and those that came.
#[derive(Debug, Default)]
struct Hops {
    hop_us: f64,
    due: u64,
    lost: u64,
    /// Of the running process: times of the first and the last reading, and how many.
    span: Option<(u64, u64, u64)>,
}

impl Hops {
    fn came(&mut self, at_us: u64) {
        let (first_us, _, count) = self.span.unwrap_or((at_us, at_us, 0));
        self.span = Some((first_us, at_us, count + 1));
    }

    /// The process ended: until the next one hears, nothing is due.
    fn close(&mut self) {
        let Some((first_us, last_us, count)) = self.span.take() else { return };
        let due = (last_us.saturating_sub(first_us) as f64 / self.hop_us).round() as u64 + 1;
        self.due += due;
        self.lost += due.saturating_sub(count);
    }
}

impl Book {
    /// `lane_capacity`: readings that a stalled disk may cost before one is lost; `hop_us`: between two readings of a channel.
    pub(super) fn new(lane_capacity: u64, hop_us: f64, home: Wgs84) -> Book {
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
            hops: Hops { hop_us, ..Hops::default() },
            home: Origin::new(home),
        }
    }

    /// A fault of the disk begins or ends.
    pub(super) fn fault(&mut self, kind: &Kind, begins: bool) {
        match kind {
            Kind::DiskStall if begins => self.is_stalled = true,
            Kind::DiskStall => (self.is_stalled, self.waiting) = (false, 0),
            // A recorder that stopped begins no second file by itself.
            Kind::DiskFull => self.is_full |= begins,
            _ => {}
        }
    }

    pub(super) fn killed(&mut self, at_us: u64) {
        self.hops.close();
        self.trace.killed(at_us);
    }

    pub(super) fn truth(&mut self, row: impl FnOnce() -> TruthRow, at_us: u64) {
        if at_us >= self.row_due_us {
            self.trace.truth.push(row());
            self.row_due_us = at_us - at_us % ROW_US + ROW_US;
        }
    }

    /// The end: what was counted becomes the trace's numbers.
    pub(super) fn close(mut self) -> Trace {
        self.hops.close();
        let numbers = &mut self.trace.numbers;
        numbers.insert("dropped_readings_total".into(), self.dropped_total as f64);
        numbers.insert("readings_due_total".into(), self.hops.due as f64);
        numbers.insert("readings_lost_total".into(), self.hops.lost as f64);
        self.trace
    }
}

impl Book {
    /// About home, what is counted from another origin.
    fn about_home(&self, origin: Wgs84, at: NorthEast) -> NorthEast {
        self.home.ned_from_wgs84(Origin::new(origin).wgs84_from_ned(at))
    }

    fn estimate(&mut self, located: &Located) {
        let NorthEast { north_m, east_m } = self.about_home(located.origin, located.estimate.mean);
        let (at_us, radius_95_m) = (located.at.0, located.estimate.radius_95_m);
        self.trace.estimates.push(EstimateRow { at_us, north_m, east_m, radius_95_m });
    }

    fn region(&mut self, part: &RegionRun) {
        let NorthEast { north_m, east_m } = self.about_home(part.origin, part.run.from);
        let (at_us, percent, Run { size_m, count, .. }) = (part.at.0, part.percent, part.run);
        self.trace.regions.push(RegionRow { at_us, percent, north_m, east_m, size_m, count });
    }
}

fn signal_row(facts: &Facts) -> SignalRow {
    SignalRow {
        at_us: facts.at.0,
        power_dbfs: facts.power_dbfs,
        floor_dbfs: match facts.snr_floor {
            Floor::Spectral => facts.floor_spectral_dbfs,
            Floor::Temporal => facts.floor_temporal_dbfs,
        },
        snr_db: facts.snr_db,
        heard: facts.heard,
    }
}

pub(super) fn state_row(change: &StateChange) -> StateRow {
    let interlock = match change.reason {
        Reason::Interlock(trip) => Some(trip.interlock.name().to_string()),
        _ => None,
    };
    let reason = change.reason.to_string();
    StateRow { interlock, ..StateRow::new(change.at.0, change.from.name(), change.to.name(), reason) }
}

/// Where nobody reads what is recorded.
pub(super) struct Unread;

impl Sink for Unread {
    fn reading(&mut self, _: &PlacedReading) {}
    fn record(&mut self, _: &Record) {}
}

impl Sink for Book {
    fn reading(&mut self, reading: &PlacedReading) {
        self.readings.push(*reading);
        if self.is_full {
            return;
        }
        self.waiting += u64::from(self.is_stalled);
        let is_dropped = self.waiting > self.lane_capacity;
        self.dropped_total += u64::from(is_dropped);
        if reading.reading.channel == 0 && !is_dropped {
            self.hops.came(reading.reading.acquired_us.0);
        }
    }

    fn record(&mut self, record: &Record) {
        match record {
            Record::Facts(facts) if facts.channel == self.channel => {
                self.trace.signal.push(signal_row(facts))
            }
            Record::Estimate(located) if located.channel == self.channel => self.estimate(located),
            Record::Region(part) if part.channel == self.channel => self.region(part),
            Record::Searched(searched) => {
                self.trace.numbers.insert("search_pos".into(), searched.pos);
                self.trace.numbers.insert("search_progress".into(), searched.progress);
            }
            Record::StateChange(change) => self.trace.states.push(state_row(change)),
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
