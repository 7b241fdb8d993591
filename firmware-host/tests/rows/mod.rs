//! The rows that the tests of the recorder write: one reading a millisecond, each known by its index.

use skyhound::record::PlacedReading;
use skyhound::signal::{Flags, Reading};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;

/// The reading of this index.
pub fn reading(index: u64) -> PlacedReading {
    let power = CentiDb::from_hundredths(-9_000 + (index * 7_919 % 211) as i16);
    let reading = Reading {
        acquired_us: TimeUs(index * 1_000),
        sample_index: index * 2_000,
        channel: 0,
        flags: Flags::NONE,
        frame_count: 2,
        clipping_e4: 0,
        mean: power,
        peak: power,
        quiet: power,
    };
    PlacedReading { reading, pose: None }
}
