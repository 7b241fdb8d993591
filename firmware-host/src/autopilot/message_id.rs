//! Numbers of the messages we read (mavlink.io, common.xml and ardupilotmega.xml).

#![allow(missing_docs)] // Their names are the protocol's own.

pub const HEARTBEAT: u32 = 0;
pub const SYS_STATUS: u32 = 1;
pub const SYSTEM_TIME: u32 = 2;
pub const PARAM_VALUE: u32 = 22;
pub const GPS_RAW_INT: u32 = 24;
pub const ATTITUDE: u32 = 30;
pub const GLOBAL_POSITION_INT: u32 = 33;
pub const RC_CHANNELS_RAW: u32 = 35;
pub const RC_CHANNELS: u32 = 65;
pub const MISSION_REQUEST: u32 = 40;
pub const MISSION_COUNT: u32 = 44;
pub const MISSION_ACK: u32 = 47;
pub const MISSION_REQUEST_INT: u32 = 51;
pub const MISSION_ITEM_INT: u32 = 73;
pub const COMMAND_INT: u32 = 75;
pub const COMMAND_LONG: u32 = 76;
pub const COMMAND_ACK: u32 = 77;
pub const TIMESYNC: u32 = 111;
pub const DISTANCE_SENSOR: u32 = 132;
pub const TERRAIN_REPORT: u32 = 136;
pub const ALTITUDE: u32 = 141;
pub const BATTERY_STATUS: u32 = 147;
pub const AUTOPILOT_VERSION: u32 = 148;
pub const WIND: u32 = 168;
pub const EKF_STATUS_REPORT: u32 = 193;
pub const ESTIMATOR_STATUS: u32 = 230;
pub const WIND_COV: u32 = 231;
pub const HOME_POSITION: u32 = 242;
pub const EXTENDED_SYS_STATE: u32 = 245;
pub const NAMED_VALUE_INT: u32 = 252;
pub const STATUSTEXT: u32 = 253;
pub const COMPONENT_INFORMATION_BASIC: u32 = 396;
pub const CURRENT_MODE: u32 = 436;
/// MAV_SENSOR_ROTATION_PITCH_270.
pub const LOOKS_DOWN: u8 = 25;
