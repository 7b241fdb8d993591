//! What the aircraft believes of itself as messages: here SI units become MAVLink's.
//!
//! Fields and their unknowns as ArduPilot's `GCS_Common.cpp` and PX4's `streams/*.hpp` fill them. SIM_STATE alone carries the
//! truth (with its 1e-7 degree extension fields; a float's latitude is only good to half a metre).

use super::wire::Message;
use crate::aircraft::{Aircraft, Belief, Parameter, ParameterType, Waypoint};
use crate::scenario::Flavour;
use skyhound::geo::{Origin, Wgs84};
use std::f64::consts::TAU;

const MAV_TYPE_QUADROTOR: u8 = 2;
const MAV_AUTOPILOT_ARDUPILOTMEGA: u8 = 3;
const MAV_AUTOPILOT_PX4: u8 = 12;
const CUSTOM_MODE_ENABLED: u8 = 1;
const ARMED: u8 = 128;
/// Gyroscope, accelerometer, magnetometer, absolute pressure, GPS, rate and attitude control, yaw, altitude and position
/// control, motors, RC receiver, AHRS, battery (MAV_SYS_STATUS_SENSOR).
const SENSORS: u32 = 0x0221_FC2F;
const SENSOR_GPS: u32 = 0x20;
const SENSOR_RC: u32 = 0x1_0000;
const SENSOR_AHRS: u32 = 0x20_0000;
const SENSOR_FENCE: u32 = 0x10_0000;
/// MAV_SENSOR_ROTATION_PITCH_270.
const LOOKS_DOWN: u8 = 25;
/// PARAM_FLOAT or PARAM_ENCODE_BYTEWISE, and MISSION_INT, COMMAND_INT, SET_POSITION_TARGET_LOCAL_NED and _GLOBAL_INT, MAVLINK2.
const CAPABILITIES: u64 = 4 | 8 | 128 | 256 | 8192;
const PARAM_FLOAT: u64 = 2;
const PARAM_ENCODE_BYTEWISE: u64 = 16;
/// EKF_STATUS and ESTIMATOR_STATUS: attitude and absolute horizontal position are good.
const EKF_GOOD: u16 = 1 | 16;

/// The message `name` as it would leave now; `None` when the aircraft has nothing to say in it.
pub fn telemetry(name: &str, aircraft: &Aircraft) -> Option<Message> {
    match name {
        "MISSION_CURRENT" => {
            // ArduPilot counts without its item 0, which is home.
            let total = aircraft.mission.items.len().saturating_sub(aircraft.flavour().pick(1, 0));
            let seqs = [aircraft.belief().mission_item, total as u16];
            Some(Message::new(name).with_each(["seq", "total"], seqs))
        }
        "SIM_STATE" => Some(sim_state(Message::new(name), aircraft)),
        _ => told(name, aircraft.belief(), aircraft.flavour()),
    }
}

