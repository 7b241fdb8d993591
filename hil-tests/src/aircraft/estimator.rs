//! The estimator (EKF): fixes in; by how much its position and velocity err, and what it says of itself, out (m, m/s, NEU).
//!
//! Errors rather than states: the position reported is the truth plus these. Between fixes the inertial error grows (noise and a
//! constant bias of acceleration); a fix within its gate pulls position and velocity with the gain of a scalar Kalman filter,
//! one outside is rejected. Rules and numbers:
//! - ArduPilot `AP_NavEKF3_PosVelFusion.cpp`: position gate 5σ over both axes (EK3_POS_I_GATE), least noise 0.5 m (EK3_POSNE_M_NSE),
//!   velocity gate 5σ of 0.3 m/s; after 10 s without a position that passed, reset to GPS; after 7 s without GPS no position. Ratios
//!   reported are the root of the test ratio. `AP_NavEKF3_VehicleStatus.cpp`: GPS glitching once innovations fail for 1 s, over
//!   when they passed for 10 s.
//! - PX4 EKF2: reset after 7 s (`common.h`, reset_timeout_max); without aiding for 5 s (EKF2_NOAID_TOUT) the position is invalid.
//!   Gates of 5σ and the GPS glitch flag with the first rejected fix: as remembered, not checked.
//!
//! Height is the barometer's: its error is a slow process of 0.4 m and 200 s. Compass and level errors are slow, 1° and 0.3°.

use super::gps::{FIX_EVERY_US, Fix, normal};
use super::motion::STEP_S;
use crate::random::{self, Random};
use crate::scenario::Flavour;
use crate::truth::TruePose;

const FIX_S: f64 = FIX_EVERY_US as f64 / 1e6;
const GATE_SIGMA: f64 = 5.0;
const POSITION_SIGMA_LEAST_M: f64 = 0.5;
const VELOCITY_SIGMA_MPS: f64 = 0.3;
/// Growth of the position's variance by inertial errors.
const POSITION_WALK_M2_PER_S: f64 = 0.0225;
const VELOCITY_GAIN: f64 = 0.3;
/// Noise of velocity by inertial errors, and the bias of acceleration that is left.
const VELOCITY_WALK_MPS_ROOT_S: f64 = 0.03;
const BIAS_SIGMA_MPS2: f64 = 0.04;
const BARO_SIGMA_M: f64 = 0.4;
const BARO_S: f64 = 200.0;
const YAW_SIGMA_RAD: f64 = 0.017;
const LEVEL_SIGMA_RAD: f64 = 0.005;
const ANGLE_S: f64 = 60.0;
/// From power-up to a first position, with a good fix.
const ALIGN_US: u64 = 3_000_000;
const GLITCH_AFTER_US: u64 = 1_000_000;
const GLITCH_OVER_US: u64 = 10_000_000;

/// Of EKF_STATUS_REPORT and ESTIMATOR_STATUS alike.
const ATTITUDE: u16 = 1;
const VELOCITY: u16 = 2 | 4;
const POSITION_RELATIVE: u16 = 8;
const POSITION: u16 = 16;
const HEIGHT: u16 = 32;
const CONSTANT_POSITION: u16 = 128;
const PREDICTED: u16 = 256 | 512;
const PX4_GLITCH: u16 = 1024;
const ARDUPILOT_UNINITIALISED: u16 = 1024;
const ARDUPILOT_GLITCH: u16 = 32768;

/// The estimator.
#[derive(Clone, Debug)]
pub(super) struct Estimator {
    flavour: Flavour,
    /// The scenario says that it is lost.
    pub(super) is_bad: bool,
    /// Estimate minus truth: north, east, up.
    pub(super) position_error_m: [f64; 3],
    /// Estimate minus truth: north, east, up.
    pub(super) velocity_error_mps: [f64; 3],
    /// Roll, pitch, yaw.
    pub(super) attitude_error_rad: [f64; 3],
    /// Innovation over gate of velocity, horizontal position, height, compass.
    pub(super) ratios: [f64; 4],
    /// Counts resets of position to GPS.
    pub(super) reset_total: u32,
    pub(super) variance_m2: f64,
    bias_mps2: [f64; 2],
    aligned_for_us: u64,
    /// There was a position once and it is still carried on, good or not.
    pub(super) has_position: bool,
    since_pass_us: u64,
    since_fail_us: u64,
    since_fix_us: u64,
    pub(super) is_glitching: bool,
    random: Random,
}

