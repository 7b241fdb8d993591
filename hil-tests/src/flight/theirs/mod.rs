//! Someone else's aircraft (a flight controller on the bench, a simulator): heard and asked over the rig's own line, as a ground
//! station with system id 255 would. Nothing of it is touched that a ground station does not touch.
//!
//! Before a scenario begins, it is brought to the state in which each begins (`ready`); its parameters are named, and set only
//! where the rig file says so (`parameters`).

mod faults;
mod heard;
mod link;
mod parameters;
mod ready;

use super::NotFlown;
use super::air::Sight;
use super::wire::Said;
use crate::aircraft::{Waypoint, custom_mode_of, firmware_of};
use crate::iq_server::Poses;
use crate::rig::Foreign;
use crate::scenario::{Flavour, Scenario};
use crate::trace::TruthRow;
use crate::truth::TruePose;
use crate::watch::Watcher;
use heard::Heard;
use link::{Link, Shared, long};
use mavlink::dialects::ardupilotmega::{
    MISSION_COUNT_DATA, MISSION_ITEM_INT_DATA, MavCmd, MavFrame, MavMessage, MavMissionResult, MavResult,
};
use skyhound_host::autopilot::Address;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an autopilot may take to be found with its place and home: a cold SITL takes 40 s to its fix.
const FOUND_WITHIN: Duration = Duration::from_secs(90);
/// How long it may take to answer, once; PX4 beats once a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Its words about a refusal come with the answer, or soon after.
const EXPLAINED_WITHIN: Duration = Duration::from_millis(400);
const TRIES: u32 = 3;
const POLL: Duration = Duration::from_millis(10);
/// Truth as verdicts are counted from it.
const ROWS_EVERY_US: u64 = 100_000;
/// Higher than this it is in the air, where nothing better is told.
const AIRBORNE_M: f64 = 1.0;
/// MAV_MODE_FLAG_CUSTOM_MODE_ENABLED.
const CUSTOM_MODE: f32 = 1.0;

/// Someone else's aircraft.
pub struct Theirs {
    link: Link,
    foreign: Foreign,
    system: u8,
    begun: String,
    /// Parameters that were changed for this scenario alone, as they were.
    borrowed: Mutex<Vec<(String, f64)>>,
}

struct TheirPoses(Arc<Shared>);

impl Poses for TheirPoses {
    fn pose(&self) -> TruePose {
        let now_us = self.0.now_us();
        self.0.heard().pose(now_us)
    }
}

impl Theirs {
    /// Opens the rig's line, waits until the autopilot tells where it is and where home is, and brings it to the state in which
    /// `scenario` begins. The scenario's clock begins then.
    ///
    /// # Errors
    /// Nobody is there, it speaks other modes than the rig says, or it does not come to that state.
    pub fn find(
        scenario: &Scenario,
        foreign: &Foreign,
        watcher: &mut dyn Watcher,
    ) -> Result<Theirs, NotFlown> {
        let link = Link::open(&foreign.rig).map_err(|why| format!("rig_line: {why}"))?;
        let mut theirs = Theirs {
            link,
            foreign: foreign.clone(),
            system: 0,
            begun: String::new(),
            borrowed: Mutex::default(),
        };
        let rig = &foreign.rig;
        watcher.told("looks for the autopilot");
        if !theirs.is_placed_within(FOUND_WITHIN, watcher)? {
            let why = match theirs.link.shared().heard().system {
                None => "no autopilot was heard",
                Some(_) => "the autopilot tells no position or no home (no GPS fix?)",
            };
            return Err(NotFlown::Failed(format!("rig_line {rig}: {why}{}", theirs.warnings(0))));
        }
        let (system, firmware) = {
            let heard = theirs.link.shared().heard();
            (heard.system.unwrap_or_default(), heard.mode().firmware)
        };
        theirs.system = system;
        if firmware != firmware_of(foreign.flavour) {
            return Err(NotFlown::Failed(format!(
                "rig_line {rig}: the autopilot is {firmware:?}, the rig file says {:?}: mend flavour = \"…\"",
                foreign.flavour
            )));
        }
        theirs.begun = theirs.make_ready(scenario, watcher)?;
        theirs.link.shared().heard().forget_place();
        if !theirs.is_placed_within(ANSWER_WITHIN * TRIES, watcher)? {
            return Err(NotFlown::Failed(format!("rig_line {rig}: the autopilot tells its place no more")));
        }
        theirs.link.shared().begin();
        Ok(theirs)
    }

