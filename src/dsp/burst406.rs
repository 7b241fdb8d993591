//! From the samples of a distress burst to its message: 160 ms of carrier, then biphase-L of ±1.1 rad at 400 bit/s (C/S T.001 2.3).
//!
//! Carrier and synchronisation, 220 ms of a known waveform, give frequency, phase and begin (`sync`); the energy of the bits their
//! rate, within ±1 %. Phase, frequency and drift are then fitted through all that is known and, bit after bit, through what was decided
//! (`track`): the carrier that is left in the bits (cos² 1.1 = 0.21 of the power) and the bits themselves, each weighted by how sure it
//! is. The bits go into their codes as odds, not as decisions ([`crate::cospas`]).
//!
//! A word counts only when its odds against the next are over [`MARGIN_MIN`], and when the samples are what it would make of them: a
//! wrong identification is worse than none. Nothing is
//! allocated after [`Demodulator::new`]; a burst takes a bounded time, some milliseconds.

mod outline;
mod score;
mod sums;
mod sync;
mod track;

use crate::cospas::{Bits, Check, FIRST, Frame, Held, Message, SECOND, SYNC_BITS};
pub use score::{KNOWN_S, Score, ln_ways_per_second_and_hz};
use sums::Sums;
use track::Track;

/// Length of the carrier before the bits, s.
pub const CARRIER_S: f64 = 0.16;
/// Bits per second.
pub const BIT_RATE_HZ: f64 = 400.0;
/// Phase of a bit's halves, rad.
pub const PHASE_RAD: f64 = 1.1;
/// Bits of a long message, and of a short one.
pub const LONG_BITS: u32 = 144;
/// See [`LONG_BITS`].
pub const SHORT_BITS: u32 = 112;
/// Longest burst, s.
pub const LENGTH_MAX_S: f64 = CARRIER_S + LONG_BITS as f64 / BIT_RATE_HZ;
/// Rate at which a burst is looked at, about, samples per second: twenty to a bit.
const RATE_SPS: f64 = 8_000.0;
/// The begin may be so far from where it is thought, s.
pub const SLACK_S: f64 = 0.05;
/// ln of the odds that a word must have against the next likeliest one: of BCH-1, and of BCH-2.
const MARGIN_MIN: [f32; 2] = [9.0, 7.0];

/// A burst as it was received.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Received {
    /// What it says.
    pub message: Message,
    /// When it began, samples after the first.
    pub begin: f64,
    /// Its frequency at the end of the carrier, Hz.
    pub frequency_hz: f64,
    /// Carrier to noise density, Hz.
    pub cn0_hz: f64,
    /// Power, of samples as they were taken: the noise beside a strong burst is not its own.
    pub power: f64,
    /// Bits per second.
    pub bit_rate_hz: f64,
}

/// Takes bursts apart.
pub struct Demodulator {
    /// Samples that are added to one.
    step: usize,
    input_sps: f64,
    frequency_hz: f64,
    sums: Sums,
    grid: score::Grid,
}

impl Demodulator {
    /// For samples at `sps`.
    pub fn new(sps: f64) -> Demodulator {
        let step = ((sps / RATE_SPS) as usize).max(1);
        let samples = Demodulator::span_s() * sps / step as f64;
        Demodulator {
            step,
            input_sps: sps,
            frequency_hz: 0.0,
            sums: Sums::new(sps / step as f64, samples as usize + 1),
            grid: score::Grid::new(),
        }
    }

    /// How long a stretch of samples is looked at, s: the longest burst and [`SLACK_S`] before and after it.
    pub fn span_s() -> f64 {
        LENGTH_MAX_S * 1.01 + 2.0 * SLACK_S
    }

    /// Takes samples of a burst that begins about [`SLACK_S`] after the first of them, at about `frequency_hz`, to 3 Hz.
    pub fn take(&mut self, samples: impl Iterator<Item = [f32; 2]>, frequency_hz: f64) {
        self.frequency_hz = frequency_hz;
        self.sums.take(samples, self.step, frequency_hz / self.input_sps);
    }

    /// How likely a burst is in them, in noise of `noise_per_hz`; `None`: there is not enough of them.
    pub fn score(&mut self, noise_per_hz: f64) -> Option<Score> {
        score::best(&mut self.sums, &mut self.grid, noise_per_hz * self.input_sps * self.step as f64)
    }

    /// Where a scored burst begins, samples after the first.
    pub fn begin_of(&self, score: &Score) -> f64 {
        score.begin * self.step as f64
    }

    /// Its power.
    pub fn power_of(&self, score: &Score) -> f64 {
        score.power / (self.step * self.step) as f64
    }

    /// Its frequency, Hz.
    pub fn frequency_of_hz(&self, score: &Score) -> f64 {
        self.frequency_hz + score.offset_hz
    }

    /// Whether they look like a burst, in noise of `noise_per_hz`; before [`Demodulator::receive`].
    pub fn is_burst(&self, noise_per_hz: f64) -> bool {
        outline::is_burst(&self.sums, noise_per_hz * self.input_sps * self.step as f64)
    }

    /// The message in them.
    pub fn receive(&mut self) -> Option<Received> {
        [false, true].into_iter().find_map(|is_turned| self.read(is_turned))
    }

    fn read(&mut self, is_turned: bool) -> Option<Received> {
        let found = sync::find(&mut self.sums, is_turned)?;
        let timing = sync::timing(&self.sums, &found);
        let mut track = Track::new(&self.sums, timing, &found);
        track.follow(SHORT_BITS);
        let first = FIRST.likeliest(&track.soft()[SYNC_BITS as usize..106]);
        if first.margin < MARGIN_MIN[0] || !track.is_keyed(first.word, SYNC_BITS, FIRST.length as u32) {
            return None;
        }
        let bits = Bits::default().with(25, 106, first.word);
        let held = if bits.is_set(25) { Held::Long } else { Held::Short };
        let frame = Frame { bits, held, is_self_test: Some(found.is_self_test) };
        let first = Check::Right(first.corrected);
        let (bits, second) = match held {
            Held::Long => {
                track.follow(LONG_BITS);
                let second = SECOND.likeliest(&track.soft()[106..144]);
                let check =
                    if second.margin < MARGIN_MIN[1] { Check::Wrong } else { Check::Right(second.corrected) };
                (bits.with(107, 144, second.word), check)
            }
            // Those six bits are in no code.
            _ => {
                let decided = |word: u128, soft: &f32| word << 1 | u128::from(*soft > 0.0);
                (bits.with(107, 112, track.soft()[106..112].iter().fold(0, decided)), Check::Absent)
            }
        };
        Some(Received {
            message: Message::checked(frame, bits, first, second),
            begin: (timing.begin - CARRIER_S * self.sums.rate_sps()) * self.step as f64,
            frequency_hz: self.frequency_hz + found.offset_hz + track.offset_hz(),
            cn0_hz: track.cn0_hz(),
            power: track.power() / (self.step * self.step) as f64,
            bit_rate_hz: self.sums.rate_sps() / timing.bit,
        })
    }
}

#[cfg(test)]
mod tests;
