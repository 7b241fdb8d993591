//! How weak a beacon is heard: emissions in noise through the sense pass and the statistics, beside the ideal detectors and beside
//! readings and pulses alone.
//!
//! Each trial is a stretch of noise with the emission at a frequency and phase of its own; heard is what opens a detection within it.
//! False alarms are detections in hours of noise, with steps and impulses. Same seed, same table. Of a beacon that sends messages it is told
//! too how often one was read.

mod ideal;

pub use ideal::Pieces;

use crate::random::{self, Random};
use crate::scenario::{DistressMessage, Waveform};
use crate::world::sent::Envelope;
use rand_distr::{Distribution, StandardNormal, Uniform};
use serde::Serialize;
use skyhound::analytics::Analytics;
use skyhound::config::{
    AnalyticsConfig, ChannelConfig, Emission as Sought, PulseTrain, SenseConfig, Spreading,
};
use skyhound::dsp::spectrometer::fft_len_for;
use skyhound::sense::{Gathered, Sense};
use skyhound::signal::{BlockStamp, Samples};
use skyhound::time::TimeUs;
use skyhound::units::ratio_from_db;
use skyhound_host::settings::Settings;

const RATE_SPS: f64 = 24_000.0;
const CHANNEL_HZ: f64 = 4_000.0;
/// The narrowest chirps there are: those of 125 kHz, all times 16 times as long.
const CHIRPS_HZ: f64 = 7_812.5;
const OFFSET_HZ: f64 = 5_000.0;
/// Deviation of the noise's halves.
const NOISE: f64 = 0.01;
const PASS_US: u64 = 50_000;
const BLOCK: usize = 480;

/// An emission as it is sent and sought.
#[derive(Clone, Debug)]
pub struct Emission {
    pub name: &'static str,
    pub about: &'static str,
    waveform: Waveform,
    sought: Sought,
    pulse_ms: (f64, f64),
    /// Time to hear it in, s.
    pub seconds: f64,
    ideal: Pieces,
    /// When its first transmission begins, s; else at a time of its own.
    begin_s: Option<f64>,
}

/// Time to hear one burst of half a second in, and when it begins, s.
const BURST_S: f64 = 5.0;
const BURST_BEGIN_S: f64 = 3.0;

/// All emissions.
pub fn emissions() -> Vec<Emission> {
    let train = |min_ms: f64, max_ms: f64, jitter_ratio_max| PulseTrain {
        period_min_us: (min_ms * 1e3) as u32,
        period_max_us: (max_ms * 1e3) as u32,
        jitter_ratio_max,
        pulses_min: 3,
        pattern: Default::default(),
    };
    let tag = Waveform::Pulses { width_ms: 20.0, period_ms: 1_300.0, jitter_ms: 0.0, missing_ratio: 0.0 };
    let of_tag = Pieces { count: 9, on_air_s: 0.18 };
    let of_line = Pieces { count: 10, on_air_s: 10.0 };
    let emission = |name, about, waveform, sought, pulse_ms, seconds, ideal| Emission {
        name,
        about,
        waveform,
        sought,
        pulse_ms,
        seconds,
        ideal,
        begin_s: None,
    };
    let steady = |name, about, waveform, ideal| {
        emission(name, about, waveform, Sought::Continuous, (2.0, 20.0), 10.0, ideal)
    };
    let bursts = Waveform::Burst406 { period_s: 50.0, message: DistressMessage::default() };
    vec![
        steady("carrier", "a bare carrier, phase held over 1 s", Waveform::Continuous, of_line),
        steady("am", "121.5 MHz: swept tone, C/N0 of all of it", Waveform::AmSweep { rate_hz: 3.0 }, of_line),
        emission(
            "lora",
            "SF8 every 7 s, 7.8 kHz, any SF sought; the ideals take one preamble",
            Waveform::Chirps { spreading: 8, bandwidth_hz: CHIRPS_HZ, symbols: 12, period_s: 7.0 },
            Sought::Chirp(Spreading { min: 7, max: 12 }),
            (2.0, 500.0),
            8.0,
            Pieces { count: 8, on_air_s: 8.0 * 256.0 / CHIRPS_HZ },
        ),
        steady(
            "fsk",
            "4 tones 400 Hz apart, 100 baud; the ideals know its 1.5 kHz",
            Waveform::Fsk { tones: 4, spacing_hz: 400.0, baud: 100.0 },
            Pieces { count: 15_000, on_air_s: 10.0 },
        ),
        emission(
            "tag",
            "20 ms every 1.3 s, the period known to 1 %",
            tag,
            Sought::Pulsed(train(1_300.0, 1_300.0, 0.01)),
            (18.0, 22.0),
            12.0,
            of_tag,
        ),
        emission(
            "tag_searched",
            "the same, any period from 0.5 to 3 s, 10 to 40 ms",
            tag,
            Sought::Pulsed(train(500.0, 3_000.0, 0.02)),
            (10.0, 40.0),
            12.0,
            of_tag,
        ),
        one_burst(bursts),
        emission(
            "burst406_train",
            "three as pulses, 47.5 to 52.5 s apart",
            bursts,
            Sought::Pulsed(train(47_500.0, 52_500.0, 0.02)),
            (400.0, 600.0),
            160.0,
            Pieces { count: 3, on_air_s: 1.56 },
        ),
    ]
}

