//! The world as IQ samples: what the drone's SDR would hand over, at the rate, frequency and gain it is set to.
//!
//! Each emitter's unit envelope is given its arrival's amplitude and fading and turned by its offset from the tuned
//! frequency, with a phase that is continuous over calls, changes of Doppler and of tuning; all are added to white noise
//! and pass the receiver's impairments. Poses are taken in a straight line between the two given, a millisecond at a
//! time; fading goes in a straight line within that. The same scenario, seed, tuning and poses give the same samples, however
//! they are cut into calls of whole milliseconds.
//! While nobody sends no arrival is asked for, and the carrier's phase rests: nobody follows it over a pause.
//! Budget: 20 ns a sample for three emitters; nothing is allocated after the first call at a rate.

use super::noise::Noise;
use super::receiver::{Carrier, Receiver};
use super::waveform::Span;
use super::{Air, Arrival};
use crate::random::source;
use crate::scenario::{Kind, Scenario};
use crate::truth::TruePose;
use skyhound::geo::wrap_pi;

/// Longest time over which fading is a straight line: at 20 m/s and 1 GHz it turns by 0.4 rad in it.
const SEGMENT_US: f64 = 1_000.0;
/// Most samples of a segment: they stay in the second-level cache.
const SEGMENT_SAMPLES: usize = 8_192;
/// Poses' times are whole microseconds; closer than this they are where the samples before ended.
const SAME_TIME_US: f64 = 2.0;
/// Where an automatic gain control holds the level.
const AUTOMATIC_DBFS: f64 = -15.0;
const AUTOMATIC_GAIN_MAX_DB: f64 = 60.0;

/// How the receiver is set.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Tuning {
    /// Samples per second, really taken (a device that lies about its rate tells another).
    pub rate_sps: f64,
    /// Frequency asked for; the oscillator's error comes on top.
    pub center_hz: f64,
    /// Gain.
    pub gain: Gain,
}

/// Gain of the receiver.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Gain {
    /// As set, dB.
    Fixed(f64),
    /// An AGC that holds −15 dBFS, so that levels say nothing.
    Automatic,
}

/// A stretch in which an emitter was on.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct OnAir {
    /// Which: index into beacons, then interferers.
    pub emitter: usize,
    /// First sample, counted from the world's begin.
    pub first: u64,
    /// Samples.
    pub count: u64,
    /// Carrier over the tuned frequency in its first segment, as the receiver hears it.
    pub offset_hz: f64,
}

/// The world of a scenario as IQ samples.
pub struct IqWorld {
    air: Air,
    paths: Vec<Path>,
    receiver: Receiver,
    noise: Noise,
    tuning: Tuning,
    /// Frequency the arrivals' offsets count from.
    air_center_hz: f64,
    /// Time of the next sample.
    at_us: f64,
    made_total: u64,
    arrivals: Vec<Arrival>,
    envelope: Vec<[f32; 2]>,
    log: Option<Vec<OnAir>>,
}

/// An emitter's way to the antenna.
#[derive(Clone, Default)]
struct Path {
    carrier: Carrier,
    /// Complex gain at the end of the segment before; none when it was not heard then.
    gain: Option<[f32; 2]>,
}

impl IqWorld {
    /// The world of `scenario`, tuned as it says. Its time is that of the poses it is given.
    pub fn new(scenario: &Scenario, seed: u64) -> IqWorld {
        let air = Air::new(scenario, seed);
        let receiver = Receiver::new(&scenario.world.receiver);
        IqWorld {
            paths: vec![Path::default(); air.emitters.len()],
            noise: Noise::new(source(seed, "receiver noise")),
            tuning: Tuning {
                rate_sps: scenario.world.receiver.sample_rate_sps,
                center_hz: scenario.world.receiver.center_hz,
                gain: Gain::Fixed(scenario.world.receiver.gain_db),
            },
            air_center_hz: receiver.true_center_hz(scenario.world.receiver.center_hz),
            air,
            receiver,
            at_us: f64::NEG_INFINITY,
            made_total: 0,
            arrivals: Vec::new(),
            envelope: Vec::new(),
            log: None,
        }
    }