/// The message `name` of an autopilot that believes this of itself.
pub fn told(name: &str, belief: &Belief, flavour: Flavour) -> Option<Message> {
    // Milliseconds wrap after 49 days, as the field does by definition.
    let message = Message::new(name)
        .with_if_there("time_boot_ms", (belief.boot_us / 1000) as u32)
        .with_if_there("time_usec", belief.boot_us);
    let position = belief.position.as_ref();
    match name {
        "HEARTBEAT" => Some(heartbeat(message, belief, flavour)),
        "SYS_STATUS" => Some(sys_status(message, belief)),
        "CURRENT_MODE" => {
            Some(message.with_each(["custom_mode", "intended_custom_mode"], [belief.custom_mode; 2]))
        }
        // Without a map there is no report at all.
        "TERRAIN_REPORT" => {
            let (position, height_m) = (position?, belief.height_terrain_m?);
            let heights_m = [position.alt_amsl_m - height_m, height_m];
            let message = at(message, "lat", "lon", position.place);
            let message = message.with_each(["terrain_height", "current_height"], heights_m);
            Some(message.with_each(["spacing", "loaded"], [30u16, 56]))
        }
        "ALTITUDE" => Some(altitude(message, belief)),
        "DISTANCE_SENSOR" => {
            let distances_cm = [10.0, 50_000.0, belief.height_rangefinder_m? * 1e2];
            let names = ["min_distance", "max_distance", "current_distance"];
            Some(message.with("orientation", LOOKS_DOWN).with_each(names, distances_cm))
        }
        "SYSTEM_TIME" => Some(message.with("time_unix_usec", belief.utc_us.unwrap_or(0))),
        "GPS_RAW_INT" => Some(gps_raw_int(message, belief)),
        "GLOBAL_POSITION_INT" => Some(global_position_int(message, belief)),
        "LOCAL_POSITION_NED" => {
            let message = message.with_each(["x", "y", "z"], position?.local_m);
            Some(message.with_each(["vx", "vy", "vz"], position?.velocity_mps))
        }
        "ATTITUDE" => {
            let attitude = &belief.attitude;
            let rates = [attitude.roll_rate_rad_s, attitude.pitch_rate_rad_s, attitude.yaw_rate_rad_s];
            let angles = [attitude.roll_rad, attitude.pitch_rad, attitude.yaw_rad];
            let message = message.with_each(["rollspeed", "pitchspeed", "yawspeed"], rates);
            Some(message.with_each(["roll", "pitch", "yaw"], angles))
        }
        "WIND" => {
            let [north_mps, east_mps] = belief.wind_mps;
            let from_deg = (-east_mps).atan2(-north_mps).to_degrees();
            Some(message.with_each(["direction", "speed"], [from_deg, north_mps.hypot(east_mps)]))
        }
        "WIND_COV" => Some(message.with_each(["wind_x", "wind_y"], belief.wind_mps)),
        "VFR_HUD" => Some(vfr_hud(message, belief)),
        // PX4 has no such topic without a radio.
        "RC_CHANNELS" if flavour == Flavour::Px4 && belief.rc.channel_count == 0 => None,
        "RC_CHANNELS" => {
            let message = with_channels(message, &belief.rc.channels_us);
            Some(message.with_each(["chancount", "rssi"], [belief.rc.channel_count, belief.rc.rssi]))
        }
        "EKF_STATUS_REPORT" => {
            let names = ["velocity_variance", "pos_horiz_variance", "pos_vert_variance", "compass_variance"];
            Some(message.with_each(names, belief.ekf.ratios).with("flags", belief.ekf.flags))
        }
        "ESTIMATOR_STATUS" => Some(estimator_status(message, belief)),
        "BATTERY_STATUS" => Some(battery_status(message, belief)),
        "HOME_POSITION" => {
            let home = belief.home.as_ref()?;
            let message = at(message, "latitude", "longitude", home.place);
            Some(message.with("altitude", home.alt_amsl_m * 1e3).with_all("q", &[1.0, 0.0, 0.0, 0.0]))
        }
        "EXTENDED_SYS_STATE" => Some(message.with("landed_state", belief.landed as u8)),
        "AUTOPILOT_VERSION" => Some(autopilot_version(message, flavour)),
        _ => None,
    }
}

fn heartbeat(message: Message, belief: &Belief, flavour: Flavour) -> Message {
    message
        .with("custom_mode", belief.custom_mode)
        .with("type", MAV_TYPE_QUADROTOR)
        .with("autopilot", flavour.pick(MAV_AUTOPILOT_ARDUPILOTMEGA, MAV_AUTOPILOT_PX4))
        .with("base_mode", CUSTOM_MODE_ENABLED | if belief.armed { ARMED } else { 0 })
        .with("system_status", belief.system_status)
        .with("mavlink_version", 3u8)
}

fn sys_status(message: Message, belief: &Belief) -> Message {
    let sick = [
        (SENSOR_GPS, belief.gps.fix < 3),
        (SENSOR_RC, !belief.rc_is_well),
        (SENSOR_AHRS, belief.ekf.flags & EKF_GOOD != EKF_GOOD),
    ];
    let health =
        sick.iter().filter(|(_, is_sick)| *is_sick).fold(SENSORS, |health, (sensor, _)| health & !sensor);
    let fence = |yes: bool| if yes { SENSOR_FENCE } else { 0 };
    let (is_there, is_on) = (fence(belief.fence_is_on.is_some()), fence(belief.fence_is_on == Some(true)));
    let battery = &belief.battery;
    message
        .with("onboard_control_sensors_present", SENSORS | is_there)
        .with("onboard_control_sensors_enabled", SENSORS | is_on)
        .with("onboard_control_sensors_health", health | is_on)
        .with("load", 250u16)
        .with("voltage_battery", battery.voltage_v * 1e3)
        .with("current_battery", battery.current_a * 1e2)
        .with("battery_remaining", battery.remaining_ratio * 1e2)
}

fn gps_raw_int(message: Message, belief: &Belief) -> Message {
    let gps = &belief.gps;
    at(message, "lat", "lon", gps.place)
        .with("alt", gps.alt_amsl_m * 1e3)
        .with("vel", gps.speed_mps * 1e2)
        .with("cog", gps.course_rad.to_degrees() * 1e2)
        .with_each(["eph", "epv"], [gps.hdop * 1e2, gps.vdop * 1e2])
        .with_each(["fix_type", "satellites_visible"], [gps.fix, gps.satellites])
}

