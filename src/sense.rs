//! One pass of the DSP thread: a block of IQ samples in, readings, pulses and now and then a spectrum row out.
//!
//! Everything stands on grids of the *sample index*: frame f covers samples `[f·N, (f+1)·N)`, hop k `[k·H, (k+1)·H)`, and a
//! frame belongs to the hop its middle lies in. So the outputs do not depend on how the stream is cut into blocks, nor
//! on when a pass runs. Times come from the blocks' stamps: `acquired_us` of the middle of a hop, the start of a pulse.
//!
//! What is missing is said, not made up: a gap drops the frame it falls into and ends open pulses; a frame with a sample that
//! is no number, or taken at another frequency than planned, is left out whole, and so is a frame of zeros: a gated receiver
//! tells nothing. All show in the flags of the hop. Of several bands planned for, each has its own channels ([`Sense::tune`]);
//! those that it does not hold are flagged.
//!
//! Budget: ≤ 25 % of a block's duration (p99.9) on a Pi 5; nothing is allocated after [`Sense::new`]. Order of work per
//! frame: window → FFT → |X|² and hop sums → each channel's power → pulse edges; per hop: medians and readings.

mod band;
mod channel;
mod clock;
mod envelope;
mod gathered;
mod hop;
pub mod listen;
mod matched;
pub mod own_noise;
pub mod reach;
mod rows;
pub mod seek;
mod successor;

use crate::config::{ConfigError, SenseConfig};
use crate::dsp::aligned::Aligned;
use crate::dsp::dc::DcSpike;
use crate::dsp::spectrometer::{Gate, Spectrometer, is_clipped};
use crate::dsp::survey::Row;
use crate::dsp::waterfall::Waterfall;
use crate::signal::{BlockStamp, Flags, Hearing, Pulse, Reading, Samples, Spectrum};
use crate::time::TimeUs;
use band::Band;
use channel::{Channel, HopFacts};
use clock::SampleClock;
pub use gathered::Gathered;
use hop::Hop;
use matched::{Frame, Stream};
pub use successor::Successor;

/// Flags that hold for a whole block, not just for its first sample.
const BLOCK_FLAGS: Flags = Flags(Flags::STUCK.0 | Flags::RETUNED.0 | Flags::OUT_OF_BAND.0);

/// A spike at 0 Hz is believed over a gap as long as this.
const DC_KEPT_US: f64 = 1e6;

/// Takes what the sense pass makes, in the order it is made.
pub trait SenseSink {
    /// A channel's hop is complete. Channels of one hop follow one another.
    fn reading(&mut self, reading: &Reading);
    /// A pulse has ended.
    fn pulse(&mut self, pulse: &Pulse);
    /// A matched detector heard something.
    fn hearing(&mut self, hearing: &Hearing);
    /// A row of the waterfall is complete.
    fn spectrum(&mut self, spectrum: &Spectrum);
}

