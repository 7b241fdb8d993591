//! From payloads to the vehicle's parts: here MAVLink's scalings (1e-7 degrees, mm, cm/s, mV, cA) die.
//!
//! Each function answers `None` for what is no measurement: the 0/0 position before a fix, a value that is not finite or
//! not possible. Then the vehicle keeps the older part, which goes stale, and staleness is what the interlocks refuse.
//! Offsets are those of the wire (fields sorted by size; mavlink.io, "Field Reordering"); a test encodes each message with
//! the dialect's own encoder and reads it back here.

use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::vehicle::{
    Attitude, Ekf, Firmware, Gps, Health, Heartbeat, Home, Landed, Mode, PartHealth, Position,
    RC_CHANNELS_MAX, Rc, Wind,
};

use super::message_id::LOOKS_DOWN;
use super::payload::Payload;

/// 2024-01-01T00:00:00Z, older than this program; an earlier SYSTEM_TIME is a clock that was never set.
const UTC_LEAST_US: u64 = 1_704_067_200_000_000;
/// 2100-01-01T00:00:00Z.
const UTC_MOST_US: u64 = 4_102_444_800_000_000;

const MAV_AUTOPILOT_ARDUPILOTMEGA: u8 = 3;
const MAV_AUTOPILOT_INVALID: u8 = 8;
const MAV_AUTOPILOT_PX4: u8 = 12;
const MAV_TYPE_GCS: u8 = 6;
const ARMED: u8 = 0x80;

/// What can be commanded: quadrotor, coaxial, helicopter, hexa-, octo-, tri-, dodeca-, decarotor, generic multirotor. That
/// is what ArduCopter flies, and what PX4 flies as a multicopter: they stop at a velocity of zero and stand. A plane does
/// not, nor a VTOL that flies forward; a rover, boat or tracker has no height to hold.
const COMMANDABLE: [u8; 9] = [2, 3, 4, 13, 14, 15, 29, 35, 43];

const SYS_STATUS_GEOFENCE: u32 = 0x10_0000;
const SYS_STATUS_RC_RECEIVER: u32 = 0x1_0000;
/// A report of the terrain elsewhere: someone else asked for it.
const TERRAIN_PLACE_MAX_M: f64 = 100.0;

/// More is no wind that anything of ours flies in.
const WIND_MPS: std::ops::RangeInclusive<f64> = 0.0..=100.0;

const EKF_ATTITUDE: u16 = 1;
const EKF_VELOCITY_HORIZONTAL: u16 = 2;
const EKF_POSITION_HORIZONTAL: u16 = 16;
const EKF_POSITION_VERTICAL: u16 = 32;
const EKF_CONSTANT_POSITION: u16 = 128;
/// EKF_UNINITIALIZED and EKF_GPS_GLITCHING of ArduPilot.
const ARDUPILOT_DEGRADED: u16 = EKF_CONSTANT_POSITION | 1024 | 32768;
/// ESTIMATOR_GPS_GLITCH of PX4, the bit that means "uninitialised" in ArduPilot's report.
const PX4_DEGRADED: u16 = EKF_CONSTANT_POSITION | 1024;

/// HEARTBEAT of anybody.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct AnyHeartbeat {
    /// `custom_mode`.
    pub custom: u32,
    /// MAV_TYPE.
    pub mav_type: u8,
    /// MAV_AUTOPILOT.
    pub autopilot: u8,
    /// `base_mode`.
    pub base_mode: u8,
    /// MAV_STATE.
    pub system_status: u8,
}

impl AnyHeartbeat {
    /// Reads it.
    pub fn read(payload: Payload) -> AnyHeartbeat {
        AnyHeartbeat {
            custom: payload.u32(0),
            mav_type: payload.u8(4),
            autopilot: payload.u8(5),
            base_mode: payload.u8(6),
            system_status: payload.u8(7),
        }
    }

    /// Whether it comes from an autopilot, not from a gimbal, camera, companion or ground station.
    pub fn is_autopilot(&self) -> bool {
        self.autopilot != MAV_AUTOPILOT_INVALID && self.mav_type != MAV_TYPE_GCS
    }

    /// Whether it comes from a ground station.
    pub fn is_ground_station(&self) -> bool {
        self.mav_type == MAV_TYPE_GCS
    }

