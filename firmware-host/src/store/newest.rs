//! What was recorded last, for who looks on: a row of the waterfall, each beacon's estimate, the regions that hold it.

use super::batch::Batch;
use skyhound::facts::{Located, RegionRun};
use skyhound::signal::Spectrum;

/// It.
#[derive(Clone, Debug, Default)]
pub struct Newest {
    /// Names of the channels, by their numbers.
    pub names: Vec<String>,
    /// The newest row of the waterfall.
    pub spectrum: Option<Spectrum>,
    /// The newest estimate of each channel that has one.
    pub estimates: Vec<Located>,
    /// The newest regions of each: all rows of squares of one time.
    pub regions: Vec<RegionRun>,
}

/// How much of a batch was seen.
#[derive(Copy, Clone, Debug, Default)]
pub struct Seen {
    estimates: usize,
    regions: usize,
}

impl Seen {
    /// All that is in `batch` now.
    pub fn of(batch: &Batch) -> Seen {
        Seen { estimates: batch.estimates.len(), regions: batch.regions.len() }
    }
}

impl Newest {
    /// Takes in what came to `batch` since it was `seen`.
    pub fn see(&mut self, batch: &Batch, seen: &mut Seen) {
        if let Some(row) = batch.spectra.last() {
            self.spectrum = Some(*row);
        }
        for located in batch.estimates.iter().skip(seen.estimates) {
            self.estimates.retain(|known| known.channel != located.channel);
            self.estimates.push(*located);
        }
        for run in batch.regions.iter().skip(seen.regions) {
            self.regions.retain(|known| known.channel != run.channel || known.at == run.at);
            self.regions.push(*run);
        }
        *seen = Seen::of(batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample;
    use skyhound::time::TimeUs;

    #[test]
    fn a_batch_that_stays_behind_a_failed_commit_is_seen_once() {
        let (mut newest, mut batch, mut seen) = (Newest::default(), Batch::default(), Seen::default());
        batch.push(&sample::region(TimeUs(1), 95, 3));
        newest.see(&batch, &mut seen);
        seen = Seen::of(&batch);
        newest.see(&batch, &mut seen);
        assert_eq!(newest.regions.len(), 1, "the commit failed, and its rows are there still");
        batch.clear();
        seen = Seen::of(&batch);
        batch.push(&sample::region(TimeUs(2), 95, 3));
        newest.see(&batch, &mut seen);
        assert_eq!(newest.regions.iter().map(|run| run.at).collect::<Vec<_>>(), [TimeUs(2)]);
    }
}
