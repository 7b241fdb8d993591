//! Spiral, then strongest reading: what a patient pilot without a gradient would fly.
//!
//! From where the beacon was first heard an Archimedean spiral, r = d·θ/2π with d = [`SPACING_M`] between turns, at homing's
//! own speed (`homing.speed_mps`), so that times compare. It ends when a whole turn brought nothing stronger, at the fence, or
//! when the time left is what the way back needs. Then to the strongest place, and stay.

use super::strongest::{FENCE_CLEAR_M, Strongest, is_late, towards};
use super::{Seen, Steer, Wish};
use skyhound::config::{HomingConfig, InterlockConfig};
use skyhound::geo::NorthEast;
use std::f64::consts::TAU;

/// Between turns: three quarters of what a search's legs are apart.
const SPACING_M: f64 = 30.0;
/// The law and what it remembers.
#[derive(Clone, Debug)]
pub(super) struct Spiral {
    speed_mps: f64,
    fence_m: f64,
    centre: NorthEast,
    theta_rad: f64,
    passed_us: u64,
    strongest: Strongest,
    /// At which angle of the spiral it was found.
    found_rad: f64,
    ended: bool,
}

impl Spiral {
    /// About where the aircraft is now.
    pub(super) fn new(homing: &HomingConfig, limits: &InterlockConfig, seen: &Seen<'_>) -> Spiral {
        Spiral {
            speed_mps: homing.speed_mps,
            fence_m: limits.fence.radius_m - FENCE_CLEAR_M,
            centre: seen.at,
            theta_rad: 0.0,
            passed_us: seen.now_us,
            strongest: Strongest::default(),
            found_rad: 0.0,
            ended: false,
        }
    }

    fn on_spiral(&self) -> NorthEast {
        let radius_m = SPACING_M / TAU * self.theta_rad;
        NorthEast {
            north_m: self.centre.north_m + radius_m * self.theta_rad.cos(),
            east_m: self.centre.east_m + radius_m * self.theta_rad.sin(),
        }
    }

    /// Moves the point that is followed along by the way flown in `elapsed_s`; it waits for an aircraft that falls behind.
    fn advance(&mut self, at: NorthEast, elapsed_s: f64) {
        let slope_m = SPACING_M / TAU;
        let behind_m = self.on_spiral().distance_m(at);
        if behind_m < 2.0 * self.speed_mps {
            self.theta_rad += self.speed_mps * elapsed_s / slope_m / (1.0 + self.theta_rad.powi(2)).sqrt();
        }
    }
}

impl Steer for Spiral {
    fn steer(&mut self, seen: &Seen<'_>) -> Wish {
        let elapsed_s = seen.now_us.saturating_sub(self.passed_us) as f64 / 1e6;
        self.passed_us = seen.now_us;
        if !self.ended {
            if self.strongest.listen(seen.samples) {
                self.found_rad = self.theta_rad;
            }
            self.advance(seen.at, elapsed_s);
            let place = self.strongest.place();
            let turned = place.is_some() && self.theta_rad - self.found_rad > TAU;
            let fenced = self.on_spiral().distance_m(NorthEast::default()) > self.fence_m;
            let is_late = is_late(seen, place, self.speed_mps);
            self.ended = turned || fenced || is_late;
        }
        if !self.ended {
            return Wish::Fly(towards(seen, self.on_spiral(), self.speed_mps));
        }
        self.strongest.wish(seen, self.speed_mps)
    }

    fn place(&self) -> Option<NorthEast> {
        self.strongest.place()
    }
}
