//! What the operator is shown: the engine's, the link's and the recorder's present state in the words of `ctl::Status`.

use super::Shared;
use crate::autopilot::Link;
use crate::ctl::{
    ChannelStatus, LaneStatus, LinkStatus, PassStatus, RecorderStatus, SearchStatus, Status, VehicleStatus,
};
use crate::store::{RecorderHandle, RecorderState};
use skyhound::budget::BudgetReport;
use skyhound::command::State;
use skyhound::config::ChannelConfig;
use skyhound::decide::Decide;
use skyhound::facts::Facts;
use skyhound::homing::Homing;
use skyhound::ring::Gauge;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Vehicle};

/// What does not change in flight.
pub struct About {
    /// The beacons, in order of their channels.
    pub channels: Vec<ChannelConfig>,
    /// The autopilot's address.
    pub autopilot: String,
    /// The SDR, as its source describes itself.
    pub sdr: String,
    /// Its sample rate.
    pub rate_sps: f64,
    /// A recording may steer.
    pub is_bench: bool,
}

/// What is looked at.
pub struct Seen<'a> {
    /// What does not change in flight.
    pub about: &'a About,
    /// Now.
    pub now: TimeUs,
    /// The engine's control pass.
    pub decide: &'a Decide,
    /// The aircraft.
    pub vehicle: &'a Vehicle,
    /// The line to it.
    pub link: &'a Link,
    /// What all threads share.
    pub shared: &'a Shared,
    /// The control thread's last second.
    pub passes: BudgetReport,
    /// The lanes that the control thread sees.
    pub lanes: [&'a Gauge; 4],
}

/// What is told before the first control pass.
pub fn starting(status: &mut Status) {
    status.version = env!("CARGO_PKG_VERSION").to_string();
    status.pid = std::process::id();
    status.state = State::Idle.name().to_string();
    status.locked = Some("the flight is starting".to_string());
    status.missing.extend(status.locked.clone());
    status.recorder.state = "starting".to_string();
}

/// Writes what is true now into `status`.
pub fn show(status: &mut Status, seen: &Seen<'_>) {
    let Seen { about, now, decide, vehicle, link, shared, passes, lanes } = *seen;
    status.uptime_s = now.0 as f64 / 1e6;
    status.state = decide.state().name().to_string();
    status.target = decide
        .target()
        .and_then(|channel| about.channels.get(usize::from(channel)))
        .map(|channel| channel.name.clone())
        .unwrap_or_default();
    status.homing_enabled = decide.state() != State::Idle;
    status.course = decide.course().map(|course| match course.to {
        Some(to) => format!("{} ({:.5} {:.5})", course.aim.words(), to.lat_deg, to.lon_deg),
        None => course.aim.words().to_string(),
    });
    status.locked = match decide.locked() {
        Some(_) if decide.is_offered() => Some("waits for OFFBOARD; zero setpoints stream".to_string()),
        locked => locked.map(|trip| trip.to_string()),
    };
    status.missing = decide.missing().iter().map(ToString::to_string).collect();
    status.is_bench = about.is_bench;
    status.latched = decide.latched().map(|trip| trip.to_string());
    status.vehicle = vehicle_status(now, vehicle);
    status.channels = about
        .channels
        .iter()
        .enumerate()
        .map(|(index, channel)| channel_status(channel, decide.facts().get(index)))
        .collect();
    status.search = decide.searched(now).map(|search| SearchStatus {
        pattern: search.pattern.to_string(),
        progress: search.progress,
        flown: search.is_flown,
        pos: search.pos,
        searched_m2: search.searched_m2,
        area_m2: search.area_m2,
    });
    let report = link.report();
    status.link = LinkStatus {
        address: about.autopilot.clone(),
        received_total: report.received_total,
        crc_error_total: report.crc_error_total,
        sequence_lost_total: report.sequence_lost_total,
        sent_total: report.sent_total,
        send_dropped_total: report.send_dropped_total,
        reconnect_total: report.reconnect_total,
        late_total: report.late_total,
        others: link.others(now).collect(),
    };
    status.lanes = lanes.map(lane_status).to_vec();
    if let Some(recorder) = recorder_status(&shared.recorder) {
        status.recorder = recorder;
    }
    status.passes = vec![PassStatus {
        name: "control".to_string(),
        longest_us: passes.longest_us,
        miss_total: passes.miss_total,
    }];
    if let Some(refused) = shared.life.refused() {
        status.refused = refused;
    }
    status.sdr.source.clone_from(&about.sdr);
    status.sdr.alive = shared.sdr_alive();
    status.sdr.rate_sps = Some(about.rate_sps);
    status.sdr.reopen_total = shared.receiver.device_lost_total();
    status.sdr.lost_samples_total = shared.receiver.lost_samples_total();
}

