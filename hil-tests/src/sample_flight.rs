//! A short flight as a newcomer's first inputs: a recording of a pulsed beacon (SigMF, ci8) and the MAVLink log of the
//! aircraft that heard it, both made from one path, so that power and position belong together.
//!
//! The aircraft weaves north towards the beacon at 6 m/s; power falls with 20·log10 of the distance (free space, ITU-R
//! P.525); noise is white. No steering: the aircraft flies this path whatever is commanded.

use crate::aircraft::Parameters;
use crate::scenario::Aircraft;
use mavlink::dialects::ardupilotmega::{
    ATTITUDE_DATA, EKF_STATUS_REPORT_DATA, EXTENDED_SYS_STATE_DATA, EkfStatusFlags, GLOBAL_POSITION_INT_DATA,
    GPS_RAW_INT_DATA, GpsFixType, HEARTBEAT_DATA, HOME_POSITION_DATA, MavAutopilot, MavLandedState,
    MavMessage, MavModeFlag, MavParamType, MavState, MavSysStatusSensor, MavType, MavVtolState,
    PARAM_VALUE_DATA, RC_CHANNELS_DATA, SYS_STATUS_DATA, TERRAIN_REPORT_DATA,
};
use mavlink::{MavHeader, write_v2_msg};
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::vehicle::{Firmware, parameter};
use std::f64::consts::TAU;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

const SAMPLE_RATE_SPS: f64 = 250_000.0;
const TUNED_HZ: f64 = 433_920_000.0;
const BEACON_OFFSET_HZ: f64 = 40_000.0;
const PULSE_WIDTH_S: f64 = 0.020;
const PULSE_PERIOD_S: f64 = 0.500;
/// Beacon's power in the receiver at 10 m, dBFS.
const POWER_AT_10_M_DBFS: f64 = -12.0;
/// White noise over the whole band, dBFS.
const NOISE_DBFS: f64 = -38.0;
const HOME: Wgs84 = Wgs84 { lat_deg: 47.397_742, lon_deg: 8.545_594 };
/// The beacon, about home.
const BEACON: NorthEast = NorthEast { north_m: 170.0, east_m: 15.0 };
const ALTITUDE_M: f64 = 30.0;
/// GUIDED of ArduCopter.
const MODE_GUIDED: u32 = 4;

struct Moment {
    at: NorthEast,
    north_mps: f64,
    east_mps: f64,
}

fn path(time_s: f64) -> Moment {
    let (amplitude_m, period_s, forward_mps) = (20.0, 10.0, 6.0);
    let phase = TAU * time_s / period_s;
    Moment {
        at: NorthEast { north_m: 10.0 + forward_mps * time_s, east_m: amplitude_m * phase.sin() },
        north_mps: forward_mps,
        east_mps: amplitude_m * TAU / period_s * phase.cos(),
    }
}

/// Writes `iq.sigmf-meta`, `iq.sigmf-data` and `flight.tlog` of `seconds` into `folder`.
///
/// # Errors
/// When the folder or a file in it cannot be written.
pub fn write(folder: &Path, seconds: f64) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    write_recording(folder, seconds)?;
    write_log(&folder.join("flight.tlog"), seconds)
}

fn write_recording(folder: &Path, seconds: f64) -> io::Result<()> {
    let meta = serde_json::json!({
        "global": {
            "core:datatype": "ci8",
            "core:sample_rate": SAMPLE_RATE_SPS,
            "core:version": "1.0.0",
            "core:description": "Made by skyhound-rig: a pulsed beacon heard from a weaving drone",
        },
        "captures": [{"core:sample_start": 0, "core:frequency": TUNED_HZ}],
        "annotations": [{
            "core:sample_start": 0,
            "core:sample_count": (seconds * SAMPLE_RATE_SPS) as u64,
            "core:label": "beacon 20 ms every 500 ms",
            "core:freq_lower_edge": TUNED_HZ + BEACON_OFFSET_HZ - 500.0,
            "core:freq_upper_edge": TUNED_HZ + BEACON_OFFSET_HZ + 500.0,
        }],
    });
    fs::write(folder.join("iq.sigmf-meta"), serde_json::to_vec_pretty(&meta)?)?;
    let mut out = BufWriter::new(File::create(folder.join("iq.sigmf-data"))?);
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let noise_sigma = (10f64.powf(NOISE_DBFS / 10.0) / 2.0).sqrt();
    for index in 0..(seconds * SAMPLE_RATE_SPS) as u64 {
        let time_s = index as f64 / SAMPLE_RATE_SPS;
        let (mut i, mut q) = noise.pair(noise_sigma);
        if time_s % PULSE_PERIOD_S < PULSE_WIDTH_S {
            let distance_m = path(time_s).at.distance_m(BEACON).hypot(ALTITUDE_M);
            let power_dbfs = POWER_AT_10_M_DBFS - 20.0 * (distance_m / 10.0).log10();
            let amplitude = 10f64.powf(power_dbfs / 20.0);
            let phase = TAU * (BEACON_OFFSET_HZ / SAMPLE_RATE_SPS * index as f64).fract();
            i += amplitude * phase.cos();
            q += amplitude * phase.sin();
        }
        out.write_all(&[eight_bits(i) as u8, eight_bits(q) as u8])?;
    }
    out.flush()
}

