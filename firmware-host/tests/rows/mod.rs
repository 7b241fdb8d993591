//! What the tests of the recorder write, one reading a millisecond, each known by its index; and with which settings.

use skyhound::record::PlacedReading;
use skyhound::signal::{Flags, Reading};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;
use skyhound_host::settings::RecorderSettings;
use std::path::Path;

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

/// To `folder`, a commit each 50 ms, no reserve of the disk.
pub fn settings(folder: &Path) -> RecorderSettings {
    RecorderSettings {
        flights: folder.to_path_buf(),
        commit_interval_us: 50_000,
        memory_limit_mb: 32,
        threads: 1,
        disk_reserve_mb: 0,
        stall_bridge_s: 10,
        disk_warn_h: 0.0,
    }
}
