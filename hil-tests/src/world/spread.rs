//! How much of an emitter a channel's bins take, and how far noise in them spreads: both from the Hann window's shape.
//!
//! Window: |W(x)|² = ⅔·(sinc(x)/(1−x²))² at x bins from a tone, 1 over all bins (F. J. Harris, Proc. IEEE 66, 1978, eq. 27). Powers
//! of white noise in neighbouring bins are correlated by (2/3)² and (1/6)², so M adjacent bins have M²/ΣΣρ² degrees of freedom, not M.
//! Gamma variates come from normal ones (Wilson & Hilferty 1931), to 1 % from two degrees on.

use super::emitter::Share;
use super::waveform::{AM_HIGH_HZ, AM_LOW_HZ, BURST_HALF_BIT_US};
use crate::scenario::world::Receiver;
use crate::scenario::{Beacon, Scenario, Waveform};
use skyhound::config::SenseConfig;
use skyhound::dsp::layout::{ChannelBins, Run, count};
use skyhound::dsp::median::median_of_noise;
use std::f64::consts::{PI, TAU};

/// From this share of lifted quiet bins on, the median is a lifted one: what the leak into the median bin says.
const LIFTED_MAX: f64 = 0.45;
/// Correlation of powers of noise one and two bins apart.
const NEXT: f64 = 4.0 / 9.0;
const SECOND: f64 = 1.0 / 36.0;
/// Σw⁴·N/(Σw²)² of the window: by so much more than without one do signal and noise beat.
const HANN_CROSS: f64 = 35.0 / 18.0;
/// Standard deviation of a median over that of a mean, √(π/2).
const MEDIAN: f64 = 1.253_314;
/// And of a median of adjacent bins over that of independent ones: 1 + 2·(2/π)(asin NEXT + asin SECOND), rooted (Gaussian orthants).
const ADJACENT: f64 = 1.273;

/// Relative spreads of noise in a channel.
#[derive(Copy, Clone, Debug)]
pub(super) struct Spread {
    collected_shape: f64,
    /// Of the median of groups of quiet bins over one pulse frame.
    floor_shape: f64,
    floor_bias: f64,
    quiet_count: f64,
}

impl Spread {
    pub fn new(bins: &ChannelBins, pulse_frames: u64) -> Spread {
        let mut collected: Vec<u32> =
            places(&bins.collected).chain(bins.imaged.iter().map(|(bin, _)| *bin)).collect();
        collected.sort_unstable();
        let group: Vec<u32> = places(&bins.groups[..bins.groups.len().min(1)]).collect();
        let group_powers = group.len().max(1) as f64 * pulse_frames as f64;
        let group_shape = shape(&group) * pulse_frames as f64;
        let groups = bins.groups.len().max(1) as f64;
        Spread {
            collected_shape: shape(&collected),
            floor_shape: groups * group_shape / (MEDIAN * MEDIAN),
            // The sense pass scales by the median of independent powers.
            floor_bias: median_of_noise(group_shape) / median_of_noise(group_powers),
            quiet_count: f64::from(count(&bins.quiet)),
        }
    }

    /// Power of a signal in a frame's collected bins together with their noise of mean `noise`, `bin` of it in one bin: mean and
    /// variance of a non-central χ² (the signal beats with the noise under it), drawn as a gamma (Patnaik 1949) from a normal.
    #[inline]
    pub fn power(&self, signal: f64, noise: f64, bin: f64, normal: f64) -> f64 {
        let mean = signal + noise;
        let variance = noise * noise / self.collected_shape + 2.0 * HANN_CROSS * signal * bin;
        mean * gamma(mean * mean / variance, normal)
    }

    /// Floor of one pulse frame over the noise.
    #[inline]
    pub fn floor(&self, normal: f64) -> f64 {
        self.floor_bias * gamma(self.floor_shape, normal)
    }

    /// Median quiet bin of a hop of `frames` over the noise, where signals stand over the noise in a share `lifted` of the bins: of the
    /// others it is the ½/(1 − lifted) quantile.
    #[inline]
    pub fn quiet(&self, frames: f64, lifted: f64, normal: f64) -> f64 {
        let over = 0.5 / (1.0 - lifted.min(LIFTED_MAX)) - 0.5;
        // The normal quantile's series about ½ to the third power.
        let shift = TAU.sqrt() * over * (1.0 + TAU / 6.0 * over * over) / frames.sqrt();
        let deviation = MEDIAN * ADJACENT / (frames * self.quiet_count).sqrt();
        median_of_noise(frames) * (1.0 + shift + deviation * normal).max(0.1)
    }
}

