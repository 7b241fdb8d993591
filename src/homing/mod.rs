//! Homing: facts about the beacon (dB, rad), the belief of its place (m), the aircraft's state and the operator in; at most one
//! command per pass out.
//!
//! A pass asks four parts in this order: `interlock` (what must hold; it alone makes commands), `guidance` (where to fly to), `state` (where
//! in the search we are), `steering` (which way to fly, as a wish that the interlocks may refuse). The operator enables homing
//! by an act, never by a level, and only while every interlock holds that does not depend on a confirmed beacon;
//! enabling includes GUIDED or OFFBOARD and armed, so the pilot hands the aircraft over first. Any trip, in any
//! state, latches the enable off: homing never resumes by itself.
//!
//! Invariants: a velocity only while enabled, with every interlock holding; each stop has exactly one recorded cause;
//! after it zero velocity, then silence. Same inputs, same outputs. Nothing allocates after [`Homing::new`].
//! Budget: 5 µs a pass with a polygon of 64 corners; called at 20 Hz.
//!
//! Not here: what the facts mean (`analytics`), where the beacon is (`locate`), how a command becomes a message (the host).

mod guidance;
mod interlock;
mod state;
mod steering;

use crate::belief::Belief;
use crate::command::{Command, OperatorAct, Reason, State, StateChange, Trip};
use crate::config::{HomingConfig, InterlockConfig};
use crate::facts::Facts;
use crate::geo::{NorthEast, Origin};
use crate::time::TimeUs;
use crate::vehicle::Vehicle;
use guidance::{Aim, Guidance, Standpoint};
use interlock::Interlocks;
use state::{Course, Machine};
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
    /// Where the beacon of each channel is believed to be, index = channel; about `origin`.
    pub beliefs: &'a [Option<&'a Belief>],
    /// What beliefs are about: the first position of the flight.
    pub origin: Option<Origin>,
    /// When the newest usable reading of any channel was taken.
    pub newest_reading_us: Option<TimeUs>,
    /// The receiver says that the device streams.
    pub sdr_alive: bool,
    /// Ground speed of a search's route, north and east, m/s: what is flown until a beacon is confirmed, where the settings say so.
    pub search: Option<(f64, f64)>,
}

impl Inputs<'_> {
    /// Where the aircraft is about `origin`, and its height above home, m.
    fn at(&self) -> Option<(NorthEast, f64)> {
        let position = self.vehicle.position?.value;
        Some((self.origin?.ned_from_wgs84(position.place), position.alt_rel_m))
    }

    /// Heading from true north; `None` when no attitude was ever received.
    fn yaw_rad(&self) -> Option<f64> {
        self.vehicle.attitude.map(|attitude| attitude.value.yaw_rad)
    }
}

/// State machine, steering and interlocks.
#[derive(Clone, Debug)]
pub struct Homing {
    machine: Machine,
    guidance: Guidance,
    steering: Steering,
    interlocks: Interlocks,
}

impl Homing {
    /// In IDLE, not enabled. Takes the settings as checked by [`Config::check`](crate::config::Config::check).
    pub fn new(homing: &HomingConfig, interlock: &InterlockConfig) -> Homing {
        Homing {
            machine: Machine::new(homing),
            guidance: Guidance::new(homing),
            steering: Steering::new(homing),
            interlocks: Interlocks::new(interlock),
        }
    }

    /// One control pass. State changes are reported as they happen. Never panics, never allocates.
    pub fn pass(&mut self, inputs: &Inputs<'_>, changes: &mut dyn FnMut(&StateChange)) -> Command {
        self.interlocks.observe(inputs);
        let goal = self.goal(inputs);
        if let Some(reason) = self.reason(inputs, goal) {
            self.change(inputs, reason, changes);
        }
        let wish = match self.machine.state() {
            State::Homing => Some(self.steering.wish(inputs, &self.machine, goal)),
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

    /// Where HOMING flies to, once the place of its beacon is believed to be anywhere.
    fn goal(&mut self, inputs: &Inputs<'_>) -> Option<(NorthEast, Aim)> {
        if self.machine.state() != State::Homing {
            return None;
        }
        let belief = self.belief(inputs)?;
        let (at, height_m) = inputs.at()?;
        let from = Standpoint { at, height_m: height_m.max(5.0), course_rad: inputs.yaw_rad()? };
        let is_allowed = |to: NorthEast| {
            let way = NorthEast { north_m: to.north_m - at.north_m, east_m: to.east_m - at.east_m };
            self.interlocks.is_open(inputs, way)
        };
        let (to, aim) = self.guidance.goal(inputs.now, belief, &from, is_allowed);
        let nearer = |share: f64| NorthEast {
            north_m: at.north_m + share * (to.north_m - at.north_m),
            east_m: at.east_m + share * (to.east_m - at.east_m),
        };
        let open = [1.0, 0.7, 0.4, 0.15].map(nearer).into_iter().find(|to| is_allowed(*to));
        Some((open.unwrap_or(at), aim))
    }

    fn belief<'a>(&self, inputs: &Inputs<'a>) -> Option<&'a Belief> {
        inputs.beliefs.get(usize::from(self.machine.target()?)).copied().flatten()
    }

    /// What changes our state in this pass: the operator first, then the interlocks, then the beacon.
    fn reason(&mut self, inputs: &Inputs<'_>, goal: Option<(NorthEast, Aim)>) -> Option<Reason> {
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
            None => {
                let at = inputs.at().map(|(at, _)| at);
                let course = Course {
                    arrives: goal.zip(at).is_some_and(|(goal, at)| Guidance::arrives(goal, at)),
                    leaves: self
                        .belief(inputs)
                        .zip(at)
                        .is_some_and(|(belief, at)| Guidance::leaves(belief, at)),
                };
                self.machine.watch(inputs, course)
            }
        }
    }

    fn change(&mut self, inputs: &Inputs<'_>, reason: Reason, changes: &mut dyn FnMut(&StateChange)) {
        let Some(change) = self.machine.apply(inputs.now, reason) else { return };
        match change.to {
            State::Homing => {
                self.guidance.begin(inputs.now);
                self.steering.begin(inputs, change.from);
            }
            State::Idle => self.interlocks.release(),
            State::Searching | State::Detecting | State::Holding => {}
        }
        changes(&change);
    }
}

#[cfg(test)]
pub(crate) mod tests;
