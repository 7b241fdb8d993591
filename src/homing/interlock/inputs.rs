//! The interlocks that judge one input each: is it known, fresh, finite, in range, and does it say yes.
//!
//! Ranges without a setting are physical: outside them the value is a fault of the sender, not a state of the aircraft.

use super::{Check, Verdict};
use crate::command::{Fault, Interlock};
use crate::config::{InterlockConfig, Samples};
use crate::facts::Facts;
use crate::geo::Wgs84;
use crate::homing::Inputs;
use crate::vehicle::Firmware;

/// MAVLink component of an autopilot: MAV_COMP_ID_AUTOPILOT1.
const AUTOPILOT_COMPONENT: u8 = 1;
/// Highest system id of an aircraft. Ground stations use 250 to 255 (255: Mission Planner, QGroundControl, MAVProxy); our
/// heartbeats carry the aircraft's id and must never pass for a ground station's.
const SYSTEM_MAX: u8 = 249;
/// From here on MAV_STATE means trouble: critical (ArduPilot: any failsafe acts), emergency, power-off, termination.
const MAV_STATE_CRITICAL: u8 = 5;
/// ±π with room for an `f32` π, which is larger than the `f64` one.
const HALF_TURN_RAD: f64 = std::f64::consts::PI + 1e-6;
/// Leaning further than 60° is no state to command in; autopilots lean 30° to 45° by default.
const TILT_MAX_RAD: f64 = 1.05;
/// No multirotor turns faster.
const YAW_RATE_POSSIBLE_RAD_S: f64 = 20.0;
/// No multirotor of this kind flies faster.
const SPEED_POSSIBLE_MPS: f64 = 50.0;
/// Lowest land and highest summit with room.
const ALT_POSSIBLE_M: (f64, f64) = (-1_000.0, 10_000.0);
/// Highest GPS_FIX_TYPE (PPP).
const FIX_POSSIBLE_MAX: u8 = 8;
/// Innovation test ratio at which ArduPilot's EKF failsafe acts by default (FS_EKF_THRESH = 0.8).
const EKF_VARIANCE_MAX: f64 = 0.8;
/// Largest voltage believed.
const VOLTAGE_POSSIBLE_V: f64 = 100.0;

pub(super) fn identity(inputs: &Inputs<'_>) -> Verdict {
    let check = Check(Interlock::Identity);
    let nobody = inputs.vehicle.contested.unwrap_or("no autopilot heard");
    let bound = inputs.vehicle.identity.ok_or(check.refuse(Fault::Unknown, nobody))?;
    check.number(f64::from(bound.system), 1.0, f64::from(SYSTEM_MAX), "system id: set it to 1..249")?;
    check.holds(bound.component == AUTOPILOT_COMPONENT, "component id is not 1: set the autopilot's to 1")?;
    check.holds(bound.firmware != Firmware::Other, "neither ArduCopter nor PX4: no other is flown")?;
    inputs.vehicle.contested.map_or(Ok(()), |why| Err(check.refuse(Fault::Refused, why)))
}

pub(super) fn heartbeat(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    let age_max_us = u64::from(limits.heartbeat_age_max_us);
    let mend = "the autopilot's heartbeats stopped: look at its line and power";
    Check(Interlock::Heartbeat).fresh(inputs.vehicle.heartbeat, inputs.now, age_max_us, mend).map(drop)
}

/// The heartbeat's freshness is judged before. What CURRENT_MODE says is judged too while it is as fresh: PX4 beats at 1 Hz
/// whatever happens, and tells a change there within 0.1 s.
pub(super) fn mode(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::Mode);
    let mode = inputs.vehicle.heartbeat.ok_or(check.refuse(Fault::Unknown, "no heartbeat"))?.value.mode;
    let same = inputs.vehicle.identity.is_some_and(|bound| bound.firmware == mode.firmware);
    check.holds(same, "mode of another firmware")?;
    let age_max_us = u64::from(limits.heartbeat_age_max_us);
    let told = inputs.vehicle.mode_told.filter(|told| told.is_fresh(inputs.now, age_max_us));
    let is_ours = mode.accepts_commands() && told.is_none_or(|told| told.value.accepts_commands());
    let mend = match mode.firmware {
        Firmware::Px4 => {
            "not OFFBOARD: mend what else is missing, then `homing on` streams what PX4 needs to enter it"
        }
        Firmware::ArduCopter | Firmware::Other => "not GUIDED: the pilot hands the aircraft over by it",
    };
    check.holds(is_ours, mend)
}

