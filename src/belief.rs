//! Where a beacon is believed to be, as guidance needs it: places drawn evenly from the posterior, and how wide it is.

use crate::config::Antenna;
use crate::facts::{Estimate, Fit};
use crate::geo::NorthEast;

/// Places drawn from a posterior.
pub const HYPOTHESES: usize = 48;
/// What a whip hears of the other polarisation, and how deep nulls are.
const SCATTER: f32 = 0.04;
const FILLED: f32 = 0.01;
const UP: [f32; 3] = [0.0, 0.0, 1.0];
/// Steps towards their median.
const MEDIAN_ROUNDS: usize = 12;

/// What may be so.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Where the beacon is.
    pub at: NorthEast,
    /// How much higher than supposed, m.
    pub rise_m: f32,
    /// Direction of its dipole (north, east, up); none where its antenna is not known.
    pub axis: Option<[f32; 3]>,
    /// Path-loss exponent.
    pub exponent: f32,
    /// Power at 100 m that fits to it, dB of the reference of all hypotheses.
    pub power_100_m_db: f32,
}

impl Hypothesis {
    /// Power that an antenna would hear `up_m` over the supposed ground at a place, the nose at this heading, dB of the same reference:
    /// −10·n·log10 d, the pattern of two short dipoles (J. D. Kraus, *Antennas*, 5-5), and the gain of a directional antenna.
    fn power_db(&self, at: NorthEast, up_m: f32, heading_rad: f64, antenna: &Antenna) -> f32 {
        let (north, east) = ((at.north_m - self.at.north_m) as f32, (at.east_m - self.at.east_m) as f32);
        let up = (up_m - self.rise_m).max(2.0);
        let ground2 = north * north + east * east;
        let inverse = 1.0 / (ground2 + up * up + 1.0);
        let dot = |axis: &[f32; 3]| axis[0] * north + axis[1] * east + axis[2] * up;
        let (element, factor, scatter) = match antenna {
            Antenna::Omni | Antenna::Whip => (UP, 1.0, SCATTER),
            Antenna::Directional(pattern) => {
                let (sin, cos) = (heading_rad as f32).sin_cos();
                let [boom, element] = pattern.axes([[cos, sin, 0.0], [-sin, cos, 0.0], UP]);
                (element, pattern.array(-dot(&boom) * inverse.sqrt()), pattern.scatter())
            }
        };
        let pattern = match (self.axis, antenna) {
            (None, Antenna::Omni | Antenna::Whip) => (ground2 + 0.1 * up * up) * inverse,
            (None, Antenna::Directional(_)) => {
                factor * (1.0 - dot(&element).powi(2) * inverse) + scatter + FILLED
            }
            (Some(axis), _) => {
                let along = dot(&axis);
                let own = 1.0 - along * along * inverse;
                let shared: f32 = (0..3).map(|n| axis[n] * element[n]).sum();
                let both = shared - along * dot(&element) * inverse;
                let is_omni = *antenna == Antenna::Omni;
                if is_omni { own + FILLED } else { factor * both * both + scatter * own + FILLED }
            }
        };
        self.power_100_m_db + self.exponent * (20.0 + 5.0 * inverse.log10()) + 10.0 * pattern.log10()
    }
}

/// A posterior in few numbers. Metres about the flight's origin.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Belief {
    /// Each as likely as the others.
    pub hypotheses: [Hypothesis; HYPOTHESES],
    /// The place from which the hypotheses are the least far away in the mean: a few that are far off do not move it.
    pub median: NorthEast,
    /// Radius of a circle as large as the smallest region of 50 %, m.
    pub radius_50_m: f64,
    /// Radius of a circle as large as the smallest region of 95 %, m.
    pub radius_95_m: f64,
    /// The law that fits.
    pub fit: Fit,
    /// What it is heard with.
    pub antenna: Antenna,
    /// From this power on the receiver clips, dB of the reference of all hypotheses; infinite where it did not.
    pub clip_db: f32,
    /// Observations in it.
    pub observation_count: u32,
}

impl Belief {
    /// Of an estimate, with places drawn from its posterior.
    pub fn new(
        estimate: &Estimate,
        hypotheses: [Hypothesis; HYPOTHESES],
        antenna: Antenna,
        clip_db: f32,
    ) -> Belief {
        Belief {
            hypotheses,
            median: median(&hypotheses, estimate.mean),
            radius_50_m: estimate.radius_50_m,
            radius_95_m: estimate.radius_95_m,
            fit: estimate.fit,
            antenna,
            clip_db,
            observation_count: estimate.observation_count,
        }
    }

    /// Power that would be read `up_m` over the supposed ground at a place, the nose at this heading, were a hypothesis true, dB of the
    /// reference of all.
    pub fn power_db(&self, hypothesis: &Hypothesis, at: NorthEast, up_m: f32, heading_rad: f64) -> f32 {
        hypothesis.power_db(at, up_m, heading_rad, &self.antenna).min(self.clip_db)
    }
}

/// Geometric median (E. Weiszfeld, Tohoku Math. J. 43 (1937) 355), from a first guess on.
fn median(hypotheses: &[Hypothesis], from: NorthEast) -> NorthEast {
    let mut at = from;
    for _ in 0..MEDIAN_ROUNDS {
        let (mut sum, mut north, mut east) = (0.0, 0.0, 0.0);
        for Hypothesis { at: place, .. } in hypotheses {
            // A metre: at a place itself the weight stays finite.
            let weight = 1.0 / place.distance_m(at).max(1.0);
            sum += weight;
            north += weight * place.north_m;
            east += weight * place.east_m;
        }
        at = NorthEast { north_m: north / sum, east_m: east / sum };
    }
    at
}
