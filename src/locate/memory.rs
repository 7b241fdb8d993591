//! The observations that are kept, each with what the nearest of those before it say of its shadowing.
//!
//! Shadowing is correlated over tens of metres, so an observation tells only what its neighbours did not: its row of the model is
//! whitened by them, u − Σ wⱼ·uⱼ, of variance v (A. V. Vecchia, J. R. Stat. Soc. B 50 (1988) 297; nearest neighbours: Datta, Banerjee, Finley &
//! Gelfand, JASA 111 (2016) 800). Covariance over distance d in space: σ²·(exp(−d/L) + nugget where d = 0) (Gudmundson 1991).
#![allow(clippy::needless_range_loop, reason = "several rows and matrices are walked at once by one index")]

use super::lanes::{Row, SIDE};
use super::{Antenna, Observation};

/// Neighbours that an observation is whitened by.
pub(super) const NEIGHBOURS: usize = 4;
/// Observations kept: some 3 km of way. When there are more, every other one is given up.
pub(super) const OBSERVATIONS_MAX: usize = 384;

/// The last ones are kept, however old.
const LASTING: usize = 4;

/// How shadowing looks, and what clutter hides.
#[derive(Copy, Clone, Debug)]
pub(super) struct Texture {
    /// Distance at which its correlation has fallen to 1/e, m.
    pub(super) length_m: f64,
    /// What is not correlated at all (fading, noise), of the variance.
    nugget: f64,
    /// Square of the sine of the elevation at which its spread has fallen half the way, and how much is left overhead.
    calm: (f32, f32),
    /// Square of the sine of the elevation at which half of the clutter's loss is left.
    hidden: f32,
    /// That loss at the horizon, dB (negative), before anything is heard: mean and standard deviation.
    pub(super) hidden_db: (f64, f64),
}

/// Textures that are tried.
pub(super) const TEXTURES: usize = 12;
const LENGTHS_M: [f64; 3] = [15.0, 35.0, 80.0];

/// Those of an antenna: each length, with little and with much that is not correlated, the same at all elevations (the spread and the loss)
/// or of trees and houses, which fall as one looks over them (A. Al-Hourani, S. Kandeepan & A. Jamalipour, Globecom 2014, suburban). Of an antenna
/// whose pattern and pose are not known they are mixed with those, and fall less; of a directional one much is not correlated, for the airframe
/// bends its pattern otherwise at each heading.
pub(super) const fn textures(antenna: Antenna) -> [Texture; TEXTURES] {
    let none = Texture { length_m: 0.0, nugget: 0.0, calm: (1.0, 1.0), hidden: 0.1, hidden_db: (0.0, 0.5) };
    let mut all = [none; TEXTURES];
    let mut n = 0;
    while n < TEXTURES {
        let (nuggets, over) = match antenna {
            Antenna::Whip => ([0.03, 0.2], ((0.08, 0.08), 0.022, (-12.0, 6.0))),
            Antenna::Omni => ([0.15, 0.3], ((0.35, 0.55), 0.117, (-6.0, 5.0))),
            Antenna::Directional(_) => ([0.3, 1.0], ((0.08, 0.08), 0.022, (-12.0, 6.0))),
        };
        all[n].length_m = LENGTHS_M[n % 3];
        all[n].nugget = nuggets[n / 3 % 2];
        if n / 6 == 1 {
            (all[n].calm, all[n].hidden, all[n].hidden_db) = over;
        }
        n += 1;
    }
    all
}

impl Texture {
    /// Standard deviation over that at the horizon.
    #[inline(always)]
    pub(super) fn calm(&self, sine2: f32) -> f32 {
        calm(self.calm, sine2)
    }

    /// Share of the clutter's loss.
    #[inline(always)]
    pub(super) fn hidden(&self, sine2: f32) -> f32 {
        hidden(self.hidden, sine2)
    }
}

#[inline(always)]
fn calm((half, least): (f32, f32), sine2: f32) -> f32 {
    least + (1.0 - least) / (1.0 + sine2 / half)
}

#[inline(always)]
fn hidden(half: f32, sine2: f32) -> f32 {
    let of_half = sine2 / half;
    1.0 / (1.0 + of_half * of_half)
}

/// The textures of a row of particles.
pub(super) struct Textured {
    half: Row,
    least: Row,
    hidden: Row,
}

impl Textured {
    /// Of this number each.
    pub(super) fn of(textures: &[Texture; TEXTURES], of: &[u8; SIDE]) -> Textured {
        let mut textured = Textured { half: [0.0; SIDE], least: [0.0; SIDE], hidden: [0.0; SIDE] };
        for k in 0..SIDE {
            let texture = &textures[usize::from(of[k])];
            (textured.half[k], textured.least[k]) = texture.calm;
            textured.hidden[k] = texture.hidden;
        }
        textured
    }

    /// Standard deviation over that at the horizon.
    #[inline(always)]
    pub(super) fn calm(&self, sine2: &Row) -> Row {
        let mut all = [0.0; SIDE];
        for k in 0..SIDE {
            all[k] = calm((self.half[k], self.least[k]), sine2[k]);
        }
        all
    }

    /// Share of the clutter's loss.
    #[inline(always)]
    pub(super) fn hidden(&self, sine2: &Row) -> Row {
        let mut all = [0.0; SIDE];
        for k in 0..SIDE {
            all[k] = hidden(self.hidden[k], sine2[k]);
        }
        all
    }
}

