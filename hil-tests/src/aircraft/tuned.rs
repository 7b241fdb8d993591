//! The parameters that the flight uses, in SI units: read once for each change, since a look-up by name in every step costs.

use super::motion::Limits;
use super::parameters::Parameters;
use crate::scenario::Flavour;

/// Parameters of both flavours in common meaning.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tuned {
    pub(super) limits: Limits,
    pub(super) speed_mps: f64,
    pub(super) stick_speed_mps: f64,
    pub(super) up_mps: f64,
    pub(super) down_mps: f64,
    pub(super) land_mps: f64,
    /// Height under which it lands slowly.
    pub(super) land_slowly_m: f64,
    pub(super) accept_m: f64,
    pub(super) return_m: f64,
    pub(super) return_loiter_us: u64,
    /// PX4: RTL_CONE_ANG as tangent; none = always the full height.
    pub(super) return_cone_tan: Option<f64>,
    pub(super) take_off_m: f64,
    pub(super) fence: Fence,
    pub(super) gcs_system: u8,
    pub(super) gcs_lost_us: u64,
    pub(super) radio_lost_us: u64,
    pub(super) disarm_ground_us: u64,
    /// Channels of roll, pitch, throttle and yaw, 1 = the first.
    pub(super) sticks: [usize; 4],
    pub(super) copter: Copter,
    pub(super) px4: Px4,
}

/// The geofence; distances of infinity = off.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Fence {
    pub(super) is_on: bool,
    pub(super) action: i32,
    pub(super) radius_m: f64,
    pub(super) height_m: f64,
    /// What was uploaded counts: ArduPilot by FENCE_TYPE; as one area by FENCE_OPTIONS.
    pub(super) has_zones: bool,
    pub(super) is_union: bool,
    /// ArduPilot stops this far before it in GUIDED and LOITER (AVOID_ENABLE); none = not.
    pub(super) avoid_m: Option<f64>,
}

/// ArduCopter's own.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub(super) struct Copter {
    pub(super) guided_timeout_us: u64,
    pub(super) gcs_action: i32,
    pub(super) radio_action: i32,
    pub(super) options: i32,
    pub(super) ekf_threshold: f64,
    pub(super) ekf_action: i32,
    pub(super) checks: bool,
    /// Low, critical: action, volts, mAh.
    pub(super) battery: [(i32, f64, f64); 2],
    pub(super) battery_wait_us: u64,
    pub(super) disarm_delay_us: u64,
    pub(super) auto_options: i32,
}

/// PX4's own.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub(super) struct Px4 {
    pub(super) offboard_loss_us: u64,
    pub(super) offboard_loss_action: i32,
    pub(super) gcs_action: i32,
    pub(super) radio_action: i32,
    /// COM_RCL_EXCEPT, COM_DLL_EXCEPT: bit 0 mission, 1 hold and other AUTO modes, 2 offboard.
    pub(super) radio_except: i32,
    pub(super) gcs_except: i32,
    pub(super) battery_action: i32,
    /// Low, critical, emergency.
    pub(super) battery_ratio: [f64; 3],
    pub(super) delay_us: u64,
    pub(super) override_modes: i32,
    pub(super) override_ratio: f64,
    pub(super) disarm_land_us: u64,
}

fn us(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1e6) as u64
}

fn on_or_infinite(is_on: bool, value: f64) -> f64 {
    if is_on && value > 0.0 { value } else { f64::INFINITY }
}

impl Tuned {
    pub(super) fn new(flavour: Flavour, parameters: &Parameters) -> Tuned {
        let value = |name: &str| parameters.value(name).unwrap_or(0.0);
        match flavour {
            Flavour::ArduCopter => copter(&value),
            Flavour::Px4 => px4(&value),
        }
    }
}

