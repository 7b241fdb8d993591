//! ArduCopter's failsafes and fence, looked at ten times a second.
//!
//! Sources: ArduPilot `events.cpp`, `ekf_check.cpp`, `fence.cpp`, `AC_Fence.cpp`, `Parameters.cpp` (FS_OPTIONS),
//! `AP_BattMonitor_Backend.cpp`. GCS: SYSID_MYGCS unheard for FS_GCS_TIMEOUT, once it was heard; radio: FS_THR_ENABLE after
//! RC_FS_TIMEOUT; battery: by voltage for BATT_LOW_TIMER or by charge, each level once; EKF: two variances at FS_EKF_THRESH or no
//! position, for 1 s; fence: RTL, or LAND more than 100 m outside, again each 20 m. FS_OPTIONS: 0 goes on in AUTO on radio loss,
//! 1 in AUTO on GCS loss, 2 in GUIDED on radio loss, 3 when landing, 4 in pilot's modes on GCS loss. On the ground any of them
//! disarms. SMART_RTL is RTL here. Not as there: velocity alone at twice the threshold trips the EKF's, a failsafe's LAND waits
//! 4 s, a landing for the battery goes on without option 3, and any change of mode, their own too, starts the fence's 10 s.

use super::fence::FURTHER_M;
use super::{Aircraft, Mode};

/// Looked at this often.
pub(super) const CHECK_EVERY_US: u64 = 100_000;
const EKF_COUNT: u8 = 10;
/// AC_FENCE_GIVE_UP_DISTANCE.
const FENCE_GIVE_UP_M: f64 = 100.0;
/// AC_FENCE_MANUAL_RECOVERY_TIME_MIN.
const FENCE_RECOVERY_US: u64 = 10_000_000;

const CRITICAL: u8 = 2;
const WARNING: u8 = 4;
/// A level of the battery: its name, its action, and what it must not fall below.
pub(super) const BATTERY: [[&str; 4]; 2] = [
    ["low", "BATT_FS_LOW_ACT", "BATT_LOW_VOLT", "BATT_LOW_MAH"],
    ["critical", "BATT_FS_CRT_ACT", "BATT_CRT_VOLT", "BATT_CRT_MAH"],
];

/// What has tripped.
#[derive(Clone, Debug, Default)]
pub(super) struct Failsafes {
    pub(super) radio: bool,
    gcs: bool,
    ekf: bool,
    /// Low, critical.
    battery: [bool; 2],
    under_since_us: [Option<u64>; 2],
    ekf_count: u8,
    was_glitching: bool,
    /// Broken, and how far outside that was reported.
    fence_m: Option<f64>,
    fence_quiet_us: u64,
}

impl Failsafes {
    pub(super) fn any(&self) -> bool {
        self.radio || self.gcs || self.ekf || self.battery[0] || self.battery[1]
    }

    /// The pilot changes the mode while the fence is broken: they are bringing it back.
    pub(super) fn pilot_recovers(&mut self, now_us: u64) {
        if self.fence_m.is_some() {
            self.fence_quiet_us = now_us + FENCE_RECOVERY_US;
        }
    }
}

impl Aircraft {
    pub(super) fn check_copter(&mut self) {
        self.check_radio();
        self.check_gcs();
        self.check_battery();
        self.check_ekf();
        self.check_fence();
    }

    /// RTL, or LAND where it cannot; on the ground disarms.
    fn act(&mut self, mode: Mode) {
        if self.flight.is_landed {
            self.disarm();
        } else {
            let can_return = self.home_m.is_some() && self.estimator.position_is_ok();
            self.change_to(if mode == Mode::Return && !can_return { Mode::Land } else { mode });
        }
    }

    /// A mode that the autopilot takes itself.
    pub(super) fn change_to(&mut self, mode: Mode) {
        self.flight.intended = mode;
        self.enter(mode);
    }

    fn option(&self, bit: i32) -> bool {
        self.parameters.whole("FS_OPTIONS") & (1 << bit) != 0
    }

    fn lands_already(&self) -> bool {
        self.flight.mode == Mode::Land && self.option(3)
    }

    /// Tells of a failsafe that begins or ends; whether it begins.
    fn begins(&mut self, failsafe: fn(&mut Failsafes) -> &mut bool, is_on: bool, name: &str) -> bool {
        let was_on = std::mem::replace(failsafe(&mut self.copter), is_on);
        if was_on != is_on {
            let cleared = if is_on { "" } else { " Cleared" };
            self.tell(WARNING, format!("{name} Failsafe{cleared}"));
        }
        is_on && !was_on
    }

    fn check_radio(&mut self) {
        let action = self.parameters.whole("FS_THR_ENABLE");
        let lost = action > 0 && self.radio.lost_for_us(self.now_us()) >= self.tuned.radio_lost_us;
        let goes_on = match self.flight.mode {
            Mode::Mission => self.option(0),
            Mode::External => self.option(2),
            _ => self.lands_already(),
        };
        let begins = self.begins(|failsafes| &mut failsafes.radio, lost, "Radio");
        if begins && self.flight.armed && !goes_on {
            self.act(if action == 3 { Mode::Land } else { Mode::Return });
        }
    }

