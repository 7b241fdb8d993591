//! The particles: what may be so, each as likely as its weight says.
//!
//! A particle is a place, an antenna's lie, a texture and a spread of the residuals; all that is linear in decibels is marginal in closed form
//! (`solved`): Rao-Blackwellised (Doucet, de Freitas, Murphy & Russell, UAI 2000). All of them are fixed while the beacon lies still, so
//! this is iterated batch importance sampling (N. Chopin, Biometrika 89 (2002) 539): each observation changes the weights; when few weights hold
//! all, particles are drawn anew by them (Kitagawa, J. Comput. Graph. Stat. 5 (1996) 1) and moved (`moves`).
#![allow(clippy::needless_range_loop, reason = "several rows are walked at once by one index")]

use super::lanes::{Row, SIDE, exp, ln};
use super::memory::{TEXTURES, Texture};
use super::pattern::Lies;
use super::random::Random;
use super::solved::{Priors, Solved};
use super::sums::Sums;
use super::{LocateConfig, bounds::Bounds};
use crate::belief::Hypothesis;
use crate::geo::NorthEast;

/// Rows of particles.
pub(super) const ROWS: usize = 48;
/// Particles.
pub(super) const PARTICLES: usize = ROWS * SIDE;
/// Power of 1 + (distance/near)² by which places far from where it was listened are less likely.
const FAR_POWER: f32 = 2.0;
/// Standard deviations of shadowing that may be, dB: each as likely by its logarithm.
pub(super) const SPREAD_DB: (f32, f32) = (0.7, 12.0);
/// How much higher or lower than supposed a beacon lies, m.
const RISE_SIGMA_M: f32 = 5.0;

/// What may be so: a row of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess {
    pub(super) lies: Lies,
    pub(super) textures: [u8; SIDE],
    pub(super) ln_spread: Row,
}

/// A row of particles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Particles {
    pub(super) guess: Guess,
    pub(super) sums: Sums,
    /// Logarithm of the posterior, not normalised, and what of it is not weight.
    pub(super) log: Row,
    base: Row,
    /// What fits: power at 100 m, dB, and exponent.
    pub(super) law: [Row; 2],
}

/// What all need to know to be judged.
pub(super) struct Judge<'a> {
    pub(super) priors: &'a Priors,
    pub(super) settings: &'a LocateConfig,
    pub(super) textures: &'a [Texture; TEXTURES],
    pub(super) bounds: &'a mut Bounds,
    pub(super) reference_db: f64,
    pub(super) count: usize,
}

impl Judge<'_> {
    /// Logarithms of the posterior, not normalised, and the law that fits.
    pub(super) fn judge(&mut self, guess: &Guess, sums: &Sums) -> (Row, [Row; 2]) {
        let lies = &guess.lies;
        let prior = self.priors.of_row(&lies.dipole, &guess.textures);
        let spread_db: Row = guess.ln_spread.map(exp);
        let mut solved = Solved::NONE;
        let mut log = solved.solve(sums, &prior, &spread_db, self.count);
        let law = solved.first_two();
        if !self.bounds.is_empty() {
            self.bounds.see(lies, (&guess.textures, self.textures), self.settings.antenna);
            self.bounds.add(&mut log, &solved, &spread_db, self.reference_db);
        }
        let per_near = (1.0 / self.settings.near_m.powi(2)) as f32;
        for k in 0..SIDE {
            let rise = lies.rise[k] / RISE_SIGMA_M;
            log[k] -= FAR_POWER * ln(1.0 + sums.near2[k] * per_near) + 0.5 * rise * rise;
        }
        (log, law)
    }
}

/// All of them.
pub(super) struct Cloud {
    pub(super) rows: Vec<Particles>,
    /// Weights, when they were read last: of a sum of 1.
    pub(super) weights: Vec<f32>,
    counts: Vec<u32>,
    /// ln Σ of the weights as they are, and as they were when drawn last.
    log_total: f64,
    /// ln of the evidence up to the last drawing, and since.
    log_evidence: f64,
}