/// The sense pass with all its memory.
///
/// ```
/// use skyhound::config::{ChannelConfig, Emission, SenseConfig};
/// use skyhound::sense::{Sense, SenseSink};
/// use skyhound::signal::{BlockStamp, Hearing, Pulse, Reading, Samples, Spectrum};
///
/// let config = SenseConfig {
///     sample_rate_sps: 250e3,
///     center_hz: 433.92e6,
///     more_centers_hz: Vec::new(),
///     own_noise: Vec::new(),
///     fft_len: 256,
///     hop_us: 10_000,
///     dc_exclude_hz: None,
///     spectrum_interval_us: 0,
///     false_alarms_per_hour: 0.05,
///     channels: vec![ChannelConfig {
///         name: "beacon".into(),
///         frequency_hz: 433.96e6,
///         bandwidth_hz: 20e3,
///         emission: Emission::Continuous,
///         pulse_width_min_us: 2_000,
///         pulse_width_max_us: 500_000,
///         pulse_bridge_us: 1_000,
///         pulse_trigger_db: 10.0,
///     }],
/// };
/// #[derive(Default)]
/// struct Heard(Vec<Reading>);
/// impl SenseSink for Heard {
///     fn reading(&mut self, reading: &Reading) {
///         self.0.push(*reading);
///     }
///     fn pulse(&mut self, _: &Pulse) {}
///     fn hearing(&mut self, _: &Hearing) {}
///     fn spectrum(&mut self, _: &Spectrum) {}
/// }
///
/// // 50 ms of a tone of amplitude 0.1, 40 kHz over the tuned frequency.
/// let turn = std::f32::consts::TAU * 40e3 / 250e3;
/// let tone: Vec<[f32; 2]> =
///     (0..12_500).map(|n| (n as f32 * turn).sin_cos()).map(|(sin, cos)| [0.1 * cos, 0.1 * sin]).collect();
/// let (mut sense, mut heard) = (Sense::new(&config)?, Heard::default());
/// sense.pass(&BlockStamp::default(), Samples::Cf32(&tone), &mut heard);
/// sense.finish(&mut heard);
/// assert_eq!(heard.0.len(), 5);
/// assert!(heard.0.iter().all(|reading| (reading.mean.db() + 20.0).abs() < 0.05));
/// # Ok::<(), skyhound::config::ConfigError>(())
/// ```
pub struct Sense {
    spectrometer: Spectrometer,
    bands: Vec<Band>,
    /// What the channels are called in readings, in the order of the settings.
    numbers: Box<[u8]>,
    false_alarms_per_hour: f64,
    /// What is to take over at the next hop, and what was taken over from.
    next: Option<Box<Successor>>,
    replaced: Option<Box<Successor>>,
    /// The band of the frames being taken, and that of the samples that come.
    band: usize,
    tuned: usize,
    waterfall: Option<Waterfall>,
    /// The samples themselves, where any channel has matched detectors.
    stream: Option<Stream>,
    /// Follows the spike at 0 Hz, where a channel lies on it.
    dc: Option<DcSpike>,
    clock: SampleClock,
    /// Samples of a hop.
    hop_samples: u64,
    /// FFT frames of a hop, rounded down.
    hop_frames: u32,
    hop: Hop,
    /// Where the bins of frames go that are of no hop, and of those that a survey kept.
    apart: Aligned<f32>,
    /// Index the next block should begin with; `None` before the first block.
    next_index: Option<u64>,
    /// What is wrong with the frame being filled.
    frame_flags: Flags,
}

impl Sense {
    /// Plans the FFT and takes all memory.
    ///
    /// # Errors
    /// What [`SenseConfig::check`] refuses, and channels of which the DC that is left out takes most (see [`layout`]).
    pub fn new(config: &SenseConfig) -> Result<Sense, ConfigError> {
        config.check()?;
        let us_per_sample = 1e6 / config.sample_rate_sps;
        let hop_samples = (f64::from(config.hop_us) / us_per_sample).round().max(1.0) as u64;
        let bin_hz = config.sample_rate_sps / config.fft_len as f64;
        let numbers: Vec<u8> = (0..config.channels.len() as u8).collect();
        let Successor { bands, stream, dc, numbers, false_alarms_per_hour } =
            Successor::new(config, &numbers)?;
        let waterfall = (config.spectrum_interval_us > 0).then(|| {
            let hops_per_row = (config.spectrum_interval_us + config.hop_us / 2) / config.hop_us;
            Waterfall::new(u64::from(hops_per_row), config.fft_len, bands[0].first_hz, bin_hz)
        });
        Ok(Sense {
            spectrometer: Spectrometer::new(config.fft_len),
            bands,
            numbers,
            false_alarms_per_hour,
            next: None,
            replaced: None,
            band: 0,
            tuned: 0,
            waterfall,
            stream,
            dc,
            clock: SampleClock { anchor: None, us_per_sample },
            hop_samples,
            hop_frames: (hop_samples / config.fft_len as u64).max(1) as u32,
            hop: Hop::new(config.fft_len),
            apart: Aligned::filled(0.0, config.fft_len),
            next_index: None,
            frame_flags: Flags::NONE,
        })
    }