fn one_burst(waveform: Waveform) -> Emission {
    Emission {
        name: "burst406",
        about: "one burst of 520 ms, with its message",
        waveform,
        sought: Sought::CospasSarsat,
        pulse_ms: (380.0, 600.0),
        seconds: BURST_S,
        ideal: Pieces { count: 1, on_air_s: 0.52 },
        begin_s: Some(BURST_BEGIN_S),
    }
}

/// Heard at one C/N0.
#[derive(Copy, Clone, Debug, Serialize)]
pub struct Point {
    pub cn0_db_hz: f64,
    /// Share of the trials in which it was heard: by all, and by readings and pulses alone.
    pub ours: f64,
    pub without_hearings: f64,
    /// Probability that the ideal detectors hear it: the one that is told all, and the one that searches.
    pub ideal: f64,
    pub ideal_searching: f64,
    /// Share in which its message was read right, and in which another one was; `None` of what sends none.
    pub read: Option<f64>,
    pub misread: Option<f64>,
}

/// One emission's curve.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    pub name: &'static str,
    pub about: &'static str,
    pub seconds: f64,
    pub points: Vec<Point>,
    /// C/N0 heard in nine of ten trials, dB-Hz.
    pub ours_db_hz: Option<f64>,
    /// C/N0 read in nine of ten trials, dB-Hz.
    pub read_db_hz: Option<f64>,
    /// C/N0 that the ideal detectors hear with probability 0.9, dB-Hz: told all, and not told what the settings leave open: which of so many `cells`.
    pub ideal_db_hz: f64,
    pub ideal_searching_db_hz: f64,
    pub cells: f64,
    /// Detections in hours of noise.
    pub noise_hours: f64,
    pub false_alarms: usize,
}

impl Emission {
    fn bandwidth_hz(&self) -> f64 {
        if matches!(self.sought, Sought::Chirp(_)) { CHIRPS_HZ } else { CHANNEL_HZ }
    }

    /// How far from the channel's middle it may be.
    fn off_middle_hz(&self) -> f64 {
        if matches!(self.sought, Sought::Chirp(_)) { 0.1 * CHIRPS_HZ } else { 0.4 * CHANNEL_HZ }
    }

    /// Identification in the message that it sends.
    fn message_id(&self) -> Option<u64> {
        match self.waveform {
            Waveform::Burst406 { message, .. } if self.sought == Sought::CospasSarsat => message.id(),
            _ => None,
        }
    }

    fn config(&self, analytics: &AnalyticsConfig) -> SenseConfig {
        SenseConfig {
            sample_rate_sps: RATE_SPS,
            center_hz: 0.0,
            more_centers_hz: Vec::new(),
            own_noise: Vec::new(),
            fft_len: fft_len_for(RATE_SPS),
            hop_us: 10_000,
            dc_exclude_hz: None,
            spectrum_interval_us: 0,
            false_alarms_per_hour: analytics.false_alarms_per_hour,
            channels: vec![ChannelConfig {
                name: self.name.into(),
                frequency_hz: OFFSET_HZ,
                bandwidth_hz: self.bandwidth_hz(),
                emission: self.sought,
                pulse_width_min_us: (self.pulse_ms.0 * 1e3) as u32,
                pulse_width_max_us: (self.pulse_ms.1 * 1e3) as u32,
                pulse_bridge_us: 2_500,
                pulse_trigger_db: 9.0,
            }],
        }
    }

