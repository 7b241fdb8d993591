//! Chances that noise alone does something, as natural logarithms: what the operator's false-alarm figure is held to.
//!
//! Power of white Gaussian noise averaged over k independent samples is Gamma(k, mean/k). Its tail is bounded by
//! Chernoff: P(power ≥ r·mean) ≤ exp(−k·(r − 1 − ln r)), r ≥ 1 (Boucheron, Lugosi & Massart, Concentration
//! Inequalities, 2013, § 2.2, for the Gamma law). A bound, not an estimate: what is promised holds with slack.
//!
//! Pulses of noise are taken as a Poisson stream of the observed background rate λ. The expected number of sets of m
//! pulses that end with a given one, span n periods and fall into places of half-width w of *some* period in a range of
//! width Δ is at most λ·n·Δ · C(n−1, m−2) · (1 − e^(−2λw))^(m−2): the oldest pulse fixes the period, m − 2 of the n − 1
//! inner places must be taken (Poisson's void probability; union over choices and, by Markov, a bound of the chance).
//!
//! Not here: noise that is not white (spurs, tilt of the analogue filter): that is signal to these formulas.

/// Shape k of a hop's mean power: `frame_count` frames, and at least half the hop's time-bandwidth product.
///
/// A Hann window without overlap keeps (Σw²)²/(N·Σw⁴) = 18/35 of the time-bandwidth product (Harris, Proc. IEEE 66,
/// 1978); frames of 50 % overlap correlate by 1/36 in power, so each also counts for one.
pub fn shape(frame_count: u16, bandwidth_hz: f64, duration_us: f64) -> f64 {
    f64::from(frame_count).max(0.5 * bandwidth_hz * duration_us * 1e-6).max(1.0)
}

/// ln of the bound of P(power ≥ `ratio` × its mean) for shape `k`; 0 for ratios up to 1.
pub fn ln_tail(k: f64, ratio: f64) -> f64 {
    if ratio <= 1.0 { 0.0 } else { -k * (ratio - 1.0 - ratio.ln()) }
}

/// The ratio at which [`ln_tail`] is `ln_chance` (< 0): Newton on r − 1 − ln r = a, convex, from above.
pub fn ratio_at(k: f64, ln_chance: f64) -> f64 {
    let a = -ln_chance / k;
    let mut ratio = 1.0 + a + (2.0 * a).sqrt();
    for _ in 0..8 {
        ratio -= (ratio - 1.0 - ratio.ln() - a) / (1.0 - 1.0 / ratio).max(1e-12);
    }
    ratio.max(1.0)
}

/// A sum of the powers of noise in `count` frames, each of mean 1, of which neighbours' amplitudes correlate by `correlation` (up to ½),
/// and whose common level is known to `level_error` (relative, one sigma, of each frame by itself).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct NoiseSum {
    /// Frames.
    pub count: u32,
    /// Of one frame's amplitude with the next one's.
    pub correlation: f64,
    /// One sigma of a frame's level.
    pub level_error: f64,
}

/// A point of the law: where the derivative of its cumulant function at `s` is `x`.
#[derive(Copy, Clone)]
struct Saddle {
    s: f64,
    x: f64,
    ln_tail: f64,
}

impl NoiseSum {
    /// ln P(sum ≥ x); 0 for sums up to the mean: the saddle point of the law of a quadratic form (Daniels 1954; Kuonen, Biometrika 86,
    /// 1999), the eigenvalues being those of the frames' covariance, 1 + 2ρ·cos(πi/(n+1)). An uncertain level widens it by half its
    /// variance times the square of the law's slope, as far as that makes it fall: beyond, nothing rarer can be told.
    pub fn ln_tail(&self, x: f64) -> f64 {
        self.first(|saddle| saddle.x >= x).ln_tail
    }

    /// The sum at which that is `ln_chance` (< 0), to 1e-9 of itself; infinite where the level is known too badly to tell.
    pub fn at(&self, ln_chance: f64) -> f64 {
        let saddle = self.first(|saddle| saddle.ln_tail <= ln_chance);
        if saddle.ln_tail <= ln_chance { saddle.x } else { f64::INFINITY }
    }

