//! What is known of the aircraft, each part with the time it was received.
//!
//! `autopilot/inbound.rs` of the host fills this from MAVLink; its scalings die there. Nothing here is believed for being
//! present: the interlocks judge age, range and finiteness of each part. What was never received is `None`.

pub mod mode;
pub mod track;

pub use mode::{Firmware, Mode};
pub use track::{Pose, Track};

use crate::geo::Wgs84;
use crate::time::Aged;

/// All that is known of the aircraft that we are bound to.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Vehicle {
    /// Whom we are bound to; nobody else's telemetry comes in here.
    pub identity: Option<Identity>,
    /// Why it is not certain that this aircraft is ours alone to command: another program with our identity, or a second
    /// autopilot on the link while the settings name none. `None` = it is.
    pub contested: Option<&'static str>,
    /// How often the mode in which we may command was left, or the motors disarmed in it, since the start. Counts what
    /// came and went between two passes.
    pub left_total: u32,
    /// From HEARTBEAT.
    pub heartbeat: Option<Aged<Heartbeat>>,
    /// From ATTITUDE.
    pub attitude: Option<Aged<Attitude>>,
    /// From GLOBAL_POSITION_INT. Not set by its 0/0 before a fix.
    pub position: Option<Aged<Position>>,
    /// From GPS_RAW_INT.
    pub gps: Option<Aged<Gps>>,
    /// From EKF_STATUS_REPORT (ArduPilot) or ESTIMATOR_STATUS (PX4).
    pub ekf: Option<Aged<Ekf>>,
    /// From SYS_STATUS and BATTERY_STATUS.
    pub battery: Option<Aged<Battery>>,
    /// From RC_CHANNELS.
    pub rc: Option<Aged<Rc>>,
    /// From HOME_POSITION.
    pub home: Option<Aged<Home>>,
    /// UTC in µs since 1970, from SYSTEM_TIME when it is plausible.
    pub utc_us: Option<Aged<u64>>,
    /// Autopilot's clock minus ours in µs, from TIMESYNC.
    pub clock_offset_us: Option<Aged<i64>>,
    /// The autopilot's own failsafes, from PARAM_VALUE.
    pub failsafes: Failsafes,
    /// Whether a ground station's heartbeat (type GCS, another system id) was heard on the link.
    pub ground_station: Option<Aged<u8>>,
}

/// Whom we are bound to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// MAVLink system id.
    pub system: u8,
    /// MAVLink component id: always 1.
    pub component: u8,
    /// Whose modes it speaks.
    pub firmware: Firmware,
}

/// HEARTBEAT of the autopilot.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Flight mode.
    pub mode: Mode,
    /// Motors armed.
    pub armed: bool,
    /// MAV_STATE.
    pub system_status: u8,
}

/// ATTITUDE.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Attitude {
    /// Roll, −π..=π.
    pub roll_rad: f64,
    /// Pitch, −π..=π.
    pub pitch_rad: f64,
    /// Yaw from true north, clockwise, −π..=π.
    pub yaw_rad: f64,
    /// Yaw rate.
    pub yaw_rate_rad_s: f64,
}

/// GLOBAL_POSITION_INT.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Position {
    /// Where.
    pub place: Wgs84,
    /// Altitude above mean sea level.
    pub alt_amsl_m: f64,
    /// Altitude above home.
    pub alt_rel_m: f64,
    /// Velocity north.
    pub north_mps: f64,
    /// Velocity east.
    pub east_mps: f64,
    /// Velocity down.
    pub down_mps: f64,
}

/// GPS_RAW_INT.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Gps {
    /// GPS_FIX_TYPE.
    pub fix: u8,
    /// Satellites in use; `None` when the receiver does not tell.
    pub satellites: Option<u8>,
    /// Horizontal dilution of precision; `None` when unknown.
    pub hdop: Option<f64>,
}

/// What the estimator says of itself, in ArduPilot's and PX4's common meaning.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Ekf {
    /// Attitude estimate is good.
    pub attitude_ok: bool,
    /// Horizontal velocity estimate is good.
    pub velocity_horizontal_ok: bool,
    /// Absolute horizontal position estimate is good.
    pub position_horizontal_ok: bool,
    /// Vertical position estimate is good.
    pub position_vertical_ok: bool,
    /// The filter flies on a constant-position guess, is not initialised, or sees a GPS glitch.
    pub degraded: bool,
    /// Largest innovation test ratio or variance of velocity, horizontal position and height; 1 = at its limit.
    pub variance_max: f64,
}

/// SYS_STATUS and BATTERY_STATUS.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Battery {
    /// Voltage; `None` when unknown.
    pub voltage_v: Option<f64>,
    /// Current; `None` when unknown.
    pub current_a: Option<f64>,
    /// Remaining charge 0..=1; `None` when unknown.
    pub remaining_ratio: Option<f64>,
}

/// RC_CHANNELS: roll, pitch, throttle, yaw sticks in µs (1000..2000); 0 or 65535 = channel absent.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Rc {
    /// Channels 1 to 4.
    pub sticks_us: [u16; 4],
    /// Channels the receiver reports.
    pub channel_count: u8,
}

/// HOME_POSITION.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Home {
    /// Where.
    pub place: Wgs84,
    /// Altitude above mean sea level.
    pub alt_amsl_m: f64,
}

/// Parameters of the autopilot that say what it does when we fall silent (FACTS of each in `homing/interlock`).
/// `None` = not read yet, which keeps homing locked. Read again at each new link.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Failsafes {
    /// ArduPilot GUID_TIMEOUT, s.
    pub guid_timeout_s: Option<f64>,
    /// ArduPilot FS_GCS_ENABLE.
    pub fs_gcs_enable: Option<f64>,
    /// ArduPilot FENCE_ENABLE.
    pub fence_enable: Option<f64>,
    /// ArduPilot BATT_FS_LOW_ACT or BATT_FS_CRT_ACT, whichever is larger; PX4 COM_LOW_BAT_ACT.
    pub battery_action: Option<f64>,
    /// ArduPilot SYSID_MYGCS (MAV_GCS_SYSID in 4.7): the id whose heartbeats the GCS failsafe watches.
    pub gcs_system: Option<f64>,
    /// PX4 COM_OF_LOSS_T, s.
    pub offboard_loss_s: Option<f64>,
    /// PX4 COM_OBL_RC_ACT.
    pub offboard_loss_action: Option<f64>,
    /// PX4 GF_ACTION.
    pub geofence_action: Option<f64>,
}
