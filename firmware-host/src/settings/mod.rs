//! Settings: one TOML file with `[sdr] [sense] [[beacon]] [analytics] [homing] [search] [interlock] [autopilot] [recorder]
//! [retention] [daemon] [ground] [cot] [station]`. Values as the parts take them; what the engine gets is made and checked from these once at the start.
//!
//! The file speaks s, ms and deg; the program µs and rad; `resolve` alone converts. Defaults stand in `skyhound.toml`
//! beside this (the template that `config init` writes), ranges in `keys`. Precedence: default, file, profile, `--set`, flags;
//! a profile that is only marked stands under the file.

pub mod antenna;
mod cot;
mod deaf;
mod engine;
mod errors;
mod keys;
mod layers;
mod load;
pub mod own_noise;
pub mod profile;
mod resolve;
mod rules;
mod search;
mod switched;
#[cfg(test)]
mod tests;
mod text;
mod tuning;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use skyhound::config::{AnalyticsConfig, Emission, HomingConfig, InterlockConfig};
use skyhound::dsp::spectrometer::fft_len_for;

pub use antenna::AntennaSettings;
pub use cot::{CotSettings, CotTo};
pub use deaf::{AtHand, Deafness};
pub use engine::BURST_BANDWIDTH_HZ;
pub use errors::{Origin, SettingError, SettingsErrors};
pub use keys::nearest_name;
pub use load::Flags;
pub use profile::{InForce, Profile};
pub use search::SearchSettings;
pub use tuning::Tuning;

/// The commented settings file with every key and its default.
pub const TEMPLATE: &str = include_str!("skyhound.toml");

/// Keys that name a file of which the engine is told.
pub const FILES: [&str; 3] = ["antenna.pattern", "sdr.own_noise", "search.prior"];

/// The name under which a flight file keeps the text of such a file.
pub fn text_of(key: &str) -> String {
    format!("{key} (text)")
}

/// All settings in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `[sdr]`.
    pub sdr: SdrSettings,
    /// `[sdr.file] pace`.
    pub pace: Pace,
    /// `[sense]`.
    pub sense: SenseSettings,
    /// `[[beacon]]`, at least one.
    pub beacons: Vec<BeaconSettings>,
    /// `[analytics]`.
    pub analytics: AnalyticsConfig,
    /// `[homing]`.
    pub homing: HomingConfig,
    /// `[interlock]`.
    pub interlock: InterlockConfig,
    /// What the beacon is heard with.
    pub antenna: AntennaSettings,
    /// `[search]`.
    pub search: SearchSettings,
    /// `[autopilot]`.
    pub autopilot: AutopilotSettings,
    /// `[recorder]`.
    pub recorder: RecorderSettings,
    /// `[recorder.iq]`.
    pub iq: IqSettings,
    /// `[retention]`.
    pub retention: RetentionSettings,
    /// `[daemon]`.
    pub daemon: DaemonSettings,
    /// `[ground]`.
    pub ground: GroundSettings,
    /// `[cot]`.
    pub cot: CotSettings,
    /// `[station]`.
    pub station: StationSettings,
    /// `--bench`: this is a bench, and no aircraft is in the air; a recording may steer what stands on it.
    pub is_bench: bool,
    /// The profile that is among them.
    pub profile: Option<InForce>,
    layers: layers::Layers,
    written: load::Written,
}

