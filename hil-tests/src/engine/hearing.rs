//! From the world to readings and pulses: hops drawn by the world, or samples through the sense pass, in pieces as a driver
//! hands them over, with the device's faults.
//!
//! A piece is 4096 samples (the rig driver's own default; 16 ms at 250 kS/s), at lower rates what is taken in that time. Its readings reach the control pass when
//! the piece is complete and the sense pass is done: that is the latency of the real thing. Allocates only until the
//! buffers have grown.

use super::Level;
use super::receiver::Receiver;
use crate::random::{self, Random};
use crate::scenario::{Kind, Scenario};
use crate::truth::TruePose;
use crate::world::iq::IqWorld;
use crate::world::{Heard, World};
use rand::Rng;
use skyhound::config::SenseConfig;
use skyhound::sense::{Gathered, Sense, SenseSink};
use skyhound::signal::{self, BlockStamp, Flags, Pulse, Reading, Samples, Spectrum};
use skyhound::time::TimeUs;
use skyhound_host::settings::SdrSettings;
use std::collections::VecDeque;

/// Samples that the driver hands over at once, and the longest time in which it takes them, s.
const PIECE_SAMPLES: usize = 4_096;
const PIECE_S: f64 = 0.016_384;
/// From a complete piece to its readings: USB, the sdr-rx thread, the sense pass.
const SENSE_US: (u64, u64) = (300, 1_200);
/// A device that overflows loses this much of each [`OVERFLOW_EVERY_US`].
const OVERFLOW_US: u64 = 20_000;
const OVERFLOW_EVERY_US: u64 = 200_000;

/// What is wrong with the device.
#[derive(Copy, Clone, Debug, Default)]
struct Trouble {
    /// Unplugged, and the driver says so.
    is_gone: bool,
    /// Unplugged or stalled without a word.
    is_quiet: bool,
    is_stuck: bool,
    /// Samples come at this many times the rate.
    rate_factor: Option<f64>,
    /// Loses samples since then; whether the driver says so.
    overflows: Option<(u64, bool)>,
}

impl Trouble {
    fn streams(&self) -> bool {
        !self.is_gone && !self.is_quiet
    }
}

/// The world as it is heard.
enum Ears {
    Readings { world: Box<World>, hop_samples: f64, hops: u64, piece: Heard },
    Iq { world: Box<IqWorld>, sense: Box<Sense>, samples: Vec<[f32; 2]>, stuck: Vec<[f32; 2]> },
}

/// The receiver's chain of one process.
pub(super) struct Hearing {
    ears: Ears,
    config: SenseConfig,
    settings: SdrSettings,
    pub(super) receiver: Receiver,
    trouble: Trouble,
    piece_samples: usize,
    /// Samples that the device has taken, and pieces that it has made of them.
    taken: f64,
    pieces: u64,
    chance: Random,
    /// Nothing reaches the control pass before then: the process gets no processor.
    pub(super) held_until_us: u64,
    out: Out,
}

/// Readings and pulses on their way to the control pass, each with the time at which it is there.
#[derive(Default)]
struct Out {
    at_us: u64,
    readings: VecDeque<(u64, Reading)>,
    pulses: VecDeque<(u64, Pulse)>,
    hearings: VecDeque<(u64, signal::Hearing)>,
}

impl SenseSink for Out {
    fn reading(&mut self, reading: &Reading) {
        self.readings.push_back((self.at_us, *reading));
    }
    fn pulse(&mut self, pulse: &Pulse) {
        self.pulses.push_back((self.at_us, *pulse));
    }
    fn hearing(&mut self, hearing: &signal::Hearing) {
        self.hearings.push_back((self.at_us, *hearing));
    }
    fn spectrum(&mut self, _: &Spectrum) {}
}

/// A stretch of time in which the device streams at one rate.
#[derive(Copy, Clone)]
struct Stretch {
    from_us: f64,
    /// Samples taken before it.
    taken: f64,
    sample_us: f64,
}

impl Stretch {
    /// When the device has taken `sample` samples.
    fn at_us(&self, sample: f64) -> f64 {
        self.from_us + (sample - self.taken) * self.sample_us
    }
}

