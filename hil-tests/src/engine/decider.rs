//! Who decides in a flight at depth a: the engine's control pass, or in its place a baseline or a deliberately broken one.

use skyhound::command::{Command, State, Trip};
use skyhound::decide::{Decide, PassInputs};
use skyhound::facts::Facts;
use skyhound::record::Sink;
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;

/// What a flight asks of who decides. [`Decide`] is the one under test.
pub trait Decider {
    /// One pass, as [`Decide::pass`].
    fn pass(&mut self, inputs: &PassInputs<'_>, sink: &mut dyn Sink) -> Command;
    /// As [`Decide::state`].
    fn state(&self) -> State;
    /// As [`Decide::target`].
    fn target(&self) -> Option<u8>;
    /// As [`Decide::locked`].
    fn locked(&self) -> Option<Trip>;
    /// As [`Decide::latched`].
    fn latched(&self) -> Option<Trip>;
    /// As [`Decide::facts`].
    fn facts(&self) -> &[Facts];
    /// As [`Decide::hurries`].
    fn hurries(&self, now: TimeUs, vehicle: &Vehicle, sdr_alive: bool) -> bool;
}

impl Decider for Decide {
    fn pass(&mut self, inputs: &PassInputs<'_>, sink: &mut dyn Sink) -> Command {
        Decide::pass(self, inputs, sink)
    }
    fn state(&self) -> State {
        Decide::state(self)
    }
    fn target(&self) -> Option<u8> {
        Decide::target(self)
    }
    fn locked(&self) -> Option<Trip> {
        Decide::locked(self)
    }
    fn latched(&self) -> Option<Trip> {
        Decide::latched(self)
    }
    fn facts(&self) -> &[Facts] {
        Decide::facts(self)
    }
    fn hurries(&self, now: TimeUs, vehicle: &Vehicle, sdr_alive: bool) -> bool {
        Decide::hurries(self, now, vehicle, sdr_alive)
    }
}
