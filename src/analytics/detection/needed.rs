//! What a beacon must do to be heard: how many pulses or how long a carrier, and how strong.

use super::{Detector, chance};
use crate::units::ratio_from_db;

impl Detector {
    /// Pulses of `width_us` every `period_us` that are told as a beacon when nothing was heard before; `None` = never.
    pub fn pulses_needed(&self, period_us: f64, width_us: u32, frame_us: f64) -> Option<usize> {
        if self.ln_bursts_per_hour.is_some() {
            return Some(1);
        }
        self.search.as_ref()?.pulses_needed(period_us, width_us, frame_us)
    }

    /// Time from the first sample of a carrier to its detection, µs; `None` where carriers are not sought.
    pub fn carrier_needs_us(&self, frame_us: f64) -> Option<u64> {
        self.watches_carrier.then(|| self.carrier.confirm_us(frame_us) + self.hop_us as u64)
    }

    /// P(a steady carrier of this SNR, a ratio, is told within so many hops); `None` where carriers are not sought.
    pub fn carrier_chance(&self, snr: f64, frame_us: f64, hop_count: usize) -> Option<f64> {
        let frame_count = (self.hop_us / frame_us) as u16;
        self.watches_carrier.then(|| self.carrier.chance(snr, frame_count, hop_count))
    }

    /// The mean SNR, a ratio, that single pulses must have, and over how many of them; `None` = no number is enough.
    pub fn pulses_level(&self, period_us: f64, width_us: u32, frame_us: f64) -> Option<(f64, usize)> {
        let pulses = self.pulses_needed(period_us, width_us, frame_us)?;
        let level = ratio_from_db(self.trigger_db.max(self.channel.pulse_trigger_db));
        let shape = chance::shape(1, self.channel.bandwidth_hz, f64::from(width_us));
        let of_burst = self.ln_bursts_per_hour.map_or(0.0, |ln_allowed| {
            chance::ratio_at(shape, (ln_allowed - (3.6e9 / frame_us).ln()).min(-f64::EPSILON))
        });
        Some((level.max(of_burst), pulses))
    }
}
