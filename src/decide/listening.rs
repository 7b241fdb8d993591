//! From where it is listened: the aircraft's place and height over home (m), where they count; for the search's map and for the posterior.

use crate::geo::{NorthEast, Origin};
use crate::time::TimeUs;
use crate::vehicle::Vehicle;

/// An older position tells nothing of where it is listened.
const POSITION_AGE_MAX_US: u64 = 500_000;
/// Lower over home nothing is heard for want of height, m.
const UP_MIN_M: f64 = 5.0;

/// Place about `origin` and height over home of an aircraft in the air.
pub(super) fn place(now: TimeUs, vehicle: &Vehicle, origin: &Origin) -> Option<(NorthEast, f64)> {
    let position = vehicle.position.filter(|position| position.is_fresh(now, POSITION_AGE_MAX_US))?.value;
    let is_in_air = position.alt_rel_m >= UP_MIN_M;
    is_in_air.then(|| (origin.ned_from_wgs84(position.place), position.alt_rel_m))
}
