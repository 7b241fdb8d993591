//! From a sample's place in the stream to the time at which it was taken.

use crate::signal::BlockStamp;
use crate::time::TimeUs;

/// Stamps that differ from the count of samples by no more than this are rounding, not news.
const STAMP_SLACK_US: f64 = 2.0;

/// When a sample was taken.
pub(super) struct SampleClock {
    pub anchor: Option<(u64, TimeUs)>,
    pub us_per_sample: f64,
}

impl SampleClock {
    fn after_anchor_us(&self, anchor: u64, sample: f64) -> f64 {
        (sample - anchor as f64) * self.us_per_sample
    }

    /// Takes a block's stamp; stays with the old one while that explains the stamp.
    pub fn stamp(&mut self, stamp: &BlockStamp) {
        let is_explained = self.anchor.is_some_and(|(index, us)| {
            let expected_us = self.after_anchor_us(index, stamp.sample_index as f64);
            (stamp.acquired_us.seconds_since(us) * 1e6 - expected_us).abs() <= STAMP_SLACK_US
        });
        if !is_explained {
            self.anchor = Some((stamp.sample_index, stamp.acquired_us));
        }
    }

    pub fn at(&self, sample: f64) -> TimeUs {
        let (index, us) = self.anchor.unwrap_or_default();
        let after_us = self.after_anchor_us(index, sample).round();
        if after_us < 0.0 { us.minus_us(-after_us as u64) } else { us.plus_us(after_us as u64) }
    }
}
