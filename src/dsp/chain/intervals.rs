//! Intervals from a pulse to the next, in bands, and the lengths of chains along them.

use super::FRAMES_OF_PULSE;

/// A band of intervals and the chains along it.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// Shortest interval, frames.
    pub from: u64,
    /// Longest, frames.
    pub to: u64,
}

impl Intervals {
    /// Bands that cover `from..=to` frames, each twice as wide as the ratio `step` (> 1) by which neighbours are apart: intervals
    /// that differ by that ratio are in one.
    pub fn bands(from: f64, to: f64, step: f64) -> Vec<Intervals> {
        let count = ((to / from).ln() / step.ln()).ceil().max(1.0);
        let edge = |at: f64| from * (to / from).powf(at / count);
        let band = |at: u32| Intervals {
            from: (edge(f64::from(at)).floor() as u64).max(FRAMES_OF_PULSE),
            to: edge((f64::from(at) + 2.0).min(count)).ceil() as u64,
        };
        (0..(count as u32 - 1).max(1)).map(band).collect()
    }

    /// Frames from which a pulse's predecessor is chosen.
    pub fn choices(&self) -> f64 {
        (self.to - self.from + 1) as f64
    }
}

/// What a search is told: the lengths of chains that tell a train, with the sums they must reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Lengths {
    /// Places of a chain, ascending, 2 to [`super::PULSES_MAX`]. As many pulses as the first says must be there.
    pub pulses: Vec<usize>,
    /// For each band, the sum that a chain of each length must reach.
    pub thresholds: Vec<Vec<f64>>,
}
