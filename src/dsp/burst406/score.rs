//! How much likelier a burst is than noise alone, before its message is known: ln of the likelihood ratio at the likeliest begin, frequency
//! and phase.
//!
//! Carrier, synchronisation and what of the carrier is left in the bits are known: their matched output is exponential under noise.
//! Each further bit adds ln cosh of its own, the mean over a one and a zero, for a burst as weak as can be heard. The mean of that ratio
//! is 1 under noise, so by Markov the sum passes x no more often than e^−x: as the known part alone does.

use super::sums::Sums;
use super::sync::Timing;
use super::{BIT_RATE_HZ, CARRIER_S, PHASE_RAD, SHORT_BITS, SLACK_S};
use crate::cospas::{SYNC_BITS, sync_bit};
use rustfft::num_complex::Complex64;

/// Offsets that are tried, Hz: what is known is 2.5 Hz wide.
const OFFSETS_HZ: [f64; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];
/// Begins that are tried in a bit, and in all.
const BEGINS_OF_BIT: usize = 8;
const BEGINS: usize = of_bits(2.0 * SLACK_S) + 1;
/// The carrier, in their distance.
const CARRIER: usize = of_bits(CARRIER_S);
const MESSAGE: usize = SHORT_BITS as usize * BEGINS_OF_BIT;
/// Bits that are not known.
const UNKNOWN: usize = (SHORT_BITS - SYNC_BITS) as usize;
/// Bits are judged as those of a burst of this C/N0, Hz (21 dB-Hz).
const WEAK_HZ: f64 = 125.0;
/// ln of the ways in which noise may look like a burst with this ratio in each second and hertz: frequencies that differ by what is resolved,
/// begins by a bit, messages and self-tests, with and without the bits; and the more the higher it is, since the peaks over a level are the
/// narrower (Adler & Taylor, Random Fields and Geometry, 2007). Power and factor as counted in 20 hours
/// of steady noise from 19 to 25, within a quarter; since parts of a burst that are noisier count as such, 0.7 of these pass.
pub fn ln_ways_per_second_and_hz(ln_ratio: f64) -> f64 {
    (BIT_RATE_HZ * LENGTH_S * 2.0 * 2.0).ln() + 3.0 * (ln_ratio / LEVEL_OF_WAYS).ln()
}

/// See [`ln_ways_per_second_and_hz`].
const LEVEL_OF_WAYS: f64 = 15.3;
/// By chance noise about a burst is not told to be so many times that of before; where it is, there was a step, and it is taken for more than
/// its mean, of which a part may have been before the step.
const NOISE_RISE: f64 = 1.4;
const NOISE_MARGIN: f64 = 2.0;
/// Weak bits add no more than so much to the likeliest begin by far.
const BITS_MAX: f64 = 12.0;
const LENGTH_S: f64 = CARRIER_S + SHORT_BITS as f64 / BIT_RATE_HZ;
/// The parts of what is known: synchronisation, and what of the carrier is left in the other bits (cos² 1.1), s.
const SYNC_S: f64 = SYNC_BITS as f64 / BIT_RATE_HZ;
const LEFT_S: f64 = (SHORT_BITS - SYNC_BITS) as f64 / BIT_RATE_HZ * LEFT;
const LEFT: f64 = 0.205_749;
/// Of a burst so much is known before its bits are read, s of its carrier.
pub const KNOWN_S: f64 = CARRIER_S + SYNC_S + LEFT_S;

/// What the likeliest burst is like.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Score {
    /// ln of the likelihood ratio.
    pub ln_ratio: f64,
    /// Carrier to noise density, Hz.
    pub cn0_hz: f64,
    /// Power in a sample of the sums.
    pub(super) power: f64,
    /// Begin, samples of the sums, and frequency from that of the sums.
    pub(super) begin: f64,
    pub(super) offset_hz: f64,
}

const fn of_bits(seconds: f64) -> usize {
    (seconds * BIT_RATE_HZ * BEGINS_OF_BIT as f64 + 0.5) as usize
}

/// The sums at each begin that is tried, and at all places that are whole or half bits from there.
pub(super) struct Grid(Vec<Complex64>);

impl Grid {
    pub fn new() -> Grid {
        Grid(vec![Complex64::default(); CARRIER + BEGINS + MESSAGE])
    }

