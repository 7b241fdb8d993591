//! What is given to the posterior, and the squares in which it is told.

pub use crate::config::Antenna;
use crate::geo::NorthEast;
use crate::time::TimeUs;

/// Of a directional antenna another heading is another observation, rad: more of them at one place tell more than a pattern is worth, for the
/// airframe bends it.
pub const HEADING_RAD: f64 = 0.5;

/// Power at a place.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Observation {
    /// Metres north and east of the flight's origin.
    pub at_m: [f64; 2],
    /// Height above the beacon's supposed ground, m.
    pub up_m: f64,
    /// Power of the beacon alone, dB of any reference.
    pub power_db: f64,
    /// How the aircraft lay.
    pub frame: Frame,
    /// When it was heard.
    pub at_us: TimeUs,
}

/// How an aircraft lies: directions of length 1, north, east and up.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Frame {
    /// Where its nose points.
    pub ahead: [f64; 3],
    /// Where its whip points: up, in level flight.
    pub above: [f64; 3],
}

impl Default for Frame {
    /// Level, its nose north: where nothing is known.
    fn default() -> Frame {
        Frame { ahead: [1.0, 0.0, 0.0], above: [0.0, 0.0, 1.0] }
    }
}

impl Frame {
    /// Sum of none.
    pub const NONE: Frame = Frame { ahead: [0.0; 3], above: [0.0; 3] };

    /// Adds another, for a mean.
    pub fn add(&mut self, other: &Frame) {
        self.ahead.iter_mut().zip(other.ahead).for_each(|(sum, part)| *sum += part);
        self.above.iter_mut().zip(other.above).for_each(|(sum, part)| *sum += part);
    }

    /// A mean of frames from their sum: of no sum the default.
    pub fn normalised(&self) -> Frame {
        let normal = |of: [f64; 3], else_: [f64; 3]| {
            let length = of.iter().map(|part| part * part).sum::<f64>().sqrt();
            if length > 1e-3 { of.map(|part| part / length) } else { else_ }
        };
        let none = Frame::default();
        Frame { ahead: normal(self.ahead, none.ahead), above: normal(self.above, none.above) }
    }

    /// From roll, pitch and yaw (from true north), in the order yaw, pitch, roll.
    pub fn new(roll_rad: f64, pitch_rad: f64, yaw_rad: f64) -> Frame {
        let (sin_roll, cos_roll) = roll_rad.sin_cos();
        let (sin_pitch, cos_pitch) = pitch_rad.sin_cos();
        let (sin_yaw, cos_yaw) = yaw_rad.sin_cos();
        Frame {
            ahead: [cos_pitch * cos_yaw, cos_pitch * sin_yaw, sin_pitch],
            above: [
                -cos_roll * sin_pitch * cos_yaw - sin_roll * sin_yaw,
                sin_roll * cos_yaw - cos_roll * sin_pitch * sin_yaw,
                cos_roll * cos_pitch,
            ],
        }
    }
}

impl Observation {
    pub(super) fn distance_m(&self, other: &Observation) -> f64 {
        let [north, east] = [0, 1].map(|n| self.at_m[n] - other.at_m[n]);
        (north * north + east * east + (self.up_m - other.up_m).powi(2)).sqrt()
    }
}

/// A square that the beacon may be in.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Place {
    /// Its middle.
    pub at: NorthEast,
    /// Its edge, m.
    pub size_m: f64,
    /// That it is there, 0..=1.
    pub probability: f64,
}

impl Place {
    /// Probability over area.
    pub fn density_per_m2(&self) -> f64 {
        self.probability / (self.size_m * self.size_m)
    }
}

/// Settings.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct LocateConfig {
    /// What it is heard with.
    pub antenna: Antenna,
    /// Places further than this from where it was listened are ever less likely, m.
    pub near_m: f64,
    /// So fast may the beacon move, m/s.
    pub beacon_speed_mps: f64,
    /// How well the aircraft's place and moment are known, m.
    pub place_sigma_m: f64,
}

/// When a beacon may have moved by this, what was heard of it tells nothing more of where it is, m.
const MOVED_M: f64 = 20.0;

impl LocateConfig {
    /// After this what was heard tells nothing more of where the beacon is, µs; never where it lies still.
    pub(super) fn window_us(&self) -> Option<u64> {
        (self.beacon_speed_mps > 0.0).then(|| (MOVED_M / self.beacon_speed_mps * 1e6) as u64)
    }

    /// What a beacon that moves may be off by within that, m: one sigma each way.
    pub(super) fn moved_sigma_m(&self) -> f64 {
        if self.beacon_speed_mps > 0.0 { 0.4 * MOVED_M } else { 0.0 }
    }
}

impl Default for LocateConfig {
    fn default() -> LocateConfig {
        LocateConfig { antenna: Antenna::Omni, near_m: 150.0, beacon_speed_mps: 0.0, place_sigma_m: 3.0 }
    }
}
