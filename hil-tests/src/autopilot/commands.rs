//! COMMAND_LONG and SET_MODE: what they ask of the aircraft, and the COMMAND_ACK that each gets.
//!
//! What a companion, a ground station's operator and pymavlink ask of it; any other command is UNSUPPORTED here, whatever the
//! real ones do. Results as the firmwares give them: ArduPilot `GCS_Common.cpp` (`handle_command_*`, `_set_mode_common`,
//! `set_message_interval`), PX4 `Commander::handle_command` and `mavlink_receiver.cpp`.

use super::face::{Face, lock};
use super::messages;
use super::wire::{Layout, Message};
use crate::aircraft::{Answer, Mode, Request};
use crate::scenario::Flavour;

const NAV_RETURN_TO_LAUNCH: u16 = 20;
const NAV_LAND: u16 = 21;
const NAV_TAKEOFF: u16 = 22;
const DO_SET_MODE: u16 = 176;
const PREFLIGHT_REBOOT_SHUTDOWN: u16 = 246;
const COMPONENT_ARM_DISARM: u16 = 400;
const GET_HOME_POSITION: u16 = 410;
const SET_MESSAGE_INTERVAL: u16 = 511;
const REQUEST_MESSAGE: u16 = 512;

/// SET_MODE's own message id, which ArduPilot acknowledges as if it were a command.
const SET_MODE_MESSAGE: u16 = 11;
const CUSTOM_MODE_ENABLED: i64 = 1;
/// Param 2 of COMPONENT_ARM_DISARM that means it.
const FORCE: f64 = 21_196.0;
/// MIS_TAKEOFF_ALT of PX4.
const PX4_TAKE_OFF_ALT_M: f64 = 2.5;

/// Parameter 1..=7 of a command; NaN = not given.
fn param(command: &Message, number: usize) -> f64 {
    command.real(&format!("param{number}"))
}

/// A parameter that is a whole number ≥ −1 in 32 bits; `None` when it is anything else.
fn whole(command: &Message, number: usize) -> Option<i64> {
    let value = param(command, number);
    (-1.0..=f64::from(u32::MAX)).contains(&value).then_some(value as i64)
}

impl Face {
    pub(super) fn command(&mut self, link: usize, from: (u8, u8), command: &Message, at_us: u64) {
        let id = command.whole("command") as u16;
        let answer = match id {
            SET_MESSAGE_INTERVAL => self.set_interval(link, command, at_us),
            REQUEST_MESSAGE => self.send_requested(link, command),
            GET_HOME_POSITION => {
                let is_known = lock(&self.aircraft).belief().home.is_some();
                self.send_once(link, "HOME_POSITION");
                if is_known { Answer::Accepted } else { Answer::Failed }
            }
            _ => match self.meant(id, command) {
                Ok(request) => lock(&self.aircraft).request(&request),
                Err(answer) => answer,
            },
        };
        self.acknowledge(link, from, id, answer);
    }

    fn acknowledge(&mut self, link: usize, to: (u8, u8), command: u16, answer: Answer) {
        let ack = Message::new("COMMAND_ACK").with("command", command).with("result", answer as u8);
        self.send(link, ack.to(to));
    }

    /// The request that a command of the aircraft's own means.
    fn meant(&self, id: u16, command: &Message) -> Result<Request, Answer> {
        let copter = self.flavour == Flavour::ArduCopter;
        match id {
            COMPONENT_ARM_DISARM => {
                let arms = match param(command, 1) {
                    1.0 => true,
                    0.0 => false,
                    _ => return Err(self.flavour.pick(Answer::Unsupported, Answer::Denied)),
                };
                let is_forced = param(command, 2) == FORCE;
                Ok(if is_forced { Request::ArmForced(arms) } else { Request::Arm(arms) })
            }
            NAV_TAKEOFF => {
                let alt_m = self.take_off_alt_m(param(command, 7))?;
                // To PX4, NaN is where it is, and 0/0 a place in the Gulf of Guinea: acknowledged, and it stays on the ground.
                let is_nowhere = !copter && param(command, 5) == 0.0 && param(command, 6) == 0.0;
                Ok(if is_nowhere { Request::TakeOffElsewhere } else { Request::TakeOff { alt_m } })
            }
            NAV_RETURN_TO_LAUNCH => Ok(Request::Mode(Mode::Return.custom(self.flavour))),
            NAV_LAND => Ok(Request::Mode(Mode::Land.custom(self.flavour))),
            DO_SET_MODE => self.mode_meant(command),
            PREFLIGHT_REBOOT_SHUTDOWN if matches!(param(command, 1), 1.0 | 3.0) => Ok(Request::Reboot),
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

    /// Param 1 must say that a custom mode follows: ArduCopter's number in param 2; PX4's main mode in 2, its sub mode in 3.
    fn mode_meant(&self, command: &Message) -> Result<Request, Answer> {
        let is_custom = whole(command, 1).is_some_and(|base| base & CUSTOM_MODE_ENABLED != 0);
        let byte =
            |number| whole(command, number).and_then(|value| u8::try_from(value).ok()).ok_or(Answer::Denied);
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
        self.acknowledge(link, from, self.flavour.pick(SET_MODE_MESSAGE, DO_SET_MODE), answer);
    }

    fn set_interval(&mut self, link: usize, command: &Message, at_us: u64) -> Answer {
        let refused = self.flavour.pick(Answer::Denied, Answer::Failed);
        let (Some(name), Some(interval_us)) = (named(command), whole(command, 2)) else { return refused };
        if self.flavour == Flavour::Px4 && name == "HEARTBEAT" {
            // `Mavlink::configure_stream`: const_rate.
            return Answer::Denied;
        }
        if self.links[link].streams.set(name, interval_us, at_us) { Answer::Accepted } else { refused }
    }

    fn send_requested(&mut self, link: usize, command: &Message) -> Answer {
        let refused = self.flavour.pick(Answer::Failed, Answer::Denied);
        let Some(name) = named(command) else { return refused };
        if self.send_once(link, name) { Answer::Accepted } else { refused }
    }

    /// Sends a message that can be asked for. False when there is no such message.
    fn send_once(&mut self, link: usize, name: &str) -> bool {
        if self.links[link].streams.ask(name) {
            return true;
        }
        // What is no stream leaves after the acknowledgement, as ArduPilot's deferred messages do.
        let message =
            messages::telemetry(name, &lock(&self.aircraft)).filter(|_| name == "AUTOPILOT_VERSION");
        message.is_some_and(|message| self.links[link].wait(message))
    }
}

/// The message whose id is in param 1.
fn named(command: &Message) -> Option<&'static str> {
    let id = u32::try_from(whole(command, 1)?).ok()?;
    Layout::of(id).map(|layout| layout.name)
}
