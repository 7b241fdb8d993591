//! One battery from two messages, SYS_STATUS and BATTERY_STATUS, without making either look fresher than it is.

use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::Battery;

use super::payload::Payload;

/// What only the other message tells is believed for this long. Both come at the slow rate (some Hz).
const OTHER_BELIEVED_US: u64 = 3_000_000;

/// The last of both messages.
#[derive(Debug, Default)]
pub struct Batteries {
    system: Option<Aged<Battery>>,
    first: Option<Aged<Battery>>,
}

impl Batteries {
    /// Takes SYS_STATUS.
    pub fn take_sys_status(&mut self, payload: Payload, at: TimeUs) -> Aged<Battery> {
        let told = Battery {
            voltage_v: volts(payload.u16(14)),
            current_a: amperes(payload.i16(16)),
            remaining_ratio: ratio(payload.i8(30)),
        };
        self.system = Some(Aged::new(told, at));
        joined(told, self.first, at)
    }

    /// Takes BATTERY_STATUS; `None` for other batteries than the first, which the autopilot itself judges by.
    pub fn take_battery_status(&mut self, payload: Payload, at: TimeUs) -> Option<Aged<Battery>> {
        if payload.u8(32) != 0 {
            return None;
        }
        // Cells, or the whole pack spread over the first ones: their sum is the pack's voltage either way.
        let cells = (0..10).map(|cell| payload.u16(10 + 2 * cell)).filter(|&mv| mv != u16::MAX);
        let pack_mv: u32 = cells.map(u32::from).sum();
        let told = Battery {
            voltage_v: (pack_mv > 0).then_some(f64::from(pack_mv) / 1000.0),
            current_a: amperes(payload.i16(30)),
            remaining_ratio: ratio(payload.i8(35)),
        };
        self.first = Some(Aged::new(told, at));
        Some(joined(told, self.system, at))
    }
}

fn joined(told: Battery, other: Option<Aged<Battery>>, at: TimeUs) -> Aged<Battery> {
    let other = other.filter(|other| other.is_fresh(at, OTHER_BELIEVED_US)).map(|other| other.value);
    let joined = Battery {
        voltage_v: told.voltage_v.or(other.and_then(|other| other.voltage_v)),
        current_a: told.current_a.or(other.and_then(|other| other.current_a)),
        remaining_ratio: told.remaining_ratio.or(other.and_then(|other| other.remaining_ratio)),
    };
    Aged::new(joined, at)
}

fn volts(mv: u16) -> Option<f64> {
    (mv != u16::MAX).then_some(f64::from(mv) / 1000.0)
}

fn amperes(centi_a: i16) -> Option<f64> {
    (centi_a != -1).then_some(f64::from(centi_a) / 100.0)
}

fn ratio(percent: i8) -> Option<f64> {
    (0..=100).contains(&percent).then_some(f64::from(percent) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sys_status(mv: u16, remaining: i8) -> Vec<u8> {
        let mut payload = vec![0; 31];
        payload[14..16].copy_from_slice(&mv.to_le_bytes());
        payload[16..18].copy_from_slice(&(-1i16).to_le_bytes());
        payload[30] = remaining as u8;
        payload
    }

    fn battery_status(id: u8, cells_mv: &[u16], centi_a: i16) -> Vec<u8> {
        let mut payload = vec![0xff; 36];
        for (cell, mv) in cells_mv.iter().enumerate() {
            payload[10 + 2 * cell..12 + 2 * cell].copy_from_slice(&mv.to_le_bytes());
        }
        payload[30..32].copy_from_slice(&centi_a.to_le_bytes());
        payload[32] = id;
        payload
    }

    #[test]
    fn joins_both_and_forgets_the_other_when_it_is_old() {
        let mut batteries = Batteries::default();
        let got = batteries.take_sys_status(Payload(&sys_status(12_500, 80)), TimeUs(0)).value;
        assert_eq!(got, Battery { voltage_v: Some(12.5), current_a: None, remaining_ratio: Some(0.8) });
        let cells = battery_status(0, &[4_100, 4_200], 550);
        let got = batteries.take_battery_status(Payload(&cells), TimeUs(1_000_000)).unwrap();
        assert_eq!(got.received_us, TimeUs(1_000_000));
        assert!((got.value.voltage_v.unwrap() - 8.3).abs() < 1e-9);
        assert_eq!((got.value.current_a, got.value.remaining_ratio), (Some(5.5), Some(0.8)));
        let got = batteries.take_battery_status(Payload(&cells), TimeUs(3_000_001)).unwrap().value;
        assert_eq!(got.remaining_ratio, None);
    }

    #[test]
    fn unknown_is_not_zero() {
        let mut batteries = Batteries::default();
        let got = batteries.take_sys_status(Payload(&sys_status(u16::MAX, -1)), TimeUs(0)).value;
        assert_eq!(got, Battery { voltage_v: None, current_a: None, remaining_ratio: None });
        let none = battery_status(0, &[], -1);
        assert_eq!(batteries.take_battery_status(Payload(&none), TimeUs(1)).unwrap().value, got);
        assert_eq!(batteries.take_battery_status(Payload(&battery_status(1, &[4_000], 5)), TimeUs(1)), None);
    }
}