fn lane_status(gauge: &Gauge) -> LaneStatus {
    LaneStatus {
        name: gauge.name().to_string(),
        pushed_total: gauge.pushed_total(),
        dropped_total: gauge.dropped_total(),
    }
}

/// `None` while the recorder itself writes it.
fn recorder_status(recorder: &RecorderHandle) -> Option<RecorderStatus> {
    let (state, file) = recorder.glance()?;
    Some(RecorderStatus {
        state: match state {
            RecorderState::Recording => "recording".to_string(),
            RecorderState::Paused { why } => format!("NOT RECORDING: {why}"),
            RecorderState::Stopped { why } => format!("STOPPED: {why}"),
        },
        file: file.map(|file| file.display().to_string()),
        rows_total: recorder.totals().row_total,
    })
}

fn vehicle_status(now: TimeUs, vehicle: &Vehicle) -> VehicleStatus {
    fn age_s<T>(now: TimeUs, part: &Option<Aged<T>>) -> Option<f64> {
        part.as_ref().and_then(|part| part.age_us(now)).map(|age_us| age_us as f64 / 1e6)
    }
    let position = vehicle.position.map(|position| position.value);
    VehicleStatus {
        system: vehicle.identity.map(|identity| identity.system),
        firmware: vehicle.identity.map(|identity| firmware_name(identity.firmware).to_string()),
        mode: vehicle.heartbeat.map(|heartbeat| heartbeat.value.mode.name().to_string()),
        armed: vehicle.heartbeat.map(|heartbeat| heartbeat.value.armed),
        lat_deg: position.map(|position| position.place.lat_deg),
        lon_deg: position.map(|position| position.place.lon_deg),
        alt_rel_m: position.map(|position| position.alt_rel_m),
        height_m: Homing::height_m(vehicle, now),
        battery_ratio: vehicle.battery.and_then(|battery| battery.value.remaining_ratio),
        satellites: vehicle.gps.and_then(|gps| gps.value.satellites),
        heartbeat_age_s: age_s(now, &vehicle.heartbeat),
        position_age_s: age_s(now, &vehicle.position),
        attitude_age_s: age_s(now, &vehicle.attitude),
    }
}

fn firmware_name(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::ArduCopter => "ArduCopter",
        Firmware::Px4 => "PX4",
        Firmware::Other => "other",
    }
}

fn channel_status(channel: &ChannelConfig, facts: Option<&Facts>) -> ChannelStatus {
    let gradient = facts.and_then(|facts| facts.gradient.ok());
    let pattern = facts.map(|facts| facts.pattern).unwrap_or_default();
    ChannelStatus {
        name: channel.name.clone(),
        frequency_hz: channel.frequency_hz,
        power_dbfs: facts.and_then(|facts| facts.power_dbfs),
        ewma_dbfs: facts.and_then(|facts| facts.ewma_dbfs),
        floor_dbfs: facts.and_then(Facts::floor_dbfs),
        snr_db: facts.and_then(|facts| facts.snr_db),
        heard: facts.is_some_and(|facts| facts.heard),
        pulse_count: pattern.pulse_count,
        pulse_width_us: pattern.width_us,
        pulse_period_us: pattern.period_us,
        bearing_deg: gradient.map(|gradient| gradient.bearing_rad.to_degrees().rem_euclid(360.0)),
        bearing_sigma_deg: gradient.map(|gradient| gradient.bearing_sigma_rad.to_degrees()),
    }
}
