//! The law that fits: means over the particles of power, exponent, spread and texture.

use super::cloud::Cloud;
use super::lanes::SIDE;
use super::memory::{TEXTURES, Texture};
use crate::facts::Fit;

/// What fits, powers counted from `reference_db`.
pub(super) fn fit(cloud: &Cloud, textures: &[Texture; TEXTURES], reference_db: f64) -> Fit {
    let mut sums = [0.0_f64; 4];
    for (particle, weight) in cloud.weights.iter().enumerate() {
        let (particles, k) = (&cloud.rows[particle / SIDE], particle % SIDE);
        let length_m = textures[usize::from(particles.guess.textures[k])].length_m;
        let of = [particles.law[0][k], particles.law[1][k], particles.guess.ln_spread[k], length_m as f32];
        sums.iter_mut().zip(of).for_each(|(sum, of)| *sum += f64::from(weight * of));
    }
    let [power_db, exponent, ln_spread, correlation_m] = sums;
    Fit { power_100_m_db: power_db + reference_db, exponent, spread_db: ln_spread.exp(), correlation_m }
}
