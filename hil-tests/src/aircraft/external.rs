//! GUIDED and OFFBOARD: setpoints in, what they ask of the body out.
//!
//! ArduPilot `mode_guided.cpp`, `GCS_MAVLink_Copter.cpp`: entering GUIDED holds; velocity setpoints that are not renewed within
//! GUID_TIMEOUT become a stop, yaw rates too; nothing lifts off but MAV_CMD_NAV_TAKEOFF, and a setpoint ends a take-off; a
//! velocity is limited before the fence (AC_Avoid, AVOID_ENABLE). One that it cannot read begins GUIDED anew, which stops; not
//! as there, a yaw rate that is not finite does so too.
//! PX4 guide "Offboard Mode": any setpoint counts as a sign of life. As remembered, not checked: upward setpoints lift off.

use super::flight::Here;
use super::motion::{Lead, Turn, root_law, shortened};
use super::{Aircraft, Answer, Mode, Setpoint};
use crate::scenario::Flavour;

/// PX4's guide wants setpoints at 2 Hz; `offboardCheck.cpp` one within COM_OF_LOSS_T, whatever the rate …
const PX4_GAP_US: u64 = 500_000;
/// … for this long before it switches: as remembered, not checked; `offboardCheck.cpp` has no such wait.
const PX4_STREAM_US: u64 = 1_000_000;

/// What was asked from outside.
#[derive(Clone, Debug, Default)]
pub(super) struct External {
    /// Velocity north, east, up, and yaw rate.
    pub(super) target: Option<([f64; 3], f64)>,
    /// When the last setpoint came, in whatever mode.
    heard_us: Option<u64>,
    /// Since when they come at more than 2 Hz.
    streams_since_us: u64,
    taken_us: u64,
    /// MAV_CMD_NAV_TAKEOFF in GUIDED: to this height (up).
    pub(super) take_off_m: Option<f64>,
}

impl External {
    /// The mode begins: what was asked before is forgotten.
    pub(super) fn begin(&mut self) {
        self.target = None;
        self.take_off_m = None;
    }

    /// Setpoints have come fast and long enough for OFFBOARD.
    pub(super) fn streams(&self, now_us: u64) -> bool {
        self.silent_us(now_us) <= PX4_GAP_US && now_us - self.streams_since_us >= PX4_STREAM_US
    }

    /// For how long none has come.
    pub(super) fn silent_us(&self, now_us: u64) -> u64 {
        self.heard_us.map_or(u64::MAX, |heard_us| now_us - heard_us)
    }
}

impl Aircraft {
    /// A setpoint came.
    pub(super) fn take_setpoint(&mut self, setpoint: &Setpoint) -> Answer {
        let [north, east, down] = setpoint.velocity_mps;
        if [north, east, down, setpoint.yaw_rate_rad_s].iter().any(|number| !number.is_finite()) {
            return self.take_unreadable();
        }
        let now_us = self.now_us();
        if self.external.silent_us(now_us) > PX4_GAP_US {
            self.external.streams_since_us = now_us;
        }
        self.external.heard_us = Some(now_us);
        let target = Some(([north, east, -down], setpoint.yaw_rate_rad_s));
        let flies = self.flight.mode == Mode::External && self.flight.armed;
        if self.flavour == Flavour::Px4 {
            self.external.target = target;
            return if flies { Answer::Accepted } else { Answer::Denied };
        }
        if !flies {
            return Answer::Denied;
        }
        if self.external.target.is_none() {
            self.flight.held_m = None;
        }
        self.external.take_off_m = None;
        self.external.target = target;
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

    pub(super) fn follow_setpoints(&mut self, here: Here) -> (Lead, Turn) {
        if let Some(up_m) = self.external.take_off_m {
            return (self.climb(here, up_m), Turn::Hold);
        }
        let Some((velocity, yaw_rate)) = self.external.target else { return (self.stay(here), Turn::Hold) };
        let ours = self.flavour == Flavour::ArduCopter;
        let is_late = ours && self.now_us() - self.external.taken_us > self.tuned.setpoint_loss_us;
        let turn = if is_late { Turn::Hold } else { Turn::Rate(yaw_rate) };
        let [north, east, up] = velocity;
        if self.flight.is_landed && (ours || up <= 0.0) {
            return (Lead::Idle, turn);
        }
        if is_late || velocity == [0.0; 3] {
            return (self.stay(here), turn);
        }
        self.flight.held_m = None;
        let [north, east] = shortened([north, east], self.tuned.speed_mps);
        let velocity = [north, east, up.clamp(-self.tuned.down_mps, self.tuned.up_mps)];
        (Lead::Velocity(self.kept_inside(here, velocity)), turn)
    }

    /// ArduPilot's simple avoidance: the velocity towards the fence is what can be braked away before its margin.
    pub(super) fn kept_inside(&self, here: Here, velocity_mps: [f64; 3]) -> [f64; 3] {
        let fence = &self.tuned.fence;
        let (Some(margin_m), Some(home)) = (fence.avoid_m, self.home_m) else { return velocity_mps };
        let [mut north, mut east, mut up] = velocity_mps;
        let far_m = here.far_m(home);
        let left_m = fence.radius_m - margin_m - far_m;
        if far_m > 0.0 && left_m.is_finite() {
            let unit = here.way_m(home).map(|part| -part / far_m);
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
