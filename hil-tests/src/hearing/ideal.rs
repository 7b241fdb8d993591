//! The ideal detector beside ours: it knows waveform, frequency and time of every transmission and the noise's level, and not the
//! phase, which it takes to hold over each coherent piece.
//!
//! Of n pieces with energies E it sums |matched output|²/N0: Gamma(n) of noise alone, and of noise with the emission a mixture of
//! Gamma(n + j) by Poisson's law of mean ΣE/N0 (Marcum 1947, Swerling's case 0). It decides once in the time that ours has.

/// What the ideal detector takes of an emission in the time given. Of one whose content is not known, a piece is what its bandwidth and the time
/// leave independent (B·T of them: Urkowitz 1967).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Pieces {
    /// Coherent pieces.
    pub count: u32,
    /// Time on air in all of them, s.
    pub on_air_s: f64,
}

impl Pieces {
    /// Probability that it hears C/N0 of `cn0_hz` when noise passes its threshold with `false_alarm`.
    pub fn probability(&self, cn0_hz: f64, false_alarm: f64) -> f64 {
        let mean = cn0_hz * self.on_air_s;
        if self.count > NORMAL_FROM {
            let count = f64::from(self.count);
            let deviations = bisected(0.0, 40.0, |x| normal_tail(x) < false_alarm);
            return normal_tail((deviations * count.sqrt() - mean) / (count + 2.0 * mean).sqrt());
        }
        let threshold = bisected(0.0, 1e4, |x| gamma_tail(self.count, x) < false_alarm);
        if mean > 4.0 * threshold + 100.0 {
            return 1.0;
        }
        // Poisson's weights about their mean.
        let (mut weight, mut sum, mut j) = ((-mean).exp(), 0.0, 0);
        while f64::from(j) < mean + 12.0 * mean.sqrt() + 30.0 {
            sum += weight * gamma_tail(self.count + j, threshold);
            j += 1;
            weight *= mean / f64::from(j);
        }
        sum
    }

    /// C/N0, dB-Hz, that it hears with `probability`.
    pub fn cn0_db_hz(&self, probability: f64, false_alarm: f64) -> f64 {
        bisected(-20.0, 60.0, |db| self.probability(10f64.powf(db / 10.0), false_alarm) > probability)
    }
}

/// Sums of more pieces than this are normal.
const NORMAL_FROM: u32 = 1_000;

/// P(x or more) of a normal deviate: the series below 2, the continued fraction from there on (Abramowitz & Stegun 26.2.11 and 26.2.14).
fn normal_tail(x: f64) -> f64 {
    let density = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    match x {
        _ if x < 0.0 => 1.0 - normal_tail(-x),
        _ if x < 2.0 => {
            let (mut term, mut sum) = (x, x);
            for n in 1..40 {
                term *= x * x / f64::from(2 * n + 1);
                sum += term;
            }
            0.5 - density * sum
        }
        _ => density / (1..80).rev().fold(x, |rest, n| x + f64::from(n) / rest),
    }
}

/// The least x from which `is_over` holds.
fn bisected(mut low: f64, mut high: f64, is_over: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if is_over(middle) { high = middle } else { low = middle }
    }
    high
}

/// P(x or more) of a sum of n unit exponentials: e^−x Σ x^i/i!, i < n.
fn gamma_tail(n: u32, x: f64) -> f64 {
    let mut ln_term = -x;
    let mut sum = 0.0;
    for i in 0..n {
        sum += ln_term.exp();
        ln_term += (x / f64::from(i + 1)).ln();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_points() {
        // One piece: threshold −ln P, and at E/N0 of 13.2 dB Albersheim's 0.9 for 1e-6.
        let one = Pieces { count: 1, on_air_s: 1.0 };
        assert!((one.cn0_db_hz(0.9, 1e-6) - 13.2).abs() < 0.15);
        // Ten pieces need 5.2 dB each (Albersheim's equation, to 0.2 dB).
        let ten = Pieces { count: 10, on_air_s: 10.0 };
        assert!((ten.cn0_db_hz(0.9, 1e-6) - 5.2).abs() < 0.3, "{}", ten.cn0_db_hz(0.9, 1e-6));
        assert!((one.probability(0.0, 1e-3) - 1e-3).abs() < 1e-9);
        // A radiometer of 15 000: 3.63 + 1.28 deviations of √15 000, over 10 s.
        let many = Pieces { count: 15_000, on_air_s: 10.0 };
        assert!((many.cn0_db_hz(0.9, 1.4e-4) - 17.85).abs() < 0.1, "{}", many.cn0_db_hz(0.9, 1.4e-4));
        for (x, tail) in
            [(0.0, 0.5), (1.0, 0.158_655), (1.999, 0.022_804), (3.0, 1.349_9e-3), (5.0, 2.866_5e-7)]
        {
            assert!((normal_tail(x) / tail - 1.0).abs() < 1e-4, "{x}: {}", normal_tail(x));
        }
    }
}