/// Armed, and not in trouble. The heartbeat's freshness is judged before.
pub(super) fn armed(inputs: &Inputs<'_>) -> Verdict {
    let check = Check(Interlock::Armed);
    let heartbeat = inputs.vehicle.heartbeat.ok_or(check.refuse(Fault::Unknown, "no heartbeat"))?.value;
    check.holds(heartbeat.armed, "disarmed: arm and take off first")?;
    check.holds(
        heartbeat.system_status < MAV_STATE_CRITICAL,
        "the autopilot reports a failsafe or an emergency: see its messages",
    )
}

pub(super) fn attitude(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::Attitude);
    let mend = "ATTITUDE is not told in time: look at the line's speed and load";
    let age_max_us = u64::from(limits.pose_age_max_us);
    let attitude = check.fresh(inputs.vehicle.attitude, inputs.now, age_max_us, mend)?;
    check.number(attitude.roll_rad, -TILT_MAX_RAD, TILT_MAX_RAD, "roll")?;
    check.number(attitude.pitch_rad, -TILT_MAX_RAD, TILT_MAX_RAD, "pitch")?;
    check.number(attitude.yaw_rad, -HALF_TURN_RAD, HALF_TURN_RAD, "yaw")?;
    let turn = YAW_RATE_POSSIBLE_RAD_S;
    check.number(attitude.yaw_rate_rad_s, -turn, turn, "yaw rate")
}

pub(super) fn position(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::Position);
    let mend = "GLOBAL_POSITION_INT is not told in time: wait for the estimator, or look at the line's speed and load";
    let age_max_us = u64::from(limits.pose_age_max_us);
    let position = check.fresh(inputs.vehicle.position, inputs.now, age_max_us, mend)?;
    place(check, position.place)?;
    check.number(position.alt_amsl_m, ALT_POSSIBLE_M.0, ALT_POSSIBLE_M.1, "altitude above sea")?;
    check.number(position.alt_rel_m, ALT_POSSIBLE_M.0, ALT_POSSIBLE_M.1, "altitude above home")?;
    let fast = SPEED_POSSIBLE_MPS;
    check.number(position.north_mps, -fast, fast, "velocity north")?;
    check.number(position.east_mps, -fast, fast, "velocity east")?;
    check.number(position.down_mps, -fast, fast, "velocity down")
}

/// Refuses what is no place on WGS84, and the 0/0 that autopilots send before a fix.
pub(super) fn place(check: Check, place: Wgs84) -> Verdict {
    check.number(place.lat_deg, -90.0, 90.0, "latitude")?;
    check.number(place.lon_deg, -180.0, 180.0, "longitude")?;
    let none = Wgs84::checked(place.lat_deg, place.lon_deg).is_none();
    if none { Err(check.refuse(Fault::OutOfRange, "0/0: wait for a fix")) } else { Ok(()) }
}

pub(super) fn gps(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::Gps);
    let mend = "GPS_RAW_INT is not told in time: look at the receiver, and the line's speed and load";
    let gps = check.fresh(inputs.vehicle.gps, inputs.now, u64::from(limits.status_age_max_us), mend)?;
    check.number(f64::from(gps.fix), 0.0, f64::from(FIX_POSSIBLE_MAX), "fix type")?;
    check.holds(gps.fix >= limits.fix_min, "fix under interlock.fix_min: wait, or find open sky")?;
    let few = "satellites under interlock.satellites_min: wait, or find open sky";
    let satellites = gps.satellites.ok_or(check.refuse(Fault::Unknown, few))?;
    check.holds(satellites >= limits.satellites_min, few)?;
    let vague = "HDOP over interlock.hdop_max: wait, or find open sky";
    let hdop = gps.hdop.ok_or(check.refuse(Fault::Unknown, vague))?;
    check.number(hdop, f64::MIN_POSITIVE, f64::MAX, vague)?;
    check.holds(hdop <= limits.hdop_max, vague)
}