impl Estimator {
    pub(super) fn new(flavour: Flavour, seed: u64) -> Estimator {
        let mut random = random::source(seed, "aircraft estimator");
        let mut draw = |sigma: f64| sigma * normal(&mut random);
        Estimator {
            flavour,
            is_bad: false,
            position_error_m: [0.0, 0.0, draw(BARO_SIGMA_M)],
            velocity_error_mps: [0.0; 3],
            attitude_error_rad: [draw(LEVEL_SIGMA_RAD), draw(LEVEL_SIGMA_RAD), draw(YAW_SIGMA_RAD)],
            ratios: [0.05; 4],
            reset_total: 0,
            variance_m2: 1.0,
            bias_mps2: [draw(BIAS_SIGMA_MPS2), draw(BIAS_SIGMA_MPS2)],
            aligned_for_us: 0,
            has_position: false,
            since_pass_us: 0,
            since_fail_us: GLITCH_OVER_US,
            since_fix_us: 0,
            is_glitching: false,
            random,
        }
    }

    /// Settled on this fix.
    pub(super) fn align(&mut self, truth: &TruePose, fix: &Fix) {
        self.aligned_for_us = ALIGN_US;
        self.reset(truth, fix);
        self.has_position = true;
        self.variance_m2 = 0.04;
    }

    /// One step on inertial sensors. `moves`: on the ground it knows that it stands still.
    pub(super) fn predict(&mut self, moves: bool) {
        if !self.has_position || !moves {
            self.velocity_error_mps = [0.0; 3];
            return;
        }
        let walk = VELOCITY_WALK_MPS_ROOT_S * STEP_S.sqrt();
        for axis in 0..2 {
            let noise = walk * normal(&mut self.random);
            self.velocity_error_mps[axis] += self.bias_mps2[axis] * STEP_S + noise;
            self.position_error_m[axis] += self.velocity_error_mps[axis] * STEP_S;
        }
    }

    /// Every [`FIX_EVERY_US`]: a fix, or none.
    pub(super) fn correct(&mut self, truth: &TruePose, fix: Option<Fix>) {
        self.wander();
        self.variance_m2 += POSITION_WALK_M2_PER_S * FIX_S;
        let Some(fix) = fix else {
            self.since_fix_us += FIX_EVERY_US;
            self.since_pass_us += FIX_EVERY_US;
            if self.since_fix_us >= self.flavour.pick(7_000_000, 5_000_000) {
                self.has_position = false;
                self.aligned_for_us = 0;
            }
            return;
        };
        self.since_fix_us = 0;
        if !self.has_position {
            self.aligned_for_us += FIX_EVERY_US;
            if self.aligned_for_us >= ALIGN_US {
                self.align(truth, &fix);
            }
            return;
        }
        self.fuse(truth, &fix);
    }