    /// The curve from `trials` at each step of 1 dB, and the false alarms of `noise_hours`.
    pub fn curve(&self, trials: u32, noise_hours: f64, seed: u64, done: &dyn Fn(u64)) -> Curve {
        let analytics = Settings::default().analytics;
        let false_alarm = analytics.false_alarms_per_hour * self.seconds / 3_600.0;
        let (cells, searching) = (self.cells(), self.searching());
        let ideal_db_hz = self.ideal.cn0_db_hz(0.9, false_alarm);
        let mut points: Vec<Point> = Vec::new();
        let mut cn0_db_hz = ideal_db_hz.floor() - 1.0;
        let has_more = |point: &Point| point.ours < 0.99 || point.read.is_some_and(|read| read < 0.99);
        while points.last().is_none_or(has_more) && cn0_db_hz < ideal_db_hz + 40.0 {
            let heard_by =
                |ideal: Pieces, false_alarm| ideal.probability(ratio_from_db(cn0_db_hz), false_alarm);
            let heard: Vec<Heard> = (0..trials)
                .map(|trial| {
                    done(u64::from(trial));
                    let mut scene = Scene::new(self, Some(cn0_db_hz), seed + u64::from(trial));
                    scene.listen(self, &analytics, self.seconds, false)
                })
                .collect();
            let share = |is_so: &dyn Fn(&Heard) -> bool| {
                heard.iter().filter(|heard| is_so(heard)).count() as f64 / f64::from(trials)
            };
            let says = self.message_id().is_some();
            points.push(Point {
                cn0_db_hz,
                ours: share(&|heard| heard.begun[0] > 0),
                without_hearings: share(&|heard| heard.begun[1] > 0),
                ideal: heard_by(self.ideal, false_alarm),
                ideal_searching: heard_by(searching, false_alarm / cells),
                read: says.then(|| share(&|heard| heard.read > 0)),
                misread: says.then(|| share(&|heard| heard.misread > 0)),
            });
            cn0_db_hz += 1.0;
        }
        let mut noise = Scene::new(self, None, seed);
        let false_alarms = noise.listen(self, &analytics, noise_hours * 3_600.0, true).begun[0];
        Curve {
            name: self.name,
            about: self.about,
            seconds: self.seconds,
            ours_db_hz: reaches(&points, 0.9, |point| Some(point.ours)),
            read_db_hz: reaches(&points, 0.9, |point| point.read),
            points,
            ideal_db_hz,
            ideal_searching_db_hz: searching.cn0_db_hz(0.9, false_alarm / cells),
            cells,
            noise_hours,
            false_alarms,
        }
    }
}

/// Where what `of` tells first passes `share`, straight between the steps.
fn reaches(points: &[Point], share: f64, of: impl Fn(&Point) -> Option<f64>) -> Option<f64> {
    points.windows(2).find_map(|pair| {
        let (low, high) = (of(&pair[0])?, of(&pair[1])?);
        (low < share && high >= share).then(|| pair[0].cn0_db_hz + (share - low) / (high - low))
    })
}

/// What was made of a stretch of time.
#[derive(Copy, Clone, Debug, Default)]
struct Heard {
    /// Detections begun: with hearings, and without.
    begun: [usize; 2],
    /// Messages that were sent, and others.
    read: usize,
    misread: usize,
}

/// Noise, with an emission or none, as it comes.
struct Scene {
    random: Random,
    envelope: Option<Envelope>,
    amplitude: f64,
    turns_per_sample: f64,
    samples: u64,
    /// The emitter's time at the first sample, µs.
    from_us: f64,
}

impl Scene {
    fn new(emission: &Emission, cn0_db_hz: Option<f64>, seed: u64) -> Scene {
        let mut random = random::source(seed, emission.name);
        let within = Uniform::new(-1.0, 1.0).expect("a range");
        let offset_hz = OFFSET_HZ + emission.off_middle_hz() * within.sample(&mut random);
        let noise_hz = 2.0 * NOISE * NOISE / RATE_SPS;
        let mut envelope = cn0_db_hz.map(|_| Envelope::new(emission.waveform, seed));
        let first_us = envelope.as_mut().and_then(Envelope::first_us);
        let from_us = emission.begin_s.zip(first_us).map(|(begin_s, first_us)| first_us - begin_s * 1e6);
        Scene {
            random,
            envelope,
            from_us: from_us.unwrap_or(0.0),
            amplitude: cn0_db_hz.map_or(0.0, |db| (ratio_from_db(db) * noise_hz).sqrt()),
            turns_per_sample: offset_hz / RATE_SPS,
            samples: 0,
        }
    }

