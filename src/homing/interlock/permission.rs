//! The operator's permission to command, with what belongs to each of its states.
//!
//! ```text
//!           enable, all holds                      enable, PX4, only the mode is missing
//!   ┌───────────────────────────────→ ┌──────┐         ┌─────────┐
//!   │                                 │  On  │ ←────── │ Offered │ ←── from Off, Stopping
//!   │                                 └──────┘ OFFBOARD└─────────┘
//! ┌─────┐   zeros are sent, or the    │  trip, operator,   │ something else is missing, time is over
//! │ Off │ ←─ mode is not ours ─┐      ↓  end of homing     ↓
//! └─────┘                  ┌──────────┐                   Off
//!                          │ Stopping │
//!                          └──────────┘
//! ```
//! Zeros leave in Stopping, in On after a movement, and, for PX4 alone, all through On and Offered.

use super::handover::Handover;
use super::sticks::Hand;
use super::{Inputs, STOP_PASSES};
use crate::command::{Trip, Velocity};
use crate::time::TimeUs;

/// Whether we may command.
#[derive(Copy, Clone, Debug)]
pub(super) enum Permission {
    /// We may not. `cause`: what ended it, until the operator acts again.
    Off {
        /// `None`: nobody gave it, or the operator took it.
        cause: Option<Trip>,
    },
    /// The operator gave it, PX4's OFFBOARD is still to be entered, until then.
    Offered {
        /// When it lapses.
        until: TimeUs,
    },
    /// We may.
    On(On),
    /// It ended in a movement: zeros follow.
    Stopping {
        /// What ended it.
        cause: Option<Trip>,
        /// Zeros still to be sent.
        left: u8,
    },
}

/// What is remembered while we may command.
#[derive(Copy, Clone, Debug)]
pub(super) struct On {
    pub(super) handover: Handover,
    pub(super) hand: Hand,
    /// Time spent commanding.
    pub(super) homing_us: u64,
    pub(super) sent: Sent,
}

/// What the last pass sent.
#[derive(Copy, Clone, Debug)]
pub(super) enum Sent {
    /// A movement.
    Velocity(Velocity),
    /// None; as many zeros are still to follow the last one.
    Stops(u8),
}

impl On {
    /// With things as they are.
    pub(super) fn new(inputs: &Inputs<'_>, stops_left: u8) -> On {
        On {
            handover: Handover::new(inputs.vehicle),
            hand: Hand::new(inputs.vehicle, inputs.now),
            homing_us: 0,
            sent: Sent::Stops(stops_left),
        }
    }
}

impl Permission {
    pub(super) fn on(&self) -> Option<&On> {
        match self {
            Permission::On(on) => Some(on),
            _ => None,
        }
    }

    /// What ended it, until the operator acts again.
    pub(super) fn cause(&self) -> Option<Trip> {
        match self {
            Permission::Off { cause } | Permission::Stopping { cause, .. } => *cause,
            Permission::Offered { .. } | Permission::On(_) => None,
        }
    }

    /// The last pass's movement.
    pub(super) fn commanded(&self) -> Option<Velocity> {
        match self.on()?.sent {
            Sent::Velocity(velocity) => Some(velocity),
            Sent::Stops(_) => None,
        }
    }

    /// As it is after its end by `cause`.
    pub(super) fn ended(&self, cause: Option<Trip>) -> Permission {
        match self.stops_left() {
            0 => Permission::Off { cause },
            left => Permission::Stopping { cause, left },
        }
    }

    /// As it is after the operator asked again in vain: what stopped it is settled.
    pub(super) fn forgiven(&self) -> Permission {
        self.ended(None)
    }

    fn stops_left(&self) -> u8 {
        match self {
            Permission::Off { .. } | Permission::Offered { .. } => 0,
            Permission::On(On { sent: Sent::Velocity(_), .. }) => STOP_PASSES,
            Permission::On(On { sent: Sent::Stops(left), .. }) | Permission::Stopping { left, .. } => *left,
        }
    }

    /// A pass without a movement: whether a zero is owed to an earlier one. Where the mode is not ours, none ever will be.
    pub(super) fn takes_stop(&mut self, is_ours: bool) -> bool {
        let left = if is_ours { self.stops_left() } else { 0 };
        match self {
            Permission::On(on) => on.sent = Sent::Stops(left.saturating_sub(1)),
            Permission::Stopping { cause, .. } if left <= 1 => *self = Permission::Off { cause: *cause },
            Permission::Stopping { left, .. } => *left -= 1,
            Permission::Off { .. } | Permission::Offered { .. } => {}
        }
        left > 0
    }
}
