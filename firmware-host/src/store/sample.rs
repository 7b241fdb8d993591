//! Records for tests: one of each kind, with every part known, and with nothing known.

use super::lanes::{Inlets, Outlets, lanes};
use super::{About, Recorder, Switch, listed};
use crate::clock::Clock;
use crate::realtime::{self, Role};
use crate::settings::RecorderSettings;
use skyhound::budget::BudgetReport;
use skyhound::command::{
    Aim, Command, Course, Fault, Interlock, OperatorAct, Reason, State, StateChange, Trip, Velocity,
};
use skyhound::cospas::{Frame, Message};
use skyhound::facts::{
    Detection, DetectionKind, Estimate, Facts, Fit, Floor, Gradient, Located, NoGradient, Pattern, RegionRun,
    Run, SearchRun, Searched, Trend,
};
use skyhound::geo::{NorthEast, Wgs84};
use skyhound::record::{Event, LaneReport, LinkReport, Name, PlacedReading, Record, Severity, Taken, Text};
use skyhound::signal::{Flags, Hearing, HearingKind, Pulse, Reading, Spectrum};
use skyhound::time::{Aged, TimeUs};
use skyhound::units::CentiDb;
use skyhound::vehicle::{
    Attitude, Battery, Ekf, Firmware, Gps, Health, Heartbeat, Home, Identity, Landed, Mode, Parameters,
    PartHealth, Pose, Position, RC_CHANNELS_MAX, Rc, Vehicle, Wind, Zones, parameter,
};
use std::path::Path;

/// Settings for a folder: no reserve, so that a test runs on a full machine too.
pub(crate) fn settings(folder: &Path) -> RecorderSettings {
    RecorderSettings {
        flights: folder.to_path_buf(),
        commit_interval_us: 50_000,
        memory_limit_mb: 32,
        threads: 1,
        disk_reserve_mb: 0,
        stall_bridge_s: 10,
        disk_warn_h: 0.0,
    }
}

pub(crate) fn about() -> About {
    About {
        settings_toml: "[sdr]\nsource = \"file:it's.cu8\"\n".to_string(),
        versions: vec![("skyhound".to_string(), "0.1.0".to_string())],
        channels: vec!["beacon".to_string(), "other".to_string()],
        sdr: "file:it's.cu8".to_string(),
        autopilot: "none".to_string(),
        sample_rate_sps: 250e3,
        frequency_hz: 433.92e6,
        clock_source: "monotonic clock".to_string(),
        recorded_utc_us: None,
        settings: vec![("sense.hop_us".to_string(), "10000".to_string())],
    }
}

/// A recorder with its inlets.
pub(crate) fn start(settings: &RecorderSettings) -> (Inlets, Recorder) {
    let (inlets, outlets): (Inlets, Outlets) = lanes(settings, 1_000.0);
    (
        inlets,
        Recorder::start(settings, &about(), outlets, Clock::start(), |body| {
            realtime::start(Role::Recorder, body)
        })
        .unwrap(),
    )
}

/// A profile that took over at `at_us`, with a channel more.
pub(crate) fn switch(at_us: u64) -> Box<Switch> {
    let text = |text: &str| Some(text.to_string());
    Box::new(Switch {
        at: TimeUs(at_us),
        profile: text("fox"),
        profile_sha256: text("00ff"),
        settings_sha256: "11ee".to_string(),
        settings_toml: "[[beacon]]\nname = \"fox\"\n".to_string(),
        numbers: vec![2, 0],
        channels: listed(&[2, 0]),
        asked_by: "uid 1000".to_string(),
        names: ["beacon", "other", "fox"].map(String::from).to_vec(),
    })
}

fn db(hundredths: i16) -> CentiDb {
    CentiDb::from_hundredths(hundredths)
}

/// The reading of hop `index` (10 ms each), of a channel that is quiet but for 50 ms of each second.
pub(crate) fn reading(index: u64, channel: u8) -> PlacedReading {
    let noise = ((index * 7_919 + u64::from(channel) * 31) % 211) as i16;
    let on = if index % 100 < 5 { 2_500 } else { 0 };
    let level = Attitude { roll_rad: 0.0, pitch_rad: 0.0, yaw_rad: 1.0, yaw_rate_rad_s: 0.0 };
    let pose = Pose {
        place: Wgs84 { lat_deg: 47.3 + index as f64 * 1e-7, lon_deg: 8.5 - index as f64 * 2e-7 },
        alt_rel_m: 30.0 + (index % 40) as f64 * 0.01,
        attitude: (!index.is_multiple_of(3)).then_some(level),
        gap_us: 100_000,
    };
    PlacedReading {
        reading: Reading {
            acquired_us: TimeUs(5_000 + index * 10_000),
            sample_index: index * 2_500,
            channel,
            flags: if index % 50 == 7 { Flags::NO_QUIET } else { Flags::NONE },
            frame_count: 9,
            clipping_e4: 0,
            mean: db(-9_000 + noise + on),
            peak: db(-8_700 + noise + on),
            quiet: db(-9_050),
        },
        pose: (index % 10 != 9).then_some(pose),
    }
}

