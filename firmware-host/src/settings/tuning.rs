//! Where a device is tuned: beside its beacons, so that none lies on the receiver's spike at 0 Hz or in another's image.
//!
//! A recording stays as it was made; there, and where no place in reach keeps all channels clear (one is as wide as half of
//! the band), the engine estimates the spike and takes it out.

use skyhound::dsp::layout::NOISE_BINS_MIN;

use super::{SdrSettings, Settings};

/// A Hann window spreads the spike over two bins on either side, and a channel's edge over one and a half.
const CLEAR_BINS: f64 = 3.5;
/// What is aimed at when tuning beside: (distance of the channels from the spike as a share of the rate, share of the band in
/// which they lie). The filter is flat in nine tenths of it, and the spike of some devices is broad.
const AIMS: [(f64, f64); 3] = [(0.05, 0.9), (0.02, 0.9), (0.0, 1.0)];
/// Steps of the tuned frequency, as a share of the rate.
const STEP: f64 = 1.0 / 400.0;

/// Where a source is tuned, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// `[sdr]` with the frequency to tune to.
    pub sdr: SdrSettings,
    /// How far that is from `sdr.frequency_hz`, Hz; 0 when nothing was moved.
    pub beside_hz: f64,
}

impl Tuning {
    /// For people, when it was moved.
    pub fn note(&self) -> Option<String> {
        let tuned_hz = self.sdr.frequency_hz.filter(|_| self.beside_hz != 0.0)?;
        Some(format!(
            "tuned to {:.6} MHz, {:+.1} kHz beside sdr.frequency_hz: no beacon lies on the device's spike or in another's image there",
            tuned_hz / 1e6,
            self.beside_hz / 1e3
        ))
    }
}

/// A channel from its lower to its upper edge, with what its filter spreads, Hz.
#[derive(Copy, Clone)]
struct Span {
    low_hz: f64,
    high_hz: f64,
}

impl Settings {
    /// Where to tune.
    pub fn tuning(&self) -> Tuning {
        let mut tuning = Tuning { sdr: self.sdr.clone(), beside_hz: 0.0 };
        let device = self.sdr.source.starts_with("soapy:");
        if let (true, Some(rate_sps), Some(asked_hz)) =
            (device, self.sdr.sample_rate_sps, self.sdr.frequency_hz)
        {
            tuning.beside_hz = self.beside_hz(rate_sps, asked_hz);
            tuning.sdr.frequency_hz = Some(asked_hz + tuning.beside_hz);
        }
        tuning
    }

