//! The world as IQ samples.

use crate::scenario::{Kind, Scenario};
use crate::truth::TruePose;

/// The world of a scenario as IQ samples.
pub struct IqWorld;

impl IqWorld {
    /// The world of `scenario`, tuned as it says.
    pub fn new(_scenario: &Scenario, _seed: u64) -> IqWorld {
        IqWorld
    }

    /// Begins or ends a fault; whether it was the world's.
    pub fn apply(&mut self, _kind: &Kind, _begins: bool) -> bool {
        false
    }

    /// Fills `out` with what the receiver gives while the aircraft goes from one pose to the other; |x| = 1.0 is the
    /// converter's full scale.
    pub fn samples(&mut self, _from: &TruePose, _to: &TruePose, out: &mut [[f32; 2]]) {
        out.fill([0.0; 2]);
    }
}