    /// Whose modes it speaks. Anything but a multirotor of ArduPilot or PX4 is `Other`: never commanded.
    pub fn firmware(&self) -> Firmware {
        match self.autopilot {
            MAV_AUTOPILOT_ARDUPILOTMEGA if COMMANDABLE.contains(&self.mav_type) => Firmware::ArduCopter,
            MAV_AUTOPILOT_PX4 if COMMANDABLE.contains(&self.mav_type) => Firmware::Px4,
            _ => Firmware::Other,
        }
    }

    /// Whether its sender can be commanded, and so be bound to.
    pub fn can_be_commanded(&self) -> bool {
        self.is_autopilot() && self.firmware() != Firmware::Other
    }

    /// As the vehicle has it.
    pub fn heartbeat(&self) -> Heartbeat {
        Heartbeat {
            mode: Mode { firmware: self.firmware(), custom: self.custom },
            armed: self.base_mode & ARMED != 0,
            system_status: self.system_status,
        }
    }
}

/// ATTITUDE.
pub fn attitude(payload: Payload) -> Option<Attitude> {
    Some(Attitude {
        roll_rad: payload.finite(4)?,
        pitch_rad: payload.finite(8)?,
        yaw_rad: payload.finite(12)?,
        yaw_rate_rad_s: payload.finite(24)?,
    })
}

/// GLOBAL_POSITION_INT.
pub fn position(payload: Payload) -> Option<Position> {
    Some(Position {
        place: place(payload.i32(4), payload.i32(8))?,
        alt_amsl_m: metres_from_mm(payload.i32(12)),
        alt_rel_m: metres_from_mm(payload.i32(16)),
        north_mps: f64::from(payload.i16(20)) / 100.0,
        east_mps: f64::from(payload.i16(22)) / 100.0,
        down_mps: f64::from(payload.i16(24)) / 100.0,
    })
}

/// GPS_RAW_INT.
pub fn gps(payload: Payload) -> Gps {
    let (eph, satellites) = (payload.u16(20), payload.u8(29));
    Gps {
        fix: payload.u8(28),
        satellites: (satellites != u8::MAX).then_some(satellites),
        hdop: (eph != u16::MAX).then_some(f64::from(eph) / 100.0),
    }
}

/// EKF_STATUS_REPORT of ArduPilot.
pub fn ekf_of_ardupilot(payload: Payload) -> Option<Ekf> {
    let variances = [payload.finite(0)?, payload.finite(4)?, payload.finite(8)?];
    Some(ekf(payload.u16(20), ARDUPILOT_DEGRADED, variances))
}

/// ESTIMATOR_STATUS of PX4.
pub fn ekf_of_px4(payload: Payload) -> Option<Ekf> {
    let ratios = [payload.finite(8)?, payload.finite(12)?, payload.finite(16)?];
    Some(ekf(payload.u16(40), PX4_DEGRADED, ratios))
}

fn ekf(flags: u16, degraded: u16, ratios: [f64; 3]) -> Ekf {
    let has = |flag| flags & flag != 0;
    Ekf {
        attitude_ok: has(EKF_ATTITUDE),
        velocity_horizontal_ok: has(EKF_VELOCITY_HORIZONTAL),
        position_horizontal_ok: has(EKF_POSITION_HORIZONTAL),
        position_vertical_ok: has(EKF_POSITION_VERTICAL),
        degraded: has(degraded),
        variance_max: ratios[0].max(ratios[1]).max(ratios[2]),
    }
}

/// RC_CHANNELS.
pub fn rc(payload: Payload) -> Rc {
    let channels_us = std::array::from_fn(|channel| payload.u16(4 + 2 * channel));
    Rc { channels_us, channel_count: payload.u8(40), rssi: rssi(payload.u8(41)) }
}

/// RC_CHANNELS_RAW of old firmware: channels 1 to 8 (`port` 0), counted as present when they have a pulse width.
pub fn rc_raw(payload: Payload) -> Option<Rc> {
    let mut channels_us = [0; RC_CHANNELS_MAX];
    for (channel, us) in channels_us.iter_mut().take(8).enumerate() {
        *us = payload.u16(4 + 2 * channel);
    }
    let channel_count = channels_us.iter().filter(|us| !matches!(**us, 0 | u16::MAX)).count() as u8;
    (payload.u8(20) == 0).then_some(Rc { channels_us, channel_count, rssi: rssi(payload.u8(21)) })
}

fn rssi(sent: u8) -> Option<u8> {
    (sent != u8::MAX).then_some(sent)
}

