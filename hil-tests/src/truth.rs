//! Where the aircraft truly is: what the world hears from, and what verdicts are counted against. The autopilot's own belief
//! (with GPS noise, drift and glitches) is another thing, and lives in `aircraft`.
#![allow(missing_docs, reason = "what a name with its unit says is not said again")]

use skyhound::geo::{NorthEast, Origin, Wgs84};
use std::sync::Arc;
use std::time::Instant;

/// Where the aircraft truly is now. Asked some hundred times a second, from any thread; it must answer at once.
pub type Poses = Arc<dyn Fn() -> TruePose + Send + Sync>;

/// Of an aircraft that hangs over home while time goes on.
pub fn hovering(up_m: f64) -> Poses {
    let since = Instant::now();
    Arc::new(move || TruePose { at_us: since.elapsed().as_micros() as u64, up_m, ..TruePose::default() })
}

/// The aircraft at one moment. Position is NED metres about the scenario's place (home, on the ground), velocity NED.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct TruePose {
    /// Microseconds since the scenario began.
    pub at_us: u64,
    pub north_m: f64,
    pub east_m: f64,
    pub up_m: f64,
    pub north_mps: f64,
    pub east_mps: f64,
    pub down_mps: f64,
    /// Roll, −π..=π.
    pub roll_rad: f64,
    /// Pitch, −π..=π.
    pub pitch_rad: f64,
    /// Yaw from true north, clockwise, −π..=π.
    pub yaw_rad: f64,
    /// Yaw rate, clockwise from above.
    pub yaw_rate_rad_s: f64,
}

impl TruePose {
    /// Horizontal distance to a place `north_m`, `east_m` of home.
    pub fn distance_m(&self, north_m: f64, east_m: f64) -> f64 {
        (self.north_m - north_m).hypot(self.east_m - east_m)
    }

    /// Ground speed.
    pub fn speed_mps(&self) -> f64 {
        self.north_mps.hypot(self.east_mps)
    }

    /// Carried on (or back) by its own velocity to that time, for `most_us` at most.
    pub fn carried(&self, at_us: u64, most_us: u64) -> TruePose {
        let most_us = most_us as f64;
        let ahead_s = (at_us as f64 - self.at_us as f64).clamp(-most_us, most_us) / 1e6;
        TruePose {
            at_us,
            north_m: self.north_m + self.north_mps * ahead_s,
            east_m: self.east_m + self.east_mps * ahead_s,
            up_m: self.up_m - self.down_mps * ahead_s,
            yaw_rad: skyhound::geo::wrap_pi(self.yaw_rad + self.yaw_rate_rad_s * ahead_s),
            ..*self
        }
    }

    /// WGS84 degrees of this pose about `home`.
    pub fn place(&self, home: &Origin) -> Wgs84 {
        home.wgs84_from_ned(NorthEast { north_m: self.north_m, east_m: self.east_m })
    }
}
