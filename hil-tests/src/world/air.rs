//! What is on the air and how it arrives: emitters and a path from each to the antenna, into power, fading and frequency.
//!
//! Power at the receiver's input = transmitted · path loss · both antennas and their polarisations (the path's `law`) · `shadowing`; fading is
//! told apart, as a complex gain. Noise: kT₀·F of the receiver (J. B. Johnson, H. Nyquist 1928; T₀ = 290 K, the
//! noise figure's IEEE reference: −173.98 dBm/Hz) plus the drone's own, which the scenario gives over the receiver's, plus steps.
//! Each emitter's path has shadowing and fading of its own: those of emitters side by side are not correlated.

use super::emitter::Share;
use super::fading::{Fading, Split};
use super::law::{Law, Terminal, direction, way};
use super::shadowing::Shadowing;
use super::waveform::Span;
use super::{Emitter, LIGHT_MPS};
use crate::random;
use crate::scenario::{Beacon, Kind, Scenario, World, world};
use crate::truth::TruePose;
use rand::Rng;
use skyhound::propagation::KT0_DBM_HZ;
use skyhound::units::{db_from_ratio, ratio_from_db};

/// What arrives from one emitter at one moment.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Arrival {
    /// Mean power at the receiver's input while it sends: path loss, antennas, polarisation, shadowing; before fading.
    pub power_dbm: f64,
    /// Complex gain of the fading now, relative to the direct ray's phase; mean power 1.
    pub fade: [f32; 2],
    /// Carrier minus tuned frequency, with the oscillator's error and Doppler of the direct ray.
    pub offset_hz: f64,
    /// Whether it is switched on.
    pub on: bool,
}

/// All emitters, their paths, and the noise.
pub struct Air {
    /// Beacons, then interferers.
    pub(super) emitters: Vec<Emitter>,
    paths: Vec<Path>,
    arrivals: Vec<Arrival>,
    beacon_count: usize,
    antenna: world::Antenna,
    /// What the receiver is tuned to.
    pub(super) center_hz: f64,
    oscillator_ppm: f64,
    noise_dbm_hz: f64,
    noise_step_db: f64,
}

/// The way from one emitter to the aircraft.
struct Path {
    law: Law,
    shadowing: Shadowing,
    fading: Fading,
}

impl Air {
    /// The air of `scenario`, tuned to its receiver's frequency; its chances are drawn from `seed`.
    pub fn new(scenario: &Scenario, seed: u64) -> Air {
        let world = &scenario.world;
        let beacons = || world.emitters().enumerate();
        let emitter = |(index, beacon): (usize, &Beacon)| {
            Emitter::new(beacon, random::source(seed, &format!("schedule of emitter {index}")).next_u64())
        };
        let emitters: Vec<Emitter> = beacons().map(emitter).collect();
        let paths = (0..emitters.len()).filter_map(|index| Path::new(world, index, seed)).collect();
        let drone_db = db_from_ratio(1.0 + ratio_from_db(world.receiver.drone_noise_db));
        Air {
            arrivals: vec![Arrival::default(); emitters.len()],
            emitters,
            paths,
            beacon_count: world.beacon.len(),
            antenna: world.receiver.antenna,
            center_hz: world.receiver.center_hz,
            oscillator_ppm: world.receiver.oscillator_ppm,
            noise_dbm_hz: KT0_DBM_HZ + world.receiver.noise_figure_db + drone_db,
            noise_step_db: 0.0,
        }
    }

    /// See [`super::World::apply`].
    pub fn apply(&mut self, kind: &Kind, begins: bool) -> bool {
        match *kind {
            Kind::BeaconOff { beacon } => self.switch(beacon, beacon < self.beacon_count, !begins),
            Kind::InterfererOn { interferer } => self.switch(self.beacon_count + interferer, true, begins),
            Kind::NoiseStep { db } => self.noise_step_db += if begins { db } else { -db },
            _ => return false,
        }
        true
    }

    fn switch(&mut self, index: usize, is_there: bool, on: bool) {
        if let Some(emitter) = self.emitters.get_mut(index).filter(|_| is_there) {
            emitter.on = on;
        }
    }

    /// Emitters that move are where they are at this time.
    pub(super) fn move_to(&mut self, at_us: u64) {
        for (emitter, path) in self.emitters.iter().zip(&mut self.paths) {
            if emitter.beacon.speed_mps > 0.0 {
                path.law.move_to(emitter.beacon.at_m(at_us));
            }
        }
    }