fn copter(value: &dyn Fn(&str) -> f64) -> Tuned {
    let whole = |name: &str| value(name) as i32;
    let (fence_on, fences) = (value("FENCE_ENABLE") > 0.0, whole("FENCE_TYPE"));
    let battery = |level: &str| {
        let of = |what: &str| value(&format!("BATT_{level}{what}"));
        (value(&format!("BATT_FS_{level}_ACT")) as i32, of("_VOLT"), of("_MAH"))
    };
    Tuned {
        limits: Limits {
            acceleration_mps2: value("WPNAV_ACCEL") / 100.0,
            climb_acceleration_mps2: value("WPNAV_ACCEL_Z") / 100.0,
            jerk_mps3: value("PSC_JERK_XY"),
            tilt_rad: (value("ANGLE_MAX") / 100.0).to_radians(),
            yaw_rate_rad_s: (value("ATC_SLEW_YAW") / 100.0).to_radians(),
        },
        speed_mps: value("WPNAV_SPEED") / 100.0,
        stick_speed_mps: value("LOIT_SPEED") / 100.0,
        up_mps: value("WPNAV_SPEED_UP") / 100.0,
        down_mps: value("WPNAV_SPEED_DN") / 100.0,
        land_mps: value("LAND_SPEED") / 100.0,
        land_slowly_m: value("LAND_ALT_LOW") / 100.0,
        accept_m: value("WPNAV_RADIUS") / 100.0,
        return_m: value("RTL_ALT") / 100.0,
        return_loiter_us: us(value("RTL_LOIT_TIME") / 1000.0),
        return_cone_tan: None,
        take_off_m: 10.0,
        fence: Fence {
            is_on: fence_on,
            action: whole("FENCE_ACTION"),
            radius_m: on_or_infinite(fence_on && fences & 2 != 0, value("FENCE_RADIUS")),
            height_m: on_or_infinite(fence_on && fences & 1 != 0, value("FENCE_ALT_MAX")),
            has_zones: fence_on && fences & 4 != 0,
            is_union: whole("FENCE_OPTIONS") & 2 != 0,
            avoid_m: (whole("AVOID_ENABLE") & 1 != 0).then(|| value("FENCE_MARGIN")),
        },
        gcs_system: value("SYSID_MYGCS") as u8,
        gcs_lost_us: us(value("FS_GCS_TIMEOUT")),
        radio_lost_us: us(value("RC_FS_TIMEOUT")),
        disarm_ground_us: 0,
        sticks: ["ROLL", "PITCH", "THROTTLE", "YAW"].map(|stick| value(&format!("RCMAP_{stick}")) as usize),
        copter: Copter {
            guided_timeout_us: us(value("GUID_TIMEOUT")),
            gcs_action: whole("FS_GCS_ENABLE"),
            radio_action: whole("FS_THR_ENABLE"),
            options: whole("FS_OPTIONS"),
            ekf_threshold: value("FS_EKF_THRESH"),
            ekf_action: whole("FS_EKF_ACTION"),
            checks: value("ARMING_CHECK") != 0.0,
            battery: [battery("LOW"), battery("CRT")],
            battery_wait_us: us(value("BATT_LOW_TIMER")),
            disarm_delay_us: us(value("DISARM_DELAY")),
            auto_options: whole("AUTO_OPTIONS"),
        },
        px4: Px4::default(),
    }
}

fn px4(value: &dyn Fn(&str) -> f64) -> Tuned {
    let whole = |name: &str| value(name) as i32;
    Tuned {
        limits: Limits {
            acceleration_mps2: value("MPC_ACC_HOR"),
            climb_acceleration_mps2: value("MPC_ACC_UP_MAX").min(value("MPC_ACC_DOWN_MAX")),
            jerk_mps3: value("MPC_JERK_AUTO"),
            tilt_rad: value("MPC_TILTMAX_AIR").to_radians(),
            yaw_rate_rad_s: value("MPC_YAWRAUTO_MAX").to_radians(),
        },
        speed_mps: value("MPC_XY_VEL_MAX"),
        stick_speed_mps: value("MPC_VEL_MANUAL").min(value("MPC_XY_VEL_MAX")),
        up_mps: value("MPC_Z_VEL_MAX_UP"),
        down_mps: value("MPC_Z_VEL_MAX_DN"),
        land_mps: value("MPC_LAND_SPEED"),
        land_slowly_m: value("MPC_LAND_ALT2"),
        accept_m: value("NAV_ACC_RAD"),
        return_m: value("RTL_RETURN_ALT"),
        return_loiter_us: us(value("RTL_LAND_DELAY")),
        return_cone_tan: (value("RTL_CONE_ANG") > 0.0).then(|| value("RTL_CONE_ANG").to_radians().tan()),
        take_off_m: value("MIS_TAKEOFF_ALT"),
        fence: Fence {
            is_on: true,
            action: whole("GF_ACTION"),
            radius_m: on_or_infinite(true, value("GF_MAX_HOR_DIST")),
            height_m: on_or_infinite(true, value("GF_MAX_VER_DIST")),
            has_zones: true,
            is_union: false,
            avoid_m: None,
        },
        gcs_system: 0,
        gcs_lost_us: us(value("COM_DL_LOSS_T")),
        radio_lost_us: us(value("COM_RC_LOSS_T")),
        disarm_ground_us: us(value("COM_DISARM_PRFLT")),
        sticks: ["ROLL", "PITCH", "THROTTLE", "YAW"].map(|stick| value(&format!("RC_MAP_{stick}")) as usize),
        copter: Copter::default(),
        px4: Px4 {
            offboard_loss_us: us(value("COM_OF_LOSS_T")),
            offboard_loss_action: whole("COM_OBL_RC_ACT"),
            gcs_action: whole("NAV_DLL_ACT"),
            radio_action: whole("NAV_RCL_ACT"),
            radio_except: whole("COM_RCL_EXCEPT"),
            gcs_except: whole("COM_DLL_EXCEPT"),
            battery_action: whole("COM_LOW_BAT_ACT"),
            battery_ratio: [value("BAT_LOW_THR"), value("BAT_CRIT_THR"), value("BAT_EMERGEN_THR")],
            delay_us: us(value("COM_FAIL_ACT_T")),
            override_modes: whole("COM_RC_OVERRIDE"),
            override_ratio: value("COM_RC_STICK_OV") / 100.0,
            disarm_land_us: us(value("COM_DISARM_LAND")),
        },
    }
}
