//! The samples of a survey's frames in the form they came in, one frame after another: for what is listened to afterwards.

use crate::signal::{SampleFormat, Samples};

/// Samples of one format.
pub(super) enum Kept {
    Cu8(Vec<[u8; 2]>),
    Cs8(Vec<[i8; 2]>),
    Cs16(Vec<[i16; 2]>),
    Cf32(Vec<[f32; 2]>),
}

impl Kept {
    /// None yet, with memory for `count` of them.
    pub(super) fn with_room(format: SampleFormat, count: usize) -> Kept {
        match format {
            SampleFormat::Cu8 => Kept::Cu8(Vec::with_capacity(count)),
            SampleFormat::Cs8 => Kept::Cs8(Vec::with_capacity(count)),
            SampleFormat::Cs16 => Kept::Cs16(Vec::with_capacity(count)),
            SampleFormat::Cf32 => Kept::Cf32(Vec::with_capacity(count)),
        }
    }

    /// Takes `count` samples from number `from` on; of another format than it keeps, none.
    pub(super) fn take(&mut self, samples: Samples<'_>, from: usize, count: usize) {
        match (self, samples) {
            (Kept::Cu8(kept), Samples::Cu8(all)) => kept.extend_from_slice(&all[from..from + count]),
            (Kept::Cs8(kept), Samples::Cs8(all)) => kept.extend_from_slice(&all[from..from + count]),
            (Kept::Cs16(kept), Samples::Cs16(all)) => kept.extend_from_slice(&all[from..from + count]),
            (Kept::Cf32(kept), Samples::Cf32(all)) => kept.extend_from_slice(&all[from..from + count]),
            _ => {}
        }
    }

    /// Drops what is beyond the first `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        match self {
            Kept::Cu8(kept) => kept.truncate(count),
            Kept::Cs8(kept) => kept.truncate(count),
            Kept::Cs16(kept) => kept.truncate(count),
            Kept::Cf32(kept) => kept.truncate(count),
        }
    }

    /// Frame number `row` of `len` samples.
    pub(super) fn frame(&self, row: usize, len: usize) -> Samples<'_> {
        let span = row * len..(row + 1) * len;
        match self {
            Kept::Cu8(kept) => Samples::Cu8(&kept[span]),
            Kept::Cs8(kept) => Samples::Cs8(&kept[span]),
            Kept::Cs16(kept) => Samples::Cs16(&kept[span]),
            Kept::Cf32(kept) => Samples::Cf32(&kept[span]),
        }
    }
}
