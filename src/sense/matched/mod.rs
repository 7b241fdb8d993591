//! Matched detectors of a band's channels: whole frames of samples in, hearings out. The wiring of `dsp`'s tuner, fine spectra and
//! searches.
//!
//! A channel is taken out of the band once, and listened to for a line (`line`), for trains of pulses of some widths (`train`), for
//! distress bursts (`burst`) or for chirps of its width (`chirp`), and once more with what lies beside it for energy of any modulation
//! (`energy`), as far as its settings seek them. Thresholds hold the channel's shares of the operator's false alarms: the chance of a sum of exponentials
//! (`chance`) in all the ways of an hour.
//!
//! Not told: what may be the image of something stronger at the mirror frequency, and pulses that may be the splatter of stronger ones (`loud`).

mod burst;
mod chirp;
mod energy;
pub(super) mod judged;
mod line;
mod loud;
mod stream;
mod train;

pub(super) use line::LineRule;
pub(super) use stream::Stream;

use crate::config::{ChannelConfig, Emission, SenseConfig};
use crate::dsp::fine::{Fine, Matched};
use crate::dsp::layout::IMAGE_RATIO_MAX;
use crate::dsp::tuner::{RATE_RATIO, Rate, Tuner, block_len, rate_for};
use crate::sense::clock::SampleClock;
use crate::signal::Hearing;
use crate::units::{CentiDb, ratio_from_db};
use burst::BurstListener;
use chirp::ChirpListener;
use energy::EnergyListener;
use line::LineListener;
use loud::{Loud, Loudest};
use train::TrainListener;

/// What is this far over its noise in a bin of the sense pass may have an image.
const LOUD: f64 = 4.0;
/// Over a whole band pulses count from this ratio to the noise on: noise passes it in 0.25 % of the cells.
const PULSE_OF_PARTS: f32 = 6.0;
/// Half-width about 0 Hz that tells nothing, resolved bins.
const DC_BINS: f64 = 2.0;

/// One frame of the sense pass.
#[derive(Copy, Clone)]
pub(super) struct Frame {
    /// Its first sample.
    first_sample: u64,
    /// Whether some of them are at full scale.
    is_clipped: bool,
    loudest: Loudest,
}

impl Frame {
    /// Of its bins, the lowest frequency first; none where nothing in it is loud.
    pub fn of(first_sample: u64, power: &[f32], is_clipped: bool) -> Frame {
        Frame { first_sample, is_clipped, loudest: Loudest::of(power) }
    }
}

/// The channels of one band that are searched.
pub(super) struct Band {
    center_hz: f64,
    /// Width of the sense pass's own bins.
    bin_hz: f64,
    loud: Loud,
    channels: Vec<Channel>,
}

/// One channel.
struct Channel {
    number: u8,
    /// `None`: only energy is sought.
    tuner: Option<Tuner>,
    line: Option<LineListener>,
    energy: Option<EnergyListener>,
    trains: Vec<TrainListener>,
    chirps: Vec<ChirpListener>,
    burst: Option<BurstListener>,
}

/// Where a channel is, and how it leaves its tuner.
#[derive(Copy, Clone)]
struct Place {
    number: u8,
    frequency_hz: f64,
    /// Distance from the tuned frequency, Hz.
    offset_hz: f64,
    width_hz: f64,
    rate: Rate,
    /// Half-width about 0 Hz that the settings leave out, Hz.
    dc_hz: f64,
}

/// Something heard, before it is known whether it is an image.
struct Heard {
    hearing: Hearing,
    /// Power, and that of noise per Hz, full scale² = 1.0.
    power: f64,
    noise_per_hz: f64,
    /// Width over which it is spread, Hz; 0 of a line.
    width_hz: f64,
}

