//! One of the bands that a source goes through, with its channels' memory: a capture of a recording, or all that a device sees.

use super::channel::Channel;
use super::matched;
use crate::config::{ConfigError, SenseConfig};
use crate::dsp::layout;

/// A band.
pub(super) struct Band {
    /// In the order of the settings; `None`: it does not hold that channel.
    pub channels: Vec<Option<Channel>>,
    /// Whether one of them lies on the spike at 0 Hz.
    pub reaches_dc: bool,
    /// Its lower edge, Hz.
    pub first_hz: f64,
    /// What is searched by matched detectors.
    pub matched: matched::Band,
}

impl Band {
    /// The band about `center_hz`, its channels numbered so in what is told of them.
    pub fn new(config: &SenseConfig, numbers: &[u8], center_hz: f64) -> Result<Band, ConfigError> {
        let bins = layout::bins_at(config, center_hz)?;
        let reaches_dc = bins.iter().flatten().any(|bins| bins.reach_dc(config.fft_len));
        let named = config.channels.iter().zip(numbers);
        let channels = bins
            .into_iter()
            .zip(named)
            .map(|(bins, (channel, number))| bins.map(|bins| Channel::new(*number, channel, bins, config)));
        let channels = channels.collect();
        let matched = matched::Band::new(config, numbers, center_hz);
        Ok(Band { channels, reaches_dc, first_hz: center_hz - config.sample_rate_sps / 2.0, matched })
    }
}
