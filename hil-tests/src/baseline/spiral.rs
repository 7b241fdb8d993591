//! Spiral, then strongest reading: what a patient pilot without a gradient would fly.
//!
//! From where the beacon was first heard an Archimedean spiral, r = d·θ/2π with d = [`SPACING_M`] between turns, at homing's
//! own speed (`homing.speed_mps`), so that times compare. It ends when a whole turn brought nothing stronger, at the fence, or
//! when the time left is what the way back needs. Then to the place where the mean power of [`MEAN_US`] (of readings in which
//! the beacon is on, dB) was highest, and stay.

use super::{Sample, Seen, Steer, Wish};
use skyhound::command::Velocity;
use skyhound::config::{HomingConfig, InterlockConfig};
use skyhound::geo::NorthEast;
use std::collections::VecDeque;
use std::f64::consts::TAU;

/// Between turns: three quarters of what a search's legs are apart.
const SPACING_M: f64 = 30.0;
/// Over the straight way back, to turn, to brake and to approach.
const BACK_US: f64 = 20e6;
/// Readings are averaged over this.
const MEAN_US: u64 = 2_000_000;
/// So close to a place is there.
const THERE_M: f64 = 1.5;
/// Towards a place: 1 m/s per 2 m, which a multirotor's own position controller does much alike.
const APPROACH_PER_S: f64 = 0.5;
/// Stay this much clear of the fence.
const FENCE_CLEAR_M: f64 = 15.0;

/// The law and what it remembers.
#[derive(Clone, Debug)]
pub(super) struct Spiral {
    speed_mps: f64,
    fence_m: f64,
    centre: NorthEast,
    theta_rad: f64,
    passed_us: u64,
    until_us: u64,
    recent: VecDeque<Sample>,
    /// Strongest mean, its place, and at which angle of the spiral it was found.
    strongest: Option<(f64, NorthEast, f64)>,
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
            until_us: seen.until_us,
            recent: VecDeque::new(),
            strongest: None,
            ended: false,
        }
    }

    fn listen(&mut self, samples: &[Sample]) {
        for sample in samples {
            while self.recent.front().is_some_and(|old| old.at_us + MEAN_US <= sample.at_us) {
                self.recent.pop_front();
            }
            if sample.power.is_some() {
                self.recent.push_back(*sample);
            }
        }
        let count = self.recent.len() as f64;
        let Some(newest) = self.recent.back() else { return };
        let mean_over = |value: &dyn Fn(&Sample) -> f64| self.recent.iter().map(value).sum::<f64>() / count;
        let power = mean_over(&|sample| f64::from(sample.power.unwrap_or(i32::MIN)));
        // A window that has just begun is no mean.
        let spans = self.recent.front().is_some_and(|oldest| newest.at_us - oldest.at_us > MEAN_US / 2);
        if spans && self.strongest.is_none_or(|(strongest, ..)| power > strongest) {
            let north_m = mean_over(&|sample| sample.at.north_m);
            let east_m = mean_over(&|sample| sample.at.east_m);
            self.strongest = Some((power, NorthEast { north_m, east_m }, self.theta_rad));
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

    fn towards(&self, at: NorthEast, place: NorthEast, yaw_rad: f64, slows: bool) -> Velocity {
        let (north_m, east_m) = (place.north_m - at.north_m, place.east_m - at.east_m);
        let distance_m = north_m.hypot(east_m);
        let gain_per_s = if slows { APPROACH_PER_S } else { 2.0 };
        let speed_mps = (gain_per_s * distance_m).min(self.speed_mps);
        let share = if distance_m > 0.0 { speed_mps / distance_m } else { 0.0 };
        let turn_rad = skyhound::geo::wrap_pi(east_m.atan2(north_m) - yaw_rad);
        Velocity {
            north_mps: north_m * share,
            east_mps: east_m * share,
            down_mps: 0.0,
            yaw_rate_rad_s: turn_rad.clamp(-0.5, 0.5),
        }
    }
}

impl Steer for Spiral {
    fn steer(&mut self, seen: &Seen<'_>) -> Wish {
        let elapsed_s = seen.now_us.saturating_sub(self.passed_us) as f64 / 1e6;
        self.passed_us = seen.now_us;
        if !self.ended {
            self.listen(seen.samples);
            self.advance(seen.at, elapsed_s);
            let turned = self.strongest.is_some_and(|(_, _, theta_rad)| self.theta_rad - theta_rad > TAU);
            let fenced = self.on_spiral().distance_m(NorthEast::default()) > self.fence_m;
            let back_m = self.strongest.map_or(0.0, |(_, place, _)| seen.at.distance_m(place));
            let back_us = back_m / self.speed_mps * 1e6 + BACK_US;
            let is_late = self.until_us.saturating_sub(seen.now_us) as f64 <= back_us;
            self.ended = turned || fenced || is_late;
        }
        if !self.ended {
            return Wish::Fly(self.towards(seen.at, self.on_spiral(), seen.yaw_rad, false));
        }
        let Some((_, place, _)) = self.strongest else { return Wish::Hold };
        if seen.at.distance_m(place) < THERE_M {
            return Wish::Hold;
        }
        Wish::Fly(self.towards(seen.at, place, seen.yaw_rad, true))
    }
}
