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
use super::air::Air;
use super::wire::Said;
use crate::aircraft::{Waypoint, custom_mode_of, firmware_of};
use crate::autopilot::messages;
use crate::autopilot::wire::Message;
use crate::rig::Foreign;
use crate::scenario::{Flavour, Kind, Scenario};
use crate::script::{Do, Seen};
use crate::shared::{lock, within};
use crate::trace::{SetpointRow, TruthRow};
use crate::truth::Poses;
use crate::watch::Watcher;
use heard::Heard;
use link::Link;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How long an autopilot may take to be found with its place and home: a cold SITL takes 40 s to its fix.
const FOUND_WITHIN: Duration = Duration::from_secs(90);
/// How long it may take to answer, once; PX4 beats once a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Its words about a refusal come with the answer, or soon after.
const EXPLAINED_WITHIN: Duration = Duration::from_millis(400);
const TRIES: u32 = 3;
/// Truth as verdicts are counted from it.
const ROWS_EVERY_US: u64 = 100_000;
/// Higher than this it is in the air, where nothing better is told.
const AIRBORNE_M: f64 = 1.0;
/// MAV_MODE_FLAG_CUSTOM_MODE_ENABLED.
const CUSTOM_MODE: f64 = 1.0;

/// MAV_CMD, by name and number.
pub(super) type Command = (&'static str, u16);
const TAKE_OFF: Command = ("take-off", 22);
const SET_MODE: Command = ("mode", 176);
pub(super) const ARM: Command = ("arming", 400);
/// MAV_RESULT_ACCEPTED and _IN_PROGRESS; MAV_MISSION_ACCEPTED.
const ACCEPTED: u8 = 0;
const IN_PROGRESS: u8 = 5;

/// Someone else's aircraft.
pub struct Theirs {
    link: Link,
    foreign: Foreign,
    system: u8,
    begun: String,
    /// Parameters that were changed for this scenario alone, as they were.
    borrowed: Mutex<Vec<(String, f64)>>,
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
        if theirs.placed_within(FOUND_WITHIN, watcher)?.is_none() {
            let why = match theirs.heard().system {
                None => "no autopilot was heard",
                Some(_) => "the autopilot tells no position or no home (no GPS fix?)",
            };
            return Err(NotFlown::Failed(format!("rig_line {rig}: {why}{}", theirs.warnings(0))));
        }
        let (system, firmware) = {
            let heard = theirs.heard();
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
        theirs.heard().forget_place();
        if theirs.placed_within(ANSWER_WITHIN * TRIES, watcher)?.is_none() {
            return Err(NotFlown::Failed(format!("rig_line {rig}: the autopilot tells its place no more")));
        }
        theirs.link.shared.begin();
        Ok(theirs)
    }

    /// All that was heard of it.
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.link.shared.heard()
    }

    fn placed_within(&self, limit: Duration, watcher: &mut dyn Watcher) -> Result<Option<()>, NotFlown> {
        watched_within(limit, watcher, |_| {
            let (now_us, heard) = (self.now_us(), self.heard());
            (heard.system.is_some() && heard.is_placed(now_us)).then_some(())
        })
    }

    /// Sends a message to the autopilot.
    fn send(&self, message: Message) -> Result<(), String> {
        self.link.send(message.to((self.system, 1)))
    }

    /// How it stood when the scenario began.
    pub fn notes(&self) -> [String; 2] {
        let source = match self.heard().is_simulated {
            true => "truth is the simulator's own (SIM_STATE)",
            false => "truth is the autopilot's belief (GLOBAL_POSITION_INT, ATTITUDE)",
        };
        [self.begun.clone(), source.to_owned()]
    }

    /// Arms or disarms.
    fn arm_or_not(&self, armed: bool) -> Result<(), String> {
        self.command(ARM, &[f64::from(u8::from(armed))])
    }

    /// Back when the autopilot's heartbeat has it.
    fn set_mode(&self, name: &str) -> Result<(), String> {
        let custom = custom_mode_of(self.foreign.flavour, name).ok_or_else(|| format!("no mode {name}"))?;
        // PX4 takes main and sub mode apart.
        let (main, sub) = match self.foreign.flavour {
            Flavour::ArduCopter => (custom, 0),
            Flavour::Px4 => (custom >> 16 & 0xff, custom >> 24),
        };
        self.command(SET_MODE, &[CUSTOM_MODE, f64::from(main), f64::from(sub)])?;
        let has_it = within(ANSWER_WITHIN, || (self.heard().custom_mode == custom).then_some(()));
        has_it.ok_or_else(|| format!("mode {name} was accepted and never came"))
    }

    fn take_off(&self, alt_m: f64) -> Result<(), String> {
        match self.foreign.flavour {
            Flavour::ArduCopter => self.command(TAKE_OFF, &[0., 0., 0., 0., 0., 0., alt_m]),
            Flavour::Px4 => {
                // Here, as it stands, to a height above the sea: 0/0 would be a place, and a height above home is below ground.
                let (_, home_amsl_m) = self.heard().home.ok_or("take-off: no home is told")?;
                let nan = f64::NAN;
                self.command(TAKE_OFF, &[nan, 0., 0., nan, nan, nan, home_amsl_m + alt_m])
            }
        }
    }

    /// By the mission protocol (mavlink.io, "Mission Protocol").
    fn upload(&self, mission: &[Waypoint]) -> Result<(), String> {
        let mut answered = self.heard().mission_request.map_or(0, |(_, count)| count);
        let before = self.heard().mission_ack.map_or(0, |(_, count)| count);
        self.send(Message::new("MISSION_COUNT").with("count", mission.len() as u16))?;
        loop {
            let next = within(ANSWER_WITHIN, || {
                let heard = self.heard();
                let end = heard.mission_ack.filter(|(_, count)| *count > before);
                let item = heard.mission_request.filter(|(_, count)| *count > answered);
                end.map(Err).or(item.map(Ok))
            });
            match next {
                None => return Err("mission: no answer".to_owned()),
                Some(Err((ACCEPTED, _))) => return Ok(()),
                Some(Err((why, _))) => return Err(format!("mission: MAV_MISSION_RESULT {why}")),
                Some(Ok((item, count))) => {
                    answered = count;
                    let waypoint =
                        mission.get(usize::from(item)).ok_or(format!("mission: no item {item}"))?;
                    self.send(messages::mission_item(waypoint, item, false))?;
                }
            }
        }
    }

    /// COMMAND_LONG until it is answered.
    fn command(&self, (what, id): Command, params: &[f64]) -> Result<(), String> {
        let since_us = self.now_us();
        for _ in 0..TRIES {
            let before = self.heard().command_ack.map_or(0, |(.., count)| count);
            self.send(messages::command(id, params))?;
            let answer = within(ANSWER_WITHIN, || {
                let ack = self.heard().command_ack;
                ack.filter(|(which, _, count)| *which == id && *count > before).map(|(_, result, _)| result)
            });
            match answer {
                Some(ACCEPTED | IN_PROGRESS) => return Ok(()),
                Some(result) => {
                    std::thread::sleep(EXPLAINED_WITHIN);
                    let (result, warnings) = (messages::result_name(result), self.warnings(since_us));
                    return Err(format!("{what}: {result}{warnings}"));
                }
                None => {}
            }
        }
        Err(format!("{what}: no answer"))
    }

    /// What the autopilot warned of since then, to stand after a colon.
    fn warnings(&self, since_us: u64) -> String {
        match self.heard().warnings(since_us).join("; ") {
            none if none.is_empty() => none,
            told => format!(": {told}"),
        }
    }
}

