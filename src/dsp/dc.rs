//! The receiver's own spike at 0 Hz, estimated from the frames and taken out of them, so that a channel that lies there
//! loses no bin.
//!
//! A constant c in the samples puts c·ΣW into the Hann spectrum's middle bin and −c·ΣW/2 into both neighbours (Harris,
//! Proc. IEEE 66, 1978). Each frame's middle bin tells a c with the noise of a frame and with whatever a beacon has there;
//! the median of those of the last two seconds, of I and Q each, is the spike: a pulse that is on for less than half of that
//! time leaves it alone, and a carrier turns it round and round, if it is off the tuned frequency by half a hertz. The frames
//! remembered lie at no even distance, or a carrier that turns by whole turns from one to the next would stand still.
//!
//! In the first second ([`KNOWN_US`]) what is constant may be a pulse that was on already: a frame then keeps the weaker of
//! what is there with and without the spike. So neither the spike nor the end of such a pulse makes a phantom, and what
//! begins there reads low by as much as the spike happens to oppose it. The same after the receiver was tuned anew.
//!
//! Not to be told from the spike: a bare carrier within half a hertz of the tuned frequency, or of one frame's turn beside it
//! (the next bin), and one there that is on for more than half of the time. One within half a hertz of a half or a third of
//! a turn reads up to 3 dB high. Whoever uses this says so. Cost: two medians of 256 numbers every 64 frames.

use rustfft::num_complex::Complex32;

/// Frames remembered.
const RING: usize = 256;
/// Time from one remembered frame to the next, once the ring has been full, µs: 2 s in all.
const STRIDE_US: f64 = 8_000.0;
/// Frames between two estimates, after the first few.
const ESTIMATE_FRAMES: u64 = 64;
/// Time and frames after which the spike is known: the median is over pulses of up to half of it by then, and the longest
/// that is a beacon's lasts 520 ms.
const KNOWN_US: f64 = 1_100_000.0;
const KNOWN_FRAMES: f64 = 64.0;

/// The estimate.
pub struct DcSpike {
    ring: [Complex32; RING],
    scratch: [f32; RING],
    taken: usize,
    frames: u64,
    /// Frames from one remembered to the next now, and at the longest; one of each so many is kept.
    step_frames: u64,
    stride_frames: u64,
    kept_place: u64,
    places: u32,
    known_frames: u64,
    level: Complex32,
}

impl DcSpike {
    /// For frames of this length.
    pub fn new(frame_us: f64) -> DcSpike {
        DcSpike {
            ring: [Complex32::default(); RING],
            scratch: [0.0; RING],
            taken: 0,
            frames: 0,
            step_frames: 1,
            // A power of two, since it is reached by doubling.
            stride_frames: ((STRIDE_US / frame_us).max(1.0) as u64).next_power_of_two(),
            kept_place: 0,
            places: 1,
            known_frames: (KNOWN_US / frame_us).max(KNOWN_FRAMES) as u64,
            level: Complex32::default(),
        }
    }

    /// The spike as it is now, full scale 1.0.
    pub fn level(&self) -> Complex32 {
        self.level
    }

    /// Takes the spike out of a frame's spectrum in FFT order, of a window scaled so that ΣW is `window_sum`.
    pub fn remove(&mut self, spectrum: &mut [Complex32], window_sum: f32) {
        let [first, second, .., last] = spectrum else { return };
        self.learn(*first / window_sum);
        let middle = self.level * window_sum;
        let without = [*first - middle, *second + middle * 0.5, *last + middle * 0.5];
        let power = |bins: [Complex32; 3]| bins.iter().map(Complex32::norm_sqr).sum::<f32>();
        let is_known = self.frames > self.known_frames;
        if is_known || power(without) < power([*first, *second, *last]) {
            [*first, *second, *last] = without;
        }
    }

    /// The receiver was tuned anew: what it had is gone.
    pub fn forget(&mut self) {
        (self.taken, self.frames, self.step_frames, self.kept_place) = (0, 0, 1, 0);
    }

    fn learn(&mut self, told: Complex32) {
        let place = self.frames % self.step_frames;
        if place == 0 {
            if self.taken == RING && self.step_frames < self.stride_frames {
                // One of each two, so that those that are there cover all of the time alike.
                for slot in 0..RING / 2 {
                    self.ring[slot] = self.ring[2 * slot + self.place_below(2) as usize];
                }
                (self.taken, self.step_frames) = (RING / 2, 2 * self.step_frames);
            }
            self.kept_place = self.place_below(self.step_frames);
        }
        if place == self.kept_place {
            self.ring[self.taken % RING] = told;
            // Only the remainder counts from there on.
            self.taken = if self.taken + 1 == 2 * RING { RING } else { self.taken + 1 };
        }
        self.frames += 1;
        if self.frames.is_power_of_two() || self.frames.is_multiple_of(ESTIMATE_FRAMES) {
            self.level = Complex32::new(self.median(|c| c.re), self.median(|c| c.im));
        }
    }

