//! Invariant 5: each stop has exactly one recorded cause, and the cause is there.
//!
//! Changes of state as recorded must form a chain that ends in the state shown. An interlock that is named must be one that
//! does not hold by our own judgement (or may not, see `conditions`), and must be the one that stays latched.

use super::conditions::Findings;
use super::permission::searches;
use super::{Step, Told};
use skyhound::command::{Command, Interlock, OperatorAct, Reason, State, StateChange};
use skyhound::record::Record;
use skyhound::time::TimeUs;

/// Of one life of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Causes {
    state: State,
    entered: TimeUs,
    moved: bool,
}

impl Causes {
    /// `worst`: findings with the worst wish that steering could have had; `holding_us`, and whether a search is flown, as set.
    pub(super) fn judge(
        &mut self,
        step: &Step<'_>,
        worst: &Findings,
        (holding_us, flies): (u64, bool),
        told: &mut Told,
    ) {
        let mut stops = 0;
        let mut ends = 0;
        for record in step.kept {
            let Record::StateChange(change) = record else { continue };
            if change.from != self.state {
                told.tell(5, || format!("recorded from {}, was {}", change.from.name(), self.state.name()));
            }
            let leaves = change.from.commands() && !change.to.commands();
            ends += u32::from(leaves || flies && searches(change.from) && change.to == State::Idle);
            if change.to == State::Idle {
                stops += 1;
                self.cause(step, change, worst, holding_us, told);
            }
            (self.state, self.entered) = (change.to, change.at);
        }
        if self.state != step.state {
            told.tell(5, || {
                format!("state {} without a recorded change from {}", step.state.name(), self.state.name())
            });
            self.state = step.state;
        }
        if stops > 1 {
            told.tell(5, || format!("{stops} causes recorded for one stop"));
        }
        // A search that is flown to its end ends without a change of state, and is told.
        let is_told = |record: &Record| matches!(record, Record::Event(event) if event.kind == "search");
        ends += u32::from(flies && ends == 0 && searches(self.state) && step.kept.iter().any(is_told));
        let moves = matches!(step.command, Command::Velocity(_));
        if self.moved && !moves && ends != 1 {
            told.tell(5, || format!("commanding ended with {ends} causes recorded"));
        }
        self.moved = moves;
    }

    fn cause(
        &self,
        step: &Step<'_>,
        change: &StateChange,
        worst: &Findings,
        holding_us: u64,
        told: &mut Told,
    ) {
        let is_true = match change.reason {
            Reason::Operator(act) => act == OperatorAct::HomingOff && step.inputs.act == Some(act),
            // What steering wished for is the engine's own to know.
            Reason::Interlock(trip) if trip.interlock == Interlock::CommandLimits => true,
            Reason::Interlock(trip) => worst.maybe.contains(&trip.interlock),
            Reason::HeldLongEnough => {
                change.from == State::Holding && change.at.since_us(self.entered) >= holding_us
            }
            Reason::Heard | Reason::Confirmed | Reason::Lost | Reason::Peak | Reason::PeakLeft => false,
        };
        if !is_true {
            told.tell(5, || format!("the cause recorded is not there: {}", change.reason));
        }
        let latched = match change.reason {
            Reason::Interlock(trip) => Some(trip),
            _ => None,
        };
        if step.latched != latched {
            told.tell(5, || format!("stopped by {}, but latched is {:?}", change.reason, step.latched));
        }
    }
}
