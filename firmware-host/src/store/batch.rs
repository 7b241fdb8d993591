//! What was popped from the lanes and waits for its COMMIT, one vector of rows per table.
//!
//! A batch is kept until COMMIT answered: a failed flush of DuckDB's appender loses what it held. Rows of one table keep
//! the order of their lane. Vectors are reused; after the first seconds nothing here allocates.

use super::lanes::Outlets;
use skyhound::budget::BudgetReport;
use skyhound::command::{Command, OperatorAct, StateChange};
use skyhound::facts::{Detection, Facts};
use skyhound::record::{Event, LaneReport, LinkReport, Name, PlacedReading, Record};
use skyhound::signal::{Pulse, Spectrum};
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;

/// Readings of one batch: at 1 kHz 4 s of them, so that catching up after a stall takes few commits.
pub const BATCH_READINGS: usize = 4_096;
/// Spectrum rows of one batch.
pub const BATCH_SPECTRA: usize = 64;
/// Records of one batch and lane.
pub const BATCH_RECORDS: usize = 1_024;

/// A row of `health`.
#[derive(Copy, Clone, Debug)]
pub enum Health {
    /// A thread's passes.
    Pass(TimeUs, Name, BudgetReport),
    /// A lane's totals.
    Lane(TimeUs, Name, LaneReport),
}

/// Rows that wait for their COMMIT.
#[derive(Default)]
pub struct Batch {
    /// Rows of `reading`.
    pub readings: Vec<PlacedReading>,
    /// Rows of `spectrum`.
    pub spectra: Vec<Spectrum>,
    /// Rows of `signal`.
    pub facts: Vec<Facts>,
    /// Rows of `detection`.
    pub detections: Vec<Detection>,
    /// Rows of `pulse`.
    pub pulses: Vec<Pulse>,
    /// Rows of `vehicle`.
    pub vehicles: Vec<(TimeUs, Vehicle)>,
    joined: skyhound::vehicle::part::Joined,
    /// Rows of `command`.
    pub commands: Vec<(TimeUs, Command)>,
    /// Rows of `state_change`.
    pub state_changes: Vec<StateChange>,
    /// Rows of `event`.
    pub events: Vec<Event>,
    /// Rows of `operator`.
    pub operators: Vec<(TimeUs, OperatorAct)>,
    /// Rows of `health`.
    pub healths: Vec<Health>,
    /// Rows of `link`.
    pub links: Vec<(TimeUs, LinkReport)>,
    /// UTC at time 0 by GPS, µs since 1970: an update of the one row of `flight`, not a row.
    pub started_utc_us: Option<i64>,
}

/// Tables a batch has rows for.
pub const TABLE_COUNT: usize = 12;
/// Their names, in the order of [`Batch::counts`].
pub const TABLES: [&str; TABLE_COUNT] = [
    "reading",
    "spectrum",
    "signal",
    "detection",
    "pulse",
    "vehicle",
    "command",
    "state_change",
    "event",
    "operator",
    "health",
    "link",
];

impl Batch {
    /// Takes what waits in the lanes, up to the batch's size; `true` when more may wait.
    pub fn fill(&mut self, outlets: &mut Outlets) -> bool {
        while self.readings.len() < BATCH_READINGS
            && let Some(reading) = outlets.readings.pop()
        {
            self.readings.push(reading);
        }
        while self.spectra.len() < BATCH_SPECTRA
            && let Some(row) = outlets.spectra.pop()
        {
            self.spectra.push(row);
        }
        for lane in [&mut outlets.receiver, &mut outlets.sense, &mut outlets.control] {
            for _ in 0..BATCH_RECORDS {
                let Some(record) = lane.pop() else { break };
                self.push(&record);
            }
        }
        !outlets.is_empty()
    }

    /// Puts a record to the rows of its table.
    pub fn push(&mut self, record: &Record) {
        match *record {
            Record::Pulse(pulse) => self.pulses.push(pulse),
            Record::Facts(facts) => self.facts.push(facts),
            Record::Detection(detection) => self.detections.push(detection),
            Record::Vehicle(at, part) => {
                self.joined.take(&part);
                self.vehicles.pop_if(|row| row.0 == at);
                self.vehicles.push((at, self.joined.vehicle));
            }
            Record::Command(at, command) => self.commands.push((at, command)),
            Record::StateChange(change) => self.state_changes.push(change),
            Record::Operator(at, act) => self.operators.push((at, act)),
            Record::Event(event) => self.events.push(event),
            Record::Budget(at, name, report) => self.healths.push(Health::Pass(at, name, report)),
            Record::Lane(at, name, report) => self.healths.push(Health::Lane(at, name, report)),
            Record::Link(at, report) => self.links.push((at, report)),
        }
    }

    /// Rows per table, in the order of [`TABLES`].
    pub fn counts(&self) -> [u64; TABLE_COUNT] {
        [
            self.readings.len(),
            self.spectra.len(),
            self.facts.len(),
            self.detections.len(),
            self.pulses.len(),
            self.vehicles.len(),
            self.commands.len(),
            self.state_changes.len(),
            self.events.len(),
            self.operators.len(),
            self.healths.len(),
            self.links.len(),
        ]
        .map(|count| count as u64)
    }

    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.started_utc_us.is_none() && self.counts().iter().all(|&count| count == 0)
    }

    /// Whether it holds as many rows as one commit should.
    pub fn is_full(&self) -> bool {
        self.readings.len() >= BATCH_READINGS
            || self.spectra.len() >= BATCH_SPECTRA
            || self.counts()[2..].iter().sum::<u64>() >= BATCH_RECORDS as u64
    }

    /// Forgets all rows; their memory stays for the next.
    pub fn clear(&mut self) {
        self.readings.clear();
        self.spectra.clear();
        self.facts.clear();
        self.detections.clear();
        self.pulses.clear();
        self.vehicles.clear();
        self.commands.clear();
        self.state_changes.clear();
        self.events.clear();
        self.operators.clear();
        self.healths.clear();
        self.links.clear();
        self.started_utc_us = None;
    }
}