fn eight_bits(value: f64) -> i8 {
    (value * 128.0).round().clamp(-128.0, 127.0) as i8
}

/// White Gaussian noise: xorshift64* (Vigna 2016) through Box and Muller's transform.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn pair(&mut self, sigma: f64) -> (f64, f64) {
        let radius = sigma * (-2.0 * self.uniform().ln()).sqrt();
        let (sin, cos) = (TAU * self.uniform()).sin_cos();
        (radius * cos, radius * sin)
    }
}

struct Log {
    out: BufWriter<File>,
    sequence: u8,
}

impl Log {
    fn put(&mut self, at_us: u64, message: &MavMessage) -> io::Result<()> {
        self.put_as(1, at_us, message)
    }

    fn put_as(&mut self, system_id: u32, at_us: u64, message: &MavMessage) -> io::Result<()> {
        let header = MavHeader { system_id, component_id: 1, sequence: self.sequence };
        self.sequence = self.sequence.wrapping_add(1);
        // 2026-01-01T00:00:00Z: a log's stamps are UTC.
        self.out.write_all(&(1_767_225_600_000_000 + at_us).to_be_bytes())?;
        write_v2_msg(&mut self.out, header, message).map_err(io::Error::other)?;
        Ok(())
    }
}

/// Writes the flight log alone.
///
/// # Errors
/// When the file cannot be written.
pub fn write_log(file: &Path, seconds: f64) -> io::Result<()> {
    let mut log = Log { out: BufWriter::new(File::create(file)?), sequence: 0 };
    let origin = Origin::new(HOME);
    for step in 0..(seconds * 10.0) as u64 {
        let at_us = step * 100_000;
        if step % 10 == 0 {
            once_a_second(&mut log, at_us)?;
        }
        if step % 5 == 0 {
            for message in twice_a_second(&origin, at_us) {
                log.put(at_us, &message)?;
            }
        }
        for message in pose(&origin, at_us) {
            log.put(at_us, &message)?;
        }
    }
    log.out.flush()
}

fn once_a_second(log: &mut Log, at_us: u64) -> io::Result<()> {
    let heartbeat = HEARTBEAT_DATA {
        custom_mode: MODE_GUIDED,
        mavtype: MavType::MAV_TYPE_QUADROTOR,
        autopilot: MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA,
        base_mode: MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED | MavModeFlag::MAV_MODE_FLAG_CUSTOM_MODE_ENABLED,
        system_status: MavState::MAV_STATE_ACTIVE,
        mavlink_version: 3,
    };
    let ground_station = HEARTBEAT_DATA {
        mavtype: MavType::MAV_TYPE_GCS,
        autopilot: MavAutopilot::MAV_AUTOPILOT_INVALID,
        ..heartbeat.clone()
    };
    log.put(at_us, &MavMessage::HEARTBEAT(heartbeat))?;
    log.put_as(255, at_us, &MavMessage::HEARTBEAT(ground_station))?;
    let home = HOME_POSITION_DATA {
        latitude: (HOME.lat_deg * 1e7).round() as i32,
        longitude: (HOME.lon_deg * 1e7).round() as i32,
        altitude: 488_000,
        ..Default::default()
    };
    log.put(at_us, &MavMessage::HOME_POSITION(home))?;
    let own = Parameters::new(&Aircraft::default());
    for (_, row) in parameter::of(Firmware::ArduCopter) {
        // Without areas of a fence: a log answers nobody who would read them.
        let value = if row.name == "FENCE_TYPE" { Some(3.0) } else { own.value(row.name) };
        let parameter = PARAM_VALUE_DATA {
            param_value: value.unwrap_or_default() as f32,
            param_count: 900,
            param_index: u16::MAX,
            param_id: row.name.into(),
            param_type: MavParamType::MAV_PARAM_TYPE_REAL32,
        };
        log.put(at_us, &MavMessage::PARAM_VALUE(parameter))?;
    }
    Ok(())
}