    /// The next of a row of numbers below `most` (a power of two) that has no period a carrier could have: Numerical
    /// Recipes' generator, its upper bits.
    fn place_below(&mut self, most: u64) -> u64 {
        self.places = self.places.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (u64::from(self.places) * most) >> 32
    }

    fn median(&mut self, part: impl Fn(&Complex32) -> f32) -> f32 {
        let known = self.taken.min(RING);
        for (slot, told) in self.scratch.iter_mut().zip(&self.ring[..known]) {
            *slot = part(told);
        }
        super::median::middle(&mut self.scratch[..known]).map_or(0.0, |(low, high)| (low + high) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three bins of a frame that is the constant `level` throughout.
    fn frame(level: Complex32) -> [Complex32; 8] {
        let mut bins = [Complex32::new(1e-3, 0.0); 8];
        bins[0] = level;
        (bins[1], bins[7]) = (level * -0.5, level * -0.5);
        bins
    }

    /// Power left in the three bins of each frame of `told`.
    fn left(told: impl Iterator<Item = Complex32>) -> Vec<f32> {
        let mut spike = DcSpike::new(1_000.0);
        told.map(|level| {
            let mut bins = frame(level);
            spike.remove(&mut bins, 1.0);
            bins[0].norm_sqr() + bins[1].norm_sqr() + bins[7].norm_sqr()
        })
        .collect()
    }

    #[test]
    fn a_spike_is_gone_from_the_first_frame_and_after_a_step() {
        let level = |n: usize| if n < 5_000 { Complex32::new(0.3, -0.2) } else { Complex32::new(0.1, 0.1) };
        let left = left((0..8_000).map(level));
        assert!(left[..5_000].iter().all(|power| *power < 1e-12));
        // Half of the two seconds, and an estimate every 64 frames.
        assert!(left[5_000] > 0.01 && left[6_300..].iter().all(|power| *power < 1e-12));
    }

    #[test]
    fn pulses_and_a_carrier_that_turns_stay() {
        let spike = Complex32::new(0.05, 0.02);
        let pulse = |n: usize| {
            if n >= 100 && n % 1_300 < 440 { Complex32::new(0.2, 0.0) } else { Complex32::default() }
        };
        let pulses = left((0..20_000).map(|n| spike + pulse(n)));
        for (n, power) in pulses.iter().enumerate().skip(1_300) {
            let truth = pulse(n).norm_sqr() * 1.5;
            assert!((power - truth).abs() < 1e-4, "{n}: {power} {truth}");
        }
        // Half a hertz off the tuned frequency.
        let turning = left((0..20_000).map(|n| spike + Complex32::from_polar(0.2, n as f32 * 0.003_141_6)));
        let mean = turning[4_000..].iter().sum::<f32>() / 16_000.0;
        assert!((mean / (0.04 * 1.5) - 1.0).abs() < 0.2, "{mean}");
    }

    #[test]
    fn a_carrier_that_turns_in_step_with_the_frames_stays() {
        let spike = Complex32::new(0.05, 0.02);
        for eighths in 1..8_u16 {
            let turn = |n: usize| f32::from(eighths) * (n % 8) as f32 * std::f32::consts::FRAC_PI_4 + 0.3;
            let left = left((0..20_000).map(|n| spike + Complex32::from_polar(0.2, turn(n))));
            let mean = left[4_000..].iter().sum::<f32>() / 16_000.0;
            assert!((0.7..2.1).contains(&(mean / (0.04 * 1.5))), "{eighths}: {mean}");
        }
    }

    #[test]
    fn a_pulse_that_is_on_at_the_first_frame_leaves_no_phantom() {
        let pulse = |from: usize, to: usize| {
            move |n: usize| {
                if (from..to).contains(&n) { Complex32::new(0.2, 0.0) } else { Complex32::default() }
            }
        };
        for spike in [Complex32::default(), Complex32::new(1e-3, 0.0)] {
            let first = left((0..3_000).map(|n| spike + pulse(0, 440)(n)));
            assert!(first[440..].iter().all(|power| *power < 1e-5), "{spike}");
        }
        // One that begins a little later is heard from its beginning.
        let later = left((0..3_000).map(|n| Complex32::new(0.05, 0.02) + pulse(150, 170)(n)));
        for (n, power) in later.iter().enumerate() {
            assert!((power - pulse(150, 170)(n).norm_sqr() * 1.5).abs() < 1e-4, "{n}: {power}");
        }
    }
}