/// An observation with its neighbours.
#[derive(Copy, Clone, Debug)]
pub(super) struct Kept {
    pub(super) observation: Observation,
    neighbour_count: usize,
    neighbours: [u16; NEIGHBOURS],
    pub(super) weights: [[f32; NEIGHBOURS]; TEXTURES],
    /// Over its variance given its neighbours, of σ² = 1.
    pub(super) precision: [f32; TEXTURES],
}

/// All that are kept.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub(super) textures: [Texture; TEXTURES],
    kept: Vec<Kept>,
    /// All that ever came.
    came: usize,
}

impl Kept {
    /// Slots of its neighbours.
    pub(super) fn neighbours(&self) -> &[u16] {
        &self.neighbours[..self.neighbour_count]
    }
}

impl Memory {
    pub(super) fn new(antenna: Antenna) -> Memory {
        Memory { textures: textures(antenna), kept: Vec::with_capacity(OBSERVATIONS_MAX), came: 0 }
    }

    /// Observations that came, the forgotten too.
    pub(super) fn came(&self) -> usize {
        self.came
    }

    /// Observations that are kept.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// One that is kept, in order of coming.
    pub(super) fn get(&self, number: usize) -> &Kept {
        &self.kept[number]
    }

    /// Takes one more; whether others were given up for it, those that are older than `window_us` before all. Then half a millisecond
    /// goes by.
    pub(super) fn push(&mut self, observation: Observation, window_us: Option<u64>) -> bool {
        let age_us = |kept: &Kept| observation.at_us.since_us(kept.observation.at_us);
        // Not at each, for all that remain are looked at anew.
        let is_old =
            |window_us| self.kept.first().is_some_and(|first| age_us(first) > window_us + window_us / 2);
        let window_us = window_us.filter(|window_us| is_old(*window_us));
        let is_full = self.kept.len() == OBSERVATIONS_MAX;
        if let Some(window_us) = window_us {
            let last = self.kept.len().saturating_sub(LASTING);
            self.thin(|number, kept| number >= last || age_us(kept) <= window_us);
        } else if is_full {
            self.thin(|number, _| number % 2 == 0);
        }
        self.kept.push(self.with_neighbours(observation, self.kept.len()));
        self.came += 1;
        is_full || window_us.is_some()
    }

    /// Gives up all but some.
    fn thin(&mut self, stays: impl Fn(usize, &Kept) -> bool) {
        let mut count = 0;
        for number in 0..self.kept.len() {
            if stays(number, &self.kept[number]) {
                self.kept[count] = self.with_neighbours(self.kept[number].observation, count);
                count += 1;
            }
        }
        self.kept.truncate(count);
    }

    /// An observation with its neighbours among the first so many.
    fn with_neighbours(&self, observation: Observation, among: usize) -> Kept {
        let mut nearest = [(f64::INFINITY, 0_u16); NEIGHBOURS];
        for (other, kept) in self.kept[..among].iter().enumerate() {
            let entry = (observation.distance_m(&kept.observation), other as u16);
            if entry.0 < nearest[NEIGHBOURS - 1].0 {
                let at = nearest.partition_point(|known| known.0 <= entry.0);
                nearest.copy_within(at..NEIGHBOURS - 1, at + 1);
                nearest[at] = entry;
            }
        }
        let neighbour_count = nearest.partition_point(|known| known.0.is_finite());
        let neighbours = nearest.map(|(_, other)| other);
        let mut kept = Kept {
            observation,
            neighbour_count,
            neighbours,
            weights: [[0.0; NEIGHBOURS]; TEXTURES],
            precision: [0.0; TEXTURES],
        };
        let near = &neighbours[..neighbour_count];
        for (texture, (weights, precision)) in
            self.textures.iter().zip(kept.weights.iter_mut().zip(&mut kept.precision))
        {
            let variance = self.krige(&observation, near, texture, weights);
            *precision = (1.0 / variance) as f32;
        }
        kept
    }

    /// Simple kriging from the neighbours: their weights, and the variance that is left, of σ² = 1.
    fn krige(&self, to: &Observation, near: &[u16], texture: &Texture, weights: &mut [f32]) -> f64 {
        let count = near.len();
        let at = |n: usize| &self.kept[usize::from(near[n])].observation;
        let correlation = |a: &Observation, b: &Observation| (-a.distance_m(b) / texture.length_m).exp();
        let own = 1.0 + texture.nugget;
        // Gauss–Jordan without pivots: the matrix is positive definite by its nugget.
        let mut rows = [[0.0; NEIGHBOURS + 1]; NEIGHBOURS];
        for p in 0..count {
            for q in 0..count {
                rows[p][q] = if p == q { own } else { correlation(at(p), at(q)) };
            }
            rows[p][NEIGHBOURS] = correlation(to, at(p));
        }
        for p in 0..count {
            let pivot = rows[p][p];
            rows[p].iter_mut().for_each(|value| *value /= pivot);
            let row = rows[p];
            for (_, other) in rows.iter_mut().enumerate().take(count).filter(|(q, _)| *q != p) {
                let factor = other[p];
                other.iter_mut().zip(row).for_each(|(value, from)| *value -= factor * from);
            }
        }
        let mut variance = own;
        for p in 0..count {
            let weight = rows[p][NEIGHBOURS];
            weights[p] = weight as f32;
            variance -= weight * correlation(to, at(p));
        }
        variance.max(1e-3)
    }
}