    fn is_placed_within(&self, limit: Duration, watcher: &mut dyn Watcher) -> Result<bool, NotFlown> {
        let begun = Instant::now();
        while begun.elapsed() < limit {
            let now_us = self.now_us();
            let heard = self.link.shared().heard();
            if heard.system.is_some() && heard.is_placed(now_us) {
                return Ok(true);
            }
            drop(heard);
            if watcher.ends() {
                return Err(NotFlown::Failed("ended before the flight began".to_owned()));
            }
            std::thread::sleep(POLL);
        }
        Ok(false)
    }

    /// How it stood when the scenario began, in words.
    pub fn begun(&self) -> &str {
        &self.begun
    }

    /// Leaves it as a person would: nothing is wrong with it any more, and it flies home. Refusals are the next flight's to tell.
    pub fn leave(&self) {
        let _ = self.calm();
        let borrowed = std::mem::take(&mut *self.borrowed.lock().unwrap_or_else(PoisonError::into_inner));
        for (name, value) in borrowed {
            let _ = self.set(&name, value);
        }
        if self.sight().airborne {
            let _ = self.set_mode(if self.foreign.flavour == Flavour::Px4 { "AUTO.RTL" } else { "RTL" });
        }
    }

    /// Whose truth the world follows, in words.
    pub fn truth_source(&self) -> &'static str {
        match self.link.shared().heard().is_simulated() {
            true => "truth is the simulator's own (SIM_STATE)",
            false => "truth is the autopilot's belief (GLOBAL_POSITION_INT, ATTITUDE)",
        }
    }

    /// Where the daemon reaches it.
    pub fn for_daemon(&self) -> &Address {
        &self.foreign.daemon
    }

    /// Its pose as told.
    pub fn poses(&self) -> Arc<dyn Poses> {
        Arc::new(TheirPoses(Arc::clone(self.link.shared())))
    }

    /// µs since the begin.
    pub fn now_us(&self) -> u64 {
        self.link.shared().now_us()
    }

    /// What a ground station sees of it.
    pub fn sight(&self) -> Sight {
        let now_us = self.now_us();
        let heard = self.link.shared().heard();
        let up_m = heard.pose(now_us).up_m;
        Sight {
            ready: heard.is_placed(now_us),
            airborne: heard.airborne.unwrap_or(up_m > AIRBORNE_M),
            armed: heard.armed,
            mode: heard.mode().name(),
            up_m,
        }
    }

    /// Truth now, as far as it is told.
    pub fn truth(&self) -> TruthRow {
        let now_us = self.now_us();
        self.link.shared().heard().truth(now_us)
    }

    /// Truth of the whole flight, 10 Hz at most.
    pub fn truth_rows(&self) -> Vec<TruthRow> {
        let mut rows: Vec<TruthRow> = Vec::new();
        for row in &self.link.shared().heard().rows {
            if rows.last().is_none_or(|last| row.pose.at_us >= last.pose.at_us + ROWS_EVERY_US) {
                rows.push(*row);
            }
        }
        rows
    }

    /// Each heartbeat, when it came.
    pub fn said(&self) -> Vec<Said> {
        self.link.shared().heard().said.clone()
    }

    /// Changes the mode; back when the autopilot's heartbeat has it.
    ///
    /// # Errors
    /// No such mode, refused, or no answer.
    pub fn set_mode(&self, name: &str) -> Result<(), String> {
        let custom = custom_mode_of(self.foreign.flavour, name).ok_or_else(|| format!("no mode {name}"))?;
        // PX4 takes main and sub mode apart.
        let (main, sub) = match self.foreign.flavour {
            Flavour::ArduCopter => (custom, 0),
            Flavour::Px4 => (custom >> 16 & 0xff, custom >> 24),
        };
        self.command(MavCmd::MAV_CMD_DO_SET_MODE, [CUSTOM_MODE, main as f32, sub as f32, 0., 0., 0., 0.])?;
        let has_it = self.wait(|| (self.link.shared().heard().custom_mode == custom).then_some(()));
        has_it.ok_or_else(|| format!("mode {name} was accepted and never came"))
    }

    /// Arms or disarms.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn arm(&self, armed: bool) -> Result<(), String> {
        let arm = f32::from(u8::from(armed));
        self.command(MavCmd::MAV_CMD_COMPONENT_ARM_DISARM, [arm, 0., 0., 0., 0., 0., 0.])
    }

    /// Takes off.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn take_off(&self, alt_m: f64) -> Result<(), String> {
        let params = match self.foreign.flavour {
            Flavour::ArduCopter => [0., 0., 0., 0., 0., 0., alt_m as f32],
            Flavour::Px4 => {
                // Here, as it stands, to a height above the sea: 0/0 would be a place, and a height above home is below ground.
                let home_amsl_m =
                    self.link.shared().heard().home_amsl_m().ok_or("take-off: no home is told")?;
                let nan = f32::NAN;
                [nan, 0., 0., nan, nan, nan, (home_amsl_m + alt_m) as f32]
            }
        };
        self.command(MavCmd::MAV_CMD_NAV_TAKEOFF, params)
    }

    /// Uploads a mission by the mission protocol (mavlink.io, "Mission Protocol").
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn upload(&self, mission: &[Waypoint]) -> Result<(), String> {
        let asked = || self.link.shared().heard().mission_request.map_or(0, |(_, count)| count);
        let ended = || self.link.shared().heard().mission_ack.map_or(0, |(_, count)| count);
        let (mut answered, before) = (asked(), ended());
        let count = mission.len() as u16;
        self.link.send(MavMessage::MISSION_COUNT(MISSION_COUNT_DATA {
            count,
            target_system: self.system,
            target_component: 1,
        }))?;
        loop {
            let next = self.wait(|| {
                let heard = self.link.shared().heard();
                let end = heard.mission_ack.filter(|(_, count)| *count > before);
                let item = heard.mission_request.filter(|(_, count)| *count > answered);
                (end.is_some() || item.is_some()).then_some((end, item))
            });
            match next {
                None => return Err("mission: no answer".to_owned()),
                Some((Some((MavMissionResult::MAV_MISSION_ACCEPTED, _)), _)) => return Ok(()),
                Some((Some((why, _)), _)) => return Err(format!("mission: {why:?}")),
                Some((None, Some((item, count)))) => {
                    answered = count;
                    let waypoint =
                        mission.get(usize::from(item)).ok_or(format!("mission: no item {item}"))?;
                    self.link.send(self.item(item, waypoint)?)?;
                }
                Some((None, None)) => {}
            }
        }
    }

    fn item(&self, seq: u16, waypoint: &Waypoint) -> Result<MavMessage, String> {
        let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
        let [param1, param2, param3, param4] = waypoint.params;
        let command = match waypoint.command {
            16 => MavCmd::MAV_CMD_NAV_WAYPOINT,
            17 => MavCmd::MAV_CMD_NAV_LOITER_UNLIM,
            19 => MavCmd::MAV_CMD_NAV_LOITER_TIME,
            20 => MavCmd::MAV_CMD_NAV_RETURN_TO_LAUNCH,
            21 => MavCmd::MAV_CMD_NAV_LAND,
            22 => MavCmd::MAV_CMD_NAV_TAKEOFF,
            178 => MavCmd::MAV_CMD_DO_CHANGE_SPEED,
            other => return Err(format!("mission: no command {other}")),
        };
        let frame = match waypoint.frame {
            0 => MavFrame::MAV_FRAME_GLOBAL,
            2 => MavFrame::MAV_FRAME_MISSION,
            _ => MavFrame::MAV_FRAME_GLOBAL_RELATIVE_ALT,
        };
        Ok(MavMessage::MISSION_ITEM_INT(MISSION_ITEM_INT_DATA {
            param1,
            param2,
            param3,
            param4,
            x: e7(waypoint.place.lat_deg),
            y: e7(waypoint.place.lon_deg),
            z: waypoint.alt_m as f32,
            seq,
            command,
            target_system: self.system,
            target_component: 1,
            frame,
            current: 0,
            autocontinue: u8::from(waypoint.autocontinue),
        }))
    }

    /// COMMAND_LONG until it is answered.
    fn command(&self, command: MavCmd, params: [f32; 7]) -> Result<(), String> {
        let count = || self.link.shared().heard().command_ack.map_or(0, |(.., count)| count);
        let since_us = self.now_us();
        for _ in 0..TRIES {
            let before = count();
            self.link.send(long(self.system, command, params))?;
            let answer = self.wait(|| {
                let ack = self.link.shared().heard().command_ack;
                ack.filter(|(which, _, count)| *which == command && *count > before)
                    .map(|(_, result, _)| result)
            });
            match answer {
                Some(MavResult::MAV_RESULT_ACCEPTED | MavResult::MAV_RESULT_IN_PROGRESS) => return Ok(()),
                Some(result) => {
                    std::thread::sleep(EXPLAINED_WITHIN);
                    return Err(format!("{command:?}: {result:?}{}", self.warnings(since_us)));
                }
                None => {}
            }
        }
        Err(format!("{command:?}: no answer"))
    }

    /// What the autopilot warned of since then, to stand after a colon.
    fn warnings(&self, since_us: u64) -> String {
        let heard = self.link.shared().heard();
        match heard.texts.warnings(since_us).join("; ") {
            none if none.is_empty() => none,
            told => format!(": {told}"),
        }
    }

    fn wait<T>(&self, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
        let begun = Instant::now();
        while begun.elapsed() < ANSWER_WITHIN {
            if let Some(answer) = ask() {
                return Some(answer);
            }
            std::thread::sleep(POLL);
        }
        None
    }
}
