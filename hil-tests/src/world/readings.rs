//! The sense pass without samples: what arrives over one hop into the readings and pulses that `skyhound::sense` would report.
//!
//! Per FFT frame of the hop (the same grid of sample indices) each channel gets: the emitters' power under the Hann window in its
//! collected bins (`ear`), noise of those bins (gamma with as many degrees of freedom as Hann-windowed bins have), and the cross
//! term of both. Then everything goes the sense pass's own way: the same layout of bins, the same pulse finder, the same noise correction,
//! flags and rounding. Level: dBFS = dBm + gain − full scale (dBm); the converter adds its quantisation noise (Bennett 1948:
//! step²/12 each of I and Q, white) and limits what is over full scale (see `clip`).
//!
//! Budget: ≤ 1 µs a hop of ten frames, one channel, one emitter. Not here: what waits for samples (IQ faults, the DC spike, whose
//! bins the sense pass leaves out), beats between emitters (they add in power), splatter of keyed edges into quiet bins.

use super::air::Air;
use super::clip::{Clipping, clipping};
use super::ear::{Ear, FrameAt};
use super::emitter::Share;
use super::waveform::Span;
use super::{Heard, LIGHT_MPS, Scenario};
use crate::scenario::{Beacon, Waveform};
use crate::truth::TruePose;
use skyhound::config::SenseConfig;
use skyhound::dsp::layout;
use skyhound::signal::{Flags, Reading};
use skyhound::time::TimeUs;
use skyhound::units::{CentiDb, ratio_from_db};

/// Total power of emitters from which clipping is looked for: −12 dBFS.
const LOUD: f64 = 0.063;
/// Fading is taken at places this far apart, wavelengths, and straight between them; at so many stretches a hop at most.
const STRETCH_WAVELENGTHS: f64 = 0.0625;
const STRETCHES_MAX: usize = 15;
/// A pose is moved on to the hop's middle by its velocity, over this long at most.
const AHEAD_MAX_S: f64 = 0.1;
/// Share of clipped samples, 1/10 000, from which a hop is flagged: the sense pass's own.
const CLIPPED_E4: f64 = 10.0;

/// The receiver and the sense pass, for readings.
pub(super) struct Listener {
    ears: Vec<Ear>,
    fft_len: u64,
    hop_samples: u64,
    us_per_sample: f64,
    bin_hz: f64,
    /// dBFS of 0 dBm.
    gain_db: f64,
    /// Quantisation noise of one bin, full scale² = 1.
    quantised: f64,
    next_hop: Option<u64>,
    /// Of each emitter: whether the receiver's filter lets any of it through.
    in_band: Vec<bool>,
    /// Of each emitter: mean power at the converter over this hop.
    means: Vec<f64>,
    /// Of each emitter: the fading along the hop's way.
    fades: Vec<Fade>,
    /// Of each emitter: power at the converter in this frame.
    powers: Vec<f64>,
}

impl Listener {
    /// # Panics
    /// Settings that the sense pass would refuse.
    pub fn new(scenario: &Scenario, config: &SenseConfig, seed: u64) -> Listener {
        let receiver = &scenario.world.receiver;
        let us_per_sample = 1e6 / config.sample_rate_sps;
        let bins = match config.check().and_then(|()| layout::channel_bins(config)) {
            Ok(bins) => bins,
            Err(error) => panic!("settings of the sense pass: {error:?}"),
        };
        let ears = bins.iter().enumerate().map(|(index, bins)| Ear::new(index, bins, scenario, config, seed));
        let emitters = scenario.world.emitters().count();
        let step = 2.0 / 2_f64.powi(i32::from(receiver.adc_bits));
        Listener {
            ears: ears.collect(),
            fft_len: config.fft_len as u64,
            hop_samples: (f64::from(config.hop_us) / us_per_sample).round().max(1.0) as u64,
            us_per_sample,
            bin_hz: config.sample_rate_sps / config.fft_len as f64,
            gain_db: receiver.gain_db - receiver.full_scale_dbm,
            quantised: step * step / 6.0 / config.fft_len as f64,
            next_hop: None,
            in_band: scenario.world.emitters().map(|beacon| is_in_band(beacon, config)).collect(),
            means: vec![0.0; emitters],
            fades: vec![Fade::default(); emitters],
            powers: vec![0.0; emitters],
        }
    }

    /// One hop of all channels, beginning at `from_us`.
    pub fn hop(&mut self, air: &mut Air, pose: &TruePose, from_us: u64, heard: &mut Heard) {
        let hop_us = self.hop_samples as f64 * self.us_per_sample;
        let hop = (from_us as f64 / hop_us).round() as u64;
        let mut flags = Flags::NONE;
        if self.next_hop.is_some_and(|next| next != hop) {
            flags = Flags::GAP;
            heard.pulses.extend(self.ears.iter_mut().filter_map(Ear::cut));
        }
        self.next_hop = Some(hop + 1);
        let middle_us = (hop as f64 + 0.5) * hop_us;
        air.move_to(middle_us as u64);
        self.listen(air, pose, middle_us, hop_us);
        let noise = ratio_from_db(air.noise_dbm_hz() + self.gain_db) * self.bin_hz + self.quantised;
        let (first, after) = self.frames(hop);
        let clipped = self.frames_of_hop(air, first..after, middle_us - hop_us / 2.0, noise, heard);
        let clipping_e4 = (clipped / (after - first).max(1) as f64 * 1e4).round();
        if clipping_e4 >= CLIPPED_E4 {
            flags = flags.with(Flags::CLIPPED);
        }
        let of_hop = Reading {
            acquired_us: TimeUs(middle_us.round() as u64),
            sample_index: hop * self.hop_samples,
            channel: 0,
            flags,
            frame_count: (after - first).min(u64::from(u16::MAX)) as u16,
            clipping_e4: clipping_e4 as u16,
            mean: CentiDb::LOWEST,
            peak: CentiDb::LOWEST,
            quiet: CentiDb::LOWEST,
        };
        heard.readings.extend(self.ears.iter_mut().map(|ear| ear.reading(&of_hop, noise)));
    }

