//! What the operator is shown, and the board on which the daemon's threads write it.
//!
//! `None` is unknown. The control thread must never wait for a reader, so writing gives up when the board is being read;
//! a status is then one write older, which nobody notices at a few writes a second.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// What the operator is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Status {
    /// Version of the daemon.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// Time since its start.
    pub uptime_s: f64,
    /// IDLE, SEARCHING, DETECTING, HOMING, HOLDING.
    pub state: String,
    /// Name of the beacon that is sought.
    pub target: String,
    /// Whether the operator has enabled homing.
    pub homing_enabled: bool,
    /// Why the aircraft is led where it is led, and to where (WGS84 degrees); `None` = it is not.
    pub course: Option<String>,
    /// Why homing cannot be enabled or cannot command now; `None` = it could.
    pub locked: Option<String>,
    /// All that keeps it so, each with its mend; `locked` is the first.
    pub missing: Vec<String>,
    /// The profile among the settings; `None` = none is.
    pub profile: Option<String>,
    /// Where the ground crew's page is; `None` = there is none.
    pub page: Option<String>,
    /// `--bench`: a recording may steer.
    pub is_bench: bool,
    /// What stopped homing, until the operator acts again.
    pub latched: Option<String>,
    /// The aircraft.
    pub vehicle: VehicleStatus,
    /// Each beacon's channel.
    pub channels: Vec<ChannelStatus>,
    /// The search, where the settings have one.
    pub search: Option<SearchStatus>,
    /// The autopilot link's totals.
    pub link: LinkStatus,
    /// Each lane's totals.
    pub lanes: Vec<LaneStatus>,
    /// The flight file.
    pub recorder: RecorderStatus,
    /// The machine.
    pub machine: MachineStatus,
    /// The samples.
    pub sdr: SdrStatus,
    /// Each thread's late passes.
    pub passes: Vec<PassStatus>,
    /// What the system refused (priorities, locked memory).
    pub refused: Vec<String>,
}

/// The aircraft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct VehicleStatus {
    /// MAVLink system id of the autopilot we are bound to.
    pub system: Option<u8>,
    /// Its firmware.
    pub firmware: Option<String>,
    /// Its mode.
    pub mode: Option<String>,
    /// Motors armed.
    pub armed: Option<bool>,
    /// Latitude.
    pub lat_deg: Option<f64>,
    /// Longitude.
    pub lon_deg: Option<f64>,
    /// Altitude above home.
    pub alt_rel_m: Option<f64>,
    /// Where the nose points, from true north, 0 to 360.
    pub yaw_deg: Option<f64>,
    /// From where the wind blows, from true north, 0 to 360.
    pub wind_from_deg: Option<f64>,
    /// How fast.
    pub wind_mps: Option<f64>,
    /// Altitude above mean sea level.
    pub alt_amsl_m: Option<f64>,
    /// Course over the ground from true north, 0..360.
    pub course_deg: Option<f64>,
    /// Speed over the ground.
    pub speed_mps: Option<f64>,
    /// Height above the ground, the lower of what rangefinder and terrain map say.
    pub height_m: Option<f64>,
    /// Remaining battery, 0..=1.
    pub battery_ratio: Option<f64>,
    /// Satellites.
    pub satellites: Option<u8>,
    /// Age of the heartbeat.
    pub heartbeat_age_s: Option<f64>,
    /// Age of the position.
    pub position_age_s: Option<f64>,
    /// Age of the attitude.
    pub attitude_age_s: Option<f64>,
    /// UTC at the flight's start by the autopilot's GPS, µs since 1970.
    pub started_utc_us: Option<i64>,
}

/// A beacon's channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ChannelStatus {
    /// Beacon's name.
    pub name: String,
    /// Centre frequency.
    pub frequency_hz: f64,
    /// Newest power.
    pub power_dbfs: Option<f64>,
    /// Power through a low-pass of `analytics.ewma_time_constant_s`.
    pub ewma_dbfs: Option<f64>,
    /// Noise floor that the SNR is counted from.
    pub floor_dbfs: Option<f64>,
    /// Power over that floor.
    pub snr_db: Option<f64>,
    /// Whether the beacon is heard.
    pub heard: bool,
    /// Pulses in the pattern.
    pub pulse_count: u16,
    /// Median width.
    pub pulse_width_us: Option<u32>,
    /// Period.
    pub pulse_period_us: Option<f64>,
    /// Bearing of the gradient from true north.
    pub bearing_deg: Option<f64>,
    /// Its 1-sigma.
    pub bearing_sigma_deg: Option<f64>,
}