    /// Noise bandwidth of a channel, Hz: its bandwidth, at least four bins. `None` when there is no such channel.
    pub fn noise_bandwidth_hz(&self, channel: usize) -> Option<f64> {
        let bin_us = self.clock.us_per_sample * self.spectrometer.fft_len() as f64;
        let held = self.bands.iter().find_map(|band| band.channels.get(channel)?.as_ref());
        held.map(|channel| channel.noise_bins() * 1e6 / bin_us)
    }

    /// The samples from here on were taken in this band of [`SenseConfig::centers_hz`]; the first until told otherwise.
    pub fn tune(&mut self, band: usize, out: &mut impl SenseSink) {
        if band != self.tuned {
            self.interrupt(Flags::NONE, out);
            self.dc.iter_mut().for_each(DcSpike::forget);
            self.stream.iter_mut().for_each(Stream::forget);
            self.tuned = band;
        }
    }

    /// One pass: one block of any length and any format.
    pub fn pass(&mut self, stamp: &BlockStamp, samples: Samples<'_>, out: &mut impl SenseSink) {
        let is_next = self.next_index.is_none_or(|index| index == stamp.sample_index);
        let has_gap = stamp.lost_samples > 0 || !is_next || stamp.flags.any(Flags::GAP);
        if has_gap || stamp.flags.any(Flags::RETUNED) {
            self.interrupt(if has_gap { Flags::GAP } else { Flags::NONE }, out);
        }
        // Another frequency or gain, or a device that was away: its spike is another too.
        if stamp.flags.any(Flags::RETUNED)
            || stamp.lost_samples as f64 * self.clock.us_per_sample > DC_KEPT_US
        {
            self.dc.iter_mut().for_each(DcSpike::forget);
        }
        self.clock.stamp(stamp);
        self.frame_flags = self.frame_flags.with(stamp.flags);
        let block_flags = Flags(stamp.flags.0 & BLOCK_FLAGS.0);
        let fft_len = self.spectrometer.fft_len() as u64;
        let mut at = 0;
        while at < samples.len() {
            let index = stamp.sample_index + at as u64;
            let after_grid = index % fft_len;
            if self.spectrometer.is_empty() && after_grid != 0 {
                at += (fft_len - after_grid) as usize;
                continue;
            }
            let taken = self.spectrometer.fill(samples, at);
            if let Some(stream) = &mut self.stream {
                stream.fill(samples, at, taken);
            }
            at += taken;
            if self.spectrometer.is_full() {
                self.close_frame(stamp.sample_index + at as u64 - fft_len, out);
                self.frame_flags = if at < samples.len() { block_flags } else { Flags::NONE };
                if self.next.is_some() && self.hop.number.is_none() {
                    self.hand_over(out);
                }
            }
        }
        self.next_index = Some(stamp.sample_index + samples.len() as u64);
    }

    /// End of the stream: ends the open hop and open pulses, the spectrum row too. What follows is a new stream.
    pub fn finish(&mut self, out: &mut impl SenseSink) {
        self.interrupt(Flags::NONE, out);
        self.close_hop(out);
        self.close_row(out);
        self.next_index = None;
        self.frame_flags = Flags::NONE;
        for band in &mut self.bands {
            band.matched.finish(&self.clock, |hearing| out.hearing(hearing));
        }
        self.clock.anchor = None;
        self.stream.iter_mut().for_each(Stream::forget);
    }

    /// Samples are missing here: drops the open frame, ends the open pulses.
    fn interrupt(&mut self, flags: Flags, out: &mut impl SenseSink) {
        self.spectrometer.restart();
        self.stream.iter_mut().for_each(Stream::restart);
        self.hop.flags = self.hop.flags.with(flags);
        self.frame_flags = flags;
        for channel in self.bands[self.band].channels.iter_mut().flatten() {
            if let Some(pulse) = channel.cut() {
                let start_us = self.clock.at(pulse.start_sample);
                out.pulse(&channel.pulse(&pulse, start_us, self.clock.us_per_sample));
            }
        }
    }

