//! The autopilot's parameters that decide whether homing is safe: one table, from which the conditions (`homing/interlock`),
//! the questions (the host's `autopilot/params.rs`), the rows of the flight file and `skyhound config autopilot` follow.
//!
//! What each means for us: what the autopilot does when we, the pilot's radio, the ground station, its estimator or its
//! battery fail; where its own fence lies; which channel is which stick. Sources: ArduPilot Copter 4.6 `Parameters.cpp`,
//! `AC_Fence.cpp`, `AP_BattMonitor_Params.cpp`, `RC_Channels`; PX4 1.15 `commander_params`, `geofence_params`, `navigator_params`,
//! `battery_params_common`, `rc_params`. A value carries the time it was told, and is unknown again when it is too old.

use super::Firmware;
use crate::time::{Aged, TimeUs};

/// What is asked of a parameter's value.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Need {
    /// In this range, both ends included.
    Within(f64, f64),
    /// At least one of these bits.
    AnyBit(u32),
    /// None of these bits.
    NoBit(u32),
    /// None of these bits; a release that does not know the parameter does not tell it.
    NoBitIfTold(u32),
    /// One of these.
    OneOf(&'static [f64]),
    /// The system id of a ground station: 1 to 255, and not the aircraft's own, which our heartbeats carry.
    GroundStation,
    /// A link of a chain that must hold as a whole, or another chain must.
    Battery(BatteryChain, BatteryLink),
    /// Finite: others reckon with it.
    Told,
}

/// Two chains of the battery's failsafe; one that holds is enough.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum BatteryChain {
    /// Low.
    Low,
    /// Critical.
    Critical,
}

/// What a chain consists of.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum BatteryLink {
    /// What the autopilot does: not 0 (nothing), and not 5 (terminate: the motors stop in the air).
    Action,
    /// When: one threshold over 0.
    Threshold,
}

/// A parameter of an autopilot.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Whose.
    pub firmware: Firmware,
    /// Its name, at most 16 bytes.
    pub name: &'static str,
    /// Its name in other releases; whichever exists answers. Empty: none.
    pub other_name: &'static str,
    /// What is asked of it.
    pub need: Need,
    /// What to do when it is not so.
    pub mend: &'static str,
    /// Told longer ago, it is unknown, s.
    pub age_max_s: u16,
}

/// Each parameter is read again at least this often while the link is up: two readings may be lost.
const AGE_MAX_S: u16 = 120;
const ANY: f64 = f64::MAX;

const fn row(firmware: Firmware, name: &'static str, need: Need, mend: &'static str) -> Parameter {
    Parameter { firmware, name, other_name: "", need, mend, age_max_s: AGE_MAX_S }
}

const fn copter(name: &'static str, need: Need, mend: &'static str) -> Parameter {
    row(Firmware::ArduCopter, name, need, mend)
}

const fn px4(name: &'static str, need: Need, mend: &'static str) -> Parameter {
    row(Firmware::Px4, name, need, mend)
}

use BatteryChain::{Critical, Low};
use BatteryLink::{Action, Threshold};
use Need::{AnyBit, Battery, GroundStation, NoBit, NoBitIfTold, OneOf, Told, Within};

const BATTERY: &str = "BATT_FS_LOW_ACT with BATT_LOW_VOLT or BATT_LOW_MAH (or BATT_FS_CRT_ACT with BATT_CRT_VOLT or \
                       BATT_CRT_MAH): set an action, not 0 (warn only) nor 5 (terminate), and a threshold over 0";
const GROUND: &str = "SYSID_MYGCS (MAV_GCS_SYSID): set it to the ground station's id";
const STICK_COPTER: &str = "RCMAP_*: set the pilot's channels, 1 to 16";
const STICK_PX4: &str = "RC_MAP_*: calibrate the pilot's radio, so that each stick has its channel";