impl Band {
    /// Of those channels of `config` that lie in the band about `center_hz`, numbered so in what is told of them.
    pub fn new(config: &SenseConfig, numbers: &[u8], center_hz: f64) -> Band {
        let held = (0..config.channels.len()).filter(|at| config.holds(center_hz, &config.channels[*at]));
        let channels = held.filter_map(|at| Channel::new(config, (at, numbers[at]), center_hz)).collect();
        Band::with(config, center_hz, channels)
    }

    /// Goes on for `old`, which listened in the same band: with what it has of the channels of the same numbers where `is_same_rule` says that
    /// both hold as few false alarms, and with its tuners where both are cut into blocks alike.
    pub fn take_over(&mut self, old: &mut Band, is_same_rule: bool, is_same_block: bool) {
        std::mem::swap(&mut self.loud, &mut old.loud);
        for own in self.channels.iter_mut().filter(|_| is_same_rule) {
            if let Some(before) = old.channels.iter_mut().find(|before| before.number == own.number) {
                std::mem::swap(own, before);
                if !is_same_block {
                    own.exchange_tuners(before);
                }
            }
        }
    }

    /// Of parts of the band, each `width_hz` wide about `offset_hz`, in which all lines are told by `rule`, and the trains of
    /// `channel`, if it is one.
    pub fn of_parts(
        config: &SenseConfig,
        parts: &[(f64, f64)],
        rule: &LineRule,
        trains: Option<&ChannelConfig>,
    ) -> Band {
        let block = block_of(config, parts);
        let part = |(number, (offset_hz, width_hz)): (usize, &(f64, f64))| {
            let place = Place::at(config, number as u8, config.center_hz, *offset_hz, *width_hz);
            let each = |channel| {
                let all = TrainListener::all(place, channel, rule.false_alarms_per_hour);
                all.into_iter().map(|train| train.of_pulses_from(PULSE_OF_PARTS)).collect()
            };
            let mut part = Channel {
                number: place.number,
                tuner: Some(Tuner::new(config.sample_rate_sps, *offset_hz, *width_hz, place.rate, block)),
                line: Some(LineListener::by(place, rule)),
                energy: None,
                trains: trains.map(each).unwrap_or_default(),
                chirps: Vec::new(),
                burst: None,
            };
            part.mask(&place, config.own_noise.iter().map(|own| (own.low_hz, own.high_hz)));
            part
        };
        Band::with(config, config.center_hz, parts.iter().enumerate().map(part).collect())
    }

    fn with(config: &SenseConfig, center_hz: f64, channels: Vec<Channel>) -> Band {
        let bin_hz = config.sample_rate_sps / config.fft_len as f64;
        Band { center_hz, bin_hz, loud: Loud::new(center_hz, bin_hz, config.fft_len), channels }
    }

    /// Whether any channel is searched.
    pub fn is_searched(&self) -> bool {
        !self.channels.is_empty()
    }

    /// The end of the stream: a burst that is open ends with it. What follows is a new one.
    pub fn finish(&mut self, clock: &SampleClock, mut out: impl FnMut(&Hearing)) {
        for Channel { energy, chirps, burst, .. } in &mut self.channels {
            energy.iter_mut().for_each(EnergyListener::restart);
            chirps.iter_mut().for_each(ChirpListener::restart);
            if let Some(burst) = burst {
                burst.finish(clock).iter().for_each(|heard| out(&heard.hearing));
                burst.restart();
            }
        }
    }

