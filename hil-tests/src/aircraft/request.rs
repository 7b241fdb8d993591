//! What an autopilot is asked, and what it answers, in its own words: MAVLink's commands without the wire.
//!
//! Positions are metres about home's ground as the aircraft stood at the begin (north, east, down as in the messages),
//! speeds m/s, angles rad. `Answer` mirrors MAV_RESULT.

use super::mission::Waypoint;
use skyhound::geo::Wgs84;

/// A request, from whoever sent it.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// MAV_CMD_DO_SET_MODE or SET_MODE with the flavour's `custom_mode`. PX4's sub mode counts.
    Mode(u32),
    /// MAV_CMD_COMPONENT_ARM_DISARM.
    Arm(bool),
    /// The same with its magic number 21196: disarms in the air too; arms without checks.
    ArmForced(bool),
    /// MAV_CMD_NAV_TAKEOFF, to this height above home.
    TakeOff {
        /// Height above home.
        alt_m: f64,
    },
    /// The same, but to a far place: PX4's AUTO.TAKEOFF is entered, and never lifts off.
    TakeOffElsewhere,
    /// SET_POSITION_TARGET_LOCAL_NED (or _GLOBAL_INT, made local).
    Setpoint(Setpoint),
    /// A setpoint of which nothing can be read: an unknown frame, nothing to follow, a force. Stops ArduCopter's GUIDED.
    Unreadable,
    /// MAV_CMD_CONDITION_YAW in GUIDED: turn to (or by) an angle.
    Yaw {
        /// Towards this, or by this when `is_relative`.
        yaw_rad: f64,
        /// From where the nose points now.
        is_relative: bool,
    },
    /// MAV_CMD_DO_CHANGE_SPEED: ground speed in missions and GUIDED.
    Speed {
        /// To this.
        speed_mps: f64,
    },
    /// A whole mission was uploaded, as it was on the wire (ArduPilot's item 0 is home).
    Mission(Vec<Waypoint>),
    /// MISSION_SET_CURRENT or MAV_CMD_DO_SET_MISSION_CURRENT.
    MissionCurrent(u16),
    /// MAV_CMD_MISSION_START.
    MissionStart,
    /// RC_CHANNELS_OVERRIDE: channels 1 to 8 in µs; 65535 leaves a channel, 0 gives it back to the radio.
    RcOverride([u16; 8]),
    /// A heartbeat of a ground station (MAV_TYPE_GCS) with this system id was heard.
    GroundStation(u8),
    /// MAV_CMD_DO_SET_HOME; none = here.
    SetHome(Option<(Wgs84, f64)>),
    /// MAV_CMD_PREFLIGHT_REBOOT_SHUTDOWN.
    Reboot,
}

/// MAV_RESULT.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Accepted,
    /// Not now.
    TemporarilyRejected,
    /// Not with these values, or not in this state.
    Denied,
    /// Never.
    Unsupported,
    /// Tried in vain.
    Failed,
}

impl Answer {
    /// MAV_RESULT on the wire.
    pub const fn mav_result(self) -> u8 {
        match self {
            Answer::Accepted => 0,
            Answer::TemporarilyRejected => 1,
            Answer::Denied => 2,
            Answer::Unsupported => 3,
            Answer::Failed => 4,
        }
    }
}

/// What a setpoint's numbers are about.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Frame {
    /// MAV_FRAME_LOCAL_NED: about the origin, along north and east.
    #[default]
    LocalNed,
    /// MAV_FRAME_LOCAL_OFFSET_NED: about where the aircraft is, along north and east.
    LocalOffset,
    /// MAV_FRAME_BODY_NED and BODY_OFFSET_NED (BODY_FRD): about the aircraft, along its nose and right.
    Body,
}

/// SET_POSITION_TARGET_*: what its type mask leaves out is `None`.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Setpoint {
    /// Frame of position and velocity.
    pub frame: Frame,
    /// Position north, east, down.
    pub position_m: Option<[f64; 3]>,
    /// Velocity north, east, down.
    pub velocity_mps: Option<[f64; 3]>,
    /// Yaw.
    pub yaw_rad: Option<f64>,
    /// Yaw rate.
    pub yaw_rate_rad_s: Option<f64>,
}

impl Setpoint {
    /// The one the daemon sends: velocity in LOCAL_NED with a yaw rate.
    pub fn velocity(velocity_mps: [f64; 3], yaw_rate_rad_s: f64) -> Setpoint {
        Setpoint {
            velocity_mps: Some(velocity_mps),
            yaw_rate_rad_s: Some(yaw_rate_rad_s),
            ..Setpoint::default()
        }
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        let vectors = [self.position_m, self.velocity_mps];
        let angles = [self.yaw_rad, self.yaw_rate_rad_s];
        vectors.iter().flatten().flatten().chain(angles.iter().flatten()).all(|value| value.is_finite())
    }
}
