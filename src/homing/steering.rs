//! Which way to fly: a goal (m about the flight's origin) and heading in, a wish (m/s, rad/s) out.
//!
//! The aircraft flies where its nose points, so that a directional antenna looks ahead: yaw rate turns the nose to the
//! course, 1 rad/s per rad of error up to `yaw_rate_max_rad_s`, and forward speed goes with the cosine of the error, to
//! nothing when the course is abeam or behind. In a turn in place it stands. At the place of the beacon it slows to a stand. Flight is level but where the
//! settings have a least height: over the place of the beacon it sinks to that, and climbs back to where it came from on the way elsewhere.
//!
//! A wish binds nobody. Here nothing is checked for being safe, and nothing made finite: that is `interlock`'s.

use super::Inputs;
use super::guidance::Goal;
use crate::command::{Aim, Velocity};
use crate::config::HomingConfig;
use crate::geo::wrap_pi;

/// Yaw rate per heading error.
const YAW_GAIN_PER_S: f64 = 1.0;
/// Towards the beacon's place: 1 m/s per 2 m, which a multirotor's own position controller does much alike.
const APPROACH_PER_S: f64 = 0.5;
/// Keeps the rounding of sin² + cos² under the interlocks' limit, which may equal our speed.
const BELOW_LIMIT: f64 = 1.0 - 1e-12;
/// Sinks or climbs at this, at most, m/s.
const SINK_MPS: f64 = 1.0;
/// Nearer to the beacon's place than this it sinks, m.
const SINK_WITHIN_M: f64 = 8.0;
/// So near to a height is there, m.
const LEVEL_M: f64 = 0.5;

/// What steering would like to be commanded.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Wish {
    /// The velocity.
    pub(super) velocity: Velocity,
}

impl Wish {
    /// To stand still.
    pub(super) const STILL: Wish =
        Wish { velocity: Velocity { north_mps: 0.0, east_mps: 0.0, down_mps: 0.0, yaw_rate_rad_s: 0.0 } };
}

/// Flies to goals.
#[derive(Clone, Debug)]
pub(super) struct Steering {
    settings: HomingConfig,
    sink_mps: f64,
    /// Last course, or the heading at the begin.
    course_rad: f64,
    /// Height above home at which HOMING began, m.
    began_up_m: Option<f64>,
}

impl Steering {
    pub(super) fn new(settings: &HomingConfig, climb_max_mps: f64) -> Steering {
        let sink_mps = SINK_MPS.min(climb_max_mps);
        Steering { settings: settings.clone(), sink_mps, course_rad: 0.0, began_up_m: None }
    }

    /// HOMING begins, anew or after HOLDING.
    pub(super) fn begin(&mut self, inputs: &Inputs<'_>, is_anew: bool) {
        self.course_rad = inputs.yaw_rad().unwrap_or(0.0);
        if is_anew || self.began_up_m.is_none() {
            self.began_up_m = inputs.at().map(|(_, up_m)| up_m);
        }
    }

    /// The wish on the way to a goal.
    pub(super) fn towards(&mut self, inputs: &Inputs<'_>, goal: Goal, down_mps: f64) -> Wish {
        let (Some((at, _)), Some(yaw_rad)) = (inputs.at(), inputs.yaw_rad()) else { return Wish::STILL };
        if goal.aim == Aim::Turn {
            return Wish { velocity: Velocity { yaw_rate_rad_s: goal.turn_rad_s, ..Wish::STILL.velocity } };
        }
        let away_m = at.distance_m(goal.to);
        if away_m > 1.0 {
            self.course_rad = at.bearing_rad(goal.to);
        }
        let speed_mps = match goal.aim {
            Aim::Place => self.settings.speed_mps.min(APPROACH_PER_S * away_m),
            _ if away_m > 1.0 => self.settings.speed_mps,
            _ => 0.0,
        };
        let mut wish = self.nose_first(wrap_pi(self.course_rad - yaw_rad), yaw_rad, speed_mps);
        wish.velocity.down_mps = down_mps;
        wish
    }

    /// Sink rate towards the height that belongs to the goal, m/s; 0 where all is flown level.
    pub(super) fn down_mps(&self, inputs: &Inputs<'_>, goal: Goal) -> f64 {
        let (Some(height_min_m), Some((at, up_m)), Some(began_up_m)) =
            (self.settings.height_min_m, inputs.at(), self.began_up_m)
        else {
            return 0.0;
        };
        let to_m = match goal.aim {
            Aim::Place if goal.to.distance_m(at) <= SINK_WITHIN_M => height_min_m.min(began_up_m),
            Aim::Place | Aim::Hold | Aim::Turn => up_m,
            Aim::Ahead | Aim::Survey | Aim::Return | Aim::Widen | Aim::Search => began_up_m.max(up_m),
        };
        let over_m = up_m - to_m;
        if over_m.abs() <= LEVEL_M {
            return 0.0;
        }
        (APPROACH_PER_S * over_m).clamp(-self.sink_mps, self.sink_mps)
    }

    /// The wish on a search's route, whose ground speed is given: north and east, m/s.
    pub(super) fn along(&self, inputs: &Inputs<'_>, (north_mps, east_mps): (f64, f64)) -> Wish {
        let Some(yaw_rad) = inputs.yaw_rad() else { return Wish::STILL };
        let error_rad = wrap_pi(east_mps.atan2(north_mps) - yaw_rad);
        self.nose_first(error_rad, yaw_rad, north_mps.hypot(east_mps))
    }

    fn nose_first(&self, error_rad: f64, yaw_rad: f64, speed_mps: f64) -> Wish {
        let yaw_rate_max_rad_s = self.settings.yaw_rate_max_rad_s;
        let forward_mps = speed_mps * BELOW_LIMIT * error_rad.cos().max(0.0);
        Wish {
            velocity: Velocity {
                north_mps: forward_mps * yaw_rad.cos(),
                east_mps: forward_mps * yaw_rad.sin(),
                down_mps: 0.0,
                yaw_rate_rad_s: (YAW_GAIN_PER_S * error_rad).clamp(-yaw_rate_max_rad_s, yaw_rate_max_rad_s),
            },
        }
    }
}
