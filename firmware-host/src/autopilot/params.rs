//! The autopilot's parameters of the engine's table: how to read their values, and when to ask for each.
//!
//! Parameters are asked for and recognised by name alone: ArduPilot answers such a request with index 65535. ArduPilot
//! sends every value as a float; PX4 puts an integer's bytes where the float would be (mavlink.io, "Parameter Protocol").
//! Until all are known one is asked for each 100 ms (700 bytes/s both ways), and again for some rounds,
//! by either of its names. Then one each 1.5 s, known or not, so that a change is noticed even when its announcement was
//! lost, and each is read again twice before it is too old. Announced values are taken at any time.

use skyhound::time::TimeUs;
use skyhound::vehicle::Firmware;
use skyhound::vehicle::parameter::{self, PARAMETERS, Parameter, Parameters};

use super::payload::Payload;
use super::stamp::Stamp;

const ASK_EVERY_US: u64 = 100_000;
const REFRESH_EVERY_US: u64 = 1_500_000;
/// Rounds in quick succession; what did not answer then is not there.
const QUICK_ROUNDS: u32 = 4;
/// A value that comes this soon after its question answers it.
const ANSWER_US: u64 = 3_000_000;

/// What to ask next, and what was asked.
#[derive(Debug)]
pub struct Params {
    asked: Option<TimeUs>,
    turn: usize,
    round_count: u32,
    rows: [Row; PARAMETERS.len()],
}

#[derive(Copy, Clone, Debug, Default)]
struct Row {
    asked: Option<TimeUs>,
    /// It answered by its other name.
    has_other_name: bool,
}

impl Default for Params {
    fn default() -> Params {
        Params { asked: None, turn: 0, round_count: 0, rows: [Row::default(); PARAMETERS.len()] }
    }
}

/// What PARAM_VALUE was.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Of no parameter of the table.
    NotOurs,
    /// Not finite: nothing.
    Nothing,
    /// A value; it answers a question of ours, or not.
    Value(bool),
}

impl Params {
    /// Takes PARAM_VALUE, received at `received`.
    pub fn take(
        &mut self,
        firmware: Firmware,
        payload: Payload,
        stamp: Stamp,
        received: TimeUs,
        parameters: &mut Parameters,
    ) -> Told {
        let name = payload.text(8, 16);
        let Some(index) = parameter::named(firmware, name) else { return Told::NotOurs };
        let Some(value) = value(firmware, payload) else { return Told::Nothing };
        let row = &mut self.rows[index];
        row.has_other_name = PARAMETERS[index].name.as_bytes() != name;
        let mut told = parameters.told(index);
        stamp.keep(&mut told, Some(value));
        parameters.keep(index, told);
        Told::Value(row.asked.take().is_some_and(|asked| received.since_us(asked) <= ANSWER_US))
    }

    /// Whether all are known, or were asked for often enough.
    pub fn is_settled(&self, firmware: Firmware, parameters: &Parameters) -> bool {
        let is_told = |(index, _): (usize, &Parameter)| parameters.told(index).is_some();
        self.round_count >= QUICK_ROUNDS || parameter::of(firmware).all(is_told)
    }

    /// The name to ask for at `now`, when it is time for one.
    pub fn due(&mut self, now: TimeUs, firmware: Firmware, parameters: &Parameters) -> Option<&'static str> {
        let is_settled = self.is_settled(firmware, parameters);
        let every_us = if is_settled { REFRESH_EVERY_US } else { ASK_EVERY_US };
        if self.asked.is_some_and(|asked| now.since_us(asked) < every_us) {
            return None;
        }
        let count = parameter::of(firmware).count();
        for _ in 0..count {
            if self.turn >= count {
                (self.turn, self.round_count) = (0, self.round_count.saturating_add(1));
            }
            let (index, row) = parameter::of(firmware).nth(self.turn)?;
            self.turn += 1;
            let is_unknown = parameters.told(index).is_none();
            if is_settled || is_unknown {
                self.asked = Some(now);
                self.rows[index].asked = Some(now);
                let tries_other = is_unknown && self.round_count % 2 == 1;
                let is_other = self.rows[index].has_other_name || tries_other;
                return Some(if is_other && !row.other_name.is_empty() { row.other_name } else { row.name });
            }
        }
        None
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

#[cfg(test)]
mod tests {
    use super::*;
    use skyhound::vehicle::parameter::index;

    fn answer(name: &str, value: [u8; 4], param_type: u8) -> Vec<u8> {
        let mut payload = value.to_vec();
        payload.extend([1, 0, 0xff, 0xff]);
        payload.extend(name.bytes());
        payload.resize(24, 0);
        payload.push(param_type);
        payload
    }

