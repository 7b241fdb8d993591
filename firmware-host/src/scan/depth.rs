//! How weak an emission may be that a flight would have heard in the time of a scan, at its noise floor.

use super::ScanOptions;
use crate::sdr::Stream;
use skyhound::config::{ChannelConfig, SenseConfig};
use skyhound::dsp::layout::NOISE_BINS_MIN;
use skyhound::dsp::survey::Findings;
use skyhound::sense::reach::{HeardBy, Limit, Sent, limits};

/// The weakest emissions, each heard in nine of ten cases on the narrowest channel.
#[derive(Clone, Debug)]
pub struct Depth {
    /// On all the time.
    pub carrier: Option<Limit>,
    /// A train of pulses, and which.
    pub pulses: Option<(Limit, Sent)>,
    /// Noise of the band, dBFS per Hz.
    pub floor_dbfs_hz: f64,
}

impl Depth {
    pub(super) fn of(stream: &Stream, found: &Findings, options: &ScanOptions) -> Depth {
        let channel = ChannelConfig {
            // Anywhere but at 0 Hz.
            frequency_hz: stream.sample_rate_sps / 4.0,
            bandwidth_hz: NOISE_BINS_MIN * found.bin_hz,
            ..options.template.clone()
        };
        let sent = Sent::sought(&channel);
        let sense = SenseConfig {
            sample_rate_sps: stream.sample_rate_sps,
            center_hz: 0.0,
            more_centers_hz: Vec::new(),
            fft_len: found.mean_dbfs.len(),
            hop_us: options.sense.hop_us,
            dc_exclude_hz: options.sense.dc_exclude_hz,
            spectrum_interval_us: 0,
            false_alarms_per_hour: options.analytics.false_alarms_per_hour,
            own_noise: Vec::new(),
            channels: vec![channel],
        };
        let limits = limits(&sense, &options.analytics, 0, found.seconds);
        let weakest = |by: [HeardBy; 2]| limits.iter().find(|limit| by.contains(&limit.by)).copied();
        Depth {
            carrier: weakest([HeardBy::Lines, HeardBy::Readings]),
            pulses: weakest([HeardBy::Trains, HeardBy::Pulses]).zip(sent),
            floor_dbfs_hz: found.floor_dbfs - 10.0 * stream.sample_rate_sps.log10(),
        }
    }

    /// Power of what is that weak, dBFS.
    pub fn dbfs(&self, limit: &Limit) -> f64 {
        limit.cn0_db_hz + self.floor_dbfs_hz
    }
}
