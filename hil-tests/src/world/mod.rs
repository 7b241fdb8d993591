//! The world as the receiver meets it: emitters and the way from each to the antenna, into arrivals (dBm, complex fading,
//! Hz), and into the readings (dBFS) and pulses that the sense pass would make of them.
//!
//! Two doors to one world. Readings level: [`World::hop`] draws what `skyhound::sense` would report without a sample being made,
//! in a fifth of the sense pass's own time. IQ level: [`Air::arrivals`] and `Emitter::baseband` say what to add up, sample by
//! sample. Both see the same emitters on the same clock, the same shadowing and the same fading.
//!
//! Invariants: pure and seeded; what hangs on place or time (shadowing, fading, schedules) is a function of it, so coming
//! back to a place finds what was there, and calling in another order changes nothing but the noise drawn. Nothing is allocated
//! after construction but by the caller's vectors.
//!
//! Budget: one hop of one channel and one emitter ≤ 1 µs (release). Not here: samples and the receiver's impairments of them
//! (`iq`, `receiver`), more than what DC, clipping, quantisation and image do to readings.

mod air;
mod antenna;
mod clip;
mod ear;
mod emitter;
mod fading;
pub mod iq;
pub mod law;
mod noise;
mod readings;
pub mod receiver;
pub mod sent;
mod shadowing;
mod spread;
mod waveform;
mod waves;

use crate::scenario::{Kind, Scenario};
use crate::truth::TruePose;
pub use air::{Air, Arrival};
use emitter::Emitter;
use skyhound::config::SenseConfig;
pub use skyhound::propagation::LIGHT_MPS;
use skyhound::signal::{Pulse, Reading};
pub(crate) use waveform::am_scale;

/// What the sense pass would have reported. The caller clears it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// One per channel and hop, in the order of the settings.
    pub readings: Vec<Reading>,
    /// Pulses that ended.
    pub pulses: Vec<Pulse>,
}

/// The air and a receiver that listens to it by the settings of the sense pass.
pub struct World {
    air: Air,
    listener: readings::Listener,
}

impl World {
    /// The world of `scenario`, heard through `config`, its chances drawn from `seed`.
    ///
    /// # Panics
    /// Settings that the sense pass refuses (`Sense::new`).
    pub fn new(scenario: &Scenario, config: &SenseConfig, seed: u64) -> World {
        let mut air = Air::new(scenario, seed);
        air.center_hz = config.center_hz;
        World { air, listener: readings::Listener::new(scenario, config, seed) }
    }

    /// Begins or ends what is the world's (a beacon falls silent, noise steps, an interferer comes on); whether it was.
    pub fn apply(&mut self, kind: &Kind, begins: bool) -> bool {
        self.air.apply(kind, begins)
    }

    /// One hop of all channels, beginning at `from_us`, a multiple of the hop's length; what it heard is added to `heard`. Fading and
    /// shadowing are those of the hop's middle, to which `pose` is moved on by its velocity. Hops that are left out are a gap:
    /// open pulses end and the next readings say so.
    pub fn hop(&mut self, pose: &TruePose, from_us: u64, heard: &mut Heard) {
        self.listener.hop(&mut self.air, pose, from_us, heard);
    }
}

#[cfg(test)]
mod tests;
