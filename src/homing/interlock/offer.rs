//! The stream of zeros that PX4 wants before it enters OFFBOARD, and while it is in it (PX4 User Guide, Offboard Mode: proof
//! of life at 2 Hz, for a second before the switch).
//!
//! The operator's HomingOn opens the offer when nothing is missing but the mode: zero velocities go out, which PX4 ignores in
//! every other mode, until the pilot enters OFFBOARD, which then enables homing, or [`OFFER_US`] are over. Whatever else
//! stops holding meanwhile closes it, and it opens again only by another act. ArduCopter needs none of this.

use super::Check;
use crate::command::{Fault, Interlock, Trip, Trips};
use crate::time::TimeUs;
use crate::vehicle::{Firmware, Vehicle};

/// Time to enter OFFBOARD after the operator asked for homing.
pub(super) const OFFER_US: u64 = 15_000_000;

/// Until when OFFBOARD may be entered, with `missing` as it is; `None`: no offer.
pub(super) fn open(now: TimeUs, vehicle: &Vehicle, missing: &Trips) -> Option<TimeUs> {
    let heard = vehicle.heartbeat.map(|heartbeat| heartbeat.value.mode);
    let is_other_mode = heard.is_some_and(|mode| mode.firmware == Firmware::Px4 && !mode.accepts_commands());
    (is_px4(vehicle) && is_other_mode && but_mode(missing).is_none()).then(|| now.plus_us(OFFER_US))
}

/// What closes it in this pass.
pub(super) fn lapsed(now: TimeUs, until: TimeUs, missing: &Trips) -> Option<Trip> {
    let late = Check(Interlock::Mode).refuse(Fault::Stale, "OFFBOARD was not entered in time");
    but_mode(missing).or((now > until).then_some(late))
}

/// The first that is missing besides the mode.
fn but_mode(missing: &Trips) -> Option<Trip> {
    missing.as_slice().iter().copied().find(|trip| trip.interlock != Interlock::Mode)
}

/// Whether the autopilot leaves the mode that is ours when nothing streams.
pub(super) fn is_px4(vehicle: &Vehicle) -> bool {
    vehicle.identity.is_some_and(|bound| bound.firmware == Firmware::Px4)
}