pub(super) fn ekf(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::Ekf);
    let mend =
        "EKF_STATUS_REPORT (PX4: ESTIMATOR_STATUS) is not told in time: look at the line's speed and load";
    let ekf = check.fresh(inputs.vehicle.ekf, inputs.now, u64::from(limits.status_age_max_us), mend)?;
    let unsure = "variance of the estimator: wait until it settles, and look at compass and GPS";
    check.number(ekf.variance_max, 0.0, f64::MAX, unsure)?;
    check.holds(ekf.variance_max < EKF_VARIANCE_MAX, unsure)?;
    check.holds(ekf.attitude_ok, "the estimator has no attitude: wait until it settles")?;
    check.holds(
        ekf.velocity_horizontal_ok,
        "the estimator has no horizontal velocity: wait until it settles",
    )?;
    check.holds(ekf.position_horizontal_ok, "the estimator has no horizontal position: wait for GPS")?;
    check.holds(ekf.position_vertical_ok, "the estimator has no height: wait until it settles")?;
    check.holds(
        !ekf.degraded,
        "the estimator holds its place by guess, begins, or refuses the GPS: wait until it settles",
    )
}

/// An unknown charge is accepted only where a least voltage is set and the voltage is known.
pub(super) fn battery(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::Battery);
    let mend =
        "BATTERY_STATUS is not told in time: set the battery's monitor, or look at the line's speed and load";
    let battery =
        check.fresh(inputs.vehicle.battery, inputs.now, u64::from(limits.status_age_max_us), mend)?;
    let voltage_needed = limits.battery_min_v > 0.0;
    match battery.voltage_v {
        Some(voltage_v) => {
            check.number(voltage_v, 0.0, VOLTAGE_POSSIBLE_V, "voltage")?;
            check.holds(voltage_v >= limits.battery_min_v, "voltage under interlock.battery_min_v: land")?;
        }
        None if voltage_needed => {
            return Err(check.refuse(
                Fault::Unknown,
                "voltage: set the battery's monitor, or interlock.battery_min_v to 0",
            ));
        }
        None => {}
    }
    match battery.remaining_ratio {
        Some(ratio) => {
            check.number(ratio, 0.0, 1.0, "remaining charge")?;
            check.holds(ratio >= limits.battery_min_ratio, "charge under interlock.battery_min_ratio: land")
        }
        None if voltage_needed => Ok(()),
        None => Err(check.refuse(Fault::Unknown, "remaining charge: set interlock.battery_min_v")),
    }
}

pub(super) fn sdr(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::Sdr);
    let mend = "the samples are a recording's: homing by one needs `fly --bench`, and never a real aircraft";
    check.holds(limits.samples != Samples::Recording, mend)?;
    check.holds(inputs.sdr_alive, "the device does not stream: look at its cable, see `skyhound probe`")?;
    let silent = "no readings in time: the device is silent, or the machine overloaded";
    let newest_us = inputs.newest_reading_us.ok_or(check.refuse(Fault::Unknown, silent))?;
    let age_us = inputs.now.0.checked_sub(newest_us.0);
    let fresh = age_us.is_some_and(|age_us| age_us <= u64::from(limits.reading_age_max_us));
    if fresh { Ok(()) } else { Err(check.refuse(Fault::Stale, silent)) }
}

/// The facts of every channel, because any of them may become the one that is homed on.
pub(super) fn facts(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::Facts);
    let none = "nothing is known of the beacons' channels yet: wait for readings";
    if inputs.facts.is_empty() {
        return Err(check.refuse(Fault::Unknown, none));
    }
    for (index, facts) in inputs.facts.iter().enumerate() {
        let age_us = inputs.now.0.checked_sub(facts.at.0);
        let fresh = age_us.is_some_and(|age_us| age_us <= u64::from(limits.facts_age_max_us));
        if !fresh {
            return Err(check.refuse(Fault::Stale, none));
        }
        check.number(f64::from(facts.channel), index as f64, index as f64, "channel")?;
        values(check, facts)?;
    }
    Ok(())
}

/// What steering and the state machine use of the facts.
fn values(check: Check, facts: &Facts) -> Verdict {
    if let Some(snr_db) = facts.snr_db {
        check.number(snr_db, -300.0, 300.0, "SNR")?;
    }
    if let Some(trend) = facts.trend {
        check.number(trend.slope_db_s, -1e6, 1e6, "trend")?;
    }
    if let Ok(gradient) = facts.gradient {
        check.number(gradient.bearing_rad, -HALF_TURN_RAD, HALF_TURN_RAD, "bearing")?;
        check.number(gradient.bearing_sigma_rad, 0.0, f64::MAX, "bearing sigma")?;
    }
    Ok(())
}
