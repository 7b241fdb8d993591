//! What the autopilot does when we fall silent, read from its parameters: homing stays locked until they are set.
//!
//! Values: ArduPilot `ArduCopter/Parameters.cpp` and `AP_BattMonitor_Params.cpp`; PX4 `commander_params` (COM_OBL_RC_ACT:
//! 0 position, 1 altitude, 2 manual, 3 return, 4 land, 5 hold, 6 terminate, 7 disarm; COM_LOW_BAT_ACT: 0 warning)
//! and `geofence_params` (GF_ACTION: 0 none, 1 warning, 2 hold, 3 return, 4 terminate, 5 land). Position, altitude and
//! manual of COM_OBL_RC_ACT need a pilot at the sticks, terminate and disarm stop the motors in the air.
//!
//! They carry no age: the link reads them again whenever it is made anew, and forgets them until then.

use super::{Check, Verdict};
use crate::command::{Fault, Interlock};
use crate::vehicle::{Failsafes, Firmware, Vehicle};

const CHECK: Check = Check(Interlock::Failsafes);

/// The identity is judged before.
pub(super) fn judge(vehicle: &Vehicle) -> Verdict {
    let unknown = CHECK.refuse(Fault::Unknown, "no autopilot heard");
    let bound = vehicle.identity.ok_or(unknown)?;
    match bound.firmware {
        Firmware::ArduCopter => ardupilot(&vehicle.failsafes, bound.system),
        Firmware::Px4 => px4(&vehicle.failsafes),
        Firmware::Other => Err(CHECK.refuse(Fault::Refused, "neither ArduCopter nor PX4")),
    }
}

fn ardupilot(set: &Failsafes, own_system: u8) -> Verdict {
    parameter(set.guid_timeout_s, f64::MIN_POSITIVE, 1.0, "GUID_TIMEOUT: set it to 1 s or less")?;
    parameter(set.fs_gcs_enable, 1.0, f64::MAX, "FS_GCS_ENABLE: set it to 1 (RTL) or another action")?;
    parameter(set.fence_enable, 1.0, f64::MAX, "FENCE_ENABLE: set it to 1")?;
    let battery = "BATT_FS_LOW_ACT, BATT_FS_CRT_ACT: set an action, not 0 (warn only)";
    parameter(set.battery_action, 1.0, f64::MAX, battery)?;
    let ground = "SYSID_MYGCS (MAV_GCS_SYSID): set it to the ground station's id";
    parameter(set.gcs_system, 1.0, 255.0, ground)?;
    // Our heartbeats carry the aircraft's id: watched as the ground station's they would hide its loss.
    CHECK.holds(set.gcs_system != Some(f64::from(own_system)), ground)
}

fn px4(set: &Failsafes) -> Verdict {
    parameter(set.offboard_loss_s, 0.0, 1.0, "COM_OF_LOSS_T: set it to 1 s or less")?;
    parameter(set.offboard_loss_action, 5.0, 5.0, "COM_OBL_RC_ACT: set it to 5 (hold)")?;
    parameter(set.geofence_action, 2.0, 5.0, "GF_ACTION: set it to 2 (hold) or more")?;
    parameter(set.battery_action, 1.0, f64::MAX, "COM_LOW_BAT_ACT: set an action, not 0 (warning)")
}

/// Refuses with how to mend it unless the parameter is known and in `low..=high`.
fn parameter(value: Option<f64>, low: f64, high: f64, mend: &'static str) -> Verdict {
    let value = value.ok_or(CHECK.refuse(Fault::Unknown, mend))?;
    if !value.is_finite() {
        return Err(CHECK.refuse(Fault::NonFinite, mend));
    }
    CHECK.holds((low..=high).contains(&value), mend)
}
