//! What the engine is told, once the source's rate and frequency are known, and its complaints in the file's words.

use skyhound::config::{Antenna, ChannelConfig, Config, ConfigError, Emission, SenseConfig};

use super::keys::{self, KEYS};
use super::{BeaconSettings, Settings};

/// Leaves 15 % of the band on either side as quiet bins, less what the device's filter takes.
const BANDWIDTH_RATIO: f64 = 0.7;
/// Bursts of 440 and 520 ms (C/S T.001 2.2.3, within 1 %) as pulses of some noise, and the dips that their bits make.
const BURST_US: (u32, u32) = (380_000, 600_000);
const BURST_BRIDGE_US: u32 = 10_000;
/// Their carrier is within 5 kHz of where it belongs, and the bits within 2 kHz of it.
pub const BURST_BANDWIDTH_HZ: f64 = 20e3;

impl Settings {
    /// The engine's configuration for a source of this rate and frequency, checked.
    ///
    /// # Errors
    /// The first key that does not fit, by its name in the file.
    pub fn engine(&self, stream_rate_sps: f64, stream_frequency_hz: f64) -> Result<Config, ConfigError> {
        self.engine_through(stream_rate_sps, &[stream_frequency_hz], 0.0)
    }

    /// The same for a source that goes through these frequencies (one at least), `beside_hz` from where it was asked to be.
    /// Beacons' offsets are counted from the first of those whose band holds most of them; what holds none is left out.
    ///
    /// # Errors
    /// As [`Settings::engine`].
    pub fn engine_through(
        &self,
        rate_sps: f64,
        centers_hz: &[f64],
        beside_hz: f64,
    ) -> Result<Config, ConfigError> {
        let about = |center_hz: &f64| self.unchecked(rate_sps, *center_hz, *center_hz - beside_hz);
        let held_count = |config: &Config, center_hz: f64| {
            config.sense.channels.iter().filter(|channel| config.sense.holds(center_hz, channel)).count()
        };
        // Of several that are the most, `max_by_key` has the last.
        let most = centers_hz
            .iter()
            .map(about)
            .rev()
            .max_by_key(|config| held_count(config, config.sense.center_hz));
        let mut config = most.unwrap_or_else(|| about(&0.0));
        let is_heard = |hz: &f64| *hz != config.sense.center_hz && held_count(&config, *hz) > 0;
        config.sense.more_centers_hz = centers_hz.iter().copied().filter(is_heard).collect();
        config.sense.own_noise = self.own_noise()?;
        config.antenna = self.antenna.engine()?;
        config.check().map_err(|error| self.in_file_words(error))?;
        config.search = self.search.engine(&config)?;
        config.check().map_err(|error| self.in_file_words(error)).map(|()| config)
    }

    /// The same in a flight that goes on: of its rate, its frequencies and all that the aircraft carries, with these beacons.
    ///
    /// # Errors
    /// As [`Settings::engine`].
    pub fn engine_within(&self, flown: &Config) -> Result<Config, ConfigError> {
        let sense = &flown.sense;
        let mut config = self.unchecked(sense.sample_rate_sps, sense.center_hz, sense.center_hz);
        config.sense = SenseConfig {
            channels: config.sense.channels,
            false_alarms_per_hour: config.sense.false_alarms_per_hour,
            ..sense.clone()
        };
        config.antenna = flown.antenna;
        config.check().map_err(|error| self.in_file_words(error))?;
        config.search = self.search.engine(&config)?;
        if let (Some(search), Some(flown)) = (&mut config.search, &flown.search) {
            // As its file read at the start.
            search.prior.clone_from(&flown.prior);
        }
        config.check().map_err(|error| self.in_file_words(error)).map(|()| config)
    }

    /// The same without a look at whether it fits, nor into any file.
    pub(crate) fn unchecked(&self, rate_sps: f64, tuned_hz: f64, about_hz: f64) -> Config {
        Config {
            sense: SenseConfig {
                sample_rate_sps: rate_sps,
                center_hz: tuned_hz,
                more_centers_hz: Vec::new(),
                own_noise: Vec::new(),
                fft_len: self.sense.fft_len_at(rate_sps),
                hop_us: self.sense.hop_us,
                dc_exclude_hz: self.sense.dc_exclude_hz,
                spectrum_interval_us: self.sense.spectrum_interval_us,
                false_alarms_per_hour: self.analytics.false_alarms_per_hour,
                channels: (0..self.beacons.len())
                    .map(|number| self.channel(number, rate_sps, about_hz))
                    .collect(),
            },
            analytics: self.analytics.clone(),
            homing: self.homing.clone(),
            interlock: self.interlock.clone(),
            antenna: Antenna::Omni,
            search: None,
        }
    }

    /// The channel of beacon `number` at this rate, its offset counted from `about_hz`.
    pub(super) fn channel(&self, number: usize, rate_sps: f64, about_hz: f64) -> ChannelConfig {
        let beacon: &BeaconSettings = &self.beacons[number];
        let own = ChannelConfig {
            name: beacon.name.clone(),
            frequency_hz: beacon.frequency_hz.unwrap_or(about_hz + beacon.offset_hz),
            bandwidth_hz: beacon.bandwidth_hz.unwrap_or(BANDWIDTH_RATIO * rate_sps),
            emission: beacon.emission,
            pulse_width_min_us: beacon.pulse_width_min_us,
            pulse_width_max_us: beacon.pulse_width_max_us,
            pulse_bridge_us: beacon.pulse_bridge_us,
            pulse_trigger_db: beacon.pulse_trigger_db,
        };
        if beacon.emission != Emission::CospasSarsat {
            return own;
        }
        let (shortest, longest) = BURST_US;
        let usual_hz = BURST_BANDWIDTH_HZ.min(own.bandwidth_hz);
        ChannelConfig {
            bandwidth_hz: beacon.bandwidth_hz.unwrap_or(usual_hz),
            pulse_width_min_us: shortest,
            pulse_width_max_us: longest,
            pulse_bridge_us: BURST_BRIDGE_US,
            ..own
        }
    }

    /// A channel as the first beacon seeks it, wherever it is.
    pub fn template(&self) -> ChannelConfig {
        self.channel(0, 1.0, 0.0)
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
        ConfigError::new(key, error.mend.replace("hop_us", "hop_ms"))
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