    /// Runs 20 Hz passes from `from_s` to `to_s` with an autopilot that has what `has` says; what was asked for.
    fn asked(
        params: &mut Params,
        told: &mut Parameters,
        firmware: Firmware,
        (from_s, to_s): (u64, u64),
        has: impl Fn(&str) -> bool,
    ) -> Vec<&'static str> {
        let mut asked = Vec::new();
        for pass in from_s * 20..to_s * 20 {
            let now = TimeUs(pass * 50_000);
            if let Some(name) = params.due(now, firmware, told) {
                asked.push(name);
                if has(name) {
                    let payload = answer(name, 1.0f32.to_le_bytes(), 9);
                    assert_eq!(
                        params.take(firmware, Payload(&payload), Stamp::news(now), now, told),
                        Told::Value(true)
                    );
                }
            }
        }
        asked
    }

    #[test]
    fn all_are_known_soon_and_each_is_read_again_twice_before_it_is_too_old() {
        for firmware in [Firmware::ArduCopter, Firmware::Px4] {
            let (mut params, mut told) = (Params::default(), Parameters::default());
            // Each third answer is lost.
            let count = std::cell::Cell::new(0);
            let has = |_: &str| {
                count.set(count.get() + 1);
                count.get() % 3 != 0
            };
            asked(&mut params, &mut told, firmware, (0, 5), has);
            assert!(parameter::of(firmware).all(|(at, _)| told.told(at).is_some()));
            let again = asked(&mut params, &mut told, firmware, (5, 125), |_| true);
            for (_, row) in parameter::of(firmware) {
                let times = again.iter().filter(|name| [row.name, row.other_name].contains(*name)).count();
                assert!(times >= 2, "{}: {times}", row.name);
            }
            assert!(again.len() <= 81, "{} in 120 s", again.len());
        }
    }

    #[test]
    fn what_is_not_there_is_given_up_and_the_other_name_is_tried() {
        let (mut params, mut told) = (Params::default(), Parameters::default());
        let has = |name: &str| !["SYSID_MYGCS", "FS_OPTIONS"].contains(&name);
        let first = asked(&mut params, &mut told, Firmware::ArduCopter, (0, 20), has);
        assert_eq!(told.told(index("SYSID_MYGCS")).map(|told| told.value), Some(1.0));
        assert!(params.is_settled(Firmware::ArduCopter, &told) && told.told(index("FS_OPTIONS")).is_none());
        assert!(first.len() < 60, "it becomes patient: {}", first.len());
        let later = asked(&mut params, &mut told, Firmware::ArduCopter, (20, 80), has);
        assert!(later.contains(&"MAV_GCS_SYSID") && !later.contains(&"SYSID_MYGCS"), "{later:?}");
    }

    #[test]
    fn a_value_from_a_late_way_never_replaces_a_newer_one() {
        let (mut params, mut told) = (Params::default(), Parameters::default());
        let mut take = |value: f32, stamp| {
            let payload = answer("GUID_TIMEOUT", value.to_le_bytes(), 9);
            params.take(Firmware::ArduCopter, Payload(&payload), stamp, TimeUs(9), &mut told);
            told.told(index("GUID_TIMEOUT")).unwrap().value
        };
        assert_eq!(take(1.0, Stamp::news(TimeUs(7))), 1.0);
        assert_eq!(take(3.0, Stamp::as_of(TimeUs(5))), 1.0);
        assert_eq!(take(3.0, Stamp::news(TimeUs(8))), 3.0, "announced, not asked for");
    }

    #[test]
    fn px4_hides_integers_in_the_float() {
        let (mut params, mut told) = (Params::default(), Parameters::default());
        let mut take = |firmware, payload: Vec<u8>, name| {
            params.take(firmware, Payload(&payload), Stamp::news(TimeUs(1)), TimeUs(1), &mut told);
            told.told(index(name)).map(|told| told.value)
        };
        let payload = answer("COM_OBL_RC_ACT", 5i32.to_le_bytes(), 6);
        assert_eq!(take(Firmware::Px4, payload, "COM_OBL_RC_ACT"), Some(5.0));
        let payload = answer("COM_OF_LOSS_T", 0.5f32.to_le_bytes(), 9);
        assert_eq!(take(Firmware::Px4, payload, "COM_OF_LOSS_T"), Some(0.5));
        // ArduPilot calls the type INT8 and sends a float all the same.
        let payload = answer("FS_GCS_ENABLE", 5.0f32.to_le_bytes(), 2);
        assert_eq!(take(Firmware::ArduCopter, payload, "FS_GCS_ENABLE"), Some(5.0));
    }

    #[test]
    fn nothing_else_counts() {
        let (mut params, mut told) = (Params::default(), Parameters::default());
        let nan = answer("GUID_TIMEOUT", f32::NAN.to_le_bytes(), 9);
        let longer = answer("GUID_TIMEOUT2", 1.0f32.to_le_bytes(), 9);
        for (firmware, payload, what) in [
            (Firmware::ArduCopter, &nan, Told::Nothing),
            (Firmware::ArduCopter, &longer, Told::NotOurs),
            (Firmware::Other, &longer, Told::NotOurs),
        ] {
            let now = TimeUs(1);
            assert_eq!(params.take(firmware, Payload(payload), Stamp::news(now), now, &mut told), what);
        }
        assert_eq!(told, Parameters::default());
        assert_eq!(params.due(TimeUs(0), Firmware::Other, &told), None);
    }
}