pub(crate) fn spectrum(at_us: u64) -> Spectrum {
    let mut power = [CentiDb::LOWEST; 256];
    power.iter_mut().enumerate().for_each(|(bin, power)| *power = db(-9_000 - bin as i16));
    Spectrum { acquired_us: TimeUs(at_us), first_bin_hz: 433.8e6, bin_hz: 976.5625, bin_count: 200, power }
}

/// Facts at `at_us` with `snr_db`; with everything known when `is_heard`, else with as little as possible.
pub(crate) fn facts(at_us: u64, snr_db: f64, is_heard: bool) -> Facts {
    let known = |value: f64| is_heard.then_some(value);
    Facts {
        at: TimeUs(at_us),
        newest_reading_us: TimeUs(at_us.saturating_sub(4_000)),
        channel: 0,
        reading_count: 1_000,
        power_dbfs: Some(-90.0 + snr_db),
        floor_temporal_dbfs: known(-90.123_456),
        floor_spectral_dbfs: Some(-90.0),
        snr_db: Some(snr_db),
        snr_floor: Floor::Spectral,
        rolling_mean_dbfs: known(-80.25),
        volatility_db: known(1.5),
        delta_db: known(-0.5),
        ewma_dbfs: known(-80.5),
        trend: is_heard.then_some(Trend { slope_db_s: 0.25, r2: Some(0.75) }),
        gradient: if is_heard {
            Ok(Gradient {
                north_db_m: 0.1,
                east_db_m: -0.2,
                north_variance: 0.01,
                east_variance: 0.02,
                covariance: -0.001,
                bearing_rad: -1.1,
                bearing_sigma_rad: 0.2,
                r2: 0.9,
            })
        } else {
            Err(NoGradient::NotHeard)
        },
        pattern: pattern(is_heard),
        heard: is_heard,
    }
}

fn pattern(is_known: bool) -> Pattern {
    if !is_known {
        return Pattern::default();
    }
    Pattern {
        pulse_count: 8,
        width_us: Some(50_000),
        period_us: Some(1_000_000.0),
        period_span_us: Some((999_800, 1_000_300)),
        jitter_us: Some(120.5),
    }
}

pub(crate) fn detection(id: u32, began_us: u64, ended_us: Option<u64>) -> Detection {
    Detection {
        id,
        channel: 0,
        kind: DetectionKind::PulseTrain,
        began_us: TimeUs(began_us),
        confirmed_us: TimeUs(began_us + 2_000_000),
        ended_us: ended_us.map(TimeUs),
        snr_peak_db: 24.5,
        power_peak_dbfs: -64.9,
        heard: None,
        beacon_id: None,
        pattern: pattern(true),
        false_alarm_probability: 1e-9,
    }
}

