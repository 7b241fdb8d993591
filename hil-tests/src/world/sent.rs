//! An emitter's envelope by itself, without a world about it.

use super::waveform::{Sent, Span};
use crate::scenario::Waveform;

/// The envelope of an emitter that sends from time 0 on.
#[derive(Clone, Debug)]
pub struct Envelope(Sent);

impl Envelope {
    /// Phase of its schedule and content by `seed`.
    pub fn new(waveform: Waveform, seed: u64) -> Envelope {
        Envelope(Sent::new(waveform, seed))
    }

    /// When the first transmission after time 0 begins, µs; `None` of what is on all the time.
    pub fn first_us(&mut self) -> Option<f64> {
        let (now, _) = self.0.slots(Span { from_us: 0.0, to_us: 0.0 })?;
        (now..).find_map(|slot| Some(self.0.transmission(slot)?.from_us).filter(|from_us| *from_us >= 0.0))
    }

    /// Complex envelope of mean power 1 while on; `None` while it is not.
    pub fn at(&mut self, at_us: f64) -> Option<[f32; 2]> {
        let Some((first, last)) = self.0.slots(Span { from_us: at_us, to_us: at_us }) else {
            return Some(self.0.envelope(0, at_us));
        };
        (first..=last).find_map(|slot| {
            let span = self.0.transmission(slot)?;
            (span.from_us <= at_us && at_us < span.to_us).then(|| self.0.envelope(slot, at_us - span.from_us))
        })
    }
}
