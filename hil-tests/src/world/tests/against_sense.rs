//! Samples are made of `arrivals`, `baseband` and white noise, go through the real sense pass, and must read as `hop` does.

use super::*;
use crate::random;
use crate::scenario::Receiver;
use rand_distr::{Distribution, StandardNormal};
use skyhound::sense::{Sense, SenseSink};
use skyhound::signal::{BlockStamp, Hearing, Samples, Spectrum};
use skyhound::time::TimeUs;
use skyhound::units::{db_from_ratio, ratio_from_db};

#[derive(Default)]
struct Kept(Heard);

impl SenseSink for Kept {
    fn reading(&mut self, reading: &Reading) {
        self.0.readings.push(*reading);
    }
    fn pulse(&mut self, pulse: &Pulse) {
        self.0.pulses.push(*pulse);
    }
    fn spectrum(&mut self, _: &Spectrum) {}
    fn hearing(&mut self, _: &Hearing) {}
}

/// Full scale is −42 dBm. The converter is fine enough not to count.
const RECEIVER: &str = "receiver = { adc_bits = 16, gain_db = 30, full_scale_dbm = -12, iq_gain_db = 0, iq_phase_deg = 0, antenna = 'dipole' }";

/// Fades deep and often.
const WAY: &str =
    "propagation = { shadow_sigma_db = 4, shadow_decorrelation_m = 20, fading = 'rician', rician_k_db = 6 }";

/// `hops` hops of samples through `receiver` and the sense pass. Powers and fading are those of each millisecond.
fn through_sense(world: &mut World, receiver: &Receiver, config: &SenseConfig, hops: usize) -> Heard {
    let (mut sense, mut kept) = (Sense::new(config).unwrap(), Kept::default());
    let mut random = random::source(99, "noise of samples");
    let rate_sps = config.sample_rate_sps;
    let count = (rate_sps / 1e3) as usize;
    let gain_db = receiver.gain_db - receiver.full_scale_dbm;
    let steps = 2_f32.powi(i32::from(receiver.adc_bits) - 1);
    let deviation = (ratio_from_db(world.air.noise_dbm_hz() + gain_db) * rate_sps / 2.0).sqrt();
    let mut phases = vec![0.0_f64; world.air.emitters.len()];
    let mut envelope = vec![[0.0_f32; 2]; count];
    for block in 0..hops * config.hop_us as usize / 1_000 {
        let from_us = block as u64 * 1_000;
        let mut samples: Vec<[f32; 2]> = Vec::with_capacity(count);
        for _ in 0..count {
            let [i, q]: [f64; 2] = std::array::from_fn(|_| StandardNormal.sample(&mut random));
            samples.push([(i * deviation) as f32, (q * deviation) as f32]);
        }
        let arrivals = world.air.arrivals(&flying(from_us + 500)).to_vec();
        for ((arrival, emitter), phase) in arrivals.iter().zip(&mut world.air.emitters).zip(&mut phases) {
            if !arrival.on {
                continue;
            }
            emitter.baseband(from_us as f64, rate_sps, &mut envelope);
            let amplitude = ratio_from_db(arrival.power_dbm + gain_db).sqrt();
            let [re, im] = arrival.fade.map(|part| f64::from(part) * amplitude);
            for (sample, [x, y]) in samples.iter_mut().zip(&envelope) {
                *phase = (*phase + arrival.offset_hz / rate_sps).fract();
                let (sin, cos) = (std::f64::consts::TAU * *phase).sin_cos();
                let (x, y) = (f64::from(*x), f64::from(*y));
                let (a, b) = (x * cos - y * sin, x * sin + y * cos);
                sample[0] += (a * re - b * im) as f32;
                sample[1] += (a * im + b * re) as f32;
            }
        }
        samples.iter_mut().for_each(|s| *s = s.map(|part| (part.clamp(-1.0, 1.0) * steps).round() / steps));
        let stamp = BlockStamp {
            sample_index: (block * count) as u64,
            acquired_us: TimeUs(from_us),
            ..BlockStamp::default()
        };
        sense.pass(&stamp, Samples::Cf32(&samples), &mut kept);
    }
    // Not finished: what the drawn hops have not ended is left open here too.
    kept.0
}

