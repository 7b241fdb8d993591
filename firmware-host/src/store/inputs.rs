//! What the control passes of a flight were given, read back to the bit: for a replay.
//!
//! Rows of `pass` say how many of the next readings, pulses and hearings a pass took; what changed of the aircraft and what the operator did
//! stands in rows of the pass's own time. Everything is read at once: some 40 bytes for each reading.

use super::chain::Chain;
use super::error::StoreError;
use super::inputs_vehicle;
use super::read::Flight;
use super::rows::{rows, time};
use duckdb::Row;
use duckdb::arrow::array::{Array, AsArray, PrimitiveArray, RecordBatch};
use duckdb::arrow::datatypes::{ArrowPrimitiveType, Int16Type, Int64Type, UInt8Type, UInt16Type};
use skyhound::command::OperatorAct;
use skyhound::cospas::{Check, Frame, Message};
use skyhound::record::Taken;
use skyhound::signal::{Flags, Hearing, HearingKind, Pulse, Reading};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;
use skyhound::vehicle::Part;
use std::collections::{BTreeMap, VecDeque};

const READINGS: &str = "SELECT acquired_us, sample_index, channel, mean_e2, peak_e2, quiet_e2, clipping_e4, flags, frame_count FROM reading";
const PASSES: &str = "SELECT at_us, reading_count, pulse_count, hearing_count, sdr_alive, is_end FROM pass";
const PULSES: &str = "SELECT start_us, width_us, channel, flags, mean_e2, peak_e2, floor_e2 FROM pulse";
const HEARINGS: &str = "SELECT until_us, span_us, channel, kind, frequency_hz, drift_hz_s, period_us, pulse_count, width_us, cn0_e2, cn0_sigma_e2,
    power_e2, statistic, threshold, ln_false_alarms_per_hour FROM hearing";
const MESSAGES: &str =
    "SELECT until_us, channel, hex, self_test, bch1_corrected, bch2_corrected FROM beacon_message";
const OPERATORS: &str = "SELECT at_us, act FROM operator";

/// End and channel of a burst.
type Burst = (TimeUs, u8);

/// One pass, as it was given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// When.
    pub now: TimeUs,
    /// Whether the SDR streamed, and whether this is the flight's end and no pass.
    pub taken: Taken,
    /// New readings.
    pub readings: Vec<Reading>,
    /// New pulses.
    pub pulses: Vec<Pulse>,
    /// What matched detectors heard.
    pub hearings: Vec<Hearing>,
    /// What changed of the aircraft.
    pub parts: Vec<Part>,
    /// What the operator did.
    pub act: Option<OperatorAct>,
}

/// All passes of a flight.
#[derive(Clone, Default)]
pub struct Inputs {
    passes: VecDeque<(TimeUs, Taken)>,
    readings: Vec<RecordBatch>,
    /// The next reading: its batch and row.
    next: (usize, usize),
    pulses: VecDeque<Pulse>,
    hearings: VecDeque<Hearing>,
    parts: VecDeque<(TimeUs, Part)>,
    acts: VecDeque<(TimeUs, OperatorAct)>,
    reading_count: u64,
}

impl Inputs {
    /// Reads them.
    ///
    /// # Errors
    /// A file of a version that did not keep passes, or one that cannot be read.
    pub fn read(chain: &Chain) -> Result<Inputs, StoreError> {
        let mut all = Inputs::default();
        for (path, flight) in &chain.files {
            let read = read(flight);
            all.join(read.map_err(StoreError::database(path, "cannot read what its passes were given"))?);
        }
        Ok(all)
    }

    /// Those of the next file of the flight.
    fn join(&mut self, next: Inputs) {
        self.passes.extend(next.passes);
        self.readings.extend(next.readings);
        self.pulses.extend(next.pulses);
        self.hearings.extend(next.hearings);
        self.parts.extend(next.parts);
        self.acts.extend(next.acts);
        self.reading_count += next.reading_count;
    }

    /// Passes that are left, the flight's end among them.
    pub fn pass_count(&self) -> usize {
        self.passes.len()
    }

    /// When the next pass is.
    pub fn next_at(&self) -> Option<TimeUs> {
        self.passes.front().map(|(at, _)| *at)
    }

    /// When the last pass is.
    pub fn end(&self) -> Option<TimeUs> {
        self.passes.back().map(|(at, _)| *at)
    }

    /// Readings in all.
    pub fn reading_count(&self) -> u64 {
        self.reading_count
    }

    /// The next pass; `false` when there is none, or what it was given is not all there.
    pub fn next(&mut self, given: &mut Given) -> bool {
        let Some((now, taken)) = self.passes.pop_front() else { return false };
        (given.now, given.taken) = (now, taken);
        given.readings.clear();
        while given.readings.len() < taken.reading_count as usize {
            let Some(reading) = self.next_reading() else { return false };
            given.readings.push(reading);
        }
        given.pulses.clear();
        given.hearings.clear();
        let (pulse_count, hearing_count) = (taken.pulse_count as usize, taken.hearing_count as usize);
        if pulse_count > self.pulses.len() || hearing_count > self.hearings.len() {
            return false;
        }
        given.pulses.extend(self.pulses.drain(..pulse_count));
        given.hearings.extend(self.hearings.drain(..hearing_count));
        given.parts.clear();
        while let Some((_, part)) = self.parts.pop_front_if(|(at, _)| *at <= now) {
            given.parts.push(part);
        }
        given.act = self.acts.pop_front_if(|(at, _)| *at <= now).map(|(_, act)| act);
        true
    }

