//! A survey first: parallel tracks (IAMSAR's PS) over the square about home that the fence holds, as dense as the time allows and no
//! denser than [`SPACING_MIN_M`]; then to the strongest place, and stay. Its path hangs on nothing that is heard but when it begins.

use super::strongest::{FENCE_CLEAR_M, Strongest, is_late, towards};
use super::{Seen, Steer, Wish};
use skyhound::config::{HomingConfig, InterlockConfig};
use skyhound::geo::NorthEast;

/// Between legs at least: half of a search's own.
const SPACING_MIN_M: f64 = 20.0;
/// So near is a leg's end reached.
const REACHED_M: f64 = 4.0;

/// The legs and what was heard.
#[derive(Clone, Debug)]
pub(super) struct Lawnmower {
    speed_mps: f64,
    /// Ends of legs not flown yet, the next one last.
    ends: Vec<NorthEast>,
    strongest: Strongest,
}

impl Lawnmower {
    /// From the corner that is nearest to the aircraft.
    pub(super) fn new(homing: &HomingConfig, limits: &InterlockConfig, seen: &Seen<'_>) -> Lawnmower {
        let half_m = (limits.fence.radius_m - FENCE_CLEAR_M).max(0.0) / std::f64::consts::SQRT_2;
        let side_m = 2.0 * half_m;
        let way_m = homing.speed_mps * seen.until_us.saturating_sub(seen.now_us) as f64 / 1e6;
        let legs = (side_m / SPACING_MIN_M).min(way_m / side_m.max(1.0)).floor().max(1.0) as u32;
        let spacing_m = side_m / f64::from(legs);
        let (north, east) = (1_f64.copysign(seen.at.north_m), 1_f64.copysign(seen.at.east_m));
        let leg = |leg: u32| {
            let east_m = east * (half_m - (f64::from(leg) + 0.5) * spacing_m);
            let begin = if leg.is_multiple_of(2) { north } else { -north };
            [begin, -begin].map(|end| NorthEast { north_m: end * half_m, east_m })
        };
        Lawnmower {
            speed_mps: homing.speed_mps,
            ends: (0..legs).rev().flat_map(|number| leg(number).into_iter().rev()).collect(),
            strongest: Strongest::default(),
        }
    }
}

impl Steer for Lawnmower {
    fn steer(&mut self, seen: &Seen<'_>) -> Wish {
        self.strongest.listen(seen.samples);
        if self.ends.last().is_some_and(|end| seen.at.distance_m(*end) < REACHED_M) {
            self.ends.pop();
        }
        if is_late(seen, self.strongest.place(), self.speed_mps) {
            self.ends.clear();
        }
        match self.ends.last() {
            Some(end) => Wish::Fly(towards(seen, *end, self.speed_mps)),
            None => self.strongest.wish(seen, self.speed_mps),
        }
    }
}