impl Settings {
    /// Defaults, then the text that the flight file at `path` keeps of its settings.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn of_flight(text: &str, path: &Path) -> Result<Settings, SettingsErrors> {
        Settings::again(text, path, &[], &[], false)
    }

    /// The same with each `section.key=value` of `sets` over it, of a flight on a bench or in the air. Of keys that name a file, `files`
    /// are read instead; the names stay.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn again(
        text: &str,
        path: &Path,
        files: &[(&'static str, PathBuf)],
        sets: &[String],
        is_bench: bool,
    ) -> Result<Settings, SettingsErrors> {
        let mut layers = layers::Layers::defaults();
        layers.lay_text(text, path);
        let named = layers.entries.clone();
        files.iter().for_each(|(key, file)| layers.lay_set(&format!("{key}={}", file.display())));
        let instead = layers.entries.clone();
        sets.iter().for_each(|set| layers.lay_set(set));
        let mut settings = Settings::resolve(layers, is_bench)?;
        for (key, entry) in files.iter().filter_map(|(key, _)| named.get_key_value(*key)) {
            if settings.layers.entries.get(key).map(|now| &now.value)
                == instead.get(key).map(|read| &read.value)
            {
                settings.layers.entries.insert(key.clone(), entry.clone());
            }
        }
        Ok(settings)
    }

    /// The files that settings name and the engine is told of ([`FILES`]), by key, as they read now; what cannot be read is left out.
    pub fn files(&self) -> Vec<(&'static str, String)> {
        let pattern = match &self.antenna {
            AntennaSettings::Directional(pattern, _) => Some(pattern),
            AntennaSettings::Omni | AntennaSettings::Whip => None,
        };
        let named = FILES.into_iter().zip([pattern, self.sdr.own_noise.as_ref(), self.search.prior.as_ref()]);
        let read =
            |(key, path): (&'static str, Option<&PathBuf>)| Some((key, std::fs::read_to_string(path?).ok()?));
        named.filter_map(read).collect()
    }

    fn resolve(mut layers: layers::Layers, is_bench: bool) -> Result<Settings, SettingsErrors> {
        layers.check_rules();
        if !layers.errors.is_empty() {
            return Err(SettingsErrors(layers.errors));
        }
        Ok(Settings {
            sdr: layers.sdr(),
            pace: layers.pace(),
            sense: layers.sense(),
            beacons: (0..layers.beacon_count).map(|number| layers.beacon(number)).collect(),
            analytics: layers.analytics(),
            homing: layers.homing(),
            interlock: layers.interlock(is_bench),
            antenna: layers.antenna(),
            search: layers.search(),
            autopilot: layers.autopilot(),
            recorder: layers.recorder(),
            iq: layers.iq(),
            retention: layers.retention(),
            daemon: layers.daemon(),
            ground: layers.ground(),
            cot: layers.cot(),
            station: layers.station(),
            is_bench,
            profile: None,
            written: load::Written::default(),
            layers,
        })
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings::resolve(layers::Layers::defaults(), false)
            .expect("the template holds its own rules; a test says so")
    }
}

/// How fast a recording is played.
#[derive(Copy, Clone, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Pace {
    /// At the pace of the recording's own clock.
    Realtime,
    /// As fast as it can be used.
    Max,
}

impl Pace {
    /// As the file and the command line spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Pace::Realtime => "realtime",
            Pace::Max => "max",
        }
    }
}

/// `[sense]`: from samples to readings.
#[derive(Clone, Debug, PartialEq)]
pub struct SenseSettings {
    /// FFT length; `None` = the longest power of two that is not over 1.1 ms of samples.
    pub fft_len: Option<usize>,
    /// Length of a hop, µs.
    pub hop_us: u32,
    /// Half-width about 0 Hz that is left out of the channels, Hz; `None` = nothing, the spike is taken out.
    pub dc_exclude_hz: Option<f64>,
    /// Time between stored spectrum rows, µs; 0 = none.
    pub spectrum_interval_us: u32,
}

impl SenseSettings {
    /// FFT length at this rate.
    pub fn fft_len_at(&self, sample_rate_sps: f64) -> usize {
        self.fft_len.unwrap_or_else(|| fft_len_for(sample_rate_sps))
    }
}

/// `[[beacon]]`: a beacon's channel.
#[derive(Clone, Debug, PartialEq)]
pub struct BeaconSettings {
    /// Name for people.
    pub name: String,
    /// Centre frequency, Hz; goes before `offset_hz`.
    pub frequency_hz: Option<f64>,
    /// Centre as distance from the tuned frequency, Hz.
    pub offset_hz: f64,
    /// Bandwidth, Hz; `None` = 0.7 of the sample rate.
    pub bandwidth_hz: Option<f64>,
    /// What is sought.
    pub emission: Emission,
    /// Shortest pulse that counts, µs.
    pub pulse_width_min_us: u32,
    /// Longest pulse, µs.
    pub pulse_width_max_us: u32,
    /// Dips shorter than this do not end a pulse, µs.
    pub pulse_bridge_us: u32,
    /// Rise over the noise floor at which a pulse begins, dB.
    pub pulse_trigger_db: f64,
}