impl Hearing {
    pub(super) fn new(
        scenario: &Scenario,
        config: &SenseConfig,
        settings: &SdrSettings,
        seed: u64,
        level: Level,
    ) -> Hearing {
        let piece_samples = PIECE_SAMPLES.min((PIECE_S * config.sample_rate_sps).round() as usize);
        let ears = match level {
            Level::Readings => Ears::Readings {
                world: Box::new(World::new(scenario, config, seed)),
                hop_samples: f64::from(config.hop_us) * 1e-6 * config.sample_rate_sps,
                hops: 0,
                piece: Heard::default(),
            },
            Level::Iq => Ears::Iq {
                world: Box::new(IqWorld::new(scenario, seed)),
                sense: Box::new(sense(config)),
                samples: Vec::with_capacity(2 * piece_samples),
                stuck: Vec::new(),
            },
        };
        Hearing {
            ears,
            config: config.clone(),
            settings: settings.clone(),
            receiver: Receiver::new(settings, config.sample_rate_sps, piece_samples, 0),
            trouble: Trouble::default(),
            piece_samples,
            taken: 0.0,
            pieces: 0,
            chance: random::source(seed, "sdr"),
            held_until_us: 0,
            out: Out::default(),
        }
    }

    /// The process died and another begins: nothing of what was heard is left, the device goes on.
    pub(super) fn restart(&mut self, now_us: u64) {
        self.receiver =
            Receiver::new(&self.settings, self.config.sample_rate_sps, self.piece_samples, now_us);
        self.out = Out::default();
        if let Ears::Iq { sense: old, .. } = &mut self.ears {
            **old = sense(&self.config);
        }
    }

    /// A fault of the world or the device begins or ends.
    pub(super) fn fault(&mut self, kind: &Kind, begins: bool, now_us: u64) {
        match &mut self.ears {
            Ears::Readings { world, .. } => world.apply(kind, begins),
            Ears::Iq { world, .. } => world.apply(kind, begins),
        };
        let trouble = &mut self.trouble;
        match *kind {
            Kind::SdrUnplug { silent: false } => trouble.is_gone = begins,
            Kind::SdrUnplug { silent: true } | Kind::SdrStall => trouble.is_quiet = begins,
            Kind::SdrRate { factor } => trouble.rate_factor = begins.then_some(factor),
            Kind::SdrStuck => trouble.is_stuck = begins,
            Kind::SdrOverflow { told } => trouble.overflows = begins.then_some((now_us, told)),
            _ => {}
        }
    }

    /// The aircraft went from one pose to the other, and the receiver listened.
    pub(super) fn step(&mut self, from: &TruePose, to: &TruePose) {
        let loses = self.overflow(from.at_us, to.at_us);
        if self.trouble.streams() && !loses {
            let factor = self.trouble.rate_factor.unwrap_or(1.0);
            let sample_us = 1e6 / (self.config.sample_rate_sps * factor);
            let stretch = Stretch { from_us: from.at_us as f64, taken: self.taken, sample_us };
            self.taken += (to.at_us - from.at_us) as f64 / sample_us;
            if let Ears::Iq { world, samples, .. } = &mut self.ears {
                let count = self.taken as u64 - stretch.taken as u64;
                let first = samples.len();
                samples.resize(first + count as usize, [0.0; 2]);
                world.samples(from, to, &mut samples[first..]);
            }
            self.hand_over(&stretch, to);
        }
        self.receiver.watch(to.at_us, self.trouble.streams(), self.trouble.is_gone);
    }

    /// Whether the samples of this step are lost.
    fn overflow(&mut self, from_us: u64, to_us: u64) -> bool {
        let Some((since_us, told)) = self.trouble.overflows else { return false };
        let loses = (from_us - since_us) % OVERFLOW_EVERY_US < OVERFLOW_US;
        let has_lost = loses && (to_us - since_us) % OVERFLOW_EVERY_US >= OVERFLOW_US;
        if told && has_lost && self.receiver.listens() {
            self.receiver.overflow(to_us);
        }
        loses
    }

    /// Hops and pieces that are complete by now, in their order.
    fn hand_over(&mut self, stretch: &Stretch, pose: &TruePose) {
        loop {
            let piece_end = (self.pieces + 1) as f64 * self.piece_samples as f64;
            if let Ears::Readings { world, hop_samples, hops, piece } = &mut self.ears {
                let hop_end = (*hops + 1) as f64 * *hop_samples;
                if hop_end <= self.taken.min(piece_end) {
                    let from_us = stretch.at_us(hop_end - *hop_samples).max(0.0);
                    world.hop(pose, from_us as u64, piece);
                    *hops += 1;
                    continue;
                }
            }
            if piece_end > self.taken {
                return;
            }
            self.piece(stretch, stretch.at_us(piece_end) as u64);
            self.pieces += 1;
        }
    }

