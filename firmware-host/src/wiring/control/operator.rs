//! The operator's acts: one a pass, answered with what came of it.

use super::{Control, Scratch};
use crate::ctl;
use skyhound::command::{OperatorAct, State};
use skyhound::record::{Event, Record, Severity, Sink, Text};
use std::sync::mpsc::TryRecvError;

/// What the operator of a PX4 is told.
const OFFERED: &str = "zero setpoints stream; enter OFFBOARD within 15 s, and homing begins";

impl Control {
    /// One pass with what the operator asked for, if anything. Homing off and stop go before all that waits.
    pub(super) fn serve(&mut self, scratch: &mut Scratch) {
        loop {
            match self.parts.comes.requests.try_recv() {
                Ok(request) => scratch.waiting.push_back(request),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    // Nobody could switch homing off any more.
                    let alone = self.parts.decide.state() != State::Idle;
                    self.pass(alone.then_some(OperatorAct::HomingOff), scratch);
                    return;
                }
            }
        }
        let ends = |request: &ctl::Request| request.act() != Some(ctl::Act::Operator(OperatorAct::HomingOn));
        let first = scratch.waiting.iter().position(ends).unwrap_or(0);
        match scratch.waiting.remove(first) {
            Some(request) => self.answer(request, scratch),
            None => {
                self.take_over();
                self.pass(None, scratch);
            }
        }
    }

    fn answer(&mut self, request: ctl::Request, scratch: &mut Scratch) {
        let Some(act) = request.act() else {
            self.pass(None, scratch);
            return;
        };
        let text = Text::format(format_args!("{act} by {}", request.peer));
        let at = self.parts.clock.now();
        self.parts.goes.sink.record(&Record::Event(Event {
            at,
            severity: Severity::Note,
            kind: "operator",
            text,
        }));
        match act {
            ctl::Act::Operator(act) => {
                self.pass(Some(act), scratch);
                let is_on = act == OperatorAct::HomingOn;
                let refused = is_on && self.parts.decide.state() == State::Idle;
                if refused && self.parts.decide.locked().is_some() && !self.parts.decide.is_offered() {
                    self.record_refusal();
                }
                let state = self.parts.decide.state().name();
                let told = request.answer(match self.parts.decide.locked() {
                    Some(_) if is_on && self.parts.decide.is_offered() => Ok(format!("{act}; {OFFERED}")),
                    Some(_) if refused => Err(self.refusal()),
                    _ => Ok(format!("{act}; state {state}")),
                });
                if is_on && !told {
                    // The operator was told that nobody answered, and must not be wrong about it.
                    self.pass(Some(OperatorAct::HomingOff), scratch);
                }
            }
            ctl::Act::Stop => {
                self.parts.shared.life.stop();
                self.pass(Some(OperatorAct::HomingOff), scratch);
                request.answer(Ok("ending the flight".to_string()));
            }
        }
    }

    /// An event each: one alone may fill its text.
    fn record_refusal(&mut self) {
        let at = self.parts.clock.now();
        for missing in self.parts.decide.missing().iter() {
            let text = Text::format(format_args!("{missing}"));
            let event = Event { at, severity: Severity::Warning, kind: "homing_refused", text };
            self.parts.goes.sink.record(&Record::Event(event));
        }
    }

    /// All that keeps homing locked, each with its mend.
    fn refusal(&self) -> String {
        let missing = self.parts.decide.missing().iter().map(ToString::to_string);
        format!("homing stays locked: {}", missing.collect::<Vec<_>>().join("\n  "))
    }
}
