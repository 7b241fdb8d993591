//! What an emitter sends, on its own clock: when it is on, and its complex envelope from the begin of each transmission.
//!
//! Chance comes by number, not by order: transmission `n` of an emitter has its jitter, its bits and whether it is sent at all from a
//! hash of the emitter's seed and `n` (SplitMix64; Steele, Lea & Flood 2014). So time may be asked for in any order, and readings and IQ
//! see the same pulses.
//!
//! Standards: AM sweep ICAO Annex 10 Vol. III 5.2; distress bursts Cospas-Sarsat C/S T.001 2.3 (160 ms carrier, 400 bit/s biphase-L,
//! ±1.1 rad, transitions of 150 µs; the bits are the scenario's message); chirps
//! Semtech AN1200.22 (symbol s: frequency from (s/2^SF − ½)·B, rising by B in 2^SF/B seconds, wrapping at ½B). Amplitudes are such that
//! the mean power while on is 1.

use super::waves::cos_turns;
use crate::scenario::Waveform;
use skyhound::cospas::Frame;
use std::f64::consts::TAU;

/// Highest and lowest tone of the AM sweep, and the modulation factor.
pub(super) const AM_HIGH_HZ: f64 = 1_500.0;
pub(super) const AM_LOW_HZ: f64 = 500.0;
pub(super) const AM_FACTOR: f64 = 0.9;
/// Bare carrier of a distress burst, half a bit, phase deviation, and the whole transition's length (10 to 90 % in 150 µs).
pub(super) const BURST_CARRIER_US: f64 = 160_000.0;
pub(super) const BURST_HALF_BIT_US: f64 = 1_250.0;
pub(super) const BURST_PHASE_RAD: f64 = 1.1;
const BURST_RAMP_US: f64 = 187.5;
/// Unmodulated chirps before those with content, at most.
const CHIRP_PREAMBLE: u32 = 8;
/// Spread of a distress beacon's period: 47.5..52.5 s (C/S T.001 2.2.1) by moving each start this much at most.
const BURST_MOVE_RATIO: f64 = 0.025;

/// Shorter periods are taken for this: a scenario of zero must not hang the rig.
const PERIOD_MIN_US: f64 = 1_000.0;

/// How a start is moved from its place.
#[derive(Copy, Clone, Debug)]
enum Jitter {
    Normal { deviation_us: f64 },
    Even { most_us: f64 },
}

/// When an emitter transmits. Slot `n` is the stretch of one period in which transmission `n` lies, wherever jitter moves it.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    seed: u64,
    phase_us: f64,
    period_us: f64,
    width_us: f64,
    jitter: Jitter,
    missing_ratio: f64,
    /// The slot last asked for.
    newest: (i64, Option<Span>),
}

/// From when to when, µs.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub from_us: f64,
    pub to_us: f64,
}

/// An emitter's waveform, and its schedule unless it is on all the time.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub waveform: Waveform,
    pub schedule: Option<Schedule>,
    pub seed: u64,
}

impl Sent {
    pub fn new(waveform: Waveform, seed: u64) -> Sent {
        let phase = chance(seed, i64::MIN, 0);
        let slots = |period_us, width_us, jitter, missing_ratio| {
            let period_us = f64::max(period_us, PERIOD_MIN_US);
            let width_us = f64::min(width_us, period_us);
            let phase_us = phase * period_us;
            let newest = (i64::MIN, None);
            Some(Schedule { seed, phase_us, period_us, width_us, jitter, missing_ratio, newest })
        };
        let schedule = match waveform {
            Waveform::Continuous | Waveform::AmSweep { .. } | Waveform::Fsk { .. } => None,
            Waveform::Pulses { width_ms, period_ms, jitter_ms, missing_ratio } => {
                let jitter = Jitter::Normal { deviation_us: jitter_ms * 1e3 };
                slots(period_ms * 1e3, width_ms * 1e3, jitter, missing_ratio)
            }
            Waveform::Burst406 { period_s, message } => {
                let bits = f64::from(message.0.bit_count());
                let width_us = BURST_CARRIER_US + bits * 2.0 * BURST_HALF_BIT_US;
                let jitter = Jitter::Even { most_us: BURST_MOVE_RATIO * period_s * 1e6 };
                slots(period_s * 1e6, width_us, jitter, 0.0)
            }
            Waveform::Chirps { spreading, bandwidth_hz, symbols, period_s } => {
                let width_us = f64::from(symbols) * symbol_us(spreading, bandwidth_hz);
                slots(period_s * 1e6, width_us, Jitter::Even { most_us: 0.0 }, 0.0)
            }
        };
        Sent { waveform, schedule, seed }
    }

