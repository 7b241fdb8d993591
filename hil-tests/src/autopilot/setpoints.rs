//! SET_POSITION_TARGET_LOCAL_NED and RC_CHANNELS_OVERRIDE, as far as a companion leads: velocity and yaw rate in LOCAL_NED.
//!
//! Anything else (another frame, a velocity that is ignored, a force, a number that is not finite) is one that cannot be read:
//! ArduCopter (`GCS_Mavlink.cpp`, `handle_message_set_position_target_local_ned`) stops by it, PX4 (`mavlink_receiver.cpp`)
//! drops it. Positions and other frames are the real ones' to fly.

use super::face::{Face, lock};
use super::wire::Message;
use crate::aircraft::{Answer, Request, Setpoint};
use crate::scenario::Flavour;
use crate::trace::SetpointRow;

const LOCAL_NED: u8 = 1;
const IGNORE_VELOCITY: i64 = 0b111 << 3;
const IGNORE_YAW_RATE: i64 = 1 << 11;
const FORCE: i64 = 1 << 9;

impl Face {
    pub(super) fn setpoint(&mut self, from: (u8, u8), message: &Message, at_us: u64) {
        let mask = message.whole("type_mask");
        let velocity_mps = ["vx", "vy", "vz"].map(|name| message.real(name));
        let yaw_rate_rad_s = message.real("yaw_rate");
        let is_read = message.byte("coordinate_frame") == LOCAL_NED && mask & (IGNORE_VELOCITY | FORCE) == 0;
        let turns = mask & IGNORE_YAW_RATE == 0;
        let request = if is_read {
            let yaw_rate_rad_s = if turns { yaw_rate_rad_s } else { 0.0 };
            Request::Setpoint(Setpoint { velocity_mps, yaw_rate_rad_s })
        } else {
            Request::Unreadable
        };
        let taken = lock(&self.aircraft).request(&request) == Answer::Accepted;
        self.setpoints.push(SetpointRow { at_us, velocity_mps, yaw_rate_rad_s, taken, from });
    }

    /// ArduPilot takes it only from the system in SYSID_MYGCS; PX4 from anybody.
    pub(super) fn rc_override(&mut self, from: (u8, u8), message: &Message) {
        let mut aircraft = lock(&self.aircraft);
        let ground_station = aircraft.parameters().value("SYSID_MYGCS");
        if self.flavour == Flavour::Px4 || ground_station == Some(f64::from(from.0)) {
            let channel = |index: usize| message.whole(&format!("chan{}_raw", index + 1)) as u16;
            aircraft.request(&Request::RcOverride(std::array::from_fn(channel)));
        }
    }
}
