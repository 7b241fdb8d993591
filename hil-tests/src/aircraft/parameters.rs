//! The autopilot's parameters: names, types and units as the real firmware has them, with the defaults that suit a scenario.
//!
//! Sources: ArduPilot Copter's `Parameters.cpp`, `config.h`, `AC_Fence.cpp`, `AP_BattMonitor_Params.cpp`; PX4
//! `commander_params.c`, `rtl_params.c`, `geofence_params.c`, `battery_params_common.c`, `mc_pos_control/*_params.c`. Defaults
//! are theirs; as remembered, not checked: ATC, AVOID, LOIT, PSC, RC_FS, WPNAV, MIS, NAV_ACC_RAD, MPC_ACC_*_MAX, MPC_VEL_MANUAL,
//! MPC_YAWRAUTO_MAX. What differs is what the interlocks ask of an aircraft that is homed with (GUID_TIMEOUT 1 s instead of 3;
//! GCS, fence and battery failsafes on, with a battery of 5 Ah, a fence of 1000 m and 120 m, ArduPilot's own being 300 and 100,
//! PX4's none; hold instead of POSCTL on the loss of OFFBOARD's setpoints) and the limits that the scenario's `[aircraft]` gives.

use crate::scenario::Aircraft;

/// MAV_PARAM_TYPE.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are MAVLink's")]
pub enum ParameterType {
    Int8 = 2,
    Int16 = 4,
    Int32 = 6,
    Real32 = 9,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name, at most 16 bytes.
    pub name: String,
    /// Its value in the firmware's own unit.
    pub value: f64,
    /// Its type.
    pub kind: ParameterType,
}

/// All parameters, sorted by name.
#[derive(Clone, Debug)]
pub struct Parameters {
    all: Vec<Parameter>,
    pub(super) is_changed: bool,
}

impl Parameters {
    /// Those of `flavour`, with what the scenario gives: its limits, then its own `parameters`. A name that is not known here is
    /// kept and answered, and changes nothing.
    pub fn new(scenario: &Aircraft) -> Parameters {
        let known = scenario.flavour.pick(ARDUCOPTER, PX4).iter();
        let mut all: Vec<Parameter> =
            known.map(|&(name, kind, value)| Parameter { name: name.into(), value, kind }).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let mut parameters = Parameters { all, is_changed: false };
        parameters.limit(scenario);
        for (name, &value) in &scenario.parameters {
            parameters.set(name, value);
        }
        parameters.all.retain(|known| !scenario.absent.contains(&known.name));
        parameters
    }

