//! What the engine is told, once the source's rate and frequency are known, and its complaints in the file's words.

use skyhound::config::{ChannelConfig, Config, ConfigError, SenseConfig};
use skyhound::limits::{FFT_LEN_MAX, FFT_LEN_MIN};

use super::keys::{self, KEYS};
use super::{BeaconSettings, Settings};

/// Pulse edges are found on FFT frames, which should be about 1 ms: the power of two at or just under it, with room for
/// rates such as 250 000 (256 samples are 1.02 ms).
const FRAME_US_MAX: f64 = 1_100.0;
/// Leaves 15 % of the band on either side as quiet bins, less what the device's filter takes.
const BANDWIDTH_RATIO: f64 = 0.7;

impl Settings {
    /// The engine's configuration for a source of this rate and frequency, checked.
    ///
    /// # Errors
    /// The first key that does not fit, by its name in the file.
    pub fn engine(&self, stream_rate_sps: f64, stream_frequency_hz: f64) -> Result<Config, ConfigError> {
        let fft_len = self.sense.fft_len.unwrap_or_else(|| fft_len_for(stream_rate_sps));
        let channel = |beacon: &BeaconSettings| ChannelConfig {
            name: beacon.name.clone(),
            frequency_hz: beacon.frequency_hz.unwrap_or(stream_frequency_hz + beacon.offset_hz),
            bandwidth_hz: beacon.bandwidth_hz.unwrap_or(BANDWIDTH_RATIO * stream_rate_sps),
            emission: beacon.emission,
            pulse_width_min_us: beacon.pulse_width_min_us,
            pulse_width_max_us: beacon.pulse_width_max_us,
            pulse_bridge_us: beacon.pulse_bridge_us,
            pulse_trigger_db: beacon.pulse_trigger_db,
        };
        let config = Config {
            sense: SenseConfig {
                sample_rate_sps: stream_rate_sps,
                center_hz: stream_frequency_hz,
                fft_len,
                hop_us: self.sense.hop_us,
                dc_exclude_hz: self.sense.dc_exclude_hz,
                spectrum_interval_us: self.sense.spectrum_interval_us,
                channels: self.beacons.iter().map(channel).collect(),
            },
            analytics: self.analytics.clone(),
            homing: self.homing.clone(),
            interlock: self.interlock.clone(),
        };
        config.check().map_err(|error| self.in_file_words(error)).map(|()| config)
    }

    fn in_file_words(&self, error: ConfigError) -> ConfigError {
        let mut key = error.key.replace('[', ".").replace(']', "");
        if keys::find(&key).is_none() {
            let engine = keys::generic(&key);
            if let Some(known) = KEYS.iter().find(|known| engine_path(known.path) == engine) {
                let name = known.path.rsplit('.').next().unwrap_or_default();
                let section = key.rsplit_once('.').map_or("", |(section, _)| section);
                key = format!("{section}.{name}");
            }
        }
        let number =
            key.strip_prefix("beacon.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        let is_offset =
            number.and_then(|number| self.beacons.get(number)).is_some_and(|b| b.frequency_hz.is_none());
        if is_offset && key.ends_with(".frequency_hz") {
            key = key.replace("frequency_hz", "offset_hz");
        }
        ConfigError { key, mend: error.mend.replace("hop_us", "hop_ms") }
    }
}

/// A file's path as the engine names it: `_us` for times, `rad` for angles.
pub(super) fn engine_path(path: &str) -> String {
    for (ours, theirs) in [("_deg_s", "_rad_s"), ("_deg", "_rad"), ("_ms", "_us"), ("_s", "_us")] {
        if let Some(stem) = path.strip_suffix(ours) {
            return format!("{stem}{theirs}");
        }
    }
    path.to_string()
}

fn fft_len_for(rate_sps: f64) -> usize {
    let most = (rate_sps * FRAME_US_MAX * 1e-6) as usize;
    let len = if most < 2 { 1 } else { 1 << most.ilog2() };
    len.clamp(FFT_LEN_MIN, FFT_LEN_MAX)
}
