//! The plain gradient climber of the first airborne core, its law written again and frozen, so that what comes after can be
//! held against it.
//!
//! Nose first along the gradient's bearing while its 1-sigma is small enough, else an S-turn about the last course; slow
//! where strong; it holds where it is near (SNR over [`HOLD_SNR_DB`], peaks decaying 2 dB/s) and power falls or the gradient
//! points behind; and goes on 3 dB below that. Unheard for `lost_us`: it stands still until it hears again.

use super::plane::Plane;
use super::{Seen, Steer, Wish};
use skyhound::command::Velocity;
use skyhound::config::HomingConfig;
use skyhound::geo::wrap_pi;
use std::f64::consts::{FRAC_PI_2, TAU};

/// Near enough to hold, and strong, as the first airborne core was shipped.
const HOLD_SNR_DB: f64 = 40.0;
const STRONG_SNR_DB: f64 = 30.0;
/// Speed where it is strong.
const SLOW_MPS: f64 = 1.0;
/// Yaw rate per rad of heading error.
const YAW_GAIN_PER_S: f64 = 1.0;
/// The strength's decay between pulses.
const DECAY_DB_S: f64 = 2.0;
/// Weaker by this than where it holds, it climbs on.
const LEFT_DB: f64 = 3.0;
/// The S-turn of the airborne core, frozen with the law.
const S_TURN_AMPLITUDE_RAD: f64 = std::f64::consts::FRAC_PI_3;
const S_TURN_PERIOD_US: f64 = 20e6;
/// The largest 1-sigma of a bearing that it flew: 40°.
const BEARING_SIGMA_MAX_RAD: f64 = 0.698;

/// The law and what it remembers.
#[derive(Clone, Debug)]
pub(super) struct Climber {
    settings: HomingConfig,
    plane: Plane,
    course_rad: f64,
    s_turn_us: Option<u64>,
    strength_db: f64,
    passed_us: u64,
    heard_us: u64,
    holds: bool,
    is_lost: bool,
}

impl Climber {
    /// Straight ahead at first.
    pub(super) fn new(settings: &HomingConfig, seen: &Seen<'_>) -> Climber {
        Climber {
            settings: settings.clone(),
            plane: Plane::default(),
            course_rad: seen.yaw_rad,
            s_turn_us: None,
            strength_db: f64::NEG_INFINITY,
            passed_us: seen.now_us,
            heard_us: seen.now_us,
            holds: false,
            is_lost: false,
        }
    }

    /// Each climb begins straight ahead, also after a hold.
    fn begin(&mut self, seen: &Seen<'_>) {
        (self.course_rad, self.s_turn_us) = (seen.yaw_rad, None);
    }

    fn nose_first(&self, error_rad: f64, yaw_rad: f64, speed_mps: f64) -> Velocity {
        let forward_mps = speed_mps * error_rad.cos().max(0.0);
        let turn_max_rad_s = self.settings.yaw_rate_max_rad_s;
        Velocity {
            north_mps: forward_mps * yaw_rad.cos(),
            east_mps: forward_mps * yaw_rad.sin(),
            down_mps: 0.0,
            yaw_rate_rad_s: (YAW_GAIN_PER_S * error_rad).clamp(-turn_max_rad_s, turn_max_rad_s),
        }
    }
}

impl Steer for Climber {
    fn steer(&mut self, seen: &Seen<'_>) -> Wish {
        seen.samples.iter().for_each(|sample| self.plane.take(sample));
        let elapsed_s = seen.now_us.saturating_sub(self.passed_us) as f64 / 1e6;
        self.passed_us = seen.now_us;
        if seen.heard {
            self.heard_us = seen.now_us;
        }
        let snr_db = seen.snr_db.filter(|_| seen.heard).unwrap_or(f64::NEG_INFINITY);
        self.strength_db = snr_db.max(self.strength_db - DECAY_DB_S * elapsed_s);
        if seen.now_us - self.heard_us > u64::from(self.settings.lost_us) {
            (self.holds, self.is_lost) = (false, true);
            return Wish::Fly(Velocity::default());
        }
        if std::mem::take(&mut self.is_lost) {
            self.begin(seen);
        }
        let rise = if seen.heard { self.plane.rise() } else { None };
        let usable = rise.filter(|rise| rise.sigma_rad <= BEARING_SIGMA_MAX_RAD);
        let behind = usable.is_some_and(|rise| wrap_pi(rise.bearing_rad - seen.yaw_rad).abs() > FRAC_PI_2);
        let falls = seen.slope_db_s.is_some_and(|slope_db_s| slope_db_s <= 0.0);
        let near_db = HOLD_SNR_DB;
        let held = self.holds;
        self.holds = match self.holds {
            false => seen.heard && self.strength_db >= near_db && (falls || behind),
            true => self.strength_db >= near_db - LEFT_DB,
        };
        if self.holds {
            return Wish::Hold;
        }
        if held {
            self.begin(seen);
        }
        let course_rad = match usable {
            Some(rise) => {
                (self.s_turn_us, self.course_rad) = (None, rise.bearing_rad);
                rise.bearing_rad
            }
            None => {
                let since_us = seen.now_us - *self.s_turn_us.get_or_insert(seen.now_us);
                let turns = since_us as f64 / S_TURN_PERIOD_US;
                self.course_rad + S_TURN_AMPLITUDE_RAD * (TAU * turns).sin()
            }
        };
        let strong = self.strength_db >= STRONG_SNR_DB;
        let speed_mps = if strong { SLOW_MPS.min(self.settings.speed_mps) } else { self.settings.speed_mps };
        Wish::Fly(self.nose_first(wrap_pi(course_rad - seen.yaw_rad), seen.yaw_rad, speed_mps))
    }
}
