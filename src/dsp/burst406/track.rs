//! A burst's phase followed through its bits, and the bits' odds by it.
//!
//! Phase is fitted as a parabola of time by least squares (Gauss & Newton) to the quadrature parts of all that the burst is thought to
//! be: the carrier, the synchronisation, and bits as far as they are decided, each weighted by tanh of half its odds. Twenty bits more
//! are taken at a time, so that phase is never foretold by more than 50 ms.

use super::sums::Sums;
use super::sync::{Found, Timing};
use super::{BIT_RATE_HZ, CARRIER_S, LONG_BITS, PHASE_RAD};
use crate::cospas::{SYNC_BITS, sync_bit};
use rustfft::num_complex::Complex64;

/// Bits that are taken at a time.
const BITS_AT_ONCE: u32 = 20;
/// Fits of each stretch: the second with the odds of the first.
const FITS: u32 = 2;
/// Pieces of the carrier, of a bit's length.
const PIECES: u32 = (CARRIER_S * BIT_RATE_HZ) as u32;
/// A drift of so many rad/s² is likely: 5 Hz/s.
const DRIFT_LIKELY: f64 = 30.0;
/// Bits have this share of the level that the carrier says, at least, and vary by so much of the noise and of the level, at most.
const LEVEL_MIN: f64 = 0.7;
const SPREAD_OF_NOISE: f64 = 2.0;
const SPREAD_OF_LEVEL: f64 = 0.35;

/// The phase of a burst.
pub(super) struct Track<'a> {
    sums: &'a Sums,
    timing: Timing,
    found: Found,
    /// Phase at the begin of the bits, rad; its slope, rad/s; half of its bend, rad/s².
    phase: [f64; 3],
    /// Sum of a bit's length of carrier.
    amplitude: f64,
    /// Variance of one quadrature of a bit's sum.
    noise: f64,
    soft: [f32; LONG_BITS as usize],
}

/// A piece of a bit's length: where its middle is, s after the begin of the bits, and what its parts in phase are.
struct Piece {
    at_s: f64,
    /// In phase with the carrier, were the phase zero.
    value: Complex64,
    /// What `value` is thought to be, in carriers.
    size: f64,
}

impl<'a> Track<'a> {
    pub fn new(sums: &'a Sums, timing: Timing, found: &Found) -> Track<'a> {
        let known_bits = f64::from(PIECES + SYNC_BITS);
        let amplitude = found.known.norm() / known_bits;
        let mut track = Track {
            sums,
            timing,
            found: *found,
            phase: [found.known.arg(), 0.0, 0.0],
            amplitude,
            noise: amplitude * amplitude,
            soft: [0.0; LONG_BITS as usize],
        };
        track.judge(SYNC_BITS);
        track.fit(SYNC_BITS);
        track
    }

    /// Follows the phase through the first `bits`.
    pub fn follow(&mut self, bits: u32) {
        let mut through = SYNC_BITS;
        while through < bits {
            through = (through + BITS_AT_ONCE).min(bits);
            for _ in 0..FITS {
                self.judge(through);
                self.fit(through);
            }
        }
        self.judge(bits);
    }

    /// ln of the odds for a one of each bit.
    pub fn soft(&self) -> &[f32; LONG_BITS as usize] {
        &self.soft
    }

    /// Whether the `count` bits from `from` on, of which `word` is said to be sent, are as strong and as even as the carrier says. A
    /// carrier without bits has odds too, by noise alone.
    pub fn is_keyed(&self, word: u128, from: u32, count: u32) -> bool {
        let expected = PHASE_RAD.sin() * self.amplitude;
        let odds = 2.0 * expected / self.noise;
        let sizes = (0..count).map(|at| {
            let size = f64::from(self.soft[(from + at) as usize]) / odds;
            if word >> (count - 1 - at) & 1 == 1 { size } else { -size }
        });
        let (sum, square) = sizes.fold((0.0, 0.0), |(sum, square), size| (sum + size, square + size * size));
        let level = sum / f64::from(count);
        let spread = square / f64::from(count) - level * level;
        let spread_max = SPREAD_OF_NOISE * self.noise + (SPREAD_OF_LEVEL * expected).powi(2);
        level > LEVEL_MIN * expected && spread < spread_max
    }

    /// Frequency at the begin of the bits from that of the sums, Hz.
    pub fn offset_hz(&self) -> f64 {
        self.phase[1] / std::f64::consts::TAU
    }

    /// Carrier to noise density, Hz.
    pub fn cn0_hz(&self) -> f64 {
        // In a bit's time T a sum is A·T with noise N0·T/2 in each quadrature.
        let bit_s = self.timing.bit / self.sums.rate_sps();
        self.amplitude * self.amplitude / (2.0 * self.noise * bit_s)
    }

    /// Power in one sample of the sums.
    pub fn power(&self) -> f64 {
        (self.amplitude / self.timing.bit).powi(2)
    }

    fn turned_back(&self, value: Complex64, at_s: f64) -> Complex64 {
        let [phase, slope, bend] = self.phase;
        value * Complex64::cis(-(phase + at_s * (slope + at_s * bend)))
    }

    fn middle_s(&self, bit: f64) -> f64 {
        (bit + 0.5) * self.timing.bit / self.sums.rate_sps()
    }

    /// A one begins in the positive phase, unless the spectrum is turned round.
    fn sign(&self) -> f64 {
        if self.found.is_turned { -1.0 } else { 1.0 }
    }

    /// Amplitude, noise, and the odds of the first `bits`, by the phase as it is.
    fn judge(&mut self, bits: u32) {
        let (sin, cos) = PHASE_RAD.sin_cos();
        let (mut level, mut weight, mut noise) = (0.0, 0.0, 0.0);
        for piece in self.carrier() {
            let value = self.turned_back(piece.value, piece.at_s);
            level += value.re;
            weight += 1.0;
            noise += value.im * value.im;
        }
        let mut parts = f64::from(PIECES);
        for bit in 0..bits {
            let (halves, both) = self.timing.bit_at(self.sums, bit);
            let at_s = self.middle_s(f64::from(bit));
            let (halves, both) = (self.turned_back(halves, at_s), self.turned_back(both, at_s));
            let size = halves.im * self.sign();
            self.soft[bit as usize] = size as f32;
            // Of known bits the level; of all what can only be noise.
            let known = self.known(bit);
            level += cos * both.re + known.map_or(0.0, |known| sin * known * size);
            weight += cos * cos + known.map_or(0.0, |_| sin * sin);
            noise += halves.re * halves.re + both.im * both.im;
            parts += 2.0;
        }
        self.amplitude = (level / weight).max(f64::MIN_POSITIVE);
        self.noise = (noise / parts).max(f64::MIN_POSITIVE);
        let odds = 2.0 * sin * self.amplitude / self.noise;
        self.soft[..bits as usize].iter_mut().for_each(|soft| *soft = (f64::from(*soft) * odds) as f32);
    }

    /// A bit of the synchronisation, 1 or −1.
    fn known(&self, bit: u32) -> Option<f64> {
        (bit < SYNC_BITS).then(|| if sync_bit(self.found.is_self_test, bit + 1) { 1.0 } else { -1.0 })
    }

    fn carrier(&self) -> impl Iterator<Item = Piece> + use<'a> {
        let (sums, timing) = (self.sums, self.timing);
        let length = CARRIER_S * sums.rate_sps() / f64::from(PIECES);
        (1..=PIECES).map(move |back| {
            let from = timing.begin - f64::from(back) * length;
            let at_s = (0.5 - f64::from(back)) * length / sums.rate_sps();
            Piece { at_s, value: sums.between(from, from + length) * (timing.bit / length), size: 1.0 }
        })
    }

