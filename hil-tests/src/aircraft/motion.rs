//! How a multirotor moves: a velocity and a heading asked for in, the true pose out, one step at a time (SI units, NEU).
//!
//! A point mass that leans to accelerate. As in ArduPilot's `AC_PosControl` and PX4's `mc_pos_control`, the velocity asked for
//! is first shaped by limits of acceleration and jerk, then tracked by a PI controller whose output is the horizontal
//! acceleration of the thrust, limited by the tilt (g·tan). A first-order lag stands for the attitude loop. Air drag
//! (rotor drag, linear, and body drag, quadratic: Mahony, Kumar, Corke, "Multirotor Aerial Vehicles", 2012, § V) acts on the
//! velocity through the air, so wind tilts the aircraft, gusts move it, and enough wind carries it away.
//!
//! A full stop from v with acceleration a, jerk j and lag T of the tilt takes v²/2a + v·a/2j + v·T metres.
//! Not here: rotor dynamics, ground effect, collisions but with the ground.

use super::STEP_US;
use crate::truth::TruePose;
use skyhound::geo::wrap_pi;

/// Length of a step in seconds.
pub(super) const STEP_S: f64 = STEP_US as f64 / 1e6;
/// Standard gravity.
pub(super) const GRAVITY_MPS2: f64 = 9.806_65;

/// PSC_VELXY_P and PSC_VELXY_I of ArduCopter.
const VELOCITY_P: f64 = 2.0;
const VELOCITY_I: f64 = 1.0;
const TRIM_MAX_MPS2: f64 = 8.0;
/// How sharply the shaped velocity settles (1/s).
const SHAPE_P: f64 = 4.0;
/// Attitude loop and motors.
const LEAN_LAG_S: f64 = 0.12;
const LIFT_LAG_S: f64 = 0.06;
/// ATC_ANG_YAW_P is 4.5 for tight frames; a large one is slower.
const YAW_P: f64 = 2.5;
const YAW_ACCELERATION_RAD_S2: f64 = 4.0;
/// With these a 2 kg quadrotor leans 10° at 10 m/s and 24° at 18 m/s.
const ROTOR_DRAG_PER_S: f64 = 0.10;
const BODY_DRAG_PER_M: f64 = 0.008;
const CLIMB_DRAG_PER_S: f64 = 0.25;
/// Thrust to weight is 2: of the rest, this share may go up, or be missing down.
const LIFT_UP_MPS2: f64 = 0.8 * GRAVITY_MPS2;
const LIFT_DOWN_MPS2: f64 = 0.7 * GRAVITY_MPS2;

/// Faster than this over the ground, touching it is no take-off.
const STRIKES_MPS: f64 = 1.0;

/// Limits of the controllers, from the parameters.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Limits {
    pub(super) acceleration_mps2: f64,
    pub(super) climb_acceleration_mps2: f64,
    pub(super) jerk_mps3: f64,
    pub(super) tilt_rad: f64,
    pub(super) yaw_rate_rad_s: f64,
}

/// What the body is asked for.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) enum Lead {
    /// Motors stopped.
    Off,
    /// Motors turn, no lift: on the ground.
    Idle,
    /// This velocity north, east, up.
    Velocity([f64; 3]),
    /// This horizontal acceleration by leaning, whatever comes of it; and a climb rate. Level is 0, 0.
    Lean([f64; 2], f64),
}

/// Where to point the nose.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) enum Turn {
    /// As it is.
    Hold,
    /// To this yaw.
    To(f64),
    /// At this rate.
    Rate(f64),
}

/// The body.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    pub(super) pose: TruePose,
    pub(super) is_on_ground: bool,
    /// Thrust over weight.
    pub(super) thrust_ratio: f64,
    pub(super) roll_rate_rad_s: f64,
    pub(super) pitch_rate_rad_s: f64,
    wish_mps: [f64; 3],
    push_mps2: [f64; 3],
    trim_mps2: [f64; 3],
    lean_mps2: [f64; 2],
    lift_mps2: f64,
    held_yaw_rad: Option<f64>,
    tracks: bool,
    lean_share: f64,
    lift_share: f64,
}

