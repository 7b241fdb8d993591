//! Telemetry of others, flown by our engine: what it is given makes a flight that `at`, `replay`, `locate` and `report` read as any other.
//!
//! Its rows are the inputs: power, place, heading, battery. What the other program decided and believed of them stands beside, as
//! events and in its own table; what our engine hears, believes and would have done is its own.

use std::f64::consts::PI;

use skyhound::config::Config;
use skyhound::decide::{Decide, PassInputs};
use skyhound::geo::Origin;
use skyhound::record::{Event, Record, Severity, Sink, Text};
use skyhound::signal::{Flags, Reading};
use skyhound::time::{Aged, TimeUs};
use skyhound::units::CentiDb;
use skyhound::vehicle::{Attitude, Firmware, Heartbeat, Mode, Position, Vehicle};

use super::telemetry::Frame;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::store::About;

/// Between passes, as in flight.
const PASS_US: u64 = 50_000;
/// No row for longer: nothing flies until there is one.
const GAP_US: u64 = 3_000_000;
/// Of a table without SNR the noise is the lowest hundredth of its powers. A tenth, as PISAD has it, is the beacon itself where that is always on.
const FLOOR_SHARE: f64 = 0.01;
/// One whose altitudes span less did not take off in it, m; so high is it supposed to be, m.
const LEVEL_M: f64 = 10.0;
const SUPPOSED_M: f64 = 40.0;
/// Where neither settings nor table tell: PISAD's own.
pub const RATE_SPS: f64 = 2e6;
/// MAV_STATE_ACTIVE.
const ACTIVE: u8 = 4;

/// What the engine is told for rows that come `hop_us` apart.
pub struct Plan {
    config: Config,
    /// First rows of the flight.
    pub about: About,
}

impl Plan {
    /// Of these settings.
    ///
    /// # Errors
    /// A key that does not fit.
    pub fn new(settings: &Settings, named: &str, began_utc_us: i64) -> Result<Plan, Failure> {
        let rate_sps = settings.sdr.sample_rate_sps.unwrap_or(RATE_SPS);
        let of_beacon = || settings.beacons.first().and_then(|beacon| beacon.frequency_hz);
        let frequency_hz = settings.sdr.frequency_hz.or_else(of_beacon).unwrap_or(0.0);
        let config = settings
            .engine_through(rate_sps, &[frequency_hz], 0.0)
            .map_err(|error| Failure::Usage(error.to_string()))?;
        let about = About {
            settings_toml: settings.to_toml(),
            versions: vec![("skyhound".to_string(), env!("CARGO_PKG_VERSION").to_string())],
            channels: config.sense.channels.iter().map(|channel| channel.name.clone()).collect(),
            sdr: format!("telemetry {named}"),
            autopilot: "none".into(),
            sample_rate_sps: rate_sps,
            frequency_hz,
            clock_source: "times of the telemetry".into(),
            recorded_utc_us: Some(began_utc_us),
            settings: [
                ("settings_sha256", settings.hash_sha256()),
                ("bench", "false".into()),
                ("tuned_beside_hz", "0".into()),
                ("centers_hz", frequency_hz.to_string()),
            ]
            .map(|(key, value)| (key.to_string(), value))
            .to_vec(),
        };
        Ok(Plan { config, about })
    }
}

/// The usual time between rows, ms, as a key of the settings takes it.
pub fn hop_ms(frames: &[Frame]) -> f64 {
    let mut steps: Vec<u64> = frames.windows(2).map(|two| two[1].at_us - two[0].at_us).collect();
    steps.sort_unstable();
    let middle_us = steps.get(steps.len() / 2).copied().unwrap_or(100_000);
    (middle_us as f64 / 1e3).round().clamp(1.0, 1000.0)
}

