//! What is known of the aircraft, each part with the time it was received.
//!
//! `autopilot/inbound.rs` of the host fills this from MAVLink; its scalings die there. Nothing here is believed for being
//! present: the interlocks judge age, range and finiteness of each part. What was never received is `None`.

pub mod mode;
pub mod parameter;
pub mod part;
pub mod track;
pub mod zones;

pub use mode::{Firmware, Mode};
pub use parameter::Parameters;
pub use part::{Part, ZonesRead};
pub use track::{Pose, Track};
pub use zones::{Zone, Zones};

use crate::geo::Wgs84;
use crate::time::Aged;

/// All that is known of the aircraft that we are bound to.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Vehicle {
    /// Whom we are bound to; nobody else's telemetry comes in here.
    pub identity: Option<Identity>,
    /// Why it is not certain that there is an aircraft that is ours alone to command and answers us, with the mend: another
    /// program with our identity, a second autopilot, somebody who cannot be commanded, an autopilot that answers no
    /// question. `None` = nothing speaks against it.
    pub contested: Option<&'static str>,
    /// How often the mode in which we may command was left, or the motors disarmed in it, since the start. Counts what
    /// came and went between two passes.
    pub left_total: u32,
    /// From HEARTBEAT.
    pub heartbeat: Option<Aged<Heartbeat>>,
    /// The mode from CURRENT_MODE, which PX4 tells sooner than its heartbeat; judged beside it.
    pub mode_told: Option<Aged<Mode>>,
    /// From EXTENDED_SYS_STATE.
    pub landed: Option<Aged<Landed>>,
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
    /// From SYS_STATUS: the parts of the autopilot that are judged.
    pub health: Option<Aged<Health>>,
    /// Height above the ground below, m, as a rangefinder that looks down measures it (DISTANCE_SENSOR in its range, or
    /// ALTITUDE.bottom_clearance).
    pub height_rangefinder_m: Option<Aged<f64>>,
    /// Height above the ground below, m, as the autopilot's terrain map has it (TERRAIN_REPORT, or ALTITUDE.altitude_terrain).
    pub height_terrain_m: Option<Aged<f64>>,
    /// From HOME_POSITION.
    pub home: Option<Aged<Home>>,
    /// UTC in µs since 1970, from SYSTEM_TIME when it is plausible.
    pub utc_us: Option<Aged<u64>>,
    /// Autopilot's clock minus ours in µs, from TIMESYNC.
    pub clock_offset_us: Option<Aged<i64>>,
    /// From PARAM_VALUE.
    pub parameters: Parameters,
    /// The fence uploaded to the autopilot, from the mission protocol; an empty one where there is none.
    pub zones: Option<Aged<Zones>>,
    /// From WIND (ArduPilot) or WIND_COV (PX4). Shown and recorded; nothing is decided by it.
    pub wind: Option<Aged<Wind>>,
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

/// Channels of RC_CHANNELS.
pub const RC_CHANNELS_MAX: usize = 18;

/// RC_CHANNELS: channels in µs (1000..2000); 0 or 65535 = channel absent. Which is which stick, parameters say (RCMAP_*,
/// RC_MAP_*).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Rc {
    /// Channels 1 to 18.
    pub channels_us: [u16; RC_CHANNELS_MAX],
    /// Channels the receiver reports.
    pub channel_count: u8,
    /// Signal strength as sent, 0 = none; `None` = not known (255).
    pub rssi: Option<u8>,
}

/// MAV_LANDED_STATE.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Landed {
    /// On the ground.
    OnGround,
    /// In the air.
    InAir,
    /// Taking off.
    TakingOff,
    /// Landing.
    Landing,
}

impl Landed {
    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Landed::OnGround => "on_ground",
            Landed::InAir => "in_air",
            Landed::TakingOff => "taking_off",
            Landed::Landing => "landing",
        }
    }
}

/// What SYS_STATUS says of one part of the autopilot.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum PartHealth {
    /// Not there, or not told.
    Absent,
    /// There, and switched off.
    Off,
    /// On, and not well.
    Bad,
    /// On and well.
    Good,
}

impl PartHealth {
    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            PartHealth::Absent => "absent",
            PartHealth::Off => "off",
            PartHealth::Bad => "bad",
            PartHealth::Good => "good",
        }
    }
}

/// SYS_STATUS.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The pilot's radio receiver (MAV_SYS_STATUS_SENSOR_RC_RECEIVER).
    pub rc_receiver: PartHealth,
    /// The autopilot's fence (MAV_SYS_STATUS_GEOFENCE).
    pub fence: PartHealth,
}

/// The wind at the aircraft, level.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Wind {
    /// From where it blows, from true north, 0 to 360 degrees.
    pub from_deg: f64,
    /// How fast.
    pub speed_mps: f64,
}

/// HOME_POSITION.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Home {
    /// Where.
    pub place: Wgs84,
    /// Altitude above mean sea level.
    pub alt_amsl_m: f64,
}
