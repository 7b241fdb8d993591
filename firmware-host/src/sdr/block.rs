//! A block: an owned buffer of IQ samples in one format, allocated once and reused.
//!
//! The samples stay in the form the source delivers (engine [`Samples`]); nothing is converted to float here. The one
//! exception is a 16-bit stream whose full scale is not 32768 (a 12-bit converter in 16 bits): it is scaled in place, so
//! that full scale is |x| = 1.0 for everyone after this.

use skyhound::signal::{BlockStamp, SampleFormat, Samples};

/// An owned, reused buffer of samples with its stamp.
pub struct Block {
    pub(super) stamp: BlockStamp,
    pub(super) band: usize,
    pub(super) tuned: Tuned,
    pub(super) store: Store,
    pub(super) filled: usize,
}

/// How the receiver stood when samples were taken.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Tuned {
    /// Frequency of 0 Hz of the spectrum, Hz; NaN when a recording does not tell.
    pub center_hz: f64,
    /// Total gain, dB; NaN when nobody tells.
    pub gain_db: f64,
}

/// The memory of a block, always of its full size.
pub(super) enum Store {
    Cu8(Box<[[u8; 2]]>),
    Cs8(Box<[[i8; 2]]>),
    Cs16(Box<[[i16; 2]]>),
    Cf32(Box<[[f32; 2]]>),
}

impl Block {
    /// An empty block with room for `block_samples`.
    pub(super) fn with_room(format: SampleFormat, block_samples: usize) -> Block {
        let store = match format {
            SampleFormat::Cu8 => Store::Cu8(vec![[0; 2]; block_samples].into()),
            SampleFormat::Cs8 => Store::Cs8(vec![[0; 2]; block_samples].into()),
            SampleFormat::Cs16 => Store::Cs16(vec![[0; 2]; block_samples].into()),
            SampleFormat::Cf32 => Store::Cf32(vec![[0.0; 2]; block_samples].into()),
        };
        let tuned = Tuned { center_hz: f64::NAN, gain_db: f64::NAN };
        Block { stamp: BlockStamp::default(), band: 0, tuned, store, filled: 0 }
    }

    /// When and where in the stream the first sample stands.
    pub fn stamp(&self) -> &BlockStamp {
        &self.stamp
    }

    /// In which of the bands planned for they were taken ([`Source::plan`](super::Source::plan)).
    pub fn band(&self) -> usize {
        self.band
    }

    /// How the receiver stood.
    pub fn tuned(&self) -> Tuned {
        self.tuned
    }

