//! Noise for tests: a small generator with a seed (xorshift64*; Vigna, ACM TOMS 42, 2016), never the machine's own.

pub struct Random(u64);

impl Random {
    pub fn seeded(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Uniform in (0, 1].
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Exponential of mean 1: the power of one bin of white noise of mean power 1.
    pub fn exponential(&mut self) -> f64 {
        -self.unit().ln()
    }

    /// Mean of `shape` exponentials: a hop's mean power of white noise.
    pub fn mean_power(&mut self, shape: usize) -> f64 {
        (0..shape).map(|_| self.exponential()).sum::<f64>() / shape as f64
    }

    /// Normal, mean 0, deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}
