//! What must hold without a break since the operator enabled homing, though it may look right again by now: the mode was
//! not left (a pilot may take the aircraft and give it back between two passes), and home (m) did not move, which would
//! move the fence with it.

use super::{Check, Verdict};
use crate::command::{Fault, Interlock};
use crate::geo::{NorthEast, Origin, Wgs84};
use crate::vehicle::Vehicle;

/// Home may be stated a little differently each time, not moved.
const HOME_MOVE_MAX_M: f64 = 5.0;

#[derive(Copy, Clone, Debug)]
pub(super) struct Handover {
    left_total: u32,
    home: Option<Wgs84>,
}

impl Handover {
    /// Homing is enabled with things as they are.
    pub(super) fn new(vehicle: &Vehicle) -> Handover {
        Handover { left_total: vehicle.left_total, home: vehicle.home.map(|home| home.value.place) }
    }

    pub(super) fn mode(&self, vehicle: &Vehicle) -> Verdict {
        let held = self.left_total == vehicle.left_total;
        Check(Interlock::Mode).holds(held, "the mode was left, or motors disarmed, meanwhile")
    }

    /// Whether home is a place, and inside the fence, is judged after this.
    pub(super) fn home(&self, vehicle: &Vehicle) -> Verdict {
        let check = Check(Interlock::FenceRadius);
        let Some(then) = self.home else { return Ok(()) };
        let Some(now) = vehicle.home else { return Err(check.refuse(Fault::Unknown, "home")) };
        let moved_m = Origin::new(then).ned_from_wgs84(now.value.place).distance_m(NorthEast::default());
        check.number(moved_m, 0.0, HOME_MOVE_MAX_M, "home moved")
    }
}
