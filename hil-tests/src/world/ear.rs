//! One channel of the sense pass, without samples: which share of each emitter it takes, and its readings and pulses.
//!
//! The bins are `skyhound::dsp::layout`'s, the pulse finder is `skyhound::dsp::pulse`'s; rule and corrections are those of
//! `skyhound::sense` (its `channel`), which keeps them to itself. A test holds both together on real samples.

use super::emitter::{Emitter, Share};
use super::spread::{self, Leak, Spread};
use super::waveform::Span;
use crate::random::{self, Random};
use crate::scenario::Scenario;
use rand_distr::{Distribution, StandardNormal};
use skyhound::config::SenseConfig;
use skyhound::dsp::layout::ChannelBins;
use skyhound::dsp::median::median_of_noise;
use skyhound::dsp::pulse::{FoundPulse, PulseFinder, PulseRule};
use skyhound::signal::{Flags, Pulse, Reading};
use skyhound::time::TimeUs;
use skyhound::units::{CentiDb, db_from_ratio, ratio_from_db};

/// Longest frame in which pulse edges are sought: the sense pass's own.
const PULSE_FRAME_US: f64 = 1_000.0;
/// Least share of what was collected that is left after noise correction: the sense pass's own.
const COLLECTED_SHARE_MIN: f64 = 0.25;
/// Emitters with less than this share of a bin's noise are not heard.
const UNHEARD: f64 = 1e-4;
/// A quiet bin is lifted by signals from this share of its noise on.
const LIFTING: f64 = 0.5;

/// One channel.
pub(super) struct Ear {
    number: u8,
    random: Random,
    finder: PulseFinder,
    spread: Spread,
    noise_bins: f64,
    collected_count: f64,
    has_quiet: bool,
    /// Of each emitter: the share in the collected bins, and what leaks into the quiet ones.
    shares: Vec<(Share, Leak)>,
    pulse_frames: u64,
    us_per_sample: f64,
    of_hop: Sums,
    of_pulse: Sums,
}

/// Over FFT frames.
#[derive(Default)]
struct Sums {
    frames: u64,
    power: f64,
    peak: f64,
    leaked: f64,
    lifted: f64,
}

impl Sums {
    fn add(&mut self, power: f64, leaked: f64) {
        self.frames += 1;
        self.power += power;
        self.peak = self.peak.max(power);
        self.leaked += leaked;
    }
}

/// One FFT frame.
pub(super) struct FrameAt {
    /// Counted from the stream's start.
    pub number: u64,
    pub span: Span,
    /// Noise power of one bin.
    pub noise: f64,
    /// Power gain that clipping leaves.
    pub gain: f64,
}

impl Ear {
    pub fn new(
        index: usize,
        bins: &ChannelBins,
        scenario: &Scenario,
        config: &SenseConfig,
        seed: u64,
    ) -> Ear {
        let settings = &config.channels[index];
        let frame_us = config.fft_len as f64 / config.sample_rate_sps * 1e6;
        let frame_max_us = PULSE_FRAME_US.min(f64::from(settings.pulse_width_min_us));
        let pulse_frames = (frame_max_us / frame_us).floor().max(1.0) as u64;
        let samples = |us: u32| f64::from(us) * 1e-6 * config.sample_rate_sps;
        let rule = PulseRule {
            frame_samples: pulse_frames * config.fft_len as u64,
            fft_frames: pulse_frames as u32,
            trigger: ratio_from_db(settings.pulse_trigger_db) as f32,
            width_min_samples: samples(settings.pulse_width_min_us),
            width_max_samples: samples(settings.pulse_width_max_us),
            bridge_samples: samples(settings.pulse_bridge_us),
        };
        Ear {
            number: index as u8,
            random: random::source(seed, &format!("noise of channel {index}")),
            finder: PulseFinder::new(rule),
            spread: Spread::new(bins, pulse_frames),
            noise_bins: bins.noise_bins,
            collected_count: bins.collected_count,
            has_quiet: !bins.quiet.is_empty(),
            shares: spread::shares(bins, scenario, config),
            pulse_frames,
            us_per_sample: 1e6 / config.sample_rate_sps,
            of_hop: Sums::default(),
            of_pulse: Sums::default(),
        }
    }

