//! What of a beacon that is heard tells where it is.

use super::Detector;
use crate::facts::DetectionKind;
use crate::signal::Reading;
use crate::units::CentiDb;

impl Detector {
    /// Power in a reading by which a heard carrier is located: also that which noise or fading took under the level where it is on, because the
    /// others alone would make it stronger than it is; but not what follows the last that was over it, for the beacon may be off. A carrier
    /// that is too weak for readings is located by what matched detectors hear.
    pub fn located_power(&self, reading: &Reading) -> Option<CentiDb> {
        let is_carrier = self.open.as_ref()?.detection.kind == DetectionKind::Carrier;
        let is_on = self.carrier.heard_us.is_some_and(|heard| reading.acquired_us <= heard);
        (is_carrier && is_on).then_some(reading.mean)
    }

    /// Whether the pulse that came last is of the train or the bursts that are heard: those are located by their pulses, and by nothing that is
    /// between them.
    pub fn locates_by_pulse(&self) -> bool {
        let is_pulsed = self.open.as_ref().is_some_and(|open| open.detection.kind != DetectionKind::Carrier);
        is_pulsed && self.log.ago(0).is_some_and(|pulse| pulse.is_member)
    }
}
