//! The autopilot's failsafe parameters: which ones, how to read their values, and when to ask for each.
//!
//! Parameters are asked for and recognised by name alone: ArduPilot answers such a request with index 65535. ArduPilot
//! sends every value as a float; PX4 puts an integer's bytes where the float would be (mavlink.io, "Parameter Protocol").
//! Until all are known one is asked for each 250 ms, then one each 5 s, so that a change in flight is noticed even when
//! its announcement was lost.

use skyhound::time::TimeUs;
use skyhound::vehicle::{Failsafes, Firmware};

use super::payload::Payload;

const ASK_EVERY_US: u64 = 250_000;
const REFRESH_EVERY_US: u64 = 5_000_000;

/// A fact about the autopilot's failsafes, and the parameters that tell it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Fact {
    GuidTimeout,
    FsGcsEnable,
    FenceEnable,
    BatteryLowAction,
    BatteryCriticalAction,
    GcsSystem,
    Px4BatteryAction,
    OffboardLoss,
    OffboardLossAction,
    GeofenceAction,
}

/// SYSID_MYGCS became MAV_GCS_SYSID in ArduPilot 4.7: whichever exists answers.
const ARDUCOPTER: [(&str, Fact); 7] = [
    ("GUID_TIMEOUT", Fact::GuidTimeout),
    ("FS_GCS_ENABLE", Fact::FsGcsEnable),
    ("FENCE_ENABLE", Fact::FenceEnable),
    ("BATT_FS_LOW_ACT", Fact::BatteryLowAction),
    ("BATT_FS_CRT_ACT", Fact::BatteryCriticalAction),
    ("SYSID_MYGCS", Fact::GcsSystem),
    ("MAV_GCS_SYSID", Fact::GcsSystem),
];
const PX4: [(&str, Fact); 4] = [
    ("COM_OF_LOSS_T", Fact::OffboardLoss),
    ("COM_OBL_RC_ACT", Fact::OffboardLossAction),
    ("GF_ACTION", Fact::GeofenceAction),
    ("COM_LOW_BAT_ACT", Fact::Px4BatteryAction),
];

fn table(firmware: Firmware) -> &'static [(&'static str, Fact)] {
    match firmware {
        Firmware::ArduCopter => &ARDUCOPTER,
        Firmware::Px4 => &PX4,
        Firmware::Other => &[],
    }
}

/// What is known, and what to ask next.
#[derive(Debug, Default)]
pub struct Params {
    battery_low_action: Option<f64>,
    battery_critical_action: Option<f64>,
    asked: Option<TimeUs>,
    next: usize,
}

impl Params {
    /// Takes PARAM_VALUE. Returns whether it was one of ours with a value; others, and values that are not finite, change
    /// nothing.
    pub fn take(&mut self, firmware: Firmware, payload: Payload, failsafes: &mut Failsafes) -> bool {
        let name = payload.text(8, 16);
        let Some(&(_, fact)) = table(firmware).iter().find(|(known, _)| known.as_bytes() == name) else {
            return false;
        };
        let Some(value) = value(firmware, payload) else { return false };
        match fact {
            Fact::BatteryLowAction => self.battery_low_action = Some(value),
            Fact::BatteryCriticalAction => self.battery_critical_action = Some(value),
            _ => {}
        }
        let field = match fact {
            Fact::GuidTimeout => &mut failsafes.guid_timeout_s,
            Fact::FsGcsEnable => &mut failsafes.fs_gcs_enable,
            Fact::FenceEnable => &mut failsafes.fence_enable,
            Fact::GcsSystem => &mut failsafes.gcs_system,
            Fact::OffboardLoss => &mut failsafes.offboard_loss_s,
            Fact::OffboardLossAction => &mut failsafes.offboard_loss_action,
            Fact::GeofenceAction => &mut failsafes.geofence_action,
            Fact::BatteryLowAction | Fact::BatteryCriticalAction | Fact::Px4BatteryAction => {
                &mut failsafes.battery_action
            }
        };
        *field = match fact {
            Fact::BatteryLowAction | Fact::BatteryCriticalAction => self.battery_action(),
            _ => Some(value),
        };
        true
    }

    /// The larger of both; with one known, that one: it can only grow.
    fn battery_action(&self) -> Option<f64> {
        [self.battery_low_action, self.battery_critical_action].into_iter().flatten().reduce(f64::max)
    }

