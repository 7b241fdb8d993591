//! GUIDED and OFFBOARD: setpoints in, what they ask of the body out.
//!
//! ArduPilot `mode_guided.cpp`, `GCS_MAVLink_Copter.cpp`: entering GUIDED holds; velocity setpoints that are not renewed within
//! GUID_TIMEOUT become a stop, yaw rates too; positions are kept; nothing lifts off but MAV_CMD_NAV_TAKEOFF, and a setpoint
//! ends a take-off; a destination outside the fence is refused, a velocity is limited before it (AC_Avoid, AVOID_ENABLE). One
//! that it cannot read (unknown frame, nothing to follow, not finite) begins GUIDED anew, which stops. Not as there: a
//! position, yaw or yaw rate that is not finite does so too.
//! PX4 guide "Offboard Mode": any setpoint counts as a sign of life, frames LOCAL_NED and BODY_NED. As remembered, not checked:
//! upward setpoints lift off; without a yaw ArduPilot's nose follows the way, PX4's heading stays.

use super::flight::Here;
use super::motion::{Lead, Turn, root_law, shortened};
use super::{Aircraft, Answer, Frame, Mode, Setpoint};
use crate::scenario::Flavour;
use skyhound::geo::wrap_pi;

/// PX4's guide wants setpoints at 2 Hz; `offboardCheck.cpp` one within COM_OF_LOSS_T, whatever the rate …
const PX4_GAP_US: u64 = 500_000;
/// … for this long before it switches: as remembered, not checked; `offboardCheck.cpp` has no such wait.
const PX4_STREAM_US: u64 = 1_000_000;
/// Slower than this the nose does not follow the way.
const ALONG_MPS: f64 = 0.5;

/// A setpoint made north, east, up.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Target {
    position_m: Option<[f64; 3]>,
    velocity_mps: Option<[f64; 3]>,
    yaw_rad: Option<f64>,
    yaw_rate_rad_s: Option<f64>,
}

/// What was asked from outside.
#[derive(Clone, Debug, Default)]
pub(super) struct External {
    target: Option<Target>,
    /// When the last setpoint came, in whatever mode.
    heard_us: Option<u64>,
    /// Since when they come at more than 2 Hz.
    streams_since_us: Option<u64>,
    taken_us: u64,
    /// MAV_CMD_NAV_TAKEOFF in GUIDED: to this height (up).
    pub(super) take_off_m: Option<f64>,
    /// MAV_CMD_CONDITION_YAW.
    pub(super) yaw_rad: Option<f64>,
}

impl External {
    /// The mode begins: what was asked before is forgotten.
    pub(super) fn begin(&mut self) {
        self.target = None;
        self.take_off_m = None;
        self.yaw_rad = None;
    }

    /// A sign of life.
    fn hears(&mut self, now_us: u64) {
        let holds = self.heard_us.is_some_and(|heard_us| now_us - heard_us <= PX4_GAP_US);
        if !holds {
            self.streams_since_us = Some(now_us);
        }
        self.heard_us = Some(now_us);
    }

    /// Setpoints have come fast and long enough for OFFBOARD.
    pub(super) fn streams(&self, now_us: u64) -> bool {
        let alive = self.heard_us.is_some_and(|heard_us| now_us - heard_us <= PX4_GAP_US);
        alive && self.streams_since_us.is_some_and(|since_us| now_us - since_us >= PX4_STREAM_US)
    }

    /// For how long none has come.
    pub(super) fn silent_us(&self, now_us: u64) -> u64 {
        self.heard_us.map_or(u64::MAX, |heard_us| now_us - heard_us)
    }
}

impl Aircraft {
    /// A setpoint came.
    pub(super) fn take_setpoint(&mut self, setpoint: &Setpoint) -> Answer {
        let is_empty = setpoint.position_m.is_none() && setpoint.velocity_mps.is_none();
        let frame_is_known = self.flavour == Flavour::ArduCopter || setpoint.frame != Frame::LocalOffset;
        if !setpoint.is_finite() || is_empty || !frame_is_known {
            return self.take_unreadable();
        }
        let now_us = self.now_us();
        self.external.hears(now_us);
        let target = self.resolved(setpoint);
        let flies = self.flight.mode == Mode::External && self.flight.armed;
        if self.flavour == Flavour::Px4 {
            self.external.target = Some(target);
            return if flies { Answer::Accepted } else { Answer::Denied };
        }
        if !flies || target.position_m.is_some_and(|at_m| self.fence_refuses(at_m)) {
            return Answer::Denied;
        }
        if target.velocity_mps.is_some() != self.external.target.is_some_and(|t| t.velocity_mps.is_some()) {
            self.flight.held_m = None;
        }
        self.external.take_off_m = None;
        self.external.yaw_rad = None;
        self.external.target = Some(target);
        self.external.taken_us = now_us;
        Answer::Accepted
    }

    /// A setpoint came that says nothing: ArduCopter's `mode_guided.init(true)`; PX4 drops it.
    pub(super) fn take_unreadable(&mut self) -> Answer {
        if self.flavour == Flavour::ArduCopter && self.flight.mode == Mode::External {
            self.external.begin();
            self.flight.held_m = None;
        }
        Answer::Denied
    }

