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
//! Budget: 5 µs a pass with a polygon of 64 corners, and 60 µs more while legs are judged; called at 20 Hz.
//!
//! Not here: what the facts mean (`analytics`), where the beacon is (`locate`), how a command becomes a message (the host).

mod guidance;
mod interlock;
mod state;
mod steering;
mod turning;
mod worth;

use crate::belief::Belief;
use crate::command::{Aim, Command, Course, OperatorAct, Reason, State, StateChange, Trip, Velocity};
use crate::config::{Antenna, HomingConfig, InterlockConfig};
use crate::facts::Facts;
use crate::geo::{NorthEast, Origin};
use crate::time::TimeUs;
use crate::vehicle::Vehicle;
use guidance::{Asked, Goal, Guidance};
use interlock::Interlocks;
use state::{Machine, Reach};
use steering::{Steering, Wish};
use worth::Standpoint;

/// It sinks where the interlocks would let it sink so many times as fast.
const SINK_ROOM: f64 = 4.0;

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
    course: Option<Course>,
}

impl Homing {
    /// In IDLE, not enabled. Takes the settings as checked by [`Config::check`](crate::config::Config::check).
    pub fn new(homing: &HomingConfig, interlock: &InterlockConfig, antenna: &Antenna) -> Homing {
        Homing {
            machine: Machine::new(homing),
            guidance: Guidance::new(homing, antenna),
            steering: Steering::new(homing, interlock.climb_max_mps),
            interlocks: Interlocks::new(interlock),
            course: None,
        }
    }

    /// Steers by the settings of `next` from now on. In IDLE alone, and the interlocks stay as they are: what they hold to, who may command, and
    /// what stopped it. `false`: nothing was changed.
    pub fn take_settings(&mut self, next: &mut Homing) -> bool {
        if self.state() != State::Idle || self.is_offered() {
            return false;
        }
        std::mem::swap(&mut self.machine, &mut next.machine);
        std::mem::swap(&mut self.guidance, &mut next.guidance);
        std::mem::swap(&mut self.steering, &mut next.steering);
        true
    }

    /// One control pass. State changes are reported as they happen. Never panics, never allocates.
    pub fn pass(&mut self, inputs: &Inputs<'_>, changes: &mut dyn FnMut(&StateChange)) -> Command {
        self.interlocks.observe(inputs);
        let mut goal = self.goal(inputs);
        let mut down_mps = goal.map_or(0.0, |goal| self.down_mps(inputs, goal));
        if let Some(reason) = self.reason(inputs, goal.filter(|_| down_mps <= 0.0)) {
            self.change(inputs, reason, changes);
            goal = self.goal(inputs);
            down_mps = goal.map_or(0.0, |goal| self.down_mps(inputs, goal));
        }
        let wish = match (self.machine.state(), goal) {
            (State::Homing, Some(goal)) => Some(self.steering.towards(inputs, goal, down_mps)),
            // Nothing is known of where we are: the interlocks refuse.
            (State::Homing, None) | (State::Holding, _) => Some(Wish::STILL),
            (State::Searching | State::Detecting, _) => {
                inputs.search.map(|ground| self.steering.along(inputs, ground))
            }
            (State::Idle, _) => None,
        };
        let command = self.interlocks.command(inputs, wish);
        if let Some(trip) = self.interlocks.latched() {
            // Changes nothing where the trip was already the reason above.
            self.change(inputs, Reason::Interlock(trip), changes);
        }
        let is_led = matches!(command, Command::Velocity { .. });
        self.course = is_led.then(|| course_of(inputs, goal));
        command
    }

    /// Where the last command leads, where it was a velocity.
    pub fn course(&self) -> Option<Course> {
        self.course
    }