    /// The stream's open frame is whole and good. `power_at_hz` tells the power of the bin at a frequency, per frame, for what may be
    /// an image.
    pub fn frame(
        &mut self,
        stream: &mut Stream,
        frame: Frame,
        clock: &SampleClock,
        power_at_hz: impl Fn(f64) -> f32,
        mut out: impl FnMut(&Hearing),
    ) {
        for energy in self.channels.iter_mut().filter_map(|channel| channel.energy.as_mut()) {
            energy.begin_frame(stream.frame(), frame, &power_at_hz);
        }
        stream.close(frame.first_sample);
        self.loud.push(clock.at(frame.first_sample as f64), &frame);
        let (center_hz, bin_hz, loud) = (self.center_hz, self.bin_hz, &self.loud);
        let mut tell = |heard: Heard| {
            let mirror = f64::from(power_at_hz(2.0 * center_hz - heard.hearing.frequency_hz));
            // What is wide was compared with all that is there, and for as long.
            let has_source = heard.width_hz == 0.0 && mirror > LOUD * heard.noise_per_hz * bin_hz;
            if !has_source || heard.power > f64::from(IMAGE_RATIO_MAX) * mirror {
                out(&heard.hearing);
            }
        };
        while let Some(block) = stream.spectra.next_block() {
            for Channel { tuner, line, energy, trains, chirps, burst, .. } in &mut self.channels {
                energy.iter_mut().for_each(|energy| energy.block(&block));
                let Some(tuner) = tuner else { continue };
                let piece = tuner.take(&block);
                if let Some(line) = line {
                    line.push(piece, clock, |heard| {
                        energy.iter_mut().for_each(|energy| energy.take_line(&heard.hearing));
                        tell(heard);
                    });
                }
                trains.iter_mut().for_each(|train| {
                    train.push(piece, clock, |heard| {
                        if !loud.explains(&heard.hearing, heard.power) {
                            tell(heard);
                        }
                    });
                });
                chirps.iter_mut().for_each(|chirp| chirp.push(piece, clock, &mut tell));
                burst.iter_mut().for_each(|burst| burst.push(piece, clock, &mut tell));
            }
        }
        for energy in self.channels.iter_mut().filter_map(|channel| channel.energy.as_mut()) {
            energy.end_frame(clock, &mut tell);
        }
    }
}

fn width_hz(config: &SenseConfig, channel: &ChannelConfig) -> f64 {
    channel.bandwidth_hz.min(config.sample_rate_sps)
}

/// Samples of the blocks in which a band is cut into parts.
pub(super) fn block_of(config: &SenseConfig, parts: &[(f64, f64)]) -> usize {
    block_len(config.sample_rate_sps, parts.iter().map(|(_, width_hz)| *width_hz))
}

/// Samples of the blocks in which the bands of `config` are cut into channels.
pub(super) fn block(config: &SenseConfig) -> usize {
    block_len(config.sample_rate_sps, config.channels.iter().map(|channel| tuned_hz(config, channel)))
}

/// Width that is taken out of the band; a chirp's with room for its frequency offset.
fn tuned_hz(config: &SenseConfig, channel: &ChannelConfig) -> f64 {
    let is_chirp = matches!(channel.emission, Emission::Chirp(_));
    width_hz(config, channel) * if is_chirp { chirp::HELD } else { 1.0 }
}

impl Channel {
    /// The channel `at` this place of the settings, with its number, in the band about `center_hz`; `None` where nothing is searched in fine
    /// spectra.
    fn new(config: &SenseConfig, (at, number): (usize, u8), center_hz: f64) -> Option<Channel> {
        let channel = &config.channels[at];
        let place = Place::of(config, channel, number, center_hz);
        let (allowed, shares) = (config.false_alarms_per_hour, channel.shares());
        if allowed <= 0.0 {
            return None;
        }
        let line = (shares.line > 0.0).then(|| LineListener::new(place, channel, allowed * shares.line));
        let trains = TrainListener::all(place, channel, allowed * shares.train);
        let (energy_share, chirp_share) = (allowed * shares.energy, allowed * shares.chirp);
        let energy = (shares.energy > 0.0).then(|| EnergyListener::new(place, config, channel, energy_share));
        let energy = energy.flatten();
        let tuned_hz = tuned_hz(config, channel);
        let tuned = Place { rate: rate_for(config.sample_rate_sps, tuned_hz, RATE_RATIO), ..place };
        let chirps = match channel.emission {
            Emission::Chirp(spreading) => ChirpListener::all(tuned, spreading, chirp_share),
            _ => Vec::new(),
        };
        let burst = (shares.burst > 0.0).then(|| BurstListener::new(place, allowed * shares.burst));
        let is_tuned = line.is_some() || !trains.is_empty() || !chirps.is_empty() || burst.is_some();
        let sample_rate_sps = config.sample_rate_sps;
        let tuner = is_tuned
            .then(|| Tuner::new(sample_rate_sps, place.offset_hz, tuned_hz, tuned.rate, block(config)));
        let mut searched = Channel { number, tuner, line, energy, trains, chirps, burst };
        searched.mask(&place, config.own_noise_in(channel));
        (is_tuned || searched.energy.is_some()).then_some(searched)
    }

