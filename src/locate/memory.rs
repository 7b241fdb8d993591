//! The observations that are kept, each with what the nearest of those before it say of its shadowing.
//!
//! Shadowing is correlated over tens of metres, so an observation tells only what its neighbours did not: its row of the model is
//! whitened by them, u − Σ wⱼ·uⱼ, of variance v (A. V. Vecchia, J. R. Stat. Soc. B 50 (1988) 297; nearest neighbours: Datta, Banerjee, Finley &
//! Gelfand, JASA 111 (2016) 800). Covariance over distance d in space: σ²·(exp(−d/L) + nugget where d = 0) (Gudmundson 1991).
#![allow(clippy::needless_range_loop, reason = "several rows and matrices are walked at once by one index")]

use super::Observation;

/// Neighbours that an observation is whitened by.
pub(super) const NEIGHBOURS: usize = 4;
/// Observations kept: ten minutes at 8 m/s, one each 13 m. The oldest make room.
pub(super) const OBSERVATIONS_MAX: usize = 384;

/// How shadowing looks.
#[derive(Copy, Clone, Debug)]
pub(super) struct Texture {
    /// Distance at which its correlation has fallen to 1/e, m.
    pub(super) length_m: f64,
    /// What is not correlated at all (fading, noise), of the variance.
    nugget: f64,
    /// Whether its spread falls with elevation.
    pub(super) is_calm_above: bool,
}

/// Those that are tried.
pub(super) const TEXTURES: [Texture; 2] = [
    Texture { length_m: 35.0, nugget: 0.15, is_calm_above: false },
    Texture { length_m: 35.0, nugget: 0.15, is_calm_above: true },
];

/// An observation with its neighbours.
#[derive(Copy, Clone, Debug)]
pub(super) struct Kept {
    pub(super) observation: Observation,
    pub(super) neighbour_count: usize,
    pub(super) neighbours: [u16; NEIGHBOURS],
    pub(super) weights: [[f32; NEIGHBOURS]; TEXTURES.len()],
    /// Over its variance given its neighbours, of σ² = 1.
    pub(super) precision: [f32; TEXTURES.len()],
}

/// All that are kept, in a ring.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    kept: Vec<Kept>,
    /// All that ever came.
    total: usize,
}

impl Memory {
    pub(super) fn new() -> Memory {
        Memory { kept: Vec::with_capacity(OBSERVATIONS_MAX), total: 0 }
    }

    /// Observations that came, the forgotten too.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The number of the oldest that is kept.
    pub(super) fn oldest(&self) -> usize {
        self.total - self.kept.len()
    }

    /// Observation `number`, counted from the first that came; one that is kept.
    pub(super) fn get(&self, number: usize) -> &Kept {
        &self.kept[number % OBSERVATIONS_MAX]
    }

    /// The one in this place of the ring.
    pub(super) fn slot(&self, slot: u16) -> &Kept {
        &self.kept[usize::from(slot)]
    }

    /// Takes one more.
    pub(super) fn push(&mut self, observation: Observation) {
        let slot = self.total % OBSERVATIONS_MAX;
        let kept = self.with_neighbours(observation, slot);
        match self.kept.get_mut(slot) {
            Some(place) => *place = kept,
            None => self.kept.push(kept),
        }
        self.total += 1;
    }

    fn with_neighbours(&self, observation: Observation, slot: usize) -> Kept {
        let mut nearest = [(f64::INFINITY, 0_u16); NEIGHBOURS];
        for (other, kept) in self.kept.iter().enumerate().filter(|(other, _)| *other != slot) {
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
            weights: [[0.0; NEIGHBOURS]; TEXTURES.len()],
            precision: [0.0; TEXTURES.len()],
        };
        let near = &neighbours[..neighbour_count];
        for (texture, (weights, precision)) in
            TEXTURES.iter().zip(kept.weights.iter_mut().zip(&mut kept.precision))
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