/// Flies the rows; what is recorded goes into `sink`. Tells what was supposed, each with how many rows it is of.
///
/// # Errors
/// A key that the engine does not take.
pub fn fly(frames: &[Frame], plan: &Plan, sink: &mut dyn Sink) -> Result<Vec<(String, u64)>, Failure> {
    let mut decide = Decide::new(&plan.config).map_err(|error| Failure::Usage(error.to_string()))?;
    let mut aircraft = Aircraft::of(frames);
    let floor_db = floor_db(frames);
    let mut told = Told::default();
    let mut supposed = aircraft.supposed(frames);
    let without = frames.iter().filter(|frame| frame.power_db.is_some() && frame.snr_db.is_none()).count();
    if let (Some(floor_db), true) = (floor_db, without > 0) {
        supposed.push((
            format!(
                "without SNR: {floor_db:.2} dB, the lowest hundredth of all powers, is taken as the noise floor"
            ),
            without as u64,
        ));
    }
    let powers = frames.iter().filter(|frame| frame.power_db.is_some()).count();
    supposed
        .push(("power is taken as dBFS: its reference is the other receiver's".to_string(), powers as u64));
    let hz = plan.about.frequency_hz;
    let of = format!(
        "{:.4} MHz is that of the settings: --set sdr.frequency_hz=… tells what was listened to",
        hz / 1e6
    );
    supposed.push((of, frames.len() as u64));
    supposed.retain(|(_, count)| *count > 0);
    for (index, frame) in frames.iter().enumerate() {
        let now = TimeUs(frame.at_us);
        aircraft.take(frame, now);
        told.changes(frame, now, sink);
        let reading = reading(frame, floor_db, plan.about.sample_rate_sps);
        pass(&mut decide, now, reading.as_slice(), &aircraft.vehicle, sink);
        let next_us = frames.get(index + 1).map_or(0, |next| next.at_us);
        let mut grid = now.plus_us(PASS_US);
        while grid.0 < next_us.min(now.0 + GAP_US) {
            pass(&mut decide, grid, &[], &aircraft.vehicle, sink);
            grid = grid.plus_us(PASS_US);
        }
    }
    if let Some(last) = frames.last() {
        decide.finish(TimeUs(last.at_us + PASS_US), sink);
    }
    Ok(supposed)
}

fn pass(decide: &mut Decide, now: TimeUs, readings: &[Reading], vehicle: &Vehicle, sink: &mut dyn Sink) {
    let inputs =
        PassInputs { now, readings, pulses: &[], hearings: &[], vehicle, act: None, sdr_alive: true };
    decide.pass(&inputs, sink);
}

fn reading(frame: &Frame, floor_db: Option<f64>, rate_sps: f64) -> Option<Reading> {
    let power_db = frame.power_db?;
    let mean = CentiDb::from_db(power_db as f32)?;
    let quiet_db = frame.snr_db.map(|snr_db| power_db - snr_db).or(floor_db);
    let quiet = quiet_db.and_then(|db| CentiDb::from_db(db as f32));
    Some(Reading {
        acquired_us: TimeUs(frame.at_us),
        sample_index: (frame.at_us as f64 * rate_sps / 1e6) as u64,
        channel: 0,
        flags: if quiet.is_some() { Flags::NONE } else { Flags::NO_QUIET },
        frame_count: 1,
        clipping_e4: 0,
        mean,
        peak: mean,
        quiet: quiet.unwrap_or(CentiDb::LOWEST),
    })
}

fn floor_db(frames: &[Frame]) -> Option<f64> {
    let mut powers: Vec<f64> = frames.iter().filter_map(|frame| frame.power_db).collect();
    powers.sort_by(f64::total_cmp);
    powers.get((powers.len() as f64 * FLOOR_SHARE) as usize).copied()
}

/// The aircraft as the rows tell it.
struct Aircraft {
    vehicle: Vehicle,
    /// Altitude of what is taken as home, m.
    ground_m: f64,
    before: Option<(TimeUs, Position)>,
}

