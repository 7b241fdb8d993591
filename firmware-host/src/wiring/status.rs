//! What the operator is shown: the engine's, the link's and the recorder's present state in the words of `ctl::Status`.

use super::Shared;
use crate::autopilot::Link;
use crate::ctl::{LaneStatus, LinkStatus, MachineStatus, PassStatus, RecorderStatus, Status, decided};
use crate::machine::Machine;
use crate::store::{Database, RecorderHandle, RecorderState};
use crate::version::VERSION;
use skyhound::budget::BudgetReport;
use skyhound::command::State;
use skyhound::config::ChannelConfig;
use skyhound::decide::Decide;
use skyhound::ring::Gauge;
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;

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
    /// The profile that is in force.
    pub profile: Option<String>,
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
    status.version = VERSION.to_string();
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
    decided(status, &about.channels, now, decide, vehicle);
    status.is_bench = about.is_bench;
    status.profile.clone_from(&about.profile);
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
    show_recorder(&mut status.recorder, &shared.recorder);
    if let Some(seen) = shared.recorder.database() {
        show_machine(&mut status.machine, &seen.machine);
        show_database(&mut status.recorder, seen);
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

/// What the recorder itself is writing just now stays as it was.
fn show_recorder(status: &mut RecorderStatus, recorder: &RecorderHandle) {
    let totals = recorder.totals();
    status.rows_total = totals.row_total;
    status.checkpoint_total = totals.checkpoint_total;
    status.checkpoint_longest_ms = totals.checkpoint_longest_us as f64 / 1e3;
    status.commit_longest_ms = totals.commit_longest_us as f64 / 1e3;
    if let Some((state, file)) = recorder.glance() {
        status.state = match state {
            RecorderState::Recording => "recording".to_string(),
            RecorderState::Paused { why } => format!("NOT RECORDING: {why}"),
            RecorderState::Stopped { why } => format!("STOPPED: {why}"),
        };
        status.file = file.map(|file| file.display().to_string());
    }
}

/// As it was looked at last.
fn show_database(status: &mut RecorderStatus, seen: Database) {
    status.rows_per_s = seen.rows_per_s;
    status.memory_mb = mb(seen.memory_bytes);
    status.resident_mb = mb(seen.resident_bytes);
    status.threads = seen.thread_count;
    status.file_mb = mb(seen.file_bytes);
    status.wal_mb = mb(seen.wal_bytes);
    status.growth_mb_per_h = seen.growth_bytes_per_h.map(|growth| growth / 1e6);
    status.left_h = seen.left_h;
    status.free_mb = mb(seen.free_bytes);
    status.alarms = seen.alarms;
}

fn show_machine(status: &mut MachineStatus, seen: &Machine) {
    status.busy_ratio = seen.busy_ratio;
    status.temperature_c = seen.temperature_c;
    status.throttled_bits = seen.throttled_bits;
    status.available_mb = seen.available_bytes.map(mb);
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
