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

impl Newest {
    /// Takes in what came to `batch` since it was `seen`, which begins anew with each batch.
    pub fn see(&mut self, batch: &Batch, seen: &mut Seen) {
        if let Some(row) = batch.spectra.last() {
            self.spectrum = Some(*row);
        }
        for located in batch.estimates.get(seen.estimates..).unwrap_or(&batch.estimates) {
            self.estimates.retain(|known| known.channel != located.channel);
            self.estimates.push(*located);
        }
        for run in batch.regions.get(seen.regions..).unwrap_or(&batch.regions) {
            self.regions.retain(|known| known.channel != run.channel || known.at == run.at);
            self.regions.push(*run);
        }
        *seen = Seen { estimates: batch.estimates.len(), regions: batch.regions.len() };
    }
}
