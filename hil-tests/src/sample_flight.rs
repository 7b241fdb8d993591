//! A short flight as a newcomer's first inputs: a recording of a pulsed beacon (SigMF, ci8) and the MAVLink log of the
//! aircraft that heard it, both made from one path, so that power and position belong together.
//!
//! The aircraft weaves north towards the beacon at 6 m/s; power falls with 20·log10 of the distance (free space, ITU-R
//! P.525); noise is white. No steering: the aircraft flies this path whatever is commanded.

use crate::aircraft::{
    Attitude, Battery, Belief, Ekf, Gps, Home, Landed, Parameter, ParameterType, Parameters, Position, Rc,
};
use crate::autopilot::messages::{parameter as parameter_told, station_beat, told};
use crate::autopilot::wire::Message;
use crate::codes::Form;
use crate::random;
use crate::scenario::{Aircraft, Flavour};
use rand::RngExt;
use rand_distr::StandardNormal;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::signal::SampleFormat;
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
const HOME_AMSL_M: f64 = 488.0;
const ALTITUDE_M: f64 = 30.0;
/// GUIDED of ArduCopter.
const MODE_GUIDED: u32 = 4;

/// Where it is, and its velocity north and east, m/s.
fn path(time_s: f64) -> (NorthEast, [f64; 2]) {
    let (amplitude_m, period_s, forward_mps) = (20.0, 10.0, 6.0);
    let phase = TAU * time_s / period_s;
    let at = NorthEast { north_m: 10.0 + forward_mps * time_s, east_m: amplitude_m * phase.sin() };
    (at, [forward_mps, amplitude_m * TAU / period_s * phase.cos()])
}

/// Writes `iq.sigmf-meta`, `iq.sigmf-data` and `flight.tlog` of `seconds` into `folder`; the recording as `--sdr` takes it.
///
/// # Errors
/// When the folder or a file in it cannot be written.
pub fn write(folder: &Path, seconds: f64) -> io::Result<String> {
    fs::create_dir_all(folder)?;
    write_recording(folder, seconds)?;
    write_log(&folder.join("flight.tlog"), seconds)?;
    Ok(format!("file:{}", folder.join("iq.sigmf-meta").display()))
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
    let (mut random, mut bytes) = (random::source(0, "sample flight"), Vec::new());
    let noise_sigma = (10f64.powf(NOISE_DBFS / 10.0) / 2.0).sqrt();
    for index in 0..(seconds * SAMPLE_RATE_SPS) as u64 {
        let time_s = index as f64 / SAMPLE_RATE_SPS;
        let [mut i, mut q] = [(); 2].map(|()| noise_sigma * random.sample::<f64, _>(StandardNormal));
        if time_s % PULSE_PERIOD_S < PULSE_WIDTH_S {
            let distance_m = path(time_s).0.distance_m(BEACON).hypot(ALTITUDE_M);
            let power_dbfs = POWER_AT_10_M_DBFS - 20.0 * (distance_m / 10.0).log10();
            let amplitude = 10f64.powf(power_dbfs / 20.0);
            let phase = TAU * (BEACON_OFFSET_HZ / SAMPLE_RATE_SPS * index as f64).fract();
            i += amplitude * phase.cos();
            q += amplitude * phase.sin();
        }
        bytes.clear();
        Form::of(SampleFormat::Cs8).write(&[[i as f32, q as f32]], &mut bytes);
        out.write_all(&bytes)?;
    }
    out.flush()
}

/// Writes the flight log alone.
///
/// # Errors
/// When the file cannot be written.
pub fn write_log(file: &Path, seconds: f64) -> io::Result<()> {
    let (mut out, origin, mut sequence) = (BufWriter::new(File::create(file)?), Origin::new(HOME), 0u8);
    for step in 0..(seconds * 10.0) as u64 {
        let at_us = step * 100_000;
        let belief = belief(&origin, at_us);
        let mut messages: Vec<(u8, Message)> = Vec::new();
        for (every, names) in TOLD {
            let due = names.iter().filter(|_| step % every == 0);
            messages.extend(due.filter_map(|name| Some((1, told(name, &belief, Flavour::ArduCopter)?))));
        }
        if step % 10 == 0 {
            messages.push((255, station_beat()));
            messages.extend(parameters().map(|message| (1, message)));
        }
        for (system, message) in messages {
            // 2026-01-01T00:00:00Z: a log's stamps are UTC.
            out.write_all(&(1_767_225_600_000_000 + at_us).to_be_bytes())?;
            out.write_all(&message.frame((system, 1), sequence))?;
            sequence = sequence.wrapping_add(1);
        }
    }
    out.flush()
}

/// What is told each so many tenths of a second.
const TOLD: [(u64, &[&str]); 3] = [
    (10, &["HEARTBEAT", "HOME_POSITION"]),
    (5, &["GPS_RAW_INT", "EKF_STATUS_REPORT", "SYS_STATUS", "EXTENDED_SYS_STATE", "TERRAIN_REPORT"]),
    (1, &["RC_CHANNELS", "ATTITUDE", "GLOBAL_POSITION_INT"]),
];

/// What homing needs, as the simulated aircraft has it. Without areas of a fence: a log answers nobody who would read them.
fn parameters() -> impl Iterator<Item = Message> {
    let own = Parameters::new(&Aircraft::default());
    parameter::of(Firmware::ArduCopter).map(move |(_, row)| {
        let value = if row.name == "FENCE_TYPE" { Some(3.0) } else { own.value(row.name) };
        let (name, value) = (row.name.to_owned(), value.unwrap_or_default());
        let told = Parameter { name, value, kind: ParameterType::Real32 };
        parameter_told(Flavour::ArduCopter, &told, u16::MAX, own.count())
    })
}

/// Armed, in GUIDED, in good health, over flat ground at home's height.
fn belief(origin: &Origin, at_us: u64) -> Belief {
    let (at, [north_mps, east_mps]) = path(at_us as f64 / 1e6);
    let place = origin.wgs84_from_ned(at);
    let velocity_mps = [north_mps, east_mps, 0.0];
    let (alt_amsl_m, alt_rel_m) = (HOME_AMSL_M + ALTITUDE_M, ALTITUDE_M);
    let local_m = [at.north_m, at.east_m, -ALTITUDE_M];
    let mut rc = Rc { channel_count: 8, rssi: 200, ..Rc::default() };
    rc.channels_us[..4].fill(1_500);
    Belief {
        boot_us: at_us,
        position: Some(Position { place, alt_amsl_m, alt_rel_m, local_m, velocity_mps }),
        attitude: Attitude { yaw_rad: east_mps.atan2(north_mps), ..Attitude::default() },
        gps: Gps { fix: 3, satellites: 14, hdop: 0.8, vdop: 1.2, place, alt_amsl_m, ..Gps::default() },
        // Attitude, velocities, positions, height, and all of them predicted.
        ekf: Ekf { flags: 831, ratios: [0.05, 0.04, 0.03, 0.0], ..Ekf::default() },
        battery: Battery { voltage_v: 15.8, current_a: 14.5, consumed_ah: 0.9, remaining_ratio: 0.82 },
        rc,
        rc_is_well: true,
        fence_is_on: Some(true),
        height_terrain_m: Some(ALTITUDE_M),
        home: Some(Home { place: HOME, alt_amsl_m: HOME_AMSL_M }),
        armed: true,
        landed: Landed::InAir,
        system_status: 4,
        custom_mode: MODE_GUIDED,
        ..Belief::default()
    }
}