    /// One step of the fit, through the first `bits`.
    fn fit(&mut self, bits: u32) {
        let (sin, cos) = PHASE_RAD.sin_cos();
        let keyed = (0..bits).map(|bit| {
            let (halves, both) = self.timing.bit_at(self.sums, bit);
            let sure = self.known(bit).unwrap_or_else(|| f64::from(self.soft[bit as usize] / 2.0).tanh());
            let turn = Complex64::new(0.0, -sin * sure * self.sign());
            let size = cos * cos + sin * sin * sure * sure;
            Piece { at_s: self.middle_s(f64::from(bit)), value: both * cos + halves * turn, size }
        });
        let (mut square, mut right) = ([[0.0; 3]; 3], [0.0; 3]);
        for piece in self.carrier().chain(keyed) {
            let error = self.turned_back(piece.value, piece.at_s).im / self.amplitude;
            let powers = [1.0, piece.at_s, piece.at_s * piece.at_s];
            for (row, power) in powers.iter().enumerate() {
                right[row] += error * power;
                for (column, other) in powers.iter().enumerate() {
                    square[row][column] += piece.size * power * other;
                }
            }
        }
        // Where noise would make a bend, none is likelier.
        let prior = self.noise / (self.amplitude * DRIFT_LIKELY).powi(2);
        square[2][2] += prior;
        right[2] -= prior * self.phase[2];
        let step = solved(square, right);
        self.phase.iter_mut().zip(step).for_each(|(phase, step)| *phase += step);
    }
}

/// x of A·x = b, A symmetric and positive (Gauss).
fn solved(mut a: [[f64; 3]; 3], mut b: [f64; 3]) -> [f64; 3] {
    for pivot in 0..3 {
        let own = a[pivot];
        for row in pivot + 1..3 {
            let share = a[row][pivot] / own[pivot];
            a[row].iter_mut().zip(own).for_each(|(to, of)| *to -= share * of);
            b[row] -= share * b[pivot];
        }
    }
    let mut x = [0.0; 3];
    for row in (0..3).rev() {
        let known: f64 = (row + 1..3).map(|column| a[row][column] * x[column]).sum();
        x[row] = (b[row] - known) / a[row][row];
    }
    x
}
