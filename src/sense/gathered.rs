//! A sink that keeps what the sense pass makes for whoever takes it in turns.

use super::SenseSink;
use crate::signal::{Hearing, Pulse, Reading, Spectrum};

/// All but the waterfall, in the order it was made.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// Readings.
    pub readings: Vec<Reading>,
    /// Pulses.
    pub pulses: Vec<Pulse>,
    /// What matched detectors heard.
    pub hearings: Vec<Hearing>,
}

impl Gathered {
    /// Forgets all and keeps the memory.
    pub fn clear(&mut self) {
        self.readings.clear();
        self.pulses.clear();
        self.hearings.clear();
    }
}

impl SenseSink for Gathered {
    fn reading(&mut self, reading: &Reading) {
        self.readings.push(*reading);
    }
    fn pulse(&mut self, pulse: &Pulse) {
        self.pulses.push(*pulse);
    }
    fn hearing(&mut self, hearing: &Hearing) {
        self.hearings.push(*hearing);
    }
    fn spectrum(&mut self, _: &Spectrum) {}
}
