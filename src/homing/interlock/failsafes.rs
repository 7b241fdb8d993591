//! What the autopilot does when we, the pilot's radio, the ground station or the battery fail: homing stays locked until its
//! parameters say so, by the table of [`parameter`], and until what they guard against can be noticed at all.
//!
//! PX4: position, altitude and manual of COM_OBL_RC_ACT need a pilot at the sticks. Terminating and disarming, of either
//! firmware, stop the motors in the air, wherever that is asked for. ArduPilot's GCS failsafe is silent until its ground station was heard once (`Copter::failsafe_gcs_check`).

use super::{Check, Judged};
use crate::command::{Fault, Interlock};
use crate::time::TimeUs;
use crate::vehicle::parameter::{self, BatteryChain, BatteryLink, Need, index};
use crate::vehicle::{Firmware, PartHealth, Vehicle};

const CHECK: Check = Check(Interlock::Failsafes);
const GCS_SYSTEM: usize = index("SYSID_MYGCS");
const LOW_ACTION: usize = index("BATT_FS_LOW_ACT");
/// BATT_FS_*_ACT.
const TERMINATE: f64 = 5.0;

/// The identity is judged before.
pub(super) fn judge(vehicle: &Vehicle, now: TimeUs, status_age_max_us: u64, judged: &mut Judged<'_>) {
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
    let status =
        "SYS_STATUS: the autopilot's own health is not told in time; look at the line's speed and load";
    match CHECK.fresh(vehicle.health, now, status_age_max_us, status) {
        Ok(health) => judged.take(fence(health.fence, bound.firmware)),
        Err(trip) => judged.take(Err(trip)),
    };
}

/// PX4 tells of its fence only when there is something to tell.
fn fence(health: PartHealth, firmware: Firmware) -> super::Verdict {
    match health {
        PartHealth::Good => Ok(()),
        PartHealth::Absent if firmware == Firmware::Px4 => Ok(()),
        PartHealth::Bad => Err(CHECK.refuse(
            Fault::Refused,
            "the autopilot's fence is breached, or cannot work: fly back inside, or see what it says",
        )),
        PartHealth::Off | PartHealth::Absent => Err(CHECK.refuse(
            Fault::Refused,
            "the autopilot's fence is switched off at present, or empty: switch it on",
        )),
    }
}

fn holds(need: Need, value: Option<f64>, own_system: u8, mend: &'static str) -> super::Verdict {
    if matches!(need, Need::NoBitIfTold(_)) && value.is_none() {
        return Ok(());
    }
    let value = value.ok_or(CHECK.refuse(Fault::Unknown, mend))?;
    if !value.is_finite() {
        return Err(CHECK.refuse(Fault::NonFinite, mend));
    }
    let yes = match need {
        Need::Within(low, high) => (low..=high).contains(&value),
        Need::AnyBit(bits) => value as u32 & bits != 0,
        Need::NoBit(bits) | Need::NoBitIfTold(bits) => value as u32 & bits == 0,
        Need::OneOf(values) => values.contains(&value),
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
    let set = |chain, link| {
        let mut told = values(chain, link).flatten().filter(|value| value.is_finite() && *value > 0.0);
        told.any(|value| link != BatteryLink::Action || value != TERMINATE)
    };
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