    fn listen(&mut self, air: &Air, pose: &TruePose, middle_us: f64, hop_us: f64) {
        let middle = pose_at(pose, middle_us);
        let aircraft = air.aircraft(&middle);
        for (index, mean) in self.means.iter_mut().enumerate() {
            let power_dbm = if self.in_band[index] { air.mean_dbm(index, &aircraft) } else { None };
            *mean = power_dbm.map_or(0.0, |dbm| ratio_from_db(dbm + self.gain_db));
        }
        let speed_mps = (pose.speed_mps().powi(2) + pose.down_mps.powi(2)).sqrt();
        for (index, fade) in self.fades.iter_mut().enumerate().filter(|(index, _)| self.means[*index] > 0.0) {
            let split = air.split(index, &middle);
            let wavelength_m = LIGHT_MPS / air.emitters[index].beacon.frequency_hz;
            let stretches = speed_mps * hop_us * 1e-6 / (STRETCH_WAVELENGTHS * wavelength_m);
            fade.stretches = (stretches.ceil() as usize).min(STRETCHES_MAX);
            for (n, gain) in fade.gains[..=fade.stretches].iter_mut().enumerate() {
                let place = if fade.stretches == 0 { 0.5 } else { n as f64 / fade.stretches as f64 };
                *gain = air.fade(index, split, &pose_at(pose, middle_us + (place - 0.5) * hop_us));
            }
        }
    }

    /// First and after-last frame whose middles lie in hop `hop`.
    fn frames(&self, hop: u64) -> (u64, u64) {
        let from =
            |hop: u64| (hop * self.hop_samples).saturating_sub(self.fft_len / 2).div_ceil(self.fft_len);
        (from(hop), from(hop + 1))
    }

    /// All frames through all ears; the sum of the frames' shares of clipped samples.
    fn frames_of_hop(
        &mut self,
        air: &mut Air,
        frames: std::ops::Range<u64>,
        hop_from_us: f64,
        noise: f64,
        heard: &mut Heard,
    ) -> f64 {
        let frame_us = self.fft_len as f64 * self.us_per_sample;
        let is_loud = self.means.iter().sum::<f64>() > LOUD || noise * self.fft_len as f64 > LOUD;
        let mut clipped = 0.0;
        let hop_us = self.hop_samples as f64 * self.us_per_sample;
        for number in frames {
            let place = (((number as f64 + 0.5) * frame_us - hop_from_us) / hop_us).clamp(0.0, 1.0);
            for ((power, mean), fade) in self.powers.iter_mut().zip(&self.means).zip(&self.fades) {
                *power = mean * fade.power(place);
            }
            let from_us = number as f64 * frame_us;
            let span = Span { from_us, to_us: from_us + frame_us };
            let clipping =
                if is_loud { self.clipping(air, span, noise) } else { Clipping { share: 0.0, gain: 1.0 } };
            clipped += clipping.share;
            let at = FrameAt { number, span, noise, gain: clipping.gain };
            let ended = |ear: &mut Ear| ear.frame(&at, &self.powers, &mut air.emitters);
            heard.pulses.extend(self.ears.iter_mut().filter_map(ended));
        }
        clipped
    }

    /// The strongest emitter as a tone in what the others and noise make.
    fn clipping(&self, air: &mut Air, span: Span, noise: f64) -> Clipping {
        let (mut strongest, mut crest, mut rest) = (0.0, 0.0, noise * self.fft_len as f64);
        for (power, emitter) in self.powers.iter().zip(&mut air.emitters) {
            let power = power * emitter.frame_power(span, &Share::ALL);
            rest += power.min(strongest);
            if power > strongest {
                (strongest, crest) = (power, emitter.sent.crest());
            }
        }
        clipping(strongest, crest, rest)
    }
}

fn is_in_band(beacon: &Beacon, config: &SenseConfig) -> bool {
    let swept_hz = match beacon.waveform {
        Waveform::Chirps { bandwidth_hz, .. } => bandwidth_hz,
        _ => 0.0,
    };
    (beacon.frequency_hz - config.center_hz).abs() < (config.sample_rate_sps + swept_hz) / 2.0
}

/// Gains at even places along a hop's way.
#[derive(Copy, Clone, Debug, Default)]
struct Fade {
    gains: [[f64; 2]; STRETCHES_MAX + 1],
    stretches: usize,
}

impl Fade {
    /// Power gain at a share of the way, between its neighbours.
    #[inline]
    fn power(&self, place: f64) -> f64 {
        let place = place * self.stretches as f64;
        let below = (place as usize).min(self.stretches.saturating_sub(1));
        let (low, high) = (self.gains[below], self.gains[(below + 1).min(self.stretches)]);
        let share = place - below as f64;
        let [re, im]: [f64; 2] = std::array::from_fn(|n| low[n] + (high[n] - low[n]) * share);
        re * re + im * im
    }
}

/// `pose` moved on to `middle_us` by its velocity.
fn pose_at(pose: &TruePose, middle_us: f64) -> TruePose {
    let ahead_s = ((middle_us - pose.at_us as f64) * 1e-6).clamp(-AHEAD_MAX_S, AHEAD_MAX_S);
    TruePose {
        north_m: pose.north_m + pose.north_mps * ahead_s,
        east_m: pose.east_m + pose.east_mps * ahead_s,
        up_m: pose.up_m - pose.down_mps * ahead_s,
        ..*pose
    }
}
