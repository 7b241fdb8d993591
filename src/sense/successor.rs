//! Other channels in flight: what takes over in a sense pass that goes on, between two hops, so that what stays misses nothing.
//!
//! A channel is known by its number, which is its own all through a flight. Of those that stay all is kept that was summed and remembered,
//! the bins too that tell their noise: their readings are those that they would have been. Where fine spectra need other blocks than before, they
//! skip a block, some milliseconds. Nothing is allocated or freed in the pass that hands over.

use super::band::Band;
use super::matched::{self, Stream};
use super::{Sense, SenseSink};
use crate::config::{ConfigError, SenseConfig};
use crate::dsp::dc::DcSpike;

/// Channels with all their memory, made outside of any pass.
pub struct Successor {
    pub(super) bands: Vec<Band>,
    pub(super) stream: Option<Stream>,
    pub(super) dc: Option<DcSpike>,
    pub(super) numbers: Box<[u8]>,
    pub(super) false_alarms_per_hour: f64,
}

impl Successor {
    /// The channels of `config`, called by `numbers` (one each) in what is told of them. Rate, frequencies, FFT and hop must be those of
    /// the pass in which it will take over.
    ///
    /// # Errors
    /// As [`Sense::new`].
    pub fn new(config: &SenseConfig, numbers: &[u8]) -> Result<Successor, ConfigError> {
        config.check()?;
        if numbers.len() != config.channels.len() {
            return Err(ConfigError::new("beacon", "their numbers are not as many as they are"));
        }
        let frame_us = 1e6 / config.sample_rate_sps * config.fft_len as f64;
        let bands = config.centers_hz().map(|center_hz| Band::new(config, numbers, center_hz));
        let bands = bands.collect::<Result<Vec<_>, _>>()?;
        let takes_dc = config.dc_exclude_hz.is_none() && bands.iter().any(|band| band.reaches_dc);
        let is_searched = bands.iter().any(|band| band.matched.is_searched());
        Ok(Successor {
            bands,
            stream: is_searched.then(|| Stream::new(config.fft_len, matched::block(config))),
            dc: takes_dc.then(|| DcSpike::new(frame_us)),
            numbers: numbers.into(),
            false_alarms_per_hour: config.false_alarms_per_hour,
        })
    }
}

impl Sense {
    /// Lets `next` take over when the present hop has ended; one that waits for that already is given back, unused.
    pub fn succeed(&mut self, next: Box<Successor>) -> Option<Box<Successor>> {
        self.next.replace(next)
    }

    /// What was taken over from, once.
    pub fn replaced(&mut self) -> Option<Box<Successor>> {
        self.replaced.take()
    }

    /// No hop and no frame is open.
    pub(super) fn hand_over(&mut self, out: &mut impl SenseSink) {
        let Some(mut next) = self.next.take() else { return };
        self.cut_those_that_go(&next.numbers, out);
        let is_same_rule = self.false_alarms_per_hour == next.false_alarms_per_hour;
        let is_same_block =
            self.stream.as_ref().zip(next.stream.as_ref()).is_some_and(|(own, others)| own.is_like(others));
        for (old, new) in self.bands.iter_mut().zip(&mut next.bands) {
            for (channel, number) in new.channels.iter_mut().zip(&next.numbers) {
                let before = self.numbers.iter().position(|old| old == number);
                if let Some(before) = before.and_then(|at| old.channels.get_mut(at)) {
                    std::mem::swap(channel, before);
                }
            }
            new.matched.take_over(&mut old.matched, is_same_rule, is_same_block);
        }
        std::mem::swap(&mut self.bands, &mut next.bands);
        std::mem::swap(&mut self.numbers, &mut next.numbers);
        std::mem::swap(&mut self.false_alarms_per_hour, &mut next.false_alarms_per_hour);
        if !is_same_block {
            std::mem::swap(&mut self.stream, &mut next.stream);
        }
        if self.dc.is_none() || next.dc.is_none() {
            std::mem::swap(&mut self.dc, &mut next.dc);
        }
        self.replaced = Some(next);
    }

    fn cut_those_that_go(&mut self, staying: &[u8], out: &mut impl SenseSink) {
        let Sense { bands, numbers, clock, band, .. } = self;
        let channels = bands[*band].channels.iter_mut().zip(numbers.iter());
        for channel in
            channels.filter(|(_, number)| !staying.contains(number)).filter_map(|(own, _)| own.as_mut())
        {
            if let Some(pulse) = channel.cut() {
                let start_us = clock.at(pulse.start_sample);
                out.pulse(&channel.pulse(&pulse, start_us, clock.us_per_sample));
            }
        }
    }
}
