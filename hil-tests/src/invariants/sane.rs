//! What a judge takes for known: fresh, and possible for an aircraft. Ages in µs; NaN is never possible.

use skyhound::config::InterlockConfig;
use skyhound::geo::Wgs84;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Vehicle};

pub(super) fn fresh<T: Copy>(input: Option<Aged<T>>, now: TimeUs, age_max_us: u64) -> Option<T> {
    let input = input?;
    let age_us = now.0.checked_sub(input.received_us.0)?;
    (age_us <= age_max_us).then_some(input.value)
}

/// Whether the position is fresh and one that an aircraft can have.
pub(super) fn is_position_sane(vehicle: &Vehicle, now: TimeUs, limits: &InterlockConfig) -> bool {
    fresh(vehicle.position, now, u64::from(limits.pose_age_max_us)).is_some_and(|position| {
        let altitude = |alt_m: f64| (-1_000.0..=10_000.0).contains(&alt_m);
        Wgs84::checked(position.place.lat_deg, position.place.lon_deg).is_some()
            && altitude(position.alt_amsl_m)
            && altitude(position.alt_rel_m)
            && [position.north_mps, position.east_mps, position.down_mps].iter().all(|v| within(*v, 50.0))
    })
}

pub(super) fn within(value: f64, limit: f64) -> bool {
    (-limit..=limit).contains(&value)
}

pub(super) fn is_px4(vehicle: &Vehicle) -> bool {
    vehicle.identity.is_some_and(|bound| bound.firmware == Firmware::Px4)
}
