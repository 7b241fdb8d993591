//! What ground stations ask of us over MAVLink as a component of the aircraft, and what they are answered.
//!
//! ```text
//! [autopilot::post] ─letters→ station ─┬→ commands ─→ ctl::Door → control pass
//!                   ←replies──         ├→ identity: who we are
//!                                      └→ senders: who may do what
//! ```
//! A thread of its own that touches the flight by the operator's door alone: starved, flooded or at its end it harms itself only. Whoever
//! is heard may stop homing; whoever enables it must be among `station.commanders` and have been heard lately. The pilot's mode switch and
//! sticks stand above all of it.

mod commands;
mod identity;
mod senders;

use std::time::Duration;

use crate::autopilot::message_id::{COMMAND_INT, COMMAND_LONG, HEARTBEAT};
use crate::autopilot::post::{Desk, Letter, Reply};
use crate::clock::Clock;
use crate::ctl::Door;
use crate::settings::StationSettings;
use commands::Commands;
use senders::{Sender, Senders};

/// Between looks while somebody speaks to us, and while nobody does.
const LOOK: Duration = Duration::from_millis(10);
const LOOK_QUIET: Duration = Duration::from_millis(50);
/// From then on nobody does.
const QUIET_US: u64 = 5_000_000;

/// What the thread is given.
pub struct Parts {
    /// Ways to and from the line.
    pub desk: Desk,
    /// The operator's way to the flight.
    pub door: Door,
    /// Who may do what.
    pub settings: StationSettings,
    /// The clock that letters are dated by.
    pub clock: Clock,
}

/// Answers until the link has ended.
///
/// # Errors
/// The system gives no runtime.
pub fn run(parts: Parts) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(Station::new(parts).run());
    Ok(())
}

struct Station {
    parts: Parts,
    senders: Senders,
    commands: Commands,
}

impl Station {
    fn new(parts: Parts) -> Station {
        let senders = Senders::new(parts.settings.commanders.clone());
        Station { parts, senders, commands: Commands::default() }
    }

    async fn run(mut self) {
        let mut spoken = None;
        loop {
            // Asked first: what was sent before the link ended is answered yet.
            let is_over = self.parts.desk.letters.is_abandoned();
            while let Some(letter) = self.parts.desk.letters.pop() {
                if letter.id != HEARTBEAT {
                    spoken = Some(letter.at);
                }
                self.take(&letter).await;
            }
            if is_over {
                return;
            }
            let now = self.parts.clock.now();
            let is_quiet = spoken.is_none_or(|at| now.since_us(at) > QUIET_US);
            tokio::time::sleep(if is_quiet { LOOK_QUIET } else { LOOK }).await;
        }
    }

    async fn take(&mut self, letter: &Letter) {
        let sender = Sender { system: letter.system, component: letter.component };
        match letter.id {
            HEARTBEAT => self.senders.hear(sender, letter.at),
            COMMAND_LONG | COMMAND_INT => {
                let replies =
                    self.commands.take(letter, self.parts.clock.now(), &self.senders, &self.parts.door).await;
                replies.into_iter().for_each(|reply| self.send(reply));
            }
            _ => {}
        }
    }

    /// What finds no room is dropped and counted: who asked asks again.
    fn send(&mut self, reply: Reply) {
        self.parts.desk.replies.push(reply);
    }
}
