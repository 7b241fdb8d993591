//! Readings, pulses and hearings on their way to the place of their own moment.

use super::seeker::{Heard, Sound};
use super::{Decide, HEARD_MAX};
use crate::record::{PlacedReading, Sink};
use crate::signal::{Flags, Reading};
use crate::time::TimeUs;
use crate::units::{CentiDb, ratio_from_db};
use crate::vehicle::Pose;
use crate::vehicle::track::Placing;

impl Decide {
    pub(super) fn wait_for_place(&mut self, heard: Heard) {
        if self.heard.len() == HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back(heard);
    }

    /// Gives what was heard its place, as soon as it is known.
    pub(super) fn place_heard(&mut self, now: TimeUs) {
        while let Some(heard) = self.heard.front() {
            let placing = self.track.at(heard.at_us, now);
            if matches!(placing, Placing::NotYet) {
                return;
            }
            if let (Placing::At(pose), Some(origin)) = (placing, &self.origin) {
                let at = origin.ned_from_wgs84(pose.place);
                let own = self.own(heard.channel);
                if let Some(power) = heard.hearing {
                    self.analytics.place_hearing(own, power, at);
                }
                if let Some(seeker) = self.seekers.get_mut(usize::from(own)) {
                    let (at_us, power) = (heard.at_us, heard.power);
                    let (is_clipped, attitude) = (heard.is_clipped, pose.attitude);
                    let sound = Sound { at_us, at, up_m: pose.alt_rel_m, power, is_clipped, attitude };
                    seeker.hear(&sound, heard.hearing.is_some());
                }
            }
            self.heard.pop_front();
        }
    }

    /// Records the readings whose place is known by now, or will not be.
    pub(super) fn place_waiting(&mut self, now: TimeUs, sink: &mut dyn Sink) {
        while let Some(reading) = self.waiting.front() {
            let pose = match self.track.at(reading.acquired_us, now) {
                Placing::At(pose) => Some(pose),
                Placing::Nowhere => None,
                Placing::NotYet => return,
            };
            self.release_oldest(pose, sink);
        }
    }

    pub(super) fn release_oldest(&mut self, pose: Option<Pose>, sink: &mut dyn Sink) {
        let Some(reading) = self.waiting.pop_front() else { return };
        if let (Some(pose), Some(origin)) = (pose, &self.origin) {
            let at = origin.ned_from_wgs84(pose.place);
            let own = self.own(reading.channel);
            let seeker = self.seekers.get_mut(usize::from(own));
            let of = Reading { channel: own, ..reading };
            // Since it was taken its channel may have gone.
            let power = seeker.is_some().then(|| self.analytics.place(&of, at)).flatten();
            if let (Some(power), Some(seeker)) = (power, seeker) {
                let (at_us, power) = (reading.acquired_us, alone(power, &reading));
                let (up_m, attitude) = (pose.alt_rel_m, pose.attitude);
                let is_clipped = reading.flags.any(Flags::CLIPPED);
                seeker.hear(&Sound { at_us, at, up_m, power, is_clipped, attitude }, false);
            }
        }
        sink.reading(&PlacedReading { reading, pose });
    }
}

/// Power of the beacon without the noise it stands on, full scale 1; noise can take it under 0.
fn alone(power: CentiDb, reading: &Reading) -> f64 {
    let noise = if reading.flags.any(Flags::NO_QUIET) { 0.0 } else { ratio_from_db(reading.quiet.db()) };
    ratio_from_db(power.db()) - noise
}
