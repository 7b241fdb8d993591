//! Where in a surveyed band packets may be: the channels on which a flight is asked.

use skyhound::config::{ChannelConfig, Emission};
use skyhound::dsp::survey::Survey;

/// Where distress beacons send (C/S T.012), Hz.
pub const DISTRESS_HZ: (f64, f64) = (406e6, 406.1e6);
/// A channel takes this share of the band at most: the receiver's filter has its edges there.
pub const BAND_SHARE: f64 = 0.85;

/// The band that is listened to, Hz.
pub fn band_hz(survey: &Survey) -> (f64, f64) {
    let half_hz = survey.sample_rate_sps() / 2.0;
    (survey.center_hz() - half_hz, survey.center_hz() + half_hz)
}

/// Whether distress beacons send in a band.
pub fn has_distress(center_hz: f64, sample_rate_sps: f64) -> bool {
    let half_hz = sample_rate_sps / 2.0;
    center_hz - half_hz < DISTRESS_HZ.1 && center_hz + half_hz > DISTRESS_HZ.0
}

/// `frequency_hz` moved so that a channel of `width_hz` about it lies in the band.
pub fn within(survey: &Survey, frequency_hz: f64, width_hz: f64) -> f64 {
    let (low_hz, high_hz) = band_hz(survey);
    frequency_hz.clamp(low_hz + width_hz / 2.0, (high_hz - width_hz / 2.0).max(low_hz + width_hz / 2.0))
}

/// A channel there for `emission`, otherwise as `template` has it.
pub fn channel(
    template: &ChannelConfig,
    frequency_hz: f64,
    width_hz: f64,
    emission: Emission,
) -> ChannelConfig {
    let name = format!("{:.4} MHz", frequency_hz / 1e6);
    ChannelConfig {
        name,
        frequency_hz: frequency_hz.round(),
        bandwidth_hz: width_hz,
        emission,
        ..template.clone()
    }
}

/// Width of a distress beacon's channel, Hz.
pub fn distress_width_hz(survey: &Survey, template: &ChannelConfig) -> f64 {
    template.bandwidth_hz.min(BAND_SHARE * survey.sample_rate_sps())
}

/// A distress beacon's channel about a frequency at which they send.
pub fn distress_channel(survey: &Survey, template: &ChannelConfig, hz: f64) -> Option<ChannelConfig> {
    let width_hz = distress_width_hz(survey, template);
    let middle_hz = within(survey, hz, width_hz);
    let is_theirs = (DISTRESS_HZ.0..=DISTRESS_HZ.1).contains(&hz);
    is_theirs.then(|| channel(template, middle_hz, width_hz, Emission::CospasSarsat))
}