/// Before the first fix: 0/0, as ArduPilot sends it.
fn global_position_int(message: Message, belief: &Belief) -> Message {
    let heading_rad = belief.attitude.yaw_rad.rem_euclid(TAU);
    let message = message.with("hdg", heading_rad.to_degrees() * 1e2);
    let Some(position) = &belief.position else { return message };
    at(message, "lat", "lon", position.place)
        .with_each(["alt", "relative_alt"], [position.alt_amsl_m * 1e3, position.alt_rel_m * 1e3])
        .with_each(["vx", "vy", "vz"], position.velocity_mps.map(|mps| mps * 1e2))
}

fn vfr_hud(message: Message, belief: &Belief) -> Message {
    let position = belief.position.as_ref();
    let [north_mps, east_mps, down_mps] = position.map_or([0.0; 3], |position| position.velocity_mps);
    let [wind_north_mps, wind_east_mps] = belief.wind_mps;
    message
        .with("airspeed", (north_mps - wind_north_mps).hypot(east_mps - wind_east_mps))
        .with("groundspeed", north_mps.hypot(east_mps))
        .with("alt", position.map_or(0.0, |position| position.alt_amsl_m))
        .with("climb", -down_mps)
        .with("heading", belief.attitude.yaw_rad.rem_euclid(TAU).to_degrees())
        .with("throttle", belief.throttle_ratio * 1e2)
}

/// PX4 `ALTITUDE.hpp`: `altitude_terrain` is the terrain's own altitude there, and NaN what is not known.
fn altitude(message: Message, belief: &Belief) -> Message {
    let position = belief.position.as_ref();
    let amsl_m = position.map_or(f64::NAN, |position| position.alt_amsl_m);
    let height_m = belief.height_terrain_m.or(belief.height_rangefinder_m).unwrap_or(f64::NAN);
    message
        .with_each(["altitude_monotonic", "altitude_amsl"], [amsl_m; 2])
        .with("altitude_local", position.map_or(f64::NAN, |position| -position.local_m[2]))
        .with("altitude_relative", position.map_or(f64::NAN, |position| position.alt_rel_m))
        .with_each(["altitude_terrain", "bottom_clearance"], [amsl_m - height_m, height_m])
}

/// Channels that the radio does not have are 0 in ArduPilot and 65535 in PX4; both say how many it has.
fn with_channels(message: Message, channels_us: &[u16]) -> Message {
    let named = (1..).zip(channels_us);
    named.fold(message, |message, (channel, us)| message.with(&format!("chan{channel}_raw"), *us))
}

fn estimator_status(message: Message, belief: &Belief) -> Message {
    let ekf = &belief.ekf;
    message
        .with_each(["vel_ratio", "pos_horiz_ratio", "pos_vert_ratio", "mag_ratio"], ekf.ratios)
        .with_each(["pos_horiz_accuracy", "pos_vert_accuracy"], [ekf.position_sigma_m, ekf.height_sigma_m])
        .with("flags", ekf.flags)
}

/// The whole pack in the first cell, as ArduPilot does without a cell monitor; the others unknown.
fn battery_status(message: Message, belief: &Belief) -> Message {
    let battery = &belief.battery;
    let mut voltages_mv = [f64::from(u16::MAX); 10];
    voltages_mv[0] = battery.voltage_v * 1e3;
    message
        .with("current_consumed", battery.consumed_ah * 1e3)
        // Wh to hJ: 3600 J / 100.
        .with("energy_consumed", battery.consumed_ah * battery.voltage_v * 36.0)
        .with("temperature", i16::MAX)
        .with_all("voltages", &voltages_mv)
        .with("current_battery", battery.current_a * 1e2)
        .with("battery_remaining", battery.remaining_ratio * 1e2)
}