/// The table. Indexes into it (see [`index`]) are what records and [`Parameters`] use.
pub const PARAMETERS: [Parameter; 47] = [
    copter("GUID_TIMEOUT", Within(f64::MIN_POSITIVE, 1.0), "GUID_TIMEOUT: set it to 1 s or less"),
    copter("FS_GCS_ENABLE", Within(1.0, ANY), "FS_GCS_ENABLE: set it to 1 (RTL) or another action"),
    copter("FS_GCS_TIMEOUT", Within(0.5, 30.0), "FS_GCS_TIMEOUT: set it to 30 s or less"),
    copter("FS_THR_ENABLE", Within(1.0, ANY), "FS_THR_ENABLE: set it to 1 (RTL) or another action"),
    copter("FS_OPTIONS", NoBit(4), "FS_OPTIONS: clear bit 2 (continue in GUIDED without the pilot's radio)"),
    copter(
        "RC_OPTIONS",
        NoBit(1 | 4),
        "RC_OPTIONS: clear bits 0 and 2 (ignore the pilot's radio, or its failsafe)",
    ),
    copter("RC_FS_TIMEOUT", Within(0.0, 2.0), "RC_FS_TIMEOUT: set it to 2 s or less"),
    copter("FS_EKF_ACTION", Within(1.0, ANY), "FS_EKF_ACTION: set it to 1 (land) or another action"),
    copter(
        "FS_EKF_THRESH",
        Within(f64::MIN_POSITIVE, 1.0),
        "FS_EKF_THRESH: set it to 0.8; 0 or less is no failsafe",
    ),
    copter("FENCE_ENABLE", Within(1.0, ANY), "FENCE_ENABLE: set it to 1"),
    copter(
        "FENCE_ACTION",
        Within(1.0, ANY),
        "FENCE_ACTION: set it to 1 (RTL or land) or another action, not 0 (report)",
    ),
    copter("FENCE_TYPE", AnyBit(2 | 4), "FENCE_TYPE: set bit 1 (circle) or bit 2 (polygons)"),
    copter("FENCE_OPTIONS", Told, "FENCE_OPTIONS"),
    copter("FENCE_RADIUS", Told, "FENCE_RADIUS"),
    copter("FENCE_ALT_MAX", Told, "FENCE_ALT_MAX"),
    copter("FENCE_MARGIN", Told, "FENCE_MARGIN"),
    copter("BATT_MONITOR", Within(1.0, ANY), "BATT_MONITOR: set the battery's monitor, not 0 (none)"),
    copter(
        "BATT_LOW_TIMER",
        Within(1.0, 60.0),
        "BATT_LOW_TIMER: set it to 1 to 60 s (0 never tells a low voltage)",
    ),
    copter("BATT_FS_LOW_ACT", Battery(Low, Action), BATTERY),
    copter("BATT_LOW_VOLT", Battery(Low, Threshold), BATTERY),
    copter("BATT_LOW_MAH", Battery(Low, Threshold), BATTERY),
    copter("BATT_FS_CRT_ACT", Battery(Critical, Action), BATTERY),
    copter("BATT_CRT_VOLT", Battery(Critical, Threshold), BATTERY),
    copter("BATT_CRT_MAH", Battery(Critical, Threshold), BATTERY),
    Parameter { other_name: "MAV_GCS_SYSID", ..copter("SYSID_MYGCS", GroundStation, GROUND) },
    copter("RCMAP_ROLL", Within(1.0, 16.0), STICK_COPTER),
    copter("RCMAP_PITCH", Within(1.0, 16.0), STICK_COPTER),
    copter("RCMAP_THROTTLE", Within(1.0, 16.0), STICK_COPTER),
    copter("RCMAP_YAW", Within(1.0, 16.0), STICK_COPTER),
    px4("COM_OF_LOSS_T", Within(0.0, 1.0), "COM_OF_LOSS_T: set it to 1 s or less"),
    px4("COM_OBL_RC_ACT", Within(5.0, 5.0), "COM_OBL_RC_ACT: set it to 5 (hold)"),
    px4("COM_RCL_EXCEPT", NoBit(4), "COM_RCL_EXCEPT: clear bit 2 (OFFBOARD without the pilot's radio)"),
    px4("COM_RC_LOSS_T", Within(0.0, 2.0), "COM_RC_LOSS_T: set it to 2 s or less"),
    px4(
        "COM_RC_IN_MODE",
        OneOf(&[0.0, 2.0, 3.0]),
        "COM_RC_IN_MODE: set it to 0 (the pilot's radio); with 1 or 4 its loss is not noticed",
    ),
    px4("NAV_RCL_ACT", Within(1.0, 3.0), "NAV_RCL_ACT: set it to 2 (return), 1 (hold) or 3 (land)"),
    px4("NAV_DLL_ACT", Within(1.0, 3.0), "NAV_DLL_ACT: set it to 2 (return), 1 (hold) or 3 (land)"),
    px4(
        "COM_DLL_EXCEPT",
        NoBitIfTold(4),
        "COM_DLL_EXCEPT: clear bit 2 (OFFBOARD without the ground station's link)",
    ),
    px4("COM_DL_LOSS_T", Within(1.0, 30.0), "COM_DL_LOSS_T: set it to 30 s or less"),
    px4("GF_ACTION", OneOf(&[2.0, 3.0, 5.0]), "GF_ACTION: set it to 2 (hold), 3 (return) or 5 (land)"),
    px4("GF_MAX_HOR_DIST", Within(1.0, ANY), "GF_MAX_HOR_DIST: set it, m; 0 is no fence"),
    px4("GF_MAX_VER_DIST", Told, "GF_MAX_VER_DIST"),
    px4("COM_LOW_BAT_ACT", Within(1.0, ANY), "COM_LOW_BAT_ACT: set an action, not 0 (warning)"),
    px4("BAT_CRIT_THR", Within(0.01, 0.9), "BAT_CRIT_THR: set it to 0.01 or more"),
    px4("RC_MAP_ROLL", Within(1.0, 18.0), STICK_PX4),
    px4("RC_MAP_PITCH", Within(1.0, 18.0), STICK_PX4),
    px4("RC_MAP_THROTTLE", Within(1.0, 18.0), STICK_PX4),
    px4("RC_MAP_YAW", Within(1.0, 18.0), STICK_PX4),
];

