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
//! Strength is a peak that decays by 2 dB/s: the newest reading of a pulsed beacon often falls between two pulses. The
//! peak of the climb is where the beacon is stronger than `hold_snr_db` and either its power stops rising (of a carrier)
//! or the gradient points behind us; 3 dB less than that strength, and the peak is left.

use super::Inputs;
use crate::command::{OperatorAct, Reason, State, StateChange};
use crate::config::HomingConfig;
use crate::facts::Facts;
use crate::geo::wrap_pi;
use crate::time::TimeUs;
use std::f64::consts::FRAC_PI_2;

/// Decay of the strength between pulses.
const STRENGTH_DECAY_DB_S: f64 = 2.0;
/// Pulses at least this often: each window of the trend (2 s by default) has one.
const OFTEN_US: f64 = 1_500_000.0;
/// Weaker than `hold_snr_db` by this, HOLDING ends.
const PEAK_HYSTERESIS_DB: f64 = 3.0;

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
    watched: TimeUs,
    target: Option<u8>,
    heard: TimeUs,
    strength_db: f64,
}

impl Machine {
    pub(super) fn new(settings: &HomingConfig) -> Machine {
        Machine {
            settings: settings.clone(),
            state: State::Idle,
            entered: TimeUs(0),
            watched: TimeUs(0),
            target: None,
            heard: TimeUs(0),
            strength_db: f64::NEG_INFINITY,
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

    /// SNR of the beacon with pauses between its pulses bridged, dB.
    pub(super) fn strength_db(&self) -> f64 {
        self.strength_db
    }

    /// Follows `reason` if the table has it.
    pub(super) fn apply(&mut self, now: TimeUs, reason: Reason) -> Option<StateChange> {
        let to = next(self.state, &reason)?;
        let change = StateChange { at: now, from: self.state, to, reason };
        self.state = to;
        self.entered = now;
        if matches!(to, State::Idle | State::Searching) {
            self.target = None;
            self.strength_db = f64::NEG_INFINITY;
        }
        Some(change)
    }

    /// What the beacon gives reason for. Once per pass in which neither operator nor interlocks gave one.
    pub(super) fn watch(&mut self, inputs: &Inputs<'_>) -> Option<Reason> {
        let elapsed_s = inputs.now.since_us(self.watched) as f64 / 1e6;
        self.watched = inputs.now;
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
        let snr_db = heard.and_then(|facts| facts.snr_db).unwrap_or(f64::NEG_INFINITY);
        self.strength_db = snr_db.max(self.strength_db - STRENGTH_DECAY_DB_S * elapsed_s);
        let in_state_us = inputs.now.since_us(self.entered);
        let lost = inputs.now.since_us(self.heard) > u64::from(self.settings.lost_us);
        match self.state {
            State::Detecting if heard.is_none() => Some(Reason::Lost),
            State::Detecting => {
                (in_state_us >= u64::from(self.settings.detecting_us)).then_some(Reason::Confirmed)
            }
            State::Homing | State::Holding if lost => Some(Reason::Lost),
            State::Homing => heard.filter(|facts| self.peaks(facts, inputs)).map(|_| Reason::Peak),
            _ if in_state_us >= u64::from(self.settings.holding_us) => Some(Reason::HeldLongEnough),
            _ if self.strength_db < self.settings.hold_snr_db - PEAK_HYSTERESIS_DB => Some(Reason::PeakLeft),
            _ => None,
        }
    }

    /// Takes the strongest beacon heard for the target.
    fn search(&mut self, inputs: &Inputs<'_>) -> Option<Reason> {
        let heard = inputs.facts.iter().filter(|facts| facts.heard);
        let strongest = heard.max_by(|a, b| snr_or_lowest(a).total_cmp(&snr_or_lowest(b)))?;
        self.target = Some(strongest.channel);
        self.heard = inputs.now;
        self.strength_db = snr_or_lowest(strongest);
        Some(Reason::Heard)
    }

    fn peaks(&self, facts: &Facts, inputs: &Inputs<'_>) -> bool {
        let near = self.strength_db >= self.settings.hold_snr_db;
        // Between rare pulses the channel's power falls everywhere.
        let is_steady = facts.pattern.period_us.is_none_or(|period_us| period_us <= OFTEN_US);
        let falls = is_steady && facts.trend.is_some_and(|trend| trend.slope_db_s <= 0.0);
        let behind = match (facts.gradient, inputs.yaw_rad()) {
            (Ok(gradient), Some(yaw_rad)) => {
                gradient.bearing_sigma_rad <= self.settings.bearing_sigma_max_rad
                    && wrap_pi(gradient.bearing_rad - yaw_rad).abs() > FRAC_PI_2
            }
            _ => false,
        };
        near && (falls || behind)
    }
}

fn snr_or_lowest(facts: &Facts) -> f64 {
    facts.snr_db.unwrap_or(f64::NEG_INFINITY)
}
