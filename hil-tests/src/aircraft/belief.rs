//! What the autopilot believes and reports: its messages without the wire, in SI units.
//!
//! Filled by every step from the sensors and the estimator, not from the truth. At which rate it leaves the aircraft is up to
//! who sends it.
#![allow(missing_docs, reason = "what a name with its unit says is not said again")]

use skyhound::geo::Wgs84;
use skyhound::vehicle::RC_CHANNELS_MAX;

/// All that is reported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Belief {
    /// µs since the autopilot started; begins anew at a reboot.
    pub boot_us: u64,
    /// The autopilot is starting: nothing is sent at all.
    pub is_silent: bool,
    /// Position of the estimator; `None` before its first fix (ArduPilot then sends 0/0).
    pub position: Option<Position>,
    pub attitude: Attitude,
    pub gps: Gps,
    pub ekf: Ekf,
    pub battery: Battery,
    pub rc: Rc,
    /// SYS_STATUS: the radio receiver is well.
    pub rc_is_well: bool,
    /// SYS_STATUS: the fence is there and on; `None` = not told.
    pub fence_is_on: Option<bool>,
    /// Height above the ground below by the terrain map.
    pub height_terrain_m: Option<f64>,
    /// The same by the rangefinder, while it is in its range.
    pub height_rangefinder_m: Option<f64>,
    /// Home; `None` before the first fix.
    pub home: Option<Home>,
    pub armed: bool,
    pub landed: Landed,
    /// MAV_STATE: 2 calibrating, 3 standby, 4 active, 5 critical, 6 emergency.
    pub system_status: u8,
    pub custom_mode: u32,
    pub mission_item: u16,
    /// The last item reached and how many were reached so far: a change of the count is one MISSION_ITEM_REACHED.
    pub mission_reached: (u16, u32),
    /// A fence is broken: FENCE_STATUS.breach_type (0 none, 2 maximal height, 3 boundary).
    pub fence_breach: u8,
    /// UTC from GPS, µs since 1970.
    pub utc_us: Option<u64>,
    /// Throttle, 0..=1 (VFR_HUD).
    pub throttle_ratio: f64,
    /// Wind as estimated, towards north and east.
    pub wind_mps: [f64; 2],
}

/// Position and velocity of the estimator.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Position {
    /// WGS84.
    pub place: Wgs84,
    pub alt_amsl_m: f64,
    pub alt_rel_m: f64,
    /// North, east, down of the local origin (LOCAL_POSITION_NED).
    pub local_m: [f64; 3],
    /// Velocity north, east, down.
    pub velocity_mps: [f64; 3],
}

/// ATTITUDE.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Attitude {
    pub roll_rad: f64,
    pub pitch_rad: f64,
    /// Yaw from true north, clockwise, −π..=π.
    pub yaw_rad: f64,
    pub roll_rate_rad_s: f64,
    pub pitch_rate_rad_s: f64,
    pub yaw_rate_rad_s: f64,
}

/// GPS_RAW_INT.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Gps {
    /// GPS_FIX_TYPE: 1 none, 3 3D.
    pub fix: u8,
    pub satellites: u8,
    /// Horizontal dilution of precision.
    pub hdop: f64,
    /// Vertical dilution of precision.
    pub vdop: f64,
    /// The receiver's own place; the last one when there is no fix.
    pub place: Wgs84,
    pub alt_amsl_m: f64,
    pub speed_mps: f64,
    /// Course over ground, 0..2π.
    pub course_rad: f64,
}

impl Default for Gps {
    fn default() -> Gps {
        let place = Wgs84 { lat_deg: 0.0, lon_deg: 0.0 };
        Gps {
            fix: 1,
            satellites: 0,
            hdop: 99.99,
            vdop: 99.99,
            place,
            alt_amsl_m: 0.0,
            speed_mps: 0.0,
            course_rad: 0.0,
        }
    }
}

/// EKF_STATUS_REPORT of ArduPilot, ESTIMATOR_STATUS of PX4. Ratios: innovation over its gate, 1 = at its limit.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Ekf {
    /// Flags as the flavour's own message has them (EKF_STATUS_FLAGS or ESTIMATOR_STATUS_FLAGS).
    pub flags: u16,
    pub velocity_ratio: f64,
    pub position_ratio: f64,
    pub height_ratio: f64,
    pub compass_ratio: f64,
    /// 1-sigma of horizontal position (ESTIMATOR_STATUS.pos_horiz_accuracy).
    pub position_sigma_m: f64,
    /// 1-sigma of height.
    pub height_sigma_m: f64,
}

/// SYS_STATUS and BATTERY_STATUS.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Battery {
    pub voltage_v: f64,
    pub current_a: f64,
    /// Charge taken since the start.
    pub consumed_ah: f64,
    /// Charge left, 0..=1.
    pub remaining_ratio: f64,
}

/// RC_CHANNELS.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Rc {
    /// Channels 1 to 18; by default roll, pitch, throttle, yaw, mode switch …
    pub channels_us: [u16; RC_CHANNELS_MAX],
    /// Channels that the receiver reports; 0 without a radio.
    pub channel_count: u8,
    /// Signal strength 0..=254, 255 unknown.
    pub rssi: u8,
}

/// HOME_POSITION.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Home {
    pub place: Wgs84,
    pub alt_amsl_m: f64,
}

/// MAV_LANDED_STATE.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Landed {
    /// 1.
    #[default]
    OnGround,
    /// 2.
    InAir,
    /// 3.
    TakingOff,
    /// 4.
    Landing,
}

impl Landed {
    /// MAV_LANDED_STATE on the wire.
    pub const fn mav_landed_state(self) -> u8 {
        match self {
            Landed::OnGround => 1,
            Landed::InAir => 2,
            Landed::TakingOff => 3,
            Landed::Landing => 4,
        }
    }
}
