//! The stream of zeros that PX4 wants before it enters OFFBOARD, and while it is in it (PX4 User Guide, Offboard Mode: proof
//! of life at 2 Hz, for a second before the switch).
//!
//! The operator's HomingOn opens the offer when nothing is missing but the mode: zero velocities go out, which PX4 ignores in
//! every other mode, until the pilot enters OFFBOARD, which then enables homing, or [`OFFER_US`] are over. Whatever else
//! stops holding meanwhile closes it, and it opens again only by another act. ArduCopter needs none of this.

use super::{Check, Verdict};
use crate::command::{Fault, Interlock, Trip};
use crate::time::TimeUs;
use crate::vehicle::{Firmware, Vehicle};

/// Time to enter OFFBOARD after the operator asked for homing.
pub(super) const OFFER_US: u64 = 15_000_000;

/// Until when OFFBOARD may be entered.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Offer(Option<TimeUs>);

impl Offer {
    /// `rest`: all interlocks but those of the mode.
    pub(super) fn open(&mut self, now: TimeUs, vehicle: &Vehicle, rest: Verdict) {
        let heard = vehicle.heartbeat.map(|heartbeat| heartbeat.value.mode);
        let is_other_mode =
            heard.is_some_and(|mode| mode.firmware == Firmware::Px4 && !mode.accepts_commands());
        self.0 = (is_px4(vehicle) && is_other_mode && rest.is_ok()).then(|| now.plus_us(OFFER_US));
    }

    pub(super) fn close(&mut self) {
        self.0 = None;
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// What closes it in this pass.
    pub(super) fn lapsed(&self, now: TimeUs, rest: Verdict) -> Option<Trip> {
        let until = self.0?;
        let late = Check(Interlock::Mode).refuse(Fault::Stale, "OFFBOARD was not entered in time");
        rest.err().or((now > until).then_some(late))
    }
}

/// Whether the autopilot leaves the mode that is ours when nothing streams.
pub(super) fn is_px4(vehicle: &Vehicle) -> bool {
    vehicle.identity.is_some_and(|bound| bound.firmware == Firmware::Px4)
}
