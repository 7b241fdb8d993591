//! What is heard of someone else's aircraft: MAVLink messages in, its true pose (as near as it tells) and its state out.
//!
//! Truth is SIM_STATE where a simulator sends it (of its extension the whole-number degrees: as `f32` they step by 0.4 m),
//! else GLOBAL_POSITION_INT with ATTITUDE, the autopilot's own belief. Home is the scenario's origin: the scenario's beacons lie
//! about it wherever on Earth that is. Between two messages the pose goes on with its velocity, for half a second at most.

use crate::autopilot::wire::Message;
use crate::flight::wire::Said;
use crate::trace::TruthRow;
use crate::truth::TruePose;
use skyhound::geo::{Origin, Wgs84};
use skyhound::vehicle::{Firmware, Mode};
use skyhound_host::autopilot::framing::Frame;
use std::collections::BTreeMap;

/// MAV_COMP_ID_AUTOPILOT1.
const AUTOPILOT: u8 = 1;
/// Longest time that a pose goes on by its velocity.
const AHEAD_MAX_US: u64 = 500_000;
/// A pose that is this old is none.
const POSE_AGE_MAX_US: u64 = 2_000_000;
/// MAV_SEVERITY from which a text is a warning, and more texts than this are not kept.
const WARNING: u8 = 4;
const TEXTS_MAX: usize = 1_000;
/// MAV_SYS_STATUS_PREARM_CHECK.
const PREARM_CHECK: i64 = 0x1000_0000;

/// A parameter as told.
#[derive(Copy, Clone, Debug, Default)]
pub struct Told {
    /// As it is on the wire.
    pub raw: [u8; 4],
    /// MAV_PARAM_TYPE.
    pub kind: u8,
    /// How often it was told.
    pub count: u32,
}

#[derive(Clone, Debug)]
struct Text {
    at_us: u64,
    severity: u8,
    id: i64,
    text: String,
}

/// All that was heard.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub system: Option<u8>,
    pub custom_mode: u32,
    pub armed: bool,
    /// In the air, where the autopilot says so.
    pub airborne: Option<bool>,
    /// Battery left, 0..=1, where it is known.
    pub battery_ratio: Option<f64>,
    /// Whether it may be armed by its own checks, where it tells.
    pub may_arm: Option<bool>,
    /// Parameters as told.
    pub parameters: BTreeMap<String, Told>,
    /// What it said in words, pieces joined.
    texts: Vec<Text>,
    /// Newest answer to a command: which, result, how many so far.
    pub command_ack: Option<(u16, u8, u32)>,
    /// The mission item asked for, and how often anything was asked.
    pub mission_request: Option<(u16, u32)>,
    /// The mission's end and how many so far.
    pub mission_ack: Option<(u8, u32)>,
    /// Each heartbeat, and each time that the mode was told besides.
    pub said: Vec<Said>,
    /// Truth, as often as it was told.
    pub rows: Vec<TruthRow>,
    /// Whose it is, by its heartbeat.
    pub firmware: Option<Firmware>,
    /// And its height above the sea, m.
    pub home: Option<(Origin, f64)>,
    /// Its truth is a simulator's.
    pub is_simulated: bool,
    pose: TruePose,
    posed_us: Option<u64>,
}

impl Heard {
    /// Takes a frame that came at `now_us`.
    pub fn take(&mut self, frame: &Frame<'_>, now_us: u64) {
        let is_its = self.system.is_none_or(|system| u32::from(system) == frame.system);
        if frame.component != AUTOPILOT || !is_its {
            return;
        }
        let Some(message) = Message::read(frame.id, frame.payload) else { return };
        let (real, whole) = (|name| message.real(name), |name| message.whole(name));
        match message.name() {
            "HEARTBEAT" if whole("autopilot") != 8 => {
                self.system = u8::try_from(frame.system).ok();
                self.firmware = Some(match (whole("autopilot"), whole("type")) {
                    (_, 6) => Firmware::Other,
                    (3, _) => Firmware::ArduCopter,
                    (12, _) => Firmware::Px4,
                    _ => Firmware::Other,
                });
                self.armed = message.byte("base_mode") & 0x80 != 0;
                self.is_in(whole("custom_mode") as u32, now_us);
            }
            "CURRENT_MODE" => self.is_in(whole("custom_mode") as u32, now_us),
            "HOME_POSITION" => {
                let place = place(&message, "latitude", "longitude");
                // The world does not move with a home that is set anew in flight.
                self.home.get_or_insert((Origin::new(place), real("altitude") / 1e3));
            }
            "EXTENDED_SYS_STATE" => {
                self.airborne =
                    Some(whole("landed_state")).filter(|state| *state != 0).map(|state| state != 1);
            }
            "SYS_STATUS" => {
                let left = u8::try_from(whole("battery_remaining")).ok();
                self.battery_ratio = left.map(|percent| f64::from(percent) / 100.0);
                let is_told = whole("onboard_control_sensors_present") & PREARM_CHECK != 0;
                let may = whole("onboard_control_sensors_health") & PREARM_CHECK != 0;
                self.may_arm = is_told.then_some(may);
            }
            "STATUSTEXT" => self.hear_text(&message, now_us),
            "ATTITUDE" if !self.is_simulated => self.turn(&message, "yawspeed"),
            "GLOBAL_POSITION_INT" if !self.is_simulated && (whole("lat"), whole("lon")) != (0, 0) => {
                let velocity_mps = ["vx", "vy", "vz"].map(|name| real(name) / 100.0);
                self.place(place(&message, "lat", "lon"), real("alt") / 1e3, velocity_mps, now_us);
            }
            "SIM_STATE" => {
                self.is_simulated = true;
                self.turn(&message, "zgyro");
                let at = match (whole("lat_int"), whole("lon_int")) {
                    (0, 0) => Wgs84 { lat_deg: real("lat"), lon_deg: real("lon") },
                    _ => place(&message, "lat_int", "lon_int"),
                };
                self.place(at, real("alt"), ["vn", "ve", "vd"].map(real), now_us);
            }
            "PARAM_VALUE" => {
                let told = self.parameters.entry(message.text("param_id").to_owned()).or_default();
                let (raw, kind) = (message.raw("param_value"), message.byte("param_type"));
                *told = Told { raw, kind, count: told.count + 1 };
            }
            "COMMAND_ACK" => {
                let count = self.command_ack.map_or(0, |(.., count)| count) + 1;
                self.command_ack = Some((whole("command") as u16, message.byte("result"), count));
            }
            "MISSION_REQUEST_INT" | "MISSION_REQUEST" => {
                let count = self.mission_request.map_or(0, |(_, count)| count) + 1;
                self.mission_request = Some((whole("seq") as u16, count));
            }
            "MISSION_ACK" => {
                let count = self.mission_ack.map_or(0, |(_, count)| count) + 1;
                self.mission_ack = Some((message.byte("type"), count));
            }
            _ => {}
        }
    }