/// A gamma variate of mean 1 and shape `shape`.
#[inline]
fn gamma(shape: f64, normal: f64) -> f64 {
    let ninth = 1.0 / (9.0 * shape);
    let root = (1.0 - ninth + normal * ninth.sqrt()).max(0.0);
    root * root * root
}

/// Degrees of freedom (complex) of the mean of these bins' noise powers; bins in ascending order.
fn shape(bins: &[u32]) -> f64 {
    let count = bins.len().max(1) as f64;
    let pairs =
        |apart: u32| bins.iter().filter(|bin| bins.binary_search(&(**bin + apart)).is_ok()).count() as f64;
    count * count / (count + 2.0 * (NEXT * pairs(1) + SECOND * pairs(2)))
}

fn places(runs: &[Run]) -> impl Iterator<Item = u32> {
    runs.iter().flat_map(|&(first, length)| first..first + length)
}

/// Of each emitter: its share in the collected bins, and what it leaves in the quiet ones.
pub(super) fn shares(bins: &ChannelBins, scenario: &Scenario, config: &SenseConfig) -> Vec<(Share, Leak)> {
    let band = Band::new(bins, config, &scenario.world.receiver);
    scenario.world.emitters().map(|beacon| (band.share(beacon), band.leak(beacon))).collect()
}

/// What an emitter leaves in the quiet bins, ratios of its power.
#[derive(Clone, Debug)]
pub(super) struct Leak {
    /// Per bin, the least first.
    bins: Vec<f64>,
}

impl Leak {
    /// In the median bin.
    #[inline]
    pub fn median(&self) -> f64 {
        self.bins.get(self.bins.len() / 2).copied().unwrap_or(0.0)
    }

    /// In the bin that takes the most.
    #[inline]
    pub fn most(&self) -> f64 {
        self.bins.last().copied().unwrap_or(0.0)
    }

    /// Share of the bins that take more than `least`.
    pub fn lifted(&self, least: f64) -> f64 {
        let under = self.bins.partition_point(|leak| *leak <= least);
        (self.bins.len() - under) as f64 / self.bins.len().max(1) as f64
    }
}

/// A channel's bins as emitters see them.
struct Band {
    /// In bins from the tuned frequency.
    collected: Vec<f64>,
    quiet: Vec<f64>,
    fft_len: f64,
    bin_hz: f64,
    tuned_hz: f64,
    /// Power of the image under its source (Valkama, Renfors & Koivunen 2001): (g² + φ²)/4 for small errors.
    image: f64,
}

impl Band {
    fn new(bins: &ChannelBins, config: &SenseConfig, receiver: &Receiver) -> Band {
        let fft_len = config.fft_len as f64;
        let place = |bin: u32| f64::from(bin) - fft_len / 2.0;
        let imaged = bins.imaged.iter().map(|(bin, _)| place(*bin));
        let amplitude = 10_f64.powf(receiver.iq_gain_db / 20.0) - 1.0;
        Band {
            collected: places(&bins.collected).map(place).chain(imaged).collect(),
            quiet: places(&bins.quiet).map(place).collect(),
            fft_len,
            bin_hz: config.sample_rate_sps / fft_len,
            tuned_hz: config.center_hz * (1.0 + 1e-6 * receiver.oscillator_ppm),
            image: (amplitude * amplitude + receiver.iq_phase_deg.to_radians().powi(2)) / 4.0,
        }
    }

    /// Power at bin `place` of a tone `offset_hz` from the tuned frequency, the image with it; none of what lies outside the band.
    fn at(&self, place: f64, offset_hz: f64) -> f64 {
        let tone = offset_hz / self.bin_hz;
        if tone.abs() > self.fft_len / 2.0 {
            return 0.0;
        }
        let apart = |x: f64| x - (x / self.fft_len).round() * self.fft_len;
        hann(apart(place - tone)) + self.image * hann(apart(place + tone))
    }

    fn weight(&self, offset_hz: f64) -> f64 {
        self.collected.iter().map(|place| self.at(*place, offset_hz)).sum()
    }

