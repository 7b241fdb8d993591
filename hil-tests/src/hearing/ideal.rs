//! The ideal detector beside ours: it knows waveform, frequency and time of every transmission and the noise's level, and not the
//! phase, which it takes to hold over each coherent piece.
//!
//! Of n pieces with energies E it sums |matched output|²/N0: Gamma(n) of noise alone, and of noise with the emission a mixture of
//! Gamma(n + j) by Poisson's law of mean ΣE/N0 (Marcum 1947, Swerling's case 0). It decides once in the time that ours has.

/// What the ideal detector takes of an emission in the time given.
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
        let threshold = bisected(0.0, 1e4, |x| gamma_tail(self.count, x) < false_alarm);
        let mean = cn0_hz * self.on_air_s;
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
    }
}