    /// First and last slot that `within` touches; `None` without a schedule.
    pub fn slots(&self, within: Span) -> Option<(i64, i64)> {
        let schedule = self.schedule.as_ref()?;
        Some((schedule.slot(within.from_us), schedule.slot(within.to_us)))
    }

    /// The transmission of slot `slot`, unless it is missing.
    #[inline]
    pub fn transmission(&mut self, slot: i64) -> Option<Span> {
        self.schedule.as_mut()?.transmission(slot)
    }

    /// By how much the amplitude swings about its mean, 0..=1.
    pub fn crest(&self) -> f64 {
        if matches!(self.waveform, Waveform::AmSweep { .. }) { AM_FACTOR } else { 0.0 }
    }

    /// Complex envelope `since_us` after the begin of transmission `number`.
    pub fn envelope(&self, number: i64, since_us: f64) -> [f32; 2] {
        match self.waveform {
            Waveform::Continuous | Waveform::Pulses { .. } => [1.0, 0.0],
            Waveform::AmSweep { rate_hz } => {
                let tone = am_tone(since_us, sweep_us(rate_hz)).0;
                [(am_scale() * (1.0 + AM_FACTOR * tone)) as f32, 0.0]
            }
            Waveform::Burst406 { message, .. } => {
                let (sin, cos) = burst_phase_rad(&message.0, since_us).sin_cos();
                [cos as f32, sin as f32]
            }
            Waveform::Fsk { tones, spacing_hz, baud } => {
                let turns = self.fsk_turns(since_us * 1e-6, tones, spacing_hz, baud);
                [cos_turns(turns) as f32, cos_turns(turns - 0.25) as f32]
            }
            Waveform::Chirps { spreading, bandwidth_hz, .. } => {
                let turns = self.chirp_turns(number, since_us, spreading, bandwidth_hz);
                [cos_turns(turns) as f32, cos_turns(turns - 0.25) as f32]
            }
        }
    }

    /// Phase of a symbol's tone; each makes whole turns but for the middle of them all.
    fn fsk_turns(&self, since_s: f64, tones: u32, spacing_hz: f64, baud: f64) -> f64 {
        let symbol = (since_s * baud).floor();
        let tone = (chance(self.seed, symbol as i64, 4) * f64::from(tones)).floor();
        let middle_hz = f64::from(tones - 1) / 2.0 * spacing_hz;
        (tone * spacing_hz * (since_s - symbol / baud) - middle_hz * since_s).rem_euclid(1.0)
    }

    /// Phase of a chirp since its symbol's begin; whole turns at its end.
    fn chirp_turns(&self, number: i64, since_us: f64, spreading: u8, bandwidth_hz: f64) -> f64 {
        let symbol_us = symbol_us(spreading, bandwidth_hz);
        let symbol = (since_us / symbol_us).floor();
        let in_symbol_s = (since_us - symbol * symbol_us) * 1e-6;
        let low_hz = (self.chirp_start(number, symbol as u32, spreading) - 0.5) * bandwidth_hz;
        let slope = bandwidth_hz * 1e6 / symbol_us;
        let wrap_s = (0.5 * bandwidth_hz - low_hz) / slope;
        let wrapped = bandwidth_hz * (in_symbol_s - wrap_s).max(0.0);
        low_hz * in_symbol_s + 0.5 * slope * in_symbol_s * in_symbol_s - wrapped
    }

