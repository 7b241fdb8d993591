//! The ideal detectors beside ours. Both know the noise's level, and not the phase, which they take to hold over each coherent piece. One is told
//! waveform, content, frequency and time of every transmission; the other no more than the channel's settings tell ours: it searches.
//!
//! Of n pieces with energies E they sum |matched output|²/N0: Gamma(n) of noise alone, and of noise with the emission a mixture of
//! Gamma(n + j) by Poisson's law of mean ΣE/N0 (Marcum 1947, Swerling's case 0). They decide once in the time that ours has. The one that
//! searches takes the largest sum of M independent cells, and each has 1/M of the false alarms (Bonferroni; Kay, Detection Theory, 1998,
//! § 7.6: the GLRT of unknown frequency and arrival).

use super::{CHIRPS_HZ, Emission, Sought, Waveform};
use crate::world::am_scale;

/// Of a burst, the carrier of 160 ms and what is left of it in 360 ms of bits (cos² 1.1: 74 ms).
const BURST_CARRIER: f64 = 0.450;
/// And before its message is read: synchronisation is known (60 ms), and the unknown bits add 38 ms at 20 dB-Hz, where the mean of their
/// ln cosh is 0.032 each.
const BURST_UNREAD: f64 = 0.616;

/// Bandwidth of a 406 MHz burst, Hz: one half bit of 400 bit/s biphase-L is 1.25 ms (C/S T.001).
const BURST_HZ: f64 = 800.0;

/// What the ideal detector takes of an emission in the time given. Of one whose content is not known, a piece is what its bandwidth and the time
/// leave independent (B·T of them: Urkowitz 1967).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Pieces {
    /// Coherent pieces, as long as the emission holds its phase, or as ours takes it to.
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

impl Emission {
    /// What the ideal that searches takes of it: what does not hang on content that the settings do not tell.
    pub(super) fn searching(&self) -> Pieces {
        let share = match (self.waveform, self.sought) {
            (Waveform::AmSweep { .. }, _) => am_scale().powi(2),
            (Waveform::Burst406 { .. }, Sought::CospasSarsat) => BURST_UNREAD,
            (Waveform::Burst406 { .. }, _) => BURST_CARRIER,
            _ => 1.0,
        };
        Pieces { on_air_s: share * self.ideal.on_air_s, ..self.ideal }
    }

    /// Independent cells in which it may lie by the channel's settings, within the time to hear it. Counted low: its drift, its coherent time, the
    /// width of energy and each pulse's own jitter are not among them.
    pub(super) fn cells(&self) -> f64 {
        let piece_s = self.ideal.on_air_s / f64::from(self.ideal.count);
        let frequencies = (self.bandwidth_hz() * piece_s).max(1.0);
        match self.sought {
            Sought::Pulsed(train) => {
                let seconds = |us: u32| f64::from(us) * 1e-6;
                let period_s = (seconds(train.period_min_us) + seconds(train.period_max_us)) / 2.0;
                let range_s = seconds(train.period_max_us - train.period_min_us)
                    + 2.0 * train.jitter_ratio_max * period_s;
                let phases = period_s / piece_s;
                // Apart by what moves the last pulse by its width.
                let periods = 1.0 + range_s * (self.seconds / period_s - 1.0) / piece_s;
                let widths = 1.0 + (self.pulse_ms.1 / self.pulse_ms.0).log2();
                frequencies * phases * periods * widths
            }
            // A chirp that is shifted in frequency is nearly one that is shifted in time.
            Sought::Chirp(spreading) => {
                f64::from(spreading.max - spreading.min + 1) * self.seconds * CHIRPS_HZ
            }
            Sought::CospasSarsat => frequencies * self.seconds * BURST_HZ,
            _ => frequencies,
        }
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
    use super::super::emissions;
    use super::*;

    #[test]
    fn what_is_searched_is_as_many_cells_as_the_settings_leave_open() {
        let cells = |name| emissions().into_iter().find(|of| of.name == name).unwrap().cells();
        let counted = [
            // 4 kHz of 1 Hz; one place in 4 kHz for 1.5 kHz.
            ("carrier", 4_000.0),
            ("fsk", 4_000.0 / 1_500.0),
            // 4 kHz of 50 Hz, phases, periods within 1 % either way, widths.
            ("tag", 80.0 * 65.0 * 11.7 * 1.29),
            ("tag_searched", 80.0 * 87.5 * 753.5 * 3.0),
            // Factors, and samples of 8 s.
            ("lora", 6.0 * 8.0 * 7_812.5),
            ("burst406", 2_080.0 * 4_000.0),
        ];
        for (name, count) in counted {
            assert!((cells(name) / count - 1.0).abs() < 0.005, "{name}: {} {count}", cells(name));
        }
        // A million cells: noise's threshold ln 1e6 higher, and so what is heard every other time.
        let one = Pieces { count: 1, on_air_s: 1.0 };
        let energy = |false_alarm| 10f64.powf(one.cn0_db_hz(0.5, false_alarm) / 10.0);
        let more = energy(1e-12) - energy(1e-6);
        assert!((more - 1e6_f64.ln()).abs() < 0.02, "{more}");
    }

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
