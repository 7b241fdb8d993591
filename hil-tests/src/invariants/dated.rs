//! Invariant 1 in time: the position by which a velocity is commanded is where the autopilot believed itself to be at the moment
//! that its age names. A late copy that was taken for news is not.

use super::{Sky, Step, Told};
use skyhound::geo::{NorthEast, Origin, Wgs84};
use std::collections::VecDeque;

/// Longer than any position may be old, and any way late.
const KEPT_US: u64 = 6_000_000;
/// Rounding to 1e-7 degrees.
const ROUNDING_M: f64 = 0.1;

/// Where the autopilot believed itself to be, lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Dated {
    believed: VecDeque<(u64, Wgs84)>,
}

impl Dated {
    pub(super) fn see(&mut self, sky: &Sky) {
        let Some(place) = sky.believed else { return };
        self.believed.push_back((sky.pose.at_us, place));
        while self.believed.front().is_some_and(|(at_us, _)| at_us + KEPT_US < sky.pose.at_us) {
            self.believed.pop_front();
        }
    }

    /// A velocity left.
    pub(super) fn moved(&self, step: &Step<'_>, told: &mut Told) {
        let Some(position) = step.inputs.vehicle.position else { return };
        let (as_of_us, place) = (position.received_us.0, position.value.place);
        let Ok(index) = self.believed.binary_search_by_key(&as_of_us, |(at_us, _)| *at_us) else { return };
        let off_m =
            Origin::new(self.believed[index].1).ned_from_wgs84(place).distance_m(NorthEast::default());
        if off_m > ROUNDING_M {
            let age_ms = step.inputs.now.0.saturating_sub(as_of_us) / 1000;
            told.tell(1, || {
                format!("a velocity by a position {off_m:.1} m from where it was {age_ms} ms ago, its age")
            });
        }
    }
}
