//! COMMAND_LONG, COMMAND_INT and SET_MODE: what they ask of the aircraft, and the COMMAND_ACK that each gets.
//!
//! Results as the firmwares give them: ArduPilot `GCS_Common.cpp` (`handle_command_*`, `_set_mode_common`,
//! `set_message_interval`), PX4 `Commander::handle_command` and `mavlink_receiver.cpp`. A command that nobody here knows is
//! UNSUPPORTED; one for another component is passed on and not answered.

use super::face::{Face, lock};
use super::messages;
use super::wire::{Layout, Message};
use crate::aircraft::{Answer, Request, custom_mode_of};
use crate::scenario::Flavour;
use skyhound::geo::Wgs84;

const NAV_LOITER_UNLIM: u16 = 17;
const NAV_RETURN_TO_LAUNCH: u16 = 20;
const NAV_LAND: u16 = 21;
const NAV_TAKEOFF: u16 = 22;
const CONDITION_YAW: u16 = 115;
const DO_SET_MODE: u16 = 176;
const DO_CHANGE_SPEED: u16 = 178;
const DO_SET_HOME: u16 = 179;
const DO_FENCE_ENABLE: u16 = 207;
const DO_SET_MISSION_CURRENT: u16 = 224;
const PREFLIGHT_REBOOT_SHUTDOWN: u16 = 246;
const MISSION_START: u16 = 300;
const COMPONENT_ARM_DISARM: u16 = 400;
const GET_HOME_POSITION: u16 = 410;
const GET_MESSAGE_INTERVAL: u16 = 510;
const SET_MESSAGE_INTERVAL: u16 = 511;
const REQUEST_MESSAGE: u16 = 512;
const REQUEST_AUTOPILOT_CAPABILITIES: u16 = 520;

/// SET_MODE's own message id, which ArduPilot acknowledges as if it were a command.
const SET_MODE_MESSAGE: u16 = 11;
const CUSTOM_MODE_ENABLED: i64 = 1;
/// Param 2 of COMPONENT_ARM_DISARM that means it.
const FORCE: f64 = 21_196.0;
/// MIS_TAKEOFF_ALT of PX4.
const PX4_TAKE_OFF_ALT_M: f64 = 2.5;

/// A command out of either message.
struct Command {
    id: u16,
    /// NaN = not given.
    params: [f64; 7],
}

impl Command {
    fn of(message: &Message) -> Command {
        let param = |name: &str| message.real(name);
        let is_long = message.name() == "COMMAND_LONG";
        let place = if is_long {
            ["param5", "param6", "param7"].map(param)
        } else {
            let degrees = |e7: f64| if e7 == f64::from(i32::MAX) { f64::NAN } else { e7 / 1e7 };
            [degrees(param("x")), degrees(param("y")), param("z")]
        };
        let [p1, p2, p3, p4] = ["param1", "param2", "param3", "param4"].map(param);
        Command {
            id: message.whole("command") as u16,
            params: [p1, p2, p3, p4, place[0], place[1], place[2]],
        }
    }

    /// Parameter 1..=7.
    fn param(&self, number: usize) -> f64 {
        self.params[number - 1]
    }

    /// A parameter that is a whole number ≥ −1 in 32 bits; `None` when it is anything else.
    fn whole(&self, number: usize) -> Option<i64> {
        let value = self.param(number);
        (value.is_finite() && (-1.0..=f64::from(u32::MAX)).contains(&value)).then_some(value as i64)
    }
}

impl Face {
    pub(super) fn command(&mut self, link: usize, from: (u8, u8), message: &Message, at_us: u64) {
        let command = Command::of(message);
        let answer = self.obey(link, &command, at_us);
        self.acknowledge(link, from, command.id, answer);
        if answer == Answer::Accepted && command.id == REQUEST_AUTOPILOT_CAPABILITIES {
            self.send_once(link, "AUTOPILOT_VERSION");
        }
    }

    fn acknowledge(&mut self, link: usize, to: (u8, u8), command: u16, answer: Answer) {
        let ack = Message::new("COMMAND_ACK").with("command", command).with("result", answer.mav_result());
        self.send(link, ack.to(to));
    }