/// Mean of linear powers, and standard deviation of decibels.
fn level_and_spread<'a, T: 'a>(of: impl IntoIterator<Item = &'a T>, db: impl Fn(&'a T) -> f64) -> (f64, f64) {
    let all: Vec<f64> = of.into_iter().map(db).collect();
    let level = all.iter().map(|db| ratio_from_db(*db)).sum::<f64>() / all.len() as f64;
    (db_from_ratio(level), mean_and_deviation(&all).1)
}

type View = (&'static str, fn(&Reading) -> f64);

const VIEWS: [View; 3] = [("mean", |r| r.mean.db()), ("peak", |r| r.peak.db()), ("quiet", |r| r.quiet.db())];

struct Both {
    drawn: Heard,
    sensed: Heard,
}

fn both(world: &str, config: &SenseConfig, hops: usize) -> Both {
    let or = |key: &str, otherwise: &'static str| if world.contains(key) { "" } else { otherwise };
    let scenario = scenario(&format!("{world}\n{}\n{}", or("propagation", WAY), or("receiver", RECEIVER)));
    let mut drawn = fly(&mut World::new(&scenario, config, 3), flying, hops as u64);
    let receiver = &scenario.world.receiver;
    let mut sensed = through_sense(&mut World::new(&scenario, config, 3), receiver, config, hops);
    let whole = drawn.readings.len().min(sensed.readings.len());
    assert!(whole + config.channels.len() >= drawn.readings.len());
    drawn.readings.truncate(whole);
    sensed.readings.truncate(whole);
    Both { drawn, sensed }
}

impl Both {
    fn of(&self, channel: u8) -> [Vec<Reading>; 2] {
        [&self.drawn, &self.sensed]
            .map(|heard| heard.readings.iter().filter(|r| r.channel == channel).copied().collect())
    }

    /// Levels within 0.3 dB and spreads alike, of `views`; everything that is not chance the same.
    fn agree(&self, channel: u8, views: &[View], name: &str) {
        let [drawn, sensed] = self.of(channel);
        for (a, b) in drawn.iter().zip(&sensed) {
            let certain = |r: &Reading| (r.acquired_us, r.sample_index, r.frame_count, r.flags);
            assert_eq!(certain(a), certain(b), "{name}");
        }
        for (what, db) in views {
            let ((a, a_spread), (b, b_spread)) =
                (level_and_spread(&drawn, db), level_and_spread(&sensed, db));
            assert!((a - b).abs() < 0.3, "{name}, {what}: {a} dBFS drawn, {b} sensed");
            let alike = (a_spread - b_spread).abs() < 0.15 * b_spread + 0.05;
            assert!(alike, "{name}, spread of {what}: {a_spread} dB drawn, {b_spread} sensed");
        }
    }

    /// The same pulses: as many, at the same time, as long, as strong.
    fn same_pulses(&self, channel: u8, at_least: usize, name: &str) {
        let [drawn, sensed] = [&self.drawn, &self.sensed].map(|heard| {
            heard.pulses.iter().filter(|p| p.channel == channel).copied().collect::<Vec<Pulse>>()
        });
        assert!(drawn.len() >= at_least, "{name}: {} pulses", drawn.len());
        assert_eq!(drawn.len(), sensed.len(), "{name}");
        for (a, b) in drawn.iter().zip(&sensed) {
            assert!(a.start_us.0.abs_diff(b.start_us.0) <= 700, "{name}: {a:?} {b:?}");
            assert!(a.width_us.abs_diff(b.width_us) <= 700, "{name}: {a:?} {b:?}");
            assert_eq!(a.flags, b.flags, "{name}");
            assert!((a.mean.db() - b.mean.db()).abs() < 0.6, "{name}: {a:?} {b:?}");
            assert!((a.peak.db() - b.peak.db()).abs() < 1.5, "{name}: {a:?} {b:?}");
        }
        // The floor under a pulse at the very begin is that of a frame or two: chance.
        let settled = |pulse: &&Pulse| pulse.start_us.0 > 100_000;
        let views: [fn(&Pulse) -> f64; 3] = [|p| p.mean.db(), |p| p.peak.db(), |p| p.floor.db()];
        for db in views {
            let [a, b] =
                [&drawn, &sensed].map(|pulses| level_and_spread(pulses.iter().filter(settled), db).0);
            assert!((a - b).abs() < 0.3, "{name}: {a} dBFS drawn, {b} sensed");
        }
    }
}

fn beacon(power_dbm: f64, waveform: &str) -> String {
    format!(
        "beacon = [{{ north_m = 0, east_m = 0, frequency_hz = 433.96e6, power_dbm = {power_dbm}, waveform = {waveform} }}]"
    )
}

const CARRIER: &str = "{ kind = 'continuous' }";
const CHIRPS: &str =
    "{ kind = 'chirps', spreading = 9, bandwidth_hz = 31250.0, symbols = 24, period_s = 0.8 }";

#[test]
fn every_waveform_reads_alike_and_makes_the_same_pulses() {
    let pulses = "{ kind = 'pulses', width_ms = 20, period_ms = 250, jitter_ms = 12, missing_ratio = 0.2 }";
    // Power, waveform, channel's width, hops, and how many pulses at least; none = they are not compared.
    for (power_dbm, waveform, bandwidth_hz, hops, pulses_min) in [
        (-15.0, CARRIER, 4e3, 400, None),
        (-45.0, CARRIER, 4e3, 400, None),
        (-62.0, CARRIER, 4e3, 400, None),
        (-200.0, CARRIER, 4e3, 400, None),
        (-25.0, pulses, 4e3, 600, Some(12)),
        (-25.0, "{ kind = 'burst406', period_s = 1.5 }", 4e3, 800, Some(4)),
        (-25.0, "{ kind = 'am_sweep' }", 8e3, 400, None),
        (-25.0, CHIRPS, 40e3, 500, Some(3)),
    ] {
        let name = format!("{waveform} of {power_dbm} dBm");
        let both = both(&beacon(power_dbm, waveform), &config(&[(433.96e6, bandwidth_hz)]), hops);
        both.agree(0, &VIEWS, &name);
        if let Some(pulses_min) = pulses_min {
            both.same_pulses(0, pulses_min, &name);
        }
    }
}

#[test]
fn a_strong_carrier_fades_alike_hop_for_hop() {
    let both = both(&beacon(-15.0, CARRIER), &config(&[(433.96e6, 4e3)]), 400);
    let [drawn, sensed] = both.of(0);
    let far = drawn.iter().zip(&sensed).filter(|(a, b)| (a.mean.db() - b.mean.db()).abs() > 0.3).count();
    assert!(far <= 16, "{far} of 400 hops more than 0.3 dB apart");
    let (_, spread) = level_and_spread(&sensed, |r| r.mean.db());
    assert!(spread > 1.0, "it fades: {spread}");
}

#[test]
fn a_pulse_longer_than_the_longest_is_cut_alike() {
    let waveform = "{ kind = 'pulses', width_ms = 900, period_ms = 2000 }";
    let both = both(&beacon(-25.0, waveform), &config(&[(433.96e6, 4e3)]), 600);
    both.same_pulses(0, 2, "long pulses");
    assert!(both.drawn.pulses.iter().all(|p| p.flags.any(Flags::END_UNSEEN)));
}

/// The jumps between its symbols splatter into quiet bins, which is not drawn: quiet agrees in level, not in spread.
#[test]
fn chirps_wider_than_the_channel() {
    let through = both(&beacon(-25.0, CHIRPS), &config(&[(433.965e6, 5e3)]), 500);
    through.agree(0, &VIEWS[..2], "chirps through");
    let [drawn, sensed] = through.of(0).map(|readings| level_and_spread(&readings, |r| r.quiet.db()).0);
    assert!((drawn - sensed).abs() < 0.4, "quiet: {drawn} dBFS drawn, {sensed} sensed");
}

#[test]
fn neighbours_count_as_far_as_they_are_inside() {
    // The second beacon's channel is 12 kHz away; an interferer lies within the first channel, another on its edge.
    let world = "beacon = [{ north_m = 0, east_m = 0, frequency_hz = 433.96e6, power_dbm = -40 }, \
         { north_m = 20, east_m = 0, frequency_hz = 433.972e6, power_dbm = -20 }]\n\
         interferer = [{ north_m = 0, east_m = 30, frequency_hz = 433.9593e6, power_dbm = -36 }, \
         { north_m = 0, east_m = -30, frequency_hz = 433.9634e6, power_dbm = -33 }]";
    let both = both(world, &config(&[(433.96e6, 4e3), (433.972e6, 4e3)]), 400);
    // Their beats are not drawn: only the mean is that of the samples.
    let [drawn, sensed] = both.of(0).map(|readings| level_and_spread(&readings, |r| r.mean.db()).0);
    assert!((drawn - sensed).abs() < 0.3, "between neighbours: {drawn} dBFS drawn, {sensed} sensed");
    both.agree(1, &VIEWS, "the neighbour");
}

#[test]
fn over_full_scale_it_is_flagged_and_held_alike() {
    let open = "propagation = { shadow_sigma_db = 0, fading = 'none' }";
    let world = format!("{}\n{open}", beacon(27.0, CARRIER));
    let both = both(&world, &config(&[(433.96e6, 4e3)]), 60);
    let [drawn, sensed] = both.of(0);
    assert!(drawn.iter().any(|r| r.clipping_e4 > 2_000));
    for (a, b) in drawn.iter().zip(&sensed) {
        assert_eq!(a.flags.any(Flags::CLIPPED), b.flags.any(Flags::CLIPPED));
        assert!(a.clipping_e4.abs_diff(b.clipping_e4) < 600, "{} {}", a.clipping_e4, b.clipping_e4);
        assert!((a.mean.db() - b.mean.db()).abs() < 0.3, "{} {}", a.mean.db(), b.mean.db());
    }
}

#[test]
fn several_fft_frames_to_a_pulse_frame() {
    // Half a millisecond a frame: edges are sought in pairs of frames, and a channel of 2 kHz is read as four bins.
    let config = SenseConfig { sample_rate_sps: 1.024e6, fft_len: 512, ..config(&[(434.1e6, 2e3)]) };
    let waveform = "{ kind = 'pulses', width_ms = 15, period_ms = 200, jitter_ms = 5 }";
    let beacon = beacon(-25.0, waveform).replace("433.96e6", "434.1e6");
    let both = both(&beacon, &config, 500);
    both.agree(0, &VIEWS, "pulses at 1 MS/s");
    both.same_pulses(0, 15, "pulses at 1 MS/s");
}

#[test]
fn a_coarse_converter_adds_its_steps_noise() {
    // Noise of half a step: quantisation is a third as much again, + 1.25 dB.
    let world = |bits: u8| {
        let thermal_dbfs = -173.975 + 6.0 + 4.767 + 53.98;
        let full_scale_dbm = 30.0 + thermal_dbfs + 10.0 * (128.0_f64.powi(2) * 2.0).log10();
        let receiver = format!("{{ adc_bits = {bits}, gain_db = 30, full_scale_dbm = {full_scale_dbm} }}");
        format!("{}\nreceiver = {receiver}", beacon(-200.0, CARRIER))
    };
    let [coarse, fine] = [8, 16].map(|bits| both(&world(bits), &config(&[(433.96e6, 4e3)]), 400));
    coarse.agree(0, &VIEWS, "8 bits");
    let level = |both: &Both| level_and_spread(&both.of(0)[0], |r| r.quiet.db()).0;
    let rise = level(&coarse) - level(&fine);
    assert!(rise > 0.3, "{rise}");
}

#[test]
fn a_noise_step_lifts_readings_floor_and_quiet() {
    let scenario = scenario(&format!("{}\n{RECEIVER}", beacon(-200.0, CARRIER)));
    let mut world = World::new(&scenario, &config(&[(433.96e6, 4e3)]), 3);
    let before = fly(&mut world, flying, 300);
    world.apply(&Kind::NoiseStep { db: 9.0 }, true);
    let after = fly(&mut world, flying, 300);
    for db in [|r: &Reading| r.mean.db(), |r: &Reading| r.quiet.db()] {
        let rise = level_and_spread(&after.readings, db).0 - level_and_spread(&before.readings, db).0;
        assert!((rise - 9.0).abs() < 0.2, "{rise}");
    }
    // kT·F·B of the channel: −174 + 6 + 4.77 (drone) + 10·log10(4 kHz) + 42 dB of gain.
    let level = level_and_spread(&before.readings, |r| r.mean.db()).0;
    let closed = -173.975 + 6.0 + 4.767 + 36.02 + 42.0;
    assert!((level - closed).abs() < 0.3, "{level} for {closed}");
}
