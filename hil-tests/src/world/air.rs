//! What is on the air and how it arrives: emitters and a path from each to the antenna, into power, fading and frequency.

use super::Emitter;
use crate::random;
use crate::scenario::{Kind, Scenario};
use crate::truth::TruePose;
use rand::Rng;

/// What arrives from one emitter at one moment.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Arrival {
    /// Mean power at the receiver's input while it sends: path loss, antennas, polarisation, shadowing; before fading.
    pub power_dbm: f64,
    /// Complex gain of the fading now; mean power 1.
    pub fade: [f32; 2],
    /// Carrier minus tuned frequency, with the oscillator's error and Doppler of the direct ray.
    pub offset_hz: f64,
    /// Whether it is switched on.
    pub on: bool,
}

/// All emitters, their paths, and the noise.
pub struct Air {
    emitters: Vec<Emitter>,
    arrivals: Vec<Arrival>,
    beacon_count: usize,
    center_hz: f64,
    noise_step_db: f64,
    noise_dbm_hz: f64,
}

impl Air {
    /// The air of `scenario`, tuned to its receiver's frequency.
    pub fn new(scenario: &Scenario, seed: u64) -> Air {
        let world = &scenario.world;
        let emitters: Vec<Emitter> = world
            .beacon
            .iter()
            .chain(&world.interferer)
            .enumerate()
            .map(|(index, beacon)| {
                Emitter::new(beacon, random::source(seed, &format!("emitter {index}")).next_u64())
            })
            .collect();
        let own_dbm_hz = -173.975 + world.receiver.noise_figure_db;
        Air {
            arrivals: vec![Arrival::default(); emitters.len()],
            emitters,
            beacon_count: world.beacon.len(),
            center_hz: world.receiver.center_hz,
            noise_step_db: 0.0,
            noise_dbm_hz: own_dbm_hz
                + 10.0 * (1.0 + 10f64.powf(world.receiver.drone_noise_db / 10.0)).log10(),
        }
    }

    /// The same air with the receiver tuned to `center_hz`.
    pub fn tuned_to(mut self, center_hz: f64) -> Air {
        self.center_hz = center_hz;
        self
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

    /// See [`super::World::arrivals`].
    pub fn arrivals(&mut self, _pose: &TruePose) -> &[Arrival] {
        for (emitter, arrival) in self.emitters.iter().zip(&mut self.arrivals) {
            *arrival = Arrival {
                power_dbm: emitter.beacon.power_dbm - 60.0,
                fade: [1.0, 0.0],
                offset_hz: emitter.beacon.frequency_hz - self.center_hz,
                on: emitter.on,
            };
        }
        &self.arrivals
    }

    /// Beacons, then interferers.
    pub fn emitters(&self) -> &[Emitter] {
        &self.emitters
    }

    /// The same, to draw their envelopes.
    pub fn emitters_mut(&mut self) -> &mut [Emitter] {
        &mut self.emitters
    }

    /// See [`super::World::noise_dbm_hz`].
    pub fn noise_dbm_hz(&self) -> f64 {
        self.noise_dbm_hz + self.noise_step_db
    }
}