    fn share(&self, beacon: &Beacon) -> Share {
        let carrier_hz = beacon.frequency_hz - self.tuned_hz;
        let carrier = self.weight(carrier_hz);
        let weight = |from_carrier_hz: f64| self.weight(carrier_hz + from_carrier_hz);
        let sides = match beacon.waveform {
            Waveform::AmSweep { .. } => {
                let tones = (0..=20).map(|n| AM_LOW_HZ + (AM_HIGH_HZ - AM_LOW_HZ) * f64::from(n) / 20.0);
                tones.map(|hz| weight(hz) + weight(-hz)).sum::<f64>() / 42.0
            }
            Waveform::Fsk { tones, spacing_hz, .. } => {
                let tone = |n: u32| weight((f64::from(n) - f64::from(tones - 1) / 2.0) * spacing_hz);
                (0..tones).map(tone).sum::<f64>() / f64::from(tones)
            }
            Waveform::Burst406 { .. } => keyed_share(weight),
            _ => carrier,
        };
        let low = self.collected.iter().copied().fold(f64::INFINITY, f64::min) - 0.5;
        let high = self.collected.iter().copied().fold(f64::NEG_INFINITY, f64::max) + 0.5;
        let edges_hz = [low, high].map(|bin| bin * self.bin_hz - carrier_hz);
        let most = match beacon.waveform {
            Waveform::Chirps { bandwidth_hz, .. } => {
                let is_swept = edges_hz[0] < bandwidth_hz / 2.0 && edges_hz[1] > -bandwidth_hz / 2.0;
                f64::from(u8::from(is_swept))
            }
            _ => carrier.max(sides),
        };
        Share { carrier, sides, edges_hz, most }
    }

    /// In the quiet bins. A tone fills few bins, so that this is its window's far skirt; a chirp fills those it sweeps.
    fn leak(&self, beacon: &Beacon) -> Leak {
        let offset_hz = beacon.frequency_hz - self.tuned_hz;
        let mut bins: Vec<f64> = match beacon.waveform {
            Waveform::Chirps { bandwidth_hz, .. } => {
                let per_bin = self.bin_hz / bandwidth_hz;
                let is_swept = |place: &f64| (place * self.bin_hz - offset_hz).abs() < bandwidth_hz / 2.0;
                self.quiet.iter().map(|place| if is_swept(place) { per_bin } else { 0.0 }).collect()
            }
            _ => self.quiet.iter().map(|place| self.at(*place, offset_hz)).collect(),
        };
        bins.sort_by(f64::total_cmp);
        Leak { bins }
    }
}

/// Share that `weight` takes of the spectrum of biphase-L bits, sinc²(fT/2)·sin²(πfT/2) (Proakis, *Digital Communications*, 3.4).
fn keyed_share(weight: impl Fn(f64) -> f64) -> f64 {
    let half_s = BURST_HALF_BIT_US * 1e-6;
    let (mut taken, mut all) = (0.0, 0.0);
    for n in -400..400 {
        let hz = (f64::from(n) + 0.5) * 50.0;
        let x = PI * hz * half_s;
        let density = (x.sin() / x).powi(2) * x.sin().powi(2);
        taken += density * weight(hz);
        all += density;
    }
    taken / all
}

/// |W|² of the window, `x` bins from a tone.
fn hann(x: f64) -> f64 {
    let amplitude = if x.abs() < 1e-6 {
        1.0
    } else if (x.abs() - 1.0).abs() < 1e-6 {
        0.5
    } else {
        (PI * x).sin() / (PI * x * (1.0 - x * x))
    };
    amplitude * amplitude * 2.0 / 3.0
}

#[cfg(test)]
mod tests {
    use super::super::tests::mean_and_deviation;
    use super::*;

    #[test]
    fn a_tone_is_whole_over_all_bins() {
        for tone in [0.0, 0.13, 0.5, 0.99] {
            let sum: f64 = (-200..200).map(|bin| hann(f64::from(bin) - tone)).sum();
            assert!((sum - 1.0).abs() < 1e-6, "{tone}: {sum}");
        }
    }

    #[test]
    fn degrees_of_freedom_of_adjacent_bins() {
        assert_eq!(shape(&[7]), 1.0);
        assert!((shape(&[3, 9]) - 2.0).abs() < 1e-12);
        assert!((shape(&[3, 4]) - 4.0 / (2.0 + 8.0 / 9.0)).abs() < 1e-12);
        let many: Vec<u32> = (0..1_000).collect();
        assert!((shape(&many) / 1_000.0 - 18.0 / 35.0).abs() < 0.001, "1/(1 + 2·4/9 + 2/36) = 18/35");
    }

    #[test]
    fn gamma_has_its_mean_and_spread() {
        use rand_distr::{Distribution, StandardNormal};
        let mut random = crate::random::source(1, "gamma");
        for wanted in [2.0, 4.0, 20.0] {
            let all: Vec<f64> =
                (0..50_000).map(|_| gamma(wanted, StandardNormal.sample(&mut random))).collect();
            let (mean, deviation) = mean_and_deviation(&all);
            assert!((mean - 1.0).abs() < 0.012, "{wanted}: {mean}");
            assert!((deviation.powi(2) * wanted - 1.0).abs() < 0.05, "{wanted}: {deviation}");
        }
    }
}