/// SYS_STATUS: what it says of the parts that are judged.
pub fn health(payload: Payload) -> Health {
    let (present, enabled, healthy) = (payload.u32(0), payload.u32(4), payload.u32(8));
    let part = |bit: u32| match (present & bit != 0, enabled & bit != 0, healthy & bit != 0) {
        (false, _, _) => PartHealth::Absent,
        (_, false, _) => PartHealth::Off,
        (_, _, false) => PartHealth::Bad,
        _ => PartHealth::Good,
    };
    Health { rc_receiver: part(SYS_STATUS_RC_RECEIVER), fence: part(SYS_STATUS_GEOFENCE) }
}

/// EXTENDED_SYS_STATE.
pub fn landed(payload: Payload) -> Option<Landed> {
    match payload.u8(1) {
        1 => Some(Landed::OnGround),
        2 => Some(Landed::InAir),
        3 => Some(Landed::TakingOff),
        4 => Some(Landed::Landing),
        _ => None,
    }
}

/// CURRENT_MODE.
pub fn mode(payload: Payload, firmware: Firmware) -> Mode {
    Mode { firmware, custom: payload.u32(0) }
}

/// DISTANCE_SENSOR that looks down, while it measures: in its range, and not told to be invalid (signal quality 1).
pub fn height_of_rangefinder_m(payload: Payload) -> Option<f64> {
    let (least_cm, most_cm, now_cm) = (payload.u16(4), payload.u16(6), payload.u16(8));
    let measures = now_cm > 0 && (least_cm..=most_cm).contains(&now_cm) && payload.u8(38) != 1;
    (payload.u8(12) == LOOKS_DOWN && measures).then_some(f64::from(now_cm) / 100.0)
}

/// TERRAIN_REPORT of where the aircraft is, when its map is there.
pub fn height_over_terrain_m(payload: Payload, position: Option<&Position>) -> Option<f64> {
    let from = Origin::new(position?.place).ned_from_wgs84(place(payload.i32(0), payload.i32(4))?);
    let is_here = from.distance_m(NorthEast::default()) <= TERRAIN_PLACE_MAX_M;
    let is_mapped = payload.u16(16) > 0 && payload.u16(20) > 0;
    payload.finite(12).filter(|_| is_here && is_mapped)
}

/// ALTITUDE: its bottom_clearance. Its altitude_terrain is not read: the protocol calls it a height over the terrain, PX4
/// sends the height *of* the terrain there.
pub fn bottom_clearance_m(payload: Payload) -> Option<f64> {
    payload.finite(28).filter(|clearance_m| *clearance_m > 0.0)
}

/// WIND of ArduPilot.
pub fn wind(payload: Payload) -> Option<Wind> {
    let (from_deg, speed_mps) = (payload.finite(0)?, payload.finite(4)?);
    Some(Wind { from_deg: from_deg.rem_euclid(360.0), speed_mps }).filter(|_| WIND_MPS.contains(&speed_mps))
}

/// WIND_COV of PX4, which tells where to it blows.
pub fn wind_cov(payload: Payload) -> Option<Wind> {
    let (north_mps, east_mps) = (payload.finite(8)?, payload.finite(12)?);
    let speed_mps = north_mps.hypot(east_mps);
    let from_deg = (-east_mps).atan2(-north_mps).to_degrees().rem_euclid(360.0);
    Some(Wind { from_deg, speed_mps }).filter(|_| WIND_MPS.contains(&speed_mps))
}

/// HOME_POSITION.
pub fn home(payload: Payload) -> Option<Home> {
    Some(Home { place: place(payload.i32(0), payload.i32(4))?, alt_amsl_m: metres_from_mm(payload.i32(8)) })
}

/// SYSTEM_TIME: UTC in µs, when the autopilot's clock was set.
pub fn utc_us(payload: Payload) -> Option<u64> {
    Some(payload.u64(0)).filter(|utc_us| (UTC_LEAST_US..UTC_MOST_US).contains(utc_us))
}

fn place(lat_e7: i32, lon_e7: i32) -> Option<Wgs84> {
    Wgs84::checked(f64::from(lat_e7) / 1e7, f64::from(lon_e7) / 1e7)
}

fn metres_from_mm(mm: i32) -> f64 {
    f64::from(mm) / 1000.0
}

#[cfg(test)]
mod tests;
