//! In the air, and at rest there when homing is enabled (m/s): the first setpoint would end ArduCopter's GUIDED take-off
//! (`ModeGuided::set_velocity` leaves the take-off submode), and homing is flown level.

use super::{Check, Verdict};
use crate::command::{Fault, Interlock};
use crate::config::InterlockConfig;
use crate::homing::Inputs;
use crate::vehicle::Landed;

/// Climbing or sinking faster is a manoeuvre that somebody began; hovering in gusts stays under it.
const ENABLE_CLIMB_MAX_MPS: f64 = 0.5;

pub(super) fn judge(inputs: &Inputs<'_>, limits: &InterlockConfig, is_on: bool) -> Verdict {
    let check = Check(Interlock::Airborne);
    let age_max_us = u64::from(limits.status_age_max_us);
    let mend = "EXTENDED_SYS_STATE: whether it flies is not told in time; look at the line's speed and load";
    let refusal = match check.fresh(inputs.vehicle.landed, inputs.now, age_max_us, mend)? {
        Landed::InAir => None,
        Landed::OnGround => Some("on the ground: take off first"),
        Landed::TakingOff => Some("taking off: wait until it is over"),
        Landed::Landing => Some("landing: take off again first"),
    };
    refusal.map_or(Ok(()), |why| Err(check.refuse(Fault::Refused, why)))?;
    let vertical_mps = inputs.vehicle.position.map_or(0.0, |position| position.value.down_mps.abs());
    let is_level = is_on || vertical_mps <= ENABLE_CLIMB_MAX_MPS;
    check.holds(is_level, "climbing or sinking over 0.5 m/s: wait until it flies level")
}