    /// The same with a frame whose bins' powers a survey kept beside its samples.
    pub fn pass_frame(&mut self, row: &Row<'_>, out: &mut impl SenseSink) {
        let fft_len = self.spectrometer.fft_len() as u64;
        if self.next_index.is_some_and(|index| index != row.first_sample) {
            self.interrupt(Flags::GAP, out);
        }
        self.clock.anchor.get_or_insert((0, TimeUs(0)));
        self.next_index = Some(row.first_sample + fft_len);
        self.enter_hop(row.first_sample, out);
        self.hop.sample_count += fft_len;
        self.gate_hop(row.gate);
        let power = row.write_power(&mut self.apart);
        let open = if row.gate == Gate::Open { power } else { &[] };
        self.hop.sums.iter_mut().zip(open).for_each(|(sum, power)| *sum += power);
        let band = &mut self.bands[self.band];
        let looked_at = self.stream.as_ref().map_or(&[][..], |_| power);
        let frame = Frame::of(row.first_sample, looked_at, row.is_clipped);
        measure(&mut band.channels, &self.clock, row.first_sample / fft_len, row.gate, power, out);
        self.stream.iter_mut().for_each(|stream| stream.fill(row.samples, 0, row.samples.len()));
        self.listen(row.gate, frame, out);
        self.frame_flags = Flags::NONE;
        self.leave_hop(row.first_sample, out);
    }

    fn close_frame(&mut self, first_sample: u64, out: &mut impl SenseSink) {
        let fft_len = self.spectrometer.fft_len() as u64;
        self.enter_hop(first_sample, out);
        let outside = self.spectrometer.outside();
        self.hop.sample_count += fft_len;
        self.hop.clipped_count += u64::from(outside.clipped_count);
        if outside.bad_count > 0 {
            self.interrupt(Flags::NON_FINITE, out);
        } else if self.frame_flags.any(Flags::OUT_OF_BAND) {
            self.interrupt(Flags::OUT_OF_BAND, out);
        } else {
            let gate = self.spectrometer.gate();
            self.gate_hop(gate);
            let band = &mut self.bands[self.band];
            let dc = self.dc.as_mut().filter(|_| band.reaches_dc);
            let power = match gate {
                Gate::Open => self.spectrometer.transform(dc, &mut self.hop.sums),
                Gate::Moved => self.spectrometer.transform(None, &mut self.apart),
                Gate::Closed => {
                    self.spectrometer.restart();
                    &[]
                }
            };
            measure(&mut band.channels, &self.clock, first_sample / fft_len, gate, power, out);
            let looked_at = self.stream.as_ref().map_or(&[][..], |_| power);
            let frame = Frame::of(first_sample, looked_at, outside.is_clipped(fft_len));
            self.listen(gate, frame, out);
        }
        self.leave_hop(first_sample, out);
    }

    /// A frame whose samples are all good joins the stream that is listened to by matched detectors.
    fn listen(&mut self, gate: Gate, frame: Frame, out: &mut impl SenseSink) {
        let Some(stream) = &mut self.stream else { return };
        if gate == Gate::Open {
            let Band { matched, first_hz, .. } = &mut self.bands[self.band];
            let (sums, frames) = (&self.hop.sums, self.hop.frame_count.max(1) as f32);
            let per_hz = self.clock.us_per_sample * sums.len() as f64 * 1e-6;
            let power_at_hz = |hz: f64| {
                let bin = ((hz - *first_hz) * per_hz).round() as usize % sums.len();
                sums[bin] / frames
            };
            matched.frame(stream, frame, &self.clock, power_at_hz, |hearing| out.hearing(hearing));
        }
        stream.restart();
    }

