//! White Gaussian noise for IQ samples, cheap enough for 20 MS/s: a seeded generator in, unit normals out.
//!
//! Each 16 random bits choose one of 65 536 equally likely values of the standard normal law, so 64 bits make two
//! samples. The values are the means of the law's 65 536 equally likely cells, scaled to unit variance: independent
//! draws, without the repeats that a played table has. The largest is 4.4 standard deviations; what lies beyond would
//! come once in 10⁵ draws and is not made. Sums over a few samples (any bin of an FFT) have their full tails.

use crate::random::Random;
use rand::Rng;
use std::f64::consts::TAU;
use std::sync::OnceLock;

const CELLS: usize = 1 << 16;

/// A source of noise.
pub struct Noise {
    random: Random,
    normals: &'static [f32; CELLS],
}

impl Noise {
    /// Draws from `random`.
    pub fn new(random: Random) -> Noise {
        Noise { random, normals: normals() }
    }

    /// Fills `out` with noise of standard deviation `sigma` in each of I and Q (mean power `2·sigma²`).
    pub fn fill(&mut self, sigma: f32, out: &mut [[f32; 2]]) {
        let (pairs, rest) = out.as_chunks_mut::<2>();
        let normals = self.normals;
        for pair in pairs {
            *pair = four(normals, self.random.next_u64(), sigma);
        }
        if let [last] = rest {
            [*last, _] = four(normals, self.random.next_u64(), sigma);
        }
    }
}

#[inline(always)]
fn four(normals: &[f32; CELLS], bits: u64, sigma: f32) -> [[f32; 2]; 2] {
    let normal = |shift: u32| sigma * normals[(bits >> shift) as usize % CELLS];
    [[normal(0), normal(16)], [normal(32), normal(48)]]
}

/// The cells' means in order, made once: the law's density is integrated for the cells' borders; between borders a and b
/// the mean is `(φ(a) − φ(b)) / P` (Johnson, Kotz, Balakrishnan: Continuous Univariate Distributions 1, 13.10.1).
fn normals() -> &'static [f32; CELLS] {
    static TABLE: OnceLock<Box<[f32; CELLS]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let density = |x: f64| (-x * x / 2.0).exp() / TAU.sqrt();
        const STEP: f64 = 1.0 / 16_384.0;
        let cells = CELLS as f64;
        let (mut x, mut border, mut above) = (0.0, 0.0, 0.0);
        let mut means = vec![0.0; CELLS];
        for cell in 0..CELLS / 2 {
            let wanted = (cell + 1) as f64 / cells;
            let end = if cell + 1 == CELLS / 2 {
                f64::INFINITY
            } else {
                while above + STEP * density(x + STEP / 2.0) < wanted {
                    above += STEP * density(x + STEP / 2.0);
                    x += STEP;
                }
                x + (wanted - above) / density(x)
            };
            let mean = cells * (density(border) - density(end));
            means[CELLS / 2 + cell] = mean;
            means[CELLS / 2 - 1 - cell] = -mean;
            border = end;
        }
        let sigma = (means.iter().map(|mean| mean * mean).sum::<f64>() / cells).sqrt();
        let table: Box<[f32]> = means.iter().map(|mean| (mean / sigma) as f32).collect();
        table.try_into().unwrap_or_else(|_| unreachable!("the table has one entry for each cell"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::source;

    const DRAWN: usize = 1 << 20;

    fn drawn(seed: u64) -> Vec<[f32; 2]> {
        let mut out = vec![[0.0; 2]; DRAWN + 1];
        Noise::new(source(seed, "noise")).fill(0.5, &mut out);
        out
    }

    #[test]
    fn moments_and_tails_are_the_normal_law_s() {
        let values: Vec<f64> = drawn(1).as_flattened().iter().map(|v| f64::from(*v) / 0.5).collect();
        let n = values.len() as f64;
        let moment = |power: i32| values.iter().map(|v| v.powi(power)).sum::<f64>() / n;
        // Standard errors of the first four sample moments: 1, √2, √15, √96 over √n.
        for (power, expected, error) in
            [(1, 0.0, 1.0), (2, 1.0, 2f64.sqrt()), (3, 0.0, 15f64.sqrt()), (4, 3.0, 96f64.sqrt())]
        {
            let found = moment(power);
            assert!((found - expected).abs() < 5.0 * error / n.sqrt() + 0.002, "moment {power}: {found}");
        }
        // Two-sided tails of the standard normal law beyond 1, 2, 3 and 4.
        for (beyond, expected) in [(1.0, 0.317_311), (2.0, 0.045_500), (3.0, 0.002_699_8), (4.0, 6.334e-5)] {
            let found = values.iter().filter(|v| v.abs() > beyond).count() as f64 / n;
            let error = (expected / n).sqrt();
            assert!((found - expected).abs() < 5.0 * error + 0.01 * expected, "beyond {beyond}: {found}");
        }
    }

    #[test]
    fn it_is_white_and_its_parts_are_independent() {
        let samples = drawn(2);
        let correlation = |lag: usize, part: fn(&[f32; 2]) -> f32, other: fn(&[f32; 2]) -> f32| {
            let sum: f64 =
                samples.iter().zip(&samples[lag..]).map(|(a, b)| f64::from(part(a) * other(b))).sum();
            sum / 0.25 / (samples.len() - lag) as f64
        };
        let bound = 5.0 / (DRAWN as f64).sqrt();
        for lag in [1, 2, 3, 64, 1_000] {
            assert!(correlation(lag, |s| s[0], |s| s[0]).abs() < bound, "I, lag {lag}");
            assert!(correlation(lag, |s| s[1], |s| s[1]).abs() < bound, "Q, lag {lag}");
        }
        for lag in [0, 1, 2] {
            assert!(correlation(lag, |s| s[0], |s| s[1]).abs() < bound, "I and Q, lag {lag}");
        }
    }

    #[test]
    fn the_same_seed_is_the_same_noise() {
        assert_eq!(drawn(3), drawn(3));
        assert_ne!(drawn(3), drawn(4));
    }
}
