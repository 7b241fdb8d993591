//! Homing: facts about the beacon (dB, rad), the aircraft's state and the operator in; at most one command per pass out.
//!
//! A pass asks three parts in this order: `interlock` (what must hold; it alone makes commands), `state` (where in the
//! search we are), `steering` (which way to fly, as a wish that the interlocks may refuse). The operator enables homing
//! by an act, never by a level, and only while every interlock holds that does not depend on a confirmed beacon;
//! enabling includes GUIDED or OFFBOARD and armed, so the pilot hands the aircraft over first. Any trip, in any
//! state, latches the enable off: homing never resumes by itself.
//!
//! Invariants: a velocity only while enabled, with every interlock holding; each stop has exactly one recorded cause;
//! after it zero velocity, then silence. Same inputs, same outputs. Nothing allocates after [`Homing::new`].
//! Budget: 5 µs a pass with a polygon of 64 corners; called at 20 Hz.
//!
//! Not here: what the facts mean (`analytics`), how a command becomes a message (the host). An estimate of the beacon's
//! position and better guidance come later: they make other [`Wish`](steering::Wish)es.

mod interlock;
mod state;
mod steering;

use crate::command::{Command, OperatorAct, Reason, State, StateChange, Trip};
use crate::config::{HomingConfig, InterlockConfig};
use crate::facts::Facts;
use crate::time::TimeUs;
use crate::vehicle::Vehicle;
use interlock::Interlocks;
use state::Machine;
use steering::{Steering, Wish};

/// What one pass knows.
#[derive(Copy, Clone, Debug)]
pub struct Inputs<'a> {
    /// Time of the pass.
    pub now: TimeUs,
    /// The aircraft we are bound to.
    pub vehicle: &'a Vehicle,
    /// What the operator did since the last pass.
    pub act: Option<OperatorAct>,
    /// Newest facts of each channel, index = channel; empty before the first.
    pub facts: &'a [Facts],
    /// When the newest usable reading of any channel was taken.
    pub newest_reading_us: Option<TimeUs>,
    /// The receiver says that the device streams.
    pub sdr_alive: bool,
    /// Ground speed of a search's route, north and east, m/s: what is flown until a beacon is confirmed, where the settings say so.
    pub search: Option<(f64, f64)>,
}

impl Inputs<'_> {
    /// Heading from true north; `None` when no attitude was ever received.
    fn yaw_rad(&self) -> Option<f64> {
        self.vehicle.attitude.map(|attitude| attitude.value.yaw_rad)
    }
}

/// State machine, steering and interlocks.
#[derive(Clone, Debug)]
pub struct Homing {
    machine: Machine,
    steering: Steering,
    interlocks: Interlocks,
}

impl Homing {
    /// In IDLE, not enabled. Takes the settings as checked by [`Config::check`](crate::config::Config::check).
    pub fn new(homing: &HomingConfig, interlock: &InterlockConfig) -> Homing {
        Homing {
            machine: Machine::new(homing),
            steering: Steering::new(homing),
            interlocks: Interlocks::new(interlock),
        }
    }

    /// One control pass. State changes are reported as they happen. Never panics, never allocates.
    pub fn pass(&mut self, inputs: &Inputs<'_>, changes: &mut dyn FnMut(&StateChange)) -> Command {
        self.interlocks.observe(inputs);
        if let Some(reason) = self.reason(inputs) {
            self.change(inputs, reason, changes);
        }
        let wish = match self.machine.state() {
            State::Homing => Some(self.steering.wish(inputs, &self.machine)),
            State::Holding => Some(Wish::STILL),
            State::Searching | State::Detecting => {
                inputs.search.map(|ground| self.steering.along(inputs, ground))
            }
            State::Idle => None,
        };
        let command = self.interlocks.command(inputs, wish);
        if let Some(trip) = self.interlocks.latched() {
            // Changes nothing where the trip was already the reason above.
            self.change(inputs, Reason::Interlock(trip), changes);
        }
        command
    }

    /// Our state.
    pub fn state(&self) -> State {
        self.machine.state()
    }

    /// Channel being homed on.
    pub fn target(&self) -> Option<u8> {
        self.machine.target()
    }

    /// What keeps homing locked right now, were the operator to enable it (`None` = ready): for status displays.
    pub fn locked(&self) -> Option<Trip> {
        self.interlocks.locked()
    }

    /// All that keeps homing locked right now, in the order of judgement; empty = ready.
    pub fn missing(&self) -> &[Trip] {
        self.interlocks.missing()
    }

    /// Height above the ground, m: the lower of what is known afresh.
    pub fn height_m(vehicle: &Vehicle, now: TimeUs) -> Option<f64> {
        interlock::terrain::height_m(vehicle, now)
    }

    /// Whether the operator asked for homing and only PX4's OFFBOARD is still to be entered.
    pub fn is_offered(&self) -> bool {
        self.interlocks.is_offered()
    }

    /// Whether a pass should follow at once, because what came since the last one ends commanding, or shows the pilot's hand.
    pub fn hurries(&self, inputs: &Inputs<'_>) -> bool {
        self.interlocks.hurries(inputs)
    }

    /// The latched cause of the last stop, until the operator acts again.
    pub fn latched(&self) -> Option<Trip> {
        self.interlocks.latched()
    }

    /// What changes our state in this pass: the operator first, then the interlocks, then the beacon.
    fn reason(&mut self, inputs: &Inputs<'_>) -> Option<Reason> {
        match inputs.act {
            Some(act @ OperatorAct::HomingOff) => {
                self.interlocks.disable();
                return Some(Reason::Operator(act));
            }
            Some(act @ OperatorAct::HomingOn) if self.interlocks.enable(inputs) => {
                return Some(Reason::Operator(act));
            }
            None if self.interlocks.accept_offer(inputs) => {
                return Some(Reason::Operator(OperatorAct::HomingOn));
            }
            _ => {}
        }
        match self.interlocks.tripped() {
            Some(trip) => Some(Reason::Interlock(trip)),
            None => self.machine.watch(inputs),
        }
    }

    fn change(&mut self, inputs: &Inputs<'_>, reason: Reason, changes: &mut dyn FnMut(&StateChange)) {
        let Some(change) = self.machine.apply(inputs.now, reason) else { return };
        match change.to {
            State::Homing => self.steering.begin(inputs, change.from),
            State::Idle => self.interlocks.release(),
            State::Searching | State::Detecting | State::Holding => {}
        }
        changes(&change);
    }
}

#[cfg(test)]
pub(crate) mod tests;
