//! Which way to fly: gradient of the beacon's power (bearing and its 1-sigma, rad) and heading in, a wish (m/s, rad/s) out.
//!
//! The aircraft flies where its nose points, so that a directional antenna looks ahead: yaw rate turns the nose to the
//! course, 1 rad/s per rad of error up to `yaw_rate_max_rad_s`, and forward speed goes with the cosine of the error, to
//! nothing when the course is abeam or behind. The course is the gradient's bearing while its 1-sigma is small enough. When
//! it is not usable, an S-turn about the last course spreads the positions sideways, which is what a plane fit
//! lacks then. Level flight: no wish to climb. Slow while the beacon is strong.
//!
//! A wish binds nobody. Here nothing is checked for being safe, and nothing made finite: that is `interlock`'s.

use super::Inputs;
use super::state::Machine;
use crate::command::{State, Velocity};
use crate::config::HomingConfig;
use crate::facts::Gradient;
use crate::geo::wrap_pi;
use crate::time::TimeUs;
use std::f64::consts::TAU;

/// Yaw rate per heading error.
const YAW_GAIN_PER_S: f64 = 1.0;
/// Keeps the rounding of sin² + cos² under the interlocks' limit, which may equal our speed.
const BELOW_LIMIT: f64 = 1.0 - 1e-12;

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

/// Climbs the gradient.
#[derive(Clone, Debug)]
pub(super) struct Steering {
    settings: HomingConfig,
    /// Last course that a gradient gave, or the heading at the begin.
    course_rad: f64,
    /// Since when the S-turn is flown; it begins through the course.
    s_turn: Option<TimeUs>,
}

impl Steering {
    pub(super) fn new(settings: &HomingConfig) -> Steering {
        Steering { settings: settings.clone(), course_rad: 0.0, s_turn: None }
    }

    /// HOMING begins: straight ahead until a gradient says otherwise. After HOLDING the last gradient's course is still the
    /// best that is known.
    pub(super) fn begin(&mut self, inputs: &Inputs<'_>, from: State) {
        if from != State::Holding {
            self.course_rad = inputs.yaw_rad().unwrap_or(0.0);
        }
        self.s_turn = None;
    }

    /// The wish of this pass.
    pub(super) fn wish(&mut self, inputs: &Inputs<'_>, machine: &Machine) -> Wish {
        let (Some(facts), Some(yaw_rad)) = (machine.target_facts(inputs), inputs.yaw_rad()) else {
            return Wish::STILL;
        };
        let usable = facts.gradient.ok().filter(|gradient| self.is_usable(gradient));
        let course_rad = match usable {
            Some(gradient) => {
                self.s_turn = None;
                self.course_rad = gradient.bearing_rad;
                gradient.bearing_rad
            }
            None => self.s_turn_course_rad(inputs.now),
        };
        let strong = machine.strength_db() >= self.settings.strong_snr_db;
        let speed_mps = if strong { self.settings.slow_speed_mps } else { self.settings.speed_mps };
        self.nose_first(wrap_pi(course_rad - yaw_rad), yaw_rad, speed_mps)
    }

    /// The wish on a search's route, whose ground speed is given: north and east, m/s.
    pub(super) fn along(&self, inputs: &Inputs<'_>, (north_mps, east_mps): (f64, f64)) -> Wish {
        let Some(yaw_rad) = inputs.yaw_rad() else { return Wish::STILL };
        let error_rad = wrap_pi(east_mps.atan2(north_mps) - yaw_rad);
        self.nose_first(error_rad, yaw_rad, north_mps.hypot(east_mps))
    }

    fn is_usable(&self, gradient: &Gradient) -> bool {
        gradient.bearing_sigma_rad <= self.settings.bearing_sigma_max_rad
    }

    fn s_turn_course_rad(&mut self, now: TimeUs) -> f64 {
        let began = *self.s_turn.get_or_insert(now);
        let turns = now.since_us(began) as f64 / f64::from(self.settings.s_turn_period_us);
        self.course_rad + self.settings.s_turn_amplitude_rad * (TAU * turns).sin()
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
