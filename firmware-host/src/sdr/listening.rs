//! A source listened to for a while, for what wants its samples and no flight.

use super::{Block, SdrError, Source, Step};
use crate::clock::Clock;
use crate::progress::{self, Unit};

/// Time without samples after which it fails, µs.
const SILENCE_MAX_US: u64 = 10_000_000;

impl Source {
    /// Gives each block of `seconds` of samples, or to the end of a recording; how many samples those were.
    ///
    /// # Errors
    /// It fails, or gives no samples.
    pub fn listen(
        &mut self,
        seconds: f64,
        clock: Clock,
        take: &mut dyn FnMut(f64, &Block),
    ) -> Result<u64, SdrError> {
        let wanted = (seconds * self.stream().sample_rate_sps) as u64;
        let (mut block, mut taken, mut heard_at) = (self.block(), 0, clock.now());
        let rate_sps = self.stream().sample_rate_sps;
        let milliseconds = |count: u64| (count as f64 / rate_sps * 1e3) as u64;
        progress::part("listening", Some(milliseconds(wanted)), Unit::Milliseconds);
        while taken < wanted {
            match self.read(&mut block, &mut |event| super::say(&event))? {
                Step::End => break,
                Step::Nothing if clock.now().since_us(heard_at) > SILENCE_MAX_US => {
                    let mend = "is the device plugged in and not in use?";
                    return Err(SdrError::new(&self.stream().description, "gives no samples", mend));
                }
                Step::Nothing => continue,
                Step::Block => heard_at = clock.now(),
            }
            take(self.center_hz(), &block);
            let before = milliseconds(taken);
            taken += block.samples().len() as u64;
            progress::done(milliseconds(taken) - before);
        }
        Ok(taken)
    }
}