    /// Whether the beacon that is flown to is not heard any more, and looked for.
    pub fn recovers(&self) -> bool {
        self.course.is_some_and(|course| matches!(course.aim, Aim::Return | Aim::Widen))
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

    /// Where HOMING flies to, and where HOLDING would.
    fn goal(&mut self, inputs: &Inputs<'_>) -> Option<Goal> {
        let state = self.machine.state();
        if !state.commands() {
            return None;
        }
        let belief = self.belief(inputs);
        let (at, height_m) = inputs.at()?;
        let from = Standpoint { at, height_m: height_m.max(5.0), course_rad: inputs.yaw_rad()? };
        let is_allowed = |to: NorthEast| self.interlocks.is_open(inputs, from_to(at, to));
        let goal = if state == State::Holding {
            Goal::new(belief.map_or(at, |belief| belief.median), Aim::Hold)
        } else {
            let period_us = self.machine.target_facts(inputs).and_then(|facts| facts.pattern.period_us);
            let is_unheard = self.machine.is_unheard(inputs.now);
            let asked = Asked { now: inputs.now, belief, period_us, is_unheard };
            self.guidance.goal(&asked, &from, &is_allowed)
        };
        // Towards what lies across a fence it is flown as near as may be.
        let shares = [1.0, 0.7, 0.4, 0.15];
        let open = shares.map(|share| at.between(goal.to, share)).into_iter().find(|to| is_allowed(*to));
        Some(Goal { to: open.unwrap_or(at), ..goal })
    }

    /// What to sink by, over the beacon's place and as far as the interlocks let it; or to climb, on the way elsewhere.
    fn down_mps(&self, inputs: &Inputs<'_>, goal: Goal) -> f64 {
        let down_mps = self.steering.down_mps(inputs, goal);
        let wish = Wish { velocity: Velocity { down_mps: SINK_ROOM * down_mps, ..Velocity::default() } };
        if down_mps != 0.0 && self.interlocks.has_room(inputs, &wish) { down_mps } else { 0.0 }
    }

    fn belief<'a>(&self, inputs: &Inputs<'a>) -> Option<&'a Belief> {
        inputs.beliefs.get(usize::from(self.machine.target()?)).copied().flatten()
    }

    /// What changes our state in this pass: the operator first, then the interlocks, then the beacon.
    fn reason(&mut self, inputs: &Inputs<'_>, goal: Option<Goal>) -> Option<Reason> {
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
                let there = goal.zip(inputs.at());
                let belief = self.belief(inputs);
                let reach = Reach {
                    arrives: there.is_some_and(|(goal, (at, _))| Guidance::arrives(goal, at)),
                    leaves: belief
                        .zip(there)
                        .is_some_and(|(belief, (goal, (at, _)))| self.guidance.leaves(belief, goal.to, at)),
                };
                self.machine.watch(inputs, reach)
            }
        }
    }

    fn change(&mut self, inputs: &Inputs<'_>, reason: Reason, changes: &mut dyn FnMut(&StateChange)) {
        let Some(change) = self.machine.apply(inputs.now, reason) else { return };
        match change.to {
            State::Homing => {
                let at = inputs.at().map_or(NorthEast::default(), |(at, _)| at);
                self.guidance.begin(inputs.now, at, change.from != State::Holding);
                self.steering.begin(inputs, change.from != State::Holding);
            }
            State::Idle => self.interlocks.release(),
            State::Searching | State::Detecting | State::Holding => {}
        }
        changes(&change);
    }
}

/// Of a velocity: HOMING and HOLDING have a goal, and without one nothing but a search's route is flown.
fn course_of(inputs: &Inputs<'_>, goal: Option<Goal>) -> Course {
    let to = goal.zip(inputs.origin).map(|(goal, origin)| origin.wgs84_from_ned(goal.to));
    Course { aim: goal.map_or(Aim::Search, |goal| goal.aim), to }
}

fn from_to(from: NorthEast, to: NorthEast) -> NorthEast {
    NorthEast { north_m: to.north_m - from.north_m, east_m: to.east_m - from.east_m }
}

#[cfg(test)]
pub(crate) mod tests;