    /// Begins or ends a fault; whether it was the world's.
    pub fn apply(&mut self, kind: &Kind, begins: bool) -> bool {
        self.air.apply(kind, begins)
    }

    /// How it is set.
    pub fn tuning(&self) -> Tuning {
        self.tuning
    }

    /// Sets rate, frequency and gain from the next sample on.
    pub fn tune(&mut self, tuning: Tuning) {
        if let Gain::Fixed(gain_db) = tuning.gain {
            self.receiver.gain_db = gain_db;
        }
        if tuning != self.tuning {
            // Levels jump at once, as they do in a receiver.
            self.paths.iter_mut().for_each(|path| path.gain = None);
        }
        self.tuning = tuning;
    }

    /// From now on notes when each emitter is on; see [`IqWorld::on_air`].
    pub fn log_on_air(&mut self) {
        self.log = Some(Vec::new());
    }

    /// When each emitter was on, in the order in which they began. Empty without [`IqWorld::log_on_air`].
    pub fn on_air(&self) -> &[OnAir] {
        self.log.as_deref().unwrap_or_default()
    }

    /// Fills `out` with what the receiver gives while the aircraft goes from one pose to the other, the first sample at
    /// `from`; |x| = 1.0 is the converter's full scale. Samples follow each other without a seam when `from` is the `to` of
    /// the call before.
    pub fn samples(&mut self, from: &TruePose, to: &TruePose, out: &mut [[f32; 2]]) {
        if (from.at_us as f64 - self.at_us).abs() > SAME_TIME_US {
            self.at_us = from.at_us as f64;
            self.paths.iter_mut().for_each(|path| path.gain = None);
        }
        let segment = ((self.tuning.rate_sps * SEGMENT_US * 1e-6) as usize).clamp(16, SEGMENT_SAMPLES);
        let total = out.len() as f64;
        let mut done = 0.0;
        for out in out.chunks_mut(segment) {
            let begin = between(from, to, done / total);
            done += out.len() as f64;
            self.segment(&begin, &between(from, to, done / total), out);
        }
    }

    fn segment(&mut self, from: &TruePose, to: &TruePose, out: &mut [[f32; 2]]) {
        let Tuning { rate_sps, gain, .. } = self.tuning;
        self.noise.fill(self.receiver.noise_sigma(self.air.noise_dbm_hz(), rate_sps) as f32, out);
        let span = Span { from_us: self.at_us, to_us: self.at_us + out.len() as f64 * 1e6 / rate_sps };
        if self.air.emitters.iter_mut().any(|emitter| emitter.sends(span)) {
            self.add_all(from, to, out);
        } else {
            self.paths.iter_mut().for_each(|path| path.gain = None);
        }
        self.receiver.convert(out);
        if gain == Gain::Automatic {
            self.control_gain(out);
        }
        self.at_us += out.len() as f64 * 1e6 / rate_sps;
        self.made_total += out.len() as u64;
    }

    /// Adds all emitters to `out`.
    fn add_all(&mut self, from: &TruePose, to: &TruePose, out: &mut [[f32; 2]]) {
        if self.paths.iter().any(|path| path.gain.is_none()) {
            self.hear(from);
            for (path, arrival) in self.paths.iter_mut().zip(&self.arrivals) {
                path.gain = path.gain.or(complex_gain(&self.receiver, arrival));
            }
        }
        self.hear(to);
        let moved_hz = self.air_center_hz - self.receiver.true_center_hz(self.tuning.center_hz);
        for index in 0..self.paths.len() {
            self.add(index, self.arrivals[index].offset_hz + moved_hz, out);
        }
    }