    fn limit(&mut self, scenario: &Aircraft) {
        let flavour = scenario.flavour;
        self.set(flavour.pick("SYSID_THISMAV", "MAV_SYS_ID"), f64::from(scenario.system));
        for (copter, px4, value) in [
            ("WPNAV_SPEED", "MPC_XY_VEL_MAX", scenario.speed_max_mps),
            ("WPNAV_ACCEL", "MPC_ACC_HOR", scenario.acceleration_max_mps2),
            ("WPNAV_SPEED_UP", "MPC_Z_VEL_MAX_UP", scenario.climb_max_mps),
            ("WPNAV_SPEED_DN", "MPC_Z_VEL_MAX_DN", scenario.climb_max_mps),
            ("ATC_SLEW_YAW", "MPC_YAWRAUTO_MAX", scenario.yaw_rate_max_deg_s),
            ("ANGLE_MAX", "MPC_TILTMAX_AIR", scenario.tilt_max_deg),
        ] {
            self.set(flavour.pick(copter, px4), value * flavour.pick(100.0, 1.0));
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The one with this index.
    pub fn at(&self, index: usize) -> Option<&Parameter> {
        self.all.get(index)
    }

    /// Index and parameter of this name.
    pub fn find(&self, name: &str) -> Option<(usize, &Parameter)> {
        let index = self.search(name).ok()?;
        Some((index, &self.all[index]))
    }

    fn search(&self, name: &str) -> Result<usize, usize> {
        self.all.binary_search_by(|known| known.name.as_str().cmp(name))
    }

    /// Its value.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.find(name).map(|(_, parameter)| parameter.value)
    }

    /// Its value, as the firmware reads it: 0 where it is not known.
    pub(super) fn get(&self, name: &str) -> f64 {
        self.value(name).unwrap_or(0.0)
    }

    pub(super) fn whole(&self, name: &str) -> i32 {
        self.get(name) as i32
    }

    /// Of one in seconds.
    pub(super) fn us(&self, name: &str) -> u64 {
        (self.get(name).max(0.0) * 1e6) as u64
    }

    /// Sets it, as far as its type can hold the value; adds it where it is not known. Values that are not finite are refused.
    /// Returns whether it was set.
    pub fn set(&mut self, name: &str, value: f64) -> bool {
        if !value.is_finite() || name.is_empty() || name.len() > 16 {
            return false;
        }
        self.is_changed = true;
        match self.search(name) {
            Ok(index) => self.all[index].value = self.all[index].kind.hold(value),
            Err(index) => {
                let kind = ParameterType::Real32;
                self.all.insert(index, Parameter { name: name.into(), value: kind.hold(value), kind });
            }
        }
        true
    }
}

impl ParameterType {
    fn hold(self, value: f64) -> f64 {
        // `as` saturates.
        match self {
            ParameterType::Int8 => f64::from(value.round() as i8),
            ParameterType::Int16 => f64::from(value.round() as i16),
            ParameterType::Int32 => f64::from(value.round() as i32),
            ParameterType::Real32 => f64::from(value as f32),
        }
    }
}

type Row = (&'static str, ParameterType, f64);
use ParameterType::{Int8, Int16, Int32, Real32};

const ARDUCOPTER: &[Row] = &[
    ("ANGLE_MAX", Int16, 3000.0),
    ("ARMING_CHECK", Int32, 1.0),
    ("ATC_SLEW_YAW", Real32, 6000.0),
    ("AUTO_OPTIONS", Int32, 0.0),
    ("AVOID_ENABLE", Int8, 3.0),
    ("BATT_CAPACITY", Int32, 5000.0),
    ("BATT_CRT_MAH", Real32, 500.0),
    ("BATT_CRT_VOLT", Real32, 0.0),
    ("BATT_FS_CRT_ACT", Int8, 1.0),
    ("BATT_FS_LOW_ACT", Int8, 2.0),
    ("BATT_LOW_MAH", Real32, 1000.0),
    ("BATT_LOW_TIMER", Int8, 10.0),
    ("BATT_LOW_VOLT", Real32, 0.0),
    ("BATT_MONITOR", Int8, 4.0),
    ("DISARM_DELAY", Int8, 10.0),
    ("FENCE_ACTION", Int8, 1.0),
    ("FENCE_ALT_MAX", Real32, 120.0),
    ("FENCE_ENABLE", Int8, 1.0),
    ("FENCE_OPTIONS", Int16, 1.0),
    ("FENCE_MARGIN", Real32, 2.0),
    ("FENCE_RADIUS", Real32, 1000.0),
    ("FENCE_TYPE", Int8, 7.0),
    ("FS_EKF_ACTION", Int8, 1.0),
    ("FS_EKF_THRESH", Real32, 0.8),
    ("FS_GCS_ENABLE", Int8, 1.0),
    ("FS_GCS_TIMEOUT", Real32, 5.0),
    ("FS_OPTIONS", Int32, 16.0),
    ("FS_THR_ENABLE", Int8, 1.0),
    ("GUID_TIMEOUT", Real32, 1.0),
    ("LAND_ALT_LOW", Int16, 1000.0),
    ("LAND_SPEED", Int16, 50.0),
    ("LOIT_SPEED", Real32, 1250.0),
    ("PSC_JERK_XY", Real32, 5.0),
    ("RCMAP_PITCH", Int8, 2.0),
    ("RCMAP_ROLL", Int8, 1.0),
    ("RCMAP_THROTTLE", Int8, 3.0),
    ("RCMAP_YAW", Int8, 4.0),
    ("RC_FS_TIMEOUT", Real32, 1.0),
    ("RC_OPTIONS", Int32, 32.0),
    ("RTL_ALT", Int32, 1500.0),
    ("RTL_LOIT_TIME", Int32, 5000.0),
    ("SYSID_MYGCS", Int16, 255.0),
    ("SYSID_THISMAV", Int16, 1.0),
    ("WPNAV_ACCEL", Real32, 250.0),
    ("WPNAV_ACCEL_Z", Real32, 100.0),
    ("WPNAV_RADIUS", Real32, 200.0),
    ("WPNAV_SPEED", Real32, 1000.0),
    ("WPNAV_SPEED_DN", Real32, 150.0),
    ("WPNAV_SPEED_UP", Real32, 250.0),
];

const PX4: &[Row] = &[
    ("BAT1_CAPACITY", Real32, 5000.0),
    ("BAT_CRIT_THR", Real32, 0.07),
    ("BAT_EMERGEN_THR", Real32, 0.05),
    ("COM_DISARM_LAND", Real32, 2.0),
    ("COM_DISARM_PRFLT", Real32, 10.0),
    ("COM_DLL_EXCEPT", Int32, 0.0),
    ("COM_DL_LOSS_T", Int32, 10.0),
    ("COM_FAIL_ACT_T", Real32, 5.0),
    ("COM_LOW_BAT_ACT", Int32, 3.0),
    ("COM_OBL_RC_ACT", Int32, 5.0),
    ("COM_OF_LOSS_T", Real32, 1.0),
    ("COM_RCL_EXCEPT", Int32, 0.0),
    ("COM_RC_IN_MODE", Int32, 3.0),
    ("COM_RC_LOSS_T", Real32, 0.5),
    ("COM_RC_OVERRIDE", Int32, 1.0),
    ("COM_RC_STICK_OV", Real32, 30.0),
    ("GF_ACTION", Int32, 2.0),
    ("GF_MAX_HOR_DIST", Real32, 1000.0),
    ("GF_MAX_VER_DIST", Real32, 120.0),
    ("MAV_SYS_ID", Int32, 1.0),
    ("MIS_TAKEOFF_ALT", Real32, 10.0),
    ("MPC_ACC_DOWN_MAX", Real32, 3.0),
    ("MPC_ACC_HOR", Real32, 3.0),
    ("MPC_JERK_AUTO", Real32, 4.0),
    ("MPC_LAND_ALT2", Real32, 5.0),
    ("MPC_LAND_SPEED", Real32, 0.7),
    ("MPC_TILTMAX_AIR", Real32, 45.0),
    ("MPC_VEL_MANUAL", Real32, 10.0),
    ("MPC_XY_VEL_MAX", Real32, 12.0),
    ("MPC_YAWRAUTO_MAX", Real32, 60.0),
    ("MPC_Z_VEL_MAX_DN", Real32, 1.5),
    ("MPC_Z_VEL_MAX_UP", Real32, 3.0),
    ("NAV_ACC_RAD", Real32, 2.0),
    ("NAV_DLL_ACT", Int32, 2.0),
    ("NAV_RCL_ACT", Int32, 2.0),
    ("RC_MAP_PITCH", Int32, 2.0),
    ("RC_MAP_ROLL", Int32, 1.0),
    ("RC_MAP_THROTTLE", Int32, 3.0),
    ("RC_MAP_YAW", Int32, 4.0),
    ("RTL_CONE_ANG", Int32, 45.0),
    ("RTL_LAND_DELAY", Real32, 0.0),
    ("RTL_RETURN_ALT", Real32, 60.0),
];