    /// The first point at which `is_reached` holds, or the last that can be told; by bisection below the pole of the largest eigenvalue.
    fn first(&self, is_reached: impl Fn(&Saddle) -> bool) -> Saddle {
        let told_max = f64::from(self.count) / self.level_error.powi(2);
        let (mut low, mut high) = (0.0, 1.0 / self.eigenvalue(1));
        for _ in 0..50 {
            let middle = self.saddle((low + high) / 2.0);
            let is_past = middle.s * middle.x >= told_max || is_reached(&middle);
            if is_past { high = middle.s } else { low = middle.s }
        }
        self.saddle(high)
    }

    fn eigenvalue(&self, i: u32) -> f64 {
        let turn = std::f64::consts::PI * f64::from(i) / f64::from(self.count + 1);
        1.0 + 2.0 * self.correlation * turn.cos()
    }

    fn saddle(&self, s: f64) -> Saddle {
        let (mut cumulant, mut x, mut bend) = (0.0, 0.0, 0.0);
        for of in (1..=self.count).map(|i| self.eigenvalue(i)) {
            let rest = 1.0 - of * s;
            cumulant -= rest.ln();
            x += of / rest;
            bend += (of / rest).powi(2);
        }
        let spread = s * x * self.level_error;
        let widened = 0.5 * spread * spread / f64::from(self.count);
        let ln_tail = cumulant - s * x - (s * (std::f64::consts::TAU * bend).sqrt()).max(1.0).ln() + widened;
        Saddle { s, x, ln_tail: ln_tail.min(0.0) }
    }
}

/// A mean power of noise over a level that is itself a mean of noise beside: Gamma(k, 1/k) over Gamma(m, 1/m).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct NoiseRatio {
    /// Independent powers in the mean, k.
    pub shape: f64,
    /// And in the level, m.
    pub level_shape: f64,
}

impl NoiseRatio {
    /// ln P(X/Y ≥ ratio) = ln P(X − ratio·Y ≥ 0); 0 for ratios up to 1: the saddle point (Daniels 1954), which for two Gamma laws is
    /// s = (ratio − 1)/(ratio·(1/k + 1/m)).
    pub fn ln_tail(&self, ratio: f64) -> f64 {
        if ratio <= 1.0 {
            return 0.0;
        }
        let NoiseRatio { shape, level_shape } = *self;
        let s = (ratio - 1.0) / (ratio * (shape.recip() + level_shape.recip()));
        let (over, under) = (1.0 - s / shape, 1.0 + s * ratio / level_shape);
        let bend = 1.0 / (shape * over * over) + ratio * ratio / (level_shape * under * under);
        let exponent = -shape * over.ln() - level_shape * under.ln();
        (exponent - (s * (std::f64::consts::TAU * bend).sqrt()).max(1.0).ln()).min(0.0)
    }

    /// The ratio at which that is `ln_chance` (< 0), to 1e-9 of itself; infinite where it is not under 1e9.
    pub fn at(&self, ln_chance: f64) -> f64 {
        let (mut low, mut high) = (0.0_f64, 1e9_f64.ln());
        if self.ln_tail(high.exp()) > ln_chance {
            return f64::INFINITY;
        }
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if self.ln_tail(middle.exp()) > ln_chance { low = middle } else { high = middle }
        }
        high.exp()
    }
}

/// Quantile `q` of Gamma(k, 1/k), as a share of its mean (Wilson & Hilferty, PNAS 17, 1931, with the normal quantile of
/// Abramowitz & Stegun 26.2.23). Its error at small k is downwards, which makes thresholds higher, never lower.
pub fn quantile_ratio(k: f64, q: f64) -> f64 {
    let ninth = 1.0 / (9.0 * k);
    (1.0 - ninth + normal_quantile(q.clamp(1e-3, 0.999)) * ninth.sqrt()).max(0.05).powi(3)
}

