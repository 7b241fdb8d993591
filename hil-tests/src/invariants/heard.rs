//! Invariant 10: one thing heard is one detection.
//!
//! Of a channel a detection begins after the one before has ended, with evidence of its own: it begins later than that one
//! was last heard. Each begins once and ends at most once, not before it began, and its number is its own.

use super::{Step, Told};
use skyhound::facts::Detection;
use skyhound::limits::CHANNELS_MAX;
use skyhound::record::Record;
use skyhound::time::TimeUs;

/// Of one life of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    newest_id: u32,
    channels: [Channel; CHANNELS_MAX],
}

#[derive(Copy, Clone, Debug, Default)]
struct Channel {
    open: Option<Detection>,
    ended_us: Option<TimeUs>,
}

impl Heard {
    pub(super) fn judge(&mut self, step: &Step<'_>, told: &mut Told) {
        for record in step.kept {
            let Record::Detection(detection) = record else { continue };
            match detection.ended_us {
                None => self.began(detection, told),
                Some(ended_us) => self.ended(detection, ended_us, told),
            }
        }
    }

    fn began(&mut self, detection: &Detection, told: &mut Told) {
        let (number, began_us) = (detection.channel, detection.began_us);
        let Some(channel) = self.channels.get_mut(usize::from(number)) else {
            return told.tell(10, || format!("a detection on channel {number}, which is none"));
        };
        if detection.id <= self.newest_id {
            told.tell(10, || format!("detection {} begins twice", detection.id));
        }
        self.newest_id = self.newest_id.max(detection.id);
        if let Some(open) = channel.open {
            told.tell(10, || format!("detection {} begins while {} goes on", detection.id, open.id));
        }
        if let Some(ended_us) = channel.ended_us.filter(|ended_us| began_us <= *ended_us) {
            told.tell(10, || {
                let (began_s, ended_s) = (began_us.0 as f64 / 1e6, ended_us.0 as f64 / 1e6);
                format!("a detection begins at {began_s:.3} s, the one before ended at {ended_s:.3} s")
            });
        }
        channel.open = Some(*detection);
    }

    fn ended(&mut self, detection: &Detection, ended_us: TimeUs, told: &mut Told) {
        let Some(channel) = self.channels.get_mut(usize::from(detection.channel)) else { return };
        match channel.open.take() {
            Some(open) if (open.id, open.began_us) == (detection.id, detection.began_us) => {}
            _ => told.tell(10, || format!("detection {} ends and never began", detection.id)),
        }
        if ended_us < detection.began_us {
            told.tell(10, || format!("detection {} ends before it begins", detection.id));
        }
        channel.ended_us = channel.ended_us.max(Some(ended_us));
    }
}