impl Body {
    pub(super) fn new() -> Body {
        Body {
            is_on_ground: true,
            lean_share: 1.0 - (-STEP_S / LEAN_LAG_S).exp(),
            lift_share: 1.0 - (-STEP_S / LIFT_LAG_S).exp(),
            ..Body::default()
        }
    }

    /// Hovers there, trimmed against the wind.
    pub(super) fn hover(&mut self, at_m: [f64; 3], yaw_rad: f64, wind_mps: [f64; 3]) {
        let drag = drag_mps2([-wind_mps[0], -wind_mps[1], 0.0]);
        self.is_on_ground = false;
        self.tracks = true;
        self.lean_mps2 = [-drag[0], -drag[1]];
        self.trim_mps2 = [-drag[0], -drag[1], 0.0];
        let [north_m, east_m, up_m] = at_m;
        self.pose =
            TruePose { at_us: self.pose.at_us, north_m, east_m, up_m, yaw_rad, ..TruePose::default() };
        self.pose_attitude();
    }

    /// Velocity north, east, up.
    pub(super) fn velocity_mps(&self) -> [f64; 3] {
        [self.pose.north_mps, self.pose.east_mps, -self.pose.down_mps]
    }

    /// One step. `error_mps`: by how much the estimator errs in velocity, since the controller flies by the estimate.
    pub(super) fn step(
        &mut self,
        lead: Lead,
        turn: Turn,
        limits: &Limits,
        error_mps: [f64; 3],
        wind_mps: [f64; 3],
        ground_m: f64,
    ) {
        self.pose.at_us += STEP_US;
        let lifts = match lead {
            Lead::Off | Lead::Idle => false,
            Lead::Velocity(velocity) => velocity[2] > 0.0,
            Lead::Lean(_, up_mps) => up_mps > 0.0,
        };
        if self.is_on_ground && !lifts {
            self.rest(lead != Lead::Off);
            return;
        }
        let (lean, lift) = self.control(lead, limits, error_mps);
        self.lean_mps2[0] += (lean[0] - self.lean_mps2[0]) * self.lean_share;
        self.lean_mps2[1] += (lean[1] - self.lean_mps2[1]) * self.lean_share;
        self.lift_mps2 += (lift - self.lift_mps2) * self.lift_share;
        self.fly(wind_mps, lifts, ground_m);
        self.turn(turn, limits);
        self.pose_attitude();
    }

    /// The acceleration by thrust that is asked for: horizontal, and up beyond the weight.
    fn control(&mut self, lead: Lead, limits: &Limits, error_mps: [f64; 3]) -> ([f64; 2], f64) {
        let truly = self.velocity_mps();
        let known = [truly[0] + error_mps[0], truly[1] + error_mps[1], truly[2] + error_mps[2]];
        let up_mps = match lead {
            Lead::Off | Lead::Idle => {
                self.tracks = false;
                return ([0.0; 2], -GRAVITY_MPS2);
            }
            Lead::Velocity([_, _, up]) | Lead::Lean(_, up) => up,
        };
        if !self.tracks {
            self.wish_mps = known;
            self.push_mps2 = [0.0; 3];
            self.tracks = true;
        }
        self.shape_up(up_mps, limits);
        let climb_error = self.wish_mps[2] - known[2];
        let lift = self.push_mps2[2] + VELOCITY_P * climb_error + self.trim_mps2[2];
        self.trim_mps2[2] =
            (self.trim_mps2[2] + VELOCITY_I * climb_error * STEP_S).clamp(-TRIM_MAX_MPS2, TRIM_MAX_MPS2);
        let lift = lift.clamp(-LIFT_DOWN_MPS2, LIFT_UP_MPS2);
        let most = GRAVITY_MPS2 * limits.tilt_rad.tan();
        match lead {
            Lead::Lean(lean, _) => {
                (self.wish_mps[0], self.wish_mps[1]) = (known[0], known[1]);
                (self.push_mps2[0], self.push_mps2[1]) = (0.0, 0.0);
                return (shortened(lean, most), lift);
            }
            Lead::Velocity([north, east, _]) => self.shape_level([north, east], limits),
            Lead::Off | Lead::Idle => {}
        }
        let error = [self.wish_mps[0] - known[0], self.wish_mps[1] - known[1]];
        let asked = [0, 1].map(|axis| self.push_mps2[axis] + VELOCITY_P * error[axis] + self.trim_mps2[axis]);
        let lean = shortened(asked, most);
        // No winding up against the tilt limit.
        if lean == asked {
            for (axis, error_mps) in error.into_iter().enumerate() {
                let trim = self.trim_mps2[axis] + VELOCITY_I * error_mps * STEP_S;
                self.trim_mps2[axis] = trim.clamp(-TRIM_MAX_MPS2, TRIM_MAX_MPS2);
            }
        }
        (lean, lift)
    }