/// An aircraft with every part known, in steps as MAVLink has them.
pub(crate) fn vehicle(at_us: u64) -> Vehicle {
    let at = TimeUs(at_us);
    let place = Wgs84 { lat_deg: f64::from(473_000_001_i32) / 1e7, lon_deg: 8.5 };
    let mode = Mode { firmware: Firmware::ArduCopter, custom: 4 };
    let mut zones = Zones::default();
    zones.push_polygon(true, &[place, Wgs84 { lon_deg: 8.6, ..place }, Wgs84 { lat_deg: 47.4, ..place }]);
    zones.push_circle(false, place, 20.0);
    let mut parameters = Parameters::default();
    parameters.keep(parameter::index("GUID_TIMEOUT"), Some(Aged::new(1.0, at)));
    let ekf = Ekf {
        attitude_ok: true,
        velocity_horizontal_ok: true,
        position_horizontal_ok: true,
        position_vertical_ok: true,
        degraded: false,
        variance_max: f64::from(0.1_f32),
    };
    let position =
        Position { place, alt_amsl_m: 430.0, alt_rel_m: 30.0, north_mps: 3.0, east_mps: 4.0, down_mps: -0.5 };
    let mut channels_us = [0; RC_CHANNELS_MAX];
    channels_us[..4].copy_from_slice(&[1500, 1501, 1100, 1502]);
    Vehicle {
        identity: Some(Identity { system: 1, component: 1, firmware: Firmware::ArduCopter }),
        contested: Some("another program commands with our identity; stop it"),
        left_total: 2,
        heartbeat: Some(Aged::new(Heartbeat { mode, armed: true, system_status: 4 }, at)),
        mode_told: Some(Aged::new(mode, at)),
        landed: Some(Aged::new(Landed::InAir, at)),
        attitude: Some(Aged::new(
            Attitude { roll_rad: 0.25, pitch_rad: -0.5, yaw_rad: 1.0, yaw_rate_rad_s: f64::from(0.1_f32) },
            at,
        )),
        position: Some(Aged::new(position, at)),
        gps: Some(Aged::new(Gps { fix: 3, satellites: Some(14), hdop: Some(0.7) }, at)),
        ekf: Some(Aged::new(ekf, at)),
        battery: Some(Aged::new(
            Battery { voltage_v: Some(15.9), current_a: None, remaining_ratio: Some(0.8) },
            at,
        )),
        rc: Some(Aged::new(Rc { channels_us, channel_count: 16, rssi: Some(200) }, at)),
        health: Some(Aged::new(Health { rc_receiver: PartHealth::Good, fence: PartHealth::Off }, at)),
        height_rangefinder_m: Some(Aged::new(12.34, at)),
        height_terrain_m: Some(Aged::new(11.5, at)),
        home: Some(Aged::new(Home { place, alt_amsl_m: 400.0 }, at)),
        utc_us: Some(Aged::new(1_760_000_000_000_000, at)),
        clock_offset_us: Some(Aged::new(-123, at)),
        parameters,
        zones: Some(Aged::new(zones, at)),
        wind: Some(Aged::new(Wind { from_deg: 271.25, speed_mps: 5.5 }, at)),
        ground_station: Some(Aged::new(255, at)),
    }
}

/// What makes `after` of `before`, as records of a pass at `at_us`.
pub(crate) fn parts(at_us: u64, before: &Vehicle, after: &Vehicle) -> Vec<Record> {
    let mut parts = Vec::new();
    after.changes_since(before, &mut |part| parts.push(Record::Vehicle(TimeUs(at_us), part)));
    parts
}

const COURSE: Course = Course { aim: Aim::Survey, to: Some(Wgs84 { lat_deg: 47.25, lon_deg: 8.5 }) };
const TRIP: Trip = Trip { interlock: Interlock::Failsafes, fault: Fault::Refused, detail: "GUID_TIMEOUT" };

fn hearing(until_us: TimeUs) -> Hearing {
    Hearing {
        until_us,
        span_us: 409_600,
        channel: 0,
        kind: HearingKind::Line,
        frequency_hz: 433.92e6,
        drift_hz_s: -2.5,
        period_us: None,
        pulse_count: 0,
        width_us: 0,
        cn0: db(1_812),
        cn0_sigma: db(120),
        power: db(-11_234),
        statistic: 4.5,
        threshold: 4.25,
        ln_false_alarms_per_hour: -5.5,
        message: None,
    }
}

/// A burst that was read.
fn burst(until_us: TimeUs) -> Hearing {
    let frame = Frame::from_hex("FFFE2FA0D205F260850F3DC9E0B70B6E4FD7").expect("a message");
    let message = Message::of(frame).ok();
    let (kind, span_us, width_us, pulse_count) = (HearingKind::Burst, 520_000, 520_000, 1);
    Hearing { kind, span_us, width_us, pulse_count, message, ..hearing(until_us) }
}

/// 40 m north and 30 m east of the middle of things.
pub(crate) fn located(at: TimeUs) -> Located {
    let estimate = Estimate {
        mean: NorthEast { north_m: 40.0, east_m: 30.0 },
        covariance_m2: [64.0, -8.0, 100.0],
        peak: NorthEast { north_m: 42.0, east_m: 28.0 },
        radius_50_m: 10.5,
        radius_95_m: 22.0,
        fit: Fit { power_100_m_db: -80.5, exponent: 2.25, spread_db: 4.5, correlation_m: 35.0 },
        observation_count: 60,
    };
    Located { at, channel: 0, origin: Wgs84 { lat_deg: 47.3, lon_deg: 8.5 }, estimate }
}