    /// The name to ask for at `now`, when it is time for one.
    pub fn due(&mut self, now: TimeUs, firmware: Firmware, failsafes: &Failsafes) -> Option<&'static str> {
        let table = table(firmware);
        let unknown = |&(_, fact): &(&str, Fact)| !self.is_known(fact, failsafes);
        let all_known = !table.iter().any(unknown);
        let every_us = if all_known { REFRESH_EVERY_US } else { ASK_EVERY_US };
        if table.is_empty() || self.asked.is_some_and(|asked| now.since_us(asked) < every_us) {
            return None;
        }
        let turns = (0..table.len()).map(|turn| (self.next + turn) % table.len());
        let index = turns.into_iter().find(|&index| all_known || unknown(&table[index]))?;
        self.next = index + 1;
        self.asked = Some(now);
        Some(table[index].0)
    }

    fn is_known(&self, fact: Fact, failsafes: &Failsafes) -> bool {
        match fact {
            Fact::GuidTimeout => failsafes.guid_timeout_s.is_some(),
            Fact::FsGcsEnable => failsafes.fs_gcs_enable.is_some(),
            Fact::FenceEnable => failsafes.fence_enable.is_some(),
            Fact::BatteryLowAction => self.battery_low_action.is_some(),
            Fact::BatteryCriticalAction => self.battery_critical_action.is_some(),
            Fact::Px4BatteryAction => failsafes.battery_action.is_some(),
            Fact::GcsSystem => failsafes.gcs_system.is_some(),
            Fact::OffboardLoss => failsafes.offboard_loss_s.is_some(),
            Fact::OffboardLossAction => failsafes.offboard_loss_action.is_some(),
            Fact::GeofenceAction => failsafes.geofence_action.is_some(),
        }
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

    fn answer(name: &str, value: [u8; 4], param_type: u8) -> Vec<u8> {
        let mut payload = value.to_vec();
        payload.extend([1, 0, 0xff, 0xff]);
        payload.extend(name.bytes());
        payload.resize(24, 0);
        payload.push(param_type);
        payload
    }

    #[test]
    fn asks_in_turn_until_all_are_known_then_seldom() {
        let (mut params, mut failsafes) = (Params::default(), Failsafes::default());
        let mut asked = Vec::new();
        for pass in 0..200u64 {
            let now = TimeUs(pass * 50_000);
            if let Some(name) = params.due(now, Firmware::ArduCopter, &failsafes) {
                asked.push(name);
                // This autopilot is older than 4.7, and its first answer is lost.
                if asked.len() > 1 && name != "MAV_GCS_SYSID" {
                    let payload = answer(name, 1.0f32.to_le_bytes(), 9);
                    assert!(params.take(Firmware::ArduCopter, Payload(&payload), &mut failsafes));
                }
            }
        }
        assert_eq!(
            asked[..7],
            [
                "GUID_TIMEOUT",
                "FS_GCS_ENABLE",
                "FENCE_ENABLE",
                "BATT_FS_LOW_ACT",
                "BATT_FS_CRT_ACT",
                "SYSID_MYGCS",
                "GUID_TIMEOUT"
            ]
        );
        assert_eq!(asked.len(), 8, "one refresh in the remaining 8 s: {asked:?}");
    }

    #[test]
    fn the_larger_battery_action_counts() {
        let (mut params, mut failsafes) = (Params::default(), Failsafes::default());
        for (name, value) in [("BATT_FS_CRT_ACT", 2.0f32), ("BATT_FS_LOW_ACT", 0.0)] {
            params.take(Firmware::ArduCopter, Payload(&answer(name, value.to_le_bytes(), 2)), &mut failsafes);
        }
        assert_eq!(failsafes.battery_action, Some(2.0));
        let none = answer("BATT_FS_CRT_ACT", 0.0f32.to_le_bytes(), 2);
        params.take(Firmware::ArduCopter, Payload(&none), &mut failsafes);
        assert_eq!(failsafes.battery_action, Some(0.0), "a change is followed downwards too");
    }

    #[test]
    fn px4_hides_integers_in_the_float() {
        let (mut params, mut failsafes) = (Params::default(), Failsafes::default());
        let payload = answer("COM_OBL_RC_ACT", 5i32.to_le_bytes(), 6);
        assert!(params.take(Firmware::Px4, Payload(&payload), &mut failsafes));
        assert_eq!(failsafes.offboard_loss_action, Some(5.0));
        let payload = answer("COM_OF_LOSS_T", 0.5f32.to_le_bytes(), 9);
        assert!(params.take(Firmware::Px4, Payload(&payload), &mut failsafes));
        assert_eq!(failsafes.offboard_loss_s, Some(0.5));
        // ArduPilot calls the type INT8 and sends a float all the same.
        let payload = answer("FS_GCS_ENABLE", 5.0f32.to_le_bytes(), 2);
        assert!(params.take(Firmware::ArduCopter, Payload(&payload), &mut failsafes));
        assert_eq!(failsafes.fs_gcs_enable, Some(5.0));
    }

    #[test]
    fn nothing_else_counts() {
        let (mut params, mut failsafes) = (Params::default(), Failsafes::default());
        let nan = answer("GUID_TIMEOUT", f32::NAN.to_le_bytes(), 9);
        assert!(!params.take(Firmware::ArduCopter, Payload(&nan), &mut failsafes));
        let longer = answer("GUID_TIMEOUT2", 1.0f32.to_le_bytes(), 9);
        assert!(!params.take(Firmware::ArduCopter, Payload(&longer), &mut failsafes));
        assert!(!params.take(Firmware::Other, Payload(&longer), &mut failsafes));
        assert_eq!(failsafes, Failsafes::default());
        assert_eq!(params.due(TimeUs(0), Firmware::Other, &failsafes), None);
    }
}
