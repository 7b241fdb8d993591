//! Chances that an emission does something: what its sums of frames pass, in one try or in several that overlap.
//!
//! Each frame is a squared matched output of mean 1 + e: of noise 1, of the emission its excess e. A sum of n independent ones is a
//! non-central chi-square of 2n degrees of freedom (Marcum 1947, for one of them Q₁), whose tail is the saddle point of Lugannani & Rice
//! (Adv. Appl. Prob. 12, 1980): cumulant −n·ln(1 − s) + n·e·s/(1 − s) in closed form, good to some per cent of the chance for any
//! n, whole or not.

use crate::units::normal_tail;

/// The mean of the powers of `count` frames, noise being 1 each, all lifted by `excess`.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Lifted {
    /// Independent frames, > 0.
    pub count: f64,
    /// Power of the emission over that of the noise, in a frame.
    pub excess: f64,
}

impl Lifted {
    /// Of `count` frames of which neighbours' amplitudes correlate by `correlation`, so many independent ones have the same mean and
    /// variance: 1 + 2ρ² of the noise's and 1 + 2ρ of what noise and emission make together.
    pub fn of_neighbours(count: f64, excess: f64, correlation: f64) -> Lifted {
        let pairs = 2.0 * (count - 1.0) / count;
        let own = 1.0 + pairs * correlation * correlation;
        let shared = 2.0 * excess * (1.0 + pairs * correlation);
        Lifted { count: count * (1.0 + 2.0 * excess) / (own + shared), excess }
    }

    /// P(mean ≥ `level`).
    pub fn tail(&self, level: f64) -> f64 {
        let Lifted { count, excess } = *self;
        if level <= 0.0 {
            return 1.0;
        }
        // 1/(1 − s) at the saddle point: e·u² + u = level.
        let u =
            if excess > 1e-9 { ((1.0 + 4.0 * excess * level).sqrt() - 1.0) / (2.0 * excess) } else { level };
        let s = 1.0 - 1.0 / u;
        let bend = u * u + 2.0 * excess * u.powi(3);
        let depth = (s * level - u.ln() - excess * (u - 1.0)).max(0.0);
        let w = s.signum() * (2.0 * count * depth).sqrt();
        if w.abs() < 1e-3 {
            // The same at its removable pole.
            let skew = (2.0 + 6.0 * excess) / (1.0 + 2.0 * excess).powf(1.5);
            return 0.5 - skew / (6.0 * (std::f64::consts::TAU * count).sqrt());
        }
        let v = s * (count * bend).sqrt();
        let density = (-0.5 * w * w).exp() / std::f64::consts::TAU.sqrt();
        (normal_tail(w) + density * (1.0 / v - 1.0 / w)).clamp(0.0, 1.0)
    }

    /// P(at least one of `tries` means ≥ `level`), each of which shares `shared` (0..1) of its frames with the one before. Exact for one
    /// and two tries; more are taken as a chain of which each depends on the one before.
    pub fn tail_of_tries(&self, level: f64, tries: u32, shared: f64) -> f64 {
        let missed = 1.0 - self.tail(level);
        if tries <= 1 || missed < 1e-12 {
            return if tries == 0 { 0.0 } else { 1.0 - missed };
        }
        if shared <= 0.0 {
            return 1.0 - missed.powi(tries as i32);
        }
        let kept = Lifted { count: self.count * shared, excess: self.excess };
        let fresh = Lifted { count: self.count * (1.0 - shared), excess: self.excess };
        let step = level / shared / f64::from(STEPS);
        let (mut once, mut twice, mut over) = (0.0, 0.0, 1.0);
        for n in 1..=STEPS {
            let below = kept.tail(f64::from(n) * step);
            let middle = (f64::from(n) - 0.5) * step;
            let rest = 1.0 - fresh.tail((level - shared * middle) / (1.0 - shared));
            once += (over - below) * rest;
            twice += (over - below) * rest * rest;
            over = below;
        }
        let again = (twice / once.max(f64::MIN_POSITIVE)).clamp(missed, 1.0);
        1.0 - missed * again.powi(tries as i32 - 1)
    }
}

