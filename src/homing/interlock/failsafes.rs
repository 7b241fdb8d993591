//! What the autopilot does when we, the pilot's radio, the ground station or the battery fail: homing stays locked until its
//! parameters say so, by the table of [`parameter`], and until what they guard against can be noticed at all.
//!
//! PX4: position, altitude and manual of COM_OBL_RC_ACT need a pilot at the sticks, terminate and disarm stop the motors in the
//! air. ArduPilot's GCS failsafe is silent until its ground station was heard once (`Copter::failsafe_gcs_check`).

use super::{Check, Judged};
use crate::command::{Fault, Interlock};
use crate::time::TimeUs;
use crate::vehicle::parameter::{self, BatteryChain, BatteryLink, Need, index};
use crate::vehicle::{Firmware, PartHealth, Vehicle};

const CHECK: Check = Check(Interlock::Failsafes);
const GCS_SYSTEM: usize = index("SYSID_MYGCS");
const LOW_ACTION: usize = index("BATT_FS_LOW_ACT");

/// The identity is judged before.
pub(super) fn judge(vehicle: &Vehicle, now: TimeUs, judged: &mut Judged<'_>) {
    let Some(bound) = vehicle.identity else { return };
    for (at, row) in parameter::of(bound.firmware) {
        let value = vehicle.parameters.fresh(at, now);
        if !matches!(row.need, Need::Battery(..)) {
            judged.take(holds(row.need, value, bound.system, row.mend));
        }
    }
    if bound.firmware == Firmware::ArduCopter {
        judged.take(battery(vehicle, now));
        judged.take(ground_station(vehicle, now));
    }
    let is_off = vehicle.health.is_some_and(|health| health.value.fence == PartHealth::Off);
    judged.take(CHECK.holds(!is_off, "the autopilot's fence is switched off at present: switch it on"));
}

fn holds(need: Need, value: Option<f64>, own_system: u8, mend: &'static str) -> super::Verdict {
    let value = value.ok_or(CHECK.refuse(Fault::Unknown, mend))?;
    if !value.is_finite() {
        return Err(CHECK.refuse(Fault::NonFinite, mend));
    }
    let yes = match need {
        Need::Within(low, high) => (low..=high).contains(&value),
        Need::AnyBit(bits) => value as u32 & bits != 0,
        Need::NoBit(bits) => value as u32 & bits == 0,
        // Our heartbeats carry the aircraft's id: watched as the ground station's they would hide its loss.
        Need::GroundStation => (1.0..=255.0).contains(&value) && value != f64::from(own_system),
        Need::Battery(..) | Need::Told => true,
    };
    CHECK.holds(yes, mend)
}

/// One of the two chains must hold: an action, and a threshold at which it is taken.
fn battery(vehicle: &Vehicle, now: TimeUs) -> super::Verdict {
    let mend = parameter::PARAMETERS[LOW_ACTION].mend;
    let values = |chain, link| {
        parameter::of(Firmware::ArduCopter)
            .filter(move |(_, row)| row.need == Need::Battery(chain, link))
            .map(|(at, _)| vehicle.parameters.fresh(at, now))
    };
    let set = |chain, link| values(chain, link).flatten().any(|value| value.is_finite() && value > 0.0);
    let holds = |chain| set(chain, BatteryLink::Action) && set(chain, BatteryLink::Threshold);
    if holds(BatteryChain::Low) || holds(BatteryChain::Critical) {
        return Ok(());
    }
    let links = [BatteryLink::Action, BatteryLink::Threshold];
    let all_told = [BatteryChain::Low, BatteryChain::Critical]
        .iter()
        .all(|&chain| links.iter().all(|&link| values(chain, link).all(|value| value.is_some())));
    Err(CHECK.refuse(if all_told { Fault::Refused } else { Fault::Unknown }, mend))
}

fn ground_station(vehicle: &Vehicle, now: TimeUs) -> super::Verdict {
    let watched = vehicle.parameters.fresh(GCS_SYSTEM, now);
    let heard = vehicle.ground_station.map(|heard| f64::from(heard.value));
    let mend = "no ground station of SYSID_MYGCS was heard since the autopilot started, so its loss would not be noticed: connect it";
    CHECK.holds(watched.is_none() || heard == watched, mend)
}