/// As [`within`], while the watcher lets it go on.
fn watched_within<T>(
    limit: Duration,
    watcher: &mut dyn Watcher,
    mut ask: impl FnMut(&mut dyn Watcher) -> Option<T>,
) -> Result<Option<T>, NotFlown> {
    let ended = || NotFlown::Failed("ended before the flight began".to_owned());
    within(limit, || if watcher.ends() { Some(Err(ended())) } else { ask(watcher).map(Ok) }).transpose()
}

impl Air for Theirs {
    fn poses(&self) -> Poses {
        let shared = Arc::clone(&self.link.shared);
        Arc::new(move || {
            let now_us = shared.now_us();
            shared.heard().pose(now_us)
        })
    }

    fn now_us(&self) -> u64 {
        self.link.shared.now_us()
    }

    fn sight(&self) -> Seen<'static> {
        let (now_us, heard) = (self.now_us(), self.heard());
        let up_m = heard.pose(now_us).up_m;
        Seen {
            ready: heard.is_placed(now_us),
            airborne: heard.airborne.unwrap_or(up_m > AIRBORNE_M),
            armed: heard.armed,
            mode: heard.mode().name(),
            up_m,
            ..Seen::default()
        }
    }

    fn truth(&self) -> TruthRow {
        let now_us = self.now_us();
        self.heard().truth(now_us)
    }

    fn truth_rows(&self) -> Vec<TruthRow> {
        let mut rows: Vec<TruthRow> = Vec::new();
        for row in &self.heard().rows {
            if rows.last().is_none_or(|last| row.pose.at_us >= last.pose.at_us + ROWS_EVERY_US) {
                rows.push(*row);
            }
        }
        rows
    }

    fn ask(&self, deed: &Do) -> Result<(), String> {
        match deed {
            Do::Mission(items) => self.upload(items),
            Do::SetMode(mode) => self.set_mode(mode),
            Do::Arm => self.arm_or_not(true),
            Do::TakeOff { alt_m } => self.take_off(*alt_m),
            Do::Begin(_) | Do::End(_) | Do::HomingOn | Do::HomingOff => Ok(()),
        }
    }

    fn fault(&self, kind: &Kind, begins: bool) -> Result<bool, String> {
        self.go_wrong(kind, begins)
    }

    fn setpoints(&self) -> Option<Vec<SetpointRow>> {
        None
    }

    fn said(&self, _: u8) -> Vec<Said> {
        self.heard().said.clone()
    }

    /// As a person would: nothing is wrong with it any more, and it flies home. Refusals are the next flight's to tell.
    fn leave(&self) {
        let _ = self.calm();
        let borrowed = std::mem::take(&mut *lock(&self.borrowed));
        for (name, value) in borrowed {
            let _ = self.set(&name, value);
        }
        if self.sight().airborne {
            let _ = self.set_mode(if self.foreign.flavour == Flavour::Px4 { "AUTO.RTL" } else { "RTL" });
        }
    }
}
