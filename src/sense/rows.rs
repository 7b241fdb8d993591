//! Hops into rows of the waterfall.

use super::{Sense, SenseSink};

impl Sense {
    pub(super) fn add_to_row(&mut self, hop: u64, out: &mut impl SenseSink) {
        let Some(waterfall) = &self.waterfall else { return };
        if waterfall.hops().is_some_and(|(first, after)| !(first..after).contains(&hop)) {
            self.close_row(out);
        }
        let Some(waterfall) = &mut self.waterfall else { return };
        waterfall.add(hop, &self.hop.sums, self.hop.frame_count);
        if waterfall.hops().is_some_and(|(_, after)| hop + 1 == after) {
            self.close_row(out);
        }
    }

    pub(super) fn close_row(&mut self, out: &mut impl SenseSink) {
        let Some((waterfall, (first, after))) =
            self.waterfall.as_mut().and_then(|w| Some((w.hops()?, w))).map(|(hops, w)| (w, hops))
        else {
            return;
        };
        let middle = (first + after) as f64 / 2.0 * self.hop_samples as f64;
        if let Some(row) = waterfall.take(self.clock.at(middle)) {
            out.spectrum(&row);
        }
    }
}