    fn shape_level(&mut self, to_mps: [f64; 2], limits: &Limits) {
        let missing = [to_mps[0] - self.wish_mps[0], to_mps[1] - self.wish_mps[1]];
        let missing_mps = length(missing);
        let push_mps2 = root_law(missing_mps, SHAPE_P, limits.jerk_mps3).min(limits.acceleration_mps2);
        let share = if missing_mps > 0.0 { push_mps2 / missing_mps } else { 0.0 };
        let step = [missing[0] * share - self.push_mps2[0], missing[1] * share - self.push_mps2[1]];
        let step = shortened(step, limits.jerk_mps3 * STEP_S);
        for (axis, step_mps2) in step.into_iter().enumerate() {
            self.push_mps2[axis] += step_mps2;
            self.wish_mps[axis] += self.push_mps2[axis] * STEP_S;
        }
    }

    fn shape_up(&mut self, to_mps: f64, limits: &Limits) {
        let missing_mps = to_mps - self.wish_mps[2];
        let push_mps2 =
            root_law(missing_mps.abs(), SHAPE_P, limits.jerk_mps3).min(limits.climb_acceleration_mps2);
        let step = push_mps2.copysign(missing_mps) - self.push_mps2[2];
        let most = limits.jerk_mps3 * STEP_S;
        self.push_mps2[2] += step.clamp(-most, most);
        self.wish_mps[2] += self.push_mps2[2] * STEP_S;
    }

    fn fly(&mut self, wind_mps: [f64; 3], lifts: bool, ground_m: f64) {
        let before = self.velocity_mps();
        let drag = drag_mps2([0, 1, 2].map(|axis| before[axis] - wind_mps[axis]));
        let after = [
            before[0] + (self.lean_mps2[0] + drag[0]) * STEP_S,
            before[1] + (self.lean_mps2[1] + drag[1]) * STEP_S,
            before[2] + (self.lift_mps2 + drag[2]) * STEP_S,
        ];
        let pose = &mut self.pose;
        pose.north_m += 0.5 * (before[0] + after[0]) * STEP_S;
        pose.east_m += 0.5 * (before[1] + after[1]) * STEP_S;
        pose.up_m += 0.5 * (before[2] + after[2]) * STEP_S;
        (pose.north_mps, pose.east_mps, pose.down_mps) = (after[0], after[1], -after[2]);
        // Flown level into a slope it lies there, too.
        let strikes = after[2] <= 0.0 || length([after[0], after[1]]) > STRIKES_MPS;
        self.is_on_ground = pose.up_m <= ground_m && strikes;
        if self.is_on_ground {
            pose.up_m = ground_m;
            (pose.north_mps, pose.east_mps, pose.down_mps) = (0.0, 0.0, 0.0);
            if !lifts {
                self.rest(true);
            }
        }
    }

