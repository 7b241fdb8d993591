//! A generator of numbers without pattern (SplitMix64: Steele, Lea & Flood, OOPSLA 2014): the same seed, the same numbers.

use std::f32::consts::TAU;

/// The generator.
#[derive(Clone, Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to less than 1.
    pub(super) fn uniform(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// A whole number under `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (((self.next() >> 32) * end as u64) >> 32) as usize
    }

    /// Normal: mean 0, deviation 1 (Box & Muller 1958).
    pub(super) fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    /// A direction, each as likely.
    pub(super) fn direction(&mut self) -> [f32; 3] {
        let up = self.uniform();
        let around = TAU * self.uniform();
        let flat = (1.0 - up * up).sqrt();
        [flat * around.cos(), flat * around.sin(), up]
    }
}
