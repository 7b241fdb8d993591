//! The sense thread: blocks from the receiver in, readings, pulses and hearings to the control thread, spectra to the recorder.
//!
//! Budget: a quarter of a block's duration. A late pass is counted and reaches the flight file once a second.

use super::switching::ForSense;
use crate::clock::Clock;
use crate::sdr::{Blocks, History};
use skyhound::budget::Budget;
use skyhound::record::{Name, Record};
use skyhound::ring::Producer;
use skyhound::sense::{Sense, SenseSink, Successor};
use skyhound::signal::{Hearing, Pulse, Reading, Spectrum};
use skyhound::time::TimeUs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Where the sense pass puts what it makes.
pub struct SenseLanes {
    /// To the control thread.
    pub readings: Producer<Reading>,
    /// To the control thread.
    pub pulses: Producer<Pulse>,
    /// To the control thread.
    pub hearings: Producer<Hearing>,
    /// To the recorder.
    pub spectra: Producer<Spectrum>,
    /// To the recorder: budget and lanes.
    pub records: Producer<Record>,
    /// Where the newest samples are kept, if they are.
    pub history: Option<History>,
    /// Channels that take over, from the control thread.
    pub switching: ForSense,
}

impl SenseSink for SenseLanes {
    fn reading(&mut self, reading: &Reading) {
        self.readings.push(*reading);
    }

    fn pulse(&mut self, pulse: &Pulse) {
        self.pulses.push(*pulse);
    }

    fn hearing(&mut self, hearing: &Hearing) {
        self.hearings.push(*hearing);
    }

    fn spectrum(&mut self, spectrum: &Spectrum) {
        self.spectra.push(*spectrum);
    }
}

/// Runs until the receiver has no more blocks or the flight is over; then closes what is open.
pub fn run(
    mut blocks: Blocks,
    mut sense: Sense,
    mut lanes: SenseLanes,
    clock: Clock,
    sample_rate_sps: f64,
    is_over: &AtomicBool,
) {
    let mut budget: Option<Budget> = None;
    let mut report_due = clock.now().plus_us(1_000_000);
    while !is_over.load(Ordering::Acquire) && !blocks.is_ended() {
        if let Some(next) = lanes.switching.successors.pop() {
            give_back(sense.succeed(next), &mut lanes);
        }
        if let Some(block) = blocks.next(Duration::from_millis(50)) {
            let begun = clock.now();
            let samples = block.samples();
            let block_us = samples.len() as f64 / sample_rate_sps * 1e6;
            if let Some(history) = &mut lanes.history {
                history.push(&block);
            }
            sense.tune(block.band(), &mut lanes);
            sense.pass(block.stamp(), samples, &mut lanes);
            give_back(sense.replaced(), &mut lanes);
            budget
                .get_or_insert_with(|| Budget::new((block_us / 4.0) as u32))
                .count(clock.now().since_us(begun));
        }
        let now = clock.now();
        if now >= report_due {
            report(&mut budget, now, &mut lanes);
            report_due = now.plus_us(1_000_000);
        }
    }
    sense.finish(&mut lanes);
    report(&mut budget, clock.now(), &mut lanes);
}

/// It is freed where it was made.
fn give_back(old: Option<Box<Successor>>, lanes: &mut SenseLanes) {
    if let Some(old) = old {
        lanes.switching.replaced.push(old);
    }
}

fn report(budget: &mut Option<Budget>, now: TimeUs, lanes: &mut SenseLanes) {
    if let Some(budget) = budget {
        lanes.records.push(Record::Budget(now, Name::new("sense"), budget.report()));
    }
    for gauge in [lanes.readings.gauge(), lanes.pulses.gauge(), lanes.hearings.gauge()] {
        lanes.records.push(super::lane_record(now, gauge));
    }
}