    fn obey(&mut self, link: usize, command: &Command, at_us: u64) -> Answer {
        let copter = self.flavour == Flavour::ArduCopter;
        match command.id {
            SET_MESSAGE_INTERVAL => self.set_interval(link, command, at_us),
            GET_MESSAGE_INTERVAL => self.tell_interval(link, command),
            REQUEST_MESSAGE => self.send_requested(link, command),
            GET_HOME_POSITION => {
                let is_known = lock(&self.aircraft).belief().home.is_some();
                self.send_once(link, "HOME_POSITION");
                if is_known { Answer::Accepted } else { Answer::Failed }
            }
            REQUEST_AUTOPILOT_CAPABILITIES if command.param(1) == 1.0 => Answer::Accepted,
            DO_FENCE_ENABLE if copter => match command.whole(1) {
                Some(value @ 0..=1) => self.set_parameter("FENCE_ENABLE", value as f64),
                _ => Answer::Denied,
            },
            _ => match self.meant(command) {
                Ok(request) => lock(&self.aircraft).request(&request),
                Err(answer) => answer,
            },
        }
    }

    /// The request that a command of the aircraft's own means.
    fn meant(&self, command: &Command) -> Result<Request, Answer> {
        let copter = self.flavour == Flavour::ArduCopter;
        let finite = |number: usize| {
            Some(command.param(number)).filter(|value| value.is_finite()).ok_or(Answer::Denied)
        };
        match command.id {
            COMPONENT_ARM_DISARM => {
                let arms = match command.param(1) {
                    1.0 => true,
                    0.0 => false,
                    _ if copter => return Err(Answer::Unsupported),
                    _ => return Err(Answer::Denied),
                };
                let is_forced = command.param(2) == FORCE;
                Ok(if is_forced { Request::ArmForced(arms) } else { Request::Arm(arms) })
            }
            NAV_TAKEOFF => {
                let alt_m = self.take_off_alt_m(command.param(7))?;
                // To PX4, NaN is where it is, and 0/0 a place in the Gulf of Guinea: acknowledged, and it stays on the ground.
                let is_nowhere = !copter && command.param(5) == 0.0 && command.param(6) == 0.0;
                Ok(if is_nowhere { Request::TakeOffElsewhere } else { Request::TakeOff { alt_m } })
            }
            NAV_LOITER_UNLIM => self.mode(if copter { "LOITER" } else { "AUTO.LOITER" }),
            NAV_RETURN_TO_LAUNCH => self.mode(if copter { "RTL" } else { "AUTO.RTL" }),
            NAV_LAND => self.mode(if copter { "LAND" } else { "AUTO.LAND" }),
            DO_SET_MODE => self.mode_meant(command),
            CONDITION_YAW if copter => {
                let (angle_rad, is_relative) = (finite(1)?.to_radians(), command.param(4) == 1.0);
                let sign = if is_relative && command.param(3) == -1.0 { -1.0 } else { 1.0 };
                Ok(Request::Yaw { yaw_rad: sign * angle_rad, is_relative })
            }
            DO_CHANGE_SPEED => Ok(Request::Speed { speed_mps: finite(2)? }),
            DO_SET_HOME if command.param(1) == 1.0 => Ok(Request::SetHome(None)),
            DO_SET_HOME => {
                let place = Wgs84::checked(finite(5)?, finite(6)?).ok_or(Answer::Denied)?;
                Ok(Request::SetHome(Some((place, finite(7)?))))
            }
            DO_SET_MISSION_CURRENT => match command.whole(1) {
                Some(item @ 0..=0xFFFF) => Ok(Request::MissionCurrent(item as u16)),
                _ => Err(Answer::Denied),
            },
            MISSION_START => Ok(Request::MissionStart),
            PREFLIGHT_REBOOT_SHUTDOWN if matches!(command.param(1), 1.0 | 3.0) => Ok(Request::Reboot),
            _ => Err(Answer::Unsupported),
        }
    }

