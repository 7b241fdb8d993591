//! The samples themselves, frame by frame, for what is searched in finer spectra than the sense pass's own.

use rustfft::num_complex::Complex32;

use crate::dsp::kernel::{self, Component};
use crate::dsp::tuner::Spectra;
use crate::signal::Samples;

/// The frame being filled, behind the newest of the stream.
pub struct Stream {
    fft_len: usize,
    filled: usize,
    pub(super) spectra: Spectra,
}

impl Stream {
    /// For frames of `fft_len` and blocks of `block` samples.
    pub fn new(fft_len: usize, block: usize) -> Stream {
        Stream { fft_len, filled: 0, spectra: Spectra::new(block, fft_len) }
    }

    /// Whether its blocks are as long as those of `other`.
    pub fn is_like(&self, other: &Stream) -> bool {
        self.spectra.block_len() == other.spectra.block_len()
    }

    /// Takes `count` samples from number `from` on.
    #[inline]
    pub fn fill(&mut self, samples: Samples<'_>, from: usize, count: usize) {
        let step = samples.format().step() as f32;
        match samples {
            Samples::Cu8(all) => self.take(&all[from..from + count], step),
            Samples::Cs8(all) => self.take(&all[from..from + count], step),
            Samples::Cs16(all) => self.take(&all[from..from + count], step),
            Samples::Cf32(all) => self.take(&all[from..from + count], step),
        }
    }

    fn take<T: Component>(&mut self, samples: &[[T; 2]], step: f32) {
        let room = &mut self.spectra.room()[self.filled..self.filled + samples.len()];
        kernel::levels(samples, step, room);
        self.filled += samples.len();
    }

    /// Takes silence for a whole frame.
    pub fn silence(&mut self) {
        self.spectra.room()[..self.fft_len].fill(Complex32::default());
        self.filled = self.fft_len;
    }

    /// The samples of the frame being filled.
    pub(super) fn frame(&mut self) -> &[Complex32] {
        &self.spectra.room()[..self.filled]
    }

    /// Drops the samples of a frame that will not be completed.
    pub fn restart(&mut self) {
        self.filled = 0;
    }

    /// Another frequency: the samples so far are no part of what comes.
    pub fn forget(&mut self) {
        self.spectra.forget();
    }

    /// The frame is whole and good: it joins the stream.
    pub(super) fn close(&mut self, first_sample: u64) {
        self.spectra.join(first_sample, self.fft_len);
    }
}
