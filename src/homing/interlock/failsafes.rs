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
        match row.need {
            Need::Battery(..) => {}
            need => judged.take(holds(need, value, bound.system, row.mend)),
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
    let link = |chain: BatteryChain, link: BatteryLink| {
        let rows = parameter::of(Firmware::ArduCopter)
            .filter(move |(_, row)| row.need == Need::Battery(chain, link))
            .map(|(at, _)| vehicle.parameters.fresh(at, now));
        rows.fold(Some(false), |before, value| match (before, value) {
            (Some(true), _) => Some(true),
            (_, Some(value)) if value > 0.0 && value.is_finite() => Some(true),
            (_, None) => None,
            (before, Some(_)) => before,
        })
    };
    let chain = |chain| match (link(chain, BatteryLink::Action), link(chain, BatteryLink::Threshold)) {
        (Some(true), Some(true)) => Some(true),
        (Some(false), _) | (_, Some(false)) => Some(false),
        _ => None,
    };
    match (chain(BatteryChain::Low), chain(BatteryChain::Critical)) {
        (Some(true), _) | (_, Some(true)) => Ok(()),
        (None, _) | (_, None) => Err(CHECK.refuse(Fault::Unknown, mend)),
        _ => Err(CHECK.refuse(Fault::Refused, mend)),
    }
}

fn ground_station(vehicle: &Vehicle, now: TimeUs) -> super::Verdict {
    let watched = vehicle.parameters.fresh(GCS_SYSTEM, now);
    let heard = vehicle.ground_station.map(|heard| f64::from(heard.value));
    let mend = "no ground station of SYSID_MYGCS was heard since the autopilot started, so its loss would not be noticed: connect it";
    CHECK.holds(watched.is_none() || heard == watched, mend)
}
