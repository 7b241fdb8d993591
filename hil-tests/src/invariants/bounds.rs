//! Invariants 2 and 4: what a velocity may be, and how long it may be waited for.
//!
//! Slew is counted from the command before, from zero after anything that was no velocity, over the true time between the
//! two passes. 300 ms is PX4's 2 Hz with room for a lost setpoint, and a tenth of ArduCopter's 3 s.

use super::{Step, Told};
use skyhound::command::{Command, Velocity};
use skyhound::config::InterlockConfig;

/// Longest time between setpoints while homing.
const GAP_MAX_US: u64 = 300_000;
/// Rounding of a few additions.
const ROUNDING: f64 = 1e-9;

/// Of one life of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    before: Option<Velocity>,
    /// When the last setpoint left, or HOMING began.
    sent_us: Option<u64>,
}

impl Bounds {
    /// Whether a velocity was commanded in the pass before.
    pub(super) fn moved(&self) -> bool {
        self.before.is_some()
    }

    pub(super) fn judge(&mut self, step: &Step<'_>, gap_us: u64, limits: &InterlockConfig, told: &mut Told) {
        self.gap(step, told);
        let velocity = match step.command {
            Command::Velocity(velocity) => Some(velocity),
            Command::Stop | Command::Silence(_) => None,
        };
        if let Some(velocity) = velocity {
            self.velocity(velocity, gap_us, limits, told);
        }
        self.before = velocity;
    }

    fn velocity(&self, velocity: Velocity, gap_us: u64, limits: &InterlockConfig, told: &mut Told) {
        let Velocity { north_mps, east_mps, down_mps, yaw_rate_rad_s } = velocity;
        let at_most = |value: f64, limit: f64| value.abs() <= limit + ROUNDING;
        if ![north_mps, east_mps, down_mps, yaw_rate_rad_s].iter().all(|part| part.is_finite()) {
            told.tell(2, || format!("not finite: {velocity:?}"));
            return;
        }
        let speed_mps = (north_mps * north_mps + east_mps * east_mps).sqrt();
        if !at_most(speed_mps, limits.speed_max_mps) {
            told.tell(2, || format!("speed {speed_mps} m/s, limit {}", limits.speed_max_mps));
        }
        if !at_most(down_mps, limits.climb_max_mps) {
            told.tell(2, || format!("climb rate {down_mps} m/s, limit {}", limits.climb_max_mps));
        }
        if !at_most(yaw_rate_rad_s, limits.yaw_rate_max_rad_s) {
            told.tell(2, || format!("yaw rate {yaw_rate_rad_s} rad/s, limit {}", limits.yaw_rate_max_rad_s));
        }
        let from = self.before.unwrap_or_default();
        let (n, e, d) = (north_mps - from.north_mps, east_mps - from.east_mps, down_mps - from.down_mps);
        let step_mps = (n * n + e * e + d * d).sqrt();
        let step_max_mps = limits.slew_max_mps2 * gap_us as f64 / 1e6;
        if step_mps > step_max_mps + ROUNDING {
            told.tell(2, || format!("slew: {step_mps} m/s in {gap_us} µs, limit {step_max_mps}"));
        }
    }

    fn gap(&mut self, step: &Step<'_>, told: &mut Told) {
        let sends = !matches!(step.command, Command::Silence(_));
        if step.state.commands() {
            let since_us = step.at_us - *self.sent_us.get_or_insert(step.at_us);
            if since_us > GAP_MAX_US {
                told.tell(4, || {
                    format!("{} ms without a setpoint in {}", since_us / 1000, step.state.name())
                });
            }
            if sends {
                self.sent_us = Some(step.at_us);
            }
        } else {
            self.sent_us = None;
        }
    }
}