    fn next_reading(&mut self) -> Option<Reading> {
        let (batch, row) = &mut self.next;
        while self.readings.get(*batch)?.num_rows() == *row {
            (*batch, *row) = (*batch + 1, 0);
        }
        let reading = reading(&self.readings[*batch], *row);
        *row += 1;
        Some(reading)
    }
}

fn read(flight: &Flight) -> Result<Inputs, duckdb::Error> {
    let connection = flight.connection();
    let batches = |sql: &str| -> Result<Vec<RecordBatch>, duckdb::Error> {
        Ok(connection.prepare(sql)?.stream_arrow([])?.collect())
    };
    let readings = batches(READINGS)?;
    let messages = rows(flight, MESSAGES, message)?.into_iter().flatten().collect::<BTreeMap<_, _>>();
    let mut hearings = rows(flight, HEARINGS, hearing)?;
    for hearing in hearings.iter_mut().filter(|hearing| hearing.kind == HearingKind::Burst) {
        hearing.message = messages.get(&(hearing.until_us, hearing.channel)).copied();
    }
    Ok(Inputs {
        passes: rows(flight, PASSES, pass)?.into(),
        reading_count: readings.iter().map(|batch| batch.num_rows() as u64).sum(),
        readings,
        next: (0, 0),
        pulses: rows(flight, PULSES, pulse)?.into(),
        hearings: hearings.into(),
        parts: inputs_vehicle::parts(flight)?.into(),
        acts: rows(flight, OPERATORS, operator)?.into(),
    })
}

fn centi_db(row: &Row<'_>, column: usize) -> Result<CentiDb, duckdb::Error> {
    row.get(column).map(CentiDb::from_hundredths)
}

fn reading(batch: &RecordBatch, row: usize) -> Reading {
    fn column<T: ArrowPrimitiveType>(batch: &RecordBatch, column: usize) -> &PrimitiveArray<T> {
        batch.column(column).as_primitive()
    }
    let power = |at: usize| CentiDb::from_hundredths(column::<Int16Type>(batch, at).value(row));
    let is_quiet_known = !batch.column(5).is_null(row);
    Reading {
        acquired_us: TimeUs(column::<Int64Type>(batch, 0).value(row) as u64),
        sample_index: column::<Int64Type>(batch, 1).value(row) as u64,
        channel: column::<UInt8Type>(batch, 2).value(row),
        mean: power(3),
        peak: power(4),
        quiet: if is_quiet_known { power(5) } else { CentiDb::LOWEST },
        clipping_e4: column::<UInt16Type>(batch, 6).value(row),
        flags: Flags(column::<UInt16Type>(batch, 7).value(row)),
        frame_count: column::<UInt16Type>(batch, 8).value(row),
    }
}

fn pass(row: &Row<'_>) -> Result<(TimeUs, Taken), duckdb::Error> {
    let taken = Taken {
        reading_count: row.get(1)?,
        pulse_count: row.get(2)?,
        hearing_count: row.get(3)?,
        sdr_alive: row.get(4)?,
        is_end: row.get(5)?,
    };
    Ok((time(row, 0)?, taken))
}

fn pulse(row: &Row<'_>) -> Result<Pulse, duckdb::Error> {
    Ok(Pulse {
        start_us: time(row, 0)?,
        width_us: row.get(1)?,
        channel: row.get(2)?,
        flags: Flags(row.get(3)?),
        mean: centi_db(row, 4)?,
        peak: centi_db(row, 5)?,
        floor: centi_db(row, 6)?,
    })
}

fn hearing(row: &Row<'_>) -> Result<Hearing, duckdb::Error> {
    let kind = row.get::<_, String>(3)?;
    Ok(Hearing {
        until_us: time(row, 0)?,
        span_us: row.get(1)?,
        channel: row.get(2)?,
        kind: HearingKind::ALL.into_iter().find(|known| known.name() == kind).unwrap_or(HearingKind::Line),
        frequency_hz: row.get(4)?,
        drift_hz_s: row.get(5)?,
        period_us: row.get(6)?,
        pulse_count: row.get(7)?,
        width_us: row.get(8)?,
        cn0: centi_db(row, 9)?,
        cn0_sigma: centi_db(row, 10)?,
        power: centi_db(row, 11)?,
        statistic: row.get(12)?,
        threshold: row.get(13)?,
        ln_false_alarms_per_hour: row.get(14)?,
        message: None,
    })
}

/// By its burst; `None` where its bits say nothing, which those that are kept never do.
fn message(row: &Row<'_>) -> Result<Option<(Burst, Message)>, duckdb::Error> {
    let (hex, first, second): (String, Option<u8>, Option<u8>) = (row.get(2)?, row.get(4)?, row.get(5)?);
    let read = Frame::from_hex(&hex).ok().and_then(|frame| Message::of(frame).ok());
    let Some(mut message) = read else { return Ok(None) };
    message.is_self_test = row.get(3)?;
    message.first = first.map_or(message.first, Check::Right);
    message.second = second.map_or(message.second, Check::Right);
    Ok(Some(((time(row, 0)?, row.get(1)?), message)))
}

fn operator(row: &Row<'_>) -> Result<(TimeUs, OperatorAct), duckdb::Error> {
    let is_on = row.get::<_, String>(1)? == "homing_on";
    Ok((time(row, 0)?, if is_on { OperatorAct::HomingOn } else { OperatorAct::HomingOff }))
}