    /// ArduCopter's take-off altitude is above home, PX4's above mean sea level (NaN = its own default).
    fn take_off_alt_m(&self, alt_m: f64) -> Result<f64, Answer> {
        match self.flavour {
            Flavour::ArduCopter => Some(alt_m).filter(|alt_m| alt_m.is_finite()).ok_or(Answer::Denied),
            Flavour::Px4 if alt_m.is_nan() => Ok(PX4_TAKE_OFF_ALT_M),
            Flavour::Px4 => {
                let home = lock(&self.aircraft).belief().home.ok_or(Answer::TemporarilyRejected)?;
                Some(alt_m - home.alt_amsl_m).filter(|alt_m| alt_m.is_finite()).ok_or(Answer::Denied)
            }
        }
    }

    fn mode(&self, name: &str) -> Result<Request, Answer> {
        custom_mode_of(self.flavour, name).map(Request::Mode).ok_or(Answer::Unsupported)
    }

    /// Param 1 must say that a custom mode follows: ArduCopter's number in param 2; PX4's main mode in 2, its sub mode in 3.
    fn mode_meant(&self, command: &Command) -> Result<Request, Answer> {
        let is_custom = command.whole(1).is_some_and(|base| base & CUSTOM_MODE_ENABLED != 0);
        let byte =
            |number| command.whole(number).and_then(|value| u8::try_from(value).ok()).ok_or(Answer::Denied);
        match self.flavour {
            _ if !is_custom => Err(Answer::Denied),
            Flavour::ArduCopter => Ok(Request::Mode(u32::from(byte(2)?))),
            Flavour::Px4 => Ok(Request::Mode(u32::from(byte(2)?) << 16 | u32::from(byte(3)?) << 24)),
        }
    }

    pub(super) fn set_mode(&mut self, link: usize, from: (u8, u8), message: &Message) {
        let is_custom = message.whole("base_mode") & CUSTOM_MODE_ENABLED != 0;
        let answer = if is_custom {
            lock(&self.aircraft).request(&Request::Mode(message.whole("custom_mode") as u32))
        } else {
            Answer::Denied
        };
        let named = if self.flavour == Flavour::ArduCopter { SET_MODE_MESSAGE } else { DO_SET_MODE };
        self.acknowledge(link, from, named, answer);
    }

    fn set_interval(&mut self, link: usize, command: &Command, at_us: u64) -> Answer {
        let refused = if self.flavour == Flavour::ArduCopter { Answer::Denied } else { Answer::Failed };
        let (Some(name), Some(interval_us)) = (named(command), command.whole(2)) else { return refused };
        if self.flavour == Flavour::Px4 && name == "HEARTBEAT" {
            // `Mavlink::configure_stream`: const_rate.
            return Answer::Denied;
        }
        let Some(open) = &mut self.links[link] else { return refused };
        if open.streams.set(name, interval_us, at_us) { Answer::Accepted } else { refused }
    }

    fn tell_interval(&mut self, link: usize, command: &Command) -> Answer {
        let Some(id) = command.whole(1) else { return Answer::Denied };
        let interval_us = match (named(command), &self.links[link]) {
            (Some(name), Some(open)) => open.streams.interval_us(name),
            _ => 0,
        };
        self.send(
            link,
            Message::new("MESSAGE_INTERVAL").with("message_id", id).with("interval_us", interval_us),
        );
        Answer::Accepted
    }

    fn send_requested(&mut self, link: usize, command: &Command) -> Answer {
        let refused = if self.flavour == Flavour::ArduCopter { Answer::Failed } else { Answer::Denied };
        let Some(name) = named(command) else { return refused };
        if self.send_once(link, name) { Answer::Accepted } else { refused }
    }

    /// Sends a message that can be asked for. False when there is no such message.
    fn send_once(&mut self, link: usize, name: &str) -> bool {
        if self.links[link].as_mut().is_some_and(|open| open.streams.ask(name)) {
            return true;
        }
        // What is no stream leaves after the acknowledgement, as ArduPilot's deferred messages do.
        let message =
            messages::telemetry(name, &lock(&self.aircraft)).filter(|_| name == "AUTOPILOT_VERSION");
        match (message, &mut self.links[link]) {
            (Some(message), Some(open)) => open.wait(message),
            _ => false,
        }
    }
}

/// The message whose id is in param 1.
fn named(command: &Command) -> Option<&'static str> {
    let id = u32::try_from(command.whole(1)?).ok()?;
    Layout::of(id).map(|layout| layout.name)
}