impl Aircraft {
    fn of(frames: &[Frame]) -> Aircraft {
        let heights =
            frames.iter().filter(|frame| frame.place.is_some()).filter_map(|frame| frame.altitude_m);
        let (low_m, high_m) =
            heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), m| (low.min(m), high.max(m)));
        let ground_m = if high_m - low_m < LEVEL_M { low_m - SUPPOSED_M } else { low_m };
        Aircraft { vehicle: Vehicle::default(), ground_m, before: None }
    }

    fn supposed(&self, frames: &[Frame]) -> Vec<(String, u64)> {
        let count = |is: &dyn Fn(&Frame) -> bool| frames.iter().filter(|frame| is(frame)).count() as u64;
        let ground_m = self.ground_m;
        vec![
            (
                format!("without height over home: that over {ground_m:.1} m is taken"),
                count(&|frame| {
                    frame.place.is_some() && frame.relative_m.is_none() && frame.altitude_m.is_some()
                }),
            ),
            (
                "without any height: 0 m is taken".to_string(),
                count(&|frame| frame.place.is_some() && frame.relative_m.or(frame.altitude_m).is_none()),
            ),
            (
                "velocity north and east is that between places".to_string(),
                count(&|frame| frame.place.is_some()),
            ),
            (
                "heading is taken as yaw, roll and pitch as level".to_string(),
                count(&|frame| frame.heading_deg.is_some()),
            ),
            (
                "the mode is none of ArduCopter: it is in import_telemetry only".to_string(),
                count(&|frame| frame.mode.as_deref().is_some_and(|mode| mode_of(mode).is_none())),
            ),
        ]
    }

    fn take(&mut self, frame: &Frame, now: TimeUs) {
        let vehicle = &mut self.vehicle;
        if let Some(heading_deg) = frame.heading_deg {
            let turned = heading_deg.to_radians().rem_euclid(2.0 * PI);
            let yaw_rad = if turned > PI { turned - 2.0 * PI } else { turned };
            let level = Attitude { roll_rad: 0.0, pitch_rad: 0.0, yaw_rad, yaw_rate_rad_s: 0.0 };
            vehicle.attitude = Some(Aged::new(level, now));
        }
        if let Some(place) = frame.place {
            let supposed_m = frame.altitude_m.map(|altitude_m| altitude_m - self.ground_m);
            let mut position = Position {
                place,
                alt_amsl_m: frame.altitude_m.unwrap_or(0.0),
                alt_rel_m: frame.relative_m.or(supposed_m).unwrap_or(0.0),
                north_mps: 0.0,
                east_mps: 0.0,
                down_mps: frame.climb_mps.map_or(0.0, |climb_mps| -climb_mps),
            };
            let near = self.before.filter(|(at, _)| now.since_us(*at) <= GAP_US);
            if let Some((at, before)) = near {
                let moved = Origin::new(before.place).ned_from_wgs84(place);
                let seconds = now.seconds_since(at);
                (position.north_mps, position.east_mps) = (moved.north_m / seconds, moved.east_m / seconds);
            }
            self.before = Some((now, position));
            vehicle.position = Some(Aged::new(position, now));
        }
        vehicle.gps = frame.gps.map(|gps| Aged::new(gps, now)).or(vehicle.gps);
        vehicle.battery = frame.battery.map(|battery| Aged::new(battery, now)).or(vehicle.battery);
        let mode = frame.mode.as_deref().and_then(mode_of);
        if let Some((mode, armed)) = mode.zip(frame.is_armed) {
            vehicle.heartbeat = Some(Aged::new(Heartbeat { mode, armed, system_status: ACTIVE }, now));
        }
    }
}

fn mode_of(name: &str) -> Option<Mode> {
    let modes = (0..64).map(|custom| Mode { firmware: Firmware::ArduCopter, custom });
    modes.filter(|mode| mode.name() != "UNKNOWN").find(|mode| mode.name().eq_ignore_ascii_case(name))
}

/// What the other program said last.
#[derive(Default)]
struct Told {
    state: Option<String>,
    is_heard: Option<bool>,
}

impl Told {
    fn changes(&mut self, frame: &Frame, at: TimeUs, sink: &mut dyn Sink) {
        let mut tell = |kind: &'static str, text: &str| {
            let event = Event { at, severity: Severity::Note, kind, text: Text::new(text) };
            sink.record(&Record::Event(event));
        };
        if frame.state.is_some() && frame.state != self.state {
            let text = match (&self.state, &frame.state) {
                (Some(from), Some(to)) => format!("{from} to {to}"),
                (_, to) => to.clone().unwrap_or_default(),
            };
            tell("imported_state", &text);
            self.state.clone_from(&frame.state);
        }
        if frame.is_heard.is_some() && frame.is_heard != self.is_heard {
            let is_first_silence = self.is_heard.is_none() && frame.is_heard == Some(false);
            if !is_first_silence {
                let text =
                    if frame.is_heard == Some(true) { "the beacon is heard" } else { "not heard any more" };
                tell("imported_detection", text);
            }
            self.is_heard = frame.is_heard;
        }
    }
}