    fn fill(&mut self, sums: &Sums) {
        let each = sums.rate_sps() / BIT_RATE_HZ / BEGINS_OF_BIT as f64;
        self.0.iter_mut().enumerate().for_each(|(at, sum)| *sum = sums.before(at as f64 * each));
    }

    /// First half of the bit less the second, of a burst whose bits begin at a place.
    fn halves(&self, begin: usize, bit: u32) -> Complex64 {
        let from = begin + bit as usize * BEGINS_OF_BIT;
        let middle = self.0[from + BEGINS_OF_BIT / 2];
        middle + middle - self.0[from] - self.0[from + BEGINS_OF_BIT]
    }

    /// Matched output of what is known, of a message and of a self-test.
    fn known(&self, begin: usize) -> [Complex64; 2] {
        let carrier = self.0[begin] - self.0[begin - CARRIER];
        let left = self.0[begin + MESSAGE] - self.0[begin];
        let mut keyed = [Complex64::default(); 2];
        for bit in 0..SYNC_BITS {
            let halves = self.halves(begin, bit);
            for (sum, is_self_test) in keyed.iter_mut().zip([false, true]) {
                *sum += if sync_bit(is_self_test, bit + 1) { halves } else { -halves };
            }
        }
        let (sin, cos) = PHASE_RAD.sin_cos();
        keyed.map(|keyed| carrier + left * cos + keyed * Complex64::new(0.0, -sin))
    }

    /// What the bits add; 0 where that is surely no more than `least`, or nothing.
    fn bits(&self, begin: usize, known: Complex64, sigma: f64, least: f64) -> f64 {
        let level = PHASE_RAD.sin() * (2.0 * WEAK_HZ / BIT_RATE_HZ).sqrt();
        let in_phase = known.conj() / known.norm().max(f64::MIN_POSITIVE) * (level / sigma);
        let value = |bit: usize| (self.halves(begin, SYNC_BITS + bit as u32) * in_phase).im;
        let values: [f64; UNKNOWN] = std::array::from_fn(value);
        let of_noise = UNKNOWN as f64 * level * level / 2.0;
        // ln cosh x is less than half of x².
        if values.iter().map(|x| x * x).sum::<f64>() / 2.0 - of_noise <= least {
            return 0.0;
        }
        let ln_cosh = |x: &f64| x.abs() + (-2.0 * x.abs()).exp().ln_1p() - std::f64::consts::LN_2;
        (values.iter().map(ln_cosh).sum::<f64>() - of_noise).max(0.0)
    }
}

/// The likeliest burst; `noise`: power of noise in one sample of the sums, in the mean over the burst. `None`: there are too few of them.
pub(super) fn best(sums: &mut Sums, grid: &mut Grid, noise: f64) -> Option<Score> {
    let rate_sps = sums.rate_sps();
    let bit = rate_sps / BIT_RATE_HZ;
    if ((CARRIER + BEGINS + MESSAGE) as f64 - 1.0) * bit / BEGINS_OF_BIT as f64 > sums.len() {
        return None;
    }
    let timing = |begin: usize| Timing { begin: begin as f64 * bit / BEGINS_OF_BIT as f64, bit };
    let level = Level::new(sums, noise);
    let noises: [Local; BEGINS] = std::array::from_fn(|n| level.at(sums, &timing(CARRIER + n)));
    let begins = || (CARRIER..).zip(&noises);
    let excess = |known: Complex64, noise: &Local| known.norm_sqr() / noise.of_known(rate_sps);
    let mut strongest = (0.0, 0.0);
    for offset_hz in OFFSETS_HZ {
        sums.turn(offset_hz);
        grid.fill(sums);
        for (begin, noise) in begins() {
            let own = grid.known(begin).map(|known| excess(known, noise)).into_iter().fold(0.0, f64::max);
            if own > strongest.0 {
                strongest = (own, offset_hz);
            }
        }
    }
    let (most, offset_hz) = strongest;
    sums.turn(offset_hz);
    grid.fill(sums);
    // Of noise the quadrature of a bit has half of the power.
    let sigma = |noise: f64| (noise * bit / 2.0).sqrt();
    let mut best = (0.0, CARRIER, Complex64::default(), noises[0]);
    for (begin, noise) in begins() {
        for known in grid.known(begin) {
            let excess = excess(known, noise);
            // Bits add less than that.
            if most - excess < BITS_MAX {
                let ln_ratio = excess + grid.bits(begin, known, sigma(noise.bits), best.0 - excess);
                if ln_ratio > best.0 {
                    best = (ln_ratio, begin, known, *noise);
                }
            }
        }
    }
    let (ln_ratio, begin, known, local) = best;
    let about = about(sums, &timing(begin), known, &local);
    let louder = if about > NOISE_RISE { NOISE_MARGIN * about } else { 1.0 };
    let excess = excess(known, &local) / louder;
    let is_louder = louder > 1.0;
    let judged =
        if is_louder { excess + grid.bits(begin, known, sigma(local.bits * louder), 0.0) } else { ln_ratio };
    let above = (excess - 1.0).max(0.0);
    let power = above * louder * local.of_known(rate_sps) / (KNOWN_S * rate_sps).powi(2);
    let begin = timing(begin).begin - CARRIER_S * rate_sps;
    Some(Score { ln_ratio: judged, cn0_hz: above / KNOWN_S, power, begin, offset_hz })
}

