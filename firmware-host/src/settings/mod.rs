//! Settings: one TOML file with `[sdr] [sense] [[beacon]] [analytics] [homing] [interlock] [autopilot] [recorder]
//! [daemon]`. Raw values as the file has them; what the engine gets is made and checked from these once at the start.

use std::path::PathBuf;

/// `[sdr]`: where samples come from.
#[derive(Clone, Debug, PartialEq)]
pub struct SdrSettings {
    /// `soapy:ARGS` (device arguments as SoapySDR takes them) or `file:PATH`.
    pub source: String,
    /// Samples per second. For files: overrides what the file or its name says; `None` = from there.
    pub sample_rate_sps: Option<f64>,
    /// Tuned frequency, Hz. For files as above.
    pub frequency_hz: Option<f64>,
    /// Total gain, dB; with `None` and no elements the driver's own default is kept. AGC is always off.
    pub gain_db: Option<f64>,
    /// Gain by element, (name, dB).
    pub gain_elements_db: Vec<(String, f64)>,
    /// Analogue bandwidth, Hz; `None` = driver's choice.
    pub bandwidth_hz: Option<f64>,
    /// Antenna; `None` = driver's choice.
    pub antenna: Option<String>,
    /// Frequency correction, parts per million.
    pub correction_ppm: f64,
    /// `auto` (the device's native one), `cs8`, `cs16`, `cf32`; for raw files without a telling name also `cu8`.
    pub format: String,
    /// Extra stream arguments (`bufflen=16384,buflen=16384` …), (key, value).
    pub stream_args: Vec<(String, String)>,
    /// No samples for this long: the device is stalled and is opened again.
    pub stall_timeout_us: u32,
    /// First wait before opening a lost device again; doubles up to `reopen_wait_max_us`.
    pub reopen_wait_min_us: u32,
    /// Longest such wait.
    pub reopen_wait_max_us: u32,
    /// How far the count of samples may fall behind (or run ahead of) the clock before it counts as a gap, µs.
    pub clock_slack_us: u32,
    /// `[sdr.file] repeat`: play the file over and over.
    pub file_repeat: bool,
}

/// `[autopilot]`: the MAVLink link.
#[derive(Clone, Debug, PartialEq)]
pub struct AutopilotSettings {
    /// `serial:DEVICE:BAUD`, `udpin:ADDR:PORT`, `udpout:ADDR:PORT`, `tcpout:ADDR:PORT`, `none`.
    pub address: String,
    /// System id of the autopilot we bind to; `None` = the first autopilot (component 1) heard, and then only that.
    pub system: Option<u8>,
    /// Our component id, 191 = MAV_COMP_ID_ONBOARD_COMPUTER.
    pub component: u8,
    /// Setpoints per second while commanding, 10..=20.
    pub setpoint_hz: f64,
    /// NAMED_VALUE_FLOAT telemetry per second per value, 0 = none.
    pub telemetry_hz: f64,
    /// Rates asked of the autopilot: position, attitude, and the slow ones.
    pub position_hz: f64,
    /// Attitude.
    pub attitude_hz: f64,
    /// GPS, EKF, battery, RC, home.
    pub status_hz: f64,
    /// First wait before reconnecting; doubles up to `reconnect_wait_max_us`.
    pub reconnect_wait_min_us: u32,
    /// Longest such wait.
    pub reconnect_wait_max_us: u32,
}

/// `[recorder]`: the flight file.
#[derive(Clone, Debug, PartialEq)]
pub struct RecorderSettings {
    /// Folder of the flight files.
    pub flights: PathBuf,
    /// Time between commits at most, µs. Default 250 000.
    pub commit_interval_us: u32,
    /// DuckDB's `memory_limit`, MB. Default 32.
    pub memory_limit_mb: u32,
    /// DuckDB's `threads`. Default 1.
    pub threads: u32,
    /// Below this much free disk the recorder stops cleanly, MB. Default 256.
    pub disk_reserve_mb: u32,
    /// Seconds of a stalled disk that the lanes must bridge. Default 10.
    pub stall_bridge_s: u32,
}

/// `[daemon]`: the process.
#[derive(Clone, Debug, PartialEq)]
pub struct DaemonSettings {
    /// The operator's socket; `None` = `/run/skyhound/ctl.sock` when that folder can be written, else
    /// `$XDG_RUNTIME_DIR/skyhound.sock`, else none.
    pub ctl_socket: Option<PathBuf>,
    /// Ask for real-time scheduling and locked memory.
    pub realtime: bool,
    /// Control passes per second, 10..=50. Default 20.
    pub control_hz: f64,
}
