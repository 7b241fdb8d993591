//! Matched detectors of a band's channels: whole frames of samples in, hearings out. The wiring of `dsp`'s tuner, fine spectra and
//! searches.
//!
//! A channel is taken out of the band once, and listened to for a line (`line`), for trains of pulses of some widths (`train`) and for
//! distress bursts (`burst`), as far as its settings seek them. Thresholds hold the channel's shares of the operator's false alarms: the chance of a sum of exponentials
//! (`chance`) in all the ways of an hour.
//!
//! Not told: what may be the image of something stronger at the mirror frequency.

mod burst;
mod line;
mod stream;
mod train;

pub(super) use stream::Stream;

use crate::config::{ChannelConfig, SenseConfig};
use crate::dsp::fine::{Fine, Matched};
use crate::dsp::layout::IMAGE_RATIO_MAX;
use crate::dsp::tuner::{Rate, Tuner, rate_for};
use crate::sense::clock::SampleClock;
use crate::signal::Hearing;
use crate::units::CentiDb;
use burst::BurstListener;
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
    tuner: Tuner,
    line: Option<LineListener>,
    trains: Vec<TrainListener>,
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
}

impl Band {
    /// Of those channels of `config` that lie in the band about `center_hz`.
    pub fn new(config: &SenseConfig, center_hz: f64) -> Band {
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
            let burst = (shares.burst > 0.0)
                .then(|| BurstListener::new(place, config.false_alarms_per_hour * shares.burst));
            let tuner = Tuner::new(config.sample_rate_sps, place.offset_hz, width_hz);
            let is_searched = line.is_some() || !trains.is_empty() || burst.is_some();
            is_searched.then_some(Channel { tuner, line, trains, burst })
        };
        let bin_hz = config.sample_rate_sps / config.fft_len as f64;
        Band { center_hz, bin_hz, channels: held.filter_map(channel).collect() }
    }

    /// Samples that the longest filter takes; `None` where no channel is searched.
    pub fn reach(&self) -> Option<usize> {
        self.channels.iter().map(|channel| channel.tuner.reach()).max()
    }

    /// The stream's open frame, from `first_sample` on, is whole and good. `power_at_hz` tells the power of the bin at a
    /// frequency, per frame, for what may be an image.
    pub fn frame(
        &mut self,
        stream: &mut Stream,
        first_sample: u64,
        clock: &SampleClock,
        power_at_hz: impl Fn(f64) -> f32,
        mut out: impl FnMut(&Hearing),
    ) {
        stream.close(first_sample);
        let (center_hz, bin_hz) = (self.center_hz, self.bin_hz);
        let mut tell = |heard: Heard| {
            let mirror = f64::from(power_at_hz(2.0 * center_hz - heard.hearing.frequency_hz));
            let has_source = mirror > LOUD * heard.noise_per_hz * bin_hz;
            if !has_source || heard.power > f64::from(IMAGE_RATIO_MAX) * mirror {
                out(&heard.hearing);
            }
        };
        for Channel { tuner, line, trains, burst } in &mut self.channels {
            tuner.take(&stream.delay, |number, sample| {
                line.iter_mut().filter_map(|line| line.push(number, sample, clock)).for_each(&mut tell);
                trains.iter_mut().filter_map(|train| train.push(number, sample, clock)).for_each(&mut tell);
                burst.iter_mut().filter_map(|burst| burst.push(number, sample, clock)).for_each(&mut tell);
            });
        }
    }

    /// The end of the stream: a burst that is open ends with it. What follows is a new one.
    pub fn finish(&mut self, clock: &SampleClock, mut out: impl FnMut(&Hearing)) {
        for channel in &mut self.channels {
            channel.tuner.restart();
            if let Some(burst) = &mut channel.burst {
                burst.finish(clock).iter().for_each(|heard| out(&heard.hearing));
                burst.restart();
            }
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
    let spread = ((1.0 + 2.0 * excess) / shape).sqrt() / excess;
    CentiDb::from_db((spread * 10.0 / std::f64::consts::LN_10) as f32).unwrap_or(CentiDb::HIGHEST)
}
