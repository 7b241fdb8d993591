//! The autopilot's failsafe parameters: which ones, how to read their values, and when to ask for each.
//!
//! Parameters are asked for and recognised by name alone: ArduPilot answers such a request with index 65535. ArduPilot
//! sends every value as a float; PX4 puts an integer's bytes where the float would be (mavlink.io, "Parameter Protocol").
//! Until all are known one is asked for each 250 ms, then one each 5 s, so that a change in flight is noticed even when
//! its announcement was lost.

use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Parameters, parameter};

use super::payload::Payload;

const ASK_EVERY_US: u64 = 250_000;
const REFRESH_EVERY_US: u64 = 5_000_000;

/// What to ask next.
#[derive(Debug, Default)]
pub struct Params {
    asked: Option<TimeUs>,
    next: usize,
}

impl Params {
    /// Takes PARAM_VALUE; whether it was one of ours.
    pub fn take(
        &mut self,
        firmware: Firmware,
        now: TimeUs,
        payload: Payload,
        parameters: &mut Parameters,
    ) -> bool {
        let Some(index) = parameter::named(firmware, payload.text(8, 16)) else { return false };
        let Some(value) = value(firmware, payload) else { return false };
        parameters.keep(index, Some(Aged::new(value, now)));
        true
    }

    /// The name to ask for at `now`, when it is time for one.
    pub fn due(&mut self, now: TimeUs, firmware: Firmware, parameters: &Parameters) -> Option<&'static str> {
        let rows: Vec<_> = parameter::of(firmware).collect();
        let all_known = rows.iter().all(|(index, _)| parameters.told(*index).is_some());
        let every_us = if all_known { REFRESH_EVERY_US } else { ASK_EVERY_US };
        if rows.is_empty() || self.asked.is_some_and(|asked| now.since_us(asked) < every_us) {
            return None;
        }
        self.asked = Some(now);
        self.next = (self.next + 1) % rows.len();
        Some(rows[self.next].1.name)
    }
}

/// MAV_PARAM_TYPE 1..=6: (u)int 8, 16, 32; 9: a float.
fn value(firmware: Firmware, payload: Payload) -> Option<f64> {
    match (firmware, payload.u8(24)) {
        (Firmware::Px4, 1) => Some(f64::from(payload.u8(0))),
        (Firmware::Px4, 2) => Some(f64::from(payload.i8(0))),
        (Firmware::Px4, 3) => Some(f64::from(payload.u16(0))),
        (Firmware::Px4, 4) => Some(f64::from(payload.i16(0))),
        (Firmware::Px4, 5) => Some(f64::from(payload.u32(0))),
        (Firmware::Px4, 6) => Some(f64::from(payload.i32(0))),
        _ => payload.finite(0),
    }
}
