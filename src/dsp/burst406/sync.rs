//! Where a burst's bits begin, how fast they come, and its frequency: by carrier and synchronisation, which are known.

use super::sums::Sums;
use super::{BIT_RATE_HZ, CARRIER_S, PHASE_RAD, SHORT_BITS, SLACK_S};
use crate::cospas::{SYNC_BITS, sync_bit};
use rustfft::num_complex::Complex64;

/// Offsets that are tried, Hz: the known waveform is 4.5 Hz wide.
const OFFSETS_HZ: [f64; 7] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
/// Rates that are tried, of the nominal one: over 24 bits half a per cent is an eighth of a bit.
const RATES: [f64; 5] = [0.99, 0.995, 1.0, 1.005, 1.01];
/// Begins that are tried in a bit.
const BEGINS_OF_BIT: f64 = 8.0;
/// Rates that are tried with all bits: steps of 0.05 %, over 112 bits a twentieth of a bit.
const FINE_STEP: f64 = 0.000_5;
const FINE_RATES: i32 = 22;
/// Begins that are tried about the likeliest one, either way, and how many of them are a bit.
const FINE_BEGINS: i32 = 6;
const FINE_BEGINS_OF_BIT: f64 = 32.0;

/// Where bits are, samples of the sums.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Timing {
    /// Begin of the first bit.
    pub begin: f64,
    /// Length of a bit.
    pub bit: f64,
}

/// What the known part tells.
#[derive(Copy, Clone, Debug)]
pub(super) struct Found {
    pub timing: Timing,
    /// Frequency of the sums' own turning back, Hz.
    pub offset_hz: f64,
    /// The known part, in its phase.
    pub known: Complex64,
    pub is_self_test: bool,
    /// Whether a one begins in the negative phase: the spectrum is turned round.
    pub is_turned: bool,
}

impl Timing {
    /// First half of a bit less the second, and both together; bit 0 is the first.
    pub fn bit_at(&self, sums: &Sums, bit: u32) -> (Complex64, Complex64) {
        let from = self.begin + f64::from(bit) * self.bit;
        let (middle, to) = (from + self.bit / 2.0, from + self.bit);
        let (first, second) = (sums.between(from, middle), sums.between(middle, to));
        (first - second, first + second)
    }
}

/// The likeliest place of the known part, as it is sent, or `is_turned`; the sums are left turned back by its offset. `None`: there are too
/// few samples. Ones half a bit later are nearly as likely in the other spectrum, so only the message tells which one it is.
pub(super) fn find(sums: &mut Sums, is_turned: bool) -> Option<Found> {
    let nominal = sums.rate_sps() / BIT_RATE_HZ;
    let earliest = CARRIER_S * sums.rate_sps();
    let latest = earliest + 2.0 * SLACK_S * sums.rate_sps();
    if latest + f64::from(SHORT_BITS) * 1.01 * nominal > sums.len() {
        return None;
    }
    let mut best: Option<Found> = None;
    let mut look = |sums: &Sums, timing: Timing, offset_hz: f64| {
        for found in known(sums, timing, offset_hz, is_turned) {
            if best.is_none_or(|best| best.known.norm_sqr() < found.known.norm_sqr()) {
                best = Some(found);
            }
        }
        best
    };
    let mut rough = None;
    for offset_hz in OFFSETS_HZ {
        sums.turn(offset_hz);
        for step in 0..=(2.0 * SLACK_S * BIT_RATE_HZ * BEGINS_OF_BIT) as u32 {
            let begin = earliest + f64::from(step) * nominal / BEGINS_OF_BIT;
            rough = look(sums, Timing { begin, bit: nominal }, offset_hz);
        }
    }
    let rough = rough?;
    sums.turn(rough.offset_hz);
    for rate in RATES {
        for step in -FINE_BEGINS..=FINE_BEGINS {
            let begin = rough.timing.begin + f64::from(step) / FINE_BEGINS_OF_BIT * nominal;
            look(sums, Timing { begin, bit: nominal / rate }, rough.offset_hz);
        }
    }
    best
}

/// The known part of a message and of a self-test.
fn known(sums: &Sums, timing: Timing, offset_hz: f64, is_turned: bool) -> [Found; 2] {
    let carrier = sums.between(timing.begin - CARRIER_S * sums.rate_sps(), timing.begin);
    let left = sums.between(timing.begin, timing.begin + f64::from(SYNC_BITS) * timing.bit);
    let mut keyed = [Complex64::default(); 2];
    for bit in 0..SYNC_BITS {
        let (halves, _) = timing.bit_at(sums, bit);
        for (sum, is_self_test) in keyed.iter_mut().zip([false, true]) {
            *sum += if sync_bit(is_self_test, bit + 1) { halves } else { -halves };
        }
    }
    let (sin, cos) = PHASE_RAD.sin_cos();
    let turn = Complex64::new(0.0, if is_turned { sin } else { -sin });
    [false, true].map(|is_self_test| {
        let known = carrier + left * cos + keyed[usize::from(is_self_test)] * turn;
        Found { timing, offset_hz, known, is_self_test, is_turned }
    })
}

/// Begin and rate by which the bits have most energy.
pub(super) fn timing(sums: &Sums, found: &Found) -> Timing {
    let nominal = sums.rate_sps() / BIT_RATE_HZ;
    let mut best = (f64::NEG_INFINITY, found.timing);
    for step in -FINE_RATES..=FINE_RATES {
        let bit = nominal * (1.0 + FINE_STEP * f64::from(step));
        for shift in -FINE_BEGINS..=FINE_BEGINS {
            let timing =
                Timing { begin: found.timing.begin + f64::from(shift) / FINE_BEGINS_OF_BIT * nominal, bit };
            let energy: f64 = (0..SHORT_BITS).map(|at| timing.bit_at(sums, at).0.norm_sqr()).sum();
            if energy > best.0 {
                best = (energy, timing);
            }
        }
    }
    best.1
}
