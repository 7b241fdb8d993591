//! Jumps of position (m) beyond what speed explains: a GPS glitch or an estimator reset. Each locks homing for a while.

use super::{Check, Verdict};
use crate::command::Interlock;
use crate::geo::{NorthEast, Origin};
use crate::time::{Aged, TimeUs};
use crate::vehicle::Position;

#[derive(Clone, Debug, Default)]
pub(super) struct Jump {
    newest: Option<Aged<Position>>,
    jumped: Option<TimeUs>,
}

impl Jump {
    /// Takes in a position that is fresh and sane. Older and repeated ones change nothing.
    pub(super) fn observe(&mut self, position: Option<Aged<Position>>, jump_max_m: f64) {
        let Some(to) = position else { return };
        let Some(from) = self.newest else {
            self.newest = Some(to);
            return;
        };
        if to.received_us <= from.received_us {
            return;
        }
        self.newest = Some(to);
        let elapsed_s = to.received_us.seconds_since(from.received_us);
        let step = Origin::new(from.value.place).ned_from_wgs84(to.value.place);
        let step_m = step.distance_m(NorthEast::default());
        let climb_m = (to.value.alt_rel_m - from.value.alt_rel_m).abs();
        let explained_m = jump_max_m + elapsed_s * speed_mps(&from.value).max(speed_mps(&to.value));
        if step_m.max(climb_m) > explained_m {
            self.jumped = Some(to.received_us);
        }
    }

    pub(super) fn judge(&self, now: TimeUs, lock_us: u32) -> Verdict {
        let over = self.jumped.is_none_or(|jumped| now.since_us(jumped) >= u64::from(lock_us));
        Check(Interlock::Jump).holds(over, "position jumped lately")
    }
}

fn speed_mps(position: &Position) -> f64 {
    position.north_mps.hypot(position.east_mps).hypot(position.down_mps)
}