    /// One frame of emitters at `powers`; the pulse that ended with it.
    #[inline]
    pub fn frame(&mut self, at: &FrameAt, powers: &[f64], emitters: &mut [Emitter]) -> Option<Pulse> {
        let (mut signal, mut leaked) = (0.0, 0.0);
        for ((power, (share, leak)), emitter) in powers.iter().zip(&self.shares).zip(emitters) {
            if power * share.most > UNHEARD * at.noise {
                signal += power * emitter.frame_power(at.span, share);
            }
            if power * leak.most() > LIFTING * at.noise {
                let power = power * emitter.frame_power(at.span, &Share::ALL);
                leaked += power * leak.median();
                self.of_hop.lifted += leak.lifted(LIFTING * at.noise / power.max(f64::MIN_POSITIVE));
            }
        }
        let (signal, leaked) = (signal * at.gain, leaked * at.gain);
        let noise = self.collected_count * at.noise;
        let power = self.spread.power(signal, noise, at.noise, normal(&mut self.random));
        self.of_hop.add(power, leaked);
        self.of_pulse.add(power, leaked);
        if !(at.number + 1).is_multiple_of(self.pulse_frames) {
            return None;
        }
        let pulse = std::mem::take(&mut self.of_pulse);
        let found = if pulse.frames == self.pulse_frames { self.pulse_frame(at, &pulse) } else { None };
        found.map(|found| self.pulse(&found))
    }

    fn pulse_frame(&mut self, at: &FrameAt, sums: &Sums) -> Option<FoundPulse> {
        let per_frame = 1.0 / self.pulse_frames as f64;
        let floor = self.has_quiet.then(|| {
            let noise = at.noise * self.spread.floor(normal(&mut self.random));
            (self.collected_count * (noise + sums.leaked * per_frame)) as f32
        });
        self.finder.push(at.number / self.pulse_frames, (sums.power * per_frame) as f32, floor)
    }

    /// Samples are missing here; the pulse that was open.
    pub fn cut(&mut self) -> Option<Pulse> {
        self.of_pulse = Sums::default();
        self.finder.cut().map(|found| self.pulse(&found))
    }

    /// The channel's reading of the hop `hop`, whose bins have `noise`; begins the next.
    pub fn reading(&mut self, hop: &Reading, noise: f64) -> Reading {
        let frames = f64::from(hop.frame_count.max(1));
        let Sums { power, peak, leaked, lifted, .. } = std::mem::take(&mut self.of_hop);
        let quiet = self.has_quiet.then(|| {
            noise * self.spread.quiet(frames, lifted / frames, normal(&mut self.random)) + leaked / frames
        });
        let quiet_power = quiet.map(|quiet| quiet / median_of_noise(frames));
        let in_channel = |quiet: f64| CentiDb::from_db(db_from_ratio(quiet * self.noise_bins) as f32);
        Reading {
            channel: self.number,
            flags: if self.has_quiet { hop.flags } else { hop.flags.with(Flags::NO_QUIET) },
            mean: self.in_channel(power / frames, quiet_power),
            peak: self.in_channel(peak, quiet_power),
            quiet: quiet.and_then(in_channel).unwrap_or(CentiDb::LOWEST),
            ..*hop
        }
    }

    fn in_channel(&self, collected: f64, quiet_power: Option<f64>) -> CentiDb {
        let power = match quiet_power {
            Some(quiet) => (collected + (self.noise_bins - self.collected_count) * quiet)
                .max(COLLECTED_SHARE_MIN * collected),
            None => collected * self.noise_bins / self.collected_count.max(1.0),
        };
        CentiDb::from_power(power).unwrap_or(CentiDb::LOWEST)
    }

    fn pulse(&self, found: &FoundPulse) -> Pulse {
        let per_bin = f64::from(found.floor) / self.collected_count;
        let quiet_power = self.has_quiet.then_some(per_bin);
        Pulse {
            start_us: TimeUs((found.start_sample * self.us_per_sample).round().max(0.0) as u64),
            width_us: (found.width_samples * self.us_per_sample).round() as u32,
            channel: self.number,
            flags: if self.has_quiet { found.flags } else { found.flags.with(Flags::NO_QUIET) },
            mean: self.in_channel(found.mean, quiet_power),
            peak: self.in_channel(f64::from(found.peak), quiet_power),
            floor: CentiDb::from_power(per_bin * self.noise_bins).unwrap_or(CentiDb::LOWEST),
        }
    }
}

fn normal(random: &mut Random) -> f64 {
    StandardNormal.sample(random)
}