    /// What arrives now, per emitter: beacons, then interferers.
    pub fn arrivals(&mut self, pose: &TruePose) -> &[Arrival] {
        self.move_to(pose.at_us);
        let aircraft = self.aircraft(pose);
        let tuned_hz = self.center_hz * (1.0 + 1e-6 * self.oscillator_ppm);
        for ((emitter, path), arrival) in self.emitters.iter().zip(&self.paths).zip(&mut self.arrivals) {
            *arrival = path.arrival(emitter, pose, &aircraft, tuned_hz);
        }
        &self.arrivals
    }

    /// Mean power of emitter `index` at the aircraft, dBm; `None` while it is off.
    pub(super) fn mean_dbm(&self, index: usize, aircraft: &Terminal) -> Option<f64> {
        let emitter = &self.emitters[index];
        emitter.on.then(|| self.paths[index].mean_dbm(emitter, aircraft))
    }

    /// Share of its power that emitter `index` sends between two times by its schedule, whether or not it is switched on.
    pub(crate) fn sent(&mut self, index: usize, from_us: f64, to_us: f64) -> f64 {
        const PARTS: u32 = 8;
        let part_us = (to_us - from_us) / f64::from(PARTS);
        let part = |n: u32| {
            let from_us = from_us + f64::from(n) * part_us;
            self.emitters[index].frame_power(Span { from_us, to_us: from_us + part_us }, &Share::ALL)
        };
        (0..PARTS).map(part).sum::<f64>() / f64::from(PARTS)
    }

    /// The aircraft at `pose`.
    pub(super) fn aircraft(&self, pose: &TruePose) -> Terminal {
        Terminal::flying(self.antenna, pose)
    }

    /// How the fading of emitter `index`'s path is split at `pose`.
    pub(super) fn split(&self, index: usize, pose: &TruePose) -> Split {
        self.paths[index].law.split([pose.north_m, pose.east_m, pose.up_m])
    }

    /// Complex gain of the fading of emitter `index`'s path at `pose`, where it is split so.
    pub(super) fn fade(&self, index: usize, split: Split, pose: &TruePose) -> [f64; 2] {
        let path = &self.paths[index];
        let at_m = [pose.north_m, pose.east_m, pose.up_m];
        path.fading.gain(split, at_m, way(path.law.emitter().at_m, at_m).1)
    }

    /// Noise at the receiver's input: kT·NF, the drone's own, and steps.
    pub fn noise_dbm_hz(&self) -> f64 {
        self.noise_dbm_hz + self.noise_step_db
    }
}

impl Path {
    fn new(world: &World, index: usize, seed: u64) -> Option<Path> {
        let way = &world.propagation;
        let chance = |what: &str| random::source(seed, &format!("{what} of emitter {index}"));
        let frequency_hz = world.emitters().nth(index)?.frequency_hz;
        Some(Path {
            law: Law::new(world, index)?,
            shadowing: Shadowing::new(way.shadow_decorrelation_m, &mut chance("shadowing")),
            fading: Fading::new(frequency_hz, &mut chance("fading")),
        })
    }

    #[inline]
    fn mean_dbm(&self, emitter: &Emitter, aircraft: &Terminal) -> f64 {
        let standing = self.law.emitter();
        let sigma_db = self.law.sigma_db(standing.at_m, aircraft.at_m);
        let mean_dbm = emitter.beacon.power_dbm + self.law.mean_db(standing, aircraft);
        mean_dbm + self.shadowing.db(sigma_db, aircraft.at_m)
    }