/// Steps of the sum over what two tries share.
const STEPS: u32 = 200;

/// P(at least one run of `length` in a row among `count` tries, each a success with `chance`).
pub fn chance_of_run(chance: f64, length: usize, count: usize) -> f64 {
    // Share of the tries so far that stand in a run of each length short of it.
    let mut runs = vec![0.0; length.max(1)];
    runs[0] = 1.0;
    let mut done = 0.0;
    for _ in 0..count {
        let open: f64 = runs.iter().sum();
        done += runs[length.max(1) - 1] * chance;
        for at in (1..runs.len()).rev() {
            runs[at] = runs[at - 1] * chance;
        }
        runs[0] = open * (1.0 - chance);
    }
    done
}

/// The least value in `low..high` from which `is_over` holds, to 1e-6 of the range; `None` where it never does.
pub fn least(mut low: f64, mut high: f64, is_over: impl Fn(f64) -> bool) -> Option<f64> {
    if !is_over(high) {
        return None;
    }
    for _ in 0..20 {
        let middle = (low + high) / 2.0;
        if is_over(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::random::Random;

    /// Means of frames drawn one by one.
    fn drawn(random: &mut Random, count: usize, excess: f64) -> f64 {
        let frame = |random: &mut Random| {
            let half = std::f64::consts::FRAC_1_SQRT_2;
            (random.normal() * half + excess.sqrt()).powi(2) + (random.normal() * half).powi(2)
        };
        (0..count).map(|_| frame(random)).sum::<f64>() / count as f64
    }

    #[test]
    fn the_tail_is_as_often_passed() {
        let mut random = Random::seeded(21);
        for (count, excess, level) in
            [(1, 9.0, 6.0), (3, 6.0, 7.0), (3, 6.0, 3.5), (16, 1.0, 1.6), (32, 0.5, 1.5), (32, 2.0, 3.6)]
        {
            let trials = 20_000;
            let over = (0..trials).filter(|_| drawn(&mut random, count, excess) >= level).count();
            let seen = over as f64 / f64::from(trials);
            let told = Lifted { count: count as f64, excess }.tail(level);
            assert!((told - seen).abs() < 0.015, "{count} {excess} {level}: {told} {seen}");
        }
        // Noise alone, one frame: e^−x.
        let noise = Lifted { count: 1.0, excess: 0.0 };
        assert!((noise.tail(3.0) / (-3.0_f64).exp() - 1.0).abs() < 0.05, "{}", noise.tail(3.0));
    }

    #[test]
    fn tries_that_overlap_are_as_often_passed_in_one_of_them() {
        let mut random = Random::seeded(22);
        let (count, excess, level, trials) = (32.0, 1.0, 2.3, 20_000);
        let mut passed = 0;
        for _ in 0..trials {
            let halves: Vec<f64> = (0..5).map(|_| drawn(&mut random, 16, excess)).collect();
            passed += usize::from(halves.windows(2).any(|pair| (pair[0] + pair[1]) / 2.0 >= level));
        }
        let seen = passed as f64 / f64::from(trials);
        let told = Lifted { count, excess }.tail_of_tries(level, 4, 0.5);
        assert!((told - seen).abs() < 0.03, "{told} {seen}");
        assert_eq!(Lifted { count, excess }.tail_of_tries(level, 0, 0.5), 0.0);
    }

    #[test]
    fn runs_are_as_likely_as_counted() {
        // Of 2 in 3 tries of a half: three of eight.
        assert!((chance_of_run(0.5, 2, 3) - 0.375).abs() < 1e-12);
        assert_eq!(chance_of_run(0.5, 4, 3), 0.0);
        assert!((chance_of_run(0.5, 1, 3) - 0.875).abs() < 1e-12);
    }

    #[test]
    fn neighbours_that_correlate_count_for_fewer() {
        let alone = Lifted::of_neighbours(32.0, 1.0, 0.0);
        let alike = Lifted::of_neighbours(32.0, 1.0, 1.0 / 6.0);
        assert_eq!(alone.count, 32.0);
        assert!(alike.count < 27.0 && alike.count > 22.0, "{alike:?}");
    }
}