    fn resolved(&self, setpoint: &Setpoint) -> Target {
        let here = self.here();
        let (sin, cos) = match setpoint.frame {
            Frame::Body => here.yaw_rad.sin_cos(),
            Frame::LocalNed | Frame::LocalOffset => (0.0, 1.0),
        };
        let turned = |[x, y, down]: [f64; 3]| [x * cos - y * sin, x * sin + y * cos, -down];
        let from_m = if setpoint.frame == Frame::LocalNed { [0.0; 3] } else { here.at_m };
        let placed = |vector: [f64; 3]| [0, 1, 2].map(|axis: usize| from_m[axis] + turned(vector)[axis]);
        let ahead_rad = if setpoint.frame == Frame::Body { here.yaw_rad } else { 0.0 };
        Target {
            position_m: setpoint.position_m.map(placed),
            velocity_mps: setpoint.velocity_mps.map(turned),
            yaw_rad: setpoint.yaw_rad.map(|yaw| wrap_pi(ahead_rad + yaw)),
            yaw_rate_rad_s: setpoint.yaw_rate_rad_s,
        }
    }

    pub(super) fn follow_setpoints(&mut self, here: Here) -> (Lead, Turn) {
        if let Some(up_m) = self.external.take_off_m {
            return (self.climb(here, up_m), Turn::Hold);
        }
        let ours = self.flavour == Flavour::ArduCopter;
        let yaw = self.external.yaw_rad;
        let Some(target) = self.external.target else {
            return (self.stay(here), yaw.map_or(Turn::Hold, Turn::To));
        };
        let is_late = ours && self.now_us() - self.external.taken_us > self.tuned.copter.guided_timeout_us;
        let turn = match (yaw.or(target.yaw_rad), target.yaw_rate_rad_s) {
            (Some(yaw), _) => Turn::To(yaw),
            (None, Some(_)) if is_late => Turn::Hold,
            (None, Some(rate)) => Turn::Rate(rate),
            (None, None) if ours => self.turn_with(here, &target),
            (None, None) => Turn::Hold,
        };
        if self.flight.is_landed && (ours || !lifts(here, &target)) {
            return (Lead::Idle, turn);
        }
        (self.lead_of(here, &target, is_late), turn)
    }

    fn lead_of(&mut self, here: Here, target: &Target, is_late: bool) -> Lead {
        if let Some(at_m) = target.position_m {
            self.flight.held_m = None;
            return self.towards(here, at_m, 0.0);
        }
        let velocity = target.velocity_mps.filter(|velocity| !is_late && *velocity != [0.0; 3]);
        let Some([north, east, up]) = velocity else { return self.stay(here) };
        self.flight.held_m = None;
        let [north, east] = shortened([north, east], self.tuned.speed_mps);
        let velocity = [north, east, up.clamp(-self.tuned.down_mps, self.tuned.up_mps)];
        Lead::Velocity(self.kept_inside(here, velocity))
    }

    fn turn_with(&self, here: Here, target: &Target) -> Turn {
        match (target.position_m, target.velocity_mps) {
            (Some(at_m), _) => self.turn_along(here, at_m),
            (None, Some([north, east, _])) if north.hypot(east) > ALONG_MPS => Turn::To(east.atan2(north)),
            _ => Turn::Hold,
        }
    }

    /// ArduPilot's simple avoidance: the velocity towards the fence is what can be braked away before its margin.
    pub(super) fn kept_inside(&self, here: Here, velocity_mps: [f64; 3]) -> [f64; 3] {
        let fence = &self.tuned.fence;
        let (Some(margin_m), Some(home)) = (fence.avoid_m, self.home_m) else { return velocity_mps };
        let [mut north, mut east, mut up] = velocity_mps;
        let out = [here.at_m[0] - home[0], here.at_m[1] - home[1]];
        let far_m = out[0].hypot(out[1]);
        let left_m = fence.radius_m - margin_m - far_m;
        if far_m > 0.0 && left_m.is_finite() {
            let unit = out.map(|part| part / far_m);
            let outward = north * unit[0] + east * unit[1];
            let most = root_law(left_m.max(0.0), 1.0, 0.5 * self.tuned.limits.acceleration_mps2);
            let over = (outward - most).max(0.0);
            (north, east) = (north - over * unit[0], east - over * unit[1]);
        }
        let above_m = fence.height_m - margin_m - (here.at_m[2] - home[2]);
        if above_m.is_finite() {
            up = up.min(root_law(above_m.max(0.0), 1.0, 0.5 * self.tuned.limits.climb_acceleration_mps2));
        }
        [north, east, up]
    }
}

fn lifts(here: Here, target: &Target) -> bool {
    let higher = target.position_m.is_some_and(|at_m| at_m[2] > here.at_m[2] + 0.3);
    higher || target.velocity_mps.is_some_and(|velocity| velocity[2] > 0.0)
}