    fn arrival(&self, emitter: &Emitter, pose: &TruePose, aircraft: &Terminal, tuned_hz: f64) -> Arrival {
        let (way, distance_m) = way(self.law.emitter().at_m, aircraft.at_m);
        let to = direction(way, distance_m);
        let away_mps = to[0] * pose.north_mps + to[1] * pose.east_mps + to[2] * pose.down_mps;
        let carrier_hz = emitter.beacon.frequency_hz;
        Arrival {
            power_dbm: self.mean_dbm(emitter, aircraft),
            fade: self
                .fading
                .gain(self.law.split(aircraft.at_m), aircraft.at_m, distance_m)
                .map(|part| part as f32),
            offset_hz: carrier_hz - carrier_hz * away_mps / LIGHT_MPS - tuned_hz,
            on: emitter.on,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::scenario;
    use super::*;
    use std::f64::consts::TAU;

    const OPEN: &str = "beacon = [{ north_m = 100, east_m = 0, height_m = 40, frequency_hz = 433.92e6, power_dbm = 10, \
         antenna = 'isotropic' }]\ninterferer = [{ north_m = 0, east_m = 50, frequency_hz = 434e6, power_dbm = 0, on = false }]\n\
         propagation = { model = 'free_space', shadow_sigma_db = 0, fading = 'none' }\n\
         receiver = { antenna = 'isotropic', noise_figure_db = 5, drone_noise_db = 0, oscillator_ppm = 1, center_hz = 433.92e6 }";

    #[test]
    fn an_arrival_is_the_link_budget() {
        let mut air = Air::new(&scenario(OPEN), 1);
        let pose = TruePose { up_m: 40.0, north_mps: 15.0, ..TruePose::default() };
        let beacon = air.arrivals(&pose)[0];
        // 10 dBm less free space over 100 m at 433.92 MHz (65.20 dB).
        assert!((beacon.power_dbm - (10.0 - 65.20)).abs() < 0.01, "{}", beacon.power_dbm);
        assert_eq!(beacon.fade, [1.0, 0.0]);
        // Towards it at 15 m/s: + v/λ; the oscillator fast by 1 ppm: − 433.92 Hz.
        let closed = 15.0 / (LIGHT_MPS / 433.92e6) - 433.92;
        assert!((beacon.offset_hz - closed).abs() < 1e-3, "{}", beacon.offset_hz);
        // kT·5 dB, and as much again of the drone's.
        assert!((air.noise_dbm_hz() - (-173.975 + 5.0 + 3.0103)).abs() < 1e-3);
    }

    #[test]
    fn the_fade_turns_with_scatter_doppler_between_plus_and_minus_v_over_lambda() {
        // Along a path, direct ray and scatter add up: with offset_hz and fade a receiver gets each ray's own Doppler.
        let mut air = Air::new(&scenario(&OPEN.replace("'none'", "'rayleigh'")), 4);
        let speed = 10.0;
        let highest_hz = speed / (LIGHT_MPS / 433.92e6);
        let step_s = 1e-3;
        let mut phase = 0.0_f64;
        let received: Vec<[f64; 2]> = (0..8_192)
            .map(|n| {
                let pose = TruePose {
                    north_m: f64::from(n) * step_s * speed,
                    east_m: 30.0,
                    up_m: 40.0,
                    north_mps: speed,
                    ..TruePose::default()
                };
                let tuned_hz = 433.92e6 * 1e-6;
                let arrival = air.arrivals(&pose)[0];
                phase += TAU * (arrival.offset_hz + tuned_hz) * step_s;
                let (sin, cos) = phase.sin_cos();
                let [re, im] = arrival.fade.map(f64::from);
                [re * cos - im * sin, re * sin + im * cos]
            })
            .collect();
        // The spectrum by the slow transform: nearly all of the power is within the highest Doppler.
        let (mut inside, mut outside) = (0.0, 0.0);
        for bin in -200..200 {
            let hz = f64::from(bin) * 0.25;
            let (mut re, mut im) = (0.0, 0.0);
            for (n, [x, y]) in received.iter().enumerate() {
                let window = 0.5 - 0.5 * (TAU * n as f64 / 8_192.0).cos();
                let (sin, cos) = (-TAU * hz * n as f64 * step_s).sin_cos();
                re += window * (x * cos - y * sin);
                im += window * (x * sin + y * cos);
            }
            *(if hz.abs() <= highest_hz + 0.5 { &mut inside } else { &mut outside }) += re * re + im * im;
        }
        assert!(inside > 200.0 * outside, "{inside} inside, {outside} outside");
    }

    #[test]
    fn faults_switch_and_step() {
        let mut air = Air::new(&scenario(OPEN), 1);
        let on = |air: &mut Air| air.arrivals(&TruePose::default()).iter().map(|a| a.on).collect::<Vec<_>>();
        assert_eq!(on(&mut air), [true, false]);
        assert!(air.apply(&Kind::BeaconOff { beacon: 0 }, true));
        assert!(air.apply(&Kind::InterfererOn { interferer: 0 }, true));
        assert_eq!(on(&mut air), [false, true]);
        assert!(air.apply(&Kind::BeaconOff { beacon: 0 }, false));
        assert!(air.apply(&Kind::InterfererOn { interferer: 0 }, false));
        assert_eq!(on(&mut air), [true, false]);
        // One that is not there is nobody: the interferer is not switched by a beacon's number.
        assert!(air.apply(&Kind::BeaconOff { beacon: 1 }, true));
        assert_eq!(on(&mut air), [true, false]);
        let quiet = air.noise_dbm_hz();
        assert!(air.apply(&Kind::NoiseStep { db: 12.0 }, true));
        assert_eq!(air.noise_dbm_hz(), quiet + 12.0);
        air.apply(&Kind::NoiseStep { db: 12.0 }, false);
        assert_eq!(air.noise_dbm_hz(), quiet);
        assert!(!air.apply(&Kind::GpsLoss, true));
    }
}
