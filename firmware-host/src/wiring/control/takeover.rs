//! Another profile takes over between two passes: the control pass at once, the sense pass as soon as its hop ends.
//!
//! Refused while homing is allowed or offered: what is flown to may be gone with it, an aircraft that is led must not be let go of by the way, and
//! the operator allowed homing for what was sought then. So homing never begins, goes on or resumes by a switch.

use super::Control;
use crate::wiring::takeover::Takeover;
use skyhound::record::{Event, Record, Severity, Sink};

impl Control {
    /// The one that waits, if one does. Nothing of it is allocated or freed here, but for a refusal.
    pub(super) fn take_over(&mut self) {
        let Ok(mut next) = self.parts.switching.takeovers.try_recv() else { return };
        let outcome = self.taken(&mut next);
        let back = next.back.clone();
        // Nobody waits for it only when the flight ends.
        let _ = back.try_send((next, outcome));
    }

    fn taken(&mut self, next: &mut Takeover) -> Result<(), String> {
        let (decide, goes, successors) =
            (&mut self.parts.decide, &mut self.parts.goes, &mut self.parts.switching.successors);
        if !decide.may_be_succeeded() {
            let state = if decide.is_offered() { "offered" } else { decide.state().name() };
            return Err(format!(
                "homing is on ({state}), and what it flies to may be gone with another profile: end it first (`skyhound ctl homing off`), \
                 switch, and allow homing anew"
            ));
        }
        if !decide.accepts(&next.decide) {
            return Err("it would change what holds the aircraft back, or the length of a hop".to_string());
        }
        if goes.switches.vacant_count() == 0 || successors.vacant_count() == 0 {
            return Err(
                "the switches before are still on their way (the disk stalls, or no samples come); try again"
                    .to_string(),
            );
        }
        let (Some(mut row), Some(sense)) = (next.row.take(), next.sense.take()) else {
            return Err("it was used before".to_string());
        };
        let at = self.parts.clock.now();
        row.at = at;
        // The record has it before anything that follows from it.
        goes.switches.push(row);
        decide.succeed(at, &mut next.decide, &mut goes.sink);
        successors.push(sense);
        goes.sink.succeed(&mut next.tapped);
        std::mem::swap(&mut self.parts.about.channels, &mut next.channels);
        std::mem::swap(&mut self.parts.about.profile, &mut next.profile);
        let event = Event { at, severity: Severity::Note, kind: "profile", text: next.told };
        goes.sink.record(&Record::Event(event));
        Ok(())
    }
}