    fn fuse(&mut self, truth: &TruePose, fix: &Fix) {
        let (error_m, error_mps) = (self.position_error_m, self.velocity_error_mps);
        let innovation = [fix.at_m[0] - truth.north_m - error_m[0], fix.at_m[1] - truth.east_m - error_m[1]];
        let slip = [
            fix.velocity_mps[0] - truth.north_mps - error_mps[0],
            fix.velocity_mps[1] - truth.east_mps - error_mps[1],
        ];
        let noise_m2 = POSITION_SIGMA_LEAST_M * POSITION_SIGMA_LEAST_M;
        let expected_m = (2.0 * (self.variance_m2 + noise_m2)).sqrt();
        self.ratios[0] = slip[0].hypot(slip[1]) / (GATE_SIGMA * VELOCITY_SIGMA_MPS * 2.0_f64.sqrt());
        self.ratios[1] = innovation[0].hypot(innovation[1]) / (GATE_SIGMA * expected_m);
        let passes = self.ratios[1] < 1.0;
        self.since_pass_us = if passes { 0 } else { self.since_pass_us + FIX_EVERY_US };
        self.since_fail_us = if passes { self.since_fail_us + FIX_EVERY_US } else { 0 };
        match self.flavour {
            Flavour::Px4 => self.is_glitching = !passes,
            Flavour::ArduCopter if self.since_pass_us > GLITCH_AFTER_US => self.is_glitching = true,
            Flavour::ArduCopter if self.since_fail_us > GLITCH_OVER_US => self.is_glitching = false,
            Flavour::ArduCopter => {}
        }
        for (error, slip) in self.velocity_error_mps.iter_mut().zip(slip) {
            *error += VELOCITY_GAIN * slip;
        }
        if passes {
            let gain = self.variance_m2 / (self.variance_m2 + noise_m2);
            self.variance_m2 *= 1.0 - gain;
            for (error, innovation) in self.position_error_m.iter_mut().zip(innovation) {
                *error += gain * innovation;
            }
        } else if self.since_pass_us >= self.flavour.pick(10_000_000, 7_000_000) {
            self.reset(truth, fix);
            self.reset_total += 1;
        }
    }

    fn reset(&mut self, truth: &TruePose, fix: &Fix) {
        self.position_error_m[0] = fix.at_m[0] - truth.north_m;
        self.position_error_m[1] = fix.at_m[1] - truth.east_m;
        self.variance_m2 = 0.25;
        self.ratios[1] = 0.0;
        self.since_pass_us = 0;
    }

    /// Barometer, compass and level drift; their ratios stay small.
    fn wander(&mut self) {
        let height = slow(self.position_error_m[2], BARO_SIGMA_M, BARO_S, &mut self.random);
        self.velocity_error_mps[2] = (height - self.position_error_m[2]) / FIX_S * 0.1;
        self.position_error_m[2] = height;
        for (axis, sigma_rad) in [LEVEL_SIGMA_RAD, LEVEL_SIGMA_RAD, YAW_SIGMA_RAD].into_iter().enumerate() {
            let error = &mut self.attitude_error_rad[axis];
            *error = slow(*error, sigma_rad, ANGLE_S, &mut self.random);
        }
        self.ratios[2] = 0.05 + 0.02 * normal(&mut self.random).abs();
        self.ratios[3] = 0.05 + 0.02 * normal(&mut self.random).abs();
    }

    /// There is a position to fly by.
    pub(super) fn position_is_ok(&self) -> bool {
        self.has_position && !self.is_bad
    }

    /// Ratios as reported.
    pub(super) fn reported_ratios(&self) -> [f64; 4] {
        if self.is_bad { [1.5, 1.5, 0.3, 1.2] } else { self.ratios }
    }

    /// Flags of the flavour's own message.
    pub(super) fn flags(&self) -> u16 {
        let up = ATTITUDE | HEIGHT;
        let ok = up | VELOCITY | POSITION_RELATIVE | POSITION | PREDICTED;
        let is_new = self.aligned_for_us == 0 && self.reset_total == 0 && !self.is_bad;
        match (self.position_is_ok(), self.flavour) {
            (true, flavour) if self.is_glitching => ok | flavour.pick(ARDUPILOT_GLITCH, PX4_GLITCH),
            (true, _) => ok,
            (false, Flavour::ArduCopter) if is_new => up | CONSTANT_POSITION | ARDUPILOT_UNINITIALISED,
            (false, _) => up | CONSTANT_POSITION,
        }
    }
}

/// One step of a Gauss-Markov process.
fn slow(value: f64, sigma: f64, time_s: f64, random: &mut Random) -> f64 {
    // To first order: 0.2 s against a minute.
    let lost = FIX_S / time_s;
    value * (1.0 - lost) + sigma * (2.0 * lost).sqrt() * normal(random)
}

#[cfg(test)]
#[path = "tests/estimator.rs"]
mod tests;
