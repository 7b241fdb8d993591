//! Matched detectors of a band's channels: whole frames of samples in, hearings out. The wiring of `dsp`'s tuner, fine spectra and
//! searches.
//!
//! A channel is taken out of the band once, and listened to for a line (`line`) and for trains of pulses of some widths (`train`), and once more with what
//! lies beside it for energy of any modulation (`energy`), or for chirps of its width (`chirp`), as far as its settings seek them. Thresholds hold the channel's shares of the operator's false alarms: the chance of a sum of exponentials
//! (`chance`) in all the ways of an hour.
//!
//! Not told: what may be the image of something stronger at the mirror frequency.

mod chirp;
mod energy;
mod line;
mod stream;
mod train;

pub(super) use energy::Frame;
pub(super) use stream::Stream;

use crate::config::{ChannelConfig, Emission, SenseConfig};
use crate::dsp::fine::{Fine, Matched};
use crate::dsp::layout::IMAGE_RATIO_MAX;
use crate::dsp::tuner::{Rate, Tuner, rate_for};
use crate::sense::clock::SampleClock;
use crate::signal::Hearing;
use crate::units::{CentiDb, ratio_from_db};
use chirp::ChirpListener;
use energy::EnergyListener;
use line::LineListener;
use train::TrainListener;

/// What is this far over its noise in a bin of the sense pass may have an image.
const LOUD: f64 = 4.0;
/// Half-width about 0 Hz that tells nothing, resolved bins.
const DC_BINS: f64 = 2.0;

/// The channels of one band that are searched.
pub(super) struct Band {
    center_hz: f64,
    /// Width of the sense pass's own bins.
    bin_hz: f64,
    channels: Vec<Channel>,
}

/// One channel.
struct Channel {
    /// `None`: neither a line nor trains nor chirps are sought.
    tuner: Option<Tuner>,
    line: Option<LineListener>,
    energy: Option<EnergyListener>,
    trains: Vec<TrainListener>,
    chirps: Vec<ChirpListener>,
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
    /// Of those channels of `config` that lie in the band about `center_hz`.
    pub fn new(config: &SenseConfig, center_hz: f64) -> Band {
        let bin_hz = config.sample_rate_sps / config.fft_len as f64;
        let held = config.channels.iter().enumerate();
        let held = held
            .filter(|(_, channel)| config.false_alarms_per_hour > 0.0 && config.holds(center_hz, channel));
        let channel = |(number, channel): (usize, &ChannelConfig)| {
            let width_hz = channel.bandwidth_hz.min(config.sample_rate_sps);
            let place = Place {
                number: number as u8,
                frequency_hz: channel.frequency_hz,
                offset_hz: channel.frequency_hz - center_hz,
                width_hz,
                rate: rate_for(config.sample_rate_sps, width_hz),
                dc_hz: config.dc_exclude_hz.unwrap_or(0.0),
            };
            let shares = channel.shares();
            let line = (shares.line > 0.0)
                .then(|| LineListener::new(place, channel, config.false_alarms_per_hour * shares.line));
            let trains = TrainListener::all(place, channel, config.false_alarms_per_hour * shares.train);
            let energy = (shares.energy > 0.0).then(|| {
                let allowed = config.false_alarms_per_hour * shares.energy;
                EnergyListener::new(place, config.sample_rate_sps, bin_hz, channel, allowed)
            });
            let energy = energy.flatten();
            let is_narrow = line.is_some() || !trains.is_empty();
            let held_hz = chirp::HELD * width_hz;
            let chirps = match channel.emission {
                Emission::Chirp(spreading) => ChirpListener::all(
                    Place { rate: rate_for(config.sample_rate_sps, held_hz), ..place },
                    spreading,
                    config.false_alarms_per_hour * shares.chirp,
                ),
                _ => Vec::new(),
            };
            let tuned_hz = if chirps.is_empty() { width_hz } else { held_hz };
            let is_tuned = is_narrow || !chirps.is_empty();
            let tuner = is_tuned.then(|| Tuner::new(config.sample_rate_sps, place.offset_hz, tuned_hz));
            (is_tuned || energy.is_some()).then_some(Channel { tuner, line, energy, trains, chirps })
        };
        Band { center_hz, bin_hz, channels: held.filter_map(channel).collect() }
    }

    /// Samples that the longest filter takes; `None` where no channel is searched.
    pub fn reach(&self) -> Option<usize> {
        let reach = |channel: &Channel| {
            let own = channel.tuner.as_ref().map_or(0, Tuner::reach);
            own.max(channel.energy.as_ref().map_or(0, EnergyListener::reach))
        };
        self.channels.iter().map(reach).max()
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
        stream.close(frame.first_sample);
        let (center_hz, bin_hz) = (self.center_hz, self.bin_hz);
        let mut tell = |heard: Heard| {
            let mirror = f64::from(power_at_hz(2.0 * center_hz - heard.hearing.frequency_hz));
            // What is wide was compared with all that is there, and for as long.
            let has_source = heard.width_hz == 0.0 && mirror > LOUD * heard.noise_per_hz * bin_hz;
            if !has_source || heard.power > f64::from(IMAGE_RATIO_MAX) * mirror {
                out(&heard.hearing);
            }
        };
        for Channel { tuner, line, energy, trains, chirps } in &mut self.channels {
            tuner.iter_mut().for_each(|tuner| {
                tuner.take(&stream.delay, |number, sample| {
                    for heard in line.iter_mut().filter_map(|line| line.push(number, sample, clock)) {
                        energy.iter_mut().for_each(|energy| energy.take_line(&heard.hearing));
                        tell(heard);
                    }
                    trains
                        .iter_mut()
                        .filter_map(|train| train.push(number, sample, clock))
                        .for_each(&mut tell);
                    chirps
                        .iter_mut()
                        .filter_map(|chirp| chirp.push(number, sample, clock))
                        .for_each(&mut tell);
                });
            });
            if let Some(energy) = energy {
                energy.push(stream, frame, clock, &power_at_hz, &mut tell);
            }
        }
    }

    /// A new stream.
    pub fn restart(&mut self) {
        for Channel { tuner, energy, chirps, .. } in &mut self.channels {
            tuner.iter_mut().for_each(Tuner::restart);
            energy.iter_mut().for_each(EnergyListener::restart);
            chirps.iter_mut().for_each(ChirpListener::restart);
        }
    }
}

impl Place {
    /// Its spectra, matched to an emission, without the cells that hold 0 Hz.
    fn fine(&self, matched: Matched) -> Fine {
        let fine = Fine::new(self.rate.sps, self.width_hz, matched);
        let (count, cell_hz) = (fine.cell_count(), fine.cell_hz());
        let half_hz = self.dc_hz.max(DC_BINS * 2.0 * cell_hz);
        let cell_of = |hz: f64| (hz / cell_hz + (count / 2) as f64).clamp(0.0, count as f64);
        let (low, high) = (cell_of(-self.offset_hz - half_hz), cell_of(-self.offset_hz + half_hz));
        fine.masked((low as usize, high.ceil() as usize))
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