impl Cloud {
    pub(super) fn new() -> Cloud {
        let none = Particles {
            guess: Guess { lies: Lies::NONE, textures: [0; SIDE], ln_spread: [0.0; SIDE] },
            sums: Sums::NONE,
            log: [0.0; SIDE],
            base: [0.0; SIDE],
            law: [[0.0; SIDE]; 2],
        };
        Cloud {
            rows: vec![none; ROWS],
            weights: vec![0.0; PARTICLES],
            counts: vec![0; PARTICLES],
            log_total: (PARTICLES as f64).ln(),
            log_evidence: 0.0,
        }
    }

    /// Draws all from what is known before the first observation, which is made at `at_m`.
    pub(super) fn draw_first(&mut self, at_m: [f64; 2], near_m: f64, random: &mut Random) {
        for particles in &mut self.rows {
            let guess = &mut particles.guess;
            for k in 0..SIDE {
                // Of density (1 + d²/near²)^−2.
                let u = 1.0 - random.uniform();
                let distance_m = near_m as f32 * (1.0 / u - 1.0).sqrt();
                let around = std::f32::consts::TAU * random.uniform();
                guess.lies.north[k] = at_m[0] as f32 + distance_m * around.cos();
                guess.lies.east[k] = at_m[1] as f32 + distance_m * around.sin();
                guess.lies.rise[k] = RISE_SIGMA_M * random.normal();
                guess.lies.dipole[k] = if k % 2 == 0 { 1.0 } else { 0.0 };
                let axis = random.direction();
                (0..3).for_each(|n| guess.lies.axis[n][k] = axis[n]);
                guess.textures[k] = random.below(TEXTURES) as u8;
                let (least, most) = SPREAD_DB;
                guess.ln_spread[k] = least.ln() + (most / least).ln() * random.uniform();
            }
        }
    }

    /// The beacon may have moved, by `sigma_m` each way: all places are as likely as before, but less sure.
    pub(super) fn drift(&mut self, sigma_m: f32, random: &mut Random) {
        for Lies { north, east, .. } in self.rows.iter_mut().map(|row| &mut row.guess.lies) {
            north.iter_mut().chain(east).for_each(|at| *at += sigma_m * random.normal());
        }
    }

    /// Judges one row anew; the first time (`is_first`) it weighs all alike.
    pub(super) fn judge(&mut self, row: usize, judge: &mut Judge<'_>, is_first: bool) {
        let particles = &mut self.rows[row];
        let (log, law) = judge.judge(&particles.guess, &particles.sums);
        particles.log = log;
        particles.law = law;
        if is_first {
            particles.base = log;
        }
    }

    /// Reads the weights; how many particles they are worth.
    pub(super) fn weigh(&mut self) -> f64 {
        let logs =
            || self.rows.iter().flat_map(|row| row.log.iter().zip(&row.base).map(|(log, base)| log - base));
        let most = logs().fold(f32::NEG_INFINITY, f32::max);
        let (mut sum, mut square) = (0.0_f64, 0.0_f64);
        for (weight, log) in self.weights.iter_mut().zip(logs()) {
            *weight = exp(log - most);
            sum += f64::from(*weight);
            square += f64::from(*weight * *weight);
        }
        self.weights.iter_mut().for_each(|weight| *weight = (f64::from(*weight) / sum) as f32);
        let log_total = f64::from(most) + sum.ln();
        self.log_evidence += log_total - self.log_total;
        self.log_total = log_total;
        sum * sum / square
    }

    /// ln of the probability density of all that was observed.
    pub(super) fn log_evidence(&self) -> f64 {
        self.log_evidence
    }

