//! What stands about an emitter (ground, trees, buildings): what it costs more than the law of distance says, and how much that cost
//! spreads, by the angle of elevation at which the aircraft is seen from the emitter.
//!
//! A. Al-Hourani, S. Kandeepan & A. Jamalipour, "Modeling air-to-ground path loss for low altitude platforms in urban environments",
//! IEEE Globecom 2014: links are in sight or not, each group with its mean excess loss and a spread σ = a·exp(−b·θ); the share in sight is
//! 1/(1 + A·exp(−B·(θ − A))) (Al-Hourani, Kandeepan & Lardner, IEEE Wireless Commun. Lett. 3, 2014). Here both groups are one normal
//! law in decibels with the mean and the variance of the mixture, so that power is smooth over place: the spread of the groups and that
//! between them. Under the lowest angle of a source its σ is held. That of rays traced behind buildings, 15 dB and more, would let one
//! in seven through stronger than with nothing in the way: it is bounded by what is measured there, 8 dB (3GPP TR 38.901, table 7.4.1-1,
//! RMa; TR 36.777, table B-3, UMi-AV).

use serde::Deserialize;

/// σ of a group is this at most.
const SIGMA_MAX_DB: f64 = 8.0;

/// Clutter about an emitter.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
pub enum Clutter {
    /// The same spread at every angle, and no loss.
    Even {
        /// Standard deviation.
        sigma_db: f64,
    },
    /// In sight or not, by elevation.
    Sight(Sight),
}

/// Links in sight and those that are not.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
pub struct Sight {
    /// A of the share in sight; 0: all are.
    pub a_deg: f64,
    /// B of the share in sight.
    pub b_per_deg: f64,
    /// Lowest angle of the spreads' source.
    pub from_deg: f64,
    /// Those in sight.
    pub clear: Group,
    /// Those that are not.
    pub hidden: Group,
}

/// Links of one kind.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
pub struct Group {
    /// Mean loss over that of free space.
    pub excess_db: f64,
    /// a of σ.
    pub sigma_db: f64,
    /// b of σ.
    pub sigma_per_deg: f64,
}

impl Group {
    /// Variance at an elevation.
    fn variance_db2(&self, elevation_deg: f64) -> f64 {
        (self.sigma_db * (-self.sigma_per_deg * elevation_deg).exp()).min(SIGMA_MAX_DB).powi(2)
    }
}

impl Sight {
    /// Share of links in sight at an elevation.
    pub fn clear_ratio(&self, elevation_deg: f64) -> f64 {
        1.0 / (1.0 + self.a_deg * (-self.b_per_deg * (elevation_deg - self.a_deg)).exp())
    }

    fn variance_db2(&self, elevation_deg: f64) -> f64 {
        let clear = self.clear_ratio(elevation_deg);
        let between_db = self.hidden.excess_db - self.clear.excess_db;
        let held_deg = elevation_deg.max(self.from_deg);
        clear * self.clear.variance_db2(held_deg)
            + (1.0 - clear) * self.hidden.variance_db2(held_deg)
            + clear * (1.0 - clear) * between_db * between_db
    }
}

impl Clutter {
    /// Mean loss over that of the law of distance, dB, at an elevation of 0..=90°.
    #[inline]
    pub fn excess_db(&self, elevation_deg: f64) -> f64 {
        match self {
            Clutter::Even { .. } => 0.0,
            Clutter::Sight(sight) => {
                let clear = sight.clear_ratio(elevation_deg);
                clear * sight.clear.excess_db + (1.0 - clear) * sight.hidden.excess_db
            }
        }
    }

    /// Standard deviation of the shadowing, dB, at an elevation of 0..=90°.
    #[inline]
    pub fn sigma_db(&self, elevation_deg: f64) -> f64 {
        match self {
            Clutter::Even { sigma_db } => *sigma_db,
            Clutter::Sight(sight) => sight.variance_db2(elevation_deg).sqrt(),
        }
    }

    /// Whether the angle of elevation counts.
    pub const fn is_even(&self) -> bool {
        matches!(self, Clutter::Even { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The urban environment at 700 MHz.
    const URBAN: Sight = Sight {
        a_deg: 9.61,
        b_per_deg: 0.16,
        from_deg: 15.0,
        clear: Group { excess_db: 0.6, sigma_db: 10.98, sigma_per_deg: 0.05 },
        hidden: Group { excess_db: 17.0, sigma_db: 23.31, sigma_per_deg: 0.03 },
    };

    #[test]
    fn sight_excess_and_spread_are_those_of_the_mixture() {
        let urban = Clutter::Sight(URBAN);
        // At A degrees 1/(1 + A); at 30° 1/(1 + 9.61·exp(−0.16·20.39)).
        assert!((URBAN.clear_ratio(9.61) - 1.0 / 10.61).abs() < 1e-12);
        let clear = 0.730_93;
        assert!((URBAN.clear_ratio(30.0) - clear).abs() < 1e-3, "{}", URBAN.clear_ratio(30.0));
        assert!((urban.excess_db(30.0) - (0.6 * clear + 17.0 * (1.0 - clear))).abs() < 0.02);
        // In sight 10.98·e^−1.5 = 2.45 dB; hidden 23.31·e^−0.9 = 9.48, bounded by 8; 16.4 dB between them.
        let variance =
            clear * 2.45_f64.powi(2) + (1.0 - clear) * 64.0 + clear * (1.0 - clear) * 16.4_f64.powi(2);
        assert!((urban.sigma_db(30.0) - variance.sqrt()).abs() < 0.02, "{}", urban.sigma_db(30.0));
        // Drawn link by link it is the same: a mixture by chance, its mean and its variance.
        let links = 200_000;
        let chance = |n: u32| (f64::from(n) * 0.618_033_988_749_895).fract();
        let loss = |n: u32| {
            let group = if chance(n) < URBAN.clear_ratio(50.0) { URBAN.clear } else { URBAN.hidden };
            // Two equal steps of ±σ have its variance.
            group.excess_db + group.variance_db2(50.0).sqrt() * if n.is_multiple_of(2) { 1.0 } else { -1.0 }
        };
        let mean = (0..links).map(loss).sum::<f64>() / f64::from(links);
        let spread = ((0..links).map(|n| (loss(n) - mean).powi(2)).sum::<f64>() / f64::from(links)).sqrt();
        assert!((mean - urban.excess_db(50.0)).abs() < 0.02 && (spread - urban.sigma_db(50.0)).abs() < 0.02);
    }

    #[test]
    fn the_spread_falls_from_bounded_to_almost_none_overhead() {
        let urban = Clutter::Sight(URBAN);
        for deg in 0..90 {
            let (low, high) = (f64::from(deg), f64::from(deg + 1));
            assert!(urban.excess_db(low) > urban.excess_db(high), "{low}°");
            assert!((0.0..10.5).contains(&urban.sigma_db(low)), "{low}°: {}", urban.sigma_db(low));
            assert!(
                deg < 30 || urban.sigma_db(low) > urban.sigma_db(high),
                "{low}°: {}",
                urban.sigma_db(low)
            );
        }
        assert!(urban.sigma_db(90.0) < 0.2 && urban.excess_db(90.0) < 0.61);
        let even = Clutter::Even { sigma_db: 10.0 };
        assert_eq!([even.sigma_db(0.0), even.sigma_db(90.0), even.excess_db(5.0)], [10.0, 10.0, 0.0]);
    }
}