    /// On the ground: nothing moves, and what the controllers learnt of the wind is forgotten.
    fn rest(&mut self, turns: bool) {
        let pose = &mut self.pose;
        (pose.north_mps, pose.east_mps, pose.down_mps) = (0.0, 0.0, 0.0);
        (pose.roll_rad, pose.pitch_rad, pose.yaw_rate_rad_s) = (0.0, 0.0, 0.0);
        (self.roll_rate_rad_s, self.pitch_rate_rad_s) = (0.0, 0.0);
        (self.wish_mps, self.push_mps2, self.trim_mps2) = ([0.0; 3], [0.0; 3], [0.0; 3]);
        (self.lean_mps2, self.lift_mps2) = ([0.0; 2], -GRAVITY_MPS2);
        self.held_yaw_rad = None;
        self.thrust_ratio = if turns { 0.1 } else { 0.0 };
    }

    fn turn(&mut self, turn: Turn, limits: &Limits) {
        let most = limits.yaw_rate_rad_s;
        self.held_yaw_rad = match turn {
            Turn::Rate(_) => None,
            Turn::To(yaw) => Some(yaw),
            Turn::Hold => self.held_yaw_rad.or(Some(self.pose.yaw_rad)),
        };
        let to = match (turn, self.held_yaw_rad) {
            (Turn::Rate(rate), _) => rate.clamp(-most, most),
            (_, held) => {
                let missing = wrap_pi(held.unwrap_or(self.pose.yaw_rad) - self.pose.yaw_rad);
                root_law(missing.abs(), YAW_P, YAW_ACCELERATION_RAD_S2).min(most).copysign(missing)
            }
        };
        let most_step = YAW_ACCELERATION_RAD_S2 * STEP_S;
        let rate = self.pose.yaw_rate_rad_s + (to - self.pose.yaw_rate_rad_s).clamp(-most_step, most_step);
        self.pose.yaw_rate_rad_s = rate;
        self.pose.yaw_rad = wrap_pi(self.pose.yaw_rad + rate * STEP_S);
    }

    /// The attitude that gives the thrust its direction.
    fn pose_attitude(&mut self) {
        let (sin, cos) = self.pose.yaw_rad.sin_cos();
        let [north, east] = self.lean_mps2;
        let (ahead, right) = (north * cos + east * sin, east * cos - north * sin);
        let up = (GRAVITY_MPS2 + self.lift_mps2).max(0.1);
        let (roll, pitch) = (right.atan2(length([up, ahead])), -ahead.atan2(up));
        self.roll_rate_rad_s = (roll - self.pose.roll_rad) / STEP_S;
        self.pitch_rate_rad_s = (pitch - self.pose.pitch_rad) / STEP_S;
        (self.pose.roll_rad, self.pose.pitch_rad) = (roll, pitch);
        self.thrust_ratio = (up * up + north * north + east * east).sqrt() / GRAVITY_MPS2;
    }
}

/// The speed that can still be braked away over `distance` with `limit`, proportional (`p`) close by: ArduPilot's and PX4's
/// square-root controller.
pub(super) fn root_law(distance: f64, p: f64, limit: f64) -> f64 {
    let linear = limit / (p * p);
    if distance <= linear { p * distance } else { (2.0 * limit * (distance - 0.5 * linear)).sqrt() }
}

/// `vector`, no longer than `most`.
pub(super) fn shortened(vector: [f64; 2], most: f64) -> [f64; 2] {
    let long = length(vector);
    if long > most { vector.map(|part| part * (most / long)) } else { vector }
}

/// Without the care of `hypot` for huge and tiny numbers, which there are none of here: it took a fifth of a step.
fn length(vector: [f64; 2]) -> f64 {
    (vector[0] * vector[0] + vector[1] * vector[1]).sqrt()
}

/// Acceleration by drag of a velocity through the air.
fn drag_mps2(through_mps: [f64; 3]) -> [f64; 3] {
    let speed_mps = length([through_mps[0], through_mps[1]]);
    let per_s = ROTOR_DRAG_PER_S + BODY_DRAG_PER_M * speed_mps;
    [-per_s * through_mps[0], -per_s * through_mps[1], -CLIMB_DRAG_PER_S * through_mps[2]]
}

#[cfg(test)]
#[path = "tests/motion.rs"]
mod tests;
