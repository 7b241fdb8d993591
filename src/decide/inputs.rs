//! What a pass is given.

use crate::command::OperatorAct;
use crate::record::Taken;
use crate::signal::{Hearing, Pulse, Reading};
use crate::time::TimeUs;
use crate::vehicle::Vehicle;

/// What a pass is given.
#[derive(Copy, Clone, Debug)]
pub struct PassInputs<'a> {
    /// Now.
    pub now: TimeUs,
    /// New readings, in order of time per channel.
    pub readings: &'a [Reading],
    /// New pulses, in order of their ends.
    pub pulses: &'a [Pulse],
    /// What matched detectors heard, in order of its end.
    pub hearings: &'a [Hearing],
    /// The aircraft as known.
    pub vehicle: &'a Vehicle,
    /// What the operator did since the last pass.
    pub act: Option<OperatorAct>,
    /// Whether the receiver says that the SDR streams.
    pub sdr_alive: bool,
}

impl PassInputs<'_> {
    /// What of it is recorded as the pass's own; readings of channels that there are not are recorded nowhere.
    pub(super) fn taken(&self, known_count: usize) -> Taken {
        let is_there = |reading: &&Reading| usize::from(reading.channel) < known_count;
        Taken {
            reading_count: self.readings.iter().filter(is_there).count() as u32,
            pulse_count: self.pulses.len() as u32,
            hearing_count: self.hearings.len() as u32,
            sdr_alive: self.sdr_alive,
            is_end: false,
        }
    }
}
