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
    /// The band about `center_hz`.
    pub fn new(config: &SenseConfig, center_hz: f64) -> Result<Band, ConfigError> {
        let bins = layout::bins_at(config, center_hz)?;
        let reaches_dc = bins.iter().flatten().any(|bins| bins.reach_dc(config.fft_len));
        let channel = |(index, bins): (usize, Option<_>)| bins.map(|bins| Channel::new(index, bins, config));
        let channels = bins.into_iter().enumerate().map(channel).collect();
        let matched = matched::Band::new(config, center_hz);
        Ok(Band { channels, reaches_dc, first_hz: center_hz - config.sample_rate_sps / 2.0, matched })
    }
}