/// Place of a parameter in [`PARAMETERS`]. In a constant, a name that is not there does not compile.
///
/// # Panics
/// The name is not in the table.
pub const fn index(name: &str) -> usize {
    let mut at = 0;
    while at < PARAMETERS.len() && !same(PARAMETERS[at].name.as_bytes(), name.as_bytes()) {
        at += 1;
    }
    assert!(at < PARAMETERS.len(), "no such parameter in the table");
    at
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The rows of a firmware with their places.
pub fn of(firmware: Firmware) -> impl Iterator<Item = (usize, &'static Parameter)> {
    PARAMETERS.iter().enumerate().filter(move |(_, parameter)| parameter.firmware == firmware)
}

/// The place of the parameter that a firmware calls so, by either name.
pub fn named(firmware: Firmware, name: &[u8]) -> Option<usize> {
    let is_so = |parameter: &Parameter| {
        parameter.name.as_bytes() == name
            || (!parameter.other_name.is_empty() && parameter.other_name.as_bytes() == name)
    };
    of(firmware).find(|(_, parameter)| is_so(parameter)).map(|(index, _)| index)
}

/// What the autopilot told of each, in the table's order.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Parameters {
    told: [Option<Aged<f64>>; PARAMETERS.len()],
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters { told: [None; PARAMETERS.len()] }
    }
}

impl Parameters {
    /// As told, however long ago.
    pub fn told(&self, index: usize) -> Option<Aged<f64>> {
        self.told.get(index).copied().flatten()
    }

    /// Keeps what was told, or forgets it. An index outside the table changes nothing.
    pub fn keep(&mut self, index: usize, value: Option<Aged<f64>>) {
        if let Some(told) = self.told.get_mut(index) {
            *told = value;
        }
    }

    /// The value while it is not too old.
    pub fn fresh(&self, index: usize, now: TimeUs) -> Option<f64> {
        let age_max_us = u64::from(PARAMETERS.get(index)?.age_max_s) * 1_000_000;
        self.told(index).filter(|told| told.is_fresh(now, age_max_us)).map(|told| told.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_asked_for_and_has_a_mend() {
        for (at, parameter) in PARAMETERS.iter().enumerate() {
            assert!(parameter.name.len() <= 16 && parameter.other_name.len() <= 16, "{parameter:?}");
            assert!(!parameter.mend.is_empty() && parameter.age_max_s > 0, "{parameter:?}");
            assert_eq!(index(parameter.name), at);
            assert_eq!(named(parameter.firmware, parameter.name.as_bytes()), Some(at));
        }
        assert_eq!(named(Firmware::ArduCopter, b"MAV_GCS_SYSID"), Some(index("SYSID_MYGCS")));
        assert_eq!(named(Firmware::ArduCopter, b""), None);
        assert_eq!(named(Firmware::Px4, b"GUID_TIMEOUT"), None);
    }

    #[test]
    fn an_old_value_is_unknown() {
        let mut parameters = Parameters::default();
        let at = index("GUID_TIMEOUT");
        parameters.keep(at, Some(Aged::new(1.0, TimeUs(5))));
        assert_eq!(parameters.fresh(at, TimeUs(120_000_005)), Some(1.0));
        assert_eq!(parameters.fresh(at, TimeUs(120_000_006)), None);
        assert_eq!(parameters.fresh(PARAMETERS.len(), TimeUs(5)), None);
    }
}
