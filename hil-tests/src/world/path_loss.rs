//! Mean path loss: distance and heights in, power gain (a ratio < 1) out.
//!
//! Sources: H. T. Friis, "A note on a simple transmission formula", Proc. IRE 34 (1946); log-distance law and two-ray ground
//! reflection: T. S. Rappaport, *Wireless Communications*, 2nd ed., 4.9.1 and 4.6. Under [`NEAREST_M`] nothing grows: the far field of an
//! antenna ends there. The ground is level at home's height, its reflection's phase π.

use super::LIGHT_MPS;
use crate::scenario::world::{PathLoss, Propagation};
use std::f64::consts::{PI, TAU};

/// Nearest distance that counts.
pub const NEAREST_M: f64 = 1.0;
/// Deepest null of the two rays under the direct one: rough ground leaves that much.
const NULL_RATIO: f64 = 1e-4;

/// The law of one emitter's path.
#[derive(Clone, Debug)]
pub struct Loss {
    way: Propagation,
    frequency_hz: f64,
    /// Friis' gain at 1 m.
    first_metre: f64,
}

impl Loss {
    /// For a carrier of `frequency_hz`.
    pub fn new(way: &Propagation, frequency_hz: f64) -> Loss {
        let first_metre = (LIGHT_MPS / (4.0 * PI * frequency_hz)).powi(2);
        Loss { way: way.clone(), frequency_hz, first_metre }
    }

    /// Power gain over a level distance of `ground_m` between heights `from_m` and `to_m`.
    #[inline]
    pub fn gain(&self, ground_m: f64, from_m: f64, to_m: f64) -> f64 {
        let direct_m = (ground_m * ground_m + (to_m - from_m).powi(2)).sqrt().max(NEAREST_M);
        match self.way.model {
            PathLoss::FreeSpace => self.first_metre / (direct_m * direct_m),
            PathLoss::LogDistance => self.first_metre * direct_m.powf(-self.way.exponent),
            PathLoss::TwoRay => {
                let bounced_m =
                    (ground_m * ground_m + (to_m.max(0.0) + from_m.max(0.0)).powi(2)).sqrt().max(direct_m);
                let behind = TAU * (bounced_m - direct_m) * self.frequency_hz / LIGHT_MPS;
                let bounced = -self.way.ground_reflection * direct_m / bounced_m;
                let sum = 1.0 + bounced * bounced + 2.0 * bounced * behind.cos();
                self.first_metre / (direct_m * direct_m) * sum.max(NULL_RATIO)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn db(propagation: &Propagation, ground_m: f64, from_m: f64, to_m: f64) -> f64 {
        10.0 * Loss::new(propagation, 433.92e6).gain(ground_m, from_m, to_m).log10()
    }

    #[test]
    fn free_space_is_friis() {
        let friis = Propagation { model: PathLoss::FreeSpace, ..Propagation::default() };
        // ITU-R P.525: 32.45 + 20 log f/MHz + 20 log d/km.
        let itu = |d_m: f64| -(32.4478 + 20.0 * 433.92_f64.log10() + 20.0 * (d_m / 1e3).log10());
        for d_m in [1.0, 30.0, 1_000.0] {
            assert!((db(&friis, d_m, 1.0, 1.0) - itu(d_m)).abs() < 0.01);
        }
        assert!((db(&friis, 30.0, 1.0, 41.0) - itu(50.0)).abs() < 0.01);
        assert_eq!(db(&friis, 0.0, 1.0, 1.0), db(&friis, 1.0, 1.0, 1.0));
    }

    #[test]
    fn log_distance_falls_ten_n_a_decade_from_friis_at_one_metre() {
        let law = Propagation { model: PathLoss::LogDistance, exponent: 3.1, ..Propagation::default() };
        assert!((db(&law, 10.0, 0.0, 0.0) - db(&law, 100.0, 0.0, 0.0) - 31.0).abs() < 1e-9);
        let friis = Propagation { model: PathLoss::FreeSpace, ..law.clone() };
        assert!((db(&law, 1.0, 0.0, 0.0) - db(&friis, 1.0, 0.0, 0.0)).abs() < 1e-9);
    }

    #[test]
    fn two_rays_become_the_fourth_power_far_away() {
        let rays = Propagation { model: PathLoss::TwoRay, ground_reflection: 1.0, ..Propagation::default() };
        // (h1·h2/d²)² beyond the breakpoint 4·h1·h2/λ ≈ 290 m (Rappaport 4.52).
        let (h1, h2) = (1.0, 50.0_f64);
        for d_m in [4_000.0_f64, 8_000.0] {
            let closed = 20.0 * (h1 * h2 / (d_m * d_m)).log10();
            assert!((db(&rays, d_m, h1, h2) - closed).abs() < 0.1, "{}", db(&rays, d_m, h1, h2) - closed);
        }
        // Without a reflection it is Friis; with one it is never over +6 dB of it, and the null has a floor.
        let friis = Propagation { model: PathLoss::FreeSpace, ..rays.clone() };
        let bare = Propagation { ground_reflection: 0.0, ..rays.clone() };
        for n in 1..2_000 {
            let d_m = f64::from(n) * 0.5;
            assert!((db(&bare, d_m, h1, h2) - db(&friis, d_m, h1, h2)).abs() < 1e-9);
            let over = db(&rays, d_m, h1, h2) - db(&friis, d_m, h1, h2);
            assert!((-40.001..=6.021).contains(&over), "{d_m} m: {over}");
        }
    }
}
