//! What the autopilot must do by itself when we, the pilot's radio, its ground station, its estimator or its battery fail, after
//! the firmwares' own documents (ArduPilot Copter: "Failsafe Landing Page", "Fences"; PX4 guide: "Safety Configuration",
//! "Offboard Mode"): each parameter with what it must be, beside the engine's table and not from it.

use super::sane::fresh;
use skyhound::config::InterlockConfig;
use skyhound::time::TimeUs;
use skyhound::vehicle::parameter::index;
use skyhound::vehicle::{Firmware, Health, PartHealth, Vehicle};

/// Told longer ago, a parameter is not known: it may have been changed.
const AGE_MAX_US: u64 = 120_000_000;

#[derive(Copy, Clone, Debug)]
enum Must {
    Be(f64, f64),
    BeOf(&'static [f64]),
    Lack(u32),
    /// Where it exists.
    LackIfKnown(u32),
    Have(u32),
    BeKnown,
}
use Must::{Be, BeKnown, BeOf, Have, Lack, LackIfKnown};

const MOST: f64 = f64::MAX;
const COPTER: [(usize, Must); 18] = [
    (index("GUID_TIMEOUT"), Be(1e-6, 1.0)),
    (index("FS_GCS_ENABLE"), Be(1.0, MOST)),
    (index("FS_GCS_TIMEOUT"), Be(0.5, 30.0)),
    (index("FS_THR_ENABLE"), Be(1.0, MOST)),
    (index("FS_OPTIONS"), Lack(1 << 2)),
    (index("RC_OPTIONS"), Lack(1 | 1 << 2)),
    (index("RC_FS_TIMEOUT"), Be(0.0, 2.0)),
    (index("FS_EKF_ACTION"), Be(1.0, MOST)),
    (index("FS_EKF_THRESH"), Be(1e-6, 1.0)),
    (index("FENCE_ENABLE"), Be(1.0, MOST)),
    (index("FENCE_ACTION"), Be(1.0, MOST)),
    (index("FENCE_TYPE"), Have(1 << 1 | 1 << 2)),
    (index("FENCE_OPTIONS"), BeKnown),
    (index("FENCE_RADIUS"), BeKnown),
    (index("FENCE_ALT_MAX"), BeKnown),
    (index("FENCE_MARGIN"), BeKnown),
    (index("BATT_MONITOR"), Be(1.0, MOST)),
    (index("BATT_LOW_TIMER"), Be(1.0, 60.0)),
];
const PX4: [(usize, Must); 14] = [
    (index("COM_OF_LOSS_T"), Be(0.0, 1.0)),
    (index("COM_OBL_RC_ACT"), Be(5.0, 5.0)),
    (index("COM_RCL_EXCEPT"), Lack(1 << 2)),
    (index("COM_RC_LOSS_T"), Be(0.0, 2.0)),
    (index("COM_RC_IN_MODE"), BeOf(&[0.0, 2.0, 3.0])),
    (index("NAV_RCL_ACT"), Be(1.0, 3.0)),
    (index("NAV_DLL_ACT"), Be(1.0, 3.0)),
    (index("COM_DLL_EXCEPT"), LackIfKnown(1 << 2)),
    (index("COM_DL_LOSS_T"), Be(1.0, 30.0)),
    (index("GF_ACTION"), BeOf(&[2.0, 3.0, 5.0])),
    (index("GF_MAX_HOR_DIST"), Be(1.0, MOST)),
    (index("GF_MAX_VER_DIST"), BeKnown),
    (index("COM_LOW_BAT_ACT"), Be(1.0, MOST)),
    (index("BAT_CRIT_THR"), Be(0.01, 0.9)),
];
/// An action and two thresholds, of which one must be set: low, or critical.
const BATTERY: [[usize; 3]; 2] = [
    [index("BATT_FS_LOW_ACT"), index("BATT_LOW_VOLT"), index("BATT_LOW_MAH")],
    [index("BATT_FS_CRT_ACT"), index("BATT_CRT_VOLT"), index("BATT_CRT_MAH")],
];
/// BATT_FS_*_ACT.
const TERMINATE: f64 = 5.0;
const WATCHED: usize = index("SYSID_MYGCS");
const COPTER_STICKS: [usize; 4] =
    [index("RCMAP_ROLL"), index("RCMAP_PITCH"), index("RCMAP_THROTTLE"), index("RCMAP_YAW")];
const PX4_STICKS: [usize; 4] =
    [index("RC_MAP_ROLL"), index("RC_MAP_PITCH"), index("RC_MAP_THROTTLE"), index("RC_MAP_YAW")];

/// A parameter that was told lately, and is a number.
pub(super) fn told(vehicle: &Vehicle, now: TimeUs, parameter: usize) -> Option<f64> {
    fresh(vehicle.parameters.told(parameter), now, AGE_MAX_US).filter(|value| value.is_finite())
}

/// Whether all of it is so.
pub(super) fn hold(vehicle: &Vehicle, now: TimeUs, limits: &InterlockConfig) -> bool {
    let is_so = |&(parameter, must): &(usize, Must)| match (told(vehicle, now, parameter), must) {
        (None, LackIfKnown(_)) => vehicle.parameters.told(parameter).is_none(),
        (None, _) => false,
        (Some(value), Be(least, most)) => value >= least && value <= most,
        (Some(value), BeOf(values)) => values.contains(&value),
        (Some(value), Lack(bits) | LackIfKnown(bits)) => value as u32 & bits == 0,
        (Some(value), Have(bits)) => value as u32 & bits != 0,
        (Some(_), BeKnown) => true,
    };
    let are_mapped =
        |sticks: [usize; 4], channels: f64| sticks.iter().all(|one| is_so(&(*one, Be(1.0, channels))));
    let health = fresh(vehicle.health, now, u64::from(limits.status_age_max_us));
    let Some(bound) = vehicle.identity else { return false };
    match bound.firmware {
        Firmware::ArduCopter => {
            let over_0 = |parameter: usize| told(vehicle, now, parameter).is_some_and(|value| value > 0.0);
            let acts = |[action, volts, mah]: &[usize; 3]| {
                let stops_motors = told(vehicle, now, *action) == Some(TERMINATE);
                over_0(*action) && !stops_motors && (over_0(*volts) || over_0(*mah))
            };
            let heard = vehicle.ground_station.map(|heard| f64::from(heard.value));
            let is_watched = told(vehicle, now, WATCHED).is_some_and(|id| {
                (1.0..=255.0).contains(&id) && id != f64::from(bound.system) && heard == Some(id)
            });
            let is_fenced = health.is_some_and(|health| health.fence == PartHealth::Good);
            let is_mapped = are_mapped(COPTER_STICKS, 16.0);
            is_fenced && is_mapped && COPTER.iter().all(is_so) && BATTERY.iter().any(acts) && is_watched
        }
        Firmware::Px4 => {
            let is_well = |health: Health| matches!(health.fence, PartHealth::Good | PartHealth::Absent);
            health.is_some_and(is_well) && are_mapped(PX4_STICKS, 18.0) && PX4.iter().all(is_so)
        }
        Firmware::Other => false,
    }
}

/// The pilot's roll, pitch, throttle and yaw, where their channels are known, µs.
pub(super) fn sticks_us(vehicle: &Vehicle, now: TimeUs) -> Option<[u16; 4]> {
    let (rc, bound) = (vehicle.rc?, vehicle.identity?);
    let mut sticks_us = [0; 4];
    let parameters = if bound.firmware == Firmware::Px4 { PX4_STICKS } else { COPTER_STICKS };
    for (us, parameter) in sticks_us.iter_mut().zip(parameters) {
        let channel = told(vehicle, now, parameter)? as usize;
        let mut there = rc.value.channels_us.iter().take(usize::from(rc.value.channel_count));
        *us = *there.nth(channel.checked_sub(1)?)?;
    }
    Some(sticks_us)
}