    /// A piece is complete at `at_us`.
    fn piece(&mut self, stretch: &Stretch, at_us: u64) {
        let heard = self.receiver.listens();
        let first_sample = self.pieces as f64 * self.piece_samples as f64;
        let mut stamp = if heard { self.receiver.arrived(at_us) } else { BlockStamp::default() };
        if self.trouble.is_stuck {
            stamp.flags = stamp.flags.with(Flags::STUCK);
        }
        let (least_us, most_us) = SENSE_US;
        let there_us = at_us + least_us + self.chance.next_u64() % (most_us - least_us);
        self.out.at_us = there_us.max(self.held_until_us);
        match &mut self.ears {
            Ears::Readings { piece, hops, hop_samples, .. } => {
                if heard {
                    let placing = Placing {
                        stamp: &stamp,
                        first_sample,
                        hop_samples: *hop_samples,
                        began_us: stretch.at_us(first_sample),
                        config: &self.config,
                        factor: self.trouble.rate_factor.unwrap_or(1.0),
                    };
                    placing.place(piece, *hops, &mut self.out);
                }
                piece.readings.clear();
                piece.pulses.clear();
            }
            Ears::Iq { sense, samples, stuck, .. } => {
                let piece = ..self.piece_samples;
                if self.trouble.is_stuck && stuck.len() == self.piece_samples {
                    samples[piece].copy_from_slice(stuck);
                }
                if heard {
                    sense.pass(&stamp, Samples::Cf32(&samples[piece]), &mut self.out);
                }
                stuck.clear();
                stuck.extend_from_slice(&samples[piece]);
                samples.drain(piece);
            }
        }
    }

    /// Gives what has reached the control pass by `now_us`.
    pub(super) fn take(&mut self, now_us: u64, to: &mut Gathered) {
        to.clear();
        let Gathered { readings, pulses, hearings } = to;
        while let Some((_, reading)) = self.out.readings.pop_front_if(|(at_us, _)| *at_us <= now_us) {
            readings.push(reading);
        }
        while let Some((_, pulse)) = self.out.pulses.pop_front_if(|(at_us, _)| *at_us <= now_us) {
            pulses.push(pulse);
        }
        while let Some((_, hearing)) = self.out.hearings.pop_front_if(|(at_us, _)| *at_us <= now_us) {
            hearings.push(hearing);
        }
    }
}

/// Puts readings of the world's own time onto the host's count of samples, as the sense pass has them.
struct Placing<'a> {
    stamp: &'a BlockStamp,
    /// The device's count of samples at the piece's begin, and when that was.
    first_sample: f64,
    began_us: f64,
    hop_samples: f64,
    config: &'a SenseConfig,
    factor: f64,
}

impl Placing<'_> {
    /// `hops`: how many were drawn until the piece's end.
    fn place(&self, piece: &Heard, hops: u64, out: &mut Out) {
        let whole = Flags(self.stamp.flags.0 & (Flags::STUCK.0 | Flags::RETUNED.0));
        let channel_count = self.config.channels.len();
        let first_hop = hops - (piece.readings.len() / channel_count) as u64;
        for (index, reading) in piece.readings.iter().enumerate() {
            let hop = first_hop + (index / channel_count) as u64;
            let begin = hop as f64 * self.hop_samples - self.first_sample;
            let flags = if hop == first_hop { self.stamp.flags } else { whole };
            let mut placed = Reading {
                acquired_us: TimeUs(self.on_the_clock(begin + self.hop_samples / 2.0)),
                sample_index: (self.stamp.sample_index as f64 + begin).max(0.0) as u64,
                flags: reading.flags.with(flags),
                ..*reading
            };
            if self.is_off_channel(reading.channel) {
                (placed.mean, placed.peak) = (reading.quiet, reading.quiet);
            }
            out.reading(&placed);
        }
        for pulse in &piece.pulses {
            let begin = (pulse.start_us.0 as f64 - self.began_us) * self.factor / self.nominal_us();
            let placed = Pulse {
                start_us: TimeUs(self.on_the_clock(begin)),
                width_us: (f64::from(pulse.width_us) * self.factor) as u32,
                flags: pulse.flags.with(whole),
                ..*pulse
            };
            if !self.is_off_channel(pulse.channel) {
                out.pulse(&placed);
            }
        }
    }

    fn nominal_us(&self) -> f64 {
        1e6 / self.config.sample_rate_sps
    }

    fn on_the_clock(&self, samples: f64) -> u64 {
        (self.stamp.acquired_us.0 as f64 + samples * self.nominal_us()).round().max(0.0) as u64
    }

    /// At another rate than it says, a device gives every frequency another place in the spectrum.
    fn is_off_channel(&self, channel: u8) -> bool {
        let channel = &self.config.channels[usize::from(channel)];
        let offset_hz = (channel.frequency_hz - self.config.center_hz).abs();
        (offset_hz / self.factor - offset_hz).abs() > channel.bandwidth_hz / 2.0
    }
}

fn sense(config: &SenseConfig) -> Sense {
    Sense::new(config).expect("a loaded scenario's settings fit the sense pass")
}
