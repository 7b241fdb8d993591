//! Who else speaks on the lines: the ground station inside, and strangers on command.
//!
//! Their frames leave on every link, as if another box sat on the same radio; they are in the wire log under their own names.

use super::face::{Face, lock};
use super::messages;
use super::outbox::Leaving;
use super::wire::Message;
use crate::aircraft::Request;
use crate::scenario::Kind;
use crate::scenario::fault::Impostor;

/// Ground stations' system, and MAV_COMP_ID_MISSIONPLANNER.
const STATION: (u8, u8) = (255, 190);
const BEAT_EVERY_US: u64 = 1_000_000;
/// The companion's component: ONBOARD_COMPUTER.
const COMPANION: u8 = 191;
const GIMBAL: u8 = 154;
const STRANGER: (u8, u8) = (66, 190);
/// An antenna tracker's system.
const TRACKER: u8 = 41;
const STRANGERS_EVERY_US: u64 = 200_000;
const GARBAGE_EVERY_US: u64 = 40_000;

impl Face {
    /// A fault of the link begins or ends; whether it was one. What waits on a line that is lost is lost too.
    pub(super) fn apply(&mut self, kind: &Kind, begins: bool) -> Result<bool, String> {
        let is_ours = self.faults.apply(kind, begins)?;
        if self.faults.link_lost {
            self.lose_waiting();
        }
        Ok(is_ours)
    }

    /// The way out is cut or mended; what waits on it is lost.
    pub(super) fn fall_mute(&mut self, begins: bool) {
        self.faults.is_mute = begins;
        if begins {
            self.lose_waiting();
        }
    }

    fn lose_waiting(&self) {
        self.links.iter().for_each(|open| open.outbox.clear());
    }

    /// What strangers say now, and garbage.
    pub(super) fn play_faults(&mut self, now_us: u64) {
        if self.faults.is_garbage && now_us >= self.faults.garbage_us {
            self.faults.garbage_us = now_us + GARBAGE_EVERY_US;
            for link in 0..self.links.len() {
                let bytes = self.faults.garbage(self.own.0.into());
                self.push(link, Leaving { bytes, row: None });
            }
        }
        if now_us < self.faults.strangers_us {
            return;
        }
        self.faults.strangers_us = now_us + STRANGERS_EVERY_US;
        for who in self.faults.impostors.clone() {
            let (from, said) = self.said_by(who);
            for message in said {
                self.say_as(from, &message);
            }
        }
    }

    /// The heartbeat of the ground station inside, the operator's and the pilot's hands, as another line would bring it.
    pub(super) fn beat_as_station(&mut self, now_us: u64) {
        if now_us < self.station_us || self.faults.station_is_silent {
            return;
        }
        self.station_us = now_us + BEAT_EVERY_US;
        if !lock(&self.aircraft).belief().is_silent {
            lock(&self.aircraft).request(&Request::GroundStation(STATION.0));
            self.say_as(STATION, &messages::station_beat());
        }
    }

    fn said_by(&self, who: Impostor) -> ((u8, u8), Vec<Message>) {
        let beat = messages::station_beat();
        let system = self.own.0;
        match who {
            // MAV_TYPE_GIMBAL, armed and in the mode of the autopilot, as careless ones copy it.
            Impostor::GimbalHeartbeat => {
                let custom_mode = lock(&self.aircraft).belief().custom_mode;
                let beat = beat.with("type", 26u8).with("base_mode", 0x81u8).with("custom_mode", custom_mode);
                ((system, GIMBAL), vec![beat])
            }
            Impostor::OtherSystem => ((if system == 42 { 43 } else { 42 }, 1), self.other_aircraft()),
            // MAV_TYPE_ANTENNA_TRACKER, of ArduPilot, which tells its own place, in a mode with the number of GUIDED.
            Impostor::Tracker => {
                let beat = beat.with("type", 5u8).with("autopilot", 3u8).with("custom_mode", 4u8);
                let here =
                    Message::new("GLOBAL_POSITION_INT").with("lat", 473_970_000).with("lon", 85_450_000);
                ((TRACKER, 1), vec![beat.with("base_mode", 0x81u8), here.with("alt", 490_000)])
            }
            Impostor::Commander => (STRANGER, orders((system, COMPANION))),
            Impostor::OwnIds => {
                let beat = beat.with("type", 18u8).with("custom_mode", 0x5EED_u32);
                ((system, COMPANION), vec![beat])
            }
        }
    }

