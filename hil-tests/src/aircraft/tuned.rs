//! The parameters that each step of flight uses, in SI units and in what they mean to both flavours: read once for each change,
//! since a look-up by name in every step costs. What is looked at seldom is read by name where it is used.

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
    pub(super) setpoint_loss_us: u64,
    /// Channels of roll, pitch, throttle and yaw, 1 = the first.
    pub(super) sticks: [usize; 4],
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

impl Tuned {
    pub(super) fn new(flavour: Flavour, parameters: &Parameters) -> Tuned {
        let same = |copter: &str, px4: &str| parameters.get(flavour.pick(copter, px4));
        // ArduPilot's are in cm or hundredths of a degree.
        let cm = |copter: &str, px4: &str| same(copter, px4) / flavour.pick(100.0, 1.0);
        let us = |copter: &str, px4: &str| parameters.us(flavour.pick(copter, px4));
        let (loiter_us, speed_mps) =
            (us("RTL_LOIT_TIME", "RTL_LAND_DELAY"), cm("WPNAV_SPEED", "MPC_XY_VEL_MAX"));
        let cone_deg = flavour.pick(0.0, parameters.get("RTL_CONE_ANG"));
        Tuned {
            limits: Limits {
                acceleration_mps2: cm("WPNAV_ACCEL", "MPC_ACC_HOR"),
                climb_acceleration_mps2: cm("WPNAV_ACCEL_Z", "MPC_ACC_DOWN_MAX"),
                jerk_mps3: same("PSC_JERK_XY", "MPC_JERK_AUTO"),
                tilt_rad: cm("ANGLE_MAX", "MPC_TILTMAX_AIR").to_radians(),
                yaw_rate_rad_s: cm("ATC_SLEW_YAW", "MPC_YAWRAUTO_MAX").to_radians(),
            },
            speed_mps,
            stick_speed_mps: cm("LOIT_SPEED", "MPC_VEL_MANUAL").min(flavour.pick(f64::INFINITY, speed_mps)),
            up_mps: cm("WPNAV_SPEED_UP", "MPC_Z_VEL_MAX_UP"),
            down_mps: cm("WPNAV_SPEED_DN", "MPC_Z_VEL_MAX_DN"),
            land_mps: cm("LAND_SPEED", "MPC_LAND_SPEED"),
            land_slowly_m: cm("LAND_ALT_LOW", "MPC_LAND_ALT2"),
            accept_m: cm("WPNAV_RADIUS", "NAV_ACC_RAD"),
            return_m: cm("RTL_ALT", "RTL_RETURN_ALT"),
            // ArduPilot's is in ms.
            return_loiter_us: loiter_us / flavour.pick(1_000, 1),
            return_cone_tan: (cone_deg > 0.0).then(|| cone_deg.to_radians().tan()),
            take_off_m: flavour.pick(10.0, parameters.get("MIS_TAKEOFF_ALT")),
            fence: Fence::new(flavour, parameters),
            gcs_system: flavour.pick(parameters.get("SYSID_MYGCS") as u8, 0),
            gcs_lost_us: us("FS_GCS_TIMEOUT", "COM_DL_LOSS_T"),
            radio_lost_us: us("RC_FS_TIMEOUT", "COM_RC_LOSS_T"),
            setpoint_loss_us: us("GUID_TIMEOUT", "COM_OF_LOSS_T"),
            sticks: [
                same("RCMAP_ROLL", "RC_MAP_ROLL") as usize,
                same("RCMAP_PITCH", "RC_MAP_PITCH") as usize,
                same("RCMAP_THROTTLE", "RC_MAP_THROTTLE") as usize,
                same("RCMAP_YAW", "RC_MAP_YAW") as usize,
            ],
        }
    }
}

impl Fence {
    fn new(flavour: Flavour, parameters: &Parameters) -> Fence {
        let is_on = flavour == Flavour::Px4 || parameters.get("FENCE_ENABLE") > 0.0;
        let types = flavour.pick(parameters.whole("FENCE_TYPE"), 7);
        let distance_m = |bit: i32, copter: &str, px4: &str| {
            let distance_m = parameters.get(flavour.pick(copter, px4));
            if is_on && types & bit != 0 && distance_m > 0.0 { distance_m } else { f64::INFINITY }
        };
        // PX4 has none of the options.
        let avoids = parameters.whole("AVOID_ENABLE") & 1 != 0;
        Fence {
            is_on,
            action: parameters.whole(flavour.pick("FENCE_ACTION", "GF_ACTION")),
            radius_m: distance_m(2, "FENCE_RADIUS", "GF_MAX_HOR_DIST"),
            height_m: distance_m(1, "FENCE_ALT_MAX", "GF_MAX_VER_DIST"),
            has_zones: is_on && types & 4 != 0,
            is_union: parameters.whole("FENCE_OPTIONS") & 2 != 0,
            avoid_m: avoids.then(|| parameters.get("FENCE_MARGIN")),
        }
    }
}
