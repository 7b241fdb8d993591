//! How weak an emission may be that a flight would have heard in the time of a scan, at its noise floor.

use super::ScanOptions;
use super::packets::{CHIRP_WIDTHS_HZ, are_chirps_sought};
use super::place::has_distress;
use crate::sdr::Stream;
use skyhound::config::{ChannelConfig, Emission, SenseConfig, Spreading};
use skyhound::dsp::layout::NOISE_BINS_MIN;
use skyhound::dsp::survey::Findings;
use skyhound::sense::reach::{HeardBy, Limit, Sent, limits};

/// The weakest emissions, each heard in nine of ten cases; on the narrowest channel where theirs has no width of its own.
#[derive(Clone, Debug)]
pub struct Depth {
    /// On all the time.
    pub carrier: Option<Limit>,
    /// Any modulation that is on all the time and so wide, Hz.
    pub energy: Option<(Limit, f64)>,
    /// A train of pulses, and which.
    pub pulses: Option<(Limit, Sent)>,
    /// A distress burst, where the band has them.
    pub burst: Option<Limit>,
    /// Packets of LoRa's chirps of this spreading and bandwidth, where the whole band is searched for them.
    pub chirps: Vec<(Limit, u8, f64)>,
    /// Noise of the band, dBFS per Hz.
    pub floor_dbfs_hz: f64,
}

impl Depth {
    pub(super) fn of(stream: &Stream, found: &Findings, options: &ScanOptions) -> Depth {
        // Anywhere but at 0 Hz.
        let about = |template: &ChannelConfig, bandwidth_hz: f64| ChannelConfig {
            frequency_hz: (stream.sample_rate_sps - bandwidth_hz) / 4.0,
            bandwidth_hz,
            ..template.clone()
        };
        let weakest = |channel: &ChannelConfig, by: [HeardBy; 2]| {
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
                channels: vec![channel.clone()],
            };
            let limits = limits(&sense, &options.analytics, 0, found.seconds);
            limits.into_iter().find(|limit| by.contains(&limit.by))
        };
        let narrow = about(&options.template, NOISE_BINS_MIN * found.bin_hz);
        let distress =
            about(&options.distress, options.distress.bandwidth_hz.min(stream.sample_rate_sps / 2.0));
        let chirps = |width_hz: f64, spreading: u8| {
            let emission = Emission::Chirp(Spreading { min: spreading, max: spreading });
            let channel = ChannelConfig { emission, ..about(&options.template, width_hz) };
            Some((weakest(&channel, [HeardBy::Chirps; 2])?, spreading, width_hz))
        };
        let widths_hz = CHIRP_WIDTHS_HZ.into_iter();
        let sought_hz = widths_hz.filter(|width_hz| are_chirps_sought(*width_hz, stream.sample_rate_sps));
        Depth {
            carrier: weakest(&narrow, [HeardBy::Lines, HeardBy::Readings]),
            energy: weakest(&narrow, [HeardBy::Energy; 2]).map(|limit| (limit, narrow.bandwidth_hz)),
            pulses: weakest(&narrow, [HeardBy::Trains, HeardBy::Pulses]).zip(Sent::sought(&narrow)),
            burst: has_distress(stream.frequency_hz, stream.sample_rate_sps)
                .then(|| weakest(&distress, [HeardBy::Bursts, HeardBy::Pulses]))
                .flatten(),
            chirps: sought_hz
                .flat_map(|width_hz| [7, 12].into_iter().filter_map(move |sf| chirps(width_hz, sf)))
                .collect(),
            floor_dbfs_hz: found.floor_dbfs - 10.0 * stream.sample_rate_sps.log10(),
        }
    }

    /// Power of what is that weak, dBFS.
    pub fn dbfs(&self, limit: &Limit) -> f64 {
        limit.cn0_db_hz + self.floor_dbfs_hz
    }
}