/// The noise in a burst, which may rise or fall within it: by the power of all that is received.
#[derive(Copy, Clone)]
struct Level {
    /// Power of noise in one sample in the mean over the frame that told it, and that of all that was received then.
    noise: f64,
    received: f64,
}

/// Power of noise in one sample of carrier, synchronisation and further bits.
#[derive(Copy, Clone)]
struct Local {
    carrier: f64,
    sync: f64,
    bits: f64,
}

impl Level {
    /// For sums whose frame begins after the slack.
    fn new(sums: &Sums, noise: f64) -> Level {
        let begin = SLACK_S * sums.rate_sps();
        let keyed = begin + CARRIER_S * sums.rate_sps();
        let end = begin + LENGTH_S * sums.rate_sps();
        // The frame's weights.
        let left = PHASE_RAD.cos().powi(2) * (LENGTH_S - CARRIER_S);
        let received = CARRIER_S * sums.power(begin, keyed) + left * sums.power(keyed, end);
        Level { noise, received: received / (CARRIER_S + left) }
    }

    /// Where it is more than the mean it is taken for that; where it is less, not for less: what fell may have been a neighbour.
    fn at(&self, sums: &Sums, timing: &Timing) -> Local {
        let rate_sps = sums.rate_sps();
        let synced = timing.begin + f64::from(SYNC_BITS) * timing.bit;
        let end = timing.begin + f64::from(SHORT_BITS) * timing.bit;
        let of = |from: f64, to: f64| self.noise * (sums.power(from, to) / self.received).max(1.0);
        Local {
            carrier: of(timing.begin - CARRIER_S * rate_sps, timing.begin),
            sync: of(timing.begin, synced),
            bits: of(synced, end),
        }
    }
}

impl Local {
    /// Of the matched output of what is known.
    fn of_known(&self, rate_sps: f64) -> f64 {
        (CARRIER_S * self.carrier + SYNC_S * self.sync + LEFT_S * self.bits) * rate_sps
    }
}

/// Noise in a burst, of what it is taken for: what changes sign within a bit's length of carrier, and the quadratures in which bits have
/// nothing.
fn about(sums: &Sums, timing: &Timing, known: Complex64, local: &Local) -> f64 {
    let in_phase = known.conj() / known.norm().max(f64::MIN_POSITIVE);
    let pieces = (CARRIER_S * BIT_RATE_HZ) as u32;
    let before = Timing { begin: timing.begin - f64::from(pieces) * timing.bit, ..*timing };
    let carrier: f64 = (0..pieces).map(|piece| before.bit_at(sums, piece).0.norm_sqr()).sum();
    let bits = (0..SHORT_BITS).map(|bit| {
        let (halves, both) = timing.bit_at(sums, bit);
        (halves * in_phase).re.powi(2) + (both * in_phase).im.powi(2)
    });
    let bits: f64 = bits.sum();
    let carrier = carrier / f64::from(pieces) / local.carrier;
    carrier.max(bits / f64::from(SHORT_BITS) / local.bits.max(local.sync)) / timing.bit
}