    fn beside_hz(&self, rate_sps: f64, asked_hz: f64) -> f64 {
        let bin_hz = rate_sps / self.sense.fft_len_at(rate_sps) as f64;
        let spans: Vec<Span> = (0..self.beacons.len())
            .map(|number| {
                let channel = self.channel(number, rate_sps, asked_hz);
                let half_hz = channel.bandwidth_hz.max(NOISE_BINS_MIN * bin_hz) / 2.0;
                Span { low_hz: channel.frequency_hz - half_hz, high_hz: channel.frequency_hz + half_hz }
            })
            .collect();
        let clear_hz = CLEAR_BINS * bin_hz + self.sense.dc_exclude_hz.unwrap_or(0.0);
        // What the device's filter lets through.
        let seen_hz = |band: f64| self.sdr.bandwidth_hz.map_or(band * rate_sps, |hz| hz.min(band * rate_sps));
        let is_clear = |beside_hz: f64, margin: f64, band: f64| {
            let tuned_hz = asked_hz + beside_hz;
            let margin_hz = clear_hz.max(margin * rate_sps);
            spans.iter().enumerate().all(|(index, span)| {
                let (low, high) = (span.low_hz - tuned_hz, span.high_hz - tuned_hz);
                let others = spans.iter().enumerate().filter(|(other, _)| *other != index);
                (low > margin_hz || high < -margin_hz)
                    && low >= -seen_hz(band) / 2.0
                    && high <= seen_hz(band) / 2.0
                    && others.map(|(_, other)| other).all(|other| {
                        let is_apart =
                            |low_hz: f64, high_hz: f64| low_hz > high + clear_hz || high_hz < low - clear_hz;
                        let (other_low, other_high) = (other.low_hz - tuned_hz, other.high_hz - tuned_hz);
                        is_apart(-other_high, -other_low) || !is_apart(other_low, other_high)
                    })
            })
        };
        // What was asked for is kept where it does no harm; beacons out of the band are refused by name later.
        let half_hz = rate_sps / 2.0;
        let in_band = spans.iter().all(|s| s.low_hz >= asked_hz - half_hz && s.high_hz <= asked_hz + half_hz);
        if !in_band || is_clear(0.0, 0.0, 1.0) {
            return 0.0;
        }
        let step_hz = (STEP * rate_sps / 100.0).ceil() * 100.0;
        let steps = (half_hz / step_hz) as i32;
        // Nearest first; of two, the lower.
        let beside = || (1..=steps).flat_map(|step| [-step, step]).map(|step| f64::from(step) * step_hz);
        let found = AIMS.iter().find_map(|(margin, band)| beside().find(|hz| is_clear(*hz, *margin, *band)));
        found.filter(|beside_hz| asked_hz + beside_hz > 0.0).unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Flags;
    use skyhound::dsp::layout;

    const DEVICE: [&str; 3] =
        ["sdr.source=soapy:driver=x", "sdr.sample_rate_sps=250000", "sdr.frequency_hz=433920000"];

    fn beside_hz(sets: &[&str]) -> f64 {
        let sets: Vec<String> = DEVICE.iter().chain(sets).map(|set| set.to_string()).collect();
        let settings = Settings::load(None, &sets, &Flags::default()).unwrap();
        let tuning = settings.tuning();
        let tuned_hz = tuning.sdr.frequency_hz.unwrap();
        assert_eq!(tuned_hz, 433.92e6 + tuning.beside_hz);
        // The offsets of beacons are counted from what was asked for.
        let config = settings.engine_through(250e3, &[tuned_hz], tuned_hz - 433.92e6).unwrap();
        if tuning.beside_hz != 0.0 {
            let bins = layout::channel_bins(&config.sense).unwrap();
            assert!(
                bins.iter().all(|bins| !bins.reach_dc(config.sense.fft_len) && bins.imaged.is_empty()),
                "{sets:?}"
            );
            assert!(bins.iter().all(|bins| !bins.quiet.is_empty()), "{sets:?}");
            assert!(tuning.note().unwrap().contains("beside sdr.frequency_hz"));
        }
        tuning.beside_hz
    }

    #[test]
    fn a_beacon_on_the_tuned_frequency_is_tuned_beside() {
        let narrow = "beacon.0.bandwidth_hz=5000";
        assert_eq!(beside_hz(&["beacon.0.offset_hz=0", narrow]), -15_400.0);
        assert_eq!(beside_hz(&["beacon.0.frequency_hz=433.921e6", narrow]), -14_700.0);
        assert!(beside_hz(&["beacon.0.offset_hz=-1000", "beacon.0.bandwidth_hz=60000"]).abs() > 31_000.0);
    }

    #[test]
    fn what_is_clear_stays_where_it_was_asked_for() {
        assert_eq!(beside_hz(&["beacon.0.offset_hz=20000", "beacon.0.bandwidth_hz=5000"]), 0.0);
        // Too wide for any place, and a recording: neither can be helped.
        assert_eq!(beside_hz(&[]), 0.0);
        assert_eq!(beside_hz(&["sdr.source=file:x", "beacon.0.bandwidth_hz=5000"]), 0.0);
    }

    #[test]
    fn a_beacon_stays_where_the_devices_filter_lets_it_through() {
        let beacon = ["beacon.0.offset_hz=0", "beacon.0.bandwidth_hz=5000"];
        let narrow = [&beacon[..], &["sdr.bandwidth_hz=40000"]].concat();
        assert_eq!(beside_hz(&narrow), -15_400.0, "room enough");
        // No place within the filter is as far from the spike as it would be without one.
        let narrower = [&beacon[..], &["sdr.bandwidth_hz=26000"]].concat();
        assert!((6_000.0..10_500.0).contains(&beside_hz(&narrower).abs()));
    }

    #[test]
    fn a_beacon_in_anothers_image_is_moved_out_of_it() {
        let second = ["beacon.1.name=second", "beacon.1.bandwidth_hz=5000", "beacon.0.bandwidth_hz=5000"];
        let pair = |first: &'static str, other: &'static str| [&[first, other][..], &second].concat();
        assert_ne!(beside_hz(&pair("beacon.0.offset_hz=40000", "beacon.1.offset_hz=-39000")), 0.0);
        assert_eq!(beside_hz(&pair("beacon.0.offset_hz=40000", "beacon.1.offset_hz=-70000")), 0.0);
    }
}