    /// Where in the band symbol `symbol` begins, 0..1.
    pub fn chirp_start(&self, number: i64, symbol: u32, spreading: u8) -> f64 {
        if symbol < CHIRP_PREAMBLE {
            return 0.0;
        }
        let chips = f64::from(1_u32 << spreading.min(16));
        (chance(self.seed, number, u64::from(symbol)) * chips).floor() / chips
    }
}

fn burst_phase_rad(message: &Frame, since_us: f64) -> f64 {
    let bits_us = since_us - BURST_CARRIER_US;
    if bits_us < 0.0 {
        return 0.0;
    }
    let half = (bits_us / BURST_HALF_BIT_US) as u32;
    let level = |half: u32| {
        // Of the last moment rounding may make the one after the last.
        let is_one = message.bit((half / 2 + 1).min(message.bit_count()));
        if is_one == half.is_multiple_of(2) { BURST_PHASE_RAD } else { -BURST_PHASE_RAD }
    };
    let before = if half == 0 { 0.0 } else { level(half - 1) };
    let way = ((bits_us - f64::from(half) * BURST_HALF_BIT_US) / BURST_RAMP_US).min(1.0);
    before + (level(half) - before) * way
}

pub(super) fn symbol_us(spreading: u8, bandwidth_hz: f64) -> f64 {
    f64::from(1_u32 << spreading.min(16)) / bandwidth_hz * 1e6
}

pub(super) fn sweep_us(rate_hz: f64) -> f64 {
    1e6 / rate_hz.max(0.01)
}

/// Carrier amplitude by which carrier and sidebands together have power 1.
pub(crate) fn am_scale() -> f64 {
    (1.0 + AM_FACTOR * AM_FACTOR / 2.0).sqrt().recip()
}

/// The sweep's tone (−1..=1), its turns since the sweep's begin, and its frequency.
pub(super) fn am_tone(since_us: f64, sweep_us: f64) -> (f64, f64, f64) {
    let in_sweep_s = (since_us - (since_us / sweep_us).floor() * sweep_us) * 1e-6;
    let fall = (AM_HIGH_HZ - AM_LOW_HZ) / (sweep_us * 1e-6);
    let turns = AM_HIGH_HZ * in_sweep_s - 0.5 * fall * in_sweep_s * in_sweep_s;
    (cos_turns(turns), turns, AM_HIGH_HZ - fall * in_sweep_s)
}

impl Schedule {
    /// The slot that holds `at_us`.
    pub fn slot(&self, at_us: f64) -> i64 {
        let slack_us = (self.period_us - self.width_us) / 2.0;
        ((at_us - self.phase_us + slack_us) / self.period_us).floor() as i64
    }

    #[inline]
    pub fn transmission(&mut self, slot: i64) -> Option<Span> {
        if self.newest.0 != slot {
            self.newest = (slot, self.draw(slot));
        }
        self.newest.1
    }

    fn draw(&self, slot: i64) -> Option<Span> {
        if self.missing_ratio > 0.0 && chance(self.seed, slot, 1) < self.missing_ratio {
            return None;
        }
        let moved_us = match self.jitter {
            Jitter::Normal { deviation_us } => {
                // Box & Muller 1958.
                let radius = (-2.0 * (1.0 - chance(self.seed, slot, 2)).ln()).sqrt();
                deviation_us * radius * (TAU * chance(self.seed, slot, 3)).cos()
            }
            Jitter::Even { most_us } => most_us * (2.0 * chance(self.seed, slot, 2) - 1.0),
        };
        let most_us = (self.period_us - self.width_us) / 2.0;
        let from_us = self.phase_us + slot as f64 * self.period_us + moved_us.clamp(-most_us, most_us);
        Some(Span { from_us, to_us: from_us + self.width_us })
    }
}

/// An even chance in 0..1 by number: SplitMix64 of seed, number and purpose.
fn chance(seed: u64, number: i64, purpose: u64) -> f64 {
    let mix = |mut z: u64| {
        z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let z = mix(mix(seed ^ mix(number as u64)) ^ purpose);
    (z >> 11) as f64 / (1_u64 << 53) as f64
}