    fn hear_text(&mut self, told: &Message, at_us: u64) {
        let (id, number, piece) = (told.whole("id"), told.whole("chunk_seq"), told.text("text"));
        let begun = self.texts.iter_mut().rev().find(|text| id != 0 && number > 0 && text.id == id);
        if let Some(text) = begun {
            text.text.push_str(piece);
        } else if self.texts.len() < TEXTS_MAX {
            self.texts.push(Text { at_us, severity: told.byte("severity"), id, text: piece.to_owned() });
        }
    }

    /// Its warnings and worse since a time, each once, in order.
    pub fn warnings(&self, since_us: u64) -> Vec<&str> {
        let mut told: Vec<&str> = Vec::new();
        for text in self.texts.iter().filter(|text| text.at_us >= since_us && text.severity <= WARNING) {
            if !told.contains(&text.text.as_str()) {
                told.push(&text.text);
            }
        }
        told
    }

    fn is_in(&mut self, custom_mode: u32, now_us: u64) {
        self.custom_mode = custom_mode;
        let is_ours = self.mode().accepts_commands();
        self.said.push(Said { at_us: now_us, is_ours, armed: self.armed });
    }

    fn turn(&mut self, message: &Message, yaw_rate: &str) {
        let angles = ["roll", "pitch", "yaw", yaw_rate].map(|name| message.real(name));
        [self.pose.roll_rad, self.pose.pitch_rad, self.pose.yaw_rad, self.pose.yaw_rate_rad_s] = angles;
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
        self.texts.clear();
    }

    pub fn mode(&self) -> Mode {
        Mode { firmware: self.firmware.unwrap_or(Firmware::Other), custom: self.custom_mode }
    }

    /// Whether it tells where it is, and where home is.
    pub fn is_placed(&self, now_us: u64) -> bool {
        self.posed_us.is_some_and(|posed_us| now_us < posed_us + POSE_AGE_MAX_US)
    }

    /// Where it is now.
    pub fn pose(&self, now_us: u64) -> TruePose {
        match self.posed_us {
            Some(posed_us) => TruePose { at_us: posed_us, ..self.pose }.carried(now_us, AHEAD_MAX_US),
            None => TruePose { at_us: now_us, ..self.pose },
        }
    }

    pub fn truth(&self, now_us: u64) -> TruthRow {
        TruthRow {
            pose: self.pose(now_us),
            mode: self.mode().name(),
            armed: self.armed,
            battery_ratio: self.battery_ratio.unwrap_or(0.0),
        }
    }
}

fn place(message: &Message, lat: &str, lon: &str) -> Wgs84 {
    Wgs84 { lat_deg: message.real(lat) / 1e7, lon_deg: message.real(lon) / 1e7 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopilot::messages;

    #[test]
    fn pieces_are_joined_and_each_warning_is_told_once() {
        let mut heard = Heard::default();
        let long = format!("{}y", "x".repeat(50));
        let need = "PreArm: Need Position Estimate";
        for (severity, text, at_us) in
            [(2, need, 5), (6, "EKF3 IMU0 initialised", 6), (2, &long, 7), (2, need, 9)]
        {
            messages::texts(severity, text, 9).iter().for_each(|piece| heard.hear_text(piece, at_us));
        }
        assert_eq!(heard.warnings(0), [need, &long]);
        assert_eq!(heard.warnings(8), [need]);
    }
}
