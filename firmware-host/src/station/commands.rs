//! COMMAND_LONG and COMMAND_INT to us, and their COMMAND_ACK (mavlink.io, "Command Protocol").
//!
//! Only MAV_CMD_USER_1 does something to the flight: an autopilot that does not know a component it was to pass a command on to may
//! carry that out itself (ArduPilot, `MAVLink_routing.cpp`), and that one does nothing there. Its first parameter is the verb.
//!
//! What is sent again because its answer was lost must not enable homing that has ended since; stopping is done as often as it is asked.

use std::collections::VecDeque;

use skyhound::command::OperatorAct;
use skyhound::time::TimeUs;

use super::identity;
use super::senders::{Sender, Senders};
use crate::autopilot::message_id::{COMMAND_INT, COMMAND_LONG};
use crate::autopilot::payload::Payload;
use crate::autopilot::post::{Letter, Reply};
use crate::autopilot::replies;
use crate::ctl::{Act, Door, Peer};

/// MAV_CMD_USER_1.
const USER_1: u16 = 31_010;
/// Homing on that comes again this soon is the same wish, whose answer was lost; the second for what says of itself that it is sent again.
const AGAIN_US: u64 = 3_000_000;
const CONFIRMED_AGAIN_US: u64 = 10_000_000;
/// Homing that was wished for longer ago than this is not enabled any more: the station has given it up.
const LATE_US: u64 = 1_000_000;
/// Wishes that are remembered.
const WISHES_MAX: usize = 16;
/// Where the command's number stands, behind the parameters, and how often a COMMAND_LONG was sent before.
const COMMAND_AT: usize = 28;
const CONFIRMATION_AT: usize = 32;

/// MAV_RESULT.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Done.
    Accepted = 0,
    /// Not now: an interlock holds it.
    NotNow = 1,
    /// This sender may not.
    Denied = 2,
    /// There is no such command.
    Unsupported = 3,
}

/// Homing that was enabled for somebody.
struct Wish {
    sender: Sender,
    at: TimeUs,
}

/// Carries commands out.
#[derive(Default)]
pub struct Commands {
    wishes: VecDeque<Wish>,
}

impl Commands {
    /// Carries one out; what is answered, the acknowledgement first.
    pub async fn take(&mut self, letter: &Letter, now: TimeUs, senders: &Senders, door: &Door) -> Vec<Reply> {
        let payload = letter.payload();
        let sender = Sender { system: letter.system, component: letter.component };
        let command = payload.u16(COMMAND_AT);
        let (outcome, extra) = match (command, verb(letter.id, payload)) {
            (USER_1, Some(Verb::HomingOn)) => {
                let (outcome, why) = self.enable(letter, now, senders, door).await;
                (outcome, why.map(|why| replies::warning(&why)))
            }
            (USER_1, Some(Verb::HomingOff)) => (act(OperatorAct::HomingOff, sender, door).await, None),
            _ => match identity::asked(command, payload.finite(0)) {
                Some(told) => (Outcome::Accepted, Some(told)),
                None => (Outcome::Unsupported, None),
            },
        };
        let answer = replies::command_ack(command, outcome as u8, (sender.system, sender.component));
        std::iter::once(answer).chain(extra).collect()
    }

    /// Why not is told to all who listen, where the door was asked; what is answered here beside the outcome is why it was not.
    async fn enable(
        &mut self,
        letter: &Letter,
        now: TimeUs,
        senders: &Senders,
        door: &Door,
    ) -> (Outcome, Option<String>) {
        let sender = Sender { system: letter.system, component: letter.component };
        if let Err(why) = senders.may_command(sender, letter.at) {
            return (Outcome::Denied, Some(why));
        }
        if now.since_us(letter.at) > LATE_US {
            return (Outcome::NotNow, Some("homing on came late: send it again".to_string()));
        }
        let is_confirmed = letter.id == COMMAND_LONG && letter.payload().u8(CONFIRMATION_AT) > 0;
        let again_us = if is_confirmed { CONFIRMED_AGAIN_US } else { AGAIN_US };
        let is_same = |wish: &Wish| wish.sender == sender && letter.at.since_us(wish.at) < again_us;
        if self.wishes.iter().any(is_same) {
            return match door.status().homing_enabled {
                true => (Outcome::Accepted, None),
                false => (Outcome::NotNow, Some("homing has ended: wait 10 s, send it again".to_string())),
            };
        }
        let outcome = act(OperatorAct::HomingOn, sender, door).await;
        if outcome == Outcome::Accepted {
            if self.wishes.len() == WISHES_MAX {
                self.wishes.pop_front();
            }
            self.wishes.push_back(Wish { sender, at: letter.at });
        }
        (outcome, None)
    }
}

/// What MAV_CMD_USER_1 means by its first parameter.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Verb {
    HomingOn,
    HomingOff,
}

fn verb(id: u32, payload: Payload<'_>) -> Option<Verb> {
    // Of both messages the first parameters are the first floats; COMMAND_INT's place is none of ours.
    let has_place = id == COMMAND_INT && (payload.i32(16), payload.i32(20)) != (0, 0);
    match payload.finite(0)? {
        1.0 if !has_place => Some(Verb::HomingOn),
        2.0 => Some(Verb::HomingOff),
        _ => None,
    }
}

/// Does it by the operator's door, which tells all who listen why not.
async fn act(act: OperatorAct, sender: Sender, door: &Door) -> Outcome {
    let peer = Peer::Station { system: sender.system, component: sender.component };
    let answer = door.act(Act::Operator(act), peer).await;
    if answer.ok { Outcome::Accepted } else { Outcome::NotNow }
}