    /// The telemetry of another aircraft: somewhere else, its battery empty, its sticks moved, disarmed and in its first mode.
    fn other_aircraft(&self) -> Vec<Message> {
        let aircraft = lock(&self.aircraft);
        let names = "HEARTBEAT SYS_STATUS SYSTEM_TIME GPS_RAW_INT GLOBAL_POSITION_INT ATTITUDE RC_CHANNELS \
                     BATTERY_STATUS HOME_POSITION";
        let own = names.split(' ').filter_map(|name| messages::telemetry(name, &aircraft));
        let other = |message: Message| match message.name() {
            "HEARTBEAT" => message.with("custom_mode", 0u8).with("base_mode", 1u8),
            "SYS_STATUS" | "BATTERY_STATUS" => message.with("battery_remaining", 2u8),
            "GLOBAL_POSITION_INT" | "GPS_RAW_INT" => {
                let lat_e7 = message.whole("lat") + 500_000;
                message.with("lat", lat_e7).with("lon", 0u8)
            }
            "HOME_POSITION" => message.with("latitude", 0u8).with("longitude", 10_000_000),
            "ATTITUDE" => message.with("roll", 1.0).with("yaw", -3.0),
            "RC_CHANNELS" => message.with("chan1_raw", 1_900u16).with("chan2_raw", 1_100u16),
            _ => message,
        };
        own.map(other).collect()
    }
}

/// What would enable homing on a companion that obeys anybody: parameters, commands, a mission, a mode.
fn orders(to: (u8, u8)) -> Vec<Message> {
    let parameters = ["HOMING_ENABLE", "HOMING", "HOME_EN"].map(|name| {
        let set = Message::new("PARAM_SET").with_text("param_id", name);
        set.with("param_value", 1.0).with("param_type", 9u8)
    });
    // USER_1 to USER_5, MISSION_START, DO_SET_MODE, COMPONENT_ARM_DISARM.
    let commands = [31_010, 31_011, 31_012, 31_013, 31_014, 300, 176, 400];
    let rest = [
        Message::new("MISSION_COUNT").with("count", 1u8),
        Message::new("SET_MODE").with("base_mode", 1u8).with("custom_mode", 4u8),
        Message::new("MISSION_SET_CURRENT").with("seq", 1u8),
    ];
    let commands = commands.map(|id| messages::command(id, &[1.0]));
    parameters.into_iter().chain(commands).chain(rest).map(|message| message.to(to)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aircraft::Aircraft;
    use crate::autopilot::clock::Clock;
    use crate::autopilot::wire_log::WireLog;
    use crate::scenario::{self, Place};
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_mute_autopilot_still_receives() {
        let aircraft = Aircraft::new(&scenario::Aircraft::default(), &Place::default(), 1);
        let log = Arc::new(Mutex::new(WireLog::default()));
        let clock = Arc::new(Clock::new(0));
        let mut face = Face::new(Arc::new(Mutex::new(aircraft)), clock, Arc::clone(&log));
        let (link, outbox) = face.open(1_000);
        let beat = Message::new("HEARTBEAT").with("type", 18u8);
        // Without room a frame would be refused; into the air it always goes.
        let fits = 1_000 / beat.frame((1, 1), 0).len();
        assert!((0..fits).all(|_| face.send(link, beat.clone())) && !face.send(link, beat.clone()));
        face.fall_mute(true);
        assert!((0..100).all(|_| face.send(link, beat.clone())));
        assert_eq!(outbox.dropped_total(), 1);
        face.receive(link, &beat.frame((1, COMPANION), 0), 7);
        assert!(
            lock(&log).rows().iter().any(|row| !row.is_out && row.component == COMPANION && row.at_us == 7)
        );
        face.fall_mute(false);
        assert!(!(0..100).all(|_| face.send(link, beat.clone())), "it speaks again, so that its line fills");
    }
}