/// The search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct SearchStatus {
    /// Name of its pattern.
    pub pattern: String,
    /// Flown share of its route by our own velocities.
    pub progress: f64,
    /// Whether they lead along it now.
    pub flown: bool,
    /// Probability of success so far.
    pub pos: f64,
    /// Where the probability of detection is a half or more, m².
    pub searched_m2: f64,
    /// The area, m².
    pub area_m2: f64,
}

/// The autopilot link's totals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct LinkStatus {
    /// Address.
    pub address: String,
    /// Good frames in.
    pub received_total: u64,
    /// Frames with a wrong CRC.
    pub crc_error_total: u64,
    /// Messages missing by sequence number.
    pub sequence_lost_total: u64,
    /// Frames out.
    pub sent_total: u64,
    /// Frames not sent.
    pub send_dropped_total: u64,
    /// Times the line was opened again.
    pub reconnect_total: u64,
    /// Frames of the autopilot that came late, by its own clock, or twice.
    pub late_total: u64,
    /// Who else is heard.
    pub others: Vec<String>,
}

/// A lane's totals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct LaneStatus {
    /// Lane.
    pub name: String,
    /// Items that fitted.
    pub pushed_total: u64,
    /// Items that did not.
    pub dropped_total: u64,
}

/// The flight file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct RecorderStatus {
    /// In a word: recording, stopped: disk reserve, …
    pub state: String,
    /// The file.
    pub file: Option<String>,
    /// Rows committed.
    pub rows_total: u64,
    /// Rows committed a second.
    pub rows_per_s: f64,
    /// The database's buffers.
    pub memory_mb: f64,
    /// The whole process in memory.
    pub resident_mb: f64,
    /// Threads of the process.
    pub threads: u64,
    /// The file.
    pub file_mb: f64,
    /// What is committed and not in it yet.
    pub wal_mb: f64,
    /// Times the WAL was moved into the file.
    pub checkpoint_total: u64,
    /// Longest commit that did so.
    pub checkpoint_longest_ms: f64,
    /// Longest commit: the longest stall of the disk.
    pub commit_longest_ms: f64,
    /// How fast the file grows.
    pub growth_mb_per_h: Option<f64>,
    /// Hours until only the reserve is free on its disk.
    pub left_h: Option<f64>,
    /// Free on its disk.
    pub free_mb: f64,
    /// What is dangerous, with its mend.
    pub alarms: Vec<String>,
}

/// The machine, at the last look of ten seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct MachineStatus {
    /// Share of all cores' time that was busy, 0..=1.
    pub busy_ratio: Option<f64>,
    /// The hottest zone.
    pub temperature_c: Option<f64>,
    /// Bits of a Raspberry Pi's `get_throttled`: 0 under-voltage, 1 clock held down, 2 throttled, 3 near its limit; 16 to 19: at any time.
    pub throttled_bits: Option<u32>,
    /// Memory that can be taken.
    pub available_mb: Option<f64>,
}

/// The samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct SdrStatus {
    /// Source.
    pub source: String,
    /// Whether samples arrive.
    pub alive: bool,
    /// Sample rate.
    pub rate_sps: Option<f64>,
    /// Samples lost.
    pub lost_samples_total: u64,
    /// Times the device was opened again.
    pub reopen_total: u64,
}

/// A thread's passes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct PassStatus {
    /// Thread.
    pub name: String,
    /// Longest pass of the last second.
    pub longest_us: u32,
    /// Passes over budget since the start.
    pub miss_total: u64,
}

/// Where threads write the status and the socket reads it. Clones are the same board.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Status>>);

impl Board {
    /// Writes, unless somebody is reading just now. Never waits.
    pub fn write(&self, write: impl FnOnce(&mut Status)) -> bool {
        let held = match self.0.try_lock() {
            Ok(held) => Some(held),
            Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        };
        held.map(|mut status| write(&mut status)).is_some()
    }

    /// A copy of what is there.
    pub fn read(&self) -> Status {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