    /// Takes its samples as `other` does, and the other way round.
    fn exchange_tuners(&mut self, other: &mut Channel) {
        std::mem::swap(&mut self.tuner, &mut other.tuner);
        if let (Some(own), Some(others)) = (&mut self.energy, &mut other.energy) {
            own.exchange_tuners(others);
        }
    }

    /// The aircraft's own lines, from where to where, Hz, are no lines, trains or energy.
    fn mask(&mut self, place: &Place, own: impl IntoIterator<Item = (f64, f64)>) {
        for (low_hz, high_hz) in own {
            let part = (low_hz - place.frequency_hz, high_hz - place.frequency_hz);
            self.line.iter_mut().for_each(|line| line.mask(part));
            self.trains.iter_mut().for_each(|train| train.mask(part));
            self.energy.iter_mut().for_each(|energy| energy.mask(part));
        }
    }
}

impl Place {
    /// Of a channel in the band about `center_hz`.
    fn of(config: &SenseConfig, channel: &ChannelConfig, number: u8, center_hz: f64) -> Place {
        Place::at(config, number, center_hz, channel.frequency_hz - center_hz, width_hz(config, channel))
    }

    fn at(config: &SenseConfig, number: u8, center_hz: f64, offset_hz: f64, width_hz: f64) -> Place {
        Place {
            number,
            frequency_hz: center_hz + offset_hz,
            offset_hz,
            width_hz,
            rate: rate_for(config.sample_rate_sps, width_hz, RATE_RATIO),
            dc_hz: config.dc_exclude_hz.unwrap_or(0.0),
        }
    }

    /// Its spectra, matched to an emission, without the cells that hold 0 Hz.
    fn fine(&self, matched: Matched) -> Fine {
        let mut fine = Fine::new(self.rate.sps, self.width_hz, matched);
        let half_hz = self.dc_hz.max(DC_BINS * 2.0 * fine.cell_hz());
        self.mask(&mut fine, (-self.offset_hz - half_hz, -self.offset_hz + half_hz));
        fine
    }

    /// Masks what lies so far from the channel's middle, Hz.
    fn mask(&self, fine: &mut Fine, (low_hz, high_hz): (f64, f64)) {
        let (count, cell_hz) = (fine.cell_count(), fine.cell_hz());
        let cell_of = |hz: f64| (hz / cell_hz + (count / 2) as f64).clamp(0.0, count as f64);
        fine.mask((cell_of(low_hz) as usize, cell_of(high_hz).ceil() as usize));
    }
}

fn centi(power: f64) -> CentiDb {
    CentiDb::from_power(power).unwrap_or(CentiDb::LOWEST)
}

/// One sigma of an excess over the noise, of `shape` independent frames each, dB.
fn sigma_db(excess: f64, shape: f64) -> CentiDb {
    relative_db(((1.0 + 2.0 * excess) / shape).sqrt() / excess)
}

/// A relative deviation, dB.
fn relative_db(deviation: f64) -> CentiDb {
    CentiDb::from_db((deviation * 10.0 / std::f64::consts::LN_10) as f32).unwrap_or(CentiDb::HIGHEST)
}

fn ratio(cn0: CentiDb) -> f64 {
    ratio_from_db(cn0.db())
}
