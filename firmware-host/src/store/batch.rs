//! What was popped from the lanes and waits for its COMMIT, one vector of rows per table.
//!
//! A batch is kept until COMMIT answered: a failed flush of DuckDB's appender loses what it held. Rows of one table keep
//! the order of their lane. Vectors are reused; after the first seconds nothing here allocates.

use super::append_message::Said;
use super::append_rates::{Motion, Status};
use super::append_vehicle::{PART_TABLES, table_of};
use super::lanes::Outlets;
use super::log::Logbook;
use super::switch::Switch;
use skyhound::budget::BudgetReport;
use skyhound::command::{Command, Course, OperatorAct, StateChange};
use skyhound::facts::{Detection, Facts, Located, RegionRun, SearchRun, Searched};
use skyhound::record::{Event, LaneReport, LinkReport, Name, PlacedReading, Record, Taken};
use skyhound::signal::{Hearing, Pulse, Spectrum};
use skyhound::time::TimeUs;
use skyhound::vehicle::part::Joined;
use skyhound::vehicle::{Part, Vehicle};

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
    /// A total of what was discarded.
    Discard(TimeUs, Name, u64),
    /// What was looked at, a kind (database, machine) and a name of it: bytes, µs or a count, as the name says.
    Looked(TimeUs, &'static str, &'static str, u64),
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
    /// Rows of `hearing`.
    pub hearings: Vec<Hearing>,
    /// Rows of `beacon_message`.
    pub messages: Vec<Said>,
    /// Rows of `estimate`.
    pub estimates: Vec<Located>,
    /// Rows of `estimate_region`.
    pub regions: Vec<RegionRun>,
    /// Rows of `search`.
    pub searches: Vec<Searched>,
    /// Rows of `search_cell`.
    pub search_cells: Vec<SearchRun>,
    /// Rows of `vehicle_motion`.
    pub motions: Vec<(TimeUs, Motion)>,
    /// Rows of `vehicle_status`.
    pub statuses: Vec<(TimeUs, Status)>,
    /// Rows of the tables of the aircraft's other parts, in their order.
    pub parts: [Vec<(TimeUs, Part)>; PART_TABLES.len()],
    /// Rows of `pass`.
    pub passes: Vec<(TimeUs, Taken)>,
    /// Rows of `command`.
    pub commands: Vec<(TimeUs, Command, Option<Course>)>,
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
    /// Rows of `switch`.
    pub switches: Vec<Switch>,
    /// Rows of `log`.
    pub log: Logbook,
    /// The aircraft by all parts that ever came.
    known: Joined,
    /// UTC at time 0 by GPS, µs since 1970: an update of the one row of `flight`, not a row.
    pub started_utc_us: Option<i64>,
}

const OTHER_TABLES: [&str; 22] = [
    "reading",
    "spectrum",
    "signal",
    "detection",
    "pulse",
    "hearing",
    "beacon_message",
    "command",
    "state_change",
    "event",
    "operator",
    "health",
    "link",
    "estimate",
    "estimate_region",
    "search",
    "search_cell",
    "vehicle_motion",
    "vehicle_status",
    "pass",
    "log",
    "switch",
];
/// Tables a batch has rows for.
pub const TABLE_COUNT: usize = OTHER_TABLES.len() + PART_TABLES.len();
/// Their names, in the order of [`Batch::counts`].
pub const TABLES: [&str; TABLE_COUNT] = {
    let mut tables = [""; TABLE_COUNT];
    let mut at = 0;
    while at < TABLE_COUNT {
        let is_other = at < OTHER_TABLES.len();
        tables[at] = if is_other { OTHER_TABLES[at] } else { PART_TABLES[at - OTHER_TABLES.len()] };
        at += 1;
    }
    tables
};

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
        // After the control lane: what was derived after a switch never comes without it.
        while let Some(switch) = outlets.switches.pop() {
            self.switches.push(*switch);
        }
        !outlets.is_empty()
    }

    /// Puts a record to the rows of its table.
    pub fn push(&mut self, record: &Record) {
        self.log.note(record, &self.known.vehicle);
        match *record {
            Record::Pass(at, taken) => self.passes.push((at, taken)),
            Record::Pulse(pulse) => self.pulses.push(pulse),
            Record::Hearing(hearing) => {
                self.hearings.push(hearing);
                self.messages.extend(hearing.message.map(|message| (hearing, message)));
            }
            Record::Facts(facts) => self.facts.push(facts),
            Record::Detection(detection) => self.detections.push(detection),
            Record::Estimate(located) => self.estimates.push(located),
            Record::Region(run) => self.regions.push(run),
            Record::Searched(searched) => self.searches.push(searched),
            Record::SearchRun(run) => self.search_cells.push(run),
            Record::Vehicle(at, part) => self.push_part(at, part),
            Record::Command(at, command, course) => self.commands.push((at, command, course)),
            Record::StateChange(change) => self.state_changes.push(change),
            Record::Operator(at, act) => self.operators.push((at, act)),
            Record::Event(event) => self.events.push(event),
            Record::Budget(at, name, report) => self.healths.push(Health::Pass(at, name, report)),
            Record::Lane(at, name, report) => self.healths.push(Health::Lane(at, name, report)),
            Record::Discard(at, name, total) => self.healths.push(Health::Discard(at, name, total)),
            Record::Link(at, report) => self.links.push((at, report)),
        }
    }

    fn push_part(&mut self, at: TimeUs, part: Part) {
        self.known.take(&part);
        if Motion::has(&part) {
            put(&mut self.motions, at, Motion::of(&self.known.vehicle));
        } else if Status::has(&part) {
            put(&mut self.statuses, at, Status::of(&self.known.vehicle));
        } else {
            self.parts[table_of(&part)].push((at, part));
        }
    }

    /// The aircraft by all parts that ever came: what a next file begins with.
    pub fn vehicle(&self) -> Vehicle {
        self.known.vehicle
    }

    /// Rows per table, in the order of [`TABLES`].
    pub fn counts(&self) -> [u64; TABLE_COUNT] {
        let others = [
            self.readings.len(),
            self.spectra.len(),
            self.facts.len(),
            self.detections.len(),
            self.pulses.len(),
            self.hearings.len(),
            self.messages.len(),
            self.commands.len(),
            self.state_changes.len(),
            self.events.len(),
            self.operators.len(),
            self.healths.len(),
            self.links.len(),
            self.estimates.len(),
            self.regions.len(),
            self.searches.len(),
            self.search_cells.len(),
            self.motions.len(),
            self.statuses.len(),
            self.passes.len(),
            self.log.entries.len(),
            self.switches.len(),
        ];
        let mut counts = others.into_iter().chain(self.parts.iter().map(Vec::len));
        std::array::from_fn(|_| counts.next().unwrap_or(0) as u64)
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
        self.hearings.clear();
        self.messages.clear();
        self.parts.iter_mut().for_each(Vec::clear);
        self.commands.clear();
        self.state_changes.clear();
        self.events.clear();
        self.operators.clear();
        self.healths.clear();
        self.links.clear();
        self.estimates.clear();
        self.regions.clear();
        self.searches.clear();
        self.search_cells.clear();
        self.motions.clear();
        self.statuses.clear();
        self.passes.clear();
        self.log.entries.clear();
        self.switches.clear();
        self.started_utc_us = None;
    }
}

/// One row a pass: the last one counts.
fn put<T>(rows: &mut Vec<(TimeUs, T)>, at: TimeUs, row: T) {
    match rows.last_mut() {
        Some(last) if last.0 == at => last.1 = row,
        _ => rows.push((at, row)),
    }
}
