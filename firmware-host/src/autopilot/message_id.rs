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
pub const COMMAND_ACK: u32 = 77;
pub const TIMESYNC: u32 = 111;
pub const BATTERY_STATUS: u32 = 147;
pub const EKF_STATUS_REPORT: u32 = 193;
pub const ESTIMATOR_STATUS: u32 = 230;
pub const HOME_POSITION: u32 = 242;
pub const STATUSTEXT: u32 = 253;
pub const NAMED_VALUE_INT: u32 = 252;
