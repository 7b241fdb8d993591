//! What an autopilot is asked, and what it answers, in its own words: MAVLink's commands without the wire.
//!
//! Speeds m/s, north, east, down as in the messages; angles rad. `Answer` mirrors MAV_RESULT.

use super::mission::Waypoint;

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
    /// SET_POSITION_TARGET_LOCAL_NED.
    Setpoint(Setpoint),
    /// A setpoint of which nothing can be read. Stops ArduCopter's GUIDED.
    Unreadable,
    /// A whole mission was uploaded, as it was on the wire (ArduPilot's item 0 is home).
    Mission(Vec<Waypoint>),
    /// RC_CHANNELS_OVERRIDE: channels 1 to 8 in µs; 65535 leaves a channel, 0 gives it back to the radio.
    RcOverride([u16; 8]),
    /// A heartbeat of a ground station (MAV_TYPE_GCS) with this system id was heard.
    GroundStation(u8),
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

/// SET_POSITION_TARGET_LOCAL_NED as companions send it: a velocity with a yaw rate.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Setpoint {
    /// Velocity north, east, down.
    pub velocity_mps: [f64; 3],
    /// Yaw rate.
    pub yaw_rate_rad_s: f64,
}

impl Setpoint {
    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        self.velocity_mps.iter().all(|mps| mps.is_finite()) && self.yaw_rate_rad_s.is_finite()
    }
}
