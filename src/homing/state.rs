//! Our state machine: which [`Reason`] leads from which [`State`] to which, and when the beacon gives such a reason.
//!
//! ```text
//!            HomingOn               Heard               Confirmed             Peak
//!  ┌──────┐          ┌───────────┐          ┌───────────┐          ┌────────┐          ┌─────────┐
//!  │ IDLE │ ───────→ │ SEARCHING │ ───────→ │ DETECTING │ ───────→ │ HOMING │ ───────→ │ HOLDING │
//!  └──────┘          └───────────┘ ←─────── └───────────┘          └────────┘ ←─────── └─────────┘
//!     ↑                    ↑          Lost                              │      PeakLeft   │   │
//!     │                    └───────────────────── Lost ─────────────────┴─────────────────┘   │
//!     ├──────────────────────────────────── HeldLongEnough ───────────────────────────────────┘
//!     └── HomingOff, Interlock: from every other state
//! ```
//! Commands leave in HOMING and HOLDING, and in SEARCHING and DETECTING where a search is flown (`[search] fly`). A reason that has no arrow from a state changes nothing.
//!
//! The peak is where guidance says that the beacon is: its place is known as well as was asked for, or as it can be, and reached, or the
//! fences end before it. It is left when the beacon is believed elsewhere. No level of power counts. A beacon that falls silent is looked
//! for in HOMING, and lost when that was of no use.

use super::Inputs;
use crate::command::{OperatorAct, Reason, State, StateChange};
use crate::config::HomingConfig;
use crate::facts::Facts;
use crate::time::TimeUs;

/// The transition table. `None`: nothing changes.
pub(super) const fn next(from: State, reason: &Reason) -> Option<State> {
    use State::{Detecting, Holding, Homing, Idle, Searching};
    match (from, reason) {
        (Idle, Reason::Operator(OperatorAct::HomingOn)) => Some(Searching),
        (Idle, _) => None,
        (_, Reason::Operator(OperatorAct::HomingOff) | Reason::Interlock(_)) => Some(Idle),
        (Searching, Reason::Heard) => Some(Detecting),
        (Detecting, Reason::Confirmed) => Some(Homing),
        (Homing, Reason::Peak) => Some(Holding),
        (Holding, Reason::PeakLeft) => Some(Homing),
        (Holding, Reason::HeldLongEnough) => Some(Idle),
        (Detecting | Homing | Holding, Reason::Lost) => Some(Searching),
        _ => None,
    }
}

/// The state with what is remembered in it.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    settings: HomingConfig,
    state: State,
    entered: TimeUs,
    target: Option<u8>,
    heard: TimeUs,
}

/// What guidance says of the place that was flown to.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Reach {
    /// The beacon's place is reached.
    pub(super) arrives: bool,
    /// The beacon is believed elsewhere.
    pub(super) leaves: bool,
}

impl Machine {
    pub(super) fn new(settings: &HomingConfig) -> Machine {
        Machine {
            settings: settings.clone(),
            state: State::Idle,
            entered: TimeUs(0),
            target: None,
            heard: TimeUs(0),
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Channel being homed on.
    pub(super) fn target(&self) -> Option<u8> {
        self.target
    }

    /// Facts of the channel being homed on.
    pub(super) fn target_facts<'a>(&self, inputs: &Inputs<'a>) -> Option<&'a Facts> {
        inputs.facts.get(usize::from(self.target?))
    }

    /// Follows `reason` if the table has it.
    pub(super) fn apply(&mut self, now: TimeUs, reason: Reason) -> Option<StateChange> {
        let to = next(self.state, &reason)?;
        let change = StateChange { at: now, from: self.state, to, reason };
        self.state = to;
        self.entered = now;
        if matches!(to, State::Idle | State::Searching) {
            self.target = None;
        }
        Some(change)
    }

    /// Whether the beacon was not heard for longer than it may be.
    pub(super) fn is_unheard(&self, now: TimeUs) -> bool {
        now.since_us(self.heard) > u64::from(self.settings.lost_us)
    }

    /// What the beacon gives reason for. Once per pass in which neither operator nor interlocks gave one.
    pub(super) fn watch(&mut self, inputs: &Inputs<'_>, reach: Reach) -> Option<Reason> {
        match self.state {
            State::Idle => return None,
            State::Searching => return self.search(inputs),
            State::Detecting | State::Homing | State::Holding => {}
        }
        let facts = self.target_facts(inputs);
        let heard = facts.filter(|facts| facts.heard);
        if heard.is_some() {
            self.heard = inputs.now;
        }
        let in_state_us = inputs.now.since_us(self.entered);
        let lost_us = u64::from(self.settings.lost_us) + u64::from(self.settings.recover_us);
        let is_lost = inputs.now.since_us(self.heard) > lost_us;
        match self.state {
            State::Detecting if heard.is_none() => Some(Reason::Lost),
            State::Detecting => {
                (in_state_us >= u64::from(self.settings.detecting_us)).then_some(Reason::Confirmed)
            }
            State::Homing | State::Holding if is_lost => Some(Reason::Lost),
            State::Homing => reach.arrives.then_some(Reason::Peak),
            _ if in_state_us >= u64::from(self.settings.holding_us) => Some(Reason::HeldLongEnough),
            _ if reach.leaves => Some(Reason::PeakLeft),
            _ => None,
        }
    }

    /// Takes the strongest beacon heard for the target.
    fn search(&mut self, inputs: &Inputs<'_>) -> Option<Reason> {
        let heard = inputs.facts.iter().filter(|facts| facts.heard);
        let strongest = heard.max_by(|a, b| snr_or_lowest(a).total_cmp(&snr_or_lowest(b)))?;
        self.target = Some(strongest.channel);
        self.heard = inputs.now;
        Some(Reason::Heard)
    }
}

fn snr_or_lowest(facts: &Facts) -> f64 {
    facts.snr_db.unwrap_or(f64::NEG_INFINITY)
}
