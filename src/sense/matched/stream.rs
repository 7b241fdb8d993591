//! The samples themselves, frame by frame, for what is searched in finer spectra than the sense pass's own.

use crate::dsp::aligned::Aligned;
use crate::dsp::kernel::{self, Component};
use crate::dsp::tuner::Delay;
use crate::signal::Samples;

/// Of the constant in the samples, that of the last so many frames is taken out.
const DC_FRAMES: f32 = 1_000.0;

/// The frame being filled, as it came, and the newest of the stream.
pub struct Stream {
    frame: Aligned<[f32; 2]>,
    filled: usize,
    pub(super) delay: Delay,
    dc: Option<[f32; 2]>,
}

impl Stream {
    /// For frames of `fft_len` and filters over `reach` samples.
    pub fn new(fft_len: usize, reach: usize) -> Stream {
        let frame = Aligned::filled([0.0; 2], fft_len);
        Stream { frame, filled: 0, delay: Delay::new(fft_len, reach), dc: None }
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
        kernel::levels(samples, step, &mut self.frame[self.filled..self.filled + samples.len()]);
        self.filled += samples.len();
    }

    /// Takes silence for a whole frame.
    pub fn silence(&mut self) {
        self.frame.fill([0.0; 2]);
        self.filled = self.frame.len();
    }

    /// Drops the samples of a frame that will not be completed.
    pub fn restart(&mut self) {
        self.filled = 0;
    }

    /// Another frequency: the samples so far are no part of what comes.
    pub fn forget(&mut self) {
        self.delay.forget();
        self.dc = None;
    }

    /// The frame is whole and good: it joins the stream, without what is constant in it.
    pub(super) fn close(&mut self, first_sample: u64) {
        let each = 1.0 / self.frame.len() as f32;
        let sum =
            self.frame.iter().fold([0.0_f32; 2], |sum, sample| [sum[0] + sample[0], sum[1] + sample[1]]);
        let mean = sum.map(|sum| sum * each);
        let dc = self
            .dc
            .map_or(mean, |[re, im]| [re + (mean[0] - re) / DC_FRAMES, im + (mean[1] - im) / DC_FRAMES]);
        self.dc = Some(dc);
        let room = self.delay.room(first_sample, self.frame.len());
        for (out, sample) in room.iter_mut().zip(self.frame.iter()) {
            *out = [sample[0] - dc[0], sample[1] - dc[1]];
        }
    }
}