    /// The samples.
    pub fn samples(&self) -> Samples<'_> {
        match &self.store {
            Store::Cu8(s) => Samples::Cu8(&s[..self.filled]),
            Store::Cs8(s) => Samples::Cs8(&s[..self.filled]),
            Store::Cs16(s) => Samples::Cs16(&s[..self.filled]),
            Store::Cf32(s) => Samples::Cf32(&s[..self.filled]),
        }
    }

    /// Samples it holds at most.
    pub fn room(&self) -> usize {
        match &self.store {
            Store::Cu8(s) => s.len(),
            Store::Cs8(s) => s.len(),
            Store::Cs16(s) => s.len(),
            Store::Cf32(s) => s.len(),
        }
    }

    /// Fills it from little-endian bytes, two numbers a sample; what does not fit or is no whole sample is left.
    pub(super) fn fill_from_bytes(&mut self, bytes: &[u8]) {
        fn fill<T, const BYTES: usize>(
            store: &mut [T],
            bytes: &[u8],
            read: impl Fn([u8; BYTES]) -> T,
        ) -> usize {
            let (samples, _) = bytes.as_chunks::<BYTES>();
            for (slot, sample) in store.iter_mut().zip(samples) {
                *slot = read(*sample);
            }
            samples.len().min(store.len())
        }
        self.filled = match &mut self.store {
            Store::Cu8(s) => fill(s, bytes, |b: [u8; 2]| b),
            Store::Cs8(s) => fill(s, bytes, |b: [u8; 2]| b.map(|v| v as i8)),
            Store::Cs16(s) => {
                fill(s, bytes, |[a, b, c, d]| [i16::from_le_bytes([a, b]), i16::from_le_bytes([c, d])])
            }
            Store::Cf32(s) => fill(s, bytes, |[a, b, c, d, e, f, g, h]| {
                [f32::from_le_bytes([a, b, c, d]), f32::from_le_bytes([e, f, g, h])]
            }),
        };
    }

    /// Fills a block of floats; what does not fit is left.
    pub(super) fn fill_floats(&mut self, samples: impl Iterator<Item = [f32; 2]>) {
        let Store::Cf32(store) = &mut self.store else {
            unreachable!("the block is of the encoding's format")
        };
        self.filled = 0;
        for (slot, sample) in store.iter_mut().zip(samples) {
            *slot = sample;
            self.filled += 1;
        }
    }

    /// Swaps I and Q of its samples.
    pub(super) fn swap_iq(&mut self) {
        match &mut self.store {
            Store::Cu8(s) => s[..self.filled].iter_mut().for_each(|sample| sample.swap(0, 1)),
            Store::Cs8(s) => s[..self.filled].iter_mut().for_each(|sample| sample.swap(0, 1)),
            Store::Cs16(s) => s[..self.filled].iter_mut().for_each(|sample| sample.swap(0, 1)),
            Store::Cf32(s) => s[..self.filled].iter_mut().for_each(|sample| sample.swap(0, 1)),
        }
    }

    /// Takes `count` samples of `other` (of the same format) from `start` on as its own first samples.
    pub(super) fn take(&mut self, other: &Block, start: usize, count: usize) {
        match (&mut self.store, &other.store) {
            (Store::Cu8(to), Store::Cu8(from)) => to[..count].copy_from_slice(&from[start..start + count]),
            (Store::Cs8(to), Store::Cs8(from)) => to[..count].copy_from_slice(&from[start..start + count]),
            (Store::Cs16(to), Store::Cs16(from)) => to[..count].copy_from_slice(&from[start..start + count]),
            (Store::Cf32(to), Store::Cf32(from)) => to[..count].copy_from_slice(&from[start..start + count]),
            _ => unreachable!("blocks of one source have one format"),
        }
        self.filled = count;
    }

    /// Scales the samples from `start` to `end` so that `full_scale` becomes the format's own full scale. What was at
    /// full scale (clipped) is at full scale after.
    pub(super) fn scale(&mut self, start: usize, end: usize, full_scale: f64) {
        match &mut self.store {
            Store::Cs16(samples) => {
                let factor = (32_768.0 / full_scale) as f32;
                let top = (full_scale - 1.0) as f32;
                for sample in &mut samples[start..end] {
                    // The cast saturates: −full_scale becomes −32768 by itself.
                    *sample = sample.map(|v| {
                        let v = f32::from(v);
                        if v >= top { i16::MAX } else { (v * factor) as i16 }
                    });
                }
            }
            Store::Cf32(samples) => {
                let factor = (1.0 / full_scale) as f32;
                for sample in &mut samples[start..end] {
                    *sample = sample.map(|v| v * factor);
                }
            }
            // 127 against 128 of an 8-bit converter is 0.07 dB and cannot be expressed in eight bits.
            Store::Cu8(_) | Store::Cs8(_) => {}
        }
    }

    /// A hash of the first thousand samples, to see whether a driver repeats itself. Noise makes two blocks differ within
    /// a few dozen. `None` where all of them are one and the same zero of their format, as a squelched receiver gives it: any
    /// other value that stays is a driver's that is stuck.
    pub(super) fn fingerprint(&self) -> Option<u64> {
        fn hash<T: Copy>(
            samples: &[[T; 2]],
            bits: impl Fn(T) -> u32,
            is_zero: impl Fn(T) -> bool,
        ) -> Option<u64> {
            let (mut hash, mut first, mut is_one) = (1_u64, None, true);
            for sample in samples.iter().take(1_024) {
                let [i, q] = sample.map(&bits);
                let value = u64::from(i) << 32 | u64::from(q);
                is_one &= *first.get_or_insert(value) == value;
                // FxHash's step.
                hash = (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
            }
            let is_silence =
                is_one && samples.first().is_none_or(|sample| sample.iter().all(|v| is_zero(*v)));
            (!is_silence).then_some(hash)
        }
        match self.samples() {
            // It has no zero: these are the nearest.
            Samples::Cu8(s) => hash(s, u32::from, |v| v == 127 || v == 128),
            Samples::Cs8(s) => hash(s, |v| v as u32, |v| v == 0),
            Samples::Cs16(s) => hash(s, |v| v as u32, |v| v == 0),
            Samples::Cf32(s) => hash(s, f32::to_bits, |v| v == 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_samples_of_each_format() {
        let bytes: Vec<u8> =
            [1i16, -2, 300, -32768].iter().flat_map(|v| v.to_le_bytes()).chain([7, 7, 7]).collect();
        let mut block = Block::with_room(SampleFormat::Cs16, 8);
        block.fill_from_bytes(&bytes);
        assert!(matches!(block.samples(), Samples::Cs16([[1, -2], [300, -32768]])));
        let mut block = Block::with_room(SampleFormat::Cs8, 1);
        block.fill_from_bytes(&[255, 127, 3, 4]);
        assert!(matches!(block.samples(), Samples::Cs8([[-1, 127]])), "what does not fit is left");
        let mut block = Block::with_room(SampleFormat::Cf32, 2);
        block.fill_from_bytes(&[0.5f32.to_le_bytes(), (-1f32).to_le_bytes()].concat());
        assert!(matches!(block.samples(), Samples::Cf32([[0.5, -1.0]])));
    }

    #[test]
    fn twelve_bits_in_sixteen_reach_full_scale() {
        let mut block = Block::with_room(SampleFormat::Cs16, 2);
        block.fill_from_bytes(&[2047i16, -2048, 1024, -1].map(i16::to_le_bytes).concat());
        block.scale(0, 2, 2048.0);
        assert!(matches!(block.samples(), Samples::Cs16([[32767, -32768], [16384, -16]])));
    }

    #[test]
    fn zeros_are_no_fingerprint_and_samples_are_one_each() {
        let print_as = |format, bytes: &[u8]| {
            let mut block = Block::with_room(format, 2_000);
            block.fill_from_bytes(bytes);
            block.fingerprint()
        };
        let print = |bytes: Vec<u8>| print_as(SampleFormat::Cu8, &bytes);
        for value in [127, 128] {
            assert_eq!(print(vec![value; 4_000]), None);
        }
        // What is stuck on another value repeats itself.
        for value in [0, 126, 129, 255] {
            assert!(print(vec![value; 4_000]).is_some_and(|told| print(vec![value; 4_000]) == Some(told)));
        }
        for format in [SampleFormat::Cs8, SampleFormat::Cs16, SampleFormat::Cf32] {
            assert_eq!(print_as(format, &[0; 4_000]), None, "{format:?}");
            assert!(print_as(format, &[1; 4_000]).is_some(), "{format:?}");
        }
        let noise = |seed: u8| (0..4_000u32).map(|n| (n * n % 251) as u8 ^ seed).collect::<Vec<u8>>();
        assert!(print(noise(1)).is_some() && print(noise(1)) == print(noise(1)));
        assert_ne!(print(noise(1)), print(noise(2)));
        assert!(print([vec![127; 200], noise(3)].concat()).is_some(), "a gate that opens");
    }
}
