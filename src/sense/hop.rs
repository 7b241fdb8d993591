//! The hop that the sense pass is making: its place in the stream, and sums over its frames.

use crate::dsp::aligned::Aligned;
use crate::signal::Flags;
use crate::time::TimeUs;

/// The hop being made.
pub(super) struct Hop {
    pub(super) number: Option<u64>,
    pub(super) samples: std::ops::Range<u64>,
    pub(super) acquired_us: TimeUs,
    pub(super) flags: Flags,
    pub(super) frame_count: u32,
    pub(super) sample_count: u64,
    pub(super) clipped_count: u64,
    /// Sums of each bin's power over the frames.
    pub(super) sums: Aligned<f32>,
}

impl Hop {
    pub(super) fn new(fft_len: usize) -> Hop {
        Hop {
            number: None,
            samples: 0..0,
            acquired_us: TimeUs::default(),
            flags: Flags::NONE,
            frame_count: 0,
            sample_count: 0,
            clipped_count: 0,
            sums: Aligned::filled(0.0, fft_len),
        }
    }

    /// As if it had no frame.
    pub(super) fn clear(&mut self) {
        (self.frame_count, self.sample_count, self.clipped_count) = (0, 0, 0);
        self.sums.fill(0.0);
    }
}