pub(crate) fn region(at: TimeUs, percent: u8, count: u16) -> Record {
    let run = Run { from: NorthEast { north_m: 40.0, east_m: 20.0 }, size_m: 2.0, count };
    Record::Region(RegionRun { at, channel: 0, percent, origin: Wgs84 { lat_deg: 47.3, lon_deg: 8.5 }, run })
}

fn searched(at: TimeUs) -> [Record; 2] {
    let searched = Searched {
        at,
        pattern: "spiral",
        spacing_m: Some(60.5),
        progress: 0.25,
        is_flown: true,
        pos: 0.375,
        area_m2: 250e3,
        searched_m2: 93e3,
        listening_count: 17,
        floor_dbm_hz: -165.5,
        height_m: 40.5,
    };
    let run = Run { from: NorthEast { north_m: 40.0, east_m: 20.0 }, size_m: 8.0, count: 3 };
    let origin = Wgs84 { lat_deg: 47.3, lon_deg: 8.5 };
    let cells = SearchRun { at, origin, run, poa: 0.0625, pod_percent: 62 };
    [Record::Searched(searched), Record::SearchRun(cells)]
}

fn pass(at: TimeUs) -> Record {
    Record::Pass(at, Taken { reading_count: 50, sdr_alive: true, ..Taken::default() })
}

/// One of each kind of record, at about `at_us`, and for some also the one in which nothing is known.
pub(crate) fn records(at_us: u64) -> Vec<Record> {
    let at = TimeUs(at_us);
    let velocity = Velocity { north_mps: 1.0, east_mps: -2.0, down_mps: 0.0, yaw_rate_rad_s: 0.1 };
    let change = |from, to, reason| Record::StateChange(StateChange { at, from, to, reason });
    let event = |severity, kind, text| Record::Event(Event { at, severity, kind, text: Text::new(text) });
    let (known, unknown) = (vehicle(at_us), Vehicle::default());
    let mut records = parts(at_us, &unknown, &known);
    records.extend(parts(at_us + 100_000, &known, &unknown));
    records.extend([pass(at), region(at, 50, 4), region(at, 95, 11)].into_iter().chain(searched(at)));
    records.extend([
        Record::Pulse(Pulse {
            start_us: at,
            width_us: 50_000,
            channel: 0,
            flags: Flags::START_UNSEEN,
            mean: db(-6_500),
            peak: db(-6_400),
            floor: db(-9_000),
        }),
        Record::Hearing(hearing(at)),
        Record::Hearing(burst(at)),
        Record::Facts(facts(at_us, 25.0, true)),
        Record::Facts(facts(at_us + 100_000, 0.5, false)),
        Record::Detection(detection(1, at_us, None)),
        Record::Detection(detection(1, at_us, Some(at_us + 30_000_000))),
        Record::Estimate(located(at)),
        Record::Command(at, Command::Velocity(velocity), Some(COURSE)),
        Record::Command(at, Command::Stop, None),
        Record::Command(at, Command::Silence(TRIP), None),
        change(State::Idle, State::Searching, Reason::Operator(OperatorAct::HomingOn)),
        change(State::Searching, State::Idle, Reason::Interlock(TRIP)),
        Record::Operator(at, OperatorAct::HomingOn),
        Record::Operator(at, OperatorAct::HomingOff),
        event(Severity::Note, "mode_change", "AUTO to GUIDED"),
        event(Severity::Warning, "sdr_gap", "it said \"gap\", 2048 samples"),
        Record::Budget(
            at,
            Name::new("control"),
            BudgetReport {
                budget_us: 1_000,
                pass_count: 20,
                miss_count: 1,
                busy_us: 900,
                longest_us: 1_200,
                miss_total: 3,
            },
        ),
        Record::Lane(
            at,
            Name::new("blocks"),
            LaneReport { pushed_total: 100, dropped_total: 2, capacity_count: 64 },
        ),
        Record::Discard(at, Name::new("refused"), 6),
        Record::Link(
            at,
            LinkReport {
                received_bytes_total: 1_000,
                received_total: 50,
                crc_error_total: 1,
                unknown_total: 2,
                sequence_lost_total: 3,
                resync_total: 4,
                garbage_bytes_total: 5,
                foreign_total: 6,
                sent_total: 7,
                send_dropped_total: 8,
                reconnect_total: 9,
                late_total: 10,
                unread_total: 11,
                recalled_bytes_total: 12,
            },
        ),
    ]);
    records
}
