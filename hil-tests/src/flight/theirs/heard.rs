//! What is heard of someone else's aircraft: MAVLink messages in, its true pose (as near as it tells) and its state out.
//!
//! Truth is SIM_STATE where a simulator sends it (of its extension the whole-number degrees: as `f32` they step by 0.4 m),
//! else GLOBAL_POSITION_INT with ATTITUDE, the autopilot's own belief. Home is the scenario's origin: the scenario's beacons lie
//! about it wherever on Earth that is. Between two messages the pose goes on with its velocity, for half a second at most.

mod texts;

use crate::flight::wire::Said;
use crate::trace::TruthRow;
use crate::truth::TruePose;
use mavlink::dialects::ardupilotmega::{
    MavAutopilot, MavCmd, MavLandedState, MavMessage, MavMissionResult, MavModeFlag, MavParamType, MavResult,
    MavSysStatusSensor, MavType, SIM_STATE_DATA,
};
use mavlink::{MavlinkVersion, Message};
use skyhound::geo::{Origin, Wgs84};
use skyhound::vehicle::{Firmware, Mode};
use skyhound_host::autopilot::framing::Frame;
use std::collections::BTreeMap;
use texts::Texts;

/// MAV_COMP_ID_AUTOPILOT1.
const AUTOPILOT: u8 = 1;
/// Longest time that a pose goes on by its velocity.
const AHEAD_MAX_US: u64 = 500_000;
/// CURRENT_MODE, which the dialect has not: PX4 beats once a second, and tells its mode sooner by this.
const CURRENT_MODE: u32 = 436;
/// Bytes of SIM_STATE before its extension of whole-number degrees.
const SIM_STATE_BYTES: usize = 84;
/// A pose that is this old is none.
const POSE_AGE_MAX_US: u64 = 2_000_000;

/// All that was heard.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// System id of the autopilot.
    pub system: Option<u8>,
    /// Whose modes.
    pub firmware: Option<Firmware>,
    /// HEARTBEAT.custom_mode.
    pub custom_mode: u32,
    /// Motors armed.
    pub armed: bool,
    /// In the air, where the autopilot says so.
    pub airborne: Option<bool>,
    /// Battery left, 0..=1, where it is known.
    pub battery_ratio: Option<f64>,
    /// Whether it may be armed by its own checks, where it tells.
    pub may_arm: Option<bool>,
    /// Parameters as told: the value as it is on the wire, its type, how often told.
    pub parameters: BTreeMap<String, (f32, MavParamType, u32)>,
    /// What it said in words.
    pub texts: Texts,
    /// Newest answer to a command: which, result, how many so far.
    pub command_ack: Option<(MavCmd, MavResult, u32)>,
    /// The mission item asked for, and how often anything was asked.
    pub mission_request: Option<(u16, u32)>,
    /// The mission's end and how many so far.
    pub mission_ack: Option<(MavMissionResult, u32)>,
    /// Each heartbeat, and each time that the mode was told besides.
    pub said: Vec<Said>,
    /// Truth, as often as it was told.
    pub rows: Vec<TruthRow>,
    home: Option<(Origin, f64)>,
    is_simulated: bool,
    pose: TruePose,
    posed_us: Option<u64>,
}

