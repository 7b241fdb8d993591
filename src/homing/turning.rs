//! Turns in place of a directional antenna: time, heading (rad) and place (m) in, a yaw rate (rad/s) out until it is once about.
//!
//! So slow that an emission that is on now and then is heard at each heading. At a place it is turned once: a second time it would hear
//! the same. What a turn is worth beside a leg is not judged here (`worth`).

use super::worth::Standpoint;
use crate::config::{Antenna, HomingConfig};
use crate::geo::{NorthEast, wrap_pi};
use crate::time::TimeUs;
use std::f64::consts::TAU;

/// Between two emissions the heading changes by this at most, rad.
const STEP_RAD: f64 = 0.35;
/// A turn that would take longer is none, s.
const TURN_MAX_S: f64 = 60.0;
/// One that takes so many times as long is given up.
const PATIENCE: f64 = 1.5;
/// So far from the last one it is turned again: this, or a share of the distance to the beacon, m.
const AGAIN_M: f64 = 30.0;
const AGAIN_RATIO: f64 = 0.15;

/// One that is made.
#[derive(Copy, Clone, Debug)]
struct Turn {
    at: NorthEast,
    rate_rad_s: f64,
    heading_rad: f64,
    turned_rad: f64,
    until: TimeUs,
}

/// What turns.
#[derive(Clone, Debug)]
pub(super) struct Turning {
    is_directional: bool,
    rate_max_rad_s: f64,
    turn: Option<Turn>,
    /// Where it was turned last.
    turned_at: Option<NorthEast>,
}

impl Turning {
    pub(super) fn new(settings: &HomingConfig, antenna: &Antenna) -> Turning {
        Turning {
            is_directional: matches!(antenna, Antenna::Directional(_)),
            rate_max_rad_s: settings.yaw_rate_max_rad_s,
            turn: None,
            turned_at: None,
        }
    }

    /// Nothing is turned; and where it was turned is forgotten.
    pub(super) fn forget(&mut self) {
        (self.turn, self.turned_at) = (None, None);
    }

    /// Time of a turn here, of a beacon with such a period that is believed so far away, s; where it is of use.
    pub(super) fn time_s(&self, at: NorthEast, away_m: f64, period_us: Option<f64>) -> Option<f64> {
        let again_m = AGAIN_M.max(AGAIN_RATIO * away_m);
        let is_known = self.turned_at.is_some_and(|turned_at| turned_at.distance_m(at) < again_m);
        let time_s = TAU / self.rate_rad_s(period_us);
        (self.is_directional && !is_known && time_s <= TURN_MAX_S).then_some(time_s)
    }

    /// Begins one here.
    pub(super) fn begin(&mut self, now: TimeUs, from: &Standpoint, period_us: Option<f64>) {
        let rate_rad_s = self.rate_rad_s(period_us);
        let until = now.plus_us((PATIENCE * TAU / rate_rad_s * 1e6) as u64);
        self.turned_at = Some(from.at);
        self.turn =
            Some(Turn { at: from.at, rate_rad_s, heading_rad: from.course_rad, turned_rad: 0.0, until });
    }

    /// Where it is turned and how fast, until it was once about.
    pub(super) fn follow(&mut self, now: TimeUs, from: &Standpoint) -> Option<(NorthEast, f64)> {
        let turn = self.turn.as_mut()?;
        turn.turned_rad += wrap_pi(from.course_rad - turn.heading_rad);
        turn.heading_rad = from.course_rad;
        let (at, rate_rad_s) = (turn.at, turn.rate_rad_s);
        if turn.turned_rad >= TAU || now >= turn.until {
            self.turn = None;
            return None;
        }
        Some((at, rate_rad_s))
    }

    fn rate_rad_s(&self, period_us: Option<f64>) -> f64 {
        let heard_rad_s = period_us.map_or(f64::INFINITY, |period_us| STEP_RAD / (period_us / 1e6));
        self.rate_max_rad_s.min(heard_rad_s)
    }
}