/// `[sdr]`: where samples come from.
#[derive(Clone, Debug, PartialEq)]
pub struct SdrSettings {
    /// `soapy:ARGS` (device arguments as SoapySDR takes them), `file:PATH` or `file:-` (stdin).
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
    /// File of the lines that the aircraft itself sends (see [`own_noise`]); `None` = none is masked.
    pub own_noise: Option<PathBuf>,
    /// How far the count of samples may fall behind (or run ahead of) the clock before it counts as a gap, µs.
    pub clock_slack_us: u32,
    /// `[sdr.file] repeat`: play the file over and over.
    pub file_repeat: bool,
    /// `[sdr.file] swap_iq`: Q stands before I in the file.
    pub file_swap_iq: bool,
    /// `[sdr.file] full_scale`: the value in the file that is |x| = 1.0; `None` = the format's own, of floats as found.
    pub file_full_scale: Option<f64>,
}

impl SdrSettings {
    /// Whether the samples are a recording's, or come through a pipe: tuned where they are.
    pub fn is_recording(&self) -> bool {
        self.source.starts_with("file:")
    }
}

/// `[autopilot]`: the MAVLink link.
#[derive(Clone, Debug, PartialEq)]
pub struct AutopilotSettings {
    /// `serial:DEVICE:BAUD`, `udpin:ADDR:PORT`, `udpout:ADDR:PORT`, `tcpout:ADDR:PORT`, `none`.
    pub address: String,
    /// System id of the autopilot we bind to; `None` = the first (component 1) that can be commanded. One that
    /// speaks as something else one day gives its place to the next that can.
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
    /// GPS, EKF, battery, home; the pilot's sticks come at 40 Hz or more.
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
    /// Below this much free disk the recorder pauses, and goes on when there is room again, MB. Default 256.
    pub disk_reserve_mb: u32,
    /// Seconds of a stalled disk that the lanes must bridge. Default 10.
    pub stall_bridge_s: u32,
    /// With disk for fewer hours than this it is said aloud. Default 2.
    pub disk_warn_h: f64,
}

/// `[recorder.iq]`: samples kept around detections.
#[derive(Clone, Debug, PartialEq)]
pub struct IqSettings {
    /// Length of the ring of the newest samples, s; 0 = none are kept. Default 0.
    pub ring_s: f64,
    /// What is kept before a detection's evidence begins, µs. Default 2 000 000.
    pub before_us: u32,
    /// What is kept after it was confirmed, µs. Default 5 000 000.
    pub after_us: u32,
    /// From one begin to the next of the same beacon at least, µs. Default 60 000 000.
    pub interval_us: u32,
    /// Disk for one flight's at most, MB. Default 1000.
    pub disk_mb: u32,
}

/// `[retention]`: which old flights make room for new ones.
#[derive(Clone, Debug, PartialEq)]
pub struct RetentionSettings {
    /// With less free disk than this the oldest flights go, MB; 0 = none goes by that. Default 1024.
    pub free_mb: u32,
    /// With more flights than this the oldest go; 0 = any number. Default 0.
    pub flights_max: u32,
    /// Also flights of which nobody has verified a copy. Default false.
    pub without_copy: bool,
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
    /// Questions in SQL that are answered at once in flight; 0 = none. Default 5.
    pub query_clients: u32,
    /// How long one of them may take, with the reading of its answer, seconds. Default 30.
    pub query_max_s: u32,
    /// Memory of the database for one of them, MB. Default 96.
    pub query_memory_mb: u32,
}

/// `[ground]`: the page and its API.
#[derive(Clone, Debug, PartialEq)]
pub struct GroundSettings {
    /// Where it listens; `None` = there is no page. Default 127.0.0.1:8417.
    pub listen: Option<SocketAddr>,
    /// Who may do what; `None` = whoever can ask may do all.
    pub token_file: Option<PathBuf>,
    /// Folder of key and certificate, which are made there; `None` = plain HTTP.
    pub tls: Option<PathBuf>,
    /// Folder of PMTiles.
    pub maps: Option<PathBuf>,
}

/// `[station]`: ground stations on the autopilot's line.
#[derive(Clone, Debug, PartialEq)]
pub struct StationSettings {
    /// MAVLink systems that may enable homing, at most 16. Default 255.
    pub commanders: Vec<u8>,
}