    fn hear(&mut self, pose: &TruePose) {
        self.arrivals.clear();
        self.arrivals.extend_from_slice(self.air.arrivals(pose));
    }

    /// Adds emitter `index` to `out`.
    fn add(&mut self, index: usize, offset_hz: f64, out: &mut [[f32; 2]]) {
        let path = &mut self.paths[index];
        let turns_per_sample = offset_hz / self.tuning.rate_sps;
        let to = complex_gain(&self.receiver, &self.arrivals[index]);
        let from = std::mem::replace(&mut path.gain, to);
        // Its own clock goes on, heard or not.
        self.envelope.resize(out.len(), [0.0; 2]);
        self.air.emitters[index].baseband(self.at_us, self.tuning.rate_sps, &mut self.envelope);
        let (Some(from), Some(to), true) = (from, to, turns_per_sample.abs() < 0.5) else {
            return path.carrier.skip(turns_per_sample * out.len() as f64);
        };
        path.carrier.add(&self.envelope, turns_per_sample, from, to, out);
        if let Some(log) = &mut self.log {
            note(log, index, offset_hz, self.made_total, &self.envelope);
        }
    }

    /// One step of the AGC: a third of what is missing to its level.
    fn control_gain(&mut self, out: &[[f32; 2]]) {
        let power = out.as_flattened().iter().map(|v| v * v).sum::<f32>() / out.len() as f32;
        let missing_db = AUTOMATIC_DBFS - 10.0 * f64::from(power.max(1e-12)).log10();
        let gain_db = self.receiver.gain_db + (missing_db / 3.0).clamp(-3.0, 3.0);
        self.receiver.gain_db = gain_db.clamp(0.0, AUTOMATIC_GAIN_MAX_DB);
    }
}

fn complex_gain(receiver: &Receiver, arrival: &Arrival) -> Option<[f32; 2]> {
    let amplitude = receiver.amplitude(arrival.power_dbm) as f32;
    arrival.on.then(|| arrival.fade.map(|part| amplitude * part))
}

/// Writes down where `envelope` is on; its first sample is number `first`.
fn note(log: &mut Vec<OnAir>, emitter: usize, offset_hz: f64, first: u64, envelope: &[[f32; 2]]) {
    let mut at = first;
    for run in envelope.chunk_by(|a, b| is_on(a) == is_on(b)) {
        let count = run.len() as u64;
        if is_on(&run[0]) {
            match log.iter_mut().rev().find(|on| on.emitter == emitter) {
                Some(last) if last.first + last.count == at => last.count += count,
                _ => log.push(OnAir { emitter, first: at, count, offset_hz }),
            }
        }
        at += count;
    }
}

fn is_on(sample: &[f32; 2]) -> bool {
    *sample != [0.0; 2]
}

/// The pose at `ratio` of the way from one to the other; angles go the short way.
pub fn between(from: &TruePose, to: &TruePose, ratio: f64) -> TruePose {
    let line = |a: f64, b: f64| a + (b - a) * ratio;
    let turn = |a: f64, b: f64| wrap_pi(a + wrap_pi(b - a) * ratio);
    TruePose {
        at_us: line(from.at_us as f64, to.at_us as f64).round() as u64,
        north_m: line(from.north_m, to.north_m),
        east_m: line(from.east_m, to.east_m),
        up_m: line(from.up_m, to.up_m),
        north_mps: line(from.north_mps, to.north_mps),
        east_mps: line(from.east_mps, to.east_mps),
        down_mps: line(from.down_mps, to.down_mps),
        roll_rad: turn(from.roll_rad, to.roll_rad),
        pitch_rad: turn(from.pitch_rad, to.pitch_rad),
        yaw_rad: turn(from.yaw_rad, to.yaw_rad),
        yaw_rate_rad_s: line(from.yaw_rate_rad_s, to.yaw_rate_rad_s),
    }
}

#[cfg(test)]
mod tests;
