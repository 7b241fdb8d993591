//! A flight from a recording as fast as it can be read: one thread, and the samples' own clock.
//!
//! Nothing here depends on the machine's speed: passes stand on a grid of sample time, and the recorder's lanes are
//! waited for when they are full. The same file and settings give the same records, byte for byte. There is no autopilot:
//! it could not keep up with a clock that runs faster than its own.

use super::sink::{FlightSink, wait_for_room};
use crate::sdr::{self, Cutter, History, SdrError, Source, Step};
use skyhound::decide::{Decide, PassInputs};
use skyhound::record::{Event, Record, Sink};
use skyhound::ring::Producer;
use skyhound::sense::{Sense, SenseSink};
use skyhound::signal::{Hearing, Pulse, Reading, Spectrum};
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;
use std::sync::atomic::{AtomicBool, Ordering};

/// Free places of a lane under which the reader waits for the recorder.
const ROOM_COUNT: usize = 256;

/// What the sense pass made and the control pass has not taken yet.
struct Made {
    readings: Vec<Reading>,
    pulses: Vec<Pulse>,
    hearings: Vec<Hearing>,
    spectra: Producer<Spectrum>,
}

impl SenseSink for Made {
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
        wait_for_room(&self.spectra, 1);
        self.spectra.push(*spectrum);
    }
}

/// The engine run by the samples' clock.
pub struct Offline {
    sense: Sense,
    decide: Decide,
    made: Made,
    vehicle: Vehicle,
    pass_us: u64,
    pass_due: TimeUs,
    /// The newest samples and who cuts files out of them, if any are kept.
    kept: Option<(History, Cutter)>,
}

impl Offline {
    /// Passes stand `control_hz` apart, in sample time.
    pub fn new(
        sense: Sense,
        decide: Decide,
        spectra: Producer<Spectrum>,
        control_hz: f64,
        kept: Option<(History, Cutter)>,
    ) -> Offline {
        let pass_us = (1e6 / control_hz).round() as u64;
        Offline {
            sense,
            decide,
            made: Made { readings: Vec::new(), pulses: Vec::new(), hearings: Vec::new(), spectra },
            vehicle: Vehicle::default(),
            pass_us,
            pass_due: TimeUs(pass_us),
            kept,
        }
    }

    /// Reads `source` to its end, to `limit_us` of sample time, or until `stop`.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub fn run(
        mut self,
        source: &mut Source,
        events: &mut Producer<Record>,
        sink: &mut FlightSink,
        limit_us: Option<u64>,
        stop: &AtomicBool,
    ) -> Result<(), SdrError> {
        let mut block = source.block();
        let rate_sps = source.stream().sample_rate_sps;
        let mut end = TimeUs(0);
        while !stop.load(Ordering::Acquire) {
            let step = source.read(&mut block, &mut |event| {
                sdr::say(&event);
                wait_for_room(events, 1);
                events.push(Record::Event(event));
            })?;
            match step {
                Step::Nothing => continue,
                Step::End => break,
                Step::Block => {}
            }
            let samples = block.samples();
            let block_us = (samples.len() as f64 / rate_sps * 1e6) as u64;
            end = block.stamp().acquired_us.plus_us(block_us);
            if let Some((history, _)) = &mut self.kept {
                history.push(&block);
            }
            self.sense.tune(block.band(), &mut self.made);
            self.sense.pass(block.stamp(), samples, &mut self.made);
            self.passes_until(end, sink);
            if let Some((_, cutter)) = &mut self.kept {
                cutter.step(&mut |event| told(event, sink));
            }
            if limit_us.is_some_and(|limit_us| end.0 >= limit_us) {
                break;
            }
        }
        self.sense.finish(&mut self.made);
        let end = end.plus_us(self.pass_us);
        self.passes_until(end, sink);
        self.pass(end, sink);
        self.decide.finish(end, sink);
        if let Some((_, cutter)) = self.kept {
            cutter.finish(&mut |event| told(event, sink));
        }
        Ok(())
    }

    fn passes_until(&mut self, end: TimeUs, sink: &mut FlightSink) {
        while self.pass_due <= end {
            self.pass(self.pass_due, sink);
            self.pass_due = self.pass_due.plus_us(self.pass_us);
        }
    }

    fn pass(&mut self, now: TimeUs, sink: &mut FlightSink) {
        let reading_count = self.made.readings.partition_point(|reading| reading.acquired_us <= now);
        let pulse_count = self
            .made
            .pulses
            .iter()
            .take_while(|pulse| pulse.start_us.plus_us(u64::from(pulse.width_us)) <= now)
            .count();
        let is_over = |hearing: &&Hearing| hearing.until_us <= now;
        let hearing_count = self.made.hearings.iter().take_while(is_over).count();
        sink.wait_for_room(ROOM_COUNT.max(reading_count + pulse_count + hearing_count));
        let inputs = PassInputs {
            now,
            readings: &self.made.readings[..reading_count],
            pulses: &self.made.pulses[..pulse_count],
            hearings: &self.made.hearings[..hearing_count],
            vehicle: &self.vehicle,
            act: None,
            sdr_alive: true,
        };
        self.decide.pass(&inputs, sink);
        self.made.readings.drain(..reading_count);
        self.made.pulses.drain(..pulse_count);
        self.made.hearings.drain(..hearing_count);
    }
}

fn told(event: &Event, sink: &mut FlightSink) -> bool {
    sdr::say(event);
    sink.wait_for_room(1);
    sink.record(&Record::Event(*event));
    true
}
