//! What a beacon must do to be heard by given settings, before anything flies: how many pulses, how long a carrier.
//!
//! Asked of the very search and watch that will listen, for the best beacon there is: strong, even, nothing else on the
//! channel. Who cannot be heard so cannot be heard at all. And how strong by readings and single pulses, as often as is asked.

use super::carrier::PULSE_FRAME_US;
use super::chance;
use super::detection::Detector;
use super::lifted::{Lifted, least};
use crate::config::{AnalyticsConfig, ChannelConfig};

/// The settings of one channel, asked.
pub struct Prospect {
    detector: Detector,
    bandwidth_hz: f64,
    hop_us: f64,
    frame_us: f64,
}

/// SNR is looked for up to here, a ratio.
const SNR_MAX: f64 = 1e7;

impl Prospect {
    /// For readings `hop_us` apart and FFT frames of `frame_us`.
    pub fn new(config: &AnalyticsConfig, channel: &ChannelConfig, hop_us: u32, frame_us: f64) -> Prospect {
        Prospect {
            detector: Detector::new(config, channel, hop_us),
            bandwidth_hz: channel.bandwidth_hz,
            hop_us: f64::from(hop_us.max(1)),
            frame_us,
        }
    }

    /// Pulses of `width_us` every `period_us` until they are heard as a beacon; `None` when no number of them is.
    pub fn pulses(&self, period_us: f64, width_us: u32) -> Option<usize> {
        self.detector.pulses_needed(period_us, width_us, self.frame_us)
    }

    /// Time from the first sample of a carrier until it is heard, µs; `None` where carriers are not sought.
    pub fn carrier_us(&self) -> Option<u64> {
        self.detector.carrier_needs_us(self.frame_us)
    }

    /// SNR in the channel's bandwidth, a ratio, at which readings tell a steady carrier within `seconds` with this probability.
    pub fn carrier_snr(&self, seconds: f64, probability: f64) -> Option<f64> {
        let hop_count = (seconds * 1e6 / self.hop_us) as usize;
        let chance = |snr: f64| self.detector.carrier_chance(snr, self.frame_us, hop_count);
        chance(SNR_MAX)?;
        let is_told = |ln_snr: f64| chance(ln_snr.exp()).is_some_and(|chance| chance >= probability);
        least(-SNR_MAX.ln(), SNR_MAX.ln(), is_told).map(f64::exp)
    }

    /// The same of pulses of `width_us` every `period_us` by pulses over the trigger, and how many of those it takes.
    pub fn pulses_snr(
        &self,
        period_us: f64,
        width_us: u32,
        seconds: f64,
        probability: f64,
    ) -> Option<(f64, usize)> {
        let (level, pulses) = self.detector.pulses_level(period_us, width_us, self.frame_us)?;
        let tries = ((seconds * 1e6 / period_us) as usize + 1).checked_sub(pulses)?;
        let frames = f64::from(width_us) / self.frame_us;
        let shape = chance::shape(frames as u16, self.bandwidth_hz, f64::from(width_us)) * pulses as f64;
        let shared = 1.0 - 1.0 / pulses as f64;
        // A pulse fills its first and last frame in part, and its mean is over all of them.
        let edge_us = PULSE_FRAME_US.max(self.frame_us);
        let filled = f64::from(width_us) / (f64::from(width_us) + edge_us);
        let is_told = |ln_snr: f64| {
            let sum = Lifted { count: shape, excess: filled * ln_snr.exp() };
            sum.tail_of_tries(level, tries as u32, shared) >= probability
        };
        least(-SNR_MAX.ln(), SNR_MAX.ln(), is_told).map(|ln_snr| (ln_snr.exp(), pulses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::tests::{channel, config};
    use crate::config::{Emission, PulseTrain};

    fn prospect(train: PulseTrain, false_alarms_per_hour: f64) -> Prospect {
        let config = AnalyticsConfig { false_alarms_per_hour, ..config() };
        Prospect::new(&config, &channel(Emission::Any(train)), 10_000, 1_024.0)
    }

    const SLOW: PulseTrain = PulseTrain {
        period_min_us: 47_500_000,
        period_max_us: 52_500_000,
        jitter_ratio_max: 0.1,
        pulses_min: 3,
        pattern: crate::config::Pattern::SINGLE,
    };

    #[test]
    fn what_is_asked_for_is_what_the_search_asks_for() {
        assert_eq!(prospect(SLOW, 0.05).pulses(50e6, 440_000), Some(3));
        assert_eq!(prospect(SLOW, 0.05).pulses(30e6, 440_000), None, "no such period is sought");
        let single = PulseTrain { pulses_min: 1, ..SLOW };
        assert_eq!(prospect(single, 0.05).pulses(50e6, 440_000), Some(1));
        // Places as wide as the period itself tell little.
        let loose = PulseTrain { jitter_ratio_max: 0.5, ..SLOW };
        assert!(prospect(loose, 1e-9).pulses(50e6, 2_000).is_none_or(|pulses| pulses > 5));
        // The longest pulse, 300 ms, two hops and two frames.
        assert_eq!(prospect(SLOW, 0.05).carrier_us(), Some(300_000 + 2 * 10_000 + 2 * 1_024));
    }
}
