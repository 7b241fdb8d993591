//! Samples of a burst about its carrier, as sums from the first on, so that any stretch of them costs two look-ups.

use rustfft::num_complex::Complex64;
use std::f64::consts::TAU;

/// The sums, and the samples they are of.
pub(super) struct Sums {
    rate_sps: f64,
    samples: Vec<Complex64>,
    sums: Vec<Complex64>,
    powers: Vec<f64>,
}

impl Sums {
    /// For up to `count` samples at `rate_sps`.
    pub fn new(rate_sps: f64, count: usize) -> Sums {
        Sums {
            rate_sps,
            samples: Vec::with_capacity(count),
            sums: Vec::with_capacity(count + 1),
            powers: Vec::with_capacity(count + 1),
        }
    }

    /// Samples per second.
    pub fn rate_sps(&self) -> f64 {
        self.rate_sps
    }

    /// How many there are.
    pub fn len(&self) -> f64 {
        self.samples.len() as f64
    }

    /// Takes new ones, `turns` a sample turned back, `step` of them added to one. What there is no room for is left out.
    pub fn take(&mut self, samples: impl Iterator<Item = [f32; 2]>, step: usize, turns: f64) {
        self.samples.clear();
        let back = Complex64::cis(-TAU * turns);
        let (mut turned, mut sum, mut count) = (Complex64::new(1.0, 0.0), Complex64::default(), 0);
        for [re, im] in samples {
            sum += turned * Complex64::new(f64::from(re), f64::from(im));
            turned *= back;
            count += 1;
            if count == step {
                if self.samples.len() == self.samples.capacity() {
                    break;
                }
                self.samples.push(sum);
                (sum, count) = (Complex64::default(), 0);
                turned /= turned.norm();
            }
        }
        self.turn(0.0);
        self.powers.clear();
        self.powers.push(0.0);
        let mut power = 0.0;
        for sample in &self.samples {
            power += sample.norm_sqr();
            self.powers.push(power);
        }
    }

    /// Mean power of the whole samples from one place to another.
    pub fn power(&self, from: f64, to: f64) -> f64 {
        let last = self.powers.len().saturating_sub(1);
        let (from, to) = ((from.max(0.0) as usize).min(last), (to.max(0.0) as usize).min(last));
        if to <= from { 0.0 } else { (self.powers[to] - self.powers[from]) / (to - from) as f64 }
    }

    /// Makes the sums, of samples turned back by further `offset_hz`.
    pub fn turn(&mut self, offset_hz: f64) {
        let back = Complex64::cis(-TAU * offset_hz / self.rate_sps);
        let (mut turned, mut sum) = (Complex64::new(1.0, 0.0), Complex64::default());
        self.sums.clear();
        self.sums.push(sum);
        for sample in &self.samples {
            sum += turned * sample;
            turned *= back;
            self.sums.push(sum);
        }
    }

    /// The sum of all before `at`; of a sample that it cuts, its part. `at` is within 0..=[`Sums::len`].
    pub fn before(&self, at: f64) -> Complex64 {
        let whole = (at.max(0.0) as usize).min(self.samples.len().saturating_sub(1));
        let (Some(sum), Some(next)) = (self.sums.get(whole), self.sums.get(whole + 1)) else {
            return Complex64::default();
        };
        sum + (next - sum) * (at - whole as f64).clamp(0.0, 1.0)
    }

    /// The sum from one place to another.
    pub fn between(&self, from: f64, to: f64) -> Complex64 {
        self.before(to) - self.before(from)
    }
}