impl Heard {
    /// Takes a frame that came at `now_us`.
    pub fn take(&mut self, frame: &Frame<'_>, now_us: u64) {
        let version = if frame.is_mavlink_2 { MavlinkVersion::V2 } else { MavlinkVersion::V1 };
        let is_its = self.system.is_none_or(|system| u32::from(system) == frame.system);
        if frame.component != AUTOPILOT || !is_its {
            return;
        }
        if frame.id == CURRENT_MODE {
            // Zeros at its end are not sent.
            let byte = |at: usize| frame.payload.get(at).copied().unwrap_or(0);
            return self.is_in(u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]), now_us);
        }
        let Ok(message) = MavMessage::parse(version, frame.id, frame.payload) else { return };
        match message {
            MavMessage::HEARTBEAT(beat) if beat.autopilot != MavAutopilot::MAV_AUTOPILOT_INVALID => {
                self.system = u8::try_from(frame.system).ok();
                self.firmware = Some(match (beat.autopilot, beat.mavtype) {
                    (_, MavType::MAV_TYPE_GCS) => Firmware::Other,
                    (MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA, _) => Firmware::ArduCopter,
                    (MavAutopilot::MAV_AUTOPILOT_PX4, _) => Firmware::Px4,
                    _ => Firmware::Other,
                });
                self.armed = beat.base_mode.contains(MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED);
                self.is_in(beat.custom_mode, now_us);
            }
            MavMessage::HOME_POSITION(home) => {
                let place = Wgs84 { lat_deg: degrees(home.latitude), lon_deg: degrees(home.longitude) };
                // The world does not move with a home that is set anew in flight.
                self.home.get_or_insert((Origin::new(place), f64::from(home.altitude) / 1e3));
            }
            MavMessage::EXTENDED_SYS_STATE(state) => {
                self.airborne = match state.landed_state {
                    MavLandedState::MAV_LANDED_STATE_UNDEFINED => None,
                    landed => Some(landed != MavLandedState::MAV_LANDED_STATE_ON_GROUND),
                };
            }
            MavMessage::SYS_STATUS(status) => {
                let left = u8::try_from(status.battery_remaining).ok();
                self.battery_ratio = left.map(|percent| f64::from(percent) / 100.0);
                let checks = MavSysStatusSensor::MAV_SYS_STATUS_PREARM_CHECK;
                let is_told = status.onboard_control_sensors_present.contains(checks);
                self.may_arm = is_told.then(|| status.onboard_control_sensors_health.contains(checks));
            }
            MavMessage::STATUSTEXT(told) => {
                self.texts.take(told.severity as u8, &*told.text, frame.payload, now_us);
            }
            MavMessage::ATTITUDE(attitude) if !self.is_simulated => {
                self.pose.roll_rad = attitude.roll.into();
                self.pose.pitch_rad = attitude.pitch.into();
                self.pose.yaw_rad = attitude.yaw.into();
                self.pose.yaw_rate_rad_s = attitude.yawspeed.into();
            }
            MavMessage::GLOBAL_POSITION_INT(at) if !self.is_simulated && (at.lat, at.lon) != (0, 0) => {
                let velocity_mps = [at.vx, at.vy, at.vz].map(|cm_s| f64::from(cm_s) / 100.0);
                let place = Wgs84 { lat_deg: degrees(at.lat), lon_deg: degrees(at.lon) };
                self.place(place, f64::from(at.alt) / 1e3, velocity_mps, now_us);
            }
            MavMessage::SIM_STATE(at) => self.simulated(&at, frame.payload, now_us),
            message => self.answered(message),
        }
    }

    /// Answers to what the ground station asked.
    fn answered(&mut self, message: MavMessage) {
        match message {
            MavMessage::PARAM_VALUE(told) => {
                let name = told.param_id.to_str().unwrap_or_default().to_owned();
                let count = self.parameters.get(&name).map_or(0, |(.., count)| *count) + 1;
                self.parameters.insert(name, (told.param_value, told.param_type, count));
            }
            MavMessage::COMMAND_ACK(ack) => {
                let count = self.command_ack.map_or(0, |(.., count)| count) + 1;
                self.command_ack = Some((ack.command, ack.result, count));
            }
            MavMessage::MISSION_REQUEST_INT(request) => self.asked_for(request.seq),
            #[expect(deprecated, reason = "autopilots ask so until today")]
            MavMessage::MISSION_REQUEST(request) => self.asked_for(request.seq),
            MavMessage::MISSION_ACK(ack) => {
                let count = self.mission_ack.map_or(0, |(_, count)| count) + 1;
                self.mission_ack = Some((ack.mavtype, count));
            }
            _ => {}
        }
    }

    /// A simulator's own truth. Its place in whole 1e-7 degrees is an extension, which the message's type may not know; the
    /// floats are good to half a metre.
    fn simulated(&mut self, at: &SIM_STATE_DATA, payload: &[u8], now_us: u64) {
        self.is_simulated = true;
        self.pose.roll_rad = at.roll.into();
        self.pose.pitch_rad = at.pitch.into();
        self.pose.yaw_rad = at.yaw.into();
        self.pose.yaw_rate_rad_s = at.zgyro.into();
        let whole = |at: usize| {
            payload.get(at..at + 4).map(|bytes| i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        };
        let place = match (whole(SIM_STATE_BYTES), whole(SIM_STATE_BYTES + 4)) {
            (Some(lat), Some(lon)) => Wgs84 { lat_deg: degrees(lat), lon_deg: degrees(lon) },
            _ => Wgs84 { lat_deg: at.lat.into(), lon_deg: at.lon.into() },
        };
        self.place(place, at.alt.into(), [at.vn, at.ve, at.vd].map(f64::from), now_us);
    }

    fn is_in(&mut self, custom_mode: u32, now_us: u64) {
        self.custom_mode = custom_mode;
        let is_ours = self.mode().accepts_commands();
        self.said.push(Said { at_us: now_us, is_ours, armed: self.armed });
    }

    fn asked_for(&mut self, item: u16) {
        let count = self.mission_request.map_or(0, |(_, count)| count) + 1;
        self.mission_request = Some((item, count));
    }

    fn place(&mut self, place: Wgs84, alt_amsl_m: f64, velocity_mps: [f64; 3], now_us: u64) {
        let Some((origin, home_amsl_m)) = &self.home else { return };
        let at = origin.ned_from_wgs84(place);
        (self.pose.north_m, self.pose.east_m, self.pose.up_m) =
            (at.north_m, at.east_m, alt_amsl_m - home_amsl_m);
        [self.pose.north_mps, self.pose.east_mps, self.pose.down_mps] = velocity_mps;
        (self.pose.at_us, self.posed_us) = (now_us, Some(now_us));
        self.rows.push(self.truth(now_us));
    }

    /// Where it is and where home is must be told again: arming may have moved home.
    pub fn forget_place(&mut self) {
        (self.home, self.posed_us) = (None, None);
    }

    /// The scenario begins: what was before is no part of it.
    pub fn begin(&mut self) {
        self.rows.clear();
        // How it stands at the begin counts from the begin.
        self.posed_us = self.posed_us.map(|_| 0);
        let newest = self.said.pop();
        self.said = newest.map(|said| Said { at_us: 0, ..said }).into_iter().collect();
        self.texts = Texts::default();
    }

    /// Home's height above the sea.
    pub fn home_amsl_m(&self) -> Option<f64> {
        self.home.map(|(_, amsl_m)| amsl_m)
    }

    /// Home.
    pub fn home(&self) -> Option<Origin> {
        self.home.map(|(origin, _)| origin)
    }

    /// Its mode.
    pub fn mode(&self) -> Mode {
        Mode { firmware: self.firmware.unwrap_or(Firmware::Other), custom: self.custom_mode }
    }

    /// Whether it tells where it is, and where home is.
    pub fn is_placed(&self, now_us: u64) -> bool {
        self.posed_us.is_some_and(|posed_us| now_us < posed_us + POSE_AGE_MAX_US)
    }

    /// Whether its truth is a simulator's.
    pub fn is_simulated(&self) -> bool {
        self.is_simulated
    }

    /// Where it is now.
    pub fn pose(&self, now_us: u64) -> TruePose {
        let ahead_us = self.posed_us.map_or(0, |posed_us| now_us.saturating_sub(posed_us).min(AHEAD_MAX_US));
        let ahead_s = ahead_us as f64 / 1e6;
        TruePose {
            at_us: now_us,
            north_m: self.pose.north_m + self.pose.north_mps * ahead_s,
            east_m: self.pose.east_m + self.pose.east_mps * ahead_s,
            up_m: self.pose.up_m - self.pose.down_mps * ahead_s,
            ..self.pose
        }
    }

    /// Truth now.
    pub fn truth(&self, now_us: u64) -> TruthRow {
        TruthRow {
            pose: self.pose(now_us),
            mode: self.mode().name(),
            armed: self.armed,
            battery_ratio: self.battery_ratio.unwrap_or(0.0),
        }
    }
}

fn degrees(e7: i32) -> f64 {
    f64::from(e7) / 1e7
}
