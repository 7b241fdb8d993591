//! What the listeners judge, and how weak an emission passes it.

use super::Channel;
use crate::analytics::lifted::{Lifted, least};
use crate::config::SenseConfig;
use crate::units::ratio_from_db;

/// C/N0 is looked for between these, dB-Hz.
const CN0_RANGE_DB_HZ: (f64, f64) = (-30.0, 120.0);

/// Sums of one length that a listener judges, and what an emission lifts them by.
#[derive(Copy, Clone, Debug)]
pub struct Judged {
    /// Frames of a sum.
    pub count: f64,
    /// What their mean must reach, noise being 1.
    pub level: f64,
    /// Correlation of a frame's amplitude with the next one's.
    pub correlation: f64,
    /// Excess of a frame for each Hz of C/N0.
    pub excess_per_hz: f64,
    /// Such sums within the time of listening, and the share of its frames that each has from the one before.
    pub tries: u32,
    /// See [`Judged::tries`].
    pub shared: f64,
    /// Time over which one is summed, s.
    pub seconds: f64,
}

impl Judged {
    fn chance(&self, cn0_hz: f64) -> f64 {
        let sum = Lifted::of_neighbours(self.count, self.excess_per_hz * cn0_hz, self.correlation);
        sum.tail_of_tries(self.level, self.tries, self.shared)
    }

    /// C/N0 that passes in at least one try with this probability, dB-Hz.
    pub fn cn0_db_hz(&self, probability: f64) -> Option<f64> {
        let (low, high) = CN0_RANGE_DB_HZ;
        let is_told = |db: f64| self.chance(ratio_from_db(db)) >= probability;
        if self.tries == 0 || !self.level.is_finite() { None } else { least(low, high, is_told) }
    }
}

/// What the listeners of a channel judge within some time.
#[derive(Clone, Debug, Default)]
pub struct AllJudged {
    pub lines: Vec<Judged>,
    pub energy: Vec<Judged>,
    pub trains: Vec<Judged>,
    pub chirps: Vec<Judged>,
    pub bursts: Vec<Judged>,
}

/// Of channel `number` within `seconds`, trains being of the pulses `sent` (width and period, s).
pub fn judged(
    config: &SenseConfig,
    number: usize,
    center_hz: f64,
    sent: Option<(f64, f64)>,
    seconds: f64,
) -> AllJudged {
    let Some(channel) = Channel::new(config, (number, 0), center_hz) else { return AllJudged::default() };
    let trains = channel.trains.iter().flat_map(|train| {
        let judged = sent.map(|(width_s, period_s)| train.judged(width_s, period_s, seconds));
        judged.into_iter().flatten()
    });
    AllJudged {
        lines: channel.line.iter().flat_map(|line| line.judged(seconds)).collect(),
        energy: channel.energy.iter().flat_map(|energy| energy.judged(seconds)).collect(),
        trains: trains.collect(),
        chirps: channel.chirps.iter().flat_map(|chirp| chirp.judged(seconds)).collect(),
        bursts: channel.burst.iter().map(|burst| burst.judged(seconds)).collect(),
    }
}