    fn gate_hop(&mut self, gate: Gate) {
        match gate {
            Gate::Open => self.hop.frame_count += 1,
            Gate::Moved | Gate::Closed => self.hop.flags = self.hop.flags.with(Flags::GATED),
        }
    }

    /// Opens the hop that the frame from `first_sample` on belongs to, unless it is open.
    fn enter_hop(&mut self, first_sample: u64, out: &mut impl SenseSink) {
        let middle = first_sample + self.spectrometer.fft_len() as u64 / 2;
        let is_next = self.hop.number.is_none() || !self.hop.samples.contains(&middle);
        if is_next {
            self.close_hop(out);
        }
        let is_retuned = self.band != self.tuned;
        if is_retuned {
            self.enter_band(out);
        }
        if is_next {
            self.open_hop(middle / self.hop_samples);
        }
        let retuned = if is_retuned { Flags::RETUNED } else { Flags::NONE };
        self.hop.flags = self.hop.flags.with(self.frame_flags).with(retuned);
    }

    /// Goes on in the band that the samples are of. What the open hop has of the last one is dropped.
    fn enter_band(&mut self, out: &mut impl SenseSink) {
        self.close_row(out);
        self.hop.clear();
        self.bands[self.band].channels.iter_mut().flatten().for_each(Channel::leave_hop);
        self.band = self.tuned;
        if let Some(waterfall) = &mut self.waterfall {
            waterfall.tune(self.bands[self.band].first_hz);
        }
    }

    /// Closes the hop if that frame was its last.
    fn leave_hop(&mut self, first_sample: u64, out: &mut impl SenseSink) {
        let fft_len = self.spectrometer.fft_len() as u64;
        if first_sample + fft_len / 2 + fft_len >= self.hop.samples.end {
            self.close_hop(out);
        }
    }

    fn open_hop(&mut self, number: u64) {
        self.hop.number = Some(number);
        self.hop.samples = number * self.hop_samples..(number + 1) * self.hop_samples;
        self.hop.flags = Flags::NONE;
        let middle = number as f64 * self.hop_samples as f64 + self.hop_samples as f64 / 2.0;
        self.hop.acquired_us = self.clock.at(middle);
    }

    fn close_hop(&mut self, out: &mut impl SenseSink) {
        let Some(number) = self.hop.number.take() else { return };
        let hop = &mut self.hop;
        let clipping_e4 = (hop.clipped_count * 10_000 + hop.sample_count / 2) / hop.sample_count.max(1);
        let is_clipped = is_clipped(hop.clipped_count, hop.sample_count.max(1));
        let is_short = 2 * hop.frame_count < self.hop_frames || hop.frame_count == 0;
        let flags = hop.flags.with(if is_clipped { Flags::CLIPPED } else { Flags::NONE }).with(if is_short {
            Flags::SHORT
        } else {
            Flags::NONE
        });
        let facts = HopFacts {
            acquired_us: hop.acquired_us,
            sample_index: number * self.hop_samples,
            flags,
            frame_count: hop.frame_count,
            clipping_e4: clipping_e4 as u16,
        };
        for (channel, number) in self.bands[self.band].channels.iter_mut().zip(&self.numbers) {
            out.reading(&match channel {
                Some(channel) => channel.reading(&facts, &hop.sums),
                None => facts.out_of_band(*number),
            });
        }
        self.add_to_row(number, out);
        self.hop.clear();
    }
}

/// Each channel's power in frame number `frame`, and the pulses that ended with it.
fn measure(
    channels: &mut [Option<Channel>],
    clock: &SampleClock,
    frame: u64,
    gate: Gate,
    power: &[f32],
    out: &mut impl SenseSink,
) {
    for channel in channels.iter_mut().flatten() {
        if let Some(pulse) = channel.frame(frame, gate, power) {
            let start_us = clock.at(pulse.start_sample);
            out.pulse(&channel.pulse(&pulse, start_us, clock.us_per_sample));
        }
    }
}

#[cfg(test)]
mod tests;
