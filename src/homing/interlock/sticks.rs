//! The pilot's sticks (µs of pulse width, 1000..=2000): known, at rest when homing is enabled, and not moved since.
//!
//! Enabling takes the sticks as they lie for reference: roll, pitch and yaw must then be near the centre, throttle may
//! be anywhere. Later a stick further from its reference than `stick_ratio_max` of full deflection, in `stick_samples`
//! consecutive samples, is the pilot's hand. A sample counts once, however many passes see it.

use super::{Check, Verdict};
use crate::command::{Fault, Interlock};
use crate::config::InterlockConfig;
use crate::homing::Inputs;
use crate::time::{Aged, TimeUs};
use crate::vehicle::Rc;

const CENTER_US: u16 = 1500;
const FULL_DEFLECTION_US: f64 = 500.0;
/// Pulse widths that receivers send; beside these lie 0 and 65535, an absent channel.
const POSSIBLE_US: (f64, f64) = (800.0, 2200.0);
const STICK_COUNT: u8 = 4;
const THROTTLE: usize = 2;

#[derive(Clone, Debug, Default)]
pub(super) struct Sticks {
    reference: Option<[u16; 4]>,
    newest: Option<TimeUs>,
    deflected_count: u8,
}

impl Sticks {
    /// Counts deflected samples while homing is enabled.
    pub(super) fn observe(&mut self, rc: Option<Aged<Rc>>, ratio_max: f64) {
        let (Some(rc), Some(reference)) = (rc, self.reference) else { return };
        if self.newest.is_some_and(|newest| rc.received_us <= newest) {
            return;
        }
        self.newest = Some(rc.received_us);
        let moved = deflected(rc.value.sticks_us, reference, ratio_max);
        self.deflected_count = if moved { self.deflected_count.saturating_add(1) } else { 0 };
    }

    /// Whether `rc` is a sample not counted yet that counts.
    pub(super) fn shows_hand(&self, rc: Option<Aged<Rc>>, ratio_max: f64) -> bool {
        let (Some(rc), Some(reference)) = (rc, self.reference) else { return false };
        let is_uncounted = self.newest.is_none_or(|newest| rc.received_us > newest);
        is_uncounted && deflected(rc.value.sticks_us, reference, ratio_max)
    }

    pub(super) fn take_reference(&mut self, rc: Option<Aged<Rc>>) {
        self.reference = rc.map(|rc| rc.value.sticks_us);
        self.newest = rc.map(|rc| rc.received_us);
        self.deflected_count = 0;
    }

    pub(super) fn forget_reference(&mut self) {
        self.reference = None;
    }

    pub(super) fn judge(&self, inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
        let check = Check(Interlock::Sticks);
        let rc = check.fresh(inputs.vehicle.rc, inputs.now, u64::from(limits.status_age_max_us))?;
        if rc.channel_count < STICK_COUNT {
            return Err(check.refuse(Fault::Unknown, "fewer than 4 RC channels"));
        }
        for stick_us in rc.sticks_us {
            check.number(f64::from(stick_us), POSSIBLE_US.0, POSSIBLE_US.1, "RC channel absent or off")?;
        }
        if self.reference.is_some() {
            return check.holds(self.deflected_count < limits.stick_samples, "the pilot moved a stick");
        }
        let mut centre = [CENTER_US; 4];
        centre[THROTTLE] = rc.sticks_us[THROTTLE];
        let at_rest = !deflected(rc.sticks_us, centre, limits.stick_ratio_max);
        check.holds(at_rest, "roll, pitch and yaw are not centred")
    }
}

fn deflected(sticks_us: [u16; 4], reference_us: [u16; 4], ratio_max: f64) -> bool {
    let limit_us = ratio_max * FULL_DEFLECTION_US;
    sticks_us.iter().zip(reference_us).any(|(stick, rest)| f64::from(stick.abs_diff(rest)) > limit_us)
}