    /// Draws them anew by their weights: systematic, what stays is not touched.
    pub(super) fn resample(&mut self, random: &mut Random) {
        let offset = random.uniform();
        let (mut sum, mut drawn) = (0.0_f32, 0_u32);
        for (count, weight) in self.counts.iter_mut().zip(&self.weights) {
            sum += weight * PARTICLES as f32;
            let until = (sum - offset).ceil().clamp(0.0, PARTICLES as f32) as u32;
            *count = until.saturating_sub(drawn);
            drawn = drawn.max(until);
        }
        // Rounding may leave one out.
        if drawn < PARTICLES as u32 {
            self.counts[PARTICLES - 1] += PARTICLES as u32 - drawn;
        }
        let mut from = 0;
        for to in 0..PARTICLES {
            if self.counts[to] > 0 {
                continue;
            }
            while self.counts[from] <= 1 {
                from += 1;
            }
            self.counts[from] -= 1;
            self.counts[to] = 1;
            self.copy(from, to);
        }
        self.rows.iter_mut().for_each(|row| row.base = row.log);
        self.weights.fill(1.0 / PARTICLES as f32);
        self.log_total = (PARTICLES as f64).ln();
    }

    /// Where a particle has the beacon, north and east, m.
    pub(super) fn place(&self, particle: usize) -> [f32; 2] {
        let lies = &self.rows[particle / SIDE].guess.lies;
        [lies.north[particle % SIDE], lies.east[particle % SIDE]]
    }

    /// A particle in few numbers.
    pub(super) fn hypothesis(&self, particle: usize) -> Hypothesis {
        let (particles, k) = (&self.rows[particle / SIDE], particle % SIDE);
        let lies = &particles.guess.lies;
        let axis = lies.axis.each_ref().map(|axis| axis[k]);
        Hypothesis {
            at: NorthEast { north_m: f64::from(lies.north[k]), east_m: f64::from(lies.east[k]) },
            rise_m: lies.rise[k],
            axis: (lies.dipole[k] != 0.0).then_some(axis),
            exponent: particles.law[1][k],
            power_100_m_db: particles.law[0][k],
        }
    }

    fn copy(&mut self, from: usize, to: usize) {
        let (from_row, to_row) = (from / SIDE, to / SIDE);
        match self.rows.get_disjoint_mut([from_row, to_row]) {
            Ok([of, row]) => row.put(to % SIDE, of, from % SIDE),
            Err(_) => {
                let of = self.rows[from_row];
                self.rows[to_row].put(to % SIDE, &of, from % SIDE);
            }
        }
    }
}

impl Particles {
    /// Puts one particle of another row in place of one of this.
    fn put(&mut self, to: usize, other: &Particles, from: usize) {
        self.guess.put(to, &other.guess, from);
        self.sums.put(to, &other.sums, from);
        self.log[to] = other.log[from];
        self.base[to] = other.base[from];
        self.law.iter_mut().zip(&other.law).for_each(|(law, other)| law[to] = other[from]);
    }

    /// A particle is moved to what is as likely by `log`: its weight stays.
    pub(super) fn accept(&mut self, k: usize, guess: &Guess, sums: &Sums, log: f32, law: &[Row; 2]) {
        self.guess.put(k, guess, k);
        self.sums.put(k, sums, k);
        self.base[k] += log - self.log[k];
        self.log[k] = log;
        self.law.iter_mut().zip(law).for_each(|(to, from)| to[k] = from[k]);
    }
}

impl Guess {
    fn put(&mut self, to: usize, other: &Guess, from: usize) {
        let (lies, others) = (&mut self.lies, &other.lies);
        lies.north[to] = others.north[from];
        lies.east[to] = others.east[from];
        lies.rise[to] = others.rise[from];
        lies.dipole[to] = others.dipole[from];
        lies.axis.iter_mut().zip(&others.axis).for_each(|(axis, other)| axis[to] = other[from]);
        self.textures[to] = other.textures[from];
        self.ln_spread[to] = other.ln_spread[from];
    }
}