    fn check_gcs(&mut self) {
        let action = self.parameters.whole("FS_GCS_ENABLE");
        let age_us = self.gcs_heard_us.map_or(0, |heard_us| self.now_us() - heard_us);
        let lost = action > 0 && age_us >= self.tuned.gcs_lost_us;
        let goes_on = match self.flight.mode {
            Mode::Mission => self.option(1),
            mode if mode.is_manual() => self.option(4),
            _ => self.lands_already(),
        };
        let counts = self.flight.armed || !lost;
        if counts && self.begins(|failsafes| &mut failsafes.gcs, lost, "GCS") && !goes_on {
            self.act(match action {
                5 => Mode::Land,
                7 => Mode::Hold,
                _ => Mode::Return,
            });
        }
    }

    fn check_battery(&mut self) {
        for level in [1, 0] {
            let [name, action, least_v, least_mah] = BATTERY[level];
            let (voltage_v, now_us) = (self.charge.voltage_v(), self.now_us());
            let is_under = voltage_v < self.parameters.get(least_v);
            let since = &mut self.copter.under_since_us[level];
            *since = if is_under { since.or(Some(now_us)) } else { None };
            let wait_us = self.parameters.us("BATT_LOW_TIMER");
            let by_voltage = since.is_some_and(|since_us| now_us - since_us > wait_us);
            let by_charge = self.charge.left_mah() < self.parameters.get(least_mah);
            let is_new = (by_voltage || by_charge) && !self.copter.battery[level] && self.flight.armed;
            if !is_new {
                continue;
            }
            self.copter.battery[level] = true;
            let used_mah = self.charge.reported().consumed_ah * 1000.0;
            self.tell(WARNING, format!("Battery 1 is {name} {voltage_v:.2}V used {used_mah:.0} mAh"));
            if level == 1 {
                // The lower level is passed too, its own action is not wanted any more.
                self.copter.battery[0] = true;
            }
            if self.lands_already() {
                continue;
            }
            match self.parameters.whole(action) {
                0 => {}
                1 => self.act(Mode::Land),
                5 => self.disarm(),
                _ => self.act(Mode::Return),
            }
        }
    }

    fn check_ekf(&mut self) {
        let glitching = self.estimator.is_glitching && self.estimator.has_position;
        if glitching != self.copter.was_glitching {
            self.copter.was_glitching = glitching;
            let text = if glitching { "GPS Glitch or Compass error" } else { "Glitch cleared" };
            self.tell(CRITICAL, text.into());
        }
        let threshold = self.parameters.get("FS_EKF_THRESH");
        if !self.flight.armed || threshold <= 0.0 {
            (self.copter.ekf_count, self.copter.ekf) = (0, false);
            return;
        }
        let [velocity, position, _, compass] = self.estimator.reported_ratios();
        let over = [velocity, position, compass].iter().filter(|ratio| **ratio >= threshold).count();
        if over >= 2 || !self.estimator.position_is_ok() {
            self.copter.ekf_count = (self.copter.ekf_count + 1).min(EKF_COUNT);
            if self.copter.ekf_count == EKF_COUNT && !self.copter.ekf {
                self.copter.ekf = true;
                self.tell(CRITICAL, "EKF variance".into());
                self.act_on_ekf();
            }
        } else {
            self.copter.ekf_count = self.copter.ekf_count.saturating_sub(1);
            if self.copter.ekf && self.copter.ekf_count == 0 {
                self.copter.ekf = false;
                self.tell(CRITICAL, "EKF Failsafe Cleared".into());
            }
        }
    }

    fn act_on_ekf(&mut self) {
        let action = self.parameters.whole("FS_EKF_ACTION");
        if !self.flight.mode.needs_position() && action != 3 {
            return;
        }
        let to = if action == 2 { Mode::AltHold } else { Mode::Land };
        self.tell(CRITICAL, format!("EKF Failsafe: changed to {} Mode", self.name_of(to)));
        self.act(to);
    }

    fn check_fence(&mut self) {
        let outside = self.outside();
        let most_m = outside.most_m();
        if most_m < 0.0 {
            if self.copter.fence_m.take().is_some() {
                self.tell(6, "Fence breach cleared".into());
            }
            return;
        }
        let is_new = self.copter.fence_m.is_none_or(|told_m| most_m >= told_m + FURTHER_M);
        if !is_new || self.now_us() < self.copter.fence_quiet_us {
            return;
        }
        self.copter.fence_m = Some(most_m);
        if !self.flight.armed {
            return;
        }
        let what = match (outside.circle_m >= 0.0, outside.height_m >= 0.0) {
            (true, true) => "Max Alt and Circle fence breached",
            (true, false) => "Circle fence breached",
            (false, true) => "Max Alt fence breached",
            (false, false) => "Polygon fence breached",
        };
        self.tell(CRITICAL, what.into());
        match self.tuned.fence.action {
            0 => {}
            2 => self.act(Mode::Land),
            4 => self.act(Mode::Hold),
            _ if most_m > FENCE_GIVE_UP_M => self.act(Mode::Land),
            _ => self.act(Mode::Return),
        }
    }
}
