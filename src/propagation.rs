//! How a radio wave fades with distance, and what noise it meets: what a search is planned by, and what the simulated world is made of.
//!
//! Sources: H. T. Friis, "A note on a simple transmission formula", Proc. IRE 34 (1946); log-distance law and two-ray ground
//! reflection: T. S. Rappaport, *Wireless Communications*, 2nd ed., 4.9.1 and 4.6; radio horizon over an earth of 4/3 of its radius:
//! ITU-R P.834; noise of a receiver kT₀F (Johnson, Nyquist 1928; T₀ = 290 K, the IEEE's reference) and man-made noise: ITU-R P.372-16,
//! table 2. Under [`NEAREST_M`] nothing grows: the far field of an antenna ends there. The ground is level, its reflection's phase π.

use crate::units::{db_from_ratio, ratio_from_db};
use std::f64::consts::{PI, TAU};

/// Speed of light.
pub const LIGHT_MPS: f64 = 299_792_458.0;
/// Nearest distance that counts, m.
pub const NEAREST_M: f64 = 1.0;
/// k·290 K, dBm/Hz.
pub const KT0_DBM_HZ: f64 = -173.975;
/// Deepest null of the two rays under the direct one: rough ground leaves that much.
const NULL_RATIO: f64 = 1e-4;
/// Radius of the earth and its ratio for rays that bend in a normal atmosphere.
const EARTH_M: f64 = 6_371e3;
const BEND_RATIO: f64 = 4.0 / 3.0;

/// Mean path loss.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Model {
    /// Friis.
    FreeSpace,
    /// Friis to 1 m, then 10·n·log10(d) with the exponent n.
    LogDistance(f64),
    /// Direct ray and one reflected by the ground, with the magnitude of its coefficient.
    TwoRay(f64),
}

/// The law of one emitter's path.
#[derive(Clone, Debug)]
pub struct Loss {
    model: Model,
    frequency_hz: f64,
    /// Friis' gain at 1 m.
    first_metre: f64,
}

impl Loss {
    /// For a carrier of `frequency_hz`.
    pub fn new(model: Model, frequency_hz: f64) -> Loss {
        let first_metre = (LIGHT_MPS / (4.0 * PI * frequency_hz)).powi(2);
        Loss { model, frequency_hz, first_metre }
    }

    /// Power gain (a ratio < 1) over a level distance of `ground_m` between heights `from_m` and `to_m`.
    #[inline]
    pub fn gain(&self, ground_m: f64, from_m: f64, to_m: f64) -> f64 {
        let direct_m = (ground_m * ground_m + (to_m - from_m).powi(2)).sqrt().max(NEAREST_M);
        match self.model {
            Model::FreeSpace => self.first_metre / (direct_m * direct_m),
            Model::LogDistance(exponent) => self.first_metre * direct_m.powf(-exponent),
            Model::TwoRay(reflection) => {
                let bounced_m =
                    (ground_m * ground_m + (to_m.max(0.0) + from_m.max(0.0)).powi(2)).sqrt().max(direct_m);
                let behind = TAU * (bounced_m - direct_m) * self.frequency_hz / LIGHT_MPS;
                let bounced = -reflection * direct_m / bounced_m;
                let sum = 1.0 + bounced * bounced + 2.0 * bounced * behind.cos();
                self.first_metre / (direct_m * direct_m) * sum.max(NULL_RATIO)
            }
        }
    }

    /// Level distances up to `most_m` within which the gain is `least` or more.
    pub fn reach(&self, least: f64, from_m: f64, to_m: f64, most_m: f64) -> Reach {
        // Steps of a third of a per cent, the interference of two rays over metres near the emitter being nothing to plan by.
        let step = 1.0 + 1.0 / 300.0;
        let is_heard = |ground_m: f64| self.gain(ground_m, from_m, to_m) >= least;
        let (mut reach, mut ground_m, mut was_heard) = (Reach::default(), NEAREST_M, true);
        if !is_heard(0.0) && !is_heard(ground_m) {
            was_heard = false;
        }
        while ground_m < most_m {
            let next_m = (ground_m * step).min(most_m);
            let heard = is_heard(next_m);
            if heard {
                reach.farthest_m = next_m;
                reach.heard_m += next_m - ground_m;
            }
            if was_heard && heard {
                reach.first_gap_m = next_m;
            }
            was_heard &= heard;
            ground_m = next_m;
        }
        reach
    }
}

/// Where an emitter is over a level, along a straight line from it.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Reach {
    /// The farthest place, m; 0: nowhere.
    pub farthest_m: f64,
    /// Up to here without a gap, m.
    pub first_gap_m: f64,
    /// Length of all places together, m.
    pub heard_m: f64,
}

/// Distance to which two heights over level ground see each other, m.
pub fn horizon_m(one_m: f64, other_m: f64) -> f64 {
    let of = |height_m: f64| (2.0 * BEND_RATIO * EARTH_M * height_m.max(0.0)).sqrt();
    of(one_m) + of(other_m)
}

/// Man-made noise about the receiver.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Surroundings {
    /// Business and industry.
    City,
    /// Houses.
    Residential,
    /// Fields.
    Rural,
    /// Far from everything: what the sky leaves.
    Quiet,
}