    fn fill(&mut self, block: &mut [[f32; 2]], is_rough: bool) {
        let second = self.samples as f64 / RATE_SPS;
        // Steps of 10 dB for 20 s of each minute, and an impulse every 7 s.
        let step = if is_rough && second.rem_euclid(60.0) > 40.0 { 10f64.sqrt() } else { 1.0 };
        for sample in block.iter_mut() {
            let mut half = || -> f64 { StandardNormal.sample(&mut self.random) };
            let mut out = [half() * NOISE * step, half() * NOISE * step];
            if is_rough && self.samples.is_multiple_of(7 * RATE_SPS as u64) {
                out[0] += 0.9;
            }
            if let Some([re, im]) = self
                .envelope
                .as_mut()
                .and_then(|of| of.at(self.from_us + self.samples as f64 / RATE_SPS * 1e6))
            {
                let (sin, cos) =
                    (std::f64::consts::TAU * (self.samples as f64 * self.turns_per_sample).fract()).sin_cos();
                out[0] += self.amplitude * (f64::from(re) * cos - f64::from(im) * sin);
                out[1] += self.amplitude * (f64::from(re) * sin + f64::from(im) * cos);
            }
            *sample = out.map(|half| half as f32);
            self.samples += 1;
        }
    }

    /// What is heard within `seconds`.
    fn listen(
        &mut self,
        emission: &Emission,
        analytics: &AnalyticsConfig,
        seconds: f64,
        is_rough: bool,
    ) -> Heard {
        let config = emission.config(analytics);
        let mut sense = Sense::new(&config).expect("the emission's settings fit the sense pass");
        let mut all = [0; 2].map(|_| Analytics::new(analytics, &config.channels, config.hop_us));
        let (mut kept, mut heard, mut block) = (Gathered::default(), Heard::default(), [[0.0; 2]; BLOCK]);
        let mut pass_us = PASS_US;
        while (self.samples as f64) < seconds * RATE_SPS {
            let first = self.samples;
            let at = |sample: u64| TimeUs((sample as f64 / RATE_SPS * 1e6) as u64);
            self.fill(&mut block, is_rough);
            let stamp = BlockStamp { sample_index: first, acquired_us: at(first), ..BlockStamp::default() };
            sense.pass(&stamp, Samples::Cf32(&block), &mut kept);
            if at(self.samples).0 < pass_us {
                continue;
            }
            for (with, analytics) in all.iter_mut().enumerate() {
                kept.readings.iter().for_each(|reading| analytics.reading(reading));
                for pulse in &kept.pulses {
                    analytics.pulse(pulse);
                }
                if with == 0 {
                    kept.hearings.iter().for_each(|hearing| analytics.hearing(hearing));
                }
                let began = |ended_us: Option<TimeUs>| usize::from(ended_us.is_none());
                analytics.detections(TimeUs(pass_us), &mut |detection| {
                    heard.begun[with] += began(detection.ended_us);
                });
            }
            for message in kept.hearings.iter().filter_map(|hearing| hearing.message) {
                let is_right = Some(message.id()) == emission.message_id();
                heard.read += usize::from(is_right);
                heard.misread += usize::from(!is_right);
            }
            kept.clear();
            pass_us += PASS_US;
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_the_ideal_is_heard_and_readings_alone_are_not() {
        let analytics = Settings::default().analytics;
        for (name, over_db) in [("carrier", 4.5), ("tag", 8.0)] {
            let emission = emissions().into_iter().find(|emission| emission.name == name).unwrap();
            let false_alarm = analytics.false_alarms_per_hour * emission.seconds / 3_600.0;
            let cn0_db_hz = emission.ideal.cn0_db_hz(0.9, false_alarm) + over_db;
            let heard = (0..6).map(|seed| {
                Scene::new(&emission, Some(cn0_db_hz), seed).listen(
                    &emission,
                    &analytics,
                    emission.seconds,
                    false,
                )
            });
            let heard: Vec<[usize; 2]> = heard.map(|heard| heard.begun).collect();
            assert!(heard.iter().all(|[ours, without]| *ours >= 1 && *without == 0), "{name}: {heard:?}");
        }
    }

    #[test]
    fn a_burst_is_heard_where_it_cannot_be_read_and_read_where_it_is_stronger() {
        let analytics = Settings::default().analytics;
        let emission = emissions().into_iter().find(|emission| emission.name == "burst406").unwrap();
        let heard = |cn0_db_hz: f64| -> Vec<[usize; 4]> {
            let one = |seed| {
                Scene::new(&emission, Some(cn0_db_hz), seed).listen(
                    &emission,
                    &analytics,
                    emission.seconds,
                    false,
                )
            };
            let told = |heard: Heard| [heard.begun[0], heard.begun[1], heard.read, heard.misread];
            (0..6).map(one).map(told).collect()
        };
        assert_eq!(heard(25.0), [[1, 0, 0, 0]; 6]);
        assert_eq!(heard(32.0), [[1, 0, 1, 0]; 6]);
    }
}