fn normal_quantile(q: f64) -> f64 {
    let t = (-2.0 * q.min(1.0 - q).ln()).sqrt();
    let z = t
        - (2.515_517 + t * (0.802_853 + t * 0.010_328))
            / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    if q < 0.5 { -z } else { z }
}

/// A set of pulses that might be a train by chance.
#[derive(Copy, Clone, Debug)]
pub struct ChanceTrain {
    /// Pulses in it, at least two.
    pub member_count: u32,
    /// Periods from its first to its last pulse, at least `member_count − 1`.
    pub span_count: u32,
    /// Width of the range of periods that were searched, s.
    pub period_range_s: f64,
    /// Half-width of each place, s.
    pub place_s: f64,
}

/// ln of the bound of the number of such sets that end with one given pulse, at `rate_hz` background pulses per second.
pub fn ln_chance_trains(train: &ChanceTrain, rate_hz: f64) -> f64 {
    let inner = train.member_count.saturating_sub(2);
    let taken = -(-2.0 * rate_hz * train.place_s).exp_m1();
    (rate_hz * f64::from(train.span_count) * train.period_range_s).ln()
        + ln_choose(train.span_count.saturating_sub(1), inner)
        + f64::from(inner) * taken.ln()
}

fn ln_choose(n: u32, k: u32) -> f64 {
    (0..k.min(n)).map(|i| (f64::from(n - i) / f64::from(i + 1)).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::random::Random;

    #[test]
    fn the_bound_lies_over_the_tail_but_not_far() {
        let mut random = Random::seeded(3);
        for (shape, ratio) in [(1usize, 4.0), (4, 2.5), (40, 1.4)] {
            let trials = 200_000;
            let over = (0..trials).filter(|_| random.mean_power(shape) >= ratio).count();
            let seen = over as f64 / f64::from(trials);
            let bound = ln_tail(shape as f64, ratio).exp();
            assert!(seen < bound && bound < 12.0 * seen, "{shape}: {seen} {bound}");
        }
    }

    #[test]
    fn the_ratio_inverts_the_tail() {
        for k in [1.0, 7.0, 1e3, 1e6] {
            for ln_chance in [-0.1, -5.0, -40.0] {
                let ratio = ratio_at(k, ln_chance);
                assert!((ln_tail(k, ratio) / ln_chance - 1.0).abs() < 1e-6, "{k} {ln_chance} {ratio}");
            }
        }
    }

    #[test]
    fn the_tail_of_a_sum_is_that_of_its_law() {
        // Without correlation: e^−x Σ x^i/i!, i < k (Poisson's sum).
        for (count, x) in [(1_u32, 9.0), (4, 20.0), (16, 60.0), (60, 150.0)] {
            let mut term: f64 = 1.0;
            let mut sum = 0.0;
            for i in 0..count {
                sum += term;
                term *= x / f64::from(i + 1);
            }
            let exact = sum.ln() - x;
            let law = NoiseSum { count, correlation: 0.0, level_error: 0.0 };
            let told = law.ln_tail(x);
            assert!(told >= exact - 0.1 && told < exact + 0.2, "{count} {x}: {told} {exact}");
            assert!((law.at(told) / x - 1.0).abs() < 1e-6, "{count} {x}");
            assert!(NoiseSum { level_error: 0.05, ..law }.ln_tail(x) > told);
        }
    }

    #[test]
    fn a_level_that_is_known_badly_is_told_and_never_makes_a_strong_sum_likely() {
        let law = NoiseSum { count: 3, correlation: 0.0, level_error: 0.3 };
        assert_eq!(law.at(-30.0), f64::INFINITY);
        for law in [law, NoiseSum { count: 64, correlation: 1.0 / 6.0, level_error: 0.05 }] {
            let tails: Vec<f64> =
                (1..60).map(|n| law.ln_tail(f64::from(law.count) * 1.3_f64.powi(n))).collect();
            assert!(tails.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6), "{tails:?}");
            assert!(tails[58] < -10.0, "{tails:?}");
        }
    }

    #[test]
    fn the_tail_of_frames_that_overlap_is_as_often_passed() {
        // Amplitudes of a moving average of two: correlation a/(1 + a²).
        let mut random = Random::seeded(4);
        let (count, a) = (8_u32, 0.3_f64);
        let law = NoiseSum { count, correlation: a / (1.0 + a * a), level_error: 0.0 };
        let threshold = law.at(1e-3_f64.ln());
        let mut amplitude = [random.normal(), random.normal()];
        let mut passed = 0;
        for _ in 0..200_000 {
            let mut sum = 0.0;
            for _ in 0..count {
                let next = [random.normal(), random.normal()];
                let half = |of: usize| next[of] + a * amplitude[of];
                sum += (half(0).powi(2) + half(1).powi(2)) / (2.0 * (1.0 + a * a));
                amplitude = next;
            }
            passed += u32::from(sum >= threshold);
        }
        assert!((100..=260).contains(&passed), "{passed} of 200");
    }

    #[test]
    fn a_ratio_of_noise_is_passed_as_often_as_told() {
        let mut random = Random::seeded(8);
        for (shape, level_shape) in [(4_usize, 40_usize), (60, 60), (30, 200)] {
            let law = NoiseRatio { shape: shape as f64, level_shape: level_shape as f64 };
            let threshold = law.at(1e-3_f64.ln());
            assert!((law.ln_tail(threshold) - 1e-3_f64.ln()).abs() < 1e-6);
            let trials = 100_000;
            let passes =
                |random: &mut Random| random.mean_power(shape) >= threshold * random.mean_power(level_shape);
            let passed = (0..trials).filter(|_| passes(&mut random)).count();
            assert!((70..=140).contains(&passed), "{shape}/{level_shape}: {passed} of 100");
        }
        // A level that is known surely is a plain Gamma: e^−x of one power.
        let sure = NoiseRatio { shape: 1.0, level_shape: 1e12 };
        assert!((sure.ln_tail(20.0) + 20.0).abs() < 0.3, "{}", sure.ln_tail(20.0));
        assert_eq!(NoiseRatio { shape: 1.0, level_shape: 1.0 }.at(-30.0), f64::INFINITY);
    }

    #[test]
    fn quantiles_of_known_gammas() {
        // Exponential: −ln(1 − q). k = 10: 6.2213 (chi-square 20 at 0.1 = 12.443, NIST tables) over 10.
        assert!((quantile_ratio(1.0, 0.5) - std::f64::consts::LN_2).abs() < 0.02);
        assert!((quantile_ratio(10.0, 0.1) - 0.6221).abs() < 0.002);
        assert!(quantile_ratio(1.0, 0.1) <= 0.105_36);
        assert!((normal_quantile(0.975) - 1.959_964).abs() < 1e-3);
    }

    #[test]
    fn chance_trains_are_as_many_as_the_formula_bounds() {
        // Triples with one period of 0.5..1.5 s (span 2) ending with a pulse, in a Poisson stream of 1 per second.
        let mut random = Random::seeded(11);
        let mut starts = vec![0.0];
        for _ in 0..60_000 {
            starts.push(starts[starts.len() - 1] + random.exponential());
        }
        let place = 0.02;
        let mut found = 0;
        for i in 30..starts.len() {
            let back = |age: f64| starts[i] - age;
            for oldest in
                starts[..i].iter().rev().take_while(|s| **s >= back(3.0)).filter(|s| **s <= back(1.0))
            {
                let middle = (starts[i] + oldest) / 2.0;
                let among = starts[i.saturating_sub(30)..i].iter();
                found += u32::from(among.filter(|s| (*s - middle).abs() < place).count() > 0);
            }
        }
        let train = ChanceTrain { member_count: 3, span_count: 2, period_range_s: 1.0, place_s: place };
        let bound = ln_chance_trains(&train, 1.0).exp();
        let seen = f64::from(found) / 60_000.0;
        assert!(seen < bound * 1.05 && seen > bound * 0.8, "{seen} {bound}");
    }
}