impl Surroundings {
    /// Median of the external noise figure, dB over kT₀: c − d·log10(f/MHz). Stated up to 250 MHz and carried on beyond, where the
    /// receiver's own is more; quiet is the sky's alone, which there is what is left of it.
    pub fn noise_figure_db(self, frequency_hz: f64) -> f64 {
        let (c, d) = match self {
            Surroundings::City => (76.8, 27.7),
            Surroundings::Residential => (72.5, 27.7),
            Surroundings::Rural => (67.2, 27.7),
            Surroundings::Quiet => (52.0, 23.0),
        };
        c - d * (frequency_hz / 1e6).log10()
    }

    /// Noise at the antenna's port with a receiver of this noise figure, dBm/Hz: fₐ + f − 1 times kT₀, fₐ no less than the 290 K of the
    /// ground below.
    pub fn noise_dbm_hz(self, frequency_hz: f64, receiver_db: f64) -> f64 {
        let external = ratio_from_db(self.noise_figure_db(frequency_hz)).max(1.0);
        KT0_DBM_HZ + db_from_ratio(external + ratio_from_db(receiver_db) - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn db(model: Model, ground_m: f64, from_m: f64, to_m: f64) -> f64 {
        db_from_ratio(Loss::new(model, 433.92e6).gain(ground_m, from_m, to_m))
    }

    #[test]
    fn free_space_is_friis() {
        // ITU-R P.525: 32.45 + 20 log f/MHz + 20 log d/km.
        let itu = |d_m: f64| -(32.4478 + 20.0 * 433.92_f64.log10() + 20.0 * (d_m / 1e3).log10());
        for d_m in [1.0, 30.0, 1_000.0] {
            assert!((db(Model::FreeSpace, d_m, 1.0, 1.0) - itu(d_m)).abs() < 0.01);
        }
        assert!((db(Model::FreeSpace, 30.0, 1.0, 41.0) - itu(50.0)).abs() < 0.01);
        assert_eq!(db(Model::FreeSpace, 0.0, 1.0, 1.0), db(Model::FreeSpace, 1.0, 1.0, 1.0));
    }

    #[test]
    fn log_distance_falls_ten_n_a_decade_from_friis_at_one_metre() {
        let law = Model::LogDistance(3.1);
        assert!((db(law, 10.0, 0.0, 0.0) - db(law, 100.0, 0.0, 0.0) - 31.0).abs() < 1e-9);
        assert!((db(law, 1.0, 0.0, 0.0) - db(Model::FreeSpace, 1.0, 0.0, 0.0)).abs() < 1e-9);
    }

    #[test]
    fn two_rays_become_the_fourth_power_far_away() {
        // (h1·h2/d²)² beyond the breakpoint 4·h1·h2/λ ≈ 290 m (Rappaport 4.52).
        let (h1, h2, rays) = (1.0, 50.0_f64, Model::TwoRay(1.0));
        for d_m in [4_000.0_f64, 8_000.0] {
            let closed = 20.0 * (h1 * h2 / (d_m * d_m)).log10();
            assert!((db(rays, d_m, h1, h2) - closed).abs() < 0.1, "{}", db(rays, d_m, h1, h2) - closed);
        }
        // Without a reflection it is Friis; with one it is never over +6 dB of it, and the null has a floor.
        for n in 1..2_000 {
            let d_m = f64::from(n) * 0.5;
            let friis = db(Model::FreeSpace, d_m, h1, h2);
            assert!((db(Model::TwoRay(0.0), d_m, h1, h2) - friis).abs() < 1e-9);
            let over = db(rays, d_m, h1, h2) - friis;
            assert!((-40.001..=6.021).contains(&over), "{d_m} m: {over}");
        }
    }

    #[test]
    fn the_reach_ends_where_the_gain_does() {
        let loss = Loss::new(Model::FreeSpace, 433.92e6);
        let reach = loss.reach(loss.gain(800.0, 1.0, 41.0), 1.0, 41.0, 50e3);
        for m in [reach.farthest_m, reach.first_gap_m] {
            assert!((m / 800.0 - 1.0).abs() < 0.004, "{reach:?}");
        }
        // Between nulls of two rays it is heard here and there.
        let rays = Loss::new(Model::TwoRay(0.9), 433.92e6);
        let reach = rays.reach(loss.gain(150.0, 1.0, 41.0), 1.0, 41.0, 50e3);
        assert!(reach.first_gap_m < reach.farthest_m && reach.heard_m < reach.farthest_m, "{reach:?}");
        assert_eq!(loss.reach(1.0, 1.0, 41.0, 50e3), Reach::default());
        assert_eq!(loss.reach(1e-30, 1.0, 41.0, 20e3).farthest_m, 20e3);
    }

    #[test]
    fn horizon_and_noise_are_the_textbooks() {
        // 4.12·(√h1 + √h2) km.
        assert!((horizon_m(40.0, 1.0) / 1e3 - 4.12 * (40.0_f64.sqrt() + 1.0)).abs() < 0.05);
        assert!((KT0_DBM_HZ - db_from_ratio(1.380_649e-23 * 290.0 * 1e3)).abs() < 1e-3);
        // Residential at 121.5 MHz: 72.5 − 27.7·2.0846.
        let residential = Surroundings::Residential;
        assert!((residential.noise_figure_db(121.5e6) - 14.76).abs() < 0.01);
        assert!((residential.noise_dbm_hz(121.5e6, 6.0) + 158.8).abs() < 0.1);
        let far = Surroundings::Quiet.noise_dbm_hz(2.4e9, 6.0) - (KT0_DBM_HZ + 6.0);
        assert!(far.abs() < 1e-9, "{far}");
    }
}