fn sim_state(message: Message, aircraft: &Aircraft) -> Message {
    let (truth, home) = (aircraft.truth(), aircraft.place);
    let place = truth.place(&Origin::new(Wgs84 { lat_deg: home.lat_deg, lon_deg: home.lon_deg }));
    let angles_rad = [truth.roll_rad, truth.pitch_rad, truth.yaw_rad];
    // Of the Tait-Bryan angles roll, pitch, yaw (Diebel 2006, eq. 290).
    let [(sr, cr), (sp, cp), (sy, cy)] = angles_rad.map(|angle| (angle / 2.0).sin_cos());
    at(message, "lat_int", "lon_int", place)
        .with("q1", cr * cp * cy + sr * sp * sy)
        .with("q2", sr * cp * cy - cr * sp * sy)
        .with("q3", cr * sp * cy + sr * cp * sy)
        .with("q4", cr * cp * sy - sr * sp * cy)
        .with_each(["roll", "pitch", "yaw"], angles_rad)
        .with_each(["vn", "ve", "vd"], [truth.north_mps, truth.east_mps, truth.down_mps])
        .with("zgyro", truth.yaw_rate_rad_s)
        .with_each(["lat", "lon", "alt"], [place.lat_deg, place.lon_deg, home.alt_amsl_m + truth.up_m])
}

/// Versions 4.5.7 and 1.15.4, official (type 255).
fn autopilot_version(message: Message, flavour: Flavour) -> Message {
    message
        .with("capabilities", CAPABILITIES | flavour.pick(PARAM_FLOAT, PARAM_ENCODE_BYTEWISE))
        .with("flight_sw_version", flavour.pick(0x0405_07FFu32, 0x010F_04FF))
        .with("uid", 1u8)
}

/// STATUSTEXT, a long one in pieces of 50 bytes with `id` (mavlink.io; ArduPilot and PX4 alike).
pub fn texts(severity: u8, text: &str, id: u16) -> Vec<Message> {
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(50).collect();
    let id = if pieces.len() > 1 { id } else { 0 };
    let piece = |(index, piece): (usize, &&[u8])| {
        let message = Message::new("STATUSTEXT").with("severity", severity).with_all("text", piece);
        message.with("id", id).with("chunk_seq", index as u8)
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// PARAM_VALUE: ArduPilot's as the number that it is, PX4's integers as their bytes in the place of a float.
pub fn parameter(flavour: Flavour, parameter: &Parameter, index: u16, count: usize) -> Message {
    let message = Message::new("PARAM_VALUE")
        .with_text("param_id", &parameter.name)
        .with("param_type", parameter.kind as u8)
        .with("param_count", count as u16)
        .with("param_index", index);
    match (flavour, parameter.kind) {
        (Flavour::ArduCopter, _) | (_, ParameterType::Real32) => message.with("param_value", parameter.value),
        _ => message.with_raw("param_value", (parameter.value as i32).to_le_bytes()),
    }
}

/// MISSION_COUNT of the items of this MAV_MISSION_TYPE, without its addressee.
pub fn mission_count(count: usize, mission_type: u8) -> Message {
    Message::new("MISSION_COUNT").with("count", count as u16).with("mission_type", mission_type)
}

/// MISSION_ITEM_INT, without its addressee and type.
pub fn mission_item(item: &Waypoint, index: u16, is_current: bool) -> Message {
    at(Message::new("MISSION_ITEM_INT"), "x", "y", item.place)
        .with_each(["param1", "param2", "param3", "param4"], item.params.map(f64::from))
        .with("z", item.alt_m)
        .with("seq", index)
        .with("command", item.command)
        .with("frame", item.frame)
        .with("current", is_current)
        .with("autocontinue", true)
}

/// A ground station's HEARTBEAT.
pub fn station_beat() -> Message {
    let names = ["type", "autopilot", "system_status", "mavlink_version"];
    Message::new("HEARTBEAT").with_each(names, [6u8, 8, 4, 3])
}

/// COMMAND_LONG with its first parameters, without its addressee.
pub fn command(id: u16, params: &[f64]) -> Message {
    let message = Message::new("COMMAND_LONG").with("command", id);
    let named = (1..).zip(params);
    named.fold(message, |message, (number, value)| message.with(&format!("param{number}"), *value))
}

/// RC_CHANNELS_OVERRIDE of channels 1 to 8, without its addressee.
pub fn rc_override(channels_us: [u16; 8]) -> Message {
    with_channels(Message::new("RC_CHANNELS_OVERRIDE"), &channels_us)
}

/// MAV_RESULT by its name.
pub fn result_name(result: u8) -> String {
    let names = ["ACCEPTED", "TEMPORARILY_REJECTED", "DENIED", "UNSUPPORTED", "FAILED", "IN_PROGRESS"];
    names.get(usize::from(result)).map_or(format!("MAV_RESULT {result}"), |name| format!("MAV_RESULT_{name}"))
}

fn at(message: Message, lat: &str, lon: &str, place: Wgs84) -> Message {
    message.with_each([lat, lon], [place.lat_deg * 1e7, place.lon_deg * 1e7])
}