fn twice_a_second(origin: &Origin, at_us: u64) -> [MavMessage; 5] {
    let place = origin.wgs84_from_ned(path(at_us as f64 / 1e6).at);
    let good = EkfStatusFlags::EKF_ATTITUDE
        | EkfStatusFlags::EKF_VELOCITY_HORIZ
        | EkfStatusFlags::EKF_VELOCITY_VERT
        | EkfStatusFlags::EKF_POS_HORIZ_REL
        | EkfStatusFlags::EKF_POS_HORIZ_ABS
        | EkfStatusFlags::EKF_POS_VERT_ABS
        | EkfStatusFlags::EKF_PRED_POS_HORIZ_ABS;
    let parts =
        MavSysStatusSensor::MAV_SYS_STATUS_SENSOR_RC_RECEIVER | MavSysStatusSensor::MAV_SYS_STATUS_GEOFENCE;
    [
        MavMessage::GPS_RAW_INT(GPS_RAW_INT_DATA {
            time_usec: at_us,
            eph: 80,
            epv: 120,
            fix_type: GpsFixType::GPS_FIX_TYPE_3D_FIX,
            satellites_visible: 14,
            ..Default::default()
        }),
        MavMessage::EKF_STATUS_REPORT(EKF_STATUS_REPORT_DATA {
            velocity_variance: 0.05,
            pos_horiz_variance: 0.04,
            pos_vert_variance: 0.03,
            flags: good,
            ..Default::default()
        }),
        MavMessage::SYS_STATUS(SYS_STATUS_DATA {
            onboard_control_sensors_present: parts,
            onboard_control_sensors_enabled: parts,
            onboard_control_sensors_health: parts,
            voltage_battery: 15_800,
            current_battery: 1_450,
            battery_remaining: 82,
            ..Default::default()
        }),
        MavMessage::EXTENDED_SYS_STATE(EXTENDED_SYS_STATE_DATA {
            vtol_state: MavVtolState::MAV_VTOL_STATE_UNDEFINED,
            landed_state: MavLandedState::MAV_LANDED_STATE_IN_AIR,
        }),
        MavMessage::TERRAIN_REPORT(TERRAIN_REPORT_DATA {
            lat: e7(place.lat_deg),
            lon: e7(place.lon_deg),
            terrain_height: 488.0,
            current_height: ALTITUDE_M as f32,
            spacing: 30,
            pending: 0,
            loaded: 56,
        }),
    ]
}

fn e7(degrees: f64) -> i32 {
    (degrees * 1e7).round() as i32
}

fn pose(origin: &Origin, at_us: u64) -> [MavMessage; 3] {
    let moment = path(at_us as f64 / 1e6);
    let place = origin.wgs84_from_ned(moment.at);
    let yaw_rad = moment.east_mps.atan2(moment.north_mps);
    let time_boot_ms = (at_us / 1_000) as u32;
    [
        MavMessage::RC_CHANNELS(RC_CHANNELS_DATA {
            time_boot_ms,
            chan1_raw: 1500,
            chan2_raw: 1500,
            chan3_raw: 1500,
            chan4_raw: 1500,
            chancount: 8,
            rssi: 200,
            ..Default::default()
        }),
        MavMessage::ATTITUDE(ATTITUDE_DATA { time_boot_ms, yaw: yaw_rad as f32, ..Default::default() }),
        MavMessage::GLOBAL_POSITION_INT(GLOBAL_POSITION_INT_DATA {
            time_boot_ms,
            lat: e7(place.lat_deg),
            lon: e7(place.lon_deg),
            alt: 488_000 + (ALTITUDE_M * 1e3) as i32,
            relative_alt: (ALTITUDE_M * 1e3) as i32,
            vx: (moment.north_mps * 100.0) as i16,
            vy: (moment.east_mps * 100.0) as i16,
            vz: 0,
            hdg: (yaw_rad.to_degrees().rem_euclid(360.0) * 100.0) as u16,
        }),
    ]
}
