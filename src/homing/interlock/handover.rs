//! What must hold without a break since the operator enabled homing, though it may look right again by now: the mode was
//! not left (a pilot may take the aircraft and give it back between two passes), and home (m) did not move, which would
//! move the fence with it.

use super::{Check, Verdict};
use crate::command::{Fault, Interlock};
use crate::geo::{NorthEast, Origin, Wgs84};
use crate::vehicle::Vehicle;

/// Home may be stated a little differently each time, not moved.
const HOME_MOVE_MAX_M: f64 = 5.0;

#[derive(Clone, Debug, Default)]
pub(super) struct Handover(Option<Then>);

#[derive(Clone, Debug)]
struct Then {
    left_total: u32,
    home: Option<Wgs84>,
}

impl Handover {
    /// Homing is enabled with things as they are.
    pub(super) fn take(&mut self, vehicle: &Vehicle) {
        self.0 =
            Some(Then { left_total: vehicle.left_total, home: vehicle.home.map(|home| home.value.place) });
    }

    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    pub(super) fn mode(&self, vehicle: &Vehicle) -> Verdict {
        let held = self.0.as_ref().is_none_or(|then| then.left_total == vehicle.left_total);
        Check(Interlock::Mode).holds(held, "the mode was left, or motors disarmed, meanwhile")
    }

    /// Whether home is a place, and inside the fence, is judged after this.
    pub(super) fn home(&self, vehicle: &Vehicle) -> Verdict {
        let check = Check(Interlock::FenceRadius);
        let Some(then) = self.0.as_ref().and_then(|then| then.home) else { return Ok(()) };
        let Some(now) = vehicle.home else { return Err(check.refuse(Fault::Unknown, "home")) };
        let moved_m = Origin::new(then).ned_from_wgs84(now.value.place).distance_m(NorthEast::default());
        check.number(moved_m, 0.0, HOME_MOVE_MAX_M, "home moved")
    }
}
